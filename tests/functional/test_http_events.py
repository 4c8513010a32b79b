#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Server-sent events: nothing lost or doubled while the connection is cut 200 times under load and
the engine restarts; heartbeat, reset, rights, bounds."""
import json
import pathlib
import random
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
from gateway import Gateway

CUTS = int(sys.argv[1]) if len(sys.argv) > 1 else 200


class Stream:
    """A text/event-stream, read by hand: only what was ended by an empty line counts."""

    def __init__(self, gateway, last=None, target="/v1/gebeurtenissen", token=None):
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
        head = (f"GET {target} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n"
                f"Authorization: Bearer {token or gateway.token()}\r\n")
        if last is not None:
            head += f"Last-Event-ID: {last}\r\n"
        self.socket.sendall((head + "\r\n").encode())
        self.raw, self.text, self.status = b"", b"", None
        while b"\r\n\r\n" not in self.raw:
            self.fill()
        top, _, self.raw = self.raw.partition(b"\r\n\r\n")
        self.status = int(top.split()[1])
        self.top = top.decode()

    def fill(self):
        part = self.socket.recv(4096)
        if not part:
            raise EOFError
        self.raw += part

    def chunk(self):
        while b"\r\n" not in self.raw:
            self.fill()
        size, _, rest = self.raw.partition(b"\r\n")
        need = int(size, 16) + 2
        if need == 2:
            raise EOFError
        while len(self.raw) < len(size) + 2 + need:
            self.fill()
        self.text += self.raw[len(size) + 2:len(size) + need]
        self.raw = self.raw[len(size) + 2 + need:]

    def event(self):
        """The next one as a dict of its lines; a comment is {}."""
        while b"\n\n" not in self.text:
            self.chunk()
        block, _, self.text = self.text.partition(b"\n\n")
        return dict(line.split(": ", 1) for line in block.decode().split("\n")
                    if not line.startswith(":"))

    def close(self):
        self.socket.close()


class Writer(threading.Thread):
    """Puts parties until told to stop, whatever happens to the engine meanwhile."""

    def __init__(self, gateway):
        super().__init__()
        self.gateway, self.over, self.count = gateway, False, 0

    def run(self):
        connection = None
        while not self.over:
            try:
                connection = connection or self.gateway.connect(timeout=5)
                answer = self.gateway.call("PUT", f"/v1/deelnemers/p-{self.count % 50}",
                                           {"kind": "RESIDENT"}, connection=connection)
                self.count += answer.status < 300
                time.sleep(0.002)
            except Exception:  # pylint: disable=broad-except
                connection = None
                time.sleep(0.02)


def read_some(stream, seen, seconds):
    """Takes events until the time is up: the connection is then cut in the midst of anything."""
    end = time.monotonic() + seconds
    stream.socket.settimeout(max(0.01, seconds))
    try:
        while time.monotonic() < end:
            event = stream.event()
            if "id" in event:
                seen.append((int(event["id"]), event["event"], json.loads(event["data"])))
    except (TimeoutError, EOFError, OSError):
        pass
    stream.close()


def check_cuts(report):
    chance = random.Random(4)
    with Gateway() as gateway:
        writer = Writer(gateway)
        writer.start()
        seen, cuts, restarts = [], 0, 0
        while cuts < CUTS:
            try:
                stream = Stream(gateway, seen[-1][0] if seen else 0)
                read_some(stream, seen, chance.choice([0.001, 0.01, 0.03, 0.08]))
                cuts += 1
            except (OSError, EOFError):
                time.sleep(0.02)
                continue
            if cuts % (CUTS // 4) == 0 and restarts < 3:
                restarts += 1
                (gateway.kill if restarts == 2 else gateway.stop)()
                gateway.start()
        writer.over = True
        writer.join()
        last = int(gateway.call("GET", "/v1/gebeurtenissen?after=0&limit=1").json()["last"])
        deadline = time.monotonic() + 30
        while seen[-1][0] < last and time.monotonic() < deadline:
            read_some(Stream(gateway, seen[-1][0]), seen, 0.3)
        report.check([one[0] for one in seen] == list(range(1, last + 1)),
                     f"each of {last} events once, over {cuts} cuts and {restarts} restarts")
        report.check(all(kind != "reset" and data["type"] == kind and int(data["seq"]) == number
                         for number, kind, data in seen), "with its own type and number")
        report.check(writer.count > 50, f"under load ({writer.count} writes)")
        text = gateway.call("GET", "/metrics", token=None).body.decode()
        report.check("schakel_http_streams 0\n" in text or not wait_for_none(gateway),
                     "streams that were cut are forgotten")


def wait_for_none(gateway):
    """True when streams are still counted after some heartbeats."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if "schakel_http_streams 0\n" in gateway.call("GET", "/metrics", token=None).body.decode():
            return False
        time.sleep(0.5)
    return True


def check_beginning(report):
    with Gateway(heartbeat_seconds=1, max_streams=2, idle_seconds=3) as gateway:
        for i in range(150):
            gateway.call("PUT", f"/v1/deelnemers/p-{i}", {"kind": "RESIDENT"})
        gateway.call("PUT", "/v1/lezers/web", {"seq": "140"})
        stream = Stream(gateway, target="/v1/gebeurtenissen?after=20")
        report.check(stream.status == 200 and "text/event-stream" in stream.top, "a stream")
        report.check(stream.event() == {"retry": "2000"}, "says when to come back")
        numbers = [int(stream.event()["id"]) for _ in range(130)]
        report.check(numbers == list(range(21, 151)), "more than one page at once")
        begin = time.monotonic()
        report.check(stream.event() == {} and time.monotonic() - begin < 4, "a heartbeat")
        late = Stream(gateway)
        late.event()
        gateway.call("PUT", "/v1/deelnemers/p-0", {"kind": "RESIDENT"})
        event = late.event()
        while "id" not in event:
            event = late.event()
        report.check(event["id"] == "151", "without a number: from now on")
        report.check(Stream(gateway).status == 503, "not more streams than allowed")
        time.sleep(5)
        report.check(stream.event() is not None, "a quiet stream outlives the idle time")
        late.close()
        stream.close()
        report.check(not wait_for_none(gateway), "closed streams are forgotten")
        reader = Stream(gateway, target="/v1/gebeurtenissen?consumer=web")
        reader.event()
        report.check(reader.event()["id"] == "141", "a consumer goes on behind what it acknowledged")
        reader.close()


def check_catching_up(report):
    """A reader far behind is not held up."""
    with Gateway() as gateway:
        connection = gateway.connect()
        for i in range(3000):
            gateway.call("PUT", f"/v1/deelnemers/p-{i}", {"kind": "RESIDENT"},
                         connection=connection)
        stream = Stream(gateway, 0)
        stream.event()
        begin = time.monotonic()
        numbers = [int(stream.event()["id"]) for _ in range(3000)]
        took = time.monotonic() - begin
        report.check(numbers == list(range(1, 3001)), "all of them in order")
        report.check(took < 5, f"3,000 events in {took:.2f} s")
        stream.close()


def check_reset(report):
    with Gateway() as gateway:
        gateway.call("PUT", "/v1/deelnemers/p-0", {"kind": "RESIDENT"})
        stream = Stream(gateway, 99)
        stream.event()
        event = stream.event()
        report.check(event["event"] == "reset" and event["id"] == "1",
                     "a reader ahead of the log is told to begin anew")
        gateway.call("PUT", "/v1/deelnemers/p-1", {"kind": "RESIDENT"})
        report.check(stream.event()["id"] == "2", "and goes on")
        stream.close()
        report.check(Stream(gateway, "x").status == 400, "a number that is none")


def check_rights(report):
    with Gateway(heartbeat_seconds=1) as gateway:
        report.check(Stream(gateway, token="nobody").status == 401, "no stream without a token")
        made = gateway.call("POST", "/v1/tokens", {"name": "w", "role": "RESIDENT"}).json()
        report.check(Stream(gateway, token=made["token"]).status == 403, "nor without the right")
        made = gateway.call("POST", "/v1/tokens", {"name": "w", "role": "READER"}).json()
        stream = Stream(gateway, token=made["token"])
        gateway.call("DELETE", f"/v1/tokens/{made['id']}")
        ended = False
        try:
            for _ in range(20):
                stream.event()
        except (EOFError, OSError):
            ended = True
        report.check(ended, "a revoked token ends its stream")
        stream = Stream(gateway)
        begin = time.monotonic()
        report.check(gateway.stop() == 0 and time.monotonic() - begin < 5,
                     "an open stream does not hold the stop up")
        stream.close()
        gateway.start()


def main():
    report = wire.Report()
    check_beginning(report)
    check_catching_up(report)
    check_reset(report)
    check_rights(report)
    check_cuts(report)
    report.finish()


if __name__ == "__main__":
    main()
