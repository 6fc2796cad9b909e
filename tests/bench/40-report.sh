#!/bin/sh
# How long the report of a large bundle takes: $ROWS rows, each tenth with a
# finding (half of these go back). The time is that between the bundle's end
# and its report, and the reporter's processor time.
set -u
cd "$(dirname "$0")/../e2e" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
ROWS=${ROWS:-1000000}

instance && account mub MUB
bills "$ROWS" | awk -F , -v OFS=, 'NR > 1 && NR % 20 == 0 { $4 = "2014-99" }
    NR > 1 && NR % 20 == 10 { $9 = "" ; $3 = "-" } { print }' \
    >"$T/large_201403.csv"
serve
put mub "$T/large_201403.csv"
stands() {
	find "$HOME_DIR/accounts/mub/reports" -name report.json.sig | grep -q .
}
wait_until 600 stands || exit 1
at=$(dirname "$(find "$HOME_DIR/accounts/mub/reports" -name report.json)")
seconds=$(awk '/ (applied|rejected) account=mub/ { split($1, a, /[T:Z]/)
	from = a[2] * 3600 + a[3] * 60 + a[4] }
    / report account=mub/ { split($1, b, /[T:Z]/)
	printf "%.2f", b[2] * 3600 + b[3] * 60 + b[4] - from }' "$LOG")
cpu=
for p in /proc/[0-9]*; do
	tr '\0' ' ' 2>/dev/null <"$p/cmdline" | grep -q -- '-x reporter' &&
	    [ "$(awk '{ print $4 }' "$p/stat")" = "$PID" ] &&
	    cpu=$(awk '{ printf "%.2f", ($14 + $15) / 100 }' "$p/stat")
done
findings=$(jq '[.rules[].count] | add' "$at/report.json")
echo "report: $ROWS rows, $findings findings: $seconds s," \
    "$cpu s of the processor, page $(wc -c <"$at/report.html") bytes," \
    "workbook $(wc -c <"$at/rejected.xlsx") bytes"
stop
