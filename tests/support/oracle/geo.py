# SPDX-License-Identifier: EUPL-1.2
"""Distance, and the buurt of a point in areas that are simple polygons."""

import math

RADIUS_M = 6371008.8


def distance_m(demand, supply):
    """Great circle between two (lat, lon), each operation in the order of the contract."""
    lat1, lon1 = demand
    lat2, lon2 = supply
    k = math.pi / 180
    half_lat = math.sin((lat2 - lat1) * k / 2)
    half_lon = math.sin((lon2 - lon1) * k / 2)
    # A square is a product of its own: cos * cos * (sin * sin), not a chain of four factors.
    a = half_lat * half_lat + math.cos(lat1 * k) * math.cos(lat2 * k) * (half_lon * half_lon)
    return 2 * RADIUS_M * math.asin(math.sqrt(min(1.0, a)))


def _in_ring(lon, lat, ring):
    inside = False
    lons, lats = ring["lon"], ring["lat"]
    count = len(lons)
    j = count - 1
    for i in range(count):
        if (lats[i] > lat) != (lats[j] > lat):
            crossing = (lons[j] - lons[i]) * (lat - lats[i]) / (lats[j] - lats[i]) + lons[i]
            if lon < crossing:
                inside = not inside
        j = i
    return inside


def find_area(areas, point):
    """The area that holds (lat, lon), or None."""
    if point is None:
        return None
    lat, lon = point
    for area in areas:
        for polygon in area.get("polygons", []):
            rings = polygon["rings"]
            if _in_ring(lon, lat, rings[0]) and not any(_in_ring(lon, lat, r) for r in rings[1:]):
                return area
    return None
