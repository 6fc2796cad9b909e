"""An instance, its clients and the oracle of the crash campaigns.

What a client was told is written and flushed by the client itself, outside of
the instance (Told). The oracle (judge) then asks, of an instance that has come
to rest, three things:

  missing  somebody was told of it, and it is not there, or it is another one
  half     a file stands under its name and is not whole, or two places that
           must agree do not
  double   something has its effect twice
"""
import glob
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import zipfile

ROOT = os.path.realpath(os.path.dirname(__file__) + '/../..')
BUILD = os.path.join(ROOT, os.environ.get('B', 'build'))
ZAYTON = os.environ.get('ZAYTON', BUILD + '/zayton')
GOOD, BAD = 9, 1  # rows of a bundle
REGISTER = 'aic_enterprise_registration'


def run(*argv, check=True, **more):
    r = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, **more)
    if check and r.returncode != 0:
        raise RuntimeError('%s: status %d\n%s' % (' '.join(map(str, argv)),
                                                  r.returncode, r.stdout))
    return r


def wait_until(seconds, what):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# --- what clients send -------------------------------------------------------

HEAD = ('用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),'
        '欠费金额(元),缴费日期\n')


def bills(number, rows=GOOD):
    """Bills that nobody else sends, and one that no one can read."""
    line = '%d,泉州市第%d水暖有限公司,泉州市丰泽区东海街%d号,%s,7,14.00,14.00,0.00,2014-04-02\n'
    first = 10000000 + number * 100
    return HEAD + ''.join(line % (first + i, first + i, i, '2014-03')
                          for i in range(rows)) + \
        line % (first + 99, first + 99, 99, '三月') * BAD


def question(number):
    return json.dumps({'purpose': 'loan_approval', 'subjects': 'all',
                       'datasets': [REGISTER]}) + ' ' * number


# --- what they were told -----------------------------------------------------

class Told:
    """One line of JSON for each thing a client knows, flushed at once."""

    def __init__(self, path, mark=None):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.mark = mark  # also told to the recording disk
        self.all = []
        self.lock = threading.Lock()

    def add(self, **what):
        line = json.dumps(what) + '\n'
        with self.lock:
            os.write(self.fd, line.encode())
            os.fsync(self.fd)
            self.all.append(what)
            if self.mark:
                self.mark(line)


# --- an instance -------------------------------------------------------------

class World:
    def __init__(self, work, home=None, port=0):
        self.work = work
        self.home = home or work + '/home'
        self.log = work + '/server.log'
        self.port = port
        self.server = None
        self.boot = None  # a file that stands for the boot id of the kernel
        self.wrap = []    # what the server runs under
        self.attempt = itertools.count()  # none has the name of another

    # ---- making one

    def z(self, *argv, check=True):
        return run(ZAYTON, '-C', self.home, *argv, check=check)

    def key(self, name):
        path = '%s/keys/%s' % (self.work, name)
        if not os.path.exists(path):
            os.makedirs(self.work + '/keys', exist_ok=True)
            run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path)
        return path

    def account(self, name, provider, role='department', check=True):
        return self.z('account', 'add', name, '--role', role, '--provider',
                      provider, '--key', self.key(name) + '.pub', '--unit',
                      '某单位', '--person', '测试人', '--phone',
                      '0595-22220000', check=check)

    def make(self):
        run(ZAYTON, 'init', self.home)
        with open(self.home + '/zayton.conf', 'a') as f:
            f.write('queries_per_day = 1000000\ndisk_reserve = 1024 * 1024\n')
        self.account('mub', 'MUB')
        self.account('aic', 'AIC')
        self.account('bank', 'BANK', 'institution')
        register = self.work + '/register.csv'
        with open(register, 'w') as f:
            f.write('企业名称,企业类型,注册号,统一社会信用代码,组织机构代码,注册资本,'
                    '法定代表人,住所,成立日期,经营期限至,经营范围,登记机关,登记状态,'
                    '核准日期,曾用名,操作标志\n'
                    '晋江市清源织造有限公司,有限责任公司,350521124626049,'
                    '91350521527041239C,,100万元,陈明,晋江市青阳街道1号,'
                    '2007-06-03,2057-06-03,服装,晋江市工商行政管理局,开业,'
                    '2015-01-05,,\n')
        self.z('ingest', '--account', 'aic', register)
        fields = json.loads(self.z('standards', 'show', REGISTER,
                                   '--json').stdout)['fields']
        base = sqlite3.connect(self.home + '/exchange.db')
        base.execute(
            'INSERT INTO grant_t (account, dataset, named, fields, "full",'
            ' whom, division, purpose, form, from_day, until, data_from,'
            ' data_until, life, times, every, reference, evidence, signer,'
            " person, reason, at, state) VALUES ('bank', ?, 1, ?, '', 0, '',"
            " 'loan_approval', 4, '2014-01-01', '2099-12-31', '', '', 0, 0, 0,"
            " 'r', 'e', 's', 'p', 'w', '2014-01-01', 1)",
            (REGISTER, ' '.join(f['name'] for f in fields)))
        base.commit()
        base.close()
        with open(self.work + '/ssh_config', 'w') as f:
            f.write('Host zayton\n HostName 127.0.0.1\n UserKnownHostsFile %s\n'
                    ' StrictHostKeyChecking accept-new\n IdentitiesOnly yes\n'
                    ' IdentityAgent none\n PasswordAuthentication no\n'
                    ' BatchMode yes\n LogLevel ERROR\n ConnectTimeout 10\n'
                    % (self.work + '/known_hosts'))
        return self

    def like(self, other):
        """Clients and settings of another world; its home is copied."""
        for name in ('keys', 'ssh_config'):
            at = '%s/%s' % (self.work, name)
            if not os.path.exists(at):
                os.symlink('%s/%s' % (other.work, name), at)
        if not os.path.exists(self.home):
            run('cp', '-a', other.home, self.home)
        return self

    # ---- the server

    def command(self):
        serve = [ZAYTON, '-C', self.home, 'serve', '--listen',
                 '127.0.0.1:%d' % self.port]
        if self.boot:
            # The kernel of this machine was not started anew; say it was.
            serve = ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" '
                     '/proc/sys/kernel/random/boot_id && exec "$@"',
                     self.boot] + serve
        return self.wrap + serve

    def start(self, seconds=30):
        if os.path.exists(self.log):
            with open(self.log + '.before', 'a') as f:
                f.write(self.said())
        with open(self.log, 'w') as out:
            self.server = subprocess.Popen(self.command(), stdout=out,
                                           stderr=out)
        wait_until(seconds, lambda: self.ready() > 0 or
                   self.server.poll() is not None)
        found = re.findall(r'- ready listen=\S+:(\d+)$', self.said(), re.M)
        if not found:
            raise RuntimeError('no server:\n' + self.said()[-2000:])
        self.port = int(found[-1])

    def said(self):
        with open(self.log, errors='replace') as f:
            return f.read()

    def ready(self):
        return self.said().count('- ready listen=')

    def supervisor(self):
        """Its pid; the process that we started may be what it runs under."""
        if not self.wrap:
            return self.server.pid
        below = [p for p in tree(self.server.pid)
                 if ' serve ' in cmdline(p) and
                 cmdline(p).startswith(ZAYTON)]
        return below[0] if below else self.server.pid

    def pids(self, *roles):
        return [p for p in tree(self.supervisor())
                if re.match(r'zayton -x (%s)( |$)' % '|'.join(roles),
                            cmdline(p))]

    def stop(self, how=signal.SIGTERM):
        if self.server is None:
            return
        try:
            os.kill(self.supervisor(), how)
        except ProcessLookupError:
            pass
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.server = None

    # ---- clients

    def sftp(self, who, batch, seconds=30):
        """Status 0: the client was told that all of it was done."""
        try:
            return run('sftp', '-q', '-b', '-', '-F', self.work + '/ssh_config',
                       '-i', '%s/keys/%s' % (self.work, who), '-P', self.port,
                       who + '@zayton', input=batch, check=False,
                       timeout=seconds).returncode
        except subprocess.TimeoutExpired:
            return -1

    def put(self, who, folder, name, text):
        path = '%s/%s' % (self.work, name)
        with open(path, 'w') as f:
            f.write(text)
        good = self.sftp(who, 'put %s /%s/%s\n' % (path, folder, name)) == 0
        os.unlink(path)
        return good

    def receipts(self, who, name):
        return sorted(glob.glob('%s/accounts/%s/receipts/%s.*.receipt.json'
                                % (self.home, who, name)))

    def answered(self, who, name):
        found = self.receipts(who, name)
        return bool(found) and os.path.exists(found[-1] + '.sig')

    def fetch(self, who, name):
        """The digest of the receipt that a client got hold of, or None."""
        if not self.answered(who, name):
            return None
        path = tempfile.mktemp(dir=self.work)
        remote = os.path.basename(self.receipts(who, name)[-1])
        if self.sftp(who, 'get /receipts/%s %s\n' % (remote, path)) != 0:
            return None
        with open(path, 'rb') as f:
            got = f.read()
        os.unlink(path)
        return hashlib.sha256(got).hexdigest()

    def send(self, told, number, tries=50, over=lambda: False):
        """As a client that goes on until it is told that all is well."""
        for _ in range(tries):
            name = 'b%d-%d.csv' % (number, next(self.attempt))
            if self.put('mub', 'upload', name, bills(number)):
                told.add(kind='upload', who='mub', name=name, number=number)
                return name
            if over():
                break
            time.sleep(0.05)
        return None

    def query(self, told, number, tries=50, over=lambda: False):
        for _ in range(tries):
            name = 'q%d-%d.json' % (number, next(self.attempt))
            if self.put('bank', 'queries', name, question(number)):
                told.add(kind='query', who='bank', name=name)
                return name
            if over():
                break
            time.sleep(0.05)
        return None

    # ---- the base, while a server runs on it

    def sql(self, text):
        base = sqlite3.connect('file:%s/exchange.db?mode=ro' % self.home,
                               uri=True, timeout=20)
        try:
            return base.execute(text).fetchall()
        finally:
            base.close()


def cmdline(pid):
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            return f.read().replace(b'\0', b' ').decode(errors='replace').strip()
    except OSError:
        return ''


def tree(pid):
    """A process and all below it."""
    out = [pid]
    for p in out:
        try:
            for task in os.listdir('/proc/%d/task' % p):
                with open('/proc/%d/task/%s/children' % (p, task)) as f:
                    out += [int(c) for c in f.read().split()]
        except OSError:
            pass
    return out


# --- the oracle --------------------------------------------------------------

class Verdict:
    def __init__(self):
        self.missing, self.half, self.double = [], [], []
        self.told = 0

    def bad(self):
        return bool(self.missing or self.half or self.double)

    def add(self, other):
        self.told += other.told
        self.missing += other.missing
        self.half += other.half
        self.double += other.double

    def lines(self):
        for what in ('missing', 'half', 'double'):
            for line in getattr(self, what):
                yield '%s: %s' % (what, line)


def load(path):
    with open(path, 'rb') as f:
        return json.loads(f.read())


def at_rest(w, told):
    """All that was promised is answered, and nothing is left to do."""
    for t in told:
        if t['kind'] in ('upload', 'query') and \
           not w.answered(t['who'], t['name']):
            return False
    try:
        return w.sql("""SELECT
            (SELECT count(*) FROM bundle WHERE state NOT IN
                ('applied', 'rejected', 'quarantined')) +
            (SELECT count(*) FROM receipt_file_t WHERE placed = 0 OR
                proved = 0) +
            (SELECT count(*) FROM query_t WHERE state = 'given')""") \
            == [(0,)] and reports_stand(w) and not unfinished(w)
    except sqlite3.Error:
        return False


def unfinished(w):
    """What is still being written, or was not taken up yet: it goes away by
    itself, or is a finding."""
    return [p for p in glob.glob(w.home + '/accounts/*/*/**/.*',
                                 recursive=True)
            if os.path.isfile(p) and 'keep' not in p] + [
        p for state in ('received', 'claimed')
        for p in glob.glob('%s/spool/%s/*' % (w.home, state))]


def reports_stand(w):
    return all(os.path.exists(r + '/report.json.sig') for r in
               glob.glob(w.home + '/accounts/*/reports/b*'))


def whole(path):
    """Whether a file that stands under its name is what it should be."""
    with open(path, 'rb') as f:
        data = f.read()
    if path.endswith('.json'):
        json.loads(data)
    elif path.endswith('.html'):
        return data.rstrip().endswith(b'</html>')
    elif path.endswith('.sig'):
        return data.rstrip().endswith(b'-----END SSH SIGNATURE-----')
    elif path.endswith(('.xlsx', '.zip')):
        return zipfile.ZipFile(path).testzip() is None
    elif path.endswith('.csv'):
        return data.endswith(b'\n')
    return len(data) > 0


def judge_files(w, v):
    for folder in ('receipts', 'reports', 'extracts'):
        for path in glob.glob('%s/accounts/*/%s/**' % (w.home, folder),
                              recursive=True):
            if os.path.isdir(path):
                continue
            name = path[len(w.home):]
            try:
                if not whole(path):
                    v.half.append('%s is not whole (%d bytes)' %
                                  (name, os.path.getsize(path)))
            except (ValueError, zipfile.BadZipFile) as e:
                v.half.append('%s: %s' % (name, e))
    left = [p for p in glob.glob(w.home + '/accounts/*/*/**/.*',
                                 recursive=True)
            if os.path.isfile(p) and 'keep' not in p]
    if left:
        v.half.append('temporary files are left: %s' % left)


def judge_upload(w, v, t):
    found = w.receipts(t['who'], t['name'])
    if len(found) != 1:
        (v.missing if not found else v.double).append(
            '%s has %d receipts: %s' % (t['name'], len(found), w.sql(
                'SELECT id, state, attempts, zh FROM bundle_t WHERE name ='
                " '%s'" % t['name'])))
        return
    try:
        r = load(found[0])
    except ValueError:
        return  # judge_files has told
    if not os.path.exists(found[0] + '.sig'):
        v.half.append('%s has no signature' % found[0])
        return
    with open(found[0], 'rb') as f:
        good = run('ssh-keygen', '-Y', 'verify', '-f',
                   w.home + '/standards/allowed_signers', '-I', 'zayton',
                   '-n', 'zayton-receipt', '-s', found[0] + '.sig', stdin=f,
                   check=False).returncode == 0
    if not good:
        v.half.append('%s: the signature does not hold' % found[0])
    if t['kind'] == 'query':
        judge_extract(w, v, t, r)
        return
    row = r['files'][0] if r.get('files') else {}
    if (row.get('accepted'), row.get('rejected')) != (GOOD, BAD):
        v.missing.append('%s: %s rows, %s rejected' % (
            t['name'], row.get('accepted'), row.get('rejected')))
    folder = '%s/accounts/%s/reports/%s.%s' % (w.home, t['who'], t['name'],
                                               r['id'])
    # Content sent twice has its report under its first name.
    if not os.path.isdir(folder) and r.get('duplicate_of') is None and \
       not glob.glob('%s/accounts/%s/reports/*%s' % (w.home, t['who'],
                                                     r['id'])):
        v.missing.append('%s has no report' % t['name'])
    elif os.path.isdir(folder):
        judge_report(v, folder)


def judge_report(v, folder):
    try:
        with open(folder + '/rejected.csv', encoding='utf-8-sig') as f:
            rows = len(f.read().splitlines())
        if rows != 1 + BAD:
            v.half.append('%s/rejected.csv has %d lines' % (folder, rows))
    except FileNotFoundError:
        v.missing.append('%s has no rejected.csv' % folder)
    for name in ('report.json', 'report.html', 'report.json.sig'):
        if not os.path.exists('%s/%s' % (folder, name)):
            v.missing.append('%s has no %s' % (folder, name))


def judge_extract(w, v, t, r):
    x = (r.get('query') or {}).get('extract') or {}
    path = '%s/accounts/%s/extracts/%s' % (w.home, t['who'],
                                           x.get('file', '?'))
    if r.get('outcome') != 'accepted' or not os.path.exists(path):
        v.missing.append('%s: %s, extract %s' % (t['name'], r.get('outcome'),
                                                 x.get('file')))
        return
    with open(path, 'rb') as f:
        if hashlib.sha256(f.read()).hexdigest() != x['sha256']:
            v.half.append('%s: its extract is another one' % t['name'])


def judge_base(w, v):
    def none(text, what, where):
        n = w.sql(text)[0][0]
        if n != 0:
            where.append('%s: %d' % (what, n))

    if w.sql('PRAGMA integrity_check') != [('ok',)]:
        v.half.append('the base is damaged')
    none('SELECT count(*) FROM (SELECT account_no FROM hist_water_bill_monthly'
         ' GROUP BY account_no, bill_period HAVING count(*) <> 1)',
         'rows that had their effect twice', v.double)
    none("SELECT count(*) FROM (SELECT bundle FROM receipt WHERE kind ="
         " 'result' GROUP BY bundle HAVING count(*) <> 1)",
         'bundles with two results', v.double)
    none('SELECT count(*) FROM (SELECT query FROM look_t JOIN'
         ' look_whom_t ON look = look_t.no GROUP BY query HAVING count(*) <> 1)',
         'queries that looked twice', v.double)
    none("SELECT count(*) FROM bundle WHERE state = 'quarantined'",
         'bundles set aside', v.missing)
    none('SELECT abs((SELECT count(*) FROM std_water_bill_monthly) -'
         " (SELECT count(*) * %d FROM bundle_t WHERE state = 'applied' AND"
         " account = 'mub' AND kind = 'u' AND original IS NULL))" % GOOD,
         'rows of the base that are not those of its bundles', v.half)
    stand = set()
    for state in ('applied', 'rejected'):
        stand |= {n.split('.')[0] for n in
                  os.listdir('%s/spool/%s' % (w.home, state))
                  if re.match(r'[0-9A-Z]{26}\.', n)}
    say = {i for (i,) in w.sql("SELECT id FROM bundle_t WHERE state IN"
                               " ('applied', 'rejected')")}
    if stand != say:
        v.missing.append('spool and base differ: %s' % sorted(stand ^ say))
    for state in ('received', 'claimed'):
        if os.listdir('%s/spool/%s' % (w.home, state)):
            v.half.append('something is left in spool/' + state)


def judge(w, told, seconds=60):
    """Of a running instance; told is a list of what Told.add was given."""
    v = Verdict()
    v.told = len(told)
    wait_until(seconds, lambda: at_rest(w, told))
    for t in told:
        if t['kind'] in ('upload', 'query'):
            judge_upload(w, v, t)
        elif t['kind'] == 'receipt':
            found = w.receipts(t['who'], t['name'])
            same = found and hashlib.sha256(
                open(found[-1], 'rb').read()).hexdigest() == t['sha256']
            if not same:
                v.missing.append('the receipt that a client has of ' +
                                 t['name'])
        elif t['kind'] == 'account':
            if w.sql("SELECT count(*) FROM account_t WHERE name = '%s'"
                     % t['name']) != [(1,)]:
                v.missing.append('account ' + t['name'])
    judge_files(w, v)
    judge_base(w, v)
    r = w.z('verify', check=False)
    if r.returncode != 0:
        v.missing.append('the ledger does not verify: ' + r.stdout[-300:])
    return v


def work_folder():
    path = tempfile.mkdtemp(prefix='zayton-crash.', dir=os.environ.get('TMPDIR'))
    os.chmod(path, 0o711)
    return path


def clean(path):
    if not os.environ.get('KEEP'):
        shutil.rmtree(path, ignore_errors=True)
