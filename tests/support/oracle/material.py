# SPDX-License-Identifier: EUPL-1.2
"""Random material for worlds: taxonomies, areas, points, windows, parties, listings."""

import datetime

from . import times
from .rulesets import RELAXABLE

LANGUAGES = ("nl", "en", "ar", "tr", "pl", "uk")
TRAITS = ("vog", "rijbewijs-b", "rolstoel", "hond", "tillen")
ZONES = ("Europe/Amsterdam", "UTC", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu",
         "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DEMAND_KINDS = ("NEED", "NEED", "NEED", "INITIATIVE")
SUPPLY_KINDS = ("OFFER", "OFFER", "SKILL", "PLACE", "ACTIVITY")

_BRANCHES = ("hulp", "hulp.thuis", "hulp.thuis.koken", "hulp.thuis.koken.samen", "hulp.vervoer",
             "hulp.vervoer.rit", "hulp.vervoer.rit.kort", "hulp.klus", "hulp.klus.lamp",
             "samen", "samen.sport", "samen.sport.bal", "samen.sport.bal.zaal",
             "samen.sport.bal.zaal.avond", "samen.eten", "leren", "leren.taal", "leren.taal.lezen")
_CENTRE = (52.09, 5.11)
_STEP_LAT, _STEP_LON = 0.0300123, 0.0500177


def chance(rng, probability):
    return rng.random() < probability


def taxonomy(rng):
    """All branches, with a few related entries."""
    related = []
    for _ in range(rng.randrange(8)):
        a, b = rng.sample(_BRANCHES, 2)
        related.append({"a": a, "b": b, "closeness": rng.choice((0.12, 0.25, 0.29, 0.3, 0.5, 0.71, 0.95))})
    categories = [{"code": code, "label": {"nl": code, "en": code}} for code in _BRANCHES]
    return {"categories": categories, "related": related}


def areas():
    """Six rectangles side by side, in four wijken of two gemeenten; no point lies on an edge."""
    found = []
    for i in range(6):
        row, column = divmod(i, 3)
        south = _CENTRE[0] - 1.07 * _STEP_LAT + row * _STEP_LAT
        west = _CENTRE[1] - 1.53 * _STEP_LON + column * _STEP_LON
        north, east = south + _STEP_LAT, west + _STEP_LON
        gemeente = "GM9001" if column < 2 else "GM9002"
        wijk = f"WK{gemeente[2:]}{row:02d}"
        found.append({
            "code": f"BU{wijk[2:]}{column:02d}", "name": f"Buurt {i}", "wijk": wijk,
            "wijkName": f"Wijk {wijk}", "gemeente": gemeente,
            "gemeenteName": f"Gemeente {gemeente}", "year": 2024,
            "polygons": [{"rings": [{"lon": [west, east, east, west, west],
                                     "lat": [south, south, north, north, south]}]}]})
    return found


def area_codes():
    found = areas()
    return sorted({area[name] for area in found for name in ("code", "wijk", "gemeente")})


# Points

def _town(rng):
    return (round(_CENTRE[0] + rng.uniform(-0.04, 0.04), 6),
            round(_CENTRE[1] + rng.uniform(-0.09, 0.09), 6))


def _lattice(rng):
    return _CENTRE[0] + rng.randrange(3) * 0.005, _CENTRE[1] + rng.randrange(3) * 0.005


def _pole(rng):
    sign = rng.choice((1, -1))
    return rng.choice((sign * 90.0, sign * rng.uniform(89.5, 90))), rng.uniform(-180, 180)


def _antimeridian(rng):
    lon = rng.choice((180.0, -180.0, rng.uniform(179.6, 180), rng.uniform(-180, -179.6)))
    return rng.uniform(-17.2, -16.6), lon


_PLACES = {"town": _town, "lattice": _lattice, "pole": _pole, "antimeridian": _antimeridian,
           "zero": lambda rng: (0.0, 0.0)}


def point(rng, place):
    lat, lon = _PLACES[place](rng)
    return {"lat": lat, "lon": lon}


# Windows

def _clock(rng, tidy):
    minute = rng.choice((0, 30)) if tidy else rng.choice((0, 7, 15, 30, 45, 59))
    return f"{rng.randrange(24):02d}:{minute:02d}"


def _broad(rng):
    """Most days, a large part of the day."""
    hour = rng.randrange(6, 12)
    return {"days": rng.sample(DAYS, rng.randint(3, 7)), "from": f"{hour:02d}:00",
            "to": f"{rng.randint(hour + 4, 23):02d}:30"}


def _weekly(rng, tidy):
    window = {"days": rng.sample(DAYS, rng.randint(1, 4)), "from": _clock(rng, tidy),
              "to": _clock(rng, tidy)}
    if chance(rng, 0.2):
        window["tzid"] = rng.choice(ZONES)
    return window


def _until(rng, day):
    end = day + datetime.timedelta(days=rng.randrange(3, 60), minutes=rng.choice((0, 60, 840)))
    form = rng.choice(("%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"))
    return end.strftime(form)


def _rrule(rng, day):
    text = rng.choice((
        "FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;INTERVAL=5",
        f"FREQ=WEEKLY;BYDAY={','.join(rng.sample(DAYS, rng.randint(1, 3)))}",
        f"FREQ=WEEKLY;INTERVAL=2;BYDAY={','.join(rng.sample(DAYS, 2))}",
        f"FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY={','.join(rng.sample(DAYS, 2))}",
        "FREQ=WEEKLY", f"FREQ=MONTHLY;BYDAY={rng.choice((1, 2, 3, -1))}{rng.choice(DAYS)}",
        f"FREQ=MONTHLY;BYMONTHDAY={rng.choice((1, 15, 29, 31, -1))}", "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        f"FREQ=DAILY;BYMONTH={rng.randint(1, 12)}",
        f"FREQ=DAILY;BYDAY={','.join(rng.sample(DAYS, 2))}"))
    kind = rng.random()
    if kind < 0.25:
        return f"{text};COUNT={rng.randint(1, 20)}"
    return f"{text};UNTIL={_until(rng, day)}" if kind < 0.5 else text


def _dated(rng, now, tidy):
    start = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=now)
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    start += datetime.timedelta(days=rng.randrange(-30, 20))
    hours, minutes = _clock(rng, tidy).split(":")
    start = start.replace(hour=int(hours), minute=int(minutes))
    length = rng.choice((15, 20, 60, 90, 180, 480, 720, 1440))
    end = start + datetime.timedelta(minutes=length)
    window = {"start": start.strftime("%Y-%m-%dT%H:%M"), "end": end.strftime("%Y-%m-%dT%H:%M")}
    if chance(rng, 0.7):
        window["rrule"] = _rrule(rng, start)
        if chance(rng, 0.3):
            days = rng.sample(range(20), 3)
            window["exdate"] = [(start + datetime.timedelta(days=d)).strftime("%Y-%m-%dT%H:%M")
                                for d in days]
    if chance(rng, 0.3):
        window["tzid"] = rng.choice(ZONES)
    return window


def _night(rng):
    """A short window at the hours where summer time begins and ends."""
    start = rng.choice(("01:30", "01:45", "02:00", "02:15", "02:30", "02:45", "03:00"))
    end = rng.choice(("02:00", "02:20", "02:30", "02:45", "03:00", "03:30", "04:00"))
    return {"days": ["SU", "SA"], "from": start, "to": end}


def availability(rng, now, style):
    tidy = style.tidy
    count = rng.choice((0, 0, 1, 1, 1, 2, 2, 3))
    found = []
    for _ in range(count):
        kind = rng.random()
        if style.easy and kind < 0.7:
            found.append(_broad(rng))
        elif kind < 0.1:
            found.append(_night(rng))
        elif kind < 0.55:
            found.append(_weekly(rng, tidy))
        else:
            found.append(_dated(rng, now, tidy))
    return found


# Parties and listings

def certificate(rng, now):
    since = now + rng.randint(-40, 6) * times.DAY
    until = max(since, now) + rng.choice((1, 3, 10, 30, 400)) * times.DAY
    until += rng.randrange(24) * times.HOUR
    return {"type": rng.choice(TRAITS), "checkedBy": "balie", "checkedOn": times.show(since),
            "validUntil": times.show(until)}


def party(rng, party_id, others, now, style):
    message = {"id": party_id, "kind": rng.choice(("RESIDENT", "ORGANISATION", "PROFESSIONAL"))}
    others = [other for other in others if other != party_id]
    if chance(rng, 0.5 * style.demanding):
        message["languages"] = rng.sample(LANGUAGES, rng.randint(1, 2))
    if chance(rng, 0.35):
        message["certificates"] = [certificate(rng, now) for _ in range(rng.randint(1, 2))]
    if others and chance(rng, 0.12 * style.demanding):
        message["blocks"] = rng.sample(others, min(len(others), rng.randint(1, 2)))
    elif chance(rng, 0.03):
        message["blocks"] = ["niemand"]
    return message


def _attributes(rng):
    found = {}
    if chance(rng, 0.5):
        found["cijfer"] = rng.choice((0, 3, 5, 7.25, 10, 12.5, -1))
    if chance(rng, 0.5):
        found["zone"] = rng.choice(("noord", "zuid"))
    if chance(rng, 0.1):
        found["huisdier"] = rng.choice((True, False))
    return found


def _validity(rng, now, message):
    kind = rng.random()
    if kind < 0.15:
        message["validFrom"] = times.show(now + rng.randint(-3, 10) * times.DAY + 420_000)
    if kind < 0.06:
        message["validUntil"] = times.show(now - rng.choice((0, 1, times.HOUR, 5 * times.DAY)))
    elif kind < 0.4:
        message["validUntil"] = times.show(
            now + rng.choice((times.HOUR, 2 * times.DAY, 9 * times.DAY, 40 * times.DAY))
            + rng.choice((0, 123, 600_000)))
    if chance(rng, 0.1):
        age = rng.randrange(1, 60) * times.DAY + rng.randrange(900_000)
        message["createdAt"] = times.show(now - age)


def _traits(rng, message, style):
    if chance(rng, 0.2 * style.demanding):
        message["requires"] = rng.sample(TRAITS, 1 if chance(rng, 0.8) else 2)
    if chance(rng, 0.4):
        message["provides"] = rng.sample(TRAITS, rng.randint(1, 3))
    if chance(rng, 0.3 * style.demanding):
        message["languages"] = rng.sample(LANGUAGES, rng.randint(1, 2))
    if style.alike:
        for name in ("requires", "languages"):
            message.pop(name, None)


def _whereabouts(rng, message, style):
    if chance(rng, 0.15):
        message["remote"] = True
    if not (message.get("remote") and chance(rng, 0.5)):
        message["point"] = point(rng, rng.choice(style.places))
    message["reachM"] = rng.choice((0, 300, 1500, 4000, 10000, 100000))
    if chance(rng, 0.12 * style.demanding):
        message["withinM"] = rng.choice((250, 2000, 8000))


def listing(rng, listing_id, party_id, demand, now, style):
    """A whole listing as it is put. `style` says how alike and where."""
    message = {"id": listing_id, "kind": rng.choice(DEMAND_KINDS if demand else SUPPLY_KINDS),
               "partyId": party_id, "title": f"Plaatsing {listing_id}",
               "categories": rng.sample(style.codes, min(len(style.codes),
                                                         rng.choice((1, 1, 1, 2, 3))))}
    _whereabouts(rng, message, style)
    _traits(rng, message, style)
    if not style.alike:
        message["availability"] = availability(rng, now, style)
        _validity(rng, now, message)
        message["attributes"] = _attributes(rng)
    if demand and chance(rng, 0.4):
        message["durationMin"] = rng.choice((0, 15, 20, 45, 60, 120, 400))
    if chance(rng, 0.25):
        message["capacity"] = rng.randint(1, 4)
    if demand and chance(rng, 0.4):
        message["urgency"] = rng.randint(0, 3)
    if demand and chance(rng, 0.05):
        message["relaxed"] = rng.sample(RELAXABLE, rng.randint(1, 3))
        message["relaxedUntil"] = times.show(now + rng.choice((-1, 0, 1, times.HOUR, times.DAY)))
    if chance(rng, 0.06):
        message["status"] = rng.choice(("OPEN", "PAUSED", "FULFILLED"))
    return {name: value for name, value in message.items() if value not in ([], {}, 0)}


class Style:
    """What a world's listings have in common."""

    def __init__(self, rng):
        self.alike = chance(rng, 0.12)
        self.easy = chance(rng, 0.6)
        self.demanding = 0.3 if self.easy else 1.0
        self.tidy = chance(rng, 0.5)
        kind = rng.random()
        if self.alike:
            self.places = rng.choice((("lattice",), ("zero",), ("town",)))
        elif kind < 0.06:
            self.places = ("pole",)
        elif kind < 0.12:
            self.places = ("antimeridian",)
        else:
            self.places = ("town", "town", "town", "lattice")
        few = self.alike or chance(rng, 0.5)
        branch = rng.choice(("hulp", "samen"))
        near = [code for code in _BRANCHES if code.startswith(branch)]
        self.codes = rng.sample(near, 3) if few else list(_BRANCHES)
