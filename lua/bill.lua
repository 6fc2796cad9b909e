--- What the suppliers of water, gas and power share: require "bill".

local z = require "zayton"
local bill = {}

-- The companies say what was due and what was paid, not how it stands.
local function status(r)
  local due, paid = r.amount_due, r.amount_paid
  if not due or not paid then
    return nil
  elseif paid >= due then
    return "PAID"
  elseif paid > 0 then
    return "PARTIAL"
  elseif r.arrears_amount and r.arrears_amount > 0 then
    return "OVERDUE"
  end
  return "UNPAID"
end

--- A month of an account.
function bill.month(own)
  return z.with({
    clean = { account_no = { z.id } },
    derive = {
      payment_status = status,
      arrears_amount = z.minus("amount_due", "amount_paid"),
      org_code = z.org_of "uscc",
    },
    check = {
      z.check.le("amount_paid", "amount_due"),
      z.check.sum("amount_due", "amount_paid", "arrears_amount",
        { field = "arrears_amount" }),
      z.check.same_org("uscc", "org_code"),
    },
  }, own)
end

--- One payment.
function bill.payment(own)
  return z.with({
    clean = { account_no = { z.id }, payment_seq = { z.id } },
    derive = { org_code = z.org_of "uscc" },
    check = { z.check.same_org("uscc", "org_code") },
  }, own)
end

return bill
