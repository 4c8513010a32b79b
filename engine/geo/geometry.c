/* SPDX-License-Identifier: EUPL-1.2 */
#include "geo/geometry.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Rings of degrees become GEOS polygons here, in the order longitude, latitude.
 *
 * Input is checked before GEOS sees it, so that a fault names its place ("polygons[1].rings[0]").
 * A ring may repeat its first point at the end (GeoJSON) or not. Rings that cross themselves are
 * repaired with the structure method: it keeps both lobes of a bow tie and the union of what
 * overlaps, where the older line work method would cut overlaps out as holes and leave residents
 * without a buurt. GEOS throws nothing through its C face: a NULL is a fault or no memory. */

#define RING_POINTS_MAX 1000000

/* ---- The context ---- */

static void keep_message(const char *message, void *user)
{
    geometry_context *context = user;

    snprintf(context->message, sizeof context->message, "%s", message);
}

static void drop_message(const char *message, void *user)
{
    (void)message;
    (void)user;
}

bool geometry_open(geometry_context *context)
{
    context->message[0] = '\0';
    context->geos = GEOS_init_r();
    if (!context->geos)
        return false;
    GEOSContext_setErrorMessageHandler_r(context->geos, keep_message, context);
    GEOSContext_setNoticeMessageHandler_r(context->geos, drop_message, NULL);
    return true;
}

void geometry_close(geometry_context *context)
{
    if (context->geos)
        GEOS_finish_r(context->geos);
    context->geos = NULL;
}

/* ---- Checking ---- */

static sk_status fail_ring(sk_error *err, size_t polygon, size_t ring, const char *what)
{
    char field[96];

    snprintf(field, sizeof field, "polygons[%zu].rings[%zu]", polygon, ring);
    return sk_fail_field(err, SK_EINVAL, field, "%s", what);
}

static bool ring_closed(const sk_ring *ring)
{
    const sk_point *first = &ring->points[0], *last = &ring->points[ring->count - 1];

    return first->lat_deg == last->lat_deg && first->lon_deg == last->lon_deg;
}

static sk_status check_ring(const sk_ring *ring, size_t polygon, size_t index, sk_error *err)
{
    if (ring->count == 0 || ring->count - ring_closed(ring) < 3)
        return fail_ring(err, polygon, index, "a ring needs at least three different points");
    if (ring->count > RING_POINTS_MAX)
        return fail_ring(err, polygon, index, "a ring has more than a million points");
    for (size_t i = 0; i < ring->count; i++) {
        const sk_point p = ring->points[i];

        if (!(fabs(p.lat_deg) <= 90) || !(fabs(p.lon_deg) <= 180)) {
            char field[96];

            snprintf(field, sizeof field, "polygons[%zu].rings[%zu].points[%zu]", polygon, index,
                     i);
            return sk_fail_field(err, SK_EINVAL, field, "%g, %g is no latitude and longitude",
                                 p.lat_deg, p.lon_deg);
        }
    }
    return SK_OK;
}

static sk_status check_area(const sk_area *area, sk_error *err)
{
    sk_status st = SK_OK;

    if (area->polygon_count == 0)
        return sk_fail_field(err, SK_EINVAL, "polygons", "the area has no polygon");
    for (size_t i = 0; i < area->polygon_count; i++) {
        const sk_polygon *polygon = &area->polygons[i];

        if (polygon->ring_count == 0)
            return fail_ring(err, i, 0, "the polygon has no outer ring");
        for (size_t r = 0; r < polygon->ring_count; r++)
            if ((st = check_ring(&polygon->rings[r], i, r, err)) != SK_OK)
                return st;
    }
    return SK_OK;
}

/* ---- Building ---- */

static GEOSGeometry *make_ring(geometry_context *context, const sk_ring *ring)
{
    const bool closed = ring_closed(ring);
    const size_t count = ring->count + !closed;
    double *xy = sk_malloc(count * 2 * sizeof *xy);
    GEOSCoordSequence *sequence = NULL;

    if (!xy)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const sk_point p = ring->points[i < ring->count ? i : 0];

        xy[2 * i] = p.lon_deg;
        xy[2 * i + 1] = p.lat_deg;
    }
    sequence = GEOSCoordSeq_copyFromBuffer_r(context->geos, xy, (unsigned)count, 0, 0);
    sk_free(xy);
    /* The ring takes the sequence, also on failure. */
    return sequence ? GEOSGeom_createLinearRing_r(context->geos, sequence) : NULL;
}

static GEOSGeometry *make_polygon(geometry_context *context, const sk_polygon *polygon)
{
    GEOSGeometry **rings = sk_calloc(polygon->ring_count, sizeof(GEOSGeometry *));
    GEOSGeometry *result = NULL;
    size_t made = 0;

    if (!rings)
        return NULL;
    for (; made < polygon->ring_count; made++)
        if (!(rings[made] = make_ring(context, &polygon->rings[made])))
            break;
    if (made == polygon->ring_count) /* Takes the rings, also on failure. */
        result = GEOSGeom_createPolygon_r(context->geos, rings[0], rings + 1, (unsigned)made - 1);
    else
        while (made > 0)
            GEOSGeom_destroy_r(context->geos, rings[--made]);
    sk_free(rings);
    return result;
}

static GEOSGeometry *make_polygons(geometry_context *context, const sk_area *area)
{
    GEOSGeometry **parts = NULL;
    GEOSGeometry *result = NULL;
    size_t made = 0;

    if (area->polygon_count == 1)
        return make_polygon(context, &area->polygons[0]);
    parts = sk_calloc(area->polygon_count, sizeof(GEOSGeometry *));
    if (!parts)
        return NULL;
    for (; made < area->polygon_count; made++)
        if (!(parts[made] = make_polygon(context, &area->polygons[made])))
            break;
    if (made == area->polygon_count)
        result =
            GEOSGeom_createCollection_r(context->geos, GEOS_MULTIPOLYGON, parts, (unsigned)made);
    else
        while (made > 0)
            GEOSGeom_destroy_r(context->geos, parts[--made]);
    sk_free(parts);
    return result;
}

static GEOSGeometry *repair(geometry_context *context, const GEOSGeometry *broken)
{
    GEOSMakeValidParams *params = GEOSMakeValidParams_create_r(context->geos);
    GEOSGeometry *result = NULL;

    if (!params)
        return NULL;
    GEOSMakeValidParams_setMethod_r(context->geos, params, GEOS_MAKE_VALID_STRUCTURE);
    GEOSMakeValidParams_setKeepCollapsed_r(context->geos, params, 0);
    result = GEOSMakeValidWithParams_r(context->geos, broken, params);
    GEOSMakeValidParams_destroy_r(context->geos, params);
    return result;
}

static bool has_surface(geometry_context *context, const GEOSGeometry *geometry)
{
    double area = 0;
    const int type = GEOSGeomTypeId_r(context->geos, geometry);

    return (type == GEOS_POLYGON || type == GEOS_MULTIPOLYGON) &&
           GEOSArea_r(context->geos, geometry, &area) == 1 && area > 0;
}

sk_status geometry_make(geometry_context *context, const sk_area *area, GEOSGeometry **out,
                        bool *out_repaired, sk_error *err)
{
    GEOSGeometry *geometry = NULL;
    bool repaired = false;
    sk_status st = check_area(area, err);

    if (st != SK_OK)
        return st;
    if (!(geometry = make_polygons(context, area)))
        return sk_fail(err, SK_ENOMEM, "out of memory for a polygon");
    if (GEOSisValid_r(context->geos, geometry) != 1) {
        GEOSGeometry *fixed = repair(context, geometry);

        GEOSGeom_destroy_r(context->geos, geometry);
        geometry = fixed;
        repaired = true;
    }
    if (!geometry || !has_surface(context, geometry)) {
        GEOSGeom_destroy_r(context->geos, geometry);
        return sk_fail_field(err, SK_EINVAL, "polygons",
                             "the area has no surface, or its rings cannot be repaired");
    }
    *out = geometry;
    *out_repaired = repaired;
    return SK_OK;
}

/* ---- Centres ---- */

static bool read_point(geometry_context *context, const GEOSGeometry *point, sk_point *out)
{
    return point && GEOSGeomGetX_r(context->geos, point, &out->lon_deg) == 1 &&
           GEOSGeomGetY_r(context->geos, point, &out->lat_deg) == 1;
}

bool geometry_centroid(geometry_context *context, const GEOSGeometry *geometry, sk_point *out,
                       double *out_surface)
{
    GEOSGeometry *point = GEOSGetCentroid_r(context->geos, geometry);
    const bool ok =
        read_point(context, point, out) && GEOSArea_r(context->geos, geometry, out_surface) == 1;

    GEOSGeom_destroy_r(context->geos, point);
    return ok;
}

bool geometry_centre(geometry_context *context, const GEOSGeometry *geometry, sk_point *out)
{
    GEOSGeometry *point = GEOSGetCentroid_r(context->geos, geometry);
    bool ok = false;

    if (point && GEOSCovers_r(context->geos, geometry, point) != 1) {
        GEOSGeom_destroy_r(context->geos, point);
        point = GEOSPointOnSurface_r(context->geos, geometry);
    }
    ok = read_point(context, point, out);
    GEOSGeom_destroy_r(context->geos, point);
    return ok;
}
