# SPDX-License-Identifier: EUPL-1.2
"""The second and third step of a command: test open suggestions again, then hold rounds."""

from . import times
from .model import DEMAND, Suggestion
from .pairs import sides

FIRST_RANKING = 100
ROUND_SIZE = 20
LONGEST_CHAIN = 8
FAILURES_COUNT = 5 * times.MINUTE
FAILURES_ALLOWED = 3


def rank_key(item):
    """Highest score first, then the counterpart's id, bytewise."""
    counterpart, pair = item
    return -pair.score, counterpart.id.encode()


def ranking(state, facts, figures, work=None):
    """(counterpart listing, pair) of all possible counterparts, best first, functions included.

    `work` is the command whose round it is; failures count for that one, not in questions.
    """
    rules = state.rules
    found = []
    for other in state.others(facts.listing):
        if not other.is_open(figures.now) or figures.room(other) < 1:
            continue
        need, offer = sides(facts, state.facts(other, figures))
        pair = state.judge.possible(need, offer, rules, state.taxonomy, functions=False)
        if pair is not None:
            pair.judge(rules, functions=False)
            found.append((other, pair))
    found.sort(key=rank_key)
    return _second_phase(rules, found[:FIRST_RANKING], work) if rules.two_phases else found


def _second_phase(rules, found, work):
    kept = []
    for item in found:
        passes = rules.failed_hard(item[1], True) is None
        if work is not None:
            work.count_failures(rules, item[1], passes)
        if passes:
            item[1].judge(rules)
            kept.append(item)
    return sorted(kept, key=rank_key)


def _test_again(state, work, figures):
    """Withdraws the open suggestions that are not possible any more."""
    for s in state.open_suggestions():
        concerned = s.demand_party in work.touched or s.supply_party in work.touched
        if not (work.test_all or concerned):
            continue
        need = state.facts(state.listings[s.demand_id], figures)
        offer = state.facts(state.listings[s.supply_id], figures)
        reason = state.judge.withdrawal_reason(need, offer, state.rules, state.taxonomy, work.now)
        if reason is None or reason.startswith("rule:"):
            work.count_failures(state.rules, state.judge.pair(need, offer, state.taxonomy))
        if reason is None:
            continue
        s.step("WITHDRAW", "WITHDRAWN", work.now)
        s.reason = reason
        state.log(work, "suggestion.withdrawn", suggestionId=s.id, detail=reason)
        figures.withdrawn(s)
        work.left_open.append(s)


def _due_rounds(state, work, figures):
    """The ids of the listings whose round this command holds."""
    ids = set(work.rounds)
    for listing_id, before in work.room_before.items():
        listing = state.listings.get(listing_id)
        if listing is not None and before < 1 <= figures.room(listing):
            ids.add(listing_id)
    supply_parties = set()
    for s in work.left_open:
        ids.add(s.demand_id)
        supply_parties.add(s.supply_party)
    ids.update(x.id for x in state.listings.values() if x.party_id in supply_parties)
    if work.midnight:
        ids.update(state.by_side[DEMAND])
    return sorted((i for i in ids if i in state.listings), key=str.encode)


def _fits_limits(rules, figures, demand_id, supply_party):
    return (figures.limit_demand.get(demand_id, 0) < rules.per_demand
            and figures.limit_supply.get(supply_party, 0) < rules.per_supply)


def _can_gain(rules, figures, listing):
    """Whether the listing's own limit leaves anything to a round."""
    if listing.side == DEMAND:
        return figures.limit_demand.get(listing.id, 0) < rules.per_demand
    return figures.limit_supply.get(listing.party_id, 0) < rules.per_supply


def _chosen(state, work, facts, figures):
    """The best pairs of a round that are over the threshold, fit and were not suggested before."""
    rules = state.rules
    chosen = []
    for _, pair in ranking(state, facts, figures, work):
        demand, supply = pair.need.listing, pair.offer.listing
        if (pair.score >= rules.allowance(demand, figures.now).threshold
                and _fits_limits(rules, figures, demand.id, supply.party_id)
                and state.may_suggest(demand.id, supply.id)):
            chosen.append(pair)
    return chosen[:ROUND_SIZE]


def _round(state, work, figures, listing):
    is_open = listing.is_open(work.now) and figures.room(listing) >= 1
    if not is_open or not _can_gain(state.rules, figures, listing):
        return
    for pair in _chosen(state, work, state.facts(listing, figures), figures):
        demand, supply = pair.need.listing, pair.offer.listing
        if not _fits_limits(state.rules, figures, demand.id, supply.party_id):
            continue
        suggestion = Suggestion(state.sequence() + 1, pair, work.now)
        suggestion.lowest_threshold = state.rules.lowest_threshold()
        suggestion.relaxed = state.judge.needed(pair, state.rules)
        suggestion.assignee = assignee(state, demand, work.now)
        state.add_suggestion(suggestion)
        figures.add_to_limits(suggestion, 1)
        state.log(work, "suggestion.created", suggestionId=suggestion.id)
        work.created += 1


def finish(state, work):
    """Steps two and three of a command."""
    if not (work.touched or work.rounds or work.left_open or work.room_before or work.test_all
            or work.midnight):
        return
    figures = state.figures(work.now)
    _test_again(state, work, figures)
    for listing_id in _due_rounds(state, work, figures):
        _round(state, work, figures, state.listings[listing_id])
    _account(state, work)


def _account(state, work):
    """Hard rules that fail are told once; a term with three failures in five minutes goes off."""
    for rule in state.rules.hard:
        if rule.name in work.failed_hard - state.told_hard:
            state.told_hard.add(rule.name)
            state.log(work, "rules.hard_failing", detail=rule.name)
    for rule in state.rules.terms:
        if rule.name not in work.failed_terms:
            continue
        still = [at for at in state.failures.get(rule.name, ()) if at > work.now - FAILURES_COUNT]
        still += [work.now] * work.failed_terms[rule.name]
        state.failures[rule.name] = still
        if len(still) >= FAILURES_ALLOWED:
            state.rules = state.rules.without(rule.name)
            state.log(work, "rules.term_off", detail=rule.name)


def _present(state, connector, now):
    """The connector, or who replaces them; None when nobody does."""
    for _ in range(LONGEST_CHAIN):
        if connector is None or not connector.is_absent(now):
            return connector
        connector = state.connectors.get(connector.substitute_id)
    return connector if connector is not None and not connector.is_absent(now) else None


def _levels(state, listing):
    """Groups of connectors to try, nearest first."""
    everybody = state.connectors.values()
    if listing.area is None:
        yield [c for c in everybody if any(code.startswith("GM") for code in c.areas)]
        return
    for code in (listing.buurt, listing.area_code("wijk"), listing.area_code("gemeente")):
        yield [c for c in everybody if code in c.areas]


def assignee(state, listing, now):
    """The id of the connector who gets a suggestion of this demand listing, or None."""
    cases = state.cases()
    for group in _levels(state, listing):
        present = {c.id: c for c in (_present(state, c, now) for c in group) if c is not None}
        free = [c for c in present.values()
                if not c.ceiling or cases.get(c.id, 0) < c.ceiling]
        if free:
            return min(free, key=lambda c: (cases.get(c.id, 0), c.id.encode())).id
    return None
