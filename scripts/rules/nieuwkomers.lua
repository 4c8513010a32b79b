-- SPDX-License-Identifier: EUPL-1.2
--
-- Voorbeeld: nieuwkomers en taalmaatjes. Een maatje spreekt Nederlands en liefst ook uw taal.

local taak = require("lib/taak")
local taal = require("lib/taal")

local taal_leren = taak.een_van_expr { "taal.nederlands", "meedoen.nieuw", "gezelschap.maatje" }

return ruleset {
  name = "nieuwkomers",
  based_on = "standaard",

  policy = [[
Nieuwe inwoners leren het snelst Nederlands van iemand die zij kunnen verstaan. Een taalmaatje spreekt dus Nederlands en liefst ook de taal van wie leert.

1. Wie Nederlands wil oefenen, de weg zoekt in de buurt of een vast maatje vraagt: een helper die Nederlands en uw taal spreekt gaat voor. Met alleen een van de twee telt dit voor de helft. Er is geen eis: liever een maatje met alleen Nederlands dan geen maatje.
2. Wie Nederlands komt oefenen, krijgt iemand die Nederlands spreekt. Dat is wel een eis.
3. Elkaar vaak zien helpt. Daarom telt bij een maatje dezelfde wijk mee, en genoeg tijd samen.
4. Wacht zo'n vraag een week, dan mag ook een helper zonder gedeelde taal, en van drie kilometer verder.

Wij lezen welke talen iemand spreekt, niet waar iemand vandaan komt.]],

  hard { "spreekt-nederlands",
         when = "under(need.categories, 'taal.nederlands') and count(offer.languages) > 0",
         expr = "has(offer.languages, 'nl')",
         why = "om Nederlands te oefenen moet de helper Nederlands spreken" },

  term { "maatje", weight = 4, when = taal_leren .. " and count(need.languages) > 0",
         expr = taal.maatje_expr("nl"),
         why = "kan u goed verstaan of met u Nederlands oefenen" },
  term { "wijk", weight = 2, when = taal_leren, expr = "if(need.wijk == offer.wijk, 1, 0)",
         why = "woont in uw wijk" },
  term { "tijd", weight = 2, expr = "ramp(overlap_min, 0, if(" .. taal_leren .. ", 8 h, 4 * max(need.duration_min, 1 h)))",
         why = "kan ook {times}" },

  relax { after = "7d", category = "taal", reach = "3 km", languages = "any" },
  relax { after = "7d", category = "meedoen.nieuw", reach = "3 km", languages = "any" },

  example { "een maatje dat beide talen spreekt",
    need = { categories = { "taal.nederlands.spreken" }, languages = { "ar" }, wijk = "WK990102" },
    offer = { categories = { "taal.nederlands" }, languages = { "ar", "nl" }, wijk = "WK990102" },
    pair = { distance_m = 700, overlap_min = 480, closeness = 0.7 },
    expect = { match = true, maatje = 1, wijk = 1, tijd = 1, score = ">0.85" },
  },
  example { "een maatje met alleen Nederlands",
    need = { categories = { "taal.nederlands.spreken" }, languages = { "ar", "nl" }, wijk = "WK990102" },
    offer = { categories = { "taal.nederlands" }, languages = { "nl" }, wijk = "WK990104" },
    pair = { distance_m = 700, overlap_min = 480, closeness = 0.7 },
    expect = { match = true, maatje = 0.5, wijk = 0 },
  },
  example { "Nederlands oefenen met iemand die het niet spreekt",
    need = { categories = { "taal.nederlands.spreken" }, languages = { "ar" } },
    offer = { categories = { "taal" }, languages = { "ar" } },
    pair = { distance_m = 200, overlap_min = 480, closeness = 0.49 },
    expect = { match = false, fails = "spreekt-nederlands" },
  },
  example { "de weg vinden in de buurt",
    need = { categories = { "meedoen.nieuw" }, languages = { "ti" }, wijk = "WK990102" },
    offer = { categories = { "meedoen" }, languages = { "ti" }, wijk = "WK990102" },
    pair = { distance_m = 400, overlap_min = 240, closeness = 0.7 },
    expect = { match = true, maatje = 0.5, wijk = 1, tijd = 0.5 },
  },
  example { "een kapotte fiets heeft geen maatje nodig",
    need = { categories = { "huis.reparatie.fiets" }, languages = { "uk" } },
    offer = { categories = { "huis.reparatie" }, languages = { "nl" } },
    pair = { distance_m = 700, overlap_min = 240, closeness = 0.7 },
    expect = { match = true, maatje = "missing", wijk = "missing", tijd = 1 },
  },
}
