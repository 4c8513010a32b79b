/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/inside.h"

/* Common times in Dutch, for people: "dinsdag 14.00-16.00 uur, donderdag 9.00-12.00 uur". The same
 * hours on the same weekday are named once, in the order of their first coming. A stretch that
 * began before the first slot is cut off there; when a later week shows it whole, that one is
 * named. Of a stretch longer than a week no weekday says when it ends, so a date does.
 *
 * A listing that was made just now is available from the next slot, so that "now" is the first slot
 * or the second. */

#define MAX_ITEMS 64
#define DAY_S SK_DAY_S

#define WEEK_S (7 * DAY_S)

typedef struct stretch {
    int64_t from_s, until_s; /* local */
    bool cut, endless;       /* From now on; to the last slot. */
} stretch;

typedef struct stretches {
    stretch items[MAX_ITEMS];
    size_t count, max;
} stretches;

static int weekday_of(int64_t local_s)
{
    return sk_weekday_of_days(sk_floor_div(local_s, DAY_S));
}

static int64_t time_of_day(int64_t local_s)
{
    return local_s - sk_floor_div(local_s, DAY_S) * DAY_S;
}

/* Whether a list that names one need not name the other. */
static bool same_times(const stretch *a, const stretch *b)
{
    bool same_end = weekday_of(a->until_s) == weekday_of(b->until_s) &&
                    time_of_day(a->until_s) == time_of_day(b->until_s);

    if (!same_end || a->until_s - a->from_s > WEEK_S || b->until_s - b->from_s > WEEK_S)
        return false;
    return a->cut ? b->until_s - b->from_s >= a->until_s - a->from_s
                  : a->until_s - a->from_s == b->until_s - b->from_s;
}

static void add_stretch(stretches *list, stretch item)
{
    for (size_t i = 0; i < list->count; i++) {
        if (same_times(&list->items[i], &item)) {
            if (list->items[i].cut)
                list->items[i] = item;
            return;
        }
    }
    if (list->count < list->max)
        list->items[list->count++] = item;
}

static bool bit_at(const uint64_t *bits, size_t index)
{
    return bits[index / 64] >> (index % 64) & 1;
}

static void collect(const sk_zone *zone, int64_t first_slot, const uint64_t *bits,
                    size_t slot_count, size_t least_slots, stretches *out)
{
    static const int64_t slot_s = SK_SLOT_MS / 1000;

    for (size_t at = 0; at < slot_count;) {
        size_t end = at;

        while (end < slot_count && bit_at(bits, end))
            end++;
        if (end > at && end - at >= least_slots)
            add_stretch(out, (stretch){sk_zone_to_local(zone, (first_slot + (int64_t)at) * slot_s),
                                       sk_zone_to_local(zone, (first_slot + (int64_t)end) * slot_s),
                                       at <= 1, end + 1 >= slot_count});
        at = end + 1;
    }
}

static void write_time(sk_buf *out, int64_t second)
{
    sk_buf_printf(out, "%d.%02d", (int)(second / 3600), (int)(second / 60 % 60));
}

static const char *weekday(int64_t local_s)
{
    static const char *const days[] = {"maandag", "dinsdag",  "woensdag", "donderdag",
                                       "vrijdag", "zaterdag", "zondag"};

    return days[weekday_of(local_s)];
}

static void write_date(sk_buf *out, int64_t local_s)
{
    static const char *const months[] = {"januari",   "februari", "maart",    "april",
                                         "mei",       "juni",     "juli",     "augustus",
                                         "september", "oktober",  "november", "december"};
    const sk_civil date = sk_civil_from_local(local_s);

    sk_buf_printf(out, "%d %s", date.day, months[date.month - 1]);
}

static void write_weeks(sk_buf *out, const stretch *item)
{
    sk_buf_text(out, "op elk moment");
    if (!item->cut) {
        sk_buf_text(out, item->endless ? " vanaf " : " van ");
        write_date(out, item->from_s);
    }
    if (!item->endless) {
        sk_buf_text(out, " tot ");
        write_date(out, item->until_s);
    }
}

static void write_whole_days(sk_buf *out, const stretch *item)
{
    sk_buf_text(out, weekday(item->from_s));
    if (item->until_s - item->from_s > DAY_S)
        sk_buf_printf(out, " tot en met %s", weekday(item->until_s - 1));
    sk_buf_text(out, " de hele dag");
}

static void write_days(sk_buf *out, const stretch *item)
{
    if (!item->cut) {
        sk_buf_printf(out, "%s ", weekday(item->from_s));
        write_time(out, time_of_day(item->from_s));
        sk_buf_text(out, " uur ");
    }
    sk_buf_printf(out, "tot %s ", weekday(item->until_s));
    write_time(out, time_of_day(item->until_s));
    sk_buf_text(out, " uur");
}

static void write_hours(sk_buf *out, const stretch *item)
{
    int64_t until = time_of_day(item->until_s);

    sk_buf_printf(out, "%s ", weekday(item->from_s));
    write_time(out, time_of_day(item->from_s));
    sk_buf_text(out, "-");
    write_time(out, until == 0 ? DAY_S : until);
    sk_buf_text(out, " uur");
}

static void write_stretch(sk_buf *out, const stretch *item)
{
    if (item->until_s - item->from_s > WEEK_S)
        write_weeks(out, item);
    else if (item->until_s > item->from_s && time_of_day(item->from_s) == 0 &&
             time_of_day(item->until_s) == 0)
        write_whole_days(out, item);
    else if (item->until_s - item->from_s > DAY_S)
        write_days(out, item);
    else
        write_hours(out, item);
}

/* All but a few hours of the weeks that are looked at. */
static bool is_nearly_always(const uint64_t *bits, size_t slot_count)
{
    size_t set = 0;

    for (size_t i = 0; i < slot_count; i++)
        set += bit_at(bits, i);
    return set * 20 > slot_count * 19 && set + 2 < slot_count;
}

sk_status sk_calendar_describe(sk_calendar *calendar, int64_t first_slot, const uint64_t *bits,
                               size_t slot_count, size_t least_slots, size_t max_items, sk_buf *out,
                               sk_error *err)
{
    stretches list = {.count = 0, .max = max_items < MAX_ITEMS ? max_items : MAX_ITEMS};
    const sk_zone *zone = NULL;
    sk_status st = sk_calendar_zone(calendar, SK_HOME_ZONE, &zone, err);

    if (st != SK_OK)
        return st;
    if (max_items > 0 && is_nearly_always(bits, slot_count)) {
        sk_buf_text(out, "bijna altijd");
    } else {
        collect(zone, first_slot, bits, slot_count, least_slots, &list);
        for (size_t i = 0; i < list.count; i++) {
            if (i > 0)
                sk_buf_text(out, ", ");
            write_stretch(out, &list.items[i]);
        }
    }
    return out->failed ? sk_fail(err, SK_ENOMEM, "out of memory for a description") : SK_OK;
}
