#ifndef ZAYTON_WAY_WORKERS_H
#define ZAYTON_WAY_WORKERS_H

#include <poll.h>

#include "sys/conf.h"
#include "sys/err.h"
#include "sys/frame.h"

/*
 * The workers that run now: one process per bundle or extract, killed by the kernel for
 * too much memory or processor time and by us for too much wall clock. What
 * became of each is told to the keeper.
 */

enum { WORKERS_MAX = 256 };

struct workers;

struct workers *workers_new(const struct conf *c, int keeper);
/* Kills what still runs. */
void workers_free(struct workers *w);

/* Starts a worker from a MESSAGE_WORK frame, which it consumes. */
int workers_start(struct workers *w, struct frame *f, struct err *e);

/* Starts an extract from a MESSAGE_EXTRACT frame, likewise. */
int workers_extract(struct workers *w, struct frame *f, struct err *e);

/* Reaps the dead, kills the overdue, tells the keeper. */
int workers_tend(struct workers *w, struct err *e);

/* Adds the progress sockets to a poll set; returns how many. */
size_t workers_poll(const struct workers *w, struct pollfd *p);
/* Reads and passes on the progress of those that are ready. */
int workers_progress(struct workers *w, const struct pollfd *p, size_t n,
    struct err *e);

/* Tells the keeper how many more there may be, once, at start. */
int workers_room(struct workers *w, unsigned int n, struct err *e);

#endif
