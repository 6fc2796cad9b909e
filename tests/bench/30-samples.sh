#!/bin/sh
# All months of the samples through zayton ingest: is every file recognised, is
# every column taken or listed, and how many of the planted errors are found
# at their row and field. Needs the samples (SAMPLES=folder); skipped without.
. "$(dirname "$0")/lib.sh"
SAMPLES=${SAMPLES:-$ROOT/../shared/samples}
[ -d "$SAMPLES/truth" ] || {
	echo 'no samples: skipped'
	exit 0
}

"$ZAYTON" init "$W/home" >/dev/null
z() {
	"$ZAYTON" -C "$W/home" "$@"
}
departments='GSJ:AIC GUOSHUI:NTB DISHUI:LTB GONGYONG:MUB ZHIJIAN:QTS YINJIAN:CBRC
    FAYUAN:COURT GONGAN:PSB RENSHE:HRSS KEJI:STB HUANBAO:EPB DIANLI:SGCC'
for pair in $departments; do
	z account add "$(echo "${pair%:*}" | tr '[:upper:]' '[:lower:]')" \
	    --role department --provider "${pair#*:}" --key "$W/key.pub" >/dev/null
done
for month in 2016-01 2016-02 2016-03; do
	for pair in $departments; do
		folder=${pair%:*}
		[ -d "$SAMPLES/$folder/$month" ] || continue
		python3 - "$SAMPLES/$folder/$month" "$W/$folder-$month.zip" <<'END'
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as z:
    for name in sorted(os.listdir(sys.argv[1])):
        z.write(os.path.join(sys.argv[1], name), name)
END
		z ingest --account "$(echo "$folder" | tr '[:upper:]' '[:lower:]')" \
		    "$W/$folder-$month.zip" >"$W/said" 2>&1 ||
		    grep -E 'rejected|error' "$W/said" || :
	done
done
python3 - "$W/home/exchange.db" "$SAMPLES" "$W/flags.csv" <<'END'
import collections, csv, json, sqlite3, sys
base, samples, out = sys.argv[1:]
db = sqlite3.connect(base)
truth = {f["file"]: f for f in csv.DictReader(open(samples + "/truth/files.csv", encoding="utf-8-sig"))}
known = {}
lost = []
for body, in db.execute("SELECT body FROM receipt WHERE kind = 'result'"):
    r = json.loads(body)
    folder, month = r["bundle"]["name"][:-4].split("-", 1)
    for f in r["files"]:
        name = f"{folder}/{month}/{f['path'].split('#')[0]}"
        known[name] = f
        t = truth.get(name)
        if f["error"]:
            lost.append(f"{name}: {f['error']['code']} {f['error']['en']}")
        elif t and f["rows"] != int(t["data_rows"]):
            lost.append(f"{name}: {f['rows']} rows, not {t['data_rows']}")
for name in truth:
    if name not in known:
        lost.append(f"{name}: not in a receipt")
print(f"{len(truth)} files, {len(truth) - len(set(x.split(':')[0] for x in lost))} as they should be")
for x in lost:
    print("  ", x)
columns = collections.Counter()
flags = set()
rules = collections.Counter()
for bundle, file, row, header, rule, severity, value in db.execute(
        "SELECT b.name, q.file, q.row, q.header, q.rule, q.severity, q.value"
        " FROM quality_issue q JOIN bundle b ON b.id = q.bundle"):
    folder, month = bundle[:-4].split("-", 1)
    name = f"{folder}/{month}/{file.split('#')[0]}"
    if rule == "column_unknown":
        columns[f"{name.split('/')[0]}/{name.split('/')[2]}: {value}"] += 1
    if not row or severity == "info":
        continue
    t = truth.get(name)
    flags.add((name, int(row) - int(t["header_row"]), header or ""))
    rules[rule] += 1
print("columns listed as unknown:", dict(columns))
with open(out, "w", newline="", encoding="utf-8") as f:
    w = csv.writer(f)
    w.writerow(["file", "row", "field"])
    w.writerows(sorted(flags))
print("findings:", dict(rules.most_common()))
END
python3 "$SAMPLES/score.py" "$SAMPLES" --flags "$W/flags.csv"
python3 "$ROOT/tests/bench/links.py" "$W/home" "$SAMPLES" "$W/links.csv"
