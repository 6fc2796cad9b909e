#!/bin/sh
# Shows what ssh-audit says of the server: with ssh_strict nothing; without it
# only of what clients that have to work need.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ../e2e/lib.sh

command -v ssh-audit >/dev/null || {
	skip 'ssh-audit' 'not installed: apt-get install ssh-audit'
	done_testing
}
# Names of what it warns of or fails. That a client and we count packets
# (kex-strict, against CVE-2023-48795) is unknown to versions before 3.1.
complaints() {
	ssh-audit -n -l warn -p "$PORT" 127.0.0.1 |
	    sed -n 's/^([a-z]*) \([a-z0-9@.-]*\) .*\[\(warn\|fail\)\].*/\1/p' |
	    grep -v '^kex-strict-s-v00@openssh.com$' | sort -u | tr '\n' ' '
}

ok 'an instance' instance
ok 'the server starts' serve || done_testing
is 'of what libssh2 and old clients need it complains' "$(complaints)" \
    'ecdh-sha2-nistp256 ecdsa-sha2-nistp256 hmac-sha2-256 hmac-sha2-512 '
stop
echo 'ssh_strict = true' >>"$HOME_DIR/zayton.conf"
ok 'the server starts, strict' serve || done_testing
is 'without them it has not a word' "$(complaints)" ''
ok 'OpenSSH comes in' account mub MUB
ok '  with what is left' sh -c "echo ls | sftp -q -b - -F '$T/ssh_config' \
    -P '$PORT' -i '$T/keys/mub' mub@zayton"
done_testing
