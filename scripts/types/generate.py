#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Makes scripts/types/schakel.lua and the function reference of docs/rules.md from the comments
above the bindings in engine/rules/bind.c. With --check it only compares, for ctest."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINDINGS = ROOT / "engine/rules/bind.c"
TYPES = ROOT / "scripts/types/schakel.lua"
GUIDE = ROOT / "docs/rules.md"
START, END = "<!-- functions: made by scripts/types/generate.py -->", "<!-- end of functions -->"

SHAPES = """---@class Side
---@field kind string "NEED", "OFFER" ...
---@field categories string[] in ascending order, as all sets
---@field languages string[] the party's when the listing names none
---@field requires string[]
---@field provides string[] with the party's certificates that are valid now
---@field reach_m number
---@field within_m number
---@field remote boolean
---@field duration_min number
---@field capacity number
---@field room number
---@field urgency number
---@field age_days number
---@field buurt string?
---@field wijk string?
---@field gemeente string?
---@field load_30d number
---@field open_suggestions number
---@field days_since_asked number?
---@field attributes table<string, string|number|boolean>

---@class Pair
---@field distance_m number?
---@field overlap_min number
---@field longest_min number
---@field closeness number

---@class Hard
---@field [1] string the name
---@field expr string?
---@field lua (fun(need: Side, offer: Side, pair: Pair): boolean?)?
---@field when string?
---@field why string?

---@class Term
---@field [1] string the name
---@field weight number
---@field expr string?
---@field lua (fun(need: Side, offer: Side, pair: Pair): number?)?
---@field when string?
---@field why string?

---@class Relax
---@field after string such as "3d" or "12h"
---@field threshold number
---@field category string?

---@class Notify
---@field channel string?
---@field wave integer?
---@field wait string?
---@field max_per_day integer?
---@field max_per_week integer?
---@field quiet { from: string, to: string }?

---@class Example
---@field [1] string the name
---@field need table?
---@field offer table?
---@field pair table?
---@field expect table

---@class RuleSet
---@field name string
---@field based_on string?
---@field policy string?
---@field threshold number?
---@field limits { per_need: integer?, per_helper: integer? }?

text = {}
set = {}
"""


def bindings():
    """(description, annotations, signature) of each binding, in the order of the file."""
    for block in re.findall(r"/\*---(.*?)\*/", BINDINGS.read_text(), re.S):
        lines = [line.strip() for line in block.strip().splitlines()]
        words = [line for line in lines if not line.startswith(("---@", "function "))]
        notes = [line for line in lines if line.startswith("---@")]
        signature = next(line for line in lines if line.startswith("function "))
        yield " ".join(words), notes, signature


def types():
    parts = ["---@meta", "-- SPDX-License-Identifier: EUPL-1.2",
             "-- For editors. Made by scripts/types/generate.py from engine/rules/bind.c.", "", SHAPES]
    for words, notes, signature in bindings():
        parts += ["--- " + words, *notes, signature, ""]
    return "\n".join(parts)


def reference():
    rows = ["| function | gives | what it does |", "|---|---|---|"]
    for words, notes, signature in bindings():
        given = next((n.split(None, 1)[1] for n in notes if n.startswith("---@return")), "")
        call = signature.removeprefix("function ").removesuffix(" end")
        rows.append(f"| `{call}` | {given.replace('|', ', ')} | {words.replace('|', ',')} |")
    return "\n".join(rows)


def guide():
    text = GUIDE.read_text()
    head, rest = text.split(START)
    return f"{head}{START}\n{reference()}\n{END}{rest.split(END)[1]}"


def main():
    stale = [path for path, text in ((TYPES, types()), (GUIDE, guide()))
             if not path.exists() or path.read_text() != text]
    if sys.argv[1:] == ["--check"]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run scripts/types/generate.py")
        return 1 if stale else 0
    TYPES.write_text(types())
    GUIDE.write_text(guide())
    return 0


if __name__ == "__main__":
    sys.exit(main())
