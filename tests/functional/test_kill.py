# SPDX-License-Identifier: EUPL-1.2
"""kill -9 under write load, again and again: every acknowledged command is there, none half, events
have no gap, suggestions name listings that exist. Rounds: test_kill.py [50]"""
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
import world

WRITERS = 3


class Writer(threading.Thread):
    """Puts one listing after another and notes which were acknowledged, until the engine dies."""

    def __init__(self, engine, messages, number, round_number):
        super().__init__()
        self.client = wire.Client(engine, messages)
        self.messages = messages
        self.name_stem = f"k{round_number}-{number}"
        self.kind = "NEED" if number % 2 else "OFFER"
        self.party = f"p{number}"
        self.acknowledged = []
        self.refused = []

    def run(self):
        records, service = self.messages
        dice = random.Random(self.name_stem)
        try:
            for count in range(100000):
                name = f"{self.name_stem}-{count}"
                item = world.listing(records, name, self.party, self.kind,
                                     lat=52.1 + dice.random() / 50, lon=5.1 + dice.random() / 50)
                answer = self.client.call(put_listings=service.PutListings(listings=[item]))
                if answer.status == 0:
                    self.acknowledged.append((name, answer.receipts.items[0].event_seq))
                else:
                    self.refused.append(answer.error.message)
        except (wire.Closed, OSError):
            pass
        finally:
            self.client.close()


def set_up(engine, messages):
    records, service = messages
    client = wire.Client(engine, messages)
    assert client.call(put_taxonomy=world.taxonomy(service, records)).status == 0
    for number in range(WRITERS):
        answer = client.call(put_parties=world.party(service, records, f"p{number}"))
        assert answer.status == 0, answer
    client.close()


def read_events(client, service):
    events, after = [], 0
    while True:
        answer = client.call(read_events=service.ReadEvents(after=after, limit=1000))
        if not answer.events.items:
            return events, answer.events.last
        events += answer.events.items
        after = events[-1].seq


def listing_ids(client, service):
    ids, after = set(), ""
    while True:
        page = client.call(list_listings=service.ListListings(after=after, limit=256)).listings
        ids.update(item.id for item in page.items)
        if not page.next:
            return ids
        after = page.next


def verify(engine, messages, acknowledged, report, round_number):
    _, service = messages
    client = wire.Client(engine, messages)
    events, last = read_events(client, service)
    report.check([e.seq for e in events] == list(range(1, last + 1)),
                 f"round {round_number}: events 1..{last} without a gap")
    there = listing_ids(client, service)
    missing = [name for name, _ in acknowledged if name not in there]
    report.check(not missing, f"round {round_number}: acknowledged but gone: {missing[:5]}")
    created = {e.listing_id for e in events if e.type == "listing.created"}
    report.check(created == there, f"round {round_number}: a listing without event or the reverse")
    by_number = {e.seq: e for e in events}
    wrong = [name for name, seq in acknowledged if seq not in by_number]
    report.check(not wrong, f"round {round_number}: acknowledged events are gone: {wrong[:5]}")
    check_suggestions(client, service, there, report, round_number)
    client.close()


def check_suggestions(client, service, there, report, round_number):
    after, bad = "", 0
    while True:
        page = client.call(list_suggestions=service.ListSuggestions(
            states=list(range(1, 12)), after=after, limit=256)).suggestions
        bad += sum(s.demand_id not in there or s.supply_id not in there for s in page.items)
        if not page.next:
            break
        after = page.next
    report.check(bad == 0, f"round {round_number}: {bad} suggestions name listings that are not there")


def main(rounds):
    messages = wire.load_messages()
    report = wire.Report()
    dice = random.Random(20261123)
    acknowledged = []
    with wire.Engine() as engine:
        set_up(engine, messages)
        for number in range(rounds):
            writers = [Writer(engine, messages, i, number) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(0.05 + dice.random() * 0.3)
            engine.kill()
            for writer in writers:
                writer.join()
                acknowledged += writer.acknowledged
                report.check(not writer.refused, f"refused: {writer.refused[:1]}")
            engine.start()
            if number % 10 == 9 or number == rounds - 1:
                verify(engine, messages, acknowledged, report, number)
        print(f"{rounds} kills, {len(acknowledged)} acknowledged commands")
        report.check(len(acknowledged) > rounds, "the load was real")
    report.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
