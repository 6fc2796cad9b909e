--- 市政公用事业管理局: bills and payments of water and gas.

local z = require "zayton"
local bill = require "bill"
local meter = { meter_no = { z.id } }

z.dataset "water_bill_monthly" (bill.month {
  clean = meter,
  z.example {
    { account_no = " １２３４ ", entity_name = "甲公司",
      bill_period = "2014年3月", usage_qty = "38 ", amount_due = "¥108.30",
      amount_paid = "１０８．３０", arrears_amount = "0.00元" },
    z.gives { account_no = "1234", bill_period = "2014-03", usage_qty = 38,
      amount_due = 108.3, amount_paid = 108.3, payment_status = "PAID" },
  },
  z.example {
    { account_no = "1234", bill_period = "201403", amount_due = "100",
      amount_paid = "0", arrears_amount = "100" },
    z.gives { payment_status = "OVERDUE" },
  },
  z.example {
    { account_no = "1234", bill_period = "201403", amount_due = "100",
      amount_paid = "40" },
    z.gives { payment_status = "PARTIAL", arrears_amount = 60 },
  },
  z.example {
    { account_no = "1234", bill_period = "201403", amount_due = "100",
      amount_paid = "200", arrears_amount = "0" },
    z.warns "amount_order",
  },
  z.example {
    { account_no = "1234", bill_period = "201403", amount_due = "100",
      amount_paid = "40", arrears_amount = "0" },
    z.warns "amount_sum",
  },
  z.example {
    { account_no = "1234", bill_period = "201413", amount_due = "1" },
    z.refuses "period_format",
  },
  z.example {
    { account_no = "3.50502E+14", bill_period = "201403" },
    z.refuses "id_scientific",
  },
})

z.dataset "gas_bill_monthly" (bill.month {
  clean = meter,
  z.example {
    { account_no = "3557535040", bill_period = "201601", usage_qty = "391",
      use_type = "工业用气", amount_due = "1407.60", amount_paid = "0.00",
      arrears_amount = "1407.60" },
    z.gives { use_type = "INDUSTRIAL", payment_status = "OVERDUE" },
  },
})

z.dataset "water_payment_history" (bill.payment {
  z.example {
    { account_no = "1234", bill_period = "2014-03", payment_seq = "1",
      paid_amount = "108.30", paid_on = "2014/4/2" },
    z.gives { paid_amount = 108.3, paid_on = "2014-04-02" },
  },
  -- A month's data do not tell of a day two months later.
  z.example {
    { account_no = "1234", bill_period = "2014-03", payment_seq = "1",
      paid_amount = "108.30", paid_on = "2014/5/2" },
    z.warns "date_after_period",
    z.gives { paid_on = "2014-05-02" },
    period = "2014-03",
  },
})

z.dataset "gas_payment_history" (bill.payment {
  z.example {
    { account_no = "1234", bill_period = "2014-03", payment_seq = "a-1",
      paid_amount = "108.30", paid_on = "2014/4/2" },
    z.gives { payment_seq = "A-1", paid_amount = 108.3 },
  },
})
