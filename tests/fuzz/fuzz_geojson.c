/* SPDX-License-Identifier: EUPL-1.2 */
#include <math.h>

#include "codec/codec.h"

/* Any text as GeoJSON. What is taken has closed rings of degrees, and survives being stored. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ring(const sk_ring *ring)
{
    SK_ASSERT(ring->count >= 4);
    for (size_t i = 0; i < ring->count; i++)
        SK_ASSERT(fabs(ring->points[i].lat_deg) <= 90 && fabs(ring->points[i].lon_deg) <= 180);
}

static void check_area(const sk_area *area, sk_arena *arena)
{
    sk_buf bytes = {0};
    sk_area stored;

    SK_ASSERT(area->code.size && area->name.size && area->wijk.size && area->gemeente.size);
    SK_ASSERT(area->polygon_count > 0);
    for (size_t i = 0; i < area->polygon_count; i++) {
        for (size_t j = 0; j < area->polygons[i].ring_count; j++)
            check_ring(&area->polygons[i].rings[j]);
    }
    sk_encode_area(area, &bytes);
    SK_ASSERT(sk_decode_area(sk_buf_view(&bytes), arena, &stored, NULL) == SK_OK);
    SK_ASSERT(stored.polygon_count == area->polygon_count);
    sk_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sk_arena *arena = sk_arena_new(0);
    const sk_area *areas = NULL;
    size_t count = 0;
    sk_error err = {0};

    if (!arena)
        return 0;
    if (sk_geojson_areas((sk_str){(const char *)data, size}, arena, &areas, &count, &err) ==
        SK_OK) {
        for (size_t i = 0; i < count; i++)
            check_area(&areas[i], arena);
    } else {
        SK_ASSERT(err.message[0]);
    }
    sk_arena_free(arena);
    return 0;
}
