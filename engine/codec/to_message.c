/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

#include <math.h>
#include <stdio.h>

/* Model values to generated messages. All lies in one arena; a `maker` remembers that memory was
 * out, so that each record is a plain list of its fields and looks back once, at its end. Empty
 * strings, zeros and absent times stay as the message's own defaults, which the packing leaves out.
 * Strings are copied because messages want a NUL behind them. */

typedef struct maker {
    sk_arena *arena;
    bool failed;
} maker;

static void *make(maker *m, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = sk_arena_alloc(m->arena, type->sizeof_message);

    if (message)
        type->message_init(message);
    else
        m->failed = true;
    return message;
}

/* An array of `count` pointers; NULL for none. */
static void *make_array(maker *m, size_t count, size_t size)
{
    void *items = count ? sk_arena_calloc(m->arena, count, size) : NULL;

    if (count && !items)
        m->failed = true;
    return items;
}

static char *make_str(maker *m, sk_str s)
{
    char *copy = sk_str_to_message(s, m->arena);

    if (!copy)
        m->failed = true;
    return copy;
}

static void make_strs(maker *m, sk_strs strs, size_t *out_count, char ***out)
{
    if (!sk_strs_to_message(strs, m->arena, out_count, out))
        m->failed = true;
}

static Google__Protobuf__Timestamp *make_time(maker *m, int64_t time_ms)
{
    Google__Protobuf__Timestamp *made = NULL;

    if (!sk_time_to_message(time_ms, m->arena, &made))
        m->failed = true;
    return made;
}

static sk_str clock_text(uint16_t minutes, char out[8])
{
    int size = snprintf(out, 8, "%02u:%02u", minutes / 60u % 24u, minutes % 60u);

    return (sk_str){out, (size_t)size};
}

/* ---- Plain values ---- */

bool sk_time_to_message(int64_t time_ms, sk_arena *arena, Google__Protobuf__Timestamp **out)
{
    Google__Protobuf__Timestamp *made = NULL;

    if (time_ms != 0) {
        if ((made = sk_arena_alloc(arena, sizeof(*made))) == NULL)
            return false;
        google__protobuf__timestamp__init(made);
        made->seconds = sk_floor_div(time_ms, 1000);
        made->nanos = (int32_t)(time_ms - made->seconds * 1000) * 1000000;
    }
    *out = made;
    return true;
}

char *sk_str_to_message(sk_str s, sk_arena *arena)
{
    /* Messages are only read, so that all empty strings can be the same one. */
    if (s.size == 0)
        return (char *)protobuf_c_empty_string;
    return (char *)sk_arena_str(arena, s).data;
}

bool sk_strs_to_message(sk_strs strs, sk_arena *arena, size_t *out_count, char ***out)
{
    char **items = NULL;

    if (strs.count && (items = sk_arena_calloc(arena, strs.count, sizeof(*items))) == NULL)
        return false;
    for (size_t i = 0; i < strs.count; i++) {
        if ((items[i] = sk_str_to_message(strs.items[i], arena)) == NULL)
            return false;
    }
    *out = items;
    *out_count = strs.count;
    return true;
}

/* ---- Listings ---- */

static void make_short_window(maker *m, const sk_window *window, Schakel__V1__Window *out)
{
    static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    char text[8];

    if ((out->days = make_array(m, 7, sizeof(char *))) == NULL)
        return;
    for (int day = 0; day < 7; day++) {
        if (window->days & 1u << day)
            out->days[out->n_days++] = (char *)names[day];
    }
    out->from = make_str(m, clock_text(window->from_min, text));
    out->to = make_str(m, clock_text(window->to_min, text));
}

static void make_long_window(maker *m, const sk_window *window, Schakel__V1__Window *out)
{
    char text[32];

    out->start = make_str(m, sk_local_format(window->start_local_s, text));
    out->end = make_str(m, sk_local_format(window->end_local_s, text));
    out->rrule = make_str(m, window->rrule);
    if ((out->exdate = make_array(m, window->exdate_count, sizeof(char *))) == NULL)
        return;
    for (size_t i = 0; i < window->exdate_count; i++)
        out->exdate[i] = make_str(m, sk_local_format(window->exdates_local_s[i], text));
    out->n_exdate = window->exdate_count;
}

static void make_windows(maker *m, const sk_listing *listing, Schakel__V1__Listing *out)
{
    out->availability = make_array(m, listing->window_count, sizeof(*out->availability));
    for (size_t i = 0; i < listing->window_count && !m->failed; i++) {
        const sk_window *window = &listing->windows[i];
        Schakel__V1__Window *made = make(m, &schakel__v1__window__descriptor);

        if (!made)
            return;
        made->tzid = make_str(m, window->tzid);
        if (window->short_form)
            make_short_window(m, window, made);
        else
            make_long_window(m, window, made);
        out->availability[out->n_availability++] = made;
    }
}

static void make_attribute(maker *m, const sk_attr *attr, Schakel__V1__AttributeValue *out)
{
    switch (attr->type) {
    case SK_ATTR_STRING:
        out->kind_case = SCHAKEL__V1__ATTRIBUTE_VALUE__KIND_STRING_VALUE;
        out->string_value = make_str(m, attr->string);
        break;
    case SK_ATTR_NUMBER:
        out->kind_case = SCHAKEL__V1__ATTRIBUTE_VALUE__KIND_NUMBER_VALUE;
        out->number_value = attr->number;
        break;
    case SK_ATTR_BOOL:
        out->kind_case = SCHAKEL__V1__ATTRIBUTE_VALUE__KIND_BOOL_VALUE;
        out->bool_value = attr->boolean;
        break;
    }
}

static void make_attributes(maker *m, const sk_listing *listing, Schakel__V1__Listing *out)
{
    out->attributes = make_array(m, listing->attribute_count, sizeof(*out->attributes));
    for (size_t i = 0; i < listing->attribute_count && !m->failed; i++) {
        Schakel__V1__Listing__AttributesEntry *made =
            make(m, &schakel__v1__listing__attributes_entry__descriptor);

        if (!made || (made->value = make(m, &schakel__v1__attribute_value__descriptor)) == NULL)
            return;
        made->key = make_str(m, listing->attributes[i].name);
        make_attribute(m, &listing->attributes[i], made->value);
        out->attributes[out->n_attributes++] = made;
    }
}

static char **make_relax_names(maker *m, uint8_t bits, size_t *out_count)
{
    char **names = bits ? make_array(m, SK_RELAX_BITS, sizeof(*names)) : NULL;

    for (int i = 0; names && i < SK_RELAX_BITS; i++) {
        if (bits >> i & 1)
            names[(*out_count)++] = (char *)sk_relax_name((sk_relax_bit)(1 << i));
    }
    return names;
}

/* What the engine and the clock say of a listing. */
static void make_listing_state(maker *m, const sk_listing *listing, Schakel__V1__Listing *out)
{
    out->valid_from = make_time(m, listing->valid_from_ms);
    out->valid_until = make_time(m, listing->valid_until_ms);
    out->status = (Schakel__V1__ListingStatus)listing->status;
    out->created_at = make_time(m, listing->created_ms);
    out->updated_at = make_time(m, listing->updated_ms);
    out->version = listing->version;
    out->buurt = make_str(m, listing->buurt);
    out->wijk = make_str(m, listing->wijk);
    out->gemeente = make_str(m, listing->gemeente);
    out->relaxed = make_relax_names(m, listing->relaxed, &out->n_relaxed);
    out->relaxed_until = make_time(m, listing->relaxed_until_ms);
}

Schakel__V1__Listing *sk_listing_to_message(const sk_listing *listing, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Listing *out = make(&m, &schakel__v1__listing__descriptor);

    if (!out)
        return NULL;
    out->id = make_str(&m, listing->id);
    out->kind = (Schakel__V1__Kind)listing->kind;
    out->party_id = make_str(&m, listing->party_id);
    out->title = make_str(&m, listing->title);
    out->description = make_str(&m, listing->description);
    make_strs(&m, listing->categories, &out->n_categories, &out->categories);
    if (listing->has_point && (out->point = make(&m, &schakel__v1__point__descriptor)) != NULL) {
        out->point->lat = listing->point.lat_deg;
        out->point->lon = listing->point.lon_deg;
    }
    out->reach_m = listing->reach_m;
    out->within_m = listing->within_m;
    out->remote = listing->remote;
    make_windows(&m, listing, out);
    out->duration_min = listing->duration_min;
    make_strs(&m, listing->languages, &out->n_languages, &out->languages);
    make_strs(&m, listing->requires_traits, &out->n_requires, &out->requires);
    make_strs(&m, listing->provides_traits, &out->n_provides, &out->provides);
    out->capacity = listing->capacity;
    out->urgency = listing->urgency;
    make_attributes(&m, listing, out);
    make_listing_state(&m, listing, out);
    return m.failed ? NULL : out;
}

/* ---- Parties ---- */

Schakel__V1__Contact *sk_contact_to_message(const sk_contact *contact, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Contact *out = make(&m, &schakel__v1__contact__descriptor);

    if (!out)
        return NULL;
    out->name = make_str(&m, contact->name);
    out->phone = make_str(&m, contact->phone);
    out->email = make_str(&m, contact->email);
    out->address = make_str(&m, contact->address);
    out->note = make_str(&m, contact->note);
    return m.failed ? NULL : out;
}

static void make_certificates(maker *m, const sk_party *party, Schakel__V1__Party *out)
{
    out->certificates = make_array(m, party->certificate_count, sizeof(*out->certificates));
    for (size_t i = 0; i < party->certificate_count && !m->failed; i++) {
        const sk_certificate *certificate = &party->certificates[i];
        Schakel__V1__Certificate *made = make(m, &schakel__v1__certificate__descriptor);

        if (!made)
            return;
        made->type = make_str(m, certificate->type);
        made->checked_by = make_str(m, certificate->checked_by);
        made->checked_on = make_time(m, certificate->checked_on_ms);
        made->valid_until = make_time(m, certificate->valid_until_ms);
        out->certificates[out->n_certificates++] = made;
    }
}

Schakel__V1__Party *sk_party_to_message(const sk_party *party, bool with_contact, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Party *out = make(&m, &schakel__v1__party__descriptor);

    if (!out)
        return NULL;
    out->id = make_str(&m, party->id);
    out->kind = (Schakel__V1__PartyKind)party->kind;
    make_strs(&m, party->languages, &out->n_languages, &out->languages);
    make_certificates(&m, party, out);
    make_strs(&m, party->blocks, &out->n_blocks, &out->blocks);
    out->represented_by = make_str(&m, party->represented_by);
    m.failed |= !sk_preferences_to_message(&party->preferences, arena, &out->preferences);
    if (with_contact && party->has_contact &&
        (out->contact = sk_contact_to_message(&party->contact, arena)) == NULL)
        m.failed = true;
    out->created_at = make_time(&m, party->created_ms);
    out->updated_at = make_time(&m, party->updated_ms);
    out->version = party->version;
    return m.failed ? NULL : out;
}

/* ---- Suggestions ---- */

Schakel__V1__Term *sk_term_to_message(const sk_term_value *term, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Term *out = make(&m, &schakel__v1__term__descriptor);

    if (!out)
        return NULL;
    out->name = make_str(&m, term->name);
    out->weight = term->weight;
    out->value = term->value;
    out->applies = term->applies;
    out->failed = term->failed;
    out->why = make_str(&m, term->why);
    return m.failed ? NULL : out;
}

Schakel__V1__PairValues *sk_pair_values_to_message(const sk_pair_values *values, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__PairValues *out = make(&m, &schakel__v1__pair_values__descriptor);

    if (!out)
        return NULL;
    if (!isnan(values->distance_m)) {
        out->distance_m_or_none_case = SCHAKEL__V1__PAIR_VALUES__DISTANCE_M_OR_NONE_DISTANCE_M;
        out->distance_m = values->distance_m;
    }
    if (!isnan(values->need_days_since_asked)) {
        out->need_days_since_asked_or_none_case =
            SCHAKEL__V1__PAIR_VALUES__NEED_DAYS_SINCE_ASKED_OR_NONE_NEED_DAYS_SINCE_ASKED;
        out->need_days_since_asked = values->need_days_since_asked;
    }
    if (!isnan(values->offer_days_since_asked)) {
        out->offer_days_since_asked_or_none_case =
            SCHAKEL__V1__PAIR_VALUES__OFFER_DAYS_SINCE_ASKED_OR_NONE_OFFER_DAYS_SINCE_ASKED;
        out->offer_days_since_asked = values->offer_days_since_asked;
    }
    out->overlap_min = values->overlap_min;
    out->longest_min = values->longest_min;
    out->closeness = values->closeness;
    out->need_load_30d = values->need_load_30d;
    out->offer_load_30d = values->offer_load_30d;
    out->need_open_suggestions = values->need_open_suggestions;
    out->offer_open_suggestions = values->offer_open_suggestions;
    out->need_age_days = values->need_age_days;
    out->offer_age_days = values->offer_age_days;
    out->need_room = values->need_room;
    out->offer_room = values->offer_room;
    return out;
}

Schakel__V1__Appointment *sk_appointment_to_message(const sk_appointment *appointment,
                                                    sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Appointment *out = make(&m, &schakel__v1__appointment__descriptor);

    if (!out)
        return NULL;
    out->start = make_time(&m, appointment->start_ms);
    out->end = make_time(&m, appointment->end_ms);
    return m.failed ? NULL : out;
}

static Schakel__V1__Step *make_step(maker *m, const sk_step *step)
{
    Schakel__V1__Step *out = make(m, &schakel__v1__step__descriptor);

    if (!out)
        return NULL;
    out->version = step->version;
    out->state = (Schakel__V1__State)step->state;
    out->at = make_time(m, step->at_ms);
    out->by = make_str(m, step->by);
    out->reason = make_str(m, step->reason);
    out->by_name = make_str(m, step->by_name);
    return out;
}

static void make_suggestion_lists(maker *m, const sk_suggestion *suggestion,
                                  Schakel__V1__Suggestion *out)
{
    out->terms = make_array(m, suggestion->term_count, sizeof(*out->terms));
    out->appointments = make_array(m, suggestion->appointment_count, sizeof(*out->appointments));
    out->steps = make_array(m, suggestion->step_count, sizeof(*out->steps));
    out->relaxed = make_array(m, suggestion->relaxed_count, sizeof(*out->relaxed));
    if (m->failed)
        return;
    for (size_t i = 0; i < suggestion->term_count && !m->failed; i++) {
        out->terms[i] = sk_term_to_message(&suggestion->terms[i], m->arena);
        m->failed = !out->terms[i];
    }
    for (size_t i = 0; i < suggestion->appointment_count && !m->failed; i++) {
        out->appointments[i] = sk_appointment_to_message(&suggestion->appointments[i], m->arena);
        m->failed = !out->appointments[i];
    }
    for (size_t i = 0; i < suggestion->step_count && !m->failed; i++)
        out->steps[i] = make_step(m, &suggestion->steps[i]);
    for (size_t i = 0; i < suggestion->relaxed_count && !m->failed; i++) {
        out->relaxed[i] = sk_relaxed_to_message(&suggestion->relaxed[i], m->arena);
        m->failed = !out->relaxed[i];
    }
    out->n_terms = suggestion->term_count;
    out->n_appointments = suggestion->appointment_count;
    out->n_steps = suggestion->step_count;
    out->n_relaxed = suggestion->relaxed_count;
}

static void make_suggestion_times(maker *m, const sk_suggestion *suggestion,
                                  Schakel__V1__Suggestion *out)
{
    out->created_at = make_time(m, suggestion->created_ms);
    out->updated_at = make_time(m, suggestion->updated_ms);
    out->until = make_time(m, suggestion->until_ms);
    out->expires_at = make_time(m, suggestion->expires_ms);
    out->connected_at = make_time(m, suggestion->connected_ms);
}

Schakel__V1__Suggestion *sk_suggestion_to_message(const sk_suggestion *suggestion, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Suggestion *out = make(&m, &schakel__v1__suggestion__descriptor);

    if (!out)
        return NULL;
    out->id = make_str(&m, suggestion->id);
    out->demand_id = make_str(&m, suggestion->demand_id);
    out->supply_id = make_str(&m, suggestion->supply_id);
    out->demand_party_id = make_str(&m, suggestion->demand_party_id);
    out->supply_party_id = make_str(&m, suggestion->supply_party_id);
    out->state = (Schakel__V1__State)suggestion->state;
    out->version = suggestion->version;
    out->score = suggestion->score;
    if ((out->values = sk_pair_values_to_message(&suggestion->values, arena)) == NULL)
        m.failed = true;
    out->rules_hash = make_str(&m, suggestion->rules_hash);
    out->assignee = make_str(&m, suggestion->assignee);
    out->area = make_str(&m, suggestion->area);
    make_suggestion_times(&m, suggestion, out);
    out->reason = make_str(&m, suggestion->reason);
    out->outcome = make_str(&m, suggestion->outcome);
    out->demand_yes = suggestion->demand_yes;
    out->supply_yes = suggestion->supply_yes;
    make_suggestion_lists(&m, suggestion, out);
    out->undo_state = (Schakel__V1__State)suggestion->undo_state;
    return m.failed ? NULL : out;
}

Schakel__V1__Event *sk_event_to_message(const sk_event *event, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Event *out = make(&m, &schakel__v1__event__descriptor);

    if (!out)
        return NULL;
    out->seq = event->seq;
    out->at = make_time(&m, event->at_ms);
    out->type = make_str(&m, event->type);
    out->listing_id = make_str(&m, event->listing_id);
    out->party_id = make_str(&m, event->party_id);
    out->suggestion_id = make_str(&m, event->suggestion_id);
    out->detail = make_str(&m, event->detail);
    out->rules_hash = make_str(&m, event->rules_hash);
    out->message_id = make_str(&m, event->message_id);
    return m.failed ? NULL : out;
}

/* ---- Areas, connectors, tokens, rules, taxonomy ---- */

static Schakel__V1__Ring *make_ring(maker *m, const sk_ring *ring)
{
    Schakel__V1__Ring *out = make(m, &schakel__v1__ring__descriptor);

    if (!out)
        return NULL;
    out->lon = make_array(m, ring->count, sizeof(double));
    out->lat = make_array(m, ring->count, sizeof(double));
    if (m->failed)
        return NULL;
    for (size_t i = 0; i < ring->count; i++) {
        out->lon[i] = ring->points[i].lon_deg;
        out->lat[i] = ring->points[i].lat_deg;
    }
    out->n_lon = out->n_lat = ring->count;
    return out;
}

static Schakel__V1__Polygon *make_polygon(maker *m, const sk_polygon *polygon)
{
    Schakel__V1__Polygon *out = make(m, &schakel__v1__polygon__descriptor);

    if (!out)
        return NULL;
    out->rings = make_array(m, polygon->ring_count, sizeof(*out->rings));
    for (size_t i = 0; i < polygon->ring_count && !m->failed; i++)
        out->rings[out->n_rings++] = make_ring(m, &polygon->rings[i]);
    return out;
}

Schakel__V1__Area *sk_area_to_message(const sk_area *area, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Area *out = make(&m, &schakel__v1__area__descriptor);

    if (!out)
        return NULL;
    out->code = make_str(&m, area->code);
    out->name = make_str(&m, area->name);
    out->wijk = make_str(&m, area->wijk);
    out->wijk_name = make_str(&m, area->wijk_name);
    out->gemeente = make_str(&m, area->gemeente);
    out->gemeente_name = make_str(&m, area->gemeente_name);
    out->year = area->year;
    out->polygons = make_array(&m, area->polygon_count, sizeof(*out->polygons));
    for (size_t i = 0; i < area->polygon_count && !m.failed; i++)
        out->polygons[out->n_polygons++] = make_polygon(&m, &area->polygons[i]);
    return m.failed ? NULL : out;
}

Schakel__V1__Connector *sk_connector_to_message(const sk_connector *connector, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Connector *out = make(&m, &schakel__v1__connector__descriptor);

    if (!out)
        return NULL;
    out->id = make_str(&m, connector->id);
    out->name = make_str(&m, connector->name);
    make_strs(&m, connector->areas, &out->n_areas, &out->areas);
    out->ceiling = connector->ceiling;
    out->absent_from = make_time(&m, connector->absent_from_ms);
    out->absent_until = make_time(&m, connector->absent_until_ms);
    out->substitute_id = make_str(&m, connector->substitute_id);
    out->version = connector->version;
    return m.failed ? NULL : out;
}

Schakel__V1__Token *sk_token_to_message(const sk_token *token, bool with_hash, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Token *out = make(&m, &schakel__v1__token__descriptor);

    if (!out)
        return NULL;
    out->id = make_str(&m, token->id);
    out->name = make_str(&m, token->name);
    out->role = (Schakel__V1__Role)token->role;
    make_strs(&m, token->areas, &out->n_areas, &out->areas);
    out->connector_id = make_str(&m, token->connector_id);
    if (with_hash && (out->hash.data = make_array(&m, 1, sizeof(token->hash))) != NULL) {
        memcpy(out->hash.data, token->hash, sizeof(token->hash));
        out->hash.len = sizeof(token->hash);
    }
    out->created_at = make_time(&m, token->created_ms);
    out->revoked = token->revoked;
    return m.failed ? NULL : out;
}

static Schakel__V1__RulesActivation *make_activation(maker *m, const sk_rules_activation *item)
{
    Schakel__V1__RulesActivation *out = make(m, &schakel__v1__rules_activation__descriptor);

    if (!out)
        return NULL;
    out->at = make_time(m, item->at_ms);
    out->by = make_str(m, item->by);
    out->by_name = make_str(m, item->by_name);
    out->before = make_str(m, item->before);
    out->rolled_back = item->rolled_back;
    return out;
}

static Schakel__V1__RulesFault *make_fault(maker *m, const sk_rules_fault *fault)
{
    Schakel__V1__RulesFault *out = make(m, &schakel__v1__rules_fault__descriptor);

    if (!out)
        return NULL;
    out->rule = make_str(m, fault->rule);
    out->hard = fault->hard;
    out->failed_at = make_array(m, fault->failed_count, sizeof(*out->failed_at));
    for (uint32_t i = 0; i < fault->failed_count && !m->failed; i++)
        if (fault->failed_ms[i] != 0)
            out->failed_at[out->n_failed_at++] = make_time(m, fault->failed_ms[i]);
    out->off_at = make_time(m, fault->off_ms);
    out->reason = make_str(m, fault->reason);
    return out;
}

static void make_rules_lists(maker *m, const sk_rules_record *record, Schakel__V1__RulesRecord *out)
{
    out->activations = make_array(m, record->activation_count, sizeof(*out->activations));
    out->faults = make_array(m, record->fault_count, sizeof(*out->faults));
    for (size_t i = 0; i < record->activation_count && !m->failed; i++)
        out->activations[i] = make_activation(m, &record->activations[i]);
    for (size_t i = 0; i < record->fault_count && !m->failed; i++)
        out->faults[i] = make_fault(m, &record->faults[i]);
    out->n_activations = record->activation_count;
    out->n_faults = record->fault_count;
}

Schakel__V1__DryRunCounts *sk_dry_counts_to_message(const sk_dry_counts *counts, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__DryRunCounts *out = make(&m, &schakel__v1__dry_run_counts__descriptor);

    if (!out)
        return NULL;
    out->listings = counts->listings;
    out->before = counts->before;
    out->after = counts->after;
    out->same = counts->same;
    out->moved = counts->moved;
    out->appear = counts->appear;
    out->vanish = counts->vanish;
    out->first = counts->first;
    out->last = counts->last;
    return out;
}

Schakel__V1__DryRunSummary *sk_dry_summary_to_message(const sk_dry_summary *summary,
                                                      sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__DryRunSummary *out = make(&m, &schakel__v1__dry_run_summary__descriptor);

    if (!out || !(out->counts = sk_dry_counts_to_message(&summary->counts, arena)))
        return NULL;
    out->by = make_str(&m, summary->by);
    out->by_name = make_str(&m, summary->by_name);
    out->run_at = make_time(&m, summary->run_ms);
    out->from = make_time(&m, summary->from_ms);
    out->to = make_time(&m, summary->to_ms);
    out->moments = summary->moments;
    out->backup = make_str(&m, summary->backup);
    out->against = make_str(&m, summary->against);
    out->against_name = make_str(&m, summary->against_name);
    return m.failed ? NULL : out;
}

Schakel__V1__RulesRecord *sk_rules_to_message(const sk_rules_record *record, sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__RulesRecord *out = make(&m, &schakel__v1__rules_record__descriptor);

    if (!out)
        return NULL;
    out->hash = make_str(&m, record->hash);
    out->name = make_str(&m, record->name);
    out->source = make_str(&m, record->source);
    out->policy = make_str(&m, record->policy);
    out->state = (Schakel__V1__RulesState)record->state;
    out->author = make_str(&m, record->author);
    out->author_name = make_str(&m, record->author_name);
    out->approved_by = make_str(&m, record->approved_by);
    out->approved_by_name = make_str(&m, record->approved_by_name);
    out->pushed_at = make_time(&m, record->pushed_ms);
    out->approved_at = make_time(&m, record->approved_ms);
    out->activated_at = make_time(&m, record->activated_ms);
    make_rules_lists(&m, record, out);
    if (record->dry_run && !(out->dry_run = sk_dry_summary_to_message(record->dry_run, arena)))
        return NULL;
    return m.failed ? NULL : out;
}

static Schakel__V1__Category *make_category(maker *m, const sk_category *category)
{
    Schakel__V1__Category *out = make(m, &schakel__v1__category__descriptor);

    if (!out || (out->label = make(m, &schakel__v1__label__descriptor)) == NULL)
        return NULL;
    out->code = make_str(m, category->code);
    out->label->nl = make_str(m, category->label_nl);
    out->label->en = make_str(m, category->label_en);
    return out;
}

static Schakel__V1__Related *make_related(maker *m, const sk_related *related)
{
    Schakel__V1__Related *out = make(m, &schakel__v1__related__descriptor);

    if (!out)
        return NULL;
    out->a = make_str(m, related->a);
    out->b = make_str(m, related->b);
    out->closeness = related->closeness;
    return out;
}

Schakel__V1__Taxonomy *sk_taxonomy_to_message(const sk_category *categories, size_t count,
                                              const sk_related *related, size_t related_count,
                                              sk_arena *arena)
{
    maker m = {.arena = arena};
    Schakel__V1__Taxonomy *out = make(&m, &schakel__v1__taxonomy__descriptor);

    if (!out)
        return NULL;
    out->categories = make_array(&m, count, sizeof(*out->categories));
    for (size_t i = 0; i < count && !m.failed; i++)
        out->categories[out->n_categories++] = make_category(&m, &categories[i]);
    out->related = make_array(&m, related_count, sizeof(*out->related));
    for (size_t i = 0; i < related_count && !m.failed; i++)
        out->related[out->n_related++] = make_related(&m, &related[i]);
    return m.failed ? NULL : out;
}
