# shellcheck shell=sh
# Sourced after lib.sh: what several end-to-end tests ask.
#
# departments                     accounts aic, ntb, mub
# good_receipt RECEIPT            the signature verifies and the sums hold
# agrees_with_base RECEIPT        its counts are those of std_* and quality_issue
# one_result_each ACCOUNT         each received receipt has exactly one result
# results_of ID                   how many result receipts the ledger has of it
# bundle_id RECEIPT               state_of ID   batch LINE...

departments() {
	account aic AIC department 市工商局 &&
	    account ntb NTB department 市国税局 &&
	    account mub MUB department 市政公用事业管理局
}

batch() {
	printf '%s\n' "$@"
}

bundle_id() { # RECEIPT
	field "$1" .id
}

state_of() { # ID
	sql "SELECT state FROM bundle WHERE id = '$1'"
}

in_state() { # ID STATE
	[ "$(state_of "$1")" = "$2" ]
}

has_sums() { # RECEIPT
	jq -e '[.files[] | select(.rows != null) |
	    .rows == .accepted + .rejected and
	    .accepted == .inserted + .updated + .unchanged + .superseded and
	    .linked <= .accepted] | all' "$1"
}

good_receipt() { # RECEIPT
	verify_receipt "$1" && has_sums "$1" &&
	    jq -e '.receipt == 1 and (.message.zh | length > 0) and
		(.message.en | length > 0)' "$1"
}

# Holds only for the last bundle that touched its rows.
agrees_with_base() { # RECEIPT
	agree_id=$(bundle_id "$1")
	agree_bad=0
	jq -r '.files[] | select(.dataset != null and .error == null) |
	    [.path, .dataset, .inserted + .updated, .rejected] | @tsv' "$1" \
	    >"$T/.files"
	while IFS="$(printf '\t')" read -r path dataset stored rejected; do
		at="\"_bundle\" = '$agree_id' AND \"_file\" = '$path'"
		got=$(sql "SELECT count(*) FROM std_$dataset WHERE $at")
		[ "$got" = "$stored" ] || {
			echo "$path: std_$dataset has $got, receipt $stored"
			agree_bad=1
		}
		at="bundle = '$agree_id' AND file = '$path'"
		got=$(sql "SELECT count(DISTINCT row) FROM quality_issue
		    WHERE $at AND effect = 'reject'")
		[ "$got" = "$rejected" ] || {
			echo "$path: quality_issue rejects $got, receipt $rejected"
			agree_bad=1
		}
	done <"$T/.files"
	jq -r '.files[] | .path as $p | (.issues // [])[] |
	    [$p, .rule, .severity, (.count | tostring)] | join("|")' "$1" |
	    sort >"$T/.said"
	sql "SELECT file, rule, severity, count(*) FROM quality_issue
	    WHERE bundle = '$agree_id' GROUP BY 1, 2, 3" | sort >"$T/.holds"
	diff "$T/.said" "$T/.holds" || agree_bad=1
	[ -s "$T/.files" ] && [ $agree_bad = 0 ]
}

one_result_each() { # ACCOUNT
	for received in "$HOME_DIR/accounts/$1/receipts"/*.received.json; do
		[ -e "$received" ] || continue
		[ -s "${received%.received.json}.receipt.json" ] || {
			echo "no result: ${received##*/}"
			return 1
		}
	done
	[ "$(sql "SELECT count(*) FROM (SELECT bundle FROM receipt
	    WHERE kind = 'result' GROUP BY bundle HAVING count(*) <> 1)")" = 0 ]
}

# --- crashes ---------------------------------------------------------------
#
# role_pid ROLE          of the running server; several for those that come
#                        and go
# generations            how often the server was ready
# served_again N         ready more often than N times and answering
# promised NAME          a client was told that NAME is taken: a line of
#                        $T/promised
# all_kept               each promise has its result receipt
# promises_kept          which are good, exactly one of each, with one effect

role_pid() { # ROLE
	case $1 in
	supervisor) echo "$PID" ;;
	session | filer) pgrep -P "$(role_pid gate)" -f "^zayton -x $1( |\$)" ;;
	worker) pgrep -P "$(role_pid watch)" -f "^zayton -x $1( |\$)" ;;
	sessions | filers) pgrep -P "$(role_pid gate)" -f "^zayton -x $1" ;;
	workers) pgrep -P "$(role_pid watch)" -f "^zayton -x $1" ;;
	*) pgrep -P "$PID" -f "^zayton -x $1" ;;
	esac
}

generations() {
	grep -c -- '- ready listen=' "$LOG"
}

served_again() { # N
	[ "$(generations)" -gt "$1" ]
}

promised() { # NAME
	echo "$1" >>"$T/promised"
}

all_kept() {
	while read -r name; do
		has_receipt mub "$name" || return 1
	done <"$T/promised"
}

promises_kept() {
	while read -r name; do
		[ "$(receipts mub "$name" | wc -l)" = 1 ] || {
			echo "$name: $(receipts mub "$name" | wc -l) results"
			return 1
		}
		good_receipt "$(receipts mub "$name")" || return 1
		z verify "$(receipts mub "$name")" || return 1
	done <"$T/promised"
	[ "$(sql 'SELECT count(*) FROM (SELECT account_no, bill_period
	    FROM hist_water_bill_monthly GROUP BY 1, 2
	    HAVING count(*) <> 1)')" = 0 ] || {
		echo 'a row had its effect twice'
		return 1
	}
	[ "$(sql "SELECT count(*) FROM bundle
	    WHERE state NOT IN ('applied', 'rejected')")" = 0 ] || {
		echo 'a bundle is not at rest'
		return 1
	}
	# What stands in the base is what the spool says.
	(cd "$HOME_DIR/spool" && ls applied rejected) | cut -d . -f 1 |
	    grep -E '^[0-9A-Z]{26}$' | sort >"$T/.stand"
	sql "SELECT id FROM bundle_t WHERE state IN ('applied', 'rejected')" |
	    sort >"$T/.say"
	diff "$T/.stand" "$T/.say"
}

# Ten bills that nobody else sends.
ten_bills() { # NUMBER
	bills 10 | sed "s/^1000/$((1000 + $1))/"
}
