-- SPDX-License-Identifier: EUPL-1.2
--
-- Languages, and language buddies: one who speaks what you speak and what you learn.

local taal = {}

--- True when they share a language. Matching by itself also accepts who names none.
---@type string an expression
---@example hard { "zelfde-taal", when = "count(need.languages) > 0", expr = taal.gedeeld_expr, why = "zij spreken geen taal die u spreekt" }
taal.gedeeld_expr = "(count(need.languages & offer.languages) > 0)"

--- How alike what they speak is, 0 to 1; missing when neither names a language.
---@type string an expression
---@example term { "talen", weight = 1, expr = taal.gelijk_expr, why = "spreekt ook uw taal" }
taal.gelijk_expr = "jaccard(need.languages, offer.languages)"

--- True when the helper speaks `code`, which the other one does not name.
---@param code string two letters, such as "nl"
---@return string an expression
---@example term { "leraar", weight = 1, expr = "if(" .. taal.leert_expr("nl") .. ", 1, 0)", why = "kan Nederlands met u oefenen" }
function taal.leert_expr(code)
  return "(has(offer.languages, '" .. code .. "') and not has(need.languages, '" .. code .. "'))"
end

--- A language buddy: 1 when the helper speaks `code` and a language that they share, 0.5 with one
--- of the two, else 0. When the shared one is `code` itself, that is one of the two.
---@param code string the language that is taught
---@return string an expression
---@example term { "maatje", weight = 3, expr = taal.maatje_expr("nl"), why = "kan u verstaan of Nederlands met u oefenen" }
function taal.maatje_expr(code)
  local gedeeld = "count(need.languages & offer.languages)"
  local spreekt = "has(offer.languages, '" .. code .. "')"
  return "if(" .. spreekt .. ", if(" .. gedeeld .. " > if(has(need.languages, '" .. code
    .. "'), 1, 0), 1, 0.5), if(" .. gedeeld .. " > 0, 0.5, 0))"
end

return taal
