#!/bin/sh
# Shows that a department nobody thought of is added by the guide: runs every
# command of docs/add-department.md beside a running server.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
guide=$ROOT/docs/add-department.md

# The n-th block of commands.
block() { # N
	awk -v n="$1" '/^```sh$/ { k++; on = k == n; next } /^```$/ { on = 0 }
	    on' "$guide"
}

ok 'an instance' instance
ok 'the server starts' serve || done_testing
mkdir "$T/bin"
ln -s "$ZAYTON" "$T/bin/zayton"
blocks=$(grep -c '^```sh$' "$guide")
is 'the guide has its blocks' "$([ "$blocks" -ge 6 ] && echo many)" many
n=1
while [ $n -le "$blocks" ]; do
	block $n >"$T/block.sh"
	ok "commands of block $n" env PATH="$T/bin:$PATH" ZAYTON_HOME="$HOME_DIR" \
	    sh -euc 'cd "$1" && . "$2"' sh "$HOME_DIR" "$T/block.sh"
	cp "$T/.out" "$T/said.$n"
	n=$((n + 1))
done

is 'nothing is found in the filled-in template' \
    "$(sql 'SELECT count(*) FROM quality_issue')" 0
is 'its row is there' "$(sql 'SELECT entity_name, deposit_no, deposited_on
    FROM std_arc_deposit')" '泉州市示例有限公司|D2014-0001|2014-03-01'
is 'who published it and why' "$(sql "SELECT person, reason FROM publication
    WHERE dataset = 'arc_deposit' AND version = '1.0'")" \
    '王芳|档案局纳入报送'
is 'the ledger knows both versions' "$(sql "SELECT count(*) FROM ledger WHERE
    kind = 'standard published' AND detail LIKE '%arc_deposit%'")" 2

# Over SFTP, as the department does it.
mkdir "$T/keys"
cp "$HOME_DIR/arc_key" "$T/keys/arc"
chmod 600 "$T/keys/arc"
printf 'get /standards/arc.html %s\nget /standards/arc_deposit.1.1.csv %s\n' \
    "$T/arc.html" "$T/template.csv" | sftp_do arc >/dev/null 2>&1
ok 'a page to read' grep -q 企业档案移交情况 "$T/arc.html"
ok 'a template to fill in' grep -q 移交编号 "$T/template.csv"
printf '立档单位,编号,移交日期\n乙公司,D2014-0002,2014/3/2\n' >"$T/档案移交.csv"
ok 'a file is sent' put arc "$T/档案移交.csv"
receipt=$(wait_receipt arc 档案移交.csv)
is 'and read by the newest version' \
    "$(field "${receipt:-/dev/null}" '.files[0] | "\(.accepted) \(.standard)"' |
	tr -d '{}"' | grep -c 'arc_deposit.*1\.1')" 1
ok 'its receipt verifies' verify_receipt "$receipt"
ok 'the ledger verifies' z verify
done_testing
