# SPDX-License-Identifier: EUPL-1.2
"""Every header compiles alone as C17, installed headers and faces as C++17 too, and each starts
with its licence line. Usage: headers.py ROOT BUILD-FOLDER (for the headers that the build makes)."""
import pathlib
import subprocess
import sys

FLAGS = ["-fsyntax-only", "-D_GNU_SOURCE", "-Iengine", "-Iengine/include", "-Ibindings/c/include",
         "-Itests", "-Iplugins", "-Ibindings/c/tests", "-I/usr/include/lua5.4"]
C17, CXX17 = ["gcc", "-x", "c", "-std=c17"], ["g++", "-x", "c++", "-std=c++17"]
SPDX = "SPDX-License-Identifier: EUPL-1.2"
INSTALLED = ["engine/include/schakel", "bindings/c/include/schakel"]
# Where the build puts what it makes of proto/, and one file of it.
MADE, MADE_FILE = "engine/codec/proto", "schakel/v1/service.pb-c.h"


def is_for_cxx(header):
    """An installed header, or the face of a module: engine/store/store.h."""
    return str(header.parent) in INSTALLED or (header.parts[0] == "engine"
                                               and header.stem == header.parent.name)


def check(root, made, header):
    text = (root / header).read_text(encoding="utf-8")
    if SPDX not in text.split("\n", 1)[0]:
        yield f"{header}: the first line names no licence"
    if "#pragma once" not in text:
        yield f"{header}: no #pragma once"
    for language in [C17, CXX17] if is_for_cxx(header) else [C17]:
        run = subprocess.run([*language, *FLAGS, f"-I{made}", "-"], cwd=root, check=False,
                             input=f'#include "{root / header}"\n', capture_output=True, text=True)
        if run.returncode:
            yield f"{header} does not compile alone as {language[-1][5:]}:\n{run.stderr}"


def main(root, build):
    made = build / MADE
    if not (made / MADE_FILE).exists():
        print(f"headers: build first, {made / MADE_FILE} is not there")
        return 1
    headers = sorted(p.relative_to(root) for folder in ("engine", "bindings", "plugins", "tests")
                     for p in (root / folder).rglob("*.h"))
    faults = [fault for header in headers for fault in check(root, made, header)]
    print("\n".join(faults) or f"headers: {len(headers)} stand alone")
    return 1 if faults or not headers else 0


sys.exit(main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:3])))
