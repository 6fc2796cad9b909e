#ifndef ZAYTON_WAY_ADOPT_H
#define ZAYTON_WAY_ADOPT_H

#include "sys/err.h"
#include "sys/frame.h"

/*
 * Takes in what did not come through a session: files that local programs
 * put into drop/<account>/, and files a crash left in received/ before their
 * line stood in the ledger. Each is digested and its container checked, a
 * slice at a time, so that a large one holds nobody up; then it is told to the
 * keeper like an upload.
 */
struct adopt;

/* spool is a descriptor of the spool, keeper a frame socket; both stay ours. */
struct adopt *adopt_new(int spool, int keeper);
void adopt_free(struct adopt *a);

/* A file of the account's drop directory; known ones are not queued twice. */
void adopt_drop(struct adopt *a, const char *account, const char *file);
/* A file of received/ that the keeper does not know. */
void adopt_received(struct adopt *a, const char *file);

/* Works on the first of the queue. 1 there is more to do, 0 nothing, -1. */
int adopt_step(struct adopt *a, struct err *e);

#endif
