# SPDX-License-Identifier: EUPL-1.2
"""No file past 800 lines, no C function past 70, a licence line in every source file."""
import pathlib
import sys

ROOTS = ("bindings", "docs", "engine", "plugins", "proto", "scripts", "tests")
SOURCES = (".c", ".h", ".py", ".lua", ".sh", ".proto", ".cmake", ".ts", ".js")


def long_functions(path, lines):
    """The style puts a function's opening and closing brace alone in the first column."""
    begin = None
    for number, line in enumerate(lines, 1):
        if line == "{" and begin is None and number > 1:
            begin = number
        elif line == "}" and begin is not None:
            if number - begin > 71:
                yield f"{path}:{begin}: a function of {number - begin - 1} lines"
            begin = None


def main(root):
    faults = []
    paths = sorted(path for folder in ROOTS for path in (root / folder).rglob("*")
                   if path.is_file() and path.name.endswith(SOURCES))
    for path in paths:
        name = path.relative_to(root)
        lines = path.read_text(encoding="utf-8").split("\n")
        if len(lines) > 801:
            faults.append(f"{name}: {len(lines) - 1} lines")
        if not any("SPDX-License-Identifier" in line for line in lines[:3]):
            faults.append(f"{name}: no licence line")
        if path.suffix == ".c":
            faults += long_functions(name, lines)
    print("\n".join(faults) or f"sizes: {len(paths)} files within bounds")
    return 1 if faults or not paths else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
