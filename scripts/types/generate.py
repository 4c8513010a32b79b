#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Makes scripts/types/schakel.lua and the reference in docs/rules.md. Each thing is described once,
in a comment above what does it: fields in engine/rules/fields.c, units in lex.c, functions of
expressions in parse.c, functions of Lua in bind.c, the library in scripts/lib. With --check it only
compares, for ctest."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "engine/rules"
LIBRARY = sorted((ROOT / "scripts/lib").glob("*.lua"))
TYPES = ROOT / "scripts/types/schakel.lua"
GUIDE = ROOT / "docs/rules.md"
UNITS = {"NONE": "", "METRE": "metres", "MINUTE": "minutes", "DAY": "days"}
LUA = {"SK_T_NUMBER": "number", "SK_T_BOOL": "boolean", "SK_T_STRING": "string",
       "SK_T_SET": "string[]"}
WORDS = {"SK_T_NUMBER": "number", "SK_T_BOOL": "true or false", "SK_T_STRING": "text",
         "SK_T_SET": "set"}

SHAPES = """---@class Hard
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
---@field category string?
---@field threshold number?
---@field reach string? such as "5 km"
---@field languages string? "any"
---@field closeness number? 0.1 to 0.3

---@class Notify
---@field [1] string the name
---@field on string such as "suggestion.created"
---@field to "connector"|"need_party"|"offer_party"|"role:admin"|"role:rule_author"
---@field when string?
---@field channel string? such as "mail"
---@field subject table<string, string>? by language
---@field text table<string, string> by language; `nl` is required
---@field off boolean? true: removes the base's
---@field digest { at: string, days: string[]? }? collected until then
---@field breaks ("quiet"|"budget"|"digest")[]? what it does not wait for

---@class Pacing
---@field quiet { from: string?, to: string?, days: string[]? }|false?
---@field max_per_day integer?
---@field max_per_week integer?
---@field channel string?

---@class Example
---@field [1] string the name
---@field need table?
---@field offer table?
---@field pair table?
---@field expect table

---@alias AttributeType "number"|"boolean"|"string"

---@class Attribute
---@field type AttributeType
---@field unit "m"|"min"|"d"|nil
---@field note string?

---@class RuleSet
---@field name string
---@field based_on string?
---@field policy string?
---@field threshold number?
---@field limits { per_need: integer?, per_helper: integer? }?
---@field attributes table<string, AttributeType|Attribute>?

text = {}
set = {}
"""

def bindings():
    """(description, annotations, signature) of each binding, in the order of the file."""
    for block in re.findall(r"/\*---(.*?)\*/", (RULES / "bind.c").read_text(), re.S):
        lines = [line.strip() for line in block.strip().splitlines()]
        words = [line for line in lines if not line.startswith(("---@", "function "))]
        notes = [line for line in lines if line.startswith("---@")]
        signature = next(line for line in lines if line.startswith("function "))
        yield " ".join(words), notes, signature


def rows_of(file):
    """(description, {note: text}, the row of C below) of each commented row of a table."""
    for comment, row in re.findall(r"/\*---(.*?)\*/\s*([^\n]*)", (RULES / file).read_text(), re.S):
        lines = [line.strip() for line in comment.strip().splitlines()]
        words = [line for line in lines if not line.startswith("---@")]
        notes = [line[4:].split(None, 1) for line in lines if line.startswith("---@")]
        yield " ".join(words), dict(notes), row


def fields():
    """(name, type, unit, of a side, may be missing, description, example)"""
    for words, notes, row in rows_of("fields.c"):
        parts = [part.strip(' "},') for part in row.split("{", 1)[1].split(",")]
        yield (parts[0], parts[1], UNITS[parts[2].removeprefix("SK_U_")], parts[3] == "true",
               parts[6] == "true", words, notes["example"])


def library(path):
    """What a library file is for, and (name, description, notes, call) of all that it has."""
    lines = path.read_text().splitlines()
    about = " ".join(line[2:].strip() for line in lines[2:lines.index("", 2)])
    words, notes = [], []
    items = []
    for line in lines:
        if line.startswith("---@"):
            notes.append(line)
        elif line.startswith("--- "):
            words.append(line[4:])
        elif words:
            made = re.match(r"function ([\w.]+)(\(.*\))|([\w.]+) =", line)
            name = made.group(1) or made.group(3)
            items.append((name, " ".join(words), notes, name + (made.group(2) or "")))
            words, notes = [], []
    return about, items


def note(notes, kind):
    return next((n.split(None, 1)[1] for n in notes if n.startswith("---@" + kind)), "")


# ---- Types for editors ----

def class_of_fields(name, of_side):
    lines = [f"---@class {name}"]
    for field, kind, unit, side, missing, words, _ in fields():
        if side == of_side:
            lines.append(f"---@field {field} {LUA[kind]}{'?' if missing else ''} "
                         f"{words.replace('`', '')}{' In ' + unit + '.' if unit else ''}")
    if of_side:
        lines.append("---@field attributes table<string, string|number|boolean>")
    return "\n".join(lines) + "\n"


def class_of_library(path):
    _, items = library(path)
    lines = [f"---@class lib.{path.stem}"]
    for name, words, notes, call in items:
        kind = note(notes, "type")
        if not kind:
            given = [n.split()[1:3] for n in notes if n.startswith("---@param")]
            kind = (f"fun({', '.join(f'{p}: {t}' for p, t in given)}): "
                    f"{note(notes, 'return').split()[0]}")
        else:
            kind = kind.removesuffix(" an expression")
        lines.append(f"---@field {name.split('.', 1)[1]} {kind} {words}")
    return "\n".join(lines) + "\n"


def types():
    parts = ["---@meta", "-- SPDX-License-Identifier: EUPL-1.2",
             "-- For editors. Made by scripts/types/generate.py; change what it is made from.", "",
             class_of_fields("Side", True), class_of_fields("Pair", False), SHAPES]
    parts += [class_of_library(path) for path in LIBRARY]
    for words, notes, signature in bindings():
        if signature.startswith("function require"):
            notes = notes + [f'---@overload fun(name: "lib/{p.stem}"): lib.{p.stem}'
                             for p in LIBRARY]
        parts += ["--- " + words, *notes, signature, ""]
    return "\n".join(parts)


# ---- The reference ----

def cell(text):
    return text.replace("|", "\\|")


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|",
                      *("| " + " | ".join(row) + " |" for row in rows)])


def field_table(of_side):
    return table(("field", "type", "", "example"),
                 ((f"`{name}`", WORDS[kind] + (f", {unit}" if unit else ""), cell(words),
                   f"`{cell(example)}`")
                  for name, kind, unit, side, _, words, example in fields() if side == of_side))


def unit_table():
    return table(("unit", "gives", "example"),
                 ((f"`{row.split(chr(34))[1]}`", words, f"`{notes['example']}`")
                  for words, notes, row in rows_of("lex.c")))


def type_table():
    lines = re.findall(r"\*---@type ([^:]*): (.*)", (RULES / "fields.c").read_text())
    return table(("type", ""), ((name, words.removesuffix(" */")) for name, words in lines))


def expression_table():
    return table(("function", "gives", "example"),
                 ((f"`{notes['call']}`", cell(words), f"`{notes['example']}`")
                  for words, notes, _ in rows_of("parse.c")))


def function_table():
    rows = []
    for words, notes, signature in bindings():
        call = signature.removeprefix("function ").removesuffix(" end")
        rows.append((f"`{call}`", cell(note(notes, "return")), cell(words)))
    return table(("function", "gives", "what it does"), rows)


def library_reference():
    parts = []
    for path in LIBRARY:
        about, items = library(path)
        parts += [f"#### lib/{path.stem}", "", about, ""]
        for _, words, notes, call in items:
            kind = (note(notes, "return") or note(notes, "type")).replace("string an ", "an ")
            parts += [f"`{call}` ({kind})", "", words, "", "```lua", note(notes, "example"), "```",
                      ""]
    return "\n".join(parts).rstrip()


SECTIONS = {"side fields": lambda: field_table(True), "pair fields": lambda: field_table(False),
            "units": unit_table, "types": type_table, "expressions": expression_table,
            "functions": function_table, "library": library_reference}


def guide():
    text = GUIDE.read_text()
    for name, make in SECTIONS.items():
        begin, end = f"<!-- {name}: made by scripts/types/generate.py -->", f"<!-- end of {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"docs/rules.md has no single place for {name}: {begin} ... {end}")
        head, rest = text.split(begin)
        text = f"{head}{begin}\n{make()}\n{end}{rest.split(end)[1]}"
    return text


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
