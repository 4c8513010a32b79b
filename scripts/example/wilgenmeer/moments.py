# SPDX-License-Identifier: EUPL-1.2
"""Availability windows, and the Dutch sentence that says the same."""
import re
from datetime import date, timedelta

WEEK = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
MONTHS = ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
          "oktober", "november", "december"]
REGULAR = re.compile("week|weken|maand|elke|dagelijks|vast|keer|altijd|club|koor|groep|kring|les")
NTH = {1: "eerste", 2: "tweede", 3: "derde"}


def dutch_list(words):
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " en " + words[-1]


def next_weekday(day, code):
    return day + timedelta((WEEK.index(code) - day.weekday()) % 7)


def nth_weekday(day, nth, code):
    """The first nth weekday of a month that is not before day."""
    month = day.replace(day=1)
    found = next_weekday(month, code) + timedelta(7 * (nth - 1))
    if found >= day:
        return found
    later = (month + timedelta(32)).replace(day=1)
    return next_weekday(later, code) + timedelta(7 * (nth - 1))


def hints(text, general):
    """What the text itself says about days, so that the windows do not contradict it."""
    lower = text.lower()
    days = [code for code in WEEK if general["dayNames"][code] in lower]
    if not days and "weekend" in lower:
        days = ["SA", "SU"]
    part = "ochtend" if "elke ochtend" in lower or "'s ochtends" in lower else None
    return days, part or ("avond" if "in de avond" in lower else None)


def rhythm(listing):
    """Whether the text speaks of something that returns: a single date would contradict it."""
    text = (listing["title"] + " " + listing["description"]).lower()
    if "om de week" in text:
        return "fortnight"
    return "regular" if REGULAR.search(text) else None


def short_form(dice, general, part, days, count):
    choice = general["dayparts"][part]
    begin, end = dice.pick(choice["times"])
    chosen = days or dice.some(choice["days"], min(count, len(choice["days"])))
    return {"days": chosen, "from": begin, "to": end}


def local(day, clock):
    return f"{day.isoformat()}T{clock}"


def window(first, form, rrule=None, exdate=None):
    out = {"start": local(first, form["from"]), "end": local(first, form["to"])}
    if rrule:
        out["rrule"] = rrule
    if exdate:
        out["exdate"] = [local(exdate, form["from"])]
    return {**out, "tzid": "Europe/Amsterdam"}


def weekly(dice, form, start):
    first = next_weekday(start, form["days"][0])
    skipped = first + timedelta(7 * dice.whole(2, 6)) if dice.chance(0.4) else None
    return window(first, form, "FREQ=WEEKLY;BYDAY=" + form["days"][0], skipped)


def fortnightly(form, start):
    first = next_weekday(start, form["days"][0])
    return window(first, form, "FREQ=WEEKLY;INTERVAL=2;BYDAY=" + form["days"][0])


def monthly(dice, form, start, general):
    nth, code = dice.whole(1, 3), form["days"][0]
    first = nth_weekday(start, nth, code)
    second = nth_weekday((first + timedelta(32)).replace(day=1), nth, code)
    skipped = second if dice.chance(0.5) else None
    made = window(first, form, f"FREQ=MONTHLY;BYDAY={nth}{code}", skipped)
    return made, f"Elke {NTH[nth]} {general['dayNames'][code]} van de maand, {span(form)}."


def once(dice, form, start, general):
    day = next_weekday(start + timedelta(dice.whole(3, 24)), form["days"][0])
    said = f"{general['dayNames'][form['days'][0]]} {day.day} {MONTHS[day.month - 1]}"
    return window(day, form), f"Eén keer: {said}, {span(form)}."


def span(form):
    return f"van {form['from']} tot {form['to']} uur"


def sentence(pattern, form, general):
    said = dutch_list([general["dayNames"][d] for d in form["days"]])
    return pattern.format(dagen=said, Dagen=said.capitalize(), van=form["from"], tot=form["to"])


def longest(listing):
    """Minutes of the longest window: who asks for more could never be helped."""
    spans = []
    for w in listing.get("availability", []):
        begin, end = (w["from"], w["to"]) if "from" in w else (w["start"][-5:], w["end"][-5:])
        spans.append(60 * (int(end[:2]) - int(begin[:2])) + int(end[3:]) - int(begin[3:]))
    return max(spans, default=24 * 60)
