/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "model/model.h"

#include <geos_c.h>

/* Inside geo only: areas' polygons as GEOS geometries. */

/** A GEOS context that is silent and keeps its last message. Not shared between threads. */
typedef struct geometry_context {
    GEOSContextHandle_t geos;
    char message[160];
} geometry_context;

bool geometry_open(geometry_context *context);
void geometry_close(geometry_context *context);
/** The area's polygons as one valid, non-empty (multi)polygon; the caller destroys it. */
sk_status geometry_make(geometry_context *context, const sk_area *area, GEOSGeometry **out,
                        bool *out_repaired, sk_error *err);
bool geometry_centroid(geometry_context *context, const GEOSGeometry *geometry, sk_point *out,
                       double *out_surface);
/** A point inside `geometry`: the centroid when it lies inside. */
bool geometry_centre(geometry_context *context, const GEOSGeometry *geometry, sk_point *out);
