/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static int64_t local(const char *text)
{
    int64_t local_s = 0;

    assert_int_equal(sk_local_parse(sk_str_from(text), &local_s, NULL), SK_OK);
    return local_s;
}

static int64_t instant(const char *text)
{
    int64_t ms = 0;

    assert_int_equal(sk_time_parse(sk_str_from(text), &ms, NULL), SK_OK);
    return ms / 1000;
}

static void assert_utc(const sk_zone *zone, const char *local_text, const char *utc_text)
{
    char text[32];
    int64_t got = sk_zone_to_utc(zone, local(local_text));

    if (got != instant(utc_text))
        fail_msg("%s is %s, not %s", local_text, sk_time_format(got * 1000, text).data, utc_text);
}

static void test_to_utc__takes_the_first_and_the_offset_before(void **state)
{
    sk_zone *zone = NULL;

    (void)state;
    assert_int_equal(sk_zone_read(SK_STR("Europe/Amsterdam"), &zone, NULL), SK_OK);
    assert_utc(zone, "2026-03-29T01:59", "2026-03-29T00:59:00Z");
    assert_utc(zone, "2026-03-29T02:00", "2026-03-29T01:00:00Z");
    assert_utc(zone, "2026-03-29T02:30", "2026-03-29T01:30:00Z");
    assert_utc(zone, "2026-03-29T03:00", "2026-03-29T01:00:00Z");
    assert_utc(zone, "2026-10-25T01:59", "2026-10-24T23:59:00Z");
    assert_utc(zone, "2026-10-25T02:00", "2026-10-25T00:00:00Z");
    assert_utc(zone, "2026-10-25T02:30", "2026-10-25T00:30:00Z");
    assert_utc(zone, "2026-10-25T03:00", "2026-10-25T02:00:00Z");
    /* Behind the years that the file lists. */
    assert_utc(zone, "2050-07-01T12:00", "2050-07-01T10:00:00Z");
    assert_utc(zone, "2437-03-29T02:30", "2437-03-29T01:30:00Z");
    assert_utc(zone, "9999-07-01T12:00", "9999-07-01T10:00:00Z");
    assert_utc(zone, "9999-12-31T12:00", "9999-12-31T11:00:00Z");
    sk_zone_free(zone);
    assert_int_equal(sk_zone_read(SK_STR("Asia/Kathmandu"), &zone, NULL), SK_OK);
    assert_utc(zone, "2026-03-05T14:00", "2026-03-05T08:15:00Z");
    sk_zone_free(zone);
    sk_zone_free(NULL);
}

static void test_read__refuses_what_is_no_zone(void **state)
{
    static const char *const names[] = {"",
                                        "/etc/passwd",
                                        "../../../etc/passwd",
                                        "Europe/../Europe/Amsterdam",
                                        "Europe",
                                        "Europe/",
                                        "Europe//Amsterdam",
                                        "/Europe/Amsterdam",
                                        "localtime",
                                        "posixrules",
                                        "right/UTC",
                                        "posix/UTC",
                                        "zone.tab",
                                        "tzdata.zi",
                                        "Europe/Atlantis",
                                        "europe amsterdam",
                                        "Europe/Amsterdam\n",
                                        "leap-seconds",
                                        "+VERSION"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        sk_zone *zone = NULL;
        sk_error err = {0};

        if (sk_zone_read(sk_str_from(names[i]), &zone, &err) == SK_OK || zone)
            fail_msg("read: %s", names[i]);
        assert_string_equal(err.field, "tzid");
    }
}

/* ---- Against the C library ---- */

static void compare(const char *name)
{
    /* Past the years listed, and past where rules are folded. */
    static const int64_t from = -INT64_C(3000000000), until = INT64_C(17000000000);
    sk_zone *zone = NULL;

    assert_int_equal(sk_zone_read(sk_str_from(name), &zone, NULL), SK_OK);
    setenv("TZ", name, 1);
    tzset();
    for (int64_t at = from; at < until; at += 86400 * 29 + 4321) {
        time_t time = (time_t)at;
        struct tm tm;

        localtime_r(&time, &tm);
        if (sk_zone_to_local(zone, at) != at + tm.tm_gmtoff)
            fail_msg("%s at %lld: %lld, not %ld", name, (long long)at,
                     (long long)(sk_zone_to_local(zone, at) - at), tm.tm_gmtoff);
        /* An instant comes back from its local time, unless it is the second with that time. */
        if (sk_zone_to_utc(zone, at + tm.tm_gmtoff) > at)
            fail_msg("%s at %lld does not come back", name, (long long)at);
    }
    setenv("TZ", "UTC", 1);
    tzset();
    sk_zone_free(zone);
}

static void test_to_local__agrees_with_the_c_library(void **state)
{
    FILE *list = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    char line[512], name[128];
    int zones = 0;

    (void)state;
    if (!list) {
        print_message("skipped: no tzdata.zi\n");
        return;
    }
    while (fgets(line, sizeof(line), list)) {
        if (sscanf(line, "Z %127s", name) == 1 || sscanf(line, "L %*s %127s", name) == 1) {
            compare(name);
            zones++;
        }
    }
    fclose(list);
    print_message("%d zones\n", zones);
    assert_true(zones > 300);
}

static void test_read__reports_lack_of_memory(void **state)
{
    sk_status st = SK_ENOMEM;

    (void)state;
    for (long fail = 0; st != SK_OK; fail++) {
        sk_zone *zone = NULL;

        assert_true(fail < 200);
        sk_alloc_fail_after(fail);
        st = sk_zone_read(SK_STR("Europe/Amsterdam"), &zone, NULL);
        sk_alloc_fail_after(-1);
        assert_true(st == SK_OK || st == SK_ENOMEM);
        sk_zone_free(zone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_utc__takes_the_first_and_the_offset_before),
        cmocka_unit_test(test_read__refuses_what_is_no_zone),
        cmocka_unit_test(test_to_local__agrees_with_the_c_library),
        cmocka_unit_test(test_read__reports_lack_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
