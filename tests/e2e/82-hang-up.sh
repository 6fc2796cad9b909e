#!/bin/sh
# Shows that what was given under a grant can be taken back while it is being
# fetched: within five seconds the download has ended, the file is gone and the
# next query is refused. So it is with an account that is disabled.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/enterprises.sh
. ./enterprises.sh
# shellcheck source=tests/e2e/queries.sh
. ./queries.sh

aic=aic_enterprise_registration
ok 'an instance' instance
ok 'accounts' departments_of_enterprises
ok 'an institution' account bank BANK institution 某银行
ok 'another one' account rival BANK institution 另一家银行
ok 'two enterprises' firms
for who in bank rival; do
	give "$who" "$aic" "$(fields_of "$aic")" 0 4
done
ok 'the server starts' serve || done_testing

ask_all() { # ACCOUNT NAME
	query "$1" "$2" '{"purpose": "loan_approval", "subjects": "all",
	    "datasets": ["'"$aic"'"]}'
}
# A fetch at 250 kB/s of a file for which that takes a minute.
fetch() { # ACCOUNT [OPTION...]
	file=$HOME_DIR/accounts/$1/extracts/$(field "$receipt" .query.extract.file)
	head -c 16000000 /dev/urandom >>"$file"
	echo "get \"/extracts/${file##*/}\" \"$T/got\"" |
	    sftp_do "$@" -l 2000 >"$T/fetch" 2>&1 &
	fetching=$!
	CHILDREN="$CHILDREN $fetching"
	wait_until 10 [ -s "$T/got" ]
}
got() {
	wc -c <"$T/got"
}
ended() {
	! kill -0 "$fetching" 2>/dev/null
}
# Whether a command ends the fetch in time, and how much still came.
ends_it() { # COMMAND...
	before=$(got)
	start=$(date +%s%N)
	"$@" >/dev/null || return 1
	wait_until 5 ended || return 1
	echo "after $((($(date +%s%N) - start) / 1000000)) ms" \
	    "and $(($(got) - before)) bytes" >"$T/took"
}

ok 'a query' ask_all bank one.json
ok 'its extract is being fetched' fetch bank
ok 'the grant is revoked, and the fetch ends' ends_it z grant revoke 1 \
    --person 王芳 --reason 协议终止
comment <"$T/took"
ok 'before all of it came' [ "$(got)" -lt 16000000 ]
is 'the file is gone' "$(find "$HOME_DIR/accounts/bank/extracts" -type f)" ''
ok 'the next query' ask_all bank two.json
is 'is refused' "$(outcome) $(code)" 'rejected query_nothing'
is 'as revoked' "$(field "$receipt" '.query.withheld[0].why.code')" grant_revoked
ok 'with a receipt that verifies' verify_receipt "$receipt"

# A client behind a slow line has the most on its way: here it reads no more.
connected() { # connections that are open, or have something left to send
	awk -v port=":$(printf %04X "$PORT")" '$2 ~ port "$" &&
	    ($4 == "01" || $5 !~ /^0+:/)' /proc/net/tcp /proc/net/tcp6 | wc -l
}
alone() {
	[ "$(connected)" = 0 ]
}
stop_reading() { # ACCOUNT
	for pid in $(pgrep -x ssh); do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$T/keys/$1 " || continue
		slow=$pid
		kill -STOP "$slow"
		return
	done
	return 1
}
rm "$T/got"
ok 'another one is not touched' ask_all rival one.json
ok 'and fetches, far ahead' fetch rival -B 262144 -R 128
sleep 0.5
ok 'on a line that stands still' stop_reading rival
is 'that is its connection' "$(connected)" 1
start=$(date +%s%N)
ok 'it is disabled' z account disable rival
ok 'and nothing more is on its way' wait_until 1 alone
comment <<-END
	after $((($(date +%s%N) - start) / 1000000)) ms
END
kill -CONT "$slow"
ok 'the fetch ends' wait_until 10 ended
ok 'without the rest' [ "$(got)" -lt 16000000 ]
fails 'and it has no way in' sh -c "echo ls | sftp -q -b - -F '$T/ssh_config' \
    -i '$T/keys/rival' -P $PORT rival@zayton"
ok 'the ledger verifies' z verify
done_testing
