#!/bin/sh
# Shows that a department drops a bundle by sftp and gets signed receipts whose
# counts are those of the base: three months of three departments.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

fetch() { # ACCOUNT BUNDLE
	mkdir -p "$T/got"
	batch "get /receipts/$2.* $T/got/" | sftp_do "$1"
}

each_kind_verifies() { # BUNDLE
	[ "$(find "$T/got" -name "$1.*.json" | wc -l)" = 2 ] || return 1
	for kind in received receipt; do
		ssh-keygen -Y verify -f "$T/allowed_signers" -I zayton \
		    -n zayton-receipt -s "$T/got/$1".*."$kind".json.sig \
		    <"$(echo "$T/got/$1".*."$kind".json)" || return 1
	done
}

month_of() { # ACCOUNT FOLDER MONTH
	bundle=$2-$3.zip
	sample "$2" "$3" "$T/$bundle"
	ok "$bundle: put" put "$1" "$T/$bundle"
	receipt=$(wait_receipt "$1" "$bundle")
	ok "$bundle: fetched" fetch "$1" "$bundle"
	ok "$bundle: received and result verify" each_kind_verifies "$bundle"
	ok "$bundle: the sums hold" has_sums "$receipt"
	ok "$bundle: receipt, std_* and quality_issue agree" \
	    agrees_with_base "$receipt"
	is "$bundle: every file of it is in the receipt" \
	    "$(field "$receipt" '[.files[] | select(.error == null)] | length')" \
	    "$(find "$ROOT/tests/data/samples/$2/$3" -type f | wc -l)"
	is "$bundle: the receipt names what was sent" \
	    "$(field "$receipt" '[.account, .kind, .bundle.name,
		(.bundle.bytes | tostring), .bundle.sha256] | join(" ")')" \
	    "$1 result $bundle $(stat -c %s "$T/$bundle") $(sha256sum \
		<"$T/$bundle" | cut -d ' ' -f 1)"
	is "$bundle: most rows are taken" "$(field "$receipt" \
	    '([.files[].accepted] | add) > 10 * ([.files[].rejected] | add)')" true
}

batch "get /standards/allowed_signers $T/allowed_signers" |
    sftp_do mub >/dev/null
ok 'allowed_signers is in /standards' test -s "$T/allowed_signers"
for month in 2016-01 2016-02 2016-03; do
	month_of aic GSJ $month
	month_of ntb GUOSHUI $month
	month_of mub GONGYONG $month
done

# What a client looks at after sending.
size=$(stat -c %s "$T/GONGYONG-2016-01.zip")
is 'the name stays visible with its size' \
    "$(batch 'ls -l /upload/GONGYONG-2016-01.zip' | sftp_do mub |
	awk '/^-.*GONGYONG/ { print $5 }')" "$size"
fails 'it cannot be read back' \
    sh -c "echo 'get /upload/GONGYONG-2016-01.zip $T/back.zip' | sftp -q -b - \
    -F $T/ssh_config -i $T/keys/mub -P $PORT mub@zayton"
is 'nothing of it came back' "$(find "$T" -name back.zip -size +0 | wc -l)" 0

ok 'the ledger verifies' z verify
ok 'so does a receipt' z verify "$receipt"
sed 's/"rows":/"rows" :/' "$receipt" >"$T/altered.json"
cp "$receipt.sig" "$T/altered.json.sig"
exits 1 'an altered receipt does not' z verify "$T/altered.json"
fails 'nor by ssh-keygen' verify_receipt "$T/altered.json"
ok 'a page to read lies beside it' grep -q '<html' "${receipt%.json}.html"

id=$(bundle_id "$receipt")
ok 'show tells its life' z show "$id"
is 'from received to applied' "$(z show --json "$id" |
    jq -r '.bundle.state + " " + ([.ledger[].kind] |
	(index("received") < index("applied") | tostring))')" 'applied true'
exits 2 'show of nothing' z show 01ARZ3NDEKTSV4RRFFQ69G5FAV
is 'status counts' "$(z status --json | jq .states.applied)" 9
is 'a current row says where it is from' "$(sql "SELECT count(*) FROM
    std_water_bill_monthly WHERE _bundle IS NULL OR _file IS NULL OR
    _row < 2 OR _provider <> 'MUB' OR _as_of IS NULL OR _id IS NULL")" 0
is 'a changed row has its former versions' "$(sql "SELECT count(*) > 0 FROM
    hist_aic_enterprise_registration WHERE _to IS NOT NULL")" 1
stop
ok 'the ledger verifies without a server' z verify
done_testing
