#!/bin/sh
# Shows that the test vectors of identifiers and of values hold in the code that
# reads bundles, not only in the functions it is made of.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh

ok 'an instance' instance
for file in id normalize; do
	./vectors.py "$ZAYTON" "$HOME_DIR" "$ROOT/tests/data/${file}_vectors.csv" \
	    "$T" >"$T/said" 2>"$T/err"
	comment <"$T/err"
	is "$file: none becomes anything else" "$(grep -v ' vectors$' "$T/said")" ''
	ok "$file: there are some" grep -qE '^[0-9]{2,} vectors$' "$T/said"
done
done_testing
