#!/bin/sh
# Shows that a receipt proves a single row and shows nothing of the others: a
# script checks it without us, no changed row or proof passes, and the leaf of
# a row that can be guessed tells nothing to who guesses.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

signers=$HOME_DIR/standards/allowed_signers
receipt_of() { # NAME
	echo "$HOME_DIR/accounts/mub/receipts/$1".*.receipt.json
}
prove() { # RECEIPT ROW >PROOF
	z prove "$1" --row "$2"
}
checked() { # RECEIPT PROOF
	"$ROOT/docs/check-row.sh" "$signers" "$1" "$2"
}

# 100 rows, of which the one in line 7 has no good date and is returned.
mkdir "$T/in"
bills 100 | sed '7s/2014-03,/2014-99,/' >"$T/in/water.csv"
bills 3 >"$T/in/few.csv"
zip_dir "$T/a.zip" "$T/in"
ok 'a bundle of two files' put mub "$T/a.zip"
ok 'is receipted' wait_receipt mub a.zip
told=$(receipt_of a.zip)
is 'each file has a root over its accepted rows' \
    "$(field "$told" '[.files[].rows_root | length] | join(" ")')" '64 64'

for row in water.csv:2 water.csv:8 water.csv:101 few.csv:4; do
	prove "$told" "$row" >"$T/proof"
	ok "the script proves $row" checked "$told" "$T/proof"
done
prove "$told" water.csv:50 >"$T/proof"
ok 'and says what was accepted' checked "$told" "$T/proof"
is 'in words' "$(grep -c '"row":50,.*"account_no":"10000049"' "$T/.out")" 1
is 'a proof shows no other row' "$(grep -c 10000048 "$T/proof")" 0
fails 'the returned row has none' prove "$told" water.csv:7
fails 'nor has one behind the last' prove "$told" water.csv:102

changed() { # SED
	sed "$1" "$T/proof" >"$T/false"
	! cmp -s "$T/proof" "$T/false"
}
not_proved() { # NAME SED
	ok "$1" changed "$2"
	fails '  does not hold' checked "$told" "$T/false"
}
not_proved 'another amount' '/^row/s/50.50/59.50/'
not_proved 'another row number' '/^row/s/"row":50/"row":51/'
not_proved 'another salt' '/^salt/s/salt ../salt 00/'
not_proved 'another place' '/^index/s/.*/index 3/'
not_proved 'another file' '/^file/s/water/few/'
not_proved 'another hash' '$s/^../00/'
not_proved 'one hash less' '$d'
ok 'another bundle' put mub "$T/in/few.csv"
ok 'is receipted' wait_receipt mub few.csv
fails 'the proof is not one of its receipt' checked "$(receipt_of few.csv)" \
    "$T/proof"
mkdir "$T/forged"
cp "$told" "$told.sig" "$T/forged"
forged=$T/forged/$(basename "$told")
sed -i 's/"accepted": 99/"accepted": 98/' "$forged"
fails 'a changed receipt proves nothing' checked "$forged" "$T/proof"

# Who knows all of a row, and has the hash of its leaf from the proof of the
# row beside it, cannot confirm it: that takes the salt.
leaves_beside() { # HASH: of row 49
	prove "$told" water.csv:49 | sed '1,/^$/d' | while read -r line; do
		echo "$line" | base64 -d | basenc -w 0 --base16
		echo
	done | grep -ic "$1"
}
leaf_of() { # WHAT STANDS BEFORE IT...: of row 50
	{
		printf '\000'
		"$@"
		sed -n 's/^row //p' "$T/proof" | tr -d '\n'
	} | sha256sum | cut -c 1-64
}
salt() {
	sed -n 's/^salt //p' "$T/proof" | base64 -d
}
is 'the leaf of a row stands in the proof beside it' \
    "$(leaves_beside "$(leaf_of salt)")" 1
is 'the hash of a guessed row does not' \
    "$(leaves_beside "$(leaf_of true)")" 0

# What the base says is proved, not what somebody made of it.
ok 'the server stops' stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE d_water_bill_monthly
    SET amount_due = 1 WHERE account_no = '10000049'"
fails 'a row that was changed in the base has no proof' prove "$told" \
    water.csv:50
done_testing
