-- The overwrite rules: of what the departments say about an enterprise, which
-- value stands in its record. Ranks go from high to low, "=" is a joint rank.
-- A lower rank never replaces a higher one, however new; it fills a field that
-- no higher one says anything about where `fill` allows it.
--
--   policy    newest (the rule where none is named), immutable, sticky, worst
--   values    of sticky: each may follow those before it; of worst: worst first
--   snapshot  providers whose rows are true of one day, and never of the record
--   apart     shown beside the record, never in it
--   with      fields that go with this one: all from the same row
--   derive    "org_code": made of other identifiers of the row, below all that
--             is supplied; of a field that goes with another one a function of
--             that one's value, where the row does not say it
--   past      what the same provider said before is compared as well
--   conflict  how a value of another provider has to differ to be one:
--             differs, name (no name it ever had), section (the first
--             character), class (the first two), persists (for over 30 days),
--             or a function of what stands, the other contribution, and the
--             values of the record; it sees declared and past ones too
--   decide    a function that gets all contributions, in no order, and returns
--             the number of the one that stands, or nil for the policy's; not
--             asked where all say the same
-- A contribution is { provider =, value =, as_of =, correction =, past = },
-- and what goes with its field, by name.

-- The organisation code in a tax number of 15 or 18 characters.
local function org_of(tax_id)
  return #tax_id == 18 and tax_id:sub(9, 17) or tax_id:sub(7, 15)
end

local divisions = {
  ["鲤城"] = "350502", ["丰泽"] = "350503", ["洛江"] = "350504",
  ["泉港"] = "350505", ["惠安"] = "350521", ["安溪"] = "350524",
  ["永春"] = "350525", ["德化"] = "350526", ["石狮"] = "350581",
  ["晋江"] = "350582", ["南安"] = "350583",
}

-- The county that an address begins with, behind province and city.
local function division_of(address)
  local rest = address:gsub("^福建省", ""):gsub("^泉州市", "")
  return divisions[rest:sub(1, 6)]
end

-- A number of 13 digits is of old; one of 15 is never given up for it.
local function not_the_old_number(all)
  local best
  for i, c in ipairs(all) do
    if c.provider == "AIC" and #c.value == 15
        and (not best or c.as_of > all[best].as_of) then
      best = i
    end
  end
  for _, c in ipairs(all) do
    if best and c.provider == "AIC" and #c.value == 13
        and c.as_of >= all[best].as_of then
      return best
    end
  end
end

-- A capital that changes by over half has a record of the change. One that is
-- 10,000 times as much or as little is told in another unit: that is a finding.
local function leaps(stands, other, record)
  local now, before = tonumber(stands.value), tonumber(other.value)
  return other.past and now ~= before * 10000 and before ~= now * 10000
    and math.abs(now - before) * 2 > before
    and (record.capital_changed_on or "") <= other.as_of
end

-- Of the same year, and by over 30 per cent.
local function far_off(stands, other)
  local a, b = tonumber(stands.value), tonumber(other.value)
  return stands.as_of:sub(1, 4) == other.as_of:sub(1, 4)
    and math.abs(a - b) * 10 > a * 3
end

return {
  -- What rows say of the record: fields of the same name, or their name in the
  -- dataset; "all". Of rows that are about one item each: its word and the
  -- field.
  sources = {
    aic_enterprise_registration = "all",
    aic_registration_change = { item = "change_item",
      entity_name = { "名称", "after_value" },
      legal_rep = { "法定代表人", "after_value" },
      address = { "住所", "after_value" },
      capital_changed_on = { "注册资本", "changed_on" } },
    qts_org_code = { "entity_name", "org_code", "reg_no", "legal_rep", "address",
      "division_code", org_code_valid_to = "valid_to" },
    nat_tax_taxpayer = { "entity_name", "tax_id", "org_code", "uscc",
      "legal_rep", tax_status_nat = "tax_status", tax_status = "tax_status" },
    loc_tax_taxpayer = { "entity_name", "tax_id", "org_code", "uscc",
      "legal_rep", tax_status_loc = "tax_status", tax_status = "tax_status" },
    nat_tax_credit_grade = { tax_credit_grade = "credit_grade",
      tax_credit_year = "eval_year" },
    loc_tax_credit_grade = { tax_credit_grade = "credit_grade",
      tax_credit_year = "eval_year" },
    court_enforcement_case = { "org_code", "uscc", "legal_rep" },
    police_enterprise_case = { "legal_rep", "legal_rep_id" },
    self_declared_enterprise = { "entity_name", "uscc", "org_code", "reg_no",
      "legal_rep", "address", "business_scope", "employee_total" },
  },

  -- Asked only where none of the above says anything: the newest row of each.
  -- They name customers, often by the name above the door.
  late = {
    hrss_employment_insurance = { "entity_name", "uscc", "org_code", "reg_no",
      "employee_total" },
    power_bill_monthly = { "entity_name", address = "use_address" },
    water_bill_monthly = { "entity_name", address = "use_address" },
    gas_bill_monthly = { "entity_name", address = "use_address" },
    cbrc_loan = { "org_code" },
  },

  fields = {
    entity_name = { rank = "AIC > QTS > NTB > LTB > HRSS > COURT > SGCC > MUB",
      apart = "ENT", fill = true, conflict = "name" },
    uscc = { rank = "AIC > QTS > NTB > LTB > COURT", apart = "ENT", fill = true,
      policy = "immutable", conflict = "differs" },
    org_code = { rank = "QTS > AIC > NTB > LTB > HRSS > COURT > CBRC",
      apart = "ENT", fill = true, policy = "immutable", derive = "org_code",
      conflict = "differs" },
    reg_no = { rank = "AIC > QTS > NTB > HRSS", apart = "ENT", fill = true,
      decide = not_the_old_number },
    tax_id = { rank = "NTB > LTB > AIC", apart = "ENT", fill = true,
      conflict = function(a, b) return org_of(a.value) ~= org_of(b.value) end },
    ent_type = { rank = "AIC", conflict = "class" },
    legal_rep = { rank = "AIC > QTS > NTB > LTB > HRSS > COURT > PSB",
      snapshot = "COURT, PSB", apart = "ENT", fill = true,
      conflict = "persists" },
    legal_rep_id = { rank = "AIC > PSB > COURT", fill = true,
      conflict = "differs" },
    reg_capital = { rank = "AIC", apart = "ENT",
      with = { "reg_capital_currency" }, past = true, conflict = leaps },
    capital_changed_on = { rank = "AIC" },
    paid_capital = { rank = "AIC" },
    address = { rank = "AIC > QTS > NTB > LTB > HRSS > SGCC > MUB",
      apart = "ENT", fill = true, with = { "division_code" } },
    division_code = { derive = division_of },
    established_on = { rank = "AIC > QTS", fill = true, policy = "immutable",
      conflict = "differs" },
    business_scope = { rank = "AIC", apart = "ENT" },
    reg_status = { rank = "AIC", policy = "sticky",
      values = { "REVOKED", "REVOKED_CANCELLED", "CANCELLED" } },
    industry_code = { rank = "AIC > NTB > HRSS", apart = "ENT", fill = true,
      conflict = "section" },
    org_code_valid_to = { rank = "QTS" },
    tax_status_nat = { rank = "NTB" },
    tax_status_loc = { rank = "LTB" },
    tax_status = { rank = "NTB = LTB", policy = "worst", conflict = "differs",
      values = { "ABNORMAL", "ABN_CANCELLED", "SUSPENDED", "CANCELLED",
        "NORMAL" } },
    tax_credit_grade = { rank = "NTB = LTB", with = { "tax_credit_year" },
      conflict = function(a, b)
        return a.tax_credit_year == b.tax_credit_year
      end },
    tax_credit_year = {},
    employee_total = { rank = "HRSS", apart = "ENT", conflict = far_off },
  },

  -- Every other field of the register.
  default = { rank = "AIC" },
}
