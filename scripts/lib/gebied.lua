-- SPDX-License-Identifier: EUPL-1.2
--
-- Hoe dicht twee plaatsingen bij elkaar horen, naar de indeling van de gemeente.
--
--   local gebied = require("lib/gebied")
--   term { "samen", weight = 1, lua = function(need, offer) return gebied.samen(need, offer) end }

local gebied = {}

--- 1 in dezelfde buurt, 0,6 in dezelfde wijk, 0,2 in dezelfde gemeente, anders 0. Is van een van
--- beide de gemeente niet bekend, dan geeft de functie nil en telt de term niet mee.
function gebied.samen(need, offer)
  if not need.gemeente or not offer.gemeente then return nil end
  if need.buurt and need.buurt == offer.buurt then return 1 end
  if need.wijk and need.wijk == offer.wijk then return 0.6 end
  if need.gemeente == offer.gemeente then return 0.2 end
  return 0
end

return gebied
