-- SPDX-License-Identifier: EUPL-1.2
--
-- Voorbeeld: zorgvuldig met hulp thuis. Een VOG waar iemand kwetsbaar is, en hulp in een taal die
-- beiden spreken. Neem dit bestand als begin voor uw eigen regels.

local taak = require("lib/taak")
local taal = require("lib/taal")

local bij_kwetsbaren = taak.een_van_expr { "zorg.thuis", "zorg.mantelzorg", "kinderen.oppas" }

return ruleset {
  name = "zorg-thuis",
  based_on = "standaard",

  policy = [[
Wie zorg thuis krijgt, moet de helper kunnen vertrouwen en verstaan. Daarom voegen wij drie dingen toe aan de standaardregels.

1. Voor zorg thuis, het vervangen van een mantelzorger en oppas is een VOG nodig. Dit is een eis. Een medewerker heeft de VOG gezien; wij bewaren geen kopie.
2. Gaat iemand mee naar een gesprek, bijvoorbeeld met de dokter, dan moeten beiden een taal delen. Ook dit is een eis.
3. Bij alle zorg gaat een helper die uw taal spreekt voor. Dit is geen eis: met gebaren en een glimlach komt u ook ver.

Bij zorg telt ook of iemand lang genoeg achter elkaar tijd heeft. Iemand uit bed helpen en aankleden kan niet in een kwartier.]],

  hard { "vog", when = bij_kwetsbaren,
         expr = "has(offer.provides, 'vog')",
         why = "bij zorg thuis en oppas is een VOG nodig" },
  hard { "verstaan",
         when = "under(need.categories, 'zorg.begeleiding.gesprek') and count(need.languages) > 0",
         expr = taal.gedeeld_expr,
         why = "bij een gesprek moet u elkaar verstaan" },

  term { "taal", weight = 3,
         when = "under(need.categories, 'zorg') and count(need.languages) > 0",
         expr = "if(" .. taal.gedeeld_expr .. ", 1, 0)",
         why = "spreekt uw taal" },
  term { "aaneen", weight = 2,
         when = "under(need.categories, 'zorg') and need.duration_min > 0",
         expr = "ramp(longest_min, 0, 2 * need.duration_min)",
         why = "heeft {overlap} tijd" },

  example { "opstaan, zonder VOG",
    need = { categories = { "zorg.thuis.opstaan" }, languages = { "nl" }, duration_min = 45 },
    offer = { categories = { "zorg.thuis" }, languages = { "nl" } },
    pair = { distance_m = 150, overlap_min = 600, longest_min = 120, closeness = 0.7 },
    expect = { match = false, fails = "vog" },
  },
  example { "opstaan, met VOG en dezelfde taal",
    need = { categories = { "zorg.thuis.opstaan" }, languages = { "tr" }, duration_min = 45 },
    offer = { categories = { "zorg.thuis" }, languages = { "tr", "nl" }, provides = { "vog" } },
    pair = { distance_m = 400, overlap_min = 600, longest_min = 120, closeness = 0.7 },
    expect = { match = true, taal = 1, aaneen = 1, score = ">0.85" },
  },
  example { "opstaan, met VOG maar zonder gedeelde taal",
    need = { categories = { "zorg.thuis.opstaan" }, languages = { "tr" }, duration_min = 45 },
    offer = { categories = { "zorg.thuis" }, languages = { "nl" }, provides = { "vog" } },
    pair = { distance_m = 400, overlap_min = 600, longest_min = 120, closeness = 0.7 },
    expect = { match = true, taal = 0, score = "<0.75" },
  },
  example { "mee naar de dokter, zonder gedeelde taal",
    need = { categories = { "zorg.begeleiding.gesprek" }, languages = { "ar" } },
    offer = { categories = { "zorg.begeleiding" }, languages = { "nl" } },
    pair = { distance_m = 400, overlap_min = 300, closeness = 0.7 },
    expect = { match = false, fails = "verstaan" },
  },
  example { "boodschappen vragen geen VOG",
    need = { categories = { "zorg.boodschappen.bezorgen" } },
    offer = { categories = { "zorg.boodschappen" } },
    pair = { distance_m = 300, overlap_min = 300, closeness = 0.7 },
    expect = { match = true, taal = "missing", aaneen = "missing" },
  },
}
