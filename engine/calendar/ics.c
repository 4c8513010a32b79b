/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/inside.h"

#include <pthread.h>
#include <stdio.h>

#include <libical/ical.h>

/* Problem: people have their availability in a calendar program, which writes iCalendar (RFC 5545).
 *
 * libical reads the text; it forgives much and leaves notes (X-LIC-ERROR) where it dropped a line.
 * A note about a line that says when an event is refuses the event, other notes do not matter. Each
 * VEVENT becomes one window, or more when it has several rules or dates of its own:
 *
 *     DTSTART, DTEND or DURATION -> start and end; a date alone is that whole day
 *     RRULE, EXDATE              -> rrule, exdates; a window for each RRULE
 *     RDATE                      -> a window for each
 *     TZID                       -> tzid, when it names a zone of the tz database in some way
 *     RECURRENCE-ID              -> an exdate of the event with that UID, and a window of its own
 *     STATUS:CANCELLED           -> no window
 *
 * What windows cannot say (EXRULE, this-and-future changes, longer than 24 hours, a zone of its own
 * making) is refused. So is a calendar without events, since no windows
 * would mean available at any time.
 *
 * libical may stop the process on what it takes for errors; that is switched off once. */

#define MAX_TEXT (1024 * 1024)
#define MAX_EVENTS 1000
#define MAX_DEPTH 4
#define DAY_S SK_DAY_S

typedef struct moment {
    int64_t local_s;
    const sk_zone *zone;
    bool is_date;
} moment;

typedef struct event {
    icalcomponent *source;
    sk_str uid;
    sk_window window; /* start, end and zone of all */
    sk_window *windows;
    size_t window_count;
    bool repeats;
    const sk_zone *zone;
    int64_t *exdates;
    size_t exdate_count;
    moment replaces; /* RECURRENCE-ID; zone NULL: none */
    bool cancelled;
} event;

typedef struct reading {
    sk_calendar *calendar;
    icalcomponent *root;
    sk_arena *arena;
    event *events;
    size_t count;
    sk_error *err;
} reading;

static sk_status bad(const reading *r, size_t index, const char *property, const char *why)
{
    char field[64];

    snprintf(field, sizeof(field), "VEVENT[%zu]%s%s", index, property[0] ? "." : "", property);
    return sk_fail_field(r->err, SK_EINVAL, field, "%s", why);
}

static sk_status no_memory(const reading *r)
{
    return sk_fail(r->err, SK_ENOMEM, "out of memory for a calendar");
}

/* ---- Zones ---- */

/* Programs write IANA names, paths that end in one, or the names of Windows and Notes. */
static const char *zone_by_alias(sk_str name)
{
    static const char *const pairs[][2] = {
        {"W. Europe Standard Time", "Europe/Amsterdam"},
        {"Romance Standard Time", "Europe/Brussels"},
        {"Central Europe Standard Time", "Europe/Budapest"},
        {"Central European Standard Time", "Europe/Warsaw"},
        {"GMT Standard Time", "Europe/London"},
        {"E. Europe Standard Time", "Europe/Chisinau"},
        {"FLE Standard Time", "Europe/Helsinki"},
        {"GTB Standard Time", "Europe/Bucharest"},
        {"Turkey Standard Time", "Europe/Istanbul"},
        {"SA Western Standard Time", "America/Curacao"},
        {"Western/Central Europe", "Europe/Amsterdam"},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (sk_str_eq(name, sk_str_from(pairs[i][0])))
            return pairs[i][1];
    }
    return NULL;
}

/* "/example.org/2026/Europe/Amsterdam": try what follows each slash. */
static bool zone_in_path(const reading *r, sk_str name, const sk_zone **out)
{
    for (size_t i = 0; i <= name.size; i++) {
        sk_str rest = {name.data + i, name.size - i};

        if (i > 0 && name.data[i - 1] != '/')
            continue;
        if (rest.size > 0 && sk_calendar_zone(r->calendar, rest, out, NULL) == SK_OK)
            return true;
    }
    return false;
}

static bool zone_by_component(const reading *r, icalcomponent *calendar, const char *tzid,
                              const sk_zone **out)
{
    icalcomponent *c = icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT);

    for (; c; c = icalcomponent_get_next_component(calendar, ICAL_VTIMEZONE_COMPONENT)) {
        icalproperty *id = icalcomponent_get_first_property(c, ICAL_TZID_PROPERTY);
        icalproperty *p = icalcomponent_get_first_property(c, ICAL_X_PROPERTY);
        const char *own = id ? icalproperty_get_tzid(id) : NULL;

        if (!own || strcmp(own, tzid) != 0)
            continue;
        for (; p; p = icalcomponent_get_next_property(c, ICAL_X_PROPERTY)) {
            const char *name = icalproperty_get_x_name(p), *value = icalproperty_get_x(p);

            if (name && value && strcmp(name, "X-LIC-LOCATION") == 0)
                return zone_in_path(r, sk_str_from(value), out);
        }
    }
    return false;
}

static bool find_zone(const reading *r, icalcomponent *of, const char *tzid, const sk_zone **out)
{
    const char *alias = zone_by_alias(sk_str_from(tzid));
    icalcomponent *calendar = icalcomponent_get_parent(of);

    if (alias)
        return sk_calendar_zone(r->calendar, sk_str_from(alias), out, NULL) == SK_OK;
    if (zone_in_path(r, sk_str_from(tzid), out))
        return true;
    return calendar && zone_by_component(r, calendar, tzid, out);
}

/* ---- Times ---- */

static sk_status read_moment(const reading *r, size_t index, icalproperty *property,
                             const char *name, struct icaltimetype time, moment *out)
{
    sk_civil civil = {time.year, time.month, time.day, time.hour, time.minute, time.second};
    icalparameter *zone = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
    const char *tzid = zone ? icalparameter_get_tzid(zone) : NULL;
    sk_str fixed = icaltime_is_utc(time) ? SK_STR("UTC") : SK_STR("");

    if (time.is_date)
        civil.hour = civil.minute = civil.second = 0;
    if (civil.second == 60)
        civil.second = 59;
    if (icaltime_is_null_time(time) || !sk_civil_valid(&civil))
        return bad(r, index, name, "is a date or time that does not exist");
    if (fixed.size == 0 && tzid && !time.is_date) {
        if (!find_zone(r, r->events[index].source, tzid, &out->zone))
            return bad(r, index, name, "has a TZID that is not in the tz database");
    } else {
        sk_status st = sk_calendar_zone(r->calendar, fixed, &out->zone, r->err);

        if (st != SK_OK)
            return st;
    }
    out->local_s = sk_civil_to_local(&civil);
    out->is_date = time.is_date;
    return SK_OK;
}

static int64_t local_in(const moment *m, const sk_zone *zone)
{
    return m->zone == zone ? m->local_s
                           : sk_zone_to_local(zone, sk_zone_to_utc(m->zone, m->local_s));
}

static icalproperty *only_property(icalcomponent *c, icalproperty_kind kind, bool *twice)
{
    icalproperty *first = icalcomponent_get_first_property(c, kind);

    *twice = first && icalcomponent_get_next_property(c, kind);
    return first;
}

static int64_t seconds_of(struct icaldurationtype d)
{
    int64_t seconds = ((int64_t)d.weeks * 7 + d.days) * DAY_S + (int64_t)d.hours * 3600 +
                      (int64_t)d.minutes * 60 + d.seconds;

    return d.is_neg ? -seconds : seconds;
}

static sk_status duration_seconds(const reading *r, size_t index, icalproperty *property,
                                  int64_t *out)
{
    struct icaldurationtype d = icalproperty_get_duration(property);

    if (icaldurationtype_is_bad_duration(d) || d.is_neg)
        return bad(r, index, "DURATION", "is not a positive duration");
    *out = seconds_of(d);
    return SK_OK;
}

static sk_status read_end(const reading *r, size_t index, const moment *start, int64_t *out)
{
    icalcomponent *c = r->events[index].source;
    bool two_ends = false, two_durations = false;
    icalproperty *end = only_property(c, ICAL_DTEND_PROPERTY, &two_ends);
    icalproperty *duration = only_property(c, ICAL_DURATION_PROPERTY, &two_durations);
    moment m = {0};
    sk_status st = SK_OK;

    if (two_ends || two_durations || (end && duration))
        return bad(r, index, "DTEND", "must be there once, or DURATION in its place");
    if (end) {
        if ((st = read_moment(r, index, end, "DTEND", icalproperty_get_dtend(end), &m)) != SK_OK)
            return st;
        if (m.is_date != start->is_date)
            return bad(r, index, "DTEND", "must be a date when DTSTART is, and a time when not");
        *out = local_in(&m, start->zone);
        /* Programs that take the end of a whole day for its last day. */
        if (m.is_date && *out == start->local_s)
            *out += DAY_S;
    } else if (duration) {
        int64_t seconds = 0;

        if ((st = duration_seconds(r, index, duration, &seconds)) != SK_OK)
            return st;
        *out = start->local_s + seconds;
    } else if (start->is_date) {
        *out = start->local_s + DAY_S;
    } else {
        return bad(r, index, "DTEND", "is required, or DURATION");
    }
    return SK_OK;
}

static sk_status read_start_and_end(const reading *r, size_t index, event *e)
{
    bool twice = false;
    icalproperty *p = only_property(e->source, ICAL_DTSTART_PROPERTY, &twice);
    moment start = {0};
    sk_status st = SK_OK;

    if (!p || twice)
        return bad(r, index, "DTSTART", p ? "is there twice" : "is required");
    if ((st = read_moment(r, index, p, "DTSTART", icalproperty_get_dtstart(p), &start)) != SK_OK ||
        (st = read_end(r, index, &start, &e->window.end_local_s)) != SK_OK)
        return st;
    e->zone = start.zone;
    e->window.start_local_s = start.local_s;
    e->window.tzid = sk_zone_name(start.zone);
    if (e->window.end_local_s <= e->window.start_local_s)
        return bad(r, index, "DTEND", "must be after DTSTART");
    if (e->window.end_local_s - e->window.start_local_s > DAY_S)
        return bad(r, index, "DTEND", "is more than 24 hours after DTSTART");
    return SK_OK;
}

/* ---- Repetition ---- */

static sk_status add_rule(const reading *r, size_t index, event *e, icalproperty *p)
{
    char *text = icalproperty_get_value_as_string_r(p);
    char prefix[32];
    sk_window *w = &e->windows[e->window_count];
    sk_status st = SK_OK;

    if (!text)
        return bad(r, index, "RRULE", "cannot be read");
    *w = e->window;
    w->rrule = sk_arena_str(r->arena, sk_str_from(text));
    icalmemory_free_buffer(text);
    if (!w->rrule.data)
        return no_memory(r);
    if ((st = sk_calendar_check(r->calendar, w, r->err)) != SK_OK) {
        snprintf(prefix, sizeof(prefix), "VEVENT[%zu].", index);
        sk_error_within(r->err, prefix);
        return st;
    }
    e->window_count++;
    return SK_OK;
}

/* A date of its own, as long as the event, or a period as long as it says. */
static sk_status add_date(const reading *r, size_t index, event *e, icalproperty *p)
{
    struct icaldatetimeperiodtype value = icalproperty_get_rdate(p);
    bool period = icaltime_is_null_time(value.time);
    sk_window *w = &e->windows[e->window_count];
    moment start = {0}, end = {0};
    sk_status st = SK_OK;

    *w = e->window;
    st = read_moment(r, index, p, "RDATE", period ? value.period.start : value.time, &start);
    if (st != SK_OK)
        return st;
    w->start_local_s = start.local_s;
    w->end_local_s = start.local_s + e->window.end_local_s - e->window.start_local_s;
    w->tzid = sk_zone_name(start.zone);
    if (period && !icaltime_is_null_time(value.period.end)) {
        if ((st = read_moment(r, index, p, "RDATE", value.period.end, &end)) != SK_OK)
            return st;
        w->end_local_s = local_in(&end, start.zone);
    } else if (period) {
        w->end_local_s = start.local_s + seconds_of(value.period.duration);
    }
    if (w->end_local_s <= w->start_local_s || w->end_local_s - w->start_local_s > DAY_S)
        return bad(r, index, "RDATE", "must last more than nothing and at most 24 hours");
    e->window_count++;
    return SK_OK;
}

static sk_status read_windows(const reading *r, size_t index, event *e)
{
    icalcomponent *c = e->source;
    size_t rules = (size_t)icalcomponent_count_properties(c, ICAL_RRULE_PROPERTY);
    size_t dates = (size_t)icalcomponent_count_properties(c, ICAL_RDATE_PROPERTY);
    icalproperty *p = NULL;
    sk_status st = SK_OK;

    if (icalcomponent_get_first_property(c, ICAL_EXRULE_PROPERTY))
        return bad(r, index, "EXRULE", "is not supported; use EXDATE");
    if ((e->windows = sk_arena_calloc(r->arena, rules + dates + 1, sizeof(sk_window))) == NULL)
        return no_memory(r);
    /* Without a rule the start itself is an occurrence. */
    if (rules == 0)
        e->windows[e->window_count++] = e->window;
    e->repeats = rules + dates > 0;
    p = icalcomponent_get_first_property(c, ICAL_RRULE_PROPERTY);
    for (; p && st == SK_OK; p = icalcomponent_get_next_property(c, ICAL_RRULE_PROPERTY))
        st = add_rule(r, index, e, p);
    p = st == SK_OK ? icalcomponent_get_first_property(c, ICAL_RDATE_PROPERTY) : NULL;
    for (; p && st == SK_OK; p = icalcomponent_get_next_property(c, ICAL_RDATE_PROPERTY))
        st = add_date(r, index, e, p);
    return st;
}

static sk_status read_exdates(const reading *r, size_t index, event *e)
{
    icalproperty *p = NULL;
    size_t count = (size_t)icalcomponent_count_properties(e->source, ICAL_EXDATE_PROPERTY);
    sk_status st = SK_OK;

    if (count == 0)
        return SK_OK;
    if (count > SK_MAX_EXDATES)
        return bad(r, index, "EXDATE", "has too many dates");
    if ((e->exdates = sk_arena_calloc(r->arena, count, sizeof(int64_t))) == NULL)
        return no_memory(r);
    p = icalcomponent_get_first_property(e->source, ICAL_EXDATE_PROPERTY);
    for (; p && e->exdate_count < count;
         p = icalcomponent_get_next_property(e->source, ICAL_EXDATE_PROPERTY)) {
        moment m = {0};

        st = read_moment(r, index, p, "EXDATE", icalproperty_get_exdate(p), &m);
        if (st != SK_OK)
            return st;
        /* An all-day event starts at 00:00, as its EXDATE does. */
        if (m.is_date && e->window.start_local_s % DAY_S != 0)
            return bad(r, index, "EXDATE", "must be a time, as DTSTART is");
        e->exdates[e->exdate_count++] = m.is_date ? m.local_s : local_in(&m, e->zone);
    }
    return SK_OK;
}

static sk_status read_replaced(const reading *r, size_t index, event *e)
{
    icalproperty *p = icalcomponent_get_first_property(e->source, ICAL_RECURRENCEID_PROPERTY);

    if (!p)
        return SK_OK;
    if (icalproperty_get_first_parameter(p, ICAL_RANGE_PARAMETER))
        return bad(r, index, "RECURRENCE-ID", "with RANGE is not supported");
    if (e->repeats)
        return bad(r, index, "RECURRENCE-ID", "does not go with RRULE and RDATE");
    return read_moment(r, index, p, "RECURRENCE-ID", icalproperty_get_recurrenceid(p),
                       &e->replaces);
}

/* ---- Events ---- */

static sk_status check_notes(const reading *r, size_t index, icalcomponent *c)
{
    static const char *const names[] = {"DTSTART", "DTEND", "DURATION",      "RRULE",
                                        "EXDATE",  "RDATE", "RECURRENCE-ID", "EXRULE"};
    icalproperty *p = icalcomponent_get_first_property(c, ICAL_XLICERROR_PROPERTY);

    for (; p; p = icalcomponent_get_next_property(c, ICAL_XLICERROR_PROPERTY)) {
        const char *note = icalproperty_get_xlicerror(p);

        /* An EXDATE or RDATE without a value takes and adds nothing. */
        if (!note || strstr(note, "No value for EXDATE") || strstr(note, "No value for RDATE"))
            continue;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (strstr(note, names[i]))
                return bad(r, index, names[i], "cannot be read");
        }
    }
    return SK_OK;
}

static sk_status read_event(const reading *r, size_t index)
{
    event *e = &r->events[index];
    icalproperty *uid = icalcomponent_get_first_property(e->source, ICAL_UID_PROPERTY);
    icalproperty *status = icalcomponent_get_first_property(e->source, ICAL_STATUS_PROPERTY);
    sk_status st = SK_OK;

    e->uid = sk_str_from(uid ? icalproperty_get_uid(uid) : NULL);
    e->cancelled = status && icalproperty_get_status(status) == ICAL_STATUS_CANCELLED;
    if ((st = check_notes(r, index, e->source)) != SK_OK ||
        (st = read_start_and_end(r, index, e)) != SK_OK ||
        (st = read_windows(r, index, e)) != SK_OK || (st = read_exdates(r, index, e)) != SK_OK)
        return st;
    return read_replaced(r, index, e);
}

/* The changed occurrences of one repeated event are exdates to it. */
static sk_status add_replaced(const reading *r, size_t index, event *master)
{
    size_t count = master->exdate_count;
    int64_t *exdates = NULL;

    for (size_t i = 0; i < r->count; i++)
        count += r->events[i].replaces.zone && sk_str_eq(r->events[i].uid, master->uid);
    if (count == master->exdate_count)
        return SK_OK;
    if (count > SK_MAX_EXDATES)
        return bad(r, index, "EXDATE", "has too many dates, changed occurrences included");
    if ((exdates = sk_arena_calloc(r->arena, count, sizeof(int64_t))) == NULL)
        return no_memory(r);
    if (master->exdate_count)
        memcpy(exdates, master->exdates, master->exdate_count * sizeof(int64_t));
    for (size_t i = 0; i < r->count; i++) {
        const moment *m = &r->events[i].replaces;

        if (m->zone && sk_str_eq(r->events[i].uid, master->uid))
            exdates[master->exdate_count++] = m->is_date ? m->local_s : local_in(m, master->zone);
    }
    master->exdates = exdates;
    return SK_OK;
}

/* ---- The text ---- */

static pthread_once_t libical_once = PTHREAD_ONCE_INIT;

static void tame_libical(void)
{
    icalerror_set_errors_are_fatal(0);
}

/* Put the VEVENTs below `c` into r->events, or only count them when there is none yet. */
static void collect_events(reading *r, icalcomponent *c, int depth)
{
    icalcomponent *inner = NULL;

    if (icalcomponent_isa(c) == ICAL_VEVENT_COMPONENT) {
        if (r->events)
            r->events[r->count].source = c;
        r->count++;
        return;
    }
    if (depth == MAX_DEPTH)
        return;
    inner = icalcomponent_get_first_component(c, ICAL_ANY_COMPONENT);
    for (; inner; inner = icalcomponent_get_next_component(c, ICAL_ANY_COMPONENT))
        collect_events(r, inner, depth + 1);
}

/* The first letters of the line at `at`, as if it were not folded. */
static size_t line_head(sk_str text, size_t at, char *out, size_t max)
{
    size_t size = 0;

    while (at < text.size && size < max) {
        if (text.data[at] == '\n') {
            if (at + 1 >= text.size || (text.data[at + 1] != ' ' && text.data[at + 1] != '\t'))
                break;
            at += 2;
        } else if (text.data[at] == '\r') {
            at++;
        } else {
            char c = text.data[at++];

            out[size++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
    }
    return size;
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* libical writes to the process's stderr about an END too many, and about nothing else. */
static sk_status check_nesting(const reading *r, sk_str text)
{
    int depth = 0, line = 1;

    for (size_t at = 0; at < text.size; line++) {
        const char *end = memchr(text.data + at, '\n', text.size - at);
        char head[6];
        sk_str name = {head, line_head(text, at, head, sizeof(head))};

        if (sk_str_starts(name, SK_STR("BEGIN:")))
            depth++;
        if (sk_str_starts(name, SK_STR("END")) && (name.size < 4 || !is_name_char(head[3])) &&
            --depth < 0)
            return sk_fail(r->err, SK_EINVAL, "line %d has an END without BEGIN", line);
        at = end ? (size_t)(end - text.data) + 1 : text.size;
    }
    return SK_OK;
}

static sk_status read_events(reading *r)
{
    sk_status st = SK_OK;

    collect_events(r, r->root, 0);
    if (r->count == 0)
        return sk_fail(r->err, SK_EINVAL, "the calendar has no VEVENT");
    if (r->count > MAX_EVENTS)
        return sk_fail(r->err, SK_ELIMIT, "the calendar has %zu events, at most %d are read",
                       r->count, MAX_EVENTS);
    if ((r->events = sk_arena_calloc(r->arena, r->count, sizeof(event))) == NULL)
        return no_memory(r);
    r->count = 0;
    collect_events(r, r->root, 0);
    for (size_t i = 0; i < r->count; i++) {
        if ((st = read_event(r, i)) != SK_OK)
            return st;
    }
    for (size_t i = 0; i < r->count; i++) {
        event *e = &r->events[i];

        if (e->repeats && e->uid.size && (st = add_replaced(r, i, e)) != SK_OK)
            return st;
    }
    return SK_OK;
}

static sk_status give_windows(const reading *r, const sk_window **out_windows, size_t *out_count)
{
    sk_window *windows = NULL;
    size_t total = 0, count = 0;

    for (size_t i = 0; i < r->count; i++)
        total += r->events[i].cancelled ? 0 : r->events[i].window_count;
    if (total == 0)
        return sk_fail(r->err, SK_EINVAL, "every event of the calendar is cancelled");
    if ((windows = sk_arena_calloc(r->arena, total, sizeof(*windows))) == NULL)
        return no_memory(r);
    for (size_t i = 0; i < r->count; i++) {
        const event *e = &r->events[i];

        for (size_t j = 0; j < e->window_count && !e->cancelled; j++, count++) {
            windows[count] = e->windows[j];
            windows[count].exdates_local_s = e->exdates;
            windows[count].exdate_count = e->exdate_count;
            /* The zone's own name lives as long as the calendar; the arena may live longer. */
            windows[count].tzid = sk_arena_str(r->arena, e->windows[j].tzid);
            if (!windows[count].tzid.data)
                return no_memory(r);
        }
    }
    *out_windows = windows;
    *out_count = count;
    return SK_OK;
}

sk_status sk_calendar_read_ics(sk_calendar *calendar, sk_str text, sk_arena *arena,
                               const sk_window **out_windows, size_t *out_count, sk_error *err)
{
    reading r = {.calendar = calendar, .arena = arena, .err = err};
    sk_str copy = {NULL, 0};
    sk_status st = SK_OK;

    pthread_once(&libical_once, tame_libical);
    if (text.size > MAX_TEXT)
        return sk_fail(err, SK_ELIMIT, "the calendar has more than %d bytes", MAX_TEXT);
    if (sk_str_starts(text, SK_STR("\xEF\xBB\xBF")))
        text = (sk_str){text.data + 3, text.size - 3};
    if (!sk_utf8_check(text, NULL))
        return sk_fail(err, SK_EINVAL, "the calendar is not UTF-8 text without NUL");
    if ((st = check_nesting(&r, text)) != SK_OK)
        return st;
    /* libical wants a NUL behind the text. */
    copy = sk_arena_str(arena, text);
    if (!copy.data)
        return no_memory(&r);
    r.root = icalparser_parse_string(copy.data);
    if (!r.root)
        return sk_fail(err, SK_EINVAL, "the text is not iCalendar (BEGIN:VCALENDAR ...)");
    if ((st = read_events(&r)) == SK_OK)
        st = give_windows(&r, out_windows, out_count);
    icalcomponent_free(r.root);
    return st;
}
