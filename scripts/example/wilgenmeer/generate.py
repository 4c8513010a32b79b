#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Writes the fictional municipality Wilgenmeer (GM9901) to a folder; see README.md.

The same --start gives the same bytes, always.
"""
import argparse
import json
import sys
from datetime import date
from pathlib import Path

sys.dont_write_bytecode = True          # the source folder stays as it was
import listings
import mesh
import people
from dice import Dice

HERE = Path(__file__).resolve().parent
GM_CODE, GM_NAME, YEAR = "GM9901", "Wilgenmeer", 2026


def authored(name):
    return json.loads((HERE / "data" / f"{name}.json").read_text(encoding="utf-8"))


def read_areas():
    text = (HERE / "data" / "areas.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    areas = [{"code": code, "name": name, "wijk": wijk, "wijk_name": wijk_name,
              "seed": (float(x), float(y)), "weight": int(weight), "spots": spots.split(", ")}
             for code, name, wijk, wijk_name, x, y, weight, spots in lines[1:]]
    for area, ring in zip(areas, mesh.rings([area["seed"] for area in areas])):
        area["ring"] = ring
    return areas


def feature(area):
    properties = {"code": area["code"], "naam": area["name"], "wijkcode": area["wijk"],
                  "wijknaam": area["wijk_name"], "gemeentecode": GM_CODE, "gemeentenaam": GM_NAME}
    return {"type": "Feature", "properties": properties,
            "geometry": {"type": "Polygon", "coordinates": [area["ring"]]}}


# The wijken where most people live: each of their buurten has a volunteer of its own.
BUSY = ("WK990101", "WK990102", "WK990103", "WK990104", "WK990105", "WK990106")


def connectors(areas, names):
    """Volunteers per buurt, who pass on to the professional of their wijk what is over their
    ceiling, and one who covers for all. What nobody else has room for is left to that one."""
    dice = Dice("connectors")
    beats = [(area["code"], area["wijk"], dice.pick((30, 40, 50, 60, 70)))
             for area in areas if area["wijk"] in BUSY]
    beats += [(wijk, GM_CODE, 120 if wijk in BUSY else 80)
              for wijk in sorted({area["wijk"] for area in areas})]
    beats.append((GM_CODE, "WK990101", 0))
    ids = {beat: f"wm-verbinder-{n + 1:02d}" for n, (beat, _, _) in enumerate(beats)}
    for name, (beat, above, ceiling) in zip(names, beats, strict=True):
        yield {"id": ids[beat], "name": name, "areas": [beat], "ceiling": ceiling,
               "substituteId": ids[above]}


def write_lines(path, wrapper, items, mode="w"):
    with open(path, mode, encoding="utf-8", newline="\n") as out:
        for item in items:
            out.write(json.dumps({wrapper: item}, ensure_ascii=False) + "\n")


def write_areas(path, areas):
    features = ",\n".join(json.dumps(feature(area), ensure_ascii=False) for area in areas)
    text = '{"type": "FeatureCollection", "features": [\n' + features + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def make_listings(areas, general, start):
    residents, organisations, professionals = people.settle(areas, general, start)
    maker, owners = listings.Maker(general, start), listings.Owners(residents)
    tasks = [task for theme in ("zorg-vervoer", "huis-tuin", "mensen", "samen")
             for task in authored("taken-" + theme)]
    made = list(listings.personal(maker, tasks, authored("talenten"), owners, professionals))
    made += listings.shared(maker, authored("initiatieven"), authored("activiteiten"),
                            authored("plekken"), owners, organisations)
    parties = residents + organisations + professionals
    people.give_contacts(parties, general)
    return parties, made


def summary(start, areas, parties, made, verbinders):
    counts = {}
    kinds = {"parties": [p.kind for p in parties], "listings": [m["kind"] for m in made]}
    for group, items in kinds.items():
        counts[group] = {"total": len(items), **{k: items.count(k) for k in sorted(set(items))}}
    return {"gemeente": GM_CODE, "name": GM_NAME, "year": YEAR, "start": start.isoformat(),
            "buurten": len(areas), "wijken": len({a["wijk"] for a in areas}),
            "connectors": len(verbinders), **counts}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--start", default="2026-11-01", type=date.fromisoformat,
                        metavar="YYYY-MM-DD")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    areas, general = read_areas(), authored("algemeen")
    parties, made = make_listings(areas, general, args.start)
    verbinders = list(connectors(areas, general["connectors"]))
    write_areas(args.out / "areas.geojson", areas)
    write_lines(args.out / "listings.ndjson", "party", [p.as_json() for p in parties])
    write_lines(args.out / "listings.ndjson", "listing", made, mode="a")
    write_lines(args.out / "connectors.ndjson", "connector", verbinders)
    text = json.dumps(summary(args.start, areas, parties, made, verbinders), indent=2)
    (args.out / "summary.json").write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
