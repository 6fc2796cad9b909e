#ifndef ZAYTON_EXTRACT_RECALL_H
#define ZAYTON_EXTRACT_RECALL_H

#include "keeper/keeper.h"

/*
 * What was given and no longer stands: each institution that holds it is told,
 * be it by a standing extract or by a query that it asked once. There is one
 * comparison, of the rows held (extract/held.h) with those of the base, and it
 * does not ask why they differ. Of whom it is to be made is told by triggers
 * (moved_t) and by the day on which a clock runs out (query_t.ends).
 *
 * It is told twice: by a small file in /extracts at once, and by a table in
 * the institution's next extract.
 */

/*
 * Some of it, in a quiet time: 1 there is more, 0 nothing is to be compared.
 * A crash begins the same comparison anew; what it found already stays.
 */
int recall_slice(struct keeper *k, int milliseconds, struct err *e);
/* Whether there is something to compare. */
int recall_waits(const struct keeper *k);
void recall_free(struct recall *r);

/* After the commit, the next file: 1 one was placed, 0 none is due. */
int recall_place(struct keeper *k, struct err *e);

/* An extract of an account told all of its corrections up to a number. */
int recall_told(struct db *db, const char *account, int64_t query, int64_t upto,
    struct err *e);

/* Rows of an enterprise are marked, or no longer: who watches it is due. */
int recall_marked(struct db *db, uint32_t enterprise, struct err *e);

#endif
