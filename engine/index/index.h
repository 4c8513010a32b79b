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
/** Facts for a listing that is only asked about (not stored); `out` and its sets live in `arena`. */
sk_status sk_index_facts_of(sk_index *index, const sk_listing *listing, sk_arena *arena,
                            sk_facts *out, sk_error *err);
/** View, valid until the next sk_index_put. */
const sk_facts *sk_index_facts(const sk_index *index, uint32_t slot);
/** Change status or number of taken places without a full put. */
void sk_index_set_status(sk_index *index, uint32_t slot, sk_listing_status status);
void sk_index_set_taken(sk_index *index, uint32_t slot, int32_t taken);
void sk_index_set_area(sk_index *index, uint32_t slot, sk_str buurt, sk_str wijk, sk_str gemeente);
sk_str sk_index_id(const sk_index *index, uint32_t slot);
/** One past the highest slot in use; slots between may be empty (facts NULL). */
uint32_t sk_index_slots(const sk_index *index);
size_t sk_index_count(const sk_index *index, sk_side side);
size_t sk_index_memory(const sk_index *index);

/* ---- Availability ---- */

/** The 2,688 slots of the horizon in which the listing is available at `now_ms`: windows, validity
 *  and appointments. */
void sk_index_availability(const sk_index *index, const sk_facts *facts, int64_t now_ms,
                           uint64_t out_bits[SK_HORIZON_WORDS]);

/* ---- Candidates ---- */

/** What a search is told of a block of candidates before it looks inside. */
typedef struct sk_block_view {
    double closeness;     /**< Closest that any pair in the block can be through this category. */
    double distance_lo_m; /**< No candidate with a point is nearer. */
    bool remote_only;
    int64_t created_lo_ms, created_hi_ms;
    const uint32_t *slots;
    uint32_t count;
} sk_block_view;

/** Deep check of every invariant; for tests and fuzzers. */
sk_status sk_index_check(const sk_index *index, sk_error *err);
