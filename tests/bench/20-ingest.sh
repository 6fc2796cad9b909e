#!/bin/sh
# A zip with 1,000,000 water bills against sqlite3 .import of the same CSV into
# a keyed table (WAL, FULL); the same again with a tenth of its rows changed;
# a tenth of its rows; the memory of the roles meanwhile. The counts, the sum
# of the amounts and the receipt are looked at after each run.
. "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}

# A zip of so many bills; of each tenth as much more is owed as is said last.
bills() { # NAME ROWS MORE
	python3 - "$W" "$@" <<'END'
import sys, zipfile
w, name, n, more = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
head = "用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期\n"
with open(f"{w}/ysjf.csv", "w", encoding="gb18030", newline="") as f:
    f.write(head)
    for i in range(n):
        q = i % 997 + (more if i % 10 == 3 else 0)
        f.write(f"{3000000000 + i},泉州市第{i % 80000}织造有限公司,泉州市鲤城区新门街{i % 500}号,201601,"
                f"{q},{q * 2.85:.2f},{q * 2.85:.2f},0.00,2016/1/{i % 28 + 1}\n")
with zipfile.ZipFile(f"{w}/{name}.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.write(f"{w}/ysjf.csv", "ysjf.csv")
END
}
bills tenth $((ROWS / 10)) 0
bills again "$ROWS" 1
bills first "$ROWS" 0
iconv -f GB18030 -t UTF-8 "$W/ysjf.csv" >"$W/utf8.csv"

reference() {
	rm -f "$W"/ref.db*
	sqlite3 "$W/ref.db" >/dev/null <<-END
		PRAGMA journal_mode=WAL;
		PRAGMA synchronous=FULL;
		CREATE TABLE bill (account_no TEXT, entity_name TEXT,
		    use_address TEXT, bill_period TEXT, usage_qty REAL,
		    amount_due REAL, amount_paid REAL, arrears REAL,
		    paid_on TEXT, PRIMARY KEY (account_no, bill_period));
		.import --csv --skip 1 $W/utf8.csv bill
	END
}
ingest() { "$ZAYTON" -C "$W/home" ingest --account bench "$W/$1.zip"; }

# What the base and the receipt say of a bundle: counts as the file's, and the
# sum of all that is owed, in fen, as the rows were made.
verify() { # NAME ROWS MORE INSERTED UPDATED UNCHANGED
	said=$(sqlite3 -separator ' ' "$W/home/exchange.db" "SELECT f.inserted,
	    f.updated, f.unchanged FROM bundle_file_t f JOIN bundle_t b
	    ON b.no = f.bundle WHERE b.name = '$1.zip' AND
	    b.outcome = 'accepted'")
	[ "$said" = "$4 $5 $6" ] || fail "$1: $said, not $4 $5 $6"
	fen=$(sqlite3 "$W/home/exchange.db" "SELECT sum(amount_due) FROM
	    d_water_bill_monthly WHERE _to IS NULL")
	[ "$fen" = "$(python3 -c "print(sum(i % 997 + ($3 if i % 10 == 3 else 0)
	    for i in range($2)) * 285)")" ] || fail "$1: the sum is $fen"
	find "$W/home/accounts/bench/receipts" \
	    -name "$1.zip.*.receipt.json.sig" | grep -q . ||
		fail "$1: there is no signed receipt"
}

# The largest a role of ours ever is while the server runs: MB.
watch_peak() { # ROLE
	while kill -0 "$ZAYTON_PID" 2>/dev/null; do
		for p in $(pgrep -f "^zayton -x $1"); do
			[ "$(readlink "/proc/$p/cwd")" != "$W/home" ] ||
				awk '/VmHWM/ { print $2 / 1024 }' \
				    "/proc/$p/status"
		done 2>/dev/null || :
		sleep 0.1
	done | sort -n | tail -1 >>"$W/$1.peak"
}
end_server() {
	kill "$ZAYTON_PID"
	wait "$ZAYTON_PID" || :
	rm -rf "${W:?}/home"
}

table_begin
imports='' firsts='' agains='' tenths=''
for _ in $(seq "$RUNS"); do
	start_zayton bench
	tenths="$tenths $(seconds ingest tenth)"
	verify tenth $((ROWS / 10)) 0 $((ROWS / 10)) 0 0
	end_server
	imports="$imports $(seconds reference)"
	start_zayton bench
	watch_peak worker &
	watch_peak keeper &
	firsts="$firsts $(seconds ingest first)"
	verify first "$ROWS" 0 "$ROWS" 0 0
	agains="$agains $(seconds ingest again)"
	verify again "$ROWS" 1 0 $((ROWS / 10)) $((ROWS - ROWS / 10))
	end_server
	wait
done
ours=$firsts theirs=$imports
ratio "$ROWS bills, sqlite3 .import" rows/s "$ROWS" 1.0
ours=$agains theirs=$firsts
ratio 'again, 90 % unchanged, the first time' rows/s "$ROWS" 1.43
# shellcheck disable=SC2086 # lists of numbers
at_most 'time per row, of 10 times as many' x "$(awk "BEGIN { printf \"%.2f\",
    $(median $firsts) / 10 / $(median $tenths) }")" 1.25
at_most 'memory of a worker' MB "$(sort -n "$W/worker.peak" | tail -1)" 48
at_most 'memory of the keeper' MB "$(sort -n "$W/keeper.peak" | tail -1)" 192
command -v duckdb >/dev/null || echo 'duckdb is not installed: not compared'
table_end
