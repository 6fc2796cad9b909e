#!/bin/sh
# Shows that a role which is killed at any system call that matters leaves
# nothing half done: what a client was told is taken ends in exactly one result
# receipt, with one effect. CRASHES=n stops after n crashes (default 40).
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

CRASHES=${CRASHES:-40}
if ! strace -qq -o /dev/null true 2>/dev/null; then
	skip 'a crash at every step' 'strace may not trace here'
	done_testing
fi
ok 'an instance' instance
ok 'its departments' departments
: >"$T/promised"
ok 'the server starts' serve || done_testing

# Role, system calls, the first and the last of them to die at. Those that
# come and go are copies of a pattern and are followed from it; counts are of
# each process. Every call of every role: make crash.
steps='filers fsync 1 2
filers renameat2 1 1
filers pwritev 1 1
filers sendmsg 1 2
sessions sendmsg 1 2
workers write 1 2
keeper fsync,fdatasync 1 4
keeper renameat2,renameat,rename,linkat 1 6
keeper pwrite64 1 8
keeper sendmsg,sendto 1 6
keeper ftruncate,unlinkat,unlink 1 1
gate sendmsg 1 2
watch sendmsg 1 2
signer sendmsg 1 1'

traced() { # PID
	! grep -q '^TracerPid:.0$' "/proc/$1/status"
}
over() { # PID
	! kill -0 "$1"
}

n=0
died=0
crash() { # ROLE CALLS WHEN
	n=$((n + 1))
	pid=$(role_pid "$1")
	before=$(generations)
	deaths=$(grep -c 'died role=' "$LOG")
	strace -f -q -o "$T/strace" -e "trace=$2" -e signal=none \
	    -e "inject=$2:signal=KILL:when=$3" -p "$pid" 2>"$T/strace.err" &
	strace=$!
	wait_until 5 traced "$pid" || {
		comment <"$T/strace.err"
		return 1
	}
	ten_bills $n >"$T/crash-$n.csv"
	if put mub "$T/crash-$n.csv" crash-$n.csv >"$T/put" 2>&1; then
		promised crash-$n.csv
		# It may also die on the rest of the bundle's way.
		wait_until 2 has_receipt mub crash-$n.csv
	fi
	kill $strace 2>/dev/null
	wait_until 5 over $strace
	wait $strace 2>/dev/null
	if grep -qE ' = [?]$|killed by SIGKILL' "$T/strace" ||
	    [ "$(grep -c 'died role=' "$LOG")" -gt "$deaths" ]; then
		died=$((died + 1))
		[ "$(grep -c 'died role=' "$LOG")" = "$deaths" ] ||
		    wait_until 20 served_again "$before" || return 1
		return 0
	fi
	return 2 # there is no such call so late
}

echo "$steps" >"$T/steps"
while read -r role calls when last <&3; do
	hit=0
	while [ "$when" -le "$last" ] && [ $died -lt "$CRASHES" ]; do
		crash "$role" "$calls" "$when"
		case $? in
		0) hit=$((hit + 1)) ;;
		1)
			ok "$role $calls $when: the server comes back" false
			break 2
			;;
		2) break ;;
		esac
		when=$((when + 1))
	done
	echo "# $role dies at $calls: $hit times"
done 3<"$T/steps"

echo "# $died crashes, $(wc -l <"$T/promised") of $n bundles promised"
ok 'roles died' test $died -ge 20
ok 'some clients were told OK' test "$(wc -l <"$T/promised")" -gt 5
ok 'a bundle at the end' put mub "$T/crash-1.csv" end.csv
promised end.csv
ok 'each promise has its result' wait_until 30 all_kept
at_rest() {
	[ "$(sql "SELECT count(*) FROM bundle
	    WHERE state NOT IN ('applied', 'rejected')")" = 0 ] &&
	    [ -z "$(find "$HOME_DIR/spool/received" "$HOME_DIR/spool/claimed" \
		-type f)" ]
}
ok 'all bundles come to rest' wait_until 30 at_rest
ok 'exactly one each, with one effect' promises_kept
ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify
is 'no temporary file is left' "$(find "$HOME_DIR/accounts" -name '.*' -type f |
    grep -v keep)" ''
done_testing
