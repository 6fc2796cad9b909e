#!/bin/sh
# Shows that a full disk refuses uploads early, in clear words, loses nothing,
# and that work goes on by itself when space returns.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

mkdir "$HOME_DIR"
if ! mount -t tmpfs -o size=160m,mode=755 zayton-test "$HOME_DIR" 2>/dev/null
then
	skip 'a full disk' 'mounting a small file system needs root'
	done_testing
fi
trap 'umount -l "$HOME_DIR"; cleanup' EXIT
ok 'an instance on a disk of 160 MB' instance
ok 'its departments' departments
echo 'disk_reserve = 16 * 1024 * 1024' >>"$HOME_DIR/zayton.conf"
ok 'the server starts' serve || done_testing

fill() { # MB left
	left=$(df --output=avail -k "$HOME_DIR" | tail -1)
	[ "$left" -le $(($1 * 1024)) ] ||
	    head -c $(((left - $1 * 1024) * 1024)) /dev/zero \
		>>"$HOME_DIR/ballast" 2>/dev/null
}
empty() {
	: >"$HOME_DIR/ballast"
}
bills 10 >"$T/small.csv"
bills 20000 | sed 's/2014-03/2009-01/' >"$T/large.csv"

ok 'with space: taken' put mub "$T/small.csv"
ok 'with a receipt' wait_receipt mub small.csv

fill 8
bills 10 | sed 's/2014-03/2009-02/' >"$T/refused.csv"
fails 'below the reserve: OPEN is refused' put mub "$T/refused.csv"
client() {
	./client.py "$PORT" mub "$T/keys/mub" >"$T/said" 2>&1
	comment <"$T/said"
}
echo "send $T/refused.csv /upload/refused.csv" | client
ok 'in clear words' grep -qiE 'space|disk' "$T/said"
is 'nothing of it is there' "$(echo 'ls -1 /upload' | sftp_do mub |
    grep -c refused)" 0
ok 'receipts can be read' sh -c "echo 'ls /receipts' | sftp -q -b - \
    -F $T/ssh_config -i $T/keys/mub -P $PORT mub@zayton | grep -q small"
empty
ok 'space returns: taken' put mub "$T/refused.csv"
ok 'with a receipt (2)' wait_receipt mub refused.csv

# The disk fills up in the middle of an upload.
head -c 60000000 /dev/urandom | base64 -w 200 >"$T/noise.txt"
mkdir "$T/noise"
cp "$T/large.csv" "$T/noise/water_bill_monthly_200901.csv"
cp "$T/noise.txt" "$T/noise/notes.txt"
(cd "$T/noise" && zip -q -0 -X "$T/middle.zip" ./*)
rm -r "$T/noise" "$T/noise.txt"
fill 40
fails 'full in the middle of an upload: put fails' put mub "$T/middle.zip"
tail -2 "$T/.out" | comment
empty
ok 'space returns: reput' sh -c "echo 'reput $T/middle.zip /upload/middle.zip' |
    sftp -q -b - -F $T/ssh_config -i $T/keys/mub -P $PORT mub@zayton"
receipt=$(wait_receipt mub middle.zip 60)
is 'all of it is there' "$(field "$receipt" '[.files[].accepted] | add')" 20000

# The disk fills up when the bundle was promised.
bills 30000 | sed 's/2014-03/2009-03/' >"$T/promised.csv"
ok 'promised' put mub "$T/promised.csv"
fill 0
fails 'no space: no result yet' wait_receipt mub promised.csv 2
empty
receipt=$(wait_receipt mub promised.csv 60)
is 'space returns: it is applied' \
    "$(field "${receipt:-/dev/null}" '.files[0].accepted')" 30000
ok 'once' agrees_with_base "$receipt"
is 'rows of all' "$(sql 'SELECT count(*) FROM std_water_bill_monthly')" 50020
ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify
done_testing
