#!/bin/sh
# make run: an instance of three departments and a bank in build/demo ($DEMO),
# three months of sample bundles sent by sftp, their receipts verified, a bank's
# query answered; then the server goes on until Ctrl-C. DEMO_ONCE=1 ends after
# showing.
set -u
cd "$(dirname "$0")/.." || exit 2
ROOT=$PWD
B=${B:-build}
mkdir -p "$B"
T=${DEMO:-$PWD/$B/demo}
# Only what an earlier demo left is taken away.
[ ! -e "$T" ] || [ -e "$T/home/zayton.conf" ] || rmdir "$T" || exit 2
rm -rf "$T"
mkdir -p "$T/bundles" "$T/receipts" "$T/extracts" || exit 2
T=$(cd "$T" && pwd)
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

say() {
	printf '\n== %s\n' "$*"
}

fail() {
	echo "demo: $*" >&2
	[ ! -s "$LOG" ] || tail -20 "$LOG" >&2
	exit 1
}

each_department() { # COMMAND, called with account, provider, unit, folder
	"$1" aic AIC 市工商局 GSJ && "$1" ntb NTB 市国税局 GUOSHUI &&
	    "$1" mub MUB 市政公用事业管理局 GONGYONG
}

add() {
	account "$1" "$2" department "$3" || fail "no account '$1'"
}

send() {
	bundle=$4-$month.zip
	sample "$4" "$month" "$T/bundles/$bundle"
	put "$1" "$T/bundles/$bundle" || fail "cannot send $bundle"
	echo "  $1 put $bundle"
}

# Fetches a bundle's receipt as its department and verifies it.
receive() {
	bundle=$4-$month.zip
	wait_receipt "$1" "$bundle" >/dev/null || fail "no receipt of $bundle"
	echo "get /receipts/$bundle.*.receipt.json* $T/receipts/" |
	    sftp_do "$1" >/dev/null || fail "cannot fetch $bundle's receipt"
	for receipt in "$T/receipts/$bundle".*.receipt.json; do
		ssh-keygen -Y verify -f "$T/allowed_signers" -I zayton \
		    -n zayton-receipt -s "$receipt.sig" <"$receipt" \
		    >"$T/verified" 2>&1 || fail "$receipt: $(cat "$T/verified")"
		field "$receipt" '[.bundle.name, .outcome] +
		    (.files | [(map(.rows), map(.accepted), map(.rejected)) |
			add]) | map(tostring) | join(" ")' |
		    while read -r name outcome rows accepted rejected; do
			printf '%-22s %-9s %6d %9d %9d  %s\n' "$name" \
			    "$outcome" "$rows" "$accepted" "$rejected" good
		done
	done
}

# Drops the bank's query and fetches what it is answered with.
ask() { # QUERY
	printf 'put "%s" /queries/\n' "$1" | sftp_do bank >/dev/null ||
	    fail "cannot send ${1##*/}"
	wait_receipt bank "${1##*/}" >/dev/null ||
	    fail "no receipt of ${1##*/}"
	printf 'get /extracts/* %s\nget /receipts/%s.*.receipt.json* %s\n' \
	    "$T/extracts/" "${1##*/}" "$T/extracts/" | sftp_do bank >/dev/null ||
	    fail 'the bank cannot fetch its extract'
}

show() { # QUERY
	echo "sqlite> $1"
	sqlite3 -readonly -header -column "$HOME_DIR/exchange.db" "$1"
}

say "an instance in $HOME_DIR"
instance || fail 'cannot make it'
each_department add
z account list

say 'the server'
PORT=2022
serve >/dev/null || {
	PORT=
	serve || exit 1
}
echo "serves on 127.0.0.1:$PORT; its log: $LOG"

say 'nine bundles by sftp'
for month in 2016-01 2016-02 2016-03; do
	each_department send
done

say 'their receipts, each verified with ssh-keygen -Y verify'
echo "get /standards/allowed_signers $T/allowed_signers" | sftp_do aic \
    >/dev/null || fail 'no allowed_signers'
printf '%-22s %-9s %6s %9s %9s  %s\n' BUNDLE OUTCOME ROWS ACCEPTED REJECTED \
    SIGNATURE
for month in 2016-01 2016-02 2016-03; do
	each_department receive
done
z verify || fail 'the ledger does not verify'

say 'what stands in the base'
show 'SELECT count(*) AS enterprises, count(uscc) AS with_uscc FROM std_aic_enterprise_registration;'
show 'SELECT reg_no, entity_name, _file, _row FROM std_aic_enterprise_registration LIMIT 3;'
show 'SELECT bill_period, count(*) AS bills, sum(amount_due) AS due FROM std_water_bill_monthly GROUP BY 1;'
show "SELECT id, entity_name, legal_rep, address, status FROM enterprise LIMIT 3;"
show 'SELECT sum(accepted) AS rows, sum(linked) AS linked FROM bundle_file_t;'
show "SELECT field, master_provider AS stands, master_value AS value, other_provider AS differs, other_value AS other FROM conflict WHERE status = 'open' LIMIT 3;"
show 'SELECT rule, severity, effect, count(*) AS n FROM quality_issue GROUP BY 1, 2, 3 ORDER BY n DESC LIMIT 8;'

say 'a bank asks for what it is granted, and for more'
account bank BANK institution 某银行 || fail 'no account of the bank'
echo 'agreement of the bank and the city' >"$T/agreement.txt"
grant() { # DATASET FIELDS
	z grant add --account bank --dataset "$1" --fields "$2" --subjects all \
	    --purpose loan_approval --until 2097-12-31 \
	    --evidence "$T/agreement.txt" --person Li --reason agreement ||
	    fail "no grant of $1"
}
grant aic_enterprise_registration entity_name,reg_no,legal_rep
grant water_bill_monthly entity_name,bill_period,amount_due,amount_paid,usage_qty
name=$(sqlite3 -readonly "$HOME_DIR/exchange.db" \
    'SELECT e.entity_name FROM enterprise e JOIN std_water_bill_monthly w
    ON w._enterprise = e.id AND w.amount_due > 0 LIMIT 1')
cat >"$T/query.json" <<END
{"purpose": "贷款审批", "subjects": ["$name", "没有这家有限公司"],
 "datasets": ["aic_enterprise_registration", "water_bill_monthly",
    "nat_tax_taxpayer"],
 "report": "credit"}
END
cat "$T/query.json"
ask "$T/query.json"
for extract in "$T"/extracts/*.zip; do
	bsdtar -xf "$extract" -C "$T/extracts"
done
cat "$T"/extracts/data/aic_*.csv "$T"/extracts/data/water_*.csv
field "$T"/extracts/query.json.*.receipt.json \
    '"outcome: " + .outcome, (.query.withheld[] |
    "withheld: \(.dataset): \(.why.code): \(.why.en)")'

say 'next steps'
cat <<END
as a department:   sftp -F $T/ssh_config -i $T/keys/mub -P $PORT mub@zayton
the credit report: $T/extracts/report/*.html
as the bank:       sftp -F $T/ssh_config -i $T/keys/bank -P $PORT bank@zayton
as the operator:   $ZAYTON -C $HOME_DIR status
an enterprise:     $ZAYTON -C $HOME_DIR enterprise explain E00000001 legal_rep
the base:          sqlite3 -readonly $HOME_DIR/exchange.db
to read:           man -l docs/zayton.1, docs/way.md, README.md
END
[ -z "${DEMO_ONCE:-}" ] || exit 0
printf '\nserving on 127.0.0.1:%s; Ctrl-C ends\n' "$PORT"
trap 'exit 0' INT TERM
wait "$PID"
