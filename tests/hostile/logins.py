#!/usr/bin/python3
"""usage: logins.py PORT KEY N | flood

N: as many logins as mub, one after the other, each with a listing; prints how
many failed and how long they took. flood: tries an unknown key, and signatures
that do not hold, from many addresses, without an end; says "flooding".
"""
import logging
import os
import random
import socket
import struct
import sys
import threading
import time

import paramiko
from paramiko.message import Message

PORT, FILE, WHAT = int(sys.argv[1]), sys.argv[2], sys.argv[3]
KEY = paramiko.Ed25519Key.from_private_key_file(FILE)
logging.getLogger('paramiko').addHandler(logging.NullHandler())


def login():
    start = time.time()
    s = socket.create_connection(('127.0.0.1', PORT), 10)
    t = paramiko.Transport(s)
    try:
        t.connect(username='mub', pkey=KEY)
        paramiko.SFTPClient.from_transport(t).listdir('/')
        return time.time() - start
    except (OSError, EOFError, paramiko.SSHException):
        return None
    finally:
        t.close()


def string(s):
    return struct.pack('>I', len(s)) + s


def bad_signature():
    """Offers the key with a signature of nothing, some times."""
    s = socket.socket()
    s.settimeout(5)
    s.bind(('127.9.%d.%d' % (random.randrange(4), random.randrange(1, 250)), 0))
    try:
        s.connect(('127.0.0.1', PORT))
        t = paramiko.Transport(s)
        t.start_client(timeout=5)
        m = Message()
        m.add_bytes(b'\x05' + string(b'ssh-userauth'))
        t._send_message(m)
        for _ in range(50):
            m = Message()
            m.add_bytes(b'\x32' + string(b'mub') + string(b'ssh-connection') +
                        string(b'publickey') + b'\1' + string(b'ssh-ed25519') +
                        string(KEY.asbytes()) +
                        string(string(b'ssh-ed25519') + string(bytes(64))))
            t._send_message(m)
        time.sleep(1)
        t.close()
    except (OSError, EOFError, paramiko.SSHException):
        s.close()


def flood():
    def without_end():
        while True:
            bad_signature()
    for _ in range(20):
        threading.Thread(target=without_end, daemon=True).start()
    print('flooding', flush=True)
    time.sleep(600)


sys.stderr = open(os.devnull, 'w')
if WHAT == 'flood':
    flood()
took = [login() for _ in range(int(WHAT))]
good = sorted(t for t in took if t is not None)
print('%d failed' % took.count(None))
if good:
    print('p50 %d ms' % (1000 * good[len(good) // 2]))
    print('p99 %d ms' % (1000 * good[min(len(good) - 1,
                                         len(good) * 99 // 100)]))
