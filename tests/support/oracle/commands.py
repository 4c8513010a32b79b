# SPDX-License-Identifier: EUPL-1.2
"""The first step of every command: check, change, write its events.

Each function takes the state, the running work and the message, raises Refused before it changes
anything, and gives (id, version, created) for the receipt.
"""

from . import times
from .model import DEMAND, Connector, Listing, Party, Refused
from .rulesets import RELAXABLE
from .taxonomy import Taxonomy

STATUS_EVENTS = {"OPEN": "listing.reopened", "PAUSED": "listing.paused",
                 "FULFILLED": "listing.fulfilled", "WITHDRAWN": "listing.withdrawn",
                 "EXPIRED": "listing.expired"}


# Listings and parties

def put_listing(state, work, message):
    earlier = state.listings.get(message.get("id"))
    listing = Listing(message, work.now, earlier)
    listing.check(work.now, state.taxonomy)
    if listing.party_id not in state.parties:
        raise Refused()
    if earlier and (earlier.party_id != listing.party_id or earlier.side != listing.side):
        raise Refused()
    state.place(listing)
    state.log(work, "listing.updated" if earlier else "listing.created", listingId=listing.id)
    work.touched.add(listing.party_id)
    work.rounds.add(listing.id)
    return listing.id, listing.version, earlier is None


def change_status(state, work, listing, status):
    """Gives a listing another status, with its event."""
    listing.status = status
    listing.version += 1
    listing.updated_at = work.now
    state.log(work, STATUS_EVENTS[status], listingId=listing.id)
    work.touched.add(listing.party_id)
    work.rounds.add(listing.id)
    return listing.id, listing.version, False


def set_listing_status(state, work, message):
    listing = state.listings.get(message.get("id"))
    if listing is None:
        raise Refused("NOT_FOUND")
    return change_status(state, work, listing, message["status"])


def _put_case(state, work, listing, words, until):
    """Gives a listing another case, or none, with its event."""
    listing.relaxed, listing.relaxed_until = frozenset(words), until if words else None
    listing.version += 1
    listing.updated_at = work.now
    said = ",".join(word for word in RELAXABLE if word in words) or "ended"
    state.log(work, "listing.relaxed", listingId=listing.id, detail=said)
    work.touched.add(listing.party_id)


def relax_case(state, work, message):
    listing = state.listings.get(message.get("listingId"))
    if listing is None:
        raise Refused("NOT_FOUND")
    words = message.get("constraints", [])
    _need(set(words) <= set(RELAXABLE) and listing.side == DEMAND, "INVALID")
    until = times.parse(message["until"]) if "until" in message else listing.valid_until
    if words:
        _need(listing.status in ("OPEN", "PAUSED"), "CONFLICT")
        _need(until > work.now, "INVALID")
        widest = state.rules.allowance(listing, work.now, RELAXABLE)
        _need(set(words) <= set(widest.wider_than(state.rules.usual())), "CONFLICT")
    if words or listing.relaxed:
        _put_case(state, work, listing, words, until)
        work.rounds.add(listing.id)
    return listing.id, listing.version, False


def end_case(state, work, listing):
    _put_case(state, work, listing, (), None)


def withdraw_listing(state, work, message):
    return set_listing_status(state, work, {"id": message.get("id"), "status": "WITHDRAWN"})


def put_party(state, work, message):
    earlier = state.parties.get(message.get("id"))
    party = Party(message, work.now, earlier)
    if not party.id or party.kind is None:
        raise Refused("INVALID")
    state.parties[party.id] = party
    state.log(work, "party.updated" if earlier else "party.created", partyId=party.id)
    work.touched.add(party.id)
    work.rounds.update(x.id for x in state.listings_of(party.id))
    _end_blocked(state, work, party, party.blocks - (earlier.blocks if earlier else frozenset()))
    return party.id, party.version, earlier is None


def _end_blocked(state, work, party, blocked):
    """A new block declines what is agreed between the two and ends what is connected."""
    for s in list(state.suggestions.values()):
        both = {s.demand_party, s.supply_party}
        if party.id not in both or not both & blocked:
            continue
        if s.state in ("ACCEPTED", "INTRODUCED"):
            step(state, work, s, "DECLINE", "DECLINED", "suggestion.declined", touch=False)
            s.reason = "block"
        elif s.state == "CONNECTED":
            step(state, work, s, "END", "ENDED", "suggestion.ended", touch=False)
            s.reason = "block"


def erase_party(state, work, message):
    party = state.parties.get(message.get("id"))
    if party is None:
        raise Refused("NOT_FOUND")
    listings = sorted(state.listings_of(party.id), key=lambda x: x.id.encode())
    concerned = [s for s in state.suggestions.values()
                 if party.id in (s.demand_party, s.supply_party)]
    for s in concerned:
        _remember_room(state, work, s)
        if s.is_open:
            work.left_open.append(s)
        state.remove_suggestion(s)
        state.log(work, "suggestion.erased", suggestionId=s.id)
    for listing in listings:
        state.remove_listing(listing)
        state.log(work, "listing.erased", listingId=listing.id)
    del state.parties[party.id]
    state.log(work, "party.erased", partyId=party.id)
    return party.id, 0, False


def put_connector(state, work, message):
    earlier = state.connectors.get(message.get("id"))
    connector = Connector(message, earlier)
    state.connectors[connector.id] = connector
    state.log(work, "connector.put")
    return connector.id, connector.version, earlier is None


# Suggestions

def _remember_room(state, work, s):
    for listing_id in (s.demand_id, s.supply_id):
        if listing_id not in work.room_before:
            work.room_before[listing_id] = state.room(state.listings[listing_id])


def step(state, work, s, name, to, event, touch=True):
    """One step of a suggestion: state, version, event, and who is concerned."""
    _remember_room(state, work, s)
    was_open = s.is_open
    s.step(name, to, work.now)
    state.log(work, event, suggestionId=s.id)
    if was_open and not s.is_open:
        work.left_open.append(s)
    if touch:
        work.touched.update((s.demand_party, s.supply_party))


def _seen(state, message):
    """The suggestion that a decision names, at the version that it saw."""
    s = state.suggestions.get(message.get("suggestionId"))
    if s is None:
        raise Refused("NOT_FOUND")
    if int(message.get("version", 0)) != s.version:
        raise Refused("CONFLICT")
    return s


def _need(condition, word="!"):
    if not condition:
        raise Refused(word)


def _appointments(message):
    found = [(times.parse(a["start"]), times.parse(a["end"]))
             for a in message.get("appointments", [])]
    _need(all(end > start for start, end in found))
    return found


def _accept(state, work, s, message):
    _need(s.is_open)
    for listing_id in (s.demand_id, s.supply_id):
        _need(state.room(state.listings[listing_id]) >= 1, "CONFLICT")
    step(state, work, s, "ACCEPT", "ACCEPTED", "suggestion.accepted")


def _reject(state, work, s, message):
    _need(s.is_open and message.get("reason"))
    step(state, work, s, "REJECT", "REJECTED", "suggestion.rejected")
    s.reason = message["reason"]


def _park(state, work, s, message):
    _need(s.is_open and "until" in message)
    until = times.parse(message["until"])
    _need(work.now < until < s.expires_at)
    s.until_before = s.until
    step(state, work, s, "PARK", "PARKED", "suggestion.parked")
    s.until = until


def _introduce(state, work, s, message):
    _need(s.state == "ACCEPTED")
    step(state, work, s, "INTRODUCE", "INTRODUCED", "suggestion.introduced")


def _yes(state, work, s, message):
    side = message.get("side")
    _need(s.state == "INTRODUCED" and side in ("DEMAND", "SUPPLY", "BOTH"))
    demand = s.demand_yes or side in ("DEMAND", "BOTH")
    supply = s.supply_yes or side in ("SUPPLY", "BOTH")
    appointments = _appointments(message)
    if demand and supply:
        step(state, work, s, "YES", "CONNECTED", "suggestion.connected")
        s.connected_at = work.now
        s.appointments = appointments
    else:
        _need(not appointments)
        step(state, work, s, "YES", "INTRODUCED", "suggestion.yes")
    s.demand_yes, s.supply_yes = demand, supply


def _decline(state, work, s, message):
    _need(s.state in ("ACCEPTED", "INTRODUCED") and message.get("reason")
          and message.get("side") in ("DEMAND", "SUPPLY"))
    step(state, work, s, "DECLINE", "DECLINED", "suggestion.declined")
    s.reason = message["reason"]


def _complete(state, work, s, message):
    _need(s.state == "CONNECTED")
    step(state, work, s, "COMPLETE", "COMPLETED", "suggestion.completed")
    s.outcome = message.get("outcome", "")


def _end(state, work, s, message):
    _need(s.state == "CONNECTED")
    step(state, work, s, "END", "ENDED", "suggestion.ended")
    s.reason = message.get("reason", "")


_DECISIONS = {"ACCEPT": _accept, "REJECT": _reject, "PARK": _park, "INTRODUCE": _introduce,
              "YES": _yes, "DECLINE": _decline, "COMPLETE": _complete, "END": _end}


def decide(state, work, message):
    s = _seen(state, message)
    _DECISIONS[message["decision"]](state, work, s, message)
    return s.id, s.version, False


def undo(state, work, message):
    s = _seen(state, message)
    _need(s.last_step in ("ACCEPT", "REJECT", "PARK") and work.now < s.expires_at)
    until = s.until_before if s.last_step == "PARK" else s.until
    parked = s.state_before == "PARKED" and until is not None and work.now < until
    step(state, work, s, "UNDO", "PARKED" if parked else "PROPOSED", "suggestion.undone")
    s.until = until if parked else None
    return s.id, s.version, False


def hand_over(state, work, message):
    s = _seen(state, message)
    _need(message.get("connectorId") in state.connectors, "NOT_FOUND")
    s.assignee = message["connectorId"]
    s.last_step = "HAND_OVER"
    s.version += 1
    s.updated_at = work.now
    state.log(work, "suggestion.handed_over", suggestionId=s.id)
    return s.id, s.version, False


def set_appointments(state, work, message):
    s = _seen(state, message)
    _need(s.state == "CONNECTED")
    appointments = _appointments(message)
    step(state, work, s, "APPOINTMENTS", "CONNECTED", "suggestion.appointments")
    s.appointments = appointments
    return s.id, s.version, False


# Time by itself

def expire_listing(state, work, listing):
    change_status(state, work, listing, "EXPIRED")


def return_parked(state, work, s):
    step(state, work, s, "RETURN", "PROPOSED", "suggestion.returned")


def expire_suggestion(state, work, s):
    step(state, work, s, "EXPIRE", "EXPIRED", "suggestion.expired")


# Areas, taxonomy, rules

def put_areas(state, work, message):
    if message.get("begin"):
        state.staged_areas = []
    state.staged_areas.extend(message.get("areas", []))
    if message.get("commit"):
        state.areas = state.staged_areas
        for listing in state.listings.values():
            state.place(listing)
        state.log(work, "areas.changed")
        work.test_all = True
    return "", 0, False


def put_taxonomy(state, work, message):
    taxonomy = Taxonomy(message.get("taxonomy"))
    used = {code for listing in state.listings.values() for code in listing.categories}
    _need(used <= taxonomy.codes)
    state.taxonomy = taxonomy
    state.judge.forget()
    state.log(work, "taxonomy.changed")
    work.test_all = True
    return "", 0, False
