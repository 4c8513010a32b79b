# SPDX-License-Identifier: EUPL-1.2
"""What the oracle remembers, and its log of events."""

from . import times
from .geo import find_area
from .model import CASE_STATES, DEMAND, SUPPLY
from .pairs import Facts, Figures, Judge
from .rulesets import STANDARD
from .taxonomy import Taxonomy


class Work:
    """One command while it runs: its instant and what its first step touched."""

    def __init__(self, now):
        self.now = now
        self.touched = set()
        self.rounds = set()
        self.left_open = []
        self.room_before = {}
        self.test_all = False
        self.midnight = False
        self.created = 0
        self.failed_hard, self.failed_terms = set(), {}

    def count_failures(self, rules, pair, passes=False):
        """Functions that fail for a pair of this command; terms only where it passes."""
        hard, terms = rules.failing(pair)
        self.failed_hard.update(hard)
        for name in terms if passes else ():
            self.failed_terms[name] = self.failed_terms.get(name, 0) + 1


class State:
    """Records by id. Suggestions stand in the order of their ids."""

    def __init__(self, preamble=()):
        self.parties, self.listings, self.connectors = {}, {}, {}
        self.by_side = {DEMAND: {}, SUPPLY: {}}
        self.suggestions, self.last_of_pair = {}, {}
        self.areas, self.staged_areas, self.taxonomy = [], [], Taxonomy()
        self.use_rules(STANDARD)
        self.events = list(preamble)
        self.judge = Judge()

    # Events

    def log(self, work, kind, **ids):
        """Writes one event; `ids` are wire names."""
        event = {"seq": self.sequence() + 1, "at": times.show(work.now), "type": kind}
        event.update({name: value for name, value in ids.items() if value})
        self.events.append(event)

    def sequence(self):
        return int(self.events[-1]["seq"]) if self.events else 0

    # Rules

    def use_rules(self, rules):
        """Another set, or the same one again, with a clean record."""
        self.rules = rules
        self.told_hard, self.failures = set(), {}

    # Listings

    def place(self, listing):
        """Stores a listing in the place of its earlier version."""
        listing.area = find_area(self.areas, listing.point)
        self.listings[listing.id] = listing
        self.by_side[listing.side][listing.id] = listing

    def remove_listing(self, listing):
        del self.listings[listing.id]
        del self.by_side[listing.side][listing.id]

    def others(self, listing):
        """All listings of the other side."""
        return self.by_side[SUPPLY if listing.side == DEMAND else DEMAND].values()

    def listings_of(self, party_id):
        return [x for x in self.listings.values() if x.party_id == party_id]

    # Suggestions

    def add_suggestion(self, suggestion):
        self.suggestions[suggestion.id] = suggestion
        self.last_of_pair[suggestion.demand_id, suggestion.supply_id] = suggestion

    def remove_suggestion(self, suggestion):
        del self.suggestions[suggestion.id]
        key = suggestion.demand_id, suggestion.supply_id
        if self.last_of_pair.get(key) is suggestion:
            del self.last_of_pair[key]

    def may_suggest(self, demand_id, supply_id):
        """Whether the pair has no earlier suggestion but withdrawn ones."""
        last = self.last_of_pair.get((demand_id, supply_id))
        return last is None or last.state == "WITHDRAWN"

    def open_suggestions(self):
        return [s for s in self.suggestions.values() if s.is_open]

    # Figures

    def figures(self, now):
        return Figures(self.suggestions.values(), now)

    def room(self, listing):
        taken = 0
        for s in self.suggestions.values():
            taken += s.takes_demand and s.demand_id == listing.id
            taken += s.takes_supply and s.supply_id == listing.id
        return listing.capacity - taken

    def facts(self, listing, figures):
        """Facts of a stored listing, made once per set of figures."""
        found = figures.facts.get(listing.id)
        if found is None:
            found = Facts(listing, self.parties.get(listing.party_id), figures)
            figures.facts[listing.id] = found
        return found

    def cases(self):
        """Cases of every connector that has one."""
        counts = {}
        for s in self.suggestions.values():
            if s.assignee and s.state in CASE_STATES:
                counts[s.assignee] = counts.get(s.assignee, 0) + 1
        return counts
