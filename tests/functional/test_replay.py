#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Real arrivals, replayed twice into fresh engines: the events must be the same to the byte.

Three streams, read from the folder that SCHAKEL_DATA names (skipped when it is unset):

gMission and EverySender: workers become offers, tasks become needs, in the order of arrival. One
unit of their plane is 1,000 m, laid out from 52 N 5 E; one unit of their time is 15 s from
2026-03-02, since their deadlines of 300 and 600 units must hold a few slots of 15 minutes. The
worker's radius is `reachM`, arrival plus deadline is `validUntil`.

montgomery911: the first 20,000 calls are needs with their kind as category, open for four hours,
from 1,000 households in turn, with 300 responders as offers at places drawn from the calls.

The clock is stepped in ticks; what arrives within a tick is put at its end, in batches.
"""

import csv
import hashlib
import json
import math
import os
import random
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from oracle import times  # noqa: E402
from oracle.driver import Driver, program  # noqa: E402
from oracle.geo import distance_m  # noqa: E402
from oracle.model import Listing  # noqa: E402

BATCH = 256
CALLS = 20_000
RESPONDERS = 300
HOUSEHOLDS = 1_000
CALL_OPEN = 4 * times.HOUR
TIME_UNIT = 15 * times.SECOND
PLANE_START = times.parse("2026-03-02T00:00:00Z")
METRES_PER_DEGREE = 111_194.93
ALL_STATES = ["PROPOSED", "ACCEPTED", "REJECTED", "PARKED", "WITHDRAWN", "EXPIRED", "INTRODUCED",
              "CONNECTED", "DECLINED", "COMPLETED", "ENDED"]


class Stream:
    """Arrivals in order: (instant, listing message); what is there before them; the tick."""

    def __init__(self, name, categories, parties, tick):
        self.name, self.categories, self.parties, self.tick = name, categories, parties, tick
        self.before = []
        self.arrivals = []

    def ticks(self):
        """(clock, listings) for every tick in which something arrives."""
        clock, batch = None, []
        for instant, listing in self.arrivals:
            due = -(-instant // self.tick) * self.tick
            if clock is not None and due > clock:
                yield clock, batch
                batch = []
            clock = due if clock is None else max(clock, due)
            batch.append(listing)
        if batch:
            yield clock, batch

    def start(self):
        return self.arrivals[0][0] // self.tick * self.tick


# Reading

def _on_globe(x, y):
    lat = 52.0 + y * 1000 / METRES_PER_DEGREE
    return {"lat": lat, "lon": 5.0 + x * 1000 / (METRES_PER_DEGREE * math.cos(math.radians(52)))}


def _plane_listing(number, words):
    """The listing of one line, worker or task."""
    arrival = PLANE_START + int(words[0]) * TIME_UNIT
    worker = words[1] == "w"
    deadline = float(words[6] if worker else words[4])
    listing = {"id": f"{words[1]}{number:05d}", "kind": "OFFER" if worker else "NEED",
               "partyId": f"p-{words[1]}{number:05d}", "title": f"{words[1]} {number}",
               "categories": ["taak"], "point": _on_globe(float(words[2]), float(words[3])),
               "validUntil": times.show(arrival + round(deadline * TIME_UNIT))}
    if worker:
        listing["reachM"] = round(float(words[4]) * 1000)
        listing["capacity"] = round(float(words[5]))
    return arrival, listing


def read_plane(folder, name):
    """Workers and tasks by arrival; lines of the same moment stay in the file's order."""
    with open(os.path.join(folder, f"{name}_tasks_workers.txt"), encoding="utf-8") as file:
        next(file)
        lines = [line.split() for line in file if line.strip()]
    stream = Stream(name, ["taak"], [], 5 * times.MINUTE)
    stream.arrivals = sorted((_plane_listing(n, words) for n, words in enumerate(lines)),
                             key=lambda arrival: arrival[0])
    stream.parties = [listing["partyId"] for _, listing in stream.arrivals]
    return stream


def _code(kind):
    service, _, rest = kind.lower().partition(":")
    return f"{service}.{re.sub('[^a-z]', '', rest)}"


def read_calls(folder):
    """The first calls as needs; responders drawn from them with a fixed seed."""
    with open(os.path.join(folder, "montgomery911.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = sorted({row["title"] for row in rows})
    codes = {kind: _code(kind) for kind in kinds}
    if len(set(codes.values())) != len(kinds):
        raise SystemExit("two kinds of calls got the same code")
    calls = rows[:CALLS]
    services = sorted({code.split(".")[0] for code in codes.values()})
    stream = Stream("montgomery911", services + sorted(codes.values()), [], 15 * times.MINUTE)
    stream.before = _responders(calls, codes, kinds)
    for number, row in enumerate(calls):
        stream.arrivals.append(_call(number, row, codes))
    stream.parties = ([listing["partyId"] for listing in stream.before]
                      + [f"h{i:04d}" for i in range(HOUSEHOLDS)])
    return stream


def _call(number, row, codes):
    arrival = int(row["unix_time"]) * times.SECOND
    return arrival, {
        "id": f"c{number:05d}", "kind": "NEED", "partyId": f"h{number % HOUSEHOLDS:04d}",
        "title": row["title"], "categories": [codes[row["title"]]],
        "point": {"lat": float(row["lat"]), "lon": float(row["lon"])},
        "validUntil": times.show(arrival + CALL_OPEN)}


def _responders(calls, codes, kinds):
    rng = random.Random("responders")
    found = []
    for i in range(RESPONDERS):
        place = rng.choice(calls)
        own = {codes[kinds[i % len(kinds)]], codes[rng.choice(calls)["title"]]}
        found.append({"id": f"r{i:03d}", "kind": "OFFER", "partyId": f"pr{i:03d}",
                      "title": f"Responder {i}", "categories": sorted(own),
                      "point": {"lat": float(place["lat"]), "lon": float(place["lon"])},
                      "reachM": rng.choice((3000, 6000, 12000))})
    return found


# Replaying

class Replay:
    """One run of a stream in a fresh engine."""

    def __init__(self, stream, folder):
        self._stream = stream
        self._engine = Driver(program())
        self._folder = folder
        self._sent = 0
        self.listings = {}

    def _call(self, message):
        answer = self._engine.call(message)
        if not answer.get("ok"):
            raise SystemExit(f"{message} was answered {answer}")

    def _ask(self, name, message):
        self._sent += 1
        answer = self._engine.call({"request": {"id": f"q{self._sent}", name: message}})
        items = answer.get("receipts", {}).get("items", [])
        refused = [i for i in [answer] + items if i.get("status", "OK") != "OK"]
        if refused:
            raise SystemExit(f"{name} was refused: {refused[0]}")
        return answer

    def _put(self, name, field, items):
        for i in range(0, len(items), BATCH):
            self._ask(name, {field: items[i:i + BATCH]})

    def _put_listings(self, listings, clock):
        self._put("putListings", "listings", listings)
        for listing in listings:
            self.listings[listing["id"]] = Listing(listing, clock)

    def run(self):
        stream = self._stream
        self._call({"open": self._folder, "clock": times.show(stream.start())})
        self._ask("putTaxonomy", {"taxonomy": {"categories": [
            {"code": code, "label": {"nl": code, "en": code}} for code in stream.categories]}})
        self._put("putParties", "parties", [{"id": i, "kind": "RESIDENT"} for i in stream.parties])
        self._put_listings(stream.before, stream.start())
        for clock, listings in stream.ticks():
            self._call({"clock": times.show(clock)})
            self._put_listings(listings, clock)

    def events_hash(self):
        """(how many, sha256 over all events as sorted JSON lines)."""
        digest, count, last = hashlib.sha256(), 0, 1
        while count < last:
            page = self._ask("readEvents", {"after": str(count), "limit": 1000})["events"]
            last = int(page.get("last", 0))
            for event in page.get("items", []):
                count += 1
                if int(event["seq"]) != count:
                    raise SystemExit(f"event {count} is numbered {event['seq']}")
                digest.update(json.dumps(event, sort_keys=True).encode() + b"\n")
            if not page.get("items"):
                break
        return count, digest.hexdigest()

    def suggestions(self):
        """All suggestions of all states, page by page."""
        after = ""
        while True:
            page = self._ask("listSuggestions", {"states": ALL_STATES, "limit": 256,
                                                 "after": after}).get("suggestions", {})
            yield from page.get("items", [])
            after = page.get("next")
            if not after:
                return

    def close(self):
        self._engine.call({"close": True})
        self._engine.stop()


def wrong_suggestion(suggestion, listings):
    """Why a suggestion should not have been made, or None."""
    demand, supply = listings[suggestion["demandId"]], listings[suggestion["supplyId"]]
    distance = distance_m(demand.point, supply.point)
    if distance > max(demand.reach_m, supply.reach_m):
        return f"{suggestion['id']} is {distance:.1f} m away, out of reach"
    created = times.parse(suggestion["createdAt"])
    if not created < min(demand.valid_until, supply.valid_until):
        return f"{suggestion['id']} was made after a deadline"
    if created < max(demand.created_at, supply.created_at):
        return f"{suggestion['id']} was made before an arrival"
    return None


def replay_once(stream, check):
    """((events, hash), suggestions, what is wrong with them)."""
    folder = tempfile.mkdtemp(prefix="schakel-replay-")
    try:
        replay = Replay(stream, folder)
        replay.run()
        events = replay.events_hash()
        count, wrong = 0, []
        for suggestion in replay.suggestions() if check else ():
            count += 1
            words = wrong_suggestion(suggestion, replay.listings)
            wrong += [words] if words else []
        replay.close()
        return events, count, wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_stream(stream):
    """Replays twice; gives the complaints."""
    started = time.monotonic()
    first, count, wrong = replay_once(stream, True)
    second, _, _ = replay_once(stream, False)
    print(f"{stream.name}: {len(stream.arrivals)} arrivals, {first[0]} events, "
          f"{count} suggestions, sha256 {first[1][:16]}, "
          f"{time.monotonic() - started:.1f} s", flush=True)
    if first != second:
        wrong.append(f"the second replay differs: {first} and {second}")
    if not count:
        wrong.append("no suggestion was made")
    return wrong


def main():
    data = os.environ.get("SCHAKEL_DATA")
    if not data:
        print("SCHAKEL_DATA is not set: skipped")
        return 0
    if program() is None:
        print("SCHAKEL_DRIVER is not set: name the engine driver", file=sys.stderr)
        return 2
    folder = os.path.join(data, "streams")
    failed = 0
    streams = (lambda: read_plane(folder, "gMission"), lambda: read_plane(folder, "EverySender"),
               lambda: read_calls(folder))
    for read in streams:
        stream = read()
        wrong = check_stream(stream)
        for words in wrong[:10]:
            print(f"{stream.name}: {words}")
        failed += bool(wrong)
    print(f"{len(streams) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
