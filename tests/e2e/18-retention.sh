#!/bin/sh
# Shows that files go when their days are over and nothing that is promised
# does: the same content again gets the same receipt, rows are proved, backup
# and ledger verify, and what is objected to stays; and that in 24 months of
# deliveries old files do not pile up.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

ours=$HOME_DIR/accounts/mub
send() { # NAME FIRST
	bills 40 | sed "s/^1000/$2/; 7s/,2014-03,/,2014-99,/" >"$T/$1"
	put mub "$T/$1" && wait_receipt mub "$1"
}
file_of() { # NAME
	echo "$HOME_DIR"/spool/*/*."$1"
}
there() { # NAME: how many of its file, reports, receipts
	echo "$(find "$HOME_DIR/spool" -name "*.mub.$1" | wc -l)" \
	    "$(find "$ours/reports" -name "$1.*" | wc -l)" \
	    "$(find "$ours/receipts" -name "$1.*.json" | wc -l)"
}
proved() { # N: so many, and the base knows
	[ "$(sql 'SELECT count(*) FROM receipt_file_t WHERE proved = 1')" = "$1" ]
}
ago() { # NAME DAYS: as if it had come so long ago
	sqlite3 "$HOME_DIR/exchange.db" "UPDATE bundle_t SET
	    received_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-$2 days'),
	    finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-$2 days')
	    WHERE name = '$1'"
}

n=0
for name in old.csv older.csv disputed.csv new.csv; do
	n=$((n + 1))
	ok "$name is sent" send $name 1${n}00
done
ok 'all is proved' wait_until 10 proved 8
of_old=$(echo "$ours/receipts"/old.csv.*.receipt.json)
of_older=$(echo "$ours/receipts"/older.csv.*.receipt.json)
cp "$of_old" "$T/old.receipt"
cp "$of_older" "$T/older.receipt"

# Old, older, objected to; a log of 2001; and 24 months of one file each.
ok 'the server stops' stop
ago old.csv 400
ago older.csv 2000
ago disputed.csv 400
sqlite3 "$HOME_DIR/exchange.db" "INSERT INTO dispute_t (provider, account,
    bundle, finding, dataset, field, rule, reason, at) SELECT 'MUB', 'mub', no,
    1, '', '', '', '', '' FROM bundle_t WHERE name = 'disputed.csv';
    INSERT INTO access_log SELECT NULL, '2001-01-01', 'mub', '', 'get', '', 0,
    '', '' FROM bundle_t LIMIT 1;
    WITH RECURSIVE m(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i < 24)
    INSERT INTO bundle_t (id, account, kind, name, bytes, sha256, state,
    received_at) SELECT printf('01J9ZK3V5T8QW2E4R6Y7AB%04d', i), 'mub', 'u',
    'm.csv', 2, '$(echo 1 | sha256sum | cut -c 1-64)', 'applied', strftime('%Y-%m-%dT%H:%M:%fZ', 'now',
    -(i * 30) || ' days') FROM m"
for i in $(seq 24); do
	echo 1 >"$(printf '%s/spool/applied/01J9ZK3V5T8QW2E4R6Y7AB%04d.u.mub.m.csv' \
	    "$HOME_DIR" "$i")"
done

ok 'what would go is listed' z tidy --dry-run
is 'files, and of what is older the rest' \
    "$(grep -v 'm.csv' "$T/.out" | sed 's/ .*\(old[a-z]*\)\..*/ \1/' | sort)" \
    'bundle old
bundle older
receipt older
receipt older
report older'
is 'and still there' "$(there old.csv), $(there older.csv)" '1 1 2, 1 1 2'
ok 'a server starts' serve
gone() { # NAME WHAT
	[ "$(there "$1")" = "$2" ]
}
ok 'which removes files by itself' wait_until 10 gone old.csv '0 1 2'
ok 'and in time all the rest' wait_until 10 gone older.csv '0 0 0'
is 'not what is objected to' "$(there disputed.csv)" '1 1 2'
is 'nor what is new' "$(there new.csv)" '1 1 2'
is 'of 24 months the files of twelve stay' \
    "$(find "$HOME_DIR/spool" -name '*.m.csv' | wc -l)" 12
is 'the log of 2001 is gone' "$(sql "SELECT count(*) FROM access_log
    WHERE at < '2002'")" 0
is 'the ledger says all of it' "$(sql "SELECT group_concat(
    json_extract(detail, '\$.what')) FROM ledger WHERE kind = 'removed'")" \
    'bundle,report,receipt,access log'
fails 'it cannot be put on its way again' z retry "$(bundle_id "$of_old")"

# --- what was promised --------------------------------------------------------

ok 'the same content again' put mub "$T/older.csv"
ok 'has the same receipt' wait_until 10 cmp "$of_older" "$T/older.receipt"
ok 'with its proof' wait_until 10 test -s "$of_older.tlog-proof"
ok 'a row is proved' z prove "$of_old" --row 3
ok 'the ledger holds' z verify "$of_old"
ok 'a backup misses nothing' z backup "$T/backup"
ok 'and is restored' z restore "$T/backup" "$T/again"
ok 'as it was' "$ZAYTON" -C "$T/again" verify
ok 'there is no more to remove' z tidy --json
is 'today' "$(jq -c . "$T/.out")" '{"bundle":0,"receipt":0,"report":0}'
done_testing
