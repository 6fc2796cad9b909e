#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/conf.h"
#include "sys/file.h"
#include "sys/frame.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/messenger.h"
#include "sys/proc.h"

enum {
	QUEUE = 256,
	ATTEMPTS = 3,
	PAUSE_MS = 1000, /* before the second attempt, ten times that later */
	LAST_MS = 3000   /* for what is left when the keeper has gone */
};

struct errand {
	char *text; /* owned: the event as JSON */
	int attempts;
	int64_t not_before;
};

struct messenger {
	struct conf conf;
	int keeper; /* -1: gone */
	struct errand queue[QUEUE];
	size_t n;
	pid_t pid; /* of the call at work, 0: none; it is for queue[0] */
	int pidfd;
	int64_t until;
	int late; /* it was ended for taking too long */
	struct frame in;
};

/* --- one call ----------------------------------------------------------- */

static int
is_set(const char *setting)
{
	return strcmp(setting, "none") != 0 && setting[0] != '\0';
}

/*
 * In the child: no shell, fixed arguments, and nothing of ours but the event.
 * The group is its own, so that what it starts can be ended with it.
 */
static void
become(const struct messenger *m, int event)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	static char lang[] = "LANG=C.UTF-8";
	static char temporary[] = "TMPDIR=.";
	char seconds[16];
	char *const env[] = { path, lang, temporary, NULL };
	const char *const command[] = { m->conf.notify, NULL };
	const char *const web[] = { "/usr/bin/curl", "--silent", "--fail",
		"--max-time", seconds, "--header",
		"Content-Type: application/json", "--data-binary", "@-", "--",
		m->conf.notify_url, NULL };
	const char *const *argv = is_set(m->conf.notify) ? command : web;
	int null = open("/dev/null", O_WRONLY);
	sigset_t none;

	snprintf(seconds, sizeof(seconds), "%d", m->conf.notify_seconds);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGTERM, SIG_DFL);
	if (dup2(event, 0) == -1 || (null != -1 && dup2(null, 1) == -1) ||
	    (null != -1 && dup2(null, 2) == -1) || close_range(3, ~0U, 0) == -1)
		_exit(126);
	execve(argv[0], (char *const *)(uintptr_t)argv, env);
	_exit(127);
}

/* The event in a memory file: nobody has to wait until it is read. */
static int
event_fd(const char *text)
{
	size_t len = strlen(text);
	int fd = memfd_create("event", MFD_CLOEXEC);

	if (fd != -1 && (write(fd, text, len) != (ssize_t)len ||
			    lseek(fd, 0, SEEK_SET) == -1)) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static void
call(struct messenger *m)
{
	struct errand *x = &m->queue[0];
	int event = event_fd(x->text);

	x->attempts++;
	m->late = 0;
	m->until = clock_milliseconds() + m->conf.notify_seconds * 1000;
	m->pid = event == -1 ? -1 : fork();
	if (m->pid == 0)
		become(m, event);
	if (event != -1)
		(void)close(event);
	m->pidfd = m->pid > 0 ? (int)syscall(SYS_pidfd_open, m->pid, 0) : -1;
	if (m->pid > 0)
		return;
	log_error("- cannot call: %s", strerror(errno));
	m->pid = 0;
	x->not_before = clock_milliseconds() + PAUSE_MS;
}

static void
drop_first(struct messenger *m)
{
	free(m->queue[0].text);
	m->n--;
	memmove(&m->queue[0], &m->queue[1], m->n * sizeof(m->queue[0]));
}

/* The call has ended, or is ended now. */
static void
take_end(struct messenger *m)
{
	struct errand *x = &m->queue[0];
	int status = 0;

	if (waitpid(m->pid, &status, WNOHANG) != m->pid)
		return;
	/* What it left behind ends with it. */
	(void)kill(-m->pid, SIGKILL);
	if (m->pidfd != -1)
		(void)close(m->pidfd);
	m->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		drop_first(m);
		return;
	}
	log_warn("- notify failed attempt=%d status=%d%s", x->attempts,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	    m->late ? " took too long" : "");
	if (x->attempts == ATTEMPTS) {
		log_error("- notify gives up on %.200s", x->text);
		drop_first(m);
		return;
	}
	x->not_before = clock_milliseconds() +
			(x->attempts == 1 ? PAUSE_MS : 10 * PAUSE_MS);
}

/* --- the queue ---------------------------------------------------------- */

static void
take_event(struct messenger *m)
{
	char *text = xmalloc(FRAME_MAX);
	struct err e;
	int rc = frame_recv(m->keeper, &m->in, &e);

	if (rc == 1 && m->in.type == MESSAGE_NOTIFY) {
		frame_get_str(&m->in, text, FRAME_MAX);
		rc = frame_end(&m->in, &e) == -1 ? -1 : 1;
	}
	if (rc != 1) {
		m->keeper = -1;
		free(text);
		return;
	}
	if (m->n == QUEUE) {
		log_error("- notify drops %.200s", text);
		free(text);
		return;
	}
	m->queue[m->n++] = (struct errand){ .text = text };
}

static int
patience(const struct messenger *m)
{
	int64_t at = m->pid != 0 ? m->until : m->queue[0].not_before;
	int64_t left = at - clock_milliseconds();

	if (m->n == 0)
		return -1;
	return left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
}

static void
round_once(struct messenger *m)
{
	struct pollfd p[2] = { { .fd = m->keeper, .events = POLLIN },
		{ .fd = m->pid != 0 ? m->pidfd : -1, .events = POLLIN } };

	(void)poll(p, 2, patience(m));
	if (p[0].revents != 0)
		take_event(m);
	if (m->pid != 0 && clock_milliseconds() >= m->until) {
		m->late = 1;
		(void)kill(-m->pid, SIGKILL);
	}
	if (m->pid != 0)
		take_end(m);
	if (m->pid == 0 && m->n > 0 &&
	    clock_milliseconds() >= m->queue[0].not_before)
		call(m);
}

int
messenger_role(int argc, char **argv)
{
	struct messenger *m = xcalloc(1, sizeof(*m));
	int64_t last;
	struct err e;

	(void)argc;
	(void)argv;
	m->keeper = proc_fd("keeper");
	m->pidfd = -1;
	/* It ends when the keeper does, and tells what is left. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	if (conf_read(HOME_CONF, &m->conf, &e) == -1 ||
	    file_mkdir(AT_FDCWD, HOME_HOOKS, 0750, &e) == -1 ||
	    jail_enter(JAIL_MESSENGER, NULL, &e) == -1 ||
	    (chdir(HOME_HOOKS) == -1 &&
		err_errno(&e, ERR_HOLD, "no '%s'", HOME_HOOKS) == -1))
		log_fatal("- messenger cannot start: %s", e.en);
	while (m->keeper != -1)
		round_once(m);
	for (last = clock_milliseconds() + LAST_MS;
	     m->n > 0 && clock_milliseconds() < last;)
		round_once(m);
	if (m->pid != 0)
		(void)kill(-m->pid, SIGKILL);
	if (m->n > 0)
		log_warn("- notify leaves %zu events untold", m->n);
	while (m->n > 0)
		drop_first(m);
	free(m);
	return 0;
}
