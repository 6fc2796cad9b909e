#!/bin/sh
# Shows that an institution gets what it is granted and nothing else: by JSON
# and by lists, in every form, with a receipt that says what was withheld and
# why, and that what is wrong with a query is said.
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
ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'an institution' account bank BANK institution 某银行
ok 'another one' account rival BANK institution 另一家银行
ok 'two enterprises' firms
{
	registered
	firm 泉州市同名贸易有限公司 350504102355058 '' 甲 泉州市鲤城区1号 2015-01-05
	firm 泉州市同名贸易有限公司 350502120844783 91350502MAQ6156G8H 乙 泉州市鲤城区2号 2015-01-05
	# A registration number that passes as a tax number too.
	firm 石狮市双号纺织有限公司 350503106170980 '' 丙 石狮市灵秀镇9号 2015-01-05
} >"$T/twins.csv"
ok 'two of one name' send aic twins "$T/twins.csv"
key old rsa
ok 'and one with an old key' account old BANK institution 旧密钥银行
ok 'a grant of rows' give bank $aic "$(fields_of $aic)" 0 4
ok 'and of bills, a county' give bank $bills 'entity_name bill_period amount_due' 1 4 350582
echo 'queries_per_day = 40' >>"$HOME_DIR/zayton.conf"
ok 'the server starts' serve || done_testing

# --- JSON ----------------------------------------------------------------------
ok 'a query is answered' query bank q1.json '{"purpose": "贷款审批",
    "subjects": ["晋江市清源织造有限公司", "350503106172864", "没有这家有限公司"],
    "datasets": ["'$aic'", "'$bills'", "nat_tax_taxpayer"]}'
ok 'its receipt verifies' verify_receipt "$receipt"
ok 'and is of the ledger' z verify "$receipt"
is 'a part was given' "$(outcome)" partial
is 'nobody guesses' "$(why $aic 3)" query_not_found
is 'another county is not granted' "$(why $bills 2)" grant_other_subject
is 'one who does not exist hears the same' "$(why $bills 3)" grant_other_subject
is 'a data set without a grant' "$(why nat_tax_taxpayer 1)" grant_none
is 'only what was given has a number' "$(field "$receipt" \
    '[.query.subjects[].enterprise] | map(. != null) | tostring')" \
    '[true,true,false]'
ok 'the extract unpacks' extract_of "$receipt"
is 'the register, two rows' "$(wc -l <"$T/extract/data/$aic.csv")" 3
is 'bills of one, three rows' "$(wc -l <"$T/extract/data/$bills.csv")" 4
is 'with the granted fields alone' "$(head -1 "$T/extract/data/$bills.csv" |
    tr -d '\r' | sed 's/^\xef\xbb\xbf//')" \
    _enterprise,entity_name,bill_period,amount_due,_provider,_as_of,_objection
is 'and their values' "$(tr -d '"\r' <"$T/extract/data/$bills.csv" | sed -n 2p)" \
    "$(sql "SELECT id FROM enterprise WHERE reg_no = '350521124626049'"),晋江市清源织造有限公司,2015-01,200.50,MUB,2015-01-28,"
ok 'the package names its digests' sh -c "cd '$T/extract' &&
    jq -r '.resources[] | .hash[7:] + \"  \" + .path' datapackage.json |
    sha256sum -c --quiet"
is 'the ledger has the digest of the extract' "$(sql "SELECT count(*) FROM ledger
    WHERE kind = 'access' AND detail LIKE '%' || '$(field "$receipt" \
    .query.extract.sha256)' || '%'")" 1
is 'which is that of the file' "$(sha256sum \
    "$HOME_DIR/accounts/bank/extracts/$(field "$receipt" .query.extract.file)" |
    cut -d ' ' -f 1)" "$(field "$receipt" .query.extract.sha256)"
is 'each look is on record' "$(sql "SELECT count(*) FROM look_whom_t")" 9
ok 'the client fetches it' sh -c "echo 'get /extracts/$(field "$receipt" \
    .query.extract.file) $T/got.zip' | sftp -q -b - -F $T/ssh_config \
    -i $T/keys/bank -P $PORT bank@zayton && unzip -q -t $T/got.zip"

is 'asked again it is a query again' "$(ask bank "$T/q1.json" &&
    sql "SELECT count(*) FROM look_whom_t")" 18
ok 'who has no grant' query rival q1.json "$(cat "$T/q1.json")"
is 'gets nothing' "$(outcome) $(code)" 'rejected query_nothing'
is 'no file either' "$(find "$HOME_DIR/accounts/rival/extracts" -type f)" ''

# --- of whom -----------------------------------------------------------------------
only() { # NAME SUBJECT: why nothing is said of it, else its enterprise
	query bank "$1.json" '{"purpose": "loan_approval", "datasets":
	    ["'$aic'"], "subjects": ['"$2"']}'
	field "$receipt" '.query.withheld[0].why.code //
	    .query.subjects[0].enterprise'
}
qing=$(enterprise_of 晋江市清源织造有限公司)
is 'by its unified code' "$(only s1 '"91350521527041239C"')" "$qing"
is 'by the organisation code in it' "$(only s2 '"52704123-9"')" "$qing"
is 'by another wording of its form' "$(only s3 '"晋江市清源织造有限责任公司"')" "$qing"
is 'by its record' "$(only s4 "{\"enterprise\": \"$qing\"}")" "$qing"
is 'a wrong check character' "$(only s5 '{"uscc": "91350521527041238C"}')" query_number
is 'a name and the number of another one' "$(only s6 \
    '{"name": "晋江市清源织造有限公司", "reg_no": "350503106172864"}')" query_differs
is 'a name that two have' "$(only s8 '"泉州市同名贸易有限公司"')" query_several
is 'with its number it is one' "$(only s9 '{"name": "泉州市同名贸易有限公司",
    "reg_no": "350504102355058"}' | cut -c 1)" E
is 'a name that is merely near' "$(only s7 '"晋江市清源织布有限公司"')" query_not_found

is 'a number that may be of two kinds' "$(only two '"350503106170980"')" "$(sql \
    "SELECT id FROM enterprise WHERE reg_no = '350503106170980'")"

# --- what is wrong -------------------------------------------------------------------
refused() { # NAME JSON
	query bank "$1.json" "$2"
	code
}
good='"purpose": "loan_approval", "subjects": ["91350521527041239C"]'
is 'no JSON' "$(refused b1 '{')" query_json
is 'an unknown member' "$(refused b2 "{$good, \"who\": 1}")" query_member
is 'an unknown data set' "$(refused b3 "{$good, \"datasets\": [\"x\"]}")" query_dataset
is 'an unknown field' "$(refused b4 "{$good, \"datasets\": [{\"dataset\":
    \"$aic\", \"fields\": [\"x\"]}]}")" query_field
is 'no purpose of the rules' "$(refused b5 '{"purpose": "fun", "subjects":
    ["91350521527041239C"]}')" query_purpose
is 'a day to come' "$(refused b6 "{$good, \"as_of\": \"2999-01-01\"}")" query_future
is 'a number that is none' "$(refused b7 '{"again": {"name": "w",
    "seq": 1}}')" query_again
ok 'its sentence says what may stand there' sh -c "
    jq -e '.error.zh | contains(\"loan_approval\")' '$(receipts bank b5.json)'"

# --- lists ---------------------------------------------------------------------------
{
	echo '授信企业名单'
	echo '企业名称,统一社会信用代码'
	echo '晋江市清源织造有限公司,91350521527041239C'
	echo '石狮市远洋制衣有限公司,'
} | iconv -f UTF-8 -t GBK >"$T/list.csv"
ok 'a list with its purpose in the name' ask bank "$T/list.csv" 名单-贷款审批-3月.csv
is 'is answered' "$(outcome)" partial
is 'with what is granted' "$(field "$receipt" '[.query.given[].dataset] |
    join(" ")')" "$aic $bills"
ok 'a list without one' ask bank "$T/list.csv" 名单.csv
is 'is not' "$(code)" query_purpose
printf '%s\n' 序号,金额 1,2 >"$T/l.csv"
ok 'a list of nobody' ask bank "$T/l.csv" loan_approval.csv
is 'says which columns it needs' "$(code)" query_list
printf '%s\n' 企业名称,法定代表人 >"$T/l.csv"
ok 'an empty list' ask bank "$T/l.csv" loan_approval2.csv
is 'is told so' "$(code)" query_list_empty

# --- forms and formats -----------------------------------------------------------------
for format in xlsx jsonl sqlite; do
	ok "as $format" query bank "f-$format.json" '{"purpose": "loan_approval",
	    "subjects": "all", "datasets": ["'$aic'", "'$bills'"],
	    "format": "'$format'"}'
	extract_of "$receipt"
done
is 'jsonl has a row a line' "$(query bank j.json '{"purpose": "loan_approval",
    "subjects": "all", "datasets": ["'$bills'"], "format": "jsonl"}' &&
    extract_of "$receipt" && jq -s 'map(.amount_due) | add' \
    "$T/extract/data/$bills.jsonl")" 601.5
is 'SQLite has a table' "$(query bank d.json '{"purpose": "loan_approval",
    "subjects": "all", "datasets": ["'$bills'"], "format": "sqlite"}' &&
    extract_of "$receipt" && sqlite3 "$T/extract/data.sqlite" \
    "SELECT count(*) || ' ' || sum(amount_due) FROM $bills")" '3 601.5'
is 'a workbook has a sheet' "$(query bank x.json '{"purpose": "loan_approval",
    "subjects": "all", "datasets": ["'$bills'"], "format": "xlsx"}' &&
    extract_of "$receipt" && unzip -p "$T/extract/data.xlsx" \
    xl/worksheets/sheet1.xml | grep -o '<row ' | wc -l)" 4
is 'of a day in the past' "$(query bank p.json '{"purpose": "loan_approval",
    "subjects": "all", "datasets": ["'$bills'"], "as_of": "2015-02-28"}' &&
    extract_of "$receipt" && wc -l <"$T/extract/data/$bills.csv")" 3

# --- the credit report -------------------------------------------------------------------
ok 'a credit report' query bank c.json '{"purpose": "loan_approval",
    "subjects": ["'"$qing"'"], "report": "credit"}'
extract_of "$receipt"
page=$T/extract/report/$qing.html
ok 'is a page of the enterprise' grep -q '<b>晋江市清源织造有限公司</b>' "$page"
ok 'with a chart' grep -q '<rect class="bar"' "$page"
fails 'and nothing that is not granted' grep -q 实缴 "$page"

# --- without SFTP --------------------------------------------------------------------------
printf '%s\n' '{"purpose": "loan_approval", "subjects": "all"}' >"$T/l.json"
ok 'zayton extract answers the same' z extract --account bank "$T/l.json"
ok 'and says where' test -s "$HOME_DIR/$(sed -n 's/^ *\(accounts.*\)/\1/p' "$T/.out")"
exits 1 'status 1 where nothing is given' z extract --account rival "$T/l.json"
exits 2 'status 2 without the account' z extract --account nobody "$T/l.json"
exits 2 'a department has no queries' z extract --account mub "$T/l.json"
cp "$T/l.json" "$HOME_DIR/spool/drop/bank/dropped.json"
ok 'a query in the drop folder is one too' wait_until 10 answered bank dropped.json 0
receipt=$(receipts bank dropped.json)
is 'answered like the others' "$(outcome)" partial
cp "$T/list.csv" "$HOME_DIR/spool/drop/bank/名单-loan_approval.csv"
ok 'and a list there' wait_until 10 answered bank 名单-loan_approval.csv 0
cp "$T/l.json" "$HOME_DIR/spool/drop/bank/query.txt"
ok 'what is neither' wait_until 10 answered bank query.txt 0
receipt=$(receipts bank query.txt)
is 'is refused by its name' "$(code)" query_name
is 'nothing an institution drops is data' "$(sql "SELECT count(*) FROM
    bundle_file_t f JOIN bundle_t b ON b.no = f.bundle WHERE b.account = 'bank'
    AND f.dataset <> ''")" 0

# --- encryption ----------------------------------------------------------------------------
ok 'encrypted to the key of the account' query bank e.json '{"purpose":
    "loan_approval", "subjects": "all", "datasets": ["'$aic'"], "encrypt": true}'
file=$HOME_DIR/accounts/bank/extracts/$(field "$receipt" .query.extract.file)
is 'it is called so' "${file##*.}" age
ok 'age opens it' age -d -i "$T/keys/bank" -o "$T/opened.zip" "$file"
ok 'and it is whole' unzip -q -t "$T/opened.zip"
fails 'nobody else does' age -d -i "$T/keys/rival" -o "$T/not.zip" "$file"
ok 'who has no such key' query old e.json '{"purpose": "loan_approval",
    "subjects": "all", "encrypt": true}'
is 'is told to make one' "$(code)" query_key

# --- a crash -----------------------------------------------------------------------------
while [ "$(code)" != query_daily ]; do
	query bank more.json "{$good, \"datasets\": [\"$aic\"]}" || break
	more=$((${more:-0} + 1))
	[ $more -lt 60 ] || break
done
is 'there is a limit for a day' "$(code)" query_daily
ok 'the ledger holds' z verify
is 'every extract is explained' "$(find "$HOME_DIR/accounts/bank/extracts" \
    -type f -printf '%f\n' | sort)" "$(sql "SELECT name FROM access_log
    WHERE account = 'bank' AND operation = 'extract' ORDER BY name")"
unexplained() { # files of which the log does not say by their hash who got them
	find "$HOME_DIR"/accounts/*/extracts -type f | while read -r f; do
		who=${f%/extracts/*}
		[ "$(sql "SELECT count(*) FROM access_log WHERE operation =
		    'extract' AND account = '${who##*/}' AND name = '${f##*/}'
		    AND sha256 = '$(sha256sum "$f" | cut -d ' ' -f 1)'")" = 1 ] ||
			echo "${f##*/}"
	done
}
is 'by its hash' "$(unexplained)" ''
stop
alter() { # SQL: what verify says of a base that was altered so
	cp -r "$HOME_DIR" "$T/altered"
	sqlite3 "$T/altered/exchange.db" "$1" >/dev/null
	"$ZAYTON" -C "$T/altered" verify >"$T/said" 2>&1
	echo "$?"
	rm -rf "$T/altered"
}
last="no = (SELECT max(no) FROM access_log WHERE operation = 'extract')"
is 'verify holds' "$(alter 'SELECT 1')" 0
is 'another hash in the log is found' "$(alter "UPDATE access_log SET sha256 =
    replace(sha256, 'a', 'b') WHERE $last")" 1
is 'another receiver too' "$(alter "UPDATE access_log SET account = 'rival'
    WHERE $last")" 1
is 'and a line that is taken away' "$(alter "DELETE FROM access_log WHERE $last")" 1
is 'and another hash of what was given' "$(alter "UPDATE query_t SET sha256 =
    replace(sha256, 'a', 'b') WHERE no = (SELECT max(no) FROM query_t WHERE
    sha256 <> '')")" 1
done_testing
