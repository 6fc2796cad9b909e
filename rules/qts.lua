--- 市质量技术监督局: organisation codes, their reviews, penalties, licences.

local z = require "zayton"
local penalty = require "penalty"

z.dataset "qts_org_code" {
  check = {
    z.check.order("valid_from", "valid_to", { field = "valid_to" }),
    z.check.order("issued_on", "valid_to", { field = "valid_to" }),
  },
  z.example {
    { org_code = "MA2Y3AN1-X", entity_name = "甲公司", legal_rep = "王某",
      address = "石狮", valid_from = "2013-12-02", valid_to = "2017-12-02",
      reviewed_on = "2013/12/2" },
    z.gives { org_code = "MA2Y3AN1X", valid_to = "2017-12-02",
      reviewed_on = "2013-12-02" },
  },
  z.example {
    { org_code = "MA2Y3AN1X", entity_name = "甲公司",
      valid_from = "2016-01-27", valid_to = "2013-11-25" },
    z.warns "date_order",
  },
  z.example {
    { org_code = "MA2Y3AN10", entity_name = "甲公司", legal_rep = "王某",
      valid_to = "2017-12-02" },
    z.warns "org_code_check",
    z.gives { org_code = z.none, valid_to = "2017-12-02" },
  },
  z.example {
    { org_code = "MA2Y3AN10", entity_name = "甲公司",
      valid_to = "2017-12-02" },
    z.refuses "key_missing",
  },
}

z.dataset "qts_org_code_annual_review" {
  derive = {
    org_code = z.org_of "uscc",
    review_year = z.year_of "reviewed_on",
  },
  check = {
    z.check.same_org("uscc", "org_code"),
    z.check.order("reviewed_on", "next_review_due",
      { field = "next_review_due" }),
  },
  z.example {
    { org_code = "MA2Y3AN1-X", entity_name = "甲公司",
      review_result = "已年检", reviewed_on = "2014-05-06" },
    z.gives { review_result = "PASS", review_year = 2014 },
  },
}

z.dataset "qts_penalty" (penalty.decision {
  z.example {
    { entity_name = "甲公司", penalty_reason = "产品质量不合格",
      penalty_result = "罚款65,840元、责令改正",
      penalty_body = "石狮市质量技术监督局", penalty_date = "2015年12月30日" },
    z.gives { penalty_amount = 65840, penalty_date = "2015-12-30" },
  },
  z.example {
    { entity_name = "甲公司", penalty_reason = "伪造产地",
      penalty_result = "罚款1.5万元", penalty_date = "2015-12-30" },
    z.gives { penalty_amount = 15000 },
  },
  z.example {
    { entity_name = "甲公司", penalty_reason = "伪造产地",
      penalty_result = "警告", penalty_date = "石狮市质量技术监督局" },
    z.refuses "date_format",
  },
})

z.dataset "qts_license_cert" {
  clean = { cert_no = { z.id } },
  derive = {
    org_code = z.org_of "uscc",
    -- The exports have the name of the certificate only.
    cert_type = z.by_words("cert_name", {
      { "生产许可证", "QS" },
      { "强制性产品认证", "CCC" },
      { "质量管理体系", "ISO9001" },
      { "环境管理体系", "ISO14001" },
      { "特种设备", "SPECIAL" },
      { "计量器具", "METRO" },
    }),
  },
  check = {
    z.check.one_of("org_code", "uscc", "reg_no"),
    z.check.same_org("uscc", "org_code"),
    z.check.order("issued_on", "valid_to", { field = "valid_to" }),
    z.check.order("valid_from", "valid_to", { field = "valid_to" }),
  },
  z.example {
    { org_code = "MA2Y3AN1X", entity_name = "甲公司",
      cert_name = "食品生产许可证", cert_no = "xk24-177-07864",
      issued_on = "2013/3/23", valid_to = "2018/3/23" },
    z.gives { cert_type = "QS", cert_no = "XK24-177-07864",
      valid_to = "2018-03-23" },
  },
}
