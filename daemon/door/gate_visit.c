#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door/gate_part.h"
#include "door/session.h"
#include "sys/clock.h"
#include "sys/proc.h"

int64_t
gate_now(void)
{
	return clock_milliseconds() / 1000;
}

/* --- sessions and filers ------------------------------------------------ */

int
gate_patterns(struct gate *g, struct err *e)
{
	char idle[16], packets[16];
	const char *const args[] = { idle, packets,
		g->conf.ssh_strict ? "strict" : "", NULL };

	snprintf(idle, sizeof(idle), "%d", g->conf.idle_seconds);
	snprintf(packets, sizeof(packets), "%d", g->conf.login_packets);
	if (pattern_start(&g->sessions,
		(struct proc_fd[]){ { "keys", g->keys } }, 1, args, e) == -1)
		return -1;
	return pattern_start(&g->filers, NULL, 0, NULL, e);
}

int
gate_session(struct gate *g, struct visit *v, int fd, struct err *e)
{
	int pair[2];

	if (gate_patterns(g, e) == -1 || frame_pair(pair, e) == -1)
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
int
gate_filer(struct gate *g, struct visit *v, struct err *e)
{
	int stream[2] = { -1, -1 };
	int frames[2] = { -1, -1 };
	int remarks[2] = { -1, -1 };
	int room = 4 << 20;
	int rc = -1;

	if (gate_patterns(g, e) == -1)
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

/* Who learned from a copy's fault where things lie shall find them elsewhere. */
static void
on_fault(struct gate *g, int status)
{
	if (!pattern_betrayed(status))
		return;
	pattern_end(&g->sessions);
	pattern_end(&g->filers);
}

/* What speaks against a visitor whose session has died. */
static enum limits_fault
fault_of(const struct visit *v)
{
	if (pattern_betrayed(v->status))
		return FAULT_CRASH;
	if (v->logged_in)
		return FAULT_NONE;
	if (WIFEXITED(v->status) && WEXITSTATUS(v->status) == SESSION_FOUL)
		return FAULT_PROTOCOL;
	if (v->who.tried ||
	    (WIFEXITED(v->status) && WEXITSTATUS(v->status) == SESSION_KEYED))
		return FAULT_KEY;
	return FAULT_SILENT;
}

void
gate_end(struct gate *g, size_t at, enum limits_fault fault)
{
	struct visit *v = g->visit[at];

	if (v->session != 0)
		(void)kill(v->session, SIGKILL);
	/* One that has hung up is dying: its status says why. */
	if (v->session != 0 && fault == FAULT_NONE &&
	    waitpid(v->session, &v->status, 0) == v->session)
		on_fault(g, v->status);
	(void)close(v->fd);
	if (fault == FAULT_NONE)
		fault = fault_of(v);
	g->faults[fault]++;
	limits_leave(g->limits, &v->who, fault, gate_now());
	g->visit[at] = g->visit[--g->nvisits];
	free(v);
}

void
gate_displace(struct gate *g, const struct limits_visitor *who)
{
	for (size_t i = 0; i < g->nvisits; i++)
		if (&g->visit[i]->who == who) {
			gate_end(g, i, FAULT_DISPLACED);
			return;
		}
}

void
gate_death(struct gate *g, pid_t pid, int status)
{
	on_fault(g, status);
	for (size_t i = 0; i < g->nvisits; i++)
		if (g->visit[i]->session == pid) {
			g->visit[i]->session = 0;
			g->visit[i]->status = status;
			return;
		}
}
