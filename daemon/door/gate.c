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

#include "door/gate.h"
#include "door/gate_part.h"
#include "sys/buf.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/secret.h"

enum {
	REFUSALS_LOGGED = 20, /* in a second: a flood shall not fill the disk */
	/* In a round, so that a flood leaves time for those who are here. */
	ACCEPTS = 64,
	STARTS = 4
};

/* --- connections -------------------------------------------------------- */

static int
welcome(struct gate *g, struct visit *v, int fd, struct err *e)
{
	if (g->nvisits == VISITS_MAX)
		return err_set(e, ERR_RETRY, "too many sessions");
	v->serial = ++g->serial;
	v->until = gate_now() + g->conf.login_seconds;
	if (gate_session(g, v, fd, e) == -1)
		return -1;
	g->visit[g->nvisits++] = v;
	return 0;
}

static void
log_refusal(struct gate *g, const char *address, enum limits_verdict verdict)
{
	int64_t now = gate_now();

	if (g->logged_at != now) {
		g->logged_at = now;
		g->logged = 0;
	}
	if (g->logged++ < REFUSALS_LOGGED)
		log_warn("- connection refused from=%s why=%s", address,
		    limits_verdict_name(verdict));
}

/* Somebody who has spoken, or waits for us to speak first. 1: he is in. */
static int
on_caller(struct gate *g, const struct caller *c, int spoke)
{
	struct visit *v = xcalloc(1, sizeof(*v));
	struct limits_visitor *displaced;
	enum limits_verdict verdict;
	struct err e;
	int in = 0;

	limits_visitor(g->limits, c->address, &v->who);
	snprintf(v->address, sizeof(v->address), "%s", c->address);
	verdict = limits_enter(g->limits, &v->who, spoke,
	    arc4random_uniform(100), gate_now(), &displaced);
	g->verdicts[verdict]++;
	if (displaced != NULL)
		gate_displace(g, displaced);
	if (verdict != LIMITS_IN) {
		log_refusal(g, c->address, verdict);
		free(v);
	} else if (welcome(g, v, c->fd, &e) == -1) {
		log_warn("- connection lost from=%s: %s", c->address, e.en);
		limits_leave(g->limits, &v->who, FAULT_NONE, gate_now());
		free(v);
	} else {
		in = 1;
	}
	(void)close(c->fd);
	return in;
}

static void
on_callers(struct gate *g, struct pollfd *p)
{
	struct caller c;
	int spoke;

	for (int n = 0; n < STARTS && callers_next(&g->callers, p,
					  clock_milliseconds(), &c, &spoke);)
		n += on_caller(g, &c, spoke);
}

static void
on_connection(struct gate *g, int fd, const struct sockaddr *at, socklen_t len)
{
	char address[64] = "?";
	char source[48];

	(void)getnameinfo(at, len, address, sizeof(address), NULL, 0,
	    NI_NUMERICHOST);
	limits_source(g->limits, address, source);
	callers_add(&g->callers, fd, address, source,
	    limits_known(g->limits, source, gate_now()), clock_milliseconds());
}

static void
on_listen(struct gate *g)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	int fd;

	for (int i = 0; i < ACCEPTS; i++) {
		fd = accept4(g->listen, (struct sockaddr *)&at, &len,
		    SOCK_CLOEXEC);
		if (fd == -1)
			return;
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
	v->who.tried = 1;
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
	limits_logged_in(g->limits, &v->who, gate_now());
	return gate_filer(g, v, e);
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
			gate_end(g, i, FAULT_NONE);
		return;
	}
}

static int
on_answer(struct gate *g, struct err *e)
{
	struct frame *f = &g->frame;
	char account[ACCOUNT_TEXT];
	uint32_t serial = frame_get_u32(f);
	uint8_t yes = frame_get_u8(f);
	uint8_t role;

	frame_get_str(f, account, sizeof(account));
	role = frame_get_u8(f);
	if (frame_end(f, e) == -1)
		return -1;
	on_login_answer(g, serial, yes, account, (enum account_role)role);
	return 0;
}

/* Whatever was on its way to them is not sent any more. */
static int
on_hang_up(struct gate *g, struct err *e)
{
	char account[ACCOUNT_TEXT];

	frame_get_str(&g->frame, account, sizeof(account));
	if (frame_end(&g->frame, e) == -1)
		return -1;
	for (size_t i = g->nvisits; i-- > 0;)
		if (strcmp(g->visit[i]->user, account) == 0)
			gate_end(g, i, FAULT_NONE);
	return 0;
}

static int
on_keeper(struct gate *g, struct err *e)
{
	int rc = frame_recv(g->keeper, &g->frame, e);

	if (rc != 1) {
		g->stopping = 1;
		return rc;
	}
	if (g->frame.type == MESSAGE_LOGIN_ANSWER)
		return on_answer(g, e);
	if (g->frame.type == MESSAGE_HANG_UP)
		return on_hang_up(g, e);
	return err_set(e, ERR_HOLD, "the keeper sent frame %u", g->frame.type);
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
		gate_death(g, pid, status);
	}
}

/* Who takes too long to log in is shown out. */
static void
end_overdue(struct gate *g)
{
	int64_t now = gate_now();

	for (size_t i = g->nvisits; i-- > 0;)
		if (!g->visit[i]->logged_in && now > g->visit[i]->until) {
			log_info("- login took too long from=%s",
			    g->visit[i]->address);
			gate_end(g, i, FAULT_GRACE);
		}
}

/* Once a second at most, however many there are. */
static int
tell_verdicts(struct gate *g, struct err *e)
{
	uint32_t all = 0;

	for (int i = 0; i < LIMITS_VERDICTS; i++)
		all += g->verdicts[i];
	for (int i = 0; i < LIMITS_FAULTS; i++)
		all += g->faults[i];
	if (all == 0 || g->told_at == gate_now())
		return 0;
	g->told_at = gate_now();
	frame_start(&g->frame, MESSAGE_CALLERS);
	for (int i = 0; i < LIMITS_VERDICTS; i++)
		frame_put_u32(&g->frame, g->verdicts[i]);
	for (int i = 0; i < LIMITS_FAULTS; i++)
		frame_put_u32(&g->frame, g->faults[i]);
	memset(g->verdicts, 0, sizeof(g->verdicts));
	memset(g->faults, 0, sizeof(g->faults));
	return frame_send(g->keeper, &g->frame, e);
}

/* --- the role ----------------------------------------------------------- */

static int
load_keys(struct gate *g, struct err *e)
{
	enum { KEYS_MAX = 65536 };
	struct buf keys;
	int rc = -1;

	secret_process();
	buf_init_secret(&keys, KEYS_MAX);
	g->keys = memfd_create("keys", MFD_CLOEXEC);
	if (g->keys == -1)
		err_errno(e, ERR_RETRY, "no memory file");
	else if (file_read(AT_FDCWD, HOME_HOST_ED25519, &keys, e) == 0 &&
		 file_read(AT_FDCWD, HOME_HOST_ECDSA, &keys, e) == 0)
		rc = write(g->keys, keys.data, keys.len) == (ssize_t)keys.len
			 ? 0
			 : err_errno(e, ERR_RETRY, "cannot hold the host keys");
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
	g->limits = limits_new(&g->conf);
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
	/* From the end: a visit that is over is replaced by the last. */
	for (size_t i = n; i-- > 0;)
		if (p[3 + i].revents != 0 &&
		    on_session(g, g->visit[i], e) == -1)
			gate_end(g, i, FAULT_NONE);
	on_callers(g, p + 3 + n);
	if (p[1].revents != 0 && on_keeper(g, e) == -1)
		return -1;
	if (p[2].revents != 0)
		on_signals(g);
	if (p[0].revents != 0)
		on_listen(g);
	end_overdue(g);
	if (tell_verdicts(g, e) == -1)
		return -1;
	if (!g->stopping && gate_patterns(g, e) == -1)
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
	if (gate_patterns(g, &e) == -1)
		log_fatal("- gate cannot start: %s", e.en);
	while (!g->stopping)
		if (round_once(g, &e) == -1)
			log_fatal("- gate ends: %s", e.en);
	while (g->nvisits > 0)
		gate_end(g, g->nvisits - 1, FAULT_NONE);
	pattern_end(&g->sessions);
	pattern_end(&g->filers);
	callers_close(&g->callers);
	limits_free(g->limits);
	free(g);
	return 0;
}
