-- SPDX-License-Identifier: EUPL-1.2
--
-- Ages, as an attribute that the municipality keeps: a group ("kind", "jong", "ouder"), or years.
-- Keep no more than the rule needs: a group is less than a year of birth.

local leeftijd = {}

--- 1 when both are of the same group, else 0.
---@param naam string the attribute
---@return string an expression
---@example term { "leeftijd", weight = 1, expr = leeftijd.zelfde_groep_expr("leeftijdsgroep"), why = "is van uw leeftijd" }
function leeftijd.zelfde_groep_expr(naam)
  return "if(attr(need, '" .. naam .. "') == attr(offer, '" .. naam .. "'), 1, 0)"
end

--- 1 at the same age, a half at `jaren` years apart, ever less.
---@param naam string the attribute, in years
---@param jaren number
---@return string an expression
---@example term { "leeftijd", weight = 1, expr = leeftijd.dichtbij_expr("leeftijd", 10), why = "is ongeveer van uw leeftijd" }
function leeftijd.dichtbij_expr(naam, jaren)
  return "decay(abs(attr(need, '" .. naam .. "') - attr(offer, '" .. naam .. "')), " .. jaren .. ")"
end

--- True when the helper is of this group. For a `hard` rule, with a `when`.
---@param naam string the attribute
---@param groep string
---@return string an expression
---@example hard { "volwassen", when = "under(need.categories, 'kinderen.oppas')", expr = leeftijd.is_expr("leeftijdsgroep", "volwassen"), why = "oppassen doet een volwassene" }
function leeftijd.is_expr(naam, groep)
  return "(attr(offer, '" .. naam .. "') == '" .. groep .. "')"
end

return leeftijd
