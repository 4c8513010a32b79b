-- SPDX-License-Identifier: EUPL-1.2
--
-- What the rule library computes, as terms and examples that tests/unit/rules/test_library.c runs.

local eerlijk = require("lib/eerlijk")
local gebied = require("lib/gebied")
local huishouden = require("lib/huishouden")
local leeftijd = require("lib/leeftijd")
local rust = require("lib/rust")
local taak = require("lib/taak")
local taal = require("lib/taal")
local tijd = require("lib/tijd")
local vervoer = require("lib/vervoer")
local wachten = require("lib/wachten")
local weer = require("lib/weer")

local function truth(expr) return "if(" .. expr .. ", 1, 0)" end

return ruleset {
  name = "bewijs",
  threshold = 0,

  term { "samen", weight = 1, expr = gebied.samen_expr },
  term { "samen-lua", weight = 1, lua = function(need, offer) return gebied.samen(need, offer) end },
  term { "zelfde-wijk", weight = 1, expr = gebied.zelfde_wijk_expr },
  term { "rust", weight = 1, expr = rust.genoeg_expr(10) },
  term { "rust-lua", weight = 1, lua = function(need, offer) return rust.genoeg(offer, 10) end },
  term { "taak", weight = 1, expr = truth(taak.een_van_expr { "zorg", "vervoer.ziekenhuis" }) },
  term { "taak-lua", weight = 1, lua = function(need)
    return taak.een_van(need, { "zorg", "vervoer.ziekenhuis" }) and 1 or 0 end },
  term { "geen-taak", weight = 1, expr = truth(taak.een_van_expr {}) },
  term { "fiets", weight = 1, expr = vervoer.nabij_expr("fiets") },
  term { "met-auto", weight = 1, expr = vervoer.nabij_met_expr("auto", "fiets") },
  term { "band", weight = 1, expr = vervoer.band_expr { { 1000, 1 }, { 5000, 0.7 }, { 15000, 0.3 } } },
  term { "komt", weight = 1, expr = truth(vervoer.komt_expr) },
  term { "tijd", weight = 1, expr = tijd.samen_expr(4) },
  term { "aaneen", weight = 1, expr = tijd.aaneen_expr(2) },
  term { "dagdeel", weight = 1, expr = tijd.zelfde_deel_expr("dagdeel") },
  term { "wacht", weight = 1, expr = wachten.lang_expr(20) },
  term { "haast", weight = 1, expr = wachten.haast_expr },
  term { "langer", weight = 1, expr = truth(wachten.langer_dan_expr(7)) },
  term { "verdeeld", weight = 1, expr = eerlijk.verdeeld_expr },
  term { "tot", weight = 1, expr = eerlijk.tot_expr(4) },
  term { "open", weight = 1, expr = eerlijk.open_expr(4) },
  term { "stil", weight = 1, lua = function(need, offer) return eerlijk.stilzitter(offer, 10) end },
  term { "huis", weight = 1, expr = huishouden.samen_expr("huishouden") },
  term { "gedeeld", weight = 1, expr = truth(taal.gedeeld_expr) },
  term { "gelijk", weight = 1, expr = taal.gelijk_expr },
  term { "leert", weight = 1, expr = truth(taal.leert_expr("nl")) },
  term { "maatje", weight = 1, expr = taal.maatje_expr("nl") },
  term { "groep", weight = 1, expr = leeftijd.zelfde_groep_expr("groep") },
  term { "jaren", weight = 1, expr = leeftijd.dichtbij_expr("leeftijd", 10) },
  term { "eerst", weight = 1, expr = weer.eerst_expr("alleenwonend") },

  example { "in dezelfde buurt",
    need = { buurt = "BU99010101", wijk = "WK990101", gemeente = "GM9901" },
    offer = { buurt = "BU99010101", wijk = "WK990101", gemeente = "GM9901" },
    expect = { samen = 1, ["samen-lua"] = 1, ["zelfde-wijk"] = 1 } },
  example { "in dezelfde wijk",
    need = { buurt = "BU99010101", wijk = "WK990101", gemeente = "GM9901" },
    offer = { buurt = "BU99010102", wijk = "WK990101", gemeente = "GM9901" },
    expect = { samen = 0.6, ["samen-lua"] = 0.6, ["zelfde-wijk"] = 1 } },
  example { "in dezelfde gemeente",
    need = { buurt = "BU99010101", wijk = "WK990101", gemeente = "GM9901" },
    offer = { buurt = "BU99010201", wijk = "WK990102", gemeente = "GM9901" },
    expect = { samen = 0.2, ["samen-lua"] = 0.2, ["zelfde-wijk"] = 0 } },
  example { "elders",
    need = { buurt = "BU99010101", wijk = "WK990101", gemeente = "GM9901" },
    offer = { buurt = "BU99020201", wijk = "WK990202", gemeente = "GM9902" },
    expect = { samen = 0, ["samen-lua"] = 0 } },
  example { "buiten alle gebieden", need = { gemeente = "GM9901" }, offer = {},
    expect = { samen = "missing", ["samen-lua"] = "missing" } },

  example { "vijf dagen geleden gevraagd", offer = { days_since_asked = 5, load_30d = 1 },
    expect = { rust = 0.5, ["rust-lua"] = 0.5, stil = 0.2, verdeeld = 0.5, tot = 0.75 } },
  example { "nooit gevraagd", offer = { load_30d = 0 },
    expect = { rust = "missing", ["rust-lua"] = 1, stil = 1, verdeeld = 1, tot = 1, open = 1 } },
  example { "druk", offer = { load_30d = 9, open_suggestions = 3, days_since_asked = 90 },
    expect = { ["rust-lua"] = 1, stil = 0.08, tot = 0, open = 0.25 } },

  example { "zorg", need = { categories = { "zorg.thuis" } },
    expect = { taak = 1, ["taak-lua"] = 1, ["geen-taak"] = 0 } },
  example { "een andere rit", need = { categories = { "vervoer.winkel" } },
    expect = { taak = 0, ["taak-lua"] = 0 } },

  example { "twee kilometer, met auto", offer = { provides = { "auto" }, reach_m = 2000 },
    pair = { distance_m = 2000 },
    expect = { fiets = 0.5, ["met-auto"] = 0.8, band = 0.7, komt = 1 } },
  example { "acht kilometer, zonder auto", offer = { reach_m = 2000 }, pair = { distance_m = 8000 },
    expect = { fiets = 0.2, ["met-auto"] = 0.2, band = 0.3, komt = 0 } },
  example { "ver weg", pair = { distance_m = 20000 }, expect = { band = 0 } },
  example { "op afstand", expect = { fiets = "missing", ["met-auto"] = "missing", band = "missing" } },

  example { "tijd samen", pair = { overlap_min = 120, longest_min = 60 },
    need = { attributes = { dagdeel = "avond" } }, offer = { attributes = { dagdeel = "avond" } },
    expect = { tijd = 0.5, aaneen = 0.5, dagdeel = 1 } },
  example { "ander dagdeel", need = { attributes = { dagdeel = "avond" } },
    offer = { attributes = { dagdeel = "ochtend" } }, expect = { dagdeel = 0 } },
  example { "wacht al tien dagen", need = { age_days = 10, urgency = 3 },
    expect = { wacht = 0.5, haast = 1, langer = 1, dagdeel = "missing" } },
  example { "nieuw", need = { age_days = 1 }, expect = { langer = 0, haast = 0 } },

  example { "zelfde huis", need = { attributes = { huishouden = 7 } },
    offer = { attributes = { huishouden = 7 } }, expect = { huis = 1 } },
  example { "ander huis", need = { attributes = { huishouden = 7 } },
    offer = { attributes = { huishouden = 8 } }, expect = { huis = 0 } },
  example { "huis onbekend", need = { attributes = { huishouden = 7 } }, expect = { huis = "missing" } },

  example { "taalmaatje", need = { languages = { "ar" } }, offer = { languages = { "ar", "nl" } },
    expect = { gedeeld = 1, gelijk = 0.5, leert = 1, maatje = 1 } },
  example { "alleen de eigen taal", need = { languages = { "ar" } }, offer = { languages = { "ar" } },
    expect = { gedeeld = 1, leert = 0, maatje = 0.5 } },
  example { "alleen Nederlands", need = { languages = { "ar" } }, offer = { languages = { "nl" } },
    expect = { gedeeld = 0, leert = 1, maatje = 0.5 } },
  example { "beiden Nederlands", need = { languages = { "nl" } }, offer = { languages = { "nl" } },
    expect = { gedeeld = 1, leert = 0, maatje = 0.5 } },
  example { "beiden alles", need = { languages = { "ar", "nl" } }, offer = { languages = { "ar", "nl" } },
    expect = { leert = 0, maatje = 1, gelijk = 1 } },
  example { "geen van beide", need = { languages = { "ar" } }, offer = { languages = { "tr" } },
    expect = { gedeeld = 0, maatje = 0, gelijk = 0 } },

  example { "leeftijd", need = { attributes = { groep = "jong", leeftijd = 20, alleenwonend = true } },
    offer = { attributes = { groep = "jong", leeftijd = 30 } },
    expect = { groep = 1, jaren = 0.5, eerst = 1 } },
  example { "leeftijd onbekend", need = { attributes = { groep = "jong", alleenwonend = false } },
    expect = { groep = "missing", jaren = "missing", eerst = 0 } },
}
