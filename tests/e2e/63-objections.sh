#!/bin/sh
# Shows an objection from the upload to its answer: a department disagrees with
# a finding, people accept it, the exception holds for the next rows and ends
# on its day; another is refused; what is not its finding is told.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'accounts' departments
send() { # ACCOUNT FILE
	z ingest --account "$1" "$2" >/dev/null 2>&1
}
# Bills with a month of payment that no rule takes.
strange() { # FILE NUMBER
	bills 12 | sed "s/,1000000\([0-9]\),/,1000000\1,/; 2s/,2014-04-02/,2014-13-02/;
	    s/^1000/$2/" >"$1"
}
strange "$T/water1.csv" 1000
send mub "$T/water1.csv"
finding=$(sql "SELECT id FROM quality_issue WHERE effect IN ('reject', 'null')
    AND severity <> 'info' LIMIT 1")
ok 'a finding with its id' test -n "$finding"
rule=$(sql "SELECT rule FROM quality_issue WHERE id = $finding")
other=$(sql "SELECT id FROM quality_issue WHERE id <> $finding LIMIT 1")

printf '编号,理由\r\n%s,"系统记录如此，经核对无误"\r\n999999,不明\r\nabc,x\r\n' "$finding" |
    iconv -f UTF-8 -t GBK >"$T/objection.csv"
ok 'an objection is taken' z ingest --account mub "$T/objection.csv"
receipt=$(receipts mub objection.csv)
is 'the receipt counts it, what is unknown, and what is no row' \
    "$(field "$receipt" '[.files[0].issues[] | "\(.rule) \(.count)"] | sort |
    join(", ")')" 'objection_raised 2, objection_row 1, objection_unknown 1'
ok 'it is signed' good_receipt "$receipt"
is 'the list of the department has it' \
    "$(grep -c '系统记录如此' "$HOME_DIR/accounts/mub/reports/objections.csv")" 1
is 'people see it' "$(z quality objections --json |
    jq -r '.objections[] | "\(.account) \(.finding) \(.reason)"')" \
    "mub $finding 系统记录如此，经核对无误"
is 'it is on the finding' "$(sql "SELECT objection FROM quality_issue_t
    WHERE no = $finding")" open
sed 's/,2$/,3/' "$T/objection.csv" >"$T/objection-again.csv"
echo >>"$T/objection-again.csv"
send mub "$T/objection-again.csv"
is 'the same again is known' "$(sql "SELECT count(*) FROM quality_issue WHERE
    rule = 'objection_known'")" 1
printf 'id,reason\n%s,not mine\n' "$finding" >"$T/objection-aic.csv"
send aic "$T/objection-aic.csv"
is 'nobody objects to findings of others' "$(sql 'SELECT count(*) FROM
    dispute_t')" 1
printf 'number,why\n1,x\n' >"$T/objection-bad.csv"
exits 1 'a list without its columns' z ingest --account mub "$T/objection-bad.csv"
is 'is refused by name' "$(field "$(receipts mub objection-bad.csv)" \
    '.files[0].error.code')" objection_header

exits 2 'a decision needs a name' z quality accept 1 --reason x
exits 2 'and a day ahead' z quality accept 1 --person 张三 --reason x \
    --until 2014-01-01
ok 'it is accepted' z quality accept 1 --person 张三 --reason 情况属实 \
    --until 2099-12-31
exits 2 'only once' z quality refuse 1 --person 张三 --reason x
is 'the department has the answer' "$(grep -c '采纳 accepted.*情况属实.*2099-12-31' \
    "$HOME_DIR/accounts/mub/reports/objections.csv")" 1
is 'the ledger has both' "$(sql "SELECT count(*) FROM ledger WHERE kind IN
    ('finding disputed', 'dispute accepted')")" 2

strange "$T/water2.csv" 2000
send mub "$T/water2.csv"
receipt=$(receipts mub water2.csv)
is 'the next rows have a remark' "$(field "$receipt" '[.files[0].issues[] |
    select(.rule == "'"$rule"'")][0].severity')" info
is 'and are accepted' "$(field "$receipt" .outcome)" accepted
# The day is over.
sqlite3 "$HOME_DIR/exchange.db" "UPDATE dispute_t SET until = '2020-01-01'"
strange "$T/water3.csv" 3000
send mub "$T/water3.csv"
is 'later it is a finding again' "$(field "$(receipts mub water3.csv)" \
    '[.files[0].issues[] | select(.rule == "'"$rule"'" and .severity != "info")] |
    length')" 1

printf 'id,reason\n%s,no\n' "$other" >"$T/objection-2.csv"
send mub "$T/objection-2.csv"
ok 'another one is refused' z quality refuse 2 --person 李四 --reason 依据不足
is 'with its answer' "$(grep -c '不采纳 refused.*依据不足' \
    "$HOME_DIR/accounts/mub/reports/objections.csv")" 1
ok 'the ledger holds' z verify
done_testing
