#ifndef ZAYTON_SYS_SUPERVISOR_H
#define ZAYTON_SYS_SUPERVISOR_H

#include <sys/types.h>

#include "sys/conf.h"
#include "sys/err.h"

/*
 * Starts, restarts and stops the standing roles and touches no foreign byte.
 * One dies, all are ended and started anew: each recovers from disk, and a
 * client that was not answered sends again. The lock on run/lock is held for
 * life: an instance has one supervisor, so one keeper, so one writer.
 */

enum supervisor_mode {
	SUPERVISE_SERVER, /* all roles, until SIGTERM */
	SUPERVISE_LOCAL   /* without the gate, for one command */
};

/*
 * Runs in the current instance until SIGTERM or SIGINT. ready, if not -1, gets a
 * '+' once the roles answer. Returns 0, or -1 where it could not start:
 * ERR_RETRY where another supervisor holds the instance.
 */
int supervisor_run(enum supervisor_mode mode, const struct conf *c, int ready,
    struct err *e);

/*
 * Runs one in the background for a command; returns its pid when it answers.
 * End it by SIGTERM and wait for it. ERR_RETRY where another holds the lock.
 */
pid_t supervisor_start(const struct conf *c, struct err *e);

#endif
