#!/bin/sh
# Shows that every client departments use uploads a bundle and fetches its
# receipt, with each kind of key, and what sftp(1) does besides.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
for type in ecdsa rsa; do
	key $type $type
	ok "a further key: $type" z account key add mub "$T/keys/$type.pub"
done
ok 'the server starts' serve || done_testing
HOST_KEY=$(ssh-keygen -lf "$HOME_DIR/keys/host_ed25519" | cut -d ' ' -f 2)

# A bundle of a month of its own; in it, so that it is new.
bundle() { # NAME
	months=$((${months:-0} + 1))
	bills 10 | sed "s/2014-03/$((2000 + months / 12))-$(printf %02d \
	    $((months % 12 + 1)))/" >"$T/$1"
}

# What a client uploaded has its receipt, and what it fetched is that receipt.
arrived() { # NAME FETCHED-DIRECTORY
	receipt=$(wait_receipt mub "$1" 15) || return 1
	is "$1: accepted" "$(field "$receipt" .outcome)" accepted
}

fetched() { # NAME DIRECTORY
	got=$(find "$2" -name "$1.*.receipt.json" | head -1)
	ok "$1: receipt fetched" \
	    cmp "${got:-/nothing}" "$(receipts mub "$1" | tail -1)"
}

# --- sftp ------------------------------------------------------------------

for type in mub ecdsa rsa; do
	bundle openssh-$type.csv
	ok "sftp with key $type" sftp -q -b - -F "$T/ssh_config" \
	    -i "$T/keys/$type" -P "$PORT" mub@zayton <<EOF
put -p $T/openssh-$type.csv /upload/
EOF
	arrived openssh-$type.csv
done
mkdir "$T/openssh"
batch "get /receipts/openssh-mub.csv.* $T/openssh/" | sftp_do mub >/dev/null
fetched openssh-mub.csv "$T/openssh"

touch -d '2014-05-06 07:08:09' "$T/openssh-mub.csv"
bundle times.csv
touch -d '2014-05-06 07:08:09' "$T/times.csv"
batch "put -p $T/times.csv /upload/times.csv" | sftp_do mub >/dev/null
is 'put -p keeps the time' "$(batch 'ls -l /upload/times.csv' | sftp_do mub |
    awk '/^-.*times/ { print $6, $8 }')" 'May 2014'

is 'ls of the root' "$(batch 'ls -1 /' | sftp_do mub | grep -v '^sftp>' |
    tr -d / | tr '\n' ' ')" 'check receipts reports standards upload '
ok 'df' sh -c "echo 'df -h /upload' | sftp -q -b - -F $T/ssh_config \
    -i $T/keys/mub -P $PORT mub@zayton | grep -q %"
fails 'mkdir is refused' sh -c "echo 'mkdir /upload/folder' |
    sftp -q -b - -F $T/ssh_config -i $T/keys/mub -P $PORT mub@zayton"

bundle part.csv
ok '.filepart, then rename' sh -c "printf '%s\n' \
    'put $T/part.csv /upload/part.csv.filepart' \
    'rename /upload/part.csv.filepart /upload/part.csv' |
    sftp -q -b - -F $T/ssh_config -i $T/keys/mub -P $PORT mub@zayton"
arrived part.csv

# A connection that is cut, then resumed.
bills 30000 | sed 's/2014-03/2015-03/' >"$T/cut.csv"
echo "put $T/cut.csv /upload/cut.csv" |
    sftp -q -b - -l 8000 -F "$T/ssh_config" -i "$T/keys/mub" -P "$PORT" \
	mub@zayton >/dev/null 2>&1 &
cut=$!
begun() {
	find "$HOME_DIR/spool/uploading/mub" -type f -size +200k | grep -q cut
}
ok 'an upload begins' wait_until 10 begun
kill -9 $cut
wait $cut 2>/dev/null
size=$(batch 'ls -l /upload/cut.csv' | sftp_do mub |
    awk '/^-.*cut/ { print $5 }')
ok 'what arrived is there, not all' \
    test "${size:-0}" -gt 0 -a "${size:-0}" -lt "$(stat -c %s "$T/cut.csv")"
ok 'reput' sh -c "echo 'reput $T/cut.csv /upload/cut.csv' |
    sftp -q -b - -F $T/ssh_config -i $T/keys/mub -P $PORT mub@zayton"
receipt=$(wait_receipt mub cut.csv 30)
is 'it arrived whole' "$(field "$receipt" .bundle.sha256)" \
    "$(sha256sum "$T/cut.csv" | cut -d ' ' -f 1)"

client() {
	"$ROOT/tests/e2e/client.py" "$PORT" mub "$T/keys/mub"
}
echo 'mkdir /upload/folder' | client >"$T/said"
ok 'with a sentence' grep -q '[a-z] [a-z]* [a-z]' "$T/said"
comment <"$T/said"
batch "half $T/cut.csv /upload/left.csv" | client >/dev/null
is 'an unfinished upload can be removed' \
    "$(batch 'stat /upload/left.csv' 'remove /upload/left.csv' \
	'stat /upload/left.csv' | client | tail -2 | tr '\n' ' ')" 'ok none '
is 'a finished one cannot' \
    "$(batch 'remove /upload/part.csv' 'open wx /upload/part.csv' | client |
	grep -c ok)" 0

# --- others ----------------------------------------------------------------

bundle scp.csv
mkdir "$T/scp"
ok 'scp' scp -q -F "$T/ssh_config" -i "$T/keys/mub" -P "$PORT" "$T/scp.csv" \
    mub@zayton:/upload/
arrived scp.csv
scp -q -F "$T/ssh_config" -i "$T/keys/mub" -P "$PORT" \
    'mub@zayton:/receipts/scp.csv.*' "$T/scp/" 2>&1 | comment
fetched scp.csv "$T/scp"
fails 'no shell, no scp -O' scp -O -q -F "$T/ssh_config" -i "$T/keys/mub" \
    -P "$PORT" "$T/scp.csv" mub@zayton:/upload/old.csv
fails 'no command' ssh -F "$T/ssh_config" -i "$T/keys/mub" -p "$PORT" \
    mub@zayton id

# For those who start ssh themselves.
cat >"$T/ssh" <<EOF
#!/bin/sh
exec ssh -F $T/ssh_config -i $T/keys/mub -o UserKnownHostsFile=$T/known_hosts \\
    -o StrictHostKeyChecking=accept-new -o LogLevel=ERROR "\$@"
EOF
chmod +x "$T/ssh"
if command -v lftp >/dev/null; then
	bundle lftp.csv
	mkdir "$T/lftp"
	cat >"$T/lftp.rc" <<EOF
set sftp:connect-program "$T/ssh -a -x"
set net:max-retries 1
set net:timeout 20
set cmd:fail-exit yes
open -u mub, -p $PORT sftp://127.0.0.1
EOF
	ok 'lftp' lftp --norc -c "source $T/lftp.rc
	    put -O /upload $T/lftp.csv"
	arrived lftp.csv
	lftp --norc -c "source $T/lftp.rc
	    mget -O $T/lftp /receipts/lftp.csv.*" >/dev/null
	fetched lftp.csv "$T/lftp"
else
	skip lftp 'not installed'
fi

if command -v rclone >/dev/null; then
	cat >"$T/rclone.conf" <<EOF
[z]
type = sftp
host = 127.0.0.1
port = $PORT
user = mub
key_file = $T/keys/mub
EOF
	mkdir "$T/rclone" "$T/rclone-in"
	bundle rclone.csv
	mv "$T/rclone.csv" "$T/rclone-in/"
	ok 'rclone copy' rclone --config "$T/rclone.conf" --retries 1 \
	    copy "$T/rclone-in" z:/upload
	arrived rclone.csv
	ok 'rclone check' rclone --config "$T/rclone.conf" --retries 1 \
	    check --one-way --size-only "$T/rclone-in" z:/upload
	ok 'rclone copy again has nothing to do' rclone --config \
	    "$T/rclone.conf" --retries 1 copy "$T/rclone-in" z:/upload
	rclone --config "$T/rclone.conf" copy --include 'rclone.csv.*' \
	    z:/receipts "$T/rclone" 2>&1 | comment
	fetched rclone.csv "$T/rclone"
else
	skip rclone 'not installed'
fi

if command -v psftp >/dev/null; then
	bundle psftp.csv
	mkdir "$T/psftp"
	puttygen "$T/keys/mub" -O private -o "$T/keys/mub.ppk"
	psftp_do() {
		(cd "$T/psftp" && psftp -batch -P "$PORT" -l mub \
		    -i "$T/keys/mub.ppk" -hostkey "$HOST_KEY" -b /dev/stdin \
		    127.0.0.1)
	}
	batch 'cd /upload' "put $T/psftp.csv" >"$T/psftp.in"
	ok 'psftp' psftp_do <"$T/psftp.in"
	arrived psftp.csv
	batch 'cd /receipts' 'mget psftp.csv.*' | psftp_do >/dev/null
	fetched psftp.csv "$T/psftp"
else
	skip psftp 'not installed'
fi

if curl --version | grep -q sftp; then
	bundle curl.csv
	mkdir "$T/curl"
	curl_do() {
		curl -sS --insecure --key "$T/keys/mub" \
		    --pubkey "$T/keys/mub.pub" -u mub: "$@"
	}
	ok 'curl' curl_do -T "$T/curl.csv" "sftp://127.0.0.1:$PORT/upload/"
	arrived curl.csv
	name=${receipt##*/}
	curl_do -o "$T/curl/$name" "sftp://127.0.0.1:$PORT/receipts/$name"
	fetched curl.csv "$T/curl"
else
	skip curl 'without sftp'
fi

# --- paramiko --------------------------------------------------------------

for name in pipelined several-1 several-2 several-3 backwards stamped; do
	bundle $name.csv
done
is 'paramiko: pipelined' \
    "$(batch "put $T/pipelined.csv /upload/pipelined.csv" | client)" ok
arrived pipelined.csv
# The same content under three names: three handles, three audit lines.
is 'paramiko: several handles at once' \
    "$(batch "several $T/several-1.csv /upload/several-1.csv \
	/upload/several-2.csv /upload/several-3.csv" | client)" ok
arrived several-1.csv
is 'one line of the access log for each' "$(sql "SELECT count(*) FROM
    access_log WHERE name LIKE '%several-_.csv' AND sha256 = '$(sha256sum \
    "$T/several-1.csv" | cut -d ' ' -f 1)'")" 3
is 'paramiko: last block first' \
    "$(batch "backwards $T/backwards.csv /upload/backwards.csv" | client)" ok
arrived backwards.csv
is 'paramiko: FSETSTAT while writing' \
    "$(batch "handle-times $T/stamped.csv /upload/stamped.csv" | client)" ok
arrived stamped.csv
is 'paramiko: a receipt fetched' "$(batch "get /receipts/${receipt##*/}" |
    client)" "$(stat -c %s "$receipt") bytes"

# --- sshfs -----------------------------------------------------------------

if command -v sshfs >/dev/null && sh -c ': <>/dev/fuse' 2>/dev/null; then
	mkdir "$T/mount"
	ok 'sshfs' sshfs -o ro -o "ssh_command=$T/ssh" -p "$PORT" \
	    mub@127.0.0.1:/ "$T/mount"
	ok 'sshfs reads a receipt' \
	    cmp "$T/mount/receipts/${receipt##*/}" "$receipt"
	fusermount3 -u "$T/mount" || fusermount -u "$T/mount"
else
	skip sshfs 'no FUSE here'
fi

ok 'each upload has exactly one result' one_result_each mub
ok 'the ledger verifies' z verify
done_testing
