# SPDX-License-Identifier: EUPL-1.2
"""Parties: residents, organisations and professionals, and what is known of them."""
from datetime import timedelta

from dice import Dice
from mesh import point_inside
from phrases import expand

RESIDENTS, ORGANISATIONS, PROFESSIONALS = 1650, 185, 65
VALID_DAYS = {"vog": 1095, "ehbo": 730, "bhv": 365}
OTHER_LANGUAGES = ["ar", "tr", "pl", "uk", "ti", "en", "so", "fa", "es"]
OTHER_SHARES = [22, 18, 16, 14, 9, 8, 4, 5, 4]


def passes_eleven_test(digits):
    weights = [9, 8, 7, 6, 5, 4, 3, 2, -1]
    return sum(w * int(d) for w, d in zip(weights, digits.zfill(9))) % 11 == 0


def fictional_phones():
    """Numbers of the range 06-00000xxx of which no part of 8 or 9 digits could be a BSN."""
    for last in range(1, 1000):
        digits = f"0600000{last:03d}"
        parts = [digits[i:i + n] for n in (8, 9) for i in range(len(digits) - n + 1)]
        if not any(passes_eleven_test(part) for part in parts):
            yield f"06-{digits[2:]}"


class Party:
    def __init__(self, party_id, kind, area, dice):
        self.id, self.kind, self.area = party_id, kind, area
        self.point = point_inside(area["ring"], dice)
        self.languages, self.certificates, self.listings = [], {}, 0
        self.extra = {}

    def other_language(self):
        return next((code for code in self.languages if code != "nl"), None)

    def certify(self, kind, dice, general, start):
        if kind in self.certificates:
            return
        checked = start - timedelta(dice.whole(20, min(900, VALID_DAYS[kind] + 40)))
        until = checked + timedelta(VALID_DAYS[kind])
        self.certificates[kind] = {
            "type": kind, "checkedBy": dice.pick(general["checkers"]),
            "checkedOn": f"{checked}T00:00:00Z", "validUntil": f"{until}T00:00:00Z"}

    def as_json(self):
        out = {"id": self.id, "kind": self.kind}
        if self.languages:
            out["languages"] = self.languages
        if self.certificates:
            out["certificates"] = list(self.certificates.values())
        return {**out, **self.extra}


def speak(dice):
    if dice.chance(0.74):
        return ["nl", "en"] if dice.chance(0.2) else ["nl"]
    own = dice.weighted(OTHER_LANGUAGES, OTHER_SHARES)
    if dice.chance(0.08):
        return [own]
    return [own, "nl", "en"] if own != "en" and dice.chance(0.2) else [own, "nl"]


def settle(areas, general, start):
    """Everybody, each in a buurt, by the weight of the buurt."""
    dice, weights = Dice("people"), [area["weight"] for area in areas]
    residents = []
    for n in range(1, RESIDENTS + 1):
        area = dice.weighted(areas, weights)
        residents.append(Party(f"wm-bewoner-{n:04d}", "RESIDENT", area, dice))
        residents[-1].languages = speak(dice)
    organisations = [Party(f"wm-org-{n:03d}", "ORGANISATION", areas[n % len(areas)], dice)
                     for n in range(1, ORGANISATIONS + 1)]
    professionals = []
    for n in range(1, PROFESSIONALS + 1):
        area = dice.weighted(areas, weights)
        professionals.append(Party(f"wm-prof-{n:02d}", "PROFESSIONAL", area, dice))
        professionals[-1].languages = ["nl", "en"] if dice.chance(0.5) else ["nl"]
        professionals[-1].certify("vog", dice, general, start)
        if dice.chance(0.4):
            professionals[-1].certify("bhv", dice, general, start)
    relate(residents, organisations + professionals, dice)
    return residents, organisations, professionals


def relate(residents, others, dice):
    for resident in dice.some(residents, 40):
        speaker = dice.pick(others) if dice.chance(0.5) else dice.pick(residents)
        if speaker is not resident and "representedBy" not in speaker.extra:
            resident.extra["representedBy"] = speaker.id
    for resident in dice.some(residents, 14):
        unwanted = dice.pick(residents)
        if unwanted is not resident:
            resident.extra["blocks"] = [unwanted.id]


def give_contacts(parties, general):
    dice, phones = Dice("contacts"), fictional_phones()
    names = dice.shuffled(general["placeNames"])
    for n, party in enumerate(parties):
        if not dice.chance(0.09 if party.kind == "RESIDENT" else 0.25):
            continue
        if party.kind == "ORGANISATION":
            slots = {"buurt": party.area["name"], "x": names[n % len(names)]}
            name = expand(dice.pick(general["organisations"]), dice, slots)
        else:
            name = f"{dice.pick('ABCDEFGHIJKLMNPRSTVWZ')}. {dice.pick(general['surnames'])}"
        party.extra["contact"] = {"name": name, "phone": next(phones),
                                  "email": f"{party.id}@example.org"}
