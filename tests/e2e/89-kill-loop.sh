#!/bin/sh
# Shows that killing any role at any moment under load loses nothing: KILLS=n
# times (default 20) while three clients upload.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

KILLS=${KILLS:-20}
ok 'an instance' instance
ok 'its departments' departments
: >"$T/promised"
ok 'the server starts' serve || done_testing
# Everything that follows speaks to this port, also after a new start.
echo "# seed ${SEED:=$$}"

# Sends ten rows after the other, again under a new name where it failed, until
# it is told to end.
client() { # NUMBER
	content=0
	try=0
	while [ ! -e "$T/end" ]; do
		try=$((try + 1))
		ten_bills $(($1 * 1000 + content)) >"$T/client-$1.csv"
		if put mub "$T/client-$1.csv" "c$1-$content-$try.csv" \
		    >/dev/null 2>&1; then
			promised "c$1-$content-$try.csv"
			content=$((content + 1))
		else
			sleep 0.05
		fi
	done
}
clients=
for c in 1 2 3; do
	client $c &
	clients="$clients $!"
done
CHILDREN=$clients

random() { # BELOW
	SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
	echo $((SEED / 65536 % $1))
}
# Lets clients go on for a while: a number of promises more, or a moment.
some_more() {
	[ "$(wc -l <"$T/promised")" -gt "$some" ]
}

killed=0
tries=0
while [ $killed -lt "$KILLS" ] && [ $tries -lt $((KILLS * 20)) ]; do
	tries=$((tries + 1))
	# Not in a subshell: the seed goes on.
	random 11 >"$T/random"
	case $(cat "$T/random") in
	0) role=supervisor ;;
	1) role=gate ;;
	2) role=session ;;
	3) role=filer ;;
	4) role=worker ;;
	5) role=signer ;;
	6) role=watch ;;
	7) role=sessions ;;
	8) role=filers ;;
	9) role=workers ;;
	*) role=keeper ;;
	esac
	pid=$(role_pid $role | head -1)
	[ -n "$pid" ] || continue
	before=$(generations)
	kill -9 "$pid" 2>/dev/null || continue
	killed=$((killed + 1))
	case $role in
	session | filer | worker | sessions | filers | workers) ;;
	supervisor)
		wait "$PID" 2>/dev/null
		cat "$LOG" >>"$T/logs"
		serve || break
		;;
	*) wait_until 20 served_again "$before" || break ;;
	esac
	echo "$role" >>"$T/killed"
	some=$(wc -l <"$T/promised")
	[ $((tries % 3)) = 0 ] || wait_until 2 some_more
done
: >"$T/end"
# shellcheck disable=SC2086 # a list of pids
wait $clients
CHILDREN=

sort "$T/killed" | uniq -c | comment
echo "# $(wc -l <"$T/promised") uploads answered OK"
is 'kills' $killed "$KILLS"
ok 'clients were told OK' test "$(wc -l <"$T/promised")" -gt "$KILLS"
ok 'each promise has its result' wait_until 60 all_kept
at_rest() {
	[ "$(sql "SELECT count(*) FROM bundle
	    WHERE state NOT IN ('applied', 'rejected')")" = 0 ] &&
	    [ -z "$(find "$HOME_DIR/spool/received" "$HOME_DIR/spool/claimed" \
		-type f)" ]
}
ok 'all bundles come to rest' wait_until 60 at_rest
ok 'exactly one each, with one effect' promises_kept
ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify
done_testing
