#ifndef ZAYTON_KEEPER_RETENTION_H
#define ZAYTON_KEEPER_RETENTION_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * What is kept how long: files of bundles, their reports, copies of receipts,
 * and the log of access go when their days (zayton.conf) are over, in quiet
 * time, a hundred at a time, each with its line of the ledger. Rows, receipts
 * and the ledger in the base stay. Nothing goes that is still promised: what
 * a bundle at work needs, or one with an open objection, or a report that is
 * owed.
 *
 * First it is committed that a file goes, then it does: a crash between the
 * two leaves a file that goes at the next start.
 */

/* Once a day, where no bundle is at work: 1 there is more, 0, -1. */
int retention_tick(struct keeper *k, struct err *e);
/* What goes now by what was committed: between rounds. */
int retention_remove(struct keeper *k, struct err *e);

/* The file of a bundle goes whatever its days; why is a word of the ledger. */
int retention_drop_bundle(struct keeper *k, int64_t bundle, const char *why,
    const char *now, struct err *e);
/* Whether that of a bundle is gone, or going. */
int retention_is_dropped(struct db *db, int64_t bundle);

/* "tidy": all that is due; "tidy list": what would go. */
int retention_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

#endif
