/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/* Inside calendar only: recurrence rules of RFC 5545, 3.3.10. */

typedef enum sk_freq {
    SK_SECONDLY,
    SK_MINUTELY,
    SK_HOURLY,
    SK_DAILY,
    SK_WEEKLY,
    SK_MONTHLY,
    SK_YEARLY
} sk_freq;

typedef enum sk_until { SK_UNTIL_NONE, SK_UNTIL_LOCAL, SK_UNTIL_INSTANT } sk_until;

#define SK_RRULE_WORDS 6 /* 366 numbers and a bit that is never used */

/** Numbers 1 to 366 and -1 to -366 as bits. */
typedef struct sk_signed_set {
    uint64_t plus[SK_RRULE_WORDS], minus[SK_RRULE_WORDS];
    bool any;
} sk_signed_set;

/** A rule as written: sets that were not named are empty. */
typedef struct sk_rrule {
    sk_freq freq;
    int64_t interval;
    int64_t count; /**< 0: no COUNT. */
    sk_until until;
    int64_t until_s;              /**< Local, or since 1970 UTC. */
    int week_start;               /**< 0 = Monday. */
    uint16_t months;              /**< Bit 1-12. */
    uint8_t weekdays;             /**< Plain days, bit 0 = Monday. */
    uint64_t nth[7], nth_last[7]; /**< 2MO: bit 2 of nth[0]; -1FR: bit 1 of nth_last[4]. */
    bool any_nth;
    sk_signed_set week_numbers, year_days, month_days, positions;
    uint32_t hours;
    uint64_t minutes, seconds;
} sk_rrule;

static inline bool sk_signed_has(const uint64_t set[SK_RRULE_WORDS], int64_t number)
{
    return number >= 1 && number < 64 * SK_RRULE_WORDS && (set[number / 64] >> (number % 64) & 1);
}

/** Strict: what RFC 5545 does not allow is refused; `err->field` is "rrule". */
sk_status sk_rrule_parse(sk_str text, sk_rrule *out, sk_error *err);
/** No rule yields more starts on one day than this tells. */
int64_t sk_rrule_per_day(const sk_rrule *rule);

/** One local start; false ends the walk. */
typedef bool (*sk_rrule_visit)(void *context, int64_t start_s);

/** The local starts in [from_s, until_s), ascending. `steps` is the work allowed and what is left
 *  of it; SK_ELIMIT once spent. An UNTIL that is an instant is left to `visit`. */
sk_status sk_rrule_walk(const sk_rrule *rule, int64_t start_s, int64_t from_s, int64_t until_s,
                        int64_t *steps, sk_rrule_visit visit, void *context, sk_error *err);
