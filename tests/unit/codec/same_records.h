/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Equality of records field by field, doubles by their bits (a NaN equals any NaN). */

#include <math.h>

#include "codec/codec.h"

static inline bool same_double(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
}

static inline bool same_strs(sk_strs a, sk_strs b)
{
    bool same = a.count == b.count;

    for (size_t i = 0; same && i < a.count; i++)
        same = sk_str_eq(a.items[i], b.items[i]);
    return same;
}

#define SAME(field) (a->field == b->field)
#define SAME_STR(field) sk_str_eq(a->field, b->field)
#define SAME_DOUBLE(field) same_double(a->field, b->field)
#define SAME_STRS(field) same_strs(a->field, b->field)

static inline bool same_window(const sk_window *a, const sk_window *b)
{
    bool same = SAME(short_form) && SAME(days) && SAME(from_min) && SAME(to_min) &&
                SAME(start_local_s) && SAME(end_local_s) && SAME_STR(rrule) && SAME(exdate_count) &&
                SAME_STR(tzid);

    for (size_t i = 0; same && i < a->exdate_count; i++)
        same = SAME(exdates_local_s[i]);
    return same;
}

static inline bool same_attr(const sk_attr *a, const sk_attr *b)
{
    return SAME_STR(name) && SAME(type) && SAME_STR(string) && SAME_DOUBLE(number) && SAME(boolean);
}

static inline bool same_listing(const sk_listing *a, const sk_listing *b)
{
    bool same = SAME_STR(id) && SAME(kind) && SAME_STR(party_id) && SAME_STR(title) &&
                SAME_STR(description) && SAME_STRS(categories) && SAME(has_point) &&
                SAME_DOUBLE(point.lat_deg) && SAME_DOUBLE(point.lon_deg) && SAME(reach_m) &&
                SAME(within_m) && SAME(remote) && SAME(window_count) && SAME(duration_min) &&
                SAME(valid_from_ms) && SAME(valid_until_ms) && SAME_STRS(languages) &&
                SAME_STRS(requires_traits) && SAME_STRS(provides_traits) && SAME(capacity) &&
                SAME(urgency) && SAME(attribute_count) && SAME(status) && SAME(created_ms) &&
                SAME(updated_ms) && SAME(version) && SAME_STR(buurt) && SAME_STR(wijk) &&
                SAME_STR(gemeente) && SAME(relaxed) && SAME(relaxed_until_ms);

    for (size_t i = 0; same && i < a->window_count; i++)
        same = same_window(&a->windows[i], &b->windows[i]);
    for (size_t i = 0; same && i < a->attribute_count; i++)
        same = same_attr(&a->attributes[i], &b->attributes[i]);
    return same;
}

static inline bool same_contact(const sk_contact *a, const sk_contact *b)
{
    return SAME_STR(name) && SAME_STR(phone) && SAME_STR(email) && SAME_STR(address) &&
           SAME_STR(note);
}

static inline bool same_certificate(const sk_certificate *a, const sk_certificate *b)
{
    return SAME_STR(type) && SAME_STR(checked_by) && SAME(checked_on_ms) && SAME(valid_until_ms);
}

static inline bool same_party(const sk_party *a, const sk_party *b)
{
    bool same = SAME_STR(id) && SAME(kind) && SAME_STRS(languages) && SAME(certificate_count) &&
                SAME_STRS(blocks) && SAME_STR(represented_by) && SAME_STR(preferences.channel) &&
                SAME(preferences.has_quiet) && SAME(preferences.quiet_from_min) &&
                SAME(preferences.quiet_to_min) && SAME(preferences.max_per_day) &&
                SAME(preferences.max_per_week) && SAME(preferences.quiet_days) &&
                SAME(preferences.pause_until_ms) && SAME(preferences.has_digest) &&
                SAME(preferences.digest_min) && SAME_STR(preferences.language) &&
                SAME(has_contact) && same_contact(&a->contact, &b->contact) && SAME(created_ms) &&
                SAME(updated_ms) && SAME(version);

    for (size_t i = 0; same && i < a->certificate_count; i++)
        same = same_certificate(&a->certificates[i], &b->certificates[i]);
    return same;
}

static inline bool same_values(const sk_pair_values *a, const sk_pair_values *b)
{
    return SAME_DOUBLE(distance_m) && SAME_DOUBLE(overlap_min) && SAME_DOUBLE(longest_min) &&
           SAME_DOUBLE(closeness) && SAME_DOUBLE(need_load_30d) && SAME_DOUBLE(offer_load_30d) &&
           SAME_DOUBLE(need_open_suggestions) && SAME_DOUBLE(offer_open_suggestions) &&
           SAME_DOUBLE(need_days_since_asked) && SAME_DOUBLE(offer_days_since_asked) &&
           SAME_DOUBLE(need_age_days) && SAME_DOUBLE(offer_age_days) && SAME_DOUBLE(need_room) &&
           SAME_DOUBLE(offer_room);
}

static inline bool same_term(const sk_term_value *a, const sk_term_value *b)
{
    return SAME_STR(name) && SAME_DOUBLE(weight) && SAME_DOUBLE(value) && SAME(applies) &&
           SAME_STR(why);
}

static inline bool same_step(const sk_step *a, const sk_step *b)
{
    return SAME(version) && SAME(state) && SAME(at_ms) && SAME_STR(by) && SAME_STR(reason);
}

static inline bool same_suggestion(const sk_suggestion *a, const sk_suggestion *b)
{
    bool same = SAME_STR(id) && SAME_STR(demand_id) && SAME_STR(supply_id) &&
                SAME_STR(demand_party_id) && SAME_STR(supply_party_id) && SAME(state) &&
                SAME(version) && SAME(score) && SAME(term_count) &&
                same_values(&a->values, &b->values) && SAME_STR(rules_hash) && SAME_STR(assignee) &&
                SAME_STR(area) && SAME(created_ms) && SAME(updated_ms) && SAME(until_ms) &&
                SAME(expires_ms) && SAME(connected_ms) && SAME_STR(reason) && SAME_STR(outcome) &&
                SAME(demand_yes) && SAME(supply_yes) && SAME(appointment_count) &&
                SAME(step_count) && SAME(undo_state) && SAME(relaxed_count);

    for (size_t i = 0; same && i < a->term_count; i++)
        same = same_term(&a->terms[i], &b->terms[i]);
    for (size_t i = 0; same && i < a->appointment_count; i++)
        same = SAME(appointments[i].start_ms) && SAME(appointments[i].end_ms);
    for (size_t i = 0; same && i < a->step_count; i++)
        same = same_step(&a->steps[i], &b->steps[i]);
    for (size_t i = 0; same && i < a->relaxed_count; i++)
        same = SAME(relaxed[i].constraint) && SAME_STR(relaxed[i].why);
    return same;
}

static inline bool same_event(const sk_event *a, const sk_event *b)
{
    return SAME(seq) && SAME(at_ms) && SAME_STR(type) && SAME_STR(listing_id) &&
           SAME_STR(party_id) && SAME_STR(suggestion_id) && SAME_STR(detail) &&
           SAME_STR(rules_hash) && SAME_STR(message_id);
}

static inline bool same_notice(const sk_notice *a, const sk_notice *b)
{
    return SAME_STR(id) && SAME(recipient_kind) && SAME_STR(recipient_id) && SAME_STR(channel) &&
           SAME_STR(rule) && SAME_STR(rules_hash) && SAME_STR(on) && SAME_STR(suggestion_id) &&
           SAME_STR(listing_id) && SAME(state) && SAME(created_ms) && SAME(due_ms) &&
           SAME(changed_ms) && SAME(sent_ms) && SAME_STR(held_by) && SAME(attempts) &&
           SAME(failures) && SAME_STR(reason) && SAME_STR(delivery_id);
}

static inline bool same_ring(const sk_ring *a, const sk_ring *b)
{
    bool same = SAME(count);

    for (size_t i = 0; same && i < a->count; i++)
        same = SAME_DOUBLE(points[i].lat_deg) && SAME_DOUBLE(points[i].lon_deg);
    return same;
}

static inline bool same_area(const sk_area *a, const sk_area *b)
{
    bool same = SAME_STR(code) && SAME_STR(name) && SAME_STR(wijk) && SAME_STR(wijk_name) &&
                SAME_STR(gemeente) && SAME_STR(gemeente_name) && SAME(year) && SAME(polygon_count);

    for (size_t i = 0; same && i < a->polygon_count; i++) {
        same = SAME(polygons[i].ring_count);
        for (size_t j = 0; same && j < a->polygons[i].ring_count; j++)
            same = same_ring(&a->polygons[i].rings[j], &b->polygons[i].rings[j]);
    }
    return same;
}

static inline bool same_connector(const sk_connector *a, const sk_connector *b)
{
    return SAME_STR(id) && SAME_STR(name) && SAME_STRS(areas) && SAME(ceiling) &&
           SAME(absent_from_ms) && SAME(absent_until_ms) && SAME_STR(substitute_id) &&
           SAME(version);
}

static inline bool same_token(const sk_token *a, const sk_token *b)
{
    return SAME_STR(id) && SAME_STR(name) && SAME(role) && SAME_STRS(areas) &&
           SAME_STR(connector_id) && memcmp(a->hash, b->hash, sizeof(a->hash)) == 0 &&
           SAME(created_ms) && SAME(revoked);
}

static inline bool same_activation(const sk_rules_activation *a, const sk_rules_activation *b)
{
    return SAME(at_ms) && SAME_STR(by) && SAME_STR(by_name) && SAME_STR(before) &&
           SAME(rolled_back);
}

static inline bool same_fault(const sk_rules_fault *a, const sk_rules_fault *b)
{
    return SAME_STR(rule) && SAME(hard) && SAME(failed_count) && SAME(off_ms) && SAME_STR(reason) &&
           memcmp(a->failed_ms, b->failed_ms, sizeof(a->failed_ms)) == 0;
}

static inline bool same_rules(const sk_rules_record *a, const sk_rules_record *b)
{
    bool same = SAME_STR(hash) && SAME_STR(name) && SAME_STR(source) && SAME(state) &&
                SAME_STR(author) && SAME_STR(approved_by) && SAME(pushed_ms) && SAME(approved_ms) &&
                SAME(activated_ms) && SAME_STR(policy) && SAME_STR(author_name) &&
                SAME_STR(approved_by_name) && SAME(activation_count) && SAME(fault_count);

    for (size_t i = 0; same && i < a->activation_count; i++)
        same = same_activation(&a->activations[i], &b->activations[i]);
    for (size_t i = 0; same && i < a->fault_count; i++)
        same = same_fault(&a->faults[i], &b->faults[i]);
    return same;
}
