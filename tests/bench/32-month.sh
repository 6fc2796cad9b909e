#!/bin/sh
# Two months of seven departments about 80,000 enterprises, 968,000 rows and
# about 830,000: the speed with linking and records against that without (the
# same rules but rules/link.lua), the records and what was linked, the memory of
# the keeper, and how a bundle of the same size fares among ten times as many
# enterprises.
. "$(dirname "$0")/lib.sh"
ENTERPRISES=${ENTERPRISES:-80000}
DEPARTMENTS='aic:AIC qts:QTS ntb:NTB ltb:LTB hrss:HRSS mub:MUB sgcc:SGCC'

mkdir "$W/data" "$W/share"
for month in 2016-01 2016-02; do
	python3 "$ROOT/tests/bench/month.py" "$W/data" "$ENTERPRISES" $month
done
for folder in schemas rules lua package; do
	cp -r "$ROOT/$folder" "$W/share/"
done
rm "$W/share/rules/link.lua"

z() {
	"$ZAYTON" -C "$W/home" "$@"
}
# A server on a new instance with the shipped rules, or those of a folder.
begin() { # [SHARE]
	rm -rf "${W:?}/home"
	env ${1:+ZAYTON_SHARE="$1"} "$ZAYTON" init "$W/home" >/dev/null
	for pair in $DEPARTMENTS; do
		z account add "${pair%:*}" --role department \
		    --provider "${pair#*:}" --key "$W/key.pub" >/dev/null
	done
	rm -f "$W/log"
	: >"$W/log"
	"$ZAYTON" -C "$W/home" serve --listen "127.0.0.1:$(free_port)" \
	    >"$W/log" 2>&1 &
	SERVER=$!
	PIDS="$PIDS $SERVER"
	until grep -q 'ready listen' "$W/log"; do sleep 0.1; done
}
finish() {
	kill "$SERVER"
	wait "$SERVER" || :
}
# Until the last record is made: it may follow its receipt.
month() { # MONTH
	for pair in $DEPARTMENTS; do
		z ingest --account "${pair%:*}" "$W/data/${pair%:*}-$1.zip"
	done
	until [ "$(sqlite3 "$W/home/exchange.db" 'SELECT count(*) FROM
	    touched_t')" = 0 ]; do
		sleep 0.05
	done
}

[ -f "$W/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$W/key"
begin "$W/share"
plain1=$(seconds month 2016-01)
plain2=$(seconds month 2016-02)
finish
begin
linked1=$(seconds month 2016-01)
linked2=$(seconds month 2016-02)
keeper=$(pgrep -P "$SERVER" -f -- '-x keeper' | head -1)
awk '/VmHWM/ { printf "keeper at most: %d MB (below 256)\n", $2 / 1024 }' \
    "/proc/${keeper:-self}/status"
sqlite3 "$W/home/exchange.db" "SELECT sum(accepted) || ' rows, ' || sum(linked)
    || ' linked' FROM bundle_file_t; SELECT count(*) || ' records' FROM
    enterprise"
finish
awk -v a="$plain1" -v b="$linked1" -v c="$plain2" -v d="$linked2" 'BEGIN {
    printf "first month, all new: %.1f s without, %.1f s with: %.0f %% of the speed (60 %% asked)\n", a, b, 100 * a / b
    printf "second month: %.1f s without, %.1f s with: %.0f %% (60 %% asked)\n", c, d, 100 * c / d }'

# The same 320,000 bills, names not seen before, among ten times as many.
python3 "$ROOT/tests/bench/month.py" "$W/data" "$ENTERPRISES" 2016-01 mub
mv "$W/data/mub-2016-01.zip" "$W/bills.zip"
bills() {
	z ingest --account mub "$W/bills.zip"
}
for times in 1 10; do
	python3 "$ROOT/tests/bench/month.py" "$W/data" $((ENTERPRISES * times)) \
	    2016-01 aic
	begin
	z ingest --account aic "$W/data/aic-2016-01.zip" >/dev/null
	seconds bills >"$W/among.$times"
	keeper=$(pgrep -P "$SERVER" -f -- '-x keeper' | head -1)
	awk -v n=$((ENTERPRISES * times)) '/VmHWM/ { printf "keeper among %d enterprises: %d MB\n",
	    n, $2 / 1024 }' "/proc/${keeper:-self}/status"
	finish
done
awk -v a="$(cat "$W/among.1")" -v b="$(cat "$W/among.10")" 'BEGIN {
    printf "the same bundle among ten times as many enterprises: %.1f s and %.1f s, %.2fx (at most 1.3x)\n", a, b, b / a }'
