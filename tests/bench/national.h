/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "model/model.h"

/* Made-up national data for measurements, the same on every run: 350 towns over the Netherlands
 * with sizes after Zipf, a tenth of the people between them; 120 leaf categories in three levels,
 * frequencies after Zipf; two of five listings with one of 300 weekly patterns; reach 500 m to
 * 25 km; one of twenty remote; half demand, half supply; two listings a party. */

#define NATION_TOWNS 350
#define NATION_PATTERNS 300
#define NATION_NOW_MS INT64_C(1772445600000)

typedef struct nation_town {
    double lat_deg, lon_deg, spread_deg;
} nation_town;

typedef struct nation {
    uint64_t chance;
    nation_town towns[NATION_TOWNS];
    double town_sums[NATION_TOWNS];
    sk_category categories[512];
    sk_related related[64];
    size_t category_count, related_count;
    sk_str leaves[128];
    size_t leaf_count;
    double leaf_sums[128];
    sk_window patterns[NATION_PATTERNS][3];
    uint8_t pattern_windows[NATION_PATTERNS];
    sk_arena *arena;
} nation;

/** A listing with the memory that its strings live in. */
typedef struct nation_listing {
    char id[40], party[40];
    sk_str categories[3], language, trait;
    sk_listing listing;
} nation_listing;

/** NULL without memory. */
nation *nation_new(void);
void nation_free(nation *n);
uint32_t nation_below(nation *n, uint32_t bound);
/** Listing `number` of the party "p" and number / 2. */
void nation_listing_make(nation *n, size_t number, nation_listing *out);
