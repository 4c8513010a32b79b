/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Random records for the tests of codec: every field filled now and then, numbers over their whole
 * range, doubles of any bits that the record may hold. The same seed gives the same records. */

#include <math.h>
#include <stdlib.h>

#include "codec/codec.h"

typedef struct dice {
    uint64_t state;
    sk_arena *arena;
} dice;

static inline uint64_t roll(dice *d)
{
    uint64_t z = (d->state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline size_t roll_below(dice *d, size_t bound)
{
    return (size_t)(roll(d) % bound);
}

static inline bool roll_bool(dice *d)
{
    return roll(d) & 1;
}

/* Small, large, or any number. */
static inline uint64_t roll_u64(dice *d)
{
    return roll(d) >> roll_below(d, 64);
}

static inline uint32_t roll_u32(dice *d)
{
    return (uint32_t)(roll(d) >> (32 + roll_below(d, 32)));
}

/* Any bits that are a number, zeros of both signs included. */
static inline double roll_double(dice *d)
{
    double value = 0;

    do {
        uint64_t bits = roll(d);

        switch (roll_below(d, 4)) {
        case 0:
            value = roll_bool(d) ? 0.0 : -0.0;
            break;
        case 1:
            value = (double)(int64_t)(bits >> 40) / 100.0;
            break;
        default:
            memcpy(&value, &bits, sizeof(value));
        }
    } while (!isfinite(value));
    return value;
}

static inline double roll_missing(dice *d)
{
    return roll_below(d, 3) == 0 ? NAN : roll_double(d);
}

static inline sk_str roll_str(dice *d)
{
    static const char *const parts[] = {"a",  "Z",  "0",    "é",    "€",         "𝄞", " ",     "\"",
                                        "\\", "\n", "\x01", "\x7f", "</script>", "ß", "\u2028"};
    char text[64] = "";
    size_t count = roll_below(d, 8);

    for (size_t i = 0; i < count; i++)
        strcat(text, parts[roll_below(d, sizeof(parts) / sizeof(parts[0]))]);
    return sk_arena_str(d->arena, sk_str_from(text));
}

static inline sk_strs roll_strs(dice *d)
{
    size_t count = roll_below(d, 5);
    sk_str *items = sk_arena_calloc(d->arena, count, sizeof(*items));

    for (size_t i = 0; i < count; i++)
        items[i] = roll_str(d);
    return (sk_strs){items, count};
}

/* Absent, or any time that RFC 3339 can write. */
static inline int64_t roll_time(dice *d)
{
    if (roll_below(d, 4) == 0)
        return 0;
    return SK_TIME_MIN_MS + (int64_t)(roll(d) % (uint64_t)(SK_TIME_MAX_MS - SK_TIME_MIN_MS + 1));
}

static inline int64_t roll_local(dice *d)
{
    return sk_floor_div(roll_time(d), 1000);
}

static inline sk_window roll_window(dice *d)
{
    sk_window w = {.short_form = roll_bool(d), .tzid = roll_str(d)};
    size_t count = roll_below(d, 4);
    int64_t *exdates = sk_arena_calloc(d->arena, count, sizeof(*exdates));

    if (w.short_form) {
        w.days = (uint8_t)(1 + roll_below(d, 127));
        w.from_min = (uint16_t)roll_below(d, 1440);
        w.to_min = (uint16_t)roll_below(d, 1440);
        return w;
    }
    w.start_local_s = roll_local(d);
    w.end_local_s = roll_local(d);
    w.rrule = roll_str(d);
    for (size_t i = 0; i < count; i++)
        exdates[i] = roll_local(d);
    w.exdates_local_s = exdates;
    w.exdate_count = count;
    return w;
}

static inline sk_attr roll_attr(dice *d, size_t number)
{
    sk_attr a = {.type = (sk_attr_type)(1 + roll_below(d, 3))};

    a.name = sk_arena_printf(d->arena, "veld-%zu", number);
    if (a.type == SK_ATTR_STRING)
        a.string = roll_str(d);
    if (a.type == SK_ATTR_NUMBER)
        a.number = roll_double(d);
    if (a.type == SK_ATTR_BOOL)
        a.boolean = roll_bool(d);
    return a;
}

static inline sk_listing roll_listing(dice *d)
{
    sk_listing l = {.id = roll_str(d), .kind = (sk_kind)roll_below(d, 7)};
    size_t windows = roll_below(d, 4), attrs = roll_below(d, 5);
    sk_window *w = sk_arena_calloc(d->arena, windows, sizeof(*w));
    sk_attr *a = sk_arena_calloc(d->arena, attrs, sizeof(*a));

    for (size_t i = 0; i < windows; i++)
        w[i] = roll_window(d);
    for (size_t i = 0; i < attrs; i++)
        a[i] = roll_attr(d, i);
    l.windows = w;
    l.window_count = windows;
    l.attributes = a;
    l.attribute_count = attrs;
    l.party_id = roll_str(d), l.title = roll_str(d), l.description = roll_str(d);
    l.categories = roll_strs(d);
    if ((l.has_point = roll_bool(d)))
        l.point = (sk_point){roll_double(d), roll_double(d)};
    l.reach_m = roll_u32(d), l.within_m = roll_u32(d), l.duration_min = roll_u32(d);
    l.capacity = roll_u32(d), l.urgency = roll_u32(d);
    l.remote = roll_bool(d);
    l.valid_from_ms = roll_time(d), l.valid_until_ms = roll_time(d);
    l.languages = roll_strs(d), l.requires_traits = roll_strs(d), l.provides_traits = roll_strs(d);
    l.status = (sk_listing_status)roll_below(d, 6);
    l.created_ms = roll_time(d), l.updated_ms = roll_time(d);
    l.version = roll_u64(d);
    l.buurt = roll_str(d), l.wijk = roll_str(d), l.gemeente = roll_str(d);
    l.relaxed = (uint8_t)roll_below(d, 1 << SK_RELAX_BITS);
    l.relaxed_until_ms = roll_time(d);
    return l;
}

static inline sk_contact roll_contact(dice *d)
{
    return (sk_contact){roll_str(d), roll_str(d), roll_str(d), roll_str(d), roll_str(d)};
}

static inline sk_party roll_party(dice *d)
{
    sk_party p = {.id = roll_str(d), .kind = (sk_party_kind)roll_below(d, 4)};
    size_t count = roll_below(d, 4);
    sk_certificate *c = sk_arena_calloc(d->arena, count, sizeof(*c));

    for (size_t i = 0; i < count; i++)
        c[i] = (sk_certificate){roll_str(d), roll_str(d), roll_time(d), roll_time(d)};
    p.certificates = c;
    p.certificate_count = count;
    p.languages = roll_strs(d), p.blocks = roll_strs(d);
    p.represented_by = roll_str(d);
    p.preferences.channel = roll_str(d);
    if ((p.preferences.has_quiet = roll_bool(d))) {
        p.preferences.quiet_from_min = (uint16_t)roll_below(d, 1440);
        p.preferences.quiet_to_min = (uint16_t)roll_below(d, 1440);
    }
    p.preferences.max_per_day = roll_u32(d), p.preferences.max_per_week = roll_u32(d);
    p.preferences.quiet_days = (uint8_t)roll_below(d, 128);
    p.preferences.pause_until_ms = roll_time(d);
    if ((p.preferences.has_digest = roll_bool(d)))
        p.preferences.digest_min = (uint16_t)roll_below(d, 1440);
    p.preferences.language = roll_str(d);
    if ((p.has_contact = roll_bool(d)))
        p.contact = roll_contact(d);
    p.created_ms = roll_time(d), p.updated_ms = roll_time(d);
    p.version = roll_u64(d);
    return p;
}

static inline sk_pair_values roll_values(dice *d)
{
    return (sk_pair_values){
        .distance_m = roll_missing(d),
        .overlap_min = roll_double(d),
        .longest_min = roll_double(d),
        .closeness = roll_double(d),
        .need_load_30d = roll_double(d),
        .offer_load_30d = roll_double(d),
        .need_open_suggestions = roll_double(d),
        .offer_open_suggestions = roll_double(d),
        .need_days_since_asked = roll_missing(d),
        .offer_days_since_asked = roll_missing(d),
        .need_age_days = roll_double(d),
        .offer_age_days = roll_double(d),
        .need_room = roll_double(d),
        .offer_room = roll_double(d),
    };
}

static inline void roll_suggestion_lists(dice *d, sk_suggestion *s)
{
    sk_term_value *terms = sk_arena_calloc(d->arena, 4, sizeof(*terms));
    sk_appointment *appointments = sk_arena_calloc(d->arena, 4, sizeof(*appointments));
    sk_step *steps = sk_arena_calloc(d->arena, 4, sizeof(*steps));
    sk_relaxed *relaxed = sk_arena_calloc(d->arena, 4, sizeof(*relaxed));

    s->relaxed_count = roll_below(d, 5);
    s->term_count = roll_below(d, 5);
    s->appointment_count = roll_below(d, 5);
    s->step_count = roll_below(d, 5);
    for (int i = 0; i < 4; i++) {
        terms[i] = (sk_term_value){roll_str(d),  roll_double(d), roll_double(d),
                                   roll_bool(d), roll_bool(d),   roll_str(d)};
        appointments[i] = (sk_appointment){roll_time(d) | 1, roll_time(d) | 1};
        steps[i] = (sk_step){roll_u64(d), (sk_state)roll_below(d, 12), roll_time(d), roll_str(d),
                             roll_str(d)};
        relaxed[i] = (sk_relaxed){(sk_relax_bit)(1 << roll_below(d, SK_RELAX_BITS)), roll_str(d)};
    }
    s->relaxed = relaxed;
    s->terms = terms;
    s->appointments = appointments;
    s->steps = steps;
}

static inline sk_suggestion roll_suggestion(dice *d)
{
    sk_suggestion s = {.id = roll_str(d), .state = (sk_state)roll_below(d, 12)};

    s.demand_id = roll_str(d), s.supply_id = roll_str(d);
    s.demand_party_id = roll_str(d), s.supply_party_id = roll_str(d);
    s.version = roll_u64(d);
    s.score = (int64_t)roll_u64(d) - 1000;
    s.values = roll_values(d);
    s.rules_hash = roll_str(d), s.assignee = roll_str(d), s.area = roll_str(d);
    s.created_ms = roll_time(d), s.updated_ms = roll_time(d), s.until_ms = roll_time(d);
    s.expires_ms = roll_time(d), s.connected_ms = roll_time(d);
    s.reason = roll_str(d), s.outcome = roll_str(d);
    s.demand_yes = roll_bool(d), s.supply_yes = roll_bool(d);
    s.undo_state = (sk_state)roll_below(d, 12);
    roll_suggestion_lists(d, &s);
    return s;
}

static inline sk_event roll_event(dice *d)
{
    return (sk_event){roll_u64(d), roll_time(d), roll_str(d), roll_str(d), roll_str(d),
                      roll_str(d), roll_str(d),  roll_str(d), roll_str(d)};
}

static inline sk_notice roll_notice(dice *d)
{
    sk_notice n = {.id = roll_str(d),
                   .recipient_kind = (sk_recipient)roll_below(d, 4),
                   .state = (sk_message_state)roll_below(d, 6)};

    n.recipient_id = roll_str(d), n.channel = roll_str(d), n.rule = roll_str(d);
    n.rules_hash = roll_str(d), n.on = roll_str(d), n.suggestion_id = roll_str(d);
    n.listing_id = roll_str(d), n.held_by = roll_str(d), n.reason = roll_str(d),
    n.delivery_id = roll_str(d);
    n.created_ms = roll_time(d), n.due_ms = roll_time(d), n.changed_ms = roll_time(d);
    n.sent_ms = roll_time(d);
    n.attempts = roll_u32(d), n.failures = roll_u32(d);
    return n;
}

static inline sk_area roll_area(dice *d)
{
    sk_area a = {roll_str(d), roll_str(d), roll_str(d), roll_str(d),     roll_str(d),
                 roll_str(d), roll_u32(d), NULL,        roll_below(d, 3)};
    sk_polygon *polygons = sk_arena_calloc(d->arena, a.polygon_count, sizeof(*polygons));

    for (size_t i = 0; i < a.polygon_count; i++) {
        sk_ring *rings = sk_arena_calloc(d->arena, 2, sizeof(*rings));

        polygons[i] = (sk_polygon){rings, 1 + roll_below(d, 2)};
        for (size_t j = 0; j < polygons[i].ring_count; j++) {
            sk_point *points = sk_arena_calloc(d->arena, 6, sizeof(*points));

            rings[j] = (sk_ring){points, roll_below(d, 7)};
            for (size_t k = 0; k < rings[j].count; k++)
                points[k] = (sk_point){roll_double(d), roll_double(d)};
        }
    }
    a.polygons = polygons;
    return a;
}

static inline sk_connector roll_connector(dice *d)
{
    return (sk_connector){roll_str(d),  roll_str(d),  roll_strs(d), roll_u32(d),
                          roll_time(d), roll_time(d), roll_str(d),  roll_u64(d)};
}

static inline sk_token roll_token(dice *d)
{
    sk_token t = {.id = roll_str(d), .name = roll_str(d), .role = (sk_role)roll_below(d, 8)};

    t.areas = roll_strs(d);
    t.connector_id = roll_str(d);
    for (size_t i = 0; i < sizeof(t.hash); i++)
        t.hash[i] = (uint8_t)roll(d);
    t.created_ms = roll_time(d);
    t.revoked = roll_bool(d);
    return t;
}

/** Of failures and activations, which always have a time. */
static inline int64_t roll_moment(dice *d)
{
    return 1 + (int64_t)roll_below(d, 1000000000);
}

static inline void roll_rules_lists(dice *d, sk_rules_record *r)
{
    sk_rules_activation *activations = sk_arena_calloc(d->arena, 3, sizeof(*activations));
    sk_rules_fault *faults = sk_arena_calloc(d->arena, 3, sizeof(*faults));

    r->activation_count = roll_below(d, 4);
    r->fault_count = roll_below(d, 4);
    for (size_t i = 0; i < r->activation_count; i++)
        activations[i] = (sk_rules_activation){roll_moment(d), roll_str(d), roll_str(d),
                                               roll_str(d), roll_bool(d)};
    for (size_t i = 0; i < r->fault_count; i++) {
        faults[i] = (sk_rules_fault){.rule = roll_str(d),
                                     .hard = roll_bool(d),
                                     .failed_count = roll_below(d, SK_RULES_FAILURES + 1)};
        for (uint32_t k = 0; k < faults[i].failed_count; k++)
            faults[i].failed_ms[k] = roll_moment(d);
        faults[i].off_ms = roll_time(d);
        faults[i].reason = roll_str(d);
    }
    r->activations = activations;
    r->faults = faults;
}

static inline sk_rules_record roll_rules(dice *d)
{
    sk_rules_record r = {.hash = roll_str(d), .state = (sk_rules_state)roll_below(d, 5)};

    r.name = roll_str(d), r.source = roll_str(d), r.policy = roll_str(d);
    r.author = roll_str(d), r.approved_by = roll_str(d);
    r.author_name = roll_str(d), r.approved_by_name = roll_str(d);
    r.pushed_ms = roll_time(d), r.approved_ms = roll_time(d), r.activated_ms = roll_time(d);
    roll_rules_lists(d, &r);
    return r;
}
