# SPDX-License-Identifier: EUPL-1.2
"""The rule sets that worlds use: each as the Lua text that is pushed, and natively beside it.

A native rule reads a pair and answers a number, a truth or None for missing. The arithmetic is
that of the expression, operation by operation, so that doubles agree to the last bit.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Callable, Optional

from . import times
from .taxonomy import is_under


def millionths(score):
    return math.floor(score * 1e6 + 0.5)


def clamp(x, low, high):
    return None if x is None else min(max(x, low), high)


def decay(x, half):
    return None if x is None else half / (half + x)


def ramp(x, low, high):
    return None if x is None else clamp((x - low) / (high - low), 0.0, 1.0)


def jaccard(a, b):
    union = a | b
    return len(a & b) / len(union) if union else None


def attribute(facts, name):
    return facts.listing.attributes.get(name)


def under(codes, root):
    return any(is_under(code, root) for code in codes)


def same(a, b):
    return None if a is None or b is None else a == b


def divide(a, b):
    return None if a is None or not b else a / b


def minus(a, b):
    return None if a is None or b is None else a - b


def choose(condition, yes, no):
    return None if condition is None else (yes if condition else no)


FAILED = object()  # What a function gives that ends in an error.


@dataclass(frozen=True)
class Rule:
    """A hard rule or a term. A function rule is written in Lua and belongs to the second phase."""
    name: str
    value: Callable
    weight: float = 0.0
    when: Optional[Callable] = None
    function: bool = False

    def applies(self, pair):
        return self.when is None or self.when(pair) is True


RELAXABLE = ("distance", "language", "category", "threshold")


@dataclass(frozen=True)
class Allowance:
    """What a demand listing is allowed."""
    threshold: int
    extra_m: int = 0
    any_language: bool = False
    floor: float = 0.3

    def wider_than(self, other):
        """In which of the four this is wider, in their order."""
        wider = (self.extra_m > other.extra_m, self.any_language and not other.any_language,
                 self.floor < other.floor, self.threshold < other.threshold)
        return tuple(word for word, yes in zip(RELAXABLE, wider) if yes)


@dataclass(frozen=True)
class Relax:
    """A step. What it leaves out is None."""
    after_ms: int
    category: Optional[str] = None
    threshold: Optional[int] = None
    extra_m: Optional[int] = None
    any_language: bool = False
    floor: Optional[float] = None

    def covers(self, listing):
        return self.category is None or under(listing.categories, self.category)

    def instant(self, listing):
        return listing.created_at + self.after_ms


@dataclass(frozen=True)
class RuleSet:
    name: str
    threshold: int
    terms: tuple
    hard: tuple = ()
    relax: tuple = ()
    source: str = ""
    per_demand: int = 5
    per_supply: int = 3
    two_phases: bool = field(init=False, default=False)

    def __post_init__(self):
        functions = any(rule.function for rule in self.terms + self.hard)
        object.__setattr__(self, "two_phases", functions)

    def usual(self):
        return Allowance(self.threshold)

    def allowance(self, listing, at, case=None):
        """What a demand listing is allowed at an instant, with its own case or another one."""
        case = listing.relaxed if case is None else case
        covering = [step for step in self.relax if step.covers(listing)]

        def counting(word):
            return [s for s in covering if at - listing.created_at >= s.after_ms or word in case]
        thresholds = [s.threshold for s in counting("threshold") if s.threshold is not None]
        extras = [s.extra_m for s in counting("distance") if s.extra_m is not None]
        floors = [s.floor for s in counting("category") if s.floor is not None]
        return Allowance(min([self.threshold] + thresholds), max([0] + extras),
                         any(s.any_language for s in counting("language")), min([0.3] + floors))

    def instants(self, listing):
        """When a demand listing reaches the age of each step that covers it, ascending."""
        return sorted({step.instant(listing) for step in self.relax if step.covers(listing)})

    def lowest_threshold(self):
        return min([self.threshold] + [r.threshold for r in self.relax if r.threshold is not None])

    def failed_hard(self, pair, functions):
        """The name of the first hard rule that is not true, or None."""
        for rule in self.hard:
            if rule.function and not functions:
                continue
            if rule.applies(pair) and rule.value(pair) is not True:
                return rule.name
        return None

    def failing(self, pair):
        """The names of the hard rules, and of the terms, whose function fails for a pair."""
        return tuple([rule.name for rule in rules if rule.function and rule.applies(pair)
                      and rule.value(pair) is FAILED] for rules in (self.hard, self.terms))

    def without(self, name):
        """The same set with a function term switched off."""
        return replace(self, terms=tuple(replace(rule, value=lambda pair: None)
                                         if rule.name == name else rule for rule in self.terms))

    def score(self, pair, functions):
        """The score in double, and (rule, value or None) of every term that was read."""
        total = weights = 0.0
        values = []
        for rule in self.terms:
            if rule.function and not functions:
                continue
            value = rule.value(pair) if rule.applies(pair) else None
            if value is FAILED:
                value = None
            if value is not None:
                value = clamp(float(value), 0.0, 1.0)
                total = total + rule.weight * value
                weights = weights + rule.weight
            values.append((rule, value))
        return (total / weights if weights else 0.0), values


STANDARD = RuleSet("standaard", 450_000, terms=(
    Rule("wat", lambda p: p.closeness, 4.0),
    Rule("nabij", lambda p: decay(p.distance, 1500.0), 3.0),
    Rule("tijd", lambda p: ramp(p.overlap, 0.0, 4.0 * max(p.need.duration, 60.0)), 2.0),
    Rule("eerlijk", lambda p: 1.0 / (1.0 + p.offer.load), 2.0),
    Rule("vers", lambda p: decay(min(p.need.age_days, p.offer.age_days), 30.0), 1.0)))

LANGUAGES = RuleSet(
    "talen", 300_000, per_demand=2, per_supply=1,
    relax=(Relax(12 * times.HOUR, any_language=True),
           Relax(2 * times.DAY, "samen", extra_m=2500),
           Relax(2 * times.DAY, "hulp", floor=0.2401)),
    hard=(Rule("niet-te-vaak", lambda p: p.offer.load < 2.0),),
    terms=(
        Rule("wat", lambda p: p.closeness, 3.0),
        Rule("taal", lambda p: jaccard(p.need.languages, p.offer.languages), 2.0),
        Rule("nabij", lambda p: decay(p.distance, 800.0), 2.5,
             when=lambda p: not p.need.listing.remote),
        Rule("spoed", lambda p: ramp(p.need.urgency, 0.0, 3.0), 1.0)),
    source="""return ruleset {
  name = "talen",
  policy = [[Wie een taal deelt gaat voor.]],
  threshold = 0.3,
  limits = { per_need = 2, per_helper = 1 },
  relax { after = "12h", languages = "any" },
  relax { after = "2d", category = "samen", reach = "2.5 km" },
  relax { after = "2880min", category = "hulp", closeness = 0.2401 },
  hard { "niet-te-vaak", expr = "offer.load_30d < 2", why = "vaak gevraagd" },
  term { "wat", weight = 3, expr = "closeness" },
  term { "taal", weight = 2, expr = "jaccard(need.languages, offer.languages)" },
  term { "nabij", weight = 2.5, when = "not need.remote", expr = "decay(distance_m, 800)" },
  term { "spoed", weight = 1, expr = "ramp(need.urgency, 0, 3)" },
}
""")

DISTRICT = RuleSet(
    "wijk", 600_000,
    relax=(Relax(3 * times.DAY, "hulp", threshold=350_000),
           Relax(3 * times.DAY, extra_m=4000),
           Relax(6 * times.DAY, "samen", threshold=650_000, extra_m=100_000, any_language=True,
                 floor=0.1),
           Relax(90 * times.MINUTE, "hulp.vervoer", threshold=500_000, floor=0.29)),
    terms=(
        Rule("wijk", lambda p: choose(same(p.need.wijk, p.offer.wijk), 1.0, 0.25), 3.0),
        Rule("wat", lambda p: p.closeness, 2.0),
        Rule("gevraagd", lambda p: ramp(p.offer.days_since_asked, 0.0, 14.0), 1.0),
        Rule("ruimte", lambda p: minus(1.0, divide(1.0, p.offer.room)), 0.5,
             when=lambda p: p.need.urgency >= 1.0)),
    source="""return ruleset {
  name = "wijk",
  policy = [[Eerst in de eigen wijk, en wie lang niet gevraagd is.]],
  threshold = 0.6,
  relax { after = "3d", threshold = 0.35, category = "hulp" },
  relax { after = "72h", reach = "4 km" },
  relax { after = "6d", category = "samen", threshold = 0.65, reach = "100 km",
          languages = "any", closeness = 0.1 },
  relax { after = "90min", category = "hulp.vervoer", threshold = 0.5, closeness = 0.29 },
  term { "wijk", weight = 3, expr = "if(need.wijk == offer.wijk, 1, 0.25)" },
  term { "wat", weight = 2, expr = "closeness" },
  term { "gevraagd", weight = 1, expr = "ramp(offer.days_since_asked, 0, 14)" },
  term { "ruimte", weight = 0.5, when = "need.urgency >= 1", expr = "1 - 1 / offer.room" },
}
""")


def _rating(pair):
    return divide(attribute(pair.offer, "cijfer"), 10.0)


def _less(a, b):
    return None if a is None or b is None else a < b


ATTRIBUTES = RuleSet(
    "velden", 200_000,
    hard=(Rule("vog-bij-hulp", lambda p: "vog" in p.offer.provides,
               when=lambda p: under(p.need.listing.categories, "hulp.thuis")),
          Rule("niet-te-veel-open", lambda p: p.offer.open < 3.0)),
    terms=(
        Rule("cijfer", _rating, 2.0),
        Rule("zone", lambda p: choose(same(attribute(p.need, "zone"), attribute(p.offer, "zone")),
                                      0.8, 0.1), 1.0),
        Rule("rust", lambda p: divide(1.0, p.offer.load), 1.5),
        Rule("wat", lambda p: p.closeness - 0.2, 2.0),
        Rule("kort", lambda p: clamp(p.overlap / 600.0, 0.1, 0.9), 1.0,
             when=lambda p: _less(attribute(p.need, "cijfer"), 5.0)),
        Rule("lang", lambda p: abs(p.longest - 240.0) / 480.0, 0.75)),
    source="""return ruleset {
  name = "velden",
  policy = [[Eigen velden van de gemeente tellen mee.]],
  threshold = 0.2,
  hard { "vog-bij-hulp", when = "under(need.categories, 'hulp.thuis')",
         expr = "has(offer.provides, 'vog')", why = "bij hulp thuis is een VOG nodig" },
  hard { "niet-te-veel-open", expr = "offer.open_suggestions < 3" },
  term { "cijfer", weight = 2, expr = "attr(offer, 'cijfer') / 10" },
  term { "zone", weight = 1, expr = "if(attr(need, 'zone') == attr(offer, 'zone'), 0.8, 0.1)" },
  term { "rust", weight = 1.5, expr = "1 / offer.load_30d" },
  term { "wat", weight = 2, expr = "closeness - 0.2" },
  term { "kort", weight = 1, when = "attr(need, 'cijfer') < 5",
         expr = "clamp(overlap_min / 600, 0.1, 0.9)" },
  term { "lang", weight = 0.75, expr = "abs(longest_min - 240) / 480" },
}
""")

ALIKE = RuleSet(
    "gelijk", 0, per_demand=24, per_supply=30,
    relax=(Relax(6 * times.HOUR, floor=0.1), Relax(2 * times.DAY, extra_m=500)),
    hard=(Rule("delen", lambda p: len(p.need.languages & p.offer.languages) >= 0),
          Rule("afstand-bekend", lambda p: _less(p.distance, 60000.0),
               when=lambda p: not p.need.listing.remote)),
    terms=(
        Rule("nooit", lambda p: 1.0, 1.0, when=lambda p: p.need.urgency > 3.0),
        Rule("deler", lambda p: None, 2.0),
        Rule("spoed", lambda p: 0.5, 1.0, when=lambda p: p.need.urgency >= 2.0)),
    source="""return ruleset {
  name = "gelijk",
  policy = [[Iedereen gelijk: alleen de volgorde van de namen telt.]],
  threshold = 0,
  limits = { per_need = 24, per_helper = 30 },
  relax { after = "6h", closeness = 0.1 },
  relax { after = "2d", reach = "500 m" },
  hard { "delen", expr = "count(need.languages & offer.languages) >= 0" },
  hard { "afstand-bekend", when = "not need.remote", expr = "distance_m < 60000" },
  term { "nooit", weight = 1, when = "need.urgency > 3", expr = "1" },
  term { "deler", weight = 2, expr = "1 / (need.urgency - need.urgency)" },
  term { "spoed", weight = 1, when = "need.urgency >= 2", expr = "0.5" },
}
""")

FUNCTIONS = RuleSet(
    "functies", 400_000,
    relax=(Relax(1 * times.DAY, threshold=250_000, extra_m=1000, any_language=True, floor=0.2),),
    hard=(Rule("druk", lambda p: p.offer.load < 2.0, function=True),),
    terms=(
        Rule("wat", lambda p: p.closeness, 2.0),
        Rule("samen", lambda p: 1.0 if p.need.wijk == p.offer.wijk else 0.0, 1.0, function=True),
        Rule("nabij", lambda p: decay(p.distance, 2000.0), 1.0),
        Rule("spoed", lambda p: p.need.urgency / 3.0, 0.5, function=True)),
    source="""return ruleset {
  name = "functies",
  policy = [[Met functies in Lua: twee ronden.]],
  threshold = 0.4,
  relax { after = "1d", threshold = 0.25, reach = "1 km", languages = "any", closeness = 0.2 },
  hard { "druk", lua = function(need, offer) return offer.load_30d < 2 end },
  term { "wat", weight = 2, expr = "closeness" },
  term { "samen", weight = 1,
         lua = function(need, offer) return need.wijk == offer.wijk and 1 or 0 end },
  term { "nabij", weight = 1, expr = "decay(distance_m, 2000)" },
  term { "spoed", weight = 0.5, lua = function(need, offer) return need.urgency / 3 end },
}
""")

FAILING = RuleSet(
    "stuk", 300_000,
    hard=(Rule("vol", lambda p: FAILED if p.need.urgency == 3.0 else p.offer.load < 3.0,
               function=True),
          Rule("vreemd", lambda p: FAILED if p.need.urgency == 3.0 else p.offer.room < 4.0,
               when=lambda p: p.offer.listing.remote, function=True)),
    terms=(
        Rule("wat", lambda p: p.closeness, 2.0),
        Rule("afstand", lambda p: FAILED if p.distance is None
             else clamp(1.0 - p.distance / 20000.0, 0.0, 1.0), 1.0, function=True),
        Rule("rust", lambda p: FAILED if p.offer.days_since_asked is None
             else p.offer.days_since_asked / 10.0, 1.0,
             when=lambda p: p.need.urgency >= 1.0, function=True),
        Rule("lus", lambda p: FAILED if p.need.urgency >= 2.0 and p.offer.room > 1.0 else 0.5, 0.5,
             function=True),
        Rule("woord", lambda p: FAILED if p.need.room > 1.0 and p.offer.room > 1.0 else 1.0, 0.5,
             function=True)),
    source="""return ruleset {
  name = "stuk",
  policy = [[Functies die soms falen.]],
  threshold = 0.3,
  hard { "vol", lua = function(need, offer)
           if need.urgency == 3 then return 1 end
           return offer.load_30d < 3
         end },
  hard { "vreemd", when = "offer.remote", lua = function(need, offer)
           if need.urgency == 3 then return need.urgency.x end
           return offer.room < 4
         end },
  term { "wat", weight = 2, expr = "closeness" },
  term { "afstand", weight = 1,
         lua = function(need, offer, pair) return 1 - pair.distance_m / 20000 end },
  term { "rust", weight = 1, when = "need.urgency >= 1",
         lua = function(need, offer) return offer.days_since_asked / 10 end },
  term { "lus", weight = 0.5, lua = function(need, offer)
           while need.urgency >= 2 and offer.room > 1 do end
           return 0.5
         end },
  term { "woord", weight = 0.5, lua = function(need, offer)
           if need.room > 1 and offer.room > 1 then return "ja" end
           return 1
         end },
}
""")

ALL = {rules.name: rules for rules in (STANDARD, LANGUAGES, DISTRICT, ATTRIBUTES, ALIKE,
                                       FUNCTIONS, FAILING)}
PUSHED = tuple(name for name, rules in ALL.items() if rules.source)
