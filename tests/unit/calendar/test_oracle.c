/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* The contract read plainly: every minute of some weeks has its local time by the C library, every
 * day is asked whether a window starts on it, and a slot is free when its 15 minutes are. */

#define MARGIN_MIN (4 * 1440)
#define MINUTES (SK_HORIZON_SLOTS * 15 + 2 * MARGIN_MIN)
#define DAY_S 86400

static int64_t first_minute;      /* since 1970, of the table */
static int64_t local_of[MINUTES]; /* local seconds */
static bool filled[MINUTES];

static void make_table(const char *tzid, int64_t first_slot)
{
    setenv("TZ", tzid, 1);
    tzset();
    first_minute = first_slot * 15 - MARGIN_MIN;
    for (int64_t i = 0; i < MINUTES; i++) {
        time_t at = (time_t)((first_minute + i) * 60);
        struct tm tm;

        localtime_r(&at, &tm);
        local_of[i] = (int64_t)at + tm.tm_gmtoff;
    }
    setenv("TZ", "UTC", 1);
    tzset();
}

/* The minute of the table at which it is `local_s`; the first if there are two, and with the offset
 * before the gap if there is none. Before the table: 0, behind it: MINUTES. */
static int64_t minute_of(int64_t local_s)
{
    int64_t before = -1;

    /* Offsets change by hours, so the time lies within two days of a plain subtraction. */
    int64_t guess = (local_s - local_of[0]) / 60, from = guess - 2880, until = guess + 2880;

    if (from < 0)
        from = 0;
    if (until > MINUTES)
        until = MINUTES;
    for (int64_t i = from; i < until; i++) {
        if (local_of[i] == local_s)
            return i;
        if (local_of[i] > local_s)
            break;
        before = i;
    }
    if (before < 0 || before == MINUTES - 1)
        return guess < 0 ? 0 : MINUTES;
    return before + (local_s - local_of[before]) / 60;
}

static void fill(int64_t start_s, int64_t length_s)
{
    int64_t from = minute_of(start_s), until = minute_of(start_s + length_s);

    for (int64_t i = from; i < until; i++)
        filled[i] = true;
}

/* ---- Rules as questions ---- */

typedef struct plain_rule {
    enum { ONCE, EACH_DAY, EACH_WEEK, EACH_MONTH } form;
    int interval;
    uint8_t days; /* EACH_WEEK, and a filter of EACH_DAY */
    int month_day;
    int count;
    int64_t until_s; /* local; INT64_MAX: none */
    char text[200];
} plain_rule;

static int random_below(int limit)
{
    return (int)(random() % limit);
}

static void random_rule(plain_rule *r, int64_t start_s)
{
    static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    static const char *const freqs[] = {"", "DAILY", "WEEKLY", "MONTHLY"};
    int used = 0;

    *r = (plain_rule){
        .form = random_below(4), .interval = 1 + random_below(3), .until_s = INT64_MAX};
    if (r->form == ONCE)
        return;
    used = snprintf(r->text, sizeof(r->text), "FREQ=%s;INTERVAL=%d", freqs[r->form], r->interval);
    if (r->form == EACH_WEEK || (r->form == EACH_DAY && random_below(2))) {
        r->days = (uint8_t)(1 + random_below(127));
        for (int i = 0, first = 1; i < 7; i++) {
            if (r->days >> i & 1) {
                used += snprintf(r->text + used, sizeof(r->text) - (size_t)used, "%s%s",
                                 first ? ";BYDAY=" : ",", names[i]);
                first = 0;
            }
        }
    }
    if (r->form == EACH_MONTH) {
        r->month_day = 1 + random_below(31);
        used += snprintf(r->text + used, sizeof(r->text) - (size_t)used, ";BYMONTHDAY=%d",
                         r->month_day);
    }
    if (random_below(4) == 0) {
        r->count = 1 + random_below(40);
        snprintf(r->text + used, sizeof(r->text) - (size_t)used, ";COUNT=%d", r->count);
    } else if (random_below(3) == 0) {
        sk_civil c;

        r->until_s = start_s + (int64_t)random_below(80 * 24) * 3600;
        if (random_below(2)) {
            r->until_s -= r->until_s % DAY_S;
            c = sk_civil_from_local(r->until_s);
            snprintf(r->text + used, sizeof(r->text) - (size_t)used, ";UNTIL=%04d%02d%02d", c.year,
                     c.month, c.day);
        } else {
            c = sk_civil_from_local(r->until_s);
            snprintf(r->text + used, sizeof(r->text) - (size_t)used,
                     ";UNTIL=%04d%02d%02dT%02d%02d%02d", c.year, c.month, c.day, c.hour, c.minute,
                     c.second);
        }
    }
}

static bool starts_on(const plain_rule *r, int64_t first_day, int64_t day)
{
    int weekday = sk_weekday_of_days(day);
    sk_civil first = sk_civil_from_local(first_day * DAY_S), now = sk_civil_from_local(day * DAY_S);

    switch (r->form) {
    case ONCE:
        return day == first_day;
    case EACH_DAY:
        return (day - first_day) % r->interval == 0 && (r->days == 0 || (r->days >> weekday & 1));
    case EACH_WEEK: {
        int64_t week = day - weekday, first_week = first_day - sk_weekday_of_days(first_day);

        return (week - first_week) / 7 % r->interval == 0 && (r->days >> weekday & 1);
    }
    default:
        return (now.year * 12 + now.month - first.year * 12 - first.month) % r->interval == 0 &&
               now.day == r->month_day;
    }
}

static void fill_long(const sk_window *w, const plain_rule *r)
{
    int64_t first_day = sk_floor_div(w->start_local_s, DAY_S), end = local_of[MINUTES - 1];
    int left = r->count ? r->count : 1000000;

    for (int64_t day = first_day; day * DAY_S < end && left > 0; day++) {
        int64_t start = w->start_local_s + (day - first_day) * DAY_S;
        bool excluded = false;

        if (!starts_on(r, first_day, day) || start > r->until_s)
            continue;
        left--;
        for (size_t i = 0; i < w->exdate_count; i++)
            excluded = excluded || w->exdates_local_s[i] == start;
        if (!excluded)
            fill(start, w->end_local_s - w->start_local_s);
    }
}

static void fill_short(const sk_window *w)
{
    int length_min = w->to_min - w->from_min + (w->to_min <= w->from_min ? 1440 : 0);

    for (int64_t day = sk_floor_div(local_of[0], DAY_S); day * DAY_S < local_of[MINUTES - 1];
         day++) {
        if (w->days >> sk_weekday_of_days(day) & 1)
            fill(day * DAY_S + w->from_min * 60, length_min * 60);
    }
}

/* ---- Random windows ---- */

static int random_minute(void)
{
    /* Often on a quarter, often near the changes of the clock. */
    int minute = random_below(3) == 0 ? 60 + random_below(180) : random_below(1440);

    return random_below(3) ? minute / 15 * 15 : minute;
}

static void random_window(sk_window *w, plain_rule *r, int64_t *exdates, int64_t middle_s,
                          const char *tzid)
{
    *w = (sk_window){.tzid = sk_str_from(tzid)};
    if (random_below(3) == 0) {
        w->short_form = true;
        w->days = (uint8_t)(1 + random_below(127));
        w->from_min = (uint16_t)random_minute();
        w->to_min = (uint16_t)random_minute();
        return;
    }
    w->start_local_s = (middle_s / DAY_S + random_below(60) - 50) * DAY_S + random_minute() * 60;
    w->end_local_s = w->start_local_s + (1 + random_minute()) * 60;
    random_rule(r, w->start_local_s);
    w->rrule = sk_str_from(r->text);
    w->exdate_count = (size_t)random_below(4);
    w->exdates_local_s = exdates;
    for (size_t i = 0; i < w->exdate_count; i++)
        exdates[i] = w->start_local_s + (int64_t)random_below(30) * DAY_S;
}

static void compare(sk_calendar *calendar, const sk_window *windows, size_t count,
                    const plain_rule *rules, int64_t first_slot)
{
    static uint64_t bits[SK_HORIZON_WORDS];
    sk_error err;

    for (size_t i = 0; i < count; i++) {
        if (sk_calendar_check(calendar, &windows[i], &err) != SK_OK)
            fail_msg("%s: %s", rules[i].text, err.message);
    }
    if (sk_calendar_expand(calendar, windows, count, first_slot, SK_HORIZON_SLOTS, bits, &err) !=
        SK_OK)
        fail_msg("%s: %s", rules[0].text, err.message);
    for (int64_t slot = 0; slot < SK_HORIZON_SLOTS; slot++) {
        bool whole = true;

        for (int64_t i = 0; i < 15; i++)
            whole = whole && filled[MARGIN_MIN + slot * 15 + i];
        if (whole != (bits[slot / 64] >> (slot % 64) & 1)) {
            char text[32];

            fail_msg("slot %s should be %d; first rule \"%s\"",
                     sk_time_format((first_slot + slot) * SK_SLOT_MS, text).data, whole,
                     rules[0].text);
        }
    }
}

static void test_expand__agrees_minute_by_minute(void **state)
{
    static const char *const zones[] = {"Europe/Amsterdam",    "Europe/Amsterdam",
                                        "America/New_York",    "Asia/Kathmandu",
                                        "Australia/Lord_Howe", "Pacific/Apia"};
    sk_calendar *calendar = NULL;
    int windows_seen = 0;

    (void)state;
    srandom(2026);
    assert_int_equal(sk_calendar_open(&calendar, NULL), SK_OK);
    for (int table = 0; table < 120; table++) {
        const char *tzid = zones[table % 6];
        /* Two or three weeks before a change of Amsterdam's clock, or anywhere. */
        int64_t change = table % 3 == 0 ? 1774746000 : table % 3 == 1 ? 1792890000 : 1767225600;
        int64_t begin = change - (int64_t)random_below(27 * 96) * 900 +
                        (table % 3 == 2 ? (int64_t)random_below(1000) * DAY_S : 0);
        int64_t first_slot = begin / 900;

        make_table(tzid, first_slot);
        for (int round = 0; round < 30; round++) {
            sk_window windows[3];
            plain_rule rules[3] = {0};
            int64_t exdates[3][4];
            size_t count = 1 + (size_t)random_below(3);

            memset(filled, 0, sizeof(filled));
            for (size_t i = 0; i < count; i++) {
                random_window(&windows[i], &rules[i], exdates[i], begin, tzid);
                if (windows[i].short_form)
                    fill_short(&windows[i]);
                else
                    fill_long(&windows[i], &rules[i]);
            }
            compare(calendar, windows, count, rules, first_slot);
            windows_seen += (int)count;
        }
    }
    sk_calendar_close(calendar);
    print_message("%d windows\n", windows_seen);
    assert_true(windows_seen >= 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expand__agrees_minute_by_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
