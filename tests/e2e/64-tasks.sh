#!/bin/sh
# Shows the tasks of rules/quality.lua: checks of each department's own data,
# queries with and without a function, a broken one that is named and skipped
# while others run, one that would never end; and the city report.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'accounts' departments
month() { # MONTH ROWS
	bills "$2" | sed "s/,2014-03,/,$1,/" >"$T/water.$1.csv"
	z ingest --account mub "$T/water.$1.csv" >/dev/null 2>&1
}
ok 'three months, the last of them half' eval \
    'month 2014-01 60; month 2014-02 62; month 2014-03 30'
reports=$HOME_DIR/accounts/mub/reports/tasks
ok 'the rules hold' z rules check
z quality run --on 2014-05-20 >"$T/out" 2>&1
is 'all tasks run' "$?" 0
found=$reports/volume.2014-05-20
is 'the volume is found' "$(field "$found/report.json" '.rows[] |
    [.[1], .[3], .[6], .[7]] | join(" ")')" 'water_bill_monthly 2014-03 30 49–73'
ok 'as a page' grep -q '49–73' "$found/report.html"
ok 'and a table' grep -q 'water_bill_monthly' "$found/findings.csv"
ok 'signed' test -s "$found/report.json.sig"
is 'other departments have nothing' "$(find "$HOME_DIR/accounts/aic/reports" \
    -path '*tasks/*')" ''
is 'the list has it' "$(z quality list --json | jq '.tasks[] |
    select(.task == "volume") | .findings')" 1

awk '/^  tasks = \{/ { print; print more; next } { print }' more='
    { name = "unpaid", to = { "aic" }, zh = "未缴", en = "unpaid",
      query = "SELECT account_no, amount_due FROM std_water_bill_monthly WHERE bill_period = '"'2014-03'"' ORDER BY 1" },
    { name = "kept", to = { "aic" }, zh = "大额", en = "large",
      query = "SELECT account_no, amount_due FROM std_water_bill_monthly",
      keep = function(r) return tonumber(r.amount_due) > 55 end },
    { name = "quiet", to = { "aic" }, zh = "x", en = "x", threshold = 1000,
      query = "SELECT 1 FROM std_water_bill_monthly" },
    { name = "broken", to = { "aic" }, zh = "x", en = "x", query = "SELECT nothing FROM nowhere" },
    { name = "writes", to = { "aic" }, zh = "x", en = "x", query = "DELETE FROM account_t" },
    { name = "nobody", to = { "x" }, zh = "x", en = "x", query = "SELECT 1" },
    { name = "odd", check = "tea leaves" },
    { name = "fails", to = { "aic" }, zh = "x", en = "x", query = "SELECT 1 AS a",
      keep = function(r) return r.a.b.c end },
    { name = "endless", to = { "aic" }, zh = "x", en = "x",
      query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n" },
' "$HOME_DIR/rules/quality.lua" >"$T/quality.lua"
cp "$T/quality.lua" "$HOME_DIR/rules/quality.lua"
exits 1 'a broken task is named by the check of the rules' z rules check
is 'by its name' "$(grep -c 'task odd' "$T/.out")" 1
exits 1 'a run says that some were skipped' z quality run --on 2014-05-21
for name in broken writes nobody odd fails endless; do
	is "$name is skipped" "$(grep -c "^$name .*skipped" "$T/.out")" 1
done
aic=$HOME_DIR/accounts/aic/reports/tasks
is 'a query finds its rows' "$(field "$aic/unpaid.2014-05-21/report.json" \
    .findings)" 30
is 'with its function fewer' "$(field "$aic/kept.2014-05-21/report.json" \
    .findings)" 16
ok 'below its threshold nothing is told' test ! -e "$aic/quiet.2014-05-21"
is 'accounts are all there' "$(sql 'SELECT count(*) FROM account_t')" 3
ok 'the server starts with them' serve
ok 'one task alone' z quality run unpaid --on 2014-05-22
ok 'is told' test -s "$aic/unpaid.2014-05-22/report.json.sig"
exits 2 'there is no such task' z quality run nothing
stop

# --- the city -------------------------------------------------------------------
month=$(TZ=Asia/Shanghai date +%Y-%m)
ok 'the city report' z quality city --month "$month" --out "$T/city"
ok 'is a page' grep -q 全市数据质量月报 "$T/city/city.$month.html"
ok 'and a workbook' unzip -tq "$T/city/city.$month.xlsx"
z quality city --month "$month" --json >"$T/city.json"
is 'with the rows of each' "$(jq -c '[.departments[] | select(.provider == "MUB") |
    .bundles, .rows, .rates.accepted]' "$T/city.json")" '[3,152,1]'
is 'and their rank' "$(jq '[.departments[] | select(.score != null)][0].rank' \
    "$T/city.json")" 1
exits 2 'a month is a month' z quality city --month 2014
done_testing
