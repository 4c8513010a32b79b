/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static sk_calendar *calendar;

static int open_calendar(void **state)
{
    (void)state;
    return sk_calendar_open(&calendar, NULL) == SK_OK ? 0 : -1;
}

static int close_calendar(void **state)
{
    (void)state;
    sk_calendar_close(calendar);
    sk_calendar_close(NULL);
    return 0;
}

static int64_t instant(const char *text)
{
    int64_t ms = 0;

    assert_int_equal(sk_time_parse(sk_str_from(text), &ms, NULL), SK_OK);
    return ms;
}

static sk_window window(const char *start, const char *end, const char *rrule)
{
    sk_window w = {.rrule = sk_str_from(rrule)};

    assert_int_equal(sk_local_parse(sk_str_from(start), &w.start_local_s, NULL), SK_OK);
    assert_int_equal(sk_local_parse(sk_str_from(end), &w.end_local_s, NULL), SK_OK);
    return w;
}

static sk_window weekly(uint8_t days, int from_min, int to_min)
{
    return (sk_window){.short_form = true,
                       .days = days,
                       .from_min = (uint16_t)from_min,
                       .to_min = (uint16_t)to_min};
}

/* The runs of slots from `begin` on as text: "2026-03-29T00:00:00Z+8 ..." */
static void assert_slots(const sk_window *windows, size_t count, const char *begin,
                         const char *expected)
{
    uint64_t bits[SK_HORIZON_WORDS];
    int64_t first = instant(begin) / SK_SLOT_MS;
    sk_buf got = {0};
    sk_error err;
    char text[32];

    if (sk_calendar_expand(calendar, windows, count, first, SK_HORIZON_SLOTS, bits, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
    for (int i = 0; i < SK_HORIZON_SLOTS;) {
        int end = i;

        while (end < SK_HORIZON_SLOTS && (bits[end / 64] >> (end % 64) & 1))
            end++;
        if (end > i)
            sk_buf_printf(&got, "%s%s+%d", got.size ? " " : "",
                          sk_time_format((first + i) * SK_SLOT_MS, text).data, end - i);
        i = end + 1;
    }
    sk_buf_add(&got, "", 1);
    assert_string_equal(got.data, expected);
    sk_buf_done(&got);
}

#define SLOTS(begin, expected, ...)                                                                \
    do {                                                                                           \
        const sk_window ws[] = {__VA_ARGS__};                                                      \
        assert_slots(ws, sizeof(ws) / sizeof(ws[0]), begin, expected);                             \
    } while (0)

static void test_expand__across_the_change_of_march(void **state)
{
    (void)state;
    /* 01:00-04:00 lasts two hours on the 29th. */
    SLOTS("2026-03-29T00:00:00Z", "2026-03-29T00:00:00Z+8",
          window("2026-03-29T01:00", "2026-03-29T04:00", ""));
    /* Both ends in the gap: read with winter's offset. */
    SLOTS("2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z+2",
          window("2026-03-29T02:00", "2026-03-29T02:30", ""));
    /* Starts in the gap at 01:30Z, ends after it at 01:15Z: empty. */
    SLOTS("2026-03-29T00:00:00Z", "", window("2026-03-29T02:30", "2026-03-29T03:15", ""));
    /* Saturday 22:00 to Sunday 06:00 is seven hours. */
    SLOTS("2026-03-28T00:00:00Z", "2026-03-28T21:00:00Z+28",
          window("2026-03-28T22:00", "2026-03-29T06:00", ""));
    SLOTS("2026-03-28T00:00:00Z",
          "2026-03-28T13:00:00Z+8 2026-04-04T12:00:00Z+8 2026-04-11T12:00:00Z+8 "
          "2026-04-18T12:00:00Z+8",
          weekly(1 << 5, 840, 960));
}

static void test_expand__across_the_change_of_october(void **state)
{
    (void)state;
    SLOTS("2026-10-25T00:00:00Z", "2026-10-25T00:00:00Z+12",
          window("2026-10-25T02:00", "2026-10-25T04:00", ""));
    SLOTS("2026-10-25T00:00:00Z", "2026-10-25T00:00:00Z+2",
          window("2026-10-25T02:00", "2026-10-25T02:30", ""));
    SLOTS("2026-10-24T00:00:00Z", "2026-10-24T20:00:00Z+36",
          window("2026-10-24T22:00", "2026-10-25T06:00", ""));
    /* A day of 25 hours, and days from 02:30 to 02:30 without a seam. */
    SLOTS("2026-10-24T00:00:00Z", "2026-10-24T22:00:00Z+100",
          window("2026-10-25T00:00", "2026-10-26T00:00", ""));
    SLOTS("2026-10-24T00:00:00Z", "2026-10-24T00:00:00Z+2688", weekly(127, 150, 150),
          window("2026-10-24T02:30", "2026-10-24T03:00", ""));
}

static void test_expand__joins_and_cuts_windows(void **state)
{
    (void)state;
    /* Whole slots only. */
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:15:00Z+1",
          window("2026-01-05T09:10", "2026-01-05T09:35", ""));
    SLOTS("2026-01-05T00:00:00Z", "", window("2026-01-05T09:10", "2026-01-05T09:25", ""));
    /* A slot that two windows share. */
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z+2",
          window("2026-01-05T09:22", "2026-01-05T09:30", ""),
          window("2026-01-05T09:00", "2026-01-05T09:22", ""));
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z+1",
          window("2026-01-05T09:23", "2026-01-05T09:30", ""),
          window("2026-01-05T09:00", "2026-01-05T09:22", ""));
    /* Only what lies in the horizon: it began the day before. */
    SLOTS("2026-01-06T00:00:00Z", "2026-01-06T00:00:00Z+4",
          window("2026-01-05T22:00", "2026-01-06T02:00", ""));
    /* No window: always. */
    assert_slots(NULL, 0, "2026-01-05T00:00:00Z", "2026-01-05T00:00:00Z+2688");
}

static void test_expand__zones_off_the_quarter(void **state)
{
    sk_window w = window("2026-01-05T09:00", "2026-01-05T10:00", "");

    (void)state;
    w.tzid = SK_STR("Asia/Kathmandu");
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T03:15:00Z+4", w);
    w.tzid = SK_STR("UTC");
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T09:00:00Z+4", w);
}

static void test_expand__rules_of_the_contract(void **state)
{
    int64_t exdate = 0;
    sk_window w = window("2026-01-05T09:00", "2026-01-05T09:15", "FREQ=DAILY;COUNT=3");

    (void)state;
    /* COUNT counts the excluded one. */
    assert_int_equal(sk_local_parse(SK_STR("2026-01-06T09:00"), &exdate, NULL), SK_OK);
    w.exdates_local_s = &exdate;
    w.exdate_count = 1;
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z+1 2026-01-07T08:00:00Z+1", w);
    /* An excluded start of a window without rule leaves nothing. */
    w = window("2026-01-06T09:00", "2026-01-06T09:15", "");
    w.exdates_local_s = &exdate;
    w.exdate_count = 1;
    SLOTS("2026-01-05T00:00:00Z", "", w);
    /* The start counts only if the rule yields it: the 5th is a Monday. */
    SLOTS("2026-01-05T00:00:00Z", "2026-01-06T08:00:00Z+1 2026-01-13T08:00:00Z+1",
          window("2026-01-05T09:00", "2026-01-05T09:15", "FREQ=WEEKLY;BYDAY=TU;COUNT=2"));
    /* A date is 00:00 local; without Z local; with Z an instant. All inclusive. */
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z+1",
          window("2026-01-05T09:00", "2026-01-05T09:15", "FREQ=DAILY;UNTIL=20260106"));
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z+1 2026-01-06T08:00:00Z+1",
          window("2026-01-05T09:00", "2026-01-05T09:15", "FREQ=DAILY;UNTIL=20260106T090000"));
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z+1 2026-01-06T08:00:00Z+1",
          window("2026-01-05T09:00", "2026-01-05T09:15", "FREQ=DAILY;UNTIL=20260106T080000Z"));
    SLOTS("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z+1",
          window("2026-01-05T09:00", "2026-01-05T09:15", "FREQ=DAILY;UNTIL=20260106T075959Z"));
    /* The short form has no beginning: long ago is now. */
    SLOTS("1970-01-05T00:00:00Z",
          "1970-01-05T08:00:00Z+4 1970-01-12T08:00:00Z+4 1970-01-19T08:00:00Z+4 "
          "1970-01-26T08:00:00Z+4",
          weekly(1, 540, 600));
}

/* ---- Checks ---- */

static void assert_refused(sk_window w, const char *field)
{
    uint64_t bits[SK_HORIZON_WORDS];
    sk_error err = {0};

    assert_int_equal(sk_calendar_check(calendar, &w, &err), SK_EINVAL);
    assert_string_equal(err.field, field);
    /* Expanding it anyway ends soon, one way or the other. */
    sk_calendar_expand(calendar, &w, 1, 1969632, SK_HORIZON_SLOTS, bits, &err);
}

static void test_check__names_the_field(void **state)
{
    sk_window w = window("2026-01-05T09:00", "2026-01-05T10:00", "");

    (void)state;
    assert_int_equal(sk_calendar_check(calendar, &w, NULL), SK_OK);
    w.tzid = SK_STR("Europe/Atlantis");
    assert_refused(w, "tzid");
    w.tzid = SK_STR("/etc/passwd");
    assert_refused(w, "tzid");
    assert_refused(window("2026-01-05T09:00", "2026-01-05T09:00", ""), "end");
    assert_refused(window("2026-01-05T09:00", "2026-01-06T09:01", ""), "end");
    assert_refused(weekly(0, 0, 60), "days");
    assert_refused(weekly(128, 0, 60), "days");
    assert_refused(weekly(1, 1440, 60), "from");
    assert_refused(weekly(1, 0, 1440), "to");
    assert_refused(window("2026-01-05T09:00", "2026-01-05T10:00", "FREQ=DAYLY"), "rrule");
    assert_refused(window("2026-01-05T09:00", "2026-01-05T10:00", "FREQ=SECONDLY"), "rrule");
    assert_refused(window("0001-01-01T09:00", "0001-01-01T10:00", "FREQ=MINUTELY;COUNT=999999999"),
                   "rrule");
    assert_refused(window("2026-01-05T09:00", "2026-01-05T10:00",
                          "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1"),
                   "rrule");
}

static void test_expand__hostile_rules_end_soon(void **state)
{
    static const char *const rules[] = {
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY;INTERVAL=60",
        "FREQ=SECONDLY;BYSECOND=0;INTERVAL=61",
        "FREQ=SECONDLY;INTERVAL=999999999",
        "FREQ=HOURLY;INTERVAL=999999999",
        "FREQ=DAILY;INTERVAL=999999999",
        "FREQ=WEEKLY;INTERVAL=999999999",
        "FREQ=MONTHLY;INTERVAL=999999999",
        "FREQ=YEARLY;INTERVAL=999999999",
        "FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO",
        "FREQ=DAILY;COUNT=999999999",
        "FREQ=SECONDLY;COUNT=40000",
        "FREQ=YEARLY;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9;BYSETPOS=-1,366",
    };
    static const char *const starts[][2] = {{"0001-01-01T00:00", "0001-01-01T01:00"},
                                            {"2025-12-01T00:00", "2025-12-01T01:00"},
                                            {"9999-12-31T00:00", "9999-12-31T01:00"}};
    uint64_t bits[SK_HORIZON_WORDS];
    int64_t slowest = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        for (size_t j = 0; j < 3; j++) {
            sk_window w = window(starts[j][0], starts[j][1], rules[i]);
            int64_t begin = sk_monotonic_ns(), took = 0;
            sk_error err;
            sk_status checked = sk_calendar_check(calendar, &w, &err);
            sk_status expanded =
                sk_calendar_expand(calendar, &w, 1, 1969632, SK_HORIZON_SLOTS, bits, &err);

            took = sk_monotonic_ns() - begin;
            /* What the check lets through never fails later. */
            if (checked == SK_OK && expanded != SK_OK)
                fail_msg("%s: %s", rules[i], err.message);
            if (took > slowest)
                slowest = took;
        }
    }
    print_message("slowest check and expansion: %.2f ms\n", (double)slowest / 1e6);
    assert_true(slowest < 2000 * INT64_C(1000000));
}

static void test_expand__refuses_odd_ranges(void **state)
{
    uint64_t bits[2] = {42, 42};

    (void)state;
    assert_int_equal(sk_calendar_expand(calendar, NULL, 0, 0, 65, bits, NULL), SK_EINVAL);
    assert_int_equal(sk_calendar_expand(calendar, NULL, 0, INT64_MAX, 64, bits, NULL), SK_EINVAL);
    assert_int_equal(sk_calendar_expand(calendar, NULL, 0, INT64_MIN, 64, bits, NULL), SK_EINVAL);
    assert_int_equal(bits[0], 42);
}

/* ---- Occurrences and conversion ---- */

static void test_occurrences__are_in_order_and_bounded(void **state)
{
    sk_window w = weekly(1 << 1, 840, 960);
    sk_appointment got[4];
    size_t count = 99;

    (void)state;
    assert_int_equal(sk_calendar_occurrences(calendar, &w, instant("2026-03-24T14:00:00Z"),
                                             instant("2026-04-07T12:00:00Z"), got, 4, &count, NULL),
                     SK_OK);
    assert_int_equal(count, 2);
    assert_int_equal(got[0].start_ms, instant("2026-03-24T13:00:00Z"));
    assert_int_equal(got[0].end_ms, instant("2026-03-24T15:00:00Z"));
    assert_int_equal(got[1].start_ms, instant("2026-03-31T12:00:00Z"));
    assert_int_equal(
        sk_calendar_occurrences(calendar, &w, INT64_MIN, INT64_MAX, got, 3, &count, NULL), SK_OK);
    assert_int_equal(count, 3);
    assert_true(got[0].start_ms < got[1].start_ms && got[1].start_ms < got[2].start_ms);
    assert_int_equal(sk_calendar_occurrences(calendar, &w, 0, 0, got, 3, &count, NULL), SK_OK);
    assert_int_equal(count, 0);
    /* Never yields, over all of time: an answer or a refusal, but soon. */
    w = window("2026-01-05T09:00", "2026-01-05T10:00", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30");
    sk_calendar_occurrences(calendar, &w, INT64_MIN, INT64_MAX, got, 3, &count, NULL);
}

static void test_to_utc__there_and_back(void **state)
{
    int64_t ms = 0, local = 0;
    sk_error err;

    (void)state;
    assert_int_equal(sk_local_parse(SK_STR("2026-10-25T02:30"), &local, NULL), SK_OK);
    assert_int_equal(sk_calendar_to_utc(calendar, SK_STR(""), local, &ms, NULL), SK_OK);
    assert_int_equal(ms, instant("2026-10-25T00:30:00Z"));
    assert_int_equal(sk_calendar_to_local(calendar, SK_STR("Europe/Amsterdam"),
                                          instant("2026-10-25T01:30:00Z"), &ms, NULL),
                     SK_OK);
    assert_int_equal(ms, local);
    assert_int_equal(sk_calendar_to_utc(calendar, SK_STR("no"), local, &ms, &err), SK_EINVAL);
    assert_int_equal(sk_calendar_to_utc(calendar, SK_STR(""), INT64_MAX, &ms, &err), SK_EINVAL);
    assert_int_equal(sk_calendar_to_local(calendar, SK_STR(""), INT64_MIN, &ms, &err), SK_EINVAL);
}

static void test_expand__is_quick(void **state)
{
    enum { ROUNDS = 2000, SLOTS_WANTED = 3648 };
    uint64_t bits[SLOTS_WANTED / 64];
    int64_t begin = sk_monotonic_ns();

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        sk_window w = weekly((uint8_t)(1 + i % 127), i % 1440, (i * 7) % 1440);

        assert_int_equal(sk_calendar_expand(calendar, &w, 1, 1969632, SLOTS_WANTED, bits, NULL),
                         SK_OK);
    }
    print_message("%.1f us a short window over %d slots\n",
                  (double)(sk_monotonic_ns() - begin) / ROUNDS / 1000, SLOTS_WANTED);
}

static void test_open__reports_lack_of_memory(void **state)
{
    sk_status st = SK_ENOMEM;

    (void)state;
    for (long fail = 0; st != SK_OK; fail++) {
        sk_window w = window("2026-01-05T09:00", "2026-01-05T10:00", "FREQ=DAILY");
        uint64_t bits[SK_HORIZON_WORDS];
        sk_calendar *c = NULL;

        assert_true(fail < 200);
        sk_alloc_fail_after(fail);
        st = sk_calendar_open(&c, NULL);
        if (st == SK_OK)
            st = sk_calendar_expand(c, &w, 1, 1969632, SK_HORIZON_SLOTS, bits, NULL);
        sk_alloc_fail_after(-1);
        assert_true(st == SK_OK || st == SK_ENOMEM);
        sk_calendar_close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expand__across_the_change_of_march),
        cmocka_unit_test(test_expand__across_the_change_of_october),
        cmocka_unit_test(test_expand__joins_and_cuts_windows),
        cmocka_unit_test(test_expand__zones_off_the_quarter),
        cmocka_unit_test(test_expand__rules_of_the_contract),
        cmocka_unit_test(test_check__names_the_field),
        cmocka_unit_test(test_expand__hostile_rules_end_soon),
        cmocka_unit_test(test_expand__refuses_odd_ranges),
        cmocka_unit_test(test_occurrences__are_in_order_and_bounded),
        cmocka_unit_test(test_to_utc__there_and_back),
        cmocka_unit_test(test_expand__is_quick),
        cmocka_unit_test(test_open__reports_lack_of_memory),
    };

    return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
