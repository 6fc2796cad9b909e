#!/bin/sh
# Shows that a container that is cut off or is not what its name says makes the
# client's put fail with the reason, and that a receipt says it in two languages.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing
BAD=$ROOT/tests/data/containers/bad

mkdir "$T/water" "$T/bad"
bills 400 >"$T/water/water.csv"
zip_dir "$T/good.zip" "$T/water"
tar -C "$T/water" -czf "$T/good.tar.gz" .
tar -C "$T/water" -cJf "$T/good.tar.xz" .
gzip -c "$T/water/water.csv" >"$T/good.csv.gz"
for file in good.zip good.tar.gz good.tar.xz good.csv.gz; do
	size=$(stat -c %s "$T/$file")
	head -c $((size * 2 / 3)) "$T/$file" >"$T/bad/cut-${file#good.}.${file#good.}"
done
: >"$T/bad/empty.zip"
printf '<!DOCTYPE html><html><body>502 Bad Gateway</body></html>\n' \
    >"$T/bad/html.zip"
cp "$BAD/wasrar.zip" "$T/bad/rar.zip"
cp "$BAD/was7z.zip" "$T/bad/sevenzip.zip"
cp "$BAD/password.zip" "$T/bad/password.zip"
cp "$BAD/aes.zip" "$T/bad/aes.zip"
cp "$BAD/zeros.zip" "$T/bad/zeros.zip"
cp "$BAD/old.xlsx" "$T/bad/old.xlsx"
cp "$T/good.zip" "$T/bad/unknown.rar"
fails "a kind that is not taken is refused at once" put mub "$T/bad/unknown.rar"

# file, what the client and the receipt are told
while IFS='|' read -r file en zh <&3; do
	fails "$file: put fails" put mub "$T/bad/$file"
	receipt=$(wait_receipt mub "$file" 10)
	# sftp(1) prints the kind of failure only; others print what they are told.
	echo "send $T/bad/$file /upload/again-$file" | ./client.py "$PORT" mub \
	    "$T/keys/mub" >"$T/said" 2>&1
	is "$file: the client is told" "$(grep -c "$en" "$T/said")" 1
	ok "$file: the receipt verifies" good_receipt "$receipt"
	is "$file: it says rejected" "$(field "$receipt" .outcome)" rejected
	is "$file: in English" "$(field "$receipt" .message.en | grep -c "$en")" 1
	is "$file: in Chinese" "$(field "$receipt" .message.zh | grep -c "$zh")" 1
done 3<<EOF
cut-zip.zip|cut off|不完整
cut-tar.gz.tar.gz|cut off|不完整
cut-tar.xz.tar.xz|cut off|不完整
cut-csv.gz.csv.gz|cut off|不完整
empty.zip|0 bytes|0 字节
html.zip|HTML|HTML
rar.zip|RAR|RAR
sevenzip.zip|7z|7z
password.zip|password|密码
aes.zip|password|密码
zeros.zip|zero bytes|全部为零
old.xlsx|old Excel|旧版
EOF

ok 'the mended bundle under the same name is taken' \
    put mub "$T/good.zip" cut-zip.zip
accepted() {
	[ "$(receipts mub cut-zip.zip | wc -l)" = 2 ] &&
	    [ "$(field "$(receipts mub cut-zip.zip | tail -1)" .outcome)" \
		= accepted ]
}
ok 'and accepted' wait_until 15 accepted
is 'nothing of the others is in the base' "$(sql 'SELECT count(*)
    FROM std_water_bill_monthly')" 400
ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify
done_testing
