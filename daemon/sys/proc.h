#ifndef ZAYTON_SYS_PROC_H
#define ZAYTON_SYS_PROC_H

#include <sys/types.h>

#include "sys/err.h"

/*
 * Roles are processes re-executed from the one binary: zayton -x ROLE, with
 * the descriptors they may use, by name, and nothing else open. A role that
 * outlives its parent is killed by the kernel.
 */

struct proc_fd {
	const char *name;
	int fd;
};

enum { PROC_FDS = 8, PROC_ARGS = 8 };

/*
 * Starts a role with the descriptors given (they stay the caller's) and extra
 * arguments (NULL-ended, or NULL). Returns its pid, or -1.
 */
pid_t proc_spawn(const char *role, const struct proc_fd *fds, size_t nfds,
    const char *const *args, struct err *e);

/* In a role: the descriptor of that name; -1 where it was not given one. */
int proc_fd(const char *name);

/* In a role: takes the "name=number" words from the front of its arguments. */
void proc_start(int *argc, char ***argv);

/* What its command line calls it from now on: no longer than its role. */
void proc_rename(const char *role);

#endif
