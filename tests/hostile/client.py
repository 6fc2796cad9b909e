#!/usr/bin/python3
"""usage: client.py PORT KEYS full|slice [CASE...]

A client that keeps to no rule but those of the key exchange. Each case is a
function of the tables below, with what may come of it; after each an honest
upload has to pass. One line of TAP for each, and a last line of figures. slice
takes every third case and looks after an honest upload now and then.
KEYS is a folder with private keys: mub (whose account it is) and nobody.
"""
import os
import random
import socket
import struct
import sys
import threading
import time

import paramiko
from paramiko import common
from paramiko.message import Message

PORT, KEYS, FULL = int(sys.argv[1]), sys.argv[2], sys.argv[3] == 'full'
CHOSEN = sys.argv[4:]
USER = 'mub'
KEY = paramiko.Ed25519Key.from_private_key_file(KEYS + '/mub')
OTHER = paramiko.Ed25519Key.from_private_key_file(KEYS + '/nobody')
CHANNEL = object()  # in a message: the number of the one that is open
inputs = 0
sources = 0


class Recorder:
    """Stands before a transport's packetizer and keeps what comes."""

    def __init__(self, transport):
        self.seen = []
        inner = transport.packetizer.read_message

        def read_message():
            kind, m = inner()
            self.seen.append((kind, m.asbytes()))
            return kind, m
        transport.packetizer.read_message = read_message


class Raw:
    """A connection after its key exchange, from a source of its own."""

    def __init__(self, login=False, source=None):
        global sources
        sources += 1
        s = socket.socket()
        s.settimeout(20)
        self.source = source or '127.7.%d.%d' % (sources // 250 + 1,
                                                 sources % 250 + 1)
        s.bind((self.source, 0))
        s.connect(('127.0.0.1', PORT))
        self.t = paramiko.Transport(s)
        self.t.daemon = True
        self.log = Recorder(self.t)
        self.t.start_client(timeout=20)
        if login:
            self.t.auth_publickey(USER, KEY)

    def send(self, *parts):
        global inputs
        inputs += 1
        m = Message()
        for p in parts:
            if p is CHANNEL:
                m.add_int(self.channel)
            elif isinstance(p, bool):
                m.add_boolean(p)
            elif isinstance(p, bytes):
                m.add_bytes(p)
            elif isinstance(p, str):
                m.add_string(p.encode('utf-8', 'surrogateescape'))
            else:
                m.add_int(p)
        try:
            self.t._send_message(m)
        except (OSError, EOFError):
            pass

    def answers(self):
        return [k for k, _ in self.log.seen]

    def wait(self, kinds, seconds=5):
        """The first answer of these kinds, or 'closed', or 'ignored'."""
        end = time.time() + seconds
        at = 0
        while time.time() < end:
            while at < len(self.log.seen):
                if self.log.seen[at][0] in kinds:
                    return self.log.seen[at][0]
                at += 1
            if not self.t.is_active():
                return 'closed'
            time.sleep(0.005)
        return 'ignored'

    def mark(self):
        del self.log.seen[:]

    def close(self):
        self.t.close()


REFUSALS = {3: 'unimplemented', 51: 'refused', 82: 'refused', 92: 'refused',
            100: 'refused'}
GRANTS = {52: 'GRANTED', 91: 'GRANTED', 81: 'GRANTED', 99: 'GRANTED',
          60: 'GRANTED'}


def outcome(raw, seconds=None):
    """closed, refused, unimplemented, ignored; GRANTED where it was given."""
    kind = raw.wait({**REFUSALS, **GRANTS}, seconds or (3 if FULL else 0.2))
    said = kind if isinstance(kind, str) else {**REFUSALS, **GRANTS}[kind]
    for k in raw.answers():
        if k in GRANTS:
            said = 'GRANTED'
    return said


def b(kind):
    return bytes([kind])


# --- before login -----------------------------------------------------------

def before(*messages, seconds=None, service=True):
    """Messages sent by one who has not logged in."""
    def case():
        raw = Raw()
        if service:
            raw.send(b(5), 'ssh-userauth')
            raw.wait([6])
        raw.mark()
        for m in messages:
            raw.send(*m)
        said = outcome(raw, seconds)
        raw.send(b(90), 'session', 0, 1 << 20, 32768)
        again = outcome(raw)
        raw.close()
        return 'GRANTED' if 'GRANTED' in (said, again) else said
    return case


def auth(method, *rest, user=USER, service='ssh-connection'):
    return (b(50), user, service, method) + rest


def signature(key, user, data=b''):
    m = Message()
    m.add_string('ssh-ed25519')
    m.add_string(data or bytes(64))
    return m.asbytes().decode('latin-1')


def blob(s):
    """A string of bytes for a message."""
    return struct.pack('>I', len(s)) + s


def bad_signature(n):
    sig = blob(b'ssh-ed25519') + blob(bytes(range(64)))
    return [(b(50), USER, 'ssh-connection', 'publickey', True, 'ssh-ed25519',
             blob(KEY.asbytes()), blob(sig))] * n


def query(key, user=USER, algorithm='ssh-ed25519'):
    return (b(50), user, 'ssh-connection', 'publickey', False, algorithm,
            blob(key))


SPOILED = [b'', b'\0', blob(b'ssh-ed25519'), blob(b'ssh-ed25519') + b'\xff' * 4,
           blob(b'ssh-ed25519') + blob(b''), blob(b'ssh-rsa') + blob(b'\0') * 2,
           blob(b'ssh-rsa') + blob(b'\x03') + blob(b'\x7f' * 8192),
           blob(b'ecdsa-sha2-nistp256') + blob(b'nistp256') + blob(b'\4' * 65),
           blob(b'ssh-dss') + blob(b'\1') * 4,
           blob(b'sk-ssh-ed25519@openssh.com') + blob(bytes(32)) + blob(b'ssh:'),
           blob(b'ssh-ed25519-cert-v01@openssh.com') + blob(b'x' * 2000),
           os.urandom(30000)]


def other_key_of_known_user():
    raw = Raw()
    try:
        raw.t.auth_publickey(USER, OTHER)
        return 'GRANTED'
    except paramiko.SSHException:
        return 'refused'
    finally:
        raw.close()


def own_key_as(user):
    def case():
        raw = Raw()
        try:
            raw.t.auth_publickey(user, KEY)
            return 'GRANTED'
        except (paramiko.SSHException, EOFError, OSError):
            return 'refused'
        finally:
            raw.close()
    return case


def penalty_after_bad_signatures():
    """The source of a flood of signatures is not let in again."""
    raw = Raw(source='127.7.0.9')
    raw.send(b(5), 'ssh-userauth')
    for m in bad_signature(10000 if FULL else 300):
        if not raw.t.is_active():
            break
        raw.send(*m)
    if raw.wait([], 5) != 'closed':
        return 'ignored'
    time.sleep(0.3)
    try:
        Raw(source='127.7.0.9').close()
        return 'let in again'
    except (paramiko.SSHException, EOFError, OSError):
        return 'penalty'


OVER = ('closed', 'refused', 'unimplemented')
ANY = OVER + ('ignored',)
SESSION = (b(90), 'session', 0, 1 << 20, 32768)
BEFORE = [
    ('a channel', before(SESSION), ANY),
    ('a channel without a service', before(SESSION, service=False), ANY),
    ('a request on no channel',
     before((b(98), 0, 'subsystem', True, 'sftp')), ANY),
    ('data on no channel', before((b(94), 0, 'x' * 100)), ANY),
    ('forwarding', before((b(80), 'tcpip-forward', True, '', 22)), ANY),
    ('"I am logged in"', before((b(52),), SESSION), ANY),
    ('"your service is accepted"',
     before((b(6), 'ssh-connection'), SESSION), ANY),
    ('the connection service at once',
     before((b(5), 'ssh-connection'), service=False), ANY),
    ('a service of 30 KB', before((b(5), 'x' * 30000), service=False), ANY),
    ('login for no service', before(auth('none'), service=False), ANY),
    ('login for another service',
     before(auth('none', service='ssh-userauth')), ANY),
    ('login without proof', before(auth('none')), ('refused',)),
    ('a password', before(auth('password', False, 'secret')), OVER),
    ('questions', before(auth('keyboard-interactive', '', '')), OVER),
    ('answers to no questions', before((b(61), 1, 'x')), ANY),
    ('hostbased', before(auth('hostbased', 'ssh-ed25519',
                              blob(KEY.asbytes()), 'h', 'u', 's')), OVER),
    ('gssapi', before(auth('gssapi-with-mic', 1,
                           '\x06\x09\x2a\x86\x48')), ANY),
    ('a gssapi token', before((b(61), 'x' * 1000)), ANY),
    ('an unknown method', before(auth('x' * 1000)), OVER),
    ('nobody', before(query(KEY.asbytes(), '')), OVER),
    ('a user of 30 KB', before(query(KEY.asbytes(), 'm' * 30000)), OVER),
    ('a user with a path', before(query(KEY.asbytes(), '../mub')), OVER),
    # libssh ends a name at NUL: the account is the key's own, and signing for
    # the name with NUL does not hold.
    ('a user with NUL', before(query(KEY.asbytes(), 'mub\0x')),
     ANY + ('GRANTED',)),
    # Of a question the algorithm is not looked at, of a signature it is.
    ('another algorithm than the key', before(
        query(KEY.asbytes(), algorithm='rsa-sha2-512')), ANY + ('GRANTED',)),
    ('a known user, another key', other_key_of_known_user, ('refused',)),
    ('a known key, another user', own_key_as('aic'), ('refused',)),
    ('a known key, root', own_key_as('root'), ('refused',)),
    ('a known key, no user', own_key_as(''), ('refused',)),
    ('a bad signature', before(*bad_signature(1)), ANY),
    ('bad signatures without end', penalty_after_bad_signatures,
     ('penalty',)),
    ('key exchanges without end',
     before(*[(b(20), bytes(16)) + ('',) * 10 + (False, 0)] * 100), ('closed',)),
    ('a second NEWKEYS', before((b(21),)), ANY),
    ('an elliptic point out of place', before((b(30), 'x' * 32)), ANY),
    ('ignorable messages without end', before(*[(b(2), 'x' * 100)] * 200),
     ('closed',)),
    ('debug messages of 30 KB', before(*[(b(4), True, 'x' * 30000, '')] * 64),
     ('closed',)),
    ('a message of nothing', before((b(0),)), ANY),
    ('half a request', before((b(50), b'\0\0')), ANY),
    ('a string longer than its message',
     before((b(50), b'\xff\xff\xff\xf0' + b'x' * 64)), ANY),
] + [('a spoiled key %d' % i, before(query(k)), ANY)
     for i, k in enumerate(SPOILED)] + [
    ('message %d' % k, before((b(k), os.urandom(40))), ANY)
    for k in ([0, 1, 7, 53, 60, 192, 255] if not FULL else
              [k for k in range(256) if k not in (1, 20)])]


# --- after login ------------------------------------------------------------

def inside(*messages, seconds=None):
    """Messages of one who has logged in and has an SFTP channel."""
    def case():
        raw = Raw(login=True)
        ch = raw.t.open_session(timeout=10)
        ch.invoke_subsystem('sftp')
        sftp = paramiko.SFTPClient(ch)
        raw.channel = ch.remote_chanid
        raw.mark()
        for m in messages:
            raw.send(*m)
        said = outcome(raw, seconds)
        if said != 'closed':
            try:
                if 'upload' not in sftp.listdir('/'):
                    said = 'ANOTHER ACCOUNT'
            except (OSError, EOFError, paramiko.SSHException):
                said = 'closed'
        raw.close()
        return said
    return case


def second_login():
    """Logged in as one, then as another: the account stays the first."""
    return inside(query(KEY.asbytes(), 'aic'),
                  auth('none', user='aic'), *bad_signature(1))()


def bare(kind, *rest, open_type='session'):
    """A request on a channel without a subsystem."""
    def case():
        raw = Raw(login=True)
        ch = raw.t.open_session(timeout=10)
        raw.mark()
        raw.send(b(98), ch.remote_chanid, kind, True, *rest)
        said = outcome(raw)
        raw.close()
        return said
    return case


def opened(kind, *rest):
    def case():
        raw = Raw(login=True)
        raw.mark()
        raw.send(b(90), kind, 5, 1 << 20, 32768, *rest)
        said = outcome(raw)
        raw.close()
        return said
    return case


REFUSED = ('refused', 'closed')
INSIDE = [
    ('a second login as another', second_login, ANY),
    ('a second channel', inside((b(90), 'session', 7, 1 << 20, 32768)),
     REFUSED),
    ('exec', bare('exec', 'id'), REFUSED),
    ('exec of scp', bare('exec', 'scp -t /'), REFUSED),
    ('a shell', bare('shell'), REFUSED),
    ('a terminal', bare('pty-req', 'xterm', 80, 24, 0, 0, ''), REFUSED),
    ('a variable', bare('env', 'LD_PRELOAD', '/tmp/x.so'), REFUSED),
    ('X11', bare('x11-req', False, 'MIT-MAGIC-COOKIE-1', 'x', 0), REFUSED),
    ('an agent', bare('auth-agent-req@openssh.com'), REFUSED),
    ('a subsystem that is none', bare('subsystem', 'netconf'), REFUSED),
    ('a subsystem with more behind NUL', bare('subsystem', 'sftp2'), REFUSED),
    ('a subsystem of 30 KB', bare('subsystem', 'sftp' * 7500), REFUSED),
    ('an unknown request', bare('x' * 500, 'y'), REFUSED),
    ('a signal', bare('signal', 'KILL'), ANY),
    ('a break', bare('break', 1000), ANY),
    ('a window of a terminal', bare('window-change', 1, 1, 1, 1), ANY),
    ('a second subsystem', inside((b(98), CHANNEL, 'subsystem', True, 'sftp')),
     REFUSED),
    ('a shell beside sftp', inside((b(98), CHANNEL, 'shell', True)), REFUSED),
    ('direct-tcpip', opened('direct-tcpip', '127.0.0.1', 22, 'x', 1), REFUSED),
    ('forwarded-tcpip', opened('forwarded-tcpip', 'x', 22, 'x', 1), REFUSED),
    ('direct-streamlocal',
     opened('direct-streamlocal@openssh.com', '/run/x', '', 0), REFUSED),
    ('an x11 channel', opened('x11', '127.0.0.1', 6000), REFUSED),
    ('an agent channel', opened('auth-agent@openssh.com'), REFUSED),
    ('a tunnel', opened('tun@openssh.com', 1, 0), REFUSED),
    ('an unknown channel', opened('x' * 1000), REFUSED),
    ('forwarding', inside((b(80), 'tcpip-forward', True, '0.0.0.0', 0)),
     REFUSED),
    ('forwarding of a socket', inside(
        (b(80), 'streamlocal-forward@openssh.com', True, '/tmp/x')), REFUSED),
    ('an unknown global request', inside((b(80), 'x' * 1000, True)), REFUSED),
    ('data to no channel', inside((b(94), 99, 'x' * 1000)), ANY),
    ('a window of 2^32 twice', inside(*[(b(93), CHANNEL, 0xffffffff)] * 2), ANY),
    ('the end twice', inside((b(96), CHANNEL), (b(96), CHANNEL)), ANY),
    ('close of no channel', inside((b(97), 12345)), ANY),
    ('close twice', inside((b(97), CHANNEL), (b(97), CHANNEL)), ANY),
    ('data after close', inside((b(97), CHANNEL), (b(94), CHANNEL, 'x' * 100)), ANY),
    ('data of another stream', inside((b(95), CHANNEL, 1, 'x' * 1000)), ANY),
    ('more data than the window',
     inside(*[(b(94), CHANNEL, 'x' * 32000)] * (400 if FULL else 100)), ANY),
    ('confirmation of no channel', inside((b(91), 0, 0, 1, 1)), ANY),
    ('success of no request', inside((b(99), 0)), ANY),
    ('"I am logged in"', inside((b(52),)), ANY),
    ('a disconnect', inside((b(1), 2, 'bye', '')), ('closed',)),
]


# --- SFTP -------------------------------------------------------------------

class Sftp:
    """Packets of one's own over the channel of a login."""

    def __init__(self, window=None, init=True):
        self.raw = Raw(login=True)
        self.ch = self.raw.t.open_session(
            window_size=window, timeout=10)
        self.ch.invoke_subsystem('sftp')
        self.ch.settimeout(10)
        self.id = 0
        if init:
            self.put(1, 3)
            assert self.get()[0] == 2

    def bytes(self, data):
        global inputs
        inputs += 1
        self.ch.sendall(data)

    def put(self, kind, *parts):
        body = bytes([kind])
        for p in parts:
            if isinstance(p, int):
                body += struct.pack('>I', p)
            elif isinstance(p, str):
                body += blob(p.encode('utf-8', 'surrogateescape'))
            else:
                body += p
        self.bytes(blob(body))

    def ask(self, kind, *parts):
        """Sends with an id; its answer (kind, body)."""
        self.id += 1
        self.put(kind, self.id, *parts)
        return self.get()

    def read(self, n):
        data = b''
        while len(data) < n:
            more = self.ch.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def get(self):
        n = struct.unpack('>I', self.read(4))[0]
        body = self.read(n)
        return body[0], body[1:]

    def code(self, kind, *parts):
        """The status of what is asked; 'given' for any other answer."""
        kind, body = self.ask(kind, *parts)
        return struct.unpack('>I', body[4:8])[0] if kind == 101 else 'given'

    def handle(self, kind, *parts):
        kind, body = self.ask(kind, *parts)
        return body[8:] if kind == 102 else None

    def create(self, path):
        return self.handle(3, path, 0x0a | 0x20, 0)  # WRITE CREAT EXCL

    def close(self):
        self.raw.close()


def u64(n):
    return struct.pack('>Q', n)


def ended(s, seconds=5):
    """closed, or what came instead."""
    s.ch.settimeout(seconds)
    try:
        while s.ch.recv(65536):
            pass
        return 'closed'
    except socket.timeout:
        return 'ignored'
    except (OSError, EOFError):
        return 'closed'


def stream(*pieces, init=True):
    def case():
        s = Sftp(init=init)
        try:
            for p in pieces:
                s.bytes(p)
        except (OSError, EOFError):
            pass
        said = ended(s, 3 if FULL else 1)
        s.close()
        return said
    return case


fresh = [0]


def name(kind='csv'):
    fresh[0] += 1
    return '/upload/h%d-%d.%s' % (os.getpid(), fresh[0], kind)


ROW = ('用户编号,户名,抄表年月,用水量(吨),应缴金额(元)\n'
       '10000001,泉州市水暖有限公司,2014-03,1,1.50\n').encode()


def one_byte_packets():
    """An honest upload, each byte in an SSH packet of its own."""
    s = Sftp(init=False)

    def drip(data):
        for i in range(len(data)):
            s.bytes(data[i:i + 1])
    s.bytes, whole = drip, s.bytes

    def dripping(data):
        for i in range(len(data)):
            whole(data[i:i + 1])
    s.bytes = dripping
    s.put(1, 3)
    s.get()
    h = s.create(name())
    good = s.code(6, blob(h), u64(0), blob(ROW)) == 0 and \
        s.code(4, blob(h)) == 0
    s.close()
    return 'passes' if good else 'refused'


def window_of_nothing():
    """Answers wait until there is a window, and no longer."""
    raw = Raw(login=True)
    raw.t._sanitize_window_size = lambda size: size
    ch = raw.t.open_session(window_size=0, timeout=10)
    ch.invoke_subsystem('sftp')
    ch.sendall(blob(b'\x01\0\0\0\3'))
    for i in range(2000):
        ch.sendall(blob(b'\x10' + struct.pack('>I', i) + blob(b'/')))
    time.sleep(0.5)
    early = [k for k in raw.answers() if k == 94]
    raw.send(b(93), ch.remote_chanid, 1 << 20)
    got = raw.wait([94], 5)
    raw.close()
    return 'waits' if not early and got == 94 else 'early' if early else 'lost'


def refuses(f):
    """f(s) gives codes; none may be OK (0) or an answer with content."""
    def case():
        s = Sftp()
        try:
            codes = f(s)
        except (EOFError, OSError):
            s.close()
            return 'closed'
        s.close()
        bad = [c for c in codes if c in (0, 'given')]
        return 'refused' if not bad else 'GRANTED %r' % codes
    return case


def handles(s):
    h = s.create(name())
    d = s.handle(11, '/upload')
    codes = [s.code(5, blob(h), u64(0), 100),         # READ of an upload
             s.code(12, blob(h)),                     # READDIR of a file
             s.code(6, blob(d), u64(0), blob(b'x')),  # WRITE to a folder
             s.code(5, blob(d), u64(0), 100)]
    s.code(6, blob(h), u64(0), blob(ROW))
    s.code(4, blob(h))
    s.code(4, blob(d))
    for old in (h, d, b'', b'\0', b'\0' * 4, b'\xff' * 4, b'\0' * 8,
                b'x' * 256, b'../../keys'):
        codes += [s.code(4, blob(old)), s.code(5, blob(old), u64(0), 10),
                  s.code(6, blob(old), u64(0), blob(b'x')),
                  s.code(8, blob(old)), s.code(12, blob(old)),
                  s.code(10, blob(old), struct.pack('>IQ', 1, 0))]
    return codes


def far_away(s):
    h = s.create(name())
    codes = []
    for off in (1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1,
                (1 << 64) - 4096, 1 << 50):
        codes.append(s.code(6, blob(h), u64(off), blob(b'x' * 4096)))
        codes.append(s.code(10, blob(h), struct.pack('>IQ', 1, off)))
    for path in ('/standards/allowed_signers',):
        r = s.handle(3, path, 1, 0)
        for off in (1 << 63, (1 << 64) - 1, (1 << 64) - 32768):
            codes.append(s.code(5, blob(r), u64(off), 32768))
    return codes


def names(s):
    bad = ['/upload/../../etc/passwd', '/upload/..', '/etc/passwd', '/../keys',
           '/upload/a/b.csv', '/upload/\0.csv', '/upload/x\0.csv', '', '\0',
           '/upload/' + 'x' * 60000 + '.csv', '/upload/x\n.csv',
           '/upload/\udcff\udcfe.csv', '/receipts/x.csv', '/standards/x.csv',
           '/upload/.x.csv', '//upload//../x.csv', '/upload/x.exe',
           '/proc/self/mem', '/reports/../../mub/receipts/x.csv',
           '/drop/mub/x.csv', '/exchange.db', '/keys/receipt']
    codes = [s.code(3, p, 0x2a, 0) for p in bad]
    codes += [s.code(k, p) for p in ('/', '/upload', '/receipts', '/keys')
              for k in (13, 15)]
    codes += [s.code(14, p, 0) for p in ('/x', '/upload/x', '/keys')]
    codes += [s.code(20, '/upload/l.csv', '/etc/passwd'),
              s.code(19, '/upload'), s.code(18, '/upload', '/x'),
              s.code(3, '/exchange.db', 1, 0), s.code(11, '/keys'),
              s.code(3, '/spool', 1, 0), s.code(17, '/../keys/receipt'),
              s.code(200, 'hardlink@openssh.com', '/standards/allowed_signers',
                     '/upload/h.csv'),
              s.code(200, 'copy-data', b'\0' * 40),
              s.code(200, 'x' * 30000, 'y'),
              s.code(200, 'expand-path@openssh.com', '~root')]
    return codes


def rename_during_upload():
    """Renamed with its handle open: never two, never half of it."""
    s = Sftp()
    a, c = name(), name()
    h = s.create(a)
    s.code(6, blob(h), u64(0), blob(ROW[:40]))
    first = s.code(18, a, c)
    s.code(18, a, '/receipts/x.json')
    s.code(18, c, '/standards/x.csv')
    s.code(18, a, a)
    s.code(13, a)
    s.code(13, c)
    s.code(6, blob(h), u64(40), blob(ROW[40:]))
    s.code(4, blob(h))
    s.close()
    return 'passes' if first in (0, 3, 4) else 'refused'


def many_handles(s):
    codes = []
    for i in range(300):
        kind, _ = s.ask(3, name(), 0x2a, 0)
        codes.append(kind)
    return [4] if 101 in codes else [0]


def random_packets():
    """Packets of chance: answered or the end, and nobody else minds."""
    dice = random.Random(7)
    kinds = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
             20, 200, 0, 2, 99, 101, 255]
    texts = [b'/', b'/upload', b'/upload/x.csv', b'', b'\0' * 4, b'..',
             b'/receipts', b'\xff' * 8, b'limits@openssh.com',
             b'fsync@openssh.com', b'posix-rename@openssh.com']
    for _ in range(2000 if FULL else 10):
        s = Sftp()
        try:
            for _ in range(20):
                body = bytes([dice.choice(kinds)]) + dice.randbytes(4)
                for _ in range(dice.randrange(4)):
                    body += blob(dice.choice(texts)) if dice.random() < .7 \
                        else dice.randbytes(dice.randrange(24))
                s.bytes(blob(body))
        except (OSError, EOFError):
            pass
        s.close()
    return 'passes'


def slow_loris():
    """Half a packet for ever: it holds its own session and nothing else."""
    held = [Sftp() for _ in range(20 if FULL else 5)]
    for s in held:
        s.bytes(struct.pack('>IB', 200000, 6))
    for _ in range(5):
        for s in held:
            s.bytes(b'x')
        time.sleep(0.1)
    good = honest()
    for s in held:
        s.close()
    return 'passes' if good else 'KEPT OTHERS OUT'


def slow_reader():
    """Asks for much and reads nothing: memory stays bounded."""
    s = Sftp()
    h = s.handle(3, '/standards/allowed_signers', 1, 0)
    s.raw.t.packetizer.read_message = lambda: time.sleep(60)
    s.raw.t.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def flood():
        try:
            for i in range(20000 if FULL else 3000):
                s.put(11, i, '/standards')
                s.put(5, i, blob(h), u64(0), 1 << 18)
        except (OSError, EOFError):
            pass
    t = threading.Thread(target=flood, daemon=True)
    t.start()
    t.join(3)
    good = honest()
    s.raw.t.sock.close()
    return 'passes' if good else 'KEPT OTHERS OUT'


READ9 = b'\x05\0\0\0\1'
SFTP = [
    ('1-byte packets', one_byte_packets, ('passes',)),
    ('a window of nothing', window_of_nothing, ('waits',)),
    ('a packet of 4 GB', stream(b'\xff' * 4 + b'x' * 65536), ('closed',)),
    ('a packet of 2 GB', stream(b'\x7f' + b'\xff' * 3 + b'x' * 65536),
     ('closed',)),
    ('a packet of 256 KB and one', stream(struct.pack('>I', 262145)),
     ('closed',)),
    ('a packet of nothing', stream(b'\0' * 4), ('closed',)),
    ('a packet without an id', stream(blob(b'\x05\0')), ANY),
    ('half a READ', stream(blob(READ9)), ANY),
    ('a handle longer than its packet',
     stream(blob(READ9 + b'\xff' * 4)), ANY),
    ('no INIT', stream(blob(b'\x10\0\0\0\1' + blob(b'/')), init=False), ANY),
    ('INIT twice', stream(blob(b'\1\0\0\0\3')), ANY),
    ('INIT of version 0', stream(blob(b'\1\0\0\0\0'), init=False), ANY),
    ('INIT of 2^32', stream(blob(b'\1' + b'\xff' * 4), init=False), ANY),
    ('HTTP', stream(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n' * 100, init=False),
     ('closed',)),
    ('noise', stream(os.urandom(100000)), ('closed',)),
    ('handles of others, of before, of nothing', refuses(handles),
     ('refused',)),
    ('READ and WRITE at 2^63', refuses(far_away), ('refused',)),
    ('names that lead elsewhere', refuses(names), ('refused',)),
    ('rename during upload', rename_during_upload, ('passes', 'refused')),
    ('300 handles', refuses(many_handles), ('refused',)),
    ('packets of chance', random_packets, ('passes',)),
    ('slow loris', slow_loris, ('passes',)),
    ('a slow reader', slow_reader, ('passes',)),
]


# --- all of them -------------------------------------------------------------

def honest():
    """An upload by one who keeps to the rules; passes within seconds."""
    try:
        s = socket.create_connection(('127.0.0.1', PORT), 10)
        t = paramiko.Transport(s)
        t.connect(username=USER, pkey=KEY)
        c = paramiko.SFTPClient.from_transport(t)
        h = c.open(name(), 'wx')
        h.write(ROW)
        h.close()
        t.close()
        return True
    except (OSError, EOFError, paramiko.SSHException) as e:
        print('# honest: %r' % e)
        return False


def main():
    # paramiko's threads complain of ends; that is what the cases are about.
    sys.stderr = open(os.devnull, 'w')
    findings = refused = 0
    for group, cases in (('before login', BEFORE), ('inside', INSIDE),
                         ('sftp', SFTP)):
        for i, (title, case, may_be) in enumerate(cases):
            if CHOSEN and not any(c in title for c in CHOSEN):
                continue
            if not FULL and i % 3 != 0:
                continue
            start = time.time()
            try:
                said = case()
            except (OSError, EOFError, paramiko.SSHException) as e:
                said = 'closed' if 'closed' in may_be else 'failed: %r' % e
            took = time.time() - start
            good = said in may_be
            refused += said in OVER + ('penalty',)
            if FULL or i % 12 == 0 or i == len(cases) - 1:
                if not honest():
                    good = False
                    said += ', and an honest upload failed'
            findings += not good
            print('%s - %s, %s: %s' % ('ok' if good else 'not ok', group,
                                       title, said), flush=True)
            if took > 3:
                print('# %.1f s' % took)
    print('# inputs %d, refused %d, findings %d' % (inputs, refused, findings))
    os._exit(findings > 0)


main()
