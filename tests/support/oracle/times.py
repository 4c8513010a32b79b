# SPDX-License-Identifier: EUPL-1.2
"""Instants are whole milliseconds since 1970, as RFC 3339 in UTC on the wire."""

import datetime
import functools

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SLOT = 15 * MINUTE

_EPOCH = datetime.datetime(1970, 1, 1)
_UTC_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


@functools.lru_cache(maxsize=65536)
def parse(text):
    """Milliseconds of "2026-03-05T10:00:00Z", with or without a fraction."""
    main, _, fraction = text.rstrip("Z").partition(".")
    whole = datetime.datetime.strptime(main, "%Y-%m-%dT%H:%M:%S") - _EPOCH
    seconds = whole.days * 86400 + whole.seconds
    return seconds * SECOND + int((fraction + "000")[:3])


def show(ms):
    """RFC 3339 with three digits of fraction, or none."""
    text = (_EPOCH + datetime.timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S")
    rest = ms % SECOND
    return f"{text}.{rest:03d}Z" if rest else text + "Z"


def next_midnight(ms):
    """The first 00:00 UTC after an instant."""
    return (ms // DAY + 1) * DAY


def of_local(local, zone):
    """A local time as an instant: the first of two, or read with the offset before a gap."""
    passed = local.replace(tzinfo=zone) - _UTC_EPOCH
    return (passed.days * 86400 + passed.seconds) * SECOND
