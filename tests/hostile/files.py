#!/usr/bin/python3
"""usage: files.py OUT full|slice

Writes hostile files into OUT, and prints for each its name, what it is sent as
(data or query), a title, and the outcomes it may have. The table of cases is
below; slice takes every fourth, and smaller.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import random
import struct
import sys
import tarfile
import zipfile
import zlib

OUT, FULL = sys.argv[1], sys.argv[2] == 'full'
HEAD = ('用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),'
        '欠费金额(元),缴费日期\n')
ROW = '1000%04d,泉州市第%d水暖有限公司,丰泽区%d号,2013-05,1,1.50,1.50,0.00,2013-06-01\n'


def rows(n):
    return HEAD + ''.join(ROW % (i, i, i) for i in range(n))


GOOD = rows(3).encode()
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'


# --- archives ----------------------------------------------------------------

def zipped(members, **kind):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED, **kind) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


def tarred(members, kind='w'):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=kind) as t:
        for info, data in members:
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
            info.size = len(data) if info.isreg() else 0
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name, kind, **more):
    info = tarfile.TarInfo(name)
    info.type = kind
    for k, v in more.items():
        setattr(info, k, v)
    return info


def raw_zip(name, data=GOOD, extra=b'', flags=0, size=None, method=0,
            count=1, offset=None, central=None):
    """A zip by hand: one member, and whatever is not as it should be."""
    crc = zlib.crc32(data)
    n = len(data) if size is None else size
    local = struct.pack('<IHHHHHIIIHH', 0x04034b50, 20, flags, method, 0, 33,
                        crc, len(data), n, len(name), len(extra)) + \
        name + extra + data
    entry = struct.pack('<IHHHHHHIIIHHHHHII', 0x02014b50, 20, 20, flags,
                        method, 0, 33, crc, len(data), n,
                        len(central or name), len(extra), 0, 0, 0, 0, 0) + \
        (central or name) + extra
    end = struct.pack('<IHHHHIIH', 0x06054b50, 0, 0, count & 0xffff,
                      count & 0xffff, len(entry) * count,
                      len(local) if offset is None else offset, 0)
    return local + entry * count + end


def bomb(mb):
    """A table of one letter, mb MiB, packed to a thousandth."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        with z.open('a.csv', 'w') as f:
            f.write(HEAD.encode())
            for _ in range(mb):
                f.write(b'a' * (1 << 20))
    return out.getvalue()


def gz_bomb(mb):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb') as z:
        for _ in range(mb):
            z.write(b'a' * (1 << 20))
    return out.getvalue()


def overlapping():
    """Members that all are the same bytes of the file."""
    return raw_zip(b'a.csv', count=1000)


def pax_bomb(mb):
    head = tarfile.TarInfo('././@PaxHeader')
    head.type = tarfile.XHDTYPE
    data = b'%d comment=' % (mb << 20) + b'x' * (mb << 20)
    head.size = len(data)
    return head.tobuf() + data + b'\0' * (-len(data) % 512) + \
        tarred([('a.csv', GOOD)])


def pax_names():
    t = io.BytesIO()
    with tarfile.open(fileobj=t, mode='w', format=tarfile.PAX_FORMAT) as f:
        i = tarfile.TarInfo('a.csv')
        i.size = len(GOOD)
        i.pax_headers = {'path': '../../../etc/cron.d/x', 'size': '1' * 30,
                         'mtime': '9' * 400, 'linkpath': '/etc/passwd'}
        f.addfile(i, io.BytesIO(GOOD))
    return t.getvalue()


def sparse():
    """A GNU sparse member that says it is 8 EiB of nothing."""
    i = tarfile.TarInfo('a.csv')
    i.type = b'S'
    i.size = 0
    b = bytearray(i.tobuf(tarfile.GNU_FORMAT))
    b[386:398] = b'00000000000\0'
    b[483:495] = b'77777777777\0'
    b[148:156] = b' ' * 8
    b[148:156] = b'%06o\0 ' % sum(b[:512])
    return bytes(b) + b'\0' * 1024


def tar_size(text):
    b = bytearray(tarred([('a.csv', GOOD)]))
    b[124:124 + len(text)] = text
    b[148:156] = b' ' * 8
    b[148:156] = b'%06o\0 ' % sum(b[:512])
    return bytes(b)


def zstd_window():
    """A frame with a window of 2 GiB."""
    return b'\x28\xb5\x2f\xfd' + b'\x00' + b'\xa8' + \
        b'\x02\x00\x00a' * 100 + b'\x01\x00\x00'


def xz_window():
    """LZMA2 with a dictionary of 4 GiB."""
    data = lzma.compress(tarred([('a.csv', GOOD)]), preset=1)
    at = data.index(b'\x21\x01') + 2
    b = bytearray(data)
    b[at] = 40
    head = 12
    size = (b[head] + 1) * 4
    b[head + size - 4:head + size] = struct.pack(
        '<I', zlib.crc32(bytes(b[head:head + size - 4])))
    return bytes(b)


def many_members(n):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        for i in range(n):
            z.writestr('%d.txt' % i, b'')
    return out.getvalue()


def million_entries():
    """A directory that says it has 4,000,000 members."""
    e = struct.pack('<IHHHHHHIIIHHHHHII', 0x02014b50, 20, 20, 0, 0, 0, 33, 0,
                    0, 0, 1, 0, 0, 0, 0, 0, 0) + b'a'
    n = 4000000 if FULL else 200000
    body = e * n
    z64 = struct.pack('<IQHHIIQQQQ', 0x06064b50, 44, 45, 45, 0, 0, n, n,
                      len(body), 0)
    loc = struct.pack('<IIQI', 0x07064b50, 0, len(body), 1)
    end = struct.pack('<IHHHHIIH', 0x06054b50, 0, 0, 0xffff, 0xffff,
                      0xffffffff, 0xffffffff, 0)
    return body + z64 + loc + end


# --- workbooks ----------------------------------------------------------------

def book(sheet=None, strings=None, doctype='', workbook=None, more=(),
         rels=''):
    """A workbook with what is wanted wrong in it."""
    sheet = sheet or '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>' \
        '用户编号</t></is></c></row></sheetData>'
    parts = [
        ('[Content_Types].xml', XML + '<Types xmlns="http://schemas.'
         'openxmlformats.org/package/2006/content-types"><Default '
         'Extension="xml" ContentType="application/xml"/></Types>'),
        ('_rels/.rels', XML + '<Relationships xmlns="http://schemas.'
         'openxmlformats.org/package/2006/relationships"><Relationship '
         'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/'
         '2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
         '</Relationships>'),
        ('xl/_rels/workbook.xml.rels', XML + '<Relationships xmlns="http://'
         'schemas.openxmlformats.org/package/2006/relationships">'
         '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
         'officeDocument/2006/relationships/worksheet" '
         'Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
         'Type="http://schemas.openxmlformats.org/officeDocument/2006/'
         'relationships/sharedStrings" Target="sharedStrings.xml"/>' + rels +
         '</Relationships>'),
        ('xl/workbook.xml', workbook or XML + '<workbook xmlns="%s" xmlns:r='
         '"http://schemas.openxmlformats.org/officeDocument/2006/'
         'relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/>'
         '</sheets></workbook>' % MAIN),
        ('xl/sharedStrings.xml', strings or XML + doctype +
         '<sst xmlns="%s"></sst>' % MAIN),
        ('xl/worksheets/sheet1.xml', XML + doctype +
         '<worksheet xmlns="%s">%s</worksheet>' % (MAIN, sheet)),
    ]
    return zipped(list(parts) + list(more))


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + ''.join(
    '<!ENTITY %s "%s">' % (chr(98 + i), ('&%s;' % chr(97 + i)) * 10)
    for i in range(9)) + ']>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def cells(texts):
    return '<sheetData><row r="1">' + ''.join(
        '<c r="%s1" t="inlineStr"><is><t>%s</t></is></c>' % (chr(65 + i), t)
        for i, t in enumerate(texts)) + '</row></sheetData>'


def formulas():
    head = HEAD.strip().split(',')
    row = ['=cmd|\'/c calc\'!A1', '+1+1', '@SUM(1)', '2013-05', '1', '1.50',
           '1.50', '0.00', '2013-06-01']
    return book('<sheetData><row r="1">' + ''.join(
        '<c t="inlineStr"><is><t>%s</t></is></c>' % h for h in head) +
        '</row><row r="2">' + ''.join(
        '<c t="str"><f>WEBSERVICE("http://x/")</f><v>%s</v></c>' % v
        for v in row) + '</row></sheetData>')


def far_cells():
    return '<dimension ref="A1:XFD1048576"/><sheetData>' + ''.join(
        '<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (r, r)
        for r in (1, 2, 524288, 1048576)) + '</sheetData>'


def many_strings(n):
    return XML + '<sst xmlns="%s" count="%d" uniqueCount="4294967295">' % (
        MAIN, n) + '<si><t>%s</t></si>' % ('a' * 100) * n + '</sst>'


# --- queries and JSON -----------------------------------------------------------

def query(**more):
    q = {'purpose': 'loan_approval', 'subjects': ['91350521527041239C']}
    q.update(more)
    return json.dumps(q).encode()


REFUSED = 'rejected'
ANY = 'accepted|partial|rejected'


def cases():
    """name, bytes (or a function of them), what it may come to."""
    data = GOOD
    # archives
    yield 'path.zip', zipped([('../../../tmp/escaped.csv', data)]), REFUSED
    yield 'absolute.zip', zipped([('/tmp/escaped.csv', data)]), REFUSED
    yield 'nul.zip', raw_zip(b'a.csv\0.txt'), REFUSED
    yield 'backslash.zip', raw_zip(b'..\\..\\escaped.csv'), REFUSED
    yield 'drive.zip', raw_zip(b'C:\\escaped.csv'), REFUSED
    yield 'device.zip', raw_zip(b'CON.csv'), ANY
    yield 'devices.tar', tarred([(special('x.csv', tarfile.CHRTYPE), b'')]), \
        REFUSED
    yield 'fifo.tar', tarred([(special('x.csv', tarfile.FIFOTYPE), b'')]), \
        REFUSED
    yield 'link.tar', tarred([(special('a.csv', tarfile.SYMTYPE,
                                       linkname='/etc/passwd'), b'')]), REFUSED
    yield 'linked.tar', tarred([
        (special('d', tarfile.SYMTYPE, linkname='/tmp'), b''),
        ('d/escaped.csv', data)]), REFUSED
    yield 'hardlink.tar', tarred([(special('a.csv', tarfile.LNKTYPE,
                                           linkname='/etc/passwd'), b'')]), \
        REFUSED
    yield 'bomb.zip', lambda: bomb(1000 if FULL else 100), REFUSED
    yield 'bomb.csv.gz', lambda: gz_bomb(1000 if FULL else 100), REFUSED
    yield 'nested.zip', zipped([('a.zip', zipped([('a.csv', data)]))]), REFUSED
    yield 'overlap.zip', overlapping(), REFUSED
    yield 'crc.zip', raw_zip(b'a.csv').replace(b'1.50', b'9.50', 1), REFUSED
    yield 'names.zip', raw_zip(b'a.csv', central=b'b.csv'), REFUSED
    yield 'extra.zip', raw_zip(b'a.csv', extra=b'\xff\xff\xfb\xff' +
                               b'x' * 65531), ANY
    yield 'size.zip', raw_zip(b'a.csv', size=0xfffffffe), REFUSED
    yield 'offset.zip', raw_zip(b'a.csv', offset=0xfffffff0), REFUSED
    yield 'crypt.zip', raw_zip(b'a.csv', flags=1), REFUSED
    yield 'method.zip', raw_zip(b'a.csv', method=98), REFUSED
    yield 'cut.zip', zipped([('a.csv', data)])[:-30], REFUSED
    yield 'many.zip', lambda: many_members(60000 if FULL else 11000), REFUSED
    yield 'entries.zip', million_entries, REFUSED
    yield 'pax.tar', lambda: pax_bomb(64 if FULL else 8), ANY
    yield 'paxnames.tar', pax_names(), REFUSED
    yield 'sparse.tar', sparse(), REFUSED
    yield 'size.tar', tar_size(b'\xff' * 12), REFUSED
    yield 'large.tar', tar_size(b'77777777777\0'), REFUSED
    yield 'long.tar', tarred([('a/' * 2000 + 'a.csv', data)]), REFUSED
    yield 'window.tar.zst', zstd_window(), REFUSED
    yield 'window.tar.xz', xz_window(), ANY
    yield 'bomb.tar.bz2', lambda: bz2.compress(
        tarred([('a.csv', b'a' * ((300 if FULL else 100) << 20))])), REFUSED
    yield 'bomb.tar.xz', lambda: lzma.compress(
        tarred([('a.csv', b'a' * ((300 if FULL else 80) << 20))]),
        preset=0), REFUSED
    # tables
    yield 'line.csv', lambda: HEAD.encode() + \
        b'a' * ((2000 if FULL else 50) << 20), ANY
    yield 'columns.csv', HEAD.encode() + b',' * 1000000 + b'\n', ANY
    yield 'header.csv', b','.join(b'c%d' % i for i in range(1000000)) + \
        b'\n1\n', REFUSED
    yield 'quote.csv', HEAD.encode() + b'"' + b'x,\n' * 100000, ANY
    yield 'quotes.csv', HEAD.encode() + b'"' * 5000001, ANY
    yield 'nul.csv', HEAD.encode() + b'\0' * 5000000, ANY
    yield 'empty.csv', HEAD.encode() + b'\n' * 1000000, ANY
    yield 'commas.csv', HEAD.encode() + b',,,,,,,,\n' * 50000, ANY
    for enc in ('utf-16-le', 'utf-16-be', 'utf-32', 'utf-7', 'gb18030',
                'big5', 'shift_jis', 'cp037'):
        try:
            text = rows(5).encode(enc, 'replace')
        except LookupError:
            continue
        bom = {'utf-16-le': b'\xff\xfe', 'utf-16-be': b'\xfe\xff'}.get(enc, b'')
        yield '%s.csv' % enc, bom + text, ANY
    yield 'half.csv', b'\xff\xfe' + rows(5).encode('utf-16-le')[:-1], ANY
    yield 'surrogates.csv', b'\xff\xfe' + '用户编号\n'.encode('utf-16-le') + \
        b'\x00\xd8' * 100000, ANY
    yield 'noise.csv', random.Random(1).randbytes(1000000), ANY
    yield 'formula.csv', HEAD.encode() + \
        '=cmd|\'/c calc\'!A1,+1,@x,2013-05,-1,=1,1,1,\n'.encode(), ANY
    # workbooks
    yield 'entities.xlsx', book(doctype=ENTITIES,
                                sheet=cells(['&j;'])), REFUSED
    yield 'outside.xlsx', book(doctype=OUTSIDE, sheet=cells(['&e;'])), REFUSED
    yield 'far.xlsx', book(far_cells()), ANY
    yield 'strings.xlsx', lambda: book(
        strings=many_strings(3000000 if FULL else 300000)), ANY
    yield 'index.xlsx', book('<sheetData><row><c t="s"><v>4294967295</v></c>'
                             '<c t="s"><v>-1</v></c></row></sheetData>'), ANY
    yield 'deep.xlsx', book('<a>' * 100000), REFUSED
    yield 'attributes.xlsx', book('<sheetData><row %s/></sheetData>' % ' '.join(
        'a%d="x"' % i for i in range(10000))), REFUSED
    yield 'external.xlsx', book(rels='<Relationship Id="r9" Type="x" '
                                'Target="http://127.0.0.1:1/x" '
                                'TargetMode="External"/>'), ANY
    yield 'target.xlsx', book(rels='<Relationship Id="r9" Type="http://schemas'
                              '.openxmlformats.org/officeDocument/2006/'
                              'relationships/worksheet" Target="../../../../'
                              'etc/passwd"/>'), ANY
    yield 'formulas.xlsx', formulas(), ANY
    yield 'sheets.xlsx', book(workbook=XML + '<workbook xmlns="%s"><sheets>'
                              % MAIN + '<sheet name="a" sheetId="1"/>' * 100000
                              + '</sheets></workbook>'), ANY
    yield 'open.xlsx', book('<sheetData><row><c><v>'), REFUSED
    yield 'macro.xlsx', book(more=[('xl/vbaProject.bin', b'x' * 1000)]), ANY
    # data packages and nil reports
    deep = b'[' * 1000000
    yield 'package.zip', zipped([('datapackage.json', deep),
                                 ('a.csv', data)]), ANY
    yield 'resources.zip', zipped([('datapackage.json', json.dumps(
        {'resources': [{'path': 'a.csv'}] * 50000})), ('a.csv', data)]), ANY
    yield 'paths.zip', zipped([('datapackage.json', json.dumps(
        {'resources': [{'path': p} for p in
                       ('/etc/passwd', '../x.csv', 'http://127.0.0.1/x.csv',
                        'a\0.csv')]})), ('a.csv', data)]), ANY
    for i, text in enumerate([
            deep, b'{"dataset":' * 50000, b'{"a":1,"a":2}', b'1e999999999',
            b'{"dataset":"\\ud800","period":"\\udfff"}',
            b'{"dataset":"water_bill_monthly\\u0000x","period":"2013-05"}',
            b'{"period":' + b'9' * 1000000 + b'}', b'', b'\xef\xbb\xbf{}',
            b'{"dataset":"' + b'x' * 900000 + b'"}', b'\xff\xfe{\0}\0',
            b'null']):
        yield 'nil.json#%d' % i, text, REFUSED


def queries():
    yield 'deep.json', b'[' * 1000000
    yield 'members.json', json.dumps({str(i): i for i in range(90000)}).encode()
    yield 'twice.json', b'{"purpose":"a","purpose":"b"}'
    yield 'numbers.json', b'{"query":1e999,"subjects":[1' + b'0' * 5000 + b']}'
    yield 'surrogate.json', b'{"purpose":"\\ud800"}'
    yield 'subjects.json', query(subjects=['91350521527041239C'] * 10001)
    yield 'fields.json', query(datasets=[{'dataset': 'x', 'fields':
                                          ['x'] * 100000}])
    yield 'sql.json', query(subjects=["' OR 1=1; DROP TABLE ledger; --"])
    yield 'name.json', query(subscribe={'name': '../../x', 'every': 'day'})
    yield 'large.json', b'{"purpose":"' + b'x' * (3 << 20) + b'"}'


def main():
    n = 0
    for kind, table in (('data', cases()), ('query', queries())):
        for name, data, *may in table:
            n += 1
            if not FULL and n % 4 != 1:
                continue
            folder = '%s/%d' % (OUT, n)
            os.mkdir(folder)
            path = '%s/%s' % (folder, name.split('#')[0])
            with open(path, 'wb') as f:
                f.write(data() if callable(data) else data)
            print('\t'.join([path, kind, name] + (may or [REFUSED])),
                  flush=True)


main()
