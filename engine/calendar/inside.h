/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "calendar/calendar.h"
#include "calendar/rrule.h"
#include "calendar/zone.h"

/* Inside calendar only. */

#define SK_DAY_S 86400
#define SK_HOME_ZONE SK_STR("Europe/Amsterdam")

typedef struct sk_span {
    int64_t from_ms, until_ms;
} sk_span;

struct sk_calendar {
    sk_zone **zones; /* those asked for so far; the first is the home zone */
    size_t zone_count, zone_capacity;
    const sk_zone *latest;
    sk_span *spans; /* scratch of one expansion */
    size_t span_count, span_capacity;
    int64_t *exdates; /* scratch: the window's, ascending */
    size_t exdate_capacity;
};

/** The zone of that name, read when it is new; an empty name is the home zone. */
sk_status sk_calendar_zone(sk_calendar *calendar, sk_str tzid, const sk_zone **out, sk_error *err);
