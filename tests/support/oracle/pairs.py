# SPDX-License-Identifier: EUPL-1.2
"""Pairs: facts of both sides, the eight constraints, the values and the score."""

from . import geo, slots, times
from .model import DEMAND
from .rulesets import RELAXABLE, millionths

CONSTRAINTS = ("open", "parties", "category", "distance", "time", "language", "traits", "rules")
DAY_MS = float(times.DAY)
THIRTY_DAYS = 30 * times.DAY


class Figures:
    """What is counted over all suggestions at one instant.

    Rule values (`open`, `asked`, `load`, `taken`) follow withdrawals but not new suggestions; the
    counts behind the limits follow both.
    """

    def __init__(self, suggestions, now):
        self.now = now
        self.open, self.asked, self.load, self.taken = {}, {}, {}, {}
        self.limit_demand, self.limit_supply = {}, {}
        self.busy = {}
        self.facts = {}
        for suggestion in suggestions:
            self._count(suggestion)

    def _count(self, s):
        for party in (s.demand_party, s.supply_party):
            self.asked[party] = max(self.asked.get(party, 0), s.created_at)
            if s.is_open:
                self.open[party] = self.open.get(party, 0) + 1
            if s.connected_at is not None and self.now - THIRTY_DAYS < s.connected_at <= self.now:
                self.load[party] = self.load.get(party, 0) + 1
            if s.state == "CONNECTED" and s.appointments:
                self.busy.setdefault(party, []).extend(s.appointments)
        if s.is_open:
            self.add_to_limits(s, 1)
        if s.takes_demand:
            self.taken[s.demand_id] = self.taken.get(s.demand_id, 0) + 1
        if s.takes_supply:
            self.taken[s.supply_id] = self.taken.get(s.supply_id, 0) + 1

    def add_to_limits(self, s, change):
        self.limit_demand[s.demand_id] = self.limit_demand.get(s.demand_id, 0) + change
        self.limit_supply[s.supply_party] = self.limit_supply.get(s.supply_party, 0) + change

    def withdrawn(self, s):
        """An open suggestion left: counts of both parties go down, their facts are made anew."""
        self.add_to_limits(s, -1)
        for party in (s.demand_party, s.supply_party):
            self.open[party] -= 1
        gone = (s.demand_party, s.supply_party)
        for key in [k for k, f in self.facts.items() if f.listing.party_id in gone]:
            del self.facts[key]

    def room(self, listing):
        return listing.capacity - self.taken.get(listing.id, 0)


class Facts:
    """What rules read of one listing and its party. Numbers are doubles."""

    def __init__(self, listing, party, figures):
        now = figures.now
        self.listing = listing
        self.party = party
        party_id = listing.party_id
        self.languages = listing.languages or (party.languages if party else frozenset())
        self.requires = listing.requires
        self.provides = listing.provides | party.traits(now) if party else listing.provides
        self.now = now
        self.room = float(figures.room(listing))
        self.urgency = float(listing.urgency)
        self.duration = float(listing.duration_min)
        self.age_ms = now - listing.created_at
        self.age_days = self.age_ms / DAY_MS
        self.wijk = listing.area_code("wijk")
        self.load = float(figures.load.get(party_id, 0)) if party_id else 0.0
        self.open = float(figures.open.get(party_id, 0)) if party_id else 0.0
        asked = figures.asked.get(party_id) if party_id else None
        self.days_since_asked = None if asked is None else (now - asked) / DAY_MS
        self.is_open = listing.is_open(now) and self.room >= 1
        self.bits = self._available(listing, figures.busy.get(party_id, ()), now)

    @staticmethod
    def _available(listing, busy, now):
        first_slot = now // times.SLOT
        base = first_slot * times.SLOT
        bits = slots.window_bits(listing.windows, first_slot)
        bits &= slots.span_bits(listing.valid_from, listing.valid_until, base, slots.HORIZON)
        for start, end in busy:
            bits &= ~slots.touched_bits(start, end, base, slots.HORIZON)
        return bits


class Pair:
    """A demand and a supply side with the values of both together."""

    __slots__ = ("need", "offer", "closeness", "distance", "common", "overlap", "longest", "score",
                 "double", "values")

    def __init__(self, need, offer, closeness, distance):
        self.need, self.offer = need, offer
        self.closeness = closeness
        self.distance = distance
        self.common = need.bits & offer.bits
        self.overlap = 15.0 * self.common.bit_count()
        self.longest = 15.0 * slots.longest_run(self.common)
        self.score = self.values = self.double = None

    def judge(self, rules, functions=True):
        self.double, self.values = rules.score(self, functions)
        self.score = millionths(self.double)


def near_enough(need, offer, distance, extra_m):
    """C4 of two listings at a distance, or None when it is missing."""
    if need.remote and offer.remote:
        return True
    if distance is None:
        return False
    if not distance <= max(need.reach_m, offer.reach_m) + extra_m:
        return False
    return all(distance <= side.within_m for side in (need, offer) if side.within_m)


class Judge:
    """Tests and scores pairs. Values that only listings decide are kept per pair of versions."""

    def __init__(self):
        self._fixed = {}

    def forget(self):
        self._fixed.clear()

    def fixed(self, need, offer, taxonomy):
        """(closeness, distance or None) of two listings."""
        key = (need.serial, offer.serial)
        found = self._fixed.get(key)
        if found is None:
            closeness = taxonomy.closeness(need.categories, offer.categories)
            distance = None
            known = need.point is not None and offer.point is not None
            if known and not (need.remote and offer.remote):
                distance = geo.distance_m(need.point, offer.point)
            found = closeness, distance
            self._fixed[key] = found
        return found

    @staticmethod
    def parties_fit(need, offer):
        """C2."""
        one, other = need.party, offer.party
        if one is None or other is None:
            return True
        return one.id != other.id and other.id not in one.blocks and one.id not in other.blocks

    @staticmethod
    def _languages_fit(need, offer):
        return (not need.languages or not offer.languages
                or not need.languages.isdisjoint(offer.languages))

    @staticmethod
    def _traits_fit(need, offer):
        return need.requires <= offer.provides and offer.requires <= need.provides

    def strained(self, pair, allowance):
        """Of C3, C4 and C6, the words of those that fail under an allowance."""
        need, offer = pair.need, pair.offer
        fails = {"distance": not near_enough(need.listing, offer.listing, pair.distance,
                                             allowance.extra_m),
                 "language": not (allowance.any_language or self._languages_fit(need, offer)),
                 "category": pair.closeness < allowance.floor}
        return {word for word, yes in fails.items() if yes}

    def needed(self, pair, rules):
        """Which of the four the pair needed beyond what is usual, in their order."""
        allowance = rules.allowance(pair.need.listing, pair.need.now)
        words = self.strained(pair, rules.usual()) - self.strained(pair, allowance)
        if allowance.threshold <= pair.score < rules.threshold:
            words.add("threshold")
        return [word for word in RELAXABLE if word in words]

    def would_do(self, pair, failed, allowance):
        """Whether a pair that fails these words now does under another allowance."""
        return (not set(failed) - {"distance", "language", "category"}
                and not self.strained(pair, allowance) and pair.score >= allowance.threshold)

    def possible(self, need, offer, rules, taxonomy, functions=True):
        """The pair when C2-C8 hold, or None. C1 is the caller's."""
        closeness, distance = self.fixed(need.listing, offer.listing, taxonomy)
        pair = Pair(need, offer, closeness, distance)
        if self.strained(pair, rules.allowance(need.listing, need.now)):
            return None
        if not (self.parties_fit(need, offer) and self._traits_fit(need, offer)):
            return None
        if pair.longest < max(15, need.listing.duration_min):
            return None
        return None if rules.failed_hard(pair, functions) else pair

    def pair(self, need, offer, taxonomy):
        closeness, distance = self.fixed(need.listing, offer.listing, taxonomy)
        return Pair(need, offer, closeness, distance)

    def failures(self, need, offer, rules, taxonomy):
        """The pair and the words of all constraints that fail, in their order, without C2."""
        closeness, distance = self.fixed(need.listing, offer.listing, taxonomy)
        pair = Pair(need, offer, closeness, distance)
        strained = self.strained(pair, rules.allowance(need.listing, need.now))
        tests = (("open", need.is_open and offer.is_open), ("category", "category" not in strained),
                 ("distance", "distance" not in strained),
                 ("time", pair.longest >= max(15, need.listing.duration_min)),
                 ("language", "language" not in strained),
                 ("traits", self._traits_fit(need, offer)),
                 ("rules", rules.failed_hard(pair, True) is None))
        return pair, tuple(word for word, holds in tests if not holds)

    def withdrawal_reason(self, need, offer, rules, taxonomy, now):
        """Why an open suggestion is not possible any more, or None."""
        listings = need.listing, offer.listing
        if any(listing.status != "OPEN" for listing in listings):
            return "closed"
        if any(now >= listing.valid_until for listing in listings):
            return "expired"
        if need.room < 1 or offer.room < 1:
            return "filled"
        if not self.parties_fit(need, offer):
            return "parties"
        pair, failed = self.failures(need, offer, rules, taxonomy)
        if not failed:
            return None
        if failed[0] == "rules":
            return "rule:" + rules.failed_hard(pair, True)
        return failed[0]


def sides(one, other):
    """The demand side first."""
    return (one, other) if one.listing.side == DEMAND else (other, one)
