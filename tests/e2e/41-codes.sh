#!/bin/sh
# Shows that each code of the catalogue is shown by a test: those of values by
# the cells of tests/data/codes/cells.csv, here; the others are named by the
# test that provokes them. A new code needs one or the other.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh

# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'an institution' account bank BANK institution
echo 'upload_bytes_max = 1024 * 1024' >>"$HOME_DIR/zayton.conf"
./codes.py "$ZAYTON" "$HOME_DIR" "$ROOT/tests/data/codes/cells.csv" "$T" \
    >"$T/found" 2>"$T/err"
comment <"$T/err"
is 'each cell and bundle has its code' "$(grep -v ' ok$' "$T/found")" ''

# Two versions of one row, the older one last.
z standards template aic_enterprise_registration --example >"$T/1.csv"
sed '2s/2014-03-01/2014-02-01/g; 2s/示例/旧例/' "$T/1.csv" >"$T/2.csv"
z ingest --account aic "$T/1.csv" >/dev/null 2>&1
z ingest --account aic "$T/2.csv" >/dev/null 2>&1
is 'the older one is stale_row' "$(sql "SELECT count(*) FROM quality_issue
    WHERE rule = 'stale_row'")" 1
echo 'stale_row ok' >>"$T/found"

z errors list --json >"$T/codes.json"
ok 'the server starts' serve || done_testing
./codes_door.py "$T/codes.json" "$PORT" mub "$T/keys/mub" bank "$T/keys/bank" \
    >"$T/door" 2>"$T/err"
comment <"$T/err"
is 'so has each refusal of the door' "$(grep -v ' ok$' "$T/door")" ''
cat "$T/door" >>"$T/found"
stop

jq -r '.[].code' "$T/codes.json" | sort -u >"$T/all"
{
	cut -d ' ' -f 1 "$T/found"
	# Named by the tests that provoke them, and by examples of the scripts.
	while read -r code; do
		grep -rqwF --include='*.c' --include='*.lua' --include='*.case' \
		    --include='[0-9]*.sh' --exclude=41-codes.sh -- "$code" \
		    "$ROOT/tests" "$ROOT/rules" && echo "$code"
	done <"$T/all"
} | sort -u >"$T/shown"

# Provoked by other tests, which know them by their words; - stands for what
# no standard that is shipped can provoke.
cut -d ' ' -f 1 "$ROOT/tests/data/codes/by-words" | sort >"$T/words"
ok 'the tests that know them by their words exist' sh -c "
    ! cut -d ' ' -f 2 '$ROOT/tests/data/codes/by-words' | grep -v '^-' |
	sort -u | while read -r file; do [ -e \"\$file\" ] || echo \"\$file\"; done |
	grep ."
is 'no code is without a test' "$(sort -u "$T/shown" "$T/words" |
    comm -13 - "$T/all")" ''
is 'none is listed that a test names' "$(comm -12 "$T/shown" "$T/words")" ''
is 'none is listed that does not exist' "$(comm -23 "$T/words" "$T/all")" ''
is 'each has words in both languages' "$(z errors list --json | jq '[.[] |
    select(.zh == "" or .en == "")] | length')" 0
done_testing
