/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/zone.h"

/* Problem: local times to instants and back, exactly as the tz database says, for any zone and any
 * year, some millions of times at start.
 *
 * libical reads the same database, but makes rules of it and loses exceptions on the way (of its
 * 418 zones 99 differ somewhere between 1902 and 2105), and takes the wrong side in autumn's double
 * hour and spring's gap. So the compiled files (TZif, RFC 8536) are read here.
 *
 * Layout: periods of one offset. Period k lasts from at[k - 1] to at[k]:
 *
 *     offsets[0] | at[0] | offsets[1] | at[1] | ... | at[count - 1] | offsets[count]
 *
 * The file lists changes up to some year; behind it stands a rule for the rest ("CET-1CEST,M3.5.0,
 * M10.5.0/3"). The rule's changes are written out for 401 years more. Dates repeat after 400 years,
 * weekday and all, so later times are folded back into those.
 *
 * Local to instant: the first period whose local end lies after the local time. When the time lies
 * in it, this is the first of its meanings; when the period starts later, the time lies in the gap
 * before it and is read with the offset of the period before. */

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define MAX_NAME 64
#define MAX_FILE (256 * 1024)
#define DAY_S 86400
#define CYCLE_YEARS 400
#define CYCLE_S (INT64_C(146097) * DAY_S)

struct sk_zone {
    char name[MAX_NAME + 1];
    int64_t *at;
    int32_t *offsets; /* count + 1 */
    size_t count;
    size_t at_capacity, offset_capacity;
    int64_t fold_from; /* Times from here on are folded; INT64_MAX without a rule. */
};

/* ---- Building the periods ---- */

static bool add_change(sk_zone *zone, int64_t at, int32_t offset)
{
    void *ats = zone->at, *offsets = zone->offsets;

    if (!sk_grow(&ats, &zone->at_capacity, zone->count + 1, sizeof(*zone->at)))
        return false;
    zone->at = ats;
    if (!sk_grow(&offsets, &zone->offset_capacity, zone->count + 2, sizeof(*zone->offsets)))
        return false;
    zone->offsets = offsets;
    /* What changes only the zone's abbreviation is no change here. */
    if (zone->offsets[zone->count] == offset)
        return true;
    zone->at[zone->count++] = at;
    zone->offsets[zone->count] = offset;
    return true;
}

static bool set_first(sk_zone *zone, int32_t offset)
{
    void *offsets = zone->offsets;

    if (!sk_grow(&offsets, &zone->offset_capacity, 1, sizeof(*zone->offsets)))
        return false;
    zone->offsets = offsets;
    zone->offsets[0] = offset;
    return true;
}

/* ---- The rule behind the list (POSIX TZ) ---- */

typedef struct reader {
    const char *at, *end;
} reader;

/* The day of a year on which the clock changes, and when. */
typedef struct change_day {
    char form; /* 'M' month, week, day; 'J' without leap day; 'N' from 0 with leap day */
    int month, week, day;
    int time_s;
} change_day;

static bool take(reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_number(reader *r, int *out)
{
    int value = 0, digits = 0;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits < 4) {
        value = value * 10 + (*r->at++ - '0');
        digits++;
    }
    *out = value;
    return digits > 0;
}

static bool take_abbreviation(reader *r)
{
    const char *begin = r->at;

    if (take(r, '<')) {
        while (r->at < r->end && *r->at != '>')
            r->at++;
        return take(r, '>');
    }
    while (r->at < r->end && ((*r->at >= 'A' && *r->at <= 'Z') || (*r->at >= 'a' && *r->at <= 'z')))
        r->at++;
    return r->at - begin >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(reader *r, int *out_s)
{
    int sign = take(r, '-') ? -1 : 1, hours = 0, minutes = 0, seconds = 0;

    if (sign == 1)
        take(r, '+');
    if (!take_number(r, &hours))
        return false;
    if (take(r, ':') && !take_number(r, &minutes))
        return false;
    if (take(r, ':') && !take_number(r, &seconds))
        return false;
    *out_s = sign * (hours * 3600 + minutes * 60 + seconds);
    return hours <= 167 && minutes <= 59 && seconds <= 59;
}

static bool take_change_day(reader *r, change_day *out)
{
    *out = (change_day){.form = 'N', .time_s = 2 * 3600};
    if (take(r, 'M')) {
        out->form = 'M';
        if (!take_number(r, &out->month) || !take(r, '.') || !take_number(r, &out->week) ||
            !take(r, '.') || !take_number(r, &out->day) || out->month < 1 || out->month > 12 ||
            out->week < 1 || out->week > 5 || out->day > 6)
            return false;
    } else {
        if (take(r, 'J'))
            out->form = 'J';
        if (!take_number(r, &out->day) || out->day > 365 || (out->form == 'J' && out->day < 1))
            return false;
    }
    return !take(r, '/') || take_time(r, &out->time_s);
}

/* Local seconds of the change in `year`. */
static int64_t change_local(const change_day *change, int year)
{
    int64_t day = sk_civil_days(year, 1, 1);

    if (change->form == 'M') {
        /* POSIX counts weekdays from Sunday. */
        int weekday = (change->day + 6) % 7;
        int64_t first = sk_civil_days(year, change->month, 1);
        int64_t next = change->month == 12 ? sk_civil_days(year + 1, 1, 1)
                                           : sk_civil_days(year, change->month + 1, 1);

        day = first + (weekday - sk_weekday_of_days(first) + 7) % 7 + 7 * (change->week - 1);
        if (day >= next)
            day -= 7;
    } else if (change->form == 'J') {
        bool leap = sk_civil_days(year + 1, 1, 1) - day == 366;

        day += change->day - 1 + (leap && change->day >= 60);
    } else {
        day += change->day;
    }
    return day * DAY_S + change->time_s;
}

static bool add_year(sk_zone *zone, int year, const change_day change[2], const int32_t offset[2],
                     int64_t after)
{
    /* change[0] begins summer time and is told in winter's, change[1] the other way round. */
    int64_t at[2] = {change_local(&change[0], year) - offset[0],
                     change_local(&change[1], year) - offset[1]};
    int first = at[0] <= at[1] ? 0 : 1;

    for (int i = 0; i < 2; i++) {
        int which = i == 0 ? first : 1 - first;

        if (at[which] > after && !add_change(zone, at[which], offset[1 - which]))
            return false;
    }
    return true;
}

static sk_status bad_zone_file(const sk_zone *zone, sk_error *err)
{
    return sk_fail_field(err, SK_ECORRUPT, "tzid", "the tz database has no usable data for %s",
                         zone->name);
}

static sk_status apply_rule(sk_zone *zone, sk_str rule, sk_error *err)
{
    reader r = {rule.data, rule.data + rule.size};
    int64_t after = zone->count > 0 ? zone->at[zone->count - 1] : INT64_MIN;
    int year = zone->count > 0 ? sk_civil_from_local(after).year : 1970;
    int32_t offset[2] = {0, 0}; /* winter, summer */
    change_day change[2];
    int west = 0;

    if (!take_abbreviation(&r) || !take_time(&r, &west))
        return bad_zone_file(zone, err);
    offset[0] = -west;
    if (r.at == r.end) {
        bool same = zone->offsets[zone->count] == offset[0];

        return same || add_change(zone, after + 1, offset[0])
                   ? SK_OK
                   : sk_fail(err, SK_ENOMEM, "out of memory for a time zone");
    }
    if (!take_abbreviation(&r))
        return bad_zone_file(zone, err);
    west -= 3600;
    if (r.at < r.end && *r.at != ',' && !take_time(&r, &west))
        return bad_zone_file(zone, err);
    offset[1] = -west;
    if (!take(&r, ',') || !take_change_day(&r, &change[0]) || !take(&r, ',') ||
        !take_change_day(&r, &change[1]) || r.at != r.end)
        return bad_zone_file(zone, err);
    for (int y = year; y <= year + CYCLE_YEARS + 1; y++) {
        if (!add_year(zone, y, change, offset, after))
            return sk_fail(err, SK_ENOMEM, "out of memory for a time zone");
    }
    zone->fold_from = sk_civil_days(year + CYCLE_YEARS + 1, 1, 1) * DAY_S;
    return SK_OK;
}

/* ---- The file ---- */

typedef struct header {
    uint32_t utc_marks, std_marks, leaps, times, types, chars;
} header;

static uint32_t big_endian_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool read_header(sk_str file, size_t at, header *out)
{
    const unsigned char *bytes = (const unsigned char *)file.data + at;

    if (file.size < 44 || at > file.size - 44 || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return false;
    *out = (header){big_endian_u32(bytes + 20), big_endian_u32(bytes + 24),
                    big_endian_u32(bytes + 28), big_endian_u32(bytes + 32),
                    big_endian_u32(bytes + 36), big_endian_u32(bytes + 40)};
    /* Far more than any zone has; keeps the sums below from overflowing. */
    return out->utc_marks <= 65536 && out->std_marks <= 65536 && out->leaps <= 65536 &&
           out->times <= 65536 && out->types >= 1 && out->types <= 256 && out->chars <= 65536;
}

static size_t body_size(const header *h, size_t time_size)
{
    return h->times * (time_size + 1) + h->types * 6 + h->chars + h->leaps * (time_size + 4) +
           h->std_marks + h->utc_marks;
}

static sk_status read_changes(sk_zone *zone, const header *h, const unsigned char *body,
                              sk_error *err)
{
    const unsigned char *kinds = body + (size_t)h->times * 8;
    const unsigned char *types = kinds + h->times;

    if (!set_first(zone, (int32_t)big_endian_u32(types)))
        return sk_fail(err, SK_ENOMEM, "out of memory for a time zone");
    for (uint32_t i = 0; i < h->times; i++) {
        int64_t at = (int64_t)((uint64_t)big_endian_u32(body + (size_t)i * 8) << 32 |
                               big_endian_u32(body + (size_t)i * 8 + 4));

        if (kinds[i] >= h->types || (zone->count > 0 && at <= zone->at[zone->count - 1]))
            return bad_zone_file(zone, err);
        if (!add_change(zone, at, (int32_t)big_endian_u32(types + 6 * (size_t)kinds[i])))
            return sk_fail(err, SK_ENOMEM, "out of memory for a time zone");
    }
    return SK_OK;
}

static sk_status parse_file(sk_zone *zone, sk_str file, sk_error *err)
{
    header h;
    size_t at = 0, end = 0;
    sk_status st = SK_OK;

    /* The first part repeats the data with 32-bit times, for readers of old. */
    if (!read_header(file, 0, &h))
        return bad_zone_file(zone, err);
    at = 44 + body_size(&h, 4);
    if (!read_header(file, at, &h))
        return bad_zone_file(zone, err);
    at += 44;
    end = at + body_size(&h, 8);
    if (end >= file.size || file.data[end] != '\n' || file.data[file.size - 1] != '\n')
        return bad_zone_file(zone, err);
    if ((st = read_changes(zone, &h, (const unsigned char *)file.data + at, err)) != SK_OK)
        return st;
    if (file.size - end <= 2)
        return SK_OK;
    return apply_rule(zone, (sk_str){file.data + end + 1, file.size - end - 2}, err);
}

/* Letters, digits, _ + - in parts with slashes between: nothing that leads out of the database.
 * What the folder holds besides the zones proper is refused too. */
static bool name_allowed(sk_str name)
{
    static const char *const others[] = {"localtime", "posixrules", "posix/", "right/"};
    bool part_empty = true;

    if (name.size < 1 || name.size > MAX_NAME)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];

        if (c == '/') {
            if (part_empty)
                return false;
            part_empty = true;
        } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '+' || c == '-') {
            part_empty = false;
        } else {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (sk_str_starts(name, sk_str_from(others[i])))
            return false;
    }
    return !part_empty;
}

sk_status sk_zone_read(sk_str name, sk_zone **out, sk_error *err)
{
    char path[sizeof(ZONE_FOLDER) + MAX_NAME] = ZONE_FOLDER;
    sk_zone *zone = NULL;
    sk_buf file = {0};
    sk_status st = SK_OK;

    if (!name_allowed(name))
        return sk_fail_field(err, SK_EINVAL, "tzid", "\"%.*s\" is not the name of a time zone",
                             name.size > MAX_NAME ? MAX_NAME : (int)name.size, name.data);
    memcpy(path + sizeof(ZONE_FOLDER) - 1, name.data, name.size);
    if ((st = sk_file_read(path, MAX_FILE, &file, err)) != SK_OK) {
        if (st != SK_ENOMEM)
            st = sk_fail_field(err, SK_EINVAL, "tzid", "\"%.*s\" is not a known time zone",
                               SK_STR_ARG(name));
        goto out;
    }
    if ((zone = sk_calloc(1, sizeof(*zone))) == NULL) {
        st = sk_fail(err, SK_ENOMEM, "out of memory for a time zone");
        goto out;
    }
    memcpy(zone->name, name.data, name.size);
    zone->fold_from = INT64_MAX;
    if ((st = parse_file(zone, sk_buf_view(&file), err)) != SK_OK)
        goto out;
    *out = zone;
    zone = NULL;
out:
    sk_zone_free(zone);
    sk_buf_done(&file);
    return st;
}

void sk_zone_free(sk_zone *zone)
{
    if (!zone)
        return;
    sk_free(zone->at);
    sk_free(zone->offsets);
    sk_free(zone);
}

sk_str sk_zone_name(const sk_zone *zone)
{
    return sk_str_from(zone->name);
}

/* ---- Conversion ---- */

/* What to take off a time to bring it into the years that are written out. */
static int64_t fold_of(const sk_zone *zone, int64_t time_s)
{
    return time_s < zone->fold_from ? 0 : ((time_s - zone->fold_from) / CYCLE_S + 1) * CYCLE_S;
}

int64_t sk_zone_to_local(const sk_zone *zone, int64_t utc_s)
{
    int64_t fold = fold_of(zone, utc_s), time = utc_s - fold;
    size_t low = 0, high = zone->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->at[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return utc_s + zone->offsets[low];
}

int64_t sk_zone_to_utc(const sk_zone *zone, int64_t local_s)
{
    int64_t fold = fold_of(zone, local_s), local = local_s - fold;
    size_t low = 0, high = zone->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->at[middle] + zone->offsets[middle] <= local)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && local - zone->offsets[low] < zone->at[low - 1])
        low--;
    return local_s - zone->offsets[low];
}
