/* SPDX-License-Identifier: EUPL-1.2 */
#include "geo/geo.h"

#include <math.h>

double sk_geo_radians(void)
{
    return M_PI / 180.0;
}

double sk_geo_cos_lat(double lat_deg)
{
    return cos(lat_deg * sk_geo_radians());
}

/* Every operation stands in the order of docs/matching.md 2, since another order rounds
 * differently and a pair on the edge of its reach would change sides. A square is one factor. */
double sk_geo_distance(double lat1, double lon1, double cos_lat1, double lat2, double lon2,
                       double cos_lat2)
{
    const double k = sk_geo_radians();
    const double s = sin((lat2 - lat1) * k / 2);
    const double t = sin((lon2 - lon1) * k / 2);
    const double a = s * s + cos_lat1 * cos_lat2 * (t * t);

    return 2 * SK_EARTH_RADIUS_M * asin(sqrt(a < 1 ? a : 1));
}
