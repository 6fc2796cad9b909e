#!/usr/bin/python3
"""usage: kills.py [-s SECONDS] [-r SEED]

kill -9 of any role, the supervisor among them, at any moment, while clients
send, ask and fetch.
"""
import argparse
import collections
import os
import random
import signal
import sys
import threading
import time

import cuts
import world

ROLES = ('keeper keeper supervisor gate session sessions filer filers watch '
         'worker workers signer reporter extract').split()


def campaign(template, seconds, dice):
    work = world.work_folder()
    w = world.World(work).like(template)
    told = world.Told(work + '/told')
    killed = collections.Counter()
    v = world.Verdict()
    try:
        w.start()
        load = threading.Thread(target=cuts.load, args=(w, told, seconds))
        load.start()
        while load.is_alive():
            time.sleep(dice.random() * 0.6)
            role = dice.choice(ROLES)
            if role == 'supervisor':
                w.stop(signal.SIGKILL)
                w.start()
                killed[role] += 1
                continue
            pids = w.pids(role)
            before = w.ready()
            if not pids:
                continue
            try:
                os.kill(dice.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed[role] += 1
            if role in ('keeper', 'gate', 'watch', 'signer', 'reporter') and \
               not world.wait_until(20, lambda: w.ready() > before):
                v.missing.append('%s: the server does not come back' % role)
                break
        load.join()
        v.add(world.judge(w, told.all))
        print('# ' + ' '.join('%s %d' % x for x in sorted(killed.items())))
    finally:
        w.stop()
        for line in list(v.lines())[:20]:
            print('#   ' + line)
        world.clean(work)
    return sum(killed.values()), v


def main():
    p = argparse.ArgumentParser()
    p.add_argument('-s', type=float, default=60)
    p.add_argument('-r', type=int, default=os.getpid())
    a = p.parse_args()
    print('# seed %d' % a.r)
    work = world.work_folder()
    try:
        template = world.World(work).make()
        n, v = campaign(template, a.s, random.Random(a.r))
    finally:
        world.clean(work)
    print('%d kills: %d told, %d missing, %d half visible, %d double' % (
        n, v.told, len(v.missing), len(v.half), len(v.double)))
    return 1 if v.bad() else 0


if __name__ == '__main__':
    sys.exit(main())
