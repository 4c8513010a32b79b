/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "index/pool.h"

/* A Hilbert R-tree: candidates of one side and category, ordered along a curve over the map or by
 * age, in blocks of columns below nodes of columns. Private to index. Layout: tree.c. */

/** Measured at 1,000,000 listings: 64 makes a search read more, 24 makes it look at more blocks. */
#define TREE_FAN 32u

/** Place in the order of a tree; the slot makes every key differ. */
typedef struct sk_curve_key {
    uint64_t curve;
    uint32_t slot;
} sk_curve_key;

typedef struct sk_entry {
    uint32_t slot;
    float lat, lon;       /**< Rounded to nearest: see the margins in walk.c. */
    float reach;          /**< Metres, exact. */
    uint32_t created_min; /**< Whole minutes, rounded down, from 0. */
    uint32_t pattern;
    uint8_t least_slots; /**< Shortest meeting that it can do with; at most 96. */
    bool remote;
    uint64_t curve;
} sk_entry;

/** Columns of up to 32 candidates. */
typedef struct sk_block {
    uint32_t count;
    float cos_lo; /**< No cosine of a latitude here is smaller. */
    uint32_t slot[TREE_FAN];
    float lat[TREE_FAN], lon[TREE_FAN], reach[TREE_FAN];
    uint32_t created_min[TREE_FAN], pattern[TREE_FAN];
    uint8_t least_slots[TREE_FAN], remote[TREE_FAN];
} sk_block;

/** Columns that sum up up to 32 children, each wide enough for all below it. */
typedef struct sk_node {
    uint32_t count;
    uint64_t curve[TREE_FAN]; /**< No key below child i > 0 is smaller. */
    uint32_t slot[TREE_FAN];
    void *child[TREE_FAN];
    float lat_lo[TREE_FAN], lat_hi[TREE_FAN], lon_lo[TREE_FAN], lon_hi[TREE_FAN];
    float cos_lo[TREE_FAN]; /**< No cosine of a latitude below is smaller. */
    float reach_hi[TREE_FAN];
    uint32_t created_hi[TREE_FAN];
} sk_node;

typedef struct sk_tree {
    void *root; /**< A block when height is 0, else a node; NULL: empty. */
    uint32_t height;
    uint32_t count;
    bool by_time;  /**< Newest first, instead of along the map. */
    sk_pool *pool; /**< Where blocks and nodes come from; borrowed. */
} sk_tree;

/** False without memory; then the tree holds what it held. */
bool tree_insert(sk_tree *tree, const sk_entry *entry);
/** The entry as it was inserted. False when it is not there. */
bool tree_remove(sk_tree *tree, const sk_entry *entry);
void tree_clear(sk_tree *tree);
/** Every invariant of the structure; a short reason, or NULL. */
const char *tree_check(const sk_tree *tree);
/** Calls for every entry's slot, in no particular order. */
void tree_each(const sk_tree *tree, void (*visit)(void *context, uint32_t slot), void *context);

/** Position of a place along the Hilbert curve over the map. */
uint64_t tree_curve_of_place(float lat, float lon);
/** Position in a tree by age: newest first. */
uint64_t tree_curve_of_time(uint32_t created_min);
