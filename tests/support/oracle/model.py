# SPDX-License-Identifier: EUPL-1.2
"""Records of the oracle: read from request dictionaries, checked, with the defaults filled in."""

import itertools

from . import slots, times
from .taxonomy import Taxonomy

DEMAND, SUPPLY = "demand", "supply"
SIDES = {"NEED": DEMAND, "INITIATIVE": DEMAND, "OFFER": SUPPLY, "SKILL": SUPPLY,
         "PLACE": SUPPLY, "ACTIVITY": SUPPLY}
OPEN_STATES = ("PROPOSED", "PARKED")
ROOM_STATES = ("ACCEPTED", "INTRODUCED", "CONNECTED")
CASE_STATES = OPEN_STATES + ROOM_STATES

LIFETIME = 90 * times.DAY
SUGGESTION_LIFETIME = 14 * times.DAY
LONGEST_LIFETIME = 2 * 366 * times.DAY

_serials = itertools.count(1)


class Refused(Exception):
    """A request that changes nothing. `word` is the wire's status; "!" stands for any refusal."""

    def __init__(self, word="!"):
        super().__init__(word)
        self.word = word


class Listing:
    """One thing that a party asks or has. `serial` differs for every stored version."""

    def __init__(self, message, now, earlier=None):
        self.id = message.get("id", "")
        self.kind = message.get("kind")
        self.side = SIDES.get(self.kind)
        self.party_id = message.get("partyId", "")
        self.title = message.get("title", "")
        self.categories = message.get("categories", [])
        point = message.get("point")
        self.point = (float(point.get("lat", 0)), float(point.get("lon", 0))) if point else None
        self.reach_m = message.get("reachM", 0)
        self.within_m = message.get("withinM", 0)
        self.remote = message.get("remote", False)
        self.availability = message.get("availability", [])
        self.windows = tuple(slots.window_key(w) for w in self.availability)
        self.duration_min = message.get("durationMin", 0)
        self.languages = frozenset(message.get("languages", []))
        self.requires = frozenset(message.get("requires", []))
        self.provides = frozenset(message.get("provides", []))
        self.capacity = message.get("capacity", 0) or 1
        self.urgency = message.get("urgency", 0)
        self.attributes = message.get("attributes", {})
        self.status = message.get("status", "OPEN")
        self._set_times(message, now, earlier)
        self._set_case(message, now, earlier)
        self.version = earlier.version + 1 if earlier else 1
        self.area = None
        self.serial = next(_serials)

    def _set_times(self, message, now, earlier):
        def given(name, default):
            return times.parse(message[name]) if name in message else default
        self.created_at = earlier.created_at if earlier else given("createdAt", now)
        self.valid_from = given("validFrom", self.created_at)
        self.valid_until = given("validUntil", self.created_at + LIFETIME)
        self.updated_at = now

    def _set_case(self, message, now, earlier):
        """Relaxed for this case: kept by an update, taken over by an import."""
        self.relaxed, self.relaxed_until = frozenset(), None
        if earlier:
            self.relaxed, self.relaxed_until = earlier.relaxed, earlier.relaxed_until
        elif self.side == DEMAND and message.get("relaxed") and "relaxedUntil" in message:
            until = times.parse(message["relaxedUntil"])
            if now < until:
                self.relaxed, self.relaxed_until = frozenset(message["relaxed"]), until

    def is_open(self, now):
        return self.status == "OPEN" and now < self.valid_until

    def area_code(self, name):
        return self.area.get(name) if self.area else None

    @property
    def buurt(self):
        return self.area["code"] if self.area else None

    def check(self, now, taxonomy: Taxonomy):
        """Raises Refused where the wire's contract or the page forbids it."""
        good = (self.side is not None and self.title and len(self.title) <= 200
                and 1 <= len(self.categories) <= 8
                and all(code in taxonomy.codes for code in self.categories)
                and (self.point is not None or self.remote)
                and self.reach_m <= 100_000 and self.within_m <= 100_000
                and self.duration_min <= 1440 and self.urgency <= 3
                and 1 <= self.capacity <= 1000 and len(self.availability) <= 16
                and self.created_at <= now
                and self.valid_until - self.created_at <= LONGEST_LIFETIME
                and all(_window_is_good(w) for w in self.availability))
        if not good:
            raise Refused("INVALID")


def _window_is_good(window):
    if window.get("days"):
        return True
    length = slots.parse_local(window["end"]) - slots.parse_local(window["start"])
    return 0 < length.total_seconds() <= 86400


class Party:
    """Somebody who asks or has."""

    def __init__(self, message, now, earlier=None):
        self.id = message.get("id", "")
        self.kind = message.get("kind")
        self.languages = frozenset(message.get("languages", []))
        self.certificates = [(c["type"], times.parse(c["checkedOn"]), times.parse(c["validUntil"]))
                             for c in message.get("certificates", [])]
        self.blocks = frozenset(message.get("blocks", []))
        self.version = earlier.version + 1 if earlier else 1
        self.created_at = earlier.created_at if earlier else now

    def traits(self, now):
        """The types of the certificates that count now."""
        return frozenset(kind for kind, since, until in self.certificates if since <= now < until)


class Connector:
    """Who looks after areas."""

    def __init__(self, message, earlier=None):
        self.id = message.get("id", "")
        self.areas = frozenset(message.get("areas", []))
        self.ceiling = message.get("ceiling", 0)
        absent = message.get("absentFrom"), message.get("absentUntil")
        self.absent = tuple(times.parse(t) for t in absent) if all(absent) else None
        self.substitute_id = message.get("substituteId", "")
        self.version = earlier.version + 1 if earlier else 1

    def is_absent(self, now):
        return self.absent is not None and self.absent[0] <= now < self.absent[1]


class Suggestion:
    """What the engine proposed, until it is decided and after."""

    def __init__(self, number, pair, now):
        self.id = f"s{number:012d}"
        self.demand_id, self.supply_id = pair.need.listing.id, pair.offer.listing.id
        self.demand_party = pair.need.listing.party_id
        self.supply_party = pair.offer.listing.party_id
        self.state = "PROPOSED"
        self.version = 1
        self.pair = pair
        self.assignee = None
        self.lowest_threshold = 0
        self.relaxed = []
        self.area = pair.need.listing.buurt
        self.created_at = self.updated_at = now
        self.expires_at = now + SUGGESTION_LIFETIME
        self.until = self.connected_at = None
        self.reason = self.outcome = ""
        self.demand_yes = self.supply_yes = False
        self.appointments = []
        self.last_step, self.state_before, self.until_before = "CREATE", None, None

    @property
    def is_open(self):
        return self.state in OPEN_STATES

    @property
    def takes_supply(self):
        return self.state in ROOM_STATES

    @property
    def takes_demand(self):
        return self.state in ROOM_STATES or self.state == "COMPLETED"

    def step(self, name, state, now):
        """Moves to a state, as one step of its history."""
        self.state_before = self.state
        self.last_step = name
        self.state = state
        self.version += 1
        self.updated_at = now
