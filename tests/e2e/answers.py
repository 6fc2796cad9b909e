#!/usr/bin/python3
"""usage: answers.py HOME FOLDER

Holds the answers to the queries of FOLDER/world.db against what grants.sql
left there, cell by cell: csv, xlsx, jsonl, sqlite, credit reports, receipts.
Each difference is a line; the last says how much was compared.
"""
import collections
import csv
import glob
import html.parser
import io
import json
import os
import re
import sqlite3
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile

NUMBERS = ('money', 'decimal', 'integer', 'year', 'boolean')
FIXED = ['_as_of', '_provider', '_objection']
TOKEN = re.compile(rb'T\d{7}Z')
counted = collections.Counter()


def tell(*what):
    counted['differences'] += 1
    if counted['differences'] <= 40:
        print(*what)


def canonical(value, kind):
    """As the oracle writes it: numbers with six decimals, nothing as ''."""
    if value is None:
        return ''
    if kind in NUMBERS and value not in ('', '***'):
        return '%.6f' % float(value)
    return str(value)


# --- tables of a package, whatever its form ----------------------------------

def of_csv(package, resource):
    text = package.read(resource['path']).decode('utf-8-sig')
    rows = list(csv.reader(io.StringIO(text, newline='')))
    return rows[0], [[re.sub(r"^'(?=[=+@\t-])", '', c) for c in row]
                     for row in rows[1:]]


def of_jsonl(package, resource):
    rows = [json.loads(line) for line in package.read(
        resource['path']).decode().splitlines()]
    names = [f['name'] for f in resource['schema']['fields']]
    for row in rows:
        if list(row) != names:
            tell(resource['name'], 'columns', list(row), names)
    return names, [[row[n] for n in names] for row in rows]


def of_sqlite(package, resource):
    with tempfile.NamedTemporaryFile() as f:
        f.write(package.read(resource['path']))
        f.flush()
        rows = sqlite3.connect(f.name).execute(
            'SELECT * FROM "%s"' % resource['dialect']['table'])
        return [c[0] for c in rows.description], rows.fetchall()


def of_xlsx(package, resource):
    book = zipfile.ZipFile(io.BytesIO(package.read(resource['path'])))
    space = {'m': 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'}
    shared = []
    if 'xl/sharedStrings.xml' in book.namelist():
        shared = [''.join(t.text or '' for t in si.iter('{%s}t' % space['m']))
                  for si in ET.fromstring(book.read('xl/sharedStrings.xml'))]
    names = [s.get('name') for s in ET.fromstring(
        book.read('xl/workbook.xml')).iter('{%s}sheet' % space['m'])]
    at = names.index(resource['dialect']['sheet'][:31]) + 1
    sheet = ET.fromstring(book.read('xl/worksheets/sheet%d.xml' % at))
    rows = []
    for row in sheet.iter('{%s}row' % space['m']):
        cells = []
        for c in row.findall('m:c', space):
            letters = re.match('[A-Z]+', c.get('r')).group()
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            cells += [''] * (column - 1 - len(cells))
            v = c.find('m:v', space)
            if c.find('m:f', space) is not None:
                tell(resource['name'], 'a formula')
            if c.get('t') == 's':
                cells.append(shared[int(v.text)])
            elif c.get('t') == 'inlineStr':
                cells.append(''.join(t.text or '' for t in c.iter(
                    '{%s}t' % space['m'])))
            else:
                cells.append('' if v is None else v.text)
        rows.append(cells)
    fields = resource['schema']['fields']
    if rows[0] != [f['title'] for f in fields]:
        tell(resource['name'], 'head', rows[0])
    return ([f['name'] for f in fields],
            [row + [''] * (len(fields) - len(row)) for row in rows[1:]])


# --- a credit report -----------------------------------------------------------

class Page(html.parser.HTMLParser):
    """Its name, and of each data set the rows (title: value) and chart."""

    def __init__(self, text):
        super().__init__()
        self.open, self.said, self.name = [], None, None
        self.sections = {}  # title: [rows, {period: value}]
        self.row = self.head = None
        self.marks = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in ('h2', 'h3'):
            self.section = None
        if tag == 'table':
            self.facts = ('class', 'facts') in attributes
            self.head, self.fact = None, {}
        if tag == 'tr':
            self.row, self.titles = [], []
        if tag in ('h3', 'th', 'td', 'b', 'title'):
            self.said = ''
        if tag in ('span', 'mark'):
            self.open.append(tag)
            self.marks += tag == 'mark'

    def handle_data(self, data):
        if self.said is not None and not self.open:
            self.said += data

    def handle_endtag(self, tag):
        if tag in ('span', 'mark'):
            self.open.remove(tag)
            return
        if tag == 'b' and self.name is None:
            self.name = self.said
        if tag == 'h3':
            self.section = self.sections.setdefault(
                self.said.strip(), [[], {}])
        if tag == 'title' and getattr(self, 'section', None) is not None:
            period, value = self.said.split(' ')
            self.section[1][period] = float(value)
        if tag == 'th':
            self.titles.append(self.said)
        if tag == 'td':
            self.row.append(re.sub(' $', '', self.said))
        if tag == 'tr' and getattr(self, 'section', None) is not None:
            if self.facts:
                self.fact.update(zip(self.titles, self.row))
            elif self.head is None:
                self.head = self.titles
            else:
                self.section[0].append(dict(zip(self.head, self.row)))
        if tag == 'table' and getattr(self, 'section', None) is not None:
            if self.facts:
                self.section[0].append(self.fact)
        if tag in ('h3', 'th', 'td', 'b', 'title'):
            self.said = None


# --- one answer -------------------------------------------------------------------

class Answers:
    def __init__(self, home, folder):
        self.home = home
        self.db = sqlite3.connect(folder + '/world.db')
        self.db.row_factory = sqlite3.Row
        self.fields, self.titles = {}, {}
        for f in self.db.execute('SELECT * FROM w_field ORDER BY dataset, pos'):
            self.fields.setdefault(f['dataset'], []).append(f)
        self.title = dict(self.db.execute('SELECT dataset, title FROM w_dataset'))
        self.period = dict(self.db.execute(
            'SELECT dataset, period FROM w_dataset'))

    def rows(self, table, query):
        return [tuple(r)[1:] for r in self.db.execute(
            'SELECT * FROM %s WHERE query = ?' % table, (query,))]

    def line(self, dataset, row):
        """A row by names, as want_row has it."""
        cells = [canonical(row[f], None) for f in FIXED]
        for f in self.fields[dataset]:
            cells.append(canonical(row.get(f['field']), f['type']))
            if f['list']:
                cells.append(canonical(row.get(f['field'] + '_label'), None))
        return '\x1f'.join(cells)

    def compare(self, q, what, want, got):
        want, got = collections.Counter(want), collections.Counter(got)
        for one in (want - got):
            tell(q['account'], q['name'], q['format'], what, 'missing', one)
        for one in (got - want):
            tell(q['account'], q['name'], q['format'], what, 'too much', one)
        counted[what] += sum(want.values())

    def tables(self, q, package):
        """Tables of the package, as lists of dicts by column."""
        read = {'csv': of_csv, 'jsonl': of_jsonl, 'sqlite': of_sqlite,
                'xlsx': of_xlsx}[q['format']]
        tables = {}
        for r in json.loads(package.read('datapackage.json'))['resources']:
            names, rows = read(package, r)
            if len(rows) != r['rows']:
                tell(q['name'], r['name'], 'rows', len(rows), r['rows'])
            tables[r['name']] = (names, [dict(zip(names, row)) for row in rows])
        return tables

    def data(self, q, tables):
        got = []
        allowed = {}
        for dataset, fields, masked in self.db.execute(
                'SELECT dataset, fields, masked FROM want_give WHERE query = ?'
                ' AND form >= 3', (q['no'],)):
            allowed.setdefault(dataset, set()).update(
                json.loads(fields), json.loads(masked))
        for dataset in self.fields:
            if dataset not in tables:
                continue
            names, rows = tables[dataset]
            extra = {n[:-6] if n.endswith('_label') else n for n in names
                     if not n.startswith('_')} - allowed.get(dataset, set())
            if extra:
                tell(q['account'], q['name'], dataset, 'columns', extra)
            counted['cells'] += len(rows) * len(self.fields[dataset])
            got += [(dataset, r['_enterprise'], self.line(dataset, r))
                    for r in rows]
        self.compare(q, 'rows', self.rows('want_row', q['no']), got)
        self.compare(q, 'answers', self.rows('want_yes', q['no']), [
            (r['dataset'], r['_enterprise'], int(float(r['has'])),
             canonical(r['_objection'], None))
            for r in tables.get('yes_no', ([], []))[1]])
        self.compare(q, 'counts', self.rows('want_count', q['no']), [
            (r['dataset'], int(float(r['subjects'])), int(float(r['with_rows'])))
            for r in tables.get('count', ([], []))[1]])

    def subjects(self, q, tables):
        """The number of an enterprise stands only where something is given."""
        given = {(d, n) for d, n in self.db.execute(
            'SELECT dataset, n FROM want_give WHERE query = ?', (q['no'],))}
        for r in tables.get('subjects', ([], []))[1]:
            if canonical(r['enterprise'], None) and (
                    r['dataset'], int(float(r['n']))) not in given:
                tell(q['name'], 'subjects', r)

    def pages(self, q, package):
        want = {}
        for dataset, enterprise in self.db.execute(
                'SELECT g.dataset, p.enterprise FROM want_give g JOIN o_pair p'
                ' USING (query, dataset, n) WHERE query = ? AND form >= 3',
                (q['no'],)):
            want.setdefault('E%08d' % enterprise, {})[dataset] = []
        for dataset, enterprise, text in self.rows('want_row', q['no']):
            want[enterprise][dataset].append(text.split('\x1f'))
        pages = {os.path.basename(n)[:-5]: n for n in package.namelist()
                 if n.startswith('report/')}
        if set(pages) != (set(want) if q['report'] else set()):
            tell(q['account'], q['name'], 'pages', set(pages), set(want))
        for enterprise, name in pages.items():
            counted['pages'] += 1
            self.page(q, enterprise, Page(package.read(name).decode()),
                      want.get(enterprise, {}))

    def page(self, q, enterprise, page, want):
        names = {''}
        for dataset, rows in want.items():
            shown = []
            at = [f['field'] for f in self.fields[dataset]].index('entity_name')
            for row in rows:
                cells = {'数据日期': row[0]}
                i = len(FIXED)
                for k, f in enumerate(self.fields[dataset]):
                    value = row[i]
                    i += 1
                    if f['list']:
                        value = row[i] or value
                        i += 1
                    if k == at:
                        names.add(value)
                    elif value:
                        cells[f['title']] = value
                shown.append(cells)
            section = page.sections.pop(self.title[dataset], None)
            if section is None:
                tell(q['name'], enterprise, dataset, 'not on the page')
                continue
            title = {f['title']: f for f in self.fields[dataset]}
            got = []
            for row in section[0]:
                row.pop(self.fields[dataset][at]['title'], None)
                got.append({t: canonical(v, title[t]['type'] if t in title
                                         else None)
                            for t, v in row.items() if v})
            self.compare(q, 'shown rows', [json.dumps(
                r, sort_keys=True, ensure_ascii=False) for r in shown],
                [json.dumps(r, sort_keys=True, ensure_ascii=False)
                 for r in got])
            self.chart(q, enterprise, dataset, section)
        if page.sections:
            tell(q['name'], enterprise, 'more on the page', page.sections)
        if page.name not in names:
            tell(q['name'], enterprise, 'name', page.name)

    def chart(self, q, enterprise, dataset, section):
        rows, bars = section
        if not bars:
            return
        title = {f['field']: f['title'] for f in self.fields[dataset]}
        sums = [collections.Counter() for f in self.fields[dataset]
                if f['type'] == 'money']
        money = [f['title'] for f in self.fields[dataset]
                 if f['type'] == 'money']
        for row in rows:
            for s, m in zip(sums, money):
                if row.get(m) and row.get(title[self.period[dataset]]):
                    s[row[title[self.period[dataset]]]] += float(row[m])
        counted['bars'] += len(bars)
        if not any(all(abs(s.get(p, 1e18) - v) < 0.01 for p, v in bars.items())
                   for s in sums):
            tell(q['name'], enterprise, dataset, 'chart', bars)

    def receipt(self, q, receipt):
        got, rows = [], collections.Counter()
        for g in receipt.get('given', []):
            whom = g.get('whom')
            if whom is None:
                whom = [n for n, in self.db.execute(
                    'SELECT n FROM want_give WHERE query = ? AND dataset = ? AND'
                    ' grants = ? AND fields = ? AND masked = ?',
                    (q['no'], g['dataset'], json.dumps(
                        g['grants'], separators=(',', ':')),
                     json.dumps(g['fields'], separators=(',', ':')),
                     json.dumps(g['masked'], separators=(',', ':'))))]
                if len(whom) != g['subjects']:
                    tell(q['name'], g['dataset'], 'subjects', g['subjects'], whom)
            rows[g['dataset']] += g['rows'] if g['form'] in (
                'rows', 'latest') else 0
            got += [(g['dataset'], n, ['', 'count', 'yes-no', 'latest',
                                       'rows'].index(g['form']),
                     g['from'], g['until'], json.dumps(g['grants'],
                                                       separators=(',', ':')),
                     json.dumps(g['fields'], separators=(',', ':')),
                     json.dumps(g['masked'], separators=(',', ':')))
                    for n in whom]
        want = self.rows('want_give', q['no'])
        self.compare(q, 'gives', want, got)
        self.compare(q, 'counted rows', collections.Counter(
            r[0] for r in self.rows('want_row', q['no'])), rows)
        given = {(w[0], w[1]) for w in want}
        withheld = {(w['dataset'], n) for w in receipt.get('withheld', [])
                    for n in w.get('whom', [])}
        asked = {r[0] for r in self.db.execute(
            'SELECT dataset FROM w_asked WHERE query = ?', (q['no'],))}
        for dataset, n in self.db.execute(
                'SELECT dataset, n FROM o_pair WHERE query = ?', (q['no'],)):
            if not q['of_all'] and dataset in asked and (
                    ((dataset, n) in given) == ((dataset, n) in withheld)):
                tell(q['name'], dataset, n, 'neither given nor withheld')
            counted['combinations'] += 1
        known = {n for n, in self.db.execute(
            'SELECT s.n FROM w_subject s JOIN o_pair p ON p.query = s.query AND'
            ' p.enterprise = s.enterprise JOIN want_give g ON g.query = p.query'
            ' AND g.dataset = p.dataset AND g.n = p.n WHERE s.query = ?',
            (q['no'],))}
        for s in receipt.get('subjects', []):
            if (s.get('enterprise') is not None) != (s['n'] in known):
                tell(q['name'], 'receipt', s)
        if want:
            self.expires(q, receipt['extract']['expires'])

    def expires(self, q, day):
        """No later than a grant's life, its last day or a consent's."""
        last, = self.db.execute(
            "SELECT min(min(date(?1, '+' || min(30, ifnull(nullif(g.life, 0),"
            " 30)) || ' days'), g.until)) FROM want_give w, json_each(w.grants)"
            ' j JOIN w_grant g ON g.no = j.value WHERE w.query = ?2',
            (q['day'], q['no'])).fetchone()
        consents = {d for d, in self.db.execute(
            'SELECT c.until FROM want_give w JOIN o_agreed a ON a.query ='
            ' w.query AND a.dataset = w.dataset AND a.n = w.n JOIN o_pair p ON'
            ' p.query = w.query AND p.dataset = w.dataset AND p.n = w.n JOIN'
            ' w_enterprise e ON e.root = p.enterprise JOIN w_consent c ON'
            ' c.enterprise = e.no AND c.account = ?1 AND c.purpose = ?2 WHERE'
            ' w.query = ?3', (q['account'], q['purpose'], q['no']))}
        if day != last and not (day in consents and day < last):
            tell(q['name'], 'expires', day, last, consents)

    def tokens(self, q, pieces):
        """Nothing of the base stands anywhere but what was given."""
        allowed = set()
        for _, _, text in self.rows('want_row', q['no']):
            allowed.update(TOKEN.findall(text.encode()))
        for name, piece in pieces:
            extra = set(TOKEN.findall(piece)) - allowed
            if extra:
                tell(q['account'], q['name'], name, 'leaks', sorted(extra)[:3])

    def one(self, q):
        found = glob.glob('%s/accounts/%s/receipts/%s.json.*.receipt.json' % (
            self.home, q['account'], q['name']))
        if len(found) != 1:
            return tell(q['account'], q['name'], 'receipts', found)
        text = open(found[0], 'rb').read()
        receipt = json.loads(text)['query']
        pieces = [('receipt', text)]
        want = self.rows('want_give', q['no'])
        if want and 'extract' in receipt:
            path = '%s/accounts/%s/extracts/%s' % (
                self.home, q['account'], receipt['extract']['file'])
            package = zipfile.ZipFile(path)
            for name in package.namelist():
                piece = package.read(name)
                pieces.append((name, piece))
                if name.endswith('.xlsx'):
                    book = zipfile.ZipFile(io.BytesIO(piece))
                    pieces += [(n, book.read(n)) for n in book.namelist()]
            tables = self.tables(q, package)
            self.data(q, tables)
            self.subjects(q, tables)
            self.pages(q, package)
        elif want or 'extract' in receipt:
            tell(q['account'], q['name'], 'extract', receipt)
        self.receipt(q, receipt)
        self.tokens(q, pieces)


if __name__ == '__main__':
    answers = Answers(sys.argv[1], sys.argv[2])
    for query in answers.db.execute('SELECT * FROM w_query ORDER BY no').fetchall():
        answers.one(query)
        counted['queries'] += 1
    print('checked', ', '.join('%d %s' % (counted[k], k) for k in (
        'combinations', 'queries', 'cells', 'rows', 'answers', 'counts',
        'shown rows', 'pages', 'bars', 'gives')))
