#!/bin/sh
# Shows that another key can sign receipts, with an overlap, and that what the
# old one signed stays good: for stock ssh-keygen, for the checker of proofs,
# for zayton verify; that a stolen old key is of no use; that a change broken
# off at any step leaves a server at work; and how host keys are changed.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'a department' departments
ok 'the server starts' serve || done_testing
check=$ROOT/docs/check-proof.sh
standards=$HOME_DIR/standards
keys=$HOME_DIR/keys
receipts=$HOME_DIR/accounts/mub/receipts

send() { # NAME
	bills "$2" >"$T/$1"
	put mub "$T/$1" && wait_receipt mub "$1"
}
proved() { # RECEIPT
	[ -s "$1.tlog-proof" ]
}
receipt_of() { # NAME
	echo "$receipts/$1".*.receipt.json
}
keygen() { # RECEIPT OPTION...
	of=$1
	shift
	ssh-keygen -Y verify -f "$standards/allowed_signers" -I zayton \
	    -n zayton-receipt -s "$of.sig" "$@" <"$of"
}
signer() {
	z key list --json | jq -r '.[0].fingerprint'
}

ok 'a bundle' send a.csv 3
a=$(receipt_of a.csv)
ok '  with its proof' wait_until 10 proved "$a"
cp "$standards/ledger.vkey" "$T/kept.vkey"
cp -p "$keys/receipt_ed25519" "$T/old"
before=$(signer)

# --- the receipt key -----------------------------------------------------------
ok 'another key signs from now on' z key rotate receipt --reason 年度轮换
is '  which is in the list' "$([ "$(signer)" != "$before" ] && echo yes)" yes
is '  and in its file' "$(ssh-keygen -lf "$keys/receipt_ed25519.pub" |
    cut -d ' ' -f 2)" "$(signer)"
is '  of which the ledger has a line' "$(sql "SELECT count(*) FROM ledger WHERE
    kind = 'receipt key'")" 1
ok 'the next bundle' send b.csv 4
b=$(receipt_of b.csv)
ok '  with its proof' wait_until 10 proved "$b"
ok 'the old receipt is good for ssh-keygen' keygen "$a"
ok 'so is the new one' keygen "$b"
ok 'and both for zayton verify' z verify "$a" "$b"
is '  with their proofs' "$(grep -c proved "$T/.out")" 2
ok 'and for the checker' "$check" "$standards/ledger.vkey" "$a"
ok '  both' "$check" "$standards/ledger.vkey" "$b"
fails 'who kept the old key alone cannot check the new one' "$check" \
    "$T/kept.vkey" "$b"
ok 'but finds a checkpoint by the old key' "$check" "$T/kept.vkey" \
    "$(echo "$standards"/checkpoints/key-*)"
is '  that names the new one' "$(sed -n 's/^the key that signs from then on: //p' \
    "$T/.out")" "$(sed -n 1p "$standards/ledger.vkey")"
ok 'which signed it too' "$check" "$standards/ledger.vkey" \
    "$(echo "$standards"/checkpoints/key-*)"
ok 'everything verifies' z verify

# The old key in other hands.
cp "$b" "$T/forged.json"
ssh-keygen -q -Y sign -f "$T/old" -n zayton-receipt "$T/forged.json"
exits 1 'what the old key signs now is found' z verify "$T/forged.json"
is '  and said' "$(grep -c 'signed no more' "$T/.out")" 1

# --- without an overlap -----------------------------------------------------------
ok 'a key is changed without an overlap' z key rotate receipt --overlap 0 \
    --reason 疑似泄露
sleep 2 # its last second is over
fails 'what it signed is not good any more by itself' keygen "$b"
ok 'but at its time' keygen "$b" -O "verify-time=$(date -u -d \
    "$(field "$b" .finished_at)" +%Y%m%d%H%M%SZ)"
ok 'and for zayton verify' z verify "$a" "$b"

# --- broken off -----------------------------------------------------------------------
third=$(signer)
cp -p "$keys/receipt_ed25519" "$T/third"
echo half >"$keys/receipt_ed25519.next"
ok 'half a next key is no hindrance' z key rotate receipt --reason 再试
stop
# As if it had ended before the file took its place.
mv "$keys/receipt_ed25519" "$keys/receipt_ed25519.next"
cp -p "$T/third" "$keys/receipt_ed25519"
ok 'broken off before the file is in its place, it serves' serve
is '  by the key from before' "$(signer)" "$third"
ok '  signs with it' send c.csv 5
ok '  which is good' keygen "$(receipt_of c.csv)"
ok '  for all' z verify "$(receipt_of c.csv)" "$b" "$a"
# A folder where the word of the old key for the new one belongs: it cannot.
chmod 500 "$standards/checkpoints"
[ "$(id -u)" != 0 ] || chown root "$standards/checkpoints"
fails 'where a step cannot be done it says so' z key rotate receipt --reason 再试
ok '  the server comes again' wait_until 10 z status
is '  with the key from before' "$(signer)" "$third"
[ "$(id -u)" != 0 ] || chown --reference="$standards" "$standards/checkpoints"
chmod 755 "$standards/checkpoints"
ok 'asked again, it changes' z key rotate receipt --reason 再试
kill -9 "$(pgrep -P "$PID" -f 'x keeper ')"
ok 'the one that comes after it signs' send d.csv 6
ok '  and is good' keygen "$(receipt_of d.csv)"
ok 'everything verifies still' z verify

# --- host keys ------------------------------------------------------------------------
cp "$T/known_hosts" "$T/first_hosts"
sftp_by() { # KNOWN_HOSTS
	echo ls | sftp -q -b - -F "$T/ssh_config" -P "$PORT" -i "$T/keys/mub" \
	    -o "UserKnownHostsFile=$1" -o HostKeyAlias=zayton \
	    -o StrictHostKeyChecking=yes mub@zayton
}
ok '/standards/known_hosts knows the server' sftp_by "$standards/known_hosts"
fails 'no host key is prepared' z key rotate host --reason 年度轮换
ok 'the next ones are prepared' z key prepare host --reason 年度轮换
cp "$standards/known_hosts" "$T/both"
is '  and known before they are used' "$(grep -c . "$T/both")" 4
ok 'they are used' z key rotate host --reason 年度轮换
stop
ok '  from the next start on' serve
ok 'who was told comes in' sftp_by "$T/both"
is 'the old ones are gone' "$(grep -c . "$standards/known_hosts")" 2
done_testing
