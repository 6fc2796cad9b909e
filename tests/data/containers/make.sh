#!/bin/sh
# Makes the fixtures of test_container and test_unpack anew, with the tools
# departments use. Needs zip, 7z, jar, tar, xz, zstd, bzip2, python3.
set -eu
cd "$(dirname "$0")"
rm -rf in good bad
mkdir -p in/2016-01 good bad
cd in
printf '企业名称,注册号\n泉州良波针纺有限公司,350502102513260\n' >2016-01/nj.csv
printf '企业名称\tamount\nA\t1\n' | gzip -n >2016-01/df.csv.gz
printf 'notes\n' >readme.txt
touch -d '2016-02-01 08:00:00' 2016-01/* readme.txt 2016-01
g=../good
zip -qrX $g/infozip.zip 2016-01 readme.txt
zip -qr - 2016-01 readme.txt | cat >$g/infozip-stream.zip
zip -qrfz $g/infozip-zip64.zip 2016-01 >/dev/null
printf '说明 comment\n' | zip -qrz $g/comment.zip 2016-01 >/dev/null
zip -qr0 $g/stored.zip 2016-01
7z a -bso0 -bsp0 -tzip $g/7z.zip 2016-01
# Too small a member would be stored, whatever the method asked for.
seq 1 20000 >big.csv
for m in BZip2 LZMA PPMd XZ; do
	7z a -bso0 -bsp0 -tzip -mm=$m $g/7z-$m.zip big.csv
done
7z a -bso0 -bsp0 -tzip -mm=Deflate64 ../bad/deflate64.zip big.csv
jar cMf $g/java.zip 2016-01
tar --format=gnu -cf $g/gnu.tar 2016-01 readme.txt
tar --format=pax -cf $g/pax.tar 2016-01
tar --format=v7 -cf $g/v7.tar 2016-01
tar -czf $g/dot.tgz .
tar -cf - 2016-01 | gzip -9 >$g/a.tar.gz
tar -cJf $g/a.tar.xz 2016-01
tar -cf - 2016-01 | zstd -q >$g/a.tar.zst
tar -cjf $g/a.tar.bz2 2016-01
cp 2016-01/nj.csv $g/bare.csv
cp 2016-01/df.csv.gz $g/bare.csv.gz
printf '{"dataset":"x","period":"2016-01","reason":"none"}' >$g/nil.json

b=../bad
: >$b/empty.csv
head -c 3000 /dev/zero >$b/zeros.zip
zip -qrP secret $b/password.zip 2016-01
7z a -bso0 -bsp0 -tzip -psecret -mem=AES256 $b/aes.zip 2016-01
7z a -bso0 -bsp0 -t7z $b/was7z.zip 2016-01
printf 'Rar!\032\007\001\000 and so on and on' >$b/wasrar.zip
printf '\n<!DOCTYPE html><html>502 Bad Gateway</html>' >$b/page.csv
printf '\320\317\021\340\241\261\032\341 and so on' >$b/old.xlsx
cp $b/old.xlsx $b/old.csv
cp $g/infozip.zip $b/plain-zip.xlsx
cp readme.txt $b/text.zip
zip -q $b/onlytext.zip readme.txt
ln -s 2016-01/nj.csv link.csv
zip -qy $b/symlink.zip link.csv 2016-01/nj.csv
tar -cf $b/symlink.tar link.csv 2016-01
tar -czf $b/symlink.tar.gz link.csv 2016-01
rm link.csv
ln 2016-01/nj.csv hard.csv
tar -czf $b/hardlink.tar.gz hard.csv 2016-01/nj.csv
rm hard.csv
cp $g/7z.zip inner.zip
zip -q $b/nested.zip inner.zip 2016-01/nj.csv
tar -czf $b/nested.tar.gz inner.zip 2016-01/nj.csv
tar -czf $b/twice.tar.gz 2016-01/nj.csv 2016-01/nj.csv
tar -czPf $b/up.tar.gz ../in/2016-01/nj.csv
gzip -n <$g/v7.tar >part.gz
cat part.gz part.gz >$b/joined.tar.gz
cat $g/bare.csv.gz $g/bare.csv.gz >$b/joined.csv.gz

python3 - <<'END'
import struct, zipfile, zlib, tarfile, io, gzip
data = open('2016-01/nj.csv', 'rb').read()
df = open('2016-01/df.csv.gz', 'rb').read()

def write(path, members, tail=b'', comment=b'', gap=b'', local=None,
          same=False, prefix=b''):
    """members: (raw name, data, flags, extra, host, attr)"""
    out, cd = prefix, b''
    for i, (name, d, flags, extra, host, attr) in enumerate(members):
        c = zlib.compressobj(9, 8, -15)
        z = c.compress(d) + c.flush()
        off = len(prefix) if same else len(out)
        crc, dd = zlib.crc32(d), flags & 8
        if not (same and i):
            ln = (local or {}).get(name, name)
            out += struct.pack('<4s5H3I2H', b'PK\3\4', 20, flags, 8, 0x6000,
                               0x4841, 0 if dd else crc, 0 if dd else len(z),
                               0 if dd else len(d), len(ln), len(extra))
            out += ln + extra + z
            if dd:
                out += struct.pack('<4s3I', b'PK\7\10', crc, len(z), len(d))
            out += gap
        cd += struct.pack('<4s6H3I5H2I', b'PK\1\2', host << 8 | 20, 20, flags,
                          8, 0x6000, 0x4841, crc, len(z), len(d), len(name),
                          len(extra), 0, 0, 0, attr, off) + name + extra
    n = len(members)
    out += cd + struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, n, n, len(cd),
                            len(out), len(comment)) + comment + tail
    open(path, 'wb').write(out)

def m(name, d=data, flags=0, extra=b'', host=0, attr=0):
    return (name if isinstance(name, bytes) else name.encode(), d, flags,
            extra, host, attr)

gbk = '企业年检/年检|一.csv'.encode('gbk')
g, b = '../good/', '../bad/'
write(g + 'gbk.zip', [m('企业年检/'.encode('gbk'), b''), m(gbk),
                      m('乗乗.csv'.encode('gbk'))])
write(g + 'utf8-flag.zip', [m('企业年检.csv', flags=0x800)])
write(g + 'utf8-noflag.zip', [m('企业年检.csv')])
u = '年检公示.csv'.encode()
raw = b'????.csv'
write(g + 'unicode-extra.zip', [m(raw, extra=struct.pack(
    '<HHBI', 0x7075, 5 + len(u), 1, zlib.crc32(raw)) + u)])
write(g + 'macos.zip', [
    m('月报/nj.csv', flags=8, host=3, attr=0o100644 << 16),
    m('__MACOSX/月报/._nj.csv', b'\0\5\26\7', flags=8, host=3),
    m('月报/.DS_Store', b'x', flags=8, host=3), m('Thumbs.db', b'x')])
with zipfile.ZipFile(g + 'python.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('年检.csv', data)
    with z.open('zip64.csv', 'w', force_zip64=True) as f:
        f.write(data)
write(g + 'xls-beside.zip', [m('a.xls'), m('b.csv')])
write(g + 'x.xlsx', [m('[Content_Types].xml'), m('xl/workbook.xml')])
names = ['../a.csv', '/a.csv', 'a\\..\\b.csv', 'C:a.csv', 'x/../../a.csv',
         'a\nb.csv']
for i, n in enumerate(names):
    write(b + 'path%d.zip' % i, [m(n)])
write(b + 'twice.zip', [m('a.csv'), m('a.csv')])
write(b + 'overlap.zip', [m('a.csv'), m('a.csv')], same=True)
write(b + 'disagree.zip', [m('a.csv')], local={b'a.csv': b'b.csv'})
hidden = open(g + 'stored.zip', 'rb').read()[:200]
write(b + 'hidden.zip', [m('a.csv'), m('b.csv')], gap=hidden)
write(b + 'prefix.zip', [m('a.csv')], prefix=hidden)
write(b + 'tail.zip', [m('a.csv')], tail=b'more')
write(b + 'device.zip', [m('a.csv', host=3, attr=0o020644 << 16)])
write(b + 'inner-end.zip', [m('a.csv')], comment=b'PK\5\6' + b'x' * 18)
write(g + 'crc-of-one.zip', [m('a.csv'), m('b.csv'), m('c.csv.gz', df)])
z = bytearray(open(g + 'crc-of-one.zip', 'rb').read())
for sig, at in ((b'PK\3\4', 14), (b'PK\1\2', 16)):
    z[z.index(sig) + at] ^= 1
open(g + 'crc-of-one.zip', 'wb').write(z)
z = bytearray(df)
z[-8] ^= 1
open(b + 'crc.csv.gz', 'wb').write(z)
write(g + 'crc-of-gz.zip', [m('a.csv.gz', bytes(z)), m('b.csv')])
z = bytearray(gzip.decompress(open(g + 'a.tar.gz', 'rb').read()))
open(b + 'crc.tar.gz', 'wb').write(gzip.compress(bytes(z))[:-8] +
    b'\1\2\3\4' + struct.pack('<I', len(z)))
t = tarfile.open(g + 'gbk.tar', 'w', format=tarfile.GNU_FORMAT,
                 encoding='gbk')
for n in ('年检.csv', '很长的文件夹名称' * 20 + '/年检.csv'):
    i = tarfile.TarInfo(n)
    i.size = len(data)
    t.addfile(i, io.BytesIO(data))
t.close()
t = tarfile.open(g + 'utf8-pax.tar', 'w', format=tarfile.PAX_FORMAT)
i = tarfile.TarInfo('很长的文件夹名称' * 20 + '/年检.csv')
i.size = len(data)
t.addfile(i, io.BytesIO(data))
t.close()
END
cd ..
rm -rf in
