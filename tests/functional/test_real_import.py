# SPDX-License-Identifier: EUPL-1.2
"""Real areas and real Dutch offers, imported with `schakel` into a running engine and found again.

Reads geo/ and needoffer/ of the folder that SCHAKEL_DATA names (skipped when it is unset). Texts of
the offers go into the engine only: what this test prints names their ids.

The offers carry almost no categories, so they are given codes of scripts/taxonomy.json:
TAGS maps the platform's own tags, WORDS looks for words in title and text, and what neither knows
is "meedoen". They carry no reach either: REACH_M is ours. An offer that speaks of telephone or the
internet is remote, as is one without a place. Places stay as they are in the data."""
import csv
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire

NOW = "2026-03-02T09:00:00Z"
REACH_M = 10_000
MUNICIPALITIES = ("nijmegen", "shertogenbosch", "staphorst")
TAGS = {"Boodschappen": "zorg.boodschappen", "Huishoudelijk": "huis.schoonmaak",
        "Coronahulp": "zorg.boodschappen"}
WORDS = (
    (r"muziek|muzikant|\bzing|\blied|concert|serenade", "cultuur.muziek"),
    (r"theater|toneel|voorstelling", "cultuur.theater"),
    (r"kunst|teken|schilder", "cultuur.tekenen"),
    (r"schrijf|schrijv|boeken|bibliotheek", "cultuur.lezen"),
    (r"\bfoto", "cultuur.fotografie"),
    (r"bingo|quiz", "cultuur.spel"),
    (r"boodschap", "zorg.boodschappen"),
    (r"maaltijd|\bkoken\b|\bkookt?\b|soep|catering", "zorg.maaltijd"),
    (r"huiswerk|thuisonderwijs|schoolwerk", "leren.huiswerk"),
    (r"workshop|cursus|masterclass|college", "leren.cursus"),
    (r"luisterend|luisterlijn|telefoonlijn|telefoonmaatje", "gezelschap.bellen"),
    (r"eenzaam|eenzame|maatje|buddy|penvriend", "gezelschap.maatje"),
    (r"oppas|passen op kinderen", "kinderen.oppas"),
    (r"hardloop|marathon|kilometers fietsen", "sport"),
    (r"tolken|meertalig|statushouders|gebaren", "taal"),
)
REMOTE = re.compile(r"online|telefo|skype|video|livestream|podcast|youtube|instagram", re.I)


def schakel(engine, *words):
    """The command's output; its own words when it fails."""
    binary = os.environ.get("SCHAKEL", str(wire.ROOT / "build/dev/bindings/cli/schakel"))
    done = subprocess.run([binary, "--data", str(engine.folder), *map(str, words)], timeout=300,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"schakel {' '.join(map(str, words[:3]))}: {done.stderr[-500:]}")
    return done.stdout


# Areas

def read_centres(data):
    with open(data / "geo/buurten2024_stats.csv", encoding="utf-8", newline="") as file:
        return {row["code"]: (float(row["lat"]), float(row["lon"]))
                for row in csv.DictReader(file) if row["lat"]}


def check_areas(engine, messages, report, path, centres, least):
    """Imports a file; then the centre of each buurt must be found in that buurt. Not all: the
    centre of a bent buurt lies outside it, and borders are approximate."""
    service = messages[1]
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    codes = [f["properties"]["code"] for f in features]
    begin = time.monotonic()
    said = schakel(engine, "area", "import", path)
    seconds = time.monotonic() - begin
    report.check(said == f"{len(codes)} areas imported\n", f"{path.name}: {said.strip()}")
    client = wire.Client(engine, messages)
    status = client.call(get_status=service.GetStatus()).engine_status
    report.check(status.areas == len(set(codes)), f"{path.name}: {status.areas} areas are there")
    asked = found = wrong = 0
    for code in codes:
        if code not in centres:
            continue
        question = service.FindArea()
        question.point.lat, question.point.lon = centres[code]
        area = client.call(find_area=question).found_area
        asked += 1
        found += area.buurt == code
        above = (area.wijk[2:], area.gemeente[2:])
        wrong += area.buurt == code and above != (code[2:8], code[2:6])
    client.close()
    print(f"{path.name}: {len(codes)} areas in {seconds:.2f} s, {found} of {asked} centres inside")
    report.check(asked > 0 and found >= least * asked, f"{path.name}: {found} of {asked} centres")
    report.check(wrong == 0, f"{path.name}: {wrong} with another wijk or gemeente than their code")


# Offers

def codes_of(row):
    text = f"{row['title']} {row['text']}".lower()
    codes = [TAGS[tag] for tag in row.get("categories") or [] if tag in TAGS]
    codes += [code for pattern, code in WORDS if re.search(pattern, text)]
    return list(dict.fromkeys(codes))[:8] or ["meedoen"]


def listing_of(row):
    listing = {"id": row["id"], "kind": row["kind"].upper(), "partyId": f"p-{row['id']}",
               "title": row["title"][:200], "description": row["text"][:4000],
               "categories": codes_of(row), "reachM": REACH_M,
               "remote": bool(REMOTE.search(row["title"] + row["text"])) or not row.get("lat")}
    if row.get("lat"):
        listing["point"] = {"lat": row["lat"], "lon": row["lon"]}
    return listing


def import_offers(engine, messages, report, data):
    service = messages[1]
    with open(data / "needoffer/nl_helpradar.jsonl", encoding="utf-8") as file:
        listings = [listing_of(json.loads(line)) for line in file]
    lines = [{"party": {"id": one["partyId"], "kind": "ORGANISATION"}} for one in listings]
    lines += [{"listing": one} for one in listings]
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        file.flush()
        counts = json.loads(schakel(engine, "--json", "import", file.name))
    report.check(counts["listings"] == counts["parties"] == len(listings) and not counts["refused"],
                 f"all offers are stored: {counts}")
    client = wire.Client(engine, messages)
    status = client.call(get_status=service.GetStatus()).engine_status
    client.close()
    needs = sum(one["kind"] == "NEED" for one in listings)
    report.check((status.demand_listings, status.supply_listings) == (needs, len(listings) - needs),
                 "on the right side each")
    return {one["id"]: one for one in listings}


# Needs of this test, in Nijmegen: what is asked, the code, a place, who is expected first

NEEDS = (
    ("Muziek op de binnenplaats van het verpleeghuis", "cultuur.muziek", 51.8330, 5.8600, "cp-185"),
    ("Wie leert ons verhalen schrijven?", "cultuur.lezen", 51.8440, 5.8550, "cp-204"),
    ("Iets moois voor de bewoners, in de tuin", "cultuur.tekenen", 51.8420, 5.8390, "cp-378"),
)


def metres(a, b):
    k = math.pi / 180
    s = (math.sin((b["lat"] - a["lat"]) * k / 2) ** 2 + math.cos(a["lat"] * k)
         * math.cos(b["lat"] * k) * math.sin((b["lon"] - a["lon"]) * k / 2) ** 2)
    return 2 * 6371008.8 * math.asin(math.sqrt(min(1, s)))


def find(engine, need):
    """The matches of a need that is not stored."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(need, file)
        file.flush()
        return json.loads(schakel(engine, "--json", "match", "--listing", file.name,
                                  "--limit", 100))["matches"]


def check_needs(engine, report, offers):
    for title, code, lat, lon, wanted in NEEDS:
        point = {"lat": lat, "lon": lon}
        matches = find(engine, {"kind": "NEED", "partyId": "p-nlve-183242", "title": title,
                                "categories": [code], "point": point})
        ids = [match["listingId"] for match in matches]
        expected = {one["id"] for one in offers.values()
                    if one["kind"] == "OFFER" and code in one["categories"] and "point" in one
                    and metres(point, one["point"]) <= REACH_M}
        print(f"{code} at {lat}, {lon}: {ids}")
        report.check(ids[:1] == [wanted], f"{code}: {wanted} is first, not {ids[:1]}")
        report.check(expected <= set(ids), f"{code}: missing {expected - set(ids)}")
        far = [i for i in ids if metres(point, offers[i]["point"]) > REACH_M]
        report.check(not far, f"{code}: out of reach: {far}")
        off = [m["listingId"] for m in matches
               if abs(m["distanceM"] - metres(point, offers[m["listingId"]]["point"])) > 0.01]
        report.check(not off, f"{code}: another distance: {off}")


def check_by_telephone(engine, report, offers):
    """Far away does not matter when both can do it by telephone."""
    matches = find(engine, {"kind": "NEED", "partyId": "p-nlve-183242", "remote": True,
                            "title": "Iemand om af en toe mee te bellen",
                            "categories": ["gezelschap.bellen"]})
    ids = {match["listingId"] for match in matches}
    expected = {one["id"] for one in offers.values()
                if one["remote"] and "gezelschap.bellen" in one["categories"]}
    print(f"by telephone: {sorted(ids)}")
    report.check(expected and expected <= ids, f"by telephone: missing {expected - ids}")
    report.check(all(offers[i]["remote"] for i in ids), "by telephone: one is not remote")


def check_buurten(engine, messages, report, offers):
    """Stored offers have the buurt of their place, by the area file that is in use."""
    service = messages[1]
    client = wire.Client(engine, messages)
    wanted = {"cp-378": "GM0268", "cp-204": "GM0268", "cp-185": "GM0268"}
    for name, gemeente in wanted.items():
        listing = client.call(get_listing=service.GetListing(id=name)).listing
        report.check(listing.gemeente == gemeente and listing.buurt[2:6] == gemeente[2:],
                     f"{name} lies in {listing.buurt}, {listing.gemeente}")
    located = sum(bool(client.call(get_listing=service.GetListing(id=i)).listing.buurt)
                  for i in offers)
    print(f"offers: {len(offers)}, {located} within a buurt of the file")
    report.check(located > len(offers) / 2, f"only {located} offers have a buurt")
    client.close()


def main():
    folder = os.environ.get("SCHAKEL_DATA")
    if not folder:
        print("SCHAKEL_DATA is not set: skipped")
        return
    data = pathlib.Path(folder)
    messages = wire.load_messages()
    report = wire.Report()
    centres = read_centres(data)
    with wire.Engine(None, NOW) as engine:
        schakel(engine, "taxonomy", "import", wire.ROOT / "scripts/taxonomy.json")
        for name in MUNICIPALITIES:
            check_areas(engine, messages, report, data / f"geo/buurten2024_{name}.geojson", centres,
                        0.95)
        offers = import_offers(engine, messages, report, data)
        check_areas(engine, messages, report, data / "geo/buurten2024.geojson", centres, 0.95)
        check_buurten(engine, messages, report, offers)
        check_needs(engine, report, offers)
        check_by_telephone(engine, report, offers)
    report.finish()


if __name__ == "__main__":
    main()
