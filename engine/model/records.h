/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/* The numbers of these enumerations are stored and sent; they never change. 0 means "not given". */

typedef enum sk_kind {
    SK_KIND_NONE = 0,
    SK_KIND_NEED = 1,
    SK_KIND_INITIATIVE = 2,
    SK_KIND_OFFER = 3,
    SK_KIND_SKILL = 4,
    SK_KIND_PLACE = 5,
    SK_KIND_ACTIVITY = 6
} sk_kind;

typedef enum sk_side { SK_DEMAND = 0, SK_SUPPLY = 1 } sk_side;

static inline sk_side sk_kind_side(sk_kind kind)
{
    return kind == SK_KIND_NEED || kind == SK_KIND_INITIATIVE ? SK_DEMAND : SK_SUPPLY;
}

typedef enum sk_listing_status {
    SK_LISTING_NONE = 0,
    SK_LISTING_OPEN = 1,
    SK_LISTING_PAUSED = 2,
    SK_LISTING_FULFILLED = 3,
    SK_LISTING_WITHDRAWN = 4,
    SK_LISTING_EXPIRED = 5
} sk_listing_status;

typedef enum sk_party_kind {
    SK_PARTY_NONE = 0,
    SK_PARTY_RESIDENT = 1,
    SK_PARTY_ORGANISATION = 2,
    SK_PARTY_PROFESSIONAL = 3
} sk_party_kind;

typedef enum sk_state {
    SK_STATE_NONE = 0,
    SK_STATE_PROPOSED = 1,
    SK_STATE_ACCEPTED = 2,
    SK_STATE_REJECTED = 3,
    SK_STATE_PARKED = 4,
    SK_STATE_WITHDRAWN = 5,
    SK_STATE_EXPIRED = 6,
    SK_STATE_INTRODUCED = 7,
    SK_STATE_CONNECTED = 8,
    SK_STATE_DECLINED = 9,
    SK_STATE_COMPLETED = 10,
    SK_STATE_ENDED = 11
} sk_state;

typedef enum sk_role {
    SK_ROLE_NONE = 0,
    SK_ROLE_RESIDENT = 1,  /**< A residents' front end: puts and reads for residents. */
    SK_ROLE_CONNECTOR = 2, /**< A buurtverbinder's console. */
    SK_ROLE_ADMIN = 3,
    SK_ROLE_INTEGRATOR = 4, /**< Import, export, events. */
    SK_ROLE_READER = 5,     /**< Read-only, without contact details. */
    SK_ROLE_RULE_AUTHOR = 6,
    SK_ROLE_CHANNEL = 7 /**< Takes messages and reports on them. */
} sk_role;

/** What a rule set can widen for a demand listing that waits; docs/matching.md 7, "Relaxing". */
typedef enum sk_relax_bit {
    SK_RELAX_DISTANCE = 1,
    SK_RELAX_LANGUAGE = 2,
    SK_RELAX_CATEGORY = 4,
    SK_RELAX_THRESHOLD = 8
} sk_relax_bit;
#define SK_RELAX_BITS 4

typedef struct sk_point {
    double lat_deg, lon_deg;
} sk_point;

/** An availability window. The short form has `days` (bit 0 = Monday), `from_min`, `to_min`;
 *  the long form a local start and end, an optional RRULE and excluded starts. */
typedef struct sk_window {
    bool short_form;
    uint8_t days;
    uint16_t from_min, to_min; /**< Minutes after local midnight, 0-1439; to <= from: next day. */
    int64_t start_local_s, end_local_s;
    sk_str rrule;
    const int64_t *exdates_local_s;
    size_t exdate_count;
    sk_str tzid; /**< Empty: Europe/Amsterdam. */
} sk_window;

typedef enum sk_attr_type { SK_ATTR_STRING = 1, SK_ATTR_NUMBER = 2, SK_ATTR_BOOL = 3 } sk_attr_type;

typedef struct sk_attr {
    sk_str name;
    sk_attr_type type;
    sk_str string;
    double number;
    bool boolean;
} sk_attr;

typedef struct sk_listing {
    sk_str id;
    sk_kind kind;
    sk_str party_id;
    sk_str title, description;
    sk_strs categories;
    bool has_point;
    sk_point point;
    uint32_t reach_m, within_m;
    bool remote;
    const sk_window *windows;
    size_t window_count;
    uint32_t duration_min;
    int64_t valid_from_ms, valid_until_ms; /**< 0 until the engine fills in the defaults. */
    sk_strs languages, requires_traits, provides_traits;
    uint32_t capacity; /**< 0 until the default of 1. */
    uint32_t urgency;
    const sk_attr *attributes;
    size_t attribute_count;
    sk_listing_status status;
    int64_t created_ms;
    /* From here on set by the engine, never by a client. */
    int64_t updated_ms;
    uint64_t version;
    sk_str buurt, wijk, gemeente; /**< Of the point; empty outside all areas. */
    uint8_t relaxed;              /**< Bits of sk_relax_bit: relaxed for this case. */
    int64_t relaxed_until_ms;     /**< 0 when not. */
} sk_listing;

typedef struct sk_certificate {
    sk_str type; /**< A trait code such as "vog". */
    sk_str checked_by;
    int64_t checked_on_ms, valid_until_ms;
} sk_certificate;

/** Sealed on disk under the party's own key; never in a log, an event or an error. */
typedef struct sk_contact {
    sk_str name, phone, email, address, note;
} sk_contact;

typedef struct sk_preferences {
    sk_str channel; /**< "mail", "print" ...; empty: the rules decide. */
    bool has_quiet;
    uint16_t quiet_from_min, quiet_to_min;
    uint32_t max_per_day, max_per_week; /**< 0: the rules decide. */
    uint8_t quiet_days;                 /**< Bit 0: Monday. */
    int64_t pause_until_ms;             /**< 0: no pause. */
    bool has_digest;
    uint16_t digest_min;
    sk_str language; /**< Empty: the first of the party's. */
} sk_preferences;

typedef struct sk_party {
    sk_str id;
    sk_party_kind kind;
    sk_strs languages;
    const sk_certificate *certificates;
    size_t certificate_count;
    sk_strs blocks;
    sk_str represented_by;
    sk_preferences preferences;
    bool has_contact;
    sk_contact contact;
    int64_t created_ms, updated_ms;
    uint64_t version;
} sk_party;

/** One term of a score as it was computed. */
typedef struct sk_term_value {
    sk_str name;
    double weight;
    double value; /**< In [0, 1]; meaningless unless `applies`. */
    bool applies;
    bool failed; /**< Its function failed, so that it does not apply. */
    sk_str why;  /**< In Dutch, from the values; may be empty. */
} sk_term_value;

/** The values that a score was computed from. NAN: missing. */
typedef struct sk_pair_values {
    double distance_m;
    double overlap_min, longest_min;
    double closeness;
    double need_load_30d, offer_load_30d;
    double need_open_suggestions, offer_open_suggestions;
    double need_days_since_asked, offer_days_since_asked;
    double need_age_days, offer_age_days;
    double need_room, offer_room;
} sk_pair_values;

typedef struct sk_appointment {
    int64_t start_ms, end_ms;
} sk_appointment;

/** What a pair needed beyond what is usual. */
typedef struct sk_relaxed {
    sk_relax_bit constraint;
    sk_str why; /**< In Dutch. */
} sk_relaxed;

/** One step in the life of a suggestion. */
typedef struct sk_step {
    uint64_t version; /**< After the step. */
    sk_state state;
    int64_t at_ms;
    sk_str by; /**< Token id; empty: the engine itself. */
    sk_str reason;
    sk_str by_name; /**< Of the token, in answers; never stored. */
} sk_step;

typedef struct sk_suggestion {
    sk_str id;
    sk_str demand_id, supply_id;
    sk_str demand_party_id, supply_party_id;
    sk_state state;
    uint64_t version;
    int64_t score; /**< Millionths. */
    const sk_term_value *terms;
    size_t term_count;
    sk_pair_values values;
    sk_str rules_hash;
    sk_str assignee; /**< Connector id; empty when there is none. */
    sk_str area;     /**< Buurt of the demand side, or empty. */
    int64_t created_ms, updated_ms;
    int64_t until_ms;     /**< PARKED: when it returns; else 0. */
    int64_t expires_ms;   /**< When it lapses while open. */
    int64_t connected_ms; /**< First moment of CONNECTED; 0 before. */
    sk_str reason;
    sk_str outcome;
    bool demand_yes, supply_yes;
    const sk_appointment *appointments;
    size_t appointment_count;
    const sk_step *steps;
    size_t step_count;
    sk_state undo_state; /**< What an undo returns to; NONE: nothing to undo. */
    const sk_relaxed *relaxed;
    size_t relaxed_count;
} sk_suggestion;

/** One line of the gapless event log. Ids only, nothing about people. */
typedef struct sk_event {
    uint64_t seq;
    int64_t at_ms;
    sk_str type; /**< "listing.created", "suggestion.accepted" ... (docs/integrating.md). */
    sk_str listing_id, party_id, suggestion_id;
    sk_str detail; /**< A word or a code, such as the reason of a withdrawal. */
    sk_str rules_hash;
    sk_str message_id;
} sk_event;

typedef enum sk_message_state {
    SK_MESSAGE_NONE = 0,
    SK_MESSAGE_PLANNED = 1,
    SK_MESSAGE_SENDING = 2,
    SK_MESSAGE_SENT = 3,
    SK_MESSAGE_CANCELLED = 4,
    SK_MESSAGE_DEAD = 5
} sk_message_state;

typedef enum sk_recipient {
    SK_RECIPIENT_NONE = 0,
    SK_RECIPIENT_PARTY = 1,
    SK_RECIPIENT_CONNECTOR = 2,
    SK_RECIPIENT_ROLE = 3
} sk_recipient;

/** One thing to tell one recipient (docs/notifications.md). Ids only. */
typedef struct sk_notice {
    sk_str id;
    sk_recipient recipient_kind;
    sk_str recipient_id;
    sk_str channel;
    sk_str rule, rules_hash;
    sk_str on; /**< The event that it tells of. */
    sk_str suggestion_id, listing_id;
    sk_message_state state;
    int64_t created_ms, due_ms, changed_ms;
    int64_t sent_ms; /**< 0: never. */
    sk_str held_by;
    uint32_t attempts, failures;
    sk_str reason;
    sk_str delivery_id; /**< Of the message with which it was taken last. */
} sk_notice;

typedef struct sk_ring {
    const sk_point *points;
    size_t count;
} sk_ring;

/** Outer ring first, then holes. */
typedef struct sk_polygon {
    const sk_ring *rings;
    size_t ring_count;
} sk_polygon;

/** One buurt with its wijk and gemeente (CBS codes, BU8 WK6 GM4). */
typedef struct sk_area {
    sk_str code, name;
    sk_str wijk, wijk_name;
    sk_str gemeente, gemeente_name;
    uint32_t year; /**< Reference year; 0: unknown. */
    const sk_polygon *polygons;
    size_t polygon_count;
} sk_area;

/** A neighbourhood connector: to whom suggestions are assigned. */
typedef struct sk_connector {
    sk_str id;
    sk_str name;
    sk_strs areas;                           /**< Codes of buurten, wijken or gemeenten. */
    uint32_t ceiling;                        /**< Open and running cases at most; 0: no ceiling. */
    int64_t absent_from_ms, absent_until_ms; /**< 0, 0: present. */
    sk_str substitute_id;
    uint64_t version;
} sk_connector;

typedef struct sk_token {
    sk_str id;
    sk_str name;
    sk_role role;
    sk_strs areas;       /**< Empty: the whole municipality. */
    sk_str connector_id; /**< For a connector's token: whose work it does. */
    uint8_t hash[32];
    int64_t created_ms;
    bool revoked;
} sk_token;

/** Where a rule set stands between being written and being the law. */
typedef enum sk_rules_state {
    SK_RULES_NONE = 0,
    SK_RULES_PUSHED = 1,
    SK_RULES_APPROVED = 2,
    SK_RULES_ACTIVE = 3,
    SK_RULES_RETIRED = 4
} sk_rules_state;

#define SK_RULES_ACTIVATIONS 20 /**< A record keeps the last so many. */
#define SK_RULES_FAILURES 3     /**< Failures that switch a term off. */

typedef struct sk_rules_activation {
    int64_t at_ms;
    sk_str by, by_name; /**< Token and its name; empty: the engine itself. */
    sk_str before;      /**< Hash of the set that was active until then; empty: none. */
    bool rolled_back;
} sk_rules_activation;

/** A rule whose function failed since the set was activated. */
typedef struct sk_rules_fault {
    sk_str rule;
    bool hard;
    int64_t failed_ms[SK_RULES_FAILURES]; /**< Those that still counted at the last of them. */
    uint32_t failed_count;
    int64_t off_ms; /**< A term that was switched off; 0: it was not. */
    sk_str reason;
} sk_rules_fault;
/** What a dry run counted: demand listings, and the pairs proposed for them before and after. */
typedef struct sk_dry_counts {
    uint64_t listings, before, after;
    uint64_t same, moved;    /**< In both lists, at the same place or at another. */
    uint64_t appear, vanish; /**< In one list only. */
    uint64_t first, last;    /**< Listings that get their first candidate, or lose their last. */
} sk_dry_counts;

/** The latest dry run of a rule set, kept beside its record. */
typedef struct sk_dry_summary {
    sk_str by, by_name;     /**< Token, and its name then. */
    int64_t run_ms;         /**< When. */
    int64_t from_ms, to_ms; /**< The moments looked at: first and last. */
    uint32_t moments;
    sk_str backup;                /**< Empty: the store itself. */
    sk_str against, against_name; /**< The rule set that was active. */
    sk_dry_counts counts;
} sk_dry_summary;

typedef struct sk_rules_record {
    sk_str hash; /**< 64 hexadecimal digits over all sources. */
    sk_str name;
    sk_str source, policy;
    sk_rules_state state;
    sk_str author, approved_by;           /**< Token ids. */
    sk_str author_name, approved_by_name; /**< What the tokens were called then. */
    int64_t pushed_ms, approved_ms, activated_ms;
    const sk_rules_activation *activations; /**< Oldest first. */
    size_t activation_count;
    const sk_rules_fault *faults;
    size_t fault_count;
    const sk_dry_summary *dry_run; /**< NULL: none. In answers only; it is stored beside. */
} sk_rules_record;

/** Canonical words of the enumerations ("NEED", "OPEN" ...), NULL for unknown numbers, and back
 *  (0 when unknown). Thread: any. */
const char *sk_kind_name(sk_kind kind);
const char *sk_listing_status_name(sk_listing_status status);
const char *sk_state_name(sk_state state);
const char *sk_role_name(sk_role role);
/** "distance", "language", "category", "threshold". */
const char *sk_relax_name(sk_relax_bit bit);
const char *sk_message_state_name(sk_message_state state);
sk_kind sk_kind_from(sk_str name);
/** One bit, or 0. */
uint8_t sk_relax_from(sk_str name);
sk_role sk_role_from(sk_str name);
/** Proposed or parked: what the contract calls open. */
static inline bool sk_state_open(sk_state state)
{
    return state == SK_STATE_PROPOSED || state == SK_STATE_PARKED;
}
