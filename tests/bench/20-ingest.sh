#!/bin/sh
# A zip with 1,000,000 water bills against sqlite3 .import of the same CSV
# into a keyed table (WAL, FULL), the memory of the roles meanwhile, and the
# time from drop to receipt of a bundle of ten rows.
. "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}

python3 - "$W" "$ROWS" <<'END'
import sys, zipfile
w, n = sys.argv[1], int(sys.argv[2])
head = "用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期\n"
def row(i):
    q = i % 997
    return (f"{3000000000 + i},泉州市第{i % 80000}织造有限公司,泉州市鲤城区新门街{i % 500}号,201601,"
            f"{q},{q * 2.85:.2f},{q * 2.85:.2f},0.00,2016/1/{i % 28 + 1}\n")
def write(path, count):
    with open(path, "w", encoding="gb18030", newline="") as f:
        f.write(head)
        for i in range(count):
            f.write(row(i))
write(f"{w}/ysjf.csv", n)
with zipfile.ZipFile(f"{w}/water.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.write(f"{w}/ysjf.csv", "ysjf.csv")
END
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
start_zayton bench
peak() {
	while kill -0 "$1" 2>/dev/null; do
		for p in $(pgrep -f "zayton -x $2"); do
			awk '/VmHWM/ { print $2 }' "/proc/$p/status" 2>/dev/null
		done
		sleep 0.1
	done | sort -n | tail -1
}
ingest() { "$ZAYTON" -C "$W/home" ingest --account bench "$W/water.zip"; }
theirs=$(seconds reference)
peak $ZAYTON_PID worker >"$W/worker.peak" &
peak $ZAYTON_PID keeper >"$W/keeper.peak" &
ours=$(seconds ingest)
awk -v n="$ROWS" -v a="$ours" -v b="$theirs" 'BEGIN {
    printf "ingest of %d rows: %.1f s, .import %.1f s, ratio %.2fx (at most 2.0x)\n",
    n, a, b, a / b }'
sqlite3 "$W/home/exchange.db" 'SELECT count(*) || " rows in the base" FROM std_water_bill_monthly'

# Drop to receipt: ten rows, 50 times, seen by the receipt's file.
python3 - "$W" <<'END'
import os, statistics, sys, time
w = sys.argv[1]
head = "用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期\n"
times = []
for k in range(50):
    body = head + "".join(
        f"{9000000000 + k * 10 + i},泉州市甲乙织造有限公司,泉州市,201602,1,2.85,2.85,0.00,2016-02-0{i % 9 + 1}\n"
        for i in range(10))
    name = f"water-{k}.csv"
    with open(f"{w}/home/spool/drop/bench/.{name}", "w") as f:
        f.write(body)
    os.chmod(f"{w}/home/spool/drop/bench/.{name}", 0o644)
    t = time.monotonic()
    os.rename(f"{w}/home/spool/drop/bench/.{name}", f"{w}/home/spool/drop/bench/{name}")
    dir = f"{w}/home/accounts/bench/receipts"
    while not any(n.startswith(name + ".") and n.endswith(".receipt.json.sig") for n in os.listdir(dir)):
        time.sleep(0.001)
        if time.monotonic() - t > 10:
            sys.exit("no receipt within 10 s")
    times.append((time.monotonic() - t) * 1000)
print(f"drop to receipt of 10 rows: p50 {statistics.median(times):.0f} ms (below 50), max {max(times):.0f} ms")
END
kill "$ZAYTON_PID"
wait "$ZAYTON_PID" || :
sleep 0.3
echo "peak memory: worker $(($(cat "$W/worker.peak") / 1024)) MB (below 64), keeper $(($(cat "$W/keeper.peak") / 1024)) MB (below 256)"
