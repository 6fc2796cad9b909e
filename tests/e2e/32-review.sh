#!/bin/sh
# Shows what people decide: whose an uncertain row is, which enterprises are
# one, what is settled; that decisions hold for later rows, that they are not
# contradicted, and that undoing one leaves the base as it was, to the byte.
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

# All that can be seen of enterprises, without what only says when.
base() {
	for view in enterprise enterprise_alias enterprise_id provenance \
	    link_candidate std_water_bill_monthly std_nat_tax_taxpayer \
	    std_aic_enterprise_registration; do
		sql "SELECT '$view', * FROM $view ORDER BY 2, 3, 4, 5, 6, 7"
	done
}
review() { # VERB ITEM [OPTION...]
	z review "$@" --person 张三 --reason 核对档案
}

{
	registered
	firm $qing 350521124626049 91350521527041239C 陈明 晋江市青阳街道1号 2015-01-05
	firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ 王强 石狮市灵秀镇3号 2015-03-05
	firm 晋江市清源织造厂 350502120844783 91350502MAQ6156G8H 林海 晋江市陈埭镇5号 2015-04-05
} >"$T/qydj.csv"
ok 'the register' send aic register "$T/qydj.csv"
mill=$(enterprise_of 晋江市清源织造厂)
firm_of_sea=$(enterprise_of 石狮市远洋制衣有限公司)

# --- a row that nobody can be sure of --------------------------------------------
{
	water
	echo '3110731700,远羊制衣,某处,2016-01,10,20.00,20.00,0,2016-02-01'
	echo '3110731701,青源织造,某处,2016-01,10,20.00,20.00,0,2016-02-01'
} >"$T/ysjf.csv"
ok 'bills under doubtful names' send mub doubt "$T/ysjf.csv"
is 'are not linked' "$(sql 'SELECT count(*) FROM std_water_bill_monthly WHERE
    _enterprise IS NULL')" 2
ok 'the list says that people will look' grep -q subject_unsure \
    "$(reports mub doubt)/unlinked.csv"
item=$(z review list --kind links --json |
    jq -r '.links[] | select(.says.account_no == "3110731701") | .item')
is 'the list has it with its candidates side by side' \
    "$(z review list --json | jq --arg i "$item" '[.links[] | select(.item == $i)
    | .candidates[] | select(.name and .evidence)] | length')" 1
exits 2 'who and why have to be said' z review accept "$item"
base >"$T/before"
ok 'people know' review accept "$item" --enterprise "$mill"
is 'it is linked' "$(sql "SELECT _enterprise FROM std_water_bill_monthly WHERE
    account_no = '3110731701'")" "$mill"
is 'who and why is kept' "$(sql "SELECT person || reason FROM review_t")" 张三核对档案
{
	water
	echo '3110731701,无名氏,他处,2016-02,10,20.00,20.00,0,2016-03-01'
} >"$T/ysjf.csv"
cp "$HOME_DIR/exchange.db" "$T/copy" 2>/dev/null
ok 'the meter is known now' send mub next "$T/ysjf.csv"
is 'the next bill is linked by it' "$(sql "SELECT _enterprise FROM
    std_water_bill_monthly WHERE bill_period = '2016-02'")" "$mill"
ok 'undone' review undo 1
is 'both are open again' "$(sql "SELECT count(*) FROM std_water_bill_monthly
    WHERE account_no = '3110731701' AND _enterprise IS NULL")" 2
sql "SELECT * FROM std_water_bill_monthly WHERE bill_period = '2016-02'" >"$T/bill"
base | grep -v -F "$(cut -d'|' -f1-3 "$T/bill")" | grep -v '|2016-02|' >"$T/after"
grep -v '|2016-02|' "$T/before" >"$T/wanted"
is 'and nothing else is different' "$(grep -v '^link_candidate' "$T/after" | sha256sum)" \
    "$(grep -v '^link_candidate' "$T/wanted" | sha256sum)"

ok 'it is not of the mill' review reject "$item" --enterprise "$mill"
exits 1 'so it cannot be accepted for it' review accept "$item" --enterprise "$mill"
is 'nor is it proposed' "$(z review list --json | jq --arg i "$item" --arg m "$mill" \
    '[.links[] | select(.item == $i) | .candidates[] | select(.id == $m)] | length')" 0
exits 1 'what is not there is refused' review accept link:water_bill_monthly:99999
exits 1 'and told so' review undo 99

# --- two enterprises that are one ------------------------------------------------
base >"$T/before"
qing_id=$(enterprise_of $qing)
instant() {
	sleep 0.01
	date -u +%Y-%m-%dT%H:%M:%S.%3NZ
}
apart=$(instant)
ok 'people merge two' review accept "pair:$qing_id:$mill"
is 'there is one record' "$(sql 'SELECT count(*) FROM enterprise')" 2
is 'the other id leads to it' "$(sql "SELECT enterprise FROM enterprise_id WHERE
    kind = 'enterprise' AND value = '$mill'")" "$qing_id"
is 'rows of both are its' "$(sql "SELECT count(*) FROM
    std_aic_enterprise_registration WHERE _enterprise = '$qing_id'")" 2
is 'their numbers prove that it was wrong' "$(z review list --json | jq -r \
    '.doubts[] | select(.field == "uscc") | .item + " " + .stands.value + " " +
    .differs.value + " " + .differs.file + (.differs.row | tostring)')" \
    'merge:1 91350521527041239C 91350502MAQ6156G8H qydj.csv4'
ok 'show says so' sh -c "'$ZAYTON' -C '$HOME_DIR' enterprise show $mill | grep -q $qing_id"
{
	taxpayers
	taxpayer 晋江市清源织造厂 91350502MAQ6156G8H 林海 2016-03-01
} >"$T/nsr.csv"
ok 'a row that comes then' send ntb merged "$T/nsr.csv"
is 'is of the one' "$(sql 'SELECT _enterprise FROM std_nat_tax_taxpayer')" "$qing_id"
as_one=$(instant)
ok 'the merge was wrong' review reject merge:1
# What was known when: whose id an enterprise had, how many registrations.
seen_on() { # DAY
	z enterprise show "$mill" --known "$1" --json | jq -r '.id + " " +
	    ([.ids[] | select(.kind == "reg_no")] | length | tostring)'
}
is 'before the merge it was known by itself' "$(seen_on "$apart")" "$mill 1"
is 'after it as part of the other' "$(seen_on "$as_one")" "$qing_id 2"
is 'now by itself again' "$(seen_on '')" "$mill 1"
is 'the row goes to whom it is of' "$(sql 'SELECT _enterprise FROM
    std_nat_tax_taxpayer')" "$mill"
base | grep -v '^std_nat_tax\|^link_candidate\|91350502MAQ6156G8H\|^enterprise|\|^provenance' >"$T/after"
grep -v '^std_nat_tax\|^link_candidate\|91350502MAQ6156G8H\|^enterprise|\|^provenance' "$T/before" >"$T/wanted"
is 'all else is as it was' "$(sha256sum <"$T/after")" "$(sha256sum <"$T/wanted")"
is 'and nobody doubts it any more' "$(z review list --json | jq '.doubts | length')" 0
exits 1 'judged not to be the same, they stay apart' review accept "pair:$qing_id:$mill"

base >"$T/before"
ok 'two others' review accept "pair:$qing_id:$firm_of_sea"
last=$(z review list --kind decisions --json | jq '.decisions[0].number')
ok 'and undone' review undo "$last"
is 'to the byte' "$(base | sha256sum)" "$(sha256sum <"$T/before")"

# A restart reads it all anew.
stop
ok 'a restart' serve
is 'changes nothing' "$(base | sha256sum)" "$(sha256sum <"$T/before")"

# --- proof in the rows -----------------------------------------------------------
# One row with a number of each and the name that both have.
{
	registered
	firm 安溪县新茶山茶叶有限公司 '' 91350524734756245G 黄河 安溪县凤城镇1号 2015-05-05
	firm 安溪县陈茶山茶叶有限公司 350504102355058 '' 黄河 安溪县凤城镇1号 2010-05-06
} >"$T/qydj.csv"
ok 'the register has one firm under an old number' send aic twice "$T/qydj.csv"
{
	changes
	echo '安溪县新茶山茶叶有限公司,350504102355058,名称,安溪县陈茶山茶叶有限公司,安溪县新茶山茶叶有限公司,2014-01-01'
} >"$T/bgxx.csv"
ok 'that changed its name' send aic renamed "$T/bgxx.csv"
is 'as two' "$(sql "SELECT count(*) FROM enterprise WHERE entity_name =
    '安溪县新茶山茶叶有限公司'")" 2
{
	org_codes
	org_code 安溪县新茶山茶叶有限公司 734756245 350504102355058 黄河 安溪县凤城镇1号 2016-01-01
} >"$T/zzjgdm.csv"
ok 'a row that has the numbers of both' send qts proof "$T/zzjgdm.csv"
is 'makes them one' "$(sql "SELECT count(*) FROM enterprise WHERE entity_name =
    '安溪县新茶山茶叶有限公司'")" 1
is 'and is of it' "$(sql 'SELECT _enterprise FROM std_qts_org_code')" \
    "$(enterprise_of 安溪县新茶山茶叶有限公司)"
is 'by the rules, not by people' "$(sql "SELECT by || '|' || (undone_at IS NULL)
    FROM merge_t ORDER BY no DESC LIMIT 1")" '|1'

# --- conflicts -------------------------------------------------------------------
{
	taxpayers
	taxpayer $qing 350521527041239 李四 2016-03-20
} >"$T/nsr.csv"
ok 'a conflict' send ntb conflict "$T/nsr.csv"
no=$(z review list --kind conflicts --json |
    jq -r '.conflicts[] | select(.differs.value == "李四") | .item')
is 'is listed with its values' "$(echo "$no" | cut -d: -f1)" conflict
exits 1 'nobody edits what a department sent' review reject "$no"
ok 'people settle it' review accept "$no"
is 'it is settled' "$(sql "SELECT status, resolved_by FROM conflict WHERE other_value = '李四'")" 'settled|张三'
sed 's/2016-03-20/2016-03-21/' "$T/nsr.csv" >"$T/nsr2.csv"
mv "$T/nsr2.csv" "$T/nsr.csv"
ok 'the same again' send ntb again "$T/nsr.csv"
is 'stays settled' "$(sql "SELECT count(*) FROM conflict WHERE status = 'open'
    AND other_value = '李四'")" 0

# --- whose a row is is found out later ---------------------------------------------
{
	org_codes
	org_code 远羊制衣 '' '' 孙某 某处 2016-01-01
} >"$T/zzjgdm.csv"
ok 'a certificate under a doubtful name' send qts late "$T/zzjgdm.csv"
stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE d_qts_org_code SET _from =
    '2020-01-01T00:00:00.000Z' WHERE entity_name = '远羊制衣'"
ok 'years go by' serve
item=$(z review list --kind links --json |
    jq -r '.links[] | select(.item | contains("qts_org_code")) | .item')
ok 'people know now' review accept "$item" --enterprise "$firm_of_sea"
valid_to() { # DAY
	z enterprise show "$firm_of_sea" --known "$1" --json | jq -r '.fields[] |
	    select(.field == "org_code_valid_to") | .winner.value // "-"'
}
is 'it is of the record' "$(valid_to '')" 2020-01-01
is 'but was not when nobody knew' "$(valid_to 2020-06-01)" -
is 'every decision is in the ledger' "$(sql "SELECT count(*) FROM ledger WHERE
    kind = 'review'") $(sql 'SELECT count(*) FROM review_t')" '9 9'
ok 'the ledger verifies' z verify
done_testing
