#!/bin/sh
# Shows that a query is answered once, whenever the keeper or the extract role
# dies: one receipt, one extract whose digest it names, one set of looks.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'an institution' account bank BANK institution 某银行
ok 'two enterprises' firms
ok 'a grant' give bank aic_enterprise_registration \
    "$(fields_of aic_enterprise_registration)" 0 4
ok 'the server starts' serve || done_testing

extract_pid() {
	pgrep -P "$(role_pid watch)" -f '^zayton -x extract'
}

put_query() { # N
	printf '%s\n' '{"purpose": "loan_approval", "subjects": "all",
	    "datasets": ["aic_enterprise_registration"]}' >"$T/q$1.json"
	echo "put $T/q$1.json /queries/q$1.json" | sftp_do bank >/dev/null 2>&1
}

ready() {
	[ -n "$(server_port)" ] && echo 'ls /' | sftp_do bank
}

n=0
while [ $n -lt 24 ]; do
	n=$((n + 1))
	wait_until 20 ready
	put_query $n || continue
	echo "q$n.json" >>"$T/asked"
	case $((n % 3)) in
	0) sleep "0.0$((n % 9))" && kill -9 "$(role_pid keeper)" 2>/dev/null ;;
	1) sleep "0.1$((n % 9))" && kill -9 "$(role_pid keeper)" 2>/dev/null ;;
	2) wait_until 1 extract_pid && kill -9 "$(extract_pid)" 2>/dev/null ;;
	esac
done

all_answered() {
	while read -r name; do
		answered bank "$name" 0 || return 1
	done <"$T/asked"
}
ok 'each query that was taken is answered' wait_until 60 all_answered
once() {
	while read -r name; do
		[ "$(receipts bank "$name" | wc -l)" = 1 ] || return 1
		receipt=$(receipts bank "$name")
		[ "$(outcome)" = accepted ] && extract_of "$receipt" || return 1
		[ "$(sha256sum "$HOME_DIR/accounts/bank/extracts/$(field \
		    "$receipt" .query.extract.file)" | cut -d ' ' -f 1)" = \
		    "$(field "$receipt" .query.extract.sha256)" ] || return 1
	done <"$T/asked"
}
ok 'once, by the extract that it names' once
is 'nothing else stands there' "$(find "$HOME_DIR/accounts/bank/extracts" \
    -type f | wc -l)" "$(wc -l <"$T/asked")"
is 'each is one look at each' "$(sql "SELECT max(n) || ' ' || min(n) FROM (SELECT
    count(*) AS n FROM look_t JOIN look_whom_t ON look = no GROUP BY query)")" '2 2'
ok 'the ledger holds' z verify
done_testing
