#!/bin/sh
# Shows that each verb does in each folder what the role may and nothing else,
# that nothing outside the account's tree exists, and no other account's names.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'an institution' account bank CBRC institution
ok 'the server starts' serve || done_testing

client() { # ACCOUNT
	"$ROOT/tests/e2e/client.py" "$PORT" "$1" "$T/keys/$1"
}

# Names to be seen, or not.
bills 5 >"$T/mine.csv"
put mub "$T/mine.csv"
cp "$T/mine.csv" "$T/theirs.csv"
put aic "$T/theirs.csv"
receipt=$(wait_receipt mub mine.csv)
mine=${receipt##*/}
receipt=$(wait_receipt aic theirs.csv)
theirs=${receipt##*/}
ln -s /etc/passwd "$HOME_DIR/accounts/mub/receipts/link.json"
ln -s ../../aic "$HOME_DIR/accounts/mub/receipts/aic"
long=$(printf '%0300d' 0)
very_long=$(printf '%02000d' 0)

# department: verb, what came of it. ok; none: it does not exist; no: refused
# in whatever words; else the answer itself.
cat >"$T/department" <<EOF
list /|check receipts reports standards upload
list .|check receipts reports standards upload
real .|/
real /upload/..|/
real ../../..|/
real //upload///./x|/upload/x
stat /|=40555 *
stat /upload|=40755 *
stat /receipts/$mine|=100444 *
lstat /upload/mine.csv|=100200 $(stat -c %s "$T/mine.csv")
get /receipts/$mine|ok
get /standards/allowed_signers|ok
get /upload/mine.csv|no
get /upload/../receipts/$mine|ok
get //receipts//./$mine|ok
get receipts/$mine|ok
open wx /upload/new.csv|ok
open w /upload/new2.csv|ok
open a /upload/new3.csv|ok
open wx /check/new.csv|ok
open wx /upload/mine.csv|no
open a /upload/mine.csv|no
open r+ /upload/mine.csv|no
open wx /upload/$long.csv|no
open wx /upload/.hidden|no
open wx /upload/a/b.csv|no
open wx /receipts/new.json|no
open wx /reports/new.csv|no
open wx /standards/allowed_signers2|no
open w /standards/allowed_signers|no
open r+ /receipts/$mine|no
open wx /new.csv|no
open wx /queries/q.json|no
open r /receipts|no
remove /upload/mine.csv|no
remove /receipts/$mine|no
remove /standards/allowed_signers|no
remove /upload|no
remove /upload/nothing.csv|none
mkdir /upload/folder|no
mkdir /folder|no
rmdir /upload|no
rmdir /receipts|no
rename /upload/mine.csv /upload/other.csv|no
rename /receipts/$mine /receipts/x|no
rename /receipts/$mine /upload/x.csv|no
posix-rename /upload/mine.csv /upload/other.csv|no
symlink /etc/passwd /upload/link.csv|no
readlink /receipts/link.json|no
times /upload/mine.csv|ok
times /receipts/$mine|no
truncate /receipts/$mine|no
truncate /upload/mine.csv|no
list /queries|none
list /extracts|none
list /catalog|none
list /etc|none
list /receipts/aic|none
stat /receipts/link.json|none
get /receipts/link.json|none
get /etc/passwd|none
get /receipts/../../../../etc/passwd|none
get /receipts/../exchange.db|none
get /exchange.db|none
get /zayton.conf|none
get /keys/receipt_ed25519|none
get /standards/../keys/receipt_ed25519|none
get /receipts/aic/receipts/$theirs|none
get /receipts/../../aic/receipts/$theirs|none
get /accounts/aic/receipts/$theirs|none
get /receipts/$theirs|none
stat /upload/theirs.csv|none
get /receipts/$very_long|no
stat /nothing|none
stat /upload/nothing|none
EOF
cat >"$T/institution" <<EOF
list /|catalog extracts queries receipts standards
list /queries|
list /extracts|
list /catalog|catalog.html catalog.json catalog.xlsx
open wx /queries/q.json|ok
open wx /extracts/x.json|no
open wx /catalog/x.json|no
open wx /receipts/x.json|no
mkdir /queries/folder|no
get /standards/allowed_signers|ok
list /upload|none
list /check|none
list /reports|none
open wx /upload/x.csv|no
get /receipts/$mine|none
get /upload/mine.csv|none
EOF

# Compares each line's answer with the wish.
table() { # ROLE ACCOUNT
	cut -d '|' -f 1 "$T/$1" | client "$2" >"$T/$1.got" 2>"$T/$1.err"
	paste -d '|' "$T/$1" "$T/$1.got" >"$T/$1.both"
	while IFS='|' read -r verb want got; do
		case $want in
		ok) case $got in
			ok | *' bytes') got=ok ;;
			esac ;;
		no) case $got in
			ok | *' bytes' | 'connection ended') ;;
			*) got=no ;;
			esac ;;
		=*\*) case $got in
			"$(echo "$want" | sed 's/^=\(.*\) \*$/\1/') "*)
				got=$want ;;
			esac ;;
		=*) want=${want#=} ;;
		esac
		is "$1: $(echo "$verb" | cut -c 1-60)" "$got" "$want"
	done <"$T/$1.both"
	is "$1: all lines answered" "$(wc -l <"$T/$1.got")" "$(wc -l <"$T/$1")"
	comment <"$T/$1.err"
}
table department mub
table institution bank

is 'unfinished uploads can be removed' "$(batch 'remove /upload/new.csv' \
    'remove /upload/new2.csv' 'remove /upload/new3.csv' \
    'remove /check/new.csv' | client mub | tr '\n' ' ')" 'ok ok ok ok '
is 'refusals have a sentence' "$(grep '|no|' "$T"/*.both |
    grep -cE '\|(Failure|Permission denied|)$')" 0
is 'nothing was made outside' "$(find "$HOME_DIR" "$T" -maxdepth 1 \
    -name 'folder' -o -maxdepth 1 -name 'new.*')" ''

# An unfinished upload is its owner's alone.
bills 900 >"$T/long.csv"
batch "half $T/long.csv /upload/half.csv" | client mub >/dev/null
is 'it is seen by its account' "$(echo 'list /upload' | client mub)" \
    'half.csv mine.csv'
is 'and by no other' "$(echo 'list /upload' | client aic)" theirs.csv
is 'it has no reader' "$(echo 'get /upload/half.csv' | client mub |
    grep -c bytes)" 0
is 'it may be renamed within /upload only' "$(batch \
    'rename /upload/half.csv /receipts/half.csv' \
    'rename /upload/half.csv /upload/../../half.csv' \
    'rename /upload/half.csv /upload/mine.csv' | client mub | grep -c ok)" 0
is 'every refusal stands in the access log' "$(sql "SELECT count(*) > 0
    FROM access_log WHERE outcome NOT LIKE 'ok%'")" 1
ok 'the ledger verifies' z verify
done_testing
