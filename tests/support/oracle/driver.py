# SPDX-License-Identifier: EUPL-1.2
"""The engine behind the program that SCHAKEL_DRIVER names: one JSON line in, one out."""

import json
import os
import select
import subprocess

LONGEST_WAIT_S = 120


class DriverError(Exception):
    """The driver died, hung, or answered what is not JSON."""


class Driver:
    """A running engine_driver. `call` sends one object and gives the answer."""

    def __init__(self, program, wait_s=LONGEST_WAIT_S):
        self._wait_s = wait_s
        self._rest = b""
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         bufsize=0)

    def call(self, message):
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        try:
            view = memoryview(line)
            while view:
                view = view[self._process.stdin.write(view):]
        except BrokenPipeError as error:
            raise DriverError(self._death()) from error
        return json.loads(self._read_line())

    def _read_line(self):
        parts = [self._rest]
        out = self._process.stdout.fileno()
        while b"\n" not in parts[-1]:
            ready, _, _ = select.select([out], [], [], self._wait_s)
            if not ready:
                self.stop()
                raise DriverError(f"the driver did not answer within {self._wait_s} s")
            data = os.read(out, 1 << 20)
            if not data:
                raise DriverError(self._death())
            parts.append(data)
        line, self._rest = b"".join(parts).split(b"\n", 1)
        return line

    def _death(self):
        return f"the driver ended with status {self._process.wait()}"

    def stop(self):
        """Ends the process, whatever it does."""
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def program():
    """The driver's path, or None."""
    return os.environ.get("SCHAKEL_DRIVER") or None
