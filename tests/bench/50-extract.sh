#!/bin/sh
# What extracts cost among 80,000 enterprises and ten data sets, 1,280,000 rows:
# (a) 1,000 enterprises of all ten, (b) the whole register in each form,
# (c) how long after the receipt of a penalty its watcher has the increment.
# What is given is compared with the base each time. Processor time is that of
# the extract role and of the keeper; wall clock means little on a busy machine.
. "$(dirname "$0")/lib.sh"
ENTERPRISES=${ENTERPRISES:-80000}
NOTICES=${NOTICES:-10}
DEPARTMENTS='aic:AIC qts:QTS ntb:NTB ltb:LTB hrss:HRSS mub:MUB sgcc:SGCC'
SENT='aic qts ntb ltb hrss mub sgcc aic-year qts-year ntb-year'
aic=aic_enterprise_registration
ALL="$aic qts_org_code nat_tax_taxpayer loc_tax_taxpayer
    hrss_employment_insurance water_bill_monthly power_bill_monthly
    aic_annual_inspection qts_org_code_annual_review nat_tax_credit_grade"

z() {
	"$ZAYTON" -C "$W/home" "$@"
}
base() {
	sqlite3 -readonly -cmd '.timeout 10000' "$W/home/exchange.db" "$1"
}
cpu_of() { # PID: milliseconds
	awk '{ print ($14 + $15) * 10 }' "/proc/$1/stat"
}

mkdir "$W/data"
# shellcheck disable=SC2086 # a list of words
python3 "$ROOT/tests/bench/month.py" "$W/data" "$ENTERPRISES" 2016-01 $SENT
"$ZAYTON" init "$W/home" >/dev/null
for pair in $DEPARTMENTS; do
	z account add "${pair%:*}" --role department --provider "${pair#*:}" \
	    --key "$W/key.pub" >/dev/null
done
z account add bank --role institution --provider BANK --unit 银行 \
    --key "$W/key.pub" >/dev/null
echo 'queries_per_day = 1000' >>"$W/home/zayton.conf"
for dataset in $ALL aic_case_penalty; do
	fields=$(z standards show "$dataset" --json |
	    jq -r '[.fields[].name] | join(" ")')
	sqlite3 "$W/home/exchange.db" "INSERT INTO grant_t (account, dataset,
	    named, fields, \"full\", whom, division, purpose, form, from_day,
	    until, data_from, data_until, life, times, every, reference,
	    evidence, signer, person, reason, at, state) VALUES ('bank',
	    '$dataset', 1, '$fields', '', 0, '', 'loan_approval', 4,
	    '2014-01-01', '2099-12-31', '', '', 0, 0, 0, 'r', 'e', 's', 'p',
	    'w', '2014-01-01', 1)"
done
: >"$W/log"
"$ZAYTON" -C "$W/home" serve --listen "127.0.0.1:$(free_port)" >"$W/log" 2>&1 &
SERVER=$!
PIDS="$PIDS $SERVER"
until grep -q 'ready listen' "$W/log"; do sleep 0.1; done
KEEPER=$(pgrep -P "$SERVER" -f -- '-x keeper' | head -1)
for who in $SENT; do
	z ingest --account "${who%-year}" "$W/data/$who-2016-01.zip" >/dev/null ||
	    fail "$who was not taken"
done
until [ "$(base 'SELECT count(*) FROM touched_t')" = 0 ]; do sleep 0.2; done

# A query; $took wall clock, $role and $keeper processor time in seconds.
given() { # FILE
	_at=$(cpu_of "$KEEPER")
	took=$(seconds z extract --account bank "$1")
	keeper=$(awk -v a="$_at" -v b="$(cpu_of "$KEEPER")" \
	    'BEGIN { printf "%.2f", (b - a) / 1000 }')
	role=$(grep ' extract ended ' "$W/log" | tail -1)
	memory=$(echo "${role##*memory_kb=}" | awk '{ printf "%.0f", $1 / 1024 }')
	role=$(echo "${role#*processor_ms=}" | awk '{ printf "%.2f", $1 / 1000 }')
	file=$(base "SELECT file FROM query_t ORDER BY no DESC LIMIT 1")
	rm -rf "$W/got"
	unzip -q -d "$W/got" "$W/home/accounts/bank/extracts/$file"
}

table_begin
base "SELECT reg_no FROM enterprise WHERE reg_no IS NOT NULL ORDER BY
    reg_no DESC LIMIT 1000" >"$W/numbers"
# shellcheck disable=SC2086 # a list of words
jq -Rn --arg all "$(printf "%s " $ALL)" '{purpose: "loan_approval",
    subjects: [inputs | {reg_no: .}], datasets: ($all | split(" ") | map(select(. != "")))}' \
    <"$W/numbers" >"$W/thousand.json"
given "$W/thousand.json"
[ "$(tail -q -n +2 "$W"/got/data/[a-r]*.csv "$W"/got/data/w*.csv | wc -l)" = 16000 ] ||
    fail 'not the rows of 1,000 enterprises'
at_most '1,000 enterprises, 10 data sets: wall' s "$took" 1
at_most '1,000 enterprises: extract, processor' s "$role" 1
fact '1,000 enterprises: keeper, processor' s "$keeper"

jq -n --arg d $aic '{purpose: "loan_approval", subjects: "all", datasets: [$d]}' \
    >"$W/register.json"
reference() {
	sqlite3 -readonly -csv -cmd '.timeout 10000' "$W/home/exchange.db" \
	    "SELECT * FROM d_$aic WHERE _to IS NULL" >"$W/reference.csv"
}
for format in csv jsonl xlsx sqlite; do
	jq ".format = \"$format\"" "$W/register.json" >"$W/r-$format.json"
	theirs=$(seconds reference)
	given "$W/r-$format.json"
	line "register, $format: wall, sqlite3 -csv" s "$took" "$theirs" \
	    "$(awk -v a="$took" -v b="$theirs" 'BEGIN { printf "%.2f", b / a }')" \
	    '<=2 s' "$(awk -v a="$took" 'BEGIN { print (a <= 2) }')"
	at_most "register, $format: extract, processor" s "$role" 2
	fact "register, $format: keeper, processor" s "$keeper"
	at_most "register, $format: extract, memory" MB "$memory" 64
	case $format in
	csv) python3 -c 'import csv, sys
for r in csv.DictReader(open(sys.argv[1], encoding="utf-8-sig")):
    print(r["reg_no"], r["entity_name"], sep="|")' "$W/got/data/$aic.csv" ;;
	jsonl) jq -r '"\(.reg_no)|\(.entity_name)"' "$W/got/data/$aic.jsonl" ;;
	sqlite) sqlite3 "$W/got/data.sqlite" "SELECT reg_no, entity_name FROM $aic" ;;
	xlsx) unzip -p "$W/got/data.xlsx" xl/worksheets/sheet1.xml |
	    grep -o '<row ' | tail -n +2 ;;
	esac | sort >"$W/given"
	base "SELECT reg_no, entity_name FROM d_$aic WHERE _to IS NULL" |
	    sort >"$W/due"
	[ "$format" != xlsx ] || sed -i 's/.*/<row /' "$W/due"
	[ "$(wc -l <"$W/due")" = "$ENTERPRISES" ] ||
		fail "$format: not all of the register"
	cmp "$W/due" "$W/given" || fail "$format: not the register"
done
at_most 'keeper, memory' MB \
    "$(awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$KEEPER/status")" 192

# --- a penalty of a watched enterprise --------------------------------------
number=$(sed -n 500p "$W/numbers")
name=$(base "SELECT entity_name FROM enterprise WHERE reg_no = '$number'")
jq '.datasets += ["aic_case_penalty"] | .subscribe = {name: "watch",
    every: "change"}' "$W/thousand.json" >"$W/watch.json"
given "$W/watch.json"
seq_of() {
	base "SELECT count(*) FROM query_t WHERE standing IS NOT NULL AND state = 'placed'"
}
: >"$W/notices"
for i in $(seq "$NOTICES"); do
	before=$(seq_of)
	printf '%s\n%s\n' '企业名称,注册号,行政处罚决定书文号,处罚理由,处罚类别,罚款金额,处罚日期,处罚机关' \
	    "$name,$number,泉工商处〔2016〕$i号,虚假宣传,罚款,1000.00,2016-02-0$((i % 9 + 1)),泉州市工商行政管理局" \
	    >"$W/penalty-$i.csv"
	z ingest --account aic "$W/penalty-$i.csv" >"$W/said" || fail "$(cat "$W/said")"
	from=$(date +%s%N)
	until [ "$(seq_of)" -gt "$before" ]; do
		[ $(($(date +%s%N) - from)) -lt 60000000000 ] ||
		    fail "no increment of penalty $i"
		sleep 0.02
	done
	echo $((($(date +%s%N) - from) / 1000000)) >>"$W/notices"
done
sort -n "$W/notices" | awk '{ v[NR] = $1 } END {
    printf "%.3f %.3f\n", v[int((NR + 1) / 2)] / 1000, v[NR] / 1000 }' >"$W/notice"
read -r p50 most <"$W/notice"
at_most 'receipt to increment, median' s "$p50" 2
at_most 'receipt to increment, longest' s "$most" 2
table_end
