/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "world.h"

/* The plain full scan: docs/matching.md word by word, over the values of a world. Shares nothing
 * with the engine but the model structs and the expansion of windows. */

typedef struct oracle_pair {
    uint32_t failed;   /**< Bit c: constraint c fails. */
    double distance_m; /**< NAN: missing */
    double overlap_min, longest_min, closeness;
    double score;
    int64_t millionths;
    uint32_t would; /**< Those of `failed` that no relaxing changes. */
    bool shares_language;
} oracle_pair;

/** What a demand listing is allowed (docs/matching.md 7, "Relaxing"). */
typedef struct oracle_allowance {
    int64_t threshold;
    uint32_t extra_m;
    bool any_language;
    double closeness;
} oracle_allowance;
/** A `relax` step; a threshold over 1, 0 metres, false, a closeness of 1: not given. */
typedef struct oracle_relax {
    int64_t after_h;
    const char *category; /**< NULL: any. */
    double threshold;
    uint32_t extra_m;
    bool any_language;
    double closeness;
} oracle_relax;
#define ORACLE_THRESHOLD 400000

/** A rule in the rule language, and the same in C. NAN is missing; booleans are 0 and 1. */
typedef struct oracle_view {
    const world *w;
    const sk_listing *need, *offer;
    const world_party *need_party, *offer_party;
    double distance_m, overlap_min, longest_min, closeness;
} oracle_view;
typedef struct oracle_rule {
    const char *expression;
    double (*value)(const oracle_view *v);
    bool function; /**< `expression` is a Lua function of need and offer. */
} oracle_rule;

#define ORACLE_TERMS 12
typedef struct oracle_term {
    const oracle_rule *rule, *when; /**< `when` NULL: always. */
    double weight;
} oracle_term;
typedef struct oracle_rules {
    oracle_term terms[ORACLE_TERMS];
    size_t term_count;
    const oracle_rule *hard[4];
    size_t hard_count;
    oracle_relax relax[4];
    size_t relax_count;
} oracle_rules;

extern const oracle_rules oracle_standaard;
/** Some rule set; `functions`: with rules in Lua. */
oracle_rules oracle_rules_random(rng *r, bool functions);
/** The rule set as a file. */
void oracle_rules_write(const oracle_rules *rules, sk_buf *out);
bool oracle_has_functions(const oracle_rules *rules);
/** The same as a rule set of the engine; free with sk_ruleset_free. */
sk_ruleset *oracle_rules_load(const oracle_rules *rules, sk_intern *words);

/** Availability of every listing of the world at its now, and of one listing that is asked about.
 */
typedef struct oracle {
    const world *w;
    const oracle_rules *rules;
    uint8_t (*available)[SK_HORIZON_SLOTS];
    uint8_t asked[SK_HORIZON_SLOTS];
} oracle;
/** With these bits of sk_relax_bit relaxed, at an instant. */
oracle_allowance oracle_allowed(const oracle_rules *rules, const sk_listing *need, int64_t at_ms,
                                uint8_t relaxed);
bool oracle_covers(const oracle_relax *step, const sk_listing *need);
/** C4 with so much beyond the larger reach. */
bool oracle_near(const sk_listing *need, const sk_listing *offer, uint32_t extra_m);
void oracle_init(oracle *o, const world *w, const oracle_rules *rules);
void oracle_done(oracle *o);

/** One pair; `self` may be a listing that is not stored (self_at == SIZE_MAX). */
oracle_pair oracle_judge(oracle *o, const sk_listing *self, size_t self_at, size_t other_at,
                         bool functions);
/** The ranking, by number of listing. */
typedef struct oracle_match {
    size_t at;
    int64_t millionths;
} oracle_match;
/** `over_threshold`: each over that of its demand listing. */
size_t oracle_best(oracle *o, const sk_listing *self, size_t self_at, size_t limit,
                   int64_t least_score, bool over_threshold,
                   bool (*keep)(void *context, uint32_t slot), void *context, oracle_match *out);
/** Expand the windows of a listing that is not stored. */
void oracle_ask(oracle *o, const sk_listing *self);
