#!/bin/sh
# Shows that the manual pages and the program say the same: commands, settings
# and their defaults, members of a receipt; and that the pages' examples work.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
page=$ROOT/docs/zayton.1

# The n-th literal display of a page.
example() { # PAGE N
	awk -v n="$2" '/^\.Bd -literal/ { k++; on = k == n; next }
	    /^\.Ed/ { on = 0 } on' "$ROOT/docs/$1" | sed 's/\\e/\\/g'
}

is 'zayton(1) and the program have the same commands' \
    "$(sed -n 's/^\.Ss \([a-z]*\).*/\1/p' "$page" | sort -u)" \
    "$("$ZAYTON" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort -u)"

# Names of steps and checks: of the tables in C, of the page.
names() { # FILE
	sed -n 's/^\t{ "\([a-z_]*\)", [A-Z].*/\1/p' "$ROOT/daemon/rule/$1"
}
for file in steps.c check.c; do
	missing=
	for name in $(names $file); do
		grep -q "^\.It Cm $name\b" "$ROOT/docs/zayton-rules.7" ||
		    missing="$missing $name"
	done
	is "zayton-rules(7) has every name of $file" "$missing" ''
done
is 'and no other' "$(sed -n '/^\.Ss Steps/,/^\.Ss Overwriting/ {
	s/^\.It Cm \([a-z_]*\).*/\1/p }' "$ROOT/docs/zayton-rules.7" | sort)" \
    "$({ names steps.c && names check.c; } | sort)"

# Settings: of the program, of the page, of the file that init installs.
settings=$(sed -n 's/^\t[a-z0-9_]* \([a-z0-9_]*\)[;[].*/\1/p' \
    "$ROOT/daemon/sys/conf.h" | sort)
is 'zayton.conf(5) has every setting' "$(sed -n \
    's/^\.It Va \([a-z0-9_]*\) No =.*/\1/p' "$ROOT/docs/zayton.conf.5" | sort)" \
    "$settings"
is 'so has the file that an instance begins with' "$(sed -n \
    's/^-- \([a-z0-9_]*\) = .*/\1/p' "$ROOT/package/zayton.conf" | sort)" \
    "$settings"
sed -n 's/^-- \([a-z0-9_]* = .*\)/\1/p' "$ROOT/package/zayton.conf" >"$T/all.conf"
# shellcheck disable=SC2004 # a product, not a name
is 'page and file give the same defaults' "$(sed -n \
    's/^\.It Va \([a-z0-9_]*\) No = \(Qq \)*\(.*\)/\1 \3/p' \
    "$ROOT/docs/zayton.conf.5" | sort)" "$(while IFS=' =' read -r name value; do
		case $value in
		[0-9]*) echo "$name $(($value))" ;;
		*) echo "$name $value" | tr -d '"' ;;
		esac
	done <"$T/all.conf" | sort)"

ok 'an instance can be made' instance
cp "$T/all.conf" "$HOME_DIR/zayton.conf"
ok 'every setting at its default is taken' z status
echo 'listn = "x"' >"$HOME_DIR/zayton.conf"
exits 2 'an unknown one is refused' z status
cp "$T/.out" "$T/unknown"
ok '... with the nearest name' grep -q "did you mean 'listen'" "$T/unknown"
cp "$T/all.conf" "$HOME_DIR/zayton.conf"

example zayton-bundle.5 2 >"$T/nil.json"
ok 'the nil.json of zayton-bundle(5) is taken' "$ZAYTON" check "$T/nil.json"
example zayton-bundle.5 1 >"$T/datapackage.json"
ok 'its datapackage.json is JSON' jq -e .resources "$T/datapackage.json"
example zayton-schema.5 1 >"$T/schema.json"
ok 'the standard of zayton-schema(5) is JSON' jq -e .fields "$T/schema.json"
example zayton-rules.7 1 >"$HOME_DIR/rules/mub.lua"
ok 'the script of zayton-rules(7) passes its checks' z rules check
ok 'and its examples' z rules test
cp "$ROOT/rules/mub.lua" "$HOME_DIR/rules/mub.lua"

# Members of a real receipt, all levels, against those the page describes.
account mub MUB
sample GONGYONG 2016-01 "$T/b.zip"
z ingest --account mub "$T/b.zip" >/dev/null
receipt=$(receipts mub b.zip | tail -1)
described=" $(sed -n 's/^\.It Va //p; s/^\.Va //p' \
    "$ROOT/docs/zayton-receipt.5" | tr ',\n' '  ') zh en "
missing=
for name in $(jq -r '[paths | map(strings)[]] | unique[]' "$receipt"); do
	case $described in
	*" $name "*) ;;
	*) missing="$missing $name" ;;
	esac
done
is 'zayton-receipt(5) describes every member of a receipt' "$missing" ''
example zayton-receipt.5 2 >"$T/example.json"
is 'its example has the members of a result' \
    "$(jq -r 'keys[]' "$T/example.json")" "$(jq -r 'keys[]' "$receipt")"

done_testing
