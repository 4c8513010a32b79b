/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW INT64_C(1772719200000) /* 2026-03-05T14:00Z */

#define PARTY(where, ...)                                                                          \
    do {                                                                                           \
        sk_certificate c[2] = {{SK_STR("vog"), SK_STR("balie"), NOW, NOW + 1},                     \
                               {SK_STR("ehbo"), SK_STR(""), 1, 2}};                                \
        sk_party p = {.id = SK_STR("p-1"),                                                         \
                      .kind = SK_PARTY_RESIDENT,                                                   \
                      .certificates = c,                                                           \
                      .certificate_count = 2,                                                      \
                      .created_ms = NOW,                                                           \
                      .has_contact = true,                                                         \
                      .contact = {.phone = SK_STR("06-12345678")}};                                \
        const char *expected = where;                                                              \
        sk_error err = {0};                                                                        \
        sk_status st = SK_OK;                                                                      \
        __VA_ARGS__;                                                                               \
        st = sk_party_check(&p, NOW, &err);                                                        \
        if (st != (expected ? SK_EINVAL : SK_OK))                                                  \
            fail_msg("%s: %s", err.field, err.message);                                            \
        if (expected)                                                                              \
            assert_string_equal(err.field, expected);                                              \
    } while (0)

static sk_str repeat(const char *part, size_t count)
{
    static char text[20000];
    size_t size = strlen(part);

    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, part, size);
    return (sk_str){text, size * count};
}

static void test_party_check__names_the_field(void **state)
{
    const sk_str blocks[] = {SK_STR("p-2"), SK_STR("a b")};
    const sk_str citizen[] = {SK_STR("p-2"), SK_STR("123456782")};
    const sk_str languages[] = {SK_STR("nl"), SK_STR("qq")};

    (void)state;
    PARTY(NULL);
    PARTY(NULL, p.id = SK_STR(""));
    PARTY("id", p.id = SK_STR("123456782"));
    PARTY("id", p.id = SK_STR("a/b"));
    PARTY("kind", p.kind = SK_PARTY_NONE);
    PARTY("kind", p.kind = (sk_party_kind)4);
    PARTY("languages[1]", p.languages = ((sk_strs){languages, 2}));
    PARTY("certificates[1].type", c[1].type = SK_STR("EHBO"));
    PARTY("certificates[0].checkedBy", c[0].checked_by = SK_STR("\xff"));
    PARTY("certificates[0].checkedBy", c[0].checked_by = SK_STR("123456782"));
    PARTY("certificates[0].checkedOn", c[0].checked_on_ms = 0);
    PARTY("certificates[0].validUntil", c[0].valid_until_ms = NOW);
    PARTY("certificates[0].validUntil", c[0].valid_until_ms = 0);
    PARTY("certificates", p.certificate_count = SK_MAX_CERTIFICATES + 1);
    PARTY(NULL, p.blocks = ((sk_strs){blocks, 1}));
    PARTY("blocks[1]", p.blocks = ((sk_strs){blocks, 2}));
    PARTY("blocks[1]", p.blocks = ((sk_strs){citizen, 2}));
    PARTY(NULL, p.represented_by = SK_STR("p-2"));
    PARTY("representedBy", p.represented_by = SK_STR("p-1"));
    PARTY("representedBy", p.represented_by = SK_STR("a b"));
    PARTY("preferences.channel", p.preferences.channel = SK_STR("Mail!"));
    PARTY("preferences.quietFrom", p.preferences.has_quiet = true,
          p.preferences.quiet_from_min = 1440);
    PARTY("preferences.quietTo", p.preferences.has_quiet = true, p.preferences.quiet_to_min = 1440);
    PARTY("preferences.maxPerDay", p.preferences.max_per_day = 1001);
    PARTY("createdAt", p.created_ms = NOW + 1);
}

static void test_party_check__contact(void **state)
{
    (void)state;
    PARTY(NULL, p.contact.phone = SK_STR("0123456782"));
    PARTY(NULL, p.contact.phone = SK_STR("+31 6 1234 5678"));
    PARTY("contact.phone", p.contact.phone = SK_STR("123456782"));
    PARTY("contact.phone", p.contact.phone = SK_STR("(123) 456-782"));
    PARTY(NULL, p.contact.phone = SK_STR("123456789"));
    PARTY(NULL, p.contact.phone = SK_STR("10000008"));
    PARTY("contact.phone", p.contact.phone = repeat("1", 41));
    PARTY("contact.name", p.contact.name = repeat("a", 201));
    PARTY("contact.email", p.contact.email = repeat("a", 201));
    PARTY("contact.address", p.contact.address = repeat("a", 501));
    PARTY("contact.note", p.contact.note = repeat("a", 2001));
    PARTY(NULL, p.contact.note = repeat("\xc3\xa9", 2000));
    PARTY(NULL, p.has_contact = false, p.contact.note = repeat("a", 2001));
}

#define CONNECTOR(where, ...)                                                                      \
    do {                                                                                           \
        sk_str areas[2] = {SK_STR("BU02680101"), SK_STR("WK026802")};                              \
        sk_connector k = {.id = SK_STR("k-1"), .name = SK_STR("Ans"), .areas = {areas, 2}};        \
        const char *expected = where;                                                              \
        sk_error err = {0};                                                                        \
        sk_status st = SK_OK;                                                                      \
        __VA_ARGS__;                                                                               \
        st = sk_connector_check(&k, &err);                                                         \
        if (st != (expected ? SK_EINVAL : SK_OK))                                                  \
            fail_msg("%s: %s", err.field, err.message);                                            \
        if (expected)                                                                              \
            assert_string_equal(err.field, expected);                                              \
    } while (0)

static void test_connector_check__names_the_field(void **state)
{
    (void)state;
    CONNECTOR(NULL);
    CONNECTOR("id", k.id = SK_STR(""));
    CONNECTOR("name", k.name = SK_STR(""));
    CONNECTOR("areas[1]", areas[1] = SK_STR("a b"));
    CONNECTOR("areas[1]", areas[1] = areas[0]);
    CONNECTOR(NULL, k.absent_from_ms = 1, k.absent_until_ms = 2);
    CONNECTOR("absentUntil", k.absent_from_ms = 2, k.absent_until_ms = 2);
    CONNECTOR("absentFrom", k.absent_from_ms = INT64_MIN);
    CONNECTOR(NULL, k.substitute_id = SK_STR("k-2"));
    CONNECTOR("substituteId", k.substitute_id = SK_STR("k-1"));
    CONNECTOR("substituteId", k.substitute_id = SK_STR("a b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_party_check__names_the_field),
        cmocka_unit_test(test_party_check__contact),
        cmocka_unit_test(test_connector_check__names_the_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
