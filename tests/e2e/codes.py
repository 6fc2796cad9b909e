#!/usr/bin/python3
"""usage: codes.py ZAYTON HOME CELLS.csv FOLDER

For each line of CELLS (dataset,field,value,code): the example of the dataset's
template with this value in this field, judged by zayton check. Several fields
and values have a | between them. Then bundles that are wrong as such. Prints
"CODE ok" or "CODE found: ..." for each.
"""
import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile

ZAYTON, HOME, CELLS, FOLDER = sys.argv[1:]


def zayton(*args):
    return subprocess.run([ZAYTON, '-C', HOME, *args],
                          capture_output=True).stdout.decode('utf-8-sig')


PROVIDER = {d['dataset']: d['provider']
            for d in json.loads(zayton('standards', 'list', '--json'))}
TEMPLATE = {}


def template(dataset):
    if dataset not in TEMPLATE:
        text = zayton('standards', 'template', dataset, '--example')
        head, example = list(csv.reader(io.StringIO(text)))[:2]
        fields = [f['name'] for f in json.loads(
            zayton('standards', 'show', dataset, '--json'))['fields']]
        TEMPLATE[dataset] = head, example, fields
    return TEMPLATE[dataset]


def tell(code, provider, path):
    try:
        verdict = json.loads(zayton('check', '--provider', provider, '--json',
                                    path))
    except ValueError:
        verdict = {'files': []}
    found = [i['rule'] for f in verdict['files'] for i in f['issues']]
    found += [f['error']['code'] for f in verdict['files'] if f.get('error')]
    if verdict.get('error'):
        found.append(verdict['error']['code'])
    print(code, 'ok' if code in found else
          'found: %s' % (' '.join(found) or 'nothing'))


def table(dataset, changes=()):
    head, example, fields = template(dataset)
    row = list(example)
    for name, value in changes:
        row[fields.index(name)] = value
    out = io.StringIO()
    csv.writer(out).writerows([head, row])
    return out.getvalue().encode()


def write(name, data):
    path = '%s/%s' % (FOLDER, name)
    with open(path, 'wb') as out:
        out.write(data)
    return path


def archive(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(name.replace('__', '.'), data)
    return out.getvalue()


def package(**said):
    said['path'] = 'a.csv'
    return json.dumps({'resources': [said]})


for case in csv.DictReader(open(CELLS, encoding='utf-8')):
    changes = zip(case['field'].split('|'), case['value'].split('|'))
    tell(case['code'], PROVIDER[case['dataset']],
         write(case['dataset'] + '_2014-03.csv', table(case['dataset'],
                                                       changes)))

WATER = table('water_bill_monthly')
GOOD = archive(a__csv=WATER, b__csv=WATER)
GZIP = gzip.compress(WATER * 9)
BUNDLES = [
    ('container_truncated', 'cut.csv.gz', GZIP[:-20]),
    ('container_damaged', 'a.csv.gz',
     GZIP[:40] + bytes(b ^ 0x55 for b in GZIP[40:60]) + GZIP[60:]),
    # The second of two disks, by the record at the end.
    ('zip_split', 'split.zip', GOOD[:-18] + b'\1\0\1\0' + GOOD[-14:]),
    ('member_path_long', 'long.zip', archive(**{'x' * 700 + '__csv': WATER})),
    ('member_ignored', 'more.zip', archive(a__csv=WATER, b__txt=b'x')),
    ('file_nil', 'water_bill_monthly.csv', WATER.split(b'\r\n')[0] + b'\r\n'),
    ('dataset_ambiguous', 'a.csv',
     '用户号,账期,缴费金额\r\n1,2014-03,5\r\n'.encode()),
    ('manifest_unknown', 'unknown.zip', archive(
        a__csv=WATER, datapackage__json=package(colour='red'))),
    ('package_rows', 'rows.zip', archive(
        a__csv=WATER, datapackage__json=package(rows=7))),
    ('package_rows_info', 'info.zip', archive(
        a__csv=WATER, datapackage__json=package(
            rows=7, hash='sha256:' + hashlib.sha256(WATER).hexdigest()))),
    ('name_table', 'old.xls', b'\xd0\xcf\x11\xe0'),
]
for code, name, data in BUNDLES:
    tell(code, 'MUB', write(name, data))
tell('provider_no_dataset', 'NIX', write('a.csv', b'a,b\r\n1,2\r\n'))
