#!/bin/sh
# Shows that rows find their enterprise: by numbers, names and meters; that
# branches stay apart, that wrong numbers hold a row back, that rows which came
# too early are linked later, and that a restart forgets nothing.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh

ok 'an instance' instance
ok 'the server starts' serve || done_testing
ok 'accounts' departments_of_enterprises

# Before the register knows anybody.
{
	taxpayers
	taxpayer 晋江市清源织造有限公司 350521527041239 陈明 2016-01-05
} >"$T/nsr.csv"
ok 'taxes come first' send ntb early "$T/nsr.csv"
is 'a row before its enterprise stays open' \
    "$(sql 'SELECT coalesce(_enterprise, 0) FROM std_nat_tax_taxpayer')" 0
is 'and goes back with what is missing' \
    "$(cut -d, -f3,4 "$(reports ntb early)/unlinked.csv" | tail -1)" \
    '晋江市清源织造有限公司,subject_unknown'

{
	registered
	firm 晋江市清源织造有限公司 350521124626049 91350521527041239C 陈明 晋江市青阳街道1号 2015-01-05
	firm 晋江市清源织造有限公司泉州分公司 350502120844783 91350502MAQ6156G8H 林海 泉州市鲤城区新门街2号 2015-02-05
	firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ 王强 石狮市灵秀镇3号 2015-03-05
} >"$T/qydj.csv"
ok 'the register comes' send aic register "$T/qydj.csv"
is 'three enterprises' "$(sql 'SELECT count(*) FROM enterprise')" 3
parent=$(enterprise_of 晋江市清源织造有限公司)
branch=$(enterprise_of 晋江市清源织造有限公司泉州分公司)
is 'the row that waited is linked' \
    "$(sql 'SELECT _enterprise FROM std_nat_tax_taxpayer')" "$parent"
is 'its receipt of now says so' "$(sql "SELECT count(*) FROM link_candidate")" 0
is 'the register links itself' "$(sql "SELECT
    json_extract(body, '\$.files[0].linked') FROM receipt WHERE kind = 'result'
    AND body LIKE '%qydj%'")" 3

# A branch by its name, with nothing but that.
{
	water
	echo '3110731653,晋江市清源织造有限公司泉州分公司,泉州市鲤城区新门街2号,2016-01,10,20.00,20.00,0,2016-02-01'
	echo '3110731654,清源织造,晋江市青阳街道1号,2016-01,10,20.00,20.00,0,2016-02-01'
} >"$T/ysjf.csv"
ok 'water bills' send mub water "$T/ysjf.csv"
is 'a branch is not its parent' "$(sql "SELECT _enterprise FROM
    std_water_bill_monthly WHERE account_no = '3110731653'")" "$branch"
is 'a short name with its address' "$(sql "SELECT _enterprise FROM
    std_water_bill_monthly WHERE account_no = '3110731654'")" "$parent"

# The meter is known now: the next bill names only the landlord.
{
	water
	echo '3110731653,张三,泉州市鲤城区新门街2号,2016-02,10,20.00,20.00,0,2016-03-01'
} >"$T/ysjf.csv"
ok 'next month' send mub water2 "$T/ysjf.csv"
is 'the meter tells' "$(sql "SELECT _enterprise FROM std_water_bill_monthly
    WHERE bill_period = '2016-02'")" "$branch"

# A number of another firm: neither the one nor the other.
{
	org_codes
	org_code 石狮市远洋制衣有限公司 527041239 '' 王强 石狮市灵秀镇3号 2016-01-01
} >"$T/zzjgdm.csv"
ok 'a row with the number of another' send qts wrong "$T/zzjgdm.csv"
is 'is held back' "$(sql 'SELECT count(*) FROM std_qts_org_code WHERE
    _enterprise IS NULL')" 1
is 'with its finding at the number' "$(sql "SELECT field || '|' || value FROM
    quality_issue WHERE rule = 'key_mismatch'")" 'org_code|527041239'
ok 'and its candidates' grep -q 远洋制衣 "$(reports qts wrong)/unlinked.csv"

# Mended by who sent it, with the flag C.
{
	org_codes
	org_code 石狮市远洋制衣有限公司 33781355X '' 王强 石狮市灵秀镇3号 2016-01-02
	org_code 石狮市远洋制衣有限公司 527041239 '' 王强 石狮市灵秀镇3号 2016-01-02 D
} >"$T/zzjgdm.csv"
ok 'mended' send qts mended "$T/zzjgdm.csv"
is 'is linked' "$(sql 'SELECT _enterprise FROM std_qts_org_code')" \
    "$(enterprise_of 石狮市远洋制衣有限公司)"

# A new name: the old one is known until then.
{
	changes
	echo '石狮市远洋制衣有限公司,350503106172864,名称变更,石狮市远洋制衣有限公司,石狮市蓝海时装有限公司,2016-03-10'
} >"$T/bgxx.csv"
ok 'a new name' send aic rename "$T/bgxx.csv"
is 'is the name of the record' "$(sql "SELECT entity_name FROM enterprise
    WHERE reg_no = '350503106172864'")" 石狮市蓝海时装有限公司
is 'the old one has an end' "$(sql "SELECT valid_to FROM enterprise_alias WHERE
    name = '石狮市远洋制衣有限公司'")" 2016-03-10
{
	water
	echo '3110731655,石狮市远洋制衣有限公司,石狮市灵秀镇3号,2016-02,10,20.00,20.00,0,2016-03-01'
} >"$T/ysjf.csv"
ok 'a bill under the old name' send mub old "$T/ysjf.csv"
is 'finds the enterprise' "$(sql "SELECT _enterprise FROM std_water_bill_monthly
    WHERE account_no = '3110731655'")" "$(enterprise_of 石狮市蓝海时装有限公司)"

# Numbers that cannot be of one.
{
	taxpayers
	echo '纳税人名称,纳税人识别号,组织机构代码,法定代表人,主管税务机关,纳税人状态码,更新日期' >"$T/nsr.csv"
	echo '石狮市蓝海时装有限公司,350521527041239,33781355X,王强,第一分局,正常,2016-03-05' >>"$T/nsr.csv"
} >/dev/null
ok 'contradicting numbers' send ntb contradict "$T/nsr.csv"
is 'link nothing' "$(sql "SELECT count(*) FROM std_nat_tax_taxpayer WHERE
    legal_rep = '王强' AND _enterprise IS NULL")" 1
ok 'and are told' grep -q ids_contradict "$(reports ntb contradict)/unlinked.csv"

# Names that went round: each of two had the other's.
{
	registered
	firm 南安市东山石材有限公司 350583200001237 '' 甲一 南安市水头镇1号 2015-03-05
	firm 南安市西山石材有限公司 350583200005674 '' 乙一 南安市水头镇2号 2015-03-05
} >"$T/qydj.csv"
send aic round1 "$T/qydj.csv"
{
	registered
	firm 南安市西山石材有限公司 350583200001237 '' 甲一 南安市水头镇1号 2016-03-01
	firm 南安市东山石材有限公司 350583200005674 '' 乙一 南安市水头镇2号 2016-03-01
} >"$T/qydj.csv"
ok 'two firms swap their names' send aic round2 "$T/qydj.csv"
is 'and stay two' "$(sql "SELECT group_concat(entity_name) FROM (SELECT
    entity_name FROM enterprise WHERE reg_no LIKE '35058320000%' ORDER BY
    reg_no)")" 南安市西山石材有限公司,南安市东山石材有限公司
{
	water
	echo '3110739901,南安市东山石材有限公司,某处,2016-02,10,20.00,20.00,0,2016-03-01'
	echo '3110739902,南安市东山石材有限公司,某处,2016-02,10,30.00,30.00,0,2016-03-01'
	echo '3110739902,南安市东山石材有限公司,某处,2016-02,10,40.00,40.00,0,2016-03-01'
} >"$T/ysjf.csv"
ok 'bills under such a name' send mub round3 "$T/ysjf.csv"
is 'are of none of the two by themselves' "$(sql "SELECT count(*) FROM
    std_water_bill_monthly WHERE account_no LIKE '31107399%' AND _enterprise IS
    NULL")" 2
ok 'which is told' grep -q subject_unsure "$(reports mub round3)/unlinked.csv"
is 'of two rows with one key the later counts' "$(sql "SELECT amount_due FROM
    std_water_bill_monthly WHERE account_no = '3110739902'")" 40.0
is 'and that is told with the field' "$(sql "SELECT group_concat(header) FROM
    quality_issue WHERE rule = 'duplicate_conflict' AND field = 'amount_due'")" \
    '应缴金额(元)'

# Numbers of two.
{
	org_codes
	org_code 安溪县某某茶厂 33781355X 350521124626049 李白 安溪县某处 2016-03-01
} >"$T/zzjgdm.csv"
ok 'a row with numbers of two' send qts two "$T/zzjgdm.csv"
is 'is told whose they are' "$(sql "SELECT message_zh LIKE '%清源织造%' AND
    message_zh LIKE '%蓝海时装%' FROM quality_issue WHERE rule = 'ids_of_two'")" 1

# Find by anything.
is 'found by a part of the name' "$(z enterprise find 蓝海 | cut -d' ' -f1)" \
    "$(enterprise_of 石狮市蓝海时装有限公司)"
is 'found by a number' "$(z enterprise find 91350521527041239C | cut -d' ' -f1)" \
    "$parent"
is 'found by a meter' "$(z enterprise find 3110731653 | cut -d' ' -f1)" "$branch"
exits 1 'nobody is nobody' z enterprise find 不存在的企业

# A restart reads the index anew: the same row gets the same answer.
stop
ok 'a restart' serve
{
	water
	echo '3110731654,某某,某处,2016-02,10,20.00,20.00,0,2016-03-01'
} >"$T/ysjf.csv"
ok 'a bill after it' send mub after "$T/ysjf.csv"
is 'finds its meter' "$(sql "SELECT _enterprise FROM std_water_bill_monthly
    WHERE account_no = '3110731654' AND bill_period = '2016-02'")" "$parent"
ok 'the ledger verifies' z verify

# Very many rows before there is any enterprise: taken at full speed, and linked
# when there is one, in the background, over a restart.
stop
HOME_DIR=$T/flood
ok 'another instance' instance
ok 'its accounts' departments_of_enterprises
ok 'it starts' serve
bills 15000 >"$T/ysjf.csv"
sed -i 's/泉州市第[0-9]*水暖有限公司/晋江市清源织造有限公司/' "$T/ysjf.csv"
ok 'many bills' send mub many "$T/ysjf.csv"
{
	registered
	firm 晋江市清源织造有限公司 350521124626049 91350521527041239C 陈明 晋江市青阳街道1号 2015-01-05
} >"$T/qydj.csv"
ok 'their enterprise' send aic register "$T/qydj.csv"
stop
ok 'a restart on the way' serve
all_linked() {
	[ "$(sql 'SELECT count(*) FROM std_water_bill_monthly WHERE _enterprise IS
	    NOT NULL')" = 15000 ]
}
ok 'all of them find it' wait_until 60 all_linked
is 'none waits' "$(sql 'SELECT (SELECT count(*) FROM unlinked_t) + (SELECT
    count(*) FROM untried_t)')" 0
done_testing
