#!/usr/bin/env python3
"""links.py HOME SAMPLES LINKS: what an instance that took the samples made of
their enterprises, against the truth. Writes the link of each row to LINKS for
score.py, prints what was missed by kind, how many fields of the records are as
the true register has them at the end, and whether 100 values of records stand
in the very cells that their provenance names."""
import collections
import csv
import random
import sqlite3
import subprocess
import sys
import unicodedata

home, samples, out = sys.argv[1:]
db = sqlite3.connect(home + "/exchange.db")
db.row_factory = sqlite3.Row


def table(name):
    with open(samples + "/truth/" + name, encoding="utf-8-sig",
              newline="") as f:
        return list(csv.DictReader(f))


FILES = {f["file"]: f for f in table("files.csv")}
LINKS = table("links.csv")


def place(bundle, path, row):
    name = bundle[:-4].replace("-", "/", 1) + "/" + path.split("#")[0]
    return name, row - int(FILES[name]["header_row"])


def links():
    got = {}
    for (d,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'"
                           " AND name LIKE 'hist\\_%' ESCAPE '\\'").fetchall():
        for r in db.execute("SELECT b.name, h._file, h._row, h._enterprise FROM"
                            " %s h JOIN bundle b ON b.id = h._bundle" % d):
            got[place(r[0], r[1], r[2])] = r[3] or ""
        # A row that says what the base has already is not kept again.
        for r in db.execute(
                "SELECT b.name, f.path, (d._seen_at >> 2) & 0xffffffffff,"
                " printf('E%%08d', e.root) FROM %s d JOIN enterprise_t e ON"
                " e.no = d._enterprise JOIN bundle_t b ON b.no = d._seen >> 16"
                " JOIN bundle_file_t f ON f.bundle = b.no AND f.no ="
                " d._seen_at >> 42 WHERE d._seen >> 16 <> d._bundle" %
                ("d" + d[4:])):
            got.setdefault(place(r[0], r[1], r[2]), r[3])
    return got


def misses(got):
    rejected = {place(r[0], r[1], r[2]): r[3] for r in db.execute(
        "SELECT b.name, q.file, q.row, q.rule FROM quality_issue q JOIN bundle"
        " b ON b.id = q.bundle WHERE q.effect = 'reject' AND q.row > 0")}
    known = {t["eid"] for t in LINKS if "/qydj." in t["file"]
             and got.get((t["file"], int(t["row"])))}
    why, kinds = collections.Counter(), collections.Counter()
    returned = collections.Counter()
    for t in LINKS:
        k = t["file"], int(t["row"])
        if not t["eid"] or got.get(k):
            continue
        reason = ("returned to its sender" if k in rejected else
                  "as the base has it already" if k not in got else
                  "its enterprise is in no row the register sent well"
                  if t["eid"] not in known else "not linked")
        why[reason] += 1
        if k in rejected:
            returned[rejected[k]] += 1
        if reason == "not linked":
            kinds[t["name_kind"] + (", wrong number" if "!" in t["keys"]
                                    else "")] += 1
    print("rows without enterprise:", dict(why.most_common()))
    print("  returned, by what was found:", dict(returned.most_common()))
    print("  not linked, by the name and number they have:",
          dict(kinds.most_common()))


def merged(got):
    """Enterprises of the base that hold register rows of two true ones."""
    votes = collections.defaultdict(collections.Counter)
    for t in LINKS:
        k = t["file"], int(t["row"])
        if "/qydj." in k[0] and got.get(k):
            votes[got[k]][t["eid"]] += 1
    print("enterprises that are two of the true ones:",
          sum(len(v) > 1 for v in votes.values()))
    return {v.most_common(1)[0][0]: e for e, v in votes.items()}


def plain(s):
    return "".join(unicodedata.normalize("NFKC", str(s or "")).split())


STATUS = {"开业": "ACTIVE", "存续": "ACTIVE", "注销": "CANCELLED",
          "吊销": "REVOKED", "迁出": "MOVED_OUT"}


def truth(t):
    yield from (("entity_name", t["name"]), ("org_code", t["orgcode"]),
                ("reg_no", t["regno"]), ("tax_id", t["tax_gs"]),
                ("legal_rep", t["rep"]), ("address", t["address"]),
                ("established_on", t["established"]),
                ("term_to", t["term_to"]), ("reg_authority", t["authority"]),
                ("business_scope", t["scope"]),
                ("reg_status", STATUS.get(t["status"], t["status"])))
    if t["uscc_in_use"] == "1":
        yield "uscc", t["uscc"]
    yield "reg_capital", str(float(t["capital_wan"]) * 10000)


def records(enterprise):
    month = max(f["month"] for f in FILES.values())
    record = {r["id"]: r for r in db.execute("SELECT * FROM enterprise")}
    good, bad = 0, collections.Counter()
    for t in table("registry_%s.csv" % month):
        r = record.get(enterprise.get(t["eid"]))
        if r is None:
            bad["no record"] += 1
            continue
        for field, value in truth(t):
            if plain(r[field]) == plain(value):
                good += 1
            else:
                bad[field] += 1
    fields = good + sum(v for k, v in bad.items() if k != "no record")
    print("fields of records as the register has them: %.4f of %d (0.98 asked);"
          " otherwise: %s" % (good / fields, fields, dict(bad.most_common())))


def explained():
    """Each winner stands in the row it names; a derived one does not."""
    rows = db.execute("SELECT enterprise, field, value, dataset, id FROM"
                      " provenance WHERE winner = 1 AND reason <> 'derived'"
                      " AND dataset <> 'aic_registration_change' AND field NOT"
                      " IN ('division_code', 'term_to')").fetchall()
    right = 0
    columns = {"org_code_valid_to": "valid_to", "tax_status_nat": "tax_status",
               "tax_status_loc": "tax_status",
               "tax_credit_grade": "credit_grade",
               "tax_credit_year": "eval_year"}
    for r in random.Random(1).sample(rows, min(100, len(rows))):
        cell = db.execute("SELECT %s FROM hist_%s WHERE _id = ?" % (
            columns.get(r["field"], r["field"]), r["dataset"]),
            (r["id"],)).fetchone()
        right += cell is not None and str(cell[0]) == str(r["value"])
    print("of 100 values picked at random %d stand in the cell named" % right)


def main():
    got = links()
    with open(out, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["file", "row", "entity"])
        w.writerows([*k, e] for k, e in sorted(got.items()))
    score = subprocess.run([sys.executable, samples + "/score.py", samples,
                            "--links", out], capture_output=True, text=True)
    for line in score.stdout.splitlines():
        if line.startswith(("all ", "linkable")):
            print(line)
    taken = [t for t in LINKS if (t["file"], int(t["row"])) in got]
    linked = sum(bool(got[t["file"], int(t["row"])]) for t in taken
                 if t["eid"])
    print("of the rows in the base that are of somebody %.4f are linked" %
          (linked / sum(bool(t["eid"]) for t in taken)))
    misses(got)
    records(merged(got))
    explained()


main()
