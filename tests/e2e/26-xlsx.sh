#!/bin/sh
# Shows that workbooks are taken like CSV: bare and in archives, every table a
# file, days and codes as a person sees them; that hostile ones and the old
# formats are refused with a sentence in two languages; and that another
# program reads what we write.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve
mkdir "$T/send" "$T/zip"

/usr/bin/python3 - "$T/send" <<'END' || exit 2
import datetime, sys, zipfile
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

to = sys.argv[1]
head = ["用户编号", "户名", "抄表年月", "用水量(吨)", "应缴金额(元)",
        "实缴金额(元)", "欠费金额(元)", "缴费日期"]


def water(sheet, first, n):
    sheet.append(["泉州市自来水缴费情况表"])
    sheet.merge_cells("A1:H1")
    sheet["A1"].font = Font(bold=True)
    sheet.append([])
    sheet.append(head)
    for i in range(n):
        sheet.append([f"{first + i:08d}", f"泉州市第{i}织造有限公司", "2016-01",
                      i + 1, (i + 1) * 2.85, (i + 1) * 2.85, 0,
                      datetime.date(2016, 1, i % 28 + 1)])
        sheet.cell(sheet.max_row, 8).number_format = 'yyyy"年"m"月"d"日"'
    sheet.row_dimensions[5].hidden = True
    sheet.append(["合计", None, None, n])


def save(name, epoch=None):
    b = Workbook()
    if epoch:
        b.epoch = epoch
    return b, f"{to}/{name}"


b, path = save("water_2016-01.xlsx")
b.active.title = "缴费"
water(b.active, 34, 20)
gas = b.create_sheet("燃气")
gas.append(["燃气户号", "户名", "抄表年月", "用气量(立方米)", "应缴金额(元)",
            "实缴金额(元)", "缴费日期"])
gas.append([500001, "丙公司", "2016-01", 3, 9.9, 9.9,
            datetime.date(2016, 1, 5)])
gas.append([None, "丁公司", "2016-01", 3, 9.9, 9.9, None])
b.create_sheet("填报说明").append(["户名", "写全称"])
b.create_sheet("Sheet3")
b.create_sheet("码").append(["x"])
b["码"].sheet_state = "hidden"
b.save(path)

b, path = save("mac.xlsx", CALENDAR_MAC_1904)
water(b.active, 9000, 1)
b.save(path)


def doctor(name, part, change):
    """A copy of mac.xlsx in which one part is another."""
    with zipfile.ZipFile(f"{to}/mac.xlsx") as old, \
            zipfile.ZipFile(f"{to}/{name}", "w", zipfile.ZIP_DEFLATED) as new:
        for m in old.namelist():
            text = old.read(m)
            new.writestr(m, change(text) if m == part else text)


sheet = "xl/worksheets/sheet1.xml"
doctor("entity.xlsx", sheet, lambda t: b'<?xml version="1.0"?><!DOCTYPE x '
       b'[<!ENTITY e SYSTEM "file:///etc/passwd">]>' + t)
doctor("cut.xlsx", sheet, lambda t: t[:len(t) // 2])
doctor("deep.xlsx", sheet, lambda t: b"<a>" * 1000)
doctor("bomb.xlsx", sheet, lambda t: b"<worksheet><sheetData><row><c t='str'>"
       b"<v>" + b"a" * 300000000 + b"</v></c></row></sheetData></worksheet>")
doctor("macros.xlsx", "xl/_rels/workbook.xml.rels", lambda t: t.replace(
    b"</Relationships>", b'<Relationship Id="m" Type="http://schemas.'
    b'microsoft.com/office/2006/relationships/vbaProject" '
    b'Target="vbaProject.bin"/></Relationships>'))
END

send() { # NAME
	put mub "$T/send/$1" >"$T/said" 2>&1
	receipt=$(wait_receipt mub "$1" 30)
}
says() { # FILTER
	jq -r "$1" "${receipt:-/dev/null}" 2>&1
}
files() {
	says '[.files[] | "\(.path) \(.dataset) \(.rows)=\(.accepted)+\(.rejected)"
	    + (if .error then " " + .error.code else "" end)] | join("; ")'
}

# --- tables of a workbook ----------------------------------------------------

send water_2016-01.xlsx
is 'every table is a file' "$(files)" "water_2016-01.xlsx#缴费 \
water_bill_monthly 20=20+0; water_2016-01.xlsx#燃气 gas_bill_monthly 2=1+1"
ok 'its receipt is good' good_receipt "$receipt"
is 'it says how it was read' "$(says '.files[0].encoding')" XLSX
is 'the hidden sheet is told' "$(says \
    '[.files[].issues[] | select(.rule == "sheet_hidden") | .count] | add')" 1
is 'codes keep their zeros, days are days, rows their numbers' "$(sql \
    "SELECT account_no, paid_on, _row, _file FROM std_water_bill_monthly
    ORDER BY _row LIMIT 1")" \
    '00000034|2016-01-01|4|water_2016-01.xlsx#缴费'
is 'amounts have no noise' "$(sql "SELECT amount_due FROM
    std_water_bill_monthly WHERE account_no = '00000036'")" 8.55
is 'a hidden row is a row' "$(sql "SELECT _row FROM std_water_bill_monthly
    WHERE account_no = '00000035'")" 5
report=$(find "$HOME_DIR/accounts/mub/reports" -name 'rejected*.csv' | head -1)
is 'the rejected row comes back with its number' \
    "$(tail -1 "${report:-/dev/null}" | cut -d , -f 2,3)" \
    'water_2016-01.xlsx#燃气,3'

send mac.xlsx
is 'days from 1904 are the same days' "$(sql "SELECT paid_on FROM
    std_water_bill_monthly WHERE account_no = '00009000'")" 2016-01-01

# --- in an archive -----------------------------------------------------------

cp "$T/send/mac.xlsx" "$T/zip/a.xlsx"
bills 3 >"$T/zip/water_bill_monthly_2014-03.csv"
sum=$(sha256sum "$T/zip/a.xlsx" | cut -d ' ' -f 1)
cat >"$T/zip/datapackage.json" <<END
{ "resources": [ { "path": "a.xlsx", "rows": 1, "hash": "sha256:$sum",
    "schema": "water_bill_monthly" },
  { "path": "water_bill_monthly_2014-03.csv" } ] }
END
zip_dir "$T/send/both.zip" "$T/zip"
send both.zip
is 'beside a CSV, as the package says' "$(says '[.outcome,
    ([.files[].accepted] | add)] | tostring')" '["accepted",4]'
is 'unchanged there, as it is' "$(says '[.files[] |
    select(.path | startswith("a.xlsx")) | .unchanged] | add')" 1
(cd "$T/zip" && tar czf "$T/send/one.tar.gz" a.xlsx)
send one.tar.gz
is 'in a tar.gz' "$(files)" 'a.xlsx#Sheet water_bill_monthly 1=1+0'

# --- what is refused ---------------------------------------------------------

while read -r file rule <&3; do
	send "$file"
	is "$file is rejected" "$(says '.outcome')" rejected
	is "$file: $rule" "$(says '.error.code // .files[0].error.code')" \
	    "$rule"
done 3<<END
entity.xlsx xlsx_doctype
cut.xlsx xlsx_damaged
deep.xlsx xlsx_damaged
bomb.xlsx unpacked_ratio
END
send macros.xlsx
is 'macros are told and left alone' "$(says '[.files[].issues[] |
    select(.rule == "xlsx_macros") | .count] | add')" 1

printf '\320\317\021\340\241\261\032\341 and so on' >"$T/send/old.xls"
printf '\003\164\001\001' >"$T/send/old.dbf"
for kind in xls dbf; do
	# sftp(1) prints the kind of failure only; others print what they are told.
	echo "send $T/send/old.$kind /upload/old.$kind" | ./client.py "$PORT" \
	    mub "$T/keys/mub" >"$T/said" 2>&1
	is ".$kind is refused at once, with advice" \
	    "$(grep -c 'save it as' "$T/said")" 1
	z ingest --account mub "$T/send/old.$kind" >"$T/said" 2>&1
	is ".$kind: by the command line too, in Chinese" \
	    "$(grep -c '另存为' "$T/said")" 1
done
is 'nobody died of it' "$(server_log | grep -c ' died role=')" 0
ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify

# --- what we write -----------------------------------------------------------

z standards template water_bill_monthly --format xlsx >"$T/template.xlsx"
is 'another program reads what we write' "$(/usr/bin/python3 - \
    "$T/template.xlsx" <<'END'
import sys
from openpyxl import load_workbook
b = load_workbook(sys.argv[1])
s = b.worksheets[0]
head = [c.value for c in s[1]]
lists = [v for v in s.data_validations.dataValidation if v.type == "list"]
print("用户号" in head, s.column_dimensions["A"].number_format, s["A1"].font.b, s.freeze_panes,
      len(lists) > 0, [x.title for x in b.worksheets][1:],
      b.worksheets[-1].sheet_state)
END
)" "True @ True A2 True ['填写说明', '代码表'] hidden"
done_testing
