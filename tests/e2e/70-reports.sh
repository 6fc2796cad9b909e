#!/bin/sh
# Shows that each bundle yields a report that says what receipt and base say,
# signed and on record, as a page that fetches nothing, with personal data
# covered; that a dry run has one; and that a reporter that dies is no loss.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

folder() { # ACCOUNT NAME
	find "$HOME_DIR/accounts/$1/reports" -type d -name "$2.*" | tail -1
}

verify_report() { # FOLDER
	ssh-keygen -Y verify -f "$HOME_DIR/standards/allowed_signers" \
	    -I zayton -n zayton-report -s "$1/report.json.sig" \
	    <"$1/report.json"
}

digests() { # FOLDER
	jq -r '.digests | to_entries[] | "\(.value)  \(.key)"' \
	    "$1/report.json" >"$T/sums" && (cd "$1" && sha256sum -c "$T/sums")
}

ok 'an instance' instance
ok 'its departments' departments
for month in 2016-01 2016-02; do
	for one in GSJ:aic GUOSHUI:ntb GONGYONG:mub; do
		dept=${one%:*}
		sender=${one#*:}
		sample "$dept" $month "$T/$dept-$month.zip"
		z ingest --account "$sender" "$T/$dept-$month.zip" >/dev/null
		at=$(folder "$sender" "$dept-$month.zip")
		ok "$dept $month: ingest waits for the report" \
		    test -s "$at/report.json.sig"
		ok "$dept $month: its signature verifies" verify_report "$at"
		ok "$dept $month: it holds the digests of the files" digests "$at"
		is "$dept $month: the page is what a page may be" \
		    "$(./reports.py page "$at/report.html")" ''
		is "$dept $month: it says what the receipt says" "$(./reports.py \
		    same "$(wait_receipt "$sender" "$dept-$month.zip")" \
		    "$at/report.json" 2>&1)" ''
		id=$(field "$at/report.json" .id)
		is "$dept $month: and the base: findings" \
		    "$(jq '[.rules[].count] | add' "$at/report.json")" \
		    "$(sql "SELECT count(*) FROM quality_issue
			WHERE bundle = '$id'")"
		is "$dept $month: and the base: metrics" \
		    "$(jq -r '.datasets[] | .dataset as $d | (.metrics[],
			(.score | values | . + {metric: "SCORE"})) | [$d,
			.metric, .numerator, .denominator, .grade // ""] |
			join("|")' "$at/report.json" | sort)" \
		    "$(sql "SELECT dataset, metric, numerator, denominator,
			grade FROM quality_metric WHERE bundle = '$id'" | sort)"
		is "$dept $month: it is on record" "$(sql "SELECT count(*)
		    FROM ledger WHERE kind = 'report' AND bundle = '$id' AND
		    detail LIKE '%$(sha256sum <"$at/report.json" |
			cut -c 1-64)%'")" 1
		n=$(jq .totals.rejected "$at/report.json")
		is "$dept $month: each returned row is in the workbook" "$([ "$n" \
		    = 0 ] || ./reports.py cells "$at/rejected.xlsx" | grep -c \
		    " C[0-9]* .* [0-9]*$")" "$([ "$n" = 0 ] || echo "$n")"
	done
done

# --- content -----------------------------------------------------------------

cat >"$T/evil.csv" <<'END'
用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期
"=cmd|' /C calc'!A0","<script>alert(1)</script>&""有限公司",x,2014-99,1,1,1,0,2014-01-01
10000001,泉州有限公司,地址,2014-01,1,1,1,0,2014-01-01
END
z ingest --account mub "$T/evil.csv" >/dev/null
at=$(folder mub evil.csv)
is 'what the sender wrote is harmless in the page' \
    "$(./reports.py page "$at/report.html")" ''
ok 'and stands there' grep -q '&lt;script&gt;alert(1)' "$at/report.html"
ok 'a formula is a text in the workbook' sh -c "./reports.py cells \
    '$at/rejected.xlsx' | grep -qF \"inlineStr =cmd|' /C calc'!A0\""
ok 'and guarded in the CSV' grep -qF "'=cmd|" "$at/rejected.csv"
ok 'the faulty cell says why' sh -c "unzip -p '$at/rejected.xlsx' \
    xl/comments1.xml | grep -q 2014-99"
ok 'the header is frozen' sh -c "unzip -p '$at/rejected.xlsx' \
    xl/worksheets/sheet1.xml | grep -q 'state=\"frozen\"'"
is 'a score of the dataset' "$(jq -r .datasets[0].dataset \
    "$at/report.json")" water_bill_monthly
at=$(folder ntb GUOSHUI-2016-02.zip)
is 'the trend has the periods so far' "$(jq -c '[.datasets[] |
    select(.dataset == "nat_tax_credit_grade") | .trend[].period]' \
    "$at/report.json")" '["2016-01","2016-02"]'

# --- a dry run, and a reporter that dies ---------------------------------------

ok 'the server starts' serve || done_testing
printf 'put "%s" "/check/dry.csv"\n' "$T/evil.csv" | sftp_do mub >/dev/null
dry() {
	at=$(folder mub dry.csv)
	[ -n "$at" ] && [ -s "$at/report.json.sig" ]
}
ok 'a dry run has a report' wait_until 30 dry
is 'marked as such' "$(jq .check "$at/report.json")" true
is 'with its findings' "$(jq '[.rules[] | select(.rejected > 0) | .count] |
    add' "$at/report.json")" "$(jq '[.rules[] | select(.rejected > 0) |
    .count] | add' "$(folder mub evil.csv)/report.json")"
is 'that nobody else sees' "$(sql "SELECT count(*) FROM quality_issue
    WHERE bundle = '$(field "$at/report.json" .id)'")" 0

role_pid() { # ROLE
	for p in /proc/[0-9]*; do
		[ "$(awk '{ print $4 }' "$p/stat" 2>/dev/null)" = "$PID" ] &&
		    tr '\0' ' ' 2>/dev/null <"$p/cmdline" | grep -q -- "-x $1" &&
		    echo "${p#/proc/}"
	done
}
dead=$(role_pid reporter)
ok 'the reporter is killed' kill -9 "$dead"
reborn() {
	now=$(role_pid reporter)
	[ -n "$now" ] && [ "$now" != "$dead" ]
}
ok 'and another one stands' wait_until 30 reborn
bills 20 | sed 's/2014-03,/2014-13,/' >"$T/after.csv"
after() {
	put mub "$T/after.csv"
}
ok 'uploads go on' wait_until 30 after
later() {
	at=$(folder mub after.csv)
	[ -n "$at" ] && [ -s "$at/report.json.sig" ]
}
ok 'and so do reports' wait_until 30 later
stop
ok 'the ledger verifies' z verify
done_testing
