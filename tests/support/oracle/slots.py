# SPDX-License-Identifier: EUPL-1.2
"""Windows become slots: Python integers of which bit i is the i-th slot of 15 minutes.

A window is expanded into instants; the union of a listing's windows is cut into chunks of 32 days,
each one integer; a horizon is put together from two chunks. Chunks are remembered across worlds.
"""

import datetime
import functools
import re
from zoneinfo import ZoneInfo

from dateutil import rrule as dateutil_rrule

from . import times

HORIZON = 2688
ALL = (1 << HORIZON) - 1
CHUNK = 3072
CHUNK_MS = CHUNK * times.SLOT
DEFAULT_ZONE = "Europe/Amsterdam"

_DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
_UNTIL = re.compile(r";?UNTIL=([^;]+)")
_ONE_DAY = datetime.timedelta(days=1)


@functools.lru_cache(maxsize=None)
def zone(name):
    return ZoneInfo(name)


def parse_local(text):
    """A local time "2026-03-05T14:00", seconds allowed."""
    return datetime.datetime.fromisoformat(text)


def _clock_of(text):
    hours, minutes = text.split(":")[:2]
    return datetime.timedelta(hours=int(hours), minutes=int(minutes))


def _local_date(ms):
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=ms // times.DAY)


class WeeklyWindow:
    """The short form: days, from, to; without a first or last occurrence."""

    def __init__(self, window):
        self._zone = zone(window.get("tzid") or DEFAULT_ZONE)
        self._days = {_DAYS.index(day) for day in window["days"]}
        self._from = _clock_of(window["from"])
        self._to = _clock_of(window["to"])
        if self._to <= self._from:
            self._to += _ONE_DAY

    def intervals(self, low, high):
        """(start, end) of the occurrences that may touch [low, high)."""
        day = _local_date(low) - 3 * _ONE_DAY
        last = _local_date(high) + 2 * _ONE_DAY
        while day <= last:
            if day.weekday() in self._days:
                midnight = datetime.datetime.combine(day, datetime.time())
                yield (times.of_local(midnight + self._from, self._zone),
                       times.of_local(midnight + self._to, self._zone))
            day += _ONE_DAY


class DatedWindow:
    """The long form: start, end and perhaps an rrule; occurrences are read from it when needed."""

    def __init__(self, window):
        self._zone = zone(window.get("tzid") or DEFAULT_ZONE)
        self._start = parse_local(window["start"])
        self._length = parse_local(window["end"]) - self._start
        self._excluded = {parse_local(text) for text in window.get("exdate", [])}
        self._until_local = self._until_ms = None
        self._source = self._open(window.get("rrule", ""))
        self._read = []
        self._done = False

    def _open(self, text):
        if not text:
            return iter([self._start])
        until = _UNTIL.search(text)
        if until:
            self._keep_until(until.group(1))
            text = _UNTIL.sub("", text).lstrip(";")
        return iter(dateutil_rrule.rrulestr("RRULE:" + text, dtstart=self._start))

    def _keep_until(self, text):
        form = "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d"
        value = datetime.datetime.strptime(text.rstrip("Z"), form)
        if text.endswith("Z"):
            self._until_ms = times.of_local(value, datetime.timezone.utc)
        else:
            self._until_local = value

    def _past_until(self, local, start_ms):
        if self._until_local is not None:
            return local > self._until_local
        return self._until_ms is not None and start_ms > self._until_ms

    def _read_until(self, high):
        """Reads occurrences until one starts more than two days after `high`."""
        while not self._done and (not self._read or self._read[-1][0] <= high + 2 * times.DAY):
            local = next(self._source, None)
            if local is None:
                self._done = True
                return
            start_ms = times.of_local(local, self._zone)
            end_ms = times.of_local(local + self._length, self._zone)
            if self._past_until(local, start_ms) or local in self._excluded:
                end_ms = start_ms
            self._read.append((start_ms, end_ms))
            last = self._until_ms if self._until_ms is not None else None
            if self._until_local is not None and local > self._until_local:
                self._done = True
            elif last is not None and start_ms > last + times.DAY:
                self._done = True

    def intervals(self, low, high):
        """(start, end) of the occurrences that touch [low, high)."""
        self._read_until(high)
        return [(s, e) for s, e in self._read if e > low and s < high]


@functools.lru_cache(maxsize=4096)
def _expanded(key):
    window = {name: list(value) if isinstance(value, tuple) else value for name, value in key}
    return WeeklyWindow(window) if window.get("days") else DatedWindow(window)


def window_key(window):
    """A hashable form of a window."""
    return tuple(sorted((name, tuple(value) if isinstance(value, list) else value)
                        for name, value in window.items() if value))


def _union(intervals):
    merged = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def span_bits(start_ms, end_ms, base_ms, count):
    """The slots that lie wholly inside [start, end), of `count` slots from `base`."""
    first = max(0, -((base_ms - start_ms) // times.SLOT))
    last = min(count, (end_ms - base_ms) // times.SLOT)
    return ((1 << (last - first)) - 1) << first if last > first else 0


def touched_bits(start_ms, end_ms, base_ms, count):
    """The slots that [start, end) touches."""
    if end_ms <= start_ms:
        return 0
    first = max(0, (start_ms - base_ms) // times.SLOT)
    last = min(count, -((base_ms - end_ms) // times.SLOT))
    return ((1 << (last - first)) - 1) << first if last > first else 0


@functools.lru_cache(maxsize=8192)
def _chunk(windows, number):
    """The slots of chunk `number` inside the union of the windows."""
    low = number * CHUNK_MS
    high = low + CHUNK_MS
    intervals = []
    for key in windows:
        intervals.extend(_expanded(key).intervals(low, high))
    bits = 0
    for start, end in _union(intervals):
        if end > low and start < high:
            bits |= span_bits(start, end, low, CHUNK)
    return bits


@functools.lru_cache(maxsize=8192)
def window_bits(windows, first_slot):
    """The horizon from a slot (counted from 1970) inside the union of the windows."""
    if not windows:
        return ALL
    number, rest = divmod(first_slot, CHUNK)
    bits = _chunk(windows, number) >> rest
    bits |= _chunk(windows, number + 1) << (CHUNK - rest)
    return bits & ALL


@functools.lru_cache(maxsize=65536)
def longest_run(bits):
    """The length of the longest run of ones, by doubling."""
    if not bits:
        return 0
    steps = []
    length = 1
    runs = bits
    while runs:
        steps.append((runs, length))
        runs = runs & (runs >> length)
        length *= 2
    found, total = steps.pop()
    while steps:
        part, length = steps.pop()
        longer = found & (part >> total)
        if longer:
            found, total = longer, total + length
    return total


def runs(bits):
    """(first, end) of every run of ones, ascending."""
    position = 0
    while bits:
        zeros = (bits & -bits).bit_length() - 1
        bits >>= zeros
        ones = (~bits & (bits + 1)).bit_length() - 1
        yield position + zeros, position + zeros + ones
        bits >>= ones
        position += zeros + ones
