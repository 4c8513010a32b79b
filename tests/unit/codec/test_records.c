/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/codec.h"

#include "random_records.h"
#include "same_records.h"

#define ROUNDS 2000

/* Encode, decode, compare field by field, and encode again to the same bytes. */
#define RECORD_TEST(name, Type, encode, roll_it)                                                   \
    static void test_##name##__comes_back_bit_for_bit(void **state)                                \
    {                                                                                              \
        dice d = {.state = 7, .arena = sk_arena_new(0)};                                           \
        sk_arena *arena = sk_arena_new(0);                                                         \
        (void)state;                                                                               \
        for (int i = 0; i < ROUNDS; i++) {                                                         \
            sk_buf first = {0}, second = {0};                                                      \
            sk_error err = {0};                                                                    \
            Type given = roll_it(&d), got;                                                         \
            encode(&given, &first);                                                                \
            assert_false(first.failed);                                                            \
            memset(&got, 0x5A, sizeof(got));                                                       \
            if (sk_decode_##name(sk_buf_view(&first), arena, &got, &err) != SK_OK)                 \
                fail_msg("%s: %s", err.field, err.message);                                        \
            assert_true(same_##name(&given, &got));                                                \
            encode(&got, &second);                                                                 \
            assert_int_equal(first.size, second.size);                                             \
            assert_memory_equal(sk_buf_view(&first).data, sk_buf_view(&second).data, first.size);  \
            sk_buf_done(&first);                                                                   \
            sk_buf_done(&second);                                                                  \
            sk_arena_reset(arena);                                                                 \
            sk_arena_reset(d.arena);                                                               \
        }                                                                                          \
        sk_arena_free(arena);                                                                      \
        sk_arena_free(d.arena);                                                                    \
    }

static void encode_whole_party(const sk_party *party, sk_buf *out)
{
    sk_encode_party(party, true, out);
}

RECORD_TEST(listing, sk_listing, sk_encode_listing, roll_listing)
RECORD_TEST(contact, sk_contact, sk_encode_contact, roll_contact)
RECORD_TEST(party, sk_party, encode_whole_party, roll_party)
RECORD_TEST(suggestion, sk_suggestion, sk_encode_suggestion, roll_suggestion)
RECORD_TEST(event, sk_event, sk_encode_event, roll_event)
RECORD_TEST(notice, sk_notice, sk_encode_notice, roll_notice)
RECORD_TEST(area, sk_area, sk_encode_area, roll_area)
RECORD_TEST(connector, sk_connector, sk_encode_connector, roll_connector)
RECORD_TEST(token, sk_token, sk_encode_token, roll_token)
RECORD_TEST(rules, sk_rules_record, sk_encode_rules, roll_rules)

static void test_party__goes_without_contact(void **state)
{
    sk_arena *arena = sk_arena_new(0);
    sk_party party = {.id = SK_STR("p1"), .has_contact = true, .contact.phone = SK_STR("0612")};
    sk_party got;
    sk_buf bytes = {0};

    (void)state;
    sk_encode_party(&party, false, &bytes);
    assert_int_equal(sk_decode_party(sk_buf_view(&bytes), arena, &got, NULL), SK_OK);
    assert_false(got.has_contact);
    assert_null(memmem(bytes.data, bytes.size, "0612", 4));
    sk_buf_done(&bytes);
    sk_arena_free(arena);
}

static void test_taxonomy__comes_back_in_order(void **state)
{
    sk_category categories[] = {{SK_STR("b"), SK_STR("Bé"), SK_STR("")},
                                {SK_STR("a"), SK_STR(""), SK_STR("A")}};
    sk_related related[] = {{SK_STR("a"), SK_STR("b"), 0.1}};
    sk_arena *arena = sk_arena_new(0);
    const sk_category *got = NULL;
    const sk_related *got_related = NULL;
    size_t count = 0, related_count = 0;
    sk_buf bytes = {0};

    (void)state;
    sk_encode_taxonomy(categories, 2, related, 1, &bytes);
    assert_int_equal(sk_decode_taxonomy(sk_buf_view(&bytes), arena, &got, &count, &got_related,
                                        &related_count, NULL),
                     SK_OK);
    assert_int_equal(count, 2);
    assert_int_equal(related_count, 1);
    for (int i = 0; i < 2; i++) {
        assert_true(sk_str_eq(got[i].code, categories[i].code));
        assert_true(sk_str_eq(got[i].label_nl, categories[i].label_nl));
        assert_true(sk_str_eq(got[i].label_en, categories[i].label_en));
    }
    assert_true(sk_str_eq(got_related[0].a, related[0].a));
    assert_true(sk_str_eq(got_related[0].b, related[0].b));
    assert_true(same_double(got_related[0].closeness, 0.1));
    sk_buf_done(&bytes);
    sk_arena_free(arena);
}

/* Each allocation in turn fails; the encoder says so and nothing is lost. */
static void test_encode__reports_lack_of_memory(void **state)
{
    dice d = {.state = 3, .arena = sk_arena_new(0)};
    sk_suggestion given = roll_suggestion(&d);
    bool done = false;

    (void)state;
    for (long n = 0; !done; n++) {
        sk_buf bytes = {0};

        sk_alloc_fail_after(n);
        sk_encode_suggestion(&given, &bytes);
        sk_alloc_fail_after(-1);
        done = !bytes.failed;
        sk_buf_done(&bytes);
        assert_true(n < 1000);
    }
    sk_arena_free(d.arena);
}

/* An arena too small at every size: SK_ENOMEM or SK_ELIMIT, and the result is not touched. */
static void test_decode__reports_lack_of_memory(void **state)
{
    dice d = {.state = 4, .arena = sk_arena_new(0)};
    sk_listing given = roll_listing(&d), got = {.urgency = 77};
    sk_buf bytes = {0};
    sk_status st = SK_ENOMEM;

    (void)state;
    sk_encode_listing(&given, &bytes);
    for (size_t cap = 16; st != SK_OK; cap += 16) {
        sk_arena *arena = sk_arena_new(cap);

        st = sk_decode_listing(sk_buf_view(&bytes), arena, &got, NULL);
        sk_arena_free(arena);
        if (st != SK_OK) {
            assert_int_equal(st, SK_ENOMEM);
            assert_int_equal(got.urgency, 77);
        }
    }
    sk_buf_done(&bytes);
    sk_arena_free(d.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listing__comes_back_bit_for_bit),
        cmocka_unit_test(test_contact__comes_back_bit_for_bit),
        cmocka_unit_test(test_party__comes_back_bit_for_bit),
        cmocka_unit_test(test_suggestion__comes_back_bit_for_bit),
        cmocka_unit_test(test_event__comes_back_bit_for_bit),
        cmocka_unit_test(test_notice__comes_back_bit_for_bit),
        cmocka_unit_test(test_area__comes_back_bit_for_bit),
        cmocka_unit_test(test_connector__comes_back_bit_for_bit),
        cmocka_unit_test(test_token__comes_back_bit_for_bit),
        cmocka_unit_test(test_rules__comes_back_bit_for_bit),
        cmocka_unit_test(test_party__goes_without_contact),
        cmocka_unit_test(test_taxonomy__comes_back_in_order),
        cmocka_unit_test(test_encode__reports_lack_of_memory),
        cmocka_unit_test(test_decode__reports_lack_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
