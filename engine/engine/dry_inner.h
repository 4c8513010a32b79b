/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the files of a dry run share.
 *
 *   dry_run.c      start, ask, cancel, stop, and the note in the store: engine thread
 *   dry_work.c     the thread: moment after moment
 *   dry_state.c    one moment as a private state, loaded from the view
 *   dry_rounds.c   the rounds of both rule sets on it, from a clean slate
 *   dry_count.c    the two results compared and added up
 *   dry_cases.c    the listings with the most changes, with reasons
 *   dry_load.c     how the proposals are spread over the helpers
 *   dry_show.c     the report for one reader
 *
 * The engine thread fills `dry_run` before the thread starts and reads results after it ended; in
 * between the two share the atomics alone. */

#include <pthread.h>
#include <stdatomic.h>

#include "engine/state.h"

/** Distances are counted in steps of 50 m up to 100 km. */
#define DRY_STEP_M 50
#define DRY_STEPS 2001

typedef enum dry_phase { DRY_LOADING, DRY_BEFORE, DRY_AFTER, DRY_COUNTING, DRY_ENDED } dry_phase;

/** By party slot, which is the same at every moment. */
typedef struct dry_party {
    uint32_t n[2], had[2]; /**< Proposals; and as many of them before this moment. */
    uint32_t moment;       /**< The latest at which it offered something; 0: never. */
} dry_party;

/** Rows in the order in which their keys first came by. */
typedef struct dry_rows {
    sk_intern *keys;
    sk_dry_row *items; /**< Row of key number i at i - 1. */
    size_t capacity;
} dry_rows;

typedef struct dry_sums {
    dry_rows areas, branches;
    sk_dry_row ages[SK_DRY_AGES];
    sk_dry_moment moments[SK_DRY_MOMENTS];
    sk_dry_case cases[SK_DRY_CASES];
    size_t case_count;
    sk_dry_load load[2]; /**< Idle helpers, summed over the moments; the rest at the end. */
    dry_party *parties;
    size_t party_capacity;
    uint32_t steps[2][DRY_STEPS];
} dry_sums;

struct dry_run {
    /* Set before the thread starts. */
    char id[17];
    sk_arena *arena; /**< Strings of the request, later of the report. The thread's, meanwhile. */
    sk_str request_id, by, by_name;
    sk_str source[2]; /**< Of the active set and of the one to try. */
    sk_str hash[2];   /**< As stored; that of a given text is empty. */
    /** Of the active set: what failed in it, and may be off. */
    const sk_rules_fault *faults;
    size_t fault_count;
    sk_str set_name[2];
    sk_str backup, backup_path, rules_dir;
    sk_store *view;                  /**< NULL with a backup: the thread opens that itself. */
    sk_intern *erased;               /**< Parties that a backup may still hold. */
    int64_t moments[SK_DRY_MOMENTS]; /**< The first 0: when the backup was made. */
    uint32_t moment_count;
    int64_t now_ms;
    int64_t begin_ms, deadline_ms; /**< On the host's monotonic clock. */
    uint64_t most_listings;

    /* Shared. */
    atomic_bool cancel, ended;
    atomic_uint phase, moment;
    atomic_uint_fast64_t done, total;

    /* The thread's, until it ended. */
    dry_sums sums;
    sk_dry_report report;
    sk_status status;
    sk_error error;
    uint64_t took_ms;

    /* The engine thread's. */
    pthread_t thread;
    bool joined;
};

typedef struct dry_pick {
    uint32_t supply;
    int32_t score;
} dry_pick;

/** What the rounds of one rule set propose: for demand i the picks first[i] to first[i + 1]. */
typedef struct dry_lists {
    uint32_t *first;
    dry_pick *picks;
    size_t count, capacity;
} dry_lists;

/** One moment. */
typedef struct dry_state {
    struct dry_run *run;
    int64_t at_ms;
    load_lens lens;
    uint64_t loaded;
    sk_engine *e; /**< With what rounds need and nothing else. */
    sk_ruleset *rules[2];
    uint32_t *demands; /**< Slots of the open demand listings, in order of their ids. */
    size_t demand_count;
    dry_lists lists[2];
} dry_state;

/* ---- dry_work.c ---- */

void *dry_work(void *run);
/** Was it cancelled, or has it lasted too long? Thread: any. */
sk_status dry_may_go_on(const struct dry_run *run, sk_error *err);
void dry_enter(struct dry_run *run, dry_phase phase, uint64_t total);

/* ---- dry_state.c ---- */

/** `out` is to be closed also after a failure. */
sk_status dry_state_open(struct dry_run *run, int64_t at_ms, dry_state *out, sk_error *err);
void dry_state_close(dry_state *state);
/** The moment at which a backup was made. */
sk_status dry_store_time(sk_store *store, int64_t *out_ms, sk_error *err);

/* ---- dry_rounds.c ---- */

/** Which rule set judges from now on. */
void dry_use(dry_state *state, int side);
sk_status dry_hold_rounds(dry_state *state, int side, sk_error *err);

/* ---- dry_count.c, dry_cases.c, dry_load.c ---- */

/** Adds this moment to the sums. */
sk_status dry_count(dry_state *state, sk_error *err);
/** The sums as the report. */
void dry_count_end(struct dry_run *run);
/** What changed for one demand listing. */
sk_dry_counts dry_compare(const dry_state *state, size_t demand);
/** The place of a supply listing in a list, from 1; 0: not in it. */
uint32_t dry_rank(const dry_state *state, int side, size_t demand, uint32_t supply);
double dry_distance(const dry_state *state, uint32_t demand, uint32_t supply);
/** "vervoer" of "vervoer.ziekenhuis". */
sk_str dry_branch(sk_str code);
sk_status dry_cases(dry_state *state, sk_error *err);
/** The spread over helpers, at the last moment. */
sk_status dry_load(dry_state *state, sk_error *err);
void dry_sums_done(dry_sums *sums);

/* ---- dry_show.c ---- */

/** The report with names and titles, as the actor may see it; replaced by a copy in `arena`. */
sk_status dry_show(sk_engine *e, const sk_actor *actor, sk_arena *arena,
                   const sk_dry_report **report, sk_error *err);
