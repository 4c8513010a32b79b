# SPDX-License-Identifier: EUPL-1.2
"""Authored phrases into text: [this|that] is a choice, {plek} a slot."""
import re

CHOICE = re.compile(r"\[([^\[\]]*)\]")
HET = ("plein", "pad", "dijkje", "huisje", "bolwerk", "zeil", "gat", "blad", "huis", "wiel", "land",
       "veld", "zicht", "water", "hof")


def with_article(place):
    return ("het " if place.lower().endswith(HET) else "de ") + place


def expand(phrase, dice, slots):
    text = CHOICE.sub(lambda found: dice.pick(found.group(1).split("|")), phrase)
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return text


def mentions(entry, slot):
    return any(slot in phrase for phrase in entry["titles"] + entry["texts"])
