#ifndef ZAYTON_GOLDEN_SENDBACK_H
#define ZAYTON_GOLDEN_SENDBACK_H

#include "base/bundle.h"
#include "rule/schema.h"

/*
 * What goes back of linking and of records, for those who gave the rows to
 * mend them: unlinked.csv of a bundle, with the nearest candidates and what is
 * missing; conflicts.csv of a provider, all that are open now. Both are placed
 * before the commit and made again without one.
 */

/*
 * The list of the rows of a bundle that are not linked, with their findings,
 * some rows at a time. b and s outlive it.
 */
struct sendback;
int sendback_open(struct db *db, const struct schemas *s,
    const struct bundle *b, struct sendback **ret_s, struct err *e);
/* 1 there are more rows, 0 the list is placed, -1. */
int sendback_slice(struct sendback *s, int rows, struct err *e);
void sendback_close(struct sendback *s);

/* The lists of providers that have news. */
int sendback_conflicts(struct db *db, struct err *e);

#endif
