#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A schakeld with plugins: what it refuses at the start, and that a plugin is told of events, may
ask, and is stopped before the engine."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
import world

BINARY = os.environ.get("SCHAKELD", str(wire.ROOT / "build/dev/engine/daemon/schakeld"))
PLUGINS = pathlib.Path(os.environ.get("SCHAKEL_BUILD", wire.ROOT / "build/dev")) / "tests/support/plugins"


def check(folder, *options):
    return subprocess.run([BINARY, "--data", folder, "--plugin-dir", str(PLUGINS), "--check",
                           *options], capture_output=True, text=True, timeout=30, check=False)


def check_refusals(report):
    cases = [
        (["--plugin", "nowhere"], "there is no plugin 'nowhere'"),
        (["--plugin", "old"], "was built for plugin interface 999"),
        (["--plugin", "echo"], "plugins.echo.word: is required"),
        (["--plugin", "echo.wrod=hoi"], "plugins.echo.wrod: is no key of this plugin"),
        (["--plugin", "echo.word=hoi", "--plugin", "echo.times=often"], "must be a number"),
        (["--plugin", "echo=hoi"], "write NAME or NAME.KEY=VALUE"),
    ]
    with tempfile.TemporaryDirectory(prefix="schakel-test-") as folder:
        for options, words in cases:
            run = check(folder, *options)
            report.check(run.returncode in (1, 2) and words in run.stderr,
                         f"{' '.join(options)}: {run.stderr.strip()}")
        config = pathlib.Path(folder, "schakeld.lua")
        for text, words in (("{ echo = { word = {1} } }", "plugins.echo.word: must be a list of texts"),
                            ("{ echo = { word = 'a', friends = 'b' } }", "must be a list of texts"),
                            ("{ 'echo' }", "names plugins with their settings"),
                            ("'echo'", "must be a table")):
            config.write_text(f"return {{ plugins = {text} }}")
            run = check(folder, "--config", str(config))
            report.check(run.returncode in (1, 2) and words in run.stderr,
                         f"{text}: {run.stderr.strip()}")
        config.write_text("return { plugins = { echo = { word = 'dag', friends = { 'an', 'bo' } } } }")
        run = check(folder, "--config", str(config))
        report.check(run.returncode == 0, f"a right one passes: {run.stdout.strip()}")


def check_list(report):
    run = subprocess.run([BINARY, "--plugin-dir", str(PLUGINS), "--plugins"], capture_output=True,
                         text=True, timeout=30, check=False)
    report.check(run.returncode == 0 and "word                 a text, required: what to say"
                 in run.stdout and "old: " in run.stdout, "plugins and their keys are listed")


def lines_with(log, words, seconds=10):
    """The lines of the log that hold these words, once there is one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = [line for line in log.read_text().splitlines() if words in line]
        if found:
            return found
        time.sleep(0.05)
    return []


def check_life(messages, report):
    records, service = messages
    with tempfile.TemporaryDirectory(prefix="schakel-test-") as folder:
        log = pathlib.Path(folder, "log")
        with log.open("w", encoding="utf-8") as sink:
            process = subprocess.Popen([BINARY, "--data", folder, "--plugin-dir", str(PLUGINS),
                                        "--plugin", "echo.word=hoi"], stderr=sink)
        try:
            report.check(lines_with(log, "plugin=echo state=started"), "a plugin starts")
            status = lines_with(log, "plugin=echo status_bytes=")
            report.check(status and int(status[0].rpartition("=")[2]) > 20, "and gets its answer")
            engine = type("Engine", (), {"path": pathlib.Path(folder, "schakel.sock"),
                                         "token": lambda self: pathlib.Path(
                                             folder, "admin.token").read_text().strip()})()
            client = wire.Client(engine, messages)
            receipt = client.call(put_parties=world.party(service, records, "p1")).receipts.items[0]
            client.close()
            report.check(lines_with(log, f"plugin=echo event={receipt.event_seq}"),
                         "it hears of an event that is on disk")
        finally:
            process.terminate()
            code = process.wait(timeout=30)
        report.check(code == 0 and lines_with(log, "plugin=echo stopped_after_answers=1"),
                     "and is stopped in order")


def main():
    report = wire.Report()
    check_refusals(report)
    check_list(report)
    check_life(wire.load_messages(), report)
    report.finish()


if __name__ == "__main__":
    main()
