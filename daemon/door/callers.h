#ifndef ZAYTON_DOOR_CALLERS_H
#define ZAYTON_DOOR_CALLERS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Connections whose client has not said a word yet. A client sends its version
 * as soon as it is connected (RFC 4253 4.2) and need not wait for ours: who
 * says nothing costs a descriptor here, not a process and a place among those
 * who log in. When there are too many, those who have been silent longest go.
 * now is in milliseconds and only grows.
 */

enum {
	CALLERS_MAX = 256,
	/* Whoever waits for our version first gets a session then. */
	CALLERS_PATIENCE_MS = 1000
};

struct caller {
	int fd;
	int64_t since;
	int known; /* its source has logged in before: it comes first */
	char address[64];
	char source[48];
	uint32_t mark; /* of its source, quick to compare */
};

struct callers {
	struct caller caller[CALLERS_MAX]; /* the longest waiting first */
	size_t n;
};

/*
 * Takes over fd. Where there is no room the longest waiting of the source that
 * has most of them is closed.
 */
void callers_add(struct callers *c, int fd, const char *address,
    const char *source, int known, int64_t now);

/* What to wait for: n entries of p; as long as callers_patience says. */
void callers_poll(const struct callers *c, struct pollfd *p);
/* Milliseconds until the next has waited long enough, at most otherwise. */
int callers_patience(const struct callers *c, int64_t now, int otherwise);

/*
 * Takes out the next one that spoke (*ret_spoke 1) or has waited long enough
 * (0): those of known sources first, then those that spoke; its descriptor is the caller's of this function. p is what callers_poll
 * filled, after poll(2); it is kept in step. 0 where there is none.
 */
int callers_next(struct callers *c, struct pollfd *p, int64_t now,
    struct caller *ret_caller, int *ret_spoke);

void callers_close(struct callers *c);

#endif
