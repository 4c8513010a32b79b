/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/calendar.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static sk_calendar *calendar;
static sk_arena *arena;

static int open_calendar(void **state)
{
    (void)state;
    arena = sk_arena_new(0);
    return sk_calendar_open(&calendar, NULL) == SK_OK ? 0 : -1;
}

static int close_calendar(void **state)
{
    (void)state;
    sk_calendar_close(calendar);
    sk_arena_free(arena);
    return 0;
}

static sk_str calendar_of(const char *events)
{
    static char text[5000];
    size_t size = (size_t)snprintf(text, sizeof(text),
                                   "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%s"
                                   "END:VCALENDAR\r\n",
                                   events);

    return (sk_str){text, size};
}

#define EVENT(lines) "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"

static const sk_window *read_windows(const char *events, size_t expected)
{
    const sk_window *windows = NULL;
    size_t count = 0;
    sk_error err;

    if (sk_calendar_read_ics(calendar, calendar_of(events), arena, &windows, &count, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
    assert_int_equal(count, expected);
    return windows;
}

static void assert_refused(const char *events, const char *field)
{
    const sk_window *windows = NULL;
    size_t count = 42;
    sk_error err = {0};

    assert_int_equal(
        sk_calendar_read_ics(calendar, calendar_of(events), arena, &windows, &count, &err),
        SK_EINVAL);
    if (strcmp(err.field, field) != 0)
        fail_msg("\"%s\" in place of \"%s\": %s", err.field, field, err.message);
    assert_null(windows);
    assert_int_equal(count, 42);
}

static void assert_local(int64_t got, const char *expected)
{
    char text[32];

    assert_string_equal(sk_local_format(got, text).data, expected);
}

static void test_read__times_and_rule(void **state)
{
    const sk_window *w = read_windows(
        EVENT("UID:a\r\nDTSTART;TZID=Europe/Amsterdam:20260305T140000\r\n"
              "DTEND;TZID=Europe/Amsterdam:20260305T160000\r\n"
              "RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20260601T120000Z\r\n"
              "EXDATE;TZID=Europe/Amsterdam:20260312T140000,20260319T140000\r\n"
              "EXDATE:20260326T130000Z\r\n")
            EVENT("UID:b\r\nDTSTART:20260305T140000Z\r\nDURATION:PT1H30M\r\n")
                EVENT("UID:c\r\nDTSTART;VALUE=DATE:20260305\r\n")
                    EVENT("DTSTART;VALUE=DATE:20260305\r\nDTEND;VALUE=DATE:20260305\r\n")
                        EVENT("UID:d\r\nDTSTART:20260305T090000\r\nDTEND;TZID=America/"
                              "New_York:20260305T100000\r\n"),
        5);

    (void)state;
    assert_local(w[0].start_local_s, "2026-03-05T14:00");
    assert_local(w[0].end_local_s, "2026-03-05T16:00");
    assert_true(sk_str_eq(w[0].tzid, SK_STR("Europe/Amsterdam")));
    assert_non_null(strstr(w[0].rrule.data, "FREQ=WEEKLY"));
    assert_int_equal(w[0].exdate_count, 3);
    assert_local(w[0].exdates_local_s[0], "2026-03-12T14:00");
    assert_local(w[0].exdates_local_s[1], "2026-03-19T14:00");
    assert_local(w[0].exdates_local_s[2], "2026-03-26T14:00");
    assert_true(sk_str_eq(w[1].tzid, SK_STR("UTC")));
    assert_local(w[1].end_local_s, "2026-03-05T15:30");
    assert_local(w[2].start_local_s, "2026-03-05T00:00");
    assert_local(w[2].end_local_s, "2026-03-06T00:00");
    assert_local(w[3].end_local_s, "2026-03-06T00:00");
    assert_local(w[4].end_local_s, "2026-03-05T16:00");
}

static void test_read__changed_and_cancelled(void **state)
{
    const sk_window *w = read_windows(
        EVENT("UID:a\r\nDTSTART:20260305T140000\r\nDTEND:20260305T160000\r\nRRULE:FREQ=WEEKLY\r\n")
            EVENT("UID:a\r\nRECURRENCE-ID:20260312T140000\r\nDTSTART:20260313T100000\r\n"
                  "DTEND:20260313T110000\r\n")
                EVENT("UID:a\r\nRECURRENCE-ID:20260319T130000Z\r\nDTSTART:20260319T140000\r\n"
                      "DTEND:20260319T150000\r\nSTATUS:CANCELLED\r\n")
                    EVENT("UID:b\r\nRECURRENCE-ID:20260326T140000\r\nDTSTART:20260327T100000\r\n"
                          "DTEND:20260327T110000\r\n"),
        3);

    (void)state;
    assert_int_equal(w[0].exdate_count, 2);
    assert_local(w[0].exdates_local_s[0], "2026-03-12T14:00");
    assert_local(w[0].exdates_local_s[1], "2026-03-19T14:00");
    assert_local(w[1].start_local_s, "2026-03-13T10:00");
    assert_local(w[2].start_local_s, "2026-03-27T10:00");
}

static void test_read__several_rules_and_dates(void **state)
{
    const sk_window *w = read_windows(
        EVENT("DTSTART:20260305T140000\r\nDTEND:20260305T160000\r\n"
              "RRULE:FREQ=WEEKLY;BYDAY=MO\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=1\r\n"
              "RDATE:20260307T100000,20260308T100000\r\n"
              "RDATE;VALUE=PERIOD:20260309T100000/PT30M\r\nEXDATE:20260308T100000\r\n"),
        5);

    (void)state;
    assert_non_null(strstr(w[0].rrule.data, "WEEKLY"));
    assert_non_null(strstr(w[1].rrule.data, "MONTHLY"));
    assert_local(w[2].start_local_s, "2026-03-07T10:00");
    assert_local(w[2].end_local_s, "2026-03-07T12:00");
    assert_int_equal(w[2].rrule.size, 0);
    assert_int_equal(w[3].exdate_count, 1);
    assert_local(w[4].end_local_s, "2026-03-09T10:30");
    /* Dates without a rule: the start counts as well. */
    w = read_windows(EVENT("DTSTART:20260305T140000\r\nDTEND:20260305T160000\r\n"
                           "RDATE:20260307T100000\r\n"),
                     2);
    assert_local(w[0].start_local_s, "2026-03-05T14:00");
}

static void test_read__zones_by_other_names(void **state)
{
    const sk_window *w = read_windows(
        "BEGIN:VTIMEZONE\r\nTZID:Thuis\r\nX-LIC-LOCATION:Europe/Brussels\r\n"
        "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n" EVENT(
            "DTSTART;TZID=Thuis:20260305T140000\r\nDURATION:PT1H\r\n")
            EVENT("DTSTART;TZID=\"W. Europe Standard Time\":20260305T140000\r\nDURATION:PT1H\r\n")
                EVENT("DTSTART;TZID=/example.org/2026a/Europe/"
                      "Paris:20260305T140000\r\nDURATION:PT1H\r\n"),
        3);

    (void)state;
    assert_true(sk_str_eq(w[0].tzid, SK_STR("Europe/Brussels")));
    assert_true(sk_str_eq(w[1].tzid, SK_STR("Europe/Amsterdam")));
    assert_true(sk_str_eq(w[2].tzid, SK_STR("Europe/Paris")));
}

static void test_read__refuses_what_a_window_cannot_say(void **state)
{
    sk_error err;
    const sk_window *windows = NULL;
    size_t count = 0;

    (void)state;
    assert_refused("", "");
    assert_refused(EVENT("DTEND:20260305T160000\r\n"), "VEVENT[0].DTSTART");
    assert_refused(EVENT("DTSTART:20260305T140000\r\n"), "VEVENT[0].DTEND");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDTEND:20260305T140000\r\n"),
                   "VEVENT[0].DTEND");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDTEND:20260306T140001\r\n"),
                   "VEVENT[0].DTEND");
    assert_refused(EVENT("DTSTART;VALUE=DATE:20260305\r\nDTEND;VALUE=DATE:20260307\r\n"),
                   "VEVENT[0].DTEND");
    assert_refused(EVENT("DTSTART;VALUE=DATE:20260305\r\nDTEND:20260305T120000\r\n"),
                   "VEVENT[0].DTEND");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDURATION:-PT1H\r\n"), "VEVENT[0].DURATION");
    assert_refused(EVENT("DTSTART:20260231T140000\r\nDURATION:PT1H\r\n"), "VEVENT[0].DTSTART");
    assert_refused(EVENT("DTSTART;TZID=Mars/Base:20260305T140000\r\nDURATION:PT1H\r\n"),
                   "VEVENT[0].DTSTART");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDURATION:PT1H\r\n")
                       EVENT("DTSTART:20260305T140000\r\nDURATION:PT1H\r\nRRULE:FREQ=NEVER\r\n"),
                   "VEVENT[1].RRULE");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDURATION:PT1H\r\n"
                         "RRULE:FREQ=WEEKLY;BYMONTHDAY=3\r\n"),
                   "VEVENT[0].rrule");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDURATION:PT1H\r\n"
                         "EXRULE:FREQ=WEEKLY\r\n"),
                   "VEVENT[0].EXRULE");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"
                         "EXDATE;VALUE=DATE:20260306\r\n"),
                   "VEVENT[0].EXDATE");
    assert_refused(EVENT("UID:a\r\nDTSTART:20260305T140000\r\nDURATION:PT1H\r\n"
                         "RECURRENCE-ID;RANGE=THISANDFUTURE:20260305T140000\r\n"),
                   "VEVENT[0].RECURRENCE-ID");
    assert_refused(EVENT("DTSTART:20260305T140000\r\nDURATION:PT1H\r\nSTATUS:CANCELLED\r\n"), "");
    assert_int_equal(
        sk_calendar_read_ics(calendar, SK_STR("no calendar"), arena, &windows, &count, &err),
        SK_EINVAL);
    assert_int_equal(sk_calendar_read_ics(calendar, SK_STR(""), arena, &windows, &count, &err),
                     SK_EINVAL);
    assert_int_equal(
        sk_calendar_read_ics(calendar, SK_STR("BEGIN:VCALENDAR\0"), arena, &windows, &count, &err),
        SK_EINVAL);
}

/* ---- Samples ---- */

static bool read_sample(const char *path)
{
    uint64_t bits[SK_HORIZON_WORDS];
    const sk_window *windows = NULL;
    sk_buf text = {0};
    size_t count = 0;
    sk_error err = {0};
    sk_status st = SK_OK;

    assert_int_equal(sk_file_read(path, 1 << 20, &text, NULL), SK_OK);
    st = sk_calendar_read_ics(calendar, sk_buf_view(&text), arena, &windows, &count, &err);
    sk_buf_done(&text);
    if (st != SK_OK) {
        assert_true(err.message[0] != '\0');
        if (getenv("SCHAKEL_VERBOSE"))
            print_message("%s: %s %s\n", strrchr(path, '/') + 1, err.field, err.message);
        return false;
    }
    assert_true(count > 0);
    assert_int_equal(
        sk_calendar_expand(calendar, windows, count, 1969632, SK_HORIZON_SLOTS, bits, &err), SK_OK);
    return true;
}

static void test_read__samples_are_read_or_refused(void **state)
{
    const char *data = getenv("SCHAKEL_DATA");
    char path[1024];
    int seen = 0, good = 0;
    struct dirent *entry = NULL;
    DIR *folder = NULL;

    (void)state;
    if (!data) {
        print_message("skipped: SCHAKEL_DATA is not set\n");
        return;
    }
    snprintf(path, sizeof(path), "%s/time/ics_samples", data);
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/time/ics_samples/%s", data, entry->d_name);
        good += read_sample(path);
        seen++;
        sk_arena_reset(arena);
    }
    closedir(folder);
    print_message("%d samples, %d read, %d refused\n", seen, good, seen - good);
    assert_true(seen > 100 && good > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read__times_and_rule),
        cmocka_unit_test(test_read__changed_and_cancelled),
        cmocka_unit_test(test_read__several_rules_and_dates),
        cmocka_unit_test(test_read__zones_by_other_names),
        cmocka_unit_test(test_read__refuses_what_a_window_cannot_say),
        cmocka_unit_test(test_read__samples_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
