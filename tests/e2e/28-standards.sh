#!/bin/sh
# Shows that a standard changes without losing anybody: versions are compared,
# published with a name and a reason, taken side by side; broken standards and
# code tables are named and change nothing; counties begin one after the other;
# the data says what should change; templates filled in pass.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

w=water_bill_monthly
now() { # the version in force
	z standards list --json |
	    jq -r ".[] | select(.dataset == \"$w\" and .state == \"in force\").version"
}
new_version() { # VERSION FILTER
	jq ".version = \"$1\" | $2" "$HOME_DIR/schemas/$w.1.0.json" \
	    >"$HOME_DIR/schemas/$w.$1.json"
}
publish() { # VERSION OPTION...
	v=$1
	shift
	z standards publish "$w" "$v" --person 张三 --reason 试验 "$@"
}
send() { # FILE
	put mub "$1" >/dev/null
}
issues() { # BUNDLE
	sql "SELECT group_concat(rule || ':' || value, ' ') FROM quality_issue q
	    JOIN bundle b ON b.id = q.bundle WHERE b.name = '$1' AND rule IN
	    ('standard_old', 'division_early', 'division_closed')"
}
standard_of() { # BUNDLE
	sql "SELECT f.standard FROM bundle_file_t f JOIN bundle_t b ON
	    b.no = f.bundle WHERE b.name = '$1'"
}

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing
is 'what is shipped is published' "$(sql "SELECT count(*) FROM publication
    WHERE person = 'zayton'")" \
    "$(find "$ROOT/schemas" -name '*.json' | wc -l | tr -d ' ')"

# --- templates ---------------------------------------------------------------

bad=
for pair in $(z standards list --json | jq -r '.[] | .dataset + ":" + .provider')
do
	dataset=${pair%:*}
	for kind in csv xlsx; do
		z standards template "$dataset" --format $kind --example \
		    >"$T/$dataset.$kind"
		z check --provider "${pair#*:}" --json "$T/$dataset.$kind" |
		    jq -e '.outcome == "accepted" and (.files[0].issues | map(select(.rule != "rows_routed"))) == [] and
		.files[0].accepted == 1' >/dev/null ||
		    bad="$bad $dataset.$kind"
	done
done
is 'every template filled with its examples passes without a finding' "$bad" ''
ok 'as JSON' sh -c "'$ZAYTON' -C '$HOME_DIR' standards template $w --json |
    jq -e .fields >/dev/null"
z standards template $w --html >"$T/page.html"
ok 'as a page' grep -q 用水性质 "$T/page.html"
is 'which fetches nothing' "$(grep -ciE '<script|src=|href=' "$T/page.html")" 0
printf 'get /standards/%s.1.0.csv %s\nget /standards/mub.html %s\n' $w \
    "$T/template.csv" "$T/mub.html" | sftp_do mub >/dev/null 2>&1
z standards template $w --format xlsx --example >"$T/book.xlsx"
ok 'as a workbook' unzip -tq "$T/book.xlsx"
ok 'with lists to choose codes from' sh -c "unzip -p '$T/book.xlsx' \
    xl/worksheets/sheet1.xml | grep -q '<dataValidation type=\"list\"'"
ok 'and a sheet that explains' sh -c "unzip -p '$T/book.xlsx' \
    xl/workbook.xml | grep -q '填写说明'"
z standards template $w --format xlsx --example >"$T/again.xlsx"
ok 'the same standard makes the same workbook' \
    cmp "$T/book.xlsx" "$T/again.xlsx"
for kind in xlsx csv json; do
	is "each standard stands in /standards as $kind" "$(find \
	    "$HOME_DIR/standards" -name "*.*.$kind" | wc -l | tr -d ' ')" \
	    "$(find "$ROOT/schemas" -name '*.json' | wc -l | tr -d ' ')"
done
ok 'over SFTP: a template' grep -q '应缴金额(元)' "$T/template.csv"
ok 'and the page of the department' grep -q 企业用气缴费情况 "$T/mub.html"

# --- versions ----------------------------------------------------------------

bills 3 >"$T/first.csv"
send "$T/first.csv"
wait_receipt mub first.csv >/dev/null
new_version 1.1 '.fields += [{"name": "pipe_mm", "title": "管径",
    "type": "integer", "presence": "O", "sensitivity": "P"}]'
new_version 2.0 '.fields |= map(if .name == "amount_due" then
    .title = "本期应收" | .synonyms = [] else . end) |
    .fields |= [{"name": "contact", "title": "联系人", "type": "string",
    "presence": "M", "sensitivity": "R"}] + .'
new_version 3.0 '.keys = [["meter_no", "bill_period"]]'
kill -HUP "$PID"
wait_until 10 grep -q reloaded "$LOG"
is 'a new file is a draft' "$(now)" 1.0
is 'a new field is compatible' "$(z standards diff $w 1.0 1.1 --json |
    jq -c '[.compatible, (.changes | map([.field, .change]))]')" \
    '[true,[["pipe_mm","added"]]]'
is 'another title is not' "$(z standards diff $w 1.0 2.0 --json |
    jq -c '[.compatible, .side_by_side]')" '[false,true]'
exits 2 'without a person and a reason nothing is published' \
    z standards publish $w 1.1
exits 2 'nor what does not stand there' publish 9.9
ok 'a compatible one is' publish 1.1
is 'it is in force' "$(now)" 1.1
exits 1 'not twice' publish 1.1
exits 1 'an incompatible one is refused' publish 2.0
cp "$T/.out" "$T/said"
ok 'and says what to do' grep -q -- --breaking "$T/said"
is 'the version in force stays' "$(now)" 1.1
exits 1 'with other keys never side by side' \
    publish 3.0 --breaking --old-until 2099-01-01
ok 'unless it is said, here with a change-over' \
    publish 2.0 --breaking --old-until 2099-01-01
is 'who, why and until when' "$(sql "SELECT version, person, reason, until FROM
    publication WHERE dataset = '$w' ORDER BY at DESC, version LIMIT 2" |
    sort | tr '\n' ' ')" '1.1|张三|试验|2099-01-01 2.0|张三|试验| '
is 'the ledger knows' "$(sql "SELECT count(*) FROM ledger WHERE kind LIKE
    'standard%' AND detail LIKE '%$w%' AND detail LIKE '%张三%'")" 3

bills 5 | sed 1d | sed -n 4,5p >"$T/rows"
{ bills 0 && cat "$T/rows"; } >"$T/old.csv"
send "$T/old.csv"
receipt=$(wait_receipt mub old.csv)
is 'a file in the old layout is read as that' "$(standard_of old.csv)" "$w 1.1"
ok 'and says so in the receipt' grep -q standard_old "$receipt"
is 'with the version it is of' "$(issues old.csv)" "standard_old:$w 1.1"
bills 6 | sed -n '1p;7p' | sed '1s/应缴金额(元)/本期应收/; 1s/$/,联系人/;
    2s/$/,李四/' >"$T/new.csv"
send "$T/new.csv"
wait_receipt mub new.csv >/dev/null
is 'one in the new layout as the new' "$(standard_of new.csv)" "$w 2.0"
is 'every row answers for the newest' "$(sql "SELECT count(*),
    count(contact), count(amount_due) FROM std_$w")" '6|1|6'
is 'old bundles keep their version' "$(standard_of first.csv)" "$w 1.0"
{ bills 0 && bills 3 | sed 1d; } | sed '2s/2014-03/2014-04/' >"$T/again.csv"
send "$T/again.csv"
wait_receipt mub again.csv >/dev/null
is 'what did not change stays as it is' "$(sql "SELECT inserted, unchanged FROM
    bundle_file_t f JOIN bundle_t b ON b.no = f.bundle WHERE
    b.name = 'again.csv'")" '1|2'
for version in 1.1 1.0; do
	mkdir -p "$T/p$version"
	{ bills 0 && bills 9 | sed -n 10p; } >"$T/p$version/a.csv"
	jq -n "{name: \"x\", resources: [{name: \"a\", path: \"a.csv\",
	    schema: \"$w.$version\"}]}" >"$T/p$version/datapackage.json"
	zip_dir "$T/p$version.zip" "$T/p$version"
	send "$T/p$version.zip"
	wait_receipt mub "p$version.zip" >"$T/p$version.receipt"
done
is 'the package names the version' "$(standard_of p1.1.zip)" "$w 1.1"
ok 'one that ended is refused' grep -q standard_ended \
    "$(cat "$T/p1.0.receipt")"

# --- what is broken ----------------------------------------------------------

broken() { # NAME PATTERN
	exits 2 "$1: publish refuses" publish 3.0 --breaking
	cp "$T/.out" "$T/said"
	ok "... with file and line" grep -qE "$2" "$T/said"
	is '... and the version in force stays' "$(sql "SELECT count(*) FROM
	    pragma_table_info('std_$w') WHERE name = 'contact'")" 1
}
cp "$HOME_DIR/schemas/$w.3.0.json" "$T/3.0.json"
sed -i 's/"presence": "M"/"presense": "M"/' "$HOME_DIR/schemas/$w.3.0.json"
broken 'a slip in a schema' "$w.3.0.json:[0-9]+: 'presense'"
cp "$T/3.0.json" "$HOME_DIR/schemas/$w.3.0.json"
for table in code_list code_map; do
	cp "$HOME_DIR/schemas/$table.csv" "$T/$table.csv"
done
lines=$(($(wc -l <"$T/code_list.csv") + 1))
echo 'payment_status,PAID,缴清,paid' >>"$HOME_DIR/schemas/code_list.csv"
broken 'a code twice' "code_list.csv:$lines: each code once"
cp "$T/code_list.csv" "$HOME_DIR/schemas/code_list.csv"
{
	echo 'C,1.0,MUB,water_a,1,甲,water_b,2,乙,exact,,,'
	echo 'C,1.0,MUB,water_b,2,乙,water_a,1,甲,exact,,,'
} >>"$HOME_DIR/schemas/code_map.csv"
broken 'a cycle' 'code_map.csv:[0-9]+: .*cycle'
kill -HUP "$PID"
ok 'on SIGHUP too, and the log says it' \
    wait_until 10 grep -q 'rules stay as they are.*code_map.csv' "$LOG"
cp "$T/code_map.csv" "$HOME_DIR/schemas/code_map.csv"
bills 4 | sed 1d | sed -n 4p >"$T/rows"
{ bills 0 && cat "$T/rows"; } >"$T/goes-on.csv"
send "$T/goes-on.csv"
ok 'work goes on meanwhile' wait_receipt mub goes-on.csv

# --- counties ----------------------------------------------------------------

cat >"$HOME_DIR/schemas/divisions.csv" <<END
provider,dataset,division,from
MUB,$w,350581,2014-01-01
MUB,$w,350502,2099-01-01
END
: >"$LOG"
kill -HUP "$PID"
wait_until 10 grep -q reloaded "$LOG"
bills 4 | awk 'NR == 1 { print $0 ",行政区划" }
    NR == 2 { print $0 ",350581" } NR == 3 { print $0 ",350502" }
    NR == 4 { print $0 ",350503" } NR == 5 { print $0 "," }' >"$T/county.csv"
send "$T/county.csv"
receipt=$(wait_receipt mub county.csv)
is 'rows of divisions not in force are refused' "$(field "$receipt" \
    '.files[0] | "\(.accepted) \(.rejected)"')" '2 2'
ok 'with the day from which they count' sh -c "sqlite3 \
    '$HOME_DIR/exchange.db' \"SELECT message_zh FROM quality_issue WHERE
    rule = 'division_early'\" | grep -q '350502 自 2099-01-01'"
is 'or that none is set' "$(sql "SELECT value FROM quality_issue WHERE
    rule = 'division_closed'")" 350503

# --- what the data says ------------------------------------------------------

bills 60 | sed -n '1p;50,60p' | awk -F, -v OFS=, 'NR == 1 { print $0,
    "用水性质,楼栋号" } NR > 1 { print $0, "工业泳池,3" }' >"$T/odd.csv"
send "$T/odd.csv"
wait_receipt mub odd.csv >/dev/null
z standards analyze $w --json >"$T/analysis.json"
proposal() { # KIND
	jq -c "[.proposals[] | select(.kind == \"$1\") | [.field, .value,
	    .count]][0]" "$T/analysis.json"
}
is 'values outside the list' "$(proposal add_code)" '["use_type","工业泳池",11]'
is 'are never guessed' "$(sql "SELECT count(use_type) FROM std_$w")" 0
is 'unknown headers' "$(jq -r '[.unknown_headers[].header] |
    index("楼栋号") != null' "$T/analysis.json")" true
is 'fields that hardly anybody fills in' "$(jq -c '[.proposals[] |
    select(.kind == "make_optional").field] | index("contact") != null' \
    "$T/analysis.json")" true
is 'fill rates' "$(jq '.fields[] | select(.name == "account_no").fill_rate' \
    "$T/analysis.json")" 1
ok 'codes never used' jq -e '.fields[] | select(.name == "use_type") |
    .unused | length > 1' "$T/analysis.json"
ok 'to read' sh -c "'$ZAYTON' -C '$HOME_DIR' standards analyze | grep -q 工业泳池"
z standards analyze --html >"$T/page.html"
ok 'as a page' grep -q 工业泳池 "$T/page.html"
is 'which fetches nothing' "$(grep -ciE '<script|src=|href=' "$T/page.html")" 0
exits 2 'of nothing' z standards analyze no_such_dataset

# --- labels ------------------------------------------------------------------

is 'each code column has its label' "$(sql "SELECT group_concat(c.name) FROM
    sqlite_master v, pragma_table_info(v.name) c WHERE v.type = 'view' AND
    v.name LIKE 'std\_%' ESCAPE '\' AND c.name LIKE '%\_label' ESCAPE '\' AND
    NOT EXISTS (SELECT 1 FROM pragma_table_info(v.name) k WHERE
    k.name || '_label' = c.name)")" ''
is 'in Chinese' "$(sql "SELECT DISTINCT payment_status_label FROM std_$w WHERE
    payment_status = 'PAID'")" "$(sed -n \
    's/^payment_status,PAID,\([^,]*\),.*/\1/p' "$ROOT/schemas/code_list.csv")"
ok 'the ledger verifies' z verify
done_testing
