/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/** Appends an AreaList as a GeoJSON FeatureCollection in CRS84. Thread: any. */
sk_status http_geojson_areas(sk_str area_list, sk_arena *arena, sk_buf *out, sk_error *err);
