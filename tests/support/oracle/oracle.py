# SPDX-License-Identifier: EUPL-1.2
"""The oracle: takes requests, keeps time, runs what is due, answers."""

import json

from . import answers, commands, rulesets, times
from .model import DEMAND, Refused
from .rounds import finish
from .state import State, Work

MAX_CHANGE = 25
LONGEST_WAY_BACK = 20
_RELAX, _UNTIL, _PARKED, _EXPIRY, _CASE_END, _MIDNIGHT = 0, 1, 2, 3, 4, 6

_SINGLE = {
    "withdrawListing": commands.withdraw_listing, "setListingStatus": commands.set_listing_status,
    "eraseParty": commands.erase_party, "decide": commands.decide, "undo": commands.undo,
    "handOver": commands.hand_over, "setAppointments": commands.set_appointments,
    "relaxCase": commands.relax_case, "putAreas": commands.put_areas, "putTaxonomy": commands.put_taxonomy}
_BATCH = {
    "putListings": (commands.put_listing, "listings"),
    "putParties": (commands.put_party, "parties"),
    "putConnectors": (commands.put_connector, "connectors")}


class Oracle:
    """`clock(ms)` moves the fixed clock, `request(dict)` answers one Request."""

    def __init__(self, clock_ms, preamble=()):
        self.state = State(preamble)
        self.clock_ms = clock_ms
        self.now = None
        self._midnight = None
        self._answered = {}
        self._tokens = 0
        self._rules_state = {}
        self._way_back = []
        self._own = {"createToken": self._create_token, "pushRules": self._push_rules,
                     "approveRules": self._approve_rules, "activateRules": self._activate_rules,
                     "rollbackRules": self._rollback_rules}

    def clock(self, clock_ms):
        self.clock_ms = clock_ms

    def request(self, request):
        """The Response to a Request, both as dictionaries in proto3 JSON."""
        name = next(key for key in request if key not in ("id", "token"))
        self._advance()
        if name in answers.QUESTIONS:
            return answers.QUESTIONS[name](self.state, request[name], self.now)
        key = request.get("token"), request["id"]
        body = json.dumps(request, sort_keys=True)
        if key in self._answered:
            stored_body, stored = self._answered[key]
            return {"repeated": stored} if stored_body == body else {"status": "!"}
        answer = self._command(name, request[name])
        self._answered[key] = body, answer
        return answer

    # Commands

    def _command(self, name, message):
        if name in _BATCH:
            function, field = _BATCH[name]
            items = [self._run(function, item) for item in message.get(field, [])]
            return {"receipts": {"items": items}}
        if name in _SINGLE:
            return {"receipts": {"items": [self._run(_SINGLE[name], message)]}}
        return self._own[name](message)

    def _run(self, function, message):
        """One command: due work, the change, tests, rounds; gives its receipt."""
        self._advance()
        work = Work(self.now)
        try:
            record_id, version, created = function(self.state, work, message)
        except Refused as refusal:
            return {"status": refusal.word}
        finish(self.state, work)
        return {"id": record_id, "version": str(version), "created": created,
                "suggestionsCreated": work.created, "eventSeq": str(self.state.sequence())}

    # Time

    def _advance(self):
        """Runs what is due at or before the clock, then stands at the clock."""
        if self.now is None:
            self.now = self.clock_ms
            self._midnight = times.next_midnight(self.now)
        target = max(self.clock_ms, self.now)
        while True:
            due = self._next_due()
            if due is None or due[0] > target:
                break
            self._run_due(*due)
        self.now = target

    def _next_due(self):
        """The first (instant, kind, id) that is to come."""
        state = self.state
        first = (self._midnight, _MIDNIGHT, b"")
        for listing in state.listings.values():
            if listing.status in ("OPEN", "PAUSED") and listing.valid_until <= first[0]:
                first = min(first, (listing.valid_until, _UNTIL, listing.id.encode()))
            if listing.relaxed and listing.relaxed_until <= first[0]:
                first = min(first, (listing.relaxed_until, _CASE_END, listing.id.encode()))
            ahead = self._relax_instants(listing)
            if ahead and ahead[0] <= first[0]:
                first = min(first, (ahead[0], _RELAX, b""))
        for s in state.suggestions.values():
            if s.state == "PARKED" and s.until <= first[0]:
                first = min(first, (s.until, _PARKED, s.id.encode()))
            if s.is_open and s.expires_at <= first[0]:
                first = min(first, (s.expires_at, _EXPIRY, s.id.encode()))
        return first

    def _relax_instants(self, listing):
        """What is to come of them; those up to now have been."""
        if listing.side != DEMAND or listing.status not in ("OPEN", "PAUSED"):
            return []
        return [i for i in self.state.rules.instants(listing) if i > self.now]

    def _run_due(self, instant, kind, record_id):
        state = self.state
        relaxing = [x.id for x in state.listings.values() if instant in self._relax_instants(x)]
        self.now = max(instant, self.now)
        work = Work(self.now)
        if kind == _RELAX:
            work.rounds.update(relaxing)
        elif kind == _CASE_END:
            commands.end_case(state, work, state.listings[record_id.decode()])
        elif kind == _UNTIL:
            commands.expire_listing(state, work, state.listings[record_id.decode()])
        elif kind == _PARKED:
            commands.return_parked(state, work, state.suggestions[record_id.decode()])
        elif kind == _EXPIRY:
            commands.expire_suggestion(state, work, state.suggestions[record_id.decode()])
        else:
            self._midnight += times.DAY
            work.midnight = work.test_all = True
        finish(state, work)

    # Tokens and rules: only what worlds need

    def pushed(self):
        """The names of the rule sets that were pushed."""
        return set(self._rules_state) - {rulesets.STANDARD.name}

    def _create_token(self, message):
        self._tokens += 1
        self.state.log(Work(self.now), "token.created")
        return {"newToken": {"id": f"token-{self._tokens}", "token": f"secret-{self._tokens}"}}

    def _rules_receipt(self, name, event, test_all=False):
        work = Work(self.now)
        self.state.log(work, event)
        work.test_all = test_all
        finish(self.state, work)
        return {"receipts": {"items": [{"id": name}]}}

    def _push_rules(self, message):
        name = next(n for n in rulesets.PUSHED if rulesets.ALL[n].source == message["source"])
        self._rules_state[name] = "PUSHED"
        return self._rules_receipt(name, "rules.pushed")

    def _approve_rules(self, message):
        name = message["hash"]
        if self._rules_state.get(name) != "PUSHED":
            return {"receipts": {"items": [{"status": "!"}]}}
        self._rules_state[name] = "APPROVED"
        return self._rules_receipt(name, "rules.approved")

    def _activate_rules(self, message):
        name = message["hash"]
        again = self._rules_state.get(name) == "ACTIVE" and self._has_faults()
        if not again and self._rules_state.get(name) not in ("APPROVED", "RETIRED"):
            return {"receipts": {"items": [{"status": "!"}]}}
        if self._is_too_much(rulesets.ALL[name], message.get("maxChangePercent", MAX_CHANGE)):
            return {"receipts": {"items": [{"status": "LIMIT"}]}}
        if not again:
            self._way_back = (self._way_back + [self.state.rules.name])[-LONGEST_WAY_BACK:]
        return self._use_rules(name)

    def _rollback_rules(self, message):
        if not self._way_back:
            return {"receipts": {"items": [{"status": "!"}]}}
        return self._use_rules(self._way_back.pop())

    def _has_faults(self):
        return bool(self.state.told_hard or self.state.failures)

    def _is_too_much(self, rules, percent):
        """Whether the set would withdraw more than this share of the open suggestions."""
        state, figures = self.state, self.state.figures(self.now)
        everything = state.open_suggestions()
        hit = 0
        for s in everything:
            need, offer = (state.facts(state.listings[i], figures)
                           for i in (s.demand_id, s.supply_id))
            new, old = (state.judge.withdrawal_reason(need, offer, r, state.taxonomy, self.now)
                        for r in (rules, state.rules))
            hit += new is not None and old is None
        return hit >= 20 and hit * 100 > percent * len(everything)

    def _use_rules(self, name):
        self._rules_state[self.state.rules.name] = "RETIRED"
        self._rules_state[name] = "ACTIVE"
        self.state.use_rules(rulesets.ALL[name])
        return self._rules_receipt(name, "rules.activated", test_all=True)
