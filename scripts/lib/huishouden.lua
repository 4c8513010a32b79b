-- SPDX-License-Identifier: EUPL-1.2
--
-- The same household or organisation, as attributes that the municipality keeps. A number or a code
-- that says nothing by itself will do; never an address.

local huishouden = {}

--- True when both name the same `naam`; missing when one of them names none. For a `when`.
---@param naam string the attribute, such as "huishouden" or "organisatie"
---@return string an expression
---@example hard { "ander-huishouden", when = huishouden.zelfde_expr("huishouden"), expr = "false", why = "woont in hetzelfde huis" }
function huishouden.zelfde_expr(naam)
  return "attr(need, '" .. naam .. "') == attr(offer, '" .. naam .. "')"
end

--- 1 when both name the same `naam`, 0 when they name different ones.
---@param naam string the attribute, such as "organisatie" or "kerk"
---@return string an expression
---@example term { "vereniging", weight = 1, expr = huishouden.samen_expr("vereniging"), why = "is lid van dezelfde vereniging" }
function huishouden.samen_expr(naam)
  return "if(" .. huishouden.zelfde_expr(naam) .. ", 1, 0)"
end

return huishouden
