--- Third parties: ratings of enterprises.

local z = require "zayton"

z.dataset "third_party_rating" {
  derive = { org_code = z.org_of "uscc" },
  check = {
    z.check.same_org("uscc", "org_code"),
    z.check.order("rated_on", "valid_to", { field = "valid_to" }),
  },
  z.example {
    { entity_name = "甲公司", rater = "甲评级", report_no = "R1",
      grade = "ＡＡ", rated_on = "2016-03-01", valid_to = "2017-02-28" },
    z.gives { grade = "AA", valid_to = "2017-02-28" },
  },
  z.example {
    { entity_name = "甲公司", rater = "甲评级", report_no = "R1",
      grade = "AA", rated_on = "2016-03-01", valid_to = "2016-02-28" },
    z.warns "date_order",
  },
}
