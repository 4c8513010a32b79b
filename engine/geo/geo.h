/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of geo: distance as docs/matching.md 2 defines it, areas, and Dutch grid coordinates.
 * The only user of GEOS and PROJ. */

#include "model/model.h"

#define SK_EARTH_RADIUS_M 6371008.8

/** The contract's `k`. */
double sk_geo_radians(void);
/** Metres from the demand side (1) to the supply side (2); `cos_lat` is cos(lat * k).
 *  Thread: any. */
double sk_geo_distance(double lat1, double lon1, double cos_lat1, double lat2, double lon2,
                       double cos_lat2);
double sk_geo_cos_lat(double lat_deg);

/** The buurten of one import, indexed for "in which does this point lie". */
typedef struct sk_areas sk_areas;

sk_status sk_areas_new(sk_areas **out, sk_error *err);
void sk_areas_free(sk_areas *areas);
/** Copies; repairs rings that cross themselves (`out_repaired` may be NULL). Refuses an empty or
 *  unrepairable geometry and coordinates out of range. A code that is there is replaced. */
sk_status sk_areas_add(sk_areas *areas, const sk_area *area, bool *out_repaired, sk_error *err);
/** Index of the area that holds the point, or -1. On a shared border: the lowest code. */
int sk_areas_find(sk_areas *areas, sk_point point);
size_t sk_areas_count(const sk_areas *areas);
/** View without polygons, valid until the areas change; ascending code after sk_areas_find. */
const sk_area *sk_areas_at(const sk_areas *areas, int index);
/** A buurt, wijk or gemeente with this code exists. */
bool sk_areas_known(const sk_areas *areas, sk_str code);
/** The centre (a point inside) of an area of any level: its coarse place. */
sk_status sk_areas_centre(sk_areas *areas, sk_str code, sk_point *out, sk_error *err);

/** WGS84 <-> Rijksdriehoek (EPSG:28992), metres. Refuses points outside the Netherlands' grid. */
typedef struct sk_rd sk_rd;
sk_status sk_rd_open(sk_rd **out, sk_error *err);
void sk_rd_close(sk_rd *rd);
sk_status sk_rd_from_wgs84(sk_rd *rd, sk_point point, double *out_x_m, double *out_y_m,
                           sk_error *err);
sk_status sk_rd_to_wgs84(sk_rd *rd, double x_m, double y_m, sk_point *out, sk_error *err);
