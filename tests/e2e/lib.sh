# shellcheck shell=sh
# Helpers of the end-to-end tests and of the demo: each script begins with
# cd "$(dirname "$0")" and sources this file. Plain sh. Everything lives in $T,
# a fresh directory that is removed at the end unless $KEEP is set; who sets $T
# before keeps it.
#
# Results (TAP)       ok NAME COMMAND...   fails NAME COMMAND...   is NAME GOT WANT
#                     exits STATUS NAME COMMAND...   skip NAME WHY   done_testing
# Instance            instance   jailed   z COMMAND...   account NAME PROVIDER [ROLE]   key NAME [TYPE]
# Server              serve   stop   server_log   wait_until SECONDS COMMAND...
# Clients             sftp_do ACCOUNT [OPTION...] <batch   put ACCOUNT FILE [NAME]
# Receipts            wait_receipt ACCOUNT NAME [SECONDS]   verify_receipt FILE
#                     receipts ACCOUNT NAME   field FILE FILTER
# Base                sql QUERY
# Bundles             zip_dir OUT DIR   sample FOLDER MONTH OUT   bills N >FILE
#
# After serve: $PORT, $PID (supervisor), $LOG. After instance: $HOME_DIR.

ROOT=${ROOT:-$(cd ../.. && pwd)}
B=${B:-build}
case $B in
/*) ZAYTON=${ZAYTON:-$B/zayton} ;;
*) ZAYTON=${ZAYTON:-$ROOT/$B/zayton} ;;
esac
[ -z "${T:-}" ] || KEEP=quiet
T=${T:-$(mktemp -d "${TMPDIR:-/tmp}/zayton.XXXXXX")}
# As root the server becomes another user: it has to get through.
chmod 711 "$T"
HOME_DIR=$T/home
LOG=$T/server.log
PORT=
PID=
CHILDREN= # further processes of the test, ended with it
tests_run=0
tests_bad=0

cleanup() {
	status=$?
	trap - EXIT INT TERM
	# shellcheck disable=SC2086 # a list of pids
	[ -z "$CHILDREN" ] || kill $CHILDREN 2>/dev/null
	[ -z "$PID" ] || stop
	case ${KEEP:-} in
	'') rm -rf "$T" ;;
	quiet) ;;
	*) echo "# kept: $T" ;;
	esac
	exit $status
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- results ---------------------------------------------------------------

result() { # GOOD NAME
	tests_run=$((tests_run + 1))
	if [ "$1" = 1 ]; then
		echo "ok $tests_run - $2"
		return 0
	fi
	tests_bad=$((tests_bad + 1))
	echo "not ok $tests_run - $2"
	return 1
}

comment() {
	sed 's/^/# /'
}

exits() { # STATUS NAME COMMAND...
	want_status=$1
	name=$2
	shift 2
	"$@" >"$T/.out" 2>&1
	got_status=$?
	result "$([ $got_status = "$want_status" ] && echo 1)" "$name" && return 0
	echo "# status $got_status, not $want_status: $*"
	tail -20 "$T/.out" | comment
	return 1
}

ok() { # NAME COMMAND...
	exits 0 "$@"
}

fails() { # NAME COMMAND...
	name=$1
	shift
	"$@" >"$T/.out" 2>&1
	got_status=$?
	result "$([ $got_status != 0 ] && echo 1)" "$name" && return 0
	echo "# did not fail: $*"
	tail -20 "$T/.out" | comment
	return 1
}

is() { # NAME GOT WANT
	result "$([ "$2" = "$3" ] && echo 1)" "$1" && return 0
	printf 'got:  %s\nwant: %s\n' "$2" "$3" | comment
	return 1
}

skip() { # NAME WHY
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tests_run"
	if [ "$tests_bad" != 0 ] && [ -s "$LOG" ]; then
		echo '# end of the server log:'
		tail -30 "$LOG" | comment
	fi
	[ "$tests_bad" = 0 ]
	exit
}

# Until COMMAND holds, looking every 20 ms; status 1 when time is up.
wait_until() { # SECONDS COMMAND...
	until_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $until_end ] || return 1
		sleep 0.02
	done
}

# --- instance and server ---------------------------------------------------

# A sanitizer needs what a jail forbids: such programs are built without.
jailed() {
	! grep -q __asan_init "$ZAYTON"
}

z() {
	"$ZAYTON" -C "$HOME_DIR" "$@"
}

instance() {
	"$ZAYTON" init "$HOME_DIR" >"$T/init.out" 2>&1 || {
		comment <"$T/init.out"
		return 1
	}
	cat >"$T/ssh_config" <<END
Host zayton
  HostName 127.0.0.1
  UserKnownHostsFile $T/known_hosts
  StrictHostKeyChecking accept-new
  IdentitiesOnly yes
  IdentityAgent none
  PasswordAuthentication no
  BatchMode yes
  LogLevel ERROR
END
}

# A client key: $T/keys/NAME and NAME.pub.
key() { # NAME [TYPE]
	mkdir -p "$T/keys"
	[ -e "$T/keys/$1" ] ||
	    ssh-keygen -q -t "${2:-ed25519}" -N '' -C "$1" -f "$T/keys/$1"
}

account() { # NAME PROVIDER [ROLE]
	key "$1"
	z account add "$1" --role "${3:-department}" --provider "$2" \
	    --key "$T/keys/$1.pub" --unit "${4:-测试单位}" --person 测试人 \
	    --phone 0595-22220000 >/dev/null
}

server_port() {
	sed -n 's/.*- ready listen=.*:\([0-9]*\)$/\1/p' "$LOG" | tail -1
}

server_ready() {
	[ -n "$(server_port)" ] || ! kill -0 "$PID"
}

# Starts the server on a free port and waits until it answers.
serve() {
	: >"$LOG"
	"$ZAYTON" -C "$HOME_DIR" serve --listen "127.0.0.1:${PORT:-0}" \
	    >>"$LOG" 2>&1 &
	PID=$!
	wait_until 30 server_ready
	PORT=$(server_port)
	[ -n "$PORT" ] && return 0
	echo '# the server did not start:'
	tail -20 "$LOG" | comment
	return 1
}

stop() {
	kill "$PID" 2>/dev/null
	wait "$PID" 2>/dev/null
	PID=
}

server_log() {
	cat "$LOG"
}

# --- clients ---------------------------------------------------------------

# Runs the batch on standard input as ACCOUNT.
sftp_do() { # ACCOUNT [OPTION...]
	who=$1
	shift
	sftp -q -b - -F "$T/ssh_config" -i "$T/keys/$who" -P "$PORT" "$@" \
	    "$who@zayton"
}

put() { # ACCOUNT FILE [NAME]
	printf 'put "%s" "/upload/%s"\n' "$2" "${3:-${2##*/}}" | sftp_do "$1"
}

# --- receipts --------------------------------------------------------------

# The result receipts of a bundle's name, oldest first.
receipts() { # ACCOUNT NAME
	find "$HOME_DIR/accounts/$1/receipts" -name "*.receipt.json" |
	    grep -F "/receipts/$2." | sort
}

has_receipt() { # ACCOUNT NAME
	receipt=$(receipts "$1" "$2" | tail -1)
	[ -n "$receipt" ] && [ -s "$receipt.sig" ]
}

# Waits for a result receipt and prints its path.
wait_receipt() { # ACCOUNT NAME [SECONDS]
	wait_until "${3:-60}" has_receipt "$1" "$2" || return 1
	receipts "$1" "$2" | tail -1
}

# As a department does, by stock OpenSSH.
verify_receipt() { # FILE
	ssh-keygen -Y verify -f "$HOME_DIR/standards/allowed_signers" \
	    -I zayton -n zayton-receipt -s "$1.sig" <"$1"
}

field() { # FILE FILTER
	jq -r "$2" "$1"
}

# --- base ------------------------------------------------------------------

sql() { # QUERY
	sqlite3 -readonly -cmd '.timeout 10000' "$HOME_DIR/exchange.db" "$1"
}

# --- bundles ---------------------------------------------------------------

zip_dir() { # OUT DIR
	rm -f "$1"
	(cd "$2" && zip -q -r -X "$1" .)
}

# A month of a department of tests/data/samples as a zip.
sample() { # FOLDER MONTH OUT
	zip_dir "$3" "$ROOT/tests/data/samples/$1/$2"
}

# N good water bills of 2014-03.
bills() { # N
	awk -v n="$1" 'BEGIN {
		print "用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期"
		for (i = 1; i <= n; i++)
			printf "%d,泉州市第%d水暖有限公司,泉州市丰泽区东海街%d号,2014-03,%d,%d.50,%d.50,0.00,2014-04-%02d\n",
			    10000000 + i, i, i, i % 300 + 1, i % 900 + 1,
			    i % 900 + 1, i % 28 + 1
	}'
}
