--- 国网泉州供电公司: bills and payments of power.

local z = require "zayton"
local bill = require "bill"

-- 证件号码 holds whatever 证件类型 says, not always truly: its length decides.
local function id_of(...)
  local lengths = { ... }
  return function(r)
    local id = r.id_no and r.id_no:gsub("-", "")
    for _, n in ipairs(id and lengths or {}) do
      if #id == n and not (r.id_type or ""):find("身份", 1, true) then
        return id
      end
    end
  end
end

z.dataset "power_bill_monthly" (bill.month {
  clean = { id_no = { z.id } },
  derive = { uscc = id_of(18), org_code = id_of(9), reg_no = id_of(13, 15) },
  check = {
    { rule = "id_no_unusable", field = "id_no",
      zh = "“证件号码”不是正确的统一社会信用代码、组织机构代码或注册号",
      en = "the number is no right USCC, organisation code or register number",
      when = function(r)
        return r.id_no and not (r.id_type or ""):find("身份", 1, true) and
          not (r.uscc or r.org_code or r.reg_no)
      end },
  },
  z.example {
    { account_no = "7323219832", entity_name = "甲公司",
      bill_period = "201601", usage_qty = "12835", amount_due = "￥10,052.37",
      amount_paid = "10052.37元", arrears_amount = "0.00",
      paid_on = "20160118", id_type = "组织机构代码",
      id_no = "MA2Y3AN1-X" },
    z.gives { bill_period = "2016-01", amount_due = 10052.37,
      org_code = "MA2Y3AN1X", payment_status = "PAID" },
  },
  z.example {
    { account_no = "7323219832", bill_period = "201601", amount_due = "100",
      amount_paid = "0", arrears_amount = "100", id_type = "营业执照",
      id_no = "350502100181468" },
    z.gives { reg_no = "350502100181468", payment_status = "OVERDUE" },
  },
  z.example {
    { account_no = "7323219832", bill_period = "201601", amount_due = "100",
      amount_paid = "100", id_type = "组织机构代码", id_no = "MA2Y3AN1-0" },
    z.warns "id_no_unusable",
  },
  z.example {
    { account_no = "7323219832", bill_period = "201601", amount_due = "100",
      amount_paid = "100", id_type = "身份证", id_no = "91350502MA2Y3AN1X7" },
    z.gives { uscc = z.none },
  },
  z.example {
    { account_no = "7323219832", bill_period = "201601", amount_due = "100",
      amount_paid = "200" },
    z.warns "amount_order",
  },
})

z.dataset "power_payment_history" (bill.payment {
  z.example {
    { account_no = "7323219832", bill_period = "2016-01", payment_seq = "1",
      paid_amount = "108.30", paid_on = "2016/2/2", pay_channel = "银行代扣" },
    z.gives { paid_amount = 108.3, pay_channel = "BANK" },
  },
})
