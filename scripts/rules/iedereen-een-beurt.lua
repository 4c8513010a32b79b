-- SPDX-License-Identifier: EUPL-1.2
--
-- Voorbeeld: het werk verdelen. Wie nog niet is gevraagd gaat voor; wie veel deed krijgt rust.

local eerlijk = require("lib/eerlijk")

return ruleset {
  name = "iedereen-een-beurt",
  based_on = "standaard",

  policy = [[
Bij ons deden vijftien mensen de helft van al het werk. Twee van hen zijn gestopt. Intussen wachtten tientallen nieuwe vrijwilligers op een eerste vraag. Dat willen wij anders.

1. Wie de laatste dertig dagen weinig hielp, komt bovenaan. Na vier keer helpen telt dit onderdeel niet meer op.
2. Wie nog nooit is gevraagd, gaat voor. Daarna telt hoe lang iemand al niet is gevraagd.
3. Wie al voorstellen open heeft staan, krijgt er minder snel een bij.
4. Wie in dertig dagen zes keer hielp, krijgt rust: er komt geen nieuw voorstel, behalve als het echt vandaag moet.

Nabij en tijd blijven tellen: een nieuwe helper aan de andere kant van de stad gaat niet voor op de buurvrouw. Een helper heeft hoogstens twee open voorstellen.]],

  hard { "rust", when = "need.urgency < 3", expr = "offer.load_30d < 6",
         why = "deze helper deed al veel en krijgt rust" },

  term { "eerlijk", weight = 4, expr = eerlijk.tot_expr(4), why = "hielp deze maand nog weinig" },
  term { "stilzitters", weight = 3,
         lua = function(need, offer) return eerlijk.stilzitter(offer, 30) end,
         why = "is nog bijna niet gevraagd" },
  term { "ademruimte", weight = 1, expr = eerlijk.open_expr(3),
         why = "heeft weinig andere voorstellen" },

  limits = { per_need = 5, per_helper = 2 },

  example { "een nieuwe helper",
    need = { categories = { "huis.klussen.lamp" } },
    offer = { categories = { "huis.klussen" } },
    pair = { distance_m = 900, overlap_min = 120, closeness = 0.7 },
    expect = { match = true, eerlijk = 1, stilzitters = 1, ademruimte = 1, score = ">0.8" },
  },
  example { "een vaste helper",
    need = { categories = { "huis.klussen.lamp" } },
    offer = { categories = { "huis.klussen" }, load_30d = 3, open_suggestions = 2, days_since_asked = 3 },
    pair = { distance_m = 300, overlap_min = 240, closeness = 0.7 },
    expect = { match = true, eerlijk = 0.25, stilzitters = 0.02, ademruimte = "<0.34", score = "<0.6" },
  },
  example { "wie zes keer hielp krijgt rust",
    need = { categories = { "huis.klussen.lamp" }, urgency = 1 },
    offer = { categories = { "huis.klussen.lamp" }, load_30d = 6, days_since_asked = 2 },
    pair = { distance_m = 100, overlap_min = 600, closeness = 1 },
    expect = { match = false, fails = "rust" },
  },
  example { "maar niet als het vandaag moet",
    need = { categories = { "vervoer.ziekenhuis" }, urgency = 3, duration_min = 60 },
    offer = { categories = { "vervoer.ziekenhuis" }, load_30d = 6, days_since_asked = 2 },
    pair = { distance_m = 100, overlap_min = 600, closeness = 1 },
    expect = { match = true, eerlijk = 0 },
  },
  example { "een maand niet gevraagd",
    need = { categories = { "tuin.onderhoud.gras" } },
    offer = { categories = { "tuin.onderhoud" }, load_30d = 0, days_since_asked = 30 },
    pair = { distance_m = 1500, overlap_min = 240, closeness = 0.7 },
    expect = { match = true, stilzitters = 0.8, nabij = 0.5 },
  },
}
