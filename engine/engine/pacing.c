/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/pacing.h"

/* When a message may go.
 *
 * Each of the holds gives, for an instant, the first one at or after it at which it no longer
 * holds; they are asked in turn until none of them moves the instant. A digest is asked once, first
 * of those that follow the clock, since what delays it beyond its moment (quiet hours) must not
 * make it wait for the next.
 *
 * Local times come from the zone's rules. Where the clock runs back an hour happens twice, and the
 * end of a quiet hour may lie before the instant that is asked about: then it is tried again a
 * minute on, which ends within that hour. */

#define DAY_S 86400
#define TRIES_MAX 5000

typedef struct local {
    int64_t day;     /**< Since 1970-01-01. */
    unsigned minute; /**< Of that day. */
    unsigned weekday;
} local;

const char *pace_word(pace_hold hold)
{
    static const char *const words[PACE_HOLDS] = {"",       "absent", "pause",
                                                  "digest", "quiet",  "budget"};

    return words[hold];
}

static sk_status local_of(sk_calendar *calendar, int64_t at_ms, local *out, sk_error *err)
{
    int64_t local_s = 0;
    sk_status st = sk_calendar_to_local(calendar, SK_STR(""), at_ms, &local_s, err);

    if (st != SK_OK)
        return st;
    out->day = sk_floor_div(local_s, DAY_S);
    out->minute = (unsigned)(local_s - out->day * DAY_S) / 60;
    /* 1970-01-01 was a Thursday. */
    out->weekday = (unsigned)(((out->day + 3) % 7 + 7) % 7);
    return SK_OK;
}

static sk_status instant_of(sk_calendar *calendar, int64_t day, unsigned minute, int64_t *out_ms,
                            sk_error *err)
{
    return sk_calendar_to_utc(calendar, SK_STR(""), day * DAY_S + minute * 60, out_ms, err);
}

/* ---- Quiet ---- */

static bool in_hours(const pace_quiet *q, unsigned minute)
{
    if (!q->has_hours)
        return false;
    return q->from_min < q->to_min ? minute >= q->from_min && minute < q->to_min
                                   : minute >= q->from_min || minute < q->to_min;
}

/** Not before `*at_ms`: where it would be, the clock runs back. */
static sk_status move_to(sk_calendar *calendar, int64_t day, unsigned minute, int64_t *at_ms,
                         sk_error *err)
{
    int64_t to_ms = 0;
    sk_status st = instant_of(calendar, day, minute, &to_ms, err);

    if (st == SK_OK)
        *at_ms = to_ms > *at_ms ? to_ms : *at_ms + SK_MINUTE_MS;
    return st;
}

static sk_status after_quiet(sk_calendar *calendar, const pace_quiet *q, int64_t *at_ms,
                             sk_error *err)
{
    local now;
    sk_status st = local_of(calendar, *at_ms, &now, err);

    if (st != SK_OK)
        return st;
    if (q->days & (1u << now.weekday))
        return move_to(calendar, now.day + 1, 0, at_ms, err);
    if (in_hours(q, now.minute))
        return move_to(calendar, now.minute < q->to_min ? now.day : now.day + 1, q->to_min, at_ms,
                       err);
    return SK_OK;
}

/* ---- Budgets ---- */

/** Messages sent in [from, to) local days. */
static sk_status count_sent(sk_calendar *calendar, const pace_question *q, int64_t from_day,
                            int64_t to_day, uint32_t *out, sk_error *err)
{
    local then;
    sk_status st = SK_OK;

    *out = 0;
    for (size_t i = 0; i < q->sent_count && st == SK_OK; i++) {
        st = local_of(calendar, q->sent_ms[i], &then, err);
        if (st == SK_OK && then.day >= from_day && then.day < to_day)
            ++*out;
    }
    return st;
}

static bool is_full(const uint32_t most[2], uint32_t count)
{
    return (most[0] && count >= most[0]) || (most[1] && count >= most[1]);
}

static sk_status after_budget(sk_calendar *calendar, const pace_question *q, int64_t *at_ms,
                              sk_error *err)
{
    uint32_t count = 0;
    local now;
    sk_status st = local_of(calendar, *at_ms, &now, err);
    int64_t monday;

    if (st != SK_OK || q->sent_count == 0)
        return st;
    monday = now.day - now.weekday;
    if ((st = count_sent(calendar, q, monday, monday + 7, &count, err)) != SK_OK)
        return st;
    if (is_full(q->week_most, count))
        return move_to(calendar, monday + 7, 0, at_ms, err);
    if ((st = count_sent(calendar, q, now.day, now.day + 1, &count, err)) != SK_OK)
        return st;
    return is_full(q->day_most, count) ? move_to(calendar, now.day + 1, 0, at_ms, err) : SK_OK;
}

/* ---- Digests ---- */

static sk_status next_digest(sk_calendar *calendar, const pace_question *q, int64_t *at_ms,
                             sk_error *err)
{
    local now;
    sk_status st = local_of(calendar, *at_ms, &now, err);

    if (st != SK_OK)
        return st;
    for (int64_t day = now.day; st == SK_OK && day <= now.day + 8; day++) {
        int64_t to_ms = 0;
        unsigned weekday = (unsigned)(((day + 3) % 7 + 7) % 7);

        if (q->digest_days && !(q->digest_days & (1u << weekday)))
            continue;
        st = instant_of(calendar, day, q->digest_min, &to_ms, err);
        if (st == SK_OK && to_ms >= *at_ms) {
            *at_ms = to_ms;
            break;
        }
    }
    return st;
}

/* ---- All together ---- */

/** Each that the clock ends, in turn; `*out_hold` is the one that moved the instant, or PACE_FREE.
 */
static sk_status ask_all(sk_calendar *calendar, const pace_question *q, int64_t *at_ms,
                         pace_hold *out_hold, sk_error *err)
{
    int64_t before_ms = *at_ms;
    sk_status st = SK_OK;

    *out_hold = PACE_FREE;
    for (int i = 0; i < 2 && st == SK_OK && *at_ms == before_ms; i++) {
        *out_hold = PACE_QUIET;
        st = after_quiet(calendar, &q->quiet[i], at_ms, err);
    }
    if (st == SK_OK && *at_ms == before_ms) {
        *out_hold = PACE_BUDGET;
        st = after_budget(calendar, q, at_ms, err);
    }
    if (*at_ms == before_ms)
        *out_hold = PACE_FREE;
    return st;
}

sk_status pace_first(sk_calendar *calendar, const pace_question *q, int64_t *out_ms,
                     pace_hold *out_hold, sk_error *err)
{
    int64_t at_ms = q->from_ms;
    pace_hold hold = PACE_FREE, last = PACE_FREE;
    sk_status st = SK_OK;

    if (q->absent_until_ms > at_ms) {
        at_ms = q->absent_until_ms;
        last = PACE_ABSENT;
    }
    if (q->pause_until_ms > at_ms) {
        at_ms = q->pause_until_ms;
        last = PACE_PAUSE;
    }
    if (q->has_digest) {
        int64_t before_ms = at_ms;

        if ((st = next_digest(calendar, q, &at_ms, err)) != SK_OK)
            return st;
        last = at_ms > before_ms ? PACE_DIGEST : last;
    }
    for (int tries = 0; tries < TRIES_MAX && at_ms < q->from_ms + PACE_FAR_MS; tries++) {
        if ((st = ask_all(calendar, q, &at_ms, &hold, err)) != SK_OK)
            return st;
        if (hold == PACE_FREE)
            break;
        last = hold;
    }
    *out_ms = at_ms;
    *out_hold = last;
    return SK_OK;
}
