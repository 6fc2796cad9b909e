--- Penalties by the names of 双公示, whoever decides them: require "penalty".

local z = require "zayton"
local penalty = {}

--- A decision with its grounds, fine and day.
function penalty.decision(own)
  return z.with({
    derive = {
      org_code = z.org_of "uscc",
      -- Where the fine stands in the words of the decision only.
      penalty_amount = z.fine_in "penalty_result",
    },
    check = {
      z.check.same_org("uscc", "org_code"),
      -- No decision of a city's office comes near it: what does was given
      -- in yuan under a header that says 万元.
      z.check.range("penalty_amount", 0, 10000000),
      z.check.range("confiscated_amount", 0, 100000000),
      z.check.order("penalty_date", "public_until",
        { field = "public_until" }),
    },
  }, own)
end

return penalty
