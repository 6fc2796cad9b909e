#!/usr/bin/python3
"""usage: reports.py page FILE...           faults of pages, one a line
          reports.py mend BOOK OUT TRUTH FOLDER    cells of a rejected.xlsx
          reports.py mendcsv CSV OUT TRUTH FOLDER  cells of a rejected.csv
          reports.py cells BOOK            its sheets and cells, one a line
          reports.py same RECEIPT REPORT   whether they say the same numbers

TRUTH has the lines file, line, field, original; FOLDER stands before the file
names in it. Python's own library only.
"""
import csv
import html.parser
import io
import json
import re
import sys
import zipfile
from xml.etree import ElementTree as tree

NS = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
REL = ('{http://schemas.openxmlformats.org/officeDocument/2006/'
       'relationships}id')
FRONT = 7


# --- pages -----------------------------------------------------------------

class Page(html.parser.HTMLParser):
    VOID = {'meta', 'input', 'br', 'link', 'img', 'hr'}

    def __init__(self):
        super().__init__()
        self.open, self.faults, self.policy = [], [], ''
        self.words, self.langs = [], set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ('script', 'link', 'iframe', 'img', 'object', 'base'):
            self.faults.append('has <%s>' % tag)
        for name in attrs:
            if name in ('src', 'href', 'style', 'action') or \
                    name.startswith('on'):
                self.faults.append('<%s %s>' % (tag, name))
        if attrs.get('http-equiv') == 'Content-Security-Policy':
            self.policy = attrs['content']
        self.langs |= {attrs.get('class')} & {'zh', 'en'}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open[-1] in ('p', 'li') and \
                self.open[-1] != tag:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.faults.append('</%s> out of place' % tag)

    def handle_data(self, data):
        self.words.append(data)


def page(path):
    p = Page()
    with open(path, encoding='utf-8') as f:
        text = f.read()
    p.feed(text)
    p.close()
    if p.open:
        p.faults.append('not closed: %s' % ' '.join(p.open))
    if "default-src 'none'" not in p.policy or 'unsafe' in p.policy:
        p.faults.append('policy: %s' % p.policy)
    if p.langs != {'zh', 'en'}:
        p.faults.append('languages: %s' % p.langs)
    if re.search(r'https?://|url\(', text):
        p.faults.append('fetches something')
    if len(text.encode()) >= 2 << 20:
        p.faults.append('is too large')
    return p.faults


# --- workbooks -------------------------------------------------------------

def column(ref):
    n = 0
    for c in re.match('[A-Z]+', ref).group():
        n = 26 * n + ord(c) - 64
    return n - 1


def sheets(book):
    rels = {r.get('Id'): r.get('Target')
            for r in tree.fromstring(book.read('xl/_rels/workbook.xml.rels'))}
    for s in tree.fromstring(book.read('xl/workbook.xml')).iter(NS + 'sheet'):
        yield s.get('name'), 'xl/' + rels[s.get(REL)].lstrip('/')


def text_of(cell):
    return ''.join(t.text or '' for t in cell.iter(NS + 't'))


def set_text(cell, text):
    for child in list(cell):
        cell.remove(child)
    cell.set('t', 'inlineStr')
    tree.SubElement(tree.SubElement(cell, NS + 'is'), NS + 't').text = text


def truth(path, folder):
    known = {}
    with open(path, encoding='utf-8') as f:
        for r in csv.DictReader(f):
            known.setdefault((r['file'], r['line']), {})[r['field']] = \
                r['original']
    return lambda file, line: known.get((folder + '/' + file, line), {})


def mend(source, out, originals):
    tree.register_namespace('', NS[1:-1])
    book = zipfile.ZipFile(source)
    changed = {}
    for _, part in sheets(book):
        root = tree.fromstring(book.read(part))
        rows = list(root.iter(NS + 'row'))
        head = {text_of(c): column(c.get('r')) for c in rows[0]}
        for row in rows[1:]:
            cells = {column(c.get('r')): c for c in row}
            for field, value in originals(text_of(cells[1]),
                                          text_of(cells[2])).items():
                if field in head and value and head[field] in cells:
                    set_text(cells[head[field]], value)
        changed[part] = tree.tostring(root, encoding='utf-8',
                                      xml_declaration=True)
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as new:
        for item in book.infolist():
            new.writestr(item.filename,
                         changed.get(item.filename, book.read(item.filename)))


def mend_csv(source, out, originals):
    head = []
    with open(source, encoding='utf-8-sig', newline='') as f:
        rows = list(csv.reader(f))
    for row in rows:
        if row[2] == '行号':
            head = row
            continue
        for field, value in originals(row[1], row[2]).items():
            if field in head and value:
                row[head.index(field)] = value
    with open(out, 'w', encoding='utf-8-sig', newline='') as f:
        csv.writer(f).writerows(rows)


def cells(source):
    book = zipfile.ZipFile(source)
    for name, part in sheets(book):
        for c in tree.fromstring(book.read(part)).iter(NS + 'c'):
            print(name, c.get('r'), c.get('t') or '-', text_of(c))


# --- numbers ---------------------------------------------------------------

def same(receipt, report):
    with open(receipt) as f:
        a = json.load(f)
    with open(report) as f:
        b = json.load(f)
    for name in ('rows', 'accepted', 'rejected', 'inserted', 'updated',
                 'unchanged', 'superseded', 'linked'):
        n = sum(f[name] for f in a['files'])
        if n != b['totals'][name]:
            print(name, n, b['totals'][name])
    told, counted = {}, {}
    for f in a['files']:
        for i in f['issues']:
            key = i['rule'], i['severity']
            told[key] = told.get(key, 0) + i['count']
    for r in b['rules']:
        counted[r['rule'], r['severity']] = r['count']
    for key in sorted(set(told) | set(counted)):
        if told.get(key) != counted.get(key):
            print(*key, told.get(key), counted.get(key))
    fields = {}
    for f in b['fields']:
        for r in f['rules']:
            key = r['rule'], r['severity']
            fields[key] = fields.get(key, 0) + r['count']
    if fields != counted:
        print('the fields do not add up')


VERB, ARGS = sys.argv[1], sys.argv[2:]
if VERB == 'page':
    for path in ARGS:
        for fault in page(path):
            print(path, fault)
elif VERB == 'mend':
    mend(ARGS[0], ARGS[1], truth(*ARGS[2:]))
elif VERB == 'mendcsv':
    mend_csv(ARGS[0], ARGS[1], truth(*ARGS[2:]))
elif VERB == 'cells':
    cells(ARGS[0])
elif VERB == 'same':
    same(*ARGS)
