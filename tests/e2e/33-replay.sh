#!/bin/sh
# Shows that records are a function of the rows and the rules: the same bundles
# give the same base to the byte, the order inside a month gives the same
# records, changed rules show first what they would do and then do it, and a
# replay gives what a fresh load gives.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
samples=$ROOT/tests/data/samples
first=$HOME_DIR

departments="GSJ:AIC GUOSHUI:NTB GONGYONG:MUB"
backwards="GONGYONG:MUB GUOSHUI:NTB GSJ:AIC"

# Loads the months into a new instance, departments of a month in this order.
load() { # HOME ORDER [RULES]
	HOME_DIR=$1
	instance || return 1
	if [ -n "${3:-}" ]; then
		cp "$3" "$HOME_DIR/rules/overwrite.lua"
		z rules replay --apply --person 测试人 --reason 之前 >/dev/null ||
		    return 1
	fi
	for pair in $2; do
		account "$(echo "${pair%:*}" | tr '[:upper:]' '[:lower:]')" \
		    "${pair#*:}" || return 1
	done
	for month in 2016-01 2016-02 2016-03; do
		for pair in $2; do
			folder=${pair%:*}
			[ -d "$samples/$folder/$month" ] || continue
			[ -f "$T/$folder-$month.zip" ] ||
			    sample "$folder" "$month" "$T/$folder-$month.zip"
			z ingest --account "$(echo "$folder" | tr '[:upper:]' '[:lower:]')" \
			    "$T/$folder-$month.zip" >/dev/null 2>&1
		done
	done
}

# What the views say, without the bundles' own ids.
views() { # HOME
	HOME_DIR=$1
	for view in enterprise enterprise_alias enterprise_id provenance conflict \
	    link_candidate; do
		sql "SELECT '$view', * FROM $view" | sed -E \
		    's/01[0-9A-HJKMNP-TV-Z]{24}//g; s/[0-9-]{10}T[0-9:.]+Z//g'
	done
}

# Records without their numbers, which count in the order of foundation.
records() { # HOME
	HOME_DIR=$1
	sql "SELECT * FROM enterprise" | cut -d'|' -f2- | sort
}

ok 'three months' load "$first" "$departments"
count=$(sql 'SELECT count(*) FROM enterprise')
is 'make enterprises' "$([ "$count" -gt 20 ] && echo many)" many
is 'most rows are linked' "$(sql "SELECT sum(linked) * 100 / sum(accepted) >= 90
    FROM bundle_file_t WHERE accepted > 0")" 1
is 'no row stands there twice' "$(sql "SELECT count(*) FROM (SELECT 1 FROM
    hist_aic_enterprise_registration GROUP BY _bundle, _file, _row
    HAVING count(*) > 1)")" 0
is 'nor is an enterprise founded for nothing' "$(sql "SELECT count(*) FROM
    enterprise WHERE entity_name IS NULL")" 0
ok 'the same again' load "$T/second" "$departments"
is 'gives the same views to the byte' "$(views "$T/second" | sha256sum)" \
    "$(views "$first" | sha256sum)"
ok 'departments in another order' load "$T/third" "$backwards"
is 'give the same records' "$(records "$T/third" | sha256sum)" \
    "$(records "$first" | sha256sum)"

# --- other rules ---------------------------------------------------------------
HOME_DIR=$first
is 'the rules in force change nothing' \
    "$(z rules replay --json | jq .differ)" 0
sed 's/legal_rep = { rank = "AIC > QTS > NTB/legal_rep = { rank = "NTB > AIC > QTS/' \
    "$HOME_DIR/rules/overwrite.lua" >"$T/overwrite.lua"
cp "$T/overwrite.lua" "$HOME_DIR/rules/overwrite.lua"
records "$first" >"$T/before"
z rules replay --json --limit 1000 >"$T/difference"
differ=$(jq .differ "$T/difference")
is 'others would' "$([ "$differ" -gt 0 ] && echo some)" some
is 'each difference is shown' "$(jq '.shown | length' "$T/difference")" \
    "$(jq '[.fields[]] | add' "$T/difference")"
is 'nothing is changed by looking' "$(records "$first" | sha256sum)" \
    "$(sha256sum <"$T/before")"
exits 2 'who and why have to be said' z rules replay --apply
lines=$(sql 'SELECT count(*) FROM ledger')
ok 'applied' z rules replay --apply --person 张三 --reason 会商结果
is 'as one line of the ledger, after that of the rules' "$(sql "SELECT count(*)
    FROM ledger WHERE seq > $lines AND kind <> 'rules in force'")" 1
is 'with who and why' "$(sql "SELECT json_extract(detail, '\$.person') ||
    json_extract(detail, '\$.reason') FROM ledger WHERE kind = 'rules replay'")" \
    张三会商结果
is 'now nothing differs' "$(z rules replay --json | jq .differ)" 0
ok 'a fresh load by these rules' load "$T/fourth" "$departments" "$T/overwrite.lua"
is 'gives the same' "$(records "$T/fourth" | sha256sum)" \
    "$(records "$first" | sha256sum)"

# --- rules that are wrong ------------------------------------------------------
HOME_DIR=$first
cp "$HOME_DIR/rules/overwrite.lua" "$T/good.lua"
for wrong in 's/policy = "sticky"/policy = "sticki"/' 's/"AIC > QTS"/"AIC > AIC"/' \
    's/entity_name = { rank/entity_nome = { rank/' 's/^return/retorn/'; do
	sed "$wrong" "$T/good.lua" >"$HOME_DIR/rules/overwrite.lua"
	fails "refused: $wrong" z rules replay
	is 'with the name of the file' "$(grep -c 'overwrite.lua' "$T/.out")" 1
	exits 1 'by rules check as well' z rules check
done
# A function that fails: the policy decides, and a conflict says so.
sed 's/decide = not_the_old_number/decide = function() error("oh") end/' \
    "$T/good.lua" >"$HOME_DIR/rules/overwrite.lua"
ok 'a function that always fails' z rules replay --apply --person 张三 --reason 试
is 'loses nothing' "$(sql "SELECT count(*) FROM enterprise WHERE reg_no IS NOT
    NULL") $(sql "SELECT count(DISTINCT rule) FROM conflict WHERE rule =
    'function_failed' AND status = 'open'")" \
    "$(sql "SELECT count(*) FROM enterprise WHERE reg_no IS NOT NULL") 1"
cp "$T/good.lua" "$HOME_DIR/rules/overwrite.lua"
ok 'mended' z rules replay --apply --person 张三 --reason 改正
is 'they close' "$(sql "SELECT count(*) FROM conflict WHERE rule =
    'function_failed' AND status = 'open'")" 0
ok 'the ledger verifies' z verify
done_testing
