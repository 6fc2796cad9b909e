#!/usr/bin/python3
"""usage: cuts.py [-f FILESYSTEM] [-s SECONDS] [-n CUTS] [-r SEED] [-l] [-v]

Power cuts. A server works for some seconds, with clients that note what they
were told, on a file system (ext4, xfs, btrfs) whose disk remembers each write
and each flush (tests/crash/disk.c). Then, as often as asked for, the power is
cut at another moment of that record: the disk holds all writes before the last
flush, and of the later ones none, all or any. It is mounted, a server starts on
it, and the oracle asks it for all that clients had been told by then.

-l lies to the server: fsync and fdatasync do nothing and say that all is well.
This has to be found, or the campaign could find nothing.
"""
import argparse
import json
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time

import world

MB = {'ext4': 192, 'xfs': 320, 'btrfs': 256}
MAKE = {'ext4': ['mkfs.ext4', '-q', '-F'], 'xfs': ['mkfs.xfs', '-q', '-f'],
        'btrfs': ['mkfs.btrfs', '-q', '-f']}


def mount(image, at):
    os.makedirs(at, exist_ok=True)
    world.run('mount', '-o', 'loop', image, at)


def umount(at):
    if not world.wait_until(10, lambda: world.run(
            'umount', at, check=False).returncode == 0):
        world.run('umount', '-l', at, check=False)


class Disk:
    """The remembering disk, mounted at .at while in use."""

    def __init__(self, work, image, fuse):
        self.image, self.log = image, work + '/disk.log'
        self.folder, self.at = work + '/disk', work + '/mnt'
        os.makedirs(self.folder, exist_ok=True)
        self.daemon = subprocess.Popen([fuse, image, self.log, self.folder])
        if not world.wait_until(10, lambda:
                                os.path.exists(self.folder + '/disk')):
            raise RuntimeError('the remembering disk does not come up')
        mount(self.folder + '/disk', self.at)

    def mark(self, text):
        with open(self.folder + '/mark', 'wb', buffering=0) as f:
            f.write(text.encode())

    def end(self):
        umount(self.at)
        world.wait_until(10, lambda: self.folder not in world.run(
            'losetup', '-a').stdout)
        world.run('umount', self.folder, check=False)
        try:
            self.daemon.wait(10)
        except subprocess.TimeoutExpired:
            self.daemon.kill()


# --- the record --------------------------------------------------------------

def records(log):
    """(kind, where, offset in the log, length), in their order."""
    out = []
    with open(log, 'rb') as f:
        at = 0
        while True:
            head = f.read(13)
            if len(head) < 13:
                return out
            kind, where, n = struct.unpack('=cQI', head)
            out.append((kind, where, at + 13, n))
            at += 13 + n
            f.seek(at)


class Replay:
    """The disk as it is at a moment: all that was flushed, and a part of the
    rest."""

    def __init__(self, first, log):
        self.log = os.open(log, os.O_RDONLY)
        self.records = records(log)
        self.stable = first
        self.fd = os.open(first, os.O_RDWR)
        self.flushed = 0  # records that are in stable

    def apply(self, fd, r):
        os.pwrite(fd, os.pread(self.log, r[3], r[2]), r[1])

    def cut(self, at, into, chance, dice):
        """Moments in growing order; returns what clients knew then."""
        flush = max((i for i in range(self.flushed, at)
                     if self.records[i][0] == b'f'), default=self.flushed)
        for i in range(self.flushed, flush):
            if self.records[i][0] == b'w':
                self.apply(self.fd, self.records[i])
        self.flushed = flush
        world.run('cp', '--sparse=always', self.stable, into)
        fd = os.open(into, os.O_RDWR)
        lost = 0
        for i in range(flush, at):
            if self.records[i][0] != b'w':
                continue
            if dice.random() < chance:
                self.apply(fd, self.records[i])
            else:
                lost += 1
        os.close(fd)
        return lost

    def told(self, at):
        return [json.loads(os.pread(self.log, r[3], r[2]))
                for r in self.records[:at] if r[0] == b'm']


# --- the load ----------------------------------------------------------------

def load(w, told, seconds):
    """Four clients: two that send, one that asks, one that fetches; and an
    administrator."""
    end = time.monotonic() + seconds

    def over():
        return time.monotonic() > end

    def sender(n):
        while not over():
            w.send(told, n, over=over)
            n += 2

    def asker():
        n = 0
        while not over():
            w.query(told, n, over=over)
            n += 1
            time.sleep(0.3)

    def fetcher():
        seen = set()
        while not over():
            for t in list(told.all):
                if t['kind'] in ('upload', 'query') and \
                   t['name'] not in seen and not over():
                    got = w.fetch(t['who'], t['name'])
                    if got:
                        seen.add(t['name'])
                        told.add(kind='receipt', who=t['who'],
                                 name=t['name'], sha256=got)
            time.sleep(0.05)

    def administrator():
        n = 0
        while not over():
            if w.account('new%d' % n, 'MUB', check=False).returncode == 0:
                told.add(kind='account', name='new%d' % n)
            n += 1
            time.sleep(2)

    threads = [threading.Thread(target=f, args=a) for f, a in
               ((sender, (0,)), (sender, (1,)), (asker, ()), (fetcher, ()),
                (administrator, ()))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def record(work, template, system, seconds, fuse, lies):
    """Returns the image at the beginning and the record of what followed."""
    image, first = work + '/image', work + '/first'
    with open(image, 'wb') as f:
        f.truncate(MB[system] << 20)
    world.run(*MAKE[system], image)
    mount(image, work + '/mnt')
    world.run('cp', '-a', template.home, work + '/mnt/home')
    umount(work + '/mnt')
    world.run('cp', '--sparse=always', image, first)
    disk = Disk(work, image, fuse)
    w = world.World(work, work + '/mnt/home').like(template)
    if lies:
        w.wrap = ['strace', '-f', '-q', '--seccomp-bpf', '-o', '/dev/null',
                  '-e', 'trace=fsync,fdatasync', '-e',
                  'inject=fsync,fdatasync:retval=0']
    try:
        w.start()
        told = world.Told(work + '/told', disk.mark)
        load(w, told, seconds)
    finally:
        w.stop(signal.SIGKILL)
        disk.end()
    return first, disk.log


# --- the cuts ----------------------------------------------------------------

def moments(r, n, dice):
    """Anywhere, and as often just after somebody was told something or before
    a flush, where it hurts most; early on too."""
    marks = [i + 1 for i, x in enumerate(r.records) if x[0] == b'm']
    flushes = [i for i, x in enumerate(r.records) if x[0] == b'f']
    out = []
    for i in range(n):
        of = (marks, flushes, range(1, len(r.records) + 1))[i % 3]
        if of:
            out.append(dice.choice(of))
    return sorted(out)


def judge_cut(work, template, port, image, told, number):
    """A machine starts with this disk."""
    here = '%s/cut%d' % (work, number)
    os.makedirs(here, exist_ok=True)
    w = world.World(here, here + '/mnt/home', port)
    w.boot = here + '/boot'
    with open(w.boot, 'w') as f:
        f.write('%08x-0000-4000-8000-000000000000\n' % number)
    try:
        mount(image, here + '/mnt')
        w.like(template)
        w.start()
        return w, world.judge(w, told)
    except RuntimeError as e:
        v = world.Verdict()
        v.told = len(told)
        v.missing.append('nothing starts: %s' % str(e)[-1500:])
        return w, v
    finally:
        w.stop()
        umount(here + '/mnt')
        world.clean(here)


def cuts(template, system, seconds, n, dice, fuse, lies=False, verbose=False,
         until=None):
    """All cuts of one record; the sum of verdicts and how many there were.
    Ends with the first finding where the server is lied to."""
    work = world.work_folder()
    total = world.Verdict()
    done = 0
    try:
        r = Replay(*record(work, template, system, seconds, fuse, lies))
        kinds = [x[0] for x in r.records]
        print('# %s: %d writes, %d flushes, %d things told' % (
            system, kinds.count(b'w'), kinds.count(b'f'), kinds.count(b'm')),
            flush=True)
        for at in moments(r, n, dice):
            if until and time.monotonic() > until:
                break
            chance = dice.choice((0.0, 0.0, 0.5, 0.9, 1.0))
            lost = r.cut(at, work + '/cut', chance, dice)
            told = r.told(at)
            w, v = judge_cut(work, template, 0, work + '/cut', told, done)
            done += 1
            total.add(v)
            if v.bad() or verbose:
                print('# %s cut at %d of %d, %d writes lost, %d told: %s' % (
                    system, at, len(r.records), lost, len(told),
                    'BAD' if v.bad() else 'good'), flush=True)
            if v.bad() and not lies:
                for line in list(v.lines())[:12]:
                    print('#   ' + line)
                if os.environ.get('KEEP'):
                    os.rename(work + '/cut', '%s/bad%d' % (work, done))
                    print('#   kept: %s/bad%d' % (work, done))
            if v.bad() and lies:
                break
    finally:
        world.clean(work)
    return done, total


def possible(systems):
    """Why there can be no power cuts here, or None; and the file systems."""
    if os.geteuid() != 0:
        return 'only root may mount a disk', []
    for device in ('/dev/fuse', '/dev/loop-control'):
        if not os.path.exists(device):
            return 'there is no ' + device, []
    have = [s for s in systems if any(os.access('%s/%s' % (d, MAKE[s][0]),
                                                os.X_OK)
                                      for d in ('/sbin', '/usr/sbin'))]
    r = world.run('losetup', '-f', check=False)
    if r.returncode != 0:
        return 'no loop device is free: ' + r.stdout.strip(), []
    return None if have else 'no mkfs is there', have


def main():
    p = argparse.ArgumentParser()
    p.add_argument('-f', default='ext4')
    p.add_argument('-s', type=float, default=8)
    p.add_argument('-n', type=int, default=20)
    p.add_argument('-r', type=int, default=os.getpid())
    p.add_argument('-l', action='store_true')
    p.add_argument('-v', action='store_true')
    a = p.parse_args()
    why, _ = possible([a.f])
    if why:
        print('# SKIP power cuts: ' + why)
        return 0
    print('# seed %d' % a.r)
    work = world.work_folder()
    try:
        template = world.World(work).make()
        done, v = cuts(template, a.f, a.s, a.n, random.Random(a.r),
                       world.BUILD + '/crash/disk', a.l, a.v)
    finally:
        world.clean(work)
    print('%d cuts: %d told, %d missing, %d half visible, %d double' % (
        done, v.told, len(v.missing), len(v.half), len(v.double)))
    return 1 if v.bad() != a.l else 0


if __name__ == '__main__':
    sys.exit(main())
