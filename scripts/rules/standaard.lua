-- SPDX-License-Identifier: EUPL-1.2
--
-- De standaardregels van Schakel. Een gemeente neemt ze over met `based_on = "standaard"` en
-- verandert alleen wat zij anders wil. docs/rules.md legt alle onderdelen uit.

return ruleset {
  name = "standaard",

  policy = [[
Schakel zoekt bij een hulpvraag of initiatief wie er in de buurt kan helpen. De regels wegen vijf dingen.

1. Wat: past het aanbod bij de vraag? Dit telt het zwaarst.
2. Nabij: wie dichtbij woont gaat voor. Er is geen harde grens: wie 1.500 meter verder woont, telt hiervoor half.
3. Tijd: hoe meer tijd twee mensen samen hebben, hoe makkelijker zij een afspraak maken.
4. Eerlijk: wie de laatste 30 dagen al vaak heeft geholpen, komt lager in de lijst. Zo raken vaste helpers niet overvraagd en krijgen anderen ook een kans.
5. Vers: een vraag of aanbod van deze week is vaker nog geldig dan een van vorige maand.

Ontbreekt een gegeven, dan telt dat onderdeel niet mee; niet voor en niet tegen. Wordt iets op afstand gedaan, dan speelt afstand dus geen rol.

De regels doen een voorstel. Een mens, de buurtverbinder, beslist.]],

  term { "wat", weight = 4, expr = "closeness",
         why = "past bij de vraag ({category})" },
  term { "nabij", weight = 3, expr = "decay(distance_m, 1500)",
         why = "woont {distance} verderop" },
  term { "tijd", weight = 2, expr = "ramp(overlap_min, 0, 4 * max(need.duration_min, 60))",
         why = "kan ook {times}" },
  term { "eerlijk", weight = 2, expr = "1 / (1 + offer.load_30d)" },
  term { "vers", weight = 1, expr = "decay(min(need.age_days, offer.age_days), 30)" },

  threshold = 0.45,
  limits = { per_need = 5, per_helper = 3 },

  example { "buurvrouw met tijd",
    need = { categories = { "vervoer.ziekenhuis" }, duration_min = 60 },
    offer = { categories = { "vervoer.ziekenhuis" } },
    pair = { distance_m = 300, overlap_min = 240, closeness = 1 },
    expect = { match = true, score = ">0.95", wat = 1, nabij = ">0.8", tijd = 1, eerlijk = 1, vers = 1 },
  },
  example { "ver weg en al vaak gevraagd",
    need = { categories = { "vervoer.ziekenhuis" }, duration_min = 60, age_days = 30 },
    offer = { categories = { "vervoer" }, load_30d = 9, age_days = 60 },
    pair = { distance_m = 13500, overlap_min = 60, closeness = 0.7 },
    expect = { match = false, nabij = 0.1, tijd = 0.25, eerlijk = 0.1, vers = 0.5 },
  },
  example { "bellen kan van overal",
    need = { categories = { "gezelschap.bellen" }, remote = true },
    offer = { categories = { "gezelschap.bellen" }, remote = true },
    pair = { overlap_min = 120, closeness = 1 },
    expect = { match = true, nabij = "missing", tijd = 0.5, score = ">0.85" },
  },
}
