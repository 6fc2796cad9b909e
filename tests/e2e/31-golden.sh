#!/bin/sh
# Shows that one record comes of many rows: ranks before dates, what never
# changes, corrections, rows taken back, full files, what an enterprise says of
# itself, conflicts that close by themselves, and what was true or known when.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh

ok 'an instance' instance
ok 'the server starts' serve || done_testing
ok 'accounts' departments_of_enterprises
qing=晋江市清源织造有限公司
number=350521124626049
unified=91350521527041239C
now() { # FIELD
	sql "SELECT $1 FROM enterprise WHERE reg_no = '$number'"
}

register() { # BUNDLE REP ADDRESS APPROVED [FLAG] [ESTABLISHED] [STATUS]
	bundle=$1
	shift
	{
		registered
		firm "$qing" "$number" "$unified" "$@"
		firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ 王强 石狮市灵秀镇3号 2015-03-05
	} >"$T/qydj.csv"
	send aic "$bundle" "$T/qydj.csv"
}

# --- ranks and dates -----------------------------------------------------------
ok 'the register' register r1 陈明 晋江市青阳街道1号 2015-01-05
ok 'is the record' [ "$(now "legal_rep || '|' || address || '|' || status")" = \
    '陈明|晋江市青阳街道1号|confirmed' ]
is 'money in yuan' "$(now reg_capital)" 1000000.0
is 'the county of the address' "$(now division_code)" 350582
{
	taxpayers
	taxpayer $qing 350521527041239 李四 2016-01-20
} >"$T/nsr.csv"
ok 'a tax bureau says another name' send ntb t1 "$T/nsr.csv"
is 'a lower rank never wins, however new' "$(now legal_rep)" 陈明
is 'but fills what the register does not say' "$(now tax_id)" 350521527041239
is 'it is kept as a loser, with the reason' "$(sql "SELECT value || '|' || reason
    FROM provenance WHERE field = 'legal_rep' AND provider = 'NTB'")" '李四|lower'
is 'a conflict is open after a month' "$(sql "SELECT field || '|' ||
    master_value || '|' || other_value FROM conflict WHERE status = 'open'")" \
    'legal_rep|陈明|李四'
is 'the record says so' "$(now status)" conflict
for who in aic ntb; do
	ok "a list for $who" grep -q 李四 "$HOME_DIR/accounts/$who/reports/conflicts.csv"
done
{
	taxpayers
	taxpayer $qing 350521527041239 陈明 2016-01-20 C
} >"$T/nsr.csv"
ok 'its provider corrects it' send ntb t2 "$T/nsr.csv"
is 'the conflict closes by itself' "$(sql "SELECT status FROM conflict")" closed
fails 'and leaves the list' grep -q 李四 "$HOME_DIR/accounts/aic/reports/conflicts.csv"

ok 'a newer row' register r2 赵六 晋江市青阳街道8号 2016-02-01
ok 'a late old one' register r3 钱七 晋江市青阳街道7号 2014-02-01
is 'newer wins, late goes to history' "$(now "legal_rep || '|' || address")" \
    '赵六|晋江市青阳街道8号'
is 'nothing is lost' "$(sql "SELECT count(*) FROM hist_aic_enterprise_registration
    WHERE reg_no = '$number'")" 3

# --- address and county are of one row -------------------------------------------
{
	org_codes
	org_code $qing 527041239 $number 赵六 泉州市鲤城区新门街9号 2016-03-01
} >"$T/zzjgdm.csv"
ok 'another address' send qts q1 "$T/zzjgdm.csv"
is 'the tuple stays whole' "$(now "address || '|' || division_code")" \
    '晋江市青阳街道8号|350582'
is 'the owner of the code is the one' "$(sql "SELECT provider FROM provenance
    WHERE field = 'org_code' AND winner = 1 AND enterprise =
    '$(enterprise_of $qing)'")" QTS

# --- what never changes, what sticks ---------------------------------------------
ok 'another day of foundation' register r4 赵六 晋江市青阳街道8号 2016-03-01 '' 2008-08-08
is 'the first good value stays' "$(now established_on)" 2007-06-03
is 'the change is a conflict' "$(sql "SELECT other_value FROM conflict WHERE
    field = 'established_on' AND status = 'open'")" 2008-08-08
ok 'unless corrected' register r5 赵六 晋江市青阳街道8号 2016-03-02 C 2008-08-08
is 'then it is the new one' "$(now established_on)" 2008-08-08
ok 'revoked' register r6 赵六 晋江市青阳街道8号 2016-03-03 '' 2008-08-08 吊销
ok 'open again, by a plain row' register r7 赵六 晋江市青阳街道8号 2016-03-04 '' 2008-08-08
is 'revoked sticks' "$(now reg_status)" REVOKED
ok 'open again, by a correction' register r8 赵六 晋江市青阳街道8号 2016-03-05 C 2008-08-08
is 'which it obeys' "$(now reg_status)" ACTIVE

# --- nothing, masked, declared ---------------------------------------------------
sed "s/,赵六,/,,/" "$T/qydj.csv" >"$T/empty.csv"
sed "s/2057-06-03/长期/" "$T/qydj.csv" | sed 's/2016-03-05/2016-03-06/; s/,C$/,/' >"$T/open.csv"
ok 'for ever is a value' send aic r9 "$T/open.csv"
is 'and no lack of one' "$(now "coalesce(term_to, '-') || term_to_open")" -1
{
	echo '企业名称,工商注册号,法定代表人,实际经营地址,从业人数,申报日期,申报人,真实性承诺'
	printf '%s\n' "$qing,$number,孙悟空,\"花果山\"\"1\"\"号\\洞\",9000,2016-03-20,孙,是"
} >"$T/self.csv"
ok 'what it says of itself' send ent self "$T/self.csv"
is 'stands beside, not in' "$(now "legal_rep || '|' || coalesce(employee_total, '-')")" '赵六|-'
is 'and is shown as declared' "$(sql "SELECT reason FROM provenance WHERE
    value = '孙悟空'")" declared
is 'with all its characters' "$(sql "SELECT value FROM provenance WHERE
    provider = 'ENT' AND field = 'address'")" '花果山"1"号\洞'

# --- taking back -----------------------------------------------------------------
{
	taxpayers
	taxpayer $qing 350521527041239 陈明 2016-03-01 D
} >"$T/nsr.csv"
ok 'a row is deleted by its provider' send ntb t3 "$T/nsr.csv"
is 'what it alone said is gone' "$(now "coalesce(tax_id, '-')")" -
package() { # MODE
	printf '{"name":"x","resources":[{"name":"nsr","path":"nsr.csv","mode":"%s"}]}' \
	    "$1" >"$T/datapackage.json"
}
{
	taxpayers
	taxpayer $qing 350521527041239 陈明 2016-03-02
	taxpayer 石狮市远洋制衣有限公司 9135050333781355XJ 王强 2016-03-02
} >"$T/nsr.csv"
ok 'two taxpayers' send ntb t4 "$T/nsr.csv"
{
	taxpayers
	taxpayer $qing 350521527041239 陈明 2016-03-03
} >"$T/nsr.csv"
package full
ok 'a full file with one of them' send ntb t5 "$T/nsr.csv" "$T/datapackage.json"
is 'ends the other' "$(sql 'SELECT count(*) FROM std_nat_tax_taxpayer')" 1
is 'and says how many' "$(sql "SELECT n FROM bundle_finding_t WHERE rule =
    'full_ended'")" 1
is 'with its reason' "$(sql "SELECT _reason FROM hist_nat_tax_taxpayer WHERE
    tax_id = '9135050333781355XJ' ORDER BY _id DESC LIMIT 1")" 'absent from full file'
is 'its record follows' "$(sql "SELECT coalesce(tax_id, '-') FROM enterprise
    WHERE reg_no = '350503106172864'")" -
{
	taxpayers
	taxpayer 石狮市远洋制衣有限公司 9135050333781355XX '' 2016-03-04
	taxpayer 石狮市远洋制衣有限公司 9135050333781355XJ 王强 2016-03-04
} >"$T/nsr.csv"
send ntb t6 "$T/nsr.csv" "$T/datapackage.json"
is 'a full file with a returned row ends nothing' \
    "$(sql "SELECT count(*) FROM std_nat_tax_taxpayer") $(sql "SELECT count(*)
    FROM quality_issue WHERE rule = 'full_kept'")" '2 1'

# --- a register loses cells, not rows --------------------------------------------
nsr() {
	{ taxpayers && taxpayer "$@"; } >"$T/nsr.csv"
}
nsr $qing 350521527041230 陈明 2016-03-04
ok 'a number that is wrong' send ntb t6a "$T/nsr.csv"
is 'is told, and the row counts' "$(sql "SELECT rule || severity || effect FROM
    quality_issue WHERE value = '350521527041230'")" 'id_formwarnnull'
is 'as the version of the one with the number' "$(sql "SELECT count(*) || tax_id
    FROM std_nat_tax_taxpayer WHERE entity_name = '$qing' AND
    _as_of = '2016-03-04'")" 1350521527041239
package full
{
	taxpayers
	taxpayer $qing 35052152704123 陈明 2016-03-05
	taxpayer 石狮市远洋制衣有限公司 9135050333781355XJ 王强 2016-03-05
} >"$T/nsr.csv"
send ntb t6b "$T/nsr.csv" "$T/datapackage.json"
is 'so that no full file ends it' \
    "$(sql "SELECT count(*) FROM std_nat_tax_taxpayer")" 2
nsr 惠安县新开纺织厂 350521MA2Y3AN1Y 林一 2016-03-05
send ntb t6c "$T/nsr.csv"
nsr 惠安县新开纺织厂 350521MA2Y3AN1X 林一 2016-03-06
send ntb t6d "$T/nsr.csv"
is 'a number comes to a name nobody knows' \
    "$(sql "SELECT group_concat(coalesce(tax_id, '-')) FROM
    (SELECT tax_id FROM std_nat_tax_taxpayer WHERE entity_name =
    '惠安县新开纺织厂' ORDER BY _id)")" -,350521MA2Y3AN1X
{
	registered
	firm 惠安县新开纺织厂 350521300001239 '' 林一 惠安县螺城镇1号 2016-03-05 '' 2014-02-30
} >"$T/qydj.csv"
ok 'a register row with an impossible day' send aic t6e "$T/qydj.csv"
is 'is taken without it' "$(sql "SELECT legal_rep || coalesce(established_on, '-')
    FROM enterprise WHERE entity_name = '惠安县新开纺织厂'")" 林一-
is 'and that is an error' "$(sql "SELECT severity || effect FROM quality_issue
    WHERE field = 'established_on' AND bundle = (SELECT id FROM bundle WHERE
    name = 't6e.zip')")" errornull
{
	taxpayers
	taxpayer 石狮市远洋制衣有限公司 9135050333781355XJ 王强 2016-03-05
} >"$T/nsr.csv"
package retract
ok 'a file of rows to be taken back' send ntb t7 "$T/nsr.csv" "$T/datapackage.json"
is 'takes back its own' "$(sql "SELECT _reason FROM hist_nat_tax_taxpayer WHERE
    tax_id = '9135050333781355XJ' ORDER BY _id DESC LIMIT 1")" retracted

# --- amounts that leap, heads that do not add up, two grades -----------------------
capital() { # BUNDLE APPROVED CAPITAL
	{
		registered
		firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ 王强 \
		    石狮市灵秀镇3号 "$2" | sed "s/100万元/$3/"
	} >"$T/qydj.csv"
	send aic "$1" "$T/qydj.csv"
}
open_on() { # FIELD
	sql "SELECT group_concat(master_value || '<' || other_value) FROM conflict
	    WHERE field = '$1' AND status = 'open'"
}
ok 'three times the capital' capital c1 2016-03-10 300万元
is 'without a record of the change' "$(open_on reg_capital)" '300000000<100000000'
{
	changes
	echo '石狮市远洋制衣有限公司,350503106172864,注册资本变更,100万元,300万元,2016-03-09'
} >"$T/bgxx.csv"
ok 'which comes' send aic c2 "$T/bgxx.csv"
is 'and that was it' "$(open_on reg_capital)" ''
ok 'a little more' capital c3 2016-03-11 320万元
ok 'another unit' capital c4 2016-03-12 3200000万元
is 'is no conflict' "$(open_on reg_capital)" ''
ok 'an office that counts' account hrss HRSS
ok 'and one that grades' account ltb LTB
{
	echo '企业名称,组织机构代码,企业员工总数,签订劳动合同人数,数据月份'
	echo "$qing,527041239,50,50,2016-03"
} >"$T/yggk.csv"
ok 'fifty are insured' send hrss h1 "$T/yggk.csv"
is 'of nine thousand declared' "$(open_on employee_total)" '50<9000'
is 'which stand beside' "$(now employee_total)" 50
grade() { # ACCOUNT BUNDLE GRADE DAY
	printf '企业名称,信用等级,认定日期\n%s,%s,%s\n' "$qing" "$3" "$4" >"$T/xydj.csv"
	send "$1" "$2" "$T/xydj.csv"
}
ok 'a grade' grade ntb g1 A 2015-10-01
ok 'another of another year' grade ltb g2 B 2014-10-01
is 'are no conflict' "$(open_on tax_credit_grade)" ''
ok 'and one of the same year' grade ltb g3 C 2015-09-01
is 'is one' "$(open_on tax_credit_grade)" 'A<C'

# --- explain, and history --------------------------------------------------------
id=$(enterprise_of $qing)
z enterprise explain "$id" address >"$T/why"
ok 'who, where and why' grep -q '晋江市青阳街道8号.*AIC.*r9.zip.*open.csv.*第 2 行' "$T/why"
ok 'in English as well' grep -q "by AIC: bundle .*open.csv, row 2" "$T/why"
ok 'and who lost' grep -q '新门街9号.*级别低于' "$T/why"
exits 2 'an unknown field is told' z enterprise explain "$id" nonsense
exits 1 'an unknown enterprise as well' z enterprise show E99999999
is 'true on a day' "$(z enterprise show "$id" --as-of 2015-06-01 --json |
    jq -r '.fields[] | select(.field == "legal_rep") | .value')" 陈明
is 'known on a day before all' "$(z enterprise show "$id" --known 2016-01-01 --json |
    jq '[.fields[] | select(.value != null)] | length')" 0
at=$(sql "SELECT max(_from) FROM hist_aic_enterprise_registration WHERE
    legal_rep = '赵六' AND approved_on = '2016-02-01'")
is 'known when the second came' "$(z enterprise show "$id" --known "$at" --json |
    jq -r '.fields[] | select(.field == "address") | .value')" 晋江市青阳街道8号

# Each value of each record stands where its provenance points.
bad=0
sql "SELECT p.field, p.value, p.dataset, p.id FROM provenance p WHERE winner = 1
    AND reason <> 'derived' AND field NOT IN ('division_code', 'term_to',
    'org_code_valid_to') AND field NOT LIKE 'tax_status%' AND field NOT LIKE
    'tax_credit%' AND
    p.dataset <> 'aic_registration_change'" >"$T/provenance"
while IFS='|' read -r field value dataset row; do
	got=$(sql "SELECT $field FROM hist_$dataset WHERE _id = $row")
	[ "$got" = "$value" ] || {
		echo "# $dataset $row $field: $got, not $value"
		bad=$((bad + 1))
	}
done <"$T/provenance"
is 'provenance points at the very cell' "$bad $([ -s "$T/provenance" ] && echo some)" '0 some'
ok 'the ledger verifies' z verify
done_testing
