--- 市中级人民法院: enforcement cases.
-- Persons are debtors too: where there is no organisation code, the name and
-- the number of the case say who is meant.

local z = require "zayton"

z.dataset "court_enforcement_case" {
  derive = { org_code = z.org_of "uscc" },
  check = {
    z.check.same_org("uscc", "org_code"),
    z.check.order("filed_on", "closed_on", { field = "closed_on" }),
    z.check.le("performed_amount", "claim_amount"),
    z.check.required("closed_on", "close_method"),
  },
  z.example {
    { case_no = "（2015）闽0502执5722号", entity_name = "甲公司",
      org_code = "MA2Y3AN1-X", legal_rep = "王某",
      party_id_no = "11010519491231002X", claim_amount = "3870244.50",
      case_cause = "民间借贷纠纷", outcome = "未履行", close_method = "和解",
      closed_on = "2015年12月11日" },
    z.gives { case_no = "(2015)闽0502执5722号", org_code = "MA2Y3AN1X",
      outcome = "NONE", close_method = "TERMINATED",
      closed_on = "2015-12-11" },
  },
  z.example {
    { case_no = "(2015)闽0502执5722号", entity_name = "甲公司",
      claim_amount = "1", case_cause = "劳动争议", close_method = "执行完毕" },
    z.warns "required_if",
  },
  z.example {
    { case_no = "(2015)闽0502执5722号", entity_name = "甲公司",
      claim_amount = "1", case_cause = "劳动争议", close_method = "99" },
    z.warns "code_unknown",
  },
  z.example {
    { case_no = "(2015)闽0502执5722号", entity_name = "甲公司",
      claim_amount = "#VALUE!", case_cause = "劳动争议" },
    z.warns "sheet_error",
  },
  z.example {
    { case_no = "(2015)闽0502执5722号", entity_name = "甲公司",
      claim_amount = "100", performed_amount = "101",
      case_cause = "劳动争议" },
    z.warns "amount_order",
  },
  z.example {
    { case_no = "(2015)闽0502执5722号", entity_name = "甲公司",
      claim_amount = "100", case_cause = "劳动争议",
      filed_on = "2015-12-12", closed_on = "2015-12-11" },
    z.warns "date_order",
  },
}
