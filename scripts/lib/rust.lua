-- SPDX-License-Identifier: EUPL-1.2
--
-- Rest for helpers between two questions.

local rust = {}

--- From 0 for who was asked just now to 1 after `dagen` days. Does not count for who was never
--- asked; use `genoeg` where they should come first.
---@param dagen number
---@return string an expression
---@example term { "rust", weight = 1, expr = rust.genoeg_expr(14), why = "is al even niet gevraagd" }
function rust.genoeg_expr(dagen)
  return "ramp(offer.days_since_asked, 0, " .. dagen .. " d)"
end

--- As `genoeg_expr`, but 1 for who was never asked. A function, since an expression cannot make
--- something of what is missing.
---@param offer Side
---@param dagen number
---@return number
---@example term { "rust", weight = 1, lua = function(need, offer) return rust.genoeg(offer, 14) end }
function rust.genoeg(offer, dagen)
  local sinds = offer.days_since_asked
  if not sinds then return 1 end
  return math.min(1, math.max(0, sinds / dagen))
end

return rust
