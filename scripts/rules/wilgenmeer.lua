-- SPDX-License-Identifier: EUPL-1.2
--
-- De regels van Wilgenmeer, een verzonnen gemeente. Zij neemt de standaardregels over en voegt toe
-- wat de raad en de buurtverbinders belangrijk vinden.

local gebied = require("lib/gebied")

return ruleset {
  name = "wilgenmeer",
  based_on = "standaard",

  policy = [[
Wilgenmeer gebruikt de standaardregels, met vijf eigen keuzes.

1. Wie bij iemand thuis zorg geeft of op kinderen past, heeft een VOG. Dit is een eis: zonder VOG komt er geen voorstel. Een medewerker heeft de VOG gezien; wij bewaren geen kopie.
2. Wie iemand vervoert in een rolstoel, heeft een auto waar de rolstoel in kan.
3. Dezelfde wijk gaat voor. Mensen uit dezelfde wijk komen elkaar vaker tegen; daaruit groeit meer dan één keer hulp. Binnen één buurt weegt dat nog wat zwaarder.
4. Bij dringende vragen telt tijd zwaarder dan anders.
5. Wacht een vraag naar vervoer langer dan drie dagen, of een andere vraag langer dan tien dagen, dan laten wij ook minder goede voorstellen zien. Een rit mag dan ook van 2 km verder komen, en na tien dagen hoeft niemand meer dezelfde taal te spreken. Liever een tweede keus dan geen hulp.

Eerlijk verdelen weegt in Wilgenmeer zwaarder dan in de standaardregels: een paar helpers deden het meeste werk.]],

  hard { "vog-thuis",
    when = "under(need.categories, 'zorg.thuis') or under(need.categories, 'zorg.mantelzorg') or under(need.categories, 'kinderen.oppas')",
    expr = "has(offer.provides, 'vog')",
    why = "bij zorg thuis en oppas is een VOG nodig" },
  hard { "rolstoel-mee",
    when = "under(need.categories, 'vervoer.rolstoel')",
    expr = "has(offer.provides, 'rolstoel')",
    why = "de rolstoel moet in de auto passen" },

  term { "eerlijk", weight = 3, expr = "1 / (1 + offer.load_30d)" },
  term { "haast", weight = 2, when = "need.urgency >= 2", expr = "ramp(longest_min, 0, 2 h)",
         why = "heeft op tijd ruimte: samen {overlap}" },
  term { "wijk", weight = 1, expr = "if(need.wijk == offer.wijk, 1, 0)",
         when = "not under(need.categories, 'gezelschap.bellen')" },
  term { "samen", weight = 1,
         lua = function(need, offer) return gebied.samen(need, offer) end },

  relax { after = "3d", category = "vervoer", threshold = 0.35, reach = "2 km" },
  relax { after = "10d", threshold = 0.4, languages = "any" },

  limits = { per_need = 3, per_helper = 4 },

  notify { "werklijst", on = "suggestion.created", to = "connector",
    text = {
      nl = "Er is een voorstel: {need.title} en {offer.title}. {reasons}.",
      en = "There is a suggestion: {need.title} and {offer.title}." } },
  notify { "kennismaken", on = "suggestion.introduced", to = "offer_party",
    subject = { nl = "Kun jij helpen?", en = "Can you help?" },
    text = {
      nl = "Iemand bij jou in de buurt zoekt hulp: {need.title}. Jullie wonen {distance} bij elkaar vandaan. De buurtverbinder belt je om kennis te maken.",
      en = "Somebody near you is looking for help: {need.title}. You live {distance} from each other. The neighbourhood connector will call you." } },
  notify { "verlopen", on = "listing.expired", to = "need_party",
    subject = { nl = "Je vraag is verlopen", en = "Your request has expired" },
    text = {
      nl = "Je vraag staat niet meer open: {need.title}. Is er nog hulp nodig? Zet hem dan opnieuw open.",
      en = "Your request is no longer open: {need.title}. Do you still need help? Then open it again." } },

  example { "zorg thuis zonder VOG",
    need = { categories = { "zorg.thuis.opstaan" }, gemeente = "GM9901" },
    offer = { categories = { "zorg.thuis" }, gemeente = "GM9901" },
    pair = { distance_m = 200, overlap_min = 300, closeness = 0.7 },
    expect = { match = false, fails = "vog-thuis" },
  },
  example { "zorg thuis met VOG in de buurt",
    need = { categories = { "zorg.thuis.opstaan" }, buurt = "BU99010301", wijk = "WK990103", gemeente = "GM9901" },
    offer = { categories = { "zorg.thuis" }, provides = { "vog" }, buurt = "BU99010301", wijk = "WK990103", gemeente = "GM9901" },
    pair = { distance_m = 200, overlap_min = 300, closeness = 0.7 },
    expect = { match = true, score = ">0.85", wijk = 1, samen = 1, haast = "missing" },
  },
  example { "rolstoel in een kleine auto",
    need = { categories = { "vervoer.rolstoel" }, gemeente = "GM9901" },
    offer = { categories = { "vervoer" }, gemeente = "GM9901" },
    pair = { distance_m = 500, overlap_min = 300, closeness = 0.7 },
    expect = { match = false, fails = "rolstoel-mee" },
  },
  example { "dringende rit, andere wijk",
    need = { categories = { "vervoer.ziekenhuis" }, urgency = 3, wijk = "WK990101", gemeente = "GM9901" },
    offer = { categories = { "vervoer" }, load_30d = 2, wijk = "WK990105", gemeente = "GM9901" },
    pair = { distance_m = 1500, overlap_min = 120, longest_min = 60, closeness = 0.7 },
    expect = { match = true, wijk = 0, samen = 0.2, haast = 0.5, nabij = 0.5, eerlijk = "<0.34" },
  },
  example { "een rit die al vier dagen wacht",
    need = { categories = { "vervoer.uitje" }, age_days = 4, wijk = "WK990101", gemeente = "GM9901" },
    offer = { categories = { "vervoer" }, load_30d = 3, age_days = 40, wijk = "WK990104", gemeente = "GM9901" },
    pair = { distance_m = 4500, overlap_min = 60, closeness = 0.7 },
    expect = { match = true, score = "<0.45" },
  },
}
