#!/bin/sh
# usage: check-proof.sh VKEY RECEIPT            (its proof beside it, .tlog-proof)
#        check-proof.sh VKEY CHECKPOINT         (signed; the next key, if it names one)
#        check-proof.sh VKEY OLD NEW CONSISTENCY    (two checkpoints and how one
#                                                    grew into the other)
# Checks, with openssl and coreutils alone and without the platform, that a
# receipt stands in the ledger under a signed checkpoint, or that nothing which
# an earlier checkpoint saw was changed or dropped. VKEY is ledger.vkey out of
# /standards, fetched once and kept, a key a line. RFC 6962; C2SP signed-note, tlog-proof.
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

W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
[ $# -eq 2 ] || [ $# -eq 4 ] || bad "usage: $0 VKEY RECEIPT|CHECKPOINT | VKEY OLD NEW CONSISTENCY"
vkeys=$1
origin=$(sed -n '1s/+.*//p' "$vkeys")

# open_note FILE: one of the keys signed it; size and root are what it says.
open_note() {
	sed '/^$/,$d' "$1" >"$W/text"
	signed=
	while read -r vkey; do
		id=$(echo "$vkey" | cut -d + -f 2)
		{
			printf '302a300506032b6570032100' | bytes
			echo "$vkey" | cut -d + -f 3- | base64 -d | tail -c 32
		} >"$W/key"
		for line in $(sed -n "s|^— $origin ||p" "$1"); do
			raw=$(echo "$line" | hex)
			case $raw in "$id"*) ;; *) continue ;; esac
			printf %s "${raw#"$id"}" | bytes >"$W/signature"
			openssl pkeyutl -verify -pubin -keyform DER -inkey "$W/key" \
			    -rawin -in "$W/text" -sigfile "$W/signature" \
			    >/dev/null || bad "$1: its signature does not hold"
			signed=1
		done
	done <"$vkeys"
	[ "$signed" ] || bad "$1: not signed by the key of $origin"
	[ "$(sed -n 1p "$W/text")" = "$origin" ] || bad "$1: another ledger"
	size=$(sed -n 2p "$W/text")
	root=$(sed -n 3p "$W/text" | hex)
}

# climb AT LAST: RFC 9162, 2.1.3.2 and 2.1.4.2. Hashes on standard input go to
# the left or the right of new; those on the left are of the old tree as well.
climb() {
	at=$1 last=$2
	while read -r line; do
		p=$(echo "$line" | hex)
		[ "$last" -gt 0 ] || bad 'the proof is too long'
		if [ $((at & 1)) = 1 ] || [ "$at" = "$last" ]; then
			new=$(parent "$p" "$new")
			old=$(parent "$p" "$old")
			while [ $((at & 1)) = 0 ] && [ "$at" != 0 ]; do
				at=$((at >> 1)) last=$((last >> 1))
			done
		else
			new=$(parent "$new" "$p")
		fi
		at=$((at >> 1)) last=$((last >> 1))
	done
	[ "$last" = 0 ] || bad 'the proof is too short'
}

if [ $# -eq 2 ] && [ "$(head -c 1 "$2")" != '{' ]; then
	open_note "$2"
	echo "ok: the first $size lines of $origin"
	sed -n 's/^next-key /the key that signs from then on: /p' "$W/text"
	exit
fi
if [ $# -eq 2 ]; then
	proof=$2.tlog-proof
	[ "$(sed -n 1p "$proof")" = c2sp.org/tlog-proof@v1 ] || bad "$proof: no proof"
	sed '1,/^$/d' "$proof" >"$W/note"
	open_note "$W/note"
	head=$(sed -n 's/^ *"head": "\([0-9a-f]*\)",*$/\1/p' "$2")
	index=$(sed -n '2s/^index //p' "$proof")
	[ "$index" -lt "$size" ] || bad "$proof: behind its checkpoint"
	new=$(printf '\000%s' "$head" | sha) old=$new
	sed '1,2d;/^$/,$d' "$proof" >"$W/hashes"
	climb "$index" $((size - 1)) <"$W/hashes"
	[ "$new" = "$root" ] || bad "$2 does not stand in the ledger of its checkpoint"
	echo "ok: line $((index + 1)) of the first $size of $origin"
	exit
fi
open_note "$2"
old_size=$size old_root=$root
open_note "$3"
[ "$(sed -n 1p "$4")" = "$old_size $size" ] || bad "$4 is for other checkpoints"
at=$((old_size - 1)) last=$((size - 1)) first=2
while [ $((at & 1)) = 1 ]; do at=$((at >> 1)) last=$((last >> 1)); done
new=$old_root
[ "$at" = 0 ] || { new=$(sed -n 2p "$4" | hex) && first=3; }
old=$new
sed -n "$first,\$p" "$4" >"$W/hashes"
climb "$at" "$last" <"$W/hashes"
[ "$old $new" = "$old_root $root" ] || bad "the ledger of $3 did not grow out of $2"
echo "ok: the first $old_size lines of $origin are the same $old_size"
