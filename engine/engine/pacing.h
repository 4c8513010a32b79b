/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside engine: when a message may go (docs/notifications.md, "When it goes"). Pure: the same
 * question gives the same answer, whatever happened before. */

#include "calendar/calendar.h"

/** What put a message off. */
typedef enum pace_hold {
    PACE_FREE,
    PACE_ABSENT,
    PACE_PAUSE,
    PACE_DIGEST,
    PACE_QUIET,
    PACE_BUDGET,
    PACE_HOLDS
} pace_hold;
/** "quiet" ...; empty for PACE_FREE. */
const char *pace_word(pace_hold hold);

/** Hours and whole days of local time in which nothing goes. */
typedef struct pace_quiet {
    bool has_hours;
    uint16_t from_min, to_min; /**< to < from: past midnight. */
    uint8_t days;              /**< Bit 0: Monday. */
} pace_quiet;

typedef struct pace_question {
    int64_t from_ms;
    int64_t absent_until_ms, pause_until_ms;
    pace_quiet quiet[2];    /**< Quiet is quiet of either. */
    uint32_t day_most[2];   /**< Messages in a local day; 0: any number. */
    uint32_t week_most[2];  /**< In a week from Monday. */
    const int64_t *sent_ms; /**< What counts, in no order. */
    size_t sent_count;
    bool has_digest; /**< It waits for the next moment of collecting first. */
    uint16_t digest_min;
    uint8_t digest_days; /**< 0: every day. */
} pace_question;

#define PACE_FAR_MS (366 * SK_DAY_MS)

/** The first instant at which nothing holds it, and what held it last. At most a year on. */
sk_status pace_first(sk_calendar *calendar, const pace_question *question, int64_t *out_ms,
                     pace_hold *out_hold, sk_error *err);
