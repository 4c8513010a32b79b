-- SPDX-License-Identifier: EUPL-1.2
--
-- Helpers met rust laten tussen twee vragen.
--
--   local rust = require("lib/rust")
--   term { "rust", weight = 1, lua = function(need, offer) return rust.genoeg(offer, 14) end }

local rust = {}

--- 0 als de helper zojuist is gevraagd, oplopend tot 1 na `dagen` dagen; 1 als hij of zij nog nooit
--- is gevraagd.
function rust.genoeg(offer, dagen)
  local sinds = offer.days_since_asked
  if not sinds then return 1 end
  return math.min(1, math.max(0, sinds / dagen))
end

return rust
