/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_fail__fills_and_cleans(void **state)
{
    sk_error err;
    char large[600];

    (void)state;
    assert_int_equal(sk_fail(&err, SK_EINVAL, "a\nb %s\xff %s", "\x01", "\xc3\xa9"), SK_EINVAL);
    assert_string_equal(err.message, "a b  ? \xc3\xa9");
    assert_string_equal(err.field, "");
    assert_int_equal(sk_fail(NULL, SK_EIO, "x"), SK_EIO);
    /* A character that the buffer's end cuts in two is left out. */
    memset(large, 'a', sizeof(large));
    memcpy(large + sizeof(err.message) - 2, "\xc3\xa9", 3);
    sk_fail(&err, SK_EINVAL, "%s", large);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 2);
    memset(large, 'f', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    sk_fail_field(&err, SK_EINVAL, large, "x");
    assert_int_equal(strlen(err.field), sizeof(err.field) - 1);
}

static void test_error_within__prefixes_the_path(void **state)
{
    sk_error err;

    (void)state;
    sk_fail_field(&err, SK_EINVAL, "point.lat", "x");
    sk_error_within(&err, "listings[3].");
    assert_string_equal(err.field, "listings[3].point.lat");
    sk_fail(&err, SK_EINVAL, "x");
    sk_error_within(&err, "listings[3].");
    assert_string_equal(err.field, "listings[3]");
    sk_error_within(NULL, "x");
    for (int i = 0; i < 40; i++)
        sk_error_within(&err, "abc.");
    assert_int_equal(strlen(err.field), sizeof(err.field) - 1);
}

static void test_status_name__knows_all(void **state)
{
    (void)state;
    assert_string_equal(sk_status_name(SK_OK), "OK");
    assert_string_equal(sk_status_name(SK_ENOTFOUND), "NOT_FOUND");
    assert_string_equal(sk_status_name(SK_EINTERNAL), "INTERNAL");
    assert_string_equal(sk_status_name((sk_status)99), "INTERNAL");
    assert_string_equal(sk_status_name((sk_status)-1), "INTERNAL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail__fills_and_cleans),
        cmocka_unit_test(test_error_within__prefixes_the_path),
        cmocka_unit_test(test_status_name__knows_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
