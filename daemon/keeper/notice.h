#ifndef ZAYTON_KEEPER_NOTICE_H
#define ZAYTON_KEEPER_NOTICE_H

#include <jansson.h>

#include "base/bundle.h"
#include "keeper/keeper.h"

/*
 * Events for the messenger. They are gathered in a round and told after its
 * commit; without a messenger they are nothing. Nobody waits for one.
 *
 * An event is an object: event, at, and what it is about.
 */

/* Takes the members. event: receipt, rejection, overdue, conflict, task. */
void notice_add(struct keeper *k, const char *event, json_t *members);

/* That a bundle is at its end. */
void notice_bundle(struct keeper *k, const struct bundle *b);

/* Of providers whose conflicts changed, before their lists are written. */
int notice_conflicts(struct keeper *k, struct err *e);

/* After the commit. */
void notice_send(struct keeper *k);

#endif
