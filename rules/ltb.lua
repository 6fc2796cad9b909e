--- 市地税局: taxpayers, credit grades, arrears, major cases.
-- Their states have four codes, of which 1 is 正常; there is no 5.

local z = require "zayton"
local tax = require "tax"

z.dataset "loc_tax_taxpayer" (tax.taxpayer {
  z.example {
    { tax_id = "'91350502MA2Y3AN1X7", entity_name = "甲公司",
      legal_rep = "王某", tax_authority = "石狮市地方税务局",
      tax_status = "1", source_updated_at = "20160126" },
    z.gives { tax_id = "91350502MA2Y3AN1X7", uscc = "91350502MA2Y3AN1X7",
      org_code = "MA2Y3AN1X", tax_status = "NORMAL" },
    today = "2016-02-01",
  },
  z.example {
    { tax_id = "350502MA2Y3AN1X", entity_name = "甲公司",
      tax_authority = "石狮", tax_status = "5" },
    z.warns "code_unknown",
  },
  z.example {
    { tax_id = "350502MA2Y3AN1X", entity_name = "甲公司", legal_rep = "",
      tax_authority = "石狮", tax_status = "4" },
    z.warns "required_missing",
  },
})

z.dataset "loc_tax_credit_grade" (tax.credit_grade {
  z.example {
    { entity_name = "甲公司", credit_grade = "B级", graded_on = "42288" },
    z.gives { credit_grade = "B", eval_year = 2015,
      graded_on = "2015-10-11" },
  },
  z.example {
    { entity_name = "甲公司", credit_grade = "优", graded_on = "2015-10-17" },
    z.refuses "code_unknown",
  },
})

z.dataset "loc_tax_arrears_notice" (tax.arrears_notice {
  z.example {
    { entity_name = "甲公司", tax_id = "350502MA2Y3AN1X",
      legal_rep_id = "11010519491231002X", tax_type = "营业税",
      arrears_balance = "827,607.37", noticed_on = "2016.01.12" },
    z.gives { tax_type = "BUSINESS", arrears_balance = 827607.37,
      org_code = "MA2Y3AN1X", noticed_on = "2016-01-12" },
  },
})

z.dataset "loc_tax_major_case" (tax.major_case {
  z.example {
    { entity_name = "甲公司", tax_id = "350502MA2Y3AN1X",
      case_nature = "偷税", illegal_facts = "少列收入",
      disposition = "追缴税款", announced_on = "2015-12-01" },
    z.gives { case_nature = "EVASION", announced_on = "2015-12-01" },
  },
})
