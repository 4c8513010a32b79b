# SPDX-License-Identifier: EUPL-1.2
"""Buurten as a mesh with shared vertices.

Each buurt is the Voronoi cell of its seed, so together they leave no gap and never overlap. A ring
of seeds outside closes the municipality; their own cells are dropped. A vertex is known by the
three seeds that it lies between and computed from those alone, and an edge by its two vertices,
so neighbours get the same coordinates to the last digit. Edges are then bent, or the map would
look like broken glass. Work is in metres around the centre; output in WGS84 degrees.
"""
import math

from dice import Dice

CENTRE_LAT, CENTRE_LON = 52.53, 5.22     # open water in the Markermeer
METRES_PER_DEGREE = 111_195.0
BEND = 0.08                              # sideways, as a share of the length; more lets edges cross
SHORT_M = 140.0                          # edges below this stay straight
BOX_M = 20_000.0


def to_degrees(x, y):
    lat = CENTRE_LAT + y / METRES_PER_DEGREE
    lon = CENTRE_LON + x / (METRES_PER_DEGREE * math.cos(math.radians(CENTRE_LAT)))
    return round(lon, 6), round(lat, 6)


def outside_ring(count=36):
    dice = Dice("outside")
    ring = []
    for i in range(count):
        angle, stretch = 2 * math.pi * i / count, dice.real(0.95, 1.05)
        ring.append((5400 * stretch * math.cos(angle), 4500 * stretch * math.sin(angle)))
    return ring


def clip(cell, here, there, label):
    """Keep the part of cell nearer to here; the cut gets the label. A cell is a list of
    (vertex, label of the edge that leaves it)."""
    nx, ny = there[0] - here[0], there[1] - here[1]
    middle = nx * (here[0] + there[0]) / 2 + ny * (here[1] + there[1]) / 2
    side = [nx * x + ny * y - middle for (x, y), _ in cell]
    out = []
    for i, (point, edge) in enumerate(cell):
        j = (i + 1) % len(cell)
        if side[i] <= 0:
            out.append((point, edge))
        if (side[i] <= 0) != (side[j] <= 0):
            t, after = side[i] / (side[i] - side[j]), cell[j][0]
            cut = (point[0] + t * (after[0] - point[0]), point[1] + t * (after[1] - point[1]))
            out.append((cut, label if side[i] <= 0 else edge))
    return out


def vertex_keys(seeds, i):
    """The corners of seed i's cell, counter-clockwise, each as its three seeds."""
    box = [(-BOX_M, -BOX_M), (BOX_M, -BOX_M), (BOX_M, BOX_M), (-BOX_M, BOX_M)]
    cell = [(corner, None) for corner in box]
    for j, seed in enumerate(seeds):
        if j != i:
            cell = clip(cell, seeds[i], seed, j)
    labels = [edge for _, edge in cell]
    return [tuple(sorted((i, labels[k - 1], labels[k]))) for k in range(len(labels))]


def circumcentre(a, b, c):
    bx, by, cx, cy = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    d = 2 * (bx * cy - by * cx)
    b2, c2 = bx * bx + by * by, cx * cx + cy * cy
    return a[0] + (cy * b2 - by * c2) / d, a[1] + (bx * c2 - cx * b2) / d


def bend(a, b, dice):
    """The points between a and b, without both."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    if math.hypot(dx, dy) < SHORT_M:
        return []
    shift = dice.real(-BEND, BEND)
    middle = ((a[0] + b[0]) / 2 - dy * shift, (a[1] + b[1]) / 2 + dx * shift)
    return bend(a, middle, dice) + [middle] + bend(middle, b, dice)


def edge_points(seeds, start, end):
    """Start and what lies before end. Always bent from the lower key, whoever asks."""
    low, high = sorted((start, end))
    a, b = (circumcentre(*(seeds[s] for s in key)) for key in (low, high))
    between = bend(a, b, Dice(f"{low}{high}"))
    return [a] + between if start == low else [b] + between[::-1]


def rings(inner_seeds):
    """For each seed a closed counter-clockwise ring of (lon, lat)."""
    seeds = list(inner_seeds) + outside_ring()
    out = []
    for i in range(len(inner_seeds)):
        keys = vertex_keys(seeds, i)
        metres = []
        for k, key in enumerate(keys):
            metres += edge_points(seeds, key, keys[(k + 1) % len(keys)])
        ring = [to_degrees(x, y) for x, y in metres]
        out.append(ring + ring[:1])
    return out


def inside(ring, lon, lat):
    """Ray casting."""
    hit = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            hit = not hit
    return hit


def point_inside(ring, dice):
    lons, lats = [p[0] for p in ring], [p[1] for p in ring]
    while True:
        lon = round(dice.real(min(lons), max(lons)), 5)
        lat = round(dice.real(min(lats), max(lats)), 5)
        if inside(ring, lon, lat):
            return {"lat": lat, "lon": lon}
