/* SPDX-License-Identifier: EUPL-1.2 */
#include "geo/geo.h"

#include <math.h>

#include <proj.h>

/* Rijksdriehoek coordinates through PROJ, for clients that ask for EPSG:28992.
 *
 * PROJ's network is switched off, so that a coordinate never leaves the machine and an answer does
 * not depend on a download. Without correction grids the result is up to 0.24 m beside the official
 * RDNAPTRANS2018, far below what a buurt or a walking distance can tell apart.
 *
 * One sk_rd belongs to one thread, since a PROJ context does. */

/* The bounds within which the Netherlands' grid is defined (EPSG:28992 on land and sea). */
#define RD_X_MIN (-7000.0)
#define RD_X_MAX 300000.0
#define RD_Y_MIN 289000.0
#define RD_Y_MAX 629000.0
/* The same in degrees, with some room: PROJ would extrapolate to nonsense far away. */
#define RD_LAT_MIN 50.0
#define RD_LAT_MAX 54.5
#define RD_LON_MIN 2.5
#define RD_LON_MAX 8.0

struct sk_rd {
    PJ_CONTEXT *context;
    PJ *to_rd;
};

/* ---- Opening ---- */

static PJ *open_transformation(PJ_CONTEXT *context)
{
    PJ *pj = proj_create_crs_to_crs(context, "OGC:CRS84", "EPSG:28992", NULL);

    if (!pj)
        return NULL;
    PJ *normalized = proj_normalize_for_visualization(context, pj);

    proj_destroy(pj);
    return normalized;
}

sk_status sk_rd_open(sk_rd **out, sk_error *err)
{
    sk_rd *rd = sk_calloc(1, sizeof *rd);

    if (!rd)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    rd->context = proj_context_create();
    if (rd->context) {
        proj_log_level(rd->context, PJ_LOG_NONE);
        proj_context_set_enable_network(rd->context, 0);
        rd->to_rd = open_transformation(rd->context);
    }
    if (!rd->to_rd) {
        sk_rd_close(rd);
        return sk_fail(err, SK_EIO,
                       "PROJ cannot make EPSG:28992; is its database (proj-data) installed?");
    }
    *out = rd;
    return SK_OK;
}

void sk_rd_close(sk_rd *rd)
{
    if (!rd)
        return;
    proj_destroy(rd->to_rd);
    proj_context_destroy(rd->context);
    sk_free(rd);
}

/* ---- Converting ---- */

static bool inside(double value, double least, double most)
{
    return value >= least && value <= most; /* False for NaN. */
}

static bool rd_inside(double x_m, double y_m)
{
    return inside(x_m, RD_X_MIN, RD_X_MAX) && inside(y_m, RD_Y_MIN, RD_Y_MAX);
}

static bool transform(sk_rd *rd, PJ_DIRECTION direction, PJ_COORD *coord)
{
    proj_errno_reset(rd->to_rd);
    *coord = proj_trans(rd->to_rd, direction, *coord);
    return proj_errno(rd->to_rd) == 0 && isfinite(coord->xy.x) && isfinite(coord->xy.y);
}

sk_status sk_rd_from_wgs84(sk_rd *rd, sk_point point, double *out_x_m, double *out_y_m,
                           sk_error *err)
{
    if (inside(point.lat_deg, RD_LAT_MIN, RD_LAT_MAX) &&
        inside(point.lon_deg, RD_LON_MIN, RD_LON_MAX)) {
        PJ_COORD coord = proj_coord(point.lon_deg, point.lat_deg, 0, 0);

        if (transform(rd, PJ_FWD, &coord) && rd_inside(coord.xy.x, coord.xy.y)) {
            *out_x_m = coord.xy.x;
            *out_y_m = coord.xy.y;
            return SK_OK;
        }
    }
    return sk_fail_field(err, SK_EINVAL, "point", "%g, %g is outside the Dutch grid (RD)",
                         point.lat_deg, point.lon_deg);
}

sk_status sk_rd_to_wgs84(sk_rd *rd, double x_m, double y_m, sk_point *out, sk_error *err)
{
    if (rd_inside(x_m, y_m)) {
        PJ_COORD coord = proj_coord(x_m, y_m, 0, 0);

        if (transform(rd, PJ_INV, &coord)) {
            *out = (sk_point){.lat_deg = coord.xy.y, .lon_deg = coord.xy.x};
            return SK_OK;
        }
    }
    return sk_fail_field(err, SK_EINVAL, "point", "x %g, y %g is outside the Dutch grid (RD)", x_m,
                         y_m);
}
