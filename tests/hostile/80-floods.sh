#!/bin/sh
# Shows that floods of connections which never log in keep nobody out: silent
# ones, half-open ones, those with bad signatures, from one address and from
# many; and how long a login takes meanwhile. HOSTILE=full for 100 logins each.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ../e2e/lib.sh
# shellcheck source=tests/e2e/departments.sh
. ../e2e/departments.sh

logins=8
[ "${HOSTILE:-slice}" = full ] && logins=100

ok 'an instance' instance
ok 'its departments' departments
key nobody
ok 'the server starts' serve || done_testing

flooding() {
	grep -q flooding "$T/flood"
}

# KiB of the gate.
gate_memory() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(role_pid gate)/status"
}

meanwhile() { # NAME COMMAND...
	name=$1
	shift
	"$@" >"$T/flood" 2>&1 &
	flood=$!
	CHILDREN="$CHILDREN $flood"
	ok "$name: it floods" wait_until 20 flooding
	/usr/bin/python3 logins.py "$PORT" "$T/keys/mub" $logins >"$T/logins"
	sed "s/^/$name: /" "$T/logins" | comment
	is "$name: each login is let in" "$(sed -n 's/ failed$//p' "$T/logins")" 0
	# The worst of a few, or what all but one of a hundred stay below.
	ok "$name: within two seconds" test "$(sed -n 's/^p99 \([0-9]*\) ms$/\1/p' \
	    "$T/logins")" -lt 2000
	kill $flood
	wait $flood 2>/dev/null
}

meanwhile 'no flood' sh -c 'echo flooding; sleep 600'
meanwhile '300 silent' ../e2e/raw.py "$PORT" hush 300
meanwhile '300 half open' ../e2e/raw.py "$PORT" open 300
[ "${HOSTILE:-slice}" = full ] &&
    meanwhile '300 half open of one' ../e2e/raw.py "$PORT" flood 300
meanwhile 'bad signatures' /usr/bin/python3 logins.py "$PORT" \
    "$T/keys/nobody" flood
is 'no role died' "$(server_log | grep -c ' died ')" 0
echo "# the gate had $(gate_memory) KiB"
ok 'its memory is bounded' test "$(gate_memory)" -lt 65536
refused() {
	[ "$(awk '/^zayton_connections_total/ && !/"in"/ { n += $2 }
	    END { print n + 0 }' "$HOME_DIR/run/metrics.prom")" -gt 0 ]
}
ok 'who was refused is counted' wait_until 12 refused
grep -E '^zayton_(connections|faults)_total' "$HOME_DIR/run/metrics.prom" |
    comment
ok 'the log is bounded' test "$(server_log | wc -l)" -lt 20000
bills 3 >"$T/bills.csv"
ok 'an upload passes at the end' put mub "$T/bills.csv"
done_testing
