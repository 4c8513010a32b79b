#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Dry runs: against the oracle on random worlds, and on a running engine with the example
municipality, which goes on serving. `--worlds N` says how many worlds."""
import argparse
import html.parser
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import wire  # noqa: E402
from oracle import dry_run, driver, rulesets, runner  # noqa: E402
from oracle.worlds import Maker, start_of  # noqa: E402

FIGURES = dry_run.FIGURES
SCHAKEL = os.environ.get("SCHAKEL", str(ROOT / "build/dev/bindings/cli/schakel"))
CLOCK = "2026-03-05T10:00:00Z"
report = wire.Report()
check = report.check


# Against the oracle

def counts(row):
    return {name: int(row.get("counts", row).get(name, 0)) for name in FIGURES}


def rows(items):
    return {row.get("key", ""): counts(row) for row in items if counts(row)["listings"]}


def ended(call, dry_id):
    """The run, once it has ended."""
    for _ in range(6000):
        run = call({"getDryRun": {"id": dry_id}}).get("dryRun", {})
        if not run.get("state", "").endswith("RUNNING"):
            return run
        time.sleep(0.01)
    return {}


def run_dry(call, **ask):
    answer = call({"dryRunRules": ask})
    return ended(call, answer["dryRun"]["id"]) if "dryRun" in answer else answer


def case_of(case):
    ranks = {p["listingId"]: (p.get("rankBefore", 0), p.get("rankAfter", 0))
             for p in case.get("pairs", [])}
    return case["listingId"], case.get("appear", 0) + case.get("vanish", 0), ranks


def compare_load(seed, side, load, expected):
    given = sorted(both[side] for both in expected["helpers"].values())
    check(int(load.get("helpers", 0)) == len(given), f"world {seed}: helpers")
    check(int(load.get("reached", 0)) == sum(n > 0 for n in given), f"world {seed}: reached")
    check(int(load.get("most", 0)) == max(given, default=0), f"world {seed}: most")
    check(int(load.get("idle", 0)) == len(expected["idle"]), f"world {seed}: idle")
    check(int(load.get("idleReached", 0)) ==
          sum(expected["helpers"][p][side] > 0 for p in expected["idle"]),
          f"world {seed}: idle reached")
    by_count = [sum(min(n, 10) == k for n in given) for k in range(11)]
    check([int(n) for n in load.get("byCount", [])] == by_count, f"world {seed}: by count")


def compare(seed, name, found, expected):
    total = expected["total"].get("", dict.fromkeys(FIGURES, 0))
    check(counts(found.get("total", {})) == total,
          f"world {seed}, {name}: {counts(found.get('total', {}))}, not {total}")
    for key in ("areas", "categories", "ages"):
        check(rows(found.get(key, [])) == expected[key], f"world {seed}, {name}: {key}")
    cases = [case_of(case) for case in found.get("cases", [])]
    check(cases == expected["cases"],
          f"world {seed}, {name}: cases {cases}, not {expected['cases']}")
    for side, key in enumerate(("before", "after")):
        compare_load(seed, side, found[key].get("load", {}), expected)
    moved = {p: n for p, n in expected["helpers"].items() if n[0] != n[1]}
    for key, sign in (("gainers", 1), ("losers", -1)):
        for helper in found.get(key, []):
            got = [helper.get("before", 0), helper.get("after", 0)]
            check(moved.get(helper["partyId"]) == got and sign * (got[1] - got[0]) > 0,
                  f"world {seed}, {name}: {key} {helper}")
        wanted = sum(sign * (n[1] - n[0]) > 0 for n in moved.values())
        check(len(found.get(key, [])) == min(10, wanted), f"world {seed}, {name}: {key}")


def try_world(seed, engine):
    """Returns how many pairs came and went."""
    run = runner.Run(start_of(seed), engine)
    changed = 0
    try:
        for step in Maker(seed, run.oracle).steps():
            run.step(step)
        oracle = run.oracle
        oracle._advance()
        active = rulesets.ALL[oracle.state.rules.name]
        for name in rulesets.PUSHED:
            tried = rulesets.ALL[name]
            answer = run_dry(lambda request: engine.call({"request": request}),
                             source=tried.source)
            if answer.get("state") != "DONE":
                check(False, f"world {seed}, {name}: {answer}")
                continue
            expected = dry_run.dry_run(oracle.state, active, tried, oracle.now)
            compare(seed, name, answer["report"], expected)
            total = expected["total"].get("", {})
            changed += total.get("appear", 0) + total.get("vanish", 0)
        run._all("readEvents", {"limit": 1000}, "events")
    finally:
        run.close()
    return changed


def try_worlds(count):
    engine = driver.Driver(driver.program())
    changed = sum(try_world(seed, engine) for seed in range(5000, 5000 + count))
    engine.stop()
    print(f"oracle: {count} worlds, {changed} pairs came or went", flush=True)
    check(changed > 0, "no world had a difference")


# A running engine

class Example:
    """The example municipality in an engine of its own."""

    def __init__(self, engine):
        self.engine = engine
        folder = engine.folder / "example"
        subprocess.run([sys.executable, str(ROOT / "scripts/example/wilgenmeer/generate.py"),
                        "--out", str(folder), "--start", CLOCK[:10]],
                       check=True, stdout=subprocess.DEVNULL)
        self.ok("taxonomy", "import", str(ROOT / "scripts/taxonomy.json"))
        self.ok("area", "import", str(folder / "areas.geojson"))
        self.ok("import", str(folder / "listings.ndjson"))

    def run(self, *words):
        return subprocess.run([SCHAKEL, "--data", str(self.engine.folder), *words],
                              capture_output=True, text=True, timeout=300)

    def ok(self, *words):
        done = self.run(*words)
        check(done.returncode == 0, f"schakel {' '.join(words)}: {done.stderr}")
        return done.stdout

    def call(self, request):
        """Each by a client of its own, as JSON."""
        from google.protobuf import json_format
        service = MESSAGES[1]
        client = wire.Client(self.engine, MESSAGES)
        message = json_format.ParseDict(request, service.Request(token=client.token, id=fresh()))
        answer = service.Response.FromString(client.socket.call(message.SerializeToString()))
        client.close()
        return json_format.MessageToDict(answer)


MESSAGES = None
NUMBERS = iter(range(1, 1 << 30))


def fresh():
    return f"dry-{os.getpid()}-{next(NUMBERS)}"


class Page(html.parser.HTMLParser):
    """Every element closed, no script, all tables with headers."""
    VOID = ("meta", "rect", "line", "polyline", "br")

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.faults = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self.faults += [f"{tag} {k}" for k, _ in attrs if k.startswith("on") or k == "src"]

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def check_forms(example):
    """Text, JSON and page of wilgenmeer against standaard."""
    rules = str(ROOT / "scripts/rules/wilgenmeer.lua")
    page_file = example.engine.folder / "proef.html"
    events = example.call({"getStatus": {}})["engineStatus"]["lastEvent"]
    text = example.ok("rules", "dry-run", rules, "--html", str(page_file))
    for part in ("In het kort", "Per wijk en buurt", "Centrum", "< 5", "Helpers", "Vervoer"):
        check(part in text, f"the text lacks {part}")
    one = json.loads(example.ok("--json", "rules", "dry-run", rules))["dryRun"]["report"]
    two = json.loads(example.ok("--json", "rules", "dry-run", rules))["dryRun"]["report"]
    check(one == two, "the same dry run says something else the second time")
    total = counts(one["total"])
    check(total["appear"] > 100 and total["vanish"] > 100, f"little changes: {total}")
    check(total["before"] == total["same"] + total["moved"] + total["vanish"], "before")
    check(total["after"] == total["same"] + total["moved"] + total["appear"], "after")
    for key in ("areas", "ages"):
        summed = {n: sum(counts(r)[n] for r in one[key]) for n in FIGURES}
        check(summed == total, f"{key} do not add up")
    now = example.call({"getStatus": {}})["engineStatus"]["lastEvent"]
    check(now == events, f"a dry run wrote events: {events} to {now}")
    page = Page()
    page.feed(page_file.read_text(encoding="utf-8"))
    check(not page.open and not page.faults, f"the page: {page.open} {page.faults}")
    check("script" not in page.seen and {"svg", "table", "h1", "main"} <= page.seen, "elements")
    check(page_file.stat().st_mode & 0o077 == 0, "others can read the page")
    return total


def check_life(example, total):
    """Noted by hash, shown in the list, also after a restart."""
    pushed = example.ok("rules", "push", str(ROOT / "scripts/rules/wilgenmeer.lua"))
    check("dry-run" in pushed or "hash" in pushed, "push")
    for _ in range(2):
        listed = example.ok("rules", "list")
        check(f"+{total['appear']} -{total['vanish']}" in listed, f"rules list: {listed}")
        example.engine.stop()
        example.engine.start()
    run = run_dry(example.call, hash="0" * 64)
    check(run.get("status") == "NOT_FOUND" or "NOT_FOUND" in str(run), f"unknown hash: {run}")


def slow_rules():
    """Rules that keep a run busy for a while: six functions that use nearly all they may."""
    terms = "".join(f'''term {{ "traag-{i}", weight = 1, lua = function(need, offer)
      local n = 0 for i = 1, 20000 do n = n + i % 7 end return 1 end }}, ''' for i in range(6))
    return ('return ruleset { name = "traag", based_on = "standaard", policy = [[traag]], '
            + terms + "}")


SLOW = slow_rules()


def check_serving(example):
    """While a run goes on, commands and questions are answered; a second run has to wait."""
    started = example.call({"dryRunRules": {"source": SLOW}})
    dry_id = started["dryRun"]["id"]
    second = example.call({"dryRunRules": {"source": SLOW}})
    check(second.get("status") == "STATUS_BUSY", f"a second run: {second}")
    check(second.get("error", {}).get("retryAfterMs", 0) > 0, "no time to come back")
    slowest = 0
    for i in range(30):
        begin = time.monotonic()
        put = example.call({"putParties": {"parties": [{"id": f"dry-{i}", "kind": "PARTY_KIND_RESIDENT"}]}})
        found = example.call({"match": {"queries": [{"listingId": "wm-need-0001"}]}})
        slowest = max(slowest, time.monotonic() - begin)
        check("status" not in put and found["matches"]["results"][0].get("matches"),
              f"not served: {put}")
    run = example.call({"getDryRun": {"id": dry_id}})["dryRun"]
    check(run["state"].endswith("RUNNING") and run.get("phase"), f"it did not go on: {run}")
    begin = time.monotonic()
    waiting = example.call({"getDryRun": {"id": dry_id, "waitMs": 300}})["dryRun"]
    check(time.monotonic() - begin >= 0.25 and waiting["state"].endswith("RUNNING"), "waiting")
    example.call({"cancelDryRun": {"id": dry_id}})
    begin = time.monotonic()
    ended_run = example.call({"getDryRun": {"id": dry_id, "waitMs": 20000}})["dryRun"]
    check(ended_run["state"].endswith("CANCELLED"), f"cancelled: {ended_run}")
    check(time.monotonic() - begin < 10, "whoever waits does not hear of the end")
    print(f"serving: the slowest of 30 put-and-match took {1000 * slowest:.0f} ms", flush=True)


def check_past(example):
    example.ok("backup", "vandaag")
    at = json.loads(example.ok("--json", "rules", "dry-run", "wilgenmeer", "--at", CLOCK))
    kept = json.loads(example.ok("--json", "rules", "dry-run", "wilgenmeer", "--backup", "vandaag"))
    check(at["dryRun"]["report"]["total"] == kept["dryRun"]["report"]["total"], "the backup")
    period = json.loads(example.ok("--json", "rules", "dry-run", "wilgenmeer", "--from",
                                   "2026-02-20", "--to", "2026-02-24"))["dryRun"]["report"]
    check(len(period["moments"]) == 5, f"moments: {len(period['moments'])}")
    for words, part in ((["--backup", "../x"], "backup"), (["--at", "2030-01-01"], "future"),
                        (["--from", "2026-02-01"], "period"), (["--backup", "nergens"], "backup")):
        done = example.run("rules", "dry-run", "wilgenmeer", *words)
        check(done.returncode == 1 and part in done.stderr, f"{words}: {done.stderr}")
    wrong = example.engine.folder / "fout.lua"
    wrong.write_text('return ruleset { name = "f", term { "x", weight = 1, expr = "nee" } }')
    done = example.run("rules", "dry-run", str(wrong))
    check(done.returncode == 1 and "term 'x'" in done.stderr, f"fault: {done.stderr}")


def check_stop(example):
    """A run does not hold up the stop of the engine."""
    example.call({"dryRunRules": {"source": SLOW}})
    time.sleep(0.3)
    begin = time.monotonic()
    status = example.engine.stop()
    took = time.monotonic() - begin
    check(status == 0 and took < 5, f"stop: status {status} after {took:.1f} s")
    print(f"stop: {took:.2f} s with a dry run going on", flush=True)


def try_engine():
    global MESSAGES
    MESSAGES = wire.load_messages()
    with wire.Engine(clock=CLOCK) as engine:
        example = Example(engine)
        total = check_forms(example)
        print(f"wilgenmeer against standaard: {total}", flush=True)
        check_life(example, total)
        check_serving(example)
        check_past(example)
        check_stop(example)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=int(os.environ.get("SK_WORLDS", "40")))
    arguments = parser.parse_args()
    try_worlds(arguments.worlds)
    try_engine()
    report.finish()


main()
