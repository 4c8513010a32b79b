/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of match: who could help whom, in which order, and why not. Computes docs/matching.md
 * 2, 4 and 5 over the index; changes nothing. Thread: engine. */

#include "index/index.h"
#include "rules/rules.h"

typedef enum sk_constraint {
    SK_C_NONE = 0,
    SK_C_OPEN = 1,
    SK_C_PARTIES = 2,
    SK_C_CATEGORY = 3,
    SK_C_DISTANCE = 4,
    SK_C_TIME = 5,
    SK_C_LANGUAGE = 6,
    SK_C_TRAITS = 7,
    SK_C_RULES = 8
} sk_constraint;
/** "open", "parties", "category" ... */
const char *sk_constraint_name(sk_constraint constraint);

typedef struct sk_matcher sk_matcher;

/** Borrows index and rules; scratch memory is its own. */
sk_status sk_matcher_new(sk_index *index, sk_matcher **out, sk_error *err);
void sk_matcher_free(sk_matcher *matcher);
/** Which rule set judges from now on; borrowed. */
void sk_matcher_set_rules(sk_matcher *matcher, sk_ruleset *rules);

/** Functions of rules that failed where it has an effect: hard rules in sk_match_test and in the
 *  second phase of sk_match_best, terms in that phase for the pairs that pass the hard rules. */
typedef struct sk_failure {
    uint32_t count;   /**< Pairs. */
    char reason[120]; /**< Of the first. */
} sk_failure;
typedef struct sk_failures {
    bool any;
    sk_failure term[SK_MAX_TERMS], hard[SK_MAX_HARD];
} sk_failures;
/** Since they were last forgotten; a view. */
const sk_failures *sk_matcher_failures(const sk_matcher *matcher);
void sk_matcher_forget_failures(sk_matcher *matcher);

typedef struct sk_query {
    const sk_facts *self; /**< The listing asked for; either side. */
    const sk_party_facts *self_party;
    int64_t now_ms;
    size_t limit;        /**< 1-100 */
    int64_t least_score; /**< Leave out what scores lower, millionths; INT64_MIN: keep all. Applied
                              after the two phases. */
    bool over_threshold; /**< Leave out pairs under the threshold of their demand listing too. */
    /** NULL, or: false leaves the counterpart out, after the two phases and before `limit`. Must
     *  not change the index. Without function rules it may be asked early. */
    bool (*keep)(void *context, uint32_t slot);
    void *context;
    /** `keep` refuses all that are put aside (sk_index_set_aside): they need not be looked at. */
    bool skip_aside;
    bool coarse;   /**< Why-not only: distances in steps of 500 m, for who may know no nearer. */
    bool may_case; /**< Why-not only: RelaxCase may be used, so that it tells what that opens. */
} sk_query;

typedef struct sk_match {
    uint32_t slot;
    int64_t score; /**< Millionths. */
} sk_match;

/** The best counterparts, ranked. `self` itself must be open with room (the caller says so
 *  otherwise). out_matches holds `limit`. */
sk_status sk_match_best(sk_matcher *matcher, const sk_query *query, sk_match *out_matches,
                        size_t *out_count, sk_error *err);

/** Everything about one pair, for answers and for the record of a suggestion. */
typedef struct sk_pair_report {
    sk_constraint failed; /**< SK_C_NONE: possible. The first that fails, in the order C1-C8. */
    uint32_t failed_set;  /**< Bit c set: constraint c fails. C8 is judged only when it can be. */
    int failed_hard;      /**< Which hard rule, or -1. */
    int64_t score;        /**< Millionths; also computed when a constraint fails, where possible. */
    sk_pair_values values;
    const sk_term_value *terms; /**< In `arena`, with reasons in Dutch. */
    size_t term_count;
    const sk_appointment *common; /**< Common stretches of time in the horizon, at most 64. */
    size_t common_count;
    const sk_relaxed *relaxed; /**< What it needed beyond what is usual. */
    size_t relaxed_count;
    char function_failure[160];
} sk_pair_report;
sk_status sk_match_pair(sk_matcher *matcher, const sk_facts *demand,
                        const sk_party_facts *demand_party, const sk_facts *supply,
                        const sk_party_facts *supply_party, int64_t now_ms, sk_arena *arena,
                        sk_pair_report *out, sk_error *err);

/** C1-C8 of one pair, cheaply: the first that fails. For testing open suggestions again.
 *  `out_failed_hard`: with C8 the hard rule, else -1. */
sk_constraint sk_match_test(sk_matcher *matcher, uint32_t demand_slot, uint32_t supply_slot,
                            int64_t now_ms, int *out_failed_hard);

/** Near misses of one constraint. */
typedef struct sk_near_miss {
    uint32_t slot;
    int64_t score;
    sk_str change; /**< Dutch: what would have to change ("2,1 km verder", "VOG"). In `arena`. */
} sk_near_miss;
typedef struct sk_whynot_group {
    uint32_t failed_set; /**< One bit for single constraints; more for the smallest failing set. */
    uint64_t count;      /**< Counterparts that fail exactly this set. */
    sk_near_miss best[3];
    size_t best_count;
    /** Of a set with C3: the best that are about something related, see docs/matching.md 7. */
    sk_near_miss related[3];
    size_t related_count;
} sk_whynot_group;
/** What would open the list, and for how many more. */
typedef struct sk_opening {
    uint8_t constraints; /**< Bits of sk_relax_bit. */
    uint64_t count;      /**< Counterparts that would do then and do not now. */
    int64_t from_ms;     /**< When the listing is old enough; 0: only as a case. */
    int64_t after_ms;    /**< With `from_ms`: the age. */
    sk_str change;       /**< Dutch. In `arena`. */
} sk_opening;
typedef struct sk_whynot {
    uint64_t counterparts; /**< How many were looked at. */
    uint64_t possible;     /**< How many fail nothing. */
    sk_whynot_group groups[8];
    size_t group_count;
    const sk_opening *opens; /**< In `arena`. */
    size_t open_count;
} sk_whynot;
/** docs/matching.md 5, "Why not": a full scan over the other side. */
sk_status sk_match_whynot(sk_matcher *matcher, const sk_query *query, sk_arena *arena,
                          sk_whynot *out, sk_error *err);
