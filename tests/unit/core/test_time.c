/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>

static void test_civil__agrees_with_counting(void **state)
{
    static const int days_in[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = SK_TIME_MIN_MS / SK_DAY_MS;
    int weekday = 0; /* 0001-01-01 was a Monday. */

    (void)state;
    for (int year = 1; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        for (int month = 1; month <= 12; month++) {
            int last = days_in[month - 1] + (leap && month == 2);

            for (int day = 1; day <= last; day++, days++, weekday = (weekday + 1) % 7) {
                sk_civil civil = sk_civil_from_local(days * 86400 + 86399);

                if (civil.year != year || civil.month != month || civil.day != day ||
                    civil.hour != 23 || civil.minute != 59 || civil.second != 59 ||
                    !sk_civil_valid(&civil) || sk_civil_days(year, month, day) != days ||
                    sk_weekday_of_days(days) != weekday)
                    fail_msg("%04d-%02d-%02d", year, month, day);
            }
            assert_false(sk_civil_valid(&(sk_civil){year, month, last + 1, 0, 0, 0}));
        }
    }
    assert_int_equal(days * SK_DAY_MS - 1, SK_TIME_MAX_MS);
    assert_int_equal(sk_civil_to_local(&(sk_civil){1970, 1, 2, 3, 4, 5}), 97445);
}

static void assert_time(const char *text, int64_t expected)
{
    int64_t ms = 0;
    sk_error err;

    if (sk_time_parse(sk_str_from(text), &ms, &err) != SK_OK || ms != expected)
        fail_msg("%s: %s, %lld", text, err.message, (long long)ms);
}

static void test_time_parse__takes_rfc_3339(void **state)
{
    (void)state;
    assert_time("1970-01-01T00:00:00Z", 0);
    assert_time("2026-03-05T14:00:00Z", INT64_C(1772719200000));
    assert_time("2026-03-05T15:00:00+01:00", INT64_C(1772719200000));
    assert_time("2026-03-05T08:15:00-05:45", INT64_C(1772719200000));
    assert_time("2026-03-06T13:59:00+23:59", INT64_C(1772719200000));
    assert_time("2026-03-05t14:00:00.1z", INT64_C(1772719200100));
    assert_time("2026-03-05T14:00:00.123999999Z", INT64_C(1772719200123));
    assert_time("2024-02-29T00:00:00-00:00", INT64_C(1709164800000));
    assert_time("0001-01-01T00:00:00Z", SK_TIME_MIN_MS);
    assert_time("9999-12-31T23:59:59.999Z", SK_TIME_MAX_MS);
    assert_time("1969-12-31T23:59:59.999Z", -1);
}

static void test_time_parse__refuses_the_rest(void **state)
{
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-03-05",
                                        "2026-03-05T14:00:00",
                                        "2026-03-05 14:00:00Z",
                                        "2026-03-05T14:00Z",
                                        "2026-3-05T14:00:00Z",
                                        "2026-03-05T14:00:60Z",
                                        "2026-03-05T24:00:00Z",
                                        "2026-03-05T14:60:00Z",
                                        "2026-02-29T14:00:00Z",
                                        "1900-02-29T14:00:00Z",
                                        "2026-04-31T14:00:00Z",
                                        "2026-13-01T14:00:00Z",
                                        "2026-00-01T14:00:00Z",
                                        "2026-01-00T14:00:00Z",
                                        "0000-01-01T00:00:00Z",
                                        "2026-03-05T14:00:00.Z",
                                        "2026-03-05T14:00:00.1234567890Z",
                                        "2026-03-05T14:00:00,5Z",
                                        "2026-03-05T14:00:00+1:00",
                                        "2026-03-05T14:00:00+0100",
                                        "2026-03-05T14:00:00+24:00",
                                        "2026-03-05T14:00:00+01:60",
                                        "2026-03-05T14:00:00ZZ",
                                        "2026-03-05T14:00:00Z ",
                                        " 2026-03-05T14:00:00Z",
                                        "+2026-03-05T14:00:00Z",
                                        "0001-01-01T00:00:00+00:01",
                                        "9999-12-31T23:59:59-00:01",
                                        "2026-03-05T14:00:00+",
                                        "2026-03-05T-4:00:00Z"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int64_t ms = 42;
        sk_error err;

        if (sk_time_parse(sk_str_from(wrong[i]), &ms, &err) != SK_EINVAL || ms != 42)
            fail_msg("accepted: %s", wrong[i]);
    }
}

static void test_time_format__comes_back(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(sk_time_format(0, text).data, "1970-01-01T00:00:00Z");
    assert_string_equal(sk_time_format(-1, text).data, "1969-12-31T23:59:59.999Z");
    srandom(3);
    for (int i = 0; i < 100000; i++) {
        uint64_t range = (uint64_t)(SK_TIME_MAX_MS - SK_TIME_MIN_MS) + 1;
        uint64_t draw = ((uint64_t)random() << 31 | (uint64_t)random()) % range;
        int64_t ms = SK_TIME_MIN_MS + (int64_t)draw, back = 0;
        sk_str shown = sk_time_format(ms, text);

        assert_int_equal(shown.size, strlen(text));
        assert_int_equal(sk_time_parse(shown, &back, NULL), SK_OK);
        assert_int_equal(back, ms);
    }
    sk_time_format(INT64_MIN, text);
    sk_time_format(INT64_MAX, text);
}

static void test_time_parse__agrees_with_timegm(void **state)
{
    (void)state;
    srandom(5);
    for (int i = 0; i < 20000; i++) {
        time_t second = (time_t)((random() << 3) - (INT64_C(1) << 33));
        struct tm tm;
        char text[40];

        gmtime_r(&second, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_time(text, (int64_t)second * 1000);
    }
}

static void test_local__reads_and_writes(void **state)
{
    static const char *const wrong[] = {"",
                                        "2026-03-05T14:00Z",
                                        "2026-03-05T14:00+01:00",
                                        "2026-03-05",
                                        "2026-02-30T14:00",
                                        "2026-03-05T14:00:",
                                        "2026-03-05T14:00:00.5",
                                        "2026-03-05T24:00"};
    int64_t local = 0;
    char text[32];

    (void)state;
    assert_int_equal(sk_local_parse(SK_STR("2026-03-05T14:00"), &local, NULL), SK_OK);
    assert_int_equal(local, 1772719200);
    assert_string_equal(sk_local_format(local, text).data, "2026-03-05T14:00");
    assert_int_equal(sk_local_parse(SK_STR("2026-03-05T14:00:07"), &local, NULL), SK_OK);
    assert_string_equal(sk_local_format(local, text).data, "2026-03-05T14:00:07");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (sk_local_parse(sk_str_from(wrong[i]), &local, NULL) != SK_EINVAL)
            fail_msg("accepted: %s", wrong[i]);
    }
    assert_int_equal(sk_floor_div(-1, 86400), -1);
    assert_int_equal(sk_floor_div(-86400, 86400), -1);
    assert_int_equal(sk_floor_div(86399, 86400), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_civil__agrees_with_counting),
        cmocka_unit_test(test_time_parse__takes_rfc_3339),
        cmocka_unit_test(test_time_parse__refuses_the_rest),
        cmocka_unit_test(test_time_format__comes_back),
        cmocka_unit_test(test_time_parse__agrees_with_timegm),
        cmocka_unit_test(test_local__reads_and_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
