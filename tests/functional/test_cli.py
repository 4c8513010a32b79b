#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The schakel command against a real schakeld: every command once, as its user would type it.

Needs SCHAKELD and SCHAKEL, the paths of the two programs; without them says so and passes.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

CLOCK = "2026-03-05T10:00:00Z"
passed = failed = 0


def check(name, fact, detail=""):
    global passed, failed
    if fact:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {detail}")


class Engine:
    """A schakeld in a folder of its own, and the command aimed at it."""

    def __init__(self, daemon, cli, folder):
        self.daemon, self.cli, self.data = daemon, cli, os.path.join(folder, "data")
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("SCHAKEL_")}
        self.process = None

    def start(self, clock=CLOCK):
        self.log = open(os.path.join(self.folder, "schakeld.log"), "ab")
        self.process = subprocess.Popen([self.daemon, "--data", self.data, "--clock", clock],
                                        stdout=self.log, stderr=self.log, env=self.environment)
        for _ in range(300):
            if self.run("status")[0] == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit("schakeld does not start; see " + self.log.name)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self.log.close()

    def run(self, *words, text=None, data=None):
        done = subprocess.run([self.cli, "--data", data or self.data, *words], input=text,
                              capture_output=True, text=True, env=self.environment, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def ok(self, *words, text=None, has=()):
        code, out, err = self.run(*words, text=text)
        fact = code == 0 and all(part in out for part in has)
        check(" ".join(words), fact, f"status {code}, {out!r}, {err!r}")
        return out

    def refused(self, *words, code=1, has=(), text=None):
        got, out, err = self.run(*words, text=text)
        fact = got == code and all(part in err for part in has)
        check(" ".join(words), fact, f"status {got}, {out!r}, {err!r}")

    def json(self, *words, text=None):
        code, out, err = self.run("--json", *words, text=text)
        try:
            value = json.loads(out)
        except ValueError:
            value = None
        check("--json " + " ".join(words), code == 0 and value is not None,
              f"status {code}, {out!r}, {err!r}")
        return value or {}


def square(code, name, lat, lon):
    ring = [[lon, lat], [lon + 0.02, lat], [lon + 0.02, lat + 0.02], [lon, lat + 0.02], [lon, lat]]
    return {"type": "Feature",
            "properties": {"code": code, "naam": name, "wijkcode": "WK990101",
                           "wijknaam": "Centrum", "gemeentecode": "GM9901",
                           "gemeentenaam": "Wilgenmeer", "jaar": 2024},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}


TAXONOMY = {"categories": [{"code": code, "label": {"nl": code, "en": code}} for code in (
    "vervoer", "vervoer.ziekenhuis", "huis", "huis.klussen")], "related": []}


def reference(engine, folder):
    areas, taxonomy = os.path.join(folder, "areas.json"), os.path.join(folder, "taxonomy.json")
    with open(areas, "w") as file:
        json.dump({"type": "FeatureCollection", "features": [
            square("BU99010101", "Oude Kade", 52.52, 5.21),
            square("BU99010102", "Markthof", 52.54, 5.21)]}, file)
    with open(taxonomy, "w") as file:
        json.dump(TAXONOMY, file)
    engine.ok("area", "import", areas, has=["2 areas imported"])
    engine.ok("area", "list", has=["BU99010101", "Markthof"])
    engine.ok("area", "find", "52.53", "5.22", has=["BU99010101"])
    engine.ok("area", "find", "52.0", "5.0", has=["Outside all areas"])
    engine.ok("area", "find", "--rd", "155000", "463000", has=["lat,lon"])
    engine.ok("taxonomy", "import", taxonomy, has=["4 categories"])
    exported = json.loads(engine.ok("taxonomy", "export") or "{}")
    check("taxonomy export", len(exported.get("categories", [])) == 4, exported)


def put_records(engine):
    engine.ok("party", "put", "p1", "--kind", "resident", "--lang", "nl", has=["p1", "new"])
    engine.ok("party", "put", "p2", "--kind", "resident", "--phone", "0612345670")
    engine.ok("party", "get", "p1", has=["RESIDENT"])
    engine.ok("connector", "put", "anna", "--name", "Anna", "--area", "BU99010101",
              "--ceiling", "12", has=["anna"])
    engine.ok("connector", "list", has=["Anna", "BU99010101"])
    engine.ok("listing", "put", "--id", "o-1", "--kind", "aanbod", "--party", "p2", "--title",
              "Rijdt graag", "--category", "vervoer", "--at", "52.531,5.221", "--reach", "9000",
              "--when", "ma-vr 9-17", "--provides", "rijbewijs-b", has=["o-1  version 1, new"])
    engine.ok("taxonomy", "find", "ziekenhuis", has=["vervoer.ziekenhuis"])
    out = engine.ok("listing", "put", "--id", "n-1", "--kind", "need", "--party", "p1", "--title",
                    "Rit naar het ziekenhuis", "--category", "vervoer.ziekenhuis", "--at",
                    "52.53,5.22", "--reach", "3000", "--within", "5000", "--when",
                    "MO,TH 14:00-16:00", "--requires", "rijbewijs-b", "--urgency", "2",
                    "--attr", "trap=3")
    check("a suggestion at once", "1 suggestion made" in out, out)
    engine.ok("listing", "put", "--kind", "offer", "--party", "p3", "--new-party", "resident",
              "--title", "Klust", "--category", "huis.klussen", "--remote")
    engine.ok("listing", "get", "n-1", has=["BU99010101", "MO, TH 14:00-16:00"])
    engine.ok("listing", "list", "--kind", "need", has=["n-1"])
    engine.refused("listing", "put", "--kind", "need", "--party", "p1", "--title", "x",
                   "--category", "huis", "--at", "95,5", has=["--at: "])
    engine.refused("listing", "put", "--kind", "need", "--party", "nobody", "--title", "x",
                   "--category", "huis", "--at", "52,5", has=["--party: "])
    engine.refused("listing", "put", "--kind", "need", "--party", "p1", "--title", "x",
                   "--category", "huis.klusen", "--remote", has=["huis.klussen"])
    code, _, err = engine.run("listing", "put", "--kind", "need", "--party", "p1", "--title",
                              "x", "--category", "huis", "--at", "5.22,52.53")
    check("exchanged coordinates", code == 0 and "exchanged" in err, err)
    engine.refused("listing", "get", "unknown")
    engine.refused("listing", "put", "--kind", "need", code=2)


def match(engine):
    engine.ok("match", "n-1", has=["o-1", "Rijdt graag", "nabij"])
    answer = engine.json("match", "n-1", "--limit", "3")
    items = answer.get("matches", [])
    check("match --json", len(items) == 1 and set(items[0]) == {
        "listingId", "score", "distanceM", "overlapMin", "terms"}, answer)
    if items:
        check("score in millionths", isinstance(items[0]["score"], int) and
              450000 <= items[0]["score"] <= 1000000, items[0])
        total = sum(t["weight"] * t["value"] for t in items[0]["terms"])
        weight = sum(t["weight"] for t in items[0]["terms"])
        check("terms make the score", abs(total / weight * 1e6 - items[0]["score"]) <= 1, items[0])
        check("a term has four fields", all(set(t) == {"name", "weight", "value", "why"}
                                            for t in items[0]["terms"]), items[0])
    given = {"kind": "NEED", "title": "x", "categories": ["vervoer"],
             "point": {"lat": 52.53, "lon": 5.22}}
    engine.ok("match", "--listing", "-", text=json.dumps(given), has=["o-1"])
    engine.ok("whynot", "n-1", has=["counterparts"])
    engine.refused("match", "unknown")


def decide(engine):
    items = engine.json("suggestion", "list").get("suggestions", {}).get("items", [])
    check("one suggestion", len(items) == 1, items)
    if not items:
        return
    one = items[0]["id"]
    engine.ok("suggestion", "list", has=[one, "Rit naar het ziekenhuis", "Rijdt graag", "anna"])
    engine.ok("suggestion", "get", one, has=["PROPOSED", "nabij"])
    engine.ok("suggestion", "hand-over", one, "anna")
    engine.ok("suggestion", "decide", one, "accept", has=["accepted"])
    engine.refused("suggestion", "decide", one, "reject", "--reason", "te laat", "--seen", "1")
    engine.ok("suggestion", "undo", one)
    engine.ok("suggestion", "decide", one, "park", "--until", "2026-03-06T10:00:00Z")
    engine.ok("suggestion", "decide", one, "accept")
    engine.ok("suggestion", "decide", one, "introduce")
    engine.ok("suggestion", "decide", one, "yes", "--side", "both")
    engine.ok("suggestion", "appointments", one, "--meet",
              "2026-03-09T13:00:00Z,2026-03-09T14:00:00Z")
    engine.ok("suggestion", "get", one, has=["CONNECTED", "2026-03-09T13:00:00Z"])
    engine.ok("suggestion", "decide", one, "complete", "--outcome", "gelukt")


def follow(engine):
    engine.ok("events", "--after", "0", has=["listing.created", "suggestion.created"])
    first = engine.json("events", "--consumer", "test", "--ack", "--limit", "3")
    seqs = [int(e["seq"]) for e in first.get("events", {}).get("items", [])]
    check("the first three events", seqs == [1, 2, 3], first)
    second = engine.json("events", "--consumer", "test", "--limit", "2")
    seqs = [int(e["seq"]) for e in second.get("events", {}).get("items", [])]
    check("on from the acknowledged", seqs == [4, 5], second)


def transfer(engine, folder):
    lines = [json.dumps({"party": {"id": f"q{i}", "kind": "RESIDENT"}}) for i in range(600)]
    lines += [json.dumps({"listing": {
        "id": f"l{i}", "kind": "OFFER", "partyId": f"q{i}", "title": f"Klust {i}",
        "categories": ["huis.klussen"], "point": {"lat": 52.53, "lon": 5.22}}})
        for i in range(600)]
    lines.insert(700, '{"listing": {"id": "bad", "kind": "OFFER", "partyId": "q1", "title": "x", '
                      '"categories": ["huis"], "point": {"lat": 99, "lon": 5}}}')
    lines.insert(701, "{")
    code, out, err = engine.run("import", "-", text="\n".join(lines) + "\n")
    check("import", code == 1 and "600 parties" in out and "600 listings" in out and
          "2 lines refused" in out, (code, out, err))
    check("bad lines by number", "line 701: point.lat" in err and "line 702: " in err, err)
    file = os.path.join(folder, "all.ndjson")
    engine.ok("export", file, has=["exported"])
    with open(file) as text:
        records = [json.loads(line) for line in text]
    check("export has all", len(records) == 603 + 604 + 1, len(records))
    return file


def rules(engine):
    active = engine.json("status").get("engineStatus", {}).get("rulesHash", "")
    source = ('return ruleset { name = "proef", based_on = "standaard", policy = [[Proef.]],\n'
              '  threshold = 0.4 }\n')
    engine.ok("rules", "list", has=["standaard"])
    engine.ok("rules", "push", "-", text=source, has=["hash"])
    items = engine.json("rules", "list").get("rules", {}).get("items", [])
    pushed = [r["hash"] for r in items if r["name"] == "proef"]
    check("pushed", len(pushed) == 1, items)
    engine.refused("rules", "push", "-", text="return 1")
    if not pushed:
        return
    engine.ok("rules", "get", pushed[0], has=["proef"])
    engine.refused("rules", "approve", pushed[0])
    token = engine.json("token", "create", "--role", "admin", "--name", "tweede")
    path = os.path.join(engine.folder, "second.token")
    with open(path, "w") as file:
        file.write(token.get("newToken", {}).get("token", "") + "\n")
    engine.ok("rules", "approve", pushed[0][:12], "--token-file", path)
    engine.ok("rules", "activate", pushed[0][:12])
    engine.ok("rules", "rollback")
    now = engine.json("status").get("engineStatus", {}).get("rulesHash", "")
    check("rolled back", now == active, (now, active))


def tokens(engine):
    made = engine.json("token", "create", "--role", "reader", "--name", "lezer")
    one = made.get("newToken", {})
    out = engine.ok("token", "list", has=["lezer", "READER"])
    check("tokens stay secret", one.get("token", "?") not in out, out)
    path = os.path.join(engine.folder, "reader.token")
    with open(path, "w") as file:
        file.write(one.get("token", ""))
    engine.refused("listing", "withdraw", "l1", "--token-file", path)
    engine.ok("token", "revoke", one.get("id", "-"))
    engine.refused("listing", "get", "l1", "--token-file", path)
    own_work(engine)


def own_work(engine):
    """A token that stands for a connector: its work list, its ceiling and absence."""
    engine.refused("suggestion", "list", "--mine", code=2, has=["stands for no connector"])
    engine.refused("connector", "set", code=2, has=["stands for none"])
    made = engine.json("token", "create", "--role", "connector", "--connector", "anna")
    path = os.path.join(engine.folder, "anna.token")
    with open(path, "w") as file:
        file.write(made.get("newToken", {}).get("token", ""))
    own = ("--token-file", path)
    engine.ok("suggestion", "list", *own, has=["The work list of anna; everybody's: --all"])
    out = engine.ok("suggestion", "list", "--all", *own)
    check("all of them", "work list" not in out, out)
    engine.refused("suggestion", "list", "--mine", "--all", *own, code=2)
    engine.ok("connector", "set", "--ceiling", "3", "--absent-from", "2026-03-05T00:00:00Z",
              "--absent-until", "2026-03-07T00:00:00Z", *own, has=["2026-03-07T00:00:00Z"])
    engine.ok("connector", "list", has=["2026-03-05 to 2026-03-07"])
    out = engine.ok("connector", "set", "--back", *own)
    check("back again", "absent" not in out and "3" in out, out)
    engine.refused("connector", "put", "anna", "--name", "Anders", "--area", "BU99010101", *own,
                   has=["administrator"])


def keep(engine, folder, exported):
    engine.ok("listing", "pause", "l1")
    engine.ok("listing", "reopen", "l1")
    engine.ok("listing", "fulfil", "l1")
    engine.ok("listing", "withdraw", "l2", "--reason", "niet-meer-nodig")
    engine.ok("party", "export", "p1", has=["n-1"])
    engine.ok("party", "erase", "q5", "--yes")
    engine.refused("party", "get", "q5")
    engine.ok("clock", "step", "2026-03-06T09:00:00Z")
    engine.refused("clock", "step", "2026-03-05T09:00:00Z")
    engine.ok("status", has=["2026-03-06T09:00:00Z", "standaard"])
    engine.ok("backup", "proef", has=[os.path.join(engine.data, "backups", "proef"),
                                      "schakel restore"])
    engine.refused("verify", has=["an engine runs"])
    engine.stop()
    engine.ok("verify", has=["is sound"])
    target = os.path.join(folder, "restored")
    code, out, err = engine.run("restore", os.path.join(engine.data, "backups", "proef"),
                                data=target)
    check("restore", code == 0, (code, out, err))
    engine.refused("status", code=3)
    engine.refused("restore", os.path.join(folder, "nothing"))
    engine.start("2026-03-06T09:00:00Z")
    code, out, err = engine.run("import", exported)
    # All but the erased party and its listing, which stay erased.
    check("what export writes import reads", "2 lines refused" in out and err.count("q5") == 1 and
          "was erased" in err, (code, out, err))


def main():
    daemon, cli = os.environ.get("SCHAKELD"), os.environ.get("SCHAKEL")
    if not daemon or not cli:
        print("SCHAKELD or SCHAKEL is not set: skipped")
        print("0 passed, 0 failed")
        return 0
    folder = tempfile.mkdtemp(prefix="schakel-cli-")
    engine = Engine(daemon, cli, folder)
    try:
        engine.start()
        reference(engine, folder)
        put_records(engine)
        match(engine)
        decide(engine)
        follow(engine)
        exported = transfer(engine, folder)
        rules(engine)
        tokens(engine)
        keep(engine, folder, exported)
    finally:
        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
