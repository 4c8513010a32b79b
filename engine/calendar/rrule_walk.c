/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/rrule.h"

#include <stdlib.h>

/* Problem: the starts of a rule near now, for rules that anybody may send: starts in the year 1,
 * every second, or the thirtieth of February. libical's iterator walks from the start and looks for
 * the next match for as long as it takes; here every step is counted and most are jumped over.
 *
 * A rule repeats a period: a year, a month, a week, a day, or less than a day. Without COUNT a
 * period's number follows from its date, so the walk begins at the period of `from`.
 *
 * - YEARLY to DAILY: the period's days that pass the filters, times the times of day that the rule
 *   names. The times are the same on each day: hours x minutes x seconds, addressed by number and
 *   never written out. BYSETPOS picks by number from days x times.
 * - HOURLY and shorter: day by day; within a day the units (hours, minutes, seconds) that the
 * rule's interval hits and its sets allow. What lies within a unit is the same list for each, and
 *   BYSETPOS thins that list once.
 *
 * The order is ascending throughout, so the walk ends at `until`, into which a local UNTIL goes. */

#define DAY_S 86400
#define LAST_YEAR 9999
#define MAX_DAYS 366
#define MAX_INNER 3600
#define MAX_PICKS (2 * 64 * SK_RRULE_WORDS)

typedef struct walk {
    sk_rrule rule; /* with what the start fills in */
    int64_t start_s, start_day;
    sk_civil start;
    int64_t from_s, until_s, last_day;
    uint8_t hours[24], minutes[60], seconds[60];
    int hour_count, minute_count, second_count;
    int64_t count_left; /* -1: no COUNT */
    int64_t *steps;
    sk_rrule_visit visit;
    void *context;
    bool done, spent;
} walk;

/* A date with what filters ask about it. */
typedef struct date {
    int64_t day;
    int year, month, month_day, month_size;
    int year_day, year_size; /* year_day from 1 */
} date;

/* ---- Emitting ---- */

static bool step(walk *w)
{
    if (--*w->steps >= 0)
        return true;
    w->spent = w->done = true;
    return false;
}

static void emit(walk *w, int64_t local_s)
{
    if (local_s < w->start_s || !step(w))
        return;
    if (local_s >= w->until_s) {
        w->done = true;
        return;
    }
    if (local_s >= w->from_s && !w->visit(w->context, local_s))
        w->done = true;
    if (w->count_left > 0 && --w->count_left == 0)
        w->done = true;
}

static int64_t times_per_day(const walk *w)
{
    return (int64_t)w->hour_count * w->minute_count * w->second_count;
}

static int64_t time_at(const walk *w, int64_t number)
{
    int64_t minute = number / w->second_count;

    return w->hours[minute / w->minute_count] * 3600 + w->minutes[minute % w->minute_count] * 60 +
           w->seconds[number % w->second_count];
}

static int number_order(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The numbers from 0 that BYSETPOS picks out of `total`, ascending, each once. */
static size_t pick(const sk_signed_set *positions, int64_t total, int64_t out[MAX_PICKS])
{
    size_t count = 0, kept = 0;

    for (int64_t i = 1; i < 64 * SK_RRULE_WORDS; i++) {
        if (i <= total && sk_signed_has(positions->plus, i))
            out[count++] = i - 1;
        if (i <= total && sk_signed_has(positions->minus, i))
            out[count++] = total - i;
    }
    if (count > 1)
        qsort(out, count, sizeof(*out), number_order);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || out[kept - 1] != out[i])
            out[kept++] = out[i];
    }
    return kept;
}

static void emit_day(walk *w, int64_t day)
{
    int64_t times = times_per_day(w);

    if (day < w->start_day)
        return;
    /* A whole day between the start and what is asked for only counts. */
    if (day > w->start_day && (day + 1) * DAY_S <= w->from_s) {
        if (w->count_left >= 0)
            w->count_left = w->count_left > times ? w->count_left - times : 0;
        w->done = w->done || w->count_left == 0;
        return;
    }
    for (int64_t i = 0; i < times && !w->done; i++)
        emit(w, day * DAY_S + time_at(w, i));
}

static void emit_period(walk *w, const int64_t *days, size_t count)
{
    int64_t picks[MAX_PICKS], times = times_per_day(w);
    size_t picked = 0;

    if (!w->rule.positions.any) {
        for (size_t i = 0; i < count && !w->done; i++)
            emit_day(w, days[i]);
        return;
    }
    SK_ASSERT(times > 0);
    picked = pick(&w->rule.positions, (int64_t)count * times, picks);
    for (size_t i = 0; i < picked && !w->done; i++)
        emit(w, days[picks[i] / times] * DAY_S + time_at(w, picks[i] % times));
}

/* ---- Filters ---- */

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static date date_of(int64_t day)
{
    static const short before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    sk_civil civil = sk_civil_from_local(day * DAY_S);
    bool leap = is_leap(civil.year);
    bool past_leap_day = leap && civil.month > 2;
    int size = before[civil.month] - before[civil.month - 1] + (leap && civil.month == 2);

    return (date){.day = day,
                  .year = civil.year,
                  .month = civil.month,
                  .month_day = civil.day,
                  .month_size = size,
                  .year_day = before[civil.month - 1] + past_leap_day + civil.day,
                  .year_size = leap ? 366 : 365};
}

/* The day on which week 1 of `year` starts: the week that has at least four days in it. */
static int64_t first_week(int year, int week_start)
{
    int64_t new_year = sk_civil_days(year, 1, 1);
    int into_week = (sk_weekday_of_days(new_year) - week_start + 7) % 7;

    return into_week <= 3 ? new_year - into_week : new_year - into_week + 7;
}

static bool week_matches(const sk_rrule *rule, const date *d)
{
    int64_t begin = first_week(d->year, rule->week_start);
    int64_t end = first_week(d->year + 1, rule->week_start);
    int64_t number = 0, weeks = 0;

    if (d->day < begin) {
        end = begin;
        begin = first_week(d->year - 1, rule->week_start);
    } else if (d->day >= end) {
        begin = end;
        end = first_week(d->year + 2, rule->week_start);
    }
    number = (d->day - begin) / 7 + 1;
    weeks = (end - begin) / 7;
    return sk_signed_has(rule->week_numbers.plus, number) ||
           sk_signed_has(rule->week_numbers.minus, weeks - number + 1);
}

static bool weekday_matches(const sk_rrule *rule, const date *d)
{
    int weekday = sk_weekday_of_days(d->day);
    /* 2MO counts within the month, or within the year when a YEARLY rule names no month. */
    bool in_year = rule->freq == SK_YEARLY && rule->months == 0;
    int index = in_year ? d->year_day - 1 : d->month_day - 1;
    int size = in_year ? d->year_size : d->month_size;

    if (rule->weekdays >> weekday & 1)
        return true;
    return (rule->nth[weekday] >> (index / 7 + 1) & 1) ||
           (rule->nth_last[weekday] >> ((size - 1 - index) / 7 + 1) & 1);
}

static bool date_matches(const sk_rrule *rule, const date *d)
{
    if (rule->months && !(rule->months >> d->month & 1))
        return false;
    if (rule->month_days.any && !sk_signed_has(rule->month_days.plus, d->month_day) &&
        !sk_signed_has(rule->month_days.minus, d->month_size - d->month_day + 1))
        return false;
    if (rule->year_days.any && !sk_signed_has(rule->year_days.plus, d->year_day) &&
        !sk_signed_has(rule->year_days.minus, d->year_size - d->year_day + 1))
        return false;
    if ((rule->weekdays || rule->any_nth) && !weekday_matches(rule, d))
        return false;
    return !rule->week_numbers.any || week_matches(rule, d);
}

/* Append the days of a month that pass. */
static size_t month_days(walk *w, int year, int month, int64_t *days, size_t count)
{
    date d = date_of(sk_civil_days(year, month, 1));

    for (; d.month_day <= d.month_size && step(w); d.month_day++, d.day++, d.year_day++) {
        if (date_matches(&w->rule, &d))
            days[count++] = d.day;
    }
    return count;
}

/* ---- Periods of a day and longer ---- */

/* The number of the first period to look at: that of `at` counted in units since the start's, up to
 * a whole interval; the start's own when every one must be counted. */
static int64_t first_period(const walk *w, int64_t units)
{
    if (w->count_left >= 0 || units <= 0)
        return 0;
    return units / w->rule.interval * w->rule.interval;
}

static void walk_years(walk *w)
{
    int64_t days[MAX_DAYS];
    int from_year = sk_civil_from_local(w->from_s).year;

    for (int64_t year = w->start.year + first_period(w, from_year - w->start.year);
         year <= LAST_YEAR && !w->done; year += w->rule.interval) {
        size_t count = 0;

        if (sk_civil_days((int)year, 1, 1) > w->last_day)
            return;
        for (int month = 1; month <= 12 && step(w); month++) {
            if (w->rule.months == 0 || (w->rule.months >> month & 1))
                count = month_days(w, (int)year, month, days, count);
        }
        emit_period(w, days, count);
    }
}

static void walk_months(walk *w)
{
    int64_t days[MAX_DAYS];
    sk_civil from = sk_civil_from_local(w->from_s);
    int64_t first = (int64_t)w->start.year * 12 + w->start.month - 1;
    int64_t units = (int64_t)from.year * 12 + from.month - 1 - first;

    for (int64_t at = first + first_period(w, units); !w->done; at += w->rule.interval) {
        int year = (int)(at / 12), month = (int)(at % 12) + 1;

        if (at / 12 > LAST_YEAR || sk_civil_days(year, month, 1) > w->last_day || !step(w))
            return;
        if (w->rule.months == 0 || (w->rule.months >> month & 1))
            emit_period(w, days, month_days(w, year, month, days, 0));
    }
}

static void walk_weeks(walk *w)
{
    int into_week = (sk_weekday_of_days(w->start_day) - w->rule.week_start + 7) % 7;
    int64_t first = w->start_day - into_week;
    int64_t units = sk_floor_div(sk_floor_div(w->from_s, DAY_S) - first, 7);

    for (int64_t at = first + 7 * first_period(w, units); at <= w->last_day && !w->done;
         at += 7 * w->rule.interval) {
        int64_t days[7];
        size_t count = 0;

        for (int64_t day = at; day < at + 7 && step(w); day++) {
            if (!(w->rule.weekdays >> sk_weekday_of_days(day) & 1))
                continue;
            if (w->rule.months == 0 || (w->rule.months >> date_of(day).month & 1))
                days[count++] = day;
        }
        emit_period(w, days, count);
    }
}

/* The first day of the next month when BYMONTH leaves out this one, else the next day. */
static int64_t next_day(const walk *w, const date *d)
{
    if (w->rule.months && !(w->rule.months >> d->month & 1))
        return d->day + d->month_size - d->month_day + 1;
    return d->day + 1;
}

static void walk_days(walk *w)
{
    int64_t interval = w->rule.interval;
    int64_t units = sk_floor_div(w->from_s, DAY_S) - w->start_day;
    int64_t day = w->start_day + first_period(w, units);

    while (day <= w->last_day && !w->done && step(w)) {
        date d = date_of(day);
        int64_t ahead = next_day(w, &d) - day;

        if (date_matches(&w->rule, &d))
            emit_period(w, &day, 1);
        day += (ahead + interval - 1) / interval * interval;
    }
}

/* ---- Periods shorter than a day ---- */

typedef struct units {
    int64_t size;              /* seconds */
    int64_t first;             /* the start's unit, counted from 1970 */
    uint16_t inner[MAX_INNER]; /* seconds into the unit at which something starts */
    size_t inner_count;
} units;

static int next_bit(uint64_t set, int from)
{
    uint64_t rest = from < 64 ? set >> from : 0;

    return rest ? from + __builtin_ctzll(rest) : 64;
}

/* The first second of the day from `second` on, in steps of units, whose unit the sets allow;
 * DAY_S when there is none. */
static int64_t next_allowed(const walk *w, const units *u, int64_t second)
{
    int hour = (int)(second / 3600), minute = (int)(second / 60 % 60), sec = (int)(second % 60);
    int found = 0;

    for (;;) {
        if (u->size == 1) {
            found = next_bit(w->rule.seconds, sec);
            if (found == 64) {
                sec = 0;
                minute++;
            } else {
                sec = found;
            }
        }
        if (u->size <= 60) {
            found = next_bit(w->rule.minutes, minute);
            if (found != minute)
                sec = 0;
            if (found == 64) {
                minute = 0;
                hour++;
            } else {
                minute = found;
            }
        }
        found = next_bit(w->rule.hours, hour);
        if (found == 64)
            return DAY_S;
        if (found != hour)
            minute = sec = 0;
        if (found == hour && (u->size > 60 || (w->rule.minutes >> minute & 1)) &&
            (u->size > 1 || (w->rule.seconds >> sec & 1)))
            return hour * 3600 + minute * 60 + sec;
        hour = found;
    }
}

static void make_inner(const walk *w, units *u)
{
    int minutes = u->size == 3600 ? w->minute_count : 1;
    int seconds = u->size >= 60 ? w->second_count : 1;
    int64_t picks[MAX_PICKS];
    size_t picked = 0;

    u->inner_count = 0;
    for (int m = 0; m < minutes; m++) {
        for (int s = 0; s < seconds; s++)
            u->inner[u->inner_count++] = (uint16_t)((u->size == 3600 ? w->minutes[m] * 60 : 0) +
                                                    (u->size >= 60 ? w->seconds[s] : 0));
    }
    if (!w->rule.positions.any)
        return;
    picked = pick(&w->rule.positions, (int64_t)u->inner_count, picks);
    /* Picks ascend, so none is overwritten before it is read. */
    for (size_t i = 0; i < picked; i++)
        u->inner[i] = u->inner[picks[i]];
    u->inner_count = picked;
}

/* From the second of a day that is given to the next that the interval hits. */
static int64_t next_hit(const walk *w, const units *u, int64_t local_s)
{
    int64_t since = local_s / u->size - u->first;
    int64_t behind =
        since <= 0 ? -since : (w->rule.interval - since % w->rule.interval) % w->rule.interval;

    return local_s + behind * u->size;
}

static void walk_units_of_day(walk *w, const units *u, int64_t day)
{
    int64_t begin = day * DAY_S, second = 0;

    while (second < DAY_S && !w->done && step(w)) {
        int64_t allowed = next_allowed(w, u, second), hit = 0;

        if (allowed >= DAY_S)
            return;
        hit = next_hit(w, u, begin + allowed) - begin;
        second = hit;
        if (hit != allowed)
            continue;
        for (size_t i = 0; i < u->inner_count && !w->done; i++)
            emit(w, begin + hit + u->inner[i]);
        second = hit + u->size;
    }
}

static void walk_units(walk *w)
{
    units u = {.size = w->rule.freq == SK_HOURLY ? 3600 : w->rule.freq == SK_MINUTELY ? 60 : 1};
    int64_t day = w->start_day;

    u.first = sk_floor_div(w->start_s, u.size);
    make_inner(w, &u);
    if (w->count_left < 0 && sk_floor_div(w->from_s, DAY_S) > day)
        day = sk_floor_div(w->from_s, DAY_S);
    while (day <= w->last_day && !w->done && step(w)) {
        date d = date_of(day);

        if (date_matches(&w->rule, &d))
            walk_units_of_day(w, &u, day);
        day = sk_floor_div(next_hit(w, &u, next_day(w, &d) * DAY_S), DAY_S);
    }
}

/* ---- The walk ---- */

static void signed_add(sk_signed_set *set, int number)
{
    set->plus[number / 64] |= UINT64_C(1) << (number % 64);
    set->any = true;
}

/* RFC 5545, 3.3.10: "Information, not contained in the rule, necessary to determine the various
 * recurrence instance start time and dates are derived from the Start Time". BYWEEKNO alone needs
 * none: it means the whole week, as in dateutil, whose cases are the test. */
static void fill_in_days(walk *w)
{
    sk_rrule *r = &w->rule;
    bool names_day =
        r->weekdays || r->any_nth || r->month_days.any || r->year_days.any || r->week_numbers.any;

    if (names_day)
        return;
    if (r->freq == SK_YEARLY && r->months == 0)
        r->months = (uint16_t)(1u << w->start.month);
    if (r->freq == SK_YEARLY || r->freq == SK_MONTHLY)
        signed_add(&r->month_days, w->start.day);
    else if (r->freq == SK_WEEKLY)
        r->weekdays = (uint8_t)(1u << sk_weekday_of_days(w->start_day));
}

static int list_bits(uint64_t set, uint8_t *out)
{
    int count = 0;

    for (int i = next_bit(set, 0); i < 64; i = next_bit(set, i + 1))
        out[count++] = (uint8_t)i;
    return count;
}

static void fill_in_times(walk *w)
{
    sk_rrule *r = &w->rule;

    if (r->hours == 0)
        r->hours = r->freq < SK_DAILY ? (1u << 24) - 1 : 1u << w->start.hour;
    if (r->minutes == 0)
        r->minutes = r->freq < SK_HOURLY ? (UINT64_C(1) << 60) - 1 : UINT64_C(1) << w->start.minute;
    if (r->seconds == 0)
        r->seconds =
            r->freq < SK_MINUTELY ? (UINT64_C(1) << 60) - 1 : UINT64_C(1) << w->start.second;
    w->hour_count = list_bits(r->hours, w->hours);
    w->minute_count = list_bits(r->minutes, w->minutes);
    w->second_count = list_bits(r->seconds, w->seconds);
}

static void walk_all(walk *w)
{
    switch (w->rule.freq) {
    case SK_YEARLY:
        walk_years(w);
        return;
    case SK_MONTHLY:
        walk_months(w);
        return;
    case SK_WEEKLY:
        walk_weeks(w);
        return;
    case SK_DAILY:
        walk_days(w);
        return;
    default:
        walk_units(w);
        return;
    }
}

sk_status sk_rrule_walk(const sk_rrule *rule, int64_t start_s, int64_t from_s, int64_t until_s,
                        int64_t *steps, sk_rrule_visit visit, void *context, sk_error *err)
{
    static const int64_t end_s = SK_TIME_MAX_MS / 1000 + 1;
    walk w = {.rule = *rule,
              .start_s = start_s,
              .start_day = sk_floor_div(start_s, DAY_S),
              .start = sk_civil_from_local(start_s),
              .from_s = from_s > start_s ? from_s : start_s,
              .until_s = until_s < end_s ? until_s : end_s,
              .count_left = rule->count > 0 ? rule->count : -1,
              .steps = steps,
              .visit = visit,
              .context = context};

    if (w.rule.until == SK_UNTIL_LOCAL && w.rule.until_s < w.until_s)
        w.until_s = w.rule.until_s + 1;
    if (w.from_s >= w.until_s)
        return SK_OK;
    w.last_day = sk_floor_div(w.until_s - 1, DAY_S);
    fill_in_times(&w);
    fill_in_days(&w);
    walk_all(&w);
    if (w.spent)
        return sk_fail_field(err, SK_ELIMIT, "rrule", "takes too many steps to work out");
    return SK_OK;
}
