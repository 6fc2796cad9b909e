#!/bin/sh
# Shows that nobody, the administrator included, can drop or change a receipt
# unseen: each receipt gets its proof under a signed checkpoint, which a shell
# script checks without us, and a rewritten ledger does not hold against a
# checkpoint that somebody kept.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

check=$ROOT/docs/check-proof.sh
in_receipts=$HOME_DIR/accounts/mub/receipts

send() { # NAME ROWS
	bills "$2" >"$T/$1"
	put mub "$T/$1" && wait_receipt mub "$1"
}
proved() { # NAME
	[ -s "$(echo "$in_receipts/$1".*.receipt.json.tlog-proof)" ] &&
	    [ -s "$(echo "$in_receipts/$1".*.received.json.tlog-proof)" ]
}
fetch() { # FILE...
	for f; do echo "get $f $T/got/"; done | sftp_do mub >/dev/null
}
receipt_of() { # NAME
	echo "$T/got/$1".*.receipt.json
}

mkdir "$T/got"
ok 'a bundle is sent' send water-2016-01.csv 20
ok 'its receipts get their proofs' wait_until 10 proved water-2016-01.csv
ok 'all that is fetched by sftp' fetch '/receipts/*' /standards/ledger.vkey \
    /standards/checkpoint
vkey=$T/got/ledger.vkey
receipt=$(receipt_of water-2016-01.csv)
cp "$T/got/checkpoint" "$T/kept"

ok 'the script proves the receipt' "$check" "$vkey" "$receipt"
ok 'and the one that said the upload is safe' "$check" "$vkey" \
    "$(echo "$T/got"/*.received.json)"
ok 'zayton verify proves it too' z verify "$receipt"
is 'and says so' "$(grep -c proved "$T/.out")" 1
ok 'zayton verify takes the checkpoint' z verify "$T/kept"
ok 'the ledger and its checkpoints hold' z verify

# --- what was changed is found --------------------------------------------

changed() { # FILE SED
	mkdir -p "$T/changed"
	cp "$receipt" "$receipt.sig" "$receipt.tlog-proof" "$T/changed/"
	sed -i "$2" "$T/changed/$(basename "$1")"
}
false_receipt=$T/changed/$(basename "$receipt")
changed "$receipt" 's/"head": "[^f]/"head": "f/;t;s/"head": "f/"head": "0/'
fails 'a receipt with another head is not proved' "$check" "$vkey" "$false_receipt"
changed "$receipt.tlog-proof" '3s/^[^+]/+/;t;3s/^+/A/'
fails 'a changed proof does not hold' "$check" "$vkey" "$false_receipt"
fails 'nor before zayton verify' z verify "$false_receipt"
changed "$receipt.tlog-proof" 's/^index .*/index 0/'
fails 'nor one for another line' "$check" "$vkey" "$false_receipt"
sed '2s/.*/1/' "$T/kept" >"$T/false"
fails 'a checkpoint with another size is not ours' z verify "$T/false"

# --- it grows ----------------------------------------------------------------

# Yesterday's, as the base knows it, so that today's is held against it.
stop
sql() {
	sqlite3 "$HOME_DIR/exchange.db" "$1"
}
sql "UPDATE checkpoint_t SET day = '2016-01-01'"
ok 'the server starts again' serve
ok 'another bundle' send water-2016-02.csv 300
ok 'its receipts get their proofs' wait_until 10 proved water-2016-02.csv
rm -rf "$T/got"
mkdir "$T/got"
ok 'what stands now is fetched' fetch '/receipts/*' /standards/checkpoint \
    /standards/ledger.vkey '/standards/checkpoints/*'
ok 'the script proves the new receipt' "$check" "$vkey" \
    "$(receipt_of water-2016-02.csv)"
growth=$(echo "$T/got"/*.consistency)
ok 'and that the ledger grew out of the kept checkpoint' "$check" "$vkey" \
    "$T/kept" "$T/got/checkpoint" "$growth"
sed '2s/^[^+]/+/;t;2s/^+/A/' "$growth" >"$T/false"
fails 'not by a changed proof' "$check" "$vkey" "$T/kept" \
    "$T/got/checkpoint" "$T/false"
ok 'zayton verify still takes the kept one' z verify "$T/kept"

# --- an administrator rewrites the past ------------------------------------

stop
cp "$T/got/checkpoint" "$T/kept"
forge() { # SQL: the chain is made anew behind it, without a seam
	python3 - "$HOME_DIR/exchange.db" "$1" <<'END'
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for t in ("ledger_stays", "ledger_keeps"):
    db.execute("DROP TRIGGER " + t)
db.execute(sys.argv[2])
prev = "0" * 64
rows = db.execute("SELECT seq, at, kind, account, bundle, detail FROM ledger"
                  " ORDER BY seq").fetchall()
for n, r in enumerate(rows, 1):
    line = "%s\n%d\n%s\n%s\n%s\n%s\n%s\n" % (prev, n, *r[1:])
    h = hashlib.sha256(line.encode()).hexdigest()
    db.execute("UPDATE ledger SET seq = ?, prev = ?, hash = ? WHERE seq = ?",
               (n, prev, h, r[0]))
    prev = h
db.execute("DELETE FROM checkpoint_t")
db.execute("DELETE FROM ledger_tree_t")
db.commit()
END
}
sqlite3 "$HOME_DIR/exchange.db" ".backup $T/honest.db"
ok 'a line is dropped and the chain made good' forge \
    "DELETE FROM ledger WHERE seq = (SELECT max(seq) - 3 FROM ledger)"
ok 'the chain alone does not show it' z verify
fails 'the kept checkpoint does' z verify "$T/kept"
sqlite3 "$HOME_DIR/exchange.db" ".restore $T/honest.db"
ok 'a word of the past is changed' forge \
    "UPDATE ledger SET account = 'ntb' WHERE seq = 4"
fails 'the kept checkpoint shows that too' z verify "$T/kept"
sqlite3 "$HOME_DIR/exchange.db" ".restore $T/honest.db"
ok 'the honest ledger holds' z verify "$T/kept"

done_testing
