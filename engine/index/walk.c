/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

#include <math.h>

static_assert(SK_WALK_MOST == TREE_FAN, "a walk gives a block at a time");

/* Walking the trees of several categories at once, nearest first (or newest first).
 *
 * A heap holds what is not yet looked into: nodes and blocks, each with a lower bound of the
 * distance to anything in it. The nearest is taken out; a node puts its children in, a block is
 * given to the caller. What cannot be near enough for C4 never enters: d must be at most the
 * query's reach or the largest reach below, with what is allowed beyond it, and at most the query's
 * `withinM`.
 *
 * The bound of a box, in single precision (compare docs/matching.md 2): with u and v the least
 * differences of latitude and longitude to the box, v the short way round,
 *
 *     a >= sin^2(u/2) + cos(lat) * (least cosine in the box) * sin^2(v/2)      sin x >= x - x^3/6
 *     d >= 2 R sqrt(a)                                                          asin x >= x
 *
 * Rounding is covered by margins: a coordinate rounded to float is off by at most 8e-6 degrees, and
 * the differences are lessened by four times as much (3.5 m); the result by 1e-5 of itself. The
 * distances that this keeps apart are metres, so nothing is lost. All loops run over whole columns
 * of 32 without branches, so that the compiler makes vector code of them. */

#define DEGREE_MARGIN 3.2e-5f
#define HALF_RADIANS_F 8.7266463e-3f /* pi / 360 */
#define SQUARE_METRES 1.62357e14f    /* (2 R)^2, 1e-5 less */
#define LIMIT_MARGIN 1.00001f

typedef struct pending {
    float key; /**< Squared metres, or how many minutes older than the newest listing. */
    uint32_t height;
    const void *at;
} pending;

struct sk_walk {
    const sk_index *index;
    sk_side side;
    bool from_afar, skip_remote, skip_aside, failed;
    float lat, lon, cos_lat, reach, extra, within2, limit2;
    uint32_t newest_min;
    pending *heap;
    size_t count, capacity;
};

/* ---- The heap ---- */

static bool heap_push(sk_walk *walk, pending item)
{
    size_t i = walk->count;

    if (!sk_grow((void **)&walk->heap, &walk->capacity, walk->count + 1, sizeof item)) {
        walk->failed = true;
        return false;
    }
    walk->count++;
    while (i > 0 && walk->heap[(i - 1) / 2].key > item.key) {
        walk->heap[i] = walk->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    walk->heap[i] = item;
    return true;
}

static pending heap_pop(sk_walk *walk)
{
    pending top = walk->heap[0], last = walk->heap[--walk->count];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= walk->count)
            break;
        if (child + 1 < walk->count && walk->heap[child + 1].key < walk->heap[child].key)
            child++;
        if (walk->heap[child].key >= last.key)
            break;
        walk->heap[i] = walk->heap[child];
        i = child;
    }
    walk->heap[i] = last;
    return top;
}

/* ---- Distances ---- */

static inline float less_f(float a, float b)
{
    return a < b ? a : b;
}

static inline float more_f(float a, float b)
{
    return a > b ? a : b;
}

/* Each step is a loop of its own over whole columns: together, the compiler would thread jumps
 * through the choices and make no vector code. */

/** How far outside [lo, hi] a coordinate lies, negative when inside. */
static void gaps(const float *lo, const float *hi, float at, float *out)
{
    for (uint32_t i = 0; i < TREE_FAN; i++)
        out[i] = more_f(lo[i] - at, at - hi[i]);
}

/** The same, the other way round the earth. */
static void gaps_round(const float *lo, const float *hi, float at, float *gap)
{
    float round[TREE_FAN];

    for (uint32_t i = 0; i < TREE_FAN; i++)
        round[i] = 360.0f - (more_f(hi[i], at) - less_f(lo[i], at));
    for (uint32_t i = 0; i < TREE_FAN; i++)
        gap[i] = less_f(gap[i], round[i]);
}

/** Degrees to a bound of the square of the half angle's sine. */
static void square_half_sines(float *degrees)
{
    for (uint32_t i = 0; i < TREE_FAN; i++)
        degrees[i] = more_f(degrees[i] - DEGREE_MARGIN, 0.0f);
    for (uint32_t i = 0; i < TREE_FAN; i++) {
        float x = degrees[i] * HALF_RADIANS_F, s = x - x * x * x * (1.0f / 6.0f);
        degrees[i] = s * s;
    }
}

static void box_distances(const sk_walk *walk, const sk_node *node, float *out_m2)
{
    float u[TREE_FAN], v[TREE_FAN];

    gaps(node->lat_lo, node->lat_hi, walk->lat, u);
    gaps(node->lon_lo, node->lon_hi, walk->lon, v);
    gaps_round(node->lon_lo, node->lon_hi, walk->lon, v);
    square_half_sines(u);
    square_half_sines(v);
    for (uint32_t i = 0; i < TREE_FAN; i++)
        out_m2[i] = (u[i] + walk->cos_lat * node->cos_lo[i] * v[i]) * SQUARE_METRES;
}

static void point_distances(const sk_walk *walk, const sk_block *block, float *out_m2)
{
    const float cosines = walk->cos_lat * block->cos_lo;
    float u[TREE_FAN], v[TREE_FAN];

    gaps(block->lat, block->lat, walk->lat, u);
    gaps(block->lon, block->lon, walk->lon, v);
    gaps_round(block->lon, block->lon, walk->lon, v);
    square_half_sines(u);
    square_half_sines(v);
    for (uint32_t i = 0; i < TREE_FAN; i++)
        out_m2[i] = (u[i] + cosines * v[i]) * SQUARE_METRES;
}

/* ---- The walk ---- */

sk_walk *sk_walk_new(void)
{
    return sk_calloc(1, sizeof(sk_walk));
}

void sk_walk_free(sk_walk *walk)
{
    if (!walk)
        return;
    sk_free(walk->heap);
    sk_free(walk);
}

void sk_walk_begin(sk_walk *walk, const sk_index *index, const sk_facts *query, sk_side side,
                   bool from_afar, uint32_t extra_m)
{
    float within = query->within_m ? (float)query->within_m : INFINITY;

    walk->index = index;
    walk->side = side;
    walk->from_afar = from_afar;
    walk->skip_remote = query->remote;
    walk->skip_aside = false;
    walk->failed = false;
    walk->lat = (float)query->lat_deg;
    walk->lon = (float)query->lon_deg;
    walk->cos_lat = more_f((float)query->cos_lat - 1e-6f, 0.0f);
    walk->reach = (float)query->reach_m;
    walk->extra = (float)extra_m;
    walk->within2 = within * within;
    walk->limit2 = INFINITY;
    walk->newest_min = filing_minutes(index->newest_ms);
    walk->count = 0;
}

sk_status sk_walk_add(sk_walk *walk, uint32_t category)
{
    for (int aside = 0; aside <= !walk->skip_aside; aside++) {
        const sk_tree *tree =
            filing_tree(walk->index, category, walk->side, walk->from_afar, aside);

        if (tree->root && !heap_push(walk, (pending){0.0f, tree->height, tree->root}))
            return SK_ENOMEM;
    }
    return SK_OK;
}

void sk_walk_skip_aside(sk_walk *walk)
{
    walk->skip_aside = true;
}

void sk_walk_limit(sk_walk *walk, float distance_m2)
{
    walk->limit2 = distance_m2;
}

bool sk_walk_failed(const sk_walk *walk)
{
    return walk->failed;
}

static void open_node_by_age(sk_walk *walk, const sk_node *node, uint32_t height)
{
    for (uint32_t i = 0; i < node->count; i++) {
        float key = (float)(walk->newest_min - node->created_hi[i]);
        heap_push(walk, (pending){key, height - 1, node->child[i]});
    }
}

static void open_node(sk_walk *walk, const sk_node *node, uint32_t height)
{
    float distance2[TREE_FAN], allowed2[TREE_FAN];

    box_distances(walk, node, distance2);
    for (uint32_t i = 0; i < TREE_FAN; i++) {
        float reach = more_f(walk->reach, node->reach_hi[i]) + walk->extra;
        allowed2[i] = less_f(less_f(reach * reach, walk->within2) * LIMIT_MARGIN, walk->limit2);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        if (distance2[i] <= allowed2[i])
            heap_push(walk, (pending){distance2[i], height - 1, node->child[i]});
    }
}

static void open_block_by_age(const sk_walk *walk, const sk_block *block, float key,
                              sk_candidates *out)
{
    uint32_t behind = (uint32_t)key;

    out->count = block->count;
    out->near_m2 = 0.0f;
    /* Beyond 2^24 minutes the key was rounded, by less than what is taken off here. */
    out->newest_min = walk->newest_min - (behind - (behind >> 22));
    for (uint32_t i = 0; i < block->count; i++) {
        out->slots[i] = block->slot[i];
        out->created_min[i] = block->created_min[i];
        out->pattern[i] = block->pattern[i];
        out->least_slots[i] = block->least_slots[i];
        out->distance_m2[i] = 0.0f;
    }
}

static void open_block(const sk_walk *walk, const sk_block *block, float near_m2,
                       sk_candidates *out)
{
    float distance2[TREE_FAN], allowed2[TREE_FAN];
    uint32_t kept = 0;

    point_distances(walk, block, distance2);
    for (uint32_t i = 0; i < TREE_FAN; i++) {
        float reach = more_f(walk->reach, block->reach[i]) + walk->extra;
        allowed2[i] = less_f(less_f(reach * reach, walk->within2) * LIMIT_MARGIN, walk->limit2);
    }
    for (uint32_t i = 0; i < block->count; i++) {
        out->slots[kept] = block->slot[i];
        out->created_min[kept] = block->created_min[i];
        out->pattern[kept] = block->pattern[i];
        out->least_slots[kept] = block->least_slots[i];
        out->distance_m2[kept] = distance2[i];
        kept += (distance2[i] <= allowed2[i]) & !(walk->skip_remote & block->remote[i]);
    }
    out->count = kept;
    out->near_m2 = near_m2;
    out->newest_min = UINT32_MAX;
}

/** All columns at once: read one after the other, each would wait for memory by itself. */
static void fetch(pending item)
{
    const char *at = item.at;
    size_t size = item.height == 0 ? sizeof(sk_block) : sizeof(sk_node);

    for (size_t line = 0; line < size; line += 64)
        __builtin_prefetch(at + line);
}

bool sk_walk_next(sk_walk *walk, sk_candidates *out)
{
    while (walk->count > 0 && !walk->failed) {
        pending item = heap_pop(walk);
        if (!walk->from_afar && item.key > walk->limit2)
            return false;
        fetch(item);
        if (walk->count > 0 && walk->heap[0].height == 0)
            fetch(walk->heap[0]);
        if (item.height == 0) {
            if (walk->from_afar)
                open_block_by_age(walk, item.at, item.key, out);
            else
                open_block(walk, item.at, item.key, out);
            return true;
        }
        if (walk->from_afar)
            open_node_by_age(walk, item.at, item.height);
        else
            open_node(walk, item.at, item.height);
    }
    return false;
}
