/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/rrule.h"

/* Reading recurrence rules. libical's reader forgives much, and what it forgives it changes, so the
 * grammar and the table of RFC 5545, 3.3.10 are checked here to the letter: each part once, numbers
 * in range, and no part beside a frequency that it does not go with. RFC 7529 (RSCALE, SKIP) and
 * EASTER are refused with the other unknown parts. */

typedef struct part_reader {
    const char *at, *end;
    sk_str name; /* of the part, for errors */
    sk_error *err;
} part_reader;

static sk_status bad_part(const part_reader *r, const char *why)
{
    return sk_fail_field(r->err, SK_EINVAL, "rrule", "%.*s %s",
                         r->name.size > 20 ? 20 : (int)r->name.size, r->name.data, why);
}

/* ---- Words and numbers ---- */

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool same_word(sk_str s, const char *word)
{
    size_t size = strlen(word);

    if (s.size != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (upper(s.data[i]) != word[i])
            return false;
    }
    return true;
}

static sk_status read_number(part_reader *r, int max_digits, int64_t least, int64_t most,
                             int64_t *out)
{
    int64_t value = 0;
    int digits = 0;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits <= max_digits) {
        value = value * 10 + (*r->at++ - '0');
        digits++;
    }
    if (digits == 0)
        return bad_part(r, "needs a number");
    if (digits > max_digits || value < least || value > most)
        return sk_fail_field(r->err, SK_EINVAL, "rrule", "%.*s has a number outside %d to %d",
                             SK_STR_ARG(r->name), (int)least, (int)most);
    *out = value;
    return SK_OK;
}

static int sign_at(part_reader *r)
{
    if (r->at < r->end && (*r->at == '-' || *r->at == '+'))
        return *r->at++ == '-' ? -1 : 1;
    return 1;
}

/* Between two items of a list; at the end `more` is false. */
static sk_status read_comma(part_reader *r, bool *more)
{
    *more = r->at < r->end;
    if (*more && *r->at++ != ',')
        return bad_part(r, "must be a list with commas between");
    return SK_OK;
}

static sk_status read_plain_list(part_reader *r, int64_t least, int64_t most, uint64_t *out)
{
    sk_status st = SK_OK;
    bool more = true;

    while (more) {
        int64_t number = 0;

        if ((st = read_number(r, 2, least, most, &number)) != SK_OK ||
            (st = read_comma(r, &more)) != SK_OK)
            return st;
        *out |= UINT64_C(1) << number;
    }
    return SK_OK;
}

static sk_status read_signed_list(part_reader *r, int max_digits, int64_t most, sk_signed_set *out)
{
    sk_status st = SK_OK;
    bool more = true;

    while (more) {
        int64_t number = 0;
        int sign = sign_at(r);

        if ((st = read_number(r, max_digits, 1, most, &number)) != SK_OK ||
            (st = read_comma(r, &more)) != SK_OK)
            return st;
        (sign > 0 ? out->plus : out->minus)[number / 64] |= UINT64_C(1) << (number % 64);
        out->any = true;
    }
    return SK_OK;
}

static sk_status read_weekday(part_reader *r, int *out)
{
    static const char days[] = "MOTUWETHFRSASU";

    for (int i = 0; i < 7 && r->end - r->at >= 2; i++) {
        if (upper(r->at[0]) == days[2 * i] && upper(r->at[1]) == days[2 * i + 1]) {
            r->at += 2;
            *out = i;
            return SK_OK;
        }
    }
    return bad_part(r, "needs days of MO TU WE TH FR SA SU");
}

static sk_status read_days(part_reader *r, sk_rrule *out)
{
    sk_status st = SK_OK;
    bool more = true;

    while (more) {
        bool numbered =
            r->at < r->end && (*r->at == '-' || *r->at == '+' || (*r->at >= '0' && *r->at <= '9'));
        int sign = sign_at(r), day = 0;
        int64_t nth = 0;

        if (numbered && (st = read_number(r, 2, 1, 53, &nth)) != SK_OK)
            return st;
        if ((st = read_weekday(r, &day)) != SK_OK || (st = read_comma(r, &more)) != SK_OK)
            return st;
        if (!numbered)
            out->weekdays |= (uint8_t)(1u << day);
        else
            (sign > 0 ? out->nth : out->nth_last)[day] |= UINT64_C(1) << nth;
        out->any_nth = out->any_nth || numbered;
    }
    return SK_OK;
}

/* ---- Parts ---- */

static sk_status read_freq(part_reader *r, sk_rrule *out)
{
    static const char *const names[] = {"SECONDLY", "MINUTELY", "HOURLY", "DAILY",
                                        "WEEKLY",   "MONTHLY",  "YEARLY"};
    sk_str value = {r->at, (size_t)(r->end - r->at)};

    for (int i = 0; i < 7; i++) {
        if (same_word(value, names[i])) {
            out->freq = (sk_freq)i;
            r->at = r->end;
            return SK_OK;
        }
    }
    return bad_part(r, "must be SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY");
}

static bool read_digits(part_reader *r, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, r->at++) {
        if (r->at == r->end || *r->at < '0' || *r->at > '9')
            return false;
        *out = *out * 10 + (*r->at - '0');
    }
    return true;
}

/* 20260305, 20260305T140000 or 20260305T140000Z */
static sk_status read_until(part_reader *r, sk_rrule *out)
{
    sk_civil civil = {0};
    bool right = read_digits(r, 4, &civil.year) && read_digits(r, 2, &civil.month) &&
                 read_digits(r, 2, &civil.day);

    out->until = SK_UNTIL_LOCAL;
    if (right && r->at < r->end) {
        right = upper(*r->at++) == 'T' && read_digits(r, 2, &civil.hour) &&
                read_digits(r, 2, &civil.minute) && read_digits(r, 2, &civil.second);
        if (right && r->at < r->end && upper(*r->at) == 'Z') {
            r->at++;
            out->until = SK_UNTIL_INSTANT;
        }
    }
    /* RFC 5545, 3.3.12: who knows no leap seconds reads the sixtieth as the one before. */
    if (civil.second == 60)
        civil.second = 59;
    if (!right || !sk_civil_valid(&civil))
        return bad_part(r, "must be a date, or a date and time like 20260305T140000");
    out->until_s = sk_civil_to_local(&civil);
    return SK_OK;
}

enum {
    PART_FREQ,
    PART_UNTIL,
    PART_COUNT,
    PART_INTERVAL,
    PART_BYSECOND,
    PART_BYMINUTE,
    PART_BYHOUR,
    PART_BYDAY,
    PART_BYMONTHDAY,
    PART_BYYEARDAY,
    PART_BYWEEKNO,
    PART_BYMONTH,
    PART_BYSETPOS,
    PART_WKST,
    PART_TOTAL
};

static int part_of(sk_str name)
{
    static const char *const names[PART_TOTAL] = {
        "FREQ",  "UNTIL",      "COUNT",     "INTERVAL", "BYSECOND", "BYMINUTE", "BYHOUR",
        "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH",  "BYSETPOS", "WKST"};

    for (int i = 0; i < PART_TOTAL; i++) {
        if (same_word(name, names[i]))
            return i;
    }
    return -1;
}

static sk_status read_plain_part(part_reader *r, int part, sk_rrule *out)
{
    uint64_t set = 0;
    sk_status st = SK_OK;

    switch (part) {
    case PART_BYSECOND:
        st = read_plain_list(r, 0, 60, &out->seconds);
        /* The leap second again. */
        if (out->seconds >> 60 & 1)
            out->seconds = (out->seconds & ~(UINT64_C(1) << 60)) | UINT64_C(1) << 59;
        return st;
    case PART_BYMINUTE:
        return read_plain_list(r, 0, 59, &out->minutes);
    case PART_BYHOUR:
        st = read_plain_list(r, 0, 23, &set);
        out->hours = (uint32_t)set;
        return st;
    default:
        st = read_plain_list(r, 1, 12, &set);
        out->months = (uint16_t)set;
        return st;
    }
}

static sk_status read_part(part_reader *r, int part, sk_rrule *out)
{
    switch (part) {
    case PART_FREQ:
        return read_freq(r, out);
    case PART_UNTIL:
        return read_until(r, out);
    case PART_COUNT:
        return read_number(r, 9, 1, 999999999, &out->count);
    case PART_INTERVAL:
        return read_number(r, 9, 1, 999999999, &out->interval);
    case PART_BYDAY:
        return read_days(r, out);
    case PART_BYMONTHDAY:
        return read_signed_list(r, 2, 31, &out->month_days);
    case PART_BYYEARDAY:
        return read_signed_list(r, 3, 366, &out->year_days);
    case PART_BYWEEKNO:
        return read_signed_list(r, 2, 53, &out->week_numbers);
    case PART_BYSETPOS:
        return read_signed_list(r, 3, 366, &out->positions);
    case PART_WKST:
        return read_weekday(r, &out->week_start);
    default:
        return read_plain_part(r, part, out);
    }
}

/* ---- What goes together ---- */

static sk_status check_together(const sk_rrule *rule, unsigned seen, sk_error *err)
{
    unsigned by_parts = seen & ((1u << PART_BYSETPOS) - (1u << PART_BYSECOND));
    const char *why = NULL;

    if (!(seen & 1u << PART_FREQ))
        why = "FREQ is required";
    else if ((seen & 1u << PART_COUNT) && (seen & 1u << PART_UNTIL))
        why = "COUNT and UNTIL do not go together";
    else if (rule->any_nth && rule->freq != SK_MONTHLY && rule->freq != SK_YEARLY)
        why = "BYDAY with a number goes with MONTHLY and YEARLY only";
    else if (rule->any_nth && rule->week_numbers.any)
        why = "BYDAY with a number does not go with BYWEEKNO";
    else if (rule->month_days.any && rule->freq == SK_WEEKLY)
        why = "BYMONTHDAY does not go with WEEKLY";
    else if (rule->year_days.any && rule->freq >= SK_DAILY && rule->freq <= SK_MONTHLY)
        why = "BYYEARDAY does not go with DAILY, WEEKLY and MONTHLY";
    else if (rule->week_numbers.any && rule->freq != SK_YEARLY)
        why = "BYWEEKNO goes with YEARLY only";
    else if (rule->positions.any && by_parts == 0)
        why = "BYSETPOS needs another BY part";
    return why ? sk_fail_field(err, SK_EINVAL, "rrule", "%s", why) : SK_OK;
}

static sk_status parse_part(sk_str text, unsigned *seen, sk_rrule *out, sk_error *err)
{
    const char *equals = memchr(text.data, '=', text.size);
    part_reader r = {text.data + text.size, text.data + text.size, text, err};
    sk_status st = SK_OK;
    int part = -1;

    if (equals) {
        r.name.size = (size_t)(equals - text.data);
        r.at = equals + 1;
        part = part_of(r.name);
    }
    if (part < 0)
        return sk_fail_field(err, SK_EINVAL, "rrule", "\"%.*s\" is no part of a recurrence rule",
                             text.size > 40 ? 40 : (int)text.size, text.data);
    if (*seen & 1u << part)
        return bad_part(&r, "is there twice");
    *seen |= 1u << part;
    if ((st = read_part(&r, part, out)) != SK_OK)
        return st;
    return r.at == r.end ? SK_OK : bad_part(&r, "has something behind its value");
}

sk_status sk_rrule_parse(sk_str text, sk_rrule *out, sk_error *err)
{
    sk_rrule rule = {.interval = 1};
    unsigned seen = 0;
    sk_status st = SK_OK;

    if (text.size == 0)
        return sk_fail_field(err, SK_EINVAL, "rrule", "FREQ is required");
    for (size_t at = 0; at <= text.size;) {
        const char *semicolon = memchr(text.data + at, ';', text.size - at);
        size_t end = semicolon ? (size_t)(semicolon - text.data) : text.size;

        if ((st = parse_part((sk_str){text.data + at, end - at}, &seen, &rule, err)) != SK_OK)
            return st;
        at = end + 1;
    }
    if ((st = check_together(&rule, seen, err)) != SK_OK)
        return st;
    *out = rule;
    return SK_OK;
}

/* ---- Density ---- */

static int64_t bits_or(uint64_t set, int64_t otherwise)
{
    return set ? __builtin_popcountll(set) : otherwise;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t sk_rrule_per_day(const sk_rrule *rule)
{
    int64_t hours = bits_or(rule->hours, rule->freq < SK_DAILY ? 24 : 1);
    int64_t minutes = bits_or(rule->minutes, rule->freq < SK_HOURLY ? 60 : 1);
    int64_t seconds = bits_or(rule->seconds, rule->freq < SK_MINUTELY ? 60 : 1);
    int64_t all = hours * minutes * seconds;

    switch (rule->freq) {
    case SK_SECONDLY:
        return smaller(all, 86400 / rule->interval + 1);
    case SK_MINUTELY:
        return smaller(all, (1440 / rule->interval + 1) * seconds);
    case SK_HOURLY:
        return smaller(all, (24 / rule->interval + 1) * minutes * seconds);
    default:
        return all;
    }
}
