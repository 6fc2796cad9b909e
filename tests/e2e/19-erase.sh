#!/bin/sh
# Shows that personal data are erased by law wherever they stand in the base
# and in files, while receipts, the ledger and the proofs of all other rows
# hold; and that nothing of whose they were stays behind, in the ledger either.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh

ok 'an instance' instance
ok 'the server starts' serve || done_testing
ok 'accounts' departments_of_enterprises

number=440524188001010014
with_ids() { # ID...: of the rows, in a further column
	awk -v ids="法定代表人证件号码 $*" 'BEGIN { n = split(ids, id, " ") }
	    { print $0 "," id[NR] }'
}
register() { # BUNDLE FIRMS
	{
		registered
		firm 晋江市清源织造有限公司 350521124626049 91350521527041239C \
		    陈明 晋江市青阳街道1号 2015-01-05
		firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ \
		    王强 石狮市灵秀镇3号 2015-03-05
		[ "$2" = 2 ] || firm 石狮市新厂有限公司 350503106172872 '' \
		    李四 石狮市灵秀镇4号 2015-03-06
	} | with_ids "$number" 11010519491231002X '' >"$T/qydj.csv"
	send aic "$1" "$T/qydj.csv"
}
receipt_of() { # BUNDLE
	echo "$HOME_DIR/accounts/aic/receipts/$1".zip.*.receipt.json
}
checked() { # BUNDLE PROOF
	"$ROOT/docs/check-row.sh" "$HOME_DIR/standards/allowed_signers" \
	    "$(receipt_of "$1")" "$2"
}
prove() { # BUNDLE LINE
	z prove "$(receipt_of "$1")" --row "qydj.csv:$2"
}
erase() {
	z erase "$@" --person 法制科 --reason 本人申请 \
	    --basis 个人信息保护法第四十七条
}
files_with() { # HOME: that hold the number, base and spool and all else
	find "$1" -type f -print0 | xargs -0 grep -laF -e "$number" | wc -l
}

ok 'a register of two' register r1 2
ok 'the same rows and one more' register r2 3
prove r1 2 >"$T/his"
prove r1 3 >"$T/other"
ok 'his row was proved' checked r1 "$T/his"
is 'his number stands in the record' \
    "$(sql "SELECT count(*) FROM enterprise WHERE legal_rep_id = '$number'")" 1

# --- what it takes ------------------------------------------------------------

ok 'and in files' test "$(files_with "$HOME_DIR")" -gt 0
ok 'his rows are listed' z erase $number --dry-run
is 'one version, of two bundles' "$(grep -c aic_enterprise_registration: "$T/.out")" 1
exits 2 'not without a legal basis' z erase $number --person 某 --reason 某
exits 1 'nor of nobody' erase 35052118800101001X
ok 'it is erased' erase $number
is 'with the proofs of both receipts' "$(tail -1 "$T/.out" | sed 's/.* //')" 2

# --- what is gone ---------------------------------------------------------------

is 'from the record' "$(sql "SELECT count(*) FROM enterprise WHERE legal_rep_id
    = '$number'")" 0
is 'which keeps the rest' "$(sql "SELECT legal_rep || ' ' || reg_no FROM enterprise
    WHERE uscc = '91350521527041239C'")" '陈明 350521124626049'
is 'nobody else lost any' "$(sql "SELECT legal_rep_id FROM enterprise WHERE
    legal_rep_id IS NOT NULL")" 11010519491231002X
exits 1 'his row has no new proof' prove r1 2
is 'which says why' "$(grep -c 'erased by law' "$T/.out")" 1
exits 1 'nor has the same row of the later bundle' prove r2 2
raw_gone() {
	[ "$(find "$HOME_DIR/spool/applied" -name '*.r[12].zip' | wc -l)" = 0 ]
}
ok 'the files it came with go' wait_until 10 raw_gone
is 'the ledger tells how many rows, and why' "$(sql "SELECT
    json_extract(detail, '\$.rows.aic_enterprise_registration') || ' ' ||
    json_extract(detail, '\$.basis') FROM ledger WHERE kind = 'erased'")" \
    '1 个人信息保护法第四十七条'
nowhere() {
	[ "$(files_with "$HOME_DIR")" = 0 ]
}
ok 'nor has any other file of the instance' wait_until 10 nowhere
ok 'the server stops' stop
is 'no file of the instance has his number' "$(files_with "$HOME_DIR")" 0

# --- what holds -------------------------------------------------------------------

ok 'the receipt and its proof' z verify "$(receipt_of r1)"
ok 'the ledger' z verify
ok 'the proof he was given' checked r1 "$T/his"
ok 'those of the others' checked r1 "$T/other"
prove r1 3 >"$T/again"
ok 'also when made again' cmp "$T/other" "$T/again"
prove r2 4 >"$T/again"
ok 'in every bundle' checked r2 "$T/again"
done_testing
