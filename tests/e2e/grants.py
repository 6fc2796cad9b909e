#!/usr/bin/python3
"""usage: grants.py draw SEED | check BASE GRANTS FOLDER

draw prints grants at random: data set, whom, form, division, fields. check
holds FOLDER/ACCOUNT/data/*.jsonl against the base by those lines, cell by cell.
"""
import json
import os
import random
import sqlite3
import sys

FIELDS = {
    'aic_enterprise_registration': [
        'entity_name', 'reg_no', 'uscc', 'org_code', 'reg_capital',
        'legal_rep', 'address', 'established_on', 'business_scope',
        'reg_authority', 'reg_status', 'approved_on'],
    'water_bill_monthly': [
        'entity_name', 'account_no', 'use_address', 'usage_qty', 'bill_period',
        'amount_due', 'amount_paid', 'arrears_amount', 'paid_on'],
}


def draw(seed):
    r = random.Random(int(seed))
    for dataset, fields in FIELDS.items():
        for _ in range(r.choice([0, 1, 1, 1, 2])):
            some = r.sample(fields, r.randint(1, len(fields)))
            whom = r.choice([0, 0, 1, 3])
            division = r.choice(['350582', '350581', '3505', '11'])
            print(dataset, whom, r.choice([3, 4, 4]),
                  division if whom == 1 else '-', *some)


def text(value):
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return None if value in (None, '') else str(value)


def main(base, grants, folder):
    db = sqlite3.connect('file:%s?mode=ro' % base, uri=True)
    db.row_factory = sqlite3.Row
    divisions = dict(db.execute(
        'SELECT id, division_code FROM enterprise').fetchall())
    mine = {}
    for line in open(grants):
        account, dataset, whom, form, division, *fields = line.split()
        mine.setdefault(account, []).append(
            (dataset, int(whom), int(form), division, set(fields)))
    checked = 0
    for account in sorted(os.listdir(folder)):
        for dataset, names in FIELDS.items():
            want = {}
            for who, where in divisions.items():
                hold = [g for g in mine.get(account, []) if g[0] == dataset
                        and (g[1] == 0 or
                             (g[1] == 1 and (where or '').startswith(g[3])))]
                fields = set.intersection(*(g[4] for g in hold)) if hold else set()
                rows = db.execute('SELECT * FROM std_%s WHERE _enterprise = ?'
                                  ' ORDER BY _as_of, _id' % dataset,
                                  (who,)).fetchall() if fields else []
                if rows and min(g[2] for g in hold) == 3:
                    rows = rows[-1:]
                want[who] = [{f: text(row[f]) if f in fields else None
                              for f in names} for row in rows]
            got = {who: [] for who in divisions}
            path = '%s/%s/data/%s.jsonl' % (folder, account, dataset)
            if os.path.exists(path):
                for line in open(path, encoding='utf-8'):
                    row = json.loads(line)
                    got[row['_enterprise']].append(
                        {f: text(row.get(f)) for f in names})
                    extra = {f for f in row if not f.startswith('_') and
                             f.replace('_label', '') not in names}
                    if extra:
                        print(account, dataset, 'extra', extra)
            for who in divisions:
                checked += len(names) * max(1, len(want[who]))
                if want[who] != got[who]:
                    print(account, dataset, who, want[who], got[who])
    print('checked %d cells' % checked)


if sys.argv[1] == 'draw':
    draw(sys.argv[2])
else:
    main(*sys.argv[2:])
