#!/bin/sh
# Shows that standards and codes are published for everybody, and that the
# verdict at home, by /check and of the real run is the same.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

# --- catalogue -------------------------------------------------------------

"$ZAYTON" errors list --json >"$T/errors.json"
ok 'the catalogue is there without an instance' \
    jq -e 'length > 60' "$T/errors.json"
is 'each code is there once' "$(jq -r '.[].code' "$T/errors.json" | sort |
    uniq -d)" ''
is 'codes are lower-case words' "$(jq -r '.[].code' "$T/errors.json" |
    grep -vE '^[a-z0-9_]+$')" ''
is 'each has Chinese and English' "$(jq -r '.[] | select((.zh | length) == 0 or
    (.en | length) == 0) | .code' "$T/errors.json")" ''
is 'Chinese is Chinese' "$(jq -r '.[] | select(.zh | test("[一-鿿]") | not) |
    .code' "$T/errors.json")" ''
is 'each error says what to do' "$(jq -r '.[] | select(.severity == "error") |
    select((.zh_fix | length) == 0 or (.en_fix | length) == 0) | .code' \
    "$T/errors.json")" ''
ok 'a list to read' sh -c "'$ZAYTON' errors list | grep -q zip_truncated"

# --- standards -------------------------------------------------------------

ok 'standards list' sh -c "'$ZAYTON' -C '$HOME_DIR' standards list |
    grep -q water_bill_monthly"
for dataset in aic_enterprise_registration aic_registration_change \
    aic_annual_inspection aic_case_penalty aic_honor nat_tax_taxpayer \
    nat_tax_credit_grade nat_tax_arrears_notice water_bill_monthly \
    gas_bill_monthly; do
	is "standards list has $dataset" "$(z standards list --json |
	    jq "[.. | strings | select(. == \"$dataset\")] | length >= 1")" true
done
ok 'standards show' z standards show water_bill_monthly
cp "$T/.out" "$T/said"
ok 'with its fields' grep -q account_no "$T/said"
ok 'as JSON' sh -c "'$ZAYTON' -C '$HOME_DIR' standards show --json \
    water_bill_monthly | jq -e . >/dev/null"
exits 2 'of nothing' z standards show no_such_dataset

mkdir "$T/published"
batch "get -r /standards $T/published" | sftp_do mub >/dev/null 2>&1
ok '/standards holds allowed_signers' \
    test -s "$T/published/standards/allowed_signers"
ok 'and the schemas' sh -c "find '$T/published' -name '*water_bill_monthly*' |
    grep -q ."
is 'which are JSON' "$(find "$T/published" -name '*.json' -exec \
    jq -e . {} \; 2>&1 >/dev/null)" ''

# --- one verdict -------------------------------------------------------------

# Whose rows are is known to the base alone.
counts() {
	jq -c '[.files[] | {path, dataset, rows, accepted, rejected,
	    issues: ((.issues // []) |
	    map(select(.rule | IN("key_mismatch", "ids_of_two",
	    "ids_contradict") | not)) | sort_by(.rule))}] | sort_by(.path)'
}
folders='GSJ:aic GUOSHUI:ntb GONGYONG:mub'
for pair in $folders; do
	folder=${pair%:*}
	who=${pair#*:}
	sample "$folder" 2016-01 "$T/$folder.zip"
	mkdir "$T/at-home-$folder"
	(cd "$T/at-home-$folder" &&
	    "$ZAYTON" check --json "$T/$folder.zip") >"$T/$folder.home" \
	    2>"$T/$folder.err"
	comment <"$T/$folder.err"
	counts <"$T/$folder.home" >"$T/$folder.home.counts"
	ok "$folder: a verdict at home" \
	    grep -q '"rows":[1-9]' "$T/$folder.home.counts"

	batch "put $T/$folder.zip /check/" | sftp_do "$who" >"$T/said" 2>&1
	comment <"$T/said"
	checked=$(wait_receipt "$who" "$folder.zip")
	counts <"${checked:-/dev/null}" >"$T/$folder.check.counts"
	ok "$folder: /check says the same" \
	    diff "$T/$folder.home.counts" "$T/$folder.check.counts"
done
ok 'a receipt of /check verifies' verify_receipt "$checked"
ok 'it is marked as a dry run' grep -qiE 'dry.run' "$checked"
is '/check changed nothing' "$(sql 'SELECT (SELECT count(*) FROM
    std_aic_enterprise_registration) + (SELECT count(*) FROM
    std_nat_tax_taxpayer) + (SELECT count(*) FROM
    std_water_bill_monthly)')" 0
for pair in $folders; do
	folder=${pair%:*}
	who=${pair#*:}
	cp "$T/$folder.zip" "$T/real-$folder.zip"
	ok "$folder: really sent" put "$who" "$T/real-$folder.zip"
	real=$(wait_receipt "$who" "real-$folder.zip")
	counts <"${real:-/dev/null}" >"$T/$folder.real.counts"
	ok "$folder: the real run says the same" \
	    diff "$T/$folder.home.counts" "$T/$folder.real.counts"
	is "$folder: /check before it does not make it a duplicate" \
	    "$(field "$real" '[.files[].inserted] | add > 0')" true
done
bad=$ROOT/tests/data/containers/bad/password.zip
exits 1 'check of a bad bundle' "$ZAYTON" check "$bad"
cp "$T/.out" "$T/said"
ok 'says why' sh -c "grep -q password '$T/said' && grep -q 密码 '$T/said'"
ok 'the ledger verifies' z verify
done_testing
