#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The linter of the NL GOV API Design Rules on the openapi.json that a running engine publishes:
no error and no warning. Needs SCHAKEL_DATA (its adr/linter.yaml), nodejs and npm."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
from gateway import BUILD, Gateway

TOOLS = wire.ROOT / "plugins/http/tools"


def spectral():
    """The pinned linter, installed once in the build folder."""
    folder = BUILD / "spectral"
    lock = (TOOLS / "package-lock.json").read_text(encoding="utf-8")
    program = folder / "node_modules/.bin/spectral"
    if not program.exists() or (folder / "package-lock.json").read_text(encoding="utf-8") != lock:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOOLS / "package.json", folder)
        shutil.copy(TOOLS / "package-lock.json", folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
                       cwd=folder, check=True, timeout=300)
    return program


def lint(document, rules):
    run = subprocess.run([spectral(), "lint", "--fail-severity", "hint", "-r", rules, document],
                         capture_output=True, text=True, timeout=300, check=False)
    return run.returncode, run.stdout + run.stderr


def main():
    data = os.environ.get("SCHAKEL_DATA")
    if not data:
        print("SCHAKEL_DATA is not set: skipped")
        return
    report = wire.Report()
    rules = pathlib.Path(data) / "adr/linter.yaml"
    document = BUILD / "spectral-openapi.json"
    with Gateway() as gateway:
        text = gateway.call("GET", "/v1/openapi.json", token=None).body
    document.write_bytes(text)
    code, said = lint(document, rules)
    report.check(code == 0, said)
    # The linter sees something: a path with a wrong name is found.
    document.write_bytes(text.replace(b'"/lezers/', b'"/Lezers_Van/'))
    code, said = lint(document, rules)
    report.check(code != 0 and "kebab-case" in said, "a fault is found")
    document.unlink()
    report.finish()


if __name__ == "__main__":
    main()
