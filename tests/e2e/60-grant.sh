#!/bin/sh
# Shows who may see what: grants that say all they have to, a second person for
# personal fields, consents that are sent in and confirmed, signatures, what
# ends at once, and that each act stands in the ledger.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh

ok 'an instance' instance
ok 'the server starts' serve || done_testing
ok 'accounts' departments_of_enterprises
ok 'a bank' account bank BANK institution 某银行
ok 'another' account other BANK institution 另一家银行
{
	registered
	firm 晋江市清源织造有限公司 350521124626049 91350521527041239C 陈明 \
	    晋江市青阳街道1号 2015-01-05
	firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ 王强 \
	    石狮市灵秀镇3号 2015-03-05
} >"$T/qydj.csv"
ok 'enterprises' send aic r1 "$T/qydj.csv"
qing=$(enterprise_of 晋江市清源织造有限公司)
echo '授权文件 the signed paper' >"$T/paper"
by='--person 李科 --reason 支行申请'
# What a grant says unless a test says otherwise.
plain() {
	account=bank
	dataset=aic_enterprise_registration
	subjects=all
	purpose=loan_approval
	fields=entity_name,reg_no
	until=2097-12-31
}
granted() { # OPTION...
	# shellcheck disable=SC2086 # options
	z grant add --account "$account" --dataset "$dataset" --subjects \
	    "$subjects" --purpose "$purpose" --fields "$fields" --until \
	    "$until" --evidence "$T/paper" $by "$@"
}
ledger() { # KIND
	sql "SELECT count(*) FROM ledger WHERE kind = '$1'"
}

# --- what a grant has to say ---------------------------------------------------
refuses() { # NAME VARIABLE VALUE [WORD]
	plain
	eval "$2=\$3"
	exits 1 "$1" granted
	is "  and says which" "$(grep -c -e "${4:-$3}" "$T/.out")" 2
	plain
}
refuses 'an unknown account' account nobody
refuses 'a department is no grantee' account aic
refuses 'an unknown data set' dataset nothing
refuses 'one that is not shared' dataset enterprise_consent
refuses 'an unknown field' fields entity_name,regno regno
refuses 'no fields' fields '' fields
refuses 'an unknown purpose' purpose curiosity
refuses 'no subjects' subjects '' subjects
refuses 'an unknown enterprise' subjects E99999999
refuses 'a division of three digits' subjects division:350 350
refuses 'no day' until 2097-02-30
exits 1 'a form that is none' granted --form everything
exits 2 'an unknown option' granted --everything
exits 1 'no paper' z grant add --account bank --dataset nothing --subjects all \
    --purpose loan_approval --fields '*' --until 2097-12-31 --person 李科 \
    --reason 支行申请
exits 1 'nobody who gives it' z grant add --account bank --evidence "$T/paper"
is 'of all that nothing is left' "$(sql 'SELECT count(*) FROM grant_t')" 0

# --- one that holds, and one that waits ----------------------------------------
ok 'a grant of public fields' granted
subjects=$qing
ok 'one that gives a personal field whole' granted --full legal_rep_id
is 'the first is in force, the second waits' "$(z grant list --json |
    jq -r 'map([.grant, .state, .subjects, .full] | join("|")) | join(" ")')" \
    '1|in force|all| 2|pending|list of 1|legal_rep_id'
is 'with the hash of the paper' "$(z grant list --json | jq -r '.[0].evidence')" \
    "$(sha256sum <"$T/paper" | cut -c 1-64)"
exits 1 'who added it cannot approve it' z grant approve 2 --person 李科 \
    --reason 同意
is '  and is told so' "$(grep -c '另一人\|another person' "$T/.out")" 2
ok 'somebody else can' z grant approve 2 --person 王处 --reason 同意
exits 1 'only once' z grant approve 2 --person 王处 --reason 同意
dataset=police_enterprise_case
fields=entity_name
ok 'police data' granted
is 'wait too, and answer yes or no' "$(z grant list --json |
    jq -r '.[] | select(.dataset == "police_enterprise_case") |
	.state + " " + .form')" 'pending yes-no'
plain
account=other
dataset=all
fields='*'
ok 'all data sets at once' granted
plain
is 'are all but police and what is not shared' "$(z grant list --account other \
    --json | jq -r 'map(.dataset) | (length > 40),
    index("police_enterprise_case"), index("enterprise_consent")' |
    tr '\n' ' ')" 'true null null '

# --- who is told ---------------------------------------------------------------
catalog=$HOME_DIR/accounts/bank/catalog
in_catalog() { # FILTER
	jq -r "$1" "$catalog/catalog.json"
}
lists() { # GRANT
	in_catalog '[.grants[].grant] | join(" ")' | grep -qw "$1"
}
ok 'the catalogue lists the grant' wait_until 5 lists 1
is 'with its fields, as they are given' "$(in_catalog '.grants[] | select(.grant
    == 2) | .fields | map(.name + " " + .given[0:6]) | join(",")' |
    tr -d '\n')" 'entity_name 完整 as ,reg_no 完整 as ,legal_rep_id 凭本人授权书'
is 'class, basis and provider' "$(in_catalog '.grants[] | select(.grant == 1) |
    .class + " " + .basis + " " + .provider')" \
    '无条件共享 企业信息公示暂行条例第六条 AIC'
ok 'and when data came' [ -n "$(in_catalog '.grants[0].received')" ]
ok 'as a page' grep -q 企业基本登记信息 "$catalog/catalog.html"
ok 'and as a workbook' sh -c "unzip -p '$catalog/catalog.xlsx' \
    xl/worksheets/sheet2.xml | grep -c . && unzip -tq '$catalog/catalog.xlsx'"
sftp_do bank <<END >/dev/null 2>&1
get /catalog/catalog.json $T/fetched.json
END
ok 'the bank fetches it' cmp "$T/fetched.json" "$catalog/catalog.json"
is 'another bank sees its own' "$(jq '[.grants[].grant] | index(1)' \
    "$HOME_DIR/accounts/other/catalog/catalog.json")" null
told=$HOME_DIR/accounts/aic/reports/grants.csv
ok 'the provider has a list' wait_until 5 test -s "$told.sig"
ok 'of who sees what of it' grep -q 'aic_enterprise_registration.*bank,某银行' "$told"
is 'and not of others' "$(grep -c police "$told")" 0
ok 'signed' sh -c "ssh-keygen -Y verify -f '$HOME_DIR/standards/allowed_signers' \
    -I zayton -n zayton-receipt -s '$told.sig' <'$told'"

# --- revoking ------------------------------------------------------------------
ok 'a session of the bank' sh -c "mkfifo '$T/pipe' && : "
(sftp_do bank <"$T/pipe" >/dev/null 2>&1) &
session=$!
CHILDREN="$CHILDREN $session"
exec 3>"$T/pipe"
echo 'ls /' >&3
sleep 1
ok 'revoked' z grant revoke 1 --person 王处 --reason 合同到期
ended() {
	! kill -0 "$session" 2>/dev/null
}
echo 'ls /' >&3
exec 3>&-
ok 'the session ends within 5 s' wait_until 5 ended
is 'the list shows it no more' "$(z grant list --account bank --json |
    jq 'map(select(.grant == 1)) | length')" 0
is 'but with --all' "$(z grant list --account bank --all --json |
    jq -r '.[] | select(.grant == 1) | .state + " " + .changed_why')" \
    'revoked 合同到期'
not_listed() { # GRANT
	! lists "$1"
}
ok 'the catalogue drops it' wait_until 5 not_listed 1
not_told() {
	! grep -q 'registration,企业基本登记信息,1,' "$told"
}
ok 'so does the list of its provider' wait_until 5 not_told
exits 1 'it cannot be revoked again' z grant revoke 1 --person 王处 --reason 再撤
ok 'suspended' z grant suspend 2 --person 王处 --reason 提供单位异议
ok 'and resumed' z grant resume 2 --person 王处 --reason 异议不成立

# --- signatures ----------------------------------------------------------------
ssh-keygen -q -Y sign -f "$T/keys/aic" -n zayton-grant "$T/paper" 2>/dev/null
ok 'signed by who gave it' granted --signature "$T/paper.sig"
is 'is recorded' "$(z grant list --account bank --json |
    jq -r '[.[] | select(.signer != "") | .signer[0:11]] | .[]')" 'aic SHA256:'
cp "$T/paper" "$T/paper2"
echo 'another page' >>"$T/paper"
exits 1 'a signature of another paper' granted --signature "$T/paper.sig"
cp "$T/paper2" "$T/paper"
ssh-keygen -q -t ed25519 -N '' -f "$T/stranger"
rm -f "$T/paper.sig"
ssh-keygen -q -Y sign -f "$T/stranger" -n zayton-grant "$T/paper" 2>/dev/null
exits 1 'a key that is nobodys' granted --signature "$T/paper.sig"

# --- consents ------------------------------------------------------------------
ok 'a consent entered by hand' z consent add "$qing" --account bank \
    --dataset all --purpose loan_approval --until 2097-12-31 --reference SQ-1 \
    --evidence "$T/paper" --person 李科 --reason 柜面
is 'is in force' "$(z consent list --json | jq -r '.[] | [.consent, .state,
    .enterprise, .account, .dataset, .reference] | join(" ")')" \
    "1 confirmed $qing bank all SQ-1"
exits 1 'of an enterprise that is none' z consent add E99999999 --account bank \
    --dataset all --purpose loan_approval --until 2097-12-31 --reference SQ-1 \
    --evidence "$T/paper" --person 李科 --reason 柜面
{
	echo '企业名称,统一社会信用代码,授权书编号,被授权机构,授权数据,查询目的,授权止日,签署日期'
	echo 石狮市远洋制衣有限公司,9135050333781355XJ,SQ-2,bank,全部,贷款审批,2097-12-31,2016-03-01
	echo 晋江市清源织造有限公司,91350521527041239C,SQ-3,bank,没有的数据集,贷款审批,2097-12-31,2016-03-01
} >"$T/consent.csv"
ok 'a department sends consents in' z ingest --account aic "$T/consent.csv"
is 'they wait for somebody to confirm them' "$(z consent list --pending --json |
    jq -r 'map([.consent, .state, .reference, .sent_by] | join(" ")) |
    join(",")')" 'R1 pending SQ-2 aic,R2 pending SQ-3 aic'
ok 'confirmed' z consent confirm R1 --person 李科 --reason 已核对原件
exits 1 'not what names no data set' z consent confirm R2 --person 李科 \
    --reason 已核对原件
is '  and says which' "$(grep -c 没有的数据集 "$T/.out")" 2
sed '3d; s/2097/2098/' "$T/consent.csv" >"$T/consent2.csv"
in_force() { # of those the decision is told
	sql "SELECT count(*) FROM consent_t c WHERE state = 'confirmed' AND
	    (row IS NULL OR EXISTS (SELECT 1 FROM d_enterprise_consent r
	    WHERE r._id = c.row AND r._to IS NULL))"
}
is 'two are in force' "$(in_force)" 2
ok 'the paper is corrected' z ingest --account aic "$T/consent2.csv"
is 'what was confirmed holds no more' "$(in_force)" 1
is 'the new one waits' "$(z consent list --pending --json |
    jq -r 'map(.reference + " " + .until) | sort | join(",")')" \
    'SQ-2 2098-12-31,SQ-3 2097-12-31'
ok 'withdrawn by the enterprise' z consent revoke 1 --person 李科 --reason 企业撤回
is 'it is gone from the list' "$(z consent list --json | jq 'map(select(.consent
    == 1)) | length')" 0

# --- needs ---------------------------------------------------------------------
cat >"$HOME_DIR/rules/needs.csv" <<END
needer,dataset,field,purpose,mode,note
*,企业基本登记信息,企业名称,loan_approval,批量,
*,企业基本登记信息,行业代码,loan_approval,批量,
*,企业基本登记信息,纳税额,loan_approval,批量,
*,企业用水缴费情况表,,loan_monitoring,批量,
bank,企业基本登记信息,企业名称,loan_approval,批量,
bank,企业基本登记信息,注册资本,loan_approval,批量,
bank,企业授权书,,,批量,
END
is 'needs are held against what is supplied' "$(z needs --all --json |
    jq -r 'map(.state) | join(",")')" \
    'met,never filled,no standard,no data,met,not granted,not shared'
is 'what is met is not listed' "$(z needs | wc -l)" 5
echo '*,企业基本登记信息,企业名称,curiosity,批量,' >>"$HOME_DIR/rules/needs.csv"
exits 2 'a table that is wrong' z needs
is '  is refused by its line' "$(grep -c 'needs.csv:9:.*curiosity' "$T/.out")" 1

# --- lists ----------------------------------------------------------------------
plain
subjects=file:$T/clients.txt
yes "$qing" | head -60000 >"$T/clients.txt"
sed -i '2s/.*/350503106172864/' "$T/clients.txt"
ok 'a list of 60,000 lines' granted
is 'counts each enterprise once' "$(sql "SELECT subjects FROM data_grant
    ORDER BY \"grant\" DESC LIMIT 1")" 'list of 2'
is 'its hash is in the ledger' "$(sql "SELECT json_extract(detail,
    '$.subjects_sha256') FROM ledger WHERE kind = 'grant added'
    ORDER BY seq DESC LIMIT 1")" "$(sha256sum <"$T/clients.txt" | cut -c 1-64)"
yes "$qing" | head -100001 >"$T/clients.txt"
exits 1 'one of more than 100,000' granted
is '  is refused, with the limit' "$(grep -c 100000 "$T/.out")" 2
yes "$qing" | head -c 5000000 >"$T/clients.txt"
exits 2 'one of more than 4 MiB' granted
is '  is refused, with the limit' "$(grep -c 'clients.txt.*4194304' "$T/.out")" 1
printf '%s\nE99999999\n' "$qing" >"$T/clients.txt"
exits 1 'one with an unknown enterprise' granted
is '  is told which' "$(grep -c E99999999 "$T/.out")" 2

# --- the ledger ----------------------------------------------------------------
is 'each act is a line' "$(for kind in 'grant approved' 'grant revoked' \
    'grant suspended' 'grant resumed' 'consent confirmed' 'consent revoked'; do
	ledger "$kind"
done | tr '\n' ' ')" '1 1 1 1 2 1 '
is 'each grant too' "$(ledger 'grant added')" "$(sql \
    'SELECT count(*) FROM grant_t')"
is 'with person and reason' "$(sql "SELECT json_extract(detail, '$.person') ||
    json_extract(detail, '$.reason') FROM ledger WHERE kind = 'grant revoked'")" \
    王处合同到期
ok 'the chain holds' z verify
done_testing
