#ifndef ZAYTON_SYS_COPIES_H
#define ZAYTON_SYS_COPIES_H

#include <sys/types.h>

#include "sys/err.h"
#include "sys/frame.h"

/*
 * Processes that need not be executed anew: a pattern has opened what all of
 * its kind need, and waits. For each order, a frame, it makes a copy of
 * itself: a child not of the pattern but of who ordered it, who alone has to
 * know what becomes of it. The pattern never sees what the copy will read.
 */

/* --- who orders --- */

struct pattern {
	const char *role; /* longer than, or as long as, its copies' */
	pid_t pid;        /* 0: none */
	int orders;
};

struct proc_fd;

/* Starts one, unless it runs: as proc_spawn, "orders" added. */
int pattern_start(struct pattern *p, const struct proc_fd *fds, size_t nfds,
    const char *const *args, struct err *e);
/* Its copies go on. */
void pattern_end(struct pattern *p);
/* Sends the order in f, answers with the copy's pid; -1: the pattern ended. */
pid_t pattern_copy(struct pattern *p, struct frame *f, struct err *e);
/* Whether the child that died was the pattern, which is none any more. */
int pattern_was(struct pattern *p, pid_t pid);
/* Whether a child ended by a fault of its own: others should not resemble it. */
int pattern_betrayed(int status);

/* --- the pattern --- */

/*
 * Makes copies until nobody orders any more. Returns in each copy, 1, with its
 * order in f and its name changed to role; in the pattern at its end, 0 or -1.
 */
int copies_make(const char *role, struct frame *f, struct err *e);

#endif
