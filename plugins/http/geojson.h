/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "geo/geo.h"

/** Appends an AreaList as a GeoJSON FeatureCollection: in CRS84, or in RD when `rd` is given.
 *  Thread: that of `rd`. */
sk_status http_geojson_areas(sk_str area_list, sk_rd *rd, sk_arena *arena, sk_buf *out,
                             sk_error *err);
