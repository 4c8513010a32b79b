/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the files of index share. Layout and invariants: index.c. */

#include <assert.h>

#include "index/index.h"
#include "index/tree.h"

#define PAGE_ROWS 256u
#define ROW_BYTES 128u

/** Rows of ROW_BYTES in pages that never move; a row starts on a cache line. */
typedef struct sk_rows {
    char **pages; /**< From the pool. */
    size_t page_count, page_capacity;
    uint32_t count; /**< One past the highest row ever used. */
    uint32_t free;  /**< First row to use again, or SK_NO_SLOT. */
} sk_rows;

static inline void *rows_at(const sk_rows *rows, uint32_t slot)
{
    return rows->pages[slot / PAGE_ROWS] + (size_t)(slot % PAGE_ROWS) * ROW_BYTES;
}

typedef struct sk_listing_row {
    sk_facts facts;
    uint32_t id; /**< Its number in index->ids; 0: the row is free, facts.party is the next one. */
    bool filed;  /**< Stands in the trees. */
    bool aside;  /**< In those that a walk may be told to leave out. */
    uint16_t bytes; /**< Of its sets and attributes. */
} sk_listing_row;
static_assert(sizeof(sk_listing_row) <= ROW_BYTES, "a listing takes two cache lines");

typedef struct sk_party_row {
    sk_party_facts facts; /**< facts.id is 0 in a free row, facts.slot the next one. */
    uint32_t *many;       /**< Slots of its listings when they do not fit in `few`. */
    uint32_t few[2];
    uint32_t listing_count, listing_capacity;
} sk_party_row;
static_assert(sizeof(sk_party_row) <= ROW_BYTES, "a party takes two cache lines");

#define PATTERN_WORDS 57u /**< 38 days: the horizon, and ten days before it is expanded anew. */
#define ASKED_PATTERNS 4096u

/** One set of availability windows, expanded. */
typedef struct sk_pattern {
    uint64_t hash;
    uint64_t *bits; /**< PATTERN_WORDS words; bit i of word w is slot 64 * (base_word + w) + i */
    int64_t base_word;
    uint32_t size; /**< Bytes of the windows, which stand behind the bits. 0: free. */
    uint32_t refs;
    uint32_t next; /**< In its hash chain, or in the list of free ones. */
} sk_pattern;

typedef struct sk_patterns {
    sk_pattern *items; /**< Number 0 is "no windows" and has no bits. */
    size_t capacity;
    uint32_t count, free;
    uint32_t *chains;
    uint32_t chain_count; /**< A power of two. */
    uint32_t *asked;      /**< The latest patterns of listings that were only asked about. */
    uint32_t asked_next;
    size_t bytes;
    sk_buf scratch;
} sk_patterns;

struct sk_index {
    sk_intern *words;
    sk_calendar *calendar;
    const sk_taxonomy *taxonomy;
    int64_t now_ms;

    sk_intern *ids; /**< Listing ids. */
    uint32_t *slot_of_id;
    size_t slot_of_id_capacity;
    sk_pool pool; /**< Rows, the sets of listings and parties, blocks and nodes of trees. */
    sk_rows listings, parties;
    size_t side_count[2];
    uint32_t *party_of_word; /**< Party slot by the word of its id. */
    size_t party_of_word_capacity;
    size_t party_bytes; /**< Of the arrays of parties. */
    int64_t newest_ms;  /**< No listing was created later. */
    bool holding;       /**< Nothing is filed until sk_index_release. */
    bool unfiled;       /**< Some open listing is not in the trees, since memory was out. */

    sk_tree *trees; /**< TREES_EACH by category: see filing_tree. */
    size_t category_count;
    uint32_t *category_of_word; /**< Index in the taxonomy, or UINT32_MAX. */
    size_t category_words;

    sk_patterns patterns;
    uint32_t kind_words[SK_KIND_ACTIVITY + 1];
};

/* ---- Rows (rows.c) ---- */

/** A cleared row; SK_NO_SLOT without memory. `next_free` reads the link of a free row. */
uint32_t rows_take(sk_rows *rows, sk_pool *pool, uint32_t (*next_free)(const void *row));
void rows_done(sk_rows *rows);
/** Grow a table of uint32 to hold `index`, new cells all `fill`. */
bool table_reach(uint32_t **cells, size_t *capacity, size_t index, uint32_t fill);

static inline sk_listing_row *listing_row(const sk_index *index, uint32_t slot)
{
    return rows_at(&index->listings, slot);
}
static inline sk_party_row *party_row(const sk_index *index, uint32_t slot)
{
    return rows_at(&index->parties, slot);
}

/* ---- Patterns (patterns.c) ---- */

sk_status patterns_init(sk_patterns *patterns, sk_error *err);
void patterns_done(sk_patterns *patterns);
/** The number of these windows, with one more reference. */
sk_status patterns_take(sk_index *index, const sk_window *windows, size_t count, uint32_t *out,
                        sk_error *err);
void patterns_drop(sk_patterns *patterns, uint32_t pattern);
/** Hands the reference of an asked pattern to the ring of the latest ones. */
void patterns_asked(sk_patterns *patterns, uint32_t pattern);
sk_status patterns_advance(sk_index *index, sk_error *err);
size_t patterns_memory(const sk_patterns *patterns);

/* ---- Parties (parties.c) ---- */

sk_status party_add_listing(sk_index *index, uint32_t party, uint32_t slot, sk_error *err);
void party_drop_listing(sk_index *index, uint32_t party, uint32_t slot);
void parties_done(sk_index *index);
/** Sorts words and drops doubles; the new count. */
uint32_t words_sort(uint32_t *ids, uint32_t count);

/* ---- Listings (listings.c) ---- */

void listings_done(sk_index *index);
/** Everything of a listing that index knows (its shape was checked); sets and attributes in
 * `memory` (of facts_bytes). `asked`: it may lack a party. */
sk_status facts_fill(sk_index *index, const sk_listing *listing, bool asked, void *memory,
                     sk_facts *out, sk_error *err);
size_t facts_bytes(const sk_listing *listing);

/* ---- Filing (filing.c) ---- */

/** Whether an open listing belongs in the trees. */
bool filing_wanted(const sk_facts *facts);
bool filing_add(sk_index *index, uint32_t slot);
void filing_drop(sk_index *index, uint32_t slot);
/** Put in or take out as status and room now say; keeps `unfiled` when memory is out. */
void filing_settle(sk_index *index, uint32_t slot);
sk_status filing_retry(sk_index *index, sk_error *err);
/** The tree of a category: by side, by place or by time, and of those put aside or the others. */
#define TREES_EACH 8u
sk_tree *filing_tree(const sk_index *index, uint32_t category, sk_side side, bool by_time,
                     bool aside);
/** Whole minutes since 1970, rounded down, within what the columns hold. */
uint32_t filing_minutes(int64_t created_ms);
sk_entry filing_entry(const sk_facts *facts, bool by_time);
