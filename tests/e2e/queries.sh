# shellcheck shell=sh
# Helpers of the tests about queries; sourced after lib.sh and enterprises.sh.
#
# firms                        two enterprises with bills, as departments send them
# ask ACCOUNT FILE [NAME]      drops a query and waits for its receipt: $receipt
# query ACCOUNT NAME JSON      the same of a text
# extract_of RECEIPT           unpacks its extract into $T/extract
# outcome                      of the last receipt
# why DATASET N                why the n-th subject's was withheld

firms() {
	{
		registered
		firm 晋江市清源织造有限公司 350521124626049 91350521527041239C 陈明 晋江市青阳街道1号 2015-01-05
		firm 石狮市远洋制衣有限公司 350503106172864 9135050333781355XJ 王强 石狮市灵秀镇3号 2015-03-05
	} >"$T/qydj.csv"
	send aic register "$T/qydj.csv" || return 1
	{
		water
		for month in 01 02 03; do
			echo "10000001,晋江市清源织造有限公司,泉州市丰泽区东海街1号,2015-$month,100,200.50,200.50,0.00,2015-$month-28"
		done
		echo '10000002,石狮市远洋制衣有限公司,泉州市丰泽区东海街2号,2015-03,7,14.00,14.00,0.00,2015-03-20'
	} >"$T/water.csv"
	send mub bills "$T/water.csv"
}

ask() { # ACCOUNT FILE [NAME]
	asked=${3:-${2##*/}}
	before=$(receipts "$1" "$asked" | wc -l)
	printf 'put "%s" "/queries/%s"\n' "$2" "$asked" |
	    sftp_do "$1" >"$T/.put" 2>&1 || return 1
	wait_until 20 answered "$1" "$asked" "$before" || return 1
	receipt=$(receipts "$1" "$asked" | tail -1)
}

answered() { # ACCOUNT NAME BEFORE
	[ "$(receipts "$1" "$2" | wc -l)" -gt "$3" ] &&
	    [ -s "$(receipts "$1" "$2" | tail -1).sig" ]
}

query() { # ACCOUNT NAME JSON
	printf '%s\n' "$3" >"$T/$2"
	ask "$1" "$T/$2"
}

outcome() {
	field "$receipt" .outcome
}

code() {
	field "$receipt" '.error.code // ""'
}

why() { # DATASET N
	field "$receipt" ".query.withheld[] | select(.dataset == \"$1\" and
	    (.whom | index($2))) | .why.code"
}

extract_of() { # RECEIPT
	account=$(field "$1" .account)
	rm -rf "$T/extract"
	unzip -q -d "$T/extract" \
	    "$HOME_DIR/accounts/$account/extracts/$(field "$1" .query.extract.file)"
}

fields_of() { # DATASET
	z standards show "$1" --json | jq -r '[.fields[].name] | join(" ")'
}

# The base, while no server runs on it: a grant in force. WHOM: 0 all,
# 1 a division, 2 a list, 3 those who consented; FORM: 1 count ... 4 rows.
give() { # ACCOUNT DATASET FIELDS WHOM FORM [DIVISION]
	sqlite3 "$HOME_DIR/exchange.db" "INSERT INTO grant_t (account, dataset,
	    named, fields, \"full\", whom, division, purpose, form, from_day,
	    until, data_from, data_until, life, times, every, reference,
	    evidence, signer, person, reason, at, state) VALUES ('$1', '$2', 1,
	    '$3', '', $4, '${6:-}', 'loan_approval', $5, '2014-01-01',
	    '2099-12-31', '', '', 0, 0, 0, 'r', 'e', 's', 'p', 'w',
	    '2014-01-01', 1)"
}
