--- 市人力资源和社会保障局: employment and insurance, violations of labour law.

local z = require "zayton"

-- Some exports count the insured of each kind, some only all of them.
local insured = { "insured_total", "insured_pension", "insured_medical",
  "insured_unemployment", "insured_injury", "insured_maternity" }

local counts = {
  z.check.le("contract_signed", "employee_total"),
  z.check.same_org("uscc", "org_code"),
  z.check.range("contract_rate", 0, 100),
}
for _, kind in ipairs(insured) do
  counts[#counts + 1] = z.check.le(kind, "employee_total")
end

z.dataset "hrss_employment_insurance" {
  derive = { org_code = z.org_of "uscc" },
  check = counts,
  z.example {
    { entity_name = "甲公司", org_code = "MA2Y3AN1X", hr_phone = "059564252095",
      employee_total = "３１", contract_signed = "27.0", insured_total = "15 ",
      stat_period = "2016-01" },
    z.gives { employee_total = 31, contract_signed = 27, insured_total = 15,
      hr_phone = "0595-64252095", stat_period = "2016-01" },
  },
  z.example {
    { entity_name = "甲公司", org_code = "MA2Y3AN1X", employee_total = "31",
      contract_signed = "32", insured_total = "15", stat_period = "2016-01" },
    z.warns "amount_order",
  },
  z.example {
    { entity_name = "甲公司", org_code = "MA2Y3AN1X", employee_total = "31",
      contract_signed = "31", insured_total = "", stat_period = "2016-01" },
    z.warns "required_missing",
  },
  z.example {
    { entity_name = "甲公司", org_code = "MA2Y3AN1X", employee_total = "31",
      contract_signed = "31", insured_pension = "32", stat_period = "2016-01" },
    z.warns "amount_order",
  },
}

z.dataset "hrss_labor_violation" {
  derive = {
    org_code = z.org_of "uscc",
    amount = z.fine_in "handling",
    violation_type = z.by_words("violation_facts", {
      { "工资", "WAGES" },
      { "劳动合同", "NO_CONTRACT" },
      { "社会保险", "NO_INSURANCE" },
      { "加班", "OVERTIME" },
      { "童工", "CHILD" },
      { "拒", "REFUSE" },
    }),
  },
  check = {
    z.check.same_org("uscc", "org_code"),
    z.check.order("violated_on", "decided_on", { field = "decided_on" }),
    z.check.order("decided_on", "corrected_on", { field = "corrected_on" }),
  },
  z.example {
    { entity_name = "甲公司", violation_facts = "拖欠劳动者工资",
      handling = "行政处罚,罚款13964元", decided_on = "2016年1月9日" },
    z.gives { violation_type = "WAGES", handling = "PENALIZED", amount = 13964,
      decided_on = "2016-01-09" },
  },
  z.example {
    { entity_name = "甲公司", violation_facts = "使用童工",
      handling = "责令限期改正", decided_on = "2017年2月29日" },
    z.warns "date_impossible",
  },
}
