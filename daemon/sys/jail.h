#ifndef ZAYTON_SYS_JAIL_H
#define ZAYTON_SYS_JAIL_H

#include <stdint.h>

#include "sys/err.h"

/*
 * What each role may still do once it has opened what it needs: a table
 * role -> rights in jail.c, enforced by Landlock (file system and TCP),
 * seccomp (system calls), resource limits and no_new_privs. A role that the
 * kernel cannot jail says so in the log at its start and goes on.
 */

enum jail_role {
	JAIL_GATE,
	JAIL_SESSION,
	JAIL_FILER,
	JAIL_WATCH,
	JAIL_WORKER,
	JAIL_EXTRACT,
	JAIL_KEEPER,
	JAIL_SIGNER,
	JAIL_REPORTER,
	JAIL_MESSENGER
};

struct jail_limits {
	const char *account; /* replaces %s in the table's paths; or NULL */
	int64_t memory;      /* bytes of address space, 0: no limit */
	int cpu_seconds;     /* 0: no limit */
};

/*
 * Enters the jail of a role, relative to the instance directory. There is no
 * way out. -1 only where a limit that the kernel knows was refused.
 */
int jail_enter(enum jail_role role, const struct jail_limits *limits,
    struct err *e);

/*
 * In the supervisor, started as root: gives the instance to the user and
 * becomes that user for good. Does nothing as an ordinary user. Where there is
 * no such user it becomes nobody, and says so.
 */
int jail_drop_root(const char *user, struct err *e);

#endif
