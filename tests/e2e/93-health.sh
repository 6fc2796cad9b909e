#!/bin/sh
# Shows what a monitor sees: the figures of run/metrics.prom are those of the
# base and of the door, and zayton health says what an operator has to see to.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
echo 'startups_max = 20' >>"$HOME_DIR/zayton.conf"
exits 2 'without a server there is no health' z health
is 'which is told' "$(grep -c 'no server runs' "$T/.out")" 1
ok 'the server starts' serve || done_testing
ok 'it is healthy' z health

figure() { # NAME
	awk -v name="$1" '$1 == name { print $2 }' "$HOME_DIR/run/metrics.prom"
}
shows() { # NAME VALUE
	[ "$(figure "$1")" = "$2" ]
}
bills 40 | sed '5s/,2014-[0-9-]*,/,2014-13,/' >"$T/water.csv"
ok 'a bundle is taken' put mub "$T/water.csv"
receipt=$(wait_receipt mub water.csv)
ok 'the figures follow' wait_until 30 shows 'zayton_bundles{state="applied"}' 1
is 'rows that were taken' "$(figure zayton_rows_accepted_total)" \
    "$(field "$receipt" '[.files[].accepted] | add')"
is 'rows that went back' "$(figure zayton_rows_rejected_total)" \
    "$(field "$receipt" '[.files[].rejected] | add')"
is 'lines of the ledger' "$(figure zayton_ledger_lines_total)" \
    "$(sql 'SELECT max(seq) FROM ledger')"
is 'the version' "$(figure "zayton_info{version=\"$("$ZAYTON" --version |
    cut -d ' ' -f 2)\"}")" 1
ok 'callers that were let in' test \
    "$(figure 'zayton_connections_total{verdict="in"}')" -ge 1
grep -v '^#' "$HOME_DIR/run/metrics.prom" | sed 's/[{ ].*//' | sort -u \
    >"$T/figures"
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$HOME_DIR/run/metrics.prom" | sort \
    >"$T/types"
is 'each figure has a type' "$(comm -23 "$T/figures" "$T/types")" ''

# Callers that are refused, of a flood, are counted by why.
refused() {
	awk '/^zayton_connections_total/ && !/"in"/ { n += $2 } END { exit n == 0 }' \
	    "$HOME_DIR/run/metrics.prom"
}
fails 'nobody was refused' refused
./raw.py "$PORT" flood 200 >"$T/flood" 2>&1 &
CHILDREN="$CHILDREN $!"
ok 'who is refused is counted' wait_until 40 refused

# --- what an operator has to see to ---------------------------------------

stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE bundle_t SET state = 'quarantined'
    WHERE name = 'water.csv'"
ok 'the server starts again' serve
exits 1 'a bundle in quarantine is a problem' z health
is 'named with what to do' "$(grep -c '^quarantined .*zayton status' "$T/.out")" 1
exits 1 'the same as JSON' z health --json
is 'with its code' "$(jq -r '.problems[].code' "$T/.out")" quarantined

done_testing
