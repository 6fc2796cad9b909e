#!/bin/sh
# Shows that rule scripts are checked, tested and tried before they count, that
# one which fails its examples is not activated, and that one which loops or eats
# memory sets its own bundle aside and nothing else.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
cat >>"$HOME_DIR/zayton.conf" <<EOF
worker_seconds = 2
worker_bytes = 128 * 1024 * 1024
EOF

# --- by hand ---------------------------------------------------------------

ok 'the shipped scripts pass check' z rules check
ok 'and their examples' z rules test
RULES=$HOME_DIR/rules
cp "$RULES/mub.lua" "$T/good.lua"

echo 'this is ( no Lua' >>"$RULES/mub.lua"
fails 'check finds a fault of syntax' z rules check
cp "$T/.out" "$T/said"
ok 'and names script and line' grep -q "mub.lua.*$(wc -l <"$RULES/mub.lua")" \
    "$T/said"

# A script with one function, and perhaps an example that fails.
script() { # FUNCTION-BODY [wrong]
	cat >"$RULES/mub.lua" <<EOF
local z = require "zayton"
z.dataset "water_bill_monthly" {
  clean = { entity_name = { z.fold, function(v, row) $1 end } },
EOF
	[ -z "${2:-}" ] || cat >>"$RULES/mub.lua" <<EOF
  z.example {
    { account_no = "1", bill_period = "201403" },
    z.gives { account_no = "2" },
  },
EOF
	echo '}' >>"$RULES/mub.lua"
}
echo 'require("zayton").dataset "no_such_dataset" {}' \
    >"$RULES/mub.lua"
fails 'check refuses an unknown dataset' z rules check
script 'return v' wrong
fails 'test finds a failing example' z rules test
cp "$T/good.lua" "$RULES/mub.lua"

bills 3 >"$T/three.csv"
echo '1,x,x,2014-99,1,1.00,1.00,0.00,2014-04-01' >>"$T/three.csv"
before=$(sha256sum "$HOME_DIR/exchange.db")
ok 'try tells what would come' z rules try water_bill_monthly "$T/three.csv"
cp "$T/.out" "$T/said"
ok 'each row before and after' grep -q 2014-99 "$T/said"
comment <"$T/said" | head -12
is 'try changes nothing' "$(sql 'SELECT count(*)
    FROM std_water_bill_monthly')" 0
is 'not even a bundle' "$(sql 'SELECT count(*) FROM bundle')" 0
[ "$before" = "$(sha256sum "$HOME_DIR/exchange.db")" ] ||
    echo '# the base file was written (a checkpoint is no change)'

# --- reload ----------------------------------------------------------------

ok 'the server starts' serve || done_testing
rules_of() { # NAME
	field "$(wait_receipt mub "$1" 30)" '.files[0].rules'
}
month=0
send() { # NAME
	month=$((month + 1))
	bills 3 | sed "s/2014-03/2010-$(printf %02d $month)/" >"$T/$1"
	put mub "$T/$1"
}
send first.csv
first=$(rules_of first.csv)
is 'a receipt names its rules by their hash' "$first" \
    "$(sha256sum "$RULES/mub.lua" | cut -d ' ' -f 1)"

reload() { # what the log then has to say
	lines=$(wc -l <"$LOG")
	kill -HUP "$PID"
	wait_until 10 sh -c "tail -n +$((lines + 1)) '$LOG' | grep -q '$1'"
}
script 'return v' wrong
ok 'SIGHUP with a failing example is told in the log' reload 'rules stay as they'
send second.csv
is 'and the old script stays in force' "$(rules_of second.csv)" "$first"
cp "$T/good.lua" "$RULES/mub.lua"
echo '-- mended' >>"$RULES/mub.lua"
ok 'SIGHUP with a good one' reload 'reloaded pack='
send third.csv
is 'activates it' "$(rules_of third.csv)" \
    "$(sha256sum "$RULES/mub.lua" | cut -d ' ' -f 1)"

# --- scripts that do not end -------------------------------------------------

quarantined() { # NAME
	[ "$(sql "SELECT state FROM bundle WHERE name = '$1'")" = quarantined ]
}
id_of() { # NAME
	sql "SELECT id FROM bundle WHERE name = '$1'"
}
evil() { # NAME FUNCTION-BODY
	script "$2"
	ok "$1: activated" reload 'reloaded pack='
	ok "$1: the upload is taken" send "$1.csv"
	ok "$1: another department goes on" put ntb "$T/ntb-$1.zip"
	ok "$1: with its receipt" wait_receipt ntb "ntb-$1.zip" 20
	ok "$1: set aside" wait_until 40 quarantined "$1.csv"
	is "$1: no result receipt yet" "$(receipts mub "$1.csv" | wc -l)" 0
	z show "$(id_of "$1.csv")" | tail -2 | comment
}
i=0
for name in loop pattern memory gc; do
	i=$((i + 1))
	mkdir -p "$T/ntb"
	cat >"$T/ntb/nat_tax_taxpayer_201601.csv" <<EOF
纳税人识别号,纳税人名称,法定代表人,主管税务机关,纳税人状态码,更新日期
91350521527041239C,泉州甲公司$i,刘志艺,惠安县国家税务局,1,2016-01-26
EOF
	zip_dir "$T/ntb-$name.zip" "$T/ntb"
done
evil loop 'while true do end'
evil pattern 'return (("a"):rep(30000)):find(".-.-.-.-.-b")'
evil memory 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e6) .. i end'

exits 2 'release of nothing' z release 01ARZ3NDEKTSV4RRFFQ69G5FAV
cp "$T/good.lua" "$RULES/mub.lua"
ok 'the script is mended' reload 'reloaded pack='
ok 'release' z release "$(id_of loop.csv)"
ok 'retry' z retry "$(id_of pattern.csv)"
is 'released: applied' "$(field "$(wait_receipt mub loop.csv 20)" .outcome)" \
    accepted
is 'retried: applied' "$(field "$(wait_receipt mub pattern.csv 20)" .outcome)" \
    accepted
is 'the third waits' "$(state_of "$(id_of memory.csv)")" quarantined
ok 'the ledger verifies' z verify
done_testing
