-- Quality beyond the single row: what is asked of the data, when they are due,
-- and what is looked at. zayton-quality(7) says what each metric counts.

return {
  -- Where a metric counts fewer than this it refuses no file: one bad row of
  -- three must not sink a small one.
  block_rows = 100,

  -- How much each dimension of GB/T 36344 counts in the score of a data set.
  weights = { standard = 0.15, complete = 0.25, accurate = 0.25,
    consistent = 0.15, timely = 0.15, accessible = 0.05 },

  -- Met, the target is graded 优 and the warning 良; what does not even meet
  -- `block` is 差, and where the metric is one of `refuse` the file is refused
  -- whole. A file of which not even so many rows can be taken is some other
  -- export by mistake; for the rest its good rows are worth having.
  refuse = { "N3" },
  metrics = {
    N1 = { target = 0.98, warn = 0.95, block = 0.80 },
    N2 = { target = 1.00, warn = 1.00, block = 0.90 },
    N3 = { target = 0.97, warn = 0.90, block = 0.70 },
    N4 = { target = 1.00, warn = 0.99, block = 0.90 },
    N5 = { target = 1.00, warn = 1.00, block = 1.00 },
    C1 = { target = 0.98, warn = 0.95, block = 0.80 },
    C2 = { target = 0.95, warn = 0.90, block = 0.70 },
    C3 = { target = 1.00, warn = 1.00, block = 0.99 },
    C4 = { target = 0.95, warn = 0.90, block = 0.60 },
    A1 = { target = 0.995, warn = 0.98, block = 0.90 },
    A2 = { target = 0.99, warn = 0.97, block = 0.85 },
    A3 = { target = 0.000, warn = 0.005, block = 0.05 },
    A4 = { target = 1.00, warn = 0.995, block = 0.95 },
    A5 = { target = 0.000, warn = 0.002, block = 0.02 },
    A6 = { target = 0.99, warn = 0.97, block = 0.90 },
    S1 = { target = 0.97, warn = 0.93, block = 0.80 },
    S2 = { target = 0.99, warn = 0.97, block = 0.90 },
    S3 = { target = 0.97, warn = 0.92, block = 0.75 },
    T1 = { target = 1.00, warn = 0.95, block = 0.80 },
    T2 = { target = 0.95, warn = 0.90, block = 0.70 },
    T3 = { target = 0.98, warn = 0.95, block = 0.85 },
    T4 = { target = 0.99, warn = 0.97, block = 0.90 },
    V1 = { target = 0.999, warn = 0.99, block = 0.95 },
    V2 = { target = 0.98, warn = 0.95, block = 0.90 },
  },

  -- Days that may pass between a change at the source and its delivery (T2).
  latency = 31,

  -- Fields that have to be there under a condition (C2), of every data set
  -- that has all the fields named, and where the file has a column for one.
  --   field   the field, or several of which one is enough
  --   when    a field that has a value; is: that value
  --   from    the first business date
  expected = {
    { field = { "uscc", "org_code", "reg_no" } },
    { field = "paid_on", when = "payment_status", is = "PAID" },
    { field = "reg_capital_currency", when = "reg_capital" },
  },

  -- Of single data sets: metrics, refuse, latency, expected (instead of the above),
  -- ranges (plausible values of numbers, A6), dated and late (the date that
  -- has to be in the file's period, and the days it may lie before; T3).
  datasets = {
    -- A licence carries the unified code from its first renewal after 三证合一
    -- on: which that is no row says, so it is not asked for.
    aic_enterprise_registration = {
      refuse = {},
      expected = {
        { field = { "uscc", "org_code", "reg_no" } },
        { field = "reg_capital_currency", when = "reg_capital" },
        { field = "cancelled_on", when = "reg_status", is = "CANCELLED" },
        { field = "revoked_on", when = "reg_status", is = "REVOKED" },
      },
    },
    -- Registers lose a faulty value, not its row: nothing refuses them whole.
    qts_org_code = { refuse = {} },
    nat_tax_taxpayer = { refuse = {} },
    loc_tax_taxpayer = { refuse = {} },
    water_bill_monthly = { ranges = { usage_qty = { 0, 10000000 } } },
    gas_bill_monthly = { ranges = { usage_qty = { 0, 100000000 } } },
    power_bill_monthly = { ranges = { usage_qty = { 0, 1000000000 } } },
    hrss_employment_insurance = {
      ranges = { employee_total = { 0, 200000 } },
    },
  },

  -- A data set comes once for each of its periods. What its standard says of
  -- its frequency holds, unless an agreement here says otherwise:
  --   dataset, provider (default: everybody who sends it), frequency ("real
  --   time", "weekly", "monthly", "quarterly", "half-yearly", "yearly", "on
  --   event"), due (the day it is due: of month `month` behind the period's
  --   end, 1 is the next one; of a week, days behind its end), grace (days
  --   until it counts as missing), from (the first period asked for; default:
  --   the first that came).
  -- A due day that is not worked moves to the next one that is.
  calendar = {
    grace = 5,

    -- Days off on weekdays, and weekends that are worked, as the State
    -- Council tells them each year.
    holidays = {
      "2016-01-01", "2016-02-08", "2016-02-09", "2016-02-10", "2016-02-11",
      "2016-02-12", "2016-04-04", "2016-05-02", "2016-06-09", "2016-06-10",
      "2016-09-15", "2016-09-16", "2016-10-03", "2016-10-04", "2016-10-05",
      "2016-10-06", "2016-10-07",
    },
    workdays = {
      "2016-02-06", "2016-02-14", "2016-06-12", "2016-09-18", "2016-10-08",
      "2016-10-09",
    },

    { dataset = "water_bill_monthly", due = 10 },
    { dataset = "power_bill_monthly", due = 10 },
    { dataset = "gas_bill_monthly", due = 10 },
  },

  -- Checks beyond a bundle. Each has a name; `check` ("volume", "nulls",
  -- "codes" or "coverage": the newest period of each data set against the
  -- periods before it) or `query` (each row is a finding; :day and :provider
  -- are bound), maybe with `keep`, a function that says whether a row is one.
  --   dataset    of a check: this one alone
  --   schedule   "daily" (default), "weekly", "monthly", "quarterly" ...
  --   threshold  so many findings are none yet (default 0)
  --   to         accounts that get the report; of a check by default every
  --              department, of its own data
  --   zh, en     what it says
  tasks = {
    { name = "volume", check = "volume", schedule = "daily" },
    { name = "empty-cells", check = "nulls", schedule = "weekly" },
    { name = "new-codes", check = "codes", schedule = "weekly" },
    { name = "coverage", check = "coverage", schedule = "monthly" },
  },
}
