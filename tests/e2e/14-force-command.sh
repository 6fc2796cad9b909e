#!/bin/sh
# Shows that the same door stands behind OpenSSH's own sshd, by ForceCommand.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

SSHD=$(command -v sshd || echo /usr/sbin/sshd)
[ -x "$SSHD" ] || {
	skip 'zayton filer behind sshd' 'sshd is not installed'
	done_testing
}
ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

ME=$(id -un)
mkdir "$T/sshd"
ssh-keygen -q -t ed25519 -N '' -f "$T/sshd/host"
cp "$T/keys/mub.pub" "$T/sshd/authorized"
sshd_port=$((20000 + $$ % 20000))
cat >"$T/sshd/config" <<EOF
Port $sshd_port
ListenAddress 127.0.0.1
HostKey $T/sshd/host
PidFile $T/sshd/pid
AuthorizedKeysFile $T/sshd/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
Subsystem sftp internal-sftp
ForceCommand $ZAYTON -C $HOME_DIR filer --account mub
EOF
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
"$SSHD" -D -f "$T/sshd/config" -E "$T/sshd/log" &
CHILDREN="$CHILDREN $!"

sftp_do() { # ACCOUNT
	shift
	sftp -q -b - -F "$T/ssh_config" -o "UserKnownHostsFile $T/sshd/known" \
	    -i "$T/keys/mub" -P "$sshd_port" "$@" "$ME@zayton"
}
listening() {
	ssh-keyscan -p "$sshd_port" 127.0.0.1 2>/dev/null | grep -q ssh-
}
ok 'sshd starts' wait_until 10 listening
batch 'ls -1 /' | sftp_do mub >"$T/root" 2>"$T/why"
if grep -qi 'locked' "$T/sshd/log"; then
	skip 'zayton filer behind sshd' "sshd lets '$ME' not log in"
	done_testing
fi
comment <"$T/why"
is 'ls' "$(grep -v '^sftp>' "$T/root" |
    tr -d / | tr '\n' ' ')" \
    'check receipts reports standards upload '

sample GONGYONG 2016-01 "$T/water.zip"
ok 'put' put mub "$T/water.zip"
receipt=$(wait_receipt mub water.zip)
ok 'a good receipt' good_receipt "$receipt"
ok 'that agrees with the base' agrees_with_base "$receipt"
batch "get /receipts/${receipt##*/} $T/got.json" | sftp_do mub >/dev/null
ok 'get' cmp "$T/got.json" "$receipt"
is 'ls -l of what was sent' "$(batch 'ls -l /upload/water.zip' | sftp_do mub |
    awk '/^-.*water/ { print $5 }')" "$(stat -c %s "$T/water.zip")"

refused() { # BATCH
	batch "$1" | sftp_do mub
}
fails 'mkdir is refused' refused 'mkdir /upload/x'
fails 'nothing is read back' refused "get /upload/water.zip $T/back"
fails 'nothing is overwritten' refused "put $T/got.json /upload/water.zip"
fails 'nothing outside exists' refused "get /etc/passwd $T/passwd"
fails 'nor above' refused "get /receipts/../../../etc/passwd $T/passwd"
fails 'nor another account' refused "ls /receipts/../../aic"
bills 5 >"$T/part.csv"
ok '.filepart, then rename' sh -c "printf '%s\n' \
    'put $T/part.csv /upload/part.csv.filepart' \
    'rename /upload/part.csv.filepart /upload/part.csv' |
    sftp -q -b - -F $T/ssh_config -o UserKnownHostsFile=$T/sshd/known \
    -i $T/keys/mub -P $sshd_port $ME@zayton"
ok 'is taken' wait_receipt mub part.csv 15
head -c 300 "$T/water.zip" >"$T/cut.zip"
fails 'put of a truncated zip' put mub "$T/cut.zip"
ok 'and is receipted' wait_receipt mub cut.zip 15

ok 'a disabled account' z account disable mub
fails 'has no way in' refused 'ls /'
stop
fails 'nor where no server runs' refused 'ls /'
done_testing
