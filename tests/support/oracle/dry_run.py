# SPDX-License-Identifier: EUPL-1.2
"""A dry run as docs/matching.md 7 defines it: the rounds of two rule sets from a clean slate."""

from . import times
from .model import DEMAND, SUPPLY
from .rounds import ROUND_SIZE, ranking

FIGURES = ("listings", "before", "after", "same", "moved", "appear", "vanish", "first", "last")
FREE = ("WITHDRAWN", "PROPOSED", "PARKED")
AGES = (("0-1", 1), ("1-7", 7), ("7-30", 30), ("30-90", 90), ("90-", None))


def _is_open(listing, figures):
    return listing.is_open(figures.now) and figures.room(listing) >= 1


def _by_id(listings):
    return sorted(listings, key=lambda x: x.id.encode())


def lists(state, rules, now):
    """What each open demand listing gets: {listing id: [pair ...]}, by ascending id."""
    figures = state.figures(now)
    proposed, given = {}, {}
    decided = {(s.demand_id, s.supply_id) for s in state.suggestions.values()
               if s.state not in FREE}
    active, state.rules = state.rules, rules
    for demand in _by_id(state.by_side[DEMAND].values()):
        if not _is_open(demand, figures):
            continue
        fitting = [pair for other, pair in ranking(state, state.facts(demand, figures), figures)
                   if pair.score >= rules.allowance(demand, now).threshold
                   and given.get(other.party_id, 0) < rules.per_supply
                   and (demand.id, other.id) not in decided]
        got = proposed[demand.id] = []
        for pair in fitting[:ROUND_SIZE]:
            party = pair.offer.listing.party_id
            if len(got) < rules.per_demand and given.get(party, 0) < rules.per_supply:
                got.append(pair)
                given[party] = given.get(party, 0) + 1
    state.rules = active
    return proposed


def _ids(pairs):
    return [pair.offer.listing.id for pair in pairs]


def compare(before, after):
    """The figures of one listing from its two lists of ids."""
    same = sum(x == y for x, y in zip(before, after))
    both = len(set(before) & set(after))
    return dict(zip(FIGURES, (1, len(before), len(after), same, both - same, len(after) - both,
                              len(before) - both, int(not before and bool(after)),
                              int(bool(before) and not after))))


def _add(sums, key, figures):
    row = sums.setdefault(key, dict.fromkeys(FIGURES, 0))
    for name, number in figures.items():
        row[name] += number


def _age(listing, now):
    days = (now - listing.created_at) / times.DAY
    return next(key for key, end in AGES if end is None or days < end)


def _helpers(state, figures, proposals):
    """{party: [proposals before, after]} of who has an open supply listing."""
    counts = {x.party_id: [0, 0] for x in state.by_side[SUPPLY].values() if _is_open(x, figures)}
    for side, given in enumerate(proposals):
        for pairs in given.values():
            for pair in pairs:
                counts[pair.offer.listing.party_id][side] += 1
    return counts


def dry_run(state, before_rules, after_rules, now):
    """What the report of a dry run must say."""
    proposals = lists(state, before_rules, now), lists(state, after_rules, now)
    figures = state.figures(now)
    out = {"total": {}, "areas": {}, "categories": {}, "ages": {}, "cases": []}
    for listing_id, pairs in proposals[0].items():
        listing = state.listings[listing_id]
        one, two = _ids(pairs), _ids(proposals[1][listing_id])
        row = compare(one, two)
        _add(out["total"], "", row)
        _add(out["areas"], listing.buurt or "", row)
        for branch in {code.split(".")[0] for code in listing.categories}:
            _add(out["categories"], branch, row)
        _add(out["ages"], _age(listing, now), row)
        if row["appear"] + row["vanish"]:
            out["cases"].append((listing_id, row["appear"] + row["vanish"],
                                 {i: (_rank(one, i), _rank(two, i)) for i in one + two}))
    out["cases"].sort(key=lambda case: (-case[1], case[0].encode()))
    out["cases"] = out["cases"][:10]
    helpers = _helpers(state, figures, proposals)
    out["helpers"] = helpers
    out["idle"] = {p for p in helpers if figures.load.get(p, 0) == 0}
    return out


def _rank(ids, supply_id):
    return ids.index(supply_id) + 1 if supply_id in ids else 0
