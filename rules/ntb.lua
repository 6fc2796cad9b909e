--- 市国税局: taxpayers, credit grades, arrears, major cases.

local z = require "zayton"
local tax = require "tax"

z.dataset "nat_tax_taxpayer" (tax.taxpayer {
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
    z.warns "code_unknown",
  },
})

z.dataset "nat_tax_credit_grade" (tax.credit_grade {
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
})

z.dataset "nat_tax_arrears_notice" (tax.arrears_notice {
  check = { z.check.le("arrears_new", "arrears_balance") },
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
})

z.dataset "nat_tax_major_case" (tax.major_case {
  check = {
    z.check.order("announced_on", "removed_on", { field = "removed_on" }),
  },
  z.example {
    { entity_name = "甲公司", tax_id = "350502MA2Y3AN1X",
      case_nature = "偷税", illegal_facts = "少列收入",
      disposition = "追缴税款", announced_on = "2015-12-01",
      judicial_referral = "是" },
    z.gives { case_nature = "EVASION", announced_on = "2015-12-01" },
  },
})
