--- 市国税局: taxpayers, credit grades, arrears, major cases.

local z = require "zayton"

local same_org = z.check.same_org("tax_id", "org_code")

-- New licences are their own tax identifier.
local function uscc_of(r)
  local id = r.tax_id
  if id and #id == 18 and id:sub(1, 1) == "9" then
    return id
  end
end

local function identity()
  return { org_code = z.org_of "tax_id", uscc = uscc_of }
end

z.dataset "nat_tax_taxpayer" {
  derive = identity(),
  check = {
    same_org,
    z.check.order("registered_on", "status_changed_on",
      { field = "status_changed_on" }),
  },
  z.example {
    { tax_id = "'91350502MA2Y3AN1X7", entity_name = "甲公司",
      legal_rep = "王某", tax_authority = "泉州市鲤城区国家税务局",
      tax_status = "①开业", source_updated_at = "2016-01-05 00:00:00" },
    z.gives { tax_id = "91350502MA2Y3AN1X7", uscc = "91350502MA2Y3AN1X7",
      org_code = "MA2Y3AN1X", tax_status = "NORMAL" },
    today = "2016-02-01",
  },
  z.example {
    { tax_id = "350502MA2Y3AN1X", entity_name = "甲公司",
      tax_authority = "鲤城", tax_status = "5" },
    z.gives { org_code = "MA2Y3AN1X", uscc = z.none,
      tax_status = "ABN_CANCELLED" },
  },
  z.example {
    { tax_id = "350502MA2Y3AN1X", entity_name = "甲公司",
      tax_authority = "鲤城", tax_status = "9" },
    z.refuses "code_unknown",
  },
}

z.dataset "nat_tax_credit_grade" {
  derive = {
    -- The year graded on, where the export has none of its own.
    eval_year = z.year_of "graded_on",
    org_code = z.org_of "tax_id",
    uscc = uscc_of,
  },
  check = {
    same_org,
    -- Grade M came with the rules of 2018.
    { rule = "grade_too_early", severity = "warn", field = "credit_grade",
      zh = "M 级自 2018 年起才有", en = "there is no grade M before 2018",
      when = function(r)
        return r.credit_grade == "M" and r.eval_year and r.eval_year < 2017
      end },
  },
  z.example {
    { entity_name = "甲公司", credit_grade = "Ａ", graded_on = "20151017" },
    z.gives { credit_grade = "A", eval_year = 2015,
      graded_on = "2015-10-17" },
  },
  z.example {
    { entity_name = "甲公司", credit_grade = "E", graded_on = "2015-10-17" },
    z.refuses "code_unknown",
  },
  z.example {
    { entity_name = "甲公司", credit_grade = "M", graded_on = "2015-10-17" },
    z.warns "grade_too_early",
  },
}

z.dataset "nat_tax_arrears_notice" {
  derive = identity(),
  check = {
    z.check.one_of("tax_id", "uscc", "org_code"),
    same_org,
    z.check.le("arrears_new", "arrears_balance"),
    z.check.order("noticed_on", "cleared_on", { field = "cleared_on" }),
  },
  z.example {
    { entity_name = "甲公司", tax_id = "350502MA2Y3AN1X",
      tax_type = "土地使用税", arrears_balance = "8,351,767.37",
      noticed_on = "2016-02-05" },
    z.gives { tax_type = "LANDUSE", arrears_balance = 8351767.37,
      org_code = "MA2Y3AN1X" },
  },
  z.example {
    { entity_name = "甲公司", tax_id = "350502MA2Y3AN1X", tax_type = "无",
      arrears_balance = "100", noticed_on = "2016-02-05" },
    z.warns "required_missing",
  },
}

z.dataset "nat_tax_major_case" {
  derive = identity(),
  check = {
    z.check.one_of("tax_id", "uscc", "org_code"),
    same_org,
    z.check.order("announced_on", "removed_on", { field = "removed_on" }),
  },
  z.example {
    { entity_name = "甲公司", tax_id = "350502MA2Y3AN1X",
      case_nature = "偷税", illegal_facts = "少列收入",
      disposition = "追缴税款", announced_on = "2015-12-01",
      judicial_referral = "是" },
    z.gives { case_nature = "EVASION", announced_on = "2015-12-01" },
  },
}
