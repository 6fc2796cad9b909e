#!/bin/sh
# Shows that what was given and no longer stands is told to everybody who was
# given it, whatever the cause: a link found late or undone, enterprises merged
# and split, a full file that lacks a row, a mark, a repair, a clock, a consent;
# in the next number of a standing extract, and to who asked only once.
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
penalties=aic_case_penalty
qing=晋江市清源织造有限公司
mill=晋江市清源织造厂
sea=石狮市远洋制衣有限公司
later=泉州市丰泽区陶瓷艺术有限公司

ok 'an instance' instance
ok 'accounts' departments_of_enterprises
for bank in bank rival; do
	account "$bank" BANK institution "$bank"
	for table in $aic $bills $penalties; do
		give "$bank" "$table" "$(fields_of "$table")" 0 4
	done
done
ok 'the server starts' serve || done_testing
{
	registered
	firm $qing 350521124626049 91350521527041239C 陈明 晋江市青阳街道1号 2015-01-05
	firm $mill 350502120844783 91350502MAQ6156G8H 林海 晋江市陈埭镇5号 2015-04-05
	firm $sea 350503106172864 9135050333781355XJ 王强 石狮市灵秀镇3号 2015-03-05
} >"$T/qydj.csv"
ok 'the register' send aic register "$T/qydj.csv"
{
	water
	echo '3110731701,青源织造,某处,2016-01,10,20.00,20.00,0,2016-02-01'
} >"$T/ysjf.csv"
ok 'a bill under a doubtful name' send mub doubt "$T/ysjf.csv"
mill_id=$(enterprise_of $mill)
qing_id=$(enterprise_of $qing)

receipt_of() { # NAME SEQ: the receipt of a number
	receipt=
	for f in "$HOME_DIR"/accounts/bank/receipts/"$1"*.receipt.json; do
		[ -s "$f.sig" ] && jq -e ".query.standing.seq == $2" "$f" \
		    >/dev/null && receipt=$f
	done
	[ -n "$receipt" ]
}
number() { # SEQ
	wait_until 10 receipt_of watch "$1" && extract_of "$receipt"
}
changes_of() { # TABLE
	tr -d '"\r' <"$T/extract/data/$1.csv" | sed 1d |
	    awk -F, '{ print $NF }' | sort | uniq -c | awk '{ printf "%s%s %s", s, $1, $2; s = ", " }'
}
review() { # VERB ITEM [OPTION...]
	z review "$@" --person 张三 --reason 核对档案
}
noticed() { # ACCOUNT DATASET ENTERPRISE: what it was told of it, by date
	cat "$HOME_DIR/accounts/$1"/extracts/correction.*.json 2>/dev/null |
	    jq -r ".rows[] | select(.dataset == \"$2\" and .enterprise == \"$3\") | .what" |
	    sort | uniq -c | awk '{ printf "%s%s %s", s, $1, $2; s = ", " }'
}
told() { # ACCOUNT DATASET ENTERPRISE WANT
	wait_until 10 sh_told "$@"
}
sh_told() {
	[ "$(noticed "$1" "$2" "$3")" = "$4" ]
}
once() { # NAME DATASETS
	query rival "$1.json" '{"purpose": "loan_approval", "datasets": ['"$2"'],
	    "subjects": ["'"$mill"'"]}' && extract_of "$receipt"
}

# --- a link --------------------------------------------------------------------
ok 'a standing query' query bank watch.json '{"purpose": "loan_approval",
    "subjects": ["'"$mill"'"], "datasets": ["'"$aic"'", "'"$bills"'"],
    "subscribe": {"name": "watch", "every": "change"}}'
item=$(z review list --kind links --json | jq -r '.links[0].item')
ok 'a row is linked later' review accept "$item" --enterprise "$mill_id"
ok 'it makes the second number' number 2
is 'as added' "$(changes_of $bills) / $(changes_of $aic)" '1 added / '
ok 'another institution asks once' once link "\"$bills\", \"$aic\""
ok 'the link was wrong' review undo 1
ok 'it makes the third' number 3
is 'as withdrawn' "$(changes_of $bills)" '1 withdrawn'
is 'by its key, not by its values' "$(tr -d '"\r' <"$T/extract/data/$bills.csv" |
    sed 1d | tr ',' '\n' | grep . | tr '\n' ' ')" \
    "$mill_id 3110731701 2016-01 MUB 2016-02-01 withdrawn "
ok 'who asked once is told' told rival $bills "$mill_id" '1 withdrawn'

# --- enterprises ---------------------------------------------------------------
ok 'two enterprises are one' review accept "pair:$qing_id:$mill_id"
ok 'it makes the fourth' number 4
is 'of the one, with all that is its' "$(changes_of $aic)" '2 added'
is 'what was given as the other is withdrawn' "$(tr -d '"\r' \
    <"$T/extract/data/withdrawn.csv" | sed 1d)" \
    "$mill_id,$aic,$(z standards show $aic --json | jq -r .title),AIC,2015-04-05"
ok 'who asked once is told' told rival $aic "$mill_id" '1 withdrawn'
ok 'the merge was wrong' review reject merge:1
ok 'it makes the fifth' number 5
is 'of the other again' "$(changes_of $aic)" '1 added'

# --- a full file ---------------------------------------------------------------
ok 'asked once more' once full "\"$aic\""
is 'the package tells the corrections' "$(tr -d '"\r' \
    <"$T/extract/data/corrections.csv" | sed 1d | cut -d, -f 1,2,6 | sort)" \
    "$mill_id,$aic,withdrawn
$mill_id,$bills,withdrawn"
ok 'asked again' once full2 "\"$aic\""
fails 'it does not tell them twice' test -e "$T/extract/data/corrections.csv"
sed -i "/$mill/d" "$T/qydj.csv"
echo '{"name":"x","resources":[{"name":"r","path":"qydj.csv","mode":"full"}]}' \
    >"$T/datapackage.json"
ok 'a full file lacks the row' send aic all "$T/qydj.csv" "$T/datapackage.json"
ok 'it makes the sixth' number 6
is 'as withdrawn' "$(changes_of $aic)" '1 withdrawn'
ok 'who asked is told of each' told rival $aic "$mill_id" '3 withdrawn'

# --- marks and clocks ----------------------------------------------------------
{
	echo '企业名称,统一社会信用代码,异议编号,申请类别,数据集,字段,记录文号,应为,授权编号,理由,证据文件'
	echo "$sea,9135050333781355XJ,Y1,异议,企业基本登记信息,住所,,灵秀镇5号,,写错了,证据.pdf"
} >"$T/异议.csv"
echo '%PDF' >"$T/证据.pdf"
{
	echo '企业名称,注册号,处罚决定书文号,处罚理由,违法行为终止日期,公示截止期,处罚日期'
	echo "$sea,350503106172864,晋工商处〔2015〕1号,虚假宣传,,2097-01-01,2015-02-03"
} >"$T/案件处罚信息.csv"
ok 'a penalty' send aic pen "$T/案件处罚信息.csv"
ok 'another standing query' query bank marks.json '{"purpose": "loan_approval",
    "subjects": ["'"$sea"'", "'"$later"'"],
    "datasets": ["'"$aic"'", "'"$penalties"'"],
    "subscribe": {"name": "marks", "every": "change"}}'
mark() { # SEQ
	wait_until 10 receipt_of marks "$1" && extract_of "$receipt"
}
ok 'an objection' send ent y1 "$T/异议.csv" "$T/证据.pdf"
ok 'makes a number' mark 2
is 'of the row it marks' "$(changes_of $aic) $(tr -d '"\r' \
    <"$T/extract/data/$aic.csv" | sed 1d | awk -F, '{ print $(NF - 1) }')" \
    '1 changed address:1'
ok 'answered' z objection answer 1 --verdict confirmed --person 李科 --reason 核实
ok 'it makes one' mark 3
is 'of the row without the mark' "$(changes_of $aic) $(tr -d '"\r' \
    <"$T/extract/data/$aic.csv" | sed 1d | awk -F, '{ print $(NF - 1) }')" \
    '1 changed '
is 'what was the same is not told' "$(changes_of $penalties)" ''
sea_id=$(enterprise_of $sea)
stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE d_$penalties SET public_until =
    '2015-03-01'; UPDATE query_t SET ends = '2015-03-01+' WHERE ends <> ''"
ok 'days go by' serve
ok 'what is shown no longer makes a number' mark 4
is 'as withdrawn' "$(changes_of $penalties)" '1 withdrawn'
ok 'and is told to have expired' told bank $penalties "$sea_id" '1 expired'

# --- who was not known ----------------------------------------------------------
{
	registered
	firm $later 350503100000012 '' 何新 泉州市新街1号 2016-01-05
} >"$T/qydj.csv"
ok 'somebody who is watched is registered' send aic new "$T/qydj.csv"
ok 'that makes a number' mark 5
is 'with the row' "$(changes_of $aic)" '1 added'
is 'each file there is on record' "$(find "$HOME_DIR"/accounts/*/extracts -type f \
    ! -name '.*' | while read -r f; do
	sql "SELECT count(*) FROM access_log WHERE name = '${f##*/}' AND sha256 =
	    '$(sha256sum "$f" | cut -d ' ' -f 1)'"
done | sort -u)" 1
is 'numbers have no gaps' "$(sql "SELECT group_concat(seq, ' ') FROM (SELECT seq FROM
    query_t WHERE standing = 1 ORDER BY seq)")" '1 2 3 4 5 6'
ok 'the ledger holds' z verify
done_testing
