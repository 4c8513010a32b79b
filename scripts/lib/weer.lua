-- SPDX-License-Identifier: EUPL-1.2
--
-- Weather and calamities. The rules do not look outside: a rule set for a heat wave is activated
-- when the code is given, and rolled back after it.

local weer = {}

--- How heavy a warning is: groen 0, geel 1, oranje 2, rood 3. For weights.
---@type table<string, number>
---@example term { "dichtbij", weight = 1 + 2 * weer.zwaarte.oranje, expr = "decay(distance_m, 500 m)", why = "woont {distance} verderop" }
weer.zwaarte = { groen = 0, geel = 1, oranje = 2, rood = 3 }

--- True when the listing that asks has this attribute as `true`, such as `alleenwonend`. For a
--- `when`.
---@param naam string the attribute
---@return string an expression
---@example term { "gauw", weight = 4, when = weer.kwetsbaar_expr("alleenwonend"), expr = "ramp(longest_min, 0, 1 h)", why = "heeft op korte termijn tijd" }
function weer.kwetsbaar_expr(naam)
  return "attr(need, '" .. naam .. "') == true"
end

--- 1 when the listing that asks has this attribute as `true`, 0 when it has it as `false`. Brings
--- them up in a helper's list.
---@param naam string the attribute
---@return string an expression
---@example term { "eerst", weight = 3, expr = weer.eerst_expr("alleenwonend"), why = "woont alleen" }
function weer.eerst_expr(naam)
  return "if(attr(need, '" .. naam .. "') == true, 1, 0)"
end

return weer
