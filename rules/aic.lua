--- 市工商局: registrations, changes, inspections, penalties, honours.
-- Exports of the register: amounts in 万元, names of items with or without
-- 变更 behind them.

local z = require "zayton"

local order = z.check.order
local le = z.check.le

-- The register's own number, or one that leads to it.
local subject = z.check.one_of("reg_no", "uscc", "org_code")
local same_org = z.check.same_org("uscc", "org_code")

z.dataset "aic_enterprise_registration" {
  clean = {
    former_names = { z.fold, z.replace("、", ";"), z.replace("，", ";"),
      z.replace(",", ";"), z.replace("；", ";") },
    reg_capital_currency = { z.code "currency" },
  },
  derive = {
    org_code = z.org_of "uscc",
  },
  check = {
    le("paid_capital", "reg_capital"),
    z.check.unit("paid_capital", "reg_capital"),
    order("term_from", "term_to", { field = "term_to" }),
    order("established_on", "approved_on", { field = "approved_on" }),
    order("established_on", "cancelled_on", { field = "cancelled_on" }),
    order("established_on", "revoked_on", { field = "revoked_on" }),
    same_org,
  },
  z.example {
    { entity_name = "石狮市甲乙 服装(福建)有限公司", reg_no = " 350502100181468",
      ent_type = "有限责任公司(自然人投资或控股)", reg_capital = "1,080",
      paid_capital = "324万元", legal_rep = "王 某", address = "石狮市子芳路1号",
      established_on = "2014年1月8日", term_to = "长期",
      business_scope = "服装", reg_authority = "石狮市工商行政管理局",
      reg_status = "开业", approved_on = "2016/3/1" },
    z.gives { entity_name = "石狮市甲乙服装（福建）有限公司",
      reg_no = "350502100181468", ent_type = "1130",
      established_on = "2014-01-08", reg_status = "ACTIVE" },
  },
  z.example {
    { entity_name = "甲公司", reg_no = "350502100181468", ent_type = "1130",
      reg_capital = "100", paid_capital = "1000000", legal_rep = "王某",
      address = "石狮", established_on = "2014-01-08",
      business_scope = "服装", reg_authority = "石狮局" },
    z.warns "unit_suspect",
  },
  z.example {
    { entity_name = "甲公司", reg_no = "350502100181468", ent_type = "1130",
      reg_capital = "100", legal_rep = "王某", address = "石狮",
      established_on = "2014-02-30", business_scope = "服装",
      reg_authority = "石狮局" },
    z.warns "date_impossible",
    z.gives { legal_rep = "王某", established_on = z.none },
  },
  z.example {
    { entity_name = "甲公司", uscc = "91350502MA2Y3AN1X7",
      reg_no = "350502100181468", ent_type = "1130", reg_capital = "100",
      legal_rep = "王某", address = "石狮", established_on = "2017-05-02",
      business_scope = "服装", reg_authority = "石狮局" },
    z.gives { org_code = "MA2Y3AN1X" },
  },
}

z.dataset "aic_registration_change" {
  clean = {
    -- 法定代表人变更 and 法定代表人 are one item.
    change_item = { z.fold, z.replace("变更登记", ""), z.replace("变更", "") },
  },
  derive = { org_code = z.org_of "uscc" },
  check = { subject, same_org },
  z.example {
    { reg_no = "350502100181468", entity_name = "甲公司",
      change_item = "法定代表人变更", before_value = "王某",
      after_value = "李某", changed_on = "2016.3.1" },
    z.gives { change_item = "法定代表人", changed_on = "2016-03-01" },
  },
  z.example {
    { entity_name = "甲公司", change_item = "住所变更",
      before_value = "甲路", after_value = "乙路", changed_on = "2016-03-01" },
    z.warns "subject_missing",
  },
}

z.dataset "aic_annual_inspection" {
  derive = { org_code = z.org_of "uscc" },
  check = { subject, same_org },
  z.example {
    { reg_no = "350502100181468", entity_name = "甲公司",
      inspection_year = "2015.0", inspection_result = "通过",
      inspected_on = "2015/9/7" },
    z.gives { inspection_year = 2015, inspection_result = "PASS",
      inspected_on = "2015-09-07" },
  },
  z.example {
    { reg_no = "350502100181468", entity_name = "甲公司",
      inspection_year = "2015", inspection_result = "合格?" },
    z.refuses "code_unknown",
  },
}

z.dataset "aic_case_penalty" {
  derive = { org_code = z.org_of "uscc" },
  check = {
    subject,
    same_org,
    -- No decision of a city's office comes near ten million yuan: what does
    -- was given in yuan under a header that says 万元.
    z.check.range("penalty_amount", 0, 10000000),
    z.check.range("confiscated_amount", 0, 100000000),
    order("penalty_date", "public_until", { field = "public_until" }),
  },
  z.example {
    { entity_name = "甲公司", reg_no = "350502100181468",
      penalty_doc_no = "泉工商处[2016]第0859号", penalty_reason = "虚假宣传",
      penalty_amount = "27.8", penalty_date = "2016年1月23日" },
    z.gives { penalty_doc_no = "泉工商处〔2016〕859号",
      penalty_amount = 278000, penalty_date = "2016-01-23" },
    today = "2016-02-01",
  },
  z.example {
    { entity_name = "甲公司", reg_no = "350502100181468",
      penalty_doc_no = "泉工商处〔2016〕859号", penalty_reason = "虚假宣传",
      penalty_amount = "65000", penalty_date = "2016-01-23" },
    z.warns "out_of_range",
  },
  z.example {
    { entity_name = "甲公司", reg_no = "350502100181468",
      penalty_doc_no = "泉工商处〔2016〕859号", penalty_reason = "虚假宣传",
      penalty_date = "2016-04-31" },
    z.warns "date_impossible",
  },
}

z.dataset "aic_honor" {
  derive = {
    -- The exports name the day only.
    honor_year = z.year_of "awarded_on",
    org_code = z.org_of "uscc",
  },
  check = {
    same_org,
    order("awarded_on", "valid_to", { field = "valid_to" }),
  },
  z.example {
    { entity_name = "甲公司", honor_type = "守合同重信用企业",
      awarded_on = "2016.01.22" },
    z.gives { honor_type = "CONTRACT", honor_year = "2016",
      awarded_on = "2016-01-22" },
  },
}

z.dataset "aic_public_archive" {
  derive = { org_code = z.org_of "uscc" },
  check = {
    same_org,
    order("occurred_on", "ended_on", { field = "ended_on" }),
  },
  z.example {
    { entity_name = "甲公司", reg_no = "350502100181468",
      item_type = "列入经营异常名录", title = "列入经营异常名录",
      content = "未按期公示年度报告", occurred_on = "2015-07-08" },
    z.gives { item_type = "ABNORMAL" },
  },
}
