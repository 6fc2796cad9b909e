#!/bin/sh
# Many small files in one session, each durable at CLOSE, against OpenSSH
# without any durability and with an fsync of each file; a bundle of ten rows
# from CLOSE to its receipt; bundles of twelve accounts at once; memory.
. "$(dirname "$0")/lib.sh"
FILES=${FILES:-2000}
BUNDLES=${BUNDLES:-1000}
ACCOUNTS='a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12'

start_sshd
# shellcheck disable=SC2086 # a list of accounts
start_zayton bench $ACCOUNTS
mkdir "$W/there"

base() { sqlite3 "$W/home/exchange.db" "$1"; }
files() { # RUN: no two runs have the same content
	rm -rf "$W/small"
	python3 - "$W/small" "$FILES" "$1" <<'END'
import os, sys
d, n, run = sys.argv[1], int(sys.argv[2]), sys.argv[3]
os.mkdir(d)
for i in range(n):
    with open(f"{d}/{run}-{i}.csv", "wb") as f:
        f.write((f"{run}-{i},x\n" + "1234567890,abcdefghij\n" * 500)[:10240].encode())
END
}
# shellcheck disable=SC2119 # no options
many_zayton() { echo "put $W/small/*.csv /upload/" | sftp_zayton bench; }
# shellcheck disable=SC2119
many_sshd() { echo "put $W/small/*.csv $W/there/" | sftp_sshd; }
# shellcheck disable=SC2119
many_synced() { echo "put -f $W/small/*.csv $W/there/" | sftp_sshd; }

many() {
	ours=
	plain=
	synced=
	for run in $(seq "$RUNS"); do
		files "$run"
		plain="$plain $(seconds many_sshd)"
		synced="$synced $(seconds many_synced)"
		ours="$ours $(seconds many_zayton)"
		[ "$(base "SELECT count(DISTINCT sha256) FROM bundle_t
		    WHERE name LIKE '$run-%.csv'")" = "$FILES" ] ||
			fail 'not every file is in the ledger'
		at_rest
	done
	theirs=$plain
	ratio "$FILES files of 10 KB" files/s "$FILES" 1.5
	theirs=$synced
	ratio "$FILES files of 10 KB, OpenSSH with fsync" files/s "$FILES" 5
}

# One session; CLOSE is answered when sftp says the next thing.
latency() {
	python3 - "$W" "$ZAYTON_PORT" <<'END'
import os, subprocess, sys, time
w, port = sys.argv[1:]
head = "用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期\n"
sftp = subprocess.Popen(["sftp", "-q", "-b", "-", "-i", w + "/key",
    "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
    "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-P", port,
    "bench@127.0.0.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
receipts = f"{w}/home/accounts/bench/receipts"
times = []
for k in range(100):
    with open(f"{w}/ten.csv", "w") as f:
        f.write(head + "".join(
            f"{9000000000 + k * 10 + i},泉州市甲乙织造有限公司,泉州市,2016-02,1,2.85,2.85,0.00,2016-02-0{i % 9 + 1}\n"
            for i in range(10)))
    sftp.stdin.write(f"put {w}/ten.csv /upload/ten-{k}.csv\npwd\n")
    sftp.stdin.flush()
    while "Remote working" not in sftp.stdout.readline():
        pass
    t = time.monotonic()
    while not any(n.startswith(f"ten-{k}.csv.") and n.endswith(".receipt.json")
            for n in os.listdir(receipts)):
        time.sleep(0.0003)
        if time.monotonic() - t > 10:
            sys.exit("no receipt within 10 s")
    times.append((time.monotonic() - t) * 1000)
    time.sleep(0.02)
times.sort()
print(f"{times[len(times) // 2]:.1f} {times[len(times) * 99 // 100]:.1f}")
END
}

# Twelve clients with a share each; until the last result receipt stands.
twelve() { # RUN
	for a in $ACCOUNTS; do
		(echo "put $W/share/$a-*.csv /upload/" |
		    sftp_zayton "$a" >/dev/null) &
		clients="${clients:-} $!"
	done
	# shellcheck disable=SC2086 # a list of pids
	wait $clients
	clients=
	until [ "$(base "SELECT count(*) FROM receipt_t r JOIN bundle_t b
	    ON b.no = r.bundle WHERE r.kind = 'result' AND
	    b.name LIKE '%-$1-%'")" -ge "$BUNDLES" ]; do
		sleep 0.05
	done
}
shares() { # RUN
	rm -rf "$W/share"
	python3 - "$W/share" "$BUNDLES" "$1" "$ACCOUNTS" <<'END'
import os, sys
d, n, run, accounts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split()
os.mkdir(d)
head = "用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期\n"
for k in range(n):
    a = accounts[k % len(accounts)]
    with open(f"{d}/{a}-{run}-{k}.csv", "w") as f:
        f.write(head + "".join(
            f"{(run * 100000 + k) * 10 + i},泉州市甲乙织造有限公司,泉州市,2016-02,1,2.85,2.85,0.00,2016-02-0{i % 9 + 1}\n"
            for i in range(10)))
END
}
bundles() {
	ours=
	for run in $(seq "$RUNS"); do
		shares "$run"
		ours="$ours $(seconds twelve "$run")"
		[ "$(base "SELECT count(*) FROM bundle_t WHERE outcome = 'accepted'
		    AND name LIKE '%-$run-%.csv'")" = "$BUNDLES" ] ||
			fail 'not every bundle was accepted'
	done
	# shellcheck disable=SC2086 # a list of numbers
	at_least "$BUNDLES bundles of 12 accounts" bundles/s \
	    "$(awk "BEGIN { printf \"%.1f\", $BUNDLES / $(median $ours) }")" 300
}

# The largest a role ever was, of those that run now: kB.
peak() { # ROLE
	pgrep -P "$ZAYTON_PID" -f "^zayton -x" | while read -r p; do
		echo "$p"
		pgrep -P "$p" || :
	done | while read -r p; do
		tr '\0' ' ' <"/proc/$p/cmdline" | grep -q "^zayton -x $1 " || continue
		awk '/VmHWM/ { print $2 }' "/proc/$p/status"
	done 2>/dev/null | sort -n | tail -1
}
# What is not shared with its pattern, while it carries an upload.
session_memory() {
	echo "put $W/one.csv /upload/one.csv" | sftp_zayton bench >/dev/null &
	client=$!
	while kill -0 $client 2>/dev/null; do
		pgrep -P "$(pgrep -P "$ZAYTON_PID" -f 'x gate')" \
		    -f '^zayton -x session( |$)' | while read -r p; do
			awk '/^Private/ { s += $2 } END { print s }' \
			    "/proc/$p/smaps_rollup" 2>/dev/null || :
		done
		sleep 0.05
	done | sort -n | tail -1
}

table_begin
many
# shellcheck disable=SC2046 # two words
set -- $(latency)
at_most '10 rows, CLOSE to receipt, p50' ms "$1" 10
at_most '10 rows, CLOSE to receipt, p99' ms "$2" 50
bundles
yes '1234567890,abcdefghij' | head -c $((256 << 20)) >"$W/one.csv"
at_most 'memory of a session' MB "$(session_memory | awk '{ printf "%.1f", $1 / 1024 }')" 5
at_most 'memory of the keeper' MB "$(peak keeper | awk '{ printf "%.1f", $1 / 1024 }')" 192
at_most 'memory of the pattern of workers' MB "$(peak workers | awk '{ printf "%.1f", $1 / 1024 }')" 48
table_end
