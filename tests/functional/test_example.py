#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Checks the taxonomy and the example municipality. Exits 1 with a message at the first fault."""
import json
import math
import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "scripts" / "example" / "wilgenmeer" / "generate.py"
FILES = ("areas.geojson", "listings.ndjson", "connectors.ndjson", "summary.json")
WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DEMAND = ("NEED", "INITIATIVE")
AREA_KEYS = {"code", "naam", "wijkcode", "wijknaam", "gemeentecode", "gemeentenaam"}
ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
TRAIT = re.compile(r"[a-z0-9-]+")
CODE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+){0,2}")


def check(truth, message):
    if not truth:
        sys.exit(f"test_example: {message}")


def generate(folder, *options):
    subprocess.run([sys.executable, str(GENERATOR), "--out", str(folder), *options], check=True)


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_taxonomy():
    taxonomy = json.loads((ROOT / "scripts" / "taxonomy.json").read_text(encoding="utf-8"))
    codes = [c["code"] for c in taxonomy["categories"]]
    known = set(codes)
    check(len(codes) >= 150 and len(known) == len(codes), "150 different codes or more are needed")
    for category in taxonomy["categories"]:
        code, label = category["code"], category["label"]
        check(CODE.fullmatch(code), f"code {code} is malformed")
        check("." not in code or code.rpartition(".")[0] in known, f"{code} has no parent")
        check(set(label) == {"nl", "en"} and all(label.values()), f"{code} lacks a label")
    check({code.count(".") for code in codes} == {0, 1, 2}, "there must be three levels")
    pairs = {tuple(sorted((r["a"], r["b"]))) for r in taxonomy["related"]}
    check(len(pairs) == len(taxonomy["related"]) >= 25, "25 different related pairs are needed")
    for r in taxonomy["related"]:
        check({r["a"], r["b"]} <= known and r["a"] != r["b"], f"unknown code in {r}")
        check(0.3 <= r["closeness"] <= 0.9, f"closeness out of range in {r}")
    print(f"taxonomy: {len(codes)} codes in three levels, {len(pairs)} related")
    return known


def inside(ring, lon, lat):
    hit = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            hit = not hit
    return hit


def whole(ring):
    """In whole millionths of a degree, so that what follows is exact."""
    return [(round(lon * 1e6), round(lat * 1e6)) for lon, lat in ring]


def signed_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2


def turn(a, b, c):
    """Exact in whole millionths of a degree; above 0 when c lies left of a-b."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def edges_cross(e, f):
    (a, b), (c, d) = e, f
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    if {a, b} & {c, d}:      # at a shared vertex only lying on top of each other is wrong
        shared = ({a, b} & {c, d}).pop()
        p, q = (a if b == shared else b), (c if d == shared else d)
        towards = (p[0] - shared[0]) * (q[0] - shared[0]) + (p[1] - shared[1]) * (q[1] - shared[1])
        return turn(shared, p, q) == 0 and towards > 0
    return turn(a, b, c) * turn(a, b, d) <= 0 and turn(c, d, a) * turn(c, d, b) <= 0


def check_mesh(rings):
    """Every edge has one area on each side, or the outside, and no two edges cross: with the
    outside in one piece this leaves neither gaps nor overlaps."""
    owners, directed = {}, set()
    for code, ring in rings.items():
        points = whole(ring)
        check(points[0] == points[-1] and len(points) > 4, f"{code}: the ring is not closed")
        check(len(set(points)) == len(points) - 1, f"{code}: the ring touches itself")
        check(signed_area(points) > 0, f"{code}: the ring is not counter-clockwise")
        for edge in zip(points, points[1:]):
            check(edge not in directed, f"{code}: an edge has two areas on one side")
            directed.add(edge)
            owners.setdefault(tuple(sorted(edge)), []).append(code)
    edges = sorted(owners)       # by lowest longitude, so later ones can be skipped soon
    for i, e in enumerate(edges):
        for f in edges[i + 1:]:
            if f[0][0] > e[1][0]:
                break
            check(not edges_cross(e, f), f"edges of {owners[e]} and {owners[f]} cross")
    return check_outline([e for e in edges if len(owners[e]) == 1], directed, rings)


def check_outline(outer, directed, rings):
    after = dict(e if e in directed else e[::-1] for e in outer)
    check(len(after) == len(outer), "the outline touches itself")
    start = at = outer[0][0]
    outline = [start]
    while (at := after[at]) != start:
        outline.append(at)
    check(len(outline) == len(outer), "there is a hole in the municipality")
    total = sum(signed_area(whole(ring)) for ring in rings.values())
    check(signed_area(outline + [start]) == total, "the areas do not add up to the municipality")
    return outline


def check_areas(folder):
    collection = json.loads((folder / "areas.geojson").read_text(encoding="utf-8"))
    check(collection["type"] == "FeatureCollection", "areas.geojson is no FeatureCollection")
    rings = {}
    for f in collection["features"]:
        properties = f["properties"]
        check(set(properties) == AREA_KEYS, f"properties {sorted(properties)}")
        code = properties["code"]
        check(re.fullmatch(r"BU9901\d{4}", code) and code not in rings, f"code {code}")
        check(properties["wijkcode"] == "WK" + code[2:8], f"{code} is in the wrong wijk")
        check(f["geometry"]["type"] == "Polygon" and len(f["geometry"]["coordinates"]) == 1, code)
        rings[code] = [tuple(p) for p in f["geometry"]["coordinates"][0]]
    check(len(rings) >= 40, "at least 40 buurten are needed")
    check_mesh(rings)
    print(f"areas: {len(rings)} buurten, no gap, no overlap, counter-clockwise")
    return rings


def check_points(listings, rings):
    for listing in listings:
        lon, lat = listing["point"]["lon"], listing["point"]["lat"]
        hits = sum(inside(ring, lon, lat) for ring in rings.values())
        check(hits == 1, f"{listing['id']} lies in {hits} buurten")
    print(f"points: {len(listings)}, each in exactly one buurt")


def follows(moment, rrule):
    """Whether a local time falls on the day that the rule names, if it names one."""
    byday = re.search(r"BYDAY=(\d?)([A-Z]{2})", rrule)
    if not byday:
        return True
    day = date.fromisoformat(moment[:10])
    nth, code = byday.groups()
    return WEEK[day.weekday()] == code and nth in ("", str((day.day + 6) // 7))


def check_window(owner, w):
    if "days" in w:
        days = set(w["days"])
        check(days and days <= set(WEEK), f"{owner}: days {days}")
        check(set(w) == {"days", "from", "to"} and w["from"] < w["to"], f"{owner}: {w}")
    else:
        check(set(w) <= {"start", "end", "rrule", "exdate", "tzid"}, f"{owner}: {w}")
        check(w["start"] < w["end"] and w["start"][:10] == w["end"][:10], f"{owner}: {w}")
        for moment in [w["start"]] + w.get("exdate", []):
            check(follows(moment, w.get("rrule", "")), f"{owner}: {moment} is not a day of {w}")


def check_listing(listing, known, parties):
    owner = listing["id"]
    check(listing["partyId"] in parties, f"{owner}: unknown party")
    check(0 < len(listing["title"]) <= 200, f"{owner}: title")
    check(0 < len(listing["description"]) <= 4000, f"{owner}: description")
    codes = listing["categories"]
    check(1 <= len(set(codes)) == len(codes) <= 3, f"{owner}: categories")
    for code in codes:
        check(code in known, f"{owner}: unknown category {code}")
    for trait in listing.get("requires", []) + listing.get("provides", []):
        check(TRAIT.fullmatch(trait), f"{owner}: trait {trait}")
    check(1 <= listing.get("capacity", 1) <= 1000, f"{owner}: capacity")
    for name in ("reachM", "withinM"):
        check(0 <= listing.get(name, 0) <= 100_000, f"{owner}: {name}")
    for w in listing.get("availability", []):
        check_window(owner, w)


def passes_eleven_test(digits):
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * int(d) for w, d in zip(weights, digits.zfill(9))) % 11 == 0


def texts_of(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, str):
        yield value


def check_texts(lines):
    """Numbers as people write them: separators inside do not hide a BSN. Times of day, dates and
    codes of areas are no such texts."""
    count = 0
    for line in lines:
        for text in texts_of(line):
            check(not re.search(r"[\[\]{}|]|  ", text), f"template left in: {text}")
            if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z?|(GM|WK|BU)\d+", text):
                continue
            for digits in re.findall(r"\d{8,}", re.sub(r"(?<=\d)[ .-](?=\d)", "", text)):
                parts = [digits[i:i + n] for n in (8, 9) for i in range(len(digits) - n + 1)]
                check(not any(map(passes_eleven_test, parts)), f"could be a BSN: {text}")
            count += 1
    print(f"texts: {count} without template marks or a number that could be a BSN")


def distance_m(p, q):
    k = math.pi / 180
    a = math.sin((q["lat"] - p["lat"]) * k / 2) ** 2 + math.cos(p["lat"] * k) * math.cos(
        q["lat"] * k) * math.sin((q["lon"] - p["lon"]) * k / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(a))


def lineage(a, b):
    return a == b or a.startswith(b + ".") or b.startswith(a + ".")


def check_supply(listings):
    needs = [m for m in listings if m["kind"] == "NEED"]
    supply = [m for m in listings if m["kind"] not in DEMAND]
    helped = 0
    for need in needs:
        helped += any(distance_m(need["point"], s["point"]) <= 5000 for s in supply
                      if any(lineage(a, b) for a in need["categories"] for b in s["categories"]))
    check(helped >= 0.7 * len(needs), f"only {helped} of {len(needs)} needs have supply nearby")
    print(f"supply: {helped} of {len(needs)} needs have some within 5 km")


def check_connectors(folder, rings):
    connectors = [line["connector"] for line in read_lines(folder / "connectors.ndjson")]
    ids = {c["id"] for c in connectors}
    check(len(ids) == len(connectors), "two connectors have one id")
    check({c["substituteId"] for c in connectors} <= ids, "a substitute does not exist")
    beats = {code for c in connectors for code in c["areas"]}
    check("GM9901" in beats, "nobody covers the whole municipality")
    for code in rings:
        check({code, "WK" + code[2:8]} & beats, f"{code} has no connector of its own")
    print(f"connectors: {len(connectors)}, every buurt covered")


def check_unique(kind, items):
    ids = [item["id"] for item in items]
    check(len(ids) == len(set(ids)) and all(map(ID.fullmatch, ids)), f"ids of {kind}")


def check_parties(parties):
    ids = {p["id"] for p in parties}
    for p in parties:
        check(set(p.get("blocks", [])) | {p.get("representedBy", p["id"])} <= ids, f"{p['id']}")
        contact = p.get("contact", {"email": "@example.org", "phone": "06-00000"})
        check(contact["email"].endswith("@example.org"), f"{p['id']}: e-mail")
        check(contact["phone"].startswith("06-00000"), f"{p['id']}: telephone")


def check_output(folder, known):
    lines = read_lines(folder / "listings.ndjson")
    parties = [line["party"] for line in lines if "party" in line]
    listings = [line["listing"] for line in lines[len(parties):]]
    check_unique("parties", parties)
    check_unique("listings", listings)
    check_parties(parties)
    for listing in listings:
        check_listing(listing, known, {p["id"] for p in parties})
    print(f"listings: {len(listings)} of {len(parties)} parties, ids unique, fields in bounds")
    rings = check_areas(folder)
    check_points(listings, rings)
    check_texts(lines + read_lines(folder / "connectors.ndjson"))
    check_supply(listings)
    check_connectors(folder, rings)
    counts = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    check(counts["listings"]["total"] == len(listings), "summary.json: listings")
    check(counts["parties"]["total"] == len(parties), "summary.json: parties")


def main():
    known = check_taxonomy()
    with tempfile.TemporaryDirectory() as temp:
        one, two, later = (Path(temp) / name for name in ("one", "two", "later"))
        generate(one)
        generate(two)
        for name in FILES:
            check((one / name).read_bytes() == (two / name).read_bytes(), f"{name} differs")
        print(f"generator: {len(FILES)} files the same twice, byte for byte")
        check_output(one, known)
        generate(later, "--start", "2027-03-15")
        check_output(later, known)


if __name__ == "__main__":
    main()
