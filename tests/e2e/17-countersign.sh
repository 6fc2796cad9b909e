#!/bin/sh
# Shows that departments countersign checkpoints with ssh-keygen and an upload,
# and that each account sees who did: good signatures by the account's own key
# only, of days that are over only.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh
# shellcheck source=tests/e2e/departments.sh
. ./departments.sh

ok 'an instance' instance
ok 'its departments' departments
ok 'the server starts' serve || done_testing

checkpoints=$HOME_DIR/standards/checkpoints
today=$(date -u +%Y-%m-%d)
ok 'a checkpoint is signed' wait_until 10 test -s "$checkpoints/$today.checkpoint"
# As if it were of a day that is over.
cp -p "$checkpoints/$today.checkpoint" "$checkpoints/2016-03-01.checkpoint"
day=2016-03-01.checkpoint

countersign() { # KEY FILE [NAMESPACE]
	rm -f "$2.sig"
	ssh-keygen -q -Y sign -f "$T/keys/$1" -n "${3:-zayton-checkpoint}" "$2" \
	    2>/dev/null
}
n=0
verdict() { # FILE
	n=$((n + 1))
	put mub "$T/$1.sig" >/dev/null 2>&1
	wait_until 20 nth "$1.sig" $n || return 1
	jq -r '.outcome + " " + (.error.code // .files[0].issues[0].rule)' \
	    "$(receipts mub "$1.sig" | tail -1)"
}
nth() { # NAME N
	[ "$(receipts mub "$1" | wc -l)" = "$2" ]
}

echo "get /standards/checkpoints/$day $T/$day" | sftp_do mub >/dev/null
ok 'a department signs what it fetched' countersign mub "$T/$day"
is 'and uploads it' "$(verdict $day)" 'accepted signature_good'
echo "get /standards/checkpoints/$day.mub.sig $T/seen.sig" | sftp_do ntb >/dev/null
echo "mub $(cat "$T/keys/mub.pub")" >"$T/allowed"
ok 'another department sees it and checks it' sh -c "ssh-keygen -Y verify \
    -f '$T/allowed' -I mub -n zayton-checkpoint -s '$T/seen.sig' <'$T/$day'"
is 'the figures count it' "$(wait_until 15 grep -q 'countersigned_total{' \
    "$HOME_DIR/run/metrics.prom" && grep 'countersigned_total{' \
    "$HOME_DIR/run/metrics.prom")" 'zayton_countersigned_total{account="mub"} 1'

# --- what is none -------------------------------------------------------------

shown() {
	cmp -s "$checkpoints/$day.mub.sig" "$T/seen.sig"
}
n=1
ok 'one by the key of another' countersign aic "$T/$day"
is 'is refused' "$(verdict $day)" 'rejected signature_key'
n=2
ok 'one for another purpose' countersign mub "$T/$day" zayton-bundle
is 'is refused' "$(verdict $day)" 'rejected signature_wrong'
sed '2s/.*/7/' "$T/$day" >"$T/other"
ok 'one of another ledger' countersign mub "$T/other"
mv "$T/other.sig" "$T/$day.sig"
n=3
is 'is refused' "$(verdict $day)" 'rejected signature_wrong'
n=0
cp "$checkpoints/$today.checkpoint" "$T"
ok 'one of today, which is not over' countersign mub "$T/$today.checkpoint"
is 'is refused' "$(verdict "$today.checkpoint")" 'rejected checkpoint_none'
n=0
cp "$T/$day" "$T/2001-01-01.checkpoint"
ok 'one of a day without a checkpoint' countersign mub "$T/2001-01-01.checkpoint"
is 'is refused' "$(verdict 2001-01-01.checkpoint)" 'rejected checkpoint_none'
ok 'what others see is the good one' shown
is 'and one alone' "$(find "$checkpoints" -name '*.sig' | wc -l)" 1

ok 'nobody has to see to anything' z health
ok 'the server stops' stop
sqlite3 "$HOME_DIR/exchange.db" "UPDATE bundle_t SET received_at = '2020-01-01'
    WHERE kind = 's'"
ok 'the server starts' serve
exits 1 'a week without a countersignature is told' z health
is 'in words' "$(grep -c '^countersign_late' "$T/.out")" 1
done_testing
