#!/bin/sh
# Shows the volume finding: a file with half its rows is taken, and told that
# it is unusual with what may be expected; other periods, corrections and what
# was rejected do not count.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'accounts' departments
month() { # MONTH ROWS
	bills "$2" | sed "s/,2014-03,/,$1,/" >"$T/water.$1.csv"
}
send() { # FILE
	z ingest --account mub "$1" >/dev/null 2>&1
}
unusual() {
	sql "SELECT count(*) FROM quality_issue WHERE rule = 'volume_unusual'"
}

month 2014-01 400
month 2014-02 410
month 2014-03 200
ok 'one month' send "$T/water.2014-01.csv"
is 'says nothing alone' "$(unusual)" 0
# A bundle that is refused is no month that was.
printf 'x,y\n1,2\n' >"$T/water.2013-12.csv"
exits 1 'one is refused' send "$T/water.2013-12.csv"
ok 'a second month' send "$T/water.2014-02.csv"
is 'is as usual' "$(unusual)" 0
ok 'half a month' send "$T/water.2014-03.csv"
is 'is told' "$(unusual)" 1
is 'with the band expected' "$(sql "SELECT message_zh FROM quality_issue
    WHERE rule = 'volume_unusual'" | grep -c '共 200 行.*324–486.*中位数 405')" 1
receipt=$(receipts mub water.2014-03.csv)
is 'the receipt counts it' "$(field "$receipt" '.files[0].issues[] |
    select(.rule == "volume_unusual") | .count')" 1
is 'the rows are in' "$(field "$receipt" .outcome)" accepted
ok 'receipt and base agree' agrees_with_base "$receipt"

month 2014-03 5
sed 's/,0.00,/,1.00,/' "$T/water.2014-03.csv" >"$T/mend.2014-03.csv"
ok 'five rows are corrected' send "$T/mend.2014-03.csv"
is 'which is not told again' "$(unusual)" 1
month 2014-04 450
ok 'an eighth more' send "$T/water.2014-04.csv"
is 'is nothing' "$(unusual)" 1
month 2014-05 900
ok 'twice as many' send "$T/water.2014-05.csv"
is 'is' "$(unusual)" 2
done_testing
