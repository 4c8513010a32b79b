/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

#include <stdio.h>

/* What a party likes about messages, to a message and back. */

static const char *const day_names[7] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

/* ---- From messages ---- */

static sk_status read_clock(const char *text, const char *field, uint16_t *out, sk_error *err)
{
    unsigned hour = 24, minute = 60;
    bool shaped = strlen(text) == 5 && text[2] == ':' && strspn(text, "0123456789") == 2 &&
                  strspn(text + 3, "0123456789") == 2;

    if (shaped) {
        hour = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
        minute = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
    }
    if (hour > 23 || minute > 59)
        return sk_fail_field(err, SK_EINVAL, field, "\"%.20s\" is no time such as \"21:00\"", text);
    *out = (uint16_t)(hour * 60 + minute);
    return SK_OK;
}

static sk_status read_quiet(const Schakel__V1__Preferences *message, sk_preferences *out,
                            sk_error *err)
{
    sk_status st;

    out->has_quiet = *message->quiet_from || *message->quiet_to;
    if (!out->has_quiet)
        return SK_OK;
    if (!*message->quiet_from)
        return sk_fail_field(err, SK_EINVAL, "preferences.quietFrom", "needed beside quietTo");
    if (!*message->quiet_to)
        return sk_fail_field(err, SK_EINVAL, "preferences.quietTo", "needed beside quietFrom");
    st = read_clock(message->quiet_from, "preferences.quietFrom", &out->quiet_from_min, err);
    return st == SK_OK
               ? read_clock(message->quiet_to, "preferences.quietTo", &out->quiet_to_min, err)
               : st;
}

static sk_status read_days(const Schakel__V1__Preferences *message, sk_preferences *out,
                           sk_error *err)
{
    char field[48];

    for (size_t i = 0; i < message->n_quiet_days; i++) {
        int day = 0;

        while (day < 7 && strcmp(message->quiet_days[i], day_names[day]) != 0)
            day++;
        snprintf(field, sizeof(field), "preferences.quietDays[%zu]", i);
        if (day == 7)
            return sk_fail_field(err, SK_EINVAL, field,
                                 "\"%.20s\" is no day; they are MO TU WE TH FR SA SU",
                                 message->quiet_days[i]);
        out->quiet_days |= (uint8_t)(1u << day);
    }
    return SK_OK;
}

sk_status sk_preferences_from_message(const Schakel__V1__Preferences *message, sk_preferences *out,
                                      sk_error *err)
{
    sk_preferences read = {0};
    sk_status st = SK_OK;

    if (message) {
        read.channel = sk_str_from(message->channel);
        read.max_per_day = message->max_per_day;
        read.max_per_week = message->max_per_week;
        read.language = sk_str_from(message->language);
        read.has_digest = *message->digest_at != '\0';
        st = read_quiet(message, &read, err);
        if (st == SK_OK && read.has_digest)
            st = read_clock(message->digest_at, "preferences.digestAt", &read.digest_min, err);
        if (st == SK_OK)
            st = read_days(message, &read, err);
        if (st == SK_OK)
            st = sk_time_from_message(message->pause_until, "preferences.pauseUntil",
                                      &read.pause_until_ms, err);
    }
    if (st == SK_OK)
        *out = read;
    return st;
}

/* ---- To messages ---- */

static bool is_empty(const sk_preferences *p)
{
    return p->channel.size == 0 && !p->has_quiet && !p->max_per_day && !p->max_per_week &&
           !p->quiet_days && !p->pause_until_ms && !p->has_digest && p->language.size == 0;
}

static bool put_clock(uint16_t minutes, sk_arena *arena, char **out)
{
    char text[16];

    snprintf(text, sizeof(text), "%02u:%02u", minutes / 60u, minutes % 60u);
    *out = sk_str_to_message(sk_str_from(text), arena);
    return *out != NULL;
}

static bool put_days(uint8_t days, sk_arena *arena, Schakel__V1__Preferences *out)
{
    sk_str names[7];
    size_t count = 0;

    for (int day = 0; day < 7; day++)
        if (days & (1u << day))
            names[count++] = sk_str_from(day_names[day]);
    return sk_strs_to_message((sk_strs){names, count}, arena, &out->n_quiet_days, &out->quiet_days);
}

bool sk_preferences_to_message(const sk_preferences *p, sk_arena *arena,
                               Schakel__V1__Preferences **out)
{
    Schakel__V1__Preferences *made;

    *out = NULL;
    if (is_empty(p))
        return true;
    if (!(made = sk_arena_alloc(arena, sizeof(*made))))
        return false;
    schakel__v1__preferences__init(made);
    made->max_per_day = p->max_per_day;
    made->max_per_week = p->max_per_week;
    if (!(made->channel = sk_str_to_message(p->channel, arena)) ||
        !(made->language = sk_str_to_message(p->language, arena)) ||
        (p->has_quiet && (!put_clock(p->quiet_from_min, arena, &made->quiet_from) ||
                          !put_clock(p->quiet_to_min, arena, &made->quiet_to))) ||
        (p->has_digest && !put_clock(p->digest_min, arena, &made->digest_at)) ||
        !put_days(p->quiet_days, arena, made) ||
        !sk_time_to_message(p->pause_until_ms, arena, &made->pause_until))
        return false;
    *out = made;
    return true;
}
