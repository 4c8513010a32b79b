/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/limits.h"

static void test_take__a_burst_then_a_pace(void **state)
{
    http_rates *rates = http_rates_new(2, 5);
    unsigned wait;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(http_rates_take(rates, SK_STR("a"), 1000), 0);
    wait = http_rates_take(rates, SK_STR("a"), 1000);
    assert_true(wait >= 1);
    assert_int_equal(http_rates_take(rates, SK_STR("b"), 1000), 0);
    assert_true(http_rates_take(rates, SK_STR("a"), 1400) > 0);
    assert_int_equal(http_rates_take(rates, SK_STR("a"), 1400 + 500), 0);
    /* A long rest gives a burst again, and no more. */
    for (int i = 0; i < 5; i++)
        assert_int_equal(http_rates_take(rates, SK_STR("a"), 900000), 0);
    assert_true(http_rates_take(rates, SK_STR("a"), 900000) > 0);
    http_rates_free(rates);
}

static void test_take__any_number_of_strangers(void **state)
{
    http_rates *rates = http_rates_new(1, 1), *none = http_rates_new(0, 1);
    char key[32];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int size = snprintf(key, sizeof(key), "10.%d", i);

        assert_int_equal(http_rates_take(rates, (sk_str){key, (size_t)size}, i), 0);
        assert_int_equal(http_rates_take(none, SK_STR("a"), 0), 0);
    }
    http_rates_free(rates);
    http_rates_free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take__a_burst_then_a_pace),
        cmocka_unit_test(test_take__any_number_of_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
