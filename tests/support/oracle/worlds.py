# SPDX-License-Identifier: EUPL-1.2
"""Worlds: lists of steps, made from a seed while the oracle runs along.

A step is one of {"request": {...}}, {"clock": instant}, {"again": true | "other"},
{"restart": instant}, {"all": "listings" | "suggestions" | "events"}. In requests
"$sug:<demand>|<supply>" names the latest suggestion of a pair, "$ver:<demand>|<supply>:<change>"
its version, "$token:<name>" a token and "$rules:<name>" a hash, so that steps can be dropped
without shifting what the others mean.
"""

import random

from . import material, rulesets, times
from .material import chance
from .model import CASE_STATES, DEMAND, OPEN_STATES

ALL_STATES = ["PROPOSED", "ACCEPTED", "REJECTED", "PARKED", "WITHDRAWN", "EXPIRED", "INTRODUCED",
              "CONNECTED", "DECLINED", "COMPLETED", "ENDED"]
_STARTS = ("2026-03-05T10:00:00Z", "2026-03-22T00:00:00Z", "2026-03-28T22:59:59Z",
           "2026-10-16T18:07:00Z", "2026-10-24T21:30:00Z", "2026-06-14T09:31:12Z",
           "2026-12-29T23:45:00Z", "2027-02-20T06:00:00.250Z")


def start_of(seed):
    """The instant at which a world begins."""
    rng = random.Random(f"start {seed}")
    return times.parse(rng.choice(_STARTS)) + rng.randrange(0, 5 * times.DAY, times.MINUTE)


class Maker:
    """Writes the steps of one world; looks at the oracle to know what can be decided."""

    def __init__(self, seed, oracle):
        self.rng = random.Random(f"world {seed}")
        self.oracle = oracle
        self.state = oracle.state
        rng = self.rng
        self.style = material.Style(rng)
        self.large = seed % 97 == 96
        self.listing_count = 300 if self.large else rng.randint(5, 60 if chance(rng, 0.3) else 30)
        self.step_count = rng.randint(25, 32 if self.large else 60)
        party_count = 25 if self.large else rng.randint(3, 3 + self.listing_count // 3)
        self.party_ids = [f"p{i:02d}" for i in range(min(25, party_count))]
        self.areas = chance(rng, 0.8)
        self.rules = self._choose_rules()
        self.serial = 0
        self.digits_first = chance(rng, 0.5)

    def _choose_rules(self):
        """Mostly one of those that relax, which have more to go wrong."""
        relaxing = [name for name in rulesets.PUSHED if rulesets.ALL[name].relax]
        names = relaxing if chance(self.rng, 0.6) else rulesets.PUSHED
        return self.rng.choice(names) if chance(self.rng, 0.75) else None

    @property
    def now(self):
        return max(self.oracle.clock_ms, self.oracle.now or 0)

    # The beginning

    def steps(self):
        """All steps, each made after the one before was run."""
        yield from self._prepare()
        for _ in range(self.step_count):
            yield from self._step()
        yield from self._closing()
        yield {"restart": times.show(self.now + self.rng.choice((0, 0, 60_000)))}
        yield from self._closing()

    def _prepare(self):
        rng = self.rng
        yield _ask("putTaxonomy", {"taxonomy": material.taxonomy(rng)})
        if self.areas:
            yield _ask("putAreas", {"begin": True, "areas": material.areas(), "commit": True})
        if self.rules and chance(rng, 0.7):
            yield from self._activate(self.rules)
        if chance(rng, 0.6):
            yield self._put_connectors()
        parties = [self._party(i) for i in self.party_ids]
        yield _ask("putParties", {"parties": parties})
        listings = [self._new_listing() for _ in range(self.listing_count)]
        while listings:
            count = rng.randint(1, 120)
            yield _ask("putListings", {"listings": listings[:count]})
            listings = listings[count:]
            if chance(rng, 0.5):
                yield self._clock()

    def _new_listing(self):
        demand = chance(self.rng, 0.5)
        letter = "d" if demand else "s"
        listing_id = f"{self.serial:03d}{letter}" if self.digits_first else f"{letter}{self.serial:03d}"
        self.serial += 1
        return self._listing(listing_id, self.rng.choice(self.party_ids), demand)

    def _listing(self, listing_id, party_id, demand):
        return material.listing(self.rng, listing_id, party_id, demand, self.now, self.style)

    def _party(self, party_id):
        return material.party(self.rng, party_id, self.party_ids, self.now, self.style)

    def _activate(self, name):
        if name not in self.oracle.pushed():
            if not self.oracle.pushed():
                yield _ask("createToken", {"name": "tweede", "role": "ADMIN"})
            yield _ask("pushRules", {"source": rulesets.ALL[name].source})
            approve = _ask("approveRules", {"hash": f"$rules:{name}"})
            approve["request"]["token"] = "$token:tweede"
            yield approve
        message = {"hash": f"$rules:{name}"}
        if chance(self.rng, 0.5):
            message["maxChangePercent"] = self.rng.choice((1, 40, 100))
        yield _ask("activateRules", message)

    def _put_connectors(self):
        rng = self.rng
        codes = material.area_codes() if self.areas else []
        items = []
        for i in range(rng.randint(1, 5)):
            item = {"id": f"v{i}", "name": f"Verbinder {i}"}
            if codes:
                item["areas"] = rng.sample(codes, rng.randint(1, 4))
            if chance(rng, 0.4):
                item["ceiling"] = rng.randint(1, 6)
            if chance(rng, 0.4):
                since = self.now + rng.randint(-5, 5) * times.DAY
                item["absentFrom"] = times.show(since)
                item["absentUntil"] = times.show(since + rng.randint(1, 20) * times.DAY)
            known = sorted(set(self.state.connectors) | {f"v{j}" for j in range(i)})
            others = [c for c in known if c != item["id"]]
            if others and chance(rng, 0.6):
                item["substituteId"] = rng.choice(others)
            items.append(item)
        return _ask("putConnectors", {"connectors": items})

    # One step

    def _step(self):
        makers = ((self._clock, 14), (self._decide, 30), (self._update, 10), (self._put_new, 5),
                  (self._status, 6), (self._change_party, 7), (self._match, 9),
                  (self._why_not, 6), (self._relax, 10), (self._list, 6), (self._undo, 5), (self._refused, 5),
                  (self._appointments, 4), (self._hand_over, 2), (self._again, 2),
                  (self._connectors, 2), (self._erase, 1), (self._big_change, 2),
                  (self._back, 1))
        rng = self.rng
        make = rng.choices([m for m, _ in makers], [weight for _, weight in makers])[0]
        made = make()
        if made is None:
            return
        if isinstance(made, dict):
            yield made
        else:
            yield from made

    def _clock(self):
        rng, now = self.rng, self.now
        kind = rng.random()
        if kind < 0.35:
            to = now + rng.randrange(1, 180) * times.MINUTE
        elif kind < 0.6:
            to = now + rng.randrange(1, 72) * times.HOUR + rng.randrange(1000)
        elif kind < 0.7:
            to = times.next_midnight(now) + rng.choice((0, 0, 1, -1))
        elif kind < 0.85:
            to = self._edge() or now + times.DAY
        else:
            days = rng.randrange(1, 4) if self.large else rng.choice((2, 4, 8, 15, 21))
            to = now + days * times.DAY + rng.randrange(times.DAY)
        if self.large:
            to = min(to, now + 3 * times.DAY)
        return {"clock": times.show(max(now, min(to, now + 30 * times.DAY)))}

    def _edge(self):
        """Exactly an instant at which something falls due, or one millisecond beside it."""
        instants = [at + 5 * times.MINUTE for found in self.state.failures.values()
                    for at in found]
        instants += [x.valid_until for x in self.state.listings.values()
                    if x.status in ("OPEN", "PAUSED")]
        for listing in self.state.by_side[DEMAND].values():
            instants.extend(self.state.rules.instants(listing))
            if listing.relaxed:
                instants.append(listing.relaxed_until)
        for s in self.state.open_suggestions():
            instants.append(s.expires_at if s.state == "PROPOSED" else s.until)
        instants = sorted(i for i in instants if self.now < i < self.now + 30 * times.DAY)
        if not instants:
            return None
        return self.rng.choice(instants[:8]) + self.rng.choice((0, 0, -1, 1))

    def _back(self):
        """The clock of the machine goes back; the engine's does not."""
        yield self._put_new()
        yield {"clock": times.show(self.now - self.rng.randrange(1, 100) * times.MINUTE)}

    def _pick(self, states):
        found = [s for s in self.state.suggestions.values() if s.state in states]
        return self.rng.choice(found) if found else None

    def _decide(self):
        rng = self.rng
        wanted = rng.choice((OPEN_STATES, OPEN_STATES, ("ACCEPTED",), ("INTRODUCED",),
                             ("INTRODUCED",), ("CONNECTED",)))
        s = self._latest() or self._pick(wanted) or self._pick(CASE_STATES)
        if s is None:
            return None
        message = _naming(s, stale=chance(rng, 0.06))
        message.update(self._decision(s))
        return _ask("decide", message)

    def _latest(self):
        """Sometimes the one that was agreed last, so that some come to an end."""
        found = [s for s in self.state.suggestions.values()
                 if s.state in ("ACCEPTED", "INTRODUCED")]
        if not found or chance(self.rng, 0.4):
            return None
        return max(found, key=lambda s: (s.updated_at, s.id))

    def _decision(self, s):
        rng = self.rng
        if s.is_open:
            kind = rng.choices(("ACCEPT", "REJECT", "PARK"), (6, 2, 3))[0]
            if kind == "REJECT":
                return {"decision": kind, "reason": "niet-passend"}
            return self._park(s) if kind == "PARK" else {"decision": kind}
        if s.state == "ACCEPTED" and chance(rng, 0.8):
            return {"decision": "INTRODUCE"}
        if s.state == "INTRODUCED" and chance(rng, 0.9):
            return self._yes(s)
        if s.state == "CONNECTED":
            if chance(rng, 0.6):
                return {"decision": "COMPLETE", "outcome": "gelukt"}
            return {"decision": "END", "reason": "verhuisd"}
        return {"decision": "DECLINE", "reason": "toch-niet",
                "side": rng.choice(("DEMAND", "SUPPLY"))}

    def _park(self, s):
        left = max(2, s.expires_at - self.now)
        until = self.now + self.rng.choice((left // 2, left // 10 + 1, left - 1,
                                            min(left, times.DAY) // 2))
        return {"decision": "PARK", "until": times.show(max(until, self.now + 1))}

    def _yes(self, s):
        sides = [side for side, said in (("DEMAND", s.demand_yes), ("SUPPLY", s.supply_yes))
                 if not said]
        if len(sides) == 2 and chance(self.rng, 0.5):
            sides = ["BOTH"]
        message = {"decision": "YES", "side": self.rng.choice(sides)}
        connects = message["side"] == "BOTH" or len(sides) == 1
        if connects and chance(self.rng, 0.7):
            message["appointments"] = self._some_appointments()
        return message

    def _some_appointments(self):
        rng = self.rng
        found = []
        for _ in range(rng.randint(1, 3)):
            start = self.now + rng.randrange(0, 20 * times.DAY, 5 * times.MINUTE)
            end = start + rng.choice((10, 60, 240, 1440)) * times.MINUTE
            found.append({"start": times.show(start), "end": times.show(end)})
        return found

    def _appointments(self):
        s = self._pick(("CONNECTED",))
        if s is None:
            return None
        message = _naming(s)
        if chance(self.rng, 0.8):
            message["appointments"] = self._some_appointments()
        return _ask("setAppointments", message)

    def _undo(self):
        found = [s for s in self.state.suggestions.values()
                 if s.last_step in ("ACCEPT", "REJECT", "PARK")
                 and not (s.last_step == "PARK" and s.state_before == "PARKED")
                 and s.state != "WITHDRAWN"]
        if not found:
            return None
        return _ask("undo", _naming(self.rng.choice(found), stale=chance(self.rng, 0.05)))

    def _hand_over(self):
        s = self._pick(OPEN_STATES + ("ACCEPTED",))
        if s is None or not self.state.connectors:
            return None
        message = _naming(s)
        message["connectorId"] = self.rng.choice(sorted(self.state.connectors))
        return _ask("handOver", message)

    def _put_new(self):
        return _ask("putListings", {"listings": [self._new_listing()
                                                 for _ in range(self.rng.randint(1, 4))]})

    def _update(self):
        rng = self.rng
        known = list(self.state.listings.values())
        if not known:
            return None
        items = []
        for listing in rng.sample(known, min(len(known), rng.randint(1, 3))):
            items.append(self._listing(listing.id, listing.party_id, listing.side == DEMAND))
        return _ask("putListings", {"listings": items})

    def _status(self):
        rng = self.rng
        if not self.state.listings:
            return None
        listing = rng.choice(list(self.state.listings.values()))
        if listing.status != "WITHDRAWN" and chance(rng, 0.3):
            return _ask("withdrawListing", {"id": listing.id, "reason": "niet-nodig"})
        others = [s for s in ("OPEN", "OPEN", "PAUSED", "FULFILLED") if s != listing.status]
        return _ask("setListingStatus", {"id": listing.id, "status": rng.choice(others)})

    def _relax(self):
        """A case, mostly one that the rule set has steps for."""
        rng, rules = self.rng, self.state.rules
        demand = sorted(self.state.by_side[DEMAND])
        if not demand:
            return None
        listing = self.state.listings[rng.choice(demand)]
        known = [x for x in self.state.by_side[DEMAND].values() if x.relaxed]
        if known and chance(rng, 0.3):
            listing = rng.choice(known)
        widest = rules.allowance(listing, self.now, rulesets.RELAXABLE)
        words = widest.wider_than(rules.usual())
        if chance(rng, 0.15) or not words:
            words = rulesets.RELAXABLE
        count = 0 if listing.relaxed and chance(rng, 0.4) else rng.randint(1, len(words))
        message = {"listingId": listing.id, "constraints": rng.sample(words, count)}
        if chance(rng, 0.7):
            message["until"] = times.show(self.now + rng.choice(
                (0, 1, times.HOUR, 12 * times.HOUR, 3 * times.DAY, 40 * times.DAY)))
        if chance(rng, 0.05):
            message["listingId"] = rng.choice(("onbekend", rng.choice(sorted(self.state.listings))))
        return _ask("relaxCase", message)

    def _change_party(self):
        rng = self.rng
        if not self.state.parties:
            return None
        known = sorted(self.state.parties)
        items = [self._party(i) for i in rng.sample(known, min(len(known), rng.randint(1, 2)))]
        s = self._pick(("ACCEPTED", "INTRODUCED", "CONNECTED"))
        if s is not None and chance(rng, 0.4):
            item = self._party(s.supply_party)
            item["blocks"] = [s.demand_party]
            items = [i for i in items if i["id"] != item["id"]] + [item]
        return _ask("putParties", {"parties": items})

    def _erase(self):
        if len(self.state.parties) < 4:
            return None
        party_id = self.rng.choice(sorted(self.state.parties))
        self.party_ids = [i for i in self.party_ids if i != party_id]
        return _ask("eraseParty", {"id": party_id})

    def _connectors(self):
        return self._put_connectors()

    def _big_change(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return _ask("putTaxonomy", {"taxonomy": material.taxonomy(rng)})
        if kind < 0.6 and self.areas:
            found = material.areas()
            return _ask("putAreas", {"begin": True, "areas": rng.sample(found, 5), "commit": True})
        if not self.rules:
            return None
        if kind > 0.85:
            return _ask("rollbackRules", {})
        others = [name for name in rulesets.PUSHED
                  if name != self.state.rules.name or self.state.failures]
        return self._activate(rng.choice(others))

    # Questions

    def _query(self):
        rng = self.rng
        known = sorted(self.state.listings)
        if known and chance(rng, 0.75):
            return {"listingId": rng.choice(known)}
        given = self._listing("vraag", "", chance(rng, 0.5))
        del given["id"]
        if chance(rng, 0.5) and self.state.parties:
            given["partyId"] = rng.choice(sorted(self.state.parties))
        else:
            del given["partyId"]
        return {"listing": given}

    def _match(self):
        queries = [self._query() for _ in range(self.rng.randint(1, 4))]
        for query in queries:
            if chance(self.rng, 0.5):
                query["limit"] = self.rng.choice((1, 3, 100))
        return _ask("match", {"queries": queries})

    def _why_not(self):
        if self.state.rules.two_phases:
            return None
        return _ask("whyNot", self._query())

    def _list(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.2:
            return {"all": "events"}
        if kind < 0.3:
            return _ask("listConnectors", {})
        if kind < 0.4:
            return _ask("getStatus", {})
        message = {"limit": 256}
        if chance(rng, 0.5):
            message["states"] = rng.sample(ALL_STATES, 3)
        filters = {"listingId": sorted(self.state.listings), "partyId": sorted(self.state.parties),
                   "assignee": sorted(self.state.connectors)}
        name = rng.choice(sorted(filters))
        if filters[name]:
            message[name] = rng.choice(filters[name])
        if chance(rng, 0.3):
            message["bestFirst"] = True
        return _ask("listSuggestions", message)

    # What must be refused

    def _refused(self):
        rng = self.rng
        listing = self._listing("fout", rng.choice(self.party_ids), chance(rng, 0.5))
        too_long = {"start": "2026-05-01T10:00", "end": "2026-05-02T10:01"}
        wrong = rng.choice(({"partyId": "onbekend"}, {"categories": ["bestaat.niet"]},
                            {"title": ""}, {"createdAt": times.show(self.now + times.HOUR)},
                            {"validUntil": times.show(self.now + 1200 * times.DAY)},
                            {"availability": [too_long]}))
        kind = rng.random()
        if kind < 0.5:
            listing.update(wrong)
            good = self._new_listing()
            return _ask("putListings", {"listings": rng.choice(([listing], [listing, good]))})
        if kind < 0.6:
            return _ask("match", {"queries": [{"listingId": "onbekend"}]})
        if kind < 0.7:
            return _ask("withdrawListing", {"id": "onbekend"})
        if kind < 0.8:
            return _ask("decide", {"suggestionId": "s999999999999", "version": "1",
                                   "decision": "ACCEPT"})
        if kind < 0.9 and self.state.listings:
            return self._changed_owner(rng.choice(list(self.state.listings.values())))
        s = self._pick(OPEN_STATES)
        return _ask("decide", {**_naming(s), "decision": "REJECT"}) if s else None

    def _changed_owner(self, known):
        """An update that changes the side or the party."""
        demand, party_id = known.side == DEMAND, known.party_id
        others = sorted(set(self.state.parties) - {party_id})
        if others and chance(self.rng, 0.5):
            party_id = self.rng.choice(others)
        else:
            demand = not demand
        return _ask("putListings", {"listings": [self._listing(known.id, party_id, demand)]})

    def _again(self):
        return {"again": self.rng.choice((True, True, "other"))}

    # The end

    def _closing(self):
        known = sorted(self.state.listings)
        if self.large:
            known = self.rng.sample(known, min(60, len(known)))
        for i in range(0, len(known), 16):
            yield _ask("match", {"queries": [{"listingId": x} for x in known[i:i + 16]]})
        yield {"all": "suggestions"}
        yield {"all": "events"}
        yield {"all": "listings"}
        yield _ask("listConnectors", {})
        yield _ask("getStatus", {})


def _ask(name, message):
    return {"request": {name: message}}


def _naming(s, stale=False):
    pair = f"{s.demand_id}|{s.supply_id}"
    change = (-1 if s.version > 1 else 1) if stale else 0
    return {"suggestionId": f"$sug:{pair}", "version": f"$ver:{pair}:{change}"}
