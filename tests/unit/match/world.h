/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "match/match.h"

/* Small random municipalities with hostile features, kept as plain model values beside an index
 * that is told of every change. The oracle looks at the values only. */

typedef struct rng {
    uint64_t state;
} rng;
uint64_t rng_next(rng *r);
/** 0 to n - 1 */
uint32_t rng_below(rng *r, uint32_t n);
/** 0 to 1 */
double rng_unit(rng *r);
/** True once in n times. */
bool rng_once(rng *r, uint32_t n);

#define WORLD_CODES 64
#define WORLD_BUSY 3

typedef struct world_party {
    bool there;
    sk_party party;
    uint32_t load_30d, open_suggestions;
    int64_t last_asked_ms; /**< INT64_MIN: never */
    int64_t busy[2 * WORLD_BUSY];
    uint32_t busy_count;
} world_party;

typedef struct world_listing {
    bool there;
    sk_listing listing;
    int32_t taken;
    uint32_t slot;
} world_listing;

typedef struct world {
    rng random;
    sk_arena *arena;
    int64_t now_ms;
    bool crowded; /**< Everybody in one town: many candidates, many equal scores. */
    double lat_deg, lon_deg;
    sk_category categories[WORLD_CODES];
    size_t category_count;
    sk_related related[8];
    size_t related_count;
    world_party *parties;
    size_t party_count;
    world_listing *listings;
    size_t listing_count;

    sk_intern *words;
    sk_calendar *calendar;
    sk_taxonomy *taxonomy;
    sk_index *index;
    sk_matcher *matcher;
} world;

/** A calendar is slow to open: shared by all worlds. */
void world_init(world *w, sk_calendar *calendar, uint64_t seed, size_t parties, size_t listings);
void world_done(world *w);
/** Some change: a listing put, paused, reopened, removed, taken; a party changed; time passing. */
void world_change(world *w);
/** A listing as a client may ask about it, not stored. */
sk_listing world_listing_random(world *w);
const world_party *world_party_of(const world *w, sk_str id);
