#!/bin/sh
# Shows that each hostile file has a verdict within 10 s and 512 MB, leaves no
# file where none belongs, and that an honest bundle passes after it: archives,
# tables, workbooks, data packages, nil reports, queries; and rules of an
# administrator that never end. files.py is the table of files, rules below.
# HOSTILE=full for all of them.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ../e2e/lib.sh
# shellcheck source=tests/e2e/departments.sh
. ../e2e/departments.sh

full=${HOSTILE:-slice}
ok 'an instance' instance
ok 'its departments' departments
ok 'an institution' account bank BANK institution
ok 'the server starts' serve || done_testing
mkdir "$T/files"
inputs=0
refused=0

now_ms() {
	date +%s%3N
}

last() { # COLUMN
	sql "SELECT $1 FROM bundle_t ORDER BY no DESC LIMIT 1"
}

# KiB of the worker of a bundle.
memory_of() { # ID
	server_log | sed -n "s/.* $1 worker ended .*memory_kb=\([0-9]*\).*/\1/p" |
	    tail -1
}

# The verdict on a file: outcome, code, milliseconds, KiB.
verdict() { # PATH KIND
	before=$(last no)
	start=$(now_ms)
	if [ "$2" = query ]; then
		timeout 60 "$ZAYTON" -C "$HOME_DIR" extract --account bank \
		    "$1" >"$T/said" 2>&1
	else
		timeout 60 "$ZAYTON" -C "$HOME_DIR" ingest --account mub \
		    "$1" >"$T/said" 2>&1
	fi
	took=$(($(now_ms) - start))
	if [ "$(last no)" != "$before" ]; then
		outcome=$(last outcome)
		code=$(last code)
		memory=$(memory_of "$(last id)")
	else
		# Refused before it was anything.
		outcome=rejected
		code=door
		memory=0
		[ -s "$T/said" ] || outcome=nothing
	fi
	memory=${memory:-0}
}

honest() {
	inputs_honest=$((${inputs_honest:-0} + 1))
	bills 3 | sed "s/^1000/$((2000 + inputs_honest))/" >"$T/honest.csv"
	z ingest --account mub "$T/honest.csv" >/dev/null 2>&1
}

/usr/bin/python3 files.py "$T/files" "$full" >"$T/list"
while IFS="$(printf '\t')" read -r path kind name may <&3; do
	verdict "$path" "$kind"
	inputs=$((inputs + 1))
	[ "$outcome" = rejected ] && refused=$((refused + 1))
	case "|$may|" in
	*"|$outcome|"*) good=1 ;;
	*) good=0 ;;
	esac
	[ $took -lt 10000 ] && [ "$memory" -lt 524288 ] || good=0
	if [ "$full" = full ] || [ $((inputs % 10)) = 0 ]; then
		honest || good=0
	fi
	result $good "$name: $outcome $code, $took ms, $memory KiB" ||
	    comment <"$T/said"
	rm -rf "${path%/*}"
done 3<"$T/list"

is 'nothing escaped' "$(ls /tmp/escaped.csv /tmp/d/escaped.csv \
    /etc/cron.d/x 2>/dev/null)" ''
is 'nothing is left where bundles are worked on' \
    "$(find "$HOME_DIR/spool/claimed" "$HOME_DIR/spool/received" -type f)" ''
is 'nothing of the system is in the base' "$(sql "SELECT count(*) FROM
    quality_issue WHERE value LIKE '%root:x:0%'")" 0

# --- rules ---------------------------------------------------------------------

# What a rule does to each name, and the verdict.
rule() { # TITLE FUNCTION
	cat >"$HOME_DIR/rules/mub.lua" <<END
local z = require "zayton"
z.dataset "water_bill_monthly" {
  clean = { entity_name = { function(v, row) $2 end } },
}
END
	start=$(now_ms)
	timeout 60 "$ZAYTON" -C "$HOME_DIR" rules try water_bill_monthly \
	    "$T/rows.csv" >"$T/said" 2>&1
	status=$?
	took=$(($(now_ms) - start))
	inputs=$((inputs + 1))
	good=1
	[ $took -lt 10000 ] && [ $status -lt 124 ] || good=0
	result $good "rule, $1: status $status, $took ms, $(head -1 "$T/said" |
	    cut -c 1-100)" || comment <"$T/said"
}

bills 3 >"$T/rows.csv"
rule 'an endless loop' 'while true do end'
rule 'recursion' 'local function f() return f() + 1 end return f()'
rule 'a pattern bomb' 'return (("a"):rep(30)):find(("a*"):rep(30) .. "b")'
rule 'all memory' 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e6) .. i end'
if [ "$full" = full ]; then
	rule 'a loop that catches its end' \
	    'while true do pcall(function() while true do end end) end'
	rule 'one text of all memory' 'return ("x"):rep(1e10)'
	rule 'a loop in __gc' \
	    'setmetatable({}, { __gc = function() while true do end end }) collectgarbage()'
	rule 'a coroutine without end' \
	    'local f = coroutine.wrap(function() while true do end end) f()'
	rule 'files' 'return io.open("/etc/passwd"):read("a")'
	rule 'programs' 'os.execute("touch /tmp/escaped.csv") return v'
	rule 'byte code' 'return load("\27Lua")()'
	rule 'format of 10^9' 'return ("%1000000000d"):format(1)'
	rule 'gsub without end' 'return (("a"):rep(1e6)):gsub("", ("b"):rep(1e6))'
	rule 'sorting with lies' \
	    'local t = {} for i = 1, 1e5 do t[i] = i end table.sort(t, function() return true end)'
fi
cp "$ROOT/rules/mub.lua" "$HOME_DIR/rules/mub.lua"
ok 'no program of a rule ran' test ! -e /tmp/escaped.csv

# --- after all of it --------------------------------------------------------------

ok 'an honest bundle passes' honest
is 'no role died' "$(server_log | grep -c ' died role=')" 0
ok 'the ledger verifies' z verify
echo "# inputs $inputs, refused $refused, findings $tests_bad"
done_testing
