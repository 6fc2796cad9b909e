#!/bin/sh
# Shows that the receipt of a large bundle does not wait for records over which
# nobody disagrees: they follow at once, also where the server was killed in
# between; a conflict is there with the receipt; and whenever they are made, the
# base is the same to the byte.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
first=$HOME_DIR
enterprises=12000

# A name that two departments spell alike, and one that they do not.
mkdir "$T/data"
for month in 2016-01 2016-02; do
	python3 "$ROOT/tests/bench/month.py" "$T/data" $enterprises $month aic qts ntb
done
python3 - "$T/data/qts-2016-01.zip" <<'END2'
import io, sys, zipfile
path = sys.argv[1]
with zipfile.ZipFile(path) as z:
    text = z.read("zzjgdm.csv").decode()
lines = text.split("\r\n")
for i in (7, 9000):
    row = lines[i].split(",")
    row[7] = row[8] = "2016-03-01"
    lines[i] = ",".join([*row[:4], "欧阳别人", *row[5:]])
with zipfile.ZipFile(path, "w") as z:
    z.writestr("zzjgdm.csv", "\r\n".join(lines))
END2

begin() { # HOME
	HOME_DIR=$1
	instance && serve && account aic AIC && account qts QTS && account ntb NTB
}
ingest() { # WHO MONTH
	z ingest --account "$1" "$T/data/$1-$2.zip" >/dev/null
}
made() {
	[ "$(sql 'SELECT count(*) FROM touched_t')" = 0 ]
}
views() { # HOME
	HOME_DIR=$1
	for view in enterprise provenance conflict; do
		sql "SELECT '$view', * FROM $view" | sed -E \
		    's/01[0-9A-HJKMNP-TV-Z]{24}//g; s/[0-9-]{10}T[0-9:.]+Z//g'
	done
}

measures() { # HOME
	HOME_DIR=$1
	sql "SELECT * FROM quality_metric_t ORDER BY bundle, dataset, metric"
}

# --- one bundle after the other, without a pause -----------------------------
ok 'an instance' begin "$first"
ok 'the register' ingest aic 2016-01
ok 'the codes' ingest qts 2016-01
is 'a conflict is there with the receipt' "$(sql "SELECT count(*) FROM conflict
    c JOIN bundle b ON b.id = c.other_bundle WHERE status = 'open' AND
    other_value = '欧阳别人' AND opened_at <= finished_at")" 2
ok 'and both are told' grep -q 欧阳别人 "$HOME_DIR/accounts/aic/reports/conflicts.csv"
ok 'the taxpayers' ingest ntb 2016-01
for who in aic qts ntb; do
	ok "the second month of $who" ingest $who 2016-02
done
ok 'all records follow' wait_until 60 made
is 'one for each enterprise' "$(sql 'SELECT count(*) FROM enterprise')" $enterprises
stop

# --- killed behind each receipt -----------------------------------------------
ok 'another instance' begin "$T/second"
for month in 2016-01 2016-02; do
	for who in aic qts ntb; do
		ok "$month of $who" ingest $who $month
		kill -9 "$PID"
		wait "$PID" 2>/dev/null
		PORT=
		ok 'killed behind the receipt, and started again' serve
		[ $who != qts ] || ok 'what was left is made up for' wait_until 60 made
	done
done
ok 'all records follow' wait_until 60 made
stop
is 'the views are the same to the byte' "$(views "$T/second" | sha256sum)" \
    "$(views "$first" | sha256sum)"
is 'rows are measured by records that are not made yet' \
    "$(measures "$T/second")" "$(measures "$first")"
is 'and agree with them' "$(sql "SELECT numerator = denominator AND numerator >
    20000 FROM quality_metric_t WHERE metric = 'S1' AND bundle = 3")" 1
done_testing
