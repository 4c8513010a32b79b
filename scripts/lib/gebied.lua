-- SPDX-License-Identifier: EUPL-1.2
--
-- Areas: do two listings lie in the same buurt, wijk or gemeente?

local gebied = {}

--- 1 in the same buurt, 0.6 in the same wijk, 0.2 in the same gemeente, else 0. Missing when one of
--- them lies outside all areas.
---@type string an expression
---@example term { "samen", weight = 1, expr = gebied.samen_expr, why = "woont bij u in de wijk" }
gebied.samen_expr = "if(need.buurt == offer.buurt, 1, if(need.wijk == offer.wijk, 0.6, "
  .. "if(need.gemeente == offer.gemeente, 0.2, 0)))"

--- 1 in the same buurt, else 0.
---@type string an expression
---@example term { "buurt", weight = 1, expr = gebied.zelfde_buurt_expr, why = "woont in dezelfde buurt" }
gebied.zelfde_buurt_expr = "if(need.buurt == offer.buurt, 1, 0)"

--- 1 in the same wijk, else 0.
---@type string an expression
---@example term { "wijk", weight = 1, expr = gebied.zelfde_wijk_expr, why = "woont in dezelfde wijk" }
gebied.zelfde_wijk_expr = "if(need.wijk == offer.wijk, 1, 0)"

--- 1 in the same gemeente, else 0.
---@type string an expression
---@example term { "gemeente", weight = 1, expr = gebied.zelfde_gemeente_expr, why = "woont ook hier" }
gebied.zelfde_gemeente_expr = "if(need.gemeente == offer.gemeente, 1, 0)"

--- As `samen_expr`, as a function for use inside another one. A part that is not known does not
--- count; without a gemeente it gives nil.
---@param need Side
---@param offer Side
---@return number?
---@example term { "samen", weight = 1, lua = function(need, offer) return gebied.samen(need, offer) end }
function gebied.samen(need, offer)
  if not need.gemeente or not offer.gemeente then return nil end
  if need.buurt and need.buurt == offer.buurt then return 1 end
  if need.wijk and need.wijk == offer.wijk then return 0.6 end
  if need.gemeente == offer.gemeente then return 0.2 end
  return 0
end

return gebied
