--- The library of rule writers: require "zayton".
--
-- A script is data first. For each dataset it says which steps clean a field
-- (they run in C), which checks a row has to pass, what is made of other
-- fields, and gives examples, which are its tests:
--
--   local z = require "zayton"
--   z.dataset "water_bill_monthly" {
--     clean = { account_no = { z.fold, z.digits } },
--     check = { z.check.le("amount_paid", "amount_due") },
--     derive = { arrears_amount = z.minus("amount_due", "amount_paid") },
--     example { { account_no = " １２ " }, gives { account_no = "12" } },
--   }
--
-- zayton-rules(7) describes every name.

local core = ...
local z = { check = {} }

-- Steps: z.fold stands for itself, z.text(40) is made with its arguments.
for name, takes in pairs(core.steps()) do
  if takes then
    z[name] = function(...)
      return { step = name, ... }
    end
  else
    z[name] = { step = name }
  end
end

--- Expected where there is to be no value: gives { remark = z.none }.
z.none = { none = true }

--- The day of receipt, in z.check.not_after("approved_on", z.today).
z.today = "@today"

-- Checks of fields. What stands in a table behind the fields is the check's
-- own severity, zh, en, rule, field, effect, and what it compares with.
local function check(name)
  return function(...)
    local t = { test = name, fields = {} }
    for i = 1, select("#", ...) do
      local a = select(i, ...)
      if type(a) == "table" then
        for k, v in pairs(a) do
          if type(k) == "number" then
            t.fields[#t.fields + 1] = v
          else
            t[k] = v
          end
        end
      elseif type(a) == "number" then
        if t.low then t.high = a else t.low = a end
      else
        t.fields[#t.fields + 1] = a
      end
    end
    return t
  end
end

for _, name in ipairs(core.tests()) do
  z.check[name] = check(name)
end

--- z.check.required("paid_on", "payment_status", "PAID"): the first has a
-- value where the second is that code.
function z.check.required(field, other, is)
  return { test = "required", fields = { field, other }, is = is }
end

--- A route by the datasets and the values of each:
-- route = z.route("kind", { loans = { "loan", "credit" }, bills = { "bill" } }).
function z.route(column, values, otherwise)
  local t = { column = column, otherwise = otherwise }
  for id, list in pairs(values) do
    for _, value in ipairs(list) do
      t[value] = id
    end
  end
  return t
end

--- Declares the rules of a dataset.
function z.dataset(id)
  return function(spec)
    core.dataset(id, spec)
  end
end

--- An example: a row as sent, then what comes of it. today and period may be
-- given: example { { ... }, gives { ... }, today = "2016-02-01" }.
function z.example(t)
  local e = { example = true, line = core.line(), raw = t[1], expect = {},
    today = t.today, period = t.period }
  for i = 2, #t do
    e.expect[i - 1] = t[i]
  end
  return e
end

--- The row is taken, with these values.
function z.gives(t)
  return { gives = t }
end

--- The row is refused by this rule.
function z.refuses(rule)
  return { refuses = rule }
end

--- There is a finding of this rule.
function z.warns(rule)
  return { warns = rule }
end

--- What several datasets share, and what one of them adds to it.
function z.with(shared, own)
  for section, part in pairs(own) do
    if type(section) == "number" then
      shared[#shared + 1] = part
    else
      local all = shared[section] or {}
      for k, v in pairs(part) do
        all[type(k) == "number" and #all + 1 or k] = v
      end
      shared[section] = all
    end
  end
  return shared
end

--- The code beside the first of these words that the text of a field holds:
-- derive = { cert_type = z.by_words("cert_name", { { "许可证", "QS" } }) }.
function z.by_words(field, words)
  return function(r)
    local text = r[field]
    for _, word in ipairs(text and words or {}) do
      if text:find(word[1], 1, true) then
        return word[2]
      end
    end
  end
end

--- The fine that the text of a field tells of, in yuan: 罚款1.5万元.
-- As sent, for what is a code by now has lost it.
function z.fine_in(field)
  return function(r)
    local text = z.raw(r, field) or ""
    local n, unit = text:match("罚款(%d[%d,.]*)([^%d]*)")
    if not n or unit:sub(1, #"元") ~= "元" and unit:sub(1, #"万元") ~= "万元" then
      return nil
    end
    n = tonumber((n:gsub(",", "")))
    return n and unit:sub(1, #"万") == "万" and n * 10000 or n
  end
end

--- The cell of a field as it was sent: z.raw(row, "remark").
z.raw = core.raw

return z
