-- SPDX-License-Identifier: EUPL-1.2
--
-- Needs that wait, and needs that cannot.

local wachten = {}

--- From 0 for a new need to 1 for one of `dagen` days. Brings old needs up in a helper's list; in a
--- need's own list it is the same for everybody.
---@param dagen number
---@return string an expression
---@example term { "wacht", weight = 1, expr = wachten.lang_expr(14), why = "wacht al lang" }
function wachten.lang_expr(dagen)
  return "ramp(need.age_days, 0, " .. dagen .. " d)"
end

--- The urgency as 0 to 1.
---@type string an expression
---@example term { "haast", weight = 1, expr = wachten.haast_expr, why = "heeft haast" }
wachten.haast_expr = "need.urgency / 3"

--- True when the need has waited longer than `dagen` days. For a `when`.
---@param dagen number
---@return string an expression
---@example term { "tijd", weight = 2, when = wachten.langer_dan_expr(7), expr = "ramp(overlap_min, 0, 2 h)", why = "kan ook {times}" }
function wachten.langer_dan_expr(dagen)
  return "(need.age_days > " .. dagen .. " d)"
end

return wachten
