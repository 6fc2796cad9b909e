#!/bin/sh
# Shows that what was given by a consent ends with it: revoked, withdrawn by
# whoever sent it, or over; extracts and those kept to be sent again are gone,
# a download ends, the next query is withheld, the next number tells it.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

bills=water_bill_monthly
qing=晋江市清源织造有限公司
sea=石狮市远洋制衣有限公司
ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'a bank' account bank BANK institution 某银行
ok 'two enterprises' firms
ok 'a grant of those who consented' give bank $bills "$(fields_of $bills)" 3 4
ok 'the server starts' serve || done_testing
echo paper >"$T/paper"
consent() { # NAME REFERENCE
	z consent add "$(enterprise_of "$1")" --account bank --dataset all \
	    --purpose loan_approval --until 2097-12-31 --reference "$2" \
	    --evidence "$T/paper" --person 李科 --reason 已核对原件
}
asks() { # NAME [MORE]
	query bank "$1.json" '{"purpose": "loan_approval", "datasets": ["'"$bills"'"],
	    "subjects": ["'"$qing"'", "'"$sea"'"]'"${2:-}"'}'
}
number() { # SEQ
	wait_until 10 receipt_of "$1" && extract_of "$receipt"
}
receipt_of() { # SEQ
	receipt=
	for f in "$HOME_DIR"/accounts/bank/receipts/watch*.receipt.json; do
		[ -s "$f.sig" ] && jq -e ".query.standing.seq == $1" "$f" \
		    >/dev/null && receipt=$f
	done
	[ -n "$receipt" ]
}
rows() { # of whom, with what became of them
	tr -d '"\r' <"$T/extract/data/$bills.csv" | sed 1d |
	    awk -F, '{ print $1, $NF }' | sort | uniq -c | awk '{ print $2, $1, $3 }'
}
lie() { # files that somebody could fetch or ask for again
	find "$HOME_DIR/accounts/bank/extracts" -name '*.zip' -o -name '*.kept' |
	    wc -l
}
lie_now() { # N
	[ "$(lie)" = "$1" ]
}

ok 'one consents' consent $qing SQ-1
ok 'a standing query' asks watch ', "subscribe": {"name": "watch"}'
ok 'and one asked once' asks once
is 'the other is withheld' "$(why $bills 2)" grant_other_subject
qing_id=$(enterprise_of $qing)
sea_id=$(enterprise_of $sea)
ok 'the other consents' consent $sea SQ-2
ok 'that makes a number' number 2
is 'with its rows' "$(rows)" "$sea_id 1 added"

head -c 4000000 /dev/zero >"$HOME_DIR/accounts/bank/extracts/large.bin"
{
	echo "get /extracts/large.bin $T/got" | sftp_do bank -l 800
	touch "$T/over"
} >/dev/null 2>&1 &
CHILDREN="$CHILDREN $!"
has_begun() {
	[ -s "$T/got" ]
}
wait_until 5 has_begun
before=$(lie)
ok 'the first is revoked' z consent revoke 1 --person 李科 --reason 企业撤回
is_over() {
	[ -e "$T/over" ]
}
ok 'a download ends within 5 s' wait_until 5 is_over
ok 'before all of it came' [ "$(wc -c <"$T/got")" -lt 4000000 ]
ok 'what was given by it is gone' wait_until 5 lie_now $((before - 3))
is 'for the reason that is on record' "$(sql "SELECT count(*) FROM ledger WHERE kind =
    'extract removed' AND json_extract(detail, '\$.consent') = 1 AND
    json_extract(detail, '\$.reason') = '企业撤回'")" 3
ok 'the next number tells it' number 3
is 'without a value' "$(tr -d '"\r' <"$T/extract/data/withdrawn.csv" | sed 1d |
    cut -d, -f 1,2 | sort | uniq -c | awk '{ print $1, $2 }')" "3 $qing_id,$bills"
ok 'asked again' asks next
is 'it is withheld' "$(why $bills 1)" grant_other_subject
is 'a number that rested on it' "$(query bank again.json \
    '{"again": {"name": "watch", "seq": 1}}' && code)" query_again

# --- by its sender, by the day -------------------------------------------------
sent() { # LAST_DAY
	echo '企业名称,统一社会信用代码,被授权机构,授权书编号,授权数据,查询目的,授权止日'
	echo "$qing,91350521527041239C,bank,SQ-3,全部,贷款审批,$1"
}
sent 2097-12-31 >"$T/consent.csv"
ok 'a department sends a consent' z ingest --account aic "$T/consent.csv"
row=$(z consent list --pending --json | jq -r '.[0].consent')
ok 'it is confirmed' z consent confirm "$row" --person 李科 --reason 原件
ok 'that makes a number' number 4
before=$(lie)
sent 2098-12-31 >"$T/consent2.csv"
ok 'the paper is another one now' z ingest --account aic "$T/consent2.csv"
ok 'what was given by it is gone' wait_until 5 lie_now $((before - 2))
is 'by its sender' "$(z consent list --all --json | jq -r '.[] |
    select(.reference == "SQ-3" and .state != "pending") | .state')" withdrawn
ok 'the next number tells it' number 5
before=$(lie)
stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE consent_t SET until = '2015-01-01';
    UPDATE query_t SET expires = min(expires, '2015-01-01') WHERE no IN (SELECT
    query FROM query_pass_t p WHERE p.consent = 2); UPDATE query_t SET ends =
    '2015-01-01+' WHERE ends <> ''"
ok 'years go by' serve
is 'an extract was to lie no longer than its consent lasts' "$(sql "SELECT
    count(*) FROM query_t WHERE expires > '2016' AND state = 'placed' AND no IN
    (SELECT query FROM query_pass_t WHERE consent = 2)")" 0
ok 'what was given by it is gone, kept or not' wait_until 10 lie_now 0
ok 'the next number tells it' number 6
is 'of the other one' "$(tr -d '"\r' <"$T/extract/data/withdrawn.csv" | sed 1d |
    cut -d, -f 1,2)" "$sea_id,$bills"
ok 'the ledger holds' z verify

# --- what its provider hears of it, once a month is over ------------------------
is 'the enterprise is told who looked at it' "$(z access --subject "$qing_id" --json |
    jq -r '[.[] | select(.rows > 0) | .account + " " + .purpose] | unique | .[]')" \
    'bank loan_approval'
month=$(date -d '-40 days' +%Y-%m)
stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE look_t SET at = '$month' || substr(at, 8);
    INSERT OR REPLACE INTO told_t VALUES ('use', '$month'), ('day', '2015-01-01')"
ok 'the month is over' serve
use=$HOME_DIR/accounts/mub/reports/access-$month.csv
ok 'its provider finds how its data were used' wait_until 10 test -s "$use.sig"
is 'by whom, for what' "$(sed 1d "$use" | cut -d, -f 1,3,5)" "$bills,bank,loan_approval"
is 'how often, of how many, how many rows' "$(sed 1d "$use" | tr -d '\r' |
    cut -d, -f 6-9)" "$(sql "SELECT count(DISTINCT query) || ',' || count(DISTINCT
    enterprise) || ',' || sum(rows) || ',' || sum(code <> '') FROM look_t JOIN look_whom_t
    ON look = no")"
is 'others find none' "$(find "$HOME_DIR"/accounts/*/reports -name 'access-*.csv' |
    wc -l)" 1
exits 1 'and a look that was altered is found' z verify
done_testing
