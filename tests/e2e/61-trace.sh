#!/bin/sh
# Shows that a leaked extract names its receiver: whole, with rows left out,
# sorted anew, as CSV and as lines of JSON; as a workbook, saved again by another
# program too, as a base and as the whole package; and that no fact differs
# between the receivers.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

table=water_bill_monthly
banks='bank1 bank2 bank3 bank4 bank5'
ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'two enterprises' firms
{
	water
	for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
		echo "10000001,晋江市清源织造有限公司,泉州市丰泽区东海街1号,2014-$month,100,2$month.50,2$month.50,0.00,2014-$month-28"
		echo "10000002,石狮市远洋制衣有限公司,泉州市丰泽区东海街2号,2014-$month,7,1$month.00,1$month.00,0.00,2014-$month-20"
	done
} >"$T/more.csv"
ok 'two years of bills' send mub more "$T/more.csv"
for bank in $banks; do
	account "$bank" BANK institution "$bank"
	give "$bank" "$table" "$(fields_of $table)" 0 4
done
for format in csv jsonl; do
	for bank in $banks; do
		printf '%s\n' '{"purpose": "loan_approval", "subjects": "all",
		    "datasets": ["'$table'"], "format": "'$format'"}' >"$T/q.json"
		z extract --account "$bank" "$T/q.json" >"$T/.said" 2>&1
		rm -rf "$T/extract"
		unzip -q -d "$T/extract" "$HOME_DIR/$(sed -n \
		    's/^ *\(accounts.*\)/\1/p' "$T/.said")"
		cp "$T/extract/data/$table.$format" "$T/$bank.$format"
	done
done
is 'five receivers, five files' "$(sha256sum "$T"/bank*.csv | cut -c 1-64 |
    sort -u | wc -l)" 5
is 'the same facts in each' "$(for bank in $banks; do
	tr -d '"' <"$T/$bank.csv" | sort | sha256sum
done | sort -u | wc -l)" 1

for bank in $banks; do
	ok "the file of $bank is its own" sh -c "'$ZAYTON' -C '$HOME_DIR' \
	    trace '$T/$bank.csv' | head -1 | grep -q ': $bank\$'"
done
{
	head -1 "$T/bank3.csv"
	sed 1d "$T/bank3.csv" | awk 'NR % 20 != 7' | shuf --random-source=/dev/zero
} >"$T/leaked.csv"
z trace "$T/leaked.csv" >"$T/traced"
is 'a twentieth left out, the rest in another order' "$(head -1 "$T/traced" |
    sed 's/.*: //')" bank3
comment <"$T/traced"
shuf -n 20 --random-source=/dev/zero "$T/bank2.jsonl" >"$T/leaked.jsonl"
is 'some lines of JSON' "$(z trace "$T/leaked.jsonl" | head -1 |
    sed 's/.*: //')" bank2
tr -d '"' <"$T/bank4.csv" | sort >"$T/plain.csv"
exits 1 'without its marks nobody is named' z trace "$T/plain.csv"
head -3 "$T/bank4.csv" >"$T/short.csv"
exits 1 'nor by a line or two' z trace "$T/short.csv"

# --- by their order: a workbook, a base, a package ------------------------------
register=aic_enterprise_registration
python3 "$ROOT/tests/bench/month.py" "$T" 40 2016-01 aic
ok 'forty enterprises more' z ingest --account aic "$T/aic-2016-01.zip"
for bank in bank1 bank2; do
	give "$bank" $register "$(fields_of $register)" 0 4
	for format in xlsx sqlite; do
		printf '%s\n' '{"purpose": "loan_approval", "subjects": "all",
		    "datasets": ["'$register'"], "format": "'$format'"}' >"$T/q.json"
		z extract --account "$bank" "$T/q.json" >"$T/.said" 2>&1
		cp "$HOME_DIR/$(sed -n 's/^ *\(accounts.*\)/\1/p' "$T/.said")" \
		    "$T/$bank.$format.zip"
		unzip -q -o -d "$T/$bank.d" "$T/$bank.$format.zip"
	done
done
names() { # FILE
	z trace "$1" | head -1 | sed 's/.*: //'
}
is 'a workbook' "$(names "$T/bank2.d/data.xlsx")" bank2
is 'a base' "$(names "$T/bank1.d/data.sqlite")" bank1
sqlite3 "$T/bank1.d/data.sqlite" "DELETE FROM $register WHERE rowid % 20 = 7;
    VACUUM"
is 'with a twentieth left out' "$(names "$T/bank1.d/data.sqlite")" bank1
is 'the whole package' "$(names "$T/bank2.xlsx.zip")" bank2
is 'of a base too' "$(names "$T/bank2.sqlite.zip")" bank2
sqlite3 "$T/bank2.d/data.sqlite" "CREATE TABLE s AS SELECT * FROM $register
    ORDER BY _enterprise; DROP TABLE $register"
is 'sorted it is nobodys' "$(names "$T/bank2.d/data.sqlite")" \
    '无法确定 / cannot be told'
ok 'and told so' sh -c "'$ZAYTON' -C '$HOME_DIR' trace '$T/bank2.d/data.sqlite' |
    grep -q 'were made anew\|its writing'"
if command -v soffice >/dev/null; then
	HOME=$T soffice --headless --convert-to xlsx --outdir "$T/saved" \
	    "$T/bank2.d/data.xlsx" >/dev/null 2>&1
	is 'a workbook that another program saved' "$(names "$T/saved/data.xlsx")" \
	    bank2
else
	skip 'a workbook that another program saved' 'no LibreOffice'
fi
exits 1 'a picture is nobodys' z trace "$ROOT/build/zayton"
done_testing
