--- 市环保局: violations, credit ratings.

local z = require "zayton"

local same_org = z.check.same_org("uscc", "org_code")

z.dataset "epb_violation" {
  derive = {
    org_code = z.org_of "uscc",
    violation_type = z.by_words("violation", {
      { "未批先建", "NO_EIA" },
      { "验收", "NO_EIA" },
      { "暗管", "HIDDEN" },
      { "偷排", "HIDDEN" },
      { "超标", "EXCESS" },
      { "废物", "SOLID" },
      { "闲置", "FACILITY" },
      { "不正常运行", "FACILITY" },
      { "拒", "REFUSE" },
    }),
  },
  check = {
    same_org,
    z.check.range("penalty_amount", 0, 10000000),
    z.check.order("filed_on", "decided_on", { field = "decided_on" }),
    z.check.order("filed_on", "corrected_on", { field = "corrected_on" }),
  },
  z.example {
    { entity_name = "甲公司", filed_on = "2016/1/7",
      penalty_doc_no = "闽泉环罚[2016]第0198号",
      penalized_unit = "南安市环境保护局", violation = "超标排放水污染物" },
    z.gives { filed_on = "2016-01-07", violation_type = "EXCESS",
      penalty_doc_no = "闽泉环罚〔2016〕198号" },
  },
}

z.dataset "epb_credit_rating" {
  derive = {
    org_code = z.org_of "uscc",
    eval_year = z.year_of "published_on",
  },
  check = { same_org },
  z.example {
    { entity_name = "甲公司", eval_year = "2015年度", rating = "绿牌" },
    z.gives { eval_year = 2015, rating = "GREEN" },
  },
  z.example {
    { entity_name = "甲公司", rating = "环保诚信", published_on = "2015-06-05" },
    z.gives { eval_year = 2015, rating = "GREEN" },
  },
}
