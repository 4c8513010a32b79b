# SPDX-License-Identifier: EUPL-1.2
"""Stopping in order, again and again while clients are busy: the process ends with status 0, soon,
and whatever was acknowledged is there afterwards."""
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
import world

ROUNDS = 15


class Busy(threading.Thread):
    """Puts parties until the engine is gone; some clients also wait for events."""

    def __init__(self, engine, messages, number):
        super().__init__()
        self.client = wire.Client(engine, messages)
        self.messages = messages
        self.number = number
        self.acknowledged = []

    def run(self):
        records, service = self.messages
        try:
            for count in range(100000):
                name = f"s{self.number}-{count}"
                if self.number % 3 == 0:
                    self.client.call(read_events=service.ReadEvents(after=10**9, wait_ms=20000))
                elif self.client.call(
                        put_parties=world.party(service, records, name)).status == 0:
                    self.acknowledged.append(name)
        except (wire.Closed, OSError):
            pass
        finally:
            self.client.close()


def main():
    messages = wire.load_messages()
    _, service = messages
    report = wire.Report()
    acknowledged = []
    with wire.Engine() as engine:
        for number in range(ROUNDS):
            clients = [Busy(engine, messages, number * 6 + i) for i in range(6)]
            for client in clients:
                client.start()
            time.sleep(0.15)
            begin = time.monotonic()
            status = engine.stop()
            report.check(status == 0, f"round {number}: ended with {status}")
            report.check(time.monotonic() - begin < 20, f"round {number}: took long to stop")
            for client in clients:
                client.join()
                acknowledged += client.acknowledged
            engine.start()
        client = wire.Client(engine, messages)
        missing = [name for name in acknowledged
                   if client.call(get_party=service.GetParty(id=name)).status != 0]
        report.check(not missing, f"acknowledged but gone: {missing[:5]}")
        report.check(len(acknowledged) > ROUNDS, "the load was real")
        print(f"{ROUNDS} stops, {len(acknowledged)} acknowledged commands")
        client.close()
    report.finish()


if __name__ == "__main__":
    main()
