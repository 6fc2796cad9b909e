#!/bin/sh
# Upload and download of 1 GB, 2,000 small files, and logins, each against
# OpenSSH's own server in the same minute. Ratio: above 1 we are faster.
. "$(dirname "$0")/lib.sh"
RUNS=${RUNS:-3}
MB=${MB:-1024}

start_sshd
start_zayton bench
python3 - "$W" "$MB" <<'END'
import os, sys
w, mb = sys.argv[1], int(sys.argv[2])
# A stored (not deflated) tar-like body: a CSV, so that CLOSE accepts it.
block = (("a,b\n" + "1234567890,abcdefghij\n" * 50000).encode())[:1 << 20]
with open(f"{w}/big.csv", "wb") as f:
    for _ in range(mb):
        f.write(block)
os.mkdir(f"{w}/small")
for i in range(2000):
    with open(f"{w}/small/{i}.csv", "wb") as f:
        f.write((f"{i},x\n" + "1234567890,abcdefghij\n" * 500)[:10240].encode())
END

put_zayton() { echo "put $W/big.csv /upload/big$1.csv" | sftp_zayton bench -c "$2"; }
put_sshd() { echo "put $W/big.csv $W/there.csv" | sftp_sshd -c "$2"; }
get_zayton() { echo "get /reports/big.csv $W/back.csv" | sftp_zayton bench -c "$2"; }
get_sshd() { echo "get $W/there.csv $W/back.csv" | sftp_sshd -c "$2"; }
many_zayton() { echo "put $W/small/*.csv /upload/" | sftp_zayton bench; }
many_sshd() { echo "put $W/small/*.csv $W/there/" | sftp_sshd; }
mkdir "$W/there"

# pair NAME UNITS OURS THEIRS [ARGUMENT]: rates of both and their ratio
pair() {
	ours=
	theirs=
	for run in $(seq "$RUNS"); do
		theirs="$theirs $(seconds "$4" "$run" "${5:-}")"
		ours="$ours $(seconds "$3" "$run" "${5:-}")"
	done
	# shellcheck disable=SC2086 # lists of numbers
	awk -v n="$1" -v u="$2" -v a="$(median $ours)" -v b="$(median $theirs)" \
	    'BEGIN { printf "%-40s %9.1f %9.1f  %.2fx\n", n, u / a, u / b, b / a }'
}

printf '%-40s %9s %9s  %s\n' '' zayton openssh ratio
for cipher in aes128-gcm@openssh.com chacha20-poly1305@openssh.com; do
	pair "upload $MB MB, ${cipher%@*}, MB/s" "$MB" put_zayton put_sshd $cipher
done
cp "$W/big.csv" "$W/home/accounts/bench/reports/big.csv"
chmod 644 "$W/home/accounts/bench/reports/big.csv"
for cipher in aes128-gcm@openssh.com chacha20-poly1305@openssh.com; do
	pair "download $MB MB, ${cipher%@*}, MB/s" "$MB" get_zayton get_sshd $cipher
done
pair '2,000 files of 10 KB, files/s' 2000 many_zayton many_sshd

logins() {
	seq 200 | xargs -P 8 -I{} sh -c \
	    'echo quit | sftp -q -b - -i "$1" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -P "$2" "$3@127.0.0.1"' \
	    sh "$W/key" "$1" "$2"
}
logins_zayton() { logins "$ZAYTON_PORT" bench; }
logins_sshd() { logins "$SSHD_PORT" "$(id -un)"; }
pair '200 logins, 8 at a time, logins/s (client included)' 200 logins_zayton logins_sshd
