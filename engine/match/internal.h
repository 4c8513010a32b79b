/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the files of match share. How a search goes: best.c. */

#include "match/match.h"

/** Common time of a pair, in slots. */
typedef struct sk_times {
    uint32_t overlap, longest;
} sk_times;

/** One listing with all that does not depend on its counterpart worked out. */
typedef struct sk_asked {
    const sk_facts *facts;
    const sk_party_facts *party;
    sk_side side;
    int64_t now_ms;
    sk_ids languages;
    int64_t slot, first_word; /**< The slot of now, and the first word of `span`. */
    uint64_t span[SK_SPAN_WORDS];
} sk_asked;

/** A pair, filled in demand and supply whatever side was asked for. */
typedef struct sk_both {
    const sk_facts *demand, *supply;
    const sk_party_facts *demand_party, *supply_party;
} sk_both;

typedef struct sk_time_cell {
    uint32_t epoch;
    uint16_t overlap, longest;
} sk_time_cell;

typedef struct sk_near_category {
    double closeness;
    uint32_t category;
} sk_near_category;

struct sk_matcher {
    sk_index *index;
    sk_ruleset *rules;
    sk_walk *walk;
    sk_candidates seen;
    /* By pattern: times with the query, where `epoch` is this query's. */
    sk_time_cell *times;
    size_t times_capacity;
    uint32_t epoch;
    /* By category: closest to any of the query's; 0 where far. */
    double *closeness;
    size_t closeness_capacity, closeness_count;
    sk_near_category *near;
    size_t near_capacity, near_count;
    sk_failures failures;
};

/** Add the failures of one verdict; a term's only when the pair can be proposed at all. */
void failures_count(sk_matcher *matcher, const sk_verdict *verdict, bool with_terms);

static const sk_party_facts no_party = {.slot = SK_NO_SLOT, .last_asked_ms = INT64_MIN};

#define SK_C_BIT(constraint) (1u << (constraint))

/* ---- Pairs (pair.c) ---- */

void asked_init(sk_asked *asked, const sk_index *index, const sk_facts *facts,
                const sk_party_facts *party, int64_t now_ms);
static inline sk_both both_of(const sk_asked *asked, const sk_facts *other,
                              const sk_party_facts *other_party)
{
    return asked->side == SK_DEMAND ? (sk_both){asked->facts, other, asked->party, other_party}
                                    : (sk_both){other, asked->facts, other_party, asked->party};
}
/** C1 for one side. */
static inline bool is_open(const sk_facts *facts, int64_t now_ms)
{
    return facts->status == SK_LISTING_OPEN && now_ms < facts->valid_until_ms &&
           sk_facts_room(facts) >= 1;
}
/** Metres, or NAN where rules are to see none: both remote, or a point is absent. */
double pair_distance(const sk_both *both);
/** C4, given that distance. */
bool distance_allowed(const sk_both *both, double distance_m, uint32_t extra_m);
/** Neither is the other's, and neither blocks the other (C2). */
bool parties_allowed(const sk_party_facts *a, const sk_party_facts *b);
bool languages_allowed(sk_ids a, sk_ids b);
/** C6, unless any language will do. */
bool pair_shares_language(const sk_both *both);
/** C7. */
bool traits_allowed(const sk_both *both, int64_t now_ms);
/** Whether a listing or its party's valid certificates have the trait. */
bool has_trait(const sk_facts *facts, const sk_party_facts *party, int64_t now_ms, uint32_t trait);
/** Least length of a meeting, in slots (C5). */
uint32_t slots_needed(const sk_facts *demand);
/** Runs and number of ones in `count` words. */
sk_times times_of_words(const uint64_t *words, size_t count);
/** Times common to both, without any cache. Writes the common slots where `out_common` is given. */
sk_times pair_times(const sk_asked *asked, const sk_index *index, const sk_facts *other,
                    uint64_t out_common[SK_SPAN_WORDS]);
/** Closeness of two listings, far ones included. */
double pair_closeness(const sk_index *index, const sk_facts *a, const sk_facts *b);
bool ids_have(sk_ids ids, uint32_t word);
/** Which of C1-C7 fail, as bits. */
uint32_t pair_failures(const sk_both *both, const sk_pair *pair, const sk_allowance *allowed,
                       int64_t now_ms, uint32_t longest);
sk_pair pair_for_rules(const sk_both *both, double distance_m, sk_times times, double closeness);

/* ---- Relaxing (relax.c) ---- */

/** What the pair needed beyond what is usual, with the reason in Dutch. */
sk_status relaxed_report(const sk_matcher *matcher, const sk_both *both, int64_t now_ms,
                         sk_arena *arena, sk_pair_report *report, sk_error *err);

/** What would open a list, while its counterparts are looked at. */
typedef struct sk_opens {
    sk_allowance now;
    const sk_asked *asked;
    sk_opening *items;
    sk_allowance *allowed; /**< Of each item. */
    size_t count;
} sk_opens;
/** None for a supply listing. `may_case`: cases too. */
sk_status opens_init(sk_opens *opens, const sk_matcher *matcher, const sk_asked *asked,
                     bool may_case, sk_arena *arena, sk_error *err);
/** A counterpart with its score and the constraints that it fails now. */
void opens_count(sk_opens *opens, const sk_both *both, const sk_pair *pair, uint32_t failed,
                 int64_t score);
/** The sentences. */
sk_status opens_say(sk_opens *opens, const sk_matcher *matcher, sk_arena *arena, sk_error *err);

/* ---- Bounds (ceiling.c) ---- */

#define CEILING_CELLS 56
#define CEILING_AGES 2

/** Upper bounds of scores, in millionths, by distance and age of the counterpart; worked out when
 *  first asked for. */
typedef struct sk_ceiling {
    sk_ruleset *rules;
    int64_t now_ms;
    sk_bounds bounds;
    bool begun; /**< The rule set has been asked for this query. */
    int64_t newest_ms;
    double far_m;                               /**< No possible pair is farther apart. */
    double closeness_lo;                        /**< Nor less close. */
    int64_t known[CEILING_AGES][CEILING_CELLS]; /**< INT64_MIN: not yet. */
    int64_t bar; /**< What a score must reach; 0 or less: anything does. */
    /** By age class: from cell `under` on nothing reaches it; up to `over` something may. */
    int8_t under[CEILING_AGES], over[CEILING_AGES];
    uint32_t age_min[CEILING_AGES]; /**< Class i: created at or before this minute. */
} sk_ceiling;

void ceiling_init(sk_ceiling *ceiling, sk_ruleset *rules, const sk_asked *asked,
                  const sk_allowance *allowed, const sk_index *index, double overlap_hi_min);
/** From now on for this closeness; pairs without a distance when `from_afar`. */
void ceiling_level(sk_ceiling *ceiling, double closeness, bool from_afar);
/** The bar only ever rises. */
void ceiling_set_bar(sk_ceiling *ceiling, int64_t bar);
/** No pair at this distance or farther, created in this minute or before, reaches the bar. False
 *  also when that is not known. */
bool ceiling_under(sk_ceiling *ceiling, float distance_m2, uint32_t created_min);
/** No pair of this closeness or less reaches it, whatever its distance and age. */
bool ceiling_below(sk_ceiling *ceiling, double closeness, bool may_miss);

/* ---- Ranking (rank.c) ---- */

/** The best `limit` found so far, in order. */
typedef struct sk_ranking {
    const sk_index *index;
    sk_match items[SK_TWO_PHASE];
    size_t count, limit;
    int64_t least; /**< Lower scores never enter. */
} sk_ranking;

/** What a candidate needs at least: lower scores cannot enter any more. */
static inline int64_t ranking_bar(const sk_ranking *ranking)
{
    return ranking->count == ranking->limit ? ranking->items[ranking->count - 1].score
                                            : ranking->least;
}
/** Whether it would enter now: high enough, and not there yet. */
bool ranking_wants(const sk_ranking *ranking, sk_match match);
void ranking_add(sk_ranking *ranking, sk_match match);

/* ---- Dutch (dutch.c) ---- */

/** Dutch name of a language, or its code. */
/** "de hulpvraag", "het aanbod" ... */
const char *dutch_kind(sk_kind kind);
/** "maandag" for 0. */
const char *dutch_weekday(int weekday);
/** "600 m", "2,1 km", rounded up. */
void dutch_distance(double metres, sk_buf *out);
/** "5 dagen", "1 dag", "12 uur", "90 minuten": the largest that fills it, rounded down. */
void dutch_duration(int64_t duration_ms, sk_buf *out);
/** "26 november", local. */
sk_status dutch_date(sk_calendar *calendar, int64_t time_ms, sk_buf *out, sk_error *err);
