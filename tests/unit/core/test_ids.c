/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_id_make__is_uuid7_and_repeats(void **state)
{
    char first[37], again[37], other[37];

    (void)state;
    sk_id_make(INT64_C(0x0123456789AB), 7, first);
    sk_id_make(INT64_C(0x0123456789AB), 7, again);
    sk_id_make(INT64_C(0x0123456789AB), 8, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_int_equal(strlen(first), 36);
    assert_memory_equal(first, "01234567-89ab-7", 15);
    assert_non_null(strchr("89ab", first[19]));
    assert_true(sk_id_valid(sk_str_from(first)));
    sk_id_make(INT64_C(0x0123456789AC), 1, again);
    assert_true(strcmp(first, again) < 0);
}

static void test_id_make__never_repeats_over_many(void **state)
{
    sk_intern *seen = sk_intern_new();
    char id[37];

    (void)state;
    for (uint64_t seq = 0; seq < 100000; seq++) {
        sk_id_make(5, seq, id);
        assert_int_equal(sk_intern_add(seen, sk_str_from(id)), seq + 1);
    }
    sk_intern_free(seen);
}

static void test_id_valid__knows_the_form(void **state)
{
    char large[65];

    (void)state;
    memset(large, 'a', sizeof(large));
    assert_true(sk_id_valid(SK_STR("AZaz09._:-")));
    assert_true(sk_id_valid((sk_str){large, 64}));
    assert_false(sk_id_valid((sk_str){large, 65}));
    assert_false(sk_id_valid(SK_STR("")));
    assert_false(sk_id_valid(SK_STR("a b")));
    assert_false(sk_id_valid(SK_STR("a\0b")));
    assert_false(sk_id_valid(SK_STR("\xc3\xa9")));
    assert_false(sk_id_valid(SK_STR("a/b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id_make__is_uuid7_and_repeats),
        cmocka_unit_test(test_id_make__never_repeats_over_many),
        cmocka_unit_test(test_id_valid__knows_the_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
