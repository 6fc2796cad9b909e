#!/usr/bin/python3
"""usage: vectors.py ZAYTON HOME VECTORS.csv FOLDER

Takes each vector through the code that reads bundles: as a cell of a row of a
dataset that has such a field, by zayton rules try. Of id_vectors.csv the valid
ones have to be kept and the others not; those of normalize_vectors.csv have to
become what is expected. Prints the vectors that do not, and last "N vectors".
"""
import collections
import csv
import io
import re
import subprocess
import sys

ZAYTON, HOME, VECTORS, FOLDER = sys.argv[1:]
REGISTER = 'aic_enterprise_registration'
FIELD = {
    'uscc': (REGISTER, 'uscc'), 'org_code': (REGISTER, 'org_code'),
    'reg_no': (REGISTER, 'reg_no'), 'rid': (REGISTER, 'legal_rep_id'),
    'division': (REGISTER, 'division_code'), 'date': (REGISTER, 'term_from'),
    'ent_type': (REGISTER, 'ent_type'),
    'tax_id': ('nat_tax_taxpayer', 'tax_id'),
    'loan_card': ('cbrc_advance', 'loan_card_no'),
    'patent_no': ('sti_invention_patent', 'patent_no'),
    'case_no': ('court_enforcement_case', 'case_no'),
    'doc_no': ('aic_case_penalty', 'penalty_doc_no'),
    'amount': ('water_bill_monthly', 'amount_due'),
    'phone': ('hrss_employment_insurance', 'hr_phone'),
}


def zayton(*args):
    return subprocess.run([ZAYTON, '-C', HOME, *args],
                          capture_output=True).stdout.decode('utf-8-sig')


def cells(kind, values):
    """What became of each value: None where it was not kept."""
    dataset, field = FIELD[kind]
    head, example = list(csv.reader(io.StringIO(zayton(
        'standards', 'template', dataset, '--example'))))[:2]
    names = re.findall(r'"name": *"(\w+)"', zayton(
        'standards', 'show', dataset, '--json'))
    at = names.index(field)
    path = '%s/%s.csv' % (FOLDER, dataset)
    with open(path, 'w', encoding='utf-8', newline='') as f:
        w = csv.writer(f)
        w.writerow(head)
        for v in values:
            w.writerow(example[:at] + [v] + example[at + 1:])
    kept = [None] * len(values)
    row = None
    for line in zayton('rules', 'try', dataset, path).splitlines():
        begin = re.match(r'  行/row (\d+) ', line)
        if begin:
            row = int(begin.group(1)) - 2
        value = re.match(r'    %s = (.*)' % field, line)
        if value:
            kept[row] = value.group(1)
    return kept


def expected_of(v):
    """"2014-01|M" has its precision behind, "5.00 CNY" its currency, and
    "FIXED 0595-1" what it is before."""
    said = v['expected'].split('|')[0]
    if said in ('', 'NULL') or said.startswith(('ERROR', 'BAD')):
        return None
    said = re.sub('(FIXED|MOBILE|HOTLINE) ', '', said)
    return re.sub(' [A-Z]{3}$', '', said)


def same(kind, got, expected):
    if kind == 'amount' and None not in (got, expected):
        return abs(float(got) - float(expected)) < 0.005
    return got == expected


by_kind = collections.defaultdict(list)
for v in csv.DictReader(open(VECTORS, encoding='utf-8-sig')):
    # A template's header is in yuan.
    if v['kind'] in FIELD and 'header says' not in (v.get('note') or ''):
        by_kind[v['kind']].append(v)
n = 0
for kind, vectors in by_kind.items():
    text = 'value' if 'value' in vectors[0] else 'input'
    for v, got in zip(vectors, cells(kind, [v[text] for v in vectors])):
        n += 1
        if 'fold to upper case first' in (v.get('reason') or ''):
            good = got == v[text].upper()
        elif 'valid' in v:
            good = (got is not None) == (v['valid'] == '1')
        else:
            good = same(kind, got, expected_of(v))
        if not good:
            print(kind, repr(v[text]), 'became', got, '-',
                  v.get('reason') or v.get('expected') or v.get('note'))
print(n, 'vectors')
