/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

#include <math.h>

/* The few Dutch words that "why not" needs of its own. */

const char *dutch_kind(sk_kind kind)
{
    switch (kind) {
    case SK_KIND_NEED:
        return "de hulpvraag";
    case SK_KIND_INITIATIVE:
        return "het initiatief";
    case SK_KIND_OFFER:
        return "het aanbod";
    case SK_KIND_SKILL:
        return "het talent";
    case SK_KIND_PLACE:
        return "de ontmoetingsplek";
    case SK_KIND_ACTIVITY:
        return "de activiteit";
    case SK_KIND_NONE:
        break;
    }
    return "de plaatsing";
}

const char *dutch_weekday(int weekday)
{
    static const char *const days[] = {"maandag", "dinsdag",  "woensdag", "donderdag",
                                       "vrijdag", "zaterdag", "zondag"};

    return days[weekday];
}

void dutch_distance(double metres, sk_buf *out)
{
    long tens = (long)ceil(metres / 10), tenths = (long)ceil(metres / 100);

    if (tens < 100)
        sk_buf_printf(out, "%ld m", tens * 10);
    else if (tenths % 10 == 0)
        sk_buf_printf(out, "%ld km", tenths / 10);
    else
        sk_buf_printf(out, "%ld,%ld km", tenths / 10, tenths % 10);
}

void dutch_duration(int64_t duration_ms, sk_buf *out)
{
    long long days = duration_ms / SK_DAY_MS, hours = duration_ms / SK_HOUR_MS;
    long long minutes = duration_ms / SK_MINUTE_MS;

    if (days > 0)
        sk_buf_printf(out, "%lld %s", days, days == 1 ? "dag" : "dagen");
    else if (hours > 0)
        sk_buf_printf(out, "%lld uur", hours);
    else
        sk_buf_printf(out, "%lld %s", minutes, minutes == 1 ? "minuut" : "minuten");
}

sk_status dutch_date(sk_calendar *calendar, int64_t time_ms, sk_buf *out, sk_error *err)
{
    static const char *const months[] = {"januari",   "februari", "maart",    "april",
                                         "mei",       "juni",     "juli",     "augustus",
                                         "september", "oktober",  "november", "december"};
    char text[32];
    int64_t local_s;
    sk_str at;
    sk_status st = sk_calendar_to_local(calendar, (sk_str){"", 0}, time_ms, &local_s, err);

    if (st != SK_OK)
        return st;
    /* "2026-11-26T..." */
    at = sk_local_format(local_s, text);
    int month = (at.data[5] - '0') * 10 + at.data[6] - '0';
    int day = (at.data[8] - '0') * 10 + at.data[9] - '0';
    sk_buf_printf(out, "%d %s", day, months[month - 1]);
    return SK_OK;
}
