#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "door/callers.h"
#include "door/gate.h"
#include "door/limits.h"
#include "sys/buf.h"
#include "sys/clock.h"
#include "sys/conf.h"
#include "sys/copies.h"
#include "sys/file.h"
#include "sys/frame.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/proc.h"

enum { VISITS_MAX = 10240 };

/* A visitor, and the processes that serve him. */
struct visit {
	pid_t session;
	int fd; /* our end of its frame socket */
	int logged_in;
	int tried;       /* a key was offered */
	uint32_t serial; /* names it towards the keeper */
	uint32_t tag;    /* of the question it asks */
	int64_t until;   /* login has to be done, in seconds */
	char source[48];
	char address[64];
	char user[ACCOUNT_TEXT]; /* the keeper said yes to */
	enum account_role role;
};

struct gate {
	struct conf conf;
	int listen;
	int keeper;
	int keys; /* memory file with both host keys */
	int signals;
	struct pattern sessions;
	struct pattern filers;
	struct limits *limits;
	struct callers callers;
	uint32_t verdicts[LIMITS_VERDICTS]; /* not told yet */
	int64_t told_at;                    /* in seconds */
	struct visit *visit[VISITS_MAX];
	size_t nvisits;
	uint32_t serial;
	int stopping;
	struct frame frame;
};

static int64_t
seconds_now(void)
{
	return clock_milliseconds() / 1000;
}

/* --- sessions and filers ------------------------------------------------ */

/* Both run before there is a visitor, and again where one has died. */
static int
start_patterns(struct gate *g, struct err *e)
{
	char idle[16];
	const char *const args[] = { idle, NULL };

	snprintf(idle, sizeof(idle), "%d", g->conf.idle_seconds);
	if (pattern_start(&g->sessions,
		(struct proc_fd[]){ { "keys", g->keys } }, 1, args, e) == -1)
		return -1;
	return pattern_start(&g->filers, NULL, 0, NULL, e);
}

/* A session for a socket, which stays the caller's. */
static int
start_session(struct gate *g, struct visit *v, int fd, struct err *e)
{
	int pair[2];

	if (start_patterns(g, e) == -1 || frame_pair(pair, e) == -1)
		return -1;
	frame_start(&g->frame, MESSAGE_ORDER);
	frame_put_str(&g->frame, v->address);
	frame_put_fd(&g->frame, pair[1]);
	frame_put_fd(&g->frame, fd);
	v->session = pattern_copy(&g->sessions, &g->frame, e);
	(void)close(pair[1]);
	if (v->session == -1) {
		(void)close(pair[0]);
		return -1;
	}
	v->fd = pair[0];
	return 0;
}

/* The stream goes to the session, the frames to the keeper. */
static int
start_filer(struct gate *g, struct visit *v, struct err *e)
{
	int stream[2] = { -1, -1 };
	int frames[2] = { -1, -1 };
	int remarks[2] = { -1, -1 };
	int room = 4 << 20;
	int rc = -1;

	if (start_patterns(g, e) == -1)
		goto out;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) == -1) {
		err_errno(e, ERR_RETRY, "no socket pair");
		goto out;
	}
	for (int i = 0; i < 2; i++)
		(void)setsockopt(stream[i], SOL_SOCKET, SO_SNDBUF, &room,
		    sizeof(room));
	if (frame_pair(frames, e) == -1)
		goto out;
	if (pipe2(remarks, O_CLOEXEC) == -1) {
		err_errno(e, ERR_RETRY, "no pipe");
		goto out;
	}
	frame_start(&g->frame, MESSAGE_ORDER);
	frame_put_str(&g->frame, v->user);
	frame_put_u8(&g->frame, (uint8_t)v->role);
	frame_put_fd(&g->frame, stream[1]);
	frame_put_fd(&g->frame, frames[1]);
	frame_put_fd(&g->frame, remarks[1]);
	if (pattern_copy(&g->filers, &g->frame, e) == -1)
		goto out;
	frame_start(&g->frame, MESSAGE_FILER);
	frame_put_str(&g->frame, v->user);
	frame_put_str(&g->frame, v->address);
	frame_put_fd(&g->frame, frames[0]);
	if (frame_send(g->keeper, &g->frame, e) == -1)
		goto out;
	frame_start(&g->frame, MESSAGE_STREAM);
	frame_put_fd(&g->frame, stream[0]);
	frame_put_fd(&g->frame, remarks[0]);
	rc = frame_send(v->fd, &g->frame, e);
out:
	for (int i = 0; i < 2; i++) {
		if (stream[i] != -1)
			(void)close(stream[i]);
		if (frames[i] != -1)
			(void)close(frames[i]);
		if (remarks[i] != -1)
			(void)close(remarks[i]);
	}
	return rc;
}

/* It has ended or has to: what is left of it is reaped as it dies. */
static void
end_visit(struct gate *g, size_t at)
{
	struct visit *v = g->visit[at];

	(void)kill(v->session, SIGKILL);
	(void)close(v->fd);
	limits_leave(g->limits, v->source, v->logged_in,
	    v->tried && !v->logged_in, seconds_now());
	g->visit[at] = g->visit[--g->nvisits];
	free(v);
}

/* --- connections -------------------------------------------------------- */

static int
welcome(struct gate *g, int fd, const char *address, const char *source,
    struct err *e)
{
	struct visit *v;

	if (g->nvisits == VISITS_MAX)
		return err_set(e, ERR_RETRY, "too many sessions");
	v = xcalloc(1, sizeof(*v));
	v->serial = ++g->serial;
	v->until = seconds_now() + g->conf.login_seconds;
	snprintf(v->address, sizeof(v->address), "%s", address);
	snprintf(v->source, sizeof(v->source), "%s", source);
	if (start_session(g, v, fd, e) == -1) {
		free(v);
		return -1;
	}
	g->visit[g->nvisits++] = v;
	return 0;
}

/* Somebody who has spoken, or waits for us to speak first. */
static void
on_caller(struct gate *g, const struct caller *c, int spoke)
{
	enum limits_verdict verdict;
	struct err e;

	verdict = limits_enter(g->limits, c->source, spoke, seconds_now());
	g->verdicts[verdict]++;
	if (verdict != LIMITS_IN) {
		log_warn("- connection refused from=%s why=%s", c->address,
		    limits_verdict_name(verdict));
	} else if (welcome(g, c->fd, c->address, c->source, &e) == -1) {
		limits_leave(g->limits, c->source, 0, 0, seconds_now());
		log_warn("- connection lost from=%s: %s", c->address, e.en);
	}
	(void)close(c->fd);
}

static void
on_callers(struct gate *g, struct pollfd *p)
{
	struct caller c;
	int spoke;

	while (callers_next(&g->callers, p, clock_milliseconds(), &c, &spoke))
		on_caller(g, &c, spoke);
}

static void
on_connection(struct gate *g, int fd, const struct sockaddr *at, socklen_t len)
{
	char address[64] = "?";
	char source[48];

	(void)getnameinfo(at, len, address, sizeof(address), NULL, 0,
	    NI_NUMERICHOST);
	limits_source(address, source);
	callers_add(&g->callers, fd, address, source, clock_milliseconds());
}

static void
on_listen(struct gate *g)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	int fd;

	while ((fd = accept4(g->listen, (struct sockaddr *)&at, &len,
		    SOCK_CLOEXEC)) != -1) {
		on_connection(g, fd, (struct sockaddr *)&at, len);
		len = sizeof(at);
	}
}

/* --- frames ------------------------------------------------------------- */

/* session: a key. The keeper decides. */
static int
on_key(struct gate *g, struct visit *v, struct err *e)
{
	struct frame *f = &g->frame;
	unsigned char key[8192];
	char user[ACCOUNT_TEXT];
	size_t len;

	v->tag = frame_get_u32(f);
	frame_get_str(f, user, sizeof(user));
	len = frame_get_bytes(f, key, sizeof(key));
	if (frame_end(f, e) == -1)
		return -1;
	v->tried = 1;
	v->user[0] = '\0';
	frame_start(f, MESSAGE_LOGIN);
	frame_put_u32(f, v->serial);
	frame_put_str(f, user);
	frame_put_bytes(f, key, len);
	frame_put_str(f, v->address);
	return frame_send(g->keeper, f, e);
}

static int
on_logged_in(struct gate *g, struct visit *v, struct err *e)
{
	char user[ACCOUNT_TEXT];

	frame_get_str(&g->frame, user, sizeof(user));
	if (frame_end(&g->frame, e) == -1)
		return -1;
	/* Only as whom the keeper has just allowed, and only once. */
	if (v->logged_in || v->user[0] == '\0' || strcmp(user, v->user) != 0)
		return err_set(e, ERR_SENDER, "a login nobody allowed");
	v->logged_in = 1;
	limits_logged_in(g->limits, v->source, seconds_now());
	return start_filer(g, v, e);
}

/* 0, or -1 where the visit is over. */
static int
on_session(struct gate *g, struct visit *v, struct err *e)
{
	if (frame_recv(v->fd, &g->frame, e) != 1)
		return -1;
	if (g->frame.type == MESSAGE_KEY)
		return on_key(g, v, e);
	if (g->frame.type == MESSAGE_LOGGED_IN)
		return on_logged_in(g, v, e);
	return -1;
}

static void
on_login_answer(struct gate *g, uint32_t serial, int yes, const char *account,
    enum account_role role)
{
	struct err e;

	for (size_t i = 0; i < g->nvisits; i++) {
		struct visit *v = g->visit[i];

		if (v->serial != serial)
			continue;
		if (yes)
			snprintf(v->user, sizeof(v->user), "%s", account);
		v->role = role;
		frame_start(&g->frame, MESSAGE_KEY_ANSWER);
		frame_put_u32(&g->frame, v->tag);
		frame_put_u8(&g->frame, (uint8_t)yes);
		if (frame_send(v->fd, &g->frame, &e) == -1)
			end_visit(g, i);
		return;
	}
}

static int
on_keeper(struct gate *g, struct err *e)
{
	struct frame *f = &g->frame;
	char account[ACCOUNT_TEXT];
	uint32_t serial;
	uint8_t yes, role;
	int rc = frame_recv(g->keeper, f, e);

	if (rc != 1) {
		g->stopping = 1;
		return rc;
	}
	serial = frame_get_u32(f);
	yes = frame_get_u8(f);
	frame_get_str(f, account, sizeof(account));
	role = frame_get_u8(f);
	if (f->type != MESSAGE_LOGIN_ANSWER || frame_end(f, e) == -1)
		return err_set(e, ERR_HOLD, "the keeper sent frame %u",
		    f->type);
	on_login_answer(g, serial, yes, account, (enum account_role)role);
	return 0;
}

static void
on_signals(struct gate *g)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(g->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			g->stopping = 1;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pattern_was(&g->sessions, pid) ||
		    pattern_was(&g->filers, pid))
			log_warn("- a pattern has died");
		/* Who learned from its fault where things lie starts anew. */
		if (pattern_betrayed(status)) {
			pattern_end(&g->sessions);
			pattern_end(&g->filers);
		}
	}
}

/* Who takes too long to log in is shown out. */
static void
end_overdue(struct gate *g)
{
	int64_t now = seconds_now();

	for (size_t i = g->nvisits; i-- > 0;)
		if (!g->visit[i]->logged_in && now > g->visit[i]->until) {
			log_info("- login took too long from=%s",
			    g->visit[i]->address);
			end_visit(g, i);
		}
}

/* Once a second at most, however many there are. */
static int
tell_verdicts(struct gate *g, struct err *e)
{
	uint32_t all = 0;

	for (int i = 0; i < LIMITS_VERDICTS; i++)
		all += g->verdicts[i];
	if (all == 0 || g->told_at == seconds_now())
		return 0;
	g->told_at = seconds_now();
	frame_start(&g->frame, MESSAGE_CALLERS);
	for (int i = 0; i < LIMITS_VERDICTS; i++)
		frame_put_u32(&g->frame, g->verdicts[i]);
	memset(g->verdicts, 0, sizeof(g->verdicts));
	return frame_send(g->keeper, &g->frame, e);
}

/* --- the role ----------------------------------------------------------- */

static int
load_keys(struct gate *g, struct err *e)
{
	enum { KEYS_MAX = 65536 };
	struct buf keys;
	int rc = -1;

	buf_init(&keys, KEYS_MAX);
	g->keys = memfd_create("keys", MFD_CLOEXEC);
	if (g->keys == -1)
		err_errno(e, ERR_RETRY, "no memory file");
	else if (file_read(AT_FDCWD, HOME_HOST_ED25519, &keys, e) == 0 &&
		 file_read(AT_FDCWD, HOME_HOST_ECDSA, &keys, e) == 0)
		rc = write(g->keys, keys.data, keys.len) == (ssize_t)keys.len
			 ? 0
			 : err_errno(e, ERR_RETRY, "cannot hold the host keys");
	if (keys.data != NULL)
		explicit_bzero(keys.data, keys.room);
	buf_done(&keys);
	return rc;
}

static int
open_all(struct gate *g, struct err *e)
{
	sigset_t set;

	if (conf_read(HOME_CONF, &g->conf, e) == -1 || load_keys(g, e) == -1)
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (g->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_errno(e, ERR_HOLD, "cannot watch signals");
	g->listen = proc_fd("listen");
	g->keeper = proc_fd("keeper");
	g->limits = limits_new(g->conf.sessions_max,
	    g->conf.sessions_per_source, g->conf.startups_max);
	return 0;
}

static int
round_once(struct gate *g, struct err *e)
{
	static struct pollfd p[VISITS_MAX + CALLERS_MAX + 3];
	size_t n = g->nvisits;
	size_t callers = g->callers.n;

	p[0] = (struct pollfd){ .fd = g->listen, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = g->keeper, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = g->signals, .events = POLLIN };
	for (size_t i = 0; i < n; i++)
		p[3 + i] =
		    (struct pollfd){ .fd = g->visit[i]->fd, .events = POLLIN };
	callers_poll(&g->callers, p + 3 + n);
	if (poll(p, (nfds_t)(3 + n + callers),
		callers_patience(&g->callers, clock_milliseconds(), 1000)) ==
		-1 &&
	    errno != EINTR)
		return err_errno(e, ERR_RETRY, "poll");
	on_callers(g, p + 3 + n);
	/* From the end: a visit that is over is replaced by the last. */
	for (size_t i = n; i-- > 0;)
		if (p[3 + i].revents != 0 &&
		    on_session(g, g->visit[i], e) == -1)
			end_visit(g, i);
	if (p[1].revents != 0 && on_keeper(g, e) == -1)
		return -1;
	if (p[2].revents != 0)
		on_signals(g);
	if (p[0].revents != 0)
		on_listen(g);
	end_overdue(g);
	if (tell_verdicts(g, e) == -1)
		return -1;
	if (!g->stopping && start_patterns(g, e) == -1)
		return -1;
	return 0;
}

int
gate_role(int argc, char **argv)
{
	struct gate *g = xcalloc(1, sizeof(*g));
	struct err e;

	(void)argc;
	(void)argv;
	if (open_all(g, &e) == -1 || jail_enter(JAIL_GATE, NULL, &e) == -1)
		log_fatal("- gate cannot start: %s", e.en);
	g->sessions.role = "sessions";
	g->filers.role = "filers";
	if (start_patterns(g, &e) == -1)
		log_fatal("- gate cannot start: %s", e.en);
	while (!g->stopping)
		if (round_once(g, &e) == -1)
			log_fatal("- gate ends: %s", e.en);
	while (g->nvisits > 0)
		end_visit(g, g->nvisits - 1);
	pattern_end(&g->sessions);
	pattern_end(&g->filers);
	callers_close(&g->callers);
	limits_free(g->limits);
	free(g);
	return 0;
}
