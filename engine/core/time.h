/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/error.h"
#include "core/str.h"

/* Times are int64 milliseconds since 1970-01-01T00:00Z; local times are int64 seconds on the
 * proleptic Gregorian calendar since 1970-01-01T00:00, without a zone. */

#define SK_MINUTE_MS INT64_C(60000)
#define SK_HOUR_MS INT64_C(3600000)
#define SK_DAY_MS INT64_C(86400000)
/** Years 1 to 9999: what RFC 3339 can write. */
#define SK_TIME_MIN_MS INT64_C(-62135596800000)
#define SK_TIME_MAX_MS INT64_C(253402300799999)

typedef struct sk_civil {
    int year;
    int month; /**< 1-12 */
    int day;   /**< 1-31 */
    int hour, minute, second;
} sk_civil;

/** Days since 1970-01-01 of a date that exists. */
int64_t sk_civil_days(int year, int month, int day);
bool sk_civil_valid(const sk_civil *civil);
int64_t sk_civil_to_local(const sk_civil *civil);
sk_civil sk_civil_from_local(int64_t local_s);
/** 0 = Monday. */
int sk_weekday_of_days(int64_t days);

/** RFC 3339 with any offset and up to nine decimals (cut to milliseconds). */
sk_status sk_time_parse(sk_str text, int64_t *out_ms, sk_error *err);
/** "2026-03-05T14:00:00Z", decimals only when there are any. `out` holds at least 32 bytes. */
sk_str sk_time_format(int64_t time_ms, char out[32]);
/** "2026-03-05T14:00" or with seconds, no offset. */
sk_status sk_local_parse(sk_str text, int64_t *out_local_s, sk_error *err);
sk_str sk_local_format(int64_t local_s, char out[32]);
/** Floor division, for slots and days before 1970 too. */
static inline int64_t sk_floor_div(int64_t a, int64_t b)
{
    return a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
}
