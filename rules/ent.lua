--- What enterprises declare of themselves: lowest rank, shown as declared.

local z = require "zayton"

local same_org = z.check.same_org("uscc", "org_code")

z.dataset "self_declared_enterprise" {
  derive = {
    org_code = z.org_of "uscc",
    equity_total = function(r)
      return r.asset_total and r.debt_total and r.asset_total - r.debt_total
    end,
  },
  check = {
    same_org,
    z.check.le("net_profit", "profit_total"),
    z.check.sum("asset_total", "debt_total", "equity_total",
      { field = "equity_total" }),
    { rule = "not_pledged", severity = "error", field = "truth_pledge",
      zh = "没有作出真实性承诺", en = "the truth is not pledged",
      when = function(r) return r.truth_pledge == false end },
  },
  z.example {
    { entity_name = "甲公司", asset_total = "1,000", debt_total = "400",
      report_year = "2015", declared_on = "2016-03-01", declarant = "王某",
      truth_pledge = "是" },
    z.gives { asset_total = 10000000, equity_total = 6000000 },
  },
  z.example {
    { entity_name = "甲公司", declared_on = "2016-03-01", declarant = "王某",
      truth_pledge = "否" },
    z.refuses "not_pledged",
  },
  z.example {
    { entity_name = "甲公司", asset_total = "1,000", debt_total = "400",
      equity_total = "500", declared_on = "2016-03-01", declarant = "王某",
      truth_pledge = "是" },
    z.warns "amount_sum",
  },
}

z.dataset "self_declared_financing_need" {
  derive = { org_code = z.org_of "uscc" },
  check = { same_org },
  z.example {
    { entity_name = "甲公司", need_no = "X1", amount_wanted = "50",
      purpose = "周转", term_months = "12", guarantee_kind = "抵押",
      submitted_on = "2016-03-01", need_status = "待对接" },
    z.gives { amount_wanted = 500000, guarantee_kind = "2",
      need_status = "OPEN" },
  },
}
