/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW INT64_C(1772719200000) /* 2026-03-05T14:00Z */

static const sk_str one_category[] = {SK_STR("vervoer.ziekenhuis")};

/* A listing that is right; each test breaks one thing. */
static sk_listing good(void)
{
    return (sk_listing){.id = SK_STR("n-1"),
                        .kind = SK_KIND_NEED,
                        .party_id = SK_STR("p-1"),
                        .title = SK_STR("Rit naar het ziekenhuis"),
                        .description = SK_STR("Elke week.\r\nGraag\tbellen."),
                        .categories = {one_category, 1},
                        .has_point = true,
                        .point = {52.1, 5.1},
                        .valid_from_ms = NOW,
                        .valid_until_ms = NOW + SK_DAY_MS,
                        .capacity = 1,
                        .status = SK_LISTING_OPEN,
                        .created_ms = NOW};
}

static void assert_good(const sk_listing *listing)
{
    sk_error err = {0};

    if (sk_listing_check(listing, NULL, NOW, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
}

static void assert_bad(const sk_listing *listing, const char *field)
{
    sk_error err = {0};

    assert_int_equal(sk_listing_check(listing, NULL, NOW, &err), SK_EINVAL);
    assert_string_equal(err.field, field);
    assert_true(err.message[0] != '\0');
}

#define BAD(field, ...)                                                                            \
    do {                                                                                           \
        sk_listing l = good();                                                                     \
        __VA_ARGS__;                                                                               \
        assert_bad(&l, field);                                                                     \
    } while (0)
#define GOOD(...)                                                                                  \
    do {                                                                                           \
        sk_listing l = good();                                                                     \
        __VA_ARGS__;                                                                               \
        assert_good(&l);                                                                           \
    } while (0)

static sk_str repeat(const char *part, size_t count)
{
    static char text[20000];
    size_t size = strlen(part);

    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, part, size);
    return (sk_str){text, size * count};
}

static void test_check__who_and_what(void **state)
{
    (void)state;
    GOOD();
    GOOD(l.id = SK_STR(""));
    BAD("id", l.id = SK_STR("a b"));
    BAD("id", l.id = SK_STR("123456782"));
    BAD("id", l.id = SK_STR("10000008"));
    GOOD(l.id = SK_STR("123456789"));
    GOOD(l.id = SK_STR("x123456782"));
    GOOD(l.id = SK_STR("0612345678"));
    BAD("kind", l.kind = SK_KIND_NONE);
    BAD("kind", l.kind = (sk_kind)7);
    BAD("partyId", l.party_id = SK_STR(""));
    BAD("partyId", l.party_id = SK_STR("111222333"));
    BAD("title", l.title = SK_STR(""));
    BAD("title", l.title = SK_STR(" \t\n "));
    GOOD(l.title = repeat("\xf0\x9f\x9a\xb2", 200));
    BAD("title", l.title = repeat("\xf0\x9f\x9a\xb2", 201));
    BAD("title", l.title = SK_STR("a\0b"));
    BAD("title", l.title = SK_STR("a\x1b[31m"));
    BAD("title", l.title = SK_STR("a\xc2\x85"));
    GOOD(l.title = SK_STR("a\xc2\xa0"));
    BAD("title", l.title = SK_STR("a\x7f"));
    BAD("description", l.description = SK_STR("\xed\xa0\x80"));
    BAD("description", l.description = SK_STR("a\rb"));
    GOOD(l.description = repeat("\xc3\xa9", 4000));
    BAD("description", l.description = repeat("\xc3\xa9", 4001));
}

static void test_check__categories(void **state)
{
    const sk_str twice[] = {SK_STR("a"), SK_STR("b"), SK_STR("a")};
    const sk_str wrong[] = {SK_STR("a"), SK_STR("A")};
    const sk_str nine[] = {SK_STR("a"), SK_STR("b"), SK_STR("c"), SK_STR("d"), SK_STR("e"),
                           SK_STR("f"), SK_STR("g"), SK_STR("h"), SK_STR("i")};
    const sk_category known[] = {{SK_STR("a")}, {SK_STR("b")}};
    sk_taxonomy *t = NULL;
    sk_listing listing = good();
    sk_error err;

    (void)state;
    BAD("categories", l.categories.count = 0);
    BAD("categories[2]", l.categories = ((sk_strs){twice, 3}));
    BAD("categories[1]", l.categories = ((sk_strs){wrong, 2}));
    GOOD(l.categories = ((sk_strs){nine, 8}));
    BAD("categories", l.categories = ((sk_strs){nine, 9}));
    assert_int_equal(sk_taxonomy_new(known, 2, NULL, 0, &t, NULL), SK_OK);
    listing.categories = (sk_strs){nine, 2};
    assert_int_equal(sk_listing_check(&listing, t, NOW, &err), SK_OK);
    listing.categories = (sk_strs){nine, 3};
    assert_int_equal(sk_listing_check(&listing, t, NOW, &err), SK_EINVAL);
    assert_string_equal(err.field, "categories[2]");
    sk_taxonomy_free(t);
}

static void test_check__place_and_numbers(void **state)
{
    (void)state;
    BAD("point", l.has_point = false);
    GOOD(l.has_point = false, l.remote = true);
    GOOD(l.point = ((sk_point){-90, 180}));
    BAD("point.lat", l.point.lat_deg = 90.0001);
    BAD("point.lat", l.point.lat_deg = -90.0001);
    BAD("point.lat", l.point.lat_deg = NAN);
    BAD("point.lat", l.point.lat_deg = -INFINITY);
    BAD("point.lon", l.point.lon_deg = NAN);
    BAD("point.lon", l.point.lon_deg = INFINITY);
    BAD("point.lon", l.point.lon_deg = -180.5);
    BAD("point.lon", l.point.lon_deg = 180.5);
    GOOD(l.reach_m = 100000, l.within_m = 100000, l.duration_min = 1440, l.urgency = 3);
    BAD("reachM", l.reach_m = 100001);
    BAD("withinM", l.within_m = 100001);
    BAD("durationMin", l.duration_min = 1441);
    BAD("urgency", l.urgency = 4);
    BAD("capacity", l.capacity = 0);
    GOOD(l.capacity = 1000);
    BAD("capacity", l.capacity = 1001);
    BAD("status", l.status = SK_LISTING_NONE);
    BAD("status", l.status = (sk_listing_status)6);
}

static void test_check__times(void **state)
{
    (void)state;
    BAD("createdAt", l.created_ms = NOW + 1);
    GOOD(l.valid_until_ms = NOW - SK_DAY_MS);
    GOOD(l.valid_until_ms = l.valid_from_ms);
    GOOD(l.valid_until_ms = NOW + 731 * SK_DAY_MS);
    BAD("validUntil", l.valid_until_ms = NOW + 731 * SK_DAY_MS + 1);
    BAD("validUntil", l.valid_until_ms = INT64_MAX);
    BAD("validFrom", l.valid_from_ms = INT64_MIN);
    BAD("createdAt", l.created_ms = INT64_MIN);
}

/* ---- Availability ---- */

#define WINDOW(where, ...)                                                                         \
    do {                                                                                           \
        sk_window w[2] = {{.short_form = true, .days = 1, .from_min = 840, .to_min = 960},         \
                          {.start_local_s = 0, .end_local_s = 3600}};                              \
        sk_listing l = good();                                                                     \
        const char *expected = where;                                                              \
        l.windows = w;                                                                             \
        l.window_count = 2;                                                                        \
        __VA_ARGS__;                                                                               \
        if (expected)                                                                              \
            assert_bad(&l, expected);                                                              \
        else                                                                                       \
            assert_good(&l);                                                                       \
    } while (0)

static void test_check__windows(void **state)
{
    static int64_t exdates[SK_MAX_EXDATES + 1];

    (void)state;
    WINDOW(NULL);
    WINDOW("availability[0].days", w[0].days = 0);
    WINDOW("availability[0].days", w[0].days = 128);
    WINDOW("availability[0].from", w[0].from_min = 1440);
    WINDOW("availability[0].to", w[0].to_min = 1440);
    WINDOW(NULL, w[0].from_min = 1380, w[0].to_min = 60);
    WINDOW("availability[0].rrule", w[0].rrule = SK_STR("FREQ=DAILY"));
    WINDOW("availability[0].exdate", w[0].exdate_count = 1);
    WINDOW("availability[0].tzid", w[0].tzid = repeat("a", 65));
    WINDOW("availability[1].tzid", w[1].tzid = repeat("a", 65));
    WINDOW("availability[1].end", w[1].end_local_s = 0);
    WINDOW("availability[1].end", w[1].end_local_s = -1);
    WINDOW(NULL, w[1].end_local_s = 86400);
    WINDOW("availability[1].end", w[1].end_local_s = 86401);
    WINDOW("availability[1].start", w[1].start_local_s = INT64_MIN);
    WINDOW("availability[1].end", w[1].end_local_s = INT64_MAX);
    WINDOW("availability[1].rrule", w[1].rrule = repeat("A", 513));
    WINDOW("availability[1].exdate", w[1].exdates_local_s = exdates,
           w[1].exdate_count = SK_MAX_EXDATES + 1);
    exdates[2] = INT64_MAX;
    WINDOW("availability[1].exdate[2]", w[1].exdates_local_s = exdates, w[1].exdate_count = 3);
    BAD("availability", l.window_count = 17);
}

/* ---- Codes and attributes ---- */

static void test_check__codes(void **state)
{
    const sk_str languages[] = {SK_STR("nl"), SK_STR("ar"), SK_STR("nl")};
    const sk_str unknown[] = {SK_STR("nl"), SK_STR("xx")};
    const sk_str form[] = {SK_STR("NL")};
    const sk_str traits[] = {SK_STR("vog"), SK_STR("rijbewijs-b"), SK_STR("a b")};
    const sk_str doubles[] = {SK_STR("vog"), SK_STR("vog")};
    int known = 0;

    (void)state;
    GOOD(l.languages = ((sk_strs){languages, 2}));
    BAD("languages[2]", l.languages = ((sk_strs){languages, 3}));
    BAD("languages[1]", l.languages = ((sk_strs){unknown, 2}));
    BAD("languages[0]", l.languages = ((sk_strs){form, 1}));
    BAD("languages", l.languages = ((sk_strs){languages, SK_MAX_CODES + 1}));
    GOOD(l.requires_traits = ((sk_strs){traits, 2}));
    BAD("requires[2]", l.requires_traits = ((sk_strs){traits, 3}));
    BAD("provides[2]", l.provides_traits = ((sk_strs){traits, 3}));
    BAD("provides[1]", l.provides_traits = ((sk_strs){doubles, 2}));
    for (int i = 0; i < 256 * 256; i++) {
        char code[2] = {(char)(i >> 8), (char)(i & 255)};
        sk_str item = {code, 2};
        sk_listing l = good();

        l.languages = (sk_strs){&item, 1};
        known += sk_listing_check(&l, NULL, NOW, NULL) == SK_OK;
    }
    assert_int_equal(known, 183);
}

#define ATTRIBUTE(where, ...)                                                                      \
    do {                                                                                           \
        sk_attr a[2] = {{SK_STR("kleur"), SK_ATTR_STRING, SK_STR("rood"), 0, false},               \
                        {SK_STR("X_2-b"), SK_ATTR_NUMBER, SK_STR(""), 12.5, false}};               \
        sk_listing l = good();                                                                     \
        const char *expected = where;                                                              \
        l.attributes = a;                                                                          \
        l.attribute_count = 2;                                                                     \
        __VA_ARGS__;                                                                               \
        if (expected)                                                                              \
            assert_bad(&l, expected);                                                              \
        else                                                                                       \
            assert_good(&l);                                                                       \
    } while (0)

static void test_check__attributes(void **state)
{
    (void)state;
    ATTRIBUTE(NULL);
    ATTRIBUTE("attributes[1].name", a[1].name = SK_STR("kleur"));
    ATTRIBUTE("attributes[0].name", a[0].name = SK_STR(""));
    ATTRIBUTE("attributes[1].name", a[1].name = SK_STR("a.b"));
    ATTRIBUTE("attributes[1].name", a[1].name = repeat("a", 65));
    ATTRIBUTE("attributes[1].value", a[1].number = NAN);
    ATTRIBUTE("attributes[1].value", a[1].number = -INFINITY);
    ATTRIBUTE("attributes[1].value", a[1].number = 123456782);
    ATTRIBUTE(NULL, a[1].number = 123456782.5);
    ATTRIBUTE(NULL, a[1].number = 1e300);
    ATTRIBUTE("attributes[0].value", a[0].string = SK_STR("123456782"));
    ATTRIBUTE(NULL, a[0].string = repeat("\xc3\xa9", 1000));
    ATTRIBUTE("attributes[0].value", a[0].string = repeat("\xc3\xa9", 1001));
    ATTRIBUTE("attributes[0].value", a[0].type = (sk_attr_type)0);
    ATTRIBUTE(NULL, a[0].type = SK_ATTR_BOOL);
    BAD("attributes", l.attribute_count = SK_MAX_ATTRIBUTES + 1);
}

static void test_defaults__fill_in_what_is_absent(void **state)
{
    sk_listing listing = {0};

    (void)state;
    sk_listing_defaults(&listing, NOW);
    assert_int_equal(listing.status, SK_LISTING_OPEN);
    assert_int_equal(listing.capacity, 1);
    assert_int_equal(listing.created_ms, NOW);
    assert_int_equal(listing.valid_from_ms, NOW);
    assert_int_equal(listing.valid_until_ms, NOW + 90 * SK_DAY_MS);
    listing = (sk_listing){.created_ms = 5, .status = SK_LISTING_PAUSED, .capacity = 3};
    sk_listing_defaults(&listing, NOW);
    assert_int_equal(listing.status, SK_LISTING_PAUSED);
    assert_int_equal(listing.capacity, 3);
    assert_int_equal(listing.valid_from_ms, 5);
    assert_int_equal(listing.valid_until_ms, 5 + 90 * SK_DAY_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check__who_and_what),
        cmocka_unit_test(test_check__categories),
        cmocka_unit_test(test_check__place_and_numbers),
        cmocka_unit_test(test_check__times),
        cmocka_unit_test(test_check__windows),
        cmocka_unit_test(test_check__codes),
        cmocka_unit_test(test_check__attributes),
        cmocka_unit_test(test_defaults__fill_in_what_is_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
