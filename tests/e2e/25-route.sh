#!/bin/sh
# Shows that each row of a file that mixes kinds of business goes to the dataset
# of its kind, that the receipt counts the file as one, and that a row of no
# known kind is sent back with what was found and what is expected.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

HEAD='借款人名称,组织机构代码,金融机构,业务种类,合同金额(万元),余额(万元),起始日,到期日,五级分类,欠息(万元)'

# KIND BALANCE CLASS of one enterprise and one bank
row() {
	echo "泉州市第一水暖有限公司,MA2Y3AN1X,泉州银行,$1,100,$2,2015-03-02,2017-03-01,$3,0"
}

january() {
	echo "$HEAD"
	row 流动资金贷款 60.50 正常
	row 保函 10 正常
	row 固定资产贷款 70 关注
	row 保理 20 正常
	row 融资租赁 5 正常
	row ' 信用证 ' 30 正常
	row 无 30 正常
	row 银行承兑汇票 40 逾期
	row 贸易融资 500 正常
}

rows_of() { # DATASET
	sql "SELECT count(*) FROM std_cbrc_$1"
}

ok 'an instance' instance
ok 'the bank supervision' account cbrc CBRC department 泉州银监分局
ok 'the server starts' serve || done_testing

january >"$T/xdyw-2016-01.csv"
ok 'a mixed file is put' put cbrc "$T/xdyw-2016-01.csv"
receipt=$(wait_receipt cbrc xdyw-2016-01.csv)
ok 'its receipt holds' good_receipt "$receipt"
is 'as one file' "$(field "$receipt" '.files | length')" 1
is 'with all its rows' "$(field "$receipt" '.files[0] |
    "\(.dataset) \(.rows) \(.accepted) \(.rejected) \(.inserted)"')" \
    'cbrc_loan 9 7 2 7'
is 'loans are loans' "$(rows_of loan)" 2
for dataset in guarantee_letter factoring letter_of_credit bank_acceptance \
    trade_finance; do
	is "one row is of $dataset" "$(rows_of $dataset)" 1
done
is 'each knows its line in the file' "$(sql "SELECT group_concat(_row, ' ') FROM
    (SELECT _row FROM std_cbrc_loan UNION SELECT _row FROM std_cbrc_factoring
    UNION SELECT _row FROM std_cbrc_trade_finance)")" '2 4 5 10'
is 'columns go to the fields of the dataset' "$(sql "SELECT agreement_amount,
    balance, granted_on, due_on, as_of FROM std_cbrc_trade_finance")" \
    '1000000.0|5000000.0|2015-03-02|2017-03-01|2016-01'
is 'its rules look at it' "$(sql "SELECT header, rule FROM quality_issue
    WHERE row = 10")" '余额(万元)|amount_order'
is 'its code lists too' "$(sql "SELECT field, rule, effect FROM quality_issue
    WHERE row = 9")" 'class5|code_unknown|null'
is 'no column is lost' "$(sql "SELECT count(*) FROM quality_issue
    WHERE rule = 'column_unknown'")" 0
is 'what went where is told' "$(sql "SELECT count(*) FROM quality_issue
    WHERE rule = 'rows_routed'")" 6
is 'with their number' "$(sql "SELECT message_zh FROM quality_issue
    WHERE rule = 'rows_routed' AND message_zh LIKE '%cbrc_loan %'")" \
    '2 行归入 贷款业务信息（cbrc_loan 1.0）'

is 'two rows are sent back' "$(sql "SELECT group_concat(row, ' ') FROM
    quality_issue WHERE rule = 'route_unknown' AND effect = 'reject'")" '6 8'
is 'with the value and its column' "$(sql "SELECT header, value, field FROM
    quality_issue WHERE row = 6")" '业务种类|融资租赁|loan_business_type'
sql "SELECT message_zh, message_en FROM quality_issue WHERE row = 6" >"$T/said"
for part in 融资租赁 业务种类 保函 流动资金贷款 贸易融资 \
    'does not tell'; do
	ok "and says $part" grep -q "$part" "$T/said"
done

# The next month, and the same month again with one change.
january | sed 's/,正常,/,关注,/' >"$T/xdyw-2016-02.csv"
ok 'the next month is put' put cbrc "$T/xdyw-2016-02.csv"
receipt=$(wait_receipt cbrc xdyw-2016-02.csv)
is 'its rows are new' "$(field "$receipt" '.files[0].inserted')" 7
is 'both months stand' "$(rows_of factoring)" 2
january | sed 's/保理,100,20/保理,100,15/' >"$T/xdyw-2016-01-b.csv"
ok 'the first month is put again' put cbrc "$T/xdyw-2016-01-b.csv"
receipt=$(wait_receipt cbrc xdyw-2016-01-b.csv)
ok 'its receipt holds, too' good_receipt "$receipt"
is 'one row changed' "$(field "$receipt" '.files[0] |
    "\(.inserted) \(.updated) \(.unchanged) \(.rejected)"')" '0 1 6 2'
is 'that of its dataset' "$(sql "SELECT balance FROM std_cbrc_factoring
    WHERE as_of = '2016-01'")" 150000.0
stop
ok 'the ledger verifies' z verify
done_testing
