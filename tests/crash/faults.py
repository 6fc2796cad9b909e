#!/usr/bin/python3
"""usage: faults.py [-s SECONDS] [-q] [-r SEED]

Faults that are no crash: a base that somebody else holds, more files at once
than inotify remembers, a role that stands still, calls that fail, a clock that
jumps. Each has its defined outcome (docs/operations.md, FAULTS): what a client
was told is there afterwards, and the server goes on by itself. -q is a slice of
some seconds.
"""
import argparse
import collections
import mmap
import os
import random
import signal
import sqlite3
import struct
import sys
import threading
import time

import points
import world

QUEUE = '/proc/sys/fs/inotify/max_queued_events'

# Role, calls, what they fail with. A role makes each of them itself, or a
# library for it.
CALLS = (
    ('filer', 'pwritev pwrite64 write', 'EIO ENOSPC'),
    ('filer', 'fsync', 'EIO'),
    ('filer', 'openat', 'EMFILE EIO ENOMEM'),
    ('filer', 'renameat2', 'EIO ENOSPC'),
    ('filer', 'sendmsg', 'ENOMEM'),
    ('filer', 'mmap', 'ENOMEM'),
    ('keeper', 'pwrite64', 'EIO ENOSPC EINTR'),
    ('keeper', 'fsync fdatasync', 'EIO ENOSPC'),
    ('keeper', 'openat', 'EMFILE EIO ENOMEM'),
    ('keeper', 'renameat2 renameat rename linkat unlinkat', 'EIO ENOSPC'),
    ('keeper', 'write', 'EIO ENOSPC'),
    ('keeper', 'sendmsg', 'ENOMEM'),
    ('keeper', 'mmap', 'ENOMEM'),
    ('worker', 'openat', 'EMFILE EIO'),
    ('worker', 'write pwrite64', 'EIO ENOSPC'),
    ('worker', 'mmap brk', 'ENOMEM'),
    ('signer', 'openat read', 'EMFILE EIO'),
    ('signer', 'sendmsg write', 'EIO ENOMEM'),
    ('watch', 'openat', 'EMFILE ENOMEM'),
    ('watch', 'clone clone3', 'ENOMEM'),
    ('watch', 'fsync', 'EIO'),
    ('gate', 'accept4', 'EMFILE ENOMEM'),
    ('session', 'sendmsg', 'ENOMEM'),
)
SLICE = (('filer', 'fsync', 'EIO', 1), ('keeper', 'fdatasync', 'EIO', 1),
         ('filer', 'pwritev', 'ENOSPC', 1))


class Bench:
    """The instance that faults are tried on, and what they found."""

    def __init__(self, w, told, quick, dice):
        self.w, self.told, self.quick, self.dice = w, told, quick, dice
        self.number = 5000
        self.bad = []
        self.rows = []

    def send(self, **more):
        self.number += 1
        return self.w.send(self.told, self.number, **more)

    def expect(self, good, what):
        if not good:
            self.bad.append(what)
            print('#   ' + what, flush=True)

    def healthy(self, after, seconds=30):
        """Somebody is served again, and gets his receipt."""
        end = time.monotonic() + seconds
        name = self.send(over=lambda: time.monotonic() > end)
        self.expect(name and world.wait_until(
            seconds, lambda: self.w.answered('mub', name)),
            'no receipt after: ' + after)

    def done(self, name, tried):
        self.rows.append((name, tried))
        print('# %s: %d' % (name, tried), flush=True)


# --- the base is held by an administrator ------------------------------------

def held_base(b):
    seconds = 1 if b.quick else 5
    base = sqlite3.connect(b.w.home + '/exchange.db', isolation_level=None,
                           timeout=20)
    base.execute('BEGIN IMMEDIATE')
    began = time.monotonic()
    told_at = []

    def upload():
        b.send()
        told_at.append(time.monotonic())

    t = threading.Thread(target=upload)
    t.start()
    time.sleep(seconds)
    early = list(told_at)
    base.execute('COMMIT')
    t.join()
    b.expect(not early, 'an upload was told while nothing could be written')
    b.expect(told_at[0] - began < seconds + 10, 'an upload waits on')
    b.healthy('a held base')
    # A reader keeps the log from being put into the base.
    base.execute('BEGIN')
    base.execute('SELECT count(*) FROM bundle_t').fetchall()
    other = sqlite3.connect(b.w.home + '/exchange.db', timeout=0.1)
    for _ in range(1 if b.quick else 50):
        b.send()
    try:
        other.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
    except sqlite3.OperationalError:
        pass
    b.send()
    base.execute('COMMIT')
    base.close()
    other.close()
    b.healthy('a long reader')
    b.done('base held, long reader', 2)


# --- more files than inotify remembers ---------------------------------------

def drop(b, n):
    """Files of the server's own user, whose folder it is."""
    folder = b.w.home + '/spool/drop/mub'
    st = os.stat(folder)
    for _ in range(n):
        b.number += 1
        name = 'b%d-0.csv' % b.number
        path = '%s/.%s' % (folder, name)
        with open(path, 'w') as f:
            f.write(world.bills(b.number))
        os.chown(path, st.st_uid, st.st_gid)
        os.rename(path, '%s/%s' % (folder, name))
        b.told.all.append({'kind': 'upload', 'who': 'mub', 'name': name,
                           'number': b.number, 'dropped': True})


def overflow(b, n):
    watch = b.w.pids('watch')[0]
    os.kill(watch, signal.SIGSTOP)
    began = time.monotonic()
    drop(b, n)
    dropped = time.monotonic() - began
    os.kill(watch, signal.SIGCONT)
    last = b.told.all[-1]['name']
    taken = world.wait_until(60 + n / 20, lambda: not os.listdir(
        b.w.home + '/spool/drop/mub'))
    b.expect(taken, 'dropped files are left')
    b.expect(world.wait_until(60 + n / 20, lambda: b.w.sql(
        "SELECT count(*) FROM bundle_t WHERE state IN ('received',"
        " 'claimed')") == [(0,)]), 'dropped files are not applied')
    b.expect(world.wait_until(60, lambda: b.w.answered('mub', last)),
             'no receipt for the last of them')
    print('# %d files dropped in %.1f s, all taken and applied after %.1f s' %
          (n, dropped, time.monotonic() - began - dropped), flush=True)
    b.done('files at once', n)


def flood(b, n):
    """One content, for it is about the files; each has its line."""
    folder = b.w.home + '/spool/drop/mub'
    st = os.stat(folder)
    watch = b.w.pids('watch')[0]
    os.kill(watch, signal.SIGSTOP)
    began = time.monotonic()
    for i in range(n):
        path = '%s/.d%d.csv' % (folder, i)
        with open(path, 'w') as f:
            f.write(world.bills(1))
        os.chown(path, st.st_uid, st.st_gid)
        os.rename(path, '%s/d%d.csv' % (folder, i))
    dropped = time.monotonic() - began
    os.kill(watch, signal.SIGCONT)
    taken = world.wait_until(120 + n / 20, lambda: b.w.sql(
        "SELECT count(*) FROM bundle_t WHERE name GLOB 'd*.csv' AND state ="
        " 'applied'") == [(n,)])
    b.expect(taken and not os.listdir(folder), 'dropped files are left')
    print('# %d files dropped in %.1f s, applied %.1f s later' %
          (n, dropped, time.monotonic() - began - dropped), flush=True)
    b.done('more files than inotify remembers', n)


# --- a role stands still -----------------------------------------------------

def stopped(b):
    for role in ('keeper', 'signer', 'gate', 'watch', 'reporter'):
        pid = b.w.pids(role)[0]
        os.kill(pid, signal.SIGSTOP)
        b.expect(world.wait_until(2, lambda: 'stands still role=' + role in
                                  b.w.said()),
                 'nobody notices that the %s stands still' % role)
        b.number += 1
        t = threading.Thread(target=b.send)
        t.start()
        time.sleep(0.1 if b.quick else 2)
        os.kill(pid, signal.SIGCONT)
        t.join()
        b.expect(world.wait_until(2, lambda: 'goes on role=' + role in
                                  b.w.said()), 'nor that it goes on')
    b.healthy('roles that stood still')
    b.done('roles that stand still', 5)
    if b.quick:
        return
    before = b.w.ready()
    os.kill(b.w.pids('keeper')[0], signal.SIGSTOP)
    r = world.run('timeout', '20', world.ZAYTON, '-C', b.w.home, 'health',
                  check=False)
    b.expect(r.returncode == 2 and 'does not answer' in r.stdout,
             'health of a keeper that stands still: %d %s' % (r.returncode,
                                                              r.stdout))
    b.expect(world.wait_until(45, lambda: b.w.ready() > before),
             'a keeper that stands still for long is not started anew')
    b.healthy('a new start')
    b.done('a role that stands still for long', 1)


# --- calls that fail ---------------------------------------------------------

def fails(b, role, call, error, k):
    """One call fails once; whether it did."""
    w = b.w
    deaths = w.said().count('died role=')
    before = w.ready()
    s = points.Strace(w, role, '-e', 'trace=' + call, '-e',
                      'inject=%s:error=%s:when=%d' % (call, error, k))
    if role == 'watch' and call == 'fsync':
        drop(b, 1)
    b.send(tries=1)
    mine = b.told.all[-1:]
    world.wait_until(1.5, lambda: injected(s) or world.at_rest(w, mine))
    hit = 'INJECTED' in s.end()
    # A hidden file was not taken: its sender drops it again.
    hidden = os.listdir(w.home + '/spool/drop/mub')
    b.told.all[:] = [t for t in b.told.all if '.' + t['name'] not in hidden]
    if hit and (role, call) == ('filer', 'fsync'):
        b.expect(any(n.startswith('.0') for n in
                     os.listdir(w.home + '/spool/uploading/mub')),
                 'an upload whose fsync failed can be taken up again')
    if w.said().count('died role=') > deaths:
        b.expect(world.wait_until(20, lambda: w.ready() > before),
                 '%s %s %s %d: it does not come back' % (role, call, error, k))
    return hit


def injected(s):
    with open(s.out, errors='replace') as f:
        return 'INJECTED' in f.read()


def failing(b, until):
    todo = [(role, call, error, k) for role, calls, errors in CALLS
            for call in calls.split() for error in errors.split()
            for k in (1, 2, 3, 5, 8)]
    b.dice.shuffle(todo)
    never = set()
    hits = collections.Counter()
    for n, (role, call, error, k) in enumerate(SLICE if b.quick else todo):
        if time.monotonic() > until:
            break
        # What is not called so often is not called more often.
        if any((role, call, j) in never for j in range(k + 1)):
            continue
        if fails(b, role, call, error, k):
            hits[role] += 1
        else:
            never.add((role, call, k))
        if n % 5 == 4:
            b.healthy('%s %s %s %d' % (role, call, error, k))
    # As operations.md says of what was set aside.
    for (bundle,) in b.w.sql("SELECT id FROM bundle_t WHERE state ="
                             " 'quarantined'"):
        b.w.z('release', bundle, check=False)
    b.healthy('calls that failed')
    print('# ' + ' '.join('%s %d' % x for x in sorted(hits.items())))
    b.expect(sum(hits.values()) > 0, 'no call failed')
    b.done('calls that failed', sum(hits.values()))


# --- the clock jumps ---------------------------------------------------------

class Clock:
    """LD_PRELOAD for the server; None where there is no compiler."""

    def __init__(self, work):
        self.lib, self.file = work + '/clock.so', work + '/clock'
        source = os.path.dirname(os.path.realpath(__file__)) + '/clock.c'
        world.run('cc', '-D_GNU_SOURCE', '-O1', '-shared', '-fPIC', '-o',
                  self.lib, source)
        with open(self.file, 'wb') as f:
            f.write(bytes(8))
        os.chmod(self.lib, 0o755)
        os.chmod(self.file, 0o644)
        with open(self.file, 'r+b') as f:
            self.map = mmap.mmap(f.fileno(), 8)

    def env(self):
        return ['env', 'LD_PRELOAD=' + self.lib, 'CRASH_CLOCK=' + self.file]

    def set(self, seconds):
        self.map[:] = struct.pack('=q', seconds)


def processor(w):
    """Seconds of the processor that all roles have used."""
    ticks = 0
    for p in world.tree(w.supervisor()):
        try:
            with open('/proc/%d/stat' % p) as f:
                ticks += sum(map(int, f.read().rsplit(')', 1)[1].split()[11:13]))
        except OSError:
            pass
    return ticks / os.sysconf('SC_CLK_TCK')


def orphan(b):
    """What a crash leaves in received/: only a look at the folder finds it."""
    b.number += 1
    name = 'b%d-0.csv' % b.number
    path = '%s/spool/received/%026d.u.mub.%s' % (b.w.home, b.number, name)
    with open(path + '.', 'w') as f:
        f.write(world.bills(b.number))
    st = os.stat(os.path.dirname(path))
    os.chown(path + '.', st.st_uid, st.st_gid)
    os.rename(path + '.', path)
    b.told.all.append({'kind': 'upload', 'who': 'mub', 'name': name,
                       'number': b.number})
    return name


def taken_up(b, name):
    b.expect(world.wait_until(20, lambda: b.w.answered('mub', name)),
             'nobody looks into received/ after a jump of the clock')


def jumps(b, clock):
    n = 0
    for days in (-1, 1, -365, 365, 3650, 0):
        clock.set(days * 86400)
        name = orphan(b)
        taken_up(b, name)
        drop(b, 1)
        name = b.told.all[-1]['name']
        b.expect(world.wait_until(15, lambda: b.w.answered('mub', name)),
                 '%d days: a dropped file has no receipt' % days)
        b.healthy('a clock that jumps by %d days' % days, 10)
        used = processor(b.w)
        time.sleep(3)
        used = processor(b.w) - used
        b.expect(used < 0.4, '%d days: it loops (%.1f s)' % (days, used))
        n += 1
    order = b.w.sql('SELECT seq FROM receipt ORDER BY rowid')
    b.expect(order == sorted(order), 'receipts are out of order')
    b.done('jumps of the clock', n)


# --- all ---------------------------------------------------------------------

def campaign(template, seconds, quick, dice):
    work = world.work_folder()
    w = world.World(work).like(template)
    b = Bench(w, world.Told(work + '/told'), quick, dice)
    until = time.monotonic() + seconds
    v = world.Verdict()
    try:
        try:
            clock = Clock(work)
            w.wrap = clock.env()
        except (OSError, RuntimeError):
            clock = None
        w.start()
        if quick and clock:
            # The rest happens meanwhile.
            b.healthy('the start')
            clock.set(-30 * 86400)
            name = orphan(b)
        held_base(b)
        overflow(b, 15 if quick else 300)
        stopped(b)
        if world.run('strace', '-qq', '-o', '/dev/null', 'true',
                     check=False).returncode == 0:
            failing(b, until)
        else:
            print('# SKIP calls that fail: strace may not trace here')
        if clock is None:
            print('# SKIP the clock: no compiler')
        elif quick:
            taken_up(b, name)
            b.done('jumps of the clock', 1)
        else:
            jumps(b, clock)
        if not quick:
            with open(QUEUE) as f:
                flood(b, int(f.read()) + 3616)  # 20,000 by default
        v.add(world.judge(w, b.told.all))
        v.missing += b.bad
    finally:
        w.stop(signal.SIGKILL if v.bad() else signal.SIGTERM)
        for line in list(v.lines())[:20]:
            print('#   ' + line)
        if v.bad():
            os.system("grep -hE 'error|warn|fatal|died' %s.before %s |"
                      ' tail -40' % (w.log, w.log))
        world.clean(work)
    return b.rows, v


def main():
    p = argparse.ArgumentParser()
    p.add_argument('-s', type=float, default=240)
    p.add_argument('-q', action='store_true')
    p.add_argument('-r', type=int, default=os.getpid())
    a = p.parse_args()
    print('# seed %d' % a.r)
    work = world.work_folder()
    try:
        template = world.World(work).make()
        rows, v = campaign(template, a.s, a.q, random.Random(a.r))
    finally:
        world.clean(work)
    print('%d faults: %d told, %d missing, %d half visible, %d double' % (
        sum(n for _, n in rows), v.told, len(v.missing), len(v.half),
        len(v.double)))
    return 1 if v.bad() else 0


if __name__ == '__main__':
    sys.exit(main())
