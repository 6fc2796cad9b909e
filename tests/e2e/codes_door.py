#!/usr/bin/python3
"""usage: codes_door.py CODES.json PORT USER KEY INSTITUTION KEY

What the door says to clients that do what is not allowed, by its code: prints
"CODE ok" or "CODE said: ..." for each. upload_bytes_max is 1 MiB.
"""
import json
import re
import sys

import paramiko
from paramiko import sftp_client
from paramiko.sftp import CMD_CLOSE, CMD_READ, CMD_WRITE

CODES, PORT, USER, KEY, BANK, BANK_KEY = sys.argv[1:]
WORDS = {c['code']: '.*'.join(re.escape(w) for w in
                              re.split(r'\{\d\}', c['en'])) for c in
         json.load(open(CODES))}
# What paramiko packs as 64 bits had another name before version 3.
INT64 = getattr(sftp_client, 'int64', None) or sftp_client.long
UNKNOWN = 99
CSV = b'a,b\r\n1,2\r\n'


def connect(user, key):
    t = paramiko.Transport(('127.0.0.1', int(PORT)))
    t.connect(username=user, pkey=paramiko.Ed25519Key(filename=key))
    return paramiko.SFTPClient.from_transport(t)


def tell(code, call, *args):
    try:
        call(*args)
        said = 'nothing'
    except IOError as e:
        said = str(e)
    print(code, 'ok' if re.search(WORDS[code], said) else 'said: ' + said)


def started(c, name):
    f = c.open('/upload/' + name, 'wx')
    f.write(CSV)
    f.flush()
    return f


c = connect(USER, KEY)
other = connect(USER, KEY)
with c.open('/upload/taken.csv', 'wx') as f:
    f.write(CSV)
tell('door_taken', c.remove, '/upload/taken.csv')
tell('door_none', c.stat, '/nowhere')
tell('door_refused', c.mkdir, '/upload/folder')
tell('door_unknown', c._request, UNKNOWN, '/a')
tell('door_name', c.stat, '/' + 'x' * 6000)
tell('door_handle', c._request, CMD_READ, b'nope', INT64(0), 9)
busy = started(c, 'busy.csv')
tell('upload_busy', other.open, '/upload/busy.csv', 'r+')
tell('door_exists', c.open, '/upload/busy.csv', 'wx')
tell('upload_longer', c.truncate, '/upload/busy.csv', 4096)
tell('upload_size', c._request, CMD_WRITE, busy.handle,
     INT64(1 << 21), CSV)
holes = started(c, 'holes.csv')
c._request(CMD_WRITE, holes.handle, INT64(4096),
           CSV)
tell('upload_holes', c._request, CMD_CLOSE, holes.handle)


def many():
    held = []
    for i in range(80):
        held.append(started(c, 'many%d.csv' % i))


tell('door_handles', many)
tell('query_name', connect(BANK, BANK_KEY).open, '/queries/x.txt', 'w')
