#ifndef ZAYTON_BASE_SENDBACK_H
#define ZAYTON_BASE_SENDBACK_H

#include "base/bundle.h"
#include "rule/schema.h"

/*
 * What goes back of linking and of records, for those who gave the rows to
 * mend them: unlinked.csv of a bundle, with the nearest candidates and what is
 * missing; conflicts.csv of a provider, all that are open now. Both are placed
 * before the commit and made again without one.
 */

/* Findings of the rows of a bundle that are not linked, and their list. */
int sendback_unlinked(struct db *db, const struct schemas *s,
    const struct bundle *b, struct err *e);

/* The lists of providers that have news. */
int sendback_conflicts(struct db *db, struct err *e);

#endif
