# Shared by the benchmarks: an OpenSSH server and a Zayton server of our own on
# free ports of the loopback, and ratios of the two in the same minute.
# Sourced, not run. Everything stands in $W and ends by pid.
# shellcheck shell=sh

set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
ZAYTON=$ROOT/${B:-build}/zayton
W=$(mktemp -d)
chmod 755 "$W"
PIDS=
end() {
	for pid in $PIDS; do kill "$pid" 2>/dev/null || :; done
	wait
	rm -rf "$W"
}
trap end EXIT
trap 'exit 1' INT TERM

free_port() {
	python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# seconds COMMAND...: wall clock of a command, its output thrown away.
seconds() {
	_t0=$(date +%s.%N)
	"$@" >/dev/null 2>"$W/seconds.err" || {
		cat "$W/seconds.err" >&2
		return 1
	}
	_t1=$(date +%s.%N)
	awk "BEGIN { printf \"%.3f\", $_t1 - $_t0 }"
}

# median N...: the middle of its arguments.
median() {
	printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 }
	    END { printf "%.3f", v[int((NR + 1) / 2)] }'
}

# row NAME UNIT OURS THEIRS RATIO: one line of the table.
row() {
	printf '%-44s %12s %12s  %s\n' "$1" "$2" "$3" "$4"
}

start_sshd() {
	SSHD_PORT=$(free_port)
	mkdir -p "$W/sshd" /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$W/sshd/host"
	cp "$W/key.pub" "$W/sshd/authorized"
	cat >"$W/sshd/config" <<-END
		Port $SSHD_PORT
		ListenAddress 127.0.0.1
		HostKey $W/sshd/host
		AuthorizedKeysFile $W/sshd/authorized
		StrictModes no
		UsePAM no
		PidFile none
		MaxStartups 200
		Subsystem sftp internal-sftp
	END
	/usr/sbin/sshd -D -f "$W/sshd/config" 2>"$W/sshd/log" &
	PIDS="$PIDS $!"
}

start_zayton() {
	ZAYTON_PORT=$(free_port)
	"$ZAYTON" init "$W/home" >/dev/null
	for name in "$@"; do
		"$ZAYTON" -C "$W/home" account add "$name" --role department \
		    --provider MUB --key "$W/key.pub" >/dev/null
	done
	: >"$W/home.log"
	"$ZAYTON" -C "$W/home" serve --listen "127.0.0.1:$ZAYTON_PORT" \
	    2>"$W/home.log" &
	ZAYTON_PID=$!
	PIDS="$PIDS $ZAYTON_PID"
	tail -f "$W/home.log" --pid=$ZAYTON_PID | grep -q -m1 ' ready '
}

# sftp_zayton ACCOUNT OPTIONS...; sftp_sshd OPTIONS...: batch on standard input
SFTP_OPTIONS="-q -b - -i $W/key -o IdentitiesOnly=yes -o StrictHostKeyChecking=no
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
sftp_zayton() {
	_account=$1
	shift
	# shellcheck disable=SC2086 # a list of options
	sftp $SFTP_OPTIONS -P "$ZAYTON_PORT" "$@" "$_account@127.0.0.1"
}
sftp_sshd() {
	# shellcheck disable=SC2086
	sftp $SFTP_OPTIONS -P "$SSHD_PORT" "$@" "$(id -un)@127.0.0.1"
}

ssh-keygen -q -t ed25519 -N '' -f "$W/key"
