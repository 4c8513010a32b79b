-- SPDX-License-Identifier: EUPL-1.2
--
-- Voorbeeld: een gemeente met dorpen. Afstand telt anders voor wie een auto heeft, en wie wacht mag
-- verder zoeken.

local vervoer = require("lib/vervoer")

return ruleset {
  name = "platteland",
  based_on = "standaard",

  policy = [[
In onze dorpen is de volgende helper soms tien kilometer verder. De standaardregels zijn voor een stad gemaakt: daar telt anderhalve kilometer al voor de helft. Wij rekenen met hoe mensen reizen.

1. Wie een rijbewijs heeft en dus met de auto kan komen, mag verder weg wonen: acht kilometer telt voor de helft. Voor wie fietst is dat twee kilometer.
2. Komt de helper naar u toe, dan telt dat mee. Veel mensen die hulp vragen, kunnen niet reizen.
3. Binnen hetzelfde dorp (de wijk) kent men elkaar. Dat weegt licht mee.
4. Wacht een vraag drie dagen, dan zoeken wij vijf kilometer verder. Voor ritten zoeken wij na een dag al tien kilometer verder: een rit kan niet wachten.

Eerlijk verdelen blijft even zwaar wegen als in de standaardregels.]],

  term { "nabij", weight = 3, expr = vervoer.nabij_met_expr("rijbewijs-b", "fiets"),
         why = "woont {distance} verderop" },
  term { "komt", weight = 2, when = "not (need.remote or offer.remote)",
         expr = "if(" .. vervoer.komt_expr .. ", 1, 0)",
         why = "komt naar u toe" },
  term { "dorp", weight = 1, expr = "if(need.wijk == offer.wijk, 1, 0)",
         why = "woont in hetzelfde dorp" },

  threshold = 0.4,

  relax { after = "1d", category = "vervoer", reach = "10 km" },
  relax { after = "3d", threshold = 0.35, reach = "5 km" },

  example { "met de auto uit het volgende dorp",
    need = { categories = { "vervoer.ziekenhuis" }, duration_min = 60, wijk = "WK990101" },
    offer = { categories = { "vervoer" }, provides = { "rijbewijs-b" }, reach_m = 15000, wijk = "WK990105" },
    pair = { distance_m = 8000, overlap_min = 240, closeness = 0.7 },
    expect = { match = true, nabij = 0.5, komt = 1, dorp = 0, score = ">0.7" },
  },
  example { "op de fiets uit het volgende dorp",
    need = { categories = { "gezelschap.bezoek" }, duration_min = 60, wijk = "WK990101" },
    offer = { categories = { "gezelschap" }, reach_m = 3000, wijk = "WK990105" },
    pair = { distance_m = 8000, overlap_min = 240, closeness = 0.7 },
    expect = { nabij = 0.2, komt = 0, score = "<0.65" },
  },
  example { "in hetzelfde dorp",
    need = { categories = { "tuin.onderhoud.gras" }, wijk = "WK990101" },
    offer = { categories = { "tuin.onderhoud" }, reach_m = 1000, wijk = "WK990101" },
    pair = { distance_m = 500, overlap_min = 240, closeness = 0.7 },
    expect = { match = true, dorp = 1, komt = 1, nabij = 0.8 },
  },
  example { "een vraag die al vier dagen wacht",
    need = { categories = { "huis.klussen" }, age_days = 4, wijk = "WK990101" },
    offer = { categories = { "huis" }, reach_m = 1000, load_30d = 4, age_days = 50, wijk = "WK990103" },
    pair = { distance_m = 6000, overlap_min = 120, closeness = 0.7 },
    expect = { match = true, score = "<0.4" },
  },
  example { "bellen kan van overal",
    need = { categories = { "gezelschap.bellen" }, remote = true },
    offer = { categories = { "gezelschap.bellen" }, remote = true },
    pair = { overlap_min = 120, closeness = 1 },
    expect = { match = true, nabij = "missing", komt = "missing" },
  },
}
