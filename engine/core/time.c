/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/time.h"

#include <stdio.h>

/* ---- Calendar ---- */

/* Years run from March here, so that the leap day comes last, and eras of 400 years repeat:
 * the arithmetic needs no table and no loop, also before 1970. */

int64_t sk_civil_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = sk_floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

bool sk_civil_valid(const sk_civil *civil)
{
    static const unsigned char days_in[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = civil->year;
    int days = 0;

    if (year < 1 || year > 9999 || civil->month < 1 || civil->month > 12)
        return false;
    days = days_in[civil->month - 1];
    if (civil->month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        days = 29;
    return civil->day >= 1 && civil->day <= days && civil->hour >= 0 && civil->hour <= 23 &&
           civil->minute >= 0 && civil->minute <= 59 && civil->second >= 0 && civil->second <= 59;
}

int64_t sk_civil_to_local(const sk_civil *civil)
{
    return sk_civil_days(civil->year, civil->month, civil->day) * 86400 + civil->hour * 3600 +
           civil->minute * 60 + civil->second;
}

sk_civil sk_civil_from_local(int64_t local_s)
{
    int64_t days = sk_floor_div(local_s, 86400);
    int64_t second = local_s - days * 86400;
    int64_t era = sk_floor_div(days + 719468, 146097);
    int64_t day_of_era = days + 719468 - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    sk_civil civil;

    civil.day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    civil.month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    civil.year = (int)(year_of_era + era * 400 + (civil.month <= 2));
    civil.hour = (int)(second / 3600);
    civil.minute = (int)(second / 60 % 60);
    civil.second = (int)(second % 60);
    return civil;
}

int sk_weekday_of_days(int64_t days)
{
    /* 1970-01-01 was a Thursday. */
    int64_t shifted = days + 3;

    return (int)(shifted - 7 * sk_floor_div(shifted, 7));
}

/* ---- Reading ---- */

typedef struct reader {
    const char *at, *end;
} reader;

/* Exactly `count` digits. */
static bool read_digits(reader *r, int count, int *out)
{
    int value = 0;

    if (r->end - r->at < count)
        return false;
    for (int i = 0; i < count; i++) {
        if (r->at[i] < '0' || r->at[i] > '9')
            return false;
        value = value * 10 + (r->at[i] - '0');
    }
    r->at += count;
    *out = value;
    return true;
}

static bool read_char(reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool read_date_hour_minute(reader *r, sk_civil *civil)
{
    *civil = (sk_civil){0};
    if (!read_digits(r, 4, &civil->year) || !read_char(r, '-') ||
        !read_digits(r, 2, &civil->month) || !read_char(r, '-') || !read_digits(r, 2, &civil->day))
        return false;
    if (!read_char(r, 'T') && !read_char(r, 't'))
        return false;
    return read_digits(r, 2, &civil->hour) && read_char(r, ':') &&
           read_digits(r, 2, &civil->minute);
}

/* One to nine decimals, cut to milliseconds; nothing is 0. */
static bool read_fraction(reader *r, int *out_ms)
{
    int value = 0, count = 0;

    *out_ms = 0;
    if (!read_char(r, '.'))
        return true;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        if (count < 3)
            value = value * 10 + (*r->at - '0');
        count++;
        r->at++;
    }
    for (int i = count; i < 3; i++)
        value *= 10;
    *out_ms = value;
    return count >= 1 && count <= 9;
}

static bool read_offset(reader *r, int *out_minutes)
{
    int sign = 1, hours = 0, minutes = 0;

    *out_minutes = 0;
    if (read_char(r, 'Z') || read_char(r, 'z'))
        return true;
    if (read_char(r, '-'))
        sign = -1;
    else if (!read_char(r, '+'))
        return false;
    if (!read_digits(r, 2, &hours) || !read_char(r, ':') || !read_digits(r, 2, &minutes))
        return false;
    *out_minutes = sign * (hours * 60 + minutes);
    return hours <= 23 && minutes <= 59;
}

/* Quoted in errors, so that a long wrong text does not fill the message. */
static int shown(sk_str text)
{
    return text.size > 40 ? 40 : (int)text.size;
}

sk_status sk_time_parse(sk_str text, int64_t *out_ms, sk_error *err)
{
    reader r = {text.data, text.data + text.size};
    sk_civil civil;
    int ms = 0, offset_min = 0;
    int64_t time_ms = 0;

    if (!read_date_hour_minute(&r, &civil) || !read_char(&r, ':') ||
        !read_digits(&r, 2, &civil.second) || !read_fraction(&r, &ms) ||
        !read_offset(&r, &offset_min) || r.at != r.end)
        return sk_fail(err, SK_EINVAL, "\"%.*s\" is no time like 2026-03-05T14:00:00Z", shown(text),
                       text.data);
    if (!sk_civil_valid(&civil))
        return sk_fail(err, SK_EINVAL, "\"%.*s\" is a date or time that does not exist",
                       shown(text), text.data);
    time_ms = sk_civil_to_local(&civil) * 1000 + ms - offset_min * SK_MINUTE_MS;
    if (time_ms < SK_TIME_MIN_MS || time_ms > SK_TIME_MAX_MS)
        return sk_fail(err, SK_EINVAL, "\"%.*s\" is outside the years 1 to 9999 in UTC",
                       shown(text), text.data);
    *out_ms = time_ms;
    return SK_OK;
}

sk_status sk_local_parse(sk_str text, int64_t *out_local_s, sk_error *err)
{
    reader r = {text.data, text.data + text.size};
    sk_civil civil;

    if (!read_date_hour_minute(&r, &civil) ||
        (read_char(&r, ':') && !read_digits(&r, 2, &civil.second)) || r.at != r.end)
        return sk_fail(err, SK_EINVAL, "\"%.*s\" is no local time like 2026-03-05T14:00",
                       shown(text), text.data);
    if (!sk_civil_valid(&civil))
        return sk_fail(err, SK_EINVAL, "\"%.*s\" is a date or time that does not exist",
                       shown(text), text.data);
    *out_local_s = sk_civil_to_local(&civil);
    return SK_OK;
}

/* ---- Writing ---- */

sk_str sk_time_format(int64_t time_ms, char out[32])
{
    int64_t second = sk_floor_div(time_ms, 1000);
    int ms = (int)((time_ms % 1000 + 1000) % 1000);
    sk_civil c = sk_civil_from_local(second);
    char decimals[8] = "";
    int size = 0;

    if (ms != 0)
        snprintf(decimals, sizeof(decimals), ".%03d", ms % 1000);
    size = snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", c.year, c.month, c.day, c.hour,
                    c.minute, c.second, decimals);
    return (sk_str){out, size < 32 ? (size_t)size : 31};
}

sk_str sk_local_format(int64_t local_s, char out[32])
{
    sk_civil c = sk_civil_from_local(local_s);
    char seconds[16] = "";
    int size = 0;

    if (c.second != 0)
        snprintf(seconds, sizeof(seconds), ":%02d", c.second);
    size = snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d%s", c.year, c.month, c.day, c.hour, c.minute,
                    seconds);
    return (sk_str){out, size < 32 ? (size_t)size : 31};
}
