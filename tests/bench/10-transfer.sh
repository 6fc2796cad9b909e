#!/bin/sh
# Upload and download of 1 GB and eight uploads at once, against OpenSSH's own
# server on the same machine. Each run sends bytes of its own; what arrived is
# held against them. MB= and RUNS= make it smaller.
. "$(dirname "$0")/lib.sh"
MB=${MB:-1024}

start_sshd
start_zayton bench
mkdir "$W/there"

# A file of which no run has the same: bundles are known by their content.
body() { # FILE MB MARK
	python3 - "$@" <<'END'
import sys
path, mb, mark = sys.argv[1], int(sys.argv[2]), sys.argv[3]
block = (("1234567890,abcdefghij\n" * 50000).encode())[:1 << 20]
with open(path, "wb") as f:
    head = f"a,{mark}\n".encode()
    f.write(head + block[len(head):])
    for _ in range(mb - 1):
        f.write(block)
END
}

put_zayton() { echo "put $W/big.csv /upload/big-$1.csv" | sftp_zayton bench -c "$2"; }
put_sshd() { echo "put $W/big.csv $W/there/big.csv" | sftp_sshd -c "$2"; }
get_zayton() { echo "get /reports/big.csv $W/back.csv" | sftp_zayton bench -c "$2"; }
get_sshd() { echo "get $W/there/big.csv $W/back.csv" | sftp_sshd -c "$2"; }

# The ledger's digest of an upload is that of what was sent.
arrived() { # NAME FILE
	_sum=$(sha256sum <"$2" | cut -d ' ' -f 1)
	[ "$(sqlite3 "$W/home/exchange.db" "SELECT count(*) FROM bundle_t
	    WHERE name = '$1' AND sha256 = '$_sum'")" -ge 1 ] ||
		fail "$1 did not arrive as it was sent"
}

upload() { # CIPHER
	ours=
	theirs=
	for run in $(seq "$RUNS"); do
		body "$W/big.csv" "$MB" "$1-$run"
		theirs="$theirs $(seconds put_sshd "$run" "$1")"
		cmp "$W/big.csv" "$W/there/big.csv" || fail 'OpenSSH: not the same'
		ours="$ours $(seconds put_zayton "$1-$run" "$1")"
		arrived "big-$1-$run.csv" "$W/big.csv"
		at_rest
		find "$W/home/spool/rejected" "$W/home/spool/applied" -type f -delete
	done
	ratio "upload $MB MB, ${1%@*}" MB/s "$MB" 1.3
}
download() { # CIPHER
	ours=
	theirs=
	for run in $(seq "$RUNS"); do
		theirs="$theirs $(seconds get_sshd "$run" "$1")"
		cmp "$W/big.csv" "$W/back.csv" || fail 'OpenSSH: not the same'
		rm "$W/back.csv"
		ours="$ours $(seconds get_zayton "$run" "$1")"
		cmp "$W/big.csv" "$W/back.csv" || fail 'not the same came back'
		rm "$W/back.csv"
	done
	ratio "download $MB MB, ${1%@*}" MB/s "$MB" 1.6
}

# Eight clients at once, each with an eighth; the time of each beside.
eight() { # COMMAND RUN
	for i in 1 2 3 4 5 6 7 8; do
		{ seconds "$1" "$2" $i && echo; } >"$W/client-$i" &
		eight="${eight:-} $!"
	done
	# shellcheck disable=SC2086 # a list of pids
	wait $eight
	eight=
}
eight_zayton() {
	echo "put $W/part-$2.csv /upload/part-$1-$2.csv" | sftp_zayton bench
}
eight_sshd() { echo "put $W/part-$2.csv $W/there/" | sftp_sshd; }
all_eight() {
	ours=
	theirs=
	spread=
	for run in $(seq "$RUNS"); do
		for i in 1 2 3 4 5 6 7 8; do
			body "$W/part-$i.csv" $((MB / 8)) "$run-$i"
		done
		theirs="$theirs $(seconds eight eight_sshd "$run")"
		ours="$ours $(seconds eight eight_zayton "$run")"
		spread="$spread $(cat "$W"/client-? | sort -n |
		    awk '{ v[NR] = $1; s += $1 }
			END { print 100 * (v[NR] - v[1]) / (s / NR) }')"
		for i in 1 2 3 4 5 6 7 8; do
			arrived "part-$run-$i.csv" "$W/part-$i.csv"
		done
		at_rest
	done
	ratio "8 uploads of $((MB / 8)) MB at once" MB/s "$MB" 1.3
	# shellcheck disable=SC2086 # a list of numbers
	at_most '8 uploads: slowest to fastest' % "$(median $spread)" 10
}

table_begin
for cipher in aes128-gcm@openssh.com chacha20-poly1305@openssh.com; do
	upload $cipher
done
cp "$W/big.csv" "$W/home/accounts/bench/reports/big.csv"
chmod 644 "$W/home/accounts/bench/reports/big.csv"
for cipher in aes128-gcm@openssh.com chacha20-poly1305@openssh.com; do
	download $cipher
done
all_eight
table_end
