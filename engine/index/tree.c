/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/tree.h"

#include <math.h>
#include <stdlib.h>

/* The candidates of one category, so that a search touches only those near it.
 *
 * A block holds up to 32 candidates as columns: what a search needs to discard one without looking
 * at its facts. Nodes above sum up their children, column by column: a box of latitudes and
 * longitudes, the largest reach, the newest creation. All leaves are equally deep.
 *
 *     node   [box, reach, newest | box, reach, newest | ...]     <= 32 children
 *               |                    |
 *     block  [slot lat lon reach created pattern ...] ...      <= 32 candidates
 *
 * Children are in the order of (curve, slot). The curve is Hilbert's over the map, so that what is
 * near on it is near on the map and boxes stay small; in a tree by age it is the age. The slot ends
 * every tie, so that a block can always be split, even when all stand on one spot.
 *
 * Invariants: curve[i], slot[i] of a node is no larger than any key below child i (for i > 0) and
 * larger than all below child i - 1; a summary contains all below it; no block and no node but a
 * root is empty. Insertion splits full children on its way down, each split a complete change, so
 * that running out of memory half-way leaves a sound tree. Removal never allocates. */

/* ---- The curve ---- */

#define CURVE_BITS 24

uint64_t tree_curve_of_place(float lat, float lon)
{
    const double side = (double)(1u << CURVE_BITS);
    double fx = ((double)lon + 180.0) / 360.0 * side, fy = ((double)lat + 90.0) / 180.0 * side;
    uint32_t x = fx <= 0 ? 0 : fx >= side - 1 ? (uint32_t)side - 1 : (uint32_t)fx;
    uint32_t y = fy <= 0 ? 0 : fy >= side - 1 ? (uint32_t)side - 1 : (uint32_t)fy;
    uint64_t curve = 0;

    for (uint32_t s = 1u << (CURVE_BITS - 1); s > 0; s >>= 1) {
        uint32_t rx = (x & s) != 0, ry = (y & s) != 0;
        curve = (curve << 2) | ((3 * rx) ^ ry);
        if (ry == 0) { /* Turn the quadrant so that the curve inside it joins its neighbours'. */
            if (rx == 1) {
                x = ~x;
                y = ~y;
            }
            uint32_t swap = x;
            x = y;
            y = swap;
        }
    }
    return curve;
}

uint64_t tree_curve_of_time(uint32_t created_min)
{
    return UINT32_MAX - created_min;
}

static bool key_less(sk_curve_key a, sk_curve_key b)
{
    return a.curve != b.curve ? a.curve < b.curve : a.slot < b.slot;
}

static sk_curve_key block_key(const sk_tree *tree, const sk_block *block, uint32_t i)
{
    uint64_t curve = tree->by_time ? tree_curve_of_time(block->created_min[i])
                                   : tree_curve_of_place(block->lat[i], block->lon[i]);
    return (sk_curve_key){curve, block->slot[i]};
}

/* ---- Columns ---- */

static float min_f(float a, float b)
{
    return a < b ? a : b;
}

static float max_f(float a, float b)
{
    return a > b ? a : b;
}

/** A lower bound of the cosine: the float of it may be rounded up, hence the step down. */
static float cos_below(float lat)
{
    double c = cos((double)lat * (3.14159265358979323846 / 180.0));
    return c > 1e-6 ? (float)(c * 0.9999999 - 1e-7) : 0.0f;
}

static void block_set(sk_block *block, uint32_t i, const sk_entry *entry)
{
    block->slot[i] = entry->slot;
    block->lat[i] = entry->lat;
    block->lon[i] = entry->lon;
    block->reach[i] = entry->reach;
    block->created_min[i] = entry->created_min;
    block->pattern[i] = entry->pattern;
    block->least_slots[i] = entry->least_slots;
    block->remote[i] = entry->remote;
}

static void block_copy(sk_block *to, uint32_t i, const sk_block *from, uint32_t j)
{
    to->slot[i] = from->slot[j];
    to->lat[i] = from->lat[j];
    to->lon[i] = from->lon[j];
    to->reach[i] = from->reach[j];
    to->created_min[i] = from->created_min[j];
    to->pattern[i] = from->pattern[j];
    to->least_slots[i] = from->least_slots[j];
    to->remote[i] = from->remote[j];
}

static void summary_clear(sk_node *node, uint32_t i)
{
    node->lat_lo[i] = node->lon_lo[i] = INFINITY;
    node->lat_hi[i] = node->lon_hi[i] = -INFINITY;
    node->cos_lo[i] = 1.0f;
    node->reach_hi[i] = 0.0f;
    node->created_hi[i] = 0;
}

static void summary_of_block(sk_node *node, uint32_t i, const sk_block *block)
{
    summary_clear(node, i);
    for (uint32_t j = 0; j < block->count; j++) {
        node->lat_lo[i] = min_f(node->lat_lo[i], block->lat[j]);
        node->lat_hi[i] = max_f(node->lat_hi[i], block->lat[j]);
        node->lon_lo[i] = min_f(node->lon_lo[i], block->lon[j]);
        node->lon_hi[i] = max_f(node->lon_hi[i], block->lon[j]);
        node->reach_hi[i] = max_f(node->reach_hi[i], block->reach[j]);
        if (block->created_min[j] > node->created_hi[i])
            node->created_hi[i] = block->created_min[j];
    }
    /* The cosine is concave over latitudes, so that its least value is at an end. */
    node->cos_lo[i] = min_f(cos_below(node->lat_lo[i]), cos_below(node->lat_hi[i]));
}

static void summary_of_node(sk_node *node, uint32_t i, const sk_node *below)
{
    summary_clear(node, i);
    for (uint32_t j = 0; j < below->count; j++) {
        node->lat_lo[i] = min_f(node->lat_lo[i], below->lat_lo[j]);
        node->lat_hi[i] = max_f(node->lat_hi[i], below->lat_hi[j]);
        node->lon_lo[i] = min_f(node->lon_lo[i], below->lon_lo[j]);
        node->lon_hi[i] = max_f(node->lon_hi[i], below->lon_hi[j]);
        node->cos_lo[i] = min_f(node->cos_lo[i], below->cos_lo[j]);
        node->reach_hi[i] = max_f(node->reach_hi[i], below->reach_hi[j]);
        if (below->created_hi[j] > node->created_hi[i])
            node->created_hi[i] = below->created_hi[j];
    }
}

static void summary_of_child(sk_node *node, uint32_t i, uint32_t child_height)
{
    if (child_height == 0)
        summary_of_block(node, i, node->child[i]);
    else
        summary_of_node(node, i, node->child[i]);
}

static void summary_widen(sk_node *node, uint32_t i, const sk_entry *entry)
{
    if (entry->lat < node->lat_lo[i] || entry->lat > node->lat_hi[i])
        node->cos_lo[i] = min_f(node->cos_lo[i], cos_below(entry->lat));
    node->lat_lo[i] = min_f(node->lat_lo[i], entry->lat);
    node->lat_hi[i] = max_f(node->lat_hi[i], entry->lat);
    node->lon_lo[i] = min_f(node->lon_lo[i], entry->lon);
    node->lon_hi[i] = max_f(node->lon_hi[i], entry->lon);
    node->reach_hi[i] = max_f(node->reach_hi[i], entry->reach);
    if (entry->created_min > node->created_hi[i])
        node->created_hi[i] = entry->created_min;
}

/* ---- Children of a node ---- */

#define MOVE(column, to, from, n)                                                                  \
    memmove(&(column)[to], &(column)[from], (size_t)(n) * sizeof(column)[0])

static void node_shift(sk_node *node, uint32_t to, uint32_t from)
{
    uint32_t n = node->count - from;

    MOVE(node->curve, to, from, n);
    MOVE(node->slot, to, from, n);
    MOVE(node->child, to, from, n);
    MOVE(node->lat_lo, to, from, n);
    MOVE(node->lat_hi, to, from, n);
    MOVE(node->lon_lo, to, from, n);
    MOVE(node->lon_hi, to, from, n);
    MOVE(node->cos_lo, to, from, n);
    MOVE(node->reach_hi, to, from, n);
    MOVE(node->created_hi, to, from, n);
}

static void node_copy(sk_node *to, uint32_t i, const sk_node *from, uint32_t j)
{
    to->curve[i] = from->curve[j];
    to->slot[i] = from->slot[j];
    to->child[i] = from->child[j];
    to->lat_lo[i] = from->lat_lo[j];
    to->lat_hi[i] = from->lat_hi[j];
    to->lon_lo[i] = from->lon_lo[j];
    to->lon_hi[i] = from->lon_hi[j];
    to->cos_lo[i] = from->cos_lo[j];
    to->reach_hi[i] = from->reach_hi[j];
    to->created_hi[i] = from->created_hi[j];
}

static void node_drop(sk_node *node, uint32_t i)
{
    node_shift(node, i, i + 1);
    node->count--;
}

/** The child in which a key belongs: the last one that starts at or before it. */
static uint32_t node_find(const sk_node *node, sk_curve_key key)
{
    uint32_t lo = 0, hi = node->count;

    while (hi - lo > 1) {
        uint32_t mid = (lo + hi) / 2;
        if (key_less(key, (sk_curve_key){node->curve[mid], node->slot[mid]}))
            hi = mid;
        else
            lo = mid;
    }
    return lo;
}

static uint32_t child_count(const void *child, uint32_t height)
{
    return height == 0 ? ((const sk_block *)child)->count : ((const sk_node *)child)->count;
}

static size_t piece_size(uint32_t height)
{
    return height == 0 ? sizeof(sk_block) : sizeof(sk_node);
}

static void *tree_alloc(sk_tree *tree, uint32_t height)
{
    void *memory = pool_take(tree->pool, piece_size(height));

    /* Cleared, since the distance loops also run over columns past `count`. */
    if (memory)
        memset(memory, 0, piece_size(height));
    return memory;
}

static void tree_release(sk_tree *tree, void *memory, uint32_t height)
{
    pool_give(tree->pool, memory, piece_size(height));
}

/* ---- Splitting ---- */

typedef struct placed {
    sk_curve_key key;
    uint32_t from;
} placed;

static int placed_cmp(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    return key_less(x->key, y->key) ? -1 : key_less(y->key, x->key) ? 1 : 0;
}

/** Moves the later half of a full block to `right`; the first key there. */
static sk_curve_key block_split(const sk_tree *tree, sk_block *left, sk_block *right)
{
    placed order[TREE_FAN];
    sk_block old = *left;

    for (uint32_t i = 0; i < old.count; i++)
        order[i] = (placed){block_key(tree, &old, i), i};
    qsort(order, old.count, sizeof order[0], placed_cmp);
    right->cos_lo = old.cos_lo;
    left->count = old.count / 2;
    right->count = old.count - left->count;
    for (uint32_t i = 0; i < left->count; i++)
        block_copy(left, i, &old, order[i].from);
    for (uint32_t i = 0; i < right->count; i++)
        block_copy(right, i, &old, order[left->count + i].from);
    return order[left->count].key;
}

static sk_curve_key node_split(sk_node *left, sk_node *right)
{
    right->count = left->count / 2;
    left->count -= right->count;
    for (uint32_t i = 0; i < right->count; i++)
        node_copy(right, i, left, left->count + i);
    return (sk_curve_key){right->curve[0], right->slot[0]};
}

/** Splits child `i`, which is full, of a node that is not. */
static bool split_child(sk_tree *tree, sk_node *node, uint32_t i, uint32_t child_height)
{
    void *right = tree_alloc(tree, child_height);
    sk_curve_key first;

    if (!right)
        return false;
    first = child_height == 0 ? block_split(tree, node->child[i], right)
                              : node_split(node->child[i], right);
    node_shift(node, i + 2, i + 1);
    node->count++;
    node->child[i + 1] = right;
    node->curve[i + 1] = first.curve;
    node->slot[i + 1] = first.slot;
    summary_of_child(node, i, child_height);
    summary_of_child(node, i + 1, child_height);
    return true;
}

static bool grow_root(sk_tree *tree)
{
    sk_node *root = tree_alloc(tree, tree->height + 1);

    if (!root)
        return false;
    root->count = 1;
    root->child[0] = tree->root;
    summary_of_child(root, 0, tree->height);
    if (!split_child(tree, root, 0, tree->height)) {
        tree_release(tree, root, 1);
        return false;
    }
    tree->root = root;
    tree->height++;
    return true;
}

/* ---- Inserting and removing ---- */

bool tree_insert(sk_tree *tree, const sk_entry *entry)
{
    sk_curve_key key = {entry->curve, entry->slot};
    sk_block *block;
    void *at;

    if (!tree->root && !(tree->root = tree_alloc(tree, 0)))
        return false;
    if (child_count(tree->root, tree->height) == TREE_FAN && !grow_root(tree))
        return false;
    at = tree->root;
    for (uint32_t height = tree->height; height > 0; height--) {
        sk_node *node = at;
        uint32_t i = node_find(node, key);
        if (child_count(node->child[i], height - 1) == TREE_FAN) {
            if (!split_child(tree, node, i, height - 1))
                return false;
            i = node_find(node, key);
        }
        summary_widen(node, i, entry);
        at = node->child[i];
    }
    block = at;
    block->cos_lo =
        block->count == 0 ? cos_below(entry->lat) : min_f(block->cos_lo, cos_below(entry->lat));
    block_set(block, block->count++, entry);
    tree->count++;
    return true;
}

/** Child `i` has become small: join it with a neighbour when both fit with room to spare. */
static void join_small(sk_tree *tree, sk_node *node, uint32_t i, uint32_t child_height)
{
    uint32_t left = i > 0 ? i - 1 : i, right = left + 1;
    uint32_t a, b;

    if (right >= node->count || child_count(node->child[i], child_height) >= TREE_FAN / 4)
        return;
    a = child_count(node->child[left], child_height);
    b = child_count(node->child[right], child_height);
    if (a + b > TREE_FAN * 3 / 4)
        return;
    for (uint32_t j = 0; j < b; j++) {
        if (child_height == 0)
            block_copy(node->child[left], a + j, node->child[right], j);
        else
            node_copy(node->child[left], a + j, node->child[right], j);
    }
    if (child_height == 0) {
        sk_block *joined = node->child[left];
        joined->cos_lo = min_f(joined->cos_lo, ((sk_block *)node->child[right])->cos_lo);
        joined->count = a + b;
    } else {
        sk_node *joined = node->child[left];
        /* The first key of a node is not kept exact; the one above it is. */
        joined->curve[a] = node->curve[right];
        joined->slot[a] = node->slot[right];
        joined->count = a + b;
    }
    tree_release(tree, node->child[right], child_height);
    node_drop(node, right);
    summary_of_child(node, left, child_height);
}

static bool block_remove(sk_block *block, uint32_t slot)
{
    for (uint32_t i = 0; i < block->count; i++) {
        if (block->slot[i] != slot)
            continue;
        block->count--;
        block_copy(block, i, block, block->count);
        return true;
    }
    return false;
}

static bool remove_below(sk_tree *tree, void *at, uint32_t height, sk_curve_key key)
{
    sk_node *node = at;
    uint32_t i;

    if (height == 0)
        return block_remove(at, key.slot);
    i = node_find(node, key);
    if (!remove_below(tree, node->child[i], height - 1, key))
        return false;
    if (child_count(node->child[i], height - 1) == 0) {
        tree_release(tree, node->child[i], height - 1);
        node_drop(node, i);
    } else {
        summary_of_child(node, i, height - 1);
        join_small(tree, node, i, height - 1);
    }
    return true;
}

bool tree_remove(sk_tree *tree, const sk_entry *entry)
{
    sk_curve_key key = {entry->curve, entry->slot};

    if (!tree->root || !remove_below(tree, tree->root, tree->height, key))
        return false;
    tree->count--;
    while (tree->height > 0 && child_count(tree->root, tree->height) == 1) {
        sk_node *old = tree->root;
        tree->root = old->child[0];
        tree_release(tree, old, tree->height);
        tree->height--;
    }
    if (child_count(tree->root, tree->height) == 0) {
        tree_release(tree, tree->root, tree->height);
        tree->root = NULL;
        tree->height = 0;
    }
    return true;
}

static void release_below(sk_tree *tree, void *at, uint32_t height)
{
    if (height > 0) {
        sk_node *node = at;
        for (uint32_t i = 0; i < node->count; i++)
            release_below(tree, node->child[i], height - 1);
    }
    tree_release(tree, at, height);
}

void tree_clear(sk_tree *tree)
{
    if (tree->root)
        release_below(tree, tree->root, tree->height);
    tree->root = NULL;
    tree->height = 0;
    tree->count = 0;
}

/* ---- Checking ---- */

static void each_below(const void *at, uint32_t height, void (*visit)(void *context, uint32_t slot),
                       void *context)
{
    const sk_node *node = at;
    const sk_block *block = at;

    for (uint32_t i = 0; height > 0 && i < node->count; i++)
        each_below(node->child[i], height - 1, visit, context);
    for (uint32_t i = 0; height == 0 && i < block->count; i++)
        visit(context, block->slot[i]);
}

void tree_each(const sk_tree *tree, void (*visit)(void *context, uint32_t slot), void *context)
{
    if (tree->root)
        each_below(tree->root, tree->height, visit, context);
}

/** What stands above a child: its summary and the keys that it may hold. */
typedef struct frame {
    const sk_node *node; /**< NULL at the root. */
    uint32_t i;
    bool has_lo, has_hi;
    sk_curve_key lo, hi; /**< [lo, hi) */
} frame;

static const char *check_block(const sk_tree *tree, const sk_block *block, const frame *above)
{
    if (block->count == 0 || block->count > TREE_FAN)
        return "a block is empty or overfull";
    for (uint32_t j = 0; j < block->count; j++) {
        sk_curve_key key = block_key(tree, block, j);
        const sk_node *n = above->node;
        uint32_t i = above->i;
        if (cos_below(block->lat[j]) < block->cos_lo)
            return "a block's cosine leaves out a candidate";
        if ((above->has_lo && key_less(key, above->lo)) ||
            (above->has_hi && !key_less(key, above->hi)))
            return "a candidate stands in the wrong block";
        if (n && (block->lat[j] < n->lat_lo[i] || block->lat[j] > n->lat_hi[i] ||
                  block->lon[j] < n->lon_lo[i] || block->lon[j] > n->lon_hi[i] ||
                  block->reach[j] > n->reach_hi[i] || block->created_min[j] > n->created_hi[i] ||
                  cos_below(block->lat[j]) < n->cos_lo[i]))
            return "a summary leaves out a candidate";
    }
    return NULL;
}

static bool summary_holds(const frame *above, const sk_node *node, uint32_t j)
{
    const sk_node *n = above->node;
    uint32_t i = above->i;

    return !n || (node->lat_lo[j] >= n->lat_lo[i] && node->lat_hi[j] <= n->lat_hi[i] &&
                  node->lon_lo[j] >= n->lon_lo[i] && node->lon_hi[j] <= n->lon_hi[i] &&
                  node->cos_lo[j] >= n->cos_lo[i] && node->reach_hi[j] <= n->reach_hi[i] &&
                  node->created_hi[j] <= n->created_hi[i]);
}

static const char *check_below(const sk_tree *tree, const void *at, uint32_t height,
                               const frame *above, uint32_t *count)
{
    const sk_node *node = at;
    const char *fault = NULL;

    if (height == 0) {
        *count += ((const sk_block *)at)->count;
        return check_block(tree, at, above);
    }
    if (node->count == 0 || node->count > TREE_FAN)
        return "a node is empty or overfull";
    for (uint32_t i = 0; i < node->count && !fault; i++) {
        frame here = {node, i, above->has_lo, above->has_hi, above->lo, above->hi};
        if (i > 0) {
            here.has_lo = true;
            here.lo = (sk_curve_key){node->curve[i], node->slot[i]};
        }
        if (i + 1 < node->count) {
            here.has_hi = true;
            here.hi = (sk_curve_key){node->curve[i + 1], node->slot[i + 1]};
        }
        if (!summary_holds(above, node, i))
            return "a summary leaves out a node";
        fault = check_below(tree, node->child[i], height - 1, &here, count);
    }
    return fault;
}

const char *tree_check(const sk_tree *tree)
{
    frame top = {0};
    uint32_t count = 0;
    const char *fault;

    if (!tree->root)
        return tree->count == 0 && tree->height == 0 ? NULL : "an empty tree counts candidates";
    fault = check_below(tree, tree->root, tree->height, &top, &count);
    if (!fault && count != tree->count)
        fault = "a tree counts its candidates wrongly";
    return fault;
}
