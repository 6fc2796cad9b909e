#!/usr/bin/python3
"""usage: grants.py SEED ACCOUNTS HOME FOLDER

Draws a world at random: enterprises, rows of eleven data sets with dates at
their limits, grants, consents and objections, which it writes into the base of
the instance HOME, and queries, FOLDER/ACCOUNT.qN.json. The same facts go into
FOLDER/world.db, for an oracle that knows nothing of the program.
"""
import datetime
import json
import random
import sqlite3
import sys

# How rules/sharing.lua shares them: class, consent, by name, clocks.
DATASETS = {
    'aic_enterprise_registration': ('open', 0, 0, {}),
    'aic_case_penalty': ('open', 0, 0, {'act_ended_on': 'ended',
                                        'public_until': 'until'}),
    'nat_tax_taxpayer': ('conditional', 0, 0, {}),
    'nat_tax_major_case': ('open', 0, 0, {'removed_on': 'removed'}),
    'water_bill_monthly': ('conditional', 0, 0, {}),
    'court_enforcement_case': ('conditional', 0, 0, {'closed_on': 'ended'}),
    'police_enterprise_case': ('conditional', 0, 1, {'handled_on': 'ended'}),
    'hrss_employment_insurance': ('conditional', 0, 0, {}),
    'hrss_labor_violation': ('open', 0, 0, {'corrected_on': 'ended'}),
    'cbrc_guarantee': ('conditional', 1, 0, {}),
    'enterprise_consent': ('never', 0, 0, {}),
}
MASKS = {'legal_rep_id': 'id', 'party_id_no': 'id', 'guarantor_id_no': 'id',
         'guarantor_name': 'name', 'hr_contact': 'name', 'hr_phone': 'phone'}
PURPOSES = ['loan_approval', 'guarantee_check', 'credit_review',
            'loan_monitoring', 'related_person_check', 'credit_rating',
            'supervision', 'objection']
FORMATS = ['csv', 'xlsx', 'jsonl', 'sqlite']
TODAY = (datetime.datetime.utcnow() + datetime.timedelta(hours=8)).date()

# number: root, division, type, unified code, registration number
ENTERPRISES = {n: (n, d, t, u, r) for n, d, t, u, r in [
    (11, '350582', '1100', '', ''), (12, '350581', '1100', '', ''),
    (13, '350582', '9500', '', ''), (14, '350500', '', '92350500MA00000X0X', ''),
    (15, None, '', '', '350500600000000'), (16, '110101', '1130', '', ''),
    (17, '350583', '', '91350500000000000X', '')]}
ENTERPRISES[18] = (11, None, '', '', '')  # a part of another one
SENT = {1: '350582', 2: '350581'}  # those that came with their data
ROOTS = {e: v[0] for e, v in ENTERPRISES.items()} | {e: e for e in SENT}
NOBODY = 99


def day(n):
    return (TODAY + datetime.timedelta(days=n)).isoformat()


def years_ago(n, days=0):
    d = TODAY + datetime.timedelta(days=days)
    if (d.month, d.day) == (2, 29):
        d = d.replace(day=28)
    return d.replace(year=d.year - n).isoformat()


class World:
    def __init__(self, seed, home, folder):
        self.r = random.Random(seed)
        self.folder = folder
        self.db = sqlite3.connect(home + '/exchange.db')
        self.w = sqlite3.connect(folder + '/world.db')
        self.w.executescript('''
            CREATE TABLE w_dataset (dataset, class, consent, by_name, provider,
                title, period);
            CREATE TABLE w_clock (dataset, field, kind);
            CREATE TABLE w_field (dataset, pos, field, title, type, sens,
                list, mask);
            CREATE TABLE w_enterprise (no, root, division, person);
            CREATE TABLE w_grant (no, account, dataset, state, named, whom,
                division, purpose, form, from_day, until, data_from,
                data_until, life, times, every, used, used_on);
            CREATE TABLE w_grant_field ("grant", field, is_full);
            CREATE TABLE w_grant_list ("grant", enterprise);
            CREATE TABLE w_consent (no, account, enterprise, dataset, purpose,
                from_day, until, reference, state, row_stands);
            CREATE TABLE w_query (no INTEGER PRIMARY KEY, account, name,
                purpose, consent, as_of, format, report, of_all, day);
            CREATE TABLE w_subject (query, n, enterprise);
            CREATE TABLE w_asked (query, dataset, field);''')
        self.fields = {}
        self.tokens = 0

    def standards(self):
        for dataset, (share, consent, by_name, clocks) in DATASETS.items():
            standard = json.load(open('../../schemas/%s.1.0.json' % dataset))
            kinds = dict((c[1], c[2]) for c in self.db.execute(
                "SELECT * FROM pragma_table_info('d_%s')" % dataset))
            self.w.execute('INSERT INTO w_dataset VALUES (?,?,?,?,?,?,?)', (
                dataset, share, consent, by_name, standard['provider'],
                standard['title'], standard.get('period')))
            self.fields[dataset] = []
            for i, f in enumerate(standard['fields']):
                kind = f['type']
                if kind == 'number':
                    kind = 'decimal' if kinds[f['name']] == 'REAL' else 'money'
                self.fields[dataset].append((f['name'], kind, f.get('code_list'),
                                             f['name'] + '_open' in kinds))
                self.w.execute('INSERT INTO w_field VALUES (?,?,?,?,?,?,?,?)', (
                    dataset, i, f['name'], f['title'], kind, f['sensitivity'],
                    f.get('code_list'), MASKS.get(f['name'], 'whole')))
            for field, kind in clocks.items():
                self.w.execute('INSERT INTO w_clock VALUES (?,?,?)',
                               (dataset, field, kind))

    def enterprises(self):
        for no, (root, division, kind, uscc, reg_no) in ENTERPRISES.items():
            self.db.execute('INSERT INTO enterprise_t (no, root, bundle, file,'
                            ' row) VALUES (?,?,1,0,1)', (no, root))
            if root == no:
                self.db.execute(
                    'INSERT INTO record_t (no, status, division_code, ent_type,'
                    " uscc, reg_no) VALUES (?,'confirmed',?,?,?,?)",
                    (no, division, kind, uscc, reg_no))
        for no, division in SENT.items():
            self.w.execute('INSERT INTO w_enterprise VALUES (?,?,?,0)',
                           (no, no, division))
        for no, (root, *_) in ENTERPRISES.items():
            _, division, kind, uscc, reg_no = ENTERPRISES[root]
            person = kind == '9500' or (not kind and (
                uscc.startswith('92') or reg_no[6:7] >= '6'))
            self.w.execute('INSERT INTO w_enterprise VALUES (?,?,?,?)',
                           (no, root, division or '', int(person)))

    # --- rows ---------------------------------------------------------------

    def near(self):
        """A day at or about a limit, or some day."""
        r = self.r
        return r.choice([day(0), day(-1), day(1), day(-400), years_ago(5),
                         years_ago(5, 1), years_ago(7), years_ago(7, 1),
                         years_ago(9), years_ago(2)[:7], years_ago(8)[:4],
                         day(-r.randint(1, 3000))])

    def value(self, name, kind, codes):
        r = self.r
        if r.random() < 0.2:
            return None
        self.tokens += 1
        token = 'T%07dZ' % self.tokens
        if kind == 'boolean':
            return r.randint(0, 1)
        if kind in ('integer', 'year'):
            return r.randint(0, 9999)
        if kind == 'money':
            return r.randint(-10**6, 10**9)
        if kind == 'decimal':
            return r.randint(0, 10**6) / 1000
        if kind == 'date':
            return self.near()
        if kind == 'yearmonth':
            return '20%02d-%02d' % (r.randint(10, 26), r.randint(1, 12))
        if kind == 'datetime':
            return day(-r.randint(0, 900)) + 'T08:00:00'
        if codes is not None and r.random() < 0.9:
            return r.choice(self.codes[codes])
        mask = MASKS.get(name)
        if mask == 'id' and r.random() < 0.8:
            return '350582' + token[1:9] + '%03dX' % r.randint(0, 999)
        if mask == 'phone' and r.random() < 0.8:
            return '138%08d' % self.tokens
        if mask == 'name':
            return '张' + token
        return r.choice(['', '=1+', '@', '-']) + token + r.choice(
            ['', '，甲', ' "乙"', ',c', '<b>&amp;', "'s", '\u200b'])

    def rows(self):
        r = self.r
        self.codes = {}
        for codes, code in self.db.execute('SELECT list, code FROM code_label_t'):
            self.codes.setdefault(codes, []).append(code)
        for dataset in DATASETS:
            for no in ENTERPRISES:
                for _ in range(r.choice([0, 1, 2, 3, 4])):
                    self.keyed(dataset, no)

    def keyed(self, dataset, no):
        """A key with its versions: perhaps one that stands, perhaps not."""
        r = self.r
        self.tokens += 1
        key = 'K%d' % self.tokens
        provider = r.choice(['AIC', 'PROV2'])
        dates = sorted(self.near() for _ in range(r.choice([1, 1, 2, 3])))
        for i, as_of in enumerate(dates):
            last = i == len(dates) - 1
            reason = None if last and r.random() < 0.85 else r.choice(
                ['updated', 'older', 'corrected', 'deleted'])
            self.row(dataset, no, key, provider, as_of, reason)
        if r.random() < 0.08:
            self.objection(dataset, key, provider, 'REPAIRED', '')
        elif r.random() < 0.1:
            self.objection(dataset, key, provider,
                           r.choice(['RECEIVED', 'UNRESOLVED', 'CONFIRMED']),
                           r.choice(['', r.choice(self.fields[dataset])[0]]))

    def row(self, dataset, no, key, provider, as_of, reason):
        columns, values = [], []
        for name, kind, codes, opens in self.fields[dataset]:
            columns.append(name)
            values.append(self.value(name, kind, codes))
            if opens:
                columns.append(name + '_open')
                values.append(int(self.r.random() < 0.3))
        self.db.execute(
            'INSERT INTO d_%s (_key, _hash, _enterprise, _provider, _bundle,'
            ' _file, _row, _as_of, _from, _to, _reason, _seen, _seen_at, %s)'
            " VALUES (?,0,?,?,1,0,1,?,'2016-01-01',?,?,1,1%s)" % (
                dataset, ', '.join(columns), ',?' * len(columns)),
            [key, no, provider, as_of, reason and '2016-02-01', reason] + values)

    def objection(self, dataset, key, provider, state, field):
        no = self.db.execute(
            'INSERT INTO objection_t (row, account, number, kind, provider,'
            ' enterprise, dataset, field, record, claimed, reason, evidence,'
            " filed_at, due, bundle, state) VALUES (0,'','','OBJECTION',?,0,?,"
            "?,'','','','','','','',?)", (provider, dataset, field, state)).lastrowid
        self.db.execute('INSERT INTO objection_row_t VALUES (?,?,?,?)',
                        (no, dataset, key, provider))

    # --- who may see what ---------------------------------------------------

    def grant(self, account, dataset, purpose):
        r = self.r
        often = r.random() < 0.7  # nothing is wrong with it
        names = [f[0] for f in self.fields[dataset]]
        some = r.sample(names, r.randint(1, len(names)))
        if r.random() < 0.5:
            some = names
        whole = [f for f in some if r.random() < 0.5]
        whom = r.choice([0, 0, 0, 0, 1, 2, 3])
        every = r.choice([0, 0, 0, 0, 30])
        used_on = r.choice([day(-29), day(-30), day(-31)])
        g = {
            'account': account, 'dataset': dataset, 'purpose': purpose,
            'state': 1 if often else r.choice([0, 1, 1, 2, 3]),
            'named': 1 if often else r.randint(0, 1), 'whom': whom,
            'division': r.choice(['350582', '3505', '35', '11', '350581'])
            if whom == 1 else '',
            'form': r.choice([4, 4, 4, 4, 3, 3, 2, 1]),
            'from_day': day(-900) if often else r.choice([day(-9), day(0), day(1)]),
            'until': day(900) if often else r.choice([day(9), day(0), day(-1)]),
            'data_from': '' if often else r.choice(['', years_ago(5), day(-1)]),
            'data_until': r.choice(['', '', '', '', day(0), years_ago(2)]),
            'life': r.choice([0, 0, 7, 400]),
            'times': r.choice([0, 0, 0, 2]), 'every': every,
            'used': r.choice([0, 1, 2]) if purpose != '*' else 0,
            'used_on': used_on}
        if purpose == '*':
            g['times'] = g['every'] = 0
        if not g['used']:
            g['used_on'] = ''
        no = self.db.execute(
            'INSERT INTO grant_t (account, dataset, named, fields, "full",'
            ' whom, division, purpose, form, from_day, until, data_from,'
            ' data_until, life, times, every, reference, evidence, signer,'
            ' person, reason, at, state) VALUES (:account, :dataset, :named,'
            ' :fields, :full, :whom, :division, :purpose, :form, :from_day,'
            ' :until, :data_from, :data_until, :life, :times, :every, \'r\','
            " 'e', 's', 'p', 'w', '2014-01-01', :state)",
            dict(g, fields=' '.join(some), full=' '.join(whole))).lastrowid
        for i in range(g['used']):
            self.db.execute('INSERT INTO grant_use_t VALUES (?,?,?)',
                            (no, 'before%d' % i, g['used_on']))
        self.w.execute('INSERT INTO w_grant VALUES (%s)' % ','.join('?' * 18), [
            no] + [g[k] for k in (
                'account dataset state named whom division purpose form'
                ' from_day until data_from data_until life times every used'
                ' used_on').split()])
        for f in some:
            self.w.execute('INSERT INTO w_grant_field VALUES (?,?,?)',
                           (no, f, int(f in whole)))
        if whom == 2:
            for e in r.sample(list(ROOTS), r.randint(1, 4)):
                self.db.execute('INSERT INTO grant_list_t VALUES (?,?)', (no, e))
                self.w.execute('INSERT INTO w_grant_list VALUES (?,?)', (no, e))

    def consent(self, account, purpose, other):
        r = self.r
        often = r.random() < 0.7
        no = r.choice(list(ROOTS))
        state = 'confirmed' if often else r.choice(
            ['confirmed', 'revoked', 'rejected'])
        sent, stands = r.choice([(0, 1), (1, 1), (1, 0)] if not often
                                else [(0, 1), (1, 1)])
        row = None
        if sent:
            self.tokens += 1
            row = self.db.execute(
                'INSERT INTO d_enterprise_consent (_key, _hash, _enterprise,'
                ' _provider, _bundle, _file, _row, _as_of, _from, _to, _seen,'
                " _seen_at) VALUES (?,0,?,'AIC',1,0,1,'2016-01-01','2016',?,1,"
                '1)', ('C%d' % self.tokens, no,
                       None if stands else '2016-02-01')).lastrowid
        c = (account if often or r.random() < 0.5 else other, no,
             '' if r.random() < 0.5 else r.choice(list(DATASETS)), purpose,
             day(-90) if often else r.choice([day(0), day(1)]),
             day(90) if often else r.choice([day(0), day(-1)]),
             'SQ-%d' % r.randint(1, 3))
        c_no = self.db.execute(
            'INSERT INTO consent_t (row, account, enterprise, dataset,'
            ' purpose, from_day, until, reference, evidence, signer, person,'
            " reason, at, state) VALUES (?,?,?,?,?,?,?,?,'','','','','',?)",
            (row,) + c + (state,)).lastrowid
        self.w.execute('INSERT INTO w_consent VALUES (?,?,?,?,?,?,?,?,?,?)',
                       (c_no,) + c + (state, stands))

    # --- what is asked ------------------------------------------------------

    def query(self, account, n, purpose):
        r = self.r
        no = len(self.asked) + 1
        of_all = int(r.random() < 0.3)
        q = {'purpose': purpose, 'format': FORMATS[no % 4]}
        subjects = []
        if of_all:
            q['subjects'] = 'all'
            subjects = [(e, e) for e in ROOTS if ROOTS[e] == e]
        else:
            q['subjects'] = []
            for i, e in enumerate(r.sample(list(ROOTS) + [NOBODY], 8)):
                q['subjects'].append({'enterprise': 'E%08d' % e})
                subjects.append((i + 1, ROOTS.get(e, 0)))
        if r.random() < 0.3:
            q['consent'] = 'SQ-%d' % r.randint(1, 3)
        if r.random() < 0.4:
            q['as_of'] = min(self.near() for _ in range(2))
            if len(q['as_of']) < 10 or q['as_of'] > day(0):
                q['as_of'] = day(-r.randint(0, 900))
        if r.random() < 0.5 or no <= 4:
            q['report'] = 'credit'
        if r.random() < 0.7:
            q['datasets'] = []
            for d in r.sample(list(DATASETS), r.randint(6, len(DATASETS))):
                names = [f[0] for f in self.fields[d]]
                if r.random() < 0.3:
                    q['datasets'].append({'dataset': d, 'fields': r.sample(
                        names, r.randint(1, len(names)))})
                else:
                    q['datasets'].append(d)
        name = 'q%d' % n
        json.dump(q, open('%s/%s.%s.json' % (self.folder, account, name), 'w'))
        self.w.execute('INSERT INTO w_query VALUES (?,?,?,?,?,?,?,?,?,?)', (
            no, account, name, purpose, q.get('consent'), q.get('as_of', ''),
            q['format'], int('report' in q), of_all, day(0)))
        self.w.executemany('INSERT INTO w_subject VALUES (?,?,?)',
                           [(no, i, e) for i, e in subjects])
        for d in q.get('datasets', []):
            if isinstance(d, str):
                self.w.execute('INSERT INTO w_asked VALUES (?,?,NULL)', (no, d))
            else:
                self.w.executemany('INSERT INTO w_asked VALUES (?,?,?)', [
                    (no, d['dataset'], f) for f in d['fields']])
        self.asked.append(no)

    def draw(self, accounts):
        r = self.r
        self.asked = []
        self.standards()
        self.enterprises()
        self.rows()
        names = ['bank%d' % i for i in range(1, accounts + 1)]
        for account in names:
            for d in DATASETS:
                if r.random() < 0.1:
                    self.grant(account, d, '*')
            for n, purpose in enumerate(PURPOSES):
                for d in DATASETS:
                    for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3])):
                        self.grant(account, d, purpose)
                for _ in range(12):
                    self.consent(account, purpose, r.choice(names + ['else']))
                self.query(account, n, purpose)
        self.db.commit()
        self.w.commit()


if __name__ == '__main__':
    World(int(sys.argv[1]), sys.argv[3], sys.argv[4]).draw(int(sys.argv[2]))
