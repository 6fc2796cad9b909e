#!/bin/sh
# Shows that from the first administrator on each act is signed, by whose role
# allows it; that rules, grants on personal fields and unmerging take two; that
# what nobody published does not come in force; and that verify finds an act
# that nobody signed.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh

missing=
for what in $(grep -ho '"do", *"[a-z ]*"' "$ROOT"/daemon/command/*.c |
    sed 's/.*"\([a-z ]*\)"$/\1/; s/ /_/g' | sort -u); do
	grep -q "{ \"$(echo "$what" | tr _ ' ')\"" \
	    "$ROOT/daemon/keeper/rights.c" || missing="$missing $what"
done
is 'the table of rights has every request' "$missing" ' act'

ok 'an instance' instance
ok 'a bank, before there are administrators' account bank BANK institution
for who in sec sec2 sys sys2 aud; do
	key $who
done
# As an administrator.
as() { # WHO COMMAND...
	as_key=$T/keys/$1
	shift
	z "$@" --sign-with "$as_key"
}
why='--reason=例行'
waits() {
	z act list --json | jq '.[0].act'
}
ok 'the server starts' serve || done_testing

# --- enrolling ----------------------------------------------------------------
exits 1 'the first one is of security' z admin add 王系统 --role admin \
    --key "$T/keys/sys.pub"
ok 'who needs nobody' z admin add 李安全 --role security \
    --key "$T/keys/sec.pub"
exits 2 'the next has to be signed' z admin add 王系统 --role admin \
    --key "$T/keys/sys.pub"
is 'it says how, in two languages' "$(grep -c -e --sign-with "$T/.out")" 2
exits 1 'not by anybody' as bank admin add 王系统 --role admin \
    --key "$T/keys/sys.pub"
ok 'but by her' as sec admin add 王系统 --role admin --key "$T/keys/sys.pub"
ok 'an auditor' as sec admin add 赵审计 --role audit --key "$T/keys/aud.pub"
ok 'one more waits' as sec admin add 孙系统 --role admin \
    --key "$T/keys/sys2.pub"
is '  as the list shows' "$(z act list --json | jq -r '.[] | [.act, .admin, .do]
    | join(" ")')" '3 李安全 admin add'
exits 1 'nobody is two people' as sec act approve 3 "$why"
exits 1 'system administration does not make administrators' as sys act \
    approve 3 "$why"
ok 'the auditor may approve it' as aud act approve 3 "$why"
ok 'another of security' as sec admin add 周安全 --role security \
    --key "$T/keys/sec2.pub"
ok '  approved' as aud act approve "$(waits)" "$why"
is 'five are in office' "$(z admin list --json | jq -r '[.[] | .role] |
    sort | join(" ")')" 'admin admin audit security security'

# --- roles ----------------------------------------------------------------------
key mub
exits 2 'an account without a signature' z account add mub --role department \
    --provider MUB --key "$T/keys/mub.pub"
exits 1 'security makes no accounts' as sec account add mub --role department \
    --provider MUB --key "$T/keys/mub.pub"
ok 'system administration does' as sys account add mub --role department \
    --provider MUB --key "$T/keys/mub.pub"
ok 'ZAYTON_SIGN_KEY does as well' env ZAYTON_SIGN_KEY="$T/keys/sys" \
    "$ZAYTON" -C "$HOME_DIR" account disable mub
eval "$(ssh-agent -s)" >/dev/null
CHILDREN=$SSH_AGENT_PID
ssh-add -q "$T/keys/sys"
mkdir "$T/pub" && cp "$T/keys/sys.pub" "$T/pub"
ok 'and a key that only the agent has' z account enable mub \
    --sign-with "$T/pub/sys.pub"
exits 2 'a key that is not there' z account disable mub --sign-with "$T/no"

exits 1 'system administration changes no key' as sys key rotate receipt \
    --reason 年度轮换
ok 'security does' as sec key rotate receipt --reason 年度轮换

# --- grants -----------------------------------------------------------------------
echo 签字原件 >"$T/paper"
grant() { # WHO OPTION...
	who=$1
	shift
	as "$who" grant add --account bank --dataset aic_enterprise_registration \
	    --fields entity_name --subjects all --purpose loan_approval --until \
	    2099-12-31 --evidence "$T/paper" --reason 支行申请 "$@"
}
exits 1 'system administration grants nothing' grant sys
ok 'security does' grant sec
exits 1 'and says no other person' grant sec --person 某人
ok 'one on a personal field waits' grant sec --full legal_rep_id
is '  in the name of who signed' "$(z grant list --json | jq -r '.[] |
    [.grant, .state, .person] | join(" ")')" "$(printf \
    '%s\n%s' '1 in force 李安全' '2 pending 李安全')"
exits 1 'she cannot approve it' as sec grant approve 2 --reason 同意
ok 'her colleague can' as sec2 grant approve 2 --reason 同意

# --- rules ------------------------------------------------------------------------
pack() {
	sql 'SELECT sha256 FROM pack_t ORDER BY at DESC LIMIT 1'
}
before=$(pack)
echo '-- one remark more' >>"$HOME_DIR/rules/aic.lua"
kill -HUP "$PID"
ok 'a changed rule does not come in force by itself' wait_until 10 grep -q \
    'zayton rules publish' "$LOG"
ok 'it is published' as sys rules publish --reason 新规
rules=$(waits)
is '  which waits' "$(pack)" "$before"
exits 1 '  not for the same one' as sys act approve "$rules" --reason 同意
echo '-- and another' >>"$HOME_DIR/rules/aic.lua"
exits 1 'what was changed meanwhile is not what was signed' as sys2 act \
    approve "$rules" --reason 同意
sed -i '$d' "$HOME_DIR/rules/aic.lua"
ok 'approved by another it is in force' as sys2 act approve "$rules" --reason 同意
is '  and is what was published' "$([ "$(pack)" != "$before" ] && echo yes)" yes
echo '-- unpublished' >>"$HOME_DIR/rules/aic.lua"
now=$(pack)
stop
ok 'a start takes no rules that nobody published' serve
is '  those of before are in force' "$(pack)" "$now"
ok 'unmerging is proposed' as sys review undo 1 --reason 误并
is '  and waits' "$(z act list --json | jq -r '.[0].do')" 'review undo'
ok '  or is rejected' as sys2 act reject "$(waits)" --reason 无误
is 'nothing waits' "$(z act list)" ''
stop

# --- the ledger ---------------------------------------------------------------------
ok 'all of it verifies' z verify
is '  and is counted' "$(sed -n 's/.*acts of administrators hold: //p' "$T/.out")" \
    "$(sql 'SELECT count(*) FROM act_t')"
# A line that fits the chain, by somebody who can write into the base.
cat >"$T/plant.py" <<'END'
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
seq, prev = db.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC"
                       " LIMIT 1").fetchone()
line = [str(seq + 1), "2026-01-01T00:00:00.000Z", "grant added", "bank", "", "{}"]
hash = hashlib.sha256("".join(w + "\n" for w in [prev] + line).encode())
db.execute("INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?)",
           [seq + 1] + line[1:] + [prev, hash.hexdigest()])
db.commit()
END
ok 'a grant is planted' python3 "$T/plant.py" "$HOME_DIR/exchange.db"
exits 1 'verify finds it' z verify
is '  and says so' "$(grep -c 'grant added' "$T/.out")" 1
done_testing
