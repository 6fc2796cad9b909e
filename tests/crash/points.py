#!/usr/bin/python3
"""usage: points.py [-s SECONDS] [-n POINTS] [-r SEED] [-o ROLE,...]

Every step. What each role calls of the kernel is recorded while a bundle and a
query go their whole way; then, for each role, each such call and each k, the
role is killed once at its k-th call (strace -e inject=CALL:signal=KILL:when=K),
the supervisor starts all roles anew, the clients send again until they are told
that all is well, and the oracle has the last word. The order is shuffled, so
that a part of it is a fair part.
"""
import argparse
import collections
import os
import random
import re
import signal
import subprocess
import sys
import time

import world

# What changes anything, outside or inside.
CALLS = ('openat write writev pwrite64 pwritev fsync fdatasync ftruncate link '
         'linkat rename renameat renameat2 unlink unlinkat mkdir mkdirat '
         'sendmsg sendto execve clone clone3 close').split()
CALLS.remove('close')

# A role, and the processes that are traced. Of those that come and go it is the
# pattern, and with it each copy; the extract role is a child of the watch.
ROLES = {
    'keeper': ('keeper',), 'signer': ('signer',), 'watch': ('watch',),
    'gate': ('gate',), 'reporter': ('reporter',), 'filer': ('filers',),
    'session': ('sessions',), 'worker': ('workers',),
}


class Strace:
    def __init__(self, w, role, *options):
        self.out = w.work + '/strace'
        wait_for = ROLES[role]
        world.wait_until(10, lambda: w.pids(*wait_for))
        self.pids = w.pids(*wait_for)
        argv = ['strace', '-f', '-q', '-o', self.out, '-e', 'signal=none']
        for p in self.pids:
            argv += ['-p', str(p)]
        self.proc = subprocess.Popen(argv + list(options),
                                     stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        world.wait_until(5, lambda: all(map(traced, self.pids)))

    def end(self):
        self.proc.terminate()
        try:
            self.proc.wait(5)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
        with open(self.out, errors='replace') as f:
            return f.read()


def traced(pid):
    try:
        with open('/proc/%d/status' % pid) as f:
            return 'TracerPid:\t0\n' not in f.read()
    except OSError:
        return True


def settled(w, told):
    return world.wait_until(10, lambda: world.at_rest(w, told))


def enumerate_role(w, told, role, number):
    """{call: how often the one process that calls it most does so}"""
    s = Strace(w, role, '-e', 'trace=' + ','.join(CALLS))
    w.send(told, number)
    w.query(told, number)
    settled(w, told.all[-2:])
    lines = s.end()
    count = collections.Counter()
    for pid, call in re.findall(r'^(\d+) +(\w+)\(', lines, re.M):
        count[pid, call] += 1
    most = collections.Counter()
    for (pid, call), n in count.items():
        most[call] = max(most[call], n)
    return most


class Campaign:
    def __init__(self, w, told):
        self.w, self.told = w, told
        self.number = 1000
        self.tried = self.killed = 0

    def points(self, roles):
        out = []
        for role in roles:
            self.number += 1
            most = enumerate_role(self.w, self.told, role, self.number)
            print('# %s: %s' % (role, ' '.join('%s %d' % x for x in
                                               sorted(most.items()))),
                  flush=True)
            out += [(role, call, k) for call, n in most.items()
                    for k in range(1, n + 1)]
        return out

    def died(self):
        return self.w.said().count('died role=')

    def point(self, role, call, k):
        """Kills at one point; false where the server did not come back."""
        w = self.w
        self.number += 1
        before, deaths = w.ready(), self.died()
        s = Strace(w, role, '-e', 'trace=' + call, '-e',
                   'inject=%s:signal=KILL:when=%d' % (call, k))
        w.send(self.told, self.number, tries=1)
        w.query(self.told, self.number, tries=1)
        mine = [t for t in self.told.all[-2:]
                if t['name'].startswith(('b%d-' % self.number,
                                         'q%d-' % self.number))]
        # It may also die on the rest of the way.
        world.wait_until(2, lambda: self.died() > deaths or
                         world.at_rest(w, mine))
        lines = s.end()
        self.tried += 1
        if re.search(r' = \?$|killed by SIGKILL', lines, re.M) or \
           self.died() > deaths:
            self.killed += 1
        if self.died() > deaths and not world.wait_until(
                20, lambda: w.ready() > before):
            return False
        if len(mine) < 2:
            # As clients do: again, until all is well.
            if not any(t['kind'] == 'upload' for t in mine):
                w.send(self.told, self.number)
            if not any(t['kind'] == 'query' for t in mine):
                w.query(self.told, self.number)
        return True

    def again(self):
        """A new supervisor, which does not hesitate."""
        self.w.stop()
        self.w.start()


def campaign(template, seconds, most, dice, roles=None, until=None):
    work = world.work_folder()
    w = world.World(work).like(template)
    c = Campaign(w, world.Told(work + '/told'))
    v = world.Verdict()
    end = until or time.monotonic() + seconds
    try:
        w.start()
        points = c.points(roles or list(ROLES))
        dice.shuffle(points)
        for n, (role, call, k) in enumerate(points[:most]):
            if time.monotonic() > end:
                break
            if not c.point(role, call, k):
                v.missing.append('%s %s %d: the server does not come back'
                                 % (role, call, k))
                c.again()
            elif n % 3 == 2:
                c.again()
            if n % 40 == 39:
                now = world.judge(w, c.told.all)
                if now.bad():
                    print('# bad after %s %s %d' % (role, call, k))
                    break
        v.add(world.judge(w, c.told.all))
        print('# %d of %d points' % (c.tried, len(points)))
    finally:
        w.stop(signal.SIGKILL if v.bad() else signal.SIGTERM)
        for line in list(v.lines())[:20]:
            print('#   ' + line)
        if v.bad():
            os.system("grep -hE 'error|warn|fatal|died' %s.before %s | tail -60" % (w.log, w.log))
        world.clean(work)
    return c.tried, c.killed, v


def main():
    p = argparse.ArgumentParser()
    p.add_argument('-s', type=float, default=600)
    p.add_argument('-n', type=int, default=100000)
    p.add_argument('-r', type=int, default=os.getpid())
    p.add_argument('-o', default=None)
    a = p.parse_args()
    if world.run('strace', '-qq', '-o', '/dev/null', 'true',
                 check=False).returncode != 0:
        print('# SKIP every step: strace may not trace here')
        return 0
    print('# seed %d' % a.r)
    work = world.work_folder()
    try:
        template = world.World(work).make()
        tried, killed, v = campaign(template, a.s, a.n, random.Random(a.r),
                                    a.o and a.o.split(','))
    finally:
        world.clean(work)
    print('%d points, %d kills: %d told, %d missing, %d half visible, '
          '%d double' % (tried, killed, v.told, len(v.missing), len(v.half),
                         len(v.double)))
    return 1 if v.bad() else 0


if __name__ == '__main__':
    sys.exit(main())
