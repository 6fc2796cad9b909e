#!/bin/sh
# Shows that a bundle's own signature is verified against the account's keys,
# and that a wrong one is told why.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing
bills 5 >"$T/water.csv"
bills 6 >"$T/other.csv"

signed() { # KEY FILE
	rm -f "$2.sig"
	ssh-keygen -q -Y sign -f "$1" -n "${3:-zayton-bundle}" "$2" 2>/dev/null
}
n=0
verdict() { # FILE
	n=$((n + 1))
	put mub "$T/$1.sig" >/dev/null 2>&1
	wait_until 20 nth "$1.sig" $n || return 1
	jq -r '.outcome + " " + (.error.code // .files[0].issues[0].rule)' \
	    "$(receipts mub "$1.sig" | tail -1)"
}
nth() { # NAME N
	[ "$(receipts mub "$1" | wc -l)" = "$2" ]
}

ok 'a signature' signed "$T/keys/mub" "$T/water.csv"
is 'without its bundle it is refused' "$(verdict water.csv)" \
    'rejected signature_alone'
n=1
ok 'the bundle' put mub "$T/water.csv"
ok 'has its result' wait_receipt mub water.csv
is 'the same signature is good now' "$(verdict water.csv)" \
    'accepted signature_good'
n=2
ok 'a signature of other bytes' signed "$T/keys/mub" "$T/other.csv"
mv "$T/other.csv.sig" "$T/water.csv.sig"
is 'is wrong' "$(verdict water.csv)" 'rejected signature_wrong'
n=3
ok 'a signature for another purpose' signed "$T/keys/mub" "$T/water.csv" file
is 'is wrong, too' "$(verdict water.csv)" 'rejected signature_wrong'
n=4
ok "a signature by another account's key" signed "$T/keys/aic" "$T/water.csv"
is 'is none of this account' "$(verdict water.csv)" 'rejected signature_key'
n=5
echo 'no signature' >"$T/water.csv.sig"
is 'a text is no signature' "$(verdict water.csv)" 'rejected signature_form'
is 'the rows are those of the bundle' \
    "$(sql 'SELECT count(*) FROM std_water_bill_monthly')" 5
ok 'the ledger verifies' z verify
done_testing
