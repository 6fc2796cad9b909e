#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys/log.h"
#include "sys/proc.h"

enum { FIRST_FD = 3 };

static struct {
	char name[16];
	int fd;
} given[PROC_FDS];
static size_t ngiven;
static char *role_word; /* of the command line */

/*
 * In the child: moves the descriptors out of the way first, then to 3, 4 ...,
 * so that none is overwritten before it is moved, and closes all others.
 */
static void
place_fds(const struct proc_fd *fds, size_t nfds)
{
	int high[PROC_FDS];

	for (size_t i = 0; i < nfds; i++) {
		high[i] = fcntl(fds[i].fd, F_DUPFD, FIRST_FD + PROC_FDS);
		if (high[i] == -1)
			_exit(75);
	}
	for (size_t i = 0; i < nfds; i++)
		if (dup2(high[i], FIRST_FD + (int)i) == -1)
			_exit(75);
	if (close_range(FIRST_FD + (unsigned int)nfds, ~0U, 0) == -1)
		_exit(75);
}

static void
become(const char *role, const struct proc_fd *fds, size_t nfds,
    const char *const *args, pid_t parent)
{
	static char binary[] = "/proc/self/exe";
	char word[PROC_FDS][24];
	const char *argv[4 + PROC_FDS + PROC_ARGS];
	size_t n = 0;
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A parent with secrets is hidden, and its own binary with it. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	if (getppid() != parent)
		_exit(75);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	place_fds(fds, nfds);
	argv[n++] = "zayton";
	argv[n++] = "-x";
	argv[n++] = role;
	for (size_t i = 0; i < nfds; i++) {
		snprintf(word[i], sizeof(word[i]), "%s=%d", fds[i].name,
		    FIRST_FD + (int)i);
		argv[n++] = word[i];
	}
	for (size_t i = 0; args != NULL && args[i] != NULL && i < PROC_ARGS;
	     i++)
		argv[n++] = args[i];
	argv[n] = NULL;
	execv(binary, (char *const *)(uintptr_t)argv);
	_exit(75);
}

pid_t
proc_spawn(const char *role, const struct proc_fd *fds, size_t nfds,
    const char *const *args, struct err *e)
{
	pid_t parent = getpid();
	pid_t pid;

	if (nfds > PROC_FDS)
		return err_set(e, ERR_HOLD, "too many descriptors for %s",
		    role);
	pid = fork();
	if (pid == -1)
		return err_errno(e, ERR_RETRY, "cannot start %s", role);
	if (pid == 0)
		become(role, fds, nfds, args, parent);
	return pid;
}

void
proc_start(int *argc, char ***argv)
{
	role_word = (*argv)[-1];
	while (*argc > 0 && ngiven < PROC_FDS) {
		const char *word = (*argv)[0];
		const char *equals = strchr(word, '=');
		char *end;
		long fd;

		if (equals == NULL || equals == word ||
		    (size_t)(equals - word) >= sizeof(given[0].name))
			return;
		fd = strtol(equals + 1, &end, 10);
		if (*end != '\0' || fd < FIRST_FD || fd > 1024)
			return;
		memcpy(given[ngiven].name, word, (size_t)(equals - word));
		given[ngiven].fd = (int)fd;
		(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
		ngiven++;
		(*argc)--;
		(*argv)++;
	}
}

int
proc_fd(const char *name)
{
	for (size_t i = 0; i < ngiven; i++)
		if (strcmp(given[i].name, name) == 0)
			return given[i].fd;
	return -1;
}

void
proc_rename(const char *role)
{
	size_t room = strlen(role_word);
	size_t len = strlen(role);

	for (size_t i = 0; i < room; i++)
		role_word[i] = i < len ? role[i] : '\0';
}
