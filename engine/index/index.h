/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of index: the facts of every listing and party in memory, and the two-sided index over
 * the open listings: by side, category and place. Pure: no disk, no clock, no rules.
 * Thread: engine. Layout and invariants: index.c. */

#include "calendar/calendar.h"
#include "geo/geo.h"
#include "model/model.h"

typedef struct sk_index sk_index;

/** `words` and `calendar` are borrowed for its life; `taxonomy` until sk_index_set_taxonomy. */
sk_status sk_index_new(sk_intern *words, sk_calendar *calendar, const sk_taxonomy *taxonomy,
                       int64_t now_ms, sk_index **out, sk_error *err);
void sk_index_free(sk_index *index);
/** Replaces the taxonomy and files every listing anew. */
sk_status sk_index_set_taxonomy(sk_index *index, const sk_taxonomy *taxonomy, sk_error *err);
const sk_taxonomy *sk_index_taxonomy(const sk_index *index);
/** Move the horizon: expands patterns when `now_ms` leaves what is expanded. Call before every
 *  query with a later now. */
sk_status sk_index_advance(sk_index *index, int64_t now_ms, sk_error *err);

/* ---- Parties ---- */

/** The slot of a party, or SK_NO_SLOT. */
uint32_t sk_index_party_find(const sk_index *index, sk_str party_id);
/** Insert or change. Keeps load, open suggestions, last asked and busy slots. */
sk_status sk_index_party_put(sk_index *index, const sk_party *party, uint32_t *out_slot,
                             sk_error *err);
/** Its listings, if any are left, go with it. */
void sk_index_party_remove(sk_index *index, uint32_t slot);
/** View to change the counters in; valid until the next sk_index_party_put. */
sk_party_facts *sk_index_party(sk_index *index, uint32_t slot);
/** Appointments of the party as absolute slot ranges, ascending and disjoint; copied. */
sk_status sk_index_party_set_busy(sk_index *index, uint32_t slot, const int64_t *ranges,
                                  uint32_t count, sk_error *err);
/** Slots of the party's listings (any status). View, valid until the next change. */
const uint32_t *sk_index_party_listings(const sk_index *index, uint32_t slot, size_t *out_count);
sk_str sk_index_party_id(const sk_index *index, uint32_t slot);

/* ---- Listings ---- */

uint32_t sk_index_find(const sk_index *index, sk_str listing_id);
/** Insert or change a listing whose party is there; keeps `taken`. Every status is kept as facts;
 *  only OPEN ones are candidates. */
sk_status sk_index_put(sk_index *index, const sk_listing *listing, uint32_t *out_slot,
                       sk_error *err);
void sk_index_remove(sk_index *index, uint32_t slot);
/** Facts for a listing that is only asked about (not stored); `out` and its sets live in `arena`.
 *  Without a partyId its party is SK_NO_SLOT. Good for the next 4,000 such calls. */
sk_status sk_index_facts_of(sk_index *index, const sk_listing *listing, sk_arena *arena,
                            sk_facts *out, sk_error *err);
/** Fetch a listing's facts, and then its sets and its party, into the cache ahead of their use. */
void sk_index_prefetch(const sk_index *index, uint32_t slot);
void sk_index_prefetch_more(const sk_index *index, uint32_t slot);
/** View, valid until the next sk_index_put; NULL for an empty slot. */
const sk_facts *sk_index_facts(const sk_index *index, uint32_t slot);
/** Change status or number of taken places without a full put. Should memory be out, the listing is
 *  filed among the candidates by the next sk_index_advance or sk_index_put, or these fail. */
void sk_index_set_status(sk_index *index, uint32_t slot, sk_listing_status status);
void sk_index_set_taken(sk_index *index, uint32_t slot, int32_t taken);
/** Put a listing aside, or back: it stays a candidate, but a walk may leave all of these out
 * without meeting them. For those whom a round could not propose anyway. */
void sk_index_set_aside(sk_index *index, uint32_t slot, bool aside);
/** For loading: from here on listings are stored but are no candidates, until sk_index_release
 * files them all, each once and where it then belongs. SK_ENOMEM: sk_index_advance tries again. */
void sk_index_hold(sk_index *index);
sk_status sk_index_release(sk_index *index, sk_error *err);
/** Bits of sk_relax_bit. */
void sk_index_set_relaxed(sk_index *index, uint32_t slot, uint8_t relaxed);
void sk_index_set_area(sk_index *index, uint32_t slot, sk_str buurt, sk_str wijk, sk_str gemeente);
sk_str sk_index_id(const sk_index *index, uint32_t slot);
/** One past the highest slot in use; slots between may be empty (facts NULL). */
uint32_t sk_index_slots(const sk_index *index);
/** Listings of one side, whatever their status. */
size_t sk_index_count(const sk_index *index, sk_side side);
/** All of its memory, but for the shared words. */
size_t sk_index_memory(const sk_index *index);
sk_calendar *sk_index_calendar(const sk_index *index);
sk_intern *sk_index_words(const sk_index *index);
/** No listing was created later. */
int64_t sk_index_newest(const sk_index *index);

/* ---- Availability ---- */

/** The 2,688 slots of the horizon in which the listing is available at `now_ms`: windows, validity
 *  and appointments. */
void sk_index_availability(const sk_index *index, const sk_facts *facts, int64_t now_ms,
                           uint64_t out_bits[SK_HORIZON_WORDS]);

/** The horizon in words of 64 slots counted from 1970, so that every listing's bits line up: bit i
 *  of word w is slot 64 * (sk_index_first_word(now) + w) + i. Slots outside the horizon are 0. */
#define SK_SPAN_WORDS (SK_HORIZON_WORDS + 1)
int64_t sk_index_first_word(int64_t now_ms);
/** As sk_index_availability, in such words. */
void sk_index_span(const sk_index *index, const sk_facts *facts, int64_t now_ms,
                   uint64_t out[SK_SPAN_WORDS]);
/** The words of a pattern's windows alone (outside the horizon too), from `first_word` on; NULL for
 *  pattern 0. View, valid until the next sk_index_put, sk_index_facts_of or sk_index_advance. */
const uint64_t *sk_index_pattern_words(const sk_index *index, uint32_t pattern, int64_t first_word);
/** One past the highest pattern number. */
uint32_t sk_index_patterns(const sk_index *index);

/* ---- Candidates ---- */

/** Index in the taxonomy of a category's word, or UINT32_MAX. */
uint32_t sk_index_category(const sk_index *index, uint32_t word);

/** A walk over the candidates (open, with room) of some categories and one side, nearest first, or
 *  those that can be done from afar, newest first. It leaves out who cannot be near enough, and
 *  some who cannot; who can be is never left out. A listing comes once for each of its categories.
 */
typedef struct sk_walk sk_walk;

/** What a walk gives at a time. */
#define SK_WALK_MOST 32
typedef struct sk_candidates {
    float near_m2; /**< No candidate here or later is nearer; squared metres. By place only. */
    uint32_t newest_min; /**< Nor newer, in minutes since 1970. By age only. */
    uint32_t count;
    uint32_t slots[SK_WALK_MOST];
    float distance_m2[SK_WALK_MOST];    /**< At most the squared distance. By place only. */
    uint32_t created_min[SK_WALK_MOST]; /**< Creation in whole minutes, rounded down. */
    uint32_t pattern[SK_WALK_MOST];
    uint8_t
        least_slots[SK_WALK_MOST]; /**< A common stretch must be this long, as far as it says. */
} sk_candidates;

sk_walk *sk_walk_new(void);
void sk_walk_free(sk_walk *walk);
/** Start anew: counterparts of `query` on `side`; `from_afar` for pairs of two remote listings,
 *  else those with a distance (two remote ones left out), `extra_m` beyond the larger reach at
 *  most. All borrowed while walking, during which the index must not change. */
void sk_walk_begin(sk_walk *walk, const sk_index *index, const sk_facts *query, sk_side side,
                   bool from_afar, uint32_t extra_m);
/** Leave out those put aside (sk_index_set_aside); before the first sk_walk_add. */
void sk_walk_skip_aside(sk_walk *walk);
/** Walk this category (an index in the taxonomy) too. SK_ENOMEM. */
sk_status sk_walk_add(sk_walk *walk, uint32_t category);
/** Forget what is farther than this; squared metres. */
void sk_walk_limit(sk_walk *walk, float distance_m2);
/** False when nothing is left, or without memory (then sk_walk_failed). */
bool sk_walk_next(sk_walk *walk, sk_candidates *out);
bool sk_walk_failed(const sk_walk *walk);

/** Deep check of every invariant; for tests and fuzzers. */
sk_status sk_index_check(const sk_index *index, sk_error *err);
