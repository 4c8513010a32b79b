-- SPDX-License-Identifier: EUPL-1.2
--
-- Vragen over de taak: waar gaat een plaatsing over?
--
--   local taak = require("lib/taak")
--   hard { "nooit-samen", lua = function(need) return not taak.een_van(need, { "zorg", "vervoer" }) end }

local taak = {}

--- Valt een van de categorieën van de plaatsing onder een van de codes in de lijst?
function taak.een_van(plaatsing, codes)
  for _, code in ipairs(codes) do
    if set.under(plaatsing.categories, code) then return true end
  end
  return false
end

return taak
