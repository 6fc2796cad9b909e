#!/bin/sh
# Shows that connections which do not log in are cut, and that neither many of
# them nor garbage keeps a department out.
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
ok 'when login_seconds are over' sh -c "grep -qE 'after [2-6] s' '$T/silent'"
comment <"$T/silent"

./raw.py "$PORT" garbage >"$T/garbage"
is 'garbage is cut' "$(cat "$T/garbage")" '12 of 12 cut'
ok 'a login after it' login

./raw.py "$PORT" flood 200 >"$T/flood" 2>&1 &
flood=$!
CHILDREN="$CHILDREN $flood"
ok 'a flood of 200 from 200 addresses' wait_until 20 grep -q flooding "$T/flood"
# A client tries again; so does every scheduler of uploads.
start=$(date +%s)
ok 'a login during it' wait_until 20 login
echo "# after $(($(date +%s) - start)) s"
bills 10 >"$T/a.csv"
send() {
	put mub "$T/a.csv"
}
ok 'an upload during it' wait_until 20 send
ok 'has its receipt' wait_receipt mub a.csv 20
kill $flood
wait $flood 2>/dev/null
CHILDREN=

# Many keys that are not right: the client is cut, others are not.
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	key wrong$i
done
# shellcheck disable=SC2046 # a list of options
fails 'a dozen wrong keys' sftp -q -b /dev/null -F "$T/ssh_config" \
    $(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	echo "-i $T/keys/wrong$i"
    done) -i "$T/keys/mub" -P "$PORT" mub@zayton
ok 'a login at the end' wait_until 20 login
no_sessions() {
	! pgrep -g 0 -f "zayton -x session" -P "$(pgrep -P "$PID" -f \
	    'zayton -x gate')"
}
ok 'no session is left over' wait_until 10 no_sessions
is 'no role died' "$(server_log | grep -c ' died role=')" 0
done_testing
