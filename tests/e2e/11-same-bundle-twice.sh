#!/bin/sh
# Shows that the same content has one effect and one receipt however often, by
# however many clients and under whatever name it is sent, and that other
# content under the same name is another bundle.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

mkdir "$T/water"
bills 40 >"$T/water/water_bill_monthly_201403.csv"
zip_dir "$T/same.zip" "$T/water"

# Five times in a row; what is refused for its name is sent under another.
client() { # NUMBER
	for n in 1 2 3 4 5; do
		put mub "$T/same.zip" "same-$1-$n.zip" || return 1
	done
}
clients=
for c in 1 2 3 4; do
	client $c >"$T/client-$c" 2>&1 &
	clients="$clients $!"
done
bad=0
for pid in $clients; do
	wait "$pid" || bad=1
done
is '20 times from 4 clients at once' $bad 0
cat "$T"/client-* | comment

all_twenty() {
	for c in 1 2 3 4; do
		for n in 1 2 3 4 5; do
			has_receipt mub "same-$c-$n.zip" || return 1
		done
	done
}
ok 'each has a result receipt' wait_until 30 all_twenty
is 'which are identical, byte for byte' "$(cd "$HOME_DIR/accounts/mub/receipts" &&
    sha256sum ./*.receipt.json | cut -d ' ' -f 1 |
    sort -u | wc -l)" 1
is 'so are their signatures' "$(cd "$HOME_DIR/accounts/mub/receipts" &&
    sha256sum ./*.receipt.json.sig | cut -d ' ' -f 1 | sort -u | wc -l)" 1
receipt=$(wait_receipt mub same-1-1.zip)
ok 'and verify' good_receipt "$receipt"
is 'one effect' "$(sql 'SELECT count(*), count(DISTINCT _bundle)
    FROM std_water_bill_monthly')" '40|1'
is 'no former version' "$(sql 'SELECT count(*) FROM hist_water_bill_monthly')" 40
ok 'the ledger verifies' z verify

exits 0 'ingest of the same' z ingest --account mub --json "$T/same.zip"
is 'answers with the same receipt' "$(jq -S .id "$T/.out")" \
    "$(jq -S .id "$receipt")"

# Another department's same content is its own affair.
ok 'another account sends the same' put aic "$T/same.zip" same.zip
other=$(wait_receipt aic same.zip)
is 'and has a receipt of its own' "$(field "$other" .account)" aic

# The same name with other content is a new bundle: a correction.
sed 's/,\(2014-03\),[0-9]*,/,\1,999,/' "$T/water/water_bill_monthly_201403.csv" \
    >"$T/changed"
mv "$T/changed" "$T/water/water_bill_monthly_201403.csv"
zip_dir "$T/corrected.zip" "$T/water"
ok 'a correction under the same name is taken' \
    put mub "$T/corrected.zip" same-1-1.zip
two_receipts() {
	[ "$(receipts mub same-1-1.zip | wc -l)" = 2 ]
}
ok 'and has its own receipt' wait_until 30 two_receipts
new=$(receipts mub same-1-1.zip | tail -1)
is 'the rows are updated' "$(field "$new" '.files[0] |
    [.rows, .inserted, .updated] | map(tostring) | join(" ")')" '40 0 40'
ok 'its counts agree with the base' agrees_with_base "$new"
is 'the former version is kept' "$(sql 'SELECT count(*),
    count(DISTINCT _bundle), sum(_to IS NOT NULL)
    FROM hist_water_bill_monthly')" '80|2|40'

# Partly new: the rest is unchanged.
bills 50 | sed 's/,\(2014-03\),[0-9]*,/,\1,999,/' \
    >"$T/water/water_bill_monthly_201403.csv"
zip_dir "$T/more.zip" "$T/water"
ok 'a resent file with ten rows more' put mub "$T/more.zip"
new=$(wait_receipt mub more.zip)
is 'ten are inserted, forty unchanged' "$(field "$new" '.files[0] |
    [.rows, .inserted, .updated, .unchanged] | map(tostring) | join(" ")')" \
    '50 10 0 40'
ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify
done_testing
