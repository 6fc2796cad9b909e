#ifndef ZAYTON_KEEPER_INTAKE_H
#define ZAYTON_KEEPER_INTAKE_H

#include "keeper/keeper.h"

/*
 * Intake: what was uploaded or dropped becomes a bundle of the ledger. Who
 * told of it is answered after the round's commit, never before.
 */

/* MESSAGE_UPLOADED, MESSAGE_ACCESS, MESSAGE_SEEN of a peer. */
int intake_uploaded(struct keeper *k, struct peer *p, struct err *e);
int intake_access(struct keeper *k, struct peer *p, struct err *e);
int intake_seen(struct keeper *k, struct peer *p, struct err *e);

/* After the commit: the answers, then the moves of what is settled at once. */
int intake_answer(struct keeper *k, struct err *e);

/* Whether somebody waits for the commit. */
int intake_waits(void);

/* A peer has gone: nobody waits for its answers. */
void intake_forget(struct keeper *k, int fd);

#endif
