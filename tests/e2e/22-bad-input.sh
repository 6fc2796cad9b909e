#!/bin/sh
# Shows that hostile archives and broken tables are refused or mended with a
# sentence in two languages, that every bad row comes back, and that the service
# goes on. BAD_ROWS=how many of them.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing
BAD_ROWS=${BAD_ROWS:-20000}
BAD=$ROOT/tests/data/containers/bad
TORTURE=$ROOT/tests/data/torture
mkdir "$T/send"

# Puts what can fail at CLOSE, and waits for the result.
send() { # NAME
	put mub "$T/send/$1" >"$T/said" 2>&1
	receipt=$(wait_receipt mub "$1" 90)
}
# All a receipt says.
says() { # FILTER
	jq -r "$1" "${receipt:-/dev/null}" 2>&1
}
words() { # en or zh
	says "[.message.$1, (.files[] | .error.$1?)] | map(select(. != null)) |
	    join(\"; \")"
}
rules() {
	says '[.files[] | .error.code?, (.issues // [])[].rule] |
	    map(select(. != null)) | unique | join(" ")'
}
has_rule() { # CODE
	rules | tr ' ' '\n' | grep -qx "$1"
}

# --- archives --------------------------------------------------------------

while read -r file word <&3; do
	cp "$BAD/$file" "$T/send/$file"
	send "$file"
	is "$file is rejected" "$(says .outcome)" rejected
	is "$file: in English" "$(words en | grep -c "$word")" 1
	ok "$file: in Chinese" test -n "$(words zh)"
done 3<<EOF
path0.zip absolute
path1.zip absolute
path2.zip absolute
up.tar.gz absolute
symlink.zip link
symlink.tar.gz link
hardlink.tar.gz link
device.zip special
nested.zip itself
nested.tar.gz itself
hidden.zip hidden
overlap.zip over
disagree.zip different
twice.zip twice
twice.tar.gz twice
crc.tar.gz checksum
joined.tar.gz joined
onlytext.zip data
EOF

# A bomb: 300 MB of one letter in 300 KB.
mkdir "$T/bomb"
{
	bills 1
	head -c 300000000 /dev/zero | tr '\0' 'a'
} >"$T/bomb/water.csv"
zip_dir "$T/send/bomb.zip" "$T/bomb"
rm -r "$T/bomb"
ok 'the bomb is small' test "$(stat -c %s "$T/send/bomb.zip")" -lt 1000000
send bomb.zip
is 'a bomb is rejected' "$(says .outcome)" rejected

# What real systems make has to pass.
for file in gbk.zip macos.zip gbk.tar 7z.zip java.zip python.zip a.tar.xz \
    a.tar.zst a.tar.bz2; do
	cp "$ROOT/tests/data/containers/good/$file" "$T/send/$file"
	ok "$file passes the door" put mub "$T/send/$file"
done
mkdir "$T/mac"
bills 3 >"$T/mac/water_bill_monthly_2014-03.csv"
mkdir "$T/mac/__MACOSX"
printf 'Mac OS X' >"$T/mac/__MACOSX/._water_bill_monthly_2014-03.csv"
printf 'x' >"$T/mac/.DS_Store"
zip_dir "$T/send/mac.zip" "$T/mac"
send mac.zip
is 'extras of macOS are passed over' "$(says \
    '.outcome + " " + (.files | length | tostring)')" 'accepted 1'

# --- tables ----------------------------------------------------------------

for file in "$TORTURE"/*.csv; do
	cp "$file" "$T/send/"
done
head1=$(bills 1 | head -1)
rows() { # MONTH N
	bills "$2" | tail -n +2 | sed "s/2014-03/2012-$1/"
}
encoded() { # NAME MONTH ENCODING
	{
		echo "$head1"
		rows "$2" 4
	} | iconv -f UTF-8 -t "$3" >"$T/send/$1"
}
encoded gbk.csv 01 GBK
encoded utf16.csv 02 UTF-16
encoded bom.csv 03 UTF-8
{
	printf '\357\273\277'
	cat "$T/send/bom.csv"
} >"$T/send/bom2.csv"
mv "$T/send/bom2.csv" "$T/send/bom.csv"
for file in gbk utf16 bom; do
	send $file.csv
	is "$file.csv: detected, accepted" \
	    "$(says '.outcome + " " + (.files[0].accepted | tostring)')" \
	    'accepted 4'
done
is 'names came through' "$(sql "SELECT count(*) FROM std_water_bill_monthly
    WHERE entity_name = '泉州市第1水暖有限公司'")" 4

# Bytes that are no encoding: the row is named, the file is read.
{
	echo "$head1"
	rows 04 3
	printf '20000001,\377\376\201,x,2012-04,1,1.00,1.00,0.00,2012-05-01\n'
} >"$T/send/broken-bytes.csv"
send broken-bytes.csv
is 'bytes of no encoding do not change how the others are read' \
    "$(says '[.outcome, .files[0].rows, .files[0].encoding] | tostring')" \
    '["accepted",4,"UTF-8"]'
ok 'and are named' has_rule dirty_text

{
	echo "$head1"
	rows 05 3
	printf '20000002,"never closed,x,2012-05,1,1.00,1.00,0.00,2012-06-01\n'
	rows 05 5 | tail -2
} >"$T/send/quote.csv"
send quote.csv
is 'an unclosed quote loses its row' "$(says '[.outcome,
    .files[0].rejected >= 1, .files[0].accepted >= 3] | tostring')" \
    '["partial",true,true]'
ok 'and names the line' has_rule csv_quote

printf '甲,乙,丙\n1,2,3\n' >"$T/send/unknown.csv"
send unknown.csv
is 'an unknown dataset is rejected' "$(says .outcome)" rejected
is 'the nearest are named' "$(words en | grep -cE '(water|gas)_')" 1

bills 3 | cut -d , -f 2,3,5-9 | sed 's/2014-03/2012-06/' \
    >"$T/send/water_bill_monthly_201206.csv"
send water_bill_monthly_201206.csv
is 'a missing key column is rejected' "$(says .outcome)" rejected
is 'and named' "$(words zh | grep -c 用户)" 1

echo "$head1" >"$T/send/water_bill_monthly_201207.csv"
send water_bill_monthly_201207.csv
is 'a header and no rows is a nil report' \
    "$(says '[.outcome, .files[0].dataset, .files[0].rows] | tostring')" \
    '["accepted","water_bill_monthly",0]'
printf '{"dataset":"gas_bill_monthly","period":"2012-07","reason":"检修"}' \
    >"$T/send/nil.json"
send nil.json
is 'nil.json too' "$(says '[.outcome, .files[0].dataset, .files[0].rows,
    .files[0].issues[0].rule] | tostring')" \
    '["accepted","gas_bill_monthly",0,"nil_report"]'
printf '{"dataset":"water_bills","period":"2012-07","reason":"检修"}' \
    >"$T/send/nil.json"
put mub "$T/send/nil.json" >/dev/null 2>&1
results() { # N
	[ "$(receipts mub nil.json | wc -l)" = "$1" ]
}
ok 'a nil.json of no dataset has a receipt' wait_until 15 results 2
receipt=$(receipts mub nil.json | tail -1)
is 'and is rejected' "$(says '[.outcome, .files[0].error.code] | tostring')" \
    '["rejected","dataset_declared"]'
printf '{"dataset":' >"$T/send/nil.json"
put mub "$T/send/nil.json" >/dev/null 2>&1
ok 'half a nil.json has a receipt' wait_until 15 results 3
receipt=$(receipts mub nil.json | tail -1)
is 'and is rejected' "$(says .outcome)" rejected

mkdir "$T/package"
{
	echo "$head1"
	rows 08 3
} >"$T/package/a.csv"
{
	echo "$head1"
	rows 09 3
} >"$T/package/b.csv"
cat >"$T/package/datapackage.json" <<EOF
{ "name": "x", "resources": [
  { "path": "a.csv", "schema": "water_bill_monthly", "period": "2012-08",
    "hash": "sha256:$(sha256sum "$T/package/a.csv" | cut -d ' ' -f 1)" },
  { "path": "b.csv", "schema": "water_bill_monthly", "period": "2012-09",
    "hash": "sha256:$(sha256sum "$T/package/a.csv" | cut -d ' ' -f 1)" } ] }
EOF
zip_dir "$T/send/package.zip" "$T/package"
send package.zip
is 'a hash that does not hold refuses its file only' "$(says \
    '[.outcome, ([.files[] | select(.path == "b.csv") | .error != null][0]),
    ([.files[] | select(.path == "a.csv") | .accepted][0])] | tostring')" \
    '["partial",true,3]'

for file in "$TORTURE"/*.csv; do
	name=${file##*/}
	send "$name"
	ok "torture: $name ends in a good receipt" good_receipt "$receipt"
done

# --- every bad row comes back ------------------------------------------------

bills "$BAD_ROWS" | sed 's/2014-03/2012-99/' >"$T/send/many.csv"
send many.csv
is "$BAD_ROWS bad rows" "$(says '.files[0].rejected')" "$BAD_ROWS"
report=$(find "$HOME_DIR/accounts/mub/reports" -path "*many.csv.$(says .id)*" \
    -name 'rejected*.csv' | head -1)
is 'as many lines come back' "$(tail -n +2 "${report:-/dev/null}" | wc -l)" \
    "$BAD_ROWS"
echo 'ls -1 /reports/many.csv.*' | sftp_do mub >"$T/said" 2>&1
ok 'the department sees them in /reports' grep -q rejected.csv "$T/said"
is 'quality_issue has them' "$(sql "SELECT count(DISTINCT row) FROM
    quality_issue WHERE bundle = '$(says .id)' AND effect = 'reject'")" "$BAD_ROWS"
ok 'a sentence for each' sh -c "head -3 '${report:-/dev/null}' |
    tail -1 | grep -q 2012-99"

{
	echo "$head1"
	rows 10 10
} >"$T/send/good.csv"
send good.csv
is 'the service goes on' "$(says '.outcome')" accepted
ok 'each upload has exactly one result' one_result_each mub
ok 'every rule of a receipt is in the catalogue' sh -c "
    cat $HOME_DIR/accounts/mub/receipts/*.receipt.json |
	jq -r '.files[] | .error.code?, (.issues // [])[].rule |
	    select(. != null)' | sort -u >$T/used
    $ZAYTON errors list --json | jq -r '.[].code' | sort >$T/known
    ! comm -23 $T/used $T/known | grep ."
is 'nobody died of it' "$(server_log | grep -c ' died role=')" 0
ok 'the ledger verifies' z verify
done_testing
