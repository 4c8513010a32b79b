/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Part of engine's face: a dry run, which says what another rule set would propose on the stored
 * listings. What it compares is docs/matching.md 7, "A dry run". It works in a thread of its own on
 * a view of the store and changes nothing; one at a time. All calls here: thread engine. */

#include "match/match.h"

#define SK_DRY_MOMENTS 31 /**< Moments of a period at most. */
#define SK_DRY_CASES 10
#define SK_DRY_HELPERS 10 /**< Gainers, and losers. */
#define SK_DRY_AGES 5
#define SK_DRY_SCORES 20 /**< Bins of 5 per cent; 100 per cent is in the last. */
#define SK_DRY_DISTANCES                                                                           \
    8                    /**< Up to 250 m, 500 m, 1, 2, 5, 10 km, farther; without a distance.     \
                          */
#define SK_DRY_COUNTS 11 /**< Helpers with 0, 1 ... 9, and 10 or more proposals. */
#define SK_DRY_LORENZ 11 /**< 0, 10 ... 100 per cent of the helpers. */
#define SK_DRY_FAILURES 16

/** What to try, and on what. Views, copied. */
typedef struct sk_dry_ask {
    sk_str source, hash;    /**< One of them: a text of 64 KiB at most, or a stored set. */
    sk_str backup;          /**< Empty: the store as it is now. */
    int64_t at_ms;          /**< 0: now, or when the backup was made. */
    int64_t from_ms, to_ms; /**< A period instead: each day, or 31 moments when it is longer. */
} sk_dry_ask;

typedef enum sk_dry_state {
    SK_DRY_NONE = 0,
    SK_DRY_RUNNING = 1,
    SK_DRY_DONE = 2,
    SK_DRY_FAILED = 3,
    SK_DRY_CANCELLED = 4
} sk_dry_state;

/** Figures of some demand listings. A listing under two branches counts in both their rows. */
typedef struct sk_dry_row {
    sk_str key;  /**< A buurt, a branch; empty: outside all areas. */
    sk_str name; /**< Filled in with the answer, as is what follows. */
    sk_str wijk, wijk_name;
    sk_dry_counts n;
} sk_dry_row;

typedef struct sk_dry_moment {
    int64_t at_ms;
    uint64_t helpers;
    sk_dry_counts n;
} sk_dry_moment;

/** One pair in the list of a listing, under both rule sets. `why`: of a pair that is in one list
 *  only, why it is not in the other: "rule:" and the name; "distance", "language" or "category",
 *  which one rule set relaxes; "threshold"; or "others", which were better or left no room. */
typedef struct sk_dry_pair {
    sk_str supply_id, supply_title;
    sk_kind supply_kind;
    uint32_t rank[2];  /**< From 1; 0: not in the list. */
    int64_t score[2];  /**< Millionths. */
    double distance_m; /**< NAN: none. */
    const sk_term_value *terms[2];
    size_t term_count[2];
    sk_str why;
} sk_dry_pair;

typedef struct sk_dry_case {
    sk_str listing_id, title;
    sk_kind kind;
    sk_str buurt, category;
    double age_days;
    int64_t at_ms;
    uint32_t appear, vanish, moved;
    const sk_dry_pair *pairs; /**< In the order of the list after, then those that vanish. */
    size_t pair_count;
} sk_dry_case;

/** How the proposals are spread over the helpers: the parties with an open offer. */
typedef struct sk_dry_load {
    uint64_t helpers, reached, idle, idle_reached;
    uint64_t by_count[SK_DRY_COUNTS];
    double lorenz[SK_DRY_LORENZ]; /**< Share of the proposals that the least asked get. */
    double gini;
    uint32_t median, p90, most;
} sk_dry_load;

typedef struct sk_dry_helper {
    sk_str party_id;
    uint32_t before, after;
} sk_dry_helper;

typedef struct sk_dry_spread {
    uint64_t scores[SK_DRY_SCORES];
    uint64_t distances[SK_DRY_DISTANCES];
    uint32_t median_m, p90_m; /**< Rounded up to 50 m; 0: no distances. */
} sk_dry_spread;

typedef struct sk_dry_failure {
    bool after; /**< Of the set that was tried. */
    sk_str rule;
    uint64_t count;
    sk_str reason; /**< The first. */
} sk_dry_failure;

/** Index 0 is the active rule set, 1 the one that was tried. */
typedef struct sk_dry_report {
    sk_str name[2], hash[2], policy[2];
    int64_t threshold[2];
    sk_str backup;
    uint64_t supply; /**< Open offers. */
    sk_dry_counts total;
    sk_dry_row *areas, *categories, *ages;
    size_t area_count, category_count, age_count;
    const sk_dry_moment *moments;
    size_t moment_count;
    sk_dry_case *cases;
    size_t case_count;
    sk_dry_load load[2];
    sk_dry_helper gainers[SK_DRY_HELPERS], losers[SK_DRY_HELPERS];
    size_t gainer_count, loser_count;
    sk_dry_spread spread[2];
    sk_dry_failure failures[SK_DRY_FAILURES];
    size_t failure_count;
} sk_dry_report;

typedef struct sk_dry_run {
    sk_str id; /**< View, until the next run starts. */
    sk_dry_state state;
    const char *phase;        /**< "loading", "before", "after", "counting", "done". */
    uint64_t done, total;     /**< Of the phase; total 0: unknown. */
    uint32_t moment, moments; /**< From 1. */
    uint64_t took_ms;
    sk_error error; /**< Of a failed run. */
    const sk_dry_report *report;
} sk_dry_run;

typedef struct sk_engine sk_engine;
typedef struct sk_actor sk_actor;

/** SK_EBUSY while another one runs. A request that is sent again gets its run again. */
sk_status sk_engine_start_dry_run(sk_engine *engine, const sk_actor *actor, sk_str request_id,
                                  const sk_dry_ask *ask, sk_dry_run *out, sk_error *err);
/** The latest run, running or ended; with titles and distances as the actor may see them. */
sk_status sk_engine_get_dry_run(sk_engine *engine, const sk_actor *actor, sk_str id,
                                sk_arena *arena, sk_dry_run *out, sk_error *err);
/** Asks it to stop, which it does soon; nothing happens to one that ended. */
sk_status sk_engine_cancel_dry_run(sk_engine *engine, const sk_actor *actor, sk_str id,
                                   sk_dry_run *out, sk_error *err);
/** A run is going on or waits to be noted: call sk_engine_tick soon. */
bool sk_engine_dry_running(const sk_engine *engine);
