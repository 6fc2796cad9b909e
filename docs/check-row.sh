#!/bin/sh
# usage: check-row.sh ALLOWED_SIGNERS RECEIPT PROOF
# Checks, with ssh-keygen and coreutils alone and without the platform, that a
# row was accepted as PROOF (zayton prove) says: the receipt (its signature
# beside it, .sig) is signed by a key of ALLOWED_SIGNERS (out of /standards,
# fetched once and kept), and the row is a leaf of the tree whose root stands
# in it. RFC 6962; zayton-receipt(5). Of the other rows nothing is shown.
set -eu

bad() {
	echo "BAD: $*" >&2
	exit 1
}
bytes() { # hex on standard input
	tr a-f A-F | basenc -d --base16
}
hex() { # base 64 on standard input
	base64 -d | basenc -w 0 --base16 | tr A-F a-f
}
sha() {
	sha256sum | cut -c 1-64
}
parent() { # LEFT RIGHT
	printf '01%s%s' "$1" "$2" | bytes | sha
}
said() { # WORD: what the proof says of it
	sed -n "1,/^\$/s/^$1 //p" "$proof"
}

[ $# -eq 3 ] || bad "usage: $0 ALLOWED_SIGNERS RECEIPT PROOF"
receipt=$2 proof=$3
ssh-keygen -Y verify -f "$1" -I zayton -n zayton-receipt -s "$receipt.sig" \
    <"$receipt" >/dev/null || bad "$receipt: its signature does not hold"
[ "$(sed -n 1p "$proof")" = 'zayton-row-proof v1' ] || bad "$proof: no proof"

# The receipt is JSON with sorted keys, a line each: accepted, path, rows_root.
found=$(FILE=$(said file) awk '
	$1 == "\"accepted\":" { accepted = $2 + 0 }
	$1 == "\"path\":" {
		path = $0
		sub(/^ *"path": /, "", path)
		sub(/,$/, "", path)
	}
	$1 == "\"rows_root\":" && path == ENVIRON["FILE"] {
		gsub(/[",]/, "", $2)
		print accepted, $2
		exit
	}' "$receipt")
size=${found% *} root=${found#* }
[ -n "$found" ] || bad "$receipt: has no file $(said file)"
at=$(said index)
case $at in '' | *[!0-9]*) bad "$proof: no index" ;; esac
[ "$at" -lt "$size" ] || bad "$proof: behind the last row"

hash=$({
	printf '\000'
	said salt | base64 -d
	said row | tr -d '\n'
} | sha)
last=$((size - 1))
for line in $(sed '1,/^$/d' "$proof"); do # RFC 9162, 2.1.3.2
	[ "$last" -gt 0 ] || bad "$proof: too long"
	p=$(echo "$line" | hex)
	if [ $((at & 1)) = 1 ] || [ "$at" = "$last" ]; then
		hash=$(parent "$p" "$hash")
		while [ $((at & 1)) = 0 ] && [ "$at" != 0 ]; do
			at=$((at >> 1)) last=$((last >> 1))
		done
	else
		hash=$(parent "$hash" "$p")
	fi
	at=$((at >> 1)) last=$((last >> 1))
done
[ "$last" = 0 ] || bad "$proof: too short"
[ "$hash" = "$root" ] || bad "$proof: not a row of $receipt"
echo "ok: accepted as $(said row)"
