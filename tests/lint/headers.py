# SPDX-License-Identifier: EUPL-1.2
"""Every header compiles alone, as C17 and as C++17, and starts with its licence line."""
import pathlib
import subprocess
import sys

FLAGS = ["-fsyntax-only", "-D_GNU_SOURCE", "-Iengine", "-Iengine/include", "-Ibindings/c/include",
         "-I/usr/include/lua5.4", "-"]
LANGUAGES = [["gcc", "-x", "c", "-std=c17"], ["g++", "-x", "c++", "-std=c++17"]]
SPDX = "SPDX-License-Identifier: EUPL-1.2"
# Installed headers and faces are for C++ callers too; private headers only for our own C.
ROOTS = ["engine/include/schakel", "bindings/c/include/schakel"]


def is_public(path):
    return any(str(path).startswith(root) for root in ROOTS)


def check(root, header):
    faults = []
    text = (root / header).read_text(encoding="utf-8")
    if SPDX not in text.split("\n", 1)[0]:
        faults.append(f"{header}: the first line names no licence")
    if "#pragma once" not in text:
        faults.append(f"{header}: no #pragma once")
    if "schakel/v1/" in text or "protobuf-c" in text:
        return faults  # Needs generated headers; compiled with its module.
    for language in LANGUAGES if is_public(header) else LANGUAGES[:1]:
        run = subprocess.run([*language, *FLAGS], cwd=root, input=f'#include "{root / header}"\n',
                             capture_output=True, text=True, check=False)
        if run.returncode:
            faults.append(f"{header} does not compile alone as {language[-1]}:\n{run.stderr}")
    return faults


def main(root):
    headers = sorted(p.relative_to(root) for folder in ("engine", "bindings/c/include")
                     for p in (root / folder).rglob("*.h"))
    faults = [fault for header in headers for fault in check(root, header)]
    print("\n".join(faults) or f"headers: {len(headers)} stand alone")
    return 1 if faults else 0


sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
