-- SPDX-License-Identifier: EUPL-1.2
--
-- Voorbeeld: een hittegolf. Deze regels gaan gelden als het hitteplan ingaat, en worden daarna
-- teruggedraaid (schakel rules rollback).

local taak = require("lib/taak")
local weer = require("lib/weer")

local code = "oranje"
local hittehulp = taak.een_van_expr { "gezelschap.bellen", "gezelschap.bezoek", "zorg.thuis.toezicht",
                                      "zorg.boodschappen", "veiligheid.calamiteit" }

return ruleset {
  name = "hitte",
  based_on = "standaard",

  attributes = {
    alleenwonend = { type = "boolean", note = "woont alleen; door de deelnemer zelf opgegeven" },
  },

  policy = [[
Bij hitte is alleen wonen een risico. Als het hitteplan ingaat, bellen en bezoeken wij mensen die alleen wonen en dat zelf hebben gemeld. Deze regels gelden alleen zolang de code oranje duurt. Daarna gelden de gewone regels weer.

1. Een belletje, een bezoek, boodschappen en een oogje in het zeil gaan deze dagen voor. Voor iemand die alleen woont telt dat extra.
2. Vandaag telt. Wie binnenkort een uur tijd heeft, komt bovenaan.
3. Wie op bezoek gaat of boodschappen brengt, woont liefst om de hoek: niemand hoeft in de hitte ver te lopen. Bij bellen speelt afstand geen rol.
4. Snel gaat deze dagen voor eerlijk: hoe vaak iemand al hielp, telt minder. Wel krijgt wie deze maand al drie keer hielp geen zwaar werk, zoals tuin of verhuizen.
5. Wacht een vraag een halve dag, dan mag de helper ook verder weg wonen.

Of iemand alleen woont, weten wij alleen als die persoon het zelf heeft verteld. Wij leiden het nergens uit af.]],

  hard { "geen-zwaar-werk",
         when = "under(need.categories, 'tuin') or under(need.categories, 'huis.verhuizen')",
         expr = "offer.load_30d < 3",
         why = "bij hitte geen zwaar werk voor wie al veel deed" },

  term { "eerst", weight = 1 + 2 * weer.zwaarte[code], when = hittehulp,
         expr = weer.eerst_expr("alleenwonend"), why = "woont alleen, in de hitte" },
  term { "gauw", weight = 3, when = hittehulp, expr = "ramp(longest_min, 0, 1 h)",
         why = "heeft binnenkort {overlap}" },
  term { "nabij", weight = 4, when = "not under(need.categories, 'gezelschap.bellen')",
         expr = "decay(distance_m, if(" .. hittehulp .. ", 500 m, 1500 m))", why = "woont {distance} verderop" },
  term { "eerlijk", weight = 1, expr = "1 / (1 + offer.load_30d)", why = "hielp deze maand nog weinig" },

  relax { after = "12h", threshold = 0.3, reach = "3 km" },

  notify { "bel", on = "suggestion.created", to = "connector", when = "need.urgency >= 2",
    channel = "sms", text = { nl = "Bel vandaag nog: {need.title}. {offer.title} kan helpen." } },

  example { "een belletje voor wie alleen woont",
    need = { categories = { "gezelschap.bellen" }, remote = true, urgency = 2, attributes = { alleenwonend = true } },
    offer = { categories = { "gezelschap.bellen" }, remote = true },
    pair = { overlap_min = 240, longest_min = 60, closeness = 1 },
    expect = { match = true, eerst = 1, gauw = 1, nabij = "missing", score = ">0.9" },
  },
  example { "een bezoek om de hoek",
    need = { categories = { "gezelschap.bezoek" }, attributes = { alleenwonend = true } },
    offer = { categories = { "gezelschap" }, load_30d = 3 },
    pair = { distance_m = 250, overlap_min = 240, longest_min = 60, closeness = 0.7 },
    expect = { match = true, eerst = 1, nabij = ">0.66", eerlijk = 0.25 },
  },
  example { "niemand heeft gezegd dat hij alleen woont",
    need = { categories = { "gezelschap.bezoek" } },
    offer = { categories = { "gezelschap" } },
    pair = { distance_m = 250, overlap_min = 240, longest_min = 30, closeness = 0.7 },
    expect = { match = true, eerst = "missing", gauw = 0.5 },
  },
  example { "iemand woont met anderen samen",
    need = { categories = { "zorg.boodschappen" }, attributes = { alleenwonend = false } },
    offer = { categories = { "zorg.boodschappen" } },
    pair = { distance_m = 2000, overlap_min = 60, longest_min = 60, closeness = 1 },
    expect = { eerst = 0, nabij = 0.2, gauw = 1 },
  },
  example { "geen heg knippen voor wie al veel deed",
    need = { categories = { "tuin.onderhoud.snoeien" } },
    offer = { categories = { "tuin.onderhoud" }, load_30d = 3 },
    pair = { distance_m = 100, overlap_min = 600, closeness = 0.7 },
    expect = { match = false, fails = "geen-zwaar-werk" },
  },
}
