# SPDX-License-Identifier: EUPL-1.2
"""What a front end lives by: waiting reads, cursors over a restart, the doorbell, many at once,
BUSY instead of silence, idempotent resends, and rights."""
import pathlib
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
import world


def check_waiting_read(engine, messages, report):
    records, service = messages
    reader, writer = wire.Client(engine, messages), wire.Client(engine, messages)
    last = reader.call(read_events=service.ReadEvents(after=0)).events.last
    got = []
    thread = threading.Thread(target=lambda: got.append(reader.call(
        read_events=service.ReadEvents(after=last, wait_ms=10000))))
    begin = time.monotonic()
    thread.start()
    time.sleep(0.2)
    writer.call(put_parties=world.party(service, records, "waited"))
    thread.join()
    waited = time.monotonic() - begin
    report.check(got[0].events.items and got[0].events.items[0].type == "party.created",
                 "a waiting read gets the next event")
    report.check(waited < 9, f"without waiting to the end ({waited:.1f} s)")
    begin = time.monotonic()
    empty = reader.call(read_events=service.ReadEvents(after=got[0].events.last, wait_ms=300))
    report.check(empty.status == 0 and not empty.events.items and time.monotonic() - begin > 0.25,
                 "a waiting read ends empty when its time is up")
    reader.close()
    writer.close()


def check_busy_waiters(engine, messages, report):
    _, service = messages
    clients = [wire.Client(engine, messages) for _ in range(40)]
    for client in clients:
        client.socket.send(client.request(read_events=service.ReadEvents(
            after=10**9, wait_ms=1500)).SerializeToString())
    answers = [service.Response.FromString(c.socket.receive()[1]) for c in clients]
    busy = sum(a.status == service.STATUS_BUSY for a in answers)
    report.check(busy == 8, f"half of the contexts may wait, the others hear BUSY ({busy} of 40)")
    report.check(all(a.error.retry_after_ms for a in answers if a.status), "with a time to return")
    for client in clients:
        client.close()


def check_doorbell(engine, messages, report):
    records, service = messages
    bell = wire.Socket(str(engine.path) + ".events", wire.SUB, timeout=10)
    client = wire.Client(engine, messages)
    time.sleep(0.2)
    seq = client.call(put_parties=world.party(service, records, "bell")).receipts.items[0].event_seq
    rung = bell.receive_frame()
    report.check(len(rung) == 8 and struct.unpack(">Q", rung)[0] == seq,
                 "the doorbell carries the newest number and nothing else")
    bell.close()
    client.close()


def check_cursor(engine, messages, report):
    _, service = messages
    client = wire.Client(engine, messages)
    client.call(ack_events=service.AckEvents(consumer="console", seq=2))
    client.close()
    report.check(engine.stop() == 0, "stops in order")
    engine.start()
    client = wire.Client(engine, messages)
    events = client.call(read_events=service.ReadEvents(consumer="console")).events
    report.check(events.items[0].seq == 3, "a consumer goes on behind what it acknowledged")
    client.close()


def check_idempotency(engine, messages, report):
    records, service = messages
    client = wire.Client(engine, messages)
    put = service.PutListings(listings=[world.listing(records, "", "p0")])
    first = client.call("same-id", put_listings=put).receipts.items[0]
    again = client.call("same-id", put_listings=put).receipts.items[0]
    report.check(first.id == again.id and again.repeated, "the same request gets the same answer")
    put.listings[0].title = "another"
    other = client.call("same-id", put_listings=put)
    report.check(other.status == service.STATUS_CONFLICT, "another content is refused")
    client.close()


def check_many(engine, messages, report):
    _, service = messages
    answers = []

    def ask():
        client = wire.Client(engine, messages)
        for _ in range(50):
            answers.append(client.call(get_status=service.GetStatus()).status)
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.check(answers.count(0) == 800, "16 clients at once are all answered")


def check_rights(engine, messages, report):
    records, service = messages
    admin = wire.Client(engine, messages)
    made = admin.call(create_token=service.CreateToken(role=records.ROLE_READER)).new_token
    reader = wire.Client(engine, messages)
    reader.token = made.token
    refused = reader.call(put_parties=world.party(service, records, "no"))
    report.check(refused.status == service.STATUS_DENIED, "a reader may not put")
    admin.call(revoke_token=service.RevokeToken(id=made.id))
    report.check(reader.call(get_status=service.GetStatus()).status == service.STATUS_DENIED,
                 "a revoked token is refused")
    admin.close()
    reader.close()


def check_stop_answers(engine, messages, report):
    """Reads that wait, and an answer larger than a socket's buffer that its reader takes late."""
    records, service = messages
    client = wire.Client(engine, messages)
    for i in range(60):
        listing = world.listing(records, f"large{i:02}", "p0")
        listing.description = "x" * 4000
        client.call(put_listings=service.PutListings(listings=[listing]))
    last = client.call(read_events=service.ReadEvents(after=0, limit=1)).events.last
    waiting = [wire.Client(engine, messages) for _ in range(12)]
    for other in waiting:
        other.socket.send(other.request(read_events=service.ReadEvents(
            after=last, wait_ms=20000)).SerializeToString())
    client.socket.send(client.request(list_listings=service.ListListings(
        limit=60)).SerializeToString())
    time.sleep(0.5)
    begin = time.monotonic()
    engine.process.terminate()
    time.sleep(0.3)
    page = service.Response.FromString(client.socket.receive()[1])
    report.check(engine.stop() == 0, "stops in order while reads wait")
    report.check(time.monotonic() - begin < 10, "and soon")
    answered = 0
    for other in waiting:
        try:
            answered += service.Response.FromString(other.socket.receive()[1]).status == 0
        except OSError:
            pass
    report.check(answered == 12, f"reads that waited are answered at the stop ({answered} of 12)")
    report.check(len(page.listings.items) == 60, "an answer that was not read yet still arrives")
    for other in [*waiting, client]:
        other.close()
    engine.start()


def main():
    messages = wire.load_messages()
    records, service = messages
    report = wire.Report()
    with wire.Engine() as engine:
        client = wire.Client(engine, messages)
        client.call(put_taxonomy=world.taxonomy(service, records))
        client.call(put_parties=world.party(service, records, "p0"))
        client.close()
        for check in (check_waiting_read, check_busy_waiters, check_doorbell, check_cursor,
                      check_idempotency, check_many, check_rights, check_stop_answers):
            check(engine, messages, report)
    report.finish()


if __name__ == "__main__":
    main()
