--- 市安监局: safety licences, accidents and penalties.

local z = require "zayton"
local penalty = require "penalty"

z.dataset "saw_safety_license" {
  clean = { cert_no = { z.id } },
  derive = { org_code = z.org_of "uscc" },
  check = {
    z.check.same_org("uscc", "org_code"),
    z.check.order("valid_from", "valid_to", { field = "valid_to" }),
    z.check.required("std_grade", "cert_type", "STD"),
  },
  z.example {
    { entity_name = "甲公司", cert_type = "安全生产标准化证书",
      cert_no = "AQB-1", std_grade = "三级", valid_to = "2017-02-28",
      cert_status = "有效" },
    z.gives { cert_type = "STD", std_grade = "3", cert_status = "VALID" },
  },
  z.example {
    { entity_name = "甲公司", cert_type = "安全生产标准化证书",
      cert_no = "AQB-1", valid_to = "2017-02-28", cert_status = "有效" },
    z.warns "required_if",
  },
}

z.dataset "saw_accident_penalty" (penalty.decision {
  check = {
    z.check.required("accident_on", "accident_level"),
    z.check.order("accident_on", "penalty_date", { field = "penalty_date" }),
  },
  z.example {
    { entity_name = "甲公司", accident_on = "2016-01-02",
      accident_level = "一般事故", penalty_doc_no = "泉安监罚〔2016〕1号",
      penalty_reason = "未教育培训", penalty_result = "罚款2万元",
      penalty_date = "2016-03-01" },
    z.gives { accident_level = "4", penalty_amount = 20000 },
  },
  z.example {
    { entity_name = "甲公司", accident_level = "一般事故",
      penalty_doc_no = "泉安监罚〔2016〕1号", penalty_reason = "未教育培训",
      penalty_date = "2016-03-01" },
    z.warns "required_if",
  },
  z.example {
    { entity_name = "甲公司", penalty_doc_no = "泉安监罚〔2016〕1号",
      penalty_reason = "未教育培训", penalty_amount = "20000",
      penalty_date = "2016-03-01" },
    z.warns "out_of_range",
  },
})
