# SPDX-License-Identifier: EUPL-1.2
"""python3 -m oracle.shrink FILE: drops steps and items of a written world while it still fails.

Needs SCHAKEL_DRIVER. The smaller world is written beside FILE, with `.small.json` at its end.
"""

import copy
import json
import sys

from . import driver
from .runner import run_steps

_BATCHES = {"putListings": "listings", "putParties": "parties", "putConnectors": "connectors",
            "match": "queries"}
_OPTIONAL = ("availability", "attributes", "languages", "requires", "provides", "certificates",
             "blocks", "capacity", "urgency", "durationMin", "withinM", "validFrom", "validUntil",
             "createdAt", "description", "remote")


def _name(mismatch):
    """What kind of step disagreed."""
    step = mismatch.step
    return [key for key in step.get("request", step) if key != "token"]


class Shrinker:
    """Tries smaller worlds; keeps one when the engine and the oracle still disagree on it."""

    def __init__(self, program, world):
        self._program = program
        self._engine = driver.Driver(program)
        self.tries = 0
        self.mismatch = None
        self.world = world
        if not self._fails(world):
            raise SystemExit("the world does not fail: nothing to shrink")
        self.world["steps"] = world["steps"][:self.mismatch.number + 1]

    def _fails(self, world):
        """Whether a world fails, in a step of the same name as the first time."""
        self.tries += 1
        mismatch = run_steps(world, self._engine)
        if mismatch is None or (self.mismatch and _name(mismatch) != _name(self.mismatch)):
            return False
        if any("driver" in text for text in mismatch.found):
            self._engine.stop()
            self._engine = driver.Driver(self._program)
        self.mismatch = mismatch
        return True

    def _keep(self, steps):
        world = dict(self.world, steps=steps)
        if not self._fails(world):
            return False
        self.world = dict(world, steps=steps[:self.mismatch.number + 1])
        return True

    def shrink(self):
        """Until nothing can be dropped any more."""
        before = None
        while before != (size := len(json.dumps(self.world))):
            before = size
            self._drop_steps()
            self._drop_items()
            self._drop_fields()
        self._engine.stop()

    def _drop_steps(self):
        width = max(1, len(self.world["steps"]) // 2)
        while width:
            start = 0
            while start < len(self.world["steps"]):
                steps = self.world["steps"]
                if not self._keep(steps[:start] + steps[start + width:]):
                    start += width
            width //= 2

    def _lists(self):
        """(step number, request, field) of every batch."""
        for number, step in enumerate(self.world["steps"]):
            for name, message in step.get("request", {}).items():
                if name in _BATCHES:
                    yield number, name, _BATCHES[name]

    def _drop_items(self):
        for number, name, field in list(self._lists()):
            if number >= len(self.world["steps"]):
                return
            width = max(1, len(self.world["steps"][number]["request"][name][field]) // 2)
            while width:
                self._drop_runs(number, name, field, width)
                width //= 2

    def _drop_runs(self, number, name, field, width):
        start = 0
        while number < len(self.world["steps"]):
            items = self.world["steps"][number]["request"][name][field]
            if start >= len(items) or len(items) == 1:
                return
            less = items[:start] + items[start + width:]
            if not self._keep(self._with(number, name, field, less)):
                start += width

    def _with(self, number, name, field, items):
        steps = copy.deepcopy(self.world["steps"])
        steps[number]["request"][name][field] = items
        return steps

    def _drop_fields(self):
        for number, name, field in list(self._lists()):
            for key in _OPTIONAL:
                if number >= len(self.world["steps"]):
                    return
                items = self.world["steps"][number]["request"][name][field]
                if any(key in item for item in items):
                    less = [{k: v for k, v in item.items() if k != key} for item in items]
                    self._keep(self._with(number, name, field, less))


def main(arguments):
    if len(arguments) != 1 or driver.program() is None:
        print("usage: SCHAKEL_DRIVER=PROGRAM python3 -m oracle.shrink FILE", file=sys.stderr)
        return 2
    path = arguments[0]
    with open(path, encoding="utf-8") as file:
        shrinker = Shrinker(driver.program(), json.load(file))
    shrinker.shrink()
    small = path.removesuffix(".json") + ".small.json"
    with open(small, "w", encoding="utf-8") as file:
        json.dump(shrinker.world, file, indent=1)
    print(f"{len(shrinker.world['steps'])} steps left after {shrinker.tries} tries: {small}")
    print(f"step {shrinker.mismatch.number}: {shrinker.mismatch.step}\n{shrinker.mismatch}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
