#!/bin/sh
# Logins with a key by four clients at once, against OpenSSH and, where it is
# installed, ProFTPD with mod_sftp. The client's own part, which is the same
# for all, is in the time; the processor time of the servers stands beside.
. "$(dirname "$0")/lib.sh"
LOGINS=${LOGINS:-200}

start_proftpd() {
	PROFTPD_PORT=$(free_port)
	mkdir -p "$W/pro/keys"
	ssh-keygen -q -t ed25519 -N '' -f "$W/pro/host"
	ssh-keygen -e -m RFC4716 -f "$W/key.pub" >"$W/pro/keys/bench"
	printf 'bench:x:%d:%d::%s:/bin/sh\n' "$(id -u nobody)" \
	    "$(id -g nobody)" "$W/pro" >"$W/pro/passwd"
	chmod 600 "$W/pro/passwd"
	cat >"$W/pro/conf" <<-END
		LoadModule mod_sftp.c
		ServerType standalone
		DefaultAddress 127.0.0.1
		Port $PROFTPD_PORT
		User nobody
		Group nogroup
		UseIPv6 off
		MaxInstances 100
		PidFile $W/pro/pid
		ScoreboardFile none
		AuthOrder mod_auth_file.c
		AuthUserFile $W/pro/passwd
		RequireValidShell off
		WtmpLog off
		TransferLog none
		SFTPEngine on
		SFTPLog $W/pro/sftp.log
		SFTPHostKey $W/pro/host
		SFTPAuthMethods publickey
		SFTPAuthorizedUserKeys file:$W/pro/keys/%u
	END
	proftpd -n -q -c "$W/pro/conf" >"$W/pro/log" 2>&1 &
	PROFTPD_PID=$!
	PIDS="$PIDS $PROFTPD_PID"
	sleep 1
}

logins() { # PORT USER: every one must succeed, or xargs says so
	seq "$LOGINS" | xargs -P 4 -I{} sh -c \
	    'echo pwd | sftp -q -b - -i "$1" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -P "$2" "$3@127.0.0.1"' \
	    sh "$W/key" "$1" "$2"
}
logins_zayton() { logins "$ZAYTON_PORT" bench; }
logins_sshd() { logins "$SSHD_PORT" "$(id -un)"; }
logins_proftpd() { logins "$PROFTPD_PORT" bench; }

# Processor time of a server and all it has started, in milliseconds.
cpu() { # PID
	python3 - "$1" <<'END'
import os, sys
root, parent, used = int(sys.argv[1]), {}, {}
for p in filter(str.isdigit, os.listdir("/proc")):
    try:
        s = open(f"/proc/{p}/stat").read()
    except OSError:
        continue
    f = s[s.rindex(")") + 2:].split()
    parent[int(p)], used[int(p)] = int(f[1]), sum(map(int, f[11:15]))
def below(p):
    while p not in (0, root):
        p = parent.get(p, 0)
    return p == root
print(10 * sum(u for p, u in used.items() if below(p)))
END
}
with_cpu() { # PID COMMAND: seconds, and to fd 3 the server's ms per login
	_before=$(cpu "$1")
	seconds "$2"
	sleep 0.5
	awk "BEGIN { print ($(cpu "$1") - $_before) / $LOGINS }" >>"$W/cpu-$2"
}

start_sshd
SSHD_PID=${PIDS##* }
start_zayton bench
proftpd=
if command -v proftpd >/dev/null &&
    [ -e /usr/lib/proftpd/mod_sftp.so ]; then
	start_proftpd
	proftpd=1
fi

ours=
openssh=
pro=
for _ in $(seq "$RUNS"); do
	openssh="$openssh $(with_cpu "$SSHD_PID" logins_sshd)"
	[ -z "$proftpd" ] ||
		pro="$pro $(with_cpu "$PROFTPD_PID" logins_proftpd)"
	ours="$ours $(with_cpu "$ZAYTON_PID" logins_zayton)"
done
known=$(grep -c ' logged in ' "$W/home.log")
[ "$known" = $((LOGINS * RUNS)) ] || fail "$known logins, not all"

table_begin
theirs=$openssh
ratio "$LOGINS logins, 4 clients, client included" logins/s "$LOGINS" 5
if [ -n "$proftpd" ]; then
	theirs=$pro
	ratio 'the same against ProFTPD mod_sftp' logins/s "$LOGINS" 2
else
	echo 'ProFTPD mod_sftp is not installed (proftpd-mod-crypto)'
fi
for server in zayton sshd ${proftpd:+proftpd}; do
	# shellcheck disable=SC2046 # a list of numbers
	fact "processor time of a login, $server" ms \
	    "$(median $(cat "$W/cpu-logins_$server"))"
done
table_end
