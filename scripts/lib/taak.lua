-- SPDX-License-Identifier: EUPL-1.2
--
-- Tasks: what is a listing about?

local taak = {}

--- True when the need is about one of these branches of the taxonomy. For a `when`.
---@param codes string[]
---@return string an expression
---@example hard { "vog", when = taak.een_van_expr { "zorg.thuis", "kinderen.oppas" }, expr = "has(offer.provides, 'vog')", why = "een VOG is nodig" }
function taak.een_van_expr(codes)
  local parts = ""
  for _, code in ipairs(codes) do
    parts = parts .. (parts == "" and "" or " or ") .. "under(need.categories, '" .. code .. "')"
  end
  return "(" .. (parts == "" and "false" or parts) .. ")"
end

--- As `een_van_expr`, of either listing, as a function for use inside another one.
---@param plaatsing Side
---@param codes string[]
---@return boolean
---@example hard { "nooit-samen", lua = function(need) return not taak.een_van(need, { "zorg", "vervoer" }) end, why = "dit doen wij niet" }
function taak.een_van(plaatsing, codes)
  for _, code in ipairs(codes) do
    if set.under(plaatsing.categories, code) then return true end
  end
  return false
end

return taak
