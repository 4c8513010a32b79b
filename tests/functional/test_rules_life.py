# SPDX-License-Identifier: EUPL-1.2
"""Rule sets come and go under load: test_rules_life.py [1000] activations and roll-backs while
clients put, withdraw, decide and match; a kill -9 half-way. No acknowledged command is lost, every
suggestion carries the hash of the set that was active when it was made, memory does not grow."""
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
import world

CLIENTS = 3
PARTIES = 12
LISTINGS = 40  # each client's own, again and again
# What was written stays in the store's write buffer (64 MiB) for a while: some 13 KiB a change, with
# what the clients do meanwhile. A rule set that is not freed would be 100 KiB and more.
GROWTH_KIB = 40
FEW = 500  # changes: too few to tell growth from noise, and sanitizers keep what was freed
POLICY = "policy = [[Voor de proef.]]"
SETS = {
    "ruim": "limits = { per_need = 3, per_helper = 3 }",
    "dichtbij": 'hard { "dichtbij", expr = "distance_m < 900", why = "woont te ver weg" }',
    "functie": """term { "samen", weight = 1,
      lua = function(need, offer) return need.buurt == offer.buurt and 1 or 0.5 end }""",
    "stuk": """term { "stuk", weight = 1,
      lua = function(need, offer) return need.attributes.naam.lengte end }"""}


class Worker(threading.Thread):
    """One client: notes what was acknowledged, until told to stop or the engine dies."""

    def __init__(self, engine, messages, number):
        super().__init__()
        self.client = wire.Client(engine, messages)
        self.records, self.service = messages
        self.number = number
        self.dice = random.Random(number)
        self.status = {}      # listing: what the last acknowledged command made of it
        self.unsure = set()   # listings whose last command was not answered
        self.decided = {}     # suggestion: state
        self.acknowledged = 0
        self.stopping = False
        self.wrong = []

    def run(self):
        try:
            while not self.stopping:
                self.one()
        except (wire.Closed, OSError):
            pass
        finally:
            self.client.close()

    def one(self):
        kind = self.dice.random()
        if kind < 0.5:
            self.put()
        elif kind < 0.65:
            self.withdraw()
        elif kind < 0.8:
            self.decide()
        else:
            self.match()

    def command(self, name, **operation):
        """One command about a listing; an answer is an acknowledgement."""
        self.unsure.add(name)
        answer = self.client.call(**operation)
        self.unsure.discard(name)
        self.acknowledged += answer.status == 0
        return answer

    def put(self):
        name = f"c{self.number}-{self.dice.randrange(LISTINGS)}"
        kind = "NEED" if int(name.split("-")[1]) % 2 else "OFFER"
        item = world.listing(self.records, name, f"p{self.dice_party(name)}", kind,
                             lat=52.1 + self.dice.random() / 60, lon=5.1 + self.dice.random() / 60)
        answer = self.command(name, put_listings=self.service.PutListings(listings=[item]))
        if answer.status == 0:
            self.status[name] = "OPEN"
        else:
            self.wrong.append(answer.error.message)

    @staticmethod
    def dice_party(name):
        return sum(name.encode()) % PARTIES

    def withdraw(self):
        known = [name for name, status in self.status.items() if status == "OPEN"]
        if not known:
            return
        name = self.dice.choice(known)
        answer = self.command(name, withdraw_listing=self.service.WithdrawListing(
            id=name, reason="klaar"))
        if answer.status == 0:
            self.status[name] = "WITHDRAWN"
        else:
            self.wrong.append(answer.error.message)

    def decide(self):
        page = self.client.call(list_suggestions=self.service.ListSuggestions(limit=20))
        found = [s for s in page.suggestions.items if s.state == self.records.STATE_PROPOSED]
        if not found:
            return
        s = self.dice.choice(found)
        answer = self.client.call(decide=self.service.Decide(
            suggestion_id=s.id, version=s.version, decision=self.service.DECISION_REJECT,
            reason="past niet"))
        # Another client, or an activation, may have been first.
        if answer.status == 0:
            self.acknowledged += 1
            self.decided[s.id] = self.records.STATE_REJECTED
        elif answer.status != self.service.STATUS_CONFLICT:
            self.wrong.append(answer.error.message)

    def match(self):
        known = list(self.status)
        if not known:
            return
        answer = self.client.call(match=self.service.Match(
            queries=[self.service.MatchQuery(listing_id=self.dice.choice(known))]))
        if answer.status != 0:
            self.wrong.append(answer.error.message)


class Life:
    """The administrator's side: what was activated, in order."""

    def __init__(self, engine, messages):
        self.engine, self.messages = engine, messages
        _, self.service = messages
        self.client = wire.Client(engine, messages)
        self.hashes = {}
        self.active = []  # acknowledged
        self.back = []
        self.dice = random.Random("life")

    def set_up(self):
        records, service = self.messages
        call = self.client.call
        assert call(put_taxonomy=world.taxonomy(service, records)).status == 0
        for number in range(PARTIES):
            assert call(put_parties=world.party(service, records, f"p{number}")).status == 0
        self.active.append(call(get_status=service.GetStatus()).engine_status.rules_hash)
        second = wire.Client(self.engine, self.messages)
        second.token = call(create_token=service.CreateToken(
            name="tweede persoon", role=records.ROLE_RULE_AUTHOR)).new_token.token
        for name, body in SETS.items():
            source = (f'return ruleset {{ name = "{name}", based_on = "standaard", {POLICY},\n'
                      f'  {body} }}\n')
            answer = call(push_rules=service.PushRules(source=source))
            assert answer.status == 0, answer
            self.hashes[name] = answer.receipts.items[0].id
            answer = second.call(approve_rules=service.ApproveRules(hash=self.hashes[name]))
            assert answer.status == 0, answer
        second.close()

    def change(self):
        """One activation or roll-back, and whether it was refused though it should not be."""
        service = self.service
        if self.back and self.dice.random() < 0.4:
            answer = self.client.call(rollback_rules=service.RollbackRules())
            wanted = self.back.pop()
        else:
            wanted = self.dice.choice([h for h in self.hashes.values() if h != self.active[-1]])
            answer = self.client.call(activate_rules=service.ActivateRules(
                hash=wanted, max_change_percent=100))
            self.back = (self.back + [self.active[-1]])[-20:]
        if answer.status == 0:
            self.active.append(wanted)
        return "" if answer.status == 0 and answer.receipts.items[0].id == wanted else str(answer)


def run_changes(life, workers, count, memory):
    """That many changes, while the workers go on."""
    wrong = []
    for number in range(count):
        words = life.change()
        if words:
            wrong.append(words)
        if number % 10 == 0:
            memory.append(life.engine.memory_mib())
        time.sleep(0.002)  # for the others
    return wrong


def start_workers(engine, messages, numbers):
    workers = [Worker(engine, messages, number) for number in numbers]
    for worker in workers:
        worker.start()
    return workers


def stop_workers(workers):
    for worker in workers:
        worker.stopping = True
    for worker in workers:
        worker.join()


# ---- What must be so

def read_all(client, service):
    events, after = [], 0
    while True:
        page = client.call(read_events=service.ReadEvents(after=after, limit=1000)).events
        if not page.items:
            return events, page.last
        events += page.items
        after = events[-1].seq


def suggestions_of(client, records, service):
    after = ""
    states = [number for number in records.State.values() if number]
    while True:
        page = client.call(list_suggestions=service.ListSuggestions(
            states=states, limit=256, after=after)).suggestions
        yield from page.items
        after = page.next
        if not after:
            return


def check_hashes(life, report, words):
    """Every suggestion has the hash that was active where its event stands in the log."""
    records, service = life.messages
    events, last = read_all(life.client, service)
    report.check([e.seq for e in events] == list(range(1, last + 1)),
                 f"{words}: events 1..{last} without a gap")
    active, seen, made, wrong = life.active[0], [life.active[0]], {}, []
    for event in events:
        if event.type == "rules.activated":
            active = event.detail
            seen.append(active)
        elif event.type == "suggestion.created":
            made[event.suggestion_id] = active
        if event.rules_hash and event.rules_hash != active:
            wrong.append(event.seq)
    report.check(not wrong, f"{words}: events with a hash that was not active: {wrong[:5]}")
    report.check(seen == life.active, f"{words}: {len(life.active)} changes acknowledged, "
                                      f"{len(seen)} in the log")
    stored = {s.id: s.rules_hash for s in suggestions_of(life.client, records, service)}
    report.check(stored == made, f"{words}: suggestions with another hash than their event's")
    return len(made), {e.type for e in events}


def check_kept(life, workers, report, words):
    """What was acknowledged is there."""
    records, service = life.messages
    lost = []
    for worker in workers:
        report.check(not worker.wrong, f"{words}: refused: {worker.wrong[:3]}")
        for name, status in worker.status.items():
            listing = life.client.call(get_listing=service.GetListing(id=name)).listing
            if name not in worker.unsure and listing.status != getattr(
                    records, f"LISTING_STATUS_{status}"):
                lost.append(name)
        for number, state in worker.decided.items():
            s = life.client.call(get_suggestion=service.GetSuggestion(id=number)).suggestion
            if s.state != state:
                lost.append(number)
    report.check(not lost, f"{words}: acknowledged, but not so: {lost[:5]}")


def check_memory(memory, changes, report):
    """Of the second half, its first tenth against its last."""
    half = memory[len(memory) // 2:]
    tenth = max(1, len(half) // 10)
    before, after = min(half[:tenth]), min(half[-tenth:])
    grown = (after - before) * 1024 / (changes / 2)
    print(f"memory {memory[0]:.1f} MiB at first, {before:.1f} half-way, {after:.1f} at the end")
    report.check(changes < FEW or grown < GROWTH_KIB, f"memory grew by {grown:.1f} KiB a change")


def kill_and_check(engine, messages, life, workers, report):
    """kill -9 under load, another start, and all is as it was acknowledged."""
    engine.kill()
    stop_workers(workers)
    life.client.close()
    engine.start()
    life.client = wire.Client(engine, messages)
    status = life.client.call(get_status=life.service.GetStatus()).engine_status
    report.check(status.rules_hash == life.active[-1], "the active set is the one acknowledged")
    check_kept(life, workers, report, "after kill -9")
    check_hashes(life, report, "after kill -9")


# ---- Behind one activation

WIDE = 56  # needs and as many offers: every pair is proposed
UNBOUND = "limits = { per_need = 100, per_helper = 1000 }"


def propose_all(client, messages):
    """Some three thousand open suggestions."""
    records, service = messages
    for side in ("OFFER", "NEED", "NEED", "NEED"):  # a round proposes 20
        for number in range(WIDE):
            party = number % 4 + (4 if side == "NEED" else 0)
            item = world.listing(records, f"{side.lower()}-{number}", f"p{party}", side,
                                 lat=52.1 if side == "NEED" else 52.12, capacity=100)
            assert client.call(put_listings=service.PutListings(listings=[item])).status == 0
    return client.call(get_status=service.GetStatus()).engine_status.suggestions_open


def check_between(messages, report):
    """Requests are answered while open suggestions are tested again."""
    _, service = messages
    SETS["onbegrensd"] = UNBOUND
    SETS["streng"] = UNBOUND + ', hard { "dichtbij", expr = "distance_m < 900", why = "te ver" }'
    with wire.Engine(None, None, "--log", "error") as engine:
        life = Life(engine, messages)
        life.set_up()
        life.client.call(activate_rules=service.ActivateRules(hash=life.hashes["onbegrensd"]))
        count = propose_all(life.client, messages)
        report.check(count > 2500, f"{count} open suggestions to test")
        answer = life.client.call(activate_rules=service.ActivateRules(hash=life.hashes["streng"]))
        report.check(answer.status == service.STATUS_LIMIT, "too much at once is refused")
        asking = wire.Client(engine, messages)
        life.client.socket.send(life.client.request(activate_rules=service.ActivateRules(
            hash=life.hashes["streng"], max_change_percent=100)).SerializeToString())
        left, began = [], time.monotonic()
        while time.monotonic() - began < 20 and not (any(left) and left[-1] == 0):
            status = asking.call(get_status=service.GetStatus()).engine_status
            left.append(status.suggestions_to_test)
        life.client.socket.receive()
        report.check(any(left), f"requests were answered in between: {sorted(set(left))}")
        status = asking.call(get_status=service.GetStatus()).engine_status
        report.check(status.suggestions_open == 0, "and all are withdrawn in the end")


def main():
    changes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    messages = wire.load_messages()
    report = wire.Report()
    begin = time.monotonic()
    memory, wrong = [], []
    with wire.Engine(None, None, "--log", "error") as engine:
        life = Life(engine, messages)
        life.set_up()
        workers = start_workers(engine, messages, range(CLIENTS))
        wrong += run_changes(life, workers, changes // 4, [])
        kill_and_check(engine, messages, life, workers, report)
        more = start_workers(engine, messages, range(CLIENTS, 2 * CLIENTS))
        wrong += run_changes(life, more, changes - changes // 4, memory)
        stop_workers(more)
        check_kept(life, more, report, "at the end")
        made, types = check_hashes(life, report, "at the end")
        check_memory(memory, changes - changes // 4, report)
        report.check(not wrong, f"changes that were refused: {wrong[:3]}")
        report.check("rules.term_off" in types, "a failing term was switched off on the way")
        report.check("suggestion.withdrawn" in types, "activations withdrew suggestions")
        acknowledged = sum(w.acknowledged for w in workers + more)
        report.check(engine.stop() == 0, "it ends well")
    check_between(messages, report)
    print(f"{len(life.active) - 1} changes, {acknowledged} commands of {CLIENTS} clients, "
          f"{made} suggestions, {time.monotonic() - begin:.1f} s")
    report.finish()


if __name__ == "__main__":
    main()
