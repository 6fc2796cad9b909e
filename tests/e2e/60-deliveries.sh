#!/bin/sh
# Shows deliveries held against the calendar: a month that is withheld is told
# missing, once, signed and in the ledger; the reminder goes when it comes; a
# nil report counts; what is asked for again closes when it comes. As of days
# that are named, so that the clock does not matter.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'accounts' departments
send() { # MONTH
	sample GONGYONG "$1" "$T/$1.zip" &&
	    z ingest --account mub "$T/$1.zip" >/dev/null 2>&1
	[ $? -le 1 ]
}
reports=$HOME_DIR/accounts/mub/reports
state() { # PERIOD
	sql "SELECT state FROM expectation WHERE provider = 'MUB' AND dataset =
	    'water_bill_monthly' AND period = '$1'"
}
statements() {
	find "$reports/overdue" -name '*.json' 2>/dev/null | sort
}
lines() {
	sql "SELECT count(*) FROM ledger WHERE kind = '$1'"
}

ok 'the first month' send 2016-01
ok 'the third month, the second is withheld' send 2016-03

ok 'a look before it is due' z quality run --on 2016-03-09
is 'nothing is missing yet' "$(state 2016-02)" ''
ok 'a look on the day after' z quality run --on 2016-03-11
is 'it is due' "$(state 2016-02)" due
ok 'with a reminder' grep -q '2016-02,2016-02,1,2016-03-10' "$reports/overdue.csv"
is 'and no statement' "$(statements)" ''
ok 'a look behind the days of grace' z quality run deliveries --on 2016-03-16
is 'it is missing' "$(state 2016-02)" missing
statement=$(statements | tail -1)
is 'one statement tells it' "$(statements | wc -l)" 1
is 'of the period' "$(field "$statement" '.missing[] |
    select(.dataset == "water_bill_monthly") | .from + " " + .to')" \
    '2016-02 2016-02'
is 'in both languages' "$(field "$statement" '.message | keys | join(" ")')" \
    'en zh'
ok 'it is signed' verify_receipt "$statement"
ok 'and checked like a receipt' z verify "$statement"
sed 's/2016-02/2016-01/' "$statement" >"$T/forged.json"
cp "$statement.sig" "$T/forged.json.sig"
exits 1 'a forged one is found out' z verify "$T/forged.json"
is 'the ledger says it' "$(lines 'nothing arrived')" 1
ok 'a look again' z quality run --on 2016-03-16
is 'tells nothing twice' "$(statements | wc -l)" 1

# Ten years without anybody: one more statement, not one for each month.
ok 'a look ten years later' z quality run --on 2026-03-16
is 'one more statement' "$(statements | wc -l)" 2
is 'names them as one' "$(field "$(statements | tail -1)" '[.missing[] |
    select(.dataset == "water_bill_monthly")] | length')" 1
is 'the list too' "$(grep -c water_bill_monthly "$reports/overdue.csv")" 2

ok 'it comes after all' send 2016-02
is 'it is late' "$(state 2016-02)" late
ok 'the ledger says so' test "$(lines 'arrived late')" -ge 1
is 'the reminder is gone' "$(grep -c '2016-02' "$reports/overdue.csv")" 0
is 'a statement that was true stays' "$(statements | wc -l)" 2

cat >"$T/nil.json" <<'END'
{"dataset": "water_bill_monthly", "period": "2016-04", "reason": "停业"}
END
ok 'a nil report' z ingest --account mub "$T/nil.json"
is 'counts as delivered' "$(state 2016-04)" late
ok 'the others are listed' sh -c \
    "'$ZAYTON' -C '$HOME_DIR' quality list | grep -q '2016-05 … '"

# --- what is asked for again ------------------------------------------------------
task() {
	z quality task add --provider MUB --dataset water_bill_monthly "$@"
}
exits 2 'a task needs a reason' task --period 2016-02 --person 张三
exits 2 'and a period' task --period Febr --person 张三 --reason 核对
ok 'a period is asked for again' task --period 2016-02 --person 张三 \
    --reason '三个用户的水量有误' --until 2016-06-30
page=$reports/tasks/resupply.1.html
ok 'the department finds it' grep -q 三个用户的水量有误 "$page"
ok 'it is escaped' sh -c "'$ZAYTON' -C '$HOME_DIR' quality task add --provider MUB \
    --dataset gas_bill_monthly --period 2016 --person x \
    --reason '<script>alert(1)</script>' && ! grep -q '<script' '$reports/tasks/resupply.2.html'"
head -3 "$ROOT/tests/data/samples/GONGYONG/2016-02/ysjf.csv" >"$T/ysjf.201602.csv"
ok 'it comes again' z ingest --account mub "$T/ysjf.201602.csv"
is 'the task is closed' "$(z quality list --json |
    jq '.resupply[] | select(.task == 1) | .closed_at != ""')" true
ok 'the department sees that' grep -q 已完成 "$page"
is 'the other one is open' "$(z quality list --json |
    jq '.resupply[] | select(.task == 2) | .closed_at')" '""'
ok 'the ledger holds' z verify
done_testing
