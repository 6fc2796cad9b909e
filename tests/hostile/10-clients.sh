#!/bin/sh
# Shows that a client which keeps to no rule gets the refusal it is owed, and
# nobody else minds: messages out of order, of chance, of giant lengths, before
# login, after it, and within SFTP. HOSTILE=full for all of each kind.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ../e2e/lib.sh
# shellcheck source=tests/e2e/departments.sh
. ../e2e/departments.sh

ok 'an instance' instance
ok 'its departments' departments
key nobody
ok 'the server starts' serve || done_testing

# KiB of the largest of the server's processes, by what it ever had.
largest() {
	for pid in $PID $(pgrep -P "$PID") $(pgrep -P "$(role_pid gate)"); do
		sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" \
		    2>/dev/null
	done | sort -n | tail -1
}

/usr/bin/python3 client.py "$PORT" "$T/keys" "${HOSTILE:-slice}"
result $(($? == 0)) 'no case has another end than it may have'
tests_run=0 # the client's lines have no numbers
is 'no role died' "$(server_log | grep -c ' died ')" 0
is 'no session was killed by a fault of its own' \
    "$(server_log | grep -cE 'SIGSEGV|SIGABRT|SIGSYS|signal=')" 0
memory=$(largest)
echo "# the largest process had $memory KiB"
ok 'memory is bounded' test "$memory" -lt 131072
ok 'the ledger verifies' z verify
metric() { # FAULT
	sed -n "s/^zayton_faults_total{fault=\"$1\"} //p" \
	    "$HOME_DIR/run/metrics.prom"
}
counted() {
	[ "$(metric protocol)" -gt 0 ] && [ "$(metric key)" -gt 0 ]
}
ok 'what was refused is counted by reason' wait_until 12 counted
is 'no session crashed' "$(metric crash)" 0
[ "$tests_bad" = 0 ]
