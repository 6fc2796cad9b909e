#!/bin/sh
# Shows the administrator's program being told of events: JSON on standard
# input, once each; one that hangs is ended and keeps nobody waiting, one that
# fails is called again; base, keys and accounts are out of its reach.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'accounts' departments
mkdir "$HOME_DIR/hooks"
hook=$HOME_DIR/hooks/tell
events=$HOME_DIR/hooks/events
cat >"$hook" <<'END'
#!/bin/sh
{ cat; echo; } >>events
for file in ../exchange.db ../keys/receipt_ed25519 ../accounts/mub/reports; do
	ls "$file" >/dev/null 2>&1 && head -c 1 "$file" >/dev/null 2>&1 &&
	    echo "$file" >>reached
done
exit 0
END
chmod 755 "$hook"
# As root the server becomes another user.
chmod 777 "$HOME_DIR/hooks"
cat >>"$HOME_DIR/zayton.conf" <<END
notify = "$hook"
notify_seconds = 1
END
has_event() { # FILTER
	jq -se "any(.[]; $1)" "$events"
}

bills 5 >"$T/water.csv"
ok 'a bundle' z ingest --account mub "$T/water.csv"
ok 'is told' has_event '.event == "receipt" and .name == "water.csv" and
    .outcome == "accepted" and .account == "mub" and (.at | length) > 0'
printf 'x,y\n1,2\n' >"$T/bad.csv"
exits 1 'a bad one' z ingest --account mub "$T/bad.csv"
ok 'as well' has_event '.event == "rejection" and .name == "bad.csv"'
ok 'what is overdue' z quality run --on 2014-06-20
ok 'too' has_event '.event == "overdue" and .provider == "MUB" and
    (.missing | length) > 0'
ok 'and a task' z quality task add --provider MUB --period 2014-03 \
    --dataset water_bill_monthly --reason x --person y
ok 'that is asked' has_event '.event == "task" and .period == "2014-03"'
is 'each once' "$(jq -sc 'group_by(.event) | map(length)' "$events")" '[1,1,1,1]'
reach='what is not its own is out of its reach'
if jailed; then
	ok "$reach" test ! -e "$HOME_DIR/hooks/reached"
else
	skip "$reach" 'a program with a sanitizer has no jail'
fi

# --- one that hangs --------------------------------------------------------------
cat >"$hook" <<'END'
#!/bin/sh
# Of what the day brought by itself it is told as well.
grep -q six.csv || exit 0
echo "$$" >>hung
sleep 600
END
ok 'the server starts' serve || done_testing
ok 'a key' key mub
bills 6 >"$T/six.csv"
begun=$(date +%s)
ok 'a bundle while it hangs' put mub "$T/six.csv"
ok 'has its receipt' wait_receipt mub six.csv 20
ok 'at once' test $(($(date +%s) - begun)) -lt 10
given_up() {
	grep -q 'notify gives up on .*six.csv' "$LOG"
}
ended() {
	while read -r pid; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done <"$HOME_DIR/hooks/hung"
}
ok 'it is ended, called again, and given up' wait_until 40 given_up
is 'after three calls' "$(wc -l <"$HOME_DIR/hooks/hung")" 3
ok 'nothing of it is left' ended
cat >"$hook" <<'END'
#!/bin/sh
[ -e second ] || { touch second; exit 1; }
cat >later
END
bills 7 >"$T/seven.csv"
ok 'another bundle' put mub "$T/seven.csv"
ok 'is told by the second call' wait_until 20 test -s "$HOME_DIR/hooks/later"
stop
for bad in 'notify = "tell"' 'notify_url = "file:///etc/passwd"' \
    'notify_seconds = 0'; do
	echo "$bad" >"$HOME_DIR/zayton.conf"
	exits 2 "$bad is refused" z status
done
done_testing
