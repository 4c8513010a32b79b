#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The rules commands of schakel as a rule author and a pipeline use them: without an engine first,
then against a schakeld.

Needs SCHAKELD and SCHAKEL, the paths of the two programs; without them says so and passes.
"""

import html.parser
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import wire  # noqa: E402

SCRIPTS = wire.ROOT / "scripts"
CLOCK = "2026-03-05T10:00:00Z"
passed = failed = 0


def check(name, fact, detail=""):
    global passed, failed
    if fact:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {detail}")


class Author:
    """Somebody with the command and a folder of their own, far from the source tree."""

    def __init__(self, cli, folder):
        self.cli, self.folder = cli, pathlib.Path(folder)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("SCHAKEL_")}

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def run(self, *words, text=None):
        done = subprocess.run([self.cli, *words], input=text, capture_output=True, text=True,
                              cwd=self.folder, env=self.environment, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def expect(self, code, *words, has=(), lacks=(), text=None):
        got, out, err = self.run(*words, text=text)
        both = out + err
        check(" ".join(map(str, words)),
              got == code and all(part in both for part in has) and
              not any(part in both for part in lacks), f"status {got}, {out!r}, {err!r}")
        return out


def own_rules(body, name="proef", policy="Zo doen wij het."):
    return (f'return ruleset {{ name = "{name}", based_on = "standaard", policy = [[{policy}]],\n'
            f"{body} }}\n")


GOOD = own_rules("""hard { "vog", when = "under(need.categories, 'zorg.thuis')",
  expr = "has(offer.provides, 'vog')", why = "bij zorg thuis is een VOG nodig" },
example { "met VOG", need = { categories = { "zorg.thuis" } },
  offer = { categories = { "zorg.thuis" }, provides = { "vog" } }, pair = { distance_m = 300 },
  expect = { match = true } },
example { "zonder VOG", need = { categories = { "zorg.thuis" } }, expect = { fails = "vog" } }""")
WRONG_EXAMPLE = GOOD.replace("match = true", "match = false")


# ---- Without an engine ----

def check_and_test(author):
    author.write("goed.lua", GOOD)
    author.expect(0, "rules", "check", "goed.lua", "--strict",
                  has=["vog", "distance", "closeness", "0 errors, 0 warnings", "ns"])
    author.expect(0, "rules", "test", "goed.lua", has=["2 examples run, 0 failed"])
    author.write("fout.lua", WRONG_EXAMPLE)
    author.expect(1, "rules", "test", "fout.lua",
                  has=["fout.lua:4: example 'met VOG'", "match            expected false",
                       "found true (score 0.79", "threshold 0.45", "1 failed"])
    author.write("tikfout.lua", GOOD.replace("has(offer", "hass(offer"))
    author.expect(1, "rules", "check", "tikfout.lua",
                  has=["tikfout.lua:2: hard 'vog', expr, character 1", "did you mean `has`"],
                  lacks=["tikfout.lua: tikfout.lua", "hard.vog.expr"])
    author.write("komma.lua", GOOD.replace("'zorg.thuis')\",", "'zorg.thuis')\"", 1))
    author.expect(1, "rules", "check", "komma.lua", has=["near 'expr'", "a comma"])
    author.write("nooit.lua", GOOD.replace("zorg.thuis'", "zorg.tuis'", 1))
    author.expect(0, "rules", "check", "nooit.lua",
                  has=["warning: nooit.lua:2: hard 'vog': the taxonomy has no category",
                       "did you mean 'zorg.thuis'"])
    author.expect(1, "rules", "check", "nooit.lua", "--strict")
    author.write("leeg.lua", GOOD.replace("has(offer.provides, 'vog')", "need.urgency > 3")
                 .replace('when = "under(need.categories, \'zorg.thuis\')",', ""))
    author.expect(1, "rules", "check", "leeg.lua", has=["error: leeg.lua:2", "1 error"])
    author.expect(0, "rules", "check", "-", text=GOOD, has=["proef"])


def json_answers(author):
    answer = json.loads(author.expect(0, "--json", "rules", "check", "nooit.lua"))
    check("findings as JSON", [f["code"] for f in answer["findings"]] == ["unknown-category"] and
          answer["warnings"] == 1 and answer["findings"][0]["place"] == "nooit.lua:2", answer)
    check("rules as JSON", answer["hardRules"][0]["name"] == "vog" and
          answer["termRules"][1]["index"] == "distance" and answer["mostScore"] <= 1, answer)
    answer = json.loads(author.expect(1, "--json", "rules", "test", "fout.lua"))
    check("test as JSON", answer["run"] == 2 and answer["failed"] == 1 and
          "met VOG" in answer["report"], answer)


def elsewhere(author):
    """A copy far from the other files: what is missing, and how to say where it is."""
    author.write("ver.lua", own_rules("").replace('"standaard"', '"wilgenmeer"'))
    author.expect(1, "rules", "check", "ver.lua",
                  has=["there is no rule file 'wilgenmeer'", "--rules-dir"])
    author.expect(0, "rules", "check", "ver.lua", "--rules-dir", str(SCRIPTS / "rules"))
    author.write("lib.lua", 'local x = require("lib/bestaatniet")\n' + own_rules(""))
    author.expect(1, "rules", "test", "lib.lua", has=["lib/bestaatniet", "--rules-dir"])
    author.expect(1, "rules", "test", "weg.lua", has=["weg.lua"])
    taxonomy = author.write("taxonomie.json", json.dumps({"categories": [
        {"code": "tuin", "label": {"nl": "Tuin", "en": "Garden"}}]}))
    author.expect(0, "rules", "check", "goed.lua", "--taxonomy", taxonomy,
                  has=["the taxonomy has no category 'zorg.thuis'"])


class Page(html.parser.HTMLParser):
    """What a browser makes of it: elements, and the text in them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "!doctype"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        check(f"</{tag}> closes what is open", self.open and self.open.pop() == tag, self.open)

    def handle_data(self, data):
        self.text += data


EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"
MARK = "</td></table>|`*_[klik](javascript:x)_*`|<b>"


def describe(author):
    evil = own_rules(f"""hard {{ "vog", when = "attr(need, '{EVIL.replace("'", '"')}') == true",
  expr = "has(offer.provides, '{MARK}')", why = [[{EVIL}]] }},
term {{ "wijk", weight = 1, expr = "if(need.wijk == offer.wijk, 1, 0)", why = [[{MARK}]] }},
notify {{ "bericht", on = "suggestion.created", to = "connector", text = {{ nl = [[{EVIL}]] }} }},
example {{ [[{EVIL}]], need = {{ categories = {{ [[{EVIL}]] }}, attributes = {{ [ [[{EVIL}]] ] = [[{MARK}]] }} }},
  offer = {{ languages = {{ [[{EVIL}]] }}, provides = {{ [[{MARK}]] }} }}, expect = {{ match = true }} }}""".replace(
      'alert("x")', "alert(x)"), policy=EVIL + "\n\n1. " + MARK + "\n2. twee")
    author.write("kwaad.lua", evil)
    text = author.expect(0, "rules", "describe", "kwaad.lua", "--format", "html")
    page = Page(text)
    check("nothing left open", page.open == [], page.open)
    check("no element but ours", set(page.tags) <= {
        "html", "head", "meta", "style", "title", "body", "main", "h1", "h2", "p", "ol", "ul", "li",
        "table", "caption", "thead", "tbody", "tr", "th", "td", "code"}, set(page.tags))
    check("no attribute but ours", {a for a, _ in page.attributes} <= {
        "lang", "charset", "name", "content", "http-equiv", "scope"}, page.attributes)
    check("the text is there, as text", page.text.count("<script>alert") >= 5 and
          "</td></table>" in page.text, page.text)
    check("Dutch, one h1, tables with captions", ("lang", "nl") in page.attributes and
          page.tags.count("h1") == 1 and page.tags.count("table") == page.tags.count("caption") >= 5
          and page.tags.count("th") > 20, page.tags)
    check("nothing from elsewhere", "http://" not in text and "https://" not in text and
          "url(" not in text and "default-src 'none'" in text)
    text = author.expect(0, "rules", "describe", "kwaad.lua",
                         has=["&lt;script&gt;alert", "# Regels: proef", "| Eis |"])
    check("no HTML in Markdown", "<script" not in text and "<img" not in text and "<b>" not in text,
          text)
    text = author.expect(0, "rules", "describe", "kwaad.lua", "--format", "register")
    check("no HTML in the register", "<script" not in text, text)
    for words in (("--format", "json"), ("--format", "register", "--json")):
        answer = json.loads(author.expect(0, "rules", "describe", "kwaad.lua", *words))
        check("JSON " + words[1], EVIL in json.dumps(answer, ensure_ascii=False).replace('\\"', '"')
              and ("terms" in answer or answer["lawful_basis_grouping"] == []), answer)
    author.expect(2, "rules", "describe", "goed.lua", "--format", "pdf", has=["md, html"])


# ---- With an engine ----

def second_person(author, data):
    answer = json.loads(author.expect(0, "--json", "--data", data, "token", "create", "--role",
                                      "rule-author", "--name", "tweede persoon"))
    path = author.folder / "tweede.token"
    path.write_text(answer["newToken"]["token"])
    return str(path)


def life(author, engine):
    data = str(engine.folder)
    here = ("--data", data, "rules")
    second = second_person(author, data)
    author.expect(0, *here, "push", "goed.lua", has=["Pushed; nothing changes yet", "approve"])
    author.expect(0, *here, "push", "goed.lua", has=["pushed before", "waits for approval"])
    hashes = json.loads(author.expect(0, "--json", *here, "list"))["rules"]["items"]
    one = next(r["hash"] for r in hashes if r["name"] == "proef")
    author.expect(1, *here, "approve", one[:5], has=["too short"])
    author.expect(1, *here, "approve", "proef", has=["second person"])
    author.expect(0, *here, "approve", "proef", "--token-file", second,
                  has=[one[:12], "approved. Next:", "activate"])
    author.expect(0, *here, "push", "goed.lua", has=["pushed before", "It is approved", "activate"],
                  lacks=["A second person now"])
    author.expect(1, *here, "approve", "proef", "--token-file", second, has=["waiting for this"])
    author.expect(0, *here, "activate", one[:6], has=["is active"])
    author.expect(0, *here, "push", "goed.lua", has=["pushed before", "It is active"])
    author.expect(0, *here, "list", has=["proef", "ACTIVE", "tweede persoon"])
    author.expect(0, *here, "get", "proef", has=["has(offer.provides"])
    author.expect(1, *here, "get", "bestaatniet", has=["no rule set"])
    author.expect(0, *here, "rollback", has=[") is active again"])


def bad_pushes(author, engine):
    here = ("--data", str(engine.folder), "rules")
    author.write("zakt.lua", WRONG_EXAMPLE.replace('"proef"', '"zakt"'))
    author.expect(0, *here, "push", "zakt.lua",
                  has=["1 of its 2 examples fail", "schakel rules test"], lacks=["Next:"])
    author.expect(1, *here, "approve", "zakt", "--token-file", str(author.folder / "tweede.token"),
                  has=["examples fail", "rules test"])
    author.expect(1, *here, "push", "tikfout.lua",
                  has=["tikfout.lua:", "hard 'vog', expr, character 1"],
                  lacks=["pushRules", "source:"])
    author.expect(1, *here, "push", "ver.lua", has=["no rule file 'wilgenmeer'"],
                  lacks=["pushRules"])
    author.write("groot.lua", "-- " + "x" * 70000 + "\n" + GOOD)
    author.expect(1, *here, "push", "groot.lua", has=["larger than"], lacks=["pushRules"])


def main():
    daemon, cli = os.environ.get("SCHAKELD"), os.environ.get("SCHAKEL")
    if not daemon or not cli:
        print("SCHAKELD or SCHAKEL is not set: skipped")
        return 0
    folder = tempfile.mkdtemp(prefix="schakel-rules-")
    author = Author(cli, folder)
    try:
        check_and_test(author)
        json_answers(author)
        elsewhere(author)
        describe(author)
        with wire.Engine(None, CLOCK) as engine:
            life(author, engine)
            bad_pushes(author, engine)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
