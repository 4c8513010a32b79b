# SPDX-License-Identifier: EUPL-1.2
"""Listings out of the authored tasks, talents, initiatives, activities and places."""
import moments
from dice import Dice
from phrases import expand, mentions, with_article

COUNTS = {"NEED": 1040, "OFFER": 920, "SKILL": 520, "INITIATIVE": 82, "ACTIVITY": 260, "PLACE": 122}
ONE_VISIT = ("vervoer", "huis", "tuin", "digitaal", "taal.tolk", "veiligheid")
CERTIFIED = ("vog", "ehbo", "bhv")
# How far the asking and the offering side of each mode travel, in metres.
REACH = {"thuis": ([0], [1000, 1500, 2000, 3000, 5000]), "rit": ([0], [3000, 5000, 8000, 12000]),
         "samen": ([500, 1000, 2000, 3000], [500, 1000, 2000, 3000]),
         "halen": ([1000, 2000, 3000, 5000], [0, 0, 500]), "bel": ([0, 500], [0, 1000, 2000])}


class Maker:
    def __init__(self, general, start):
        self.general, self.start = general, start
        self.numbers, self.seen = {}, set()

    def base(self, kind, party, entry, phrases, dice):
        """Identity, text and categories. Returns the listing and its slots."""
        self.numbers[kind] = number = self.numbers.get(kind, 0) + 1
        slots = {"buurt": party.area["name"], "plek": with_article(dice.pick(party.area["spots"]))}
        other = party.other_language()
        slots["taal"] = self.general["languages"][other or "nl"]
        title, text = self.wording(phrases, slots, dice)
        categories = list(entry["categories"])
        if "extra" in entry and entry["extra"] not in categories and dice.chance(0.3):
            categories.append(entry["extra"])
        party.listings += 1
        return {"id": f"wm-{kind.lower()}-{number:04d}", "kind": kind, "partyId": party.id,
                "title": title, "description": text,
                "categories": categories, "point": party.point}, slots

    def wording(self, phrases, slots, dice, attempts=12):
        """A title and a text that were not used together before, if there are any left."""
        for _ in range(attempts):
            title = expand(dice.pick(phrases["titles"]), dice, slots)
            if slots["buurt"] not in title and dice.chance(0.25):
                title += f" ({slots['buurt']})"
            text = expand(dice.pick(phrases["texts"]), dice, slots)
            if (title, text) not in self.seen:
                break
        self.seen.add((title, text))
        return title[0].upper() + title[1:], text

    def close(self, listing, slots, dice, said=None, share=0.5):
        """Add when it can be and a last sentence, unless that repeats the place."""
        parts = [listing["description"]] + ([said] if said else [])
        last = dice.pick(self.general["closing"][listing["kind"]])
        repeats = "{plek}" in last and slots["plek"] in listing["title"] + listing["description"]
        too_soon = "niet meteen" in last and listing.get("urgency", 0) > 0
        single = said and said.startswith("Eén keer")
        if dice.chance(share) and not (repeats or too_soon or single):
            parts.append(expand(last, dice, slots))
        listing["description"] = " ".join(parts)

    def personal_time(self, listing, entry, dice, pattern):
        """Windows of a resident's listing, following what the text says. Returns a sentence."""
        days, part = moments.hints(listing["title"] + " " + listing["description"], self.general)
        if not days and not part and "when" not in entry and dice.chance(0.12):
            return None
        named = ["ochtend", "middag", "avond", "dag", "weekend"]
        part = entry.get("when") or part or dice.weighted(named, [26, 30, 18, 14, 12])
        form = moments.short_form(dice, self.general, part, days, dice.whole(1, 3))
        listing["availability"] = [form]
        rhythm = moments.rhythm(listing)
        if rhythm == "fortnight":
            form = {**form, "days": form["days"][:1]}
            listing["availability"] = [moments.fortnightly(form, self.start)]
        elif rhythm is None and listing["kind"] == "NEED" and self.done_once(listing, days, dice):
            made, said = moments.once(dice, form, self.start, self.general)
            listing["availability"] = [made]
            return said
        elif dice.chance(0.2):
            second = moments.short_form(dice, self.general, dice.pick(named), [], 2)
            listing["availability"].append(second)
            return None
        return moments.sentence(dice.pick(self.general[pattern]), form, self.general)

    @staticmethod
    def done_once(listing, days, dice):
        """A single date: for what one visit settles, unless the text already names a day."""
        return not days and listing["categories"][0].startswith(ONE_VISIT) and dice.chance(0.2)

    def common(self, listing, entry, party, dice, side):
        mode = entry.get("mode", "samen")
        listing["reachM"] = dice.pick(REACH[mode][side])
        if dice.chance(0.14 if side == 0 else 0.08):
            listing["withinM"] = max(dice.pick([2000, 3000, 5000]), listing["reachM"])
        if mode == "bel" and dice.chance(0.85):
            listing["remote"] = True
        if party.languages and dice.chance(0.3):
            listing["languages"] = party.languages
        if dice.chance(0.08):
            heard = dice.pick(["balie", "telefoon", "huisbezoek", "website"])
            listing["attributes"] = {"bron": heard}

    def need(self, party, entry, dice):
        listing, slots = self.base("NEED", party, entry, entry["need"], dice)
        listing["urgency"] = dice.weighted([0, 1, 2, 3], [70, 18, 9, 3])
        said = self.personal_time(listing, entry, dice, "whenNeed")
        self.close(listing, slots, dice, said if dice.chance(0.6) else None)
        self.common(listing, entry, party, dice, 0)
        listing["durationMin"] = min(dice.pick(entry["minutes"]), moments.longest(listing))
        traits = [t for t, p in entry.get("requires", {}).items() if dice.chance(p)]
        if traits:
            listing["requires"] = traits
        if entry.get("mode") == "thuis" and dice.chance(0.5):
            listing["provides"] = ["rookvrij"]
        return listing

    def offer(self, party, entry, dice):
        listing, slots = self.base("OFFER", party, entry, entry["offer"], dice)
        said = self.personal_time(listing, entry, dice, "whenSupply")
        self.close(listing, slots, dice, said if dice.chance(0.55) else None)
        self.common(listing, entry, party, dice, 1)
        listing["capacity"] = dice.weighted([1, 2, 3, 5], [45, 30, 18, 7])
        provides = []
        for trait, share in entry.get("requires", {}).items():
            claimed = trait == "vog" and "VOG" in listing["description"]
            if trait in CERTIFIED and (claimed or dice.chance(0.35 + share / 2)):
                party.certify(trait, dice, self.general, self.start)
            elif trait not in CERTIFIED and dice.chance(0.93):
                provides.append(trait)
        if provides:
            listing["provides"] = provides
        wanted = [t for t, p in entry.get("supplyRequires", {}).items() if dice.chance(p)]
        if wanted:
            listing["requires"] = wanted
        return listing

    def skill(self, party, entry, dice):
        listing, slots = self.base("SKILL", party, entry, entry, dice)
        said = self.personal_time(listing, entry, dice, "whenSupply") if dice.chance(0.6) else None
        self.close(listing, slots, dice, said if dice.chance(0.5) else None, 0.75)
        self.common(listing, entry, party, dice, 1)
        listing["reachM"] = dice.pick([1000, 2000, 3000, 5000])
        listing["capacity"] = dice.weighted([1, 2, 4], [50, 35, 15])
        if "certificate" in entry and dice.chance(0.8):
            party.certify(entry["certificate"], dice, self.general, self.start)
        if "provides" in entry:
            listing["provides"] = entry["provides"]
        return listing

    def initiative(self, party, entry, dice):
        listing, slots = self.base("INITIATIVE", party, entry, entry, dice)
        said = self.personal_time(listing, entry, dice, "whenActivity")
        self.close(listing, slots, dice, said if dice.chance(0.3) else None)
        listing["reachM"] = dice.pick([500, 1000, 2000])
        listing["withinM"] = dice.pick([3000, 5000, 6000])
        listing["capacity"] = dice.whole(2, 12)
        if "requires" in entry and dice.chance(0.7):
            listing["requires"] = entry["requires"]
        return listing

    def activity(self, party, entry, dice):
        listing, slots = self.base("ACTIVITY", party, entry, entry, dice)
        days, _ = moments.hints(listing["title"] + " " + listing["description"], self.general)
        form = moments.short_form(dice, self.general, entry["when"], days[:1], 1)
        regular = moments.rhythm(listing) is not None
        shape = dice.weighted(["short", "weekly", "monthly", "once"],
                              [65, 35, 0, 0] if regular else [42, 22, 24, 12])
        said = moments.sentence(dice.pick(self.general["whenActivity"]), form, self.general)
        made = form
        if shape == "weekly":
            made = moments.weekly(dice, form, self.start)
        elif shape == "monthly":
            made, said = moments.monthly(dice, form, self.start, self.general)
        elif shape == "once":
            made, said = moments.once(dice, form, self.start, self.general)
        listing["availability"] = [made]
        self.close(listing, slots, dice, said)
        listing["reachM"], listing["capacity"] = 0, dice.whole(6, 30)
        if dice.chance(0.4):
            listing["provides"] = ["rolstoel"]
        if dice.chance(0.15):
            listing["attributes"] = {"seizoen": "winter", "binnen": dice.chance(0.8)}
        return listing

    def place(self, party, entry, name, dice):
        phrases = {"titles": [name], "texts": entry["texts"]}
        listing, slots = self.base("PLACE", party, entry, phrases, dice)
        listing["title"] = name
        self.close(listing, slots, dice)
        hours = [{"days": ["MO", "TU", "WE", "TH", "FR"], "from": "09:00", "to": "17:00"}]
        if dice.chance(0.6):
            hours.append(moments.short_form(dice, self.general, "avond", [], 3))
        if dice.chance(0.4):
            hours.append(moments.short_form(dice, self.general, "zaterdag", [], 1))
        listing["availability"] = hours
        listing["reachM"], listing["capacity"] = 0, dice.whole(*entry["capacity"])
        if entry["traits"]:
            listing["provides"] = entry["traits"]
        if dice.chance(0.2):
            listing["attributes"] = {"parkeerplaatsen": dice.whole(2, 40),
                                     "keuken": dice.chance(0.5)}
        return listing


class Owners:
    """Residents in turn, so that each has a listing before most have a second."""

    def __init__(self, residents):
        self.fresh = Dice("owners").shuffled(residents)[::-1]
        self.all = residents
        self.multilingual = [r for r in residents if r.other_language()]

    def next(self, phrases, dice):
        if mentions(phrases, "{taal}"):
            return dice.pick(self.multilingual)
        if self.fresh and dice.chance(0.78):
            return self.fresh.pop()
        return dice.pick(self.all)


def personal(maker, tasks, talents, owners, professionals):
    dice, weights = Dice("personal"), [task["weight"] for task in tasks]
    for _ in range(COUNTS["NEED"]):
        task = dice.weighted(tasks, weights)
        yield maker.need(owners.next(task["need"], dice), task, dice)
    for _ in range(COUNTS["OFFER"]):
        task = dice.weighted(tasks, weights)
        lends = task["mode"] == "halen"
        skilled = not lends and not mentions(task["offer"], "{taal}") and dice.chance(0.12)
        party = dice.pick(professionals) if skilled else owners.next(task["offer"], dice)
        yield maker.offer(party, task, dice)
    weights = [talent["weight"] for talent in talents]
    for _ in range(COUNTS["SKILL"]):
        talent = dice.weighted(talents, weights)
        yield maker.skill(owners.next(talent, dice), talent, dice)


def shared(maker, initiatives, activities, places, owners, organisations):
    dice = Dice("shared")
    for n in range(COUNTS["INITIATIVE"]):
        party = dice.pick(organisations) if dice.chance(0.6) else owners.next(initiatives[0], dice)
        yield maker.initiative(party, initiatives[n % len(initiatives)], dice)
    weights = [activity["weight"] for activity in activities]
    for n in range(COUNTS["ACTIVITY"]):
        party = organisations[n % len(organisations)]
        yield maker.activity(party, dice.weighted(activities, weights), dice)
    weights, names = [place["weight"] for place in places], set()
    for n in range(COUNTS["PLACE"]):
        entry, name = dice.weighted(places, weights), None
        while name is None or name in names:
            slots = {"buurt": organisations[n].area["name"],
                     "x": dice.pick(maker.general["placeNames"])}
            entry = entry if name is None else dice.weighted(places, weights)
            name = expand(dice.pick(entry["names"]), dice, slots)
        names.add(name)
        yield maker.place(organisations[n], entry, name, dice)
