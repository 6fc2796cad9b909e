#!/bin/sh
# Shows that accounts come and go without a restart, that a disabled one loses
# its live sessions within five seconds, and who answers stands in the receipt.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'an account before the server' account mub MUB department 市政公用局
ok 'the server starts' serve || done_testing
ok 'an account beside the server' account aic AIC department 市工商局

in_as() { # ACCOUNT [KEY]
	echo 'ls /' | sftp -q -b - -F "$T/ssh_config" \
	    -i "$T/keys/${2:-$1}" -P "$PORT" "$1@zayton"
}
ok 'both log in' in_as mub
ok 'both log in (2)' in_as aic
key stranger
fails 'a strange key is refused' in_as mub stranger
fails "another account's key is refused" in_as mub aic
fails 'a strange user is refused' in_as nobody mub
fails 'root is refused' in_as root mub
fails 'a password is not asked for' sh -c "sshpass -V >/dev/null 2>&1;
    ssh -F '$T/ssh_config' -o PreferredAuthentications=password \
    -o PubkeyAuthentication=no -p $PORT mub@zayton </dev/null 2>/dev/null"
is 'publickey is the only way offered' "$(ssh -v -F "$T/ssh_config" \
    -o LogLevel=VERBOSE -o PreferredAuthentications=none -p "$PORT" \
    mub@zayton 2>&1 </dev/null |
    sed -n 's/.*Authentications that can continue: \(.*\)/\1/p' |
    tr -d '\r' | sort -u)" publickey

fails 'the same name twice' account mub MUB
fails 'a bad name' z account add 'Mub!' --role department --provider MUB \
    --key "$T/keys/mub.pub"
fails 'a bad role' z account add x --role king --provider MUB \
    --key "$T/keys/mub.pub"
fails 'a private key' z account add x --role department --provider MUB \
    --key "$T/keys/mub"
exits 2 'no key file' z account add x --role department --provider MUB \
    --key "$T/none"
is 'none of them was made' "$(z account list --json | jq -r '.[].name' | sort |
    tr '\n' ' ')" 'aic mub '
ok 'a list to read' sh -c "'$ZAYTON' -C '$HOME_DIR' account list | grep -q 市工商局"
is 'a list to compute' "$(z account list --json | jq -r \
    '.[] | select(.name == "mub") | [.role, .provider, .enabled, .unit,
	.person, (.keys | length), .keys[0].type] | map(tostring) |
    join(" ")')" 'department MUB true 市政公用局 测试人 1 ssh-ed25519'

for type in ecdsa rsa; do
	key $type $type
	ok "key add: $type" z account key add mub "$T/keys/$type.pub"
	ok "and log in" in_as mub $type
done
ok 'key remove by file' z account key remove mub "$T/keys/rsa.pub"
fails 'it is refused then' in_as mub rsa
ok 'key remove by fingerprint' z account key remove mub \
    "$(ssh-keygen -lf "$T/keys/ecdsa.pub" | cut -d ' ' -f 2)"
fails 'it is refused too' in_as mub ecdsa
ok 'the first key still works' in_as mub

bills 5 >"$T/a.csv"
ok 'a bundle' put mub "$T/a.csv"
is 'who answers for it stands in the receipt' \
    "$(field "$(wait_receipt mub a.csv)" '.responsible |
	.unit + " " + .person')" '市政公用局 测试人'

# A live session, in the middle of nothing and of an upload.
echo hold | ./client.py "$PORT" mub "$T/keys/mub" >"$T/held" 2>&1 &
held=$!
CHILDREN="$CHILDREN $held"
ok 'a live session' wait_until 10 grep -q holding "$T/held"
start=$(date +%s%N)
ok 'disable' z account disable mub
ended() {
	! kill -0 "$held"
}
ok 'ends the session within 5 s' wait_until 6 ended
took=$((($(date +%s%N) - start) / 1000000))
echo "# after $took ms"
is 'really' "$([ $took -le 5000 ] && echo in time)" 'in time'
fails 'it has no way in' in_as mub
is 'the list says so' "$(z account list --json |
    jq '.[] | select(.name == "mub") | .enabled')" false
ok 'the other still has' in_as aic
fails 'nor by ingest' z ingest --account mub "$T/a.csv"
ok 'enable' z account enable mub
ok 'it is let in again' in_as mub
fails 'disable of nobody' z account disable nobody

stop
ok 'without a server: disable' z account disable aic
ok 'it starts' serve
fails 'and lets it not in' in_as aic
ok 'but the other' in_as mub
ok 'the ledger verifies' z verify
done_testing
