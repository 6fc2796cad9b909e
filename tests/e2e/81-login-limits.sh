#!/bin/sh
# Shows that connections which do not log in are cut, and that neither garbage
# nor a flood keeps a department out.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
cat >>"$HOME_DIR/zayton.conf" <<EOF
login_seconds = 3
startups_max = 20
EOF
ok 'the server starts' serve || done_testing

login() {
	echo 'ls /' | sftp_do mub
}
ok 'a login' login

./raw.py "$PORT" silent 10 >"$T/silent"
is 'silent connections are cut' "$(sed 's/ after.*//' "$T/silent")" '10 cut'
ok 'at the latest when login_seconds are over' \
    sh -c "grep -qE 'after [1-6] s' '$T/silent'"
comment <"$T/silent"

for kind in hush flood; do
	./raw.py "$PORT" $kind 200 >"$T/$kind" 2>&1 &
	flood=$!
	CHILDREN="$CHILDREN $flood"
	ok "$kind: 200 connections" wait_until 20 grep -q flooding "$T/$kind"
	for i in 1 2 3 4 5; do
		ok "$kind: login $i meanwhile" login
		sleep 0.5
	done
	kill $flood
	wait $flood 2>/dev/null
done

./raw.py "$PORT" garbage >"$T/garbage"
is 'garbage is cut' "$(cat "$T/garbage")" '12 of 12 cut'
ok 'a login after it' login

ok 'a login at the end' wait_until 20 login
is 'no role died' "$(server_log | grep -c ' died role=')" 0
done_testing
