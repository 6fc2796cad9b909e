#!/bin/sh
# Shows the log as JSON, line by line, and without a value of the data; and that
# nothing is served with keys that others can read.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh

ok 'an instance' instance
ok 'a department' account mub MUB

# --- keys --------------------------------------------------------------------
for file in receipt_ed25519 host_ed25519 host_ecdsa; do
	chmod 640 "$HOME_DIR/keys/$file"
	exits 2 "keys/$file that a group can read is not used" z serve \
	    --listen 127.0.0.1:0
	is '  it says which, and what to do' "$(grep -c \
	    "keys/$file.*chmod 600" "$T/.out")" 1
	exits 2 '  nor by a command' z account disable mub
	chmod 600 "$HOME_DIR/keys/$file"
done
chmod 755 "$HOME_DIR/keys"
exits 2 'nor is an open folder' z account disable mub
chmod 700 "$HOME_DIR/keys"

# --- the log ------------------------------------------------------------------
echo 'log = "json"' >>"$HOME_DIR/zayton.conf"
server_port() {
	sed -n 's/.*"event":"ready","listen":"[^"]*:\([0-9]*\)".*/\1/p' "$LOG" |
	    tail -1
}
ok 'the server starts' serve || done_testing
bills 3 | sed 's/$/ 李四光/' >"$T/bill.csv"
bills 3 >"$T/good.csv"
ok 'a bundle' put mub "$T/good.csv" '水费 2014-03.csv'
ok '  is applied' wait_receipt mub '水费 2014-03.csv'
ok 'a bad one' put mub "$T/bill.csv" bill.csv
ok '  is answered' wait_receipt mub bill.csv
key nobody
printf 'ls\n' | sftp -q -b - -F "$T/ssh_config" -P "$PORT" -i "$T/keys/nobody" \
    "o'nobody"@zayton >/dev/null 2>&1
kill -HUP "$PID"
wait_until 10 grep -q '"event":"reloaded"' "$LOG"

# Roles that keep secrets are not to be looked into, and leave no core.
hidden=
for role in signer gate sessions; do
	of=$PID
	[ $role != sessions ] || of=$(pgrep -P "$PID" -f 'x gate ')
	pid=$(pgrep -P "$of" -f "x $role ")
	[ "$(stat -c %u "/proc/$pid/mem")" = 0 ] && hidden="$hidden $role"
	grep -q '^Max core file size *0 *0' "/proc/$pid/limits" ||
	    hidden="$hidden $role-core"
done
is 'signer, gate and sessions are hidden' "$hidden" ' signer gate sessions'
stop

cat >"$T/parse.py" <<'END'
import json, re, sys
names = {"ready", "received", "claimed", "applied", "login", "access", "reloaded"}
seen = set()
for n, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
    o = json.loads(line)
    if not {"time", "level", "process", "event"} <= o.keys():
        sys.exit("line %d lacks a member: %s" % (n, line))
    if not re.fullmatch("[a-z0-9_]+", o["event"]):
        sys.exit("line %d: event %r" % (n, o["event"]))
    if "李四光" in line:
        sys.exit("line %d tells of the data" % n)
    seen.add(o["event"])
    if o["event"] == "received" and o["name"] not in (
            '水费 2014-03.csv', "bill.csv"):
        sys.exit("line %d: name %r" % (n, o["name"]))
if names - seen:
    sys.exit("missing: %s" % (names - seen))
END
ok 'each line of the log is an object' python3 "$T/parse.py" "$LOG"
done_testing
