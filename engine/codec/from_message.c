/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

#include <math.h>
#include <stdio.h>

/* Generated messages to model values. A `reader` keeps the first fault, after which its calls do
 * nothing, so that each record is a plain list of its fields and looks back once, at its end.
 * Whatever could be wrong in any message (UTF-8, unknown enumerators, choices given twice) was
 * refused by sk_message_unpack; here is what the model cannot hold: times, windows, pairs. Ranges
 * and codes are the business of model's validation. */

typedef struct reader {
    sk_arena *arena;
    sk_error *err;
    sk_status st;
} reader;

/* ---- Plain values ---- */

sk_status sk_time_from_message(const Google__Protobuf__Timestamp *message, const char *field,
                               int64_t *out_ms, sk_error *err)
{
    if (!message) {
        *out_ms = 0;
        return SK_OK;
    }
    if (message->nanos < 0 || message->nanos > 999999999)
        return sk_fail_field(err, SK_EINVAL, field, "nanos %d are outside [0, 999999999]",
                             message->nanos);
    if (message->seconds < SK_TIME_MIN_MS / 1000 ||
        message->seconds > sk_floor_div(SK_TIME_MAX_MS, 1000))
        return sk_fail_field(err, SK_EINVAL, field, "a time outside the years 1 to 9999");
    *out_ms = message->seconds * 1000 + message->nanos / 1000000;
    return SK_OK;
}

static int64_t read_time(reader *r, const Google__Protobuf__Timestamp *message, const char *field)
{
    int64_t time_ms = 0;

    if (r->st == SK_OK)
        r->st = sk_time_from_message(message, field, &time_ms, r->err);
    return time_ms;
}

static void *read_array(reader *r, size_t count, size_t size)
{
    void *items = NULL;

    if (r->st == SK_OK && (items = sk_arena_calloc(r->arena, count, size)) == NULL)
        r->st = sk_fail(r->err, SK_ENOMEM, "out of memory while reading a message");
    return items;
}

static sk_strs read_strs(reader *r, size_t count, char *const *items)
{
    sk_str *out = count ? read_array(r, count, sizeof(*out)) : NULL;

    if (!out)
        return (sk_strs){NULL, 0};
    for (size_t i = 0; i < count; i++)
        out[i] = sk_str_from(items[i]);
    return (sk_strs){out, count};
}

/* "HH:MM" as minutes after midnight. */
static uint16_t read_clock(reader *r, const char *text, const char *field)
{
    const char *t = text;
    int hour = 0, minute = 0;

    if (r->st != SK_OK)
        return 0;
    for (int i = 0; i < 5; i++) {
        bool fits = i == 2 ? t[i] == ':' : t[i] >= '0' && t[i] <= '9';

        if (!fits)
            goto wrong;
    }
    hour = (t[0] - '0') * 10 + t[1] - '0';
    minute = (t[3] - '0') * 10 + t[4] - '0';
    if (hour <= 23 && minute <= 59 && t[5] == '\0')
        return (uint16_t)(hour * 60 + minute);
wrong:
    r->st =
        sk_fail_field(r->err, SK_EINVAL, field, "\"%.40s\" is no time from 00:00 to 23:59", text);
    return 0;
}

static int64_t read_local(reader *r, const char *text, const char *field)
{
    sk_error inner = {0};
    int64_t local_s = 0;

    if (r->st == SK_OK && sk_local_parse(sk_str_from(text), &local_s, &inner) != SK_OK)
        r->st = sk_fail_field(r->err, SK_EINVAL, field,
                              "\"%.40s\" is no local time such as 2026-03-05T14:00", text);
    return local_s;
}

/* Put "name[index]." before the field of the reader's fault. */
static void within_item(reader *r, const char *name, size_t index)
{
    char prefix[64];

    if (r->st == SK_OK || r->st == SK_ENOMEM)
        return;
    snprintf(prefix, sizeof(prefix), "%s[%zu].", name, index);
    sk_error_within(r->err, prefix);
}

/* ---- Windows ---- */

static uint8_t read_days(reader *r, const Schakel__V1__Window *message)
{
    static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    uint8_t days = 0;
    char field[32];

    for (size_t i = 0; i < message->n_days && r->st == SK_OK; i++) {
        int day = 0;

        while (day < 7 && strcmp(message->days[i], names[day]) != 0)
            day++;
        if (day < 7) {
            days |= (uint8_t)(1u << day);
            continue;
        }
        snprintf(field, sizeof(field), "days[%zu]", i);
        r->st = sk_fail_field(r->err, SK_EINVAL, field, "\"%.40s\" is none of MO TU WE TH FR SA SU",
                              message->days[i]);
    }
    return days;
}

static void read_exdates(reader *r, const Schakel__V1__Window *message, sk_window *out)
{
    int64_t *exdates = NULL;
    char field[32];

    if (message->n_exdate == 0 ||
        (exdates = read_array(r, message->n_exdate, sizeof(*exdates))) == NULL)
        return;
    for (size_t i = 0; i < message->n_exdate && r->st == SK_OK; i++) {
        snprintf(field, sizeof(field), "exdate[%zu]", i);
        exdates[i] = read_local(r, message->exdate[i], field);
    }
    out->exdates_local_s = exdates;
    out->exdate_count = message->n_exdate;
}

static void require_text(reader *r, const char *text, const char *field, const char *why)
{
    if (r->st == SK_OK && !*text)
        r->st = sk_fail_field(r->err, SK_EINVAL, field, "%s", why);
}

static void read_window(reader *r, const Schakel__V1__Window *message, sk_window *out)
{
    bool short_form = message->n_days > 0 || *message->from || *message->to;
    bool long_form = *message->start || *message->end || *message->rrule || message->n_exdate > 0;

    if (short_form == long_form) {
        r->st = sk_fail_field(r->err, SK_EINVAL, "",
                              "either days, from and to, or start and end (with rrule, exdate)");
        return;
    }
    out->short_form = short_form;
    out->tzid = sk_str_from(message->tzid);
    if (short_form) {
        if (message->n_days == 0)
            r->st = sk_fail_field(r->err, SK_EINVAL, "days", "at least one day is needed");
        require_text(r, message->from, "from", "from is needed beside days");
        require_text(r, message->to, "to", "to is needed beside days");
        out->days = read_days(r, message);
        out->from_min = read_clock(r, message->from, "from");
        out->to_min = read_clock(r, message->to, "to");
    } else {
        require_text(r, message->start, "start", "start is needed");
        require_text(r, message->end, "end", "end is needed beside start");
        out->start_local_s = read_local(r, message->start, "start");
        out->end_local_s = read_local(r, message->end, "end");
        out->rrule = sk_str_from(message->rrule);
        read_exdates(r, message, out);
    }
}

static void read_windows(reader *r, const Schakel__V1__Listing *message, sk_listing *out)
{
    size_t count = message->n_availability;
    sk_window *windows = count ? read_array(r, count, sizeof(*windows)) : NULL;

    if (!windows)
        return;
    for (size_t i = 0; i < count && r->st == SK_OK; i++) {
        read_window(r, message->availability[i], &windows[i]);
        within_item(r, "availability", i);
    }
    out->windows = windows;
    out->window_count = count;
}

/* ---- Listings ---- */

static bool read_attribute(const Schakel__V1__AttributeValue *value, sk_attr *out)
{
    switch (value ? value->kind_case : SCHAKEL__V1__ATTRIBUTE_VALUE__KIND__NOT_SET) {
    case SCHAKEL__V1__ATTRIBUTE_VALUE__KIND_STRING_VALUE:
        out->type = SK_ATTR_STRING;
        out->string = sk_str_from(value->string_value);
        return true;
    case SCHAKEL__V1__ATTRIBUTE_VALUE__KIND_NUMBER_VALUE:
        out->type = SK_ATTR_NUMBER;
        out->number = value->number_value;
        return true;
    case SCHAKEL__V1__ATTRIBUTE_VALUE__KIND_BOOL_VALUE:
        out->type = SK_ATTR_BOOL;
        out->boolean = value->bool_value != 0;
        return true;
    default:
        return false;
    }
}

static sk_status fail_attribute(reader *r, const char *name, const char *what)
{
    char field[96];

    snprintf(field, sizeof(field), "attributes.%.64s", name);
    return sk_fail_field(r->err, SK_EINVAL, field, "%s", what);
}

static void read_attributes(reader *r, const Schakel__V1__Listing *message, sk_listing *out)
{
    size_t count = message->n_attributes;
    sk_attr *attrs = NULL;

    /* Names are compared each with each, so that the bound is looked at first. */
    if (r->st == SK_OK && count > SK_MAX_ATTRIBUTES)
        r->st = sk_fail_field(r->err, SK_EINVAL, "attributes", "at most %d are allowed",
                              SK_MAX_ATTRIBUTES);
    if (count == 0 || (attrs = read_array(r, count, sizeof(*attrs))) == NULL)
        return;
    for (size_t i = 0; i < count && r->st == SK_OK; i++) {
        const char *name = message->attributes[i]->key;

        attrs[i].name = sk_str_from(name);
        if (!read_attribute(message->attributes[i]->value, &attrs[i]))
            r->st = fail_attribute(r, name, "without a value");
        for (size_t j = 0; j < i && r->st == SK_OK; j++) {
            if (sk_str_eq(attrs[j].name, attrs[i].name))
                r->st = fail_attribute(r, name, "given twice");
        }
    }
    out->attributes = attrs;
    out->attribute_count = count;
}

static void read_listing_state(reader *r, const Schakel__V1__Listing *message, sk_listing *out)
{
    out->valid_from_ms = read_time(r, message->valid_from, "validFrom");
    out->valid_until_ms = read_time(r, message->valid_until, "validUntil");
    out->status = (sk_listing_status)message->status;
    out->created_ms = read_time(r, message->created_at, "createdAt");
    out->updated_ms = read_time(r, message->updated_at, "updatedAt");
    out->version = message->version;
    out->buurt = sk_str_from(message->buurt);
    out->wijk = sk_str_from(message->wijk);
    out->gemeente = sk_str_from(message->gemeente);
    if (r->st == SK_OK)
        r->st = sk_relax_from_message(message->n_relaxed, message->relaxed, "relaxed",
                                      &out->relaxed, r->err);
    out->relaxed_until_ms = read_time(r, message->relaxed_until, "relaxedUntil");
}

sk_status sk_listing_from_message(const Schakel__V1__Listing *message, sk_arena *arena,
                                  sk_listing *out, sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_listing listing = {.kind = (sk_kind)message->kind};

    listing.id = sk_str_from(message->id);
    listing.party_id = sk_str_from(message->party_id);
    listing.title = sk_str_from(message->title);
    listing.description = sk_str_from(message->description);
    listing.categories = read_strs(&r, message->n_categories, message->categories);
    if (message->point) {
        listing.has_point = true;
        listing.point = (sk_point){message->point->lat, message->point->lon};
    }
    listing.reach_m = message->reach_m;
    listing.within_m = message->within_m;
    listing.remote = message->remote != 0;
    read_windows(&r, message, &listing);
    listing.duration_min = message->duration_min;
    listing.languages = read_strs(&r, message->n_languages, message->languages);
    listing.requires_traits = read_strs(&r, message->n_requires, message->requires);
    listing.provides_traits = read_strs(&r, message->n_provides, message->provides);
    listing.capacity = message->capacity;
    listing.urgency = message->urgency;
    read_attributes(&r, message, &listing);
    read_listing_state(&r, message, &listing);
    if (r.st == SK_OK)
        *out = listing;
    return r.st;
}

/* ---- Parties ---- */

sk_status sk_contact_from_message(const Schakel__V1__Contact *message, sk_contact *out,
                                  sk_error *err)
{
    (void)err;
    *out = (sk_contact){
        .name = sk_str_from(message->name),
        .phone = sk_str_from(message->phone),
        .email = sk_str_from(message->email),
        .address = sk_str_from(message->address),
        .note = sk_str_from(message->note),
    };
    return SK_OK;
}

static void read_certificates(reader *r, const Schakel__V1__Party *message, sk_party *out)
{
    size_t count = message->n_certificates;
    sk_certificate *items = count ? read_array(r, count, sizeof(*items)) : NULL;

    if (!items)
        return;
    for (size_t i = 0; i < count && r->st == SK_OK; i++) {
        const Schakel__V1__Certificate *from = message->certificates[i];

        items[i].type = sk_str_from(from->type);
        items[i].checked_by = sk_str_from(from->checked_by);
        items[i].checked_on_ms = read_time(r, from->checked_on, "checkedOn");
        items[i].valid_until_ms = read_time(r, from->valid_until, "validUntil");
        within_item(r, "certificates", i);
    }
    out->certificates = items;
    out->certificate_count = count;
}

sk_status sk_party_from_message(const Schakel__V1__Party *message, sk_arena *arena, sk_party *out,
                                sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_party party = {.kind = (sk_party_kind)message->kind};

    party.id = sk_str_from(message->id);
    party.languages = read_strs(&r, message->n_languages, message->languages);
    read_certificates(&r, message, &party);
    party.blocks = read_strs(&r, message->n_blocks, message->blocks);
    party.represented_by = sk_str_from(message->represented_by);
    if (r.st == SK_OK)
        r.st = sk_preferences_from_message(message->preferences, &party.preferences, err);
    if (message->contact && r.st == SK_OK) {
        party.has_contact = true;
        r.st = sk_contact_from_message(message->contact, &party.contact, err);
    }
    party.created_ms = read_time(&r, message->created_at, "createdAt");
    party.updated_ms = read_time(&r, message->updated_at, "updatedAt");
    party.version = message->version;
    if (r.st == SK_OK)
        *out = party;
    return r.st;
}

/* ---- Suggestions ---- */

sk_status sk_pair_values_from_message(const Schakel__V1__PairValues *message, sk_pair_values *out,
                                      sk_error *err)
{
    sk_pair_values values = {
        .distance_m = NAN, .need_days_since_asked = NAN, .offer_days_since_asked = NAN};

    (void)err;
    if (message) {
        if (message->distance_m_or_none_case)
            values.distance_m = message->distance_m;
        if (message->need_days_since_asked_or_none_case)
            values.need_days_since_asked = message->need_days_since_asked;
        if (message->offer_days_since_asked_or_none_case)
            values.offer_days_since_asked = message->offer_days_since_asked;
        values.overlap_min = message->overlap_min;
        values.longest_min = message->longest_min;
        values.closeness = message->closeness;
        values.need_load_30d = message->need_load_30d;
        values.offer_load_30d = message->offer_load_30d;
        values.need_open_suggestions = message->need_open_suggestions;
        values.offer_open_suggestions = message->offer_open_suggestions;
        values.need_age_days = message->need_age_days;
        values.offer_age_days = message->offer_age_days;
        values.need_room = message->need_room;
        values.offer_room = message->offer_room;
    }
    *out = values;
    return SK_OK;
}

sk_status sk_appointments_from_message(Schakel__V1__Appointment *const *items, size_t count,
                                       const char *field, sk_arena *arena,
                                       const sk_appointment **out, sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_appointment *made = count ? read_array(&r, count, sizeof(*made)) : NULL;

    for (size_t i = 0; i < count && r.st == SK_OK; i++) {
        if (!items[i]->start)
            r.st = sk_fail_field(err, SK_EINVAL, "start", "start is needed");
        else if (!items[i]->end)
            r.st = sk_fail_field(err, SK_EINVAL, "end", "end is needed");
        made[i].start_ms = read_time(&r, items[i]->start, "start");
        made[i].end_ms = read_time(&r, items[i]->end, "end");
        within_item(&r, field, i);
    }
    if (r.st == SK_OK)
        *out = made;
    return r.st;
}

static void read_terms(reader *r, const Schakel__V1__Suggestion *message, sk_suggestion *out)
{
    size_t count = message->n_terms;
    sk_term_value *terms = count ? read_array(r, count, sizeof(*terms)) : NULL;

    if (!terms)
        return;
    for (size_t i = 0; i < count; i++) {
        const Schakel__V1__Term *from = message->terms[i];

        terms[i] = (sk_term_value){.name = sk_str_from(from->name),
                                   .weight = from->weight,
                                   .value = from->value,
                                   .applies = from->applies != 0,
                                   .failed = from->failed != 0,
                                   .why = sk_str_from(from->why)};
    }
    out->terms = terms;
    out->term_count = count;
}

static void read_steps(reader *r, const Schakel__V1__Suggestion *message, sk_suggestion *out)
{
    size_t count = message->n_steps;
    sk_step *steps = count ? read_array(r, count, sizeof(*steps)) : NULL;

    if (!steps)
        return;
    for (size_t i = 0; i < count && r->st == SK_OK; i++) {
        const Schakel__V1__Step *from = message->steps[i];

        steps[i].version = from->version;
        steps[i].state = (sk_state)from->state;
        steps[i].at_ms = read_time(r, from->at, "at");
        steps[i].by = sk_str_from(from->by);
        steps[i].reason = sk_str_from(from->reason);
        within_item(r, "steps", i);
    }
    out->steps = steps;
    out->step_count = count;
}

static void read_relaxed(reader *r, const Schakel__V1__Suggestion *message, sk_suggestion *out)
{
    size_t count = message->n_relaxed;
    sk_relaxed *relaxed = count ? read_array(r, count, sizeof(*relaxed)) : NULL;

    for (size_t i = 0; relaxed && i < count && r->st == SK_OK; i++) {
        const Schakel__V1__Relaxed *from = message->relaxed[i];
        uint8_t bit = 0;

        r->st = sk_relax_from_message(1, &from->constraint, "constraint", &bit, r->err);
        relaxed[i] = (sk_relaxed){(sk_relax_bit)bit, sk_str_from(from->why)};
        within_item(r, "relaxed", i);
    }
    out->relaxed = relaxed;
    out->relaxed_count = count;
}

static void read_suggestion_times(reader *r, const Schakel__V1__Suggestion *message,
                                  sk_suggestion *out)
{
    out->created_ms = read_time(r, message->created_at, "createdAt");
    out->updated_ms = read_time(r, message->updated_at, "updatedAt");
    out->until_ms = read_time(r, message->until, "until");
    out->expires_ms = read_time(r, message->expires_at, "expiresAt");
    out->connected_ms = read_time(r, message->connected_at, "connectedAt");
}

sk_status sk_suggestion_from_message(const Schakel__V1__Suggestion *message, sk_arena *arena,
                                     sk_suggestion *out, sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_suggestion made = {.state = (sk_state)message->state};

    made.id = sk_str_from(message->id);
    made.demand_id = sk_str_from(message->demand_id);
    made.supply_id = sk_str_from(message->supply_id);
    made.demand_party_id = sk_str_from(message->demand_party_id);
    made.supply_party_id = sk_str_from(message->supply_party_id);
    made.version = message->version;
    made.score = message->score;
    read_terms(&r, message, &made);
    if (r.st == SK_OK)
        r.st = sk_pair_values_from_message(message->values, &made.values, err);
    made.rules_hash = sk_str_from(message->rules_hash);
    made.assignee = sk_str_from(message->assignee);
    made.area = sk_str_from(message->area);
    read_suggestion_times(&r, message, &made);
    made.reason = sk_str_from(message->reason);
    made.outcome = sk_str_from(message->outcome);
    made.demand_yes = message->demand_yes != 0;
    made.supply_yes = message->supply_yes != 0;
    if (r.st == SK_OK)
        r.st = sk_appointments_from_message(message->appointments, message->n_appointments,
                                            "appointments", arena, &made.appointments, err);
    made.appointment_count = message->n_appointments;
    read_steps(&r, message, &made);
    made.undo_state = (sk_state)message->undo_state;
    read_relaxed(&r, message, &made);
    if (r.st == SK_OK)
        *out = made;
    return r.st;
}

sk_status sk_event_from_message(const Schakel__V1__Event *message, sk_event *out, sk_error *err)
{
    reader r = {NULL, err, SK_OK};
    sk_event event = {.seq = message->seq};

    event.at_ms = read_time(&r, message->at, "at");
    event.type = sk_str_from(message->type);
    event.listing_id = sk_str_from(message->listing_id);
    event.party_id = sk_str_from(message->party_id);
    event.suggestion_id = sk_str_from(message->suggestion_id);
    event.detail = sk_str_from(message->detail);
    event.rules_hash = sk_str_from(message->rules_hash);
    event.message_id = sk_str_from(message->message_id);
    if (r.st == SK_OK)
        *out = event;
    return r.st;
}

/* ---- Areas ---- */

static void read_ring(reader *r, const Schakel__V1__Ring *message, sk_ring *out)
{
    sk_point *points = NULL;

    if (message->n_lon != message->n_lat) {
        r->st = sk_fail_field(r->err, SK_EINVAL, "", "%zu longitudes for %zu latitudes",
                              message->n_lon, message->n_lat);
        return;
    }
    if (message->n_lon == 0 || (points = read_array(r, message->n_lon, sizeof(*points))) == NULL)
        return;
    for (size_t i = 0; i < message->n_lon; i++)
        points[i] = (sk_point){message->lat[i], message->lon[i]};
    *out = (sk_ring){points, message->n_lon};
}

static void read_polygon(reader *r, const Schakel__V1__Polygon *message, sk_polygon *out)
{
    sk_ring *rings = message->n_rings ? read_array(r, message->n_rings, sizeof(*rings)) : NULL;

    if (!rings)
        return;
    for (size_t i = 0; i < message->n_rings && r->st == SK_OK; i++) {
        read_ring(r, message->rings[i], &rings[i]);
        within_item(r, "rings", i);
    }
    *out = (sk_polygon){rings, message->n_rings};
}

static void read_polygons(reader *r, const Schakel__V1__Area *message, sk_area *out)
{
    size_t count = message->n_polygons;
    sk_polygon *polygons = count ? read_array(r, count, sizeof(*polygons)) : NULL;

    if (!polygons)
        return;
    for (size_t i = 0; i < count && r->st == SK_OK; i++) {
        read_polygon(r, message->polygons[i], &polygons[i]);
        within_item(r, "polygons", i);
    }
    out->polygons = polygons;
    out->polygon_count = count;
}

sk_status sk_area_from_message(const Schakel__V1__Area *message, sk_arena *arena, sk_area *out,
                               sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_area area = {.year = message->year};

    area.code = sk_str_from(message->code);
    area.name = sk_str_from(message->name);
    area.wijk = sk_str_from(message->wijk);
    area.wijk_name = sk_str_from(message->wijk_name);
    area.gemeente = sk_str_from(message->gemeente);
    area.gemeente_name = sk_str_from(message->gemeente_name);
    read_polygons(&r, message, &area);
    if (r.st == SK_OK)
        *out = area;
    return r.st;
}

/* ---- Connectors, tokens, rules, taxonomy ---- */

sk_status sk_connector_from_message(const Schakel__V1__Connector *message, sk_arena *arena,
                                    sk_connector *out, sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_connector connector = {.ceiling = message->ceiling, .version = message->version};

    connector.id = sk_str_from(message->id);
    connector.name = sk_str_from(message->name);
    connector.areas = read_strs(&r, message->n_areas, message->areas);
    connector.absent_from_ms = read_time(&r, message->absent_from, "absentFrom");
    connector.absent_until_ms = read_time(&r, message->absent_until, "absentUntil");
    connector.substitute_id = sk_str_from(message->substitute_id);
    if (r.st == SK_OK)
        *out = connector;
    return r.st;
}

sk_status sk_token_from_message(const Schakel__V1__Token *message, sk_arena *arena, sk_token *out,
                                sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_token token = {.role = (sk_role)message->role, .revoked = message->revoked != 0};

    if (message->hash.len != 0 && message->hash.len != sizeof(token.hash))
        return sk_fail_field(err, SK_EINVAL, "hash", "%zu bytes instead of %zu", message->hash.len,
                             sizeof(token.hash));
    if (message->hash.len)
        memcpy(token.hash, message->hash.data, sizeof(token.hash));
    token.id = sk_str_from(message->id);
    token.name = sk_str_from(message->name);
    token.areas = read_strs(&r, message->n_areas, message->areas);
    token.connector_id = sk_str_from(message->connector_id);
    token.created_ms = read_time(&r, message->created_at, "createdAt");
    if (r.st == SK_OK)
        *out = token;
    return r.st;
}

static void read_activations(reader *r, const Schakel__V1__RulesRecord *message,
                             sk_rules_record *out)
{
    size_t count = message->n_activations;
    sk_rules_activation *items = count ? read_array(r, count, sizeof(*items)) : NULL;

    if (!items)
        return;
    for (size_t i = 0; i < count && r->st == SK_OK; i++) {
        const Schakel__V1__RulesActivation *from = message->activations[i];

        items[i].at_ms = read_time(r, from->at, "at");
        items[i].by = sk_str_from(from->by);
        items[i].by_name = sk_str_from(from->by_name);
        items[i].before = sk_str_from(from->before);
        items[i].rolled_back = from->rolled_back != 0;
        within_item(r, "activations", i);
    }
    out->activations = items;
    out->activation_count = count;
}

static void read_faults(reader *r, const Schakel__V1__RulesRecord *message, sk_rules_record *out)
{
    size_t count = message->n_faults;
    sk_rules_fault *items = count ? read_array(r, count, sizeof(*items)) : NULL;

    if (!items)
        return;
    for (size_t i = 0; i < count && r->st == SK_OK; i++) {
        const Schakel__V1__RulesFault *from = message->faults[i];

        items[i].rule = sk_str_from(from->rule);
        items[i].hard = from->hard != 0;
        for (size_t k = 0; k < from->n_failed_at && k < SK_RULES_FAILURES; k++)
            items[i].failed_ms[items[i].failed_count++] =
                read_time(r, from->failed_at[k], "failedAt");
        items[i].off_ms = read_time(r, from->off_at, "offAt");
        items[i].reason = sk_str_from(from->reason);
        within_item(r, "faults", i);
    }
    out->faults = items;
    out->fault_count = count;
}

sk_status sk_rules_from_message(const Schakel__V1__RulesRecord *message, sk_arena *arena,
                                sk_rules_record *out, sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_rules_record record = {.state = (sk_rules_state)message->state};

    record.hash = sk_str_from(message->hash);
    record.name = sk_str_from(message->name);
    record.source = sk_str_from(message->source);
    record.policy = sk_str_from(message->policy);
    record.author = sk_str_from(message->author);
    record.author_name = sk_str_from(message->author_name);
    record.approved_by = sk_str_from(message->approved_by);
    record.approved_by_name = sk_str_from(message->approved_by_name);
    record.pushed_ms = read_time(&r, message->pushed_at, "pushedAt");
    record.approved_ms = read_time(&r, message->approved_at, "approvedAt");
    record.activated_ms = read_time(&r, message->activated_at, "activatedAt");
    read_activations(&r, message, &record);
    read_faults(&r, message, &record);
    if (r.st == SK_OK)
        *out = record;
    return r.st;
}

sk_status sk_dry_summary_from_message(const Schakel__V1__DryRunSummary *message,
                                      sk_dry_summary *out, sk_error *err)
{
    reader r = {NULL, err, SK_OK};
    const Schakel__V1__DryRunCounts *n = message->counts;
    sk_dry_summary summary = {.by = sk_str_from(message->by),
                              .by_name = sk_str_from(message->by_name),
                              .moments = message->moments,
                              .backup = sk_str_from(message->backup),
                              .against = sk_str_from(message->against),
                              .against_name = sk_str_from(message->against_name)};

    summary.run_ms = read_time(&r, message->run_at, "runAt");
    summary.from_ms = read_time(&r, message->from, "from");
    summary.to_ms = read_time(&r, message->to, "to");
    if (n)
        summary.counts = (sk_dry_counts){.listings = n->listings,
                                         .before = n->before,
                                         .after = n->after,
                                         .same = n->same,
                                         .moved = n->moved,
                                         .appear = n->appear,
                                         .vanish = n->vanish,
                                         .first = n->first,
                                         .last = n->last};
    if (r.st == SK_OK)
        *out = summary;
    return r.st;
}

sk_status sk_taxonomy_from_message(const Schakel__V1__Taxonomy *message, sk_arena *arena,
                                   const sk_category **out_categories, size_t *out_count,
                                   const sk_related **out_related, size_t *out_related_count,
                                   sk_error *err)
{
    reader r = {arena, err, SK_OK};
    sk_category *categories = read_array(&r, message->n_categories, sizeof(*categories));
    sk_related *related = read_array(&r, message->n_related, sizeof(*related));

    if (r.st != SK_OK)
        return r.st;
    for (size_t i = 0; i < message->n_categories; i++) {
        const Schakel__V1__Category *from = message->categories[i];

        categories[i].code = sk_str_from(from->code);
        categories[i].label_nl = sk_str_from(from->label ? from->label->nl : NULL);
        categories[i].label_en = sk_str_from(from->label ? from->label->en : NULL);
    }
    for (size_t i = 0; i < message->n_related; i++) {
        const Schakel__V1__Related *from = message->related[i];

        related[i] = (sk_related){sk_str_from(from->a), sk_str_from(from->b), from->closeness};
    }
    *out_categories = categories;
    *out_count = message->n_categories;
    *out_related = related;
    *out_related_count = message->n_related;
    return SK_OK;
}
