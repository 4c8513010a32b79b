/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_bsn_valid__is_the_eleven_test(void **state)
{
    int passed = 0;

    (void)state;
    assert_true(sk_bsn_valid(SK_STR("123456782")));
    assert_true(sk_bsn_valid(SK_STR("111222333")));
    assert_false(sk_bsn_valid(SK_STR("123456789")));
    assert_false(sk_bsn_valid(SK_STR("000000000")));
    assert_true(sk_bsn_valid(SK_STR("010000008")) == sk_bsn_valid(SK_STR("10000008")));
    assert_false(sk_bsn_valid(SK_STR("1234567820")));
    assert_false(sk_bsn_valid(SK_STR("12345678a")));
    assert_false(sk_bsn_valid(SK_STR("")));
    for (int i = 0; i < 11000; i++) {
        char text[16];
        int number = 200000000 + i, sum = -(number % 10), rest = number / 10;

        for (int factor = 2; factor <= 9; factor++, rest /= 10)
            sum += factor * (rest % 10);
        snprintf(text, sizeof(text), "%d", number);
        assert_int_equal(sk_bsn_valid(sk_str_from(text)), sum % 11 == 0);
        passed += sum % 11 == 0;
    }
    assert_in_range(passed, 990, 1010);
}

static void assert_mask(const char *text, const char *expected)
{
    sk_arena *arena = sk_arena_new(0);
    sk_str out = {0};
    bool masked = false;

    assert_int_equal(sk_bsn_mask(sk_str_from(text), arena, &out, &masked, NULL), SK_OK);
    if (!sk_str_eq(out, sk_str_from(expected)))
        fail_msg("%s: %.*s", text, SK_STR_ARG(out));
    assert_int_equal(masked, strcmp(text, expected) != 0);
    if (!masked)
        assert_ptr_equal(out.data, text);
    sk_arena_free(arena);
}

static void test_bsn_mask__masks_runs_of_nine(void **state)
{
    (void)state;
    assert_mask("", "");
    assert_mask("geen nummer", "geen nummer");
    assert_mask("123456782", "*********");
    assert_mask("mijn BSN is 123456782.", "mijn BSN is *********.");
    assert_mask("BSN 123.456.782!", "BSN ***.***.***!");
    assert_mask("1234 56 782", "**** ** ***");
    assert_mask("123-456-782 en 111222333", "***-***-*** en *********");
    assert_mask("123456789", "123456789");
    assert_mask("123  456782", "123  456782");
    assert_mask("1234567820", "1234567820");
    assert_mask("06-12345678", "06-12345678");
    assert_mask("0123456782", "0123456782");
    assert_mask("12345678", "12345678");
    assert_mask("123456782 06-12345678", "********* 06-12345678");
    assert_mask("tel 06-12345678, bsn 123456782", "tel 06-12345678, bsn *********");
    assert_mask("NL91 ABNA 0417 1643 00", "NL91 ABNA 0417 1643 00");
    assert_mask("x123456782y", "x*********y");
    assert_mask("-123456782-", "-*********-");
}

static void test_bsn_mask__reports_lack_of_memory(void **state)
{
    sk_arena *arena = sk_arena_new(16);
    sk_str out = SK_STR("kept");
    sk_error err;

    (void)state;
    assert_int_equal(sk_bsn_mask(SK_STR("a text with 123456782"), arena, &out, NULL, &err),
                     SK_ENOMEM);
    assert_true(sk_str_eq(out, SK_STR("kept")));
    sk_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bsn_valid__is_the_eleven_test),
        cmocka_unit_test(test_bsn_mask__masks_runs_of_nine),
        cmocka_unit_test(test_bsn_mask__reports_lack_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
