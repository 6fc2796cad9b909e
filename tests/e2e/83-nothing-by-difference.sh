#!/bin/sh
# Shows that an answer does not tell an enterprise that exists and is not
# granted from one that does not: receipts and extracts are the same byte for
# byte but for ids, times and what was asked, and take the same time.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

aic=aic_enterprise_registration
ok 'an instance' instance
ok 'the server starts' serve || done_testing
account aic AIC
account mub MUB
ok 'two enterprises' firms
there=$(enterprise_of 石狮市远洋制衣有限公司)
covered=$(enterprise_of 晋江市清源织造有限公司)
# Each of the banks has a grant of other enterprises, or none in force.
for bank in division list consented none purpose over revoked pending consent; do
	account $bank BANK institution $bank
done
stop
give division $aic "$(fields_of $aic)" 1 4 350582
give list $aic "$(fields_of $aic)" 2 4
sqlite3 "$HOME_DIR/exchange.db" "INSERT INTO grant_list_t SELECT no, 1 FROM
    grant_t WHERE account = 'list'"
give consented $aic "$(fields_of $aic)" 3 4
give purpose $aic "$(fields_of $aic)" 0 4
give over $aic "$(fields_of $aic)" 0 4
give revoked $aic "$(fields_of $aic)" 0 4
give pending $aic "$(fields_of $aic)" 0 4
give consent cbrc_loan entity_name 0 4
sqlite3 "$HOME_DIR/exchange.db" "UPDATE grant_t SET purpose = 'supervision'
    WHERE account = 'purpose'; UPDATE grant_t SET until = '2016-01-01'
    WHERE account = 'over'; UPDATE grant_t SET state = 3 WHERE account =
    'revoked'; UPDATE grant_t SET state = 0 WHERE account = 'pending'"
ok 'the server starts with their grants' serve || done_testing

# Asked in turn for one that is there and one that is not: x1, y1, x2 ...
# Numbers and names; their check characters hold.
n=0
: >"$T/pairs"
pair() { # BANK DATASET WORD OTHER-WORD [MORE]
	n=$((n + 1))
	echo "$n $1 $3 $4" >>"$T/pairs"
	for word in "x$3" "y$4"; do
		printf '%s\n' '{"purpose": "loan_approval", "datasets": ["'"$2"'"],
		    "subjects": ['"${5:-}"'"'"${word#?}"'"]}' \
		    >"$HOME_DIR/spool/drop/$1/${word%"${word#?}"}$n.json"
	done
}
for bank in division list consented none purpose over revoked pending; do
	pair $bank $aic 石狮市远洋制衣有限公司 石狮市近洋制衣有限公司
done
for bank in division none; do
	pair $bank $aic "$there" E00009999
	pair $bank $aic 350503106172864 350504102355058
	pair $bank $aic 9135050333781355XJ 91350502MAQ6156G8H
done
pair consent cbrc_loan "$there" E00009999
for bank in division list; do
	pair $bank $aic "$there" E00009999 "\"$covered\", "
done
pair division $aic "$covered" E00009999
all_there() {
	[ "$(find "$HOME_DIR"/accounts/*/receipts -name '[xy]*.receipt.json' |
	    wc -l)" = $((2 * n)) ]
}
ok 'all are answered' wait_until 60 all_there

# An answer without what each has of its own, and its extract's members.
bare() { # BANK NAME SUBJECT
	receipt=$(receipts "$1" "$2.json")
	field "$receipt" 'del(.bundle.sha256, .bundle.bytes, .received_at,
	    .finished_at, .head, .prev, .seq,
	    .query.extract.bytes, .query.extract.sha256)' |
	    sed -e "s/$3/SUBJECT/g" -e "s/$(field "$receipt" .id)/ID/g" \
		-e "s/$2\\([.\"]\\)/NAME\\1/g"
	[ "$(field "$receipt" '.query.extract != null')" = true ] || return 0
	extract_of "$receipt"
	cat "$T"/extract/data/*.csv | tr -d '\r"' | sed "s/$3/SUBJECT/g"
}
last=$n
while read -r n bank one other; do
	bare "$bank" "x$n" "$one" >"$T/$n.one"
	bare "$bank" "y$n" "$other" >"$T/$n.other"
	[ -s "$T/$n.one" ] || continue
	cmp -s "$T/$n.one" "$T/$n.other" && echo "$n" >>"$T/alike"
done <"$T/pairs"
is 'the same answers, but for the last' "$(tr '\n' ' ' <"$T/alike")" \
    "$(seq $((last - 1)) | tr '\n' ' ')"
diff "$T/1.one" "$T/1.other" | comment
ok 'which is granted, and told' grep -q 'SUBJECT,晋江' \
    "$T/$last.one"
ok 'without consent it is told so' grep -q grant_no_consent \
    "$T/$((last - 3)).one"
is 'beside one that is covered, that one is given' "$(grep -c "^$covered,晋江" \
    "$T/$((last - 1)).one")" 1
fails 'no answer has the number of the other' grep -l "$there" "$T"/*.one

# From the commit of the query to that of its receipt; asked in turn, so that
# the load is the same.
took() { # NAME
	sql "SELECT cast(86400000 * sum(julianday(finished_at) -
	    julianday(received_at)) AS INTEGER) FROM bundle_t WHERE name LIKE '$1'"
}
one=$(took 'x%') other=$(took 'y%')
echo "there: $one ms, not there: $other ms" | comment
ok 'both take the same time, more or less' [ $((one * 2)) -gt "$other" ]
ok '  and the other way round' [ $((other * 2)) -gt "$one" ]
done_testing
