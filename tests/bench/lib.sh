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

# --- the table: a line is measured side by side and says whether it is met ---
#
# table_begin                      heads of the columns
# ratio NAME UNIT AMOUNT TARGET    median rates of AMOUNT in the seconds that
#                                  stand in $ours and $theirs, RUNS alternating
#                                  pairs, and their ratio
# at_most NAME UNIT VALUE TARGET   a figure of ours alone; at_least is the other
# fact NAME UNIT VALUE             the same without a target
# table_end                        the same as JSON, build/bench/SCRIPT.json

RUNS=${RUNS:-5}
table_begin() {
	: >"$W/lines"
	printf '%-42s %10s %10s %7s %8s\n' '' zayton other ratio target
}

line() { # NAME UNIT OURS THEIRS RATIO TARGET MET
	printf '%-42s %10s %10s %7s %8s %s\n' "$1, $2" "$3" "$4" "$5" "$6" \
	    "$([ "$7" = 1 ] && echo met || echo missed)"
	jq -nc --arg line "$1" --arg unit "$2" --arg ours "$3" --arg theirs "$4" \
	    --arg ratio "$5" --arg target "$6" --argjson met "$7" \
	    '{line: $line, unit: $unit, ours: ($ours | tonumber? // null),
	    theirs: ($theirs | tonumber? // null),
	    ratio: ($ratio | tonumber? // null), target: $target,
	    met: ($met == 1)}' >>"$W/lines"
}

# From the lists of seconds in $ours and $theirs.
ratio() { # NAME UNIT AMOUNT TARGET
	# shellcheck disable=SC2086 # lists of numbers
	_line=$(awk -v n="$3" -v t="$4" -v a="$(median $ours)" \
	    -v b="$(median $theirs)" 'BEGIN { printf "%.1f %.1f %.2f %d",
	    n / a, n / b, b / a, (b / a >= t) }')
	# shellcheck disable=SC2086 # four words
	set -- "$1" "$2" "$4" $_line
	line "$1" "$2" "$4" "$5" "$6" ">=$3" "$7"
}

at_most() {
	line "$1" "$2" "$3" - - "<=$4" "$(awk "BEGIN { print ($3 <= $4) }")"
}
at_least() {
	line "$1" "$2" "$3" - - ">=$4" "$(awk "BEGIN { print ($3 >= $4) }")"
}

fact() { # NAME UNIT VALUE: beside a line, without a target
	line "$1" "$2" "$3" - - - 1 | sed 's/ met$//'
}

table_end() {
	mkdir -p "$ROOT/${B:-build}/bench"
	jq -s . "$W/lines" >"$ROOT/${B:-build}/bench/$(basename "$0" .sh).json"
}

# Until nothing is on its way, so that one run does not slow the next.
at_rest() {
	while [ -n "$(find "$W/home/spool/received" "$W/home/spool/claimed" \
	    -type f)" ]; do
		sleep 0.1
	done
}

fail() {
	echo "$*" >&2
	exit 1
}
