-- SPDX-License-Identifier: EUPL-1.2
--
-- Distances and how people cover them.

local vervoer = {}

--- At how many metres a distance counts for half: `lopen` 500, `fiets` 2,000, `ov` 5,000, `auto`
--- 8,000.
---@type table<string, number>
---@example term { "nabij", weight = 3, expr = "decay(distance_m, " .. vervoer.half.fiets .. ")", why = "woont {distance} verderop" }
vervoer.half = { lopen = 500, fiets = 2000, ov = 5000, auto = 8000 }

--- How near, for who comes by `wijze`: "lopen", "fiets", "ov" or "auto".
---@param wijze string
---@return string an expression
---@example term { "nabij", weight = 3, expr = vervoer.nabij_expr("fiets"), why = "woont {distance} verderop" }
function vervoer.nabij_expr(wijze)
  return "decay(distance_m, " .. vervoer.half[wijze] .. " m)"
end

--- How near, when who has the trait `kenmerk` comes by car and all others by `wijze`.
---@param kenmerk string a trait, such as "auto" or "rijbewijs-b"
---@param wijze string
---@return string an expression
---@example term { "nabij", weight = 3, expr = vervoer.nabij_met_expr("rijbewijs-b", "fiets"), why = "woont {distance} verderop" }
function vervoer.nabij_met_expr(kenmerk, wijze)
  return "decay(distance_m, if(has(offer.provides, '" .. kenmerk .. "'), "
    .. vervoer.half.auto .. " m, " .. vervoer.half[wijze] .. " m))"
end

--- How near, in steps: a list of { up to how many metres, value }, nearest first; 0 beyond the last.
---@param banden number[][]
---@return string an expression
---@example term { "nabij", weight = 3, expr = vervoer.band_expr { { 1000, 1 }, { 5000, 0.7 }, { 15000, 0.3 } }, why = "woont {distance} verderop" }
function vervoer.band_expr(banden)
  local begin, eind = "", "0"
  for _, band in ipairs(banden) do
    begin = begin .. "if(distance_m <= " .. band[1] .. " m, " .. band[2] .. ", "
    eind = eind .. ")"
  end
  return begin .. eind
end

--- True when the helper travels at least as far as the distance. Both may travel: a helper who does
--- not can still be the one who is visited.
---@type string an expression
---@example term { "komt", weight = 1, expr = "if(" .. vervoer.komt_expr .. ", 1, 0)", why = "komt naar u toe" }
vervoer.komt_expr = "(distance_m <= offer.reach_m)"

return vervoer
