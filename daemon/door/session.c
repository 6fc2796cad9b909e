#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "door/session.h"
#include "door/ssh.h"
#include "sys/copies.h"
#include "sys/frame.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/proc.h"
#include "sys/secret.h"
#include "sys/sign.h"

enum {
	/* Above this much unread by the filer the client has to wait. */
	BACKLOG = 4 << 20,
	REPLY_CHUNK = 1 << 20
};

struct session {
	int gate;
	int socket;
	int stream;  /* to the filer, -1 before login */
	int remarks; /* its sentences for the person, -1 before login */
	int filer_gone;
	uint32_t tag;
	char address[64];
	struct sshd *ssh;
	struct buf *in; /* client -> filer */
	struct buf out; /* filer -> client */
	struct frame frame;
};

/*
 * Ended by the gate, what was on its way is dropped; ended by itself, a client
 * that reads slowly gets the last of it.
 */
static void
drop_at_end(struct session *s, int yes)
{
	const struct linger linger = { .l_onoff = yes };

	(void)setsockopt(s->socket, SOL_SOCKET, SO_LINGER, &linger,
	    sizeof(linger));
}

/* --- asking the gate ---------------------------------------------------- */

static int
recv_answer(struct session *s, enum message type)
{
	struct err e;

	return frame_recv(s->gate, &s->frame, &e) == 1 && s->frame.type == type;
}

static int
on_key(void *arg, const char *user, const void *blob, size_t len)
{
	struct session *s = arg;
	struct frame *f = &s->frame;
	char print[64];
	struct err e;
	int yes;

	if (strlen(user) >= ACCOUNT_TEXT)
		return 0;
	frame_start(f, MESSAGE_KEY);
	frame_put_u32(f, ++s->tag);
	frame_put_str(f, user);
	frame_put_bytes(f, blob, len);
	if (frame_send(s->gate, f, &e) == -1 ||
	    !recv_answer(s, MESSAGE_KEY_ANSWER) || frame_get_u32(f) != s->tag)
		return 0;
	yes = frame_get_u8(f);
	if (frame_end(f, &e) == -1)
		return 0;
	sign_fingerprint(blob, len, print);
	log_info("- login user=%s from=%s key=%s outcome=%s", log_quote(user),
	    s->address, print, yes ? "known" : "refused");
	return yes;
}

static int
on_logged_in(void *arg, const char *user)
{
	struct session *s = arg;
	struct frame *f = &s->frame;
	struct err e;

	frame_start(f, MESSAGE_LOGGED_IN);
	frame_put_str(f, user);
	if (frame_send(s->gate, f, &e) == -1 || !recv_answer(s, MESSAGE_STREAM))
		return -1;
	s->stream = frame_get_fd(f);
	s->remarks = frame_get_fd(f);
	if (frame_end(f, &e) == -1)
		return -1;
	(void)fcntl(s->stream, F_SETFL, O_NONBLOCK);
	(void)fcntl(s->remarks, F_SETFL, O_NONBLOCK);
	drop_at_end(s, 1);
	log_info("- logged in user=%s from=%s", log_quote(user), s->address);
	return 0;
}

/* --- bytes between the channel and the filer ---------------------------- */

/* 0, or -1 where the filer has gone. */
static int
to_filer(struct session *s)
{
	size_t done = 0;

	while (done < s->in->len) {
		ssize_t n = send(s->stream, s->in->data + done,
		    s->in->len - done, MSG_NOSIGNAL);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	buf_consume(s->in, done);
	if (s->in->len == 0 && sshd_at_end(s->ssh))
		(void)shutdown(s->stream, SHUT_WR);
	return 0;
}

static int
to_client(struct session *s)
{
	while (s->out.len > 0) {
		long n = sshd_send(s->ssh, s->out.data, s->out.len);

		if (n == -1)
			return -1;
		if (n == 0)
			return 0;
		buf_consume(&s->out, (size_t)n);
	}
	return 0;
}

/* The filer's answers, only as the client takes them. */
static int
from_filer(struct session *s)
{
	while (s->out.len == 0 && !s->filer_gone) {
		char *to = buf_reserve(&s->out, REPLY_CHUNK);
		ssize_t n = read(s->stream, to, REPLY_CHUNK);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0) {
			s->filer_gone = 1;
			return 0;
		}
		s->out.len += (size_t)n;
		if (to_client(s) == -1)
			return -1;
	}
	return 0;
}

/* SFTP clients show no reason of a refusal; what stands beside they do. */
static void
pass_remarks(struct session *s)
{
	char text[2048];
	ssize_t n;

	while ((n = read(s->remarks, text, sizeof(text))) > 0)
		sshd_remark(s->ssh, text, (size_t)n);
	if (n == 0) {
		(void)close(s->remarks);
		s->remarks = -1;
	}
}

static short
stream_wants(const struct session *s)
{
	short wants = 0;

	if (s->out.len == 0 && !s->filer_gone)
		wants |= POLLIN;
	if (s->in->len > 0)
		wants |= POLLOUT;
	return wants;
}

/* One round; 1 go on, 0 all is said, -1. */
static int
turn(struct session *s, int idle_ms, struct err *e)
{
	struct pollfd p[4] = { { .fd = s->socket,
				   .events = sshd_wants(s->ssh) },
		{ .fd = s->stream, .events = 0 },
		{ .fd = s->gate, .events = POLLIN },
		{ .fd = s->remarks, .events = POLLIN } };
	int n;

	/* A filer that is behind stops the client by TCP itself. */
	if (s->in->len >= BACKLOG)
		p[0].events &= ~POLLIN;
	if (s->stream != -1)
		p[1].events = stream_wants(s);
	n = poll(p, 4, idle_ms);
	if (n == 0)
		return err_set(e, ERR_SENDER, "idle for too long");
	if (p[2].revents != 0)
		return err_set(e, ERR_RETRY, "the gate ends it");
	if (p[0].revents != 0 && sshd_turn(s->ssh, e) == -1)
		return -1;
	if (s->stream == -1 || !sshd_started(s->ssh))
		return 1;
	if (p[3].revents != 0)
		pass_remarks(s);
	if (to_filer(s) == -1)
		s->filer_gone = 1;
	if (to_client(s) == -1 || (p[1].revents != 0 && from_filer(s) == -1))
		return err_set(e, ERR_SENDER, "the client does not listen");
	return s->filer_gone && s->out.len == 0 ? 0 : 1;
}

/* --- begin -------------------------------------------------------------- */

static int
read_keys(int fd, struct buf *keys, struct err *e)
{
	char chunk[4096];
	ssize_t n;
	off_t at = 0;

	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		buf_add(keys, chunk, (size_t)n);
		at += n;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return n == -1 ? err_errno(e, ERR_HOLD, "cannot read host keys") : 0;
}

static int
prepare(struct session *s, int packets, int strict, struct err *e)
{
	enum { KEYS_MAX = 65536 };
	const struct sshd_hooks hooks = { on_key, on_logged_in, s };
	struct buf keys;
	int rc;

	buf_init(&s->out, 2 * REPLY_CHUNK);
	buf_init_secret(&keys, KEYS_MAX);
	rc = read_keys(proc_fd("keys"), &keys, e);
	if (rc == 0)
		rc = sshd_prepare(keys.data, keys.len, strict, &hooks,
		    (uint64_t)packets, &s->ssh, e);
	buf_done(&keys);
	(void)close(proc_fd("keys"));
	if (rc == 0)
		s->in = sshd_incoming(s->ssh);
	return rc;
}

/* What the gate ordered this copy for. */
static int
take_order(struct session *s, struct err *e)
{
	int on = 1;

	frame_get_str(&s->frame, s->address, sizeof(s->address));
	s->gate = frame_get_fd(&s->frame);
	s->socket = frame_get_fd(&s->frame);
	if (frame_end(&s->frame, e) == -1)
		return -1;
	/* Without it every answer waits for the next acknowledgement. */
	(void)setsockopt(s->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

/* The life of a copy: one connection; an enum session_end. */
static int
serve(struct session *s, int idle_ms, struct err *e)
{
	int rc;

	if (take_order(s, e) == -1 || jail_enter(JAIL_SESSION, NULL, e) == -1 ||
	    sshd_accept(s->ssh, s->socket, e) == -1)
		log_fatal("- session cannot begin: %s", e->en);
	while ((rc = turn(s, idle_ms, e)) == 1)
		;
	drop_at_end(s, 0);
	if (rc == 0)
		sshd_finish(s->ssh);
	else
		log_debug("- session from=%s ends: %s", s->address, e->en);
	if (s->stream != -1 || !sshd_exchanged(s->ssh))
		return SESSION_SILENT;
	return sshd_foul(s->ssh) ? SESSION_FOUL : SESSION_KEYED;
}

int
session_role(int argc, char **argv)
{
	struct session *s = xcalloc(1, sizeof(*s));
	int idle_ms = argc > 0 ? atoi(argv[0]) * 1000 : 900000;
	int packets = argc > 1 ? atoi(argv[1]) : 64;
	int strict = argc > 2 && strcmp(argv[2], "strict") == 0;
	struct err e;
	int rc;

	s->stream = -1;
	s->remarks = -1;
	secret_process();
	if (prepare(s, packets, strict, &e) == -1)
		log_fatal("- sessions cannot start: %s", e.en);
	rc = copies_make("session", &s->frame, &e);
	if (rc == -1)
		log_fatal("- session cannot begin: %s", e.en);
	if (rc == 1)
		rc = serve(s, idle_ms, &e);
	sshd_done(s->ssh); /* keys are wiped */
	buf_done(&s->out);
	free(s);
	return rc;
}
