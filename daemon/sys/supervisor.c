#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/frame.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/proc.h"
#include "sys/secret.h"
#include "sys/supervisor.h"

/* A role that somebody stopped for longer is as good as dead. */
enum { STILL_MS = 30000, LOOK_MS = 1000 };

enum standing { SIGNER, REPORTER, MESSENGER, KEEPER, WATCH, GATE, STANDING };

static const char *const role_name[STANDING] = { [SIGNER] = "signer",
	[REPORTER] = "reporter",
	[MESSENGER] = "messenger",
	[KEEPER] = "keeper",
	[WATCH] = "watch",
	[GATE] = "gate" };

struct supervisor {
	enum supervisor_mode mode;
	const struct conf *conf;
	int lock;
	int listen;  /* TCP, -1 in local mode */
	int control; /* run/keeper.sock */
	int signals;
	int ready; /* closed once, when the roles answer */
	pid_t pid[STANDING];
	int64_t still_since[STANDING]; /* ms; 0: it does not stand still */
	int stopping;
	int was_ready;       /* a generation has been */
	int gave_up;         /* the keeper ended by itself before one was */
	int ending;          /* those who die now are told to */
	int reporter_failed; /* the last generation ended by it */
	char address[80];
};

static int
take_lock(struct supervisor *s, struct err *e)
{
	s->lock = open(HOME_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (s->lock == -1)
		return err_errno(e, ERR_HOLD, "cannot open '%s'", HOME_LOCK);
	if (flock(s->lock, LOCK_EX | LOCK_NB) == -1)
		return err_set(e, ERR_RETRY,
		    "a server or a command already runs on this instance");
	return 0;
}

static int
bind_control(struct supervisor *s, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", HOME_SOCKET);
	(void)unlink(HOME_SOCKET);
	s->control =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->control == -1 ||
	    bind(s->control, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    chmod(HOME_SOCKET, 0660) == -1 || listen(s->control, 64) == -1)
		return err_errno(e, ERR_HOLD, "cannot listen on '%s'",
		    HOME_SOCKET);
	return 0;
}

/* Splits ADDR:PORT, [ADDR]:PORT or :PORT. */
static int
split_listen(const char *text, char *host, size_t size, const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len;

	if (colon == NULL || colon[1] == '\0')
		return -1;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= size)
		return -1;
	memcpy(host, text, len);
	host[len] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static void
name_address(struct supervisor *s)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	char host[48] = "?";
	char port[8] = "?";

	if (getsockname(s->listen, (struct sockaddr *)&at, &len) == 0)
		(void)getnameinfo((struct sockaddr *)&at, len, host,
		    sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(s->address, sizeof(s->address),
	    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

static int
bind_listen(struct supervisor *s, struct err *e)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *at = NULL;
	char host[64];
	const char *port;
	int on = 1;
	int rc = -1;

	if (split_listen(s->conf->listen, host, sizeof(host), &port) == -1 ||
	    getaddrinfo(host[0] != '\0' ? host : NULL, port, &hint, &at) != 0)
		return err_set(e, ERR_HOLD,
		    "'%s' is not ADDRESS:PORT with a numeric address",
		    s->conf->listen);
	s->listen = socket(at->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen == -1 ||
	    setsockopt(s->listen, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ==
		-1 ||
	    bind(s->listen, at->ai_addr, at->ai_addrlen) == -1 ||
	    listen(s->listen, 512) == -1) {
		err_errno(e, ERR_HOLD, "cannot listen on '%s'",
		    s->conf->listen);
		goto out;
	}
	name_address(s);
	rc = 0;
out:
	freeaddrinfo(at);
	return rc;
}

static void
close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] != -1)
			(void)close(pair[i]);
}

/* One role; its descriptors stay ours. */
static int
start(struct supervisor *s, enum standing role, const struct proc_fd *fds,
    size_t nfds, const char *const *args, struct err *e)
{
	s->pid[role] = proc_spawn(role_name[role], fds, nfds, args, e);
	return s->pid[role] == -1 ? -1 : 0;
}

/* Whether anybody is to be told of events. */
static int
tells(const struct conf *c)
{
	return strcmp(c->notify, "none") != 0 ||
	       strcmp(c->notify_url, "none") != 0;
}

/*
 * All standing roles, with a frame socket from the keeper to each of the
 * others. The keeper says by the ready pipe that it has recovered.
 */
static int
start_all(struct supervisor *s, int *ret_ready, struct err *e)
{
	int sign[2] = { -1, -1 };
	int report[2] = { -1, -1 };
	int tell[2] = { -1, -1 };
	int watch[2] = { -1, -1 };
	int gate[2] = { -1, -1 };
	int ready[2] = { -1, -1 };
	const char *const failed[] = { "reporter", NULL };
	int rc = -1;

	if (frame_pair(sign, e) == -1 || frame_pair(report, e) == -1 ||
	    frame_pair(tell, e) == -1 || frame_pair(watch, e) == -1 ||
	    frame_pair(gate, e) == -1)
		goto out;
	if (pipe2(ready, O_CLOEXEC) == -1) {
		err_errno(e, ERR_RETRY, "cannot make a pipe");
		goto out;
	}
	if (start(s, SIGNER, (struct proc_fd[]){ { "keeper", sign[1] } }, 1,
		NULL, e) == -1 ||
	    start(s, REPORTER, (struct proc_fd[]){ { "keeper", report[1] } }, 1,
		NULL, e) == -1 ||
	    start(s, KEEPER,
		(struct proc_fd[]){ { "signer", sign[0] },
		    { "reporter", report[0] }, { "watch", watch[0] },
		    { "control", s->control }, { "ready", ready[1] },
		    { tells(s->conf) ? "messenger" : "nobody", tell[0] },
		    { "gate", gate[0] } },
		s->mode == SUPERVISE_SERVER ? 7 : 6,
		s->reporter_failed ? failed : NULL, e) == -1 ||
	    (tells(s->conf) &&
		start(s, MESSENGER, (struct proc_fd[]){ { "keeper", tell[1] } },
		    1, NULL, e) == -1) ||
	    start(s, WATCH, (struct proc_fd[]){ { "keeper", watch[1] } }, 1,
		NULL, e) == -1)
		goto out;
	if (s->mode == SUPERVISE_SERVER &&
	    start(s, GATE,
		(struct proc_fd[]){ { "listen", s->listen },
		    { "keeper", gate[1] } },
		2, NULL, e) == -1)
		goto out;
	s->ending = 0;
	s->reporter_failed = 0;
	*ret_ready = ready[0];
	ready[0] = -1;
	rc = 0;
out:
	close_pair(sign);
	close_pair(report);
	close_pair(tell);
	close_pair(watch);
	close_pair(gate);
	close_pair(ready);
	return rc;
}

static void
end_all(struct supervisor *s, int sig)
{
	s->ending = 1;
	for (int i = 0; i < STANDING; i++)
		if (s->pid[i] > 0)
			(void)kill(s->pid[i], sig);
}

static int
any_left(const struct supervisor *s)
{
	for (int i = 0; i < STANDING; i++)
		if (s->pid[i] > 0)
			return 1;
	return 0;
}

/* Whether this says only that a role was stopped, or goes on. */
static int
stood(struct supervisor *s, int i, int status)
{
	if (WIFSTOPPED(status)) {
		s->still_since[i] = clock_milliseconds();
		log_warn("- stands still role=%s: somebody stopped it",
		    role_name[i]);
		return 1;
	}
	s->still_since[i] = 0;
	if (WIFCONTINUED(status))
		log_info("- goes on role=%s", role_name[i]);
	return WIFCONTINUED(status);
}

/* Ends those who stand still for too long; returns whether any stands still. */
static int
tend_still(const struct supervisor *s)
{
	int any = 0;

	for (int i = 0; i < STANDING; i++) {
		if (s->still_since[i] == 0)
			continue;
		any = 1;
		if (clock_milliseconds() - s->still_since[i] > STILL_MS)
			(void)kill(s->pid[i], SIGKILL);
	}
	return any;
}

/* Takes up the dead; returns whether one of the standing roles was among. */
static int
reap(struct supervisor *s)
{
	int died = 0;
	int status;
	pid_t pid;

	while (
	    (pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0)
		for (int i = 0; i < STANDING; i++) {
			if (s->pid[i] != pid || stood(s, i, status))
				continue;
			s->pid[i] = 0;
			died = 1;
			if (i == REPORTER && status != 0 && !s->ending)
				s->reporter_failed = 1;
			if (i == KEEPER && !s->was_ready && WIFEXITED(status) &&
			    WEXITSTATUS(status) != 0)
				s->gave_up = 1;
			if (!s->stopping)
				log_error("- died role=%s status=%d signal=%d",
				    role_name[i],
				    WIFEXITED(status) ? WEXITSTATUS(status) : 0,
				    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		}
	return died;
}

static void
wait_for_all(struct supervisor *s, int patience_ms)
{
	const struct timespec step = { 0, 5 * 1000000 };

	for (int ms = 0; any_left(s); ms += 5) {
		(void)reap(s);
		if (ms == patience_ms)
			end_all(s, SIGKILL);
		if (any_left(s))
			(void)nanosleep(&step, NULL);
	}
}

static void
on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info))
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			s->stopping = 1;
			break;
		case SIGHUP:
			if (s->pid[KEEPER] > 0)
				(void)kill(s->pid[KEEPER], SIGHUP);
			break;
		default:
			break;
		}
}

static void
on_ready(struct supervisor *s)
{
	s->was_ready = 1;
	if (s->mode == SUPERVISE_SERVER)
		log_info("- ready listen=%s", s->address);
	if (s->ready == -1)
		return;
	(void)!write(s->ready, "+", 1);
	(void)close(s->ready);
	s->ready = -1;
}

/* One generation of roles, from start to the first death or the stop. */
static int
generation(struct supervisor *s, struct err *e)
{
	struct pollfd p[2] = { { .fd = s->signals, .events = POLLIN },
		{ .fd = -1, .events = POLLIN } };
	char byte;
	int died = 0;

	if (start_all(s, &p[1].fd, e) == -1) {
		end_all(s, SIGKILL);
		wait_for_all(s, 0);
		return -1;
	}
	while (!s->stopping && !died) {
		if (poll(p, 2, tend_still(s) ? LOOK_MS : -1) == -1 &&
		    errno != EINTR)
			break;
		if ((p[0].revents & POLLIN) != 0)
			on_signal(s);
		if (p[1].revents != 0) {
			if (read(p[1].fd, &byte, 1) == 1)
				on_ready(s);
			(void)close(p[1].fd);
			p[1].fd = -1;
		}
		died = reap(s);
	}
	if (p[1].fd != -1)
		(void)close(p[1].fd);
	/* In order: no new connections, then let the others finish. */
	if (s->stopping && s->pid[GATE] > 0)
		(void)kill(s->pid[GATE], SIGTERM);
	end_all(s, died ? SIGKILL : SIGTERM);
	wait_for_all(s, 5000);
	return 0;
}

static int
watch_signals(struct supervisor *s, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_errno(e, ERR_HOLD, "cannot watch signals");
	return 0;
}

/* Roles that die at once again and again are started ever more slowly. */
static void
back_off(int64_t born, unsigned int *pause_ms)
{
	struct timespec t;

	*pause_ms = clock_milliseconds() - born > 10000 ? 0
		    : *pause_ms == 0                    ? 20
		    : *pause_ms < 2000                  ? *pause_ms * 2
							: 2000;
	t.tv_sec = *pause_ms / 1000;
	t.tv_nsec = (long)(*pause_ms % 1000) * 1000000;
	(void)nanosleep(&t, NULL);
}

/*
 * What stands beside the base has to be there before any role enters its jail,
 * for rights are given to files that are there; SQLite takes empty ones.
 */
static int
make_base_files(struct err *e)
{
	static const char *const path[] = { HOME_BASE "-wal",
		HOME_BASE "-shm" };
	struct stat st;

	if (stat(HOME_BASE, &st) == -1)
		return 0;
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		int fd = open(path[i], O_RDWR | O_CREAT | O_CLOEXEC,
		    st.st_mode & 0777);

		if (fd == -1)
			return err_errno(e, ERR_HOLD, "cannot open '%s'",
			    path[i]);
		(void)close(fd);
	}
	return 0;
}

int
supervisor_run(enum supervisor_mode mode, const struct conf *c, int ready,
    struct err *e)
{
	struct supervisor s = { .mode = mode,
		.conf = c,
		.lock = -1,
		.listen = -1,
		.control = -1,
		.signals = -1,
		.ready = ready };
	unsigned int pause_ms = 0;

	if (take_lock(&s, e) == -1)
		return -1;
	if (mode == SUPERVISE_SERVER && bind_listen(&s, e) == -1)
		return -1;
	if (bind_control(&s, e) == -1 || jail_drop_root(c->user, e) == -1 ||
	    secret_files(e) == -1 || make_base_files(e) == -1 ||
	    watch_signals(&s, e) == -1)
		return -1;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	while (!s.stopping) {
		int64_t born = clock_milliseconds();

		if (generation(&s, e) == -1)
			return -1;
		/* What is wrong from the start a new start does not mend. */
		if (s.gave_up) {
			(void)unlink(HOME_SOCKET);
			return err_set(e, ERR_HOLD,
			    "it cannot start: see the error above");
		}
		if (!s.stopping)
			back_off(born, &pause_ms);
	}
	(void)unlink(HOME_SOCKET);
	return 0;
}

pid_t
supervisor_start(const struct conf *c, struct err *e)
{
	int ready[2];
	struct pollfd p = { .events = POLLIN };
	char text[sizeof(e->en)] = "";
	int status = 0;
	pid_t pid;
	ssize_t n;

	if (pipe2(ready, O_CLOEXEC) == -1)
		return err_errno(e, ERR_RETRY, "cannot make a pipe");
	pid = fork();
	if (pid == -1) {
		(void)close(ready[0]);
		(void)close(ready[1]);
		return err_errno(e, ERR_RETRY, "cannot fork");
	}
	if (pid == 0) {
		(void)close(ready[0]);
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		log_init("supervisor", LOG_ERROR);
		(void)setenv("ZAYTON_QUIET", "1", 0);
		if (supervisor_run(SUPERVISE_LOCAL, c, ready[1], e) == 0)
			_exit(0);
		(void)!write(ready[1], e->en, strlen(e->en));
		_exit(e->kind == ERR_RETRY ? 75 : 2);
	}
	(void)close(ready[1]);
	p.fd = ready[0];
	(void)poll(&p, 1, 30000);
	n = read(ready[0], text, sizeof(text) - 1);
	(void)close(ready[0]);
	if (n == 1 && text[0] == '+')
		return pid;
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, &status, 0);
	return err_set(e,
	    WIFEXITED(status) && WEXITSTATUS(status) == 75 ? ERR_RETRY
							   : ERR_HOLD,
	    "%s", n > 0 ? text : "the roles did not start");
}
