# SPDX-License-Identifier: EUPL-1.2
"""Hostile input on the socket: each gets a clear error or a closed connection, memory stays bounded,
and the engine goes on."""
import math
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
import world

MEMORY_LIMIT_MIB = 400


def alive(engine, messages):
    _, service = messages
    client = wire.Client(engine, messages)
    answer = client.call(get_status=service.GetStatus())
    client.close()
    return answer.status == 0


def try_raw(engine, body):
    """The answer's bytes, or None when the connection was closed."""
    connection = wire.Socket(engine.path, timeout=20)
    try:
        return connection.call(body)
    except (wire.Closed, ConnectionError, BrokenPipeError):
        return None
    finally:
        connection.close()


def length_delimited(field, body):
    return varint(field << 3 | 2) + varint(len(body)) + body


def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def nested(depth):
    body = b""
    for _ in range(depth):
        body = length_delimited(10, body)
        if len(body) > 200000:
            break
    return body


def hostile_bodies(client, records, service):
    big = world.listing(records, "x", "p0")
    many = world.listing(records, "many", "p0")
    del many.categories[:]
    many.categories.extend(["hulp"] * 10000)
    yield "64 MB", b"\0" * (64 << 20)
    yield "100,000 nested submessages", nested(100000)
    yield "over the cap", length_delimited(10, b"\0" * 300000)
    yield "wrong UTF-8", length_delimited(1, b"\xff\xfe\x80")
    yield "a group", b"\x0b" * 1000
    yield "an endless varint", b"\xff" * 100
    yield "nothing", b""
    yield "10,000 categories", client.request(put_listings=service.PutListings(
        listings=[many])).SerializeToString()
    for lat in (math.nan, math.inf, -math.inf, 1e308, 91.0):
        big.point.lat = lat
        yield f"latitude {lat}", client.request(put_listings=service.PutListings(
            listings=[big])).SerializeToString()


def check_named_field(client, records, service, report):
    wrong = world.listing(records, "wrong", "p0", lat=95.0)
    answer = client.call(put_listings=service.PutListings(
        listings=[world.listing(records, "good", "p0"), wrong]))
    items = answer.receipts.items
    report.check(len(items) == 2 and items[0].status == 0, "the good item of a batch stands")
    report.check(len(items) == 2 and items[1].error.field == "putListings.listings[1].point.lat",
                 f"the field is named: {items[1].error.field if len(items) == 2 else answer}")


def flip_and_cut(engine, client, records, service, report):
    dice = random.Random(7)
    body = client.request(put_listings=service.PutListings(listings=[
        world.listing(records, f"flip{i}", "p0") for i in range(5)])).SerializeToString()
    connection = wire.Socket(engine.path, timeout=20)
    answers = 0
    for _ in range(2000):
        changed = bytearray(body[:dice.randrange(1, len(body))] if dice.random() < 0.3 else body)
        for _ in range(dice.randrange(1, 6)):
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        response = service.Response.FromString(connection.call(bytes(changed)))
        answers += response.status >= 0
    report.check(answers == 2000, "every flipped or cut message is answered")
    connection.close()


def garbage_frames(engine):
    dice = random.Random(8)
    for _ in range(50):
        connection = wire.Socket(engine.path, timeout=5)
        try:
            connection.socket.sendall(dice.randbytes(dice.randrange(1, 4000)))
            connection.socket.sendall(b"\x01" + struct.pack(">Q", 1 << 62))
        except OSError:
            pass
        connection.close()


def main():
    messages = wire.load_messages()
    records, service = messages
    report = wire.Report()
    with wire.Engine() as engine:
        client = wire.Client(engine, messages)
        client.call(put_taxonomy=world.taxonomy(service, records))
        client.call(put_parties=world.party(service, records, "p0"))
        for what, body in hostile_bodies(client, records, service):
            answer = try_raw(engine, body)
            if answer is not None:
                response = service.Response.FromString(answer)
                refused = response.status != 0 or any(i.status for i in response.receipts.items)
                report.check(refused and response.error.message, f"{what}: refused with words")
            report.check(alive(engine, messages), f"the engine goes on after: {what}")
        check_named_field(client, records, service, report)
        flip_and_cut(engine, client, records, service, report)
        garbage_frames(engine)
        report.check(alive(engine, messages), "the engine goes on after garbage frames")
        report.check(engine.memory_mib() < MEMORY_LIMIT_MIB,
                     f"memory stays bounded: {engine.memory_mib():.0f} MiB")
        report.check(engine.stop() == 0, "the engine stops by itself")
    report.finish()


if __name__ == "__main__":
    main()
