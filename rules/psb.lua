--- 市公安局: cases of enterprises.

local z = require "zayton"

z.dataset "police_enterprise_case" {
  check = { z.check.order("filed_on", "handled_on", { field = "handled_on" }) },
  z.example {
    { entity_name = "甲公司", legal_rep = "王某",
      legal_rep_id = "11010519491231002X", address = "石狮",
      case_category = "合同诈骗", filed_on = "2015.12.23",
      approving_body = "石狮市公安局", handling_status = "已判决" },
    z.gives { case_category = "FRAUD", filed_on = "2015-12-23",
      handling_status = "JUDGED" },
  },
  z.example {
    { entity_name = "甲公司", case_category = "合同诈骗",
      filed_on = "0000.00.00", approving_body = "石狮市公安局",
      handling_status = "撤案" },
    z.refuses "key_missing",
  },
  z.example {
    { entity_name = "甲公司", case_category = "合同诈骗",
      filed_on = "2015-12-23", handled_on = "2015-12-22",
      approving_body = "石狮市公安局", handling_status = "撤案" },
    z.warns "date_order",
  },
}
