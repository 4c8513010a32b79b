# SPDX-License-Identifier: EUPL-1.2
"""Runs the steps of a world against the oracle and, when there is a driver, the engine."""

import json
import os
import shutil
import tempfile

from . import answers, times
from .compare import differences
from .driver import DriverError
from .oracle import Oracle
from .worlds import ALL_STATES, Maker, start_of

_REPEAT_WITHIN = 20 * times.HOUR
_NOT_REPEATED = ("createToken",)
_PAGES = {"suggestions": ("listSuggestions", {"states": ALL_STATES, "limit": 256}),
          "events": ("readEvents", {"limit": 1000}),
          "listings": ("listListings", {"limit": 256})}
_UNKNOWN_SUGGESTION = "s999999999999"


class Mismatch(Exception):
    """A step after which the two disagree."""

    def __init__(self, number, step, found):
        super().__init__("\n".join(found[:12]))
        self.number, self.step, self.found = number, step, found


class Run:
    """One world in progress. `driver` may be None: then the oracle runs alone."""

    def __init__(self, clock_ms, driver=None):
        self.driver = driver
        self.folder = tempfile.mkdtemp(prefix="schakel-world-") if driver else None
        self.steps_done = []
        self._names = {}
        self._last_command = None
        self._latest_clock = clock_ms
        self.oracle = Oracle(clock_ms, self._open(clock_ms))

    # The engine's life

    def _open(self, clock_ms):
        """Opens a fresh engine; gives the events that it wrote by itself."""
        if self.driver is None:
            return ()
        self._plain({"open": self.folder, "clock": times.show(clock_ms)})
        answer = self.driver.call({"request": {"id": "first", "readEvents": {"after": "0"}}})
        return answer.get("events", {}).get("items", [])

    def _plain(self, message):
        answer = self.driver.call(message)
        if not answer.get("ok"):
            raise DriverError(f"{message} was answered {answer}")

    def close(self):
        if self.driver is None:
            return
        try:
            self.driver.call({"close": True})
        except (DriverError, ValueError):
            pass
        shutil.rmtree(self.folder, ignore_errors=True)

    # Steps

    def step(self, step):
        """Runs one step on both; raises Mismatch."""
        self.steps_done.append(step)
        try:
            found = self._run(step)
        except (DriverError, ValueError) as error:
            found = [str(error)]
        if found:
            raise Mismatch(len(self.steps_done) - 1, step, found)

    def _run(self, step):
        if "clock" in step:
            return self._clock(times.parse(step["clock"]))
        if "restart" in step:
            return self._restart(times.parse(step["restart"]))
        if "all" in step:
            return self._all(*_PAGES[step["all"]], step["all"])
        if "again" in step:
            return self._again(step["again"])
        return self._request(step["request"])

    def _clock(self, clock_ms):
        forward = clock_ms >= self._latest_clock
        self._latest_clock = max(clock_ms, self._latest_clock)
        self.oracle.clock(clock_ms)
        if self.driver is not None:
            answer = self.driver.call({"clock": times.show(clock_ms)})
            if forward and not answer.get("ok"):
                return [f"the clock was refused: {answer}"]
        return []

    def _restart(self, clock_ms):
        self._latest_clock = max(clock_ms, self._latest_clock)
        self.oracle.clock(clock_ms)
        if self.driver is not None:
            self._plain({"close": True})
            self._plain({"open": self.folder, "clock": times.show(clock_ms)})
        return []

    def _request(self, request):
        name = _name_of(request)
        request = dict(request, id=f"r{len(self.steps_done)}")
        if not self._is_known(request):
            return []
        asked, wanted = self._resolve(request, 0), self._resolve(request, 1)
        found, expected = self._both(name, asked, wanted)
        # A refused item leaves nothing behind that a repetition could be compared with.
        if name not in answers.QUESTIONS and name not in _NOT_REPEATED and _all_ok(expected):
            self._last_command = name, asked, wanted, self.oracle.now
        return found

    def _both(self, name, asked, wanted):
        expected = self.oracle.request(wanted)
        actual = self.driver.call({"request": asked}) if self.driver is not None else None
        self._learn(name, asked, expected, actual if actual is not None else expected)
        found = differences(name, expected, actual) if actual is not None else []
        return (found + _errors(actual) if found else []), expected

    def _again(self, how):
        if self._last_command is None:
            return []
        name, asked, wanted, at = self._last_command
        if max(self.oracle.clock_ms, self.oracle.now) - at > _REPEAT_WITHIN:
            return []
        if how == "other":
            other = {"putConnectors": {"connectors": [{"id": "een-ander", "name": "Een ander"}]}}
            name = "putConnectors"
            asked, wanted = ({k: r[k] for k in ("id", "token") if k in r} | other
                             for r in (asked, wanted))
        return self._both(name, asked, wanted)[0]

    def _all(self, name, message, result):
        """Reads a whole list, page by page, and compares it at once."""
        whole = dict(message, limit=1 << 30)
        expected = self.oracle.request({"id": "all", name: whole})
        if self.driver is None:
            return _check_events(expected) if name == "readEvents" else []
        items = []
        after = "0" if name == "readEvents" else ""
        while True:
            asked = {"id": f"all{len(items)}", name: dict(message, after=after)}
            page = self.driver.call({"request": asked})
            if page.get("status", "OK") != "OK" or result not in page:
                break
            items.extend(page[result].get("items", []))
            after = _next_page(name, page[result], items)
            if not after:
                break
        return differences(name, expected, {result: {"items": items}})

    # Names that stand for what only one of the two knows

    def _learn(self, name, asked, expected, actual):
        if name == "createToken":
            pair = tuple(a.get("newToken", {}).get("token") for a in (actual, expected))
            self._names[f"$token:{asked[name]['name']}"] = pair
        elif name == "pushRules" and _any_ok(expected):
            known = expected["receipts"]["items"][0]["id"]
            items = actual.get("receipts", {}).get("items", [])
            self._names[f"$rules:{known}"] = (items[0].get("id") if items else None), known

    def _is_known(self, request):
        """Whether the token and the hash that a request names exist; they may have been dropped."""
        named = [request.get("token", "")] + [message.get("hash", "") for message in
                                              request.values() if isinstance(message, dict)]
        return all(name in self._names for name in named if name.startswith("$"))

    def _resolve(self, value, side):
        if isinstance(value, dict):
            return {k: self._resolve(v, side) for k, v in value.items()}
        if isinstance(value, list):
            return [self._resolve(v, side) for v in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        kind, _, rest = value[1:].partition(":")
        if kind in ("sug", "ver"):
            return self._suggestion(kind, rest)
        return self._names[value][side]

    def _suggestion(self, kind, rest):
        pair, _, change = rest.partition(":")
        s = self.oracle.state.last_of_pair.get(tuple(pair.split("|")))
        if kind == "sug":
            return s.id if s else _UNKNOWN_SUGGESTION
        return str(s.version + int(change)) if s else "1"


def _name_of(request):
    return next(key for key in request if key not in ("id", "token"))


def _errors(actual):
    """What the engine said of what it refused."""
    parts = [actual] + actual.get("receipts", {}).get("items", [])
    parts += actual.get("matches", {}).get("results", [])
    return [f"the engine said: {part['error']}" for part in parts if "error" in part]


def _any_ok(expected):
    return any("status" not in i for i in expected.get("receipts", {}).get("items", []))


def _all_ok(expected):
    items = expected.get("receipts", {}).get("items", [])
    return bool(items) and all("status" not in item for item in items)


def _next_page(name, page, items):
    if name != "readEvents":
        return page.get("next")
    if not page.get("items") or int(items[-1]["seq"]) >= int(page.get("last", 0)):
        return None
    return items[-1]["seq"]


def _check_events(answer):
    numbers = [int(event["seq"]) for event in answer["events"]["items"]]
    return [] if numbers == list(range(1, len(numbers) + 1)) else ["the oracle's events have a gap"]


def check_state(oracle):
    """What must always hold of the oracle's own state; in words what does not."""
    state, found = oracle.state, []
    now = max(oracle.clock_ms, oracle.now or 0)
    for s in state.suggestions.values():
        if s.demand_id not in state.listings or s.supply_id not in state.listings:
            found.append(f"{s.id} has lost a listing")
        if s.is_open and s.expires_at <= (oracle.now or 0):
            found.append(f"{s.id} is open past its expiry")
        if s.pair.score < s.lowest_threshold:
            found.append(f"{s.id} is under the threshold")
    if list(state.suggestions) != sorted(state.suggestions):
        found.append("the suggestions are out of order")
    found.extend(_over_limits(state))
    last = [times.parse(event["at"]) for event in state.events]
    if any(b < a for a, b in zip(last, last[1:])) or (last and last[-1] > now):
        found.append("the events go back in time")
    return found


def _over_limits(state):
    """Limits hold for what was proposed; an undo may bring back one, other rules ask for less."""
    if any(event["type"] in ("suggestion.undone", "rules.activated") for event in state.events):
        return []
    figures = state.figures(0)
    over = [f"{i} has {n} open suggestions" for i, n in figures.limit_demand.items()
            if n > state.rules.per_demand]
    return over + [f"{i} has {n} open suggestions" for i, n in figures.limit_supply.items()
                   if n > state.rules.per_supply]


def run_world(seed, driver=None):
    """A seeded world: gives None, or (mismatch, world)."""
    clock_ms = start_of(seed)
    run = Run(clock_ms, driver)
    try:
        for step in Maker(seed, run.oracle).steps():
            run.step(step)
            broken = check_state(run.oracle)
            if broken:
                raise Mismatch(len(run.steps_done) - 1, step, broken)
        return None
    except Mismatch as mismatch:
        return mismatch, {"seed": seed, "clock": times.show(clock_ms), "steps": run.steps_done}
    finally:
        run.close()


def run_steps(world, driver=None):
    """A written world: gives None or the mismatch."""
    run = Run(times.parse(world["clock"]), driver)
    try:
        for step in world["steps"]:
            run.step(step)
        return None
    except Mismatch as mismatch:
        return mismatch
    finally:
        run.close()


def write_world(world, folder=None):
    """Writes a world as JSON, to be run and shrunk; gives the path."""
    folder = folder or tempfile.mkdtemp(prefix="schakel-oracle-")
    path = os.path.join(folder, f"world-{world['seed']}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(world, file, indent=1)
    return path
