--- What the two tax bureaus share: require "tax".

local z = require "zayton"
local tax = {}

local same_org = z.check.same_org("tax_id", "org_code")
local subject = z.check.one_of("tax_id", "uscc", "org_code")

-- New licences are their own tax identifier.
local function uscc_of(r)
  local id = r.tax_id
  if id and #id == 18 and id:sub(1, 1) == "9" then
    return id
  end
end

local function identity()
  return { org_code = z.org_of "tax_id", uscc = uscc_of }
end

function tax.taxpayer(own)
  return z.with({
    derive = identity(),
    check = {
      same_org,
      z.check.order("registered_on", "status_changed_on",
        { field = "status_changed_on" }),
    },
  }, own)
end

function tax.credit_grade(own)
  return z.with({
    derive = {
      -- The year graded on, where the export has none of its own.
      eval_year = z.year_of "graded_on",
      org_code = z.org_of "tax_id",
      uscc = uscc_of,
    },
    check = {
      same_org,
      -- Grade M came with the rules of 2018.
      { rule = "grade_too_early", severity = "warn", field = "credit_grade",
        zh = "M 级自 2018 年起才有", en = "there is no grade M before 2018",
        when = function(r)
          return r.credit_grade == "M" and r.eval_year and r.eval_year < 2017
        end },
    },
  }, own)
end

function tax.arrears_notice(own)
  return z.with({
    derive = identity(),
    check = {
      subject,
      same_org,
      z.check.order("noticed_on", "cleared_on", { field = "cleared_on" }),
    },
  }, own)
end

function tax.major_case(own)
  return z.with({ derive = identity(), check = { subject, same_org } }, own)
end

return tax
