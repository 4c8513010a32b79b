# SPDX-License-Identifier: EUPL-1.2
"""A schakeld with the HTTP gateway, for tests: requests with the standard library, and bytes as no
library would send them."""
import http.client
import json
import os
import pathlib
import socket
import time

import wire

BUILD = pathlib.Path(os.environ.get("SCHAKEL_BUILD", wire.ROOT / "build/dev"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def errors(self):
        """{(in, pointer or name): code} of a problem."""
        return {(e["in"], *e["location"].values()): e["code"] for e in self.json().get("errors", [])}


class Gateway(wire.Engine):
    """Settings are keywords: Gateway(max_streams=2)."""

    def __init__(self, folder=None, clock=None, **settings):
        self.port = free_port()
        given = {"listen": f"127.0.0.1:{self.port}", "rate_per_token": 0, "rate_per_address": 0,
                 **settings}
        options = ["--plugin-dir", str(BUILD / "plugins")]
        for name, value in given.items():
            for one in value if isinstance(value, list) else [value]:
                options += ["--plugin", f"http.{name}={one}"]
        super().__init__(folder, clock, *options)

    def start(self):
        super().start()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("the gateway does not listen")

    def connect(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, method, target, body=None, token=True, connection=None, **headers):
        """`token` True: the administrator's. Headers with _ for -."""
        own = connection or self.connect()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {self.token() if token is True else token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        own.request(method, target, body, sent)
        answer = Answer(own.getresponse())
        if not connection:
            own.close()
        return answer

    def raw(self, data, timeout=5, more=(), pause=0.0):
        """Sends bytes, and more of them after pauses; gives all that comes until the other side
        ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            answer = b""
            try:
                connection.sendall(data)
                for part in more:
                    time.sleep(pause)
                    connection.sendall(part)
                while part := connection.recv(65536):
                    answer += part
            except (TimeoutError, ConnectionError):
                pass
            return answer
