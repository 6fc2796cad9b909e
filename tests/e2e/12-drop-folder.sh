#!/bin/sh
# Shows that local programs have the same way in by spool/drop/ACCOUNT, whatever
# tool puts the file there, and by ingest, with a server or without.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
DROP=$HOME_DIR/spool/drop/mub
ok 'a drop folder for each' test -d "$DROP"

# N bills of a month of their own, so that each bundle is new.
bundle() { # NAME MONTH
	bills 5 | sed "s/2014-03/2013-$2/" >"$T/$1"
}

bundle early.csv 01
cp "$T/early.csv" "$DROP/early.csv"
ok 'the server starts' serve || done_testing
ok 'a file that lay there before' wait_receipt mub early.csv 20

bundle copied.csv 02
cp "$T/copied.csv" "$DROP/"
ok 'cp' wait_receipt mub copied.csv 10
bundle moved.csv 03
cp "$T/moved.csv" "$HOME_DIR/spool/moved.csv"
mv "$HOME_DIR/spool/moved.csv" "$DROP/moved.csv"
ok 'mv' wait_receipt mub moved.csv 10

# rsync writes .NAME.XXXXXX and renames it.
bundle synced.csv 04
cp "$T/synced.csv" "$DROP/.synced.csv.Ab12Cd"
bundle later.csv 05
cp "$T/later.csv" "$DROP/"
ok 'another file meanwhile' wait_receipt mub later.csv 10
ok 'a name of rsync while writing is left alone' \
    test -e "$DROP/.synced.csv.Ab12Cd"
mv "$DROP/.synced.csv.Ab12Cd" "$DROP/synced.csv"
ok 'and taken when renamed' wait_receipt mub synced.csv 10

# Half written, for longer than a rescan lasts, then finished.
bundle slow.csv 06
exec 9>"$DROP/slow.csv"
head -3 "$T/slow.csv" >&9
gone() {
	[ ! -e "$DROP/slow.csv" ]
}
fails 'half a file is left alone while it is open' wait_until 9 gone
tail -n +4 "$T/slow.csv" >&9
exec 9>&-
receipt=$(wait_receipt mub slow.csv 15)
is 'and taken whole' "$(field "${receipt:-/dev/null}" '.files[0].rows')" 5

mkdir "$DROP/folder"
ln -s /etc/passwd "$DROP/link.csv"
cp "$T/moved.csv" "$DROP/again.csv"
ok 'the same content again' wait_receipt mub again.csv 10
ok 'folders and links are no bundles' test -h "$DROP/link.csv"
head -c 3000 "$ROOT/tests/data/containers/good/infozip.zip" |
    head -c 200 >"$T/cut.zip"
cp "$T/cut.zip" "$DROP/"
receipt=$(wait_receipt mub cut.zip 10)
is 'a truncated zip is rejected' "$(field "$receipt" .outcome)" rejected

# ingest beside a server
bundle with.csv 07
ok 'ingest with a server' z ingest --account mub "$T/with.csv"
ok 'has a receipt' wait_receipt mub with.csv 5
bundle one.csv 08
bundle two.csv 09
(cd "$T" && z ingest --account mub --json one.csv two.csv) >"$T/two" 2>&1
is 'two at once' "$(jq -r .outcome "$T/two" | tr '\n' ' ')" 'accepted accepted '
exits 1 'a refused bundle gives status 1' z ingest --account mub "$T/cut.zip"
cp "$T/.out" "$T/said"
ok 'and says why in both languages' \
    sh -c "grep -q 'cut off' '$T/said' && grep -q 不完整 '$T/said'"
exits 2 'no such account' z ingest --account nobody "$T/one.csv"
exits 2 'no such file' z ingest --account mub "$T/none.csv"

bills 20000 | sed 's/2014-03/2013-10/' >"$T/big.csv"
script -qec "'$ZAYTON' -C '$HOME_DIR' ingest --account mub '$T/big.csv'" \
    /dev/null >"$T/progress" 2>&1 </dev/null
ok 'a bar of progress on a terminal' grep -q '%' "$T/progress"
ok 'and the outcome after it' grep -q 'accepted' "$T/progress"
stop

bundle without.csv 11
ok 'ingest without a server' z ingest --account mub "$T/without.csv"
is 'all rows stand in the base' "$(sql 'SELECT count(*)
    FROM std_water_bill_monthly')" 20050
ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify
done_testing
