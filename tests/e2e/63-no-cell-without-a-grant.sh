#!/bin/sh
# Shows that no cell leaves without a grant and none that is granted is missing:
# accounts with grants drawn at random, each asked for everything, and the
# tables compared with what a separate reading of the grants gives.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'two enterprises' firms
: >"$T/grants"
for n in $(seq 50); do
	account "bank$n" BANK institution "bank$n"
	./grants.py draw "$n" >"$T/drawn"
	while read -r dataset whom form division fields; do
		give "bank$n" "$dataset" "$fields" "$whom" "$form" "${division#-}"
		echo "bank$n $dataset $whom $form $division $fields" >>"$T/grants"
	done <"$T/drawn"
done
ok 'the server starts' serve || done_testing
printf '%s\n' '{"purpose": "loan_approval", "subjects": "all", "format": "jsonl",
    "datasets": ["aic_enterprise_registration", "water_bill_monthly"]}' >"$T/q.json"
for n in $(seq 50); do
	mkdir -p "$T/given/bank$n"
	z extract --account "bank$n" "$T/q.json" >"$T/.said" 2>&1
	file=$(sed -n 's/^ *\(accounts.*\)/\1/p' "$T/.said")
	[ -z "$file" ] || unzip -q -d "$T/given/bank$n" "$HOME_DIR/$file"
done
./grants.py check "$HOME_DIR/exchange.db" "$T/grants" "$T/given" >"$T/checked"
tail -1 "$T/checked" | comment
is 'every cell is as the grants say' "$(grep -v '^checked' "$T/checked")" ''
ok 'there were many' [ "$(sed -n 's/^checked \([0-9]*\).*/\1/p' "$T/checked")" -ge 2000 ]
done_testing
