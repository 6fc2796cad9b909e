#!/usr/bin/python3
"""usage: client.py PORT USER KEY <verbs

A client on paramiko that does one verb per line of standard input and prints
what came of each: "ok", "none" (no such file), "denied: " and the server's text,
or that text.
FILE is local, PATH remote.

  put FILE PATH           pipelined, as paramiko does it
  send FILE PATH          tells what CLOSE said, which paramiko keeps to itself
  several FILE PATH...    the same file under several names, all handles open
                          at once, blocks in turn
  backwards FILE PATH     last block first
  half FILE PATH          half of it, then the connection ends without CLOSE
  open MODE PATH          opens; an upload is left unfinished
  times PATH  mode PATH  owner PATH  truncate PATH      SETSTAT
  handle-times FILE PATH  an upload with FSETSTAT in between
  get PATH  stat PATH  lstat PATH  list PATH  real PATH  readlink PATH
  remove PATH  mkdir PATH  rmdir PATH
  rename PATH PATH  posix-rename PATH PATH  symlink PATH PATH
  hold                    says "holding" and waits for the connection to end
"""
import errno
import shlex
import sys
import time

import paramiko
from paramiko.sftp import CMD_CLOSE

BLOCK = 4096


def blocks(path):
    with open(path, 'rb') as f:
        data = f.read()
    return [(i, data[i:i + BLOCK]) for i in range(0, len(data), BLOCK)]


def close(c, handle):
    handle.flush()
    handle._closed = True
    c._request(CMD_CLOSE, handle.handle)


def send(c, local, path):
    h = c.open(path, 'wx')
    h.set_pipelined(True)
    for _, data in blocks(local):
        h.write(data)
    close(c, h)


def several(c, local, *paths):
    handles = [c.open(p, 'wx') for p in paths]
    for at, data in blocks(local):
        for h in handles:
            h.seek(at)
            h.write(data)
    for h in handles:
        close(c, h)


def backwards(c, local, path):
    h = c.open(path, 'wx')
    for at, data in reversed(blocks(local)):
        h.seek(at)
        h.write(data)
    close(c, h)


def half(c, local, path):
    h = c.open(path, 'wx')
    all_blocks = blocks(local)
    for at, data in all_blocks[:len(all_blocks) // 2]:
        h.seek(at)
        h.write(data)
    h.flush()
    h.stat()  # all of it was taken
    h._closed = True
    c.get_channel().get_transport().close()


def open_close(c, mode, path):
    h = c.open(path, mode)
    if mode == 'r':
        h.read(1)
    elif mode in ('w', 'wx', 'a', 'r+'):
        h._closed = True
        return
    h.close()


def handle_times(c, local, path):
    h = c.open(path, 'wx')
    h.utime((1400000000, 1400000000))
    for at, data in blocks(local):
        h.write(data)
    h.utime((1400000000, 1400000000))
    close(c, h)


def get(c, path):
    with c.open(path, 'r') as f:
        return '%d bytes' % len(f.read())


def hold(c):
    print('holding', flush=True)
    while c.get_channel().get_transport().is_active():
        time.sleep(0.02)
    return 'ended'


def short(attrs):
    return '%o %d' % (attrs.st_mode, attrs.st_size)


VERBS = {
    'put': lambda c, local, path: c.put(local, path, confirm=True) and None,
    'send': send,
    'several': several,
    'backwards': backwards,
    'half': half,
    'open': open_close,
    'times': lambda c, p: c.utime(p, (1400000000, 1400000000)),
    'mode': lambda c, p: c.chmod(p, 0o777),
    'owner': lambda c, p: c.chown(p, 0, 0),
    'truncate': lambda c, p: c.truncate(p, 0),
    'handle-times': handle_times,
    'get': get,
    'stat': lambda c, p: short(c.stat(p)),
    'lstat': lambda c, p: short(c.lstat(p)),
    'list': lambda c, p: ' '.join(sorted(c.listdir(p))),
    'real': lambda c, p: c.normalize(p),
    'readlink': lambda c, p: c.readlink(p),
    'remove': lambda c, p: c.remove(p),
    'mkdir': lambda c, p: c.mkdir(p),
    'rmdir': lambda c, p: c.rmdir(p),
    'rename': lambda c, a, b: c.rename(a, b),
    'posix-rename': lambda c, a, b: c.posix_rename(a, b),
    'symlink': lambda c, a, b: c.symlink(a, b),
    'hold': hold,
}


def outcome(c, verb, args):
    try:
        said = VERBS[verb](c, *args)
    except OSError as e:
        if e.errno == errno.ENOENT:
            return 'none'
        if e.errno == errno.EACCES:
            return 'denied: ' + ' '.join(str(e.strerror).split())
        return ' '.join(str(e).split())
    except (EOFError, paramiko.SSHException) as e:
        return 'connection ended'
    return 'ok' if said is None else said


def main():
    port, user, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    c = paramiko.SSHClient()
    c.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    c.connect('127.0.0.1', port, user, key_filename=key, look_for_keys=False,
              allow_agent=False, timeout=20)
    sftp = c.open_sftp()
    sftp.get_channel().settimeout(30)
    for line in sys.stdin:
        words = shlex.split(line)
        if words:
            print(outcome(sftp, words[0], words[1:]), flush=True)
    c.close()


main()
