# SPDX-License-Identifier: EUPL-1.2
"""Checks of the oracle's own quick ways against slow ones, and of facts that can be looked up."""

import random

from . import geo, material, slots, taxonomy, times

_SPRING = "2026-03-29"  # 02:00 becomes 03:00 in the Netherlands
_AUTUMN = "2026-10-25"  # 03:00 becomes 02:00


def _check(holds, words):
    return [] if holds else [words]


def _runs():
    """Runs of ones against a walk over all bits."""
    rng = random.Random("runs")
    found = []
    for _ in range(400):
        density = rng.choice((0.05, 0.5, 0.95))
        bits = sum(1 << i for i in range(rng.randrange(200)) if rng.random() < density)
        text = bin(bits)[:1:-1]
        longest = max((len(part) for part in text.replace("b", "").split("0")), default=0)
        found += _check(slots.longest_run(bits) == longest, f"longest_run({bits:#x})")
        spans = list(slots.runs(bits))
        whole = sum(((1 << (end - first)) - 1) << first for first, end in spans)
        found += _check(whole == bits and all(a[1] < b[0] for a, b in zip(spans, spans[1:])),
                        f"runs({bits:#x})")
    return found


def _slow_bits(windows, first_slot):
    """A slot counts when every one of its minutes lies in some occurrence."""
    base = first_slot * times.SLOT
    end = base + slots.HORIZON * times.SLOT
    minutes = bytearray((end - base) // times.MINUTE)
    for key in windows:
        for start, stop in slots._expanded(key).intervals(base, end):
            first = max(0, (start - base) // times.MINUTE)
            last = max(first, min(len(minutes), (stop - base) // times.MINUTE))
            minutes[first:last] = b"\1" * (last - first)
    return sum(1 << i for i in range(slots.HORIZON) if all(minutes[15 * i:15 * i + 15]))


def _windows():
    """Slots put together from chunks against a count of minutes."""
    rng = random.Random("windows")
    found = []
    for number in range(60):
        now = times.parse("2026-03-01T00:00:00Z") + rng.randrange(300) * times.DAY
        style = material.Style(rng)
        windows = tuple(slots.window_key(w) for w in material.availability(rng, now, style))
        first_slot = now // times.SLOT
        if windows:
            quick = slots.window_bits(windows, first_slot)
            found += _check(quick == _slow_bits(windows, first_slot),
                            f"windows {number}: {windows}")
    return found


def _occurrence(**window):
    low, high = times.parse("2026-01-01T00:00:00Z"), times.parse("2027-01-01T00:00:00Z")
    spans = slots._expanded(slots.window_key(window)).intervals(low, high)
    return [(times.show(start), times.show(end)) for start, end in spans if end > start]


def _daylight():
    """Both changes of the clock, and the rules for RRULE that the contract settles."""
    hour = {"start": "2026-05-06T10:00", "end": "2026-05-06T11:00"}
    cases = (
        ({"start": f"{_SPRING}T02:30", "end": f"{_SPRING}T04:00"},
         [(f"{_SPRING}T01:30:00Z", f"{_SPRING}T02:00:00Z")]),
        ({"start": f"{_SPRING}T02:30", "end": f"{_SPRING}T03:15"}, []),
        ({"start": f"{_AUTUMN}T02:30", "end": f"{_AUTUMN}T03:30"},
         [(f"{_AUTUMN}T00:30:00Z", f"{_AUTUMN}T02:30:00Z")]),
        ({"start": "2026-03-28T23:00", "end": f"{_SPRING}T23:00"},
         [("2026-03-28T22:00:00Z", f"{_SPRING}T21:00:00Z")]),
        ({**hour, "rrule": "FREQ=WEEKLY;BYDAY=TH;COUNT=2", "exdate": ["2026-05-07T10:00"]},
         [("2026-05-14T08:00:00Z", "2026-05-14T09:00:00Z")]),
        ({**hour, "rrule": "FREQ=DAILY;UNTIL=20260507"},
         [("2026-05-06T08:00:00Z", "2026-05-06T09:00:00Z")]),
        ({**hour, "rrule": "FREQ=DAILY;UNTIL=20260507T080000Z"},
         [("2026-05-06T08:00:00Z", "2026-05-06T09:00:00Z"),
          ("2026-05-07T08:00:00Z", "2026-05-07T09:00:00Z")]))
    found = []
    for window, wanted in cases:
        got = _occurrence(**window)
        found += _check(got == wanted, f"{window}: expected {wanted}, got {got}")
    return found


def _closeness():
    known = taxonomy.Taxonomy({"related": [{"a": "a.b", "b": "x", "closeness": 0.5}]})
    cases = (("a", "a", 1.0), ("a", "a.b", 0.7), ("a.b.c", "a", 0.49), ("a", "a.b.c.d.e", 0.2401),
             ("a", "ab", 0.0), ("a.b", "a.c", 0.0), ("a.b.c", "x.y", 0.5), ("x", "a", 0.0),
             ("a", "a.b.c.d.e.f", 0.0))
    return [f"closeness of {a} and {b}" for a, b, value in cases
            if known.closeness([a], [b]) != value]


def _distance():
    quarter = geo.distance_m((0.0, 0.0), (90.0, 0.0))
    around = geo.distance_m((0.0, 179.999), (0.0, -179.999))
    return (_check(abs(quarter - 10_007_557.2) < 1, f"a quarter of the globe is {quarter} m")
            + _check(abs(around - 222.39) < 0.01, f"across the antimeridian {around} m"))


def run():
    """All checks; what fails, in words."""
    return _runs() + _windows() + _daylight() + _closeness() + _distance()
