--- 泉州银监分局: what enterprises owe banks, and who stands surety for it.
--
-- Numbers in brackets are those of the central bank's own list of checks.

local z = require "zayton"

-- Banks report how things stood: a row without a day of its own is of the
-- month of the file, else of the month it came in.
local function as_of(_, file)
  return file.period:match "^%d%d%d%d%-%d%d$" or file.today:sub(1, 7)
end

-- No small enterprise is lent a billion: a unit was mistaken.
local limit = { high = 1e9 }

-- A dataset: codes, its numbers of contracts; amount, what the rest is part
-- of; day, when the business began; then its own checks, route and examples.
local function business(t)
  local clean = { fi_code = { z.id } }
  for _, field in ipairs(t.codes) do
    clean[field] = { z.id }
  end
  local check = {
    z.check.one_of("loan_card_no", "org_code", "uscc", { field = "org_code" }),
    z.check.same_org("uscc", "org_code"),
    z.check.range(t.amount, limit),
    z.check.order(t.day, "as_of", { field = t.day, rule = "begins_too_late",
      zh = "业务日期晚于数据截止日期；请核对日期或报告期",
      en = "the day lies after the period that is told of; check both" }),
  }
  for _, one in ipairs(t.check) do
    check[#check + 1] = one
  end
  return {
    clean = clean,
    derive = { as_of = as_of, org_code = z.org_of "uscc" },
    check = check,
    route = t.route,
    table.unpack(t),
  }
end

-- Who lent it. Sureties are told of without.
local lender = z.check.one_of("fi_code", "fi_name", { field = "fi_name" })

-- Interest may grow beyond what was lent, but not tenfold.
local function interest(amount)
  return z.check.unit("interest_arrears", amount, { low = 10 })
end

-- What was paid back last is part of what was paid back at all (4172).
local function paid_back(r)
  return r.last_repaid_amount and r.loan_amount and r.loan_balance
    and r.last_repaid_amount > r.loan_amount - r.loan_balance + 0.005
end

z.dataset "cbrc_loan" (business {
  codes = { "contract_no", "duebill_no", "credit_line_no" },
  amount = "contract_amount",
  day = "contract_start",
  -- Some banks put all kinds of business into one file.
  route = z.route("loan_business_type", {
    cbrc_loan = { "1", "2", "3", "4", "5", "6", "7", "贷款", "贷款业务",
      "流动资金贷款", "固定资产贷款", "境外筹资转贷", "买方信贷",
      "出口卖方信贷", "项目融资", "其他贷款" },
    cbrc_factoring = { "保理", "保理业务" },
    cbrc_trade_finance = { "贸易融资", "贸易融资业务", "进口押汇", "出口押汇",
      "打包放款", "福费廷" },
    cbrc_letter_of_credit = { "信用证", "信用证业务" },
    cbrc_guarantee_letter = { "保函", "保函业务" },
    cbrc_bank_acceptance = { "银行承兑汇票", "银行承兑汇票业务",
      "承兑汇票" },
    cbrc_public_credit_line = { "公开授信", "公开授信业务" },
    cbrc_advance = { "垫款", "垫款业务" },
    cbrc_bill_discount = { "票据贴现", "票据贴现业务", "贴现" },
  }),
  check = {
    lender,
    z.check.le("available_balance", "contract_amount"), -- 4166
    z.check.le("loan_balance", "loan_amount"), -- 4182
    z.check.le("loan_amount", "contract_amount"), -- 4183
    z.check.le("loan_balance", "contract_amount"),
    interest("contract_amount"),
    z.check.order("contract_start", "contract_end"),
    z.check.order("contract_start", "disbursed_on", "due_on"), -- 4178
    { rule = "repaid_more", field = "last_repaid_amount", when = paid_back,
      zh = "还款金额大于借据金额与借据余额之差",
      en = "more was paid back than the amount less the balance" },
  },
  z.example {
    { entity_name = "甲公司", org_code = "MA2Y3AN1-X", fi_name = "泉州银行",
      loan_business_type = "流动资金贷款", contract_amount = "720万元",
      loan_balance = "475.05万", contract_start = "41871",
      contract_end = "2017.08.20", class5 = "次级",
      interest_arrears = "0万元" },
    z.gives { org_code = "MA2Y3AN1X", loan_business_type = "1",
      contract_amount = 7200000, loan_balance = 4750500,
      contract_start = "2014-08-20", contract_end = "2017-08-20",
      class5 = "3", as_of = "2016-02" },
    period = "2016-02",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20" },
    z.gives { as_of = "2016-03" },
    today = "2016-03-09",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20", contract_end = "2012-08-20" },
    z.warns "date_order",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2016-05-12" },
    z.warns "begins_too_late",
    period = "2016-03", today = "2017-01-01",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20", contract_amount = "100",
      loan_amount = "120" },
    z.warns "amount_order",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20", contract_amount = "720000万元" },
    z.warns "out_of_range",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20", loan_amount = "100",
      loan_balance = "80", last_repaid_amount = "30" },
    z.warns "repaid_more",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20", class5 = "逾期" },
    z.warns "code_unknown",
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20", contract_amount = "20万元",
      interest_arrears = "210万元" },
    z.warns "unit_suspect",
  },
  z.example {
    { entity_name = "甲公司", fi_name = "泉州银行", loan_business_type = "1",
      contract_start = "2014-08-20" },
    z.warns "subject_missing",
  },
  z.example {
    { org_code = "MA2Y3AN1X", loan_business_type = "1",
      contract_start = "2014-08-20" },
    z.refuses "key_missing",
  },
})

z.dataset "cbrc_factoring" (business {
  codes = { "factoring_no", "credit_line_no" },
  amount = "amount",
  day = "done_on",
  check = {
    lender,
    z.check.le("balance", "amount"),
    interest("amount"),
    z.check.order("done_on", "balance_changed_on"),
    z.check.order("done_on", "due_on"),
    z.check.filled("due_on"),
    -- Only what is financed can be overdue.
    { rule = "factoring_overdue", field = "factoring_status",
      zh = "该保理产品类型不应为逾期",
      en = "factoring of this type cannot be overdue",
      when = function(r)
        return r.factoring_status == "2" and r.factoring_type
          and r.factoring_type ~= "1" and r.factoring_type ~= "3"
      end },
  },
  z.example {
    { entity_name = "甲公司", fi_code = "b-1", factoring_no = "bl 01",
      factoring_type = "进口保理", factoring_status = "逾期",
      amount = "100", balance = "120", due_on = "" },
    z.gives { fi_code = "B-1", factoring_no = "BL01", factoring_type = "2" },
    z.warns "factoring_overdue",
    z.warns "amount_order",
  },
})

z.dataset "cbrc_trade_finance" (business {
  codes = { "agreement_no", "finance_no", "credit_line_no" },
  amount = "agreement_amount",
  day = "granted_on",
  check = {
    lender,
    z.check.le("amount", "agreement_amount"),
    z.check.le("balance", "amount"),
    z.check.le("balance", "agreement_amount"),
    interest("agreement_amount"),
    z.check.order("agreement_start", "agreement_end"),
    z.check.order("agreement_start", "granted_on", "due_on"),
    z.check.filled("due_on"),
  },
  z.example {
    { entity_name = "甲公司", org_code = "MA2Y3AN1X", fi_name = "兴业银行",
      agreement_amount = "40", balance = "50", granted_on = "42266",
      finance_type = "进口押汇", due_on = "42997" },
    z.gives { finance_type = "11", granted_on = "2015-09-19" },
    z.warns "amount_order",
  },
})

z.dataset "cbrc_letter_of_credit" (business {
  codes = { "lc_no", "credit_line_no" },
  amount = "amount",
  day = "opened_on",
  check = {
    lender,
    z.check.le("balance", "amount"),
    interest("amount"),
    z.check.order("opened_on", "valid_to"),
    z.check.range("margin_ratio", 0, 100),
    z.check.required("cancelled_on", "lc_status", "2"),
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "兴业银行", opened_on = "2015-09-15",
      lc_status = "注销", pay_term = "即期", margin_ratio = "120" },
    z.gives { lc_status = "2", pay_term = "1" },
    z.warns "required_if",
    z.warns "out_of_range",
  },
})

z.dataset "cbrc_guarantee_letter" (business {
  codes = { "lg_no", "credit_line_no" },
  amount = "amount",
  day = "opened_on",
  check = {
    lender,
    z.check.le("balance", "amount"),
    interest("amount"),
    z.check.order("opened_on", "due_on"),
    z.check.filled("due_on"),
    z.check.range("margin_ratio", 0, 100),
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "兴业银行", opened_on = "2015-09-15",
      lg_type = "融资类", guaranteed = "否", advanced = "2", due_on = "无" },
    z.gives { lg_type = "1", guaranteed = "2", advanced = "2" },
    z.warns "required_missing",
  },
})

z.dataset "cbrc_bank_acceptance" (business {
  codes = { "agreement_no", "bill_no", "credit_line_no" },
  amount = "amount",
  day = "accepted_on",
  check = {
    lender,
    z.check.le("balance", "amount"),
    z.check.filled("balance"),
    interest("amount"),
    z.check.order("accepted_on", "due_on"),
    z.check.order("accepted_on", "paid_on"),
    z.check.range("margin_ratio", 0, 100),
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "中国银行", accepted_on = "42283",
      amount = "20万", balance = "5.98万", bill_status = "结清",
      due_on = "2016-10-06", paid_on = "2015-01-01" },
    z.gives { accepted_on = "2015-10-06", balance = 59800,
      bill_status = "3" },
    z.warns "date_order",
  },
})

z.dataset "cbrc_public_credit_line" (business {
  codes = { "credit_line_no" },
  amount = "limit_amount",
  day = "valid_from",
  check = {
    lender,
    z.check.order("valid_from", "valid_to"),
    z.check.order("valid_from", "cancelled_on", "valid_to"),
    z.check.required("cancel_reason", "cancelled_on"),
    z.check.required("cancelled_on", "cancel_reason"),
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "中国银行", limit_amount = "500万元",
      valid_from = "2015-01-01", cancelled_on = "2015-06-01" },
    z.gives { limit_amount = 5000000 },
    z.warns "required_if",
  },
})

z.dataset "cbrc_guarantee" (business {
  codes = { "main_contract_no", "guarantee_contract_no", "serial" },
  amount = "amount",
  day = "signed_on",
  check = {
    z.check.required("collateral_type", "collateral_value"),
    z.check.required("guarantor_id_no", "guarantor_id_type"),
  },
  z.example {
    { entity_name = "甲公司", org_code = "'MA2Y3AN1-X", amount = "80万元",
      guarantor_name = "乙公司", guarantee_kind = "保证",
      signed_on = "2014-09-13" },
    z.gives { org_code = "MA2Y3AN1X", guarantee_kind = "1",
      amount = 800000 },
  },
})

z.dataset "cbrc_advance" (business {
  codes = { "advance_no", "origin_no" },
  amount = "amount",
  day = "advanced_on",
  check = {
    lender,
    z.check.le("balance", "amount"), -- 4300
    z.check.order("advanced_on", "balance_on"),
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "中国银行", amount = "10",
      balance = "11", advanced_on = "20150930", advance_type = "保函垫款" },
    z.gives { advance_type = "1", advanced_on = "2015-09-30" },
    z.warns "amount_order",
  },
})

z.dataset "cbrc_interest_arrears" (business {
  codes = {},
  amount = "balance",
  day = "changed_on",
  check = { lender },
  z.example {
    { fi_code = "B1", loan_card_no = "3505020000012394", currency = "人民币",
      interest_type = "表内", balance = "1000", changed_on = "2015-12-20" },
    z.gives { currency = "CNY", interest_type = "1" },
  },
})

z.dataset "cbrc_asset_disposal" (business {
  codes = { "business_no" },
  amount = "balance",
  day = "disposed_on",
  check = {
    lender,
    z.check.le("balance", "received_amount"), -- 4304
    z.check.order("balance_on", "disposed_on"), -- 4306
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_code = "B1", business_no = "d1",
      balance = "100", received_amount = "90", balance_on = "2015-12-31",
      disposed_on = "2015-12-01", dispose_type = "诉讼追偿" },
    z.gives { business_no = "D1", dispose_type = "7" },
    z.warns "amount_order",
    z.warns "date_order",
  },
})

z.dataset "cbrc_bill_discount" (business {
  codes = { "discount_no" },
  amount = "face_amount",
  day = "discounted_on",
  check = {
    lender,
    z.check.le("discount_amount", "face_amount"),
    z.check.order("discounted_on", "due_on"),
  },
  z.example {
    { org_code = "MA2Y3AN1X", fi_name = "泉州银行", face_amount = "100",
      discount_amount = "101", discounted_on = "2015-12-31",
      bill_type = "银行承兑汇票", bill_status = "正常" },
    z.gives { bill_type = "1", bill_status = "1" },
    z.warns "amount_order",
  },
})
