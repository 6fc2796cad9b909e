#!/bin/sh
# Shows what a new day brings by itself: the first quiet moment runs the tasks
# that are due, and in a new month every department gets the city report.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'accounts' departments
bills 20 >"$T/water.csv"
ok 'a bundle' z ingest --account mub "$T/water.csv"
# As if nothing had run today.
sqlite3 "$HOME_DIR/exchange.db" 'DELETE FROM quality_run_t'
last=$(TZ=Asia/Shanghai date -d "$(date +%Y-%m-15) -1 month" +%Y-%m)
ok 'the server starts' serve || done_testing
for who in mub aic ntb; do
	city=$HOME_DIR/accounts/$who/reports/city/$last
	ok "$who gets it" wait_until 20 test -s "$city/report.json.sig"
	ok 'as a page' grep -q 全市数据质量月报 "$city/city.html"
	ok 'and a workbook' unzip -tq "$city/city.xlsx"
	is 'with all of them' "$(field "$city/report.json" '[.departments[].provider] |
	    sort | join(" ")')" 'AIC MUB NTB'
done
ran() {
	[ "$(sql "SELECT count(DISTINCT task) FROM quality_run_t WHERE task <> 'city'")" = 5 ]
}
ok 'the tasks have run as well' wait_until 20 ran
stop
done_testing
