#!/bin/sh
# Shows that files which a power cut emptied or lost, because nobody waits for
# them to be on disk, are whole again soon after the machine started anew, byte
# for byte; and that a start of the server alone does none of that work. Real
# cuts of a real disk: make crash.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing
bills 9 | sed '5s/2014-03/三月/' >"$T/some.csv"
ok 'a bundle with a bad row' put mub "$T/some.csv"
receipt=$(wait_receipt mub some.csv)
reports=$(echo "$HOME_DIR"/accounts/mub/reports/some.csv.*)
complete() {
	[ -s "$reports/report.json.sig" ] &&
	    [ -s "$receipt.tlog-proof" ] && [ -s "$receipt.sig" ]
}
ok 'its report and proof' wait_until 30 complete
cp "$receipt" "$T/receipt"
cp "$reports/report.json" "$T/report"
stop

empty_all() {
	: >"$receipt"
	: >"$receipt.tlog-proof"
	: >"${receipt%.json}.html"
	: >"$reports/report.json.sig"
	rm "${receipt%receipt.json}received.json"
}
ok 'the power goes: files are empty, or gone' empty_all
ok 'a start of the server alone' serve
sleep 0.3
fails 'looks for what is gone, not into files' test -s "$receipt"
stop
echo another >"$HOME_DIR/run/boot"
ok 'a start of the machine' serve
ok 'receipt, proof and signature are there again' wait_until 20 complete
ok 'the same receipt, byte for byte' cmp "$receipt" "$T/receipt"
ok 'which verifies' verify_receipt "$receipt"
ok 'its page' test -s "${receipt%.json}.html"
ok 'what it says of its arrival' \
    test -s "${receipt%receipt.json}received.json"
ok 'the same report' cmp "$reports/report.json" "$T/report"
is 'the start is noted' "$(cat "$HOME_DIR/run/boot")" \
    "$(cat /proc/sys/kernel/random/boot_id)"
ok 'the ledger verifies' z verify
done_testing
