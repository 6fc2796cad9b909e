#!/bin/sh
# Shows that one department's large bundle does not delay another's small one by
# more than a second. LARGE=rows of the large one.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh
LARGE=${LARGE:-300000}

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

small() { # NAME NUMBER
	echo '注册号,企业名称,年检年度,年检结果,年检日期'
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "35052112462$2$i,泉州市第$2$i水暖有限公司,2015,通过,2015/9/7"
	done
}
now() {
	echo $(($(date +%s%N) / 1000000))
}
# From the begin of the put to the receipt, in ms.
time_of() { # NAME NUMBER
	small "$1" "$2" >"$T/$1"
	start=$(now)
	put aic "$T/$1" >/dev/null || return 1
	wait_receipt aic "$1" 60 >/dev/null || return 1
	echo $(($(now) - start))
}
alone=$(time_of alone.csv 10)
again=$(time_of again.csv 11)
[ "${again:-0}" -gt "${alone:-0}" ] || alone=$again
echo "# alone: $alone ms"
ok 'a small bundle alone' test -n "$alone"

bills "$LARGE" >"$T/large.csv"
echo "# the large one: $(stat -c %s "$T/large.csv") bytes"
ok 'a large one is taken' put mub "$T/large.csv"
worst=0
n=12
during=0
while [ $n -lt 40 ] && ! has_receipt mub large.csv; do
	took=$(time_of small-$n.csv $n) || break
	has_receipt mub large.csv || during=$((during + 1))
	[ "$took" -le "$worst" ] || worst=$took
	n=$((n + 1))
done
echo "# $during small ones meanwhile, the slowest: $worst ms"
ok 'small ones have their receipts while it is worked on' test $during -gt 2
ok 'none is delayed by more than 1 s' test $((worst - alone)) -le 1000
receipt=$(wait_receipt mub large.csv \
    $((120 + LARGE / 20000)))
is 'the large one ends too' "$(field "${receipt:-/dev/null}" \
    '.files[0].accepted')" "$LARGE"
ok 'with good sums' good_receipt "$receipt"
ok 'the ledger verifies' z verify
done_testing
