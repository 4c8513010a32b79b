# SPDX-License-Identifier: EUPL-1.2
"""kill -9 while messages are taken and reported: none is lost, what was reported as sent is not given
again, and what is given again has the same id and a higher attempt. Rounds: test_messages.py [20]"""
import datetime
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
import world

START = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=datetime.timezone.utc)
PARTIES = 40
RULES = """return ruleset { name = "praat", based_on = "standaard", policy = [[Zeg het.]],
  limits = { per_need = 20, per_helper = 20 },
  pacing { quiet = false, max_per_day = 0, max_per_week = 0 },
  notify { "vraag", on = "suggestion.created", to = "offer_party", channel = "mail",
    text = { nl = "{need.title}" } },
  notify { "wie", on = "suggestion.created", to = "need_party", channel = "mail",
    text = { nl = "{offer.title}" } } }"""


class Channel(threading.Thread):
    """Takes and reports until the engine dies; notes what it got and what was acknowledged."""

    def __init__(self, engine, messages, given, sent):
        super().__init__()
        self.client = wire.Client(engine, messages)
        self.service = messages[1]
        self.given = given
        self.sent = sent
        self.dice = random.Random(len(given))

    def run(self):
        service = self.service
        try:
            while True:
                answer = self.client.call(take_messages=service.TakeMessages(channel="mail", limit=4))
                if not answer.deliveries.items:
                    time.sleep(0.002)
                for item in answer.deliveries.items:
                    self.given.append((item.id, item.attempt, item.text))
                    if self.dice.random() < 0.1:
                        continue
                    done = self.client.call(report_message=service.ReportMessage(
                        id=item.id, attempt=item.attempt, outcome=service.OUTCOME_SENT))
                    if done.status == 0:
                        self.sent[item.id] = len(self.given)
        except (wire.Closed, OSError):
            pass
        finally:
            self.client.close()


def must(answer):
    assert answer.status == 0, answer
    return answer


def set_up(engine, messages):
    records, service = messages
    client = wire.Client(engine, messages)
    must(client.call(put_taxonomy=world.taxonomy(service, records)))
    name = must(client.call(push_rules=service.PushRules(source=RULES))).receipts.items[0].id
    token = must(client.call(create_token=service.CreateToken(
        name="tweede", role=records.ROLE_RULE_AUTHOR))).new_token.token
    client.token, own = token, client.token
    must(client.call(approve_rules=service.ApproveRules(hash=name)))
    client.token = own
    must(client.call(activate_rules=service.ActivateRules(hash=name)))
    for number in range(PARTIES):
        must(client.call(put_parties=world.party(service, records, f"p{number}")))
        must(client.call(put_listings=service.PutListings(listings=[world.listing(
            records, f"l{number}", f"p{number}", "NEED" if number % 2 else "OFFER")])))
    client.close()


def all_messages(client, service):
    found, after = [], ""
    while True:
        page = must(client.call(list_messages=service.ListMessages(after=after, limit=256))).messages
        found += page.items
        if not page.next:
            return found
        after = page.next


def step(engine, messages, minutes):
    client = wire.Client(engine, messages)
    request = messages[1].StepClock()
    request.to.FromDatetime((START + datetime.timedelta(minutes=minutes)).replace(tzinfo=None))
    must(client.call(step_clock=request))
    client.close()


def drain(engine, messages, given, sent, round_number):
    """No more kills: what is left goes out."""
    records, service = messages
    client = wire.Client(engine, messages)
    left = None
    while left != 0:
        round_number += 1
        step(engine, messages, 2 * round_number)
        for item in must(client.call(take_messages=service.TakeMessages(
                channel="mail", limit=64))).deliveries.items:
            given.append((item.id, item.attempt, item.text))
            must(client.call(report_message=service.ReportMessage(
                id=item.id, attempt=item.attempt, outcome=service.OUTCOME_SENT)))
            sent[item.id] = len(given)
        left = sum(m.state in (records.MESSAGE_STATE_PLANNED, records.MESSAGE_STATE_SENDING)
                   for m in all_messages(client, service))
    found = all_messages(client, service)
    client.close()
    return found


def check(given, sent, found, report, records):
    attempts, first_text = {}, {}
    for number, attempt, text in given:
        report.check(attempt > attempts.get(number, 0), f"{number}: attempt {attempt} came twice")
        report.check(first_text.setdefault(number, text) == text, f"{number}: other words")
        attempts[number] = attempt
    dead = [m.id for m in found if m.state not in (records.MESSAGE_STATE_SENT,
                                                   records.MESSAGE_STATE_DEAD)]
    report.check(not dead, f"neither sent nor dead: {dead[:5]}")
    again = [number for place, (number, _, _) in enumerate(given)
             if place >= sent.get(number, len(given))]
    report.check(not again, f"given again behind its report: {again[:5]}")
    lost = set(sent) - {m.id for m in found if m.state == records.MESSAGE_STATE_SENT}
    report.check(not lost, f"acknowledged as sent, and not: {sorted(lost)[:5]}")
    report.check({m.id for m in found} >= set(attempts), "every message that was given is there")


def main(rounds):
    messages = wire.load_messages()
    report = wire.Report()
    dice = random.Random(20261123)
    given, sent = [], {}
    with wire.Engine(clock=START.strftime("%Y-%m-%dT%H:%M:%SZ")) as engine:
        set_up(engine, messages)
        for number in range(rounds):
            channel = Channel(engine, messages, given, sent)
            channel.start()
            time.sleep(0.02 + dice.random() * 0.1)
            engine.kill()
            channel.join()
            engine.start()
            step(engine, messages, 2 * (number + 1))
        found = drain(engine, messages, given, sent, rounds)
        check(given, sent, found, report, messages[0])
        print(f"{rounds} kills, {len(found)} messages, {len(given)} deliveries")
        report.check(len(found) > 100 and len(given) > len(found), "the load was real")
    report.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
