#!/bin/sh
# Shows that whoever objects to a value or a grant is heard: the value is
# marked, the grant suspended, its provider has 20 days and answers with a
# reason, and the answer reaches who objected.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

ok 'an instance' instance
ok 'the server starts' serve || done_testing
ok 'accounts' departments_of_enterprises
ok 'a bank' account bank BANK institution 某银行
{
	registered
	firm 晋江市清源织造有限公司 350521124626049 91350521527041239C 陈明 \
	    晋江市青阳街道1号 2015-01-05
	firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ 王强 \
	    石狮市灵秀镇3号 2015-03-05
} >"$T/qydj.csv"
ok 'enterprises' send aic r1 "$T/qydj.csv"
qing=$(enterprise_of 晋江市清源织造有限公司)
reports=$HOME_DIR/accounts

objects() { # NUMBER KIND DATASET FIELD RECORD CLAIMED GRANT REASON [NAME USCC]
	echo "${9:-晋江市清源织造有限公司},${10:-91350521527041239C},$1,$2,$3,$4,$5,$6,$7,$8,证据.pdf"
}
header='企业名称,统一社会信用代码,异议编号,申请类别,数据集,字段,记录文号,应为,授权编号,理由,证据文件'
answers() { # NUMBER VERDICT REASON
	printf '平台异议号,处理结果,答复理由\n%s\n' "$1,$2,$3" >"$T/异议答复.csv"
}
state() { # NUMBER
	z objection list --all --json | jq -r ".[] | select(.objection == $1) |
	    .state"
}
marks() { # what the marks are joined with
	sql "SELECT group_concat(o.no || ' ' || o.field || ' ' || o.state) FROM
	    objection_row_t r JOIN objection_t o ON o.no = r.objection JOIN
	    d_aic_enterprise_registration d ON d._key = r.\"key\" AND
	    d._provider = r.provider AND d._to IS NULL"
}

# --- to a value ----------------------------------------------------------------
echo '%PDF the evidence' >"$T/证据.pdf"
{
	echo "$header"
	objects Y1 异议 企业基本登记信息 法定代表人 '' 陈小明 '' 登记后已变更
	objects Y2 '' 企业基本登记信息 没有的字段 '' '' '' 写错了
	objects Y3 '' 没有的数据集 '' '' '' '' 写错了
	objects Y4 '' 企业基本登记信息 '' '' '' '' 不认识 无此公司 91350502MA2Y3AN1X7
	objects Y5 '' 案件处罚信息 '' 没有的文号 '' '' 没有受过处罚
} >"$T/异议.csv"
ok 'an enterprise objects, with evidence' send ent y1 "$T/异议.csv" "$T/证据.pdf"
is 'one is open, with 20 days' "$(z objection list --json | jq -r '.[] |
    [.objection, .kind, .account, .provider, .enterprise, .dataset, .field,
    .evidence, .due] | join(" ")')" \
    "1 OBJECTION ent AIC $qing aic_enterprise_registration legal_rep 证据.pdf $(
	TZ=Asia/Shanghai date -d '20 days' +%F)"
is 'the row is marked' "$(marks)" '1 legal_rep RECEIVED'
told=$reports/aic/reports/value-objections-to-answer.csv
ok 'its provider is told' wait_until 5 test -s "$told.sig"
ok 'what and until when' grep -q '1,OBJECTION,待答复 open.*陈小明' "$told"
ok 'what was not taken goes back' wait_until 5 sh -c "grep -q Y2 \
    '$reports/ent/reports'/value-objections-refused.*.csv"
is 'each with its reason' "$(cut -d ' ' -f 1 \
    "$reports/ent/reports"/value-objections-refused.*.csv | tail -n +2)" \
    "Y2,数据集没有此字段。
Y3,没有这个数据集。
Y4,没有找到这家企业。"
is 'what is not there is answered at once' "$(z objection list --all --json |
    jq -r '.[] | select(.state == "CONFIRMED") | .answer')" \
    '平台没有这家企业的此项记录。 The platform has no such record of the enterprise.'
ok 'sent once more' send ent y2 "$T/异议.csv" "$T/证据.pdf"
is 'it is the same' "$(z objection list --json | jq length)" 1

answers 1 更正 ''
ok 'an answer without a reason' z ingest --account aic "$T/异议答复.csv"
is 'answers nothing' "$(state 1)" RECEIVED
answers 1 已更正 我们没有这项数据
ok 'the answer of another department' z ingest --account ntb "$T/异议答复.csv"
is 'answers nothing either' "$(state 1)" RECEIVED
ok 'and it is told so' wait_until 5 sh -c "grep -q 没有待贵单位答复 \
    '$reports/ntb/reports'/value-objections-refused.*.csv"
sed -i 's/陈明/陈小明/; s/2015-01-05/2016-01-05/' "$T/qydj.csv"
ok 'the provider corrects the row' send aic r2 "$T/qydj.csv"
is 'which stays marked until it is answered' "$(marks)" '1 legal_rep RECEIVED'
answers 1 已更正 已按变更登记更正
ok 'and answers' z ingest --account aic "$T/异议答复.csv"
is 'corrected' "$(state 1)" CORRECTED
is 'the mark is gone' "$(sql "SELECT count(*) FROM objection_t o JOIN
    objection_row_t r ON r.objection = o.no WHERE o.state = 'RECEIVED'")" 0
ok 'the answer reaches who objected' wait_until 5 \
    grep -q '1,OBJECTION,CORRECTED.*已按变更登记更正' \
    "$reports/ent/reports/value-objections.csv"
is 'nothing is left to answer' "$(wc -l <"$told")" 1

# --- a repair ------------------------------------------------------------------
{
	echo "$header"
	objects X1 信用修复 企业基本登记信息 '' '' '' '' 已整改
} >"$T/异议.csv"
ok 'a repair is applied for' send ent x1 "$T/异议.csv"
n=$(z objection list --json | jq '.[0].objection')
exits 1 'a verdict that is none' z objection answer "$n" --verdict perhaps \
    --person 李科 --reason 已核查
ok 'an administrator answers for the provider' z objection answer "$n" \
    --verdict repaired --person 李科 --reason 已核查
is 'repaired: the mark hides the row' "$(marks)" "1 legal_rep CORRECTED,$n  REPAIRED"
exits 1 'only once' z objection answer "$n" --verdict confirmed --person 李科 \
    --reason 已核查
echo paper >"$T/paper"
ok 'a grant' z grant add --account bank --dataset aic_enterprise_registration \
    --subjects all --purpose loan_approval --fields entity_name --until \
    2097-12-31 --evidence "$T/paper" --person 李科 --reason 支行申请
ok 'a bank asks for both enterprises' query bank both.json '{"query": 1,
    "purpose": "loan_approval", "datasets": ["aic_enterprise_registration"],
    "subjects": ["350521124626049", "350503106172864"], "format": "csv"}'
extract_of "$receipt"
is 'what was repaired is not given out' "$(cat "$T/extract"/*/*registration*.csv \
    "$T/extract"/*registration*.csv 2>/dev/null | grep -o '清源\|远洋')" 远洋

# --- to a grant ----------------------------------------------------------------
granted() {
	z grant list --json | jq -r '.[0].state'
}
{
	echo "$header"
	objects G1 授权异议 企业基本登记信息 '' '' '' 1 未经我局同意
} >"$T/异议.csv"
ok 'another department objects' send ntb g1 "$T/异议.csv"
is 'to what is not its own' "$(granted)" 'in force'
ok 'its provider objects' send aic g1 "$T/异议.csv"
is 'it is suspended' "$(granted)" suspended
is 'the ledger says by whom' "$(sql "SELECT count(*) FROM ledger WHERE kind =
    'objection filed' AND account = 'aic'")" 1
ok 'the catalogue says so' wait_until 5 grep -q '"state": "suspended"' \
    "$reports/bank/catalog/catalog.json"
n=$(z objection list --json | jq '.[0].objection')
exits 1 'it is not answered as a value is' z objection answer "$n" --verdict \
    confirmed --person 李科 --reason 已核查
ok 'the administrators decide' z grant resume 1 --person 王处 --reason 依据充分
is 'and it is answered' "$(state "$n")" CONFIRMED
ok 'to the provider' wait_until 5 grep -q 依据充分 \
    "$reports/aic/reports/value-objections.csv"
# --- of an institution ---------------------------------------------------------
drop() { # FILE NAME
	printf 'put "%s" "/queries/%s"\n' "$1" "$2" | sftp_do bank
}
{
	echo '企业名称,统一社会信用代码,授权书编号,授权数据,查询目的,授权止日'
	echo 石狮市远洋制衣有限公司,9135050333781355XJ,SQ-2,全部,贷款审批,2097-12-31
} >"$T/consent.csv"
ok 'a bank sends a consent' drop "$T/consent.csv" consent-2016.csv
waits() {
	z consent list --pending --json | jq -e 'length > 0'
}
ok 'it arrives' wait_until 10 waits
is 'it is to the bank that sent it' "$(z consent list --pending --json | jq -r \
    '.[] | [.account, .sent_by, .reference] | join(" ")')" 'bank bank SQ-2'
{
	echo "$header"
	objects B1 '' 企业基本登记信息 住所 '' 灵秀镇5号 '' 与现场不符 \
	    石狮市远洋制衣有限公司 9135050333781355XJ
} >"$T/异议.csv"
rm -f "$T/b1.zip"
zip -q -j -X "$T/b1.zip" "$T/异议.csv" "$T/证据.pdf"
ok 'and an objection with its evidence' drop "$T/b1.zip" 异议-1.zip
filed=$HOME_DIR/accounts/bank/catalog/value-objections.csv
ok 'it finds it in its catalogue' wait_until 10 grep -q 灵秀镇5号 "$filed"
n=$(z objection list --json | jq '.[0].objection')
answers "$n" 无法确认（已记载） 现场无法核实
ok 'the provider answers' z ingest --account aic "$T/异议答复.csv"
ok 'the answer reaches the bank' wait_until 5 grep -q 现场无法核实 "$filed"
is 'the mark stays' "$(marks | tr ',' '\n' | grep -c UNRESOLVED)" 1

# --- in what is given out ------------------------------------------------------
aic=aic_enterprise_registration
lies() { # what the bank sees in /extracts
	echo 'ls -1 /extracts' | sftp_do bank | grep -c 'zip$'
}
asks() { # NAME
	query bank "$1.json" '{"query": 1, "purpose": "loan_approval",
	    "datasets": ["'"$aic"'"], "subjects": ["350503106172864"],
	    "report": "credit"}' && extract_of "$receipt"
}
marked() { # the last column of its row
	tail -n +2 "$T/extract/data/$aic.csv" | tr -d '"\r' | sed 's/.*,//'
}
ok 'the bank asks' asks marks1
is 'a field that is not given is not named' "$(marked)" ''
fails 'nor in the report' grep -q '<mark>' "$T/extract/report"/*.html
first=$receipt
is 'it has two extracts' "$(lies)" 2
ok 'the grant is revoked' z grant revoke 1 --person 王处 --reason 合同到期
none_lies() {
	[ "$(lies)" = 0 ]
}
ok 'they are gone' wait_until 5 none_lies
is 'the ledger says of each why' "$(sql "SELECT count(*) FROM ledger WHERE
    kind = 'extract removed' AND account = 'bank' AND json_extract(detail,
    '$.grant') = 1 AND json_extract(detail, '$.reason') = '合同到期' AND
    json_extract(detail, '$.extract') LIKE '%.zip'")" 2
ok 'the receipt stays' verify_receipt "$first"
ok 'another grant' z grant add --account bank --dataset $aic --subjects all \
    --purpose loan_approval --fields entity_name,address --until 2097-12-31 \
    --evidence "$T/paper" --person 李科 --reason 支行申请
ok 'the bank asks again' asks marks2
is 'the field is marked' "$(marked)" "address:$n"
ok 'the value stands' grep -q 灵秀镇3号 "$T/extract/data/$aic.csv"
is 'the package describes the mark' "$(jq -r '.resources[0].schema.fields[-1] |
    .name + " " + .title' "$T/extract/datapackage.json")" \
    '_objection 异议中（字段:异议号，*为整行） under objection'
ok 'it stands beside the value in the report' grep -q \
    "灵秀镇3号 <mark>异议中 / under objection $n</mark>" "$T/extract/report"/*.html
{
	echo "$header"
	objects B2 '' 企业基本登记信息 '' '' '' '' 不是本企业 \
	    石狮市远洋制衣有限公司 9135050333781355XJ
} >"$T/异议.csv"
ok 'the whole row is objected to' drop "$T/异议.csv" 异议-2.csv
ok 'it arrives' wait_until 10 grep -q 不是本企业 "$filed"
whole=$(z objection list --json | jq '.[0].objection')
ok 'asked once more' asks marks3
is 'both are there' "$(marked)" "address:$n *:$whole"
ok 'in the report too' grep -q \
    "<mark>整行异议中 / row under objection $whole</mark>" \
    "$T/extract/report"/*.html

# --- what is kept --------------------------------------------------------------
ok 'a standing extract' query bank w.json '{"purpose": "loan_approval",
    "datasets": ["'"$aic"'"], "subjects": ["350503106172864"],
    "subscribe": {"name": "w", "every": "month"}}'
is 'is kept beside, to be sent again' "$(find "$HOME_DIR/accounts/bank/extracts" \
    -name '.*.kept' | wc -l)" 1
ok 'its grant is revoked as well' z grant revoke 2 --person 王处 --reason 到期
ok 'nothing is left, not even hidden' wait_until 5 sh -c "! find \
    '$HOME_DIR/accounts/bank/extracts' -type f | grep ."
ok 'asked for again' query bank again.json '{"again": {"name": "w", "seq": 1}}'
is 'there is none' "$(code)" query_again
ok 'a grant of yes and no' z grant add --account bank --dataset $aic \
    --subjects all --purpose loan_approval --form yes-no --fields entity_name \
    --until 2097-12-31 --evidence "$T/paper" --person 李科 --reason 支行申请
ok 'the bank asks for that' query bank yes.json '{"purpose": "loan_approval",
    "datasets": ["'"$aic"'"], "subjects": ["350503106172864"]}'
extract_of "$receipt"
is 'the yes is marked for the row it rests on' "$(tail -1 \
    "$T/extract/data/yes_no.csv" | tr -d '"\r' | sed 's/.*,//')" "*:$whole"

fails 'other names are queries' drop "$T/b1.zip" other.zip
ok 'the chain holds' z verify
done_testing
