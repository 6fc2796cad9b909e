--- 海关: registration and credit level, penalties.

local z = require "zayton"
local penalty = require "penalty"

z.dataset "customs_registration" {
  clean = { customs_code = { z.id } },
  derive = { org_code = z.org_of "uscc" },
  check = {
    z.check.same_org("uscc", "org_code"),
    z.check.order("registered_on", "valid_to", { field = "valid_to" }),
    { rule = "customs_code_form", field = "customs_code",
      zh = "海关注册编码应为 10 位",
      en = "a customs code has ten characters",
      when = function(r) return r.customs_code and #r.customs_code ~= 10 end },
  },
  z.example {
    { entity_name = "甲公司", customs_code = "3505 960001",
      credit_level = "一般认证企业", valid_to = "长期" },
    z.gives { customs_code = "3505960001", credit_level = "AEO_GEN" },
  },
  z.example {
    { entity_name = "甲公司", customs_code = "350596",
      credit_level = "一般信用企业" },
    z.warns "customs_code_form",
  },
}

z.dataset "customs_penalty" (penalty.decision {
  clean = { customs_code = { z.id } },
  z.example {
    { entity_name = "甲公司", penalty_doc_no = "泉关缉罚字〔2016〕1号",
      penalty_reason = "申报不实", penalty_amount = "1.2",
      penalty_date = "2016-03-01" },
    z.gives { penalty_amount = 12000 },
  },
})
