-- Quality beyond the single row: when data are due, and what is looked at.

return {
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
}
