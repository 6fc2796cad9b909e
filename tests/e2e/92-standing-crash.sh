#!/bin/sh
# Shows that a standing extract has no gap and misses nothing, whenever the
# keeper or the extract role dies: its numbers, laid one over the other, are
# what a query gives that asks for all; and each can be had again, the same
# bytes, also when its days were over.
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

bills=water_bill_monthly
qing=晋江市清源织造有限公司
ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'a bank' account bank BANK institution 某银行
ok 'two enterprises' firms
ok 'a grant' give bank $bills "$(fields_of $bills)" 0 4
ok 'the server starts' serve || done_testing
ok 'a standing query' query bank watch.json '{"purpose": "loan_approval",
    "subjects": ["'"$qing"'"], "datasets": ["'"$bills"'"],
    "subscribe": {"name": "watch", "every": "change"}}'

extract_pid() {
	pgrep -P "$(role_pid watch)" -f '^zayton -x extract'
}
ready() {
	[ -n "$(server_port)" ] && echo 'ls /' | sftp_do mub
}
# A new bill, another amount of one, or one that is taken back.
bill() { # N
	water
	echo "10000001,$qing,泉州市丰泽区东海街1号,2014-$(printf %02d $((1 + $1 % 12))),$1,$1.50,0.00,$1.50,"
}
n=0
while [ $n -lt 8 ]; do
	n=$((n + 1))
	wait_until 20 ready
	bill $n >"$T/b$n.csv"
	put mub "$T/b$n.csv" >/dev/null 2>&1
	case $((n % 4)) in
	0) wait_until 1 extract_pid && kill -9 "$(extract_pid)" 2>/dev/null ;;
	1) sleep "0.0$((n % 10))" && kill -9 "$(role_pid keeper)" 2>/dev/null ;;
	2) sleep "0.1$((n % 10))" && kill -9 "$(role_pid keeper)" 2>/dev/null ;;
	3) wait_until 1 extract_pid && kill -9 "$(role_pid keeper)" 2>/dev/null ;;
	esac
done
ok 'it comes back' wait_until 20 ready
settled() {
	[ "$(sql "SELECT count(*) FROM bundle_t WHERE state IN ('received',
	    'claimed')")" = 0 ] &&
	    [ "$(sql "SELECT count(*) FROM query_t WHERE state IN ('asked',
	    'decided', 'given')")" = 0 ]
}
quiet() {
	settled && sleep 0.3 && settled
}
ok 'all is done' wait_until 60 quiet
last=$(sql "SELECT seq FROM subscription_t")
comment <<END
$last numbers, $(sql "SELECT count(*) FROM query_t WHERE state = 'idle'") with nothing new
END
ok 'there were several' [ "$last" -ge 4 ]
is 'numbers without a gap' "$(sql "SELECT count(DISTINCT seq) || ' ' || max(seq) || ' ' ||
    count(*) FROM query_t WHERE seq IS NOT NULL")" "$last $last $last"

# Laid one over the other, by the key: account and month.
lay() {
	python3 - "$@" <<'END'
import csv, io, sys, zipfile
held = {}
for path in sys.argv[1:]:
    text = zipfile.ZipFile(path).read('data/water_bill_monthly.csv')
    for row in csv.DictReader(io.StringIO(text.decode('utf-8-sig'))):
        change = row.pop('_change', 'added')
        key = row['_enterprise'], row['account_no'], row['bill_period']
        if change == 'withdrawn':
            del held[key]
        elif change == 'added' and key in held:
            print('twice', key)
        else:
            held[key] = sorted(row.items())
for key in sorted(held):
    print(held[key])
END
}
sql "SELECT file FROM query_t WHERE seq IS NOT NULL ORDER BY seq" |
    sed "s|^|$HOME_DIR/accounts/bank/extracts/|" >"$T/files"
# shellcheck disable=SC2046 # names without spaces
lay $(cat "$T/files") >"$T/laid"
ok 'a query for all' query bank all.json '{"purpose": "loan_approval",
    "subjects": ["'"$qing"'"], "datasets": ["'"$bills"'"]}'
lay "$HOME_DIR/accounts/bank/extracts/$(field "$receipt" .query.extract.file)" \
    >"$T/whole"
ok 'has rows' [ -s "$T/whole" ]
is 'and is what the numbers come to' "$(sha256sum <"$T/laid")" "$(sha256sum <"$T/whole")"

# --- sent again ----------------------------------------------------------------
xargs sha256sum <"$T/files" >"$T/sums"
stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE query_t SET expires = date('now', '-2 days')"
ok 'days go by' serve
gone() {
	[ -z "$(find "$HOME_DIR/accounts/bank/extracts" -name 'watch*.zip')" ]
}
ok 'all are removed' wait_until 40 gone
ok 'the second is asked for' query bank again.json '{"again": {"name": "watch", "seq": 2}}'
ok 'and the last' query bank more.json "{\"again\": {\"name\": \"watch\", \"seq\": $last}}"
is 'the same bytes' "$(sha256sum --ignore-missing -c "$T/sums" 2>/dev/null | grep -c OK)" 2
ok 'the ledger holds' z verify
done_testing
