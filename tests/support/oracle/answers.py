# SPDX-License-Identifier: EUPL-1.2
"""Questions: match, why not, and the lists. Only the fields that are compared are given."""

from . import slots, times
from .geo import find_area
from .model import DEMAND, OPEN_STATES, SUPPLY, Listing, Refused
from .pairs import Facts, sides
from .rounds import rank_key, ranking
from .rulesets import RELAXABLE

_CLOSED_WORDS = {"PAUSED": "paused", "FULFILLED": "fulfilled", "WITHDRAWN": "withdrawn",
                 "EXPIRED": "expired"}


# Match

def _asked_listing(state, message, now, figures):
    """Facts of the listing that a question names or gives."""
    if "listing" not in message:
        listing = state.listings.get(message.get("listingId"))
        if listing is None:
            raise Refused("NOT_FOUND")
        return state.facts(listing, figures)
    listing = Listing(message["listing"], now)
    listing.relaxed = frozenset()
    listing.check(now, state.taxonomy)
    if listing.party_id and listing.party_id not in state.parties:
        raise Refused()
    listing.area = find_area(state.areas, listing.point)
    return Facts(listing, state.parties.get(listing.party_id), figures)


def _closed_reason(facts, now):
    listing = facts.listing
    if listing.status != "OPEN":
        return _CLOSED_WORDS[listing.status]
    if now >= listing.valid_until:
        return "expired"
    return "filled" if facts.room < 1 else None


def _terms(pair):
    return [{"name": rule.name, "weight": rule.weight, "value": value, "applies": value is not None}
            for rule, value in pair.values]


def _common(pair, now):
    base = now // times.SLOT * times.SLOT
    spans = ((base + first * times.SLOT, base + end * times.SLOT)
             for first, end in slots.runs(pair.common))
    return [{"start": times.show(start), "end": times.show(end)} for start, end in spans]


def _match_item(state, other, pair, now):
    item = {"listingId": other.id, "score": str(pair.score), "overlapMin": pair.overlap,
            "terms": _terms(pair), "common": _common(pair, now), "title": other.title,
            "buurt": other.buurt or "", "kind": other.kind,
            "relaxed": state.judge.needed(pair, state.rules)}
    if pair.distance is not None:
        item["distanceM"] = pair.distance
    return item


def _match_one(state, query, now, figures):
    try:
        facts = _asked_listing(state, query, now, figures)
    except Refused as refusal:
        return {"status": refusal.word}
    reason = _closed_reason(facts, now)
    if reason:
        return {"reason": reason}
    found = ranking(state, facts, figures)[:query.get("limit", 20)]
    if not found:
        return {"reason": "no match"}
    return {"matches": [_match_item(state, other, pair, now) for other, pair in found]}


def match(state, message, now):
    figures = state.figures(now)
    results = [_match_one(state, query, now, figures) for query in message["queries"]]
    return {"matches": {"results": results}}


# Why not

def _misses(found):
    best = sorted(found, key=rank_key)[:3]
    return [{"listingId": other.id, "score": str(pair.score)} for other, pair in best]


def _is_related(pair):
    branches = [{code.split(".")[0] for code in facts.listing.categories}
                for facts in (pair.need, pair.offer)]
    return pair.closeness > 0 or not branches[0].isdisjoint(branches[1])


def _group(words, found):
    related = [(o, p) for o, p in found if _is_related(p)] if "category" in words else []
    return {"constraints": list(words), "count": str(len(found)), "best": _misses(found),
            "related": _misses(related)}


def _failing_sets(state, facts, now, figures):
    """All counterparts whose failure may be told, by the set of constraints that they fail."""
    by_set = {}
    for other in state.others(facts.listing):
        if other.status not in ("OPEN", "PAUSED") or now >= other.valid_until:
            continue
        need, offer = sides(facts, state.facts(other, figures))
        if not state.judge.parties_fit(need, offer):
            continue
        pair, failed = state.judge.failures(need, offer, state.rules, state.taxonomy)
        pair.judge(state.rules)
        by_set.setdefault(failed, []).append((other, pair))
    return by_set


def _opens(state, facts, now, by_set, stored):
    """What would open the list of a demand listing, and for how many more."""
    rules, listing = state.rules, facts.listing
    found = []
    if listing.side != DEMAND:
        return found
    current = last = rules.allowance(listing, now)

    def more(then):
        return sum(state.judge.would_do(pair, words, then)
                   and not state.judge.would_do(pair, words, current)
                   for words, pairs in by_set.items() for _, pair in pairs)
    for instant in (i for i in rules.instants(listing) if i > now):
        then = rules.allowance(listing, instant)
        if then.wider_than(last):
            found.append({"constraints": list(then.wider_than(current)), "count": str(more(then)),
                          "from": times.show(instant),
                          "afterMs": str(instant - listing.created_at), "relaxCase": stored})
        last = then
    for word in RELAXABLE if stored else ():
        then = rules.allowance(listing, now, listing.relaxed | {word})
        if then.wider_than(current):
            found.append({"constraints": [word], "count": str(more(then)), "relaxCase": True})
    return found


def why_not(state, message, now):
    """Groups; when no counterpart fails exactly one, all smallest sets as alternatives."""
    figures = state.figures(now)
    try:
        facts = _asked_listing(state, message, now, figures)
    except Refused as refusal:
        return {"status": refusal.word}
    reason = _closed_reason(facts, now)
    if reason:
        return {"whyNot": {"reason": reason}}
    by_set = _failing_sets(state, facts, now, figures)
    opens = _opens(state, facts, now, by_set, "listing" not in message)
    result = {"counterparts": str(sum(len(v) for v in by_set.values())),
              "possible": str(len(by_set.pop((), ())))}
    size = min(map(len, by_set), default=0)
    groups = [_group(words, found) for words, found in by_set.items() if len(words) == size]
    result["groups" if size <= 1 else "oneOf"] = groups
    result["opens"] = opens
    return {"whyNot": result}


# Lists

def _suggestion(s):
    pair = s.pair
    need, offer = pair.need, pair.offer
    values = {"overlapMin": pair.overlap, "longestMin": pair.longest, "closeness": pair.closeness,
              "needLoad30d": need.load, "offerLoad30d": offer.load,
              "needOpenSuggestions": need.open, "offerOpenSuggestions": offer.open,
              "needAgeDays": need.age_days, "offerAgeDays": offer.age_days,
              "needRoom": need.room, "offerRoom": offer.room}
    optional = {"distanceM": pair.distance, "needDaysSinceAsked": need.days_since_asked,
                "offerDaysSinceAsked": offer.days_since_asked}
    values.update({name: value for name, value in optional.items() if value is not None})
    answer = {"id": s.id, "demandId": s.demand_id, "supplyId": s.supply_id,
              "demandPartyId": s.demand_party, "supplyPartyId": s.supply_party, "state": s.state,
              "version": str(s.version), "score": str(pair.score), "terms": _terms(pair),
              "values": values, "assignee": s.assignee or "", "area": s.area or "",
              "createdAt": times.show(s.created_at), "updatedAt": times.show(s.updated_at),
              "expiresAt": times.show(s.expires_at), "demandYes": s.demand_yes,
              "supplyYes": s.supply_yes, "reason": s.reason, "outcome": s.outcome,
              "relaxed": s.relaxed}
    if s.state == "PARKED":
        answer["until"] = times.show(s.until)
    if s.connected_at is not None:
        answer["connectedAt"] = times.show(s.connected_at)
    if s.state == "CONNECTED":
        answer["appointments"] = [{"start": times.show(a), "end": times.show(b)}
                                  for a, b in s.appointments]
    return answer


def list_suggestions(state, message, now):
    states = message.get("states") or OPEN_STATES
    wanted = {"listingId": lambda s: (s.demand_id, s.supply_id),
              "partyId": lambda s: (s.demand_party, s.supply_party),
              "assignee": lambda s: (s.assignee,), "area": lambda s: (s.area,)}
    filters = [(message[name], read) for name, read in wanted.items() if message.get(name)]
    items = [s for s in state.suggestions.values()
             if s.state in states and all(value in read(s) for value, read in filters)]
    if message.get("bestFirst"):
        items.sort(key=lambda s: (-s.pair.score, s.id))
    items = [s for s in items if s.id > message.get("after", "")][:message.get("limit", 50)]
    return {"suggestions": {"items": [_suggestion(s) for s in items]}}


def get_suggestion(state, message, now):
    s = state.suggestions.get(message.get("id"))
    return {"suggestion": _suggestion(s)} if s else {"status": "NOT_FOUND"}


def _case(listing):
    if not listing.relaxed:
        return {"relaxed": []}
    return {"relaxed": [word for word in RELAXABLE if word in listing.relaxed],
            "relaxedUntil": times.show(listing.relaxed_until)}


def _listing(listing):
    return _case(listing) | {"id": listing.id, "kind": listing.kind, "partyId": listing.party_id,
            "status": listing.status, "version": str(listing.version), "title": listing.title,
            "categories": listing.categories, "capacity": listing.capacity,
            "createdAt": times.show(listing.created_at),
            "validFrom": times.show(listing.valid_from),
            "validUntil": times.show(listing.valid_until),
            "updatedAt": times.show(listing.updated_at), "buurt": listing.buurt or "",
            "wijk": listing.area_code("wijk") or "",
            "gemeente": listing.area_code("gemeente") or ""}


def list_listings(state, message, now):
    items = sorted(state.listings.values(), key=lambda x: x.id.encode())
    items = [x for x in items if x.id.encode() > message.get("after", "").encode()]
    return {"listings": {"items": [_listing(x) for x in items[:message.get("limit", 50)]]}}


def get_listing(state, message, now):
    listing = state.listings.get(message.get("id"))
    return {"listing": _listing(listing)} if listing else {"status": "NOT_FOUND"}


def list_connectors(state, message, now):
    cases = state.cases()
    ids = sorted(state.connectors, key=str.encode)
    return {"connectors": {"items": [{"id": i} for i in ids],
                           "cases": [cases.get(i, 0) for i in ids]}}


def read_events(state, message, now):
    after = int(message.get("after", 0))
    items = [e for e in state.events[after:] if int(e["seq"]) > after]
    return {"events": {"items": items[:message.get("limit", 100)], "last": str(state.sequence())}}


def get_status(state, message, now):
    suggestions = state.suggestions.values()
    return {"engineStatus": {
        "now": times.show(now), "demandListings": str(len(state.by_side[DEMAND])),
        "supplyListings": str(len(state.by_side[SUPPLY])), "parties": str(len(state.parties)),
        "suggestionsOpen": str(sum(s.is_open for s in suggestions)),
        "suggestions": str(len(suggestions)), "lastEvent": str(state.sequence()),
        "connectors": str(len(state.connectors))}}


QUESTIONS = {"match": match, "whyNot": why_not, "listSuggestions": list_suggestions,
             "getSuggestion": get_suggestion, "listListings": list_listings,
             "getListing": get_listing, "listConnectors": list_connectors,
             "readEvents": read_events, "getStatus": get_status}
