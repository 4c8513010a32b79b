-- SPDX-License-Identifier: EUPL-1.2
--
-- Spreading the work over helpers.

local eerlijk = {}

--- 1 for who was not connected in the last 30 days, a half after one connection, ever less.
---@type string an expression
---@example term { "eerlijk", weight = 2, expr = eerlijk.verdeeld_expr, why = "hielp deze maand nog weinig" }
eerlijk.verdeeld_expr = "1 / (1 + offer.load_30d)"

--- 1 for who was not connected in the last 30 days, straight down to 0 at `meest` connections.
---@param meest number
---@return string an expression
---@example term { "eerlijk", weight = 2, expr = eerlijk.tot_expr(4), why = "hielp deze maand nog weinig" }
function eerlijk.tot_expr(meest)
  return "1 - ramp(offer.load_30d, 0, " .. meest .. ")"
end

--- 1 for who has no open suggestions, straight down to 0 at `meest` of them.
---@param meest number
---@return string an expression
---@example term { "ademruimte", weight = 1, expr = eerlijk.open_expr(3), why = "heeft nu geen andere voorstellen" }
function eerlijk.open_expr(meest)
  return "1 - ramp(offer.open_suggestions, 0, " .. meest .. ")"
end

--- Idle helpers first: 1 for who was never asked; then what rest (`dagen` days since the last
--- question) and load leave of it.
---@param offer Side
---@param dagen number
---@return number
---@example term { "stilzitters", weight = 3, lua = function(need, offer) return eerlijk.stilzitter(offer, 30) end, why = "is nog bijna niet gevraagd" }
function eerlijk.stilzitter(offer, dagen)
  local sinds = offer.days_since_asked
  if not sinds then return 1 end
  return 0.8 * math.min(1, math.max(0, sinds / dagen)) / (1 + offer.load_30d)
end

return eerlijk
