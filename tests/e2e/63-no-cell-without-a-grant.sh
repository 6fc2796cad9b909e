#!/bin/sh
# Shows that no cell leaves without a grant and none that is granted is missing:
# a world drawn at random, queries of every kind in every form, and the answers
# held against an oracle in SQL. MATRIX says how many combinations there are to
# be (20000 for a campaign), SEED which world it is.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

MATRIX=${MATRIX:-2000}
# An account asks 8 times, for 7 enterprises at least and 6 data sets.
banks=$(((MATRIX + 499) / 500))
sql_of() {
	sqlite3 -cmd ".cd $T" -cmd "ATTACH '$HOME_DIR/exchange.db' AS base" "$@"
}

ok 'an instance' instance
sed -i 's/enterprise = 5 }/enterprise = 7 }/' "$HOME_DIR/rules/sharing.lua"
ok 'the server starts' serve || done_testing
account aic AIC
account mub MUB
for n in $(seq $banks); do
	role=institution
	[ $((n % 4)) != 0 ] || role=upstream
	account "bank$n" BANK $role "bank$n"
done
ok 'two enterprises as they come' firms
stop
ok 'a world drawn' ./grants.py "${SEED:-1}" $banks "$HOME_DIR" "$T"
ok 'the server starts with it' serve || done_testing
for file in "$T"/bank*.json; do
	name=${file##*/}
	cp "$file" "$HOME_DIR/spool/drop/${name%%.*}/${name#*.}"
done
all_answered() {
	[ "$(find "$HOME_DIR/accounts/" -name 'q*.receipt.json' | wc -l)" = \
	    "$((banks * 8))" ]
}
ok 'each query is answered' wait_until $((20 + MATRIX / 100)) all_answered
stop
ok 'the oracle' sql_of "$T/world.db" ".read $(pwd)/grants.sql"
./answers.py "$HOME_DIR" "$T" >"$T/checked"
tail -1 "$T/checked" | comment
is 'every cell is as the grants say' "$(grep -v '^checked' "$T/checked")" ''
ok 'there were many' [ "$(sed -n 's/^checked \([0-9]*\).*/\1/p' \
    "$T/checked")" -ge "$MATRIX" ]
done_testing
