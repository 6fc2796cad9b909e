#!/bin/sh
# Shows the drill of docs/operations.md: a backup of a running instance, made
# again with what is new, restored into a new folder, which verifies, holds the
# same and goes on where it was.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

send() { # NAME ROWS
	bills "$2" >"$T/$1"
	put mub "$T/$1" && wait_receipt mub "$1" >/dev/null
}
said() { # KEY: of the last backup
	jq -r ".$1" "$T/backup/backup.json"
}
dump() { # HOME: what the base says, without the places of pages
	sqlite3 -readonly "$1/exchange.db" "SELECT * FROM ledger;
	    SELECT * FROM std_water_bill_monthly; SELECT * FROM receipt;
	    SELECT * FROM bundle; SELECT * FROM quality_issue" | sha256sum
}
files() { # HOME
	(cd "$1" && find spool/applied spool/rejected accounts/*/receipts \
	    accounts/*/reports keys rules schemas -type f ! -name '.*' \
	    -exec sha256sum {} +) | sort -k 2
}

ok 'a bundle is taken' send first.csv 300
printf 'not a table\n' >"$T/bad.zip"
put mub "$T/bad.zip" >/dev/null 2>&1
ok 'a backup while it serves' z backup "$T/backup"
is 'of all bundles' "$(said bundles)" "$(sqlite3 -readonly \
    "$HOME_DIR/exchange.db" 'SELECT count(*) FROM bundle_t')"
copied=$(said copied)

ok 'another bundle' send second.csv 200
ok 'the backup is made again' z backup --json "$T/backup"
is 'and says so as JSON' "$(jq -r .bundles "$T/.out")" "$(said bundles)"
ok 'it copied what is new only' test "$(said copied)" -lt $((copied / 2))
is 'one base is in it' "$(find "$T/backup" -name 'exchange.*.db' | wc -l)" 1

# --- under load --------------------------------------------------------------

flood() {
	for i in $(seq 40); do
		bills 30 | sed "s/,2014-/,20$((i + 20))-/" >"$T/load-$i.csv"
		echo "put $T/load-$i.csv /upload/"
	done >"$T/load"
	sftp_do mub <"$T/load" >/dev/null 2>&1
}
flood &
load=$!
bad=0
for i in 1 2 3 4 5 6; do
	z backup "$T/backup" >"$T/.out" 2>&1 || bad=$((bad + 1))
	rm -rf "$T/restored"
	z restore "$T/backup" "$T/restored" >>"$T/.out" 2>&1 || bad=$((bad + 1))
	"$ZAYTON" -C "$T/restored" verify >>"$T/.out" 2>&1 || bad=$((bad + 1))
done
wait $load
is 'six backups while bundles stream in, each restored: faults' $bad 0

# --- restored ----------------------------------------------------------------

idle() {
	[ "$(sqlite3 -readonly "$HOME_DIR/exchange.db" "SELECT count(*) FROM
	    bundle WHERE state IN ('received', 'claimed')")" = 0 ]
}
ok 'all is worked off' wait_until 60 idle
stop
ok 'a last backup' z backup "$T/backup"
rm -rf "$T/restored"
ok 'it is restored' z restore "$T/backup" "$T/restored"
is 'the restored base says the same' "$(dump "$T/restored")" "$(dump "$HOME_DIR")"
files "$HOME_DIR" >"$T/.had"
files "$T/restored" >"$T/.has"
ok 'and the same files stand there' cmp "$T/.had" "$T/.has"
ok 'its ledger and checkpoints hold' "$ZAYTON" -C "$T/restored" verify
fails 'not into a folder with something in it' z restore "$T/backup" "$T/restored"
is 'which is told' "$(grep -c 'is not empty' "$T/.out")" 1

was=$HOME_DIR
HOME_DIR=$T/restored
ok 'the restored instance serves' serve
before=$(sha256sum <"$(receipts mub first.csv | tail -1)")
ok 'it takes a new bundle' send third.csv 20
cp "$T/first.csv" "$T/again.csv"
ok 'one it has already' put mub "$T/again.csv"
ok 'gets its receipt' wait_receipt mub again.csv
is 'byte for byte' "$(sha256sum <"$(receipts mub again.csv | tail -1)")" "$before"
stop
HOME_DIR=$was

# --- what is broken ----------------------------------------------------------

victim=$(find "$T/backup/spool" -name '*first.csv' | head -1)
cp "$victim" "$T/good"
printf 'x' | dd of="$victim" bs=1 seek=40 conv=notrunc 2>/dev/null
exits 1 'a file that rotted in the backup is found' z restore "$T/backup" "$T/rotten"
is 'by name' "$(grep -c 'first.csv' "$T/.out")" 1
cp "$T/good" "$victim"
base=$(find "$T/backup" -name 'exchange.*.db')
cp "$base" "$T/base"
sqlite3 "$base" "DROP TRIGGER ledger_stays;
    UPDATE ledger SET detail = '{}' WHERE seq = 5"
exits 2 'a base that was changed is refused' z restore "$T/backup" "$T/changed"
cp "$T/base" "$base"

# A backup that dies leaves the one before: its manifest comes last.
cp "$T/backup/backup.json" "$T/manifest"
serve >/dev/null
send fourth.csv 20
stop
PATH=$PATH strace -f -qq -o /dev/null -e trace=syncfs \
    -e inject=syncfs:signal=KILL "$ZAYTON" -C "$HOME_DIR" backup "$T/backup" \
    >/dev/null 2>&1
ok 'a backup that dies leaves the manifest' cmp "$T/manifest" "$T/backup/backup.json"
ok 'of one that can be restored' z restore "$T/backup" "$T/older"
ok 'and verifies' "$ZAYTON" -C "$T/older" verify

mv "$(find "$HOME_DIR/spool/applied" -name '*first.csv' | head -1)" "$T/lost"
rm "$T/backup/spool/"*first.csv
exits 2 'a bundle whose file is lost is told' z backup "$T/backup"
rm "$T/backup/backup.json"
exits 2 'what is no backup is refused' z restore "$T/backup" "$T/none"

done_testing
