# SPDX-License-Identifier: EUPL-1.2
"""A plain client for tests: NNG's request/reply and publish/subscribe protocols over a Unix socket,
spoken by hand (SP over IPC: an 8-byte greeting, then 1 byte type, 8 bytes length, payload), so that
a test can also say what no client library would. And a schakeld to talk to."""
import importlib
import itertools
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQ, REP, PUB, SUB = 0x30, 0x31, 0x20, 0x21
REQUEST_NUMBERS = itertools.count(1)


def load_messages():
    """The generated Python messages, made anew in a temporary folder."""
    out = tempfile.mkdtemp(prefix="schakel-proto-")
    subprocess.run(["protoc", f"-I{ROOT}/proto", f"--python_out={out}",
                    "schakel/v1/records.proto", "schakel/v1/service.proto"], check=True)
    sys.path.insert(0, out)
    records = importlib.import_module("schakel.v1.records_pb2")
    service = importlib.import_module("schakel.v1.service_pb2")
    shutil.rmtree(out)
    return records, service


class Closed(Exception):
    """The other side closed the connection."""


class Socket:
    """One SP connection. Not thread-safe."""

    def __init__(self, path, protocol=REQ, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.socket.sendall(b"\0SP\0" + struct.pack(">HH", protocol, 0))
        self.greeting = self.read(8)
        self.number = 0

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(min(size - len(data), 1 << 20))
            if not part:
                raise Closed()
            data += part
        return data

    def send_frame(self, payload):
        self.socket.sendall(b"\x01" + struct.pack(">Q", len(payload)) + payload)

    def receive_frame(self):
        head = self.read(9)
        return self.read(struct.unpack(">Q", head[1:])[0])

    def send(self, body):
        self.number += 1
        self.send_frame(struct.pack(">I", 0x80000000 | self.number) + body)
        return self.number

    def receive(self):
        payload = self.receive_frame()
        return struct.unpack(">I", payload[:4])[0] & 0x7fffffff, payload[4:]

    def call(self, body):
        self.send(body)
        return self.receive()[1]

    def close(self):
        self.socket.close()


class Engine:
    """A schakeld on a temporary folder, ended with the object."""

    def __init__(self, folder=None, clock=None, *options):
        self.binary = os.environ.get("SCHAKELD", str(ROOT / "build/dev/engine/daemon/schakeld"))
        self.own = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="schakel-test-"))
        self.clock = clock
        self.options = list(options)
        self.process = None
        self.start()

    @property
    def path(self):
        return self.folder / "schakel.sock"

    def start(self):
        command = [self.binary, "--data", str(self.folder), "--log", "warn", *self.options]
        if self.clock:
            command += ["--clock", self.clock]
        self.process = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"schakeld ended with {self.process.returncode}")
            try:
                Socket(self.path).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("schakeld does not listen")

    def token(self):
        return (self.folder / "admin.token").read_text().strip()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """End it as a supervisor would; returns the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=60)

    def memory_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().split("\n"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def close(self):
        if self.process.poll() is None:
            self.kill()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Client:
    """Requests and answers as messages."""

    def __init__(self, engine, messages):
        self.records, self.service = messages
        self.socket = Socket(engine.path)
        self.token = engine.token()

    def request(self, request_id=None, **operation):
        number = next(REQUEST_NUMBERS)
        request = self.service.Request(id=request_id or f"r{os.getpid()}-{number}",
                                       token=self.token)
        for name, value in operation.items():
            getattr(request, name).CopyFrom(value)
        return request

    def call(self, request_id=None, **operation):
        body = self.request(request_id, **operation).SerializeToString()
        return self.service.Response.FromString(self.socket.call(body))

    def close(self):
        self.socket.close()


class Report:
    """Counts checks and closes with the line that test runners read."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, fact, what):
        if fact:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
