/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/inside.h"

#include <stdlib.h>

/* Problem: windows in local time to slots of 15 minutes, thousands of different ones at start, each
 * within microseconds, and none ever for long, whatever rule it carries.
 *
 * A window's local starts come from its weekdays (short form) or from the rule's walk; each becomes
 * a span of instants: the start and the start plus the window's length, both by the zone's rules.
 * Spans are collected, put in order and joined where they touch, for a slot may lie half in one and
 * half in the next; then whole slots are set.
 *
 * Local order and order of instants differ by hours at most (in the gap of spring, and where a
 * country crosses the date line by a day), so that margins of days around the range asked for keep
 * every span that could reach into it.
 *
 * Bounds: sk_calendar_check refuses rules that start more than MAX_PER_DAY times a day, and those
 * with COUNT whose counting takes more than CHECK_STEPS. What it accepts, sk_calendar_expand can
 * work out within its own, larger allowance at any moment.
 *
 * Threads: a calendar has caches and scratch and belongs to one thread. */

#define DAY_S SK_DAY_S
#define BEFORE_S (3 * DAY_S)
#define BEHIND_S (2 * DAY_S)
#define MAX_PER_DAY 1500
#define SMALL_COUNT 40000
#define CHECK_STEPS 100000
#define EXPAND_STEPS 250000
#define STEPS_PER_SLOT 32
#define MAX_STEPS 4000000
#define MINUTES_OF_DAY 1440

/* ---- Opening ---- */

sk_status sk_calendar_open(sk_calendar **out, sk_error *err)
{
    sk_calendar *calendar = sk_calloc(1, sizeof(*calendar));
    sk_status st = SK_OK;

    if (!calendar)
        return sk_fail(err, SK_ENOMEM, "out of memory for a calendar");
    if ((st = sk_calendar_zone(calendar, SK_HOME_ZONE, &calendar->latest, err)) != SK_OK) {
        sk_calendar_close(calendar);
        return st;
    }
    *out = calendar;
    return SK_OK;
}

void sk_calendar_close(sk_calendar *calendar)
{
    if (!calendar)
        return;
    for (size_t i = 0; i < calendar->zone_count; i++)
        sk_zone_free(calendar->zones[i]);
    sk_free(calendar->zones);
    sk_free(calendar->spans);
    sk_free(calendar->exdates);
    sk_free(calendar);
}

sk_status sk_calendar_zone(sk_calendar *calendar, sk_str tzid, const sk_zone **out, sk_error *err)
{
    sk_str name = tzid.size ? tzid : SK_HOME_ZONE;
    void *zones = calendar->zones;
    sk_zone *zone = NULL;
    sk_status st = SK_OK;

    if (calendar->latest && sk_str_eq(sk_zone_name(calendar->latest), name)) {
        *out = calendar->latest;
        return SK_OK;
    }
    for (size_t i = 0; i < calendar->zone_count && !zone; i++) {
        if (sk_str_eq(sk_zone_name(calendar->zones[i]), name))
            zone = calendar->zones[i];
    }
    if (!zone) {
        if (!sk_grow(&zones, &calendar->zone_capacity, calendar->zone_count + 1, sizeof(sk_zone *)))
            return sk_fail(err, SK_ENOMEM, "out of memory for a time zone");
        calendar->zones = zones;
        if ((st = sk_zone_read(name, &zone, err)) != SK_OK)
            return st;
        calendar->zones[calendar->zone_count++] = zone;
    }
    calendar->latest = zone;
    *out = zone;
    return SK_OK;
}

/* ---- One window ---- */

/* A window taken apart, while its occurrences are collected. */
typedef struct unfolding {
    sk_calendar *calendar;
    const sk_window *window;
    const sk_zone *zone;
    sk_rrule rule;
    int64_t length_s;
    int64_t from_ms, until_ms;
    size_t wanted; /* stop a while after so many spans; 0: take all */
    int64_t enough_s;
    bool no_memory;
} unfolding;

static bool local_in_range(int64_t local_s)
{
    return local_s >= SK_TIME_MIN_MS / 1000 && local_s <= SK_TIME_MAX_MS / 1000;
}

static sk_status take_short(const sk_window *window, unfolding *out, sk_error *err)
{
    int from = window->from_min, to = window->to_min;

    if (window->days == 0 || window->days > 127)
        return sk_fail_field(err, SK_EINVAL, "days", "needs one or more of MO TU WE TH FR SA SU");
    if (from >= MINUTES_OF_DAY || to >= MINUTES_OF_DAY)
        return sk_fail_field(err, SK_EINVAL, from >= MINUTES_OF_DAY ? "from" : "to",
                             "is not between 00:00 and 23:59");
    out->length_s = ((to <= from ? to + MINUTES_OF_DAY : to) - from) * 60;
    return SK_OK;
}

static sk_status take_long(const sk_window *window, unfolding *out, sk_error *err)
{
    if (!local_in_range(window->start_local_s))
        return sk_fail_field(err, SK_EINVAL, "start", "is outside the years 1 to 9999");
    if (!local_in_range(window->end_local_s) || window->end_local_s <= window->start_local_s)
        return sk_fail_field(err, SK_EINVAL, "end", "must be after start");
    out->length_s = window->end_local_s - window->start_local_s;
    if (out->length_s > DAY_S)
        return sk_fail_field(err, SK_EINVAL, "end", "is more than 24 hours after start");
    return window->rrule.size ? sk_rrule_parse(window->rrule, &out->rule, err) : SK_OK;
}

static sk_status take_window(sk_calendar *calendar, const sk_window *window, unfolding *out,
                             sk_error *err)
{
    sk_status st = SK_OK;

    /* The rule is large and mostly not needed, so it is not cleared. */
    out->calendar = calendar;
    out->window = window;
    out->wanted = 0;
    out->enough_s = INT64_MAX;
    out->no_memory = false;
    if ((st = sk_calendar_zone(calendar, window->tzid, &out->zone, err)) != SK_OK)
        return st;
    return window->short_form ? take_short(window, out, err) : take_long(window, out, err);
}

static int local_order(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static sk_status sort_exdates(sk_calendar *calendar, const sk_window *window, sk_error *err)
{
    void *exdates = calendar->exdates;

    if (window->exdate_count == 0)
        return SK_OK;
    if (!sk_grow(&exdates, &calendar->exdate_capacity, window->exdate_count, sizeof(int64_t)))
        return sk_fail(err, SK_ENOMEM, "out of memory for %zu exdates", window->exdate_count);
    calendar->exdates = exdates;
    memcpy(exdates, window->exdates_local_s, window->exdate_count * sizeof(int64_t));
    qsort(exdates, window->exdate_count, sizeof(int64_t), local_order);
    return SK_OK;
}

static bool add_span(sk_calendar *calendar, sk_span span)
{
    void *spans = calendar->spans;

    if (!sk_grow(&spans, &calendar->span_capacity, calendar->span_count + 1, sizeof(span)))
        return false;
    calendar->spans = spans;
    calendar->spans[calendar->span_count++] = span;
    return true;
}

/* One occurrence by its local start; a visitor of walks. */
static bool add_occurrence(void *context, int64_t start_s)
{
    unfolding *u = context;
    const sk_window *window = u->window;
    sk_span span;

    if (start_s > u->enough_s)
        return false;
    if (window->exdate_count > 0 &&
        bsearch(&start_s, u->calendar->exdates, window->exdate_count, sizeof(int64_t), local_order))
        return true;
    span.from_ms = sk_zone_to_utc(u->zone, start_s) * 1000;
    span.until_ms = sk_zone_to_utc(u->zone, start_s + u->length_s) * 1000;
    if (!window->short_form && window->rrule.size && u->rule.until == SK_UNTIL_INSTANT &&
        span.from_ms > u->rule.until_s * 1000)
        return true;
    if (span.until_ms <= span.from_ms || span.until_ms <= u->from_ms || span.from_ms >= u->until_ms)
        return true;
    if (!add_span(u->calendar, span)) {
        u->no_memory = true;
        return false;
    }
    if (u->calendar->span_count == u->wanted)
        u->enough_s = start_s + BEHIND_S;
    return true;
}

/* Every day of the range that is named; the short form has no first and no last. */
static void unfold_days(unfolding *u, int64_t from_s, int64_t until_s)
{
    int64_t day = sk_floor_div(from_s, DAY_S);
    int weekday = sk_weekday_of_days(day);

    for (; day * DAY_S < until_s; day++, weekday = weekday == 6 ? 0 : weekday + 1) {
        if ((u->window->days >> weekday & 1) &&
            !add_occurrence(u, day * DAY_S + u->window->from_min * 60))
            return;
    }
}

/* Add the spans of the window that reach into [u->from_ms, u->until_ms). */
static sk_status unfold(unfolding *u, int64_t *steps, sk_error *err)
{
    const sk_window *window = u->window;
    int64_t from_s = sk_zone_to_local(u->zone, sk_floor_div(u->from_ms, 1000)) - BEFORE_S;
    int64_t until_s = sk_zone_to_local(u->zone, sk_floor_div(u->until_ms, 1000)) + BEHIND_S;
    sk_status st = SK_OK;

    if (window->short_form) {
        unfold_days(u, from_s, until_s);
    } else {
        if ((st = sort_exdates(u->calendar, window, err)) != SK_OK)
            return st;
        if (window->rrule.size == 0)
            add_occurrence(u, window->start_local_s);
        else
            st = sk_rrule_walk(&u->rule, window->start_local_s, from_s, until_s, steps,
                               add_occurrence, u, err);
    }
    return u->no_memory ? sk_fail(err, SK_ENOMEM, "out of memory for an expansion") : st;
}

static int span_order(const void *a, const void *b)
{
    const sk_span *left = a, *right = b;

    if (left->from_ms != right->from_ms)
        return left->from_ms < right->from_ms ? -1 : 1;
    return (left->until_ms > right->until_ms) - (left->until_ms < right->until_ms);
}

/* Mostly they are in order already: one window, whose local starts ascend. */
static void sort_spans(sk_calendar *calendar)
{
    for (size_t i = 1; i < calendar->span_count; i++) {
        if (span_order(&calendar->spans[i - 1], &calendar->spans[i]) > 0) {
            qsort(calendar->spans, calendar->span_count, sizeof(sk_span), span_order);
            return;
        }
    }
}

static int64_t steps_for(int64_t slots)
{
    return slots > (MAX_STEPS - EXPAND_STEPS) / STEPS_PER_SLOT
               ? MAX_STEPS
               : EXPAND_STEPS + slots * STEPS_PER_SLOT;
}

/* ---- Checking ---- */

static bool ignore_start(void *context, int64_t start_s)
{
    (void)context;
    (void)start_s;
    return true;
}

sk_status sk_calendar_check(sk_calendar *calendar, const sk_window *window, sk_error *err)
{
    unfolding u;
    int64_t steps = CHECK_STEPS;
    sk_status st = take_window(calendar, window, &u, err);

    if (st != SK_OK || window->short_form || window->rrule.size == 0)
        return st;
    if (sk_rrule_per_day(&u.rule) > MAX_PER_DAY &&
        (u.rule.count == 0 || u.rule.count > SMALL_COUNT))
        return sk_fail_field(err, SK_EINVAL, "rrule", "starts more than %d times a day",
                             MAX_PER_DAY);
    if (u.rule.count == 0)
        return SK_OK;
    if (sk_rrule_walk(&u.rule, window->start_local_s, SK_TIME_MAX_MS / 1000, INT64_MAX, &steps,
                      ignore_start, NULL, NULL) != SK_OK)
        return sk_fail_field(err, SK_EINVAL, "rrule",
                             "takes more than %d steps to count; use UNTIL in place of COUNT",
                             CHECK_STEPS);
    return SK_OK;
}

/* ---- Slots ---- */

static void set_bits(uint64_t *bits, size_t from, size_t until)
{
    size_t first = from / 64, last = (until - 1) / 64;
    uint64_t head = ~UINT64_C(0) << (from % 64);
    uint64_t tail = ~UINT64_C(0) >> (63 - (until - 1) % 64);

    if (first == last) {
        bits[first] |= head & tail;
        return;
    }
    bits[first] |= head;
    for (size_t i = first + 1; i < last; i++)
        bits[i] = ~UINT64_C(0);
    bits[last] |= tail;
}

/* The slots that lie wholly in [from_ms, until_ms). */
static void set_slots(int64_t from_ms, int64_t until_ms, int64_t first_slot, size_t slot_count,
                      uint64_t *bits)
{
    int64_t from = sk_floor_div(from_ms + SK_SLOT_MS - 1, SK_SLOT_MS) - first_slot;
    int64_t until = sk_floor_div(until_ms, SK_SLOT_MS) - first_slot;

    if (from < 0)
        from = 0;
    if (until > (int64_t)slot_count)
        until = (int64_t)slot_count;
    if (from < until)
        set_bits(bits, (size_t)from, (size_t)until);
}

static void set_union(const sk_span *spans, size_t count, int64_t first_slot, size_t slot_count,
                      uint64_t *bits)
{
    for (size_t i = 0; i < count;) {
        int64_t from = spans[i].from_ms, until = spans[i].until_ms;

        for (i++; i < count && spans[i].from_ms <= until; i++) {
            if (spans[i].until_ms > until)
                until = spans[i].until_ms;
        }
        set_slots(from, until, first_slot, slot_count, bits);
    }
}

sk_status sk_calendar_expand(sk_calendar *calendar, const sk_window *windows, size_t count,
                             int64_t first_slot, size_t slot_count, uint64_t *out_bits,
                             sk_error *err)
{
    sk_status st = SK_OK;

    if (slot_count % 64 != 0 || first_slot < SK_TIME_MIN_MS / SK_SLOT_MS ||
        first_slot > SK_TIME_MAX_MS / SK_SLOT_MS ||
        slot_count > (size_t)((SK_TIME_MAX_MS - SK_TIME_MIN_MS) / SK_SLOT_MS))
        return sk_fail(err, SK_EINVAL, "slots must be a multiple of 64 in the years 1 to 9999");
    calendar->span_count = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t steps = steps_for((int64_t)slot_count);
        unfolding u;

        if ((st = take_window(calendar, &windows[i], &u, err)) != SK_OK)
            return st;
        u.from_ms = first_slot * SK_SLOT_MS;
        u.until_ms = (first_slot + (int64_t)slot_count) * SK_SLOT_MS;
        if ((st = unfold(&u, &steps, err)) != SK_OK)
            return st;
    }
    memset(out_bits, count == 0 ? 0xFF : 0, slot_count / 8);
    sort_spans(calendar);
    set_union(calendar->spans, calendar->span_count, first_slot, slot_count, out_bits);
    return SK_OK;
}

/* ---- Occurrences and conversion ---- */

sk_status sk_calendar_occurrences(sk_calendar *calendar, const sk_window *window, int64_t from_ms,
                                  int64_t until_ms, sk_appointment *out, size_t max,
                                  size_t *out_count, sk_error *err)
{
    int64_t steps = 0;
    unfolding u;
    sk_status st = take_window(calendar, window, &u, err);

    if (st != SK_OK)
        return st;
    calendar->span_count = 0;
    u.from_ms = from_ms > SK_TIME_MIN_MS ? from_ms : SK_TIME_MIN_MS;
    u.until_ms = until_ms < SK_TIME_MAX_MS ? until_ms : SK_TIME_MAX_MS;
    u.wanted = max;
    if (u.from_ms < u.until_ms && max > 0) {
        steps = steps_for((u.until_ms - u.from_ms) / SK_SLOT_MS);
        if ((st = unfold(&u, &steps, err)) != SK_OK)
            return st;
    }
    sort_spans(calendar);
    *out_count = calendar->span_count < max ? calendar->span_count : max;
    for (size_t i = 0; i < *out_count; i++)
        out[i] = (sk_appointment){calendar->spans[i].from_ms, calendar->spans[i].until_ms};
    return SK_OK;
}

sk_status sk_calendar_to_utc(sk_calendar *calendar, sk_str tzid, int64_t local_s, int64_t *out_ms,
                             sk_error *err)
{
    const sk_zone *zone = NULL;
    sk_status st = sk_calendar_zone(calendar, tzid, &zone, err);

    if (st != SK_OK)
        return st;
    if (!local_in_range(local_s))
        return sk_fail(err, SK_EINVAL, "the local time is outside the years 1 to 9999");
    *out_ms = sk_zone_to_utc(zone, local_s) * 1000;
    return SK_OK;
}

sk_status sk_calendar_to_local(sk_calendar *calendar, sk_str tzid, int64_t ms, int64_t *out_local_s,
                               sk_error *err)
{
    const sk_zone *zone = NULL;
    sk_status st = sk_calendar_zone(calendar, tzid, &zone, err);

    if (st != SK_OK)
        return st;
    if (ms < SK_TIME_MIN_MS || ms > SK_TIME_MAX_MS)
        return sk_fail(err, SK_EINVAL, "the time is outside the years 1 to 9999");
    *out_local_s = sk_zone_to_local(zone, sk_floor_div(ms, 1000));
    return SK_OK;
}
