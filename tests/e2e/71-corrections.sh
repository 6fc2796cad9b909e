#!/bin/sh
# Shows that a clerk mends rejected.xlsx or rejected.csv and uploads that very
# file: the rows are accepted, their findings closed, the receipt says what it
# corrected; partly, again, and twice; and that nobody corrects another's rows.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

TRUTH=$ROOT/tests/data/samples/errors.csv

folder() { # ACCOUNT NAME
	find "$HOME_DIR/accounts/$1/reports" -type d -name "$2.*" | tail -1
}

take() { # ACCOUNT FILE: the receipt in $T/r
	z ingest --json --account "$1" "$2" >"$T/r" 2>"$T/err"
	comment <"$T/err"
}

open_rows() { # ID
	sql "SELECT count(DISTINCT file || row) FROM quality_issue WHERE
	    bundle = '$1' AND effect = 'reject' AND closed_by IS NULL"
}

refused() { # CODE
	jq -r '[.files[].error.code // empty] | unique | join(" ")' "$T/r"
}

ok 'an instance' instance
ok 'its departments' departments
sample GUOSHUI 2016-01 "$T/tax-2016-01.zip"
take ntb "$T/tax-2016-01.zip"
first=$(field "$T/r" .id)
n=$(jq '[.files[].rejected] | add' "$T/r")
book=$(folder ntb tax-2016-01.zip)/rejected.xlsx
list=$(folder ntb tax-2016-01.zip)/rejected.csv

# --- a workbook ----------------------------------------------------------------

is 'rows went back' "$(open_rows "$first")" "$n"
./reports.py mend "$book" "$T/rejected.xlsx" "$TRUTH" GUOSHUI/2016-01
take ntb "$T/rejected.xlsx"
mended=$(jq '[.files[].accepted] | add' "$T/r")
second=$(field "$T/r" .id)
ok 'most rows are accepted' test "$mended" -gt $((n / 2))
is 'as rows of the data set and period they were of' \
    "$(sql "SELECT dataset, period FROM bundle_file_t f JOIN bundle_t b ON
	b.no = f.bundle WHERE b.id = '$second'")" \
    'nat_tax_credit_grade|2016-01'
is 'the receipt says what it corrected' "$(jq -c '[.files[].corrects[]]' \
    "$T/r")" "[{\"bundle\":\"$first\",\"rows\":$mended}]"
is 'their findings are closed' "$(open_rows "$first")" $((n - mended))
is 'by that bundle' "$(sql "SELECT DISTINCT closed_by FROM quality_issue
    WHERE closed_by IS NOT NULL")" "$second"
is 'the other row goes back once more' "$(grep -c "^$second," \
    "$(folder ntb rejected.xlsx)/rejected.csv")" $((n - mended))
is 'a correction is no period of the trend' "$(jq -c '[.datasets[].trend[].bundle]
    | unique' "$(folder ntb rejected.xlsx)/report.json")" "[\"$first\"]"
cp "$T/r" "$T/before"
take ntb "$T/rejected.xlsx"
is 'the same correction twice: the same receipt' "$(cat "$T/r")" \
    "$(cat "$T/before")"

# --- once more, by the list -----------------------------------------------------

take ntb "$list"
is 'rows that were corrected stay so' "$(jq -r '[.files[].corrects[].rows] |
    add' "$T/r")" 0
./reports.py mendcsv "$list" "$T/list.csv" "$TRUTH" GUOSHUI/2016-01
take ntb "$T/list.csv"
is 'who corrects a row again is told so' "$(jq -r '[.files[].issues[] |
    select(.rule == "correction_again")] | length' "$T/r")" 1
is 'and nothing is counted twice' "$(jq '[.files[].corrects[].rows] | add' \
    "$T/r")" 0
sed 1q "$list" >"$T/one.csv"
sed -n 2p "$T/list.csv" >>"$T/one.csv"
take ntb "$T/one.csv"
is 'rows may be left out' "$(jq '[.files[].rows] | add' "$T/r")" 1

# --- several files in one list ---------------------------------------------------

sample GSJ 2016-01 "$T/register.zip"
take aic "$T/register.zip"
register=$(field "$T/r" .id)
n=$(open_rows "$register")
list=$(folder aic register.zip)/rejected.csv
files=$(grep -c '行号' "$list")
ok 'several files have rows that went back' test "$files" -gt 1
./reports.py mendcsv "$list" "$T/rejected.csv" "$TRUTH" GSJ/2016-01
take aic "$T/rejected.csv"
is 'each section is a file of its own' "$(jq '.files | length' "$T/r")" "$files"
is 'of the data set it was of' "$(jq -r '[.files[] | select(.error == null)
    | .dataset | select(startswith("aic_"))] | length' "$T/r")" "$files"
is 'what was accepted is closed' "$(open_rows "$register")" \
    $((n - $(jq '[.files[].accepted] | add' "$T/r")))
before=$(open_rows "$register")
back=$(folder aic rejected.csv)/rejected.csv
is 'the rest can be corrected once more' "$(grep -c '^01' "$back")" "$before"

# --- what cannot be ---------------------------------------------------------------

take mub "$T/rejected.xlsx"
is "another's rows: correction_unknown" "$(refused)" correction_unknown
is 'and nothing came of it' "$(jq '[.files[].accepted] | add' "$T/r")" 0
sed '2,$s/^[^,]*,/,/' "$T/rejected.csv" >"$T/cut.csv"
take aic "$T/cut.csv"
is 'the columns in front are cut: correction_columns' "$(refused |
    cut -d ' ' -f 1)" correction_columns
awk -F , 'NR == 1 || /^01/' OFS=, "$T/rejected.csv" | sed 's/\r$//' |
    sed '$s/^\([^,]*,[^,]*\),[0-9]*,/\1,x,/' >"$T/mixed.csv"
take aic "$T/mixed.csv"
ok 'rows below the header of another file: correction_mixed' \
    sh -c "jq -r '.files[].error.code' '$T/r' | grep -q correction_mixed"
ok 'a row number that is none: correction_row' sh -c "jq -r \
    '.files[].issues[].rule' '$T/r' | grep -q correction_row || jq -r \
    '.files[].error.code' '$T/r' | grep -q correction_"
printf '%s\n%s\n' "$(sed 1q "$T/list.csv")" "$(sed -n 2,3p "$T/list.csv" |
    sed '2s/^\([^,]*,[^,]*\),[0-9]*,/\1,,/')" >"$T/number.csv"
take ntb "$T/number.csv"
is 'the row number is gone: correction_row' "$(jq '[.files[].issues[] |
    select(.rule == "correction_row").count] | add' "$T/r")" 1

mkdir "$T/whole"
bills 3 | sed 's/2014-03,1,/2014-13,1,/; 2s/2014-03/2014-99/' \
    >"$T/whole/water_bill_monthly 201403.csv"
bills 4 | sed '3s/2014-03/2014-99/' >"$T/whole/水费 201403.csv"
printf '{"resources":[{"path":"water_bill_monthly 201403.csv","bytes":1}]}' \
    >"$T/whole/datapackage.json"
zip_dir "$T/whole.zip" "$T/whole"
take mub "$T/whole.zip"
take mub "$(folder mub whole.zip)/rejected.csv"
ok 'rows of a file that was refused: correction_whole' sh -c "jq -r \
    '.files[].error.code' '$T/r' | grep -q correction_whole"

# --- dry runs ----------------------------------------------------------------------

./reports.py mendcsv "$back" "$T/dry.csv" "$TRUTH" GSJ/2016-01
ok 'the server starts' serve || done_testing
printf 'put "%s" "/check/dry.csv"\n' "$back" | sftp_do aic >/dev/null
ok 'a correction may be tried' wait_receipt aic dry.csv
is 'which closes nothing' "$(open_rows "$register")" "$before"
stop
ok 'the ledger verifies' z verify
done_testing
