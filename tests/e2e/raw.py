#!/usr/bin/python3
"""usage: raw.py PORT WHAT [N]

Connections that are no SSH client.

  silent N     N connections that say nothing; prints when the last was cut (s)
  flood N      keeps N connections open, each after its banner, all from one
               address; says "flooding", goes on until it is ended
  hush N       the same without a word, from as many addresses
  open N       the same with a banner, from as many addresses
  garbage      wrong banners and packets; prints how many were cut
"""
import os
import select
import socket
import struct
import sys
import time

PORT = int(sys.argv[1])


def connect(n=0):
    s = socket.socket()
    s.settimeout(10)
    s.bind(('127.0.%d.%d' % (1 + n // 200, 1 + n % 200), 0))
    s.connect(('127.0.0.1', PORT))
    return s


def cut(s, seconds):
    """Whether the server ends it in this time."""
    end = time.time() + seconds
    s.settimeout(0.2)
    while time.time() < end:
        try:
            if not s.recv(65536):
                return True
        except socket.timeout:
            pass
        except OSError:
            return True
    return False


def silent(n):
    start = time.time()
    all_ = [connect(i) for i in range(n)]
    ended = sum(cut(s, max(0.1, start + 20 - time.time())) for s in all_)
    print('%d cut after %d s' % (ended, time.time() - start))


def flood(n, addresses, banner):
    open_ = {}
    said = False
    while True:
        while len(open_) < n:
            try:
                s = connect(len(open_) % addresses)
                s.send(banner)
            except OSError:
                break
            open_[s.fileno()] = s
        if not said:
            print('flooding', flush=True)
            said = True
        ready, _, _ = select.select(list(open_), [], [], 0.1)
        for fd in ready:
            try:
                more = open_[fd].recv(4096)
            except OSError:
                more = b''
            if not more:
                open_.pop(fd).close()


BANNER = b'SSH-2.0-x\r\n'
GARBAGE = [
    os.urandom(4096),
    b'GET / HTTP/1.1\r\nHost: x\r\n\r\n' * 50,
    b'SSH-1.5-old\r\n' + b'\0' * 100,
    b'SSH-2.0-' + b'x' * 1000000 + b'\r\n',
    b'a line before\r\n' * 100000,
    BANNER + struct.pack('>I', 0xffffffff) + b'\0' * 65536,
    BANNER + struct.pack('>I', 0x7fffffff) + b'\0' * 65536,
    BANNER + struct.pack('>I', 0) + b'\0' * 65536,
    BANNER + struct.pack('>IB', 35000, 4) + b'\x14' * 34999,
    BANNER + struct.pack('>IBB', 12, 200, 20) + b'\0' * 64,
    BANNER + struct.pack('>IBB', 12, 4, 50) + b'\0' * 64,
    BANNER + os.urandom(200000),
]


def garbage():
    ended = 0
    for n, data in enumerate(GARBAGE):
        s = connect(n)
        try:
            s.sendall(data)
        except OSError:
            pass
        ended += cut(s, 10)
        s.close()
    print('%d of %d cut' % (ended, len(GARBAGE)))


what = sys.argv[2]
if what == 'silent':
    silent(int(sys.argv[3]))
elif what == 'flood':
    flood(int(sys.argv[3]), 1, b'SSH-2.0-flood\r\n')
elif what == 'hush':
    flood(int(sys.argv[3]), int(sys.argv[3]), b'')
elif what == 'open':
    flood(int(sys.argv[3]), int(sys.argv[3]), BANNER)
else:
    garbage()
