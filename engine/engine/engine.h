/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of engine: the state machine. One command in, one atomic change and its events out; one
 * question in, one answer out. Rights are checked here, so that every way in has the same.
 * Thread: engine, for everything but sk_engine_sync. Values that come out live in the arena given.
 *
 * After SK_EIO or SK_ENOMEM in the midst of a command memory and disk may differ: the engine then
 * refuses all (sk_engine_failed) and the process must end. */

#include "engine/dry_run.h"
#include "match/match.h"
#include "store/store.h"

typedef struct sk_engine_options {
    size_t size; /**< sizeof(sk_engine_options) */
    const char *data_dir;
    sk_clock clock;
    bool no_sync;              /**< Tests only. */
    const char *backup_dir;    /**< NULL: `<data_dir>/backups` */
    const char *rules_dir;     /**< Rule sets and library beside the built-in ones; NULL: none. */
    int64_t dry_run_ms;        /**< A dry run may take so long; 0: ten minutes. */
    uint64_t dry_run_listings; /**< And look at so many; 0: 2,000,000. */
} sk_engine_options;

/** Opens the store, rebuilds the index, loads the active rule set. */
sk_status sk_engine_open(const sk_engine_options *options, sk_engine **out, sk_error *err);
void sk_engine_close(sk_engine *engine);
bool sk_engine_failed(const sk_engine *engine);
/** All commands executed before this call began are durable on return. Thread: committer. */
sk_status sk_engine_sync(sk_engine *engine, sk_error *err);
/** Run what is due at the clock's now, as every command and question does; and a piece of what a
 *  change of rules, taxonomy or areas left to do, which only this does. Called by a timer, and
 * while there is such work between requests. */
sk_status sk_engine_tick(sk_engine *engine, sk_error *err);
bool sk_engine_has_work(const sk_engine *engine);
/** Milliseconds of engine time until something falls due; -1: nothing is planned. */
int64_t sk_engine_next_due(sk_engine *engine);
int64_t sk_engine_now(const sk_engine *engine);
/** How many changes were written since the opening; tells whether an answer has to wait for a sync.
 */
uint64_t sk_engine_commands(const sk_engine *engine);
/** The source of a built-in rule set or library file ("standaard", "lib/..."). Thread: any. */
sk_status sk_engine_find_script(void *context, sk_str name, sk_buf *out, sk_error *err);

/* ---- Who asks ---- */

struct sk_actor {
    sk_str token_id;
    sk_role role;
    sk_strs areas; /**< Empty: everywhere. */
    sk_str connector_id;
};

/** SK_EDENIED for an unknown or revoked token, without saying which. Strings: view of the engine,
 *  valid until tokens change. */
sk_status sk_engine_authenticate(sk_engine *engine, sk_str token, sk_actor *out, sk_error *err);

/** One command of a request. */
typedef struct sk_call {
    const sk_actor *actor;
    sk_str request_id;     /**< Empty: no idempotency (in process). */
    uint32_t item;         /**< Place in the batch. */
    uint8_t body_hash[32]; /**< Of the item's bytes. */
} sk_call;

/** What the sender of a listing should look at again. */
typedef enum sk_note {
    SK_NOTE_MASKED = 1,  /**< A number that looks like a BSN was masked. */
    SK_NOTE_SWAPPED = 2, /**< The point lies in the Netherlands with lat and lon exchanged. */
    SK_NOTE_OUTSIDE = 4  /**< There are areas, and the point lies in none. */
} sk_note;

/** What became of a command. */
typedef struct sk_receipt {
    char id[65];
    uint64_t version;
    bool created;
    bool repeated;
    uint32_t suggestions_created;
    uint64_t event_seq;
    uint32_t notes; /**< What a put was accepted with, as bits of sk_note. */
    /** Of a rule set that was pushed. */
    uint32_t examples_run, examples_failed;
} sk_receipt;

/* ---- Listings and parties ---- */

sk_status sk_engine_put_listing(sk_engine *engine, const sk_call *call, const sk_listing *listing,
                                sk_receipt *out, sk_error *err);
/** `status`: OPEN, PAUSED, FULFILLED or WITHDRAWN. */
sk_status sk_engine_set_listing_status(sk_engine *engine, const sk_call *call, sk_str id,
                                       sk_listing_status status, sk_str reason, sk_receipt *out,
                                       sk_error *err);
/** `relaxed`: bits of sk_relax_bit, none ends the case; `until_ms` 0: the listing's end. */
sk_status sk_engine_relax_case(sk_engine *engine, const sk_call *call, sk_str listing_id,
                               uint8_t relaxed, int64_t until_ms, sk_receipt *out, sk_error *err);
/** The exact point only for administrators and integrators; others get the centre of the buurt. */
sk_status sk_engine_get_listing(sk_engine *engine, const sk_actor *actor, sk_str id,
                                sk_arena *arena, sk_listing *out, sk_error *err);
typedef struct sk_listing_filter {
    sk_kind kind;
    sk_listing_status status;
    sk_str party_id, category, area;
    sk_str after;
    uint32_t limit;
} sk_listing_filter;
typedef struct sk_listing_page {
    const sk_listing *items;
    size_t count;
    sk_str next;
} sk_listing_page;
sk_status sk_engine_list_listings(sk_engine *engine, const sk_actor *actor,
                                  const sk_listing_filter *filter, sk_arena *arena,
                                  sk_listing_page *out, sk_error *err);

sk_status sk_engine_put_party(sk_engine *engine, const sk_call *call, const sk_party *party,
                              sk_receipt *out, sk_error *err);
sk_status sk_engine_get_party(sk_engine *engine, const sk_actor *actor, sk_str id,
                              bool with_contact, sk_arena *arena, sk_party *out, sk_error *err);
sk_status sk_engine_erase_party(sk_engine *engine, const sk_call *call, sk_str id, sk_receipt *out,
                                sk_error *err);
typedef struct sk_party_export {
    sk_party party;
    const sk_listing *listings;
    size_t listing_count;
    const sk_suggestion *suggestions;
    size_t suggestion_count;
} sk_party_export;
sk_status sk_engine_export_party(sk_engine *engine, const sk_actor *actor, sk_str id,
                                 sk_arena *arena, sk_party_export *out, sk_error *err);

/* ---- Match ---- */

/** Either `id` (stored) or `given`. */
typedef struct sk_ask {
    sk_str id;
    const sk_listing *given;
    uint32_t limit; /**< 0: 20 */
} sk_ask;
typedef struct sk_match_item {
    sk_str listing_id;
    sk_kind kind;
    sk_str title, buurt;
    sk_pair_report report;
} sk_match_item;
typedef struct sk_match_answer {
    const sk_match_item *items;
    size_t count;
    const char *reason; /**< Of an empty list; else "". */
    int64_t threshold;  /**< What a suggestion must score now, in millionths. */
} sk_match_answer;
sk_status sk_engine_match(sk_engine *engine, const sk_actor *actor, const sk_ask *ask,
                          sk_arena *arena, sk_match_answer *out, sk_error *err);

typedef struct sk_whynot_answer {
    sk_whynot whynot;
    /* Listing ids and titles of the near misses: of the best, then of the related ones. */
    sk_str ids[8][6], titles[8][6];
    bool may_case;      /**< RelaxCase may be used for it. */
    const char *reason; /**< When the listing itself is not open; else "". */
} sk_whynot_answer;
sk_status sk_engine_whynot(sk_engine *engine, const sk_actor *actor, const sk_ask *ask,
                           sk_arena *arena, sk_whynot_answer *out, sk_error *err);

/* ---- Suggestions ---- */

typedef struct sk_suggestion_filter {
    uint32_t states; /**< Bit per sk_state; 0: PROPOSED and PARKED. */
    sk_str listing_id, party_id, assignee, area;
    sk_str after;
    uint32_t limit;
    bool best_first;
} sk_suggestion_filter;
typedef struct sk_suggestion_page {
    const sk_suggestion *items;
    size_t count;
    sk_str next;
} sk_suggestion_page;
sk_status sk_engine_list_suggestions(sk_engine *engine, const sk_actor *actor,
                                     const sk_suggestion_filter *filter, sk_arena *arena,
                                     sk_suggestion_page *out, sk_error *err);
sk_status sk_engine_get_suggestion(sk_engine *engine, const sk_actor *actor, sk_str id,
                                   sk_arena *arena, sk_suggestion *out, sk_error *err);

/** Numbers as on the wire. */
typedef enum sk_decision {
    SK_DECIDE_NONE = 0,
    SK_DECIDE_ACCEPT = 1,
    SK_DECIDE_REJECT = 2,
    SK_DECIDE_PARK = 3,
    SK_DECIDE_INTRODUCE = 4,
    SK_DECIDE_YES = 5,
    SK_DECIDE_DECLINE = 6,
    SK_DECIDE_COMPLETE = 7,
    SK_DECIDE_END = 8
} sk_decision;
typedef struct sk_decide {
    sk_str suggestion_id;
    uint64_t version;
    sk_decision decision;
    sk_str reason, outcome;
    int64_t until_ms;
    uint32_t sides; /**< Bit 0 demand, bit 1 supply. */
    const sk_appointment *appointments;
    size_t appointment_count;
} sk_decide;
/** SK_ECONFLICT names the earlier decision: state, when, and by which token. */
sk_status sk_engine_decide(sk_engine *engine, const sk_call *call, const sk_decide *decide,
                           sk_receipt *out, sk_error *err);
sk_status sk_engine_undo(sk_engine *engine, const sk_call *call, sk_str id, uint64_t version,
                         sk_receipt *out, sk_error *err);
sk_status sk_engine_hand_over(sk_engine *engine, const sk_call *call, sk_str id, uint64_t version,
                              sk_str connector_id, sk_receipt *out, sk_error *err);
sk_status sk_engine_set_appointments(sk_engine *engine, const sk_call *call, sk_str id,
                                     uint64_t version, const sk_appointment *appointments,
                                     size_t count, sk_receipt *out, sk_error *err);

/* ---- Connectors ---- */

sk_status sk_engine_put_connector(sk_engine *engine, const sk_call *call,
                                  const sk_connector *connector, sk_receipt *out, sk_error *err);
/** `out_cases`: open and running cases of each. */
sk_status sk_engine_list_connectors(sk_engine *engine, const sk_actor *actor, sk_arena *arena,
                                    const sk_connector **out, const uint32_t **out_cases,
                                    size_t *out_count, sk_error *err);

/* ---- Events ---- */

/** `after` UINT64_MAX: behind what `consumer` acknowledged. */
sk_status sk_engine_read_events(sk_engine *engine, const sk_actor *actor, uint64_t after,
                                sk_str consumer, uint32_t limit, sk_arena *arena,
                                const sk_event **out, size_t *out_count, uint64_t *out_last,
                                sk_error *err);
sk_status sk_engine_ack_events(sk_engine *engine, const sk_call *call, sk_str consumer,
                               uint64_t seq, sk_receipt *out, sk_error *err);
uint64_t sk_engine_last_event(const sk_engine *engine);
/** Grows when something happens that a waiting reader may wait for. */
uint64_t sk_engine_news(const sk_engine *engine);

/* ---- Messages (docs/notifications.md) ---- */

typedef struct sk_take {
    sk_str channel;
    uint32_t limit;    /**< 0: 16 */
    uint32_t lease_ms; /**< 0: a minute */
} sk_take;
typedef struct sk_delivery {
    sk_str id;
    uint32_t attempt;
    sk_recipient recipient_kind;
    sk_str recipient_id;
    sk_str to_name, to_email, to_phone, to_address;
    sk_str language, subject, text;
    sk_str rule, on;
    sk_str suggestion_id, listing_id;
    sk_strs message_ids; /**< Of a digest: all that are told here, this one first. */
} sk_delivery;
/** The due messages of a channel, from now on SENDING. A change, although it answers with more than
 *  a receipt. `out_next_ms`: when the channel has something next; INT64_MAX: nothing is planned. */
sk_status sk_engine_take_messages(sk_engine *engine, const sk_actor *actor, const sk_take *take,
                                  sk_arena *arena, const sk_delivery **out, size_t *out_count,
                                  int64_t *out_next_ms, sk_error *err);
/** Numbers as on the wire. */
typedef enum sk_outcome {
    SK_OUTCOME_NONE = 0,
    SK_OUTCOME_SENT = 1,
    SK_OUTCOME_RETRY = 2,
    SK_OUTCOME_REFUSED = 3
} sk_outcome;
typedef struct sk_report {
    sk_str id;
    uint32_t attempt;
    sk_outcome outcome;
    sk_str reason;
} sk_report;
/** SK_ECONFLICT when the message is past this attempt. */
sk_status sk_engine_report_message(sk_engine *engine, const sk_call *call, const sk_report *report,
                                   sk_receipt *out, sk_error *err);
typedef struct sk_notice_filter {
    sk_str party_id, connector_id, suggestion_id, rule;
    uint32_t states; /**< Bit per sk_message_state; 0: all. */
    sk_str after;
    uint32_t limit; /**< 0: 50 */
} sk_notice_filter;
typedef struct sk_notice_page {
    const sk_notice *items;
    size_t count;
    sk_str next;
} sk_notice_page;
sk_status sk_engine_list_messages(sk_engine *engine, const sk_actor *actor,
                                  const sk_notice_filter *filter, sk_arena *arena,
                                  sk_notice_page *out, sk_error *err);
/** Sends a dead one anew. */
sk_status sk_engine_retry_message(sk_engine *engine, const sk_call *call, sk_str id,
                                  sk_receipt *out, sk_error *err);

/* ---- Areas, taxonomy ---- */

sk_status sk_engine_put_areas(sk_engine *engine, const sk_call *call, bool begin,
                              const sk_area *areas, size_t count, bool commit, sk_receipt *out,
                              sk_error *err);
sk_status sk_engine_list_areas(sk_engine *engine, const sk_actor *actor, sk_str after,
                               uint32_t limit, bool with_polygons, sk_arena *arena,
                               const sk_area **out, size_t *out_count, sk_str *out_next,
                               sk_error *err);
typedef struct sk_found_area {
    sk_area area; /**< Without polygons; empty code: outside. */
    sk_point point;
    bool has_rd;
    double rd_x_m, rd_y_m;
} sk_found_area;
/** `rd` true: x, y in metres (EPSG:28992), else lon, lat. */
sk_status sk_engine_find_area(sk_engine *engine, const sk_actor *actor, bool rd, double x, double y,
                              sk_arena *arena, sk_found_area *out, sk_error *err);
sk_status sk_engine_put_taxonomy(sk_engine *engine, const sk_call *call,
                                 const sk_category *categories, size_t count,
                                 const sk_related *related, size_t related_count, sk_receipt *out,
                                 sk_error *err);
/** View, valid until the next put. */
sk_status sk_engine_get_taxonomy(sk_engine *engine, const sk_actor *actor, const sk_taxonomy **out,
                                 sk_error *err);

/* ---- Rules ---- */

#define SK_MAX_CHANGE_PERCENT 25 /**< Of the open suggestions, that an activation may withdraw. */
#define SK_MAX_CHANGE_LEAST 20   /**< Fewer than this may always be withdrawn. */

/** Receipt id: the hash, and how its examples went. */
sk_status sk_engine_push_rules(sk_engine *engine, const sk_call *call, sk_str source,
                               sk_receipt *out, sk_error *err);
typedef struct sk_rules_test {
    uint32_t run, failed;
    sk_str report, name, hash;
} sk_rules_test;
/** Of `source`, or when that is empty of the stored set `hash`. */
sk_status sk_engine_test_rules(sk_engine *engine, const sk_actor *actor, sk_str source, sk_str hash,
                               sk_arena *arena, sk_rules_test *out, sk_error *err);
/** By another person than the author, when its examples come out as they say. */
sk_status sk_engine_approve_rules(sk_engine *engine, const sk_call *call, sk_str hash,
                                  sk_receipt *out, sk_error *err);
/** An approved set or one that was active before; the active one again when a function of it
 *  failed. `max_change_percent`, 0 for the default: SK_ELIMIT when more of the open suggestions
 *  would have to be withdrawn. */
sk_status sk_engine_activate_rules(sk_engine *engine, const sk_call *call, sk_str hash,
                                   uint32_t max_change_percent, sk_receipt *out, sk_error *err);
/** Activates the set that was active before, whatever it changes; again: the one before that. */
sk_status sk_engine_rollback_rules(sk_engine *engine, const sk_call *call, sk_receipt *out,
                                   sk_error *err);
/** Without their sources and policies. */
sk_status sk_engine_list_rules(sk_engine *engine, const sk_actor *actor, sk_arena *arena,
                               const sk_rules_record **out, size_t *out_count, sk_error *err);
sk_status sk_engine_get_rules(sk_engine *engine, const sk_actor *actor, sk_str hash,
                              sk_arena *arena, sk_rules_record *out, sk_error *err);

/* ---- Running it ---- */

typedef struct sk_export_page {
    const sk_party *parties;
    size_t party_count;
    const sk_listing *listings;
    size_t listing_count;
    const sk_connector *connectors;
    size_t connector_count;
    sk_str next;
} sk_export_page;
sk_status sk_engine_export(sk_engine *engine, const sk_actor *actor, sk_str after, uint32_t limit,
                           bool with_contact, sk_arena *arena, sk_export_page *out, sk_error *err);
typedef struct sk_engine_status {
    int64_t now_ms;
    uint64_t demand_listings, supply_listings, parties, areas, categories, connectors;
    uint64_t suggestions_open, suggestions, last_event, index_bytes, commands;
    sk_str rules_name, rules_hash;
    sk_strs rules_off;            /**< Terms of the active set that were switched off; a view. */
    uint64_t suggestions_to_test; /**< At most so many are still to be tested after a change. */
    uint32_t max_open_per_demand, max_open_per_supply; /**< Limits of the active rule set. */
    sk_str backup_dir;                                 /**< For administrators; else empty. */
    sk_str connector_id; /**< Of the connector that the asker's token stands for, or empty. */
} sk_engine_status;
sk_status sk_engine_get_status(sk_engine *engine, const sk_actor *actor, sk_engine_status *out,
                               sk_error *err);
/** A plain name (as an id); below the backup folder. */
sk_status sk_engine_backup(sk_engine *engine, const sk_actor *actor, sk_str name, sk_error *err);
/** `out_token` (65 bytes) is shown once; only its hash is kept. */
sk_status sk_engine_create_token(sk_engine *engine, const sk_call *call, const sk_token *token,
                                 char out_token[65], sk_receipt *out, sk_error *err);
sk_status sk_engine_list_tokens(sk_engine *engine, const sk_actor *actor, sk_arena *arena,
                                const sk_token **out, size_t *out_count, sk_error *err);
sk_status sk_engine_revoke_token(sk_engine *engine, const sk_call *call, sk_str id, sk_receipt *out,
                                 sk_error *err);
sk_status sk_engine_step_clock(sk_engine *engine, const sk_call *call, int64_t to_ms,
                               sk_receipt *out, sk_error *err);
/** First start: makes the administrator's token when there is no token at all; empty otherwise. */
sk_status sk_engine_bootstrap(sk_engine *engine, char out_token[65], sk_error *err);
/** How the process ends when the disk fails in the midst of a sync; from any thread. Without one it
 *  aborts. */
void sk_engine_on_disk_fault(void (*end)(void));
/** Deep check of every invariant between index, suggestions and store; for tests. */
sk_status sk_engine_check(sk_engine *engine, sk_error *err);
