#!/bin/sh
# Shows standing extracts: full at first, then what was added, changed,
# corrected or withdrawn, as it happens; numbers without gaps that can be sent
# again byte for byte; and that a correction reaches everybody who was given
# the old value.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

aic=aic_enterprise_registration
bills=water_bill_monthly
qing=晋江市清源织造有限公司
ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'an institution' account bank BANK institution 某银行
ok 'another one' account rival BANK institution 另一家银行
ok 'one that asked for nothing' account idle BANK institution 第三家银行
ok 'two enterprises' firms
for who in bank rival idle; do
	give "$who" "$aic" "$(fields_of "$aic")" 0 4
	give "$who" "$bills" "$(fields_of "$bills")" 0 4
done
ok 'the server starts' serve || done_testing

number() { # SEQ: the receipt of a number
	receipt=$(grep -l "\"seq\": $1," \
	    "$HOME_DIR"/accounts/bank/receipts/watch*.receipt.json | while read -r f; do
		jq -e ".query.standing.seq == $1" "$f" >/dev/null && echo "$f"
	done | head -1)
	[ -n "$receipt" ] && [ -s "$receipt.sig" ]
}
file_of() {
	echo "$HOME_DIR/accounts/bank/extracts/$(field "$receipt" .query.extract.file)"
}
changes_of() { # DATASET
	extract_of "$receipt"
	tr -d '"\r' <"$T/extract/data/$1.csv" | sed 1d |
	    awk -F, '{ print $NF }' | sort | uniq -c | awk '{ printf "%s%s %s", s, $1, $2; s = ", " }'
}

ok 'a standing query' query bank watch.json '{"purpose": "loan_approval",
    "subjects": ["'"$qing"'"], "datasets": ["'"$aic"'", "'"$bills"'"],
    "subscribe": {"name": "watch", "every": "change"}}'
is 'is full at first' "$(extract_of "$receipt" && wc -l <"$T/extract/data/$bills.csv")" 4
is 'with the number one' "$(field "$receipt" .query.standing.seq)" 1
ok 'a query of another institution' query rival once.json '{"purpose":
    "loan_approval", "subjects": ["'"$qing"'"], "datasets": ["'"$aic"'"]}'

{
	water
	echo "10000001,$qing,泉州市丰泽区东海街1号,2015-04,100,210.50,210.50,0.00,2015-04-28"
} >"$T/w.csv"
started=$(date +%s)
ok 'a new bill' put mub "$T/w.csv"
ok 'makes the second number by itself' wait_until 20 number 2
comment <<END
after $(($(date +%s) - started)) s
END
is 'with the new row alone' "$(changes_of "$bills")" '1 added'
is 'and none of the other data set' "$(changes_of "$aic")" ''

{
	water
	echo "10000002,石狮市远洋制衣有限公司,泉州市丰泽区东海街2号,2015-04,7,14.00,14.00,0.00,2015-04-20"
} >"$T/o.csv"
ok 'a bill of another enterprise' put mub "$T/o.csv"
wait_receipt mub o.csv >/dev/null
fails 'makes none' number 3

{
	registered
	firm "$qing" 350521124626049 91350521527041239C 陈更正 晋江市青阳街道1号 2015-01-05 C
} >"$T/c.csv"
ok 'a correction' put aic "$T/c.csv"
ok 'makes the third' wait_until 20 number 3
is 'marked as one' "$(changes_of "$aic")" '1 corrected'
notice() { # ACCOUNT
	find "$HOME_DIR/accounts/$1/extracts" -name 'correction.*.json' | head -1
}
ok 'who was given the old value gets a notice' [ -s "$(notice rival)" ]
is 'of the row, by the query that gave it' "$(jq -r '.rows[0] | .dataset + " " +
    .what + " " + (.fields | index("legal_rep") | type)' "$(notice rival)")" \
    "$aic corrected number"
fails 'without the new value' grep -q 陈更正 "$(notice rival)"
is 'who was not gets none' "$(notice idle)" ''

{
	registered
	firm "$qing" 350521124626049 91350521527041239C 陈更正 晋江市青阳街道1号 2015-01-06 D
} >"$T/d.csv"
ok 'a row that is taken back' put aic "$T/d.csv"
ok 'makes the fourth' wait_until 20 number 4
is 'marked as withdrawn' "$(changes_of "$aic")" '1 withdrawn'

number 2
was=$(sha256sum <"$(file_of)")
two=$(file_of)
rm "$two"
ok 'a number is asked for again' query bank again.json \
    '{"again": {"name": "watch", "seq": 2}}'
is 'and is the same bytes' "$(sha256sum <"$two")" "$was"
is 'one that is not there' "$(query bank no.json \
    '{"again": {"name": "watch", "seq": 9}}' && code)" query_again
ok 'it ends' query bank end.json '{"subscribe": {"name": "watch", "end": true}}'
is 'as it was told' "$(outcome)" accepted
sed 's/2015-04/2015-05/g' "$T/w.csv" >"$T/w5.csv"
put mub "$T/w5.csv"
wait_receipt mub w5.csv >/dev/null
fails 'then there is no further number' number 5
is 'ending it twice' "$(query bank end2.json '{"subscribe": {"name": "watch",
    "end": true}}' && code)" query_standing

# --- days that are over -------------------------------------------------------
stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE query_t SET expires = '2015-01-01'"
ok 'the server starts again' serve
gone() {
	[ -z "$(find "$HOME_DIR/accounts/rival/extracts" -name 'once*')" ]
}
ok 'an extract whose days are over is removed' wait_until 20 gone
ok 'the ledger holds' z verify
done_testing
