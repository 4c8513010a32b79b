-- SPDX-License-Identifier: EUPL-1.2
--
-- Time that two people have in common, and parts of the day and the week.

local tijd = {}

--- From 0 to 1 when both have `uren` hours in the next four weeks.
---@param uren number
---@return string an expression
---@example term { "tijd", weight = 2, expr = tijd.samen_expr(4), why = "kan ook {times}" }
function tijd.samen_expr(uren)
  return "ramp(overlap_min, 0, " .. uren .. " h)"
end

--- From 0 to 1 when both have `uren` hours on end.
---@param uren number
---@return string an expression
---@example term { "aaneen", weight = 1, expr = tijd.aaneen_expr(3), why = "heeft {overlap}" }
function tijd.aaneen_expr(uren)
  return "ramp(longest_min, 0, " .. uren .. " h)"
end

--- 1 when both prefer the same part of the day or week, an attribute that the municipality keeps,
--- such as `dagdeel` ("ochtend", "middag", "avond") or `weekdeel` ("week", "weekend"). Does not
--- count when one of them has none.
---@param naam string the attribute
---@return string an expression
---@example term { "dagdeel", weight = 1, expr = tijd.zelfde_deel_expr("dagdeel"), why = "kan het liefst op hetzelfde dagdeel" }
function tijd.zelfde_deel_expr(naam)
  return "if(attr(need, '" .. naam .. "') == attr(offer, '" .. naam .. "'), 1, 0)"
end

return tijd
