/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the engine thread owns, shared by the files of this module only.
 *
 *   store       everything, on disk
 *   index       facts of all listings and parties, candidates
 *   pairings    one small record per suggestion that exists, in order of creation
 *   due         a heap of instants at which something falls due by itself
 *   command     the change under way: its batch, its events, whom it touched
 *
 * All but the store is rebuilt from the store at opening (open.c). */

#include "engine/engine.h"
#include "engine/notices.h"

#define SK_NONE UINT32_MAX
#define SK_ROUND_SIZE 20
/** Meta value: clock, next midnight, audit number; 8 bytes each, big-endian. */
#define ENGINE_NUMBERS "engine/numbers"
/** Meta value: relocate, first and end of the suggestions still to be tested, 8 bytes each. */
#define ENGINE_PENDING "engine/pending"
#define SK_OPEN_LIFE_MS (14 * SK_DAY_MS)
#define SK_LOAD_WINDOW_MS (30 * SK_DAY_MS)
#define SK_IDEM_LIFE_MS SK_DAY_MS
#define SK_RETEST_CHUNK 1000

/** A suggestion in memory; the record with scores and reasons is on disk. Chains run through all
 *  pairings of a listing, newest first. */
typedef struct pairing {
    uint64_t number; /**< The id is "s" and twelve digits of it. */
    int64_t created_ms, until_ms, connected_ms;
    uint32_t demand, supply; /**< Listing slots. */
    uint32_t next_of_demand, next_of_supply;
    uint32_t version;
    uint32_t assignee; /**< Word of the connector's id; 0: nobody. */
    int32_t score;     /**< Millionths. */
    uint8_t state;
    bool erased; /**< A hole: the party is gone. */
    bool has_appointments;
    bool stepped; /**< Its record stands in command.records. */
} pairing;

/** By listing slot. */
typedef struct listing_extra {
    uint32_t newest;      /**< Head of its chain, or SK_NONE. */
    uint32_t open_count;  /**< Open suggestions of this listing. */
    uint32_t round_stamp; /**< Equal to engine.round: the pair was suggested before. */
    uint8_t relax_step;   /**< 1 + the `relax` step whose instant is in the due heap; 0: none. */
    int64_t planned_ms;   /**< Its `validUntil` in the due heap; 0: none. */
} listing_extra;

/** By party slot. */
typedef struct party_extra {
    uint32_t supply_open; /**< Open suggestions as the supply side. */
    uint32_t likes;       /**< 1 + place in notices.likes; 0: it prefers nothing. */
    uint8_t kind;
} party_extra;

/** In the order in which they run at one instant. Relaxing comes first, so that after any command
 * at an instant a restart knows that it has been. */
typedef enum due_kind {
    DUE_RELAX,
    DUE_VALID_UNTIL,
    DUE_PARKED,
    DUE_EXPIRY,
    DUE_CASE_END,
    DUE_LEASE,
    DUE_HOUR,
    DUE_MIDNIGHT
} due_kind;

typedef struct due_entry {
    int64_t at_ms;
    uint32_t ref; /**< Listing slot or pairing index. */
    uint8_t kind;
} due_entry;

/** What a dry run leaves out of its private state, or sees otherwise than it is stored. */
typedef struct load_lens {
    void *context;
    /** SK_ENOTFOUND leaves the record out; any other failure ends the loading. */
    sk_status (*party)(void *context, const sk_party *party, sk_error *err);
    sk_status (*listing)(void *context, sk_listing *listing, sk_error *err);
    /** Called in the reader's own thread. */
    sk_status (*suggestion)(void *context, sk_suggestion *suggestion, sk_error *err);
} load_lens;

/** What became of one rule's function since the rule set was activated (health.c). */
typedef struct rule_health {
    int64_t failed_ms[SK_RULES_FAILURES];
    uint32_t failed_count;
    int64_t off_ms;
    char reason[120];
} rule_health;

/** The command under way. */
typedef struct command {
    bool running;
    sk_batch *batch;
    sk_arena *arena;
    const sk_call *call; /**< NULL: the engine itself. */
    uint64_t first_event;
    u32_list touched; /**< Party slots whose open suggestions are tested again. */
    u32_list rounds;  /**< Listing slots. */
    u32_list created; /**< Pairings made by this command's rounds, not yet in party facts. */
    u32_list stepped; /**< Pairings whose record changed, beside `records`. */
    sk_suggestion *records;
    size_t record_count, record_capacity;
    uint32_t suggestions_created;
} command;

struct sk_engine {
    sk_store *store;
    sk_clock clock;
    int64_t now_ms; /**< Of the last command or question; never runs back. */
    bool started;   /**< now_ms is set. */
    bool failed;
    bool due_running;
    const load_lens *lens; /**< NULL in the engine itself: it sees everything, and plans ahead. */
    char *backup_dir;
    char *rules_dir;

    sk_intern *words;
    sk_calendar *calendar;
    sk_areas *areas;
    sk_areas *staged; /**< Areas of an import that is not committed yet. */
    sk_arena *staged_arena;
    sk_str *staged_items; /**< Encoded, in staged_arena. */
    size_t staged_count, staged_capacity;
    sk_rd *rd;
    sk_taxonomy *taxonomy;
    sk_index *index;
    sk_matcher *matcher;
    sk_ruleset *rules;
    char rules_hash[65];
    rule_health term_health[SK_MAX_TERMS], hard_health[SK_MAX_HARD];
    sk_str rules_off[SK_MAX_TERMS]; /**< Views of the names of terms that are off. */
    size_t rules_off_count;

    pairing *pairings;
    size_t pairing_count, pairing_capacity;
    size_t open_count, live_count;
    listing_extra *listings;
    size_t listing_capacity;
    party_extra *parties;
    size_t party_capacity;
    uint32_t party_slots; /**< One past the highest in use. */
    size_t party_live;
    uint32_t *cases; /**< By word of the connector: open and running cases. */
    size_t cases_capacity;
    sk_intern *erased;     /**< Ids of erased parties; never used again. */
    u32_list connected;    /**< Pairings in order of connected_ms, for load_30d. */
    size_t connected_done; /**< Those before left the 30 days. */
    uint32_t round;

    due_entry *due;
    size_t due_count, due_capacity;
    int64_t next_hour_ms, next_midnight_ms;
    int64_t idem_end_ms; /**< No stored answer is younger than a day from here on. */

    sk_connector *connectors; /**< Ascending id; strings in connector_arena. */
    size_t connector_count;
    sk_arena *connector_arena;
    sk_token *tokens;
    size_t token_count;
    sk_arena *token_arena;

    bool relocate_pending;            /**< Listings may lie in areas that were replaced. */
    uint64_t retest_from, retest_end; /**< Numbers of suggestions; 0, 0: nothing to do. */

    uint64_t last_event;
    uint64_t audit_seq;
    uint64_t commands;
    command cmd;

    struct notices *notices; /**< NULL in the private state of a dry run. */

    struct dry_run *dry; /**< The latest dry run; NULL: none since the opening. */
    int64_t dry_run_ms;  /**< Its bounds; 0: the usual ones. */
    uint64_t dry_run_listings;
    uint64_t news; /**< Dry runs that ended. */
};

/* ---- command.c: the one way to change anything ---- */

/** Time moves, what is due runs; then the idempotency record is looked up. With `out->repeated`
 *  set the answer is there and nothing may follow. */
sk_status command_begin(sk_engine *e, const sk_call *call, sk_receipt *out, sk_error *err);
/** For a command of the engine itself, at e->now_ms. */
void command_begin_own(sk_engine *e);
/** Steps 2 and 3 for whom the command touched, then the batch is written. */
sk_status command_commit(sk_engine *e, sk_str id, uint64_t version, bool created, sk_receipt *out,
                         sk_error *err);
/** Nothing was changed yet: forget the command. */
void command_cancel(sk_engine *e);
/** Something was changed, and then memory or disk failed: the engine is done. */
sk_status command_broken(sk_engine *e, sk_status status);
void touch_party(sk_engine *e, uint32_t party);
void want_round(sk_engine *e, uint32_t listing);
/** Rounds for all listings of a party that are open. */
void want_rounds_of_party(sk_engine *e, uint32_t party);
/** A pair left *open*: its demand listing, and its supply party's listings. */
void pair_left_open(sk_engine *e, uint32_t demand, uint32_t supply);
void emit(sk_engine *e, const char *type, sk_str listing, sk_str party, sk_str suggestion,
          sk_str detail);
/** Any event; its number and time are given here. */
void emit_event(sk_engine *e, const sk_event *given);
/** About the active rule set itself. */
void emit_rules(sk_engine *e, const char *type, sk_str detail);
void audit(sk_engine *e, const char *action, sk_str object);
/** What nobody asked for. */
void audit_own(sk_engine *e, const char *action, sk_str object);
sk_str call_token(const sk_call *call);
sk_status list_push(u32_list *list, uint32_t value);

/* ---- due.c ---- */

sk_status advance(sk_engine *e, sk_error *err);
sk_status due_push(sk_engine *e, int64_t at_ms, due_kind kind, uint32_t ref);
/** Plans the end of a listing that is open or paused, once, and its next `relax` step. */
sk_status due_plan_listing(sk_engine *e, uint32_t slot);
/** The `relax` steps of all listings anew, for another rule set. */
void due_plan_relax_anew(sk_engine *e);
/** Everything that will fall due is planned; for sk_engine_check. */
sk_status due_check(const sk_engine *e, sk_error *err);
void due_start(sk_engine *e, int64_t now_ms);

/* ---- pairings.c: suggestions in memory ---- */

sk_str pairing_id(uint64_t number, char out[16]);
/** The number in a suggestion's id; false for what is no such id. */
bool pairing_number(sk_str id, uint64_t *out);
/** Index of the first pairing with this number or a higher one. */
size_t pairing_from(const sk_engine *e, uint64_t number);
uint32_t pairing_find(const sk_engine *e, sk_str id);
/** Next in the chain of the listing on either side. */
uint32_t pairing_next(const sk_engine *e, uint32_t index, uint32_t listing);
sk_status pairing_add(sk_engine *e, const pairing *p, uint32_t *out_index);
/** Counters that follow from a state; `sign` +1 or -1. Room is pushed to the index. */
void pairing_count(sk_engine *e, const pairing *p, int sign);
/** Whether a round could still propose this listing; for all after a change of limits. */
void settle_aside(sk_engine *e, uint32_t slot);
void settle_all_aside(sk_engine *e);
void pairing_set_state(sk_engine *e, uint32_t index, sk_state state);
void pairing_connected(sk_engine *e, uint32_t index, int64_t at_ms);
/** Forget a pairing whose party is erased. */
void pairing_erase(sk_engine *e, uint32_t index);
void load_advance(sk_engine *e, int64_t now_ms);
void party_last_asked_recount(sk_engine *e, uint32_t party);
sk_status extras_ensure(sk_engine *e, uint32_t listing_slot, uint32_t party_slot);
/** Appointments of the party's connected pairs become its busy slots. */
sk_status party_busy_recount(sk_engine *e, uint32_t party, sk_error *err);
/** For qsort: numbers (the order of pairings is that of their ids), and for qsort_r with the
 * engine: listing slots by the bytes of their ids. */
int compare_u32(const void *a, const void *b);
int compare_slots(const void *a, const void *b, void *engine);
/** Adds the pairings of the party that are open, in no order. */
sk_status party_open_pairings(sk_engine *e, uint32_t party, u32_list *out);

/* ---- steps.c: the record of a suggestion ---- */

/** The record, to be changed in place; written with the command. */
sk_status record_of(sk_engine *e, uint32_t index, sk_suggestion **out, sk_error *err);
/** The record as it is in this command, to look at; read into `room` where it did not change. */
sk_status record_peek(sk_engine *e, uint32_t index, sk_suggestion *room, const sk_suggestion **out,
                      sk_error *err);
/** One step: new state, version, steps, event. `reason` stays in the record; only `detail`, a word
 *  of the engine's own, goes into the event. */
sk_status suggestion_step(sk_engine *e, uint32_t index, sk_state state, const char *event,
                          sk_str reason, sk_str detail, sk_error *err);
sk_status records_write(sk_engine *e);
void emit_suggestion(sk_engine *e, const pairing *p, const char *type, sk_str detail);

/* ---- retest.c, rounds.c, assign.c ---- */

/** A stored listing's case has come to its end; nothing when it was put off meanwhile. */
sk_status case_ends(sk_engine *e, uint32_t slot, sk_error *err);
sk_status retest_touched(sk_engine *e, sk_error *err);
/** Withdraw the pairing when it became impossible. */
sk_status retest_one(sk_engine *e, uint32_t index, sk_error *err);
/** What a change of taxonomy, areas or rules leaves to do in numbered commands of SK_RETEST_CHUNK:
 *  with `relocate` every listing gets its buurt anew, then all open suggestions are tested again.
 *  Noted in the change's own command, so that a restart goes on where it stopped. */
void pending_begin(sk_engine *e, bool relocate);
/** Right behind that command: buurten and the first piece; the others follow one by one. */
sk_status pending_start(sk_engine *e, sk_error *err);
sk_status pending_piece(sk_engine *e, sk_error *err);
/** How many open suggestions the rule set would have withdrawn; changes nothing. */
size_t count_unruly(sk_engine *e, sk_ruleset *rules);
/** At opening: reads what was noted. */
sk_status pending_load(sk_engine *e, sk_error *err);
sk_status relocate_all(sk_engine *e, sk_error *err);
sk_status run_rounds(sk_engine *e, sk_error *err);
/** Gets a pair that a round proposes, and counts it for both limits at once. */
typedef sk_status (*round_take)(void *context, uint32_t demand, uint32_t supply, int64_t score,
                                sk_error *err);
/** One round: `take` gets what it proposes, best first. */
sk_status round_run(sk_engine *e, uint32_t slot, round_take take, void *context, sk_error *err);
bool listing_open(const sk_engine *e, const sk_facts *f);
const char *closed_reason(const sk_facts *f, int64_t now_ms);
/** Word of the connector for a demand listing, 0: nobody. */
uint32_t assign_connector(sk_engine *e, const sk_facts *demand);
uint32_t connector_cases(const sk_engine *e, uint32_t word);
/** The connector itself, or who stands in for it now; NULL: nobody. */
const sk_connector *connector_present(const sk_engine *e, const sk_connector *c);
const sk_connector *connector_find(const sk_engine *e, sk_str id);

/* ---- early.c: suggestions, read by a second thread while the engine opens ---- */

typedef struct early_reader early_reader;
/** `lens` may be NULL. */
sk_status early_start(sk_store *store, const load_lens *lens, early_reader **out, sk_error *err);
/** Waits for the thread, calls `each` in order of ids (NULL: only waits) and frees. The suggestions
 *  hold what a pairing needs and nothing else; appointment_count is 0 or 1. */
sk_status early_finish(early_reader *reader, sk_each_suggestion each, void *context, sk_error *err);

/* ---- dry_run.c ---- */

/** When its thread has ended: waits for that, and notes the figures in the store. */
sk_status dry_settle(sk_engine *e, sk_error *err);
/** Cancels what runs and forgets it; before the store is closed. */
void dry_stop(sk_engine *e);
/** The latest dry run of this rule set into `record`, when there was one. */
sk_status dry_summary_of(sk_engine *e, sk_arena *arena, sk_rules_record *record, sk_error *err);

/* ---- The rest ---- */

typedef enum right {
    RIGHT_READ,
    RIGHT_PUT,
    RIGHT_ERASE,
    RIGHT_CONTACT,
    RIGHT_EVENTS,
    RIGHT_DECIDE,
    RIGHT_ANSWER,
    RIGHT_RELAX,
    RIGHT_REFERENCE,
    RIGHT_RULES,
    RIGHT_EXPORT,
    RIGHT_CHANNEL,
    RIGHT_MESSAGES,
    RIGHT_ADMIN
} right;
sk_status require_right(const sk_actor *actor, right wanted, sk_error *err);
/** The actor's areas hold this buurt (or its wijk or gemeente). */
bool actor_covers(const sk_actor *actor, sk_str buurt, sk_str wijk, sk_str gemeente);
bool actor_sees_points(const sk_actor *actor);
/** Else distances are told in steps of 500 m. */
bool actor_sees_distances(const sk_actor *actor);
/** Listings of residents are stored sealed. */
bool is_sealed(const sk_engine *e, uint32_t party);

sk_status engine_load(sk_engine *e, sk_error *err);
/** Index and matcher, empty; words, calendar and taxonomy are there. */
sk_status load_begin(sk_engine *e, int64_t now_ms, sk_error *err);
/** All parties, listings and suggestions of the store, and what follows from them; needs a rule
 *  set. */
sk_status load_records(sk_engine *e, sk_error *err);
sk_status load_connectors(sk_engine *e, sk_error *err);
sk_status load_tokens(sk_engine *e, sk_error *err);
/** What people call a token, "Anja (connector)": its name, or that of its connector, and its role.
 *  Empty where it has neither, or no memory. */
sk_str token_called(const sk_engine *e, sk_str id, sk_arena *arena);
sk_status load_areas(sk_engine *e, sk_error *err);
/** NULL: there is none with this code. */
const sk_area *area_named(const sk_engine *e, sk_str code);
sk_status load_taxonomy(sk_engine *e, sk_error *err);
sk_status load_rules(sk_engine *e, sk_error *err);
/** What a token is called; empty for one that is not stored. */
sk_str token_name(const sk_engine *e, sk_str id);

/* ---- rulesets.c, activate.c, health.c ---- */

#define ACTIVE_NAME "rules/active" /**< Meta: the hash of the active rule set. */

sk_status rules_compile(sk_engine *e, sk_str name, sk_str source, sk_ruleset **out, sk_error *err);
sk_status rules_find(sk_engine *e, sk_str hash, sk_rules_record *out, sk_error *err);
/** Compiles what is stored: SK_ECONFLICT when that gives another set now, since its base changed,
 *  and SK_EINVAL when its examples fail. */
sk_status rules_compile_stored(sk_engine *e, const sk_rules_record *record, sk_ruleset **out,
                               sk_error *err);
/** With the event of the same name, which is also the action in the audit log. */
void rules_put(sk_engine *e, const sk_rules_record *record, const char *event);
/** Taken: judges from now on. */
void rules_use(sk_engine *e, sk_ruleset *rules, const sk_rules_record *record);
/** Notes in the record who made it active, in the command's arena. */
sk_status activation_note(sk_engine *e, sk_rules_record *record, const sk_rules_activation *note,
                          sk_error *err);
/** Takes over what the record says of failed functions: switches their terms off. */
void health_load(sk_engine *e, const sk_rules_record *record);
bool health_is_clean(const sk_engine *e);
/** The terms that these faults say are off, in another copy of the rule set. */
void health_switch_off(sk_ruleset *rules, const sk_rules_fault *faults, size_t count);
/** At the end of a command: its failures are counted, told and stored. */
sk_status health_account(sk_engine *e, sk_error *err);
sk_status erase_party_now(sk_engine *e, sk_str id, sk_error *err);
/** Buurt, wijk and gemeente of its point into the listing. */
void listing_locate(sk_engine *e, sk_listing *listing);
/** What a reader without the right to exact points gets to see. */
void listing_coarsen(sk_engine *e, const sk_actor *actor, sk_listing *listing);
/** Distances, and what was computed from them, for a reader who may not know where others live. */
sk_status distance_coarsen(const sk_actor *actor, sk_arena *arena, double *distance_m,
                           const sk_term_value **terms, size_t term_count, int64_t *score,
                           sk_error *err);
sk_status relaxed_coarsen(const sk_actor *actor, sk_arena *arena, const sk_relaxed **items,
                          size_t count, sk_error *err);
sk_status suggestion_coarsen(const sk_actor *actor, sk_arena *arena, sk_suggestion *s,
                             sk_error *err);
sk_str listing_party_id(const sk_engine *e, uint32_t slot);
/** A question: time moves and what is due runs. */
sk_status question_begin(sk_engine *e, const sk_actor *actor, right wanted, sk_error *err);
