#!/bin/sh
# Shows that every command of both READMEs does what it says: those by hand are
# run in their order, and both READMEs hold the same ones.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh

# The commands: what stands between ```sh and ```.
commands() { # FILE
	awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$1"
}
# As above without the words that differ by language.
neutral() {
	commands "$1" | sed 's/message_zh/message_en/'
}

is 'both READMEs have the same commands' "$(neutral "$ROOT/README.zh-CN.md")" \
    "$(neutral "$ROOT/README.md")"

missing=
for target in $(cat "$ROOT"/README*.md | tr '\140' '\n' |
    sed -n 's/^make \([a-z]*\)$/\1/p' | sort -u); do
	grep -q "^${target}:" "$ROOT/Makefile" || missing="$missing $target"
done
is 'every make target they name is there' "$missing" ''

missing=
for file in $(grep -oh ']([^)h][^)]*)' "$ROOT"/README*.md | tr -d '])(' |
    sort -u); do
	[ -e "$ROOT/$file" ] || missing="$missing $file"
done
is 'every file they link to is there' "$missing" ''

# A place that looks like the tree, with the program as built.
mkdir "$T/tree" "$T/tree/build"
ln -s "$ROOT/tests" "$ROOT/docs" "$T/tree"
ln -s "$ZAYTON" "$T/tree/build/zayton"
cd "$T/tree" || exit 2
PATH=$T/tree/build:$PATH
export ZAYTON_SHARE="$ROOT"
# The user's own known_hosts stays as it is.
mkdir "$T/bin"
cat >"$T/bin/sftp" <<END
#!/bin/sh
exec $(command -v sftp) -o UserKnownHostsFile=$T/known_hosts "\$@"
END
chmod +x "$T/bin/sftp"
PATH=$T/bin:$PATH

serve_line() {
	LOG=$T/server.log
	: >"$LOG"
	sh -c "exec $(echo "$1" | sed 's/:2022/:0/')" >>"$LOG" 2>&1 &
	PID=$!
	wait_until 30 server_ready
	PORT=$(server_port)
	[ -n "$PORT" ]
}

in_receipts() { # SUFFIX
	ls exchange/accounts/mub/receipts/water-2016-01.csv.*.receipt.json"$1"
}

commands "$ROOT/README.md" >"$T/commands"
while IFS= read -r line <&3; do
	case $line in
	apt-get* | 'make '* | make) continue ;; # of these make check is one
	'zayton -C exchange serve'*) ok "$line" serve_line "$line" ;;
	*)
		ok "$line" sh -c "$(echo "$line" | sed "s/-P 2022/-P $PORT/g")"
		;;
	esac
	case $line in
	*'/upload/'*)
		ok 'a receipt comes' wait_until 60 in_receipts .sig
		ok 'and its proof' wait_until 60 in_receipts .tlog-proof
		;;
	*'ssh-keygen -Y verify'*)
		is 'the signature is said to be good' \
		    "$(grep -c '^Good "zayton-receipt" signature' "$T/.out")" 1
		;;
	esac
done 3<"$T/commands"

done_testing
