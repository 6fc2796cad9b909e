#ifndef ZAYTON_EXTRACT_SUBSCRIPTION_H
#define ZAYTON_EXTRACT_SUBSCRIPTION_H

#include "extract/query.h"

/*
 * Standing extracts: a query that goes on. Its first number is full, each
 * further one has what was added, changed or withdrawn since the one before:
 * what is given now is held against what the receiver holds (extract/held.h).
 * A further number is a bundle of kind 'x' without a file, decided anew by the
 * grants of its day. Numbers have no gaps: one is counted in the transaction
 * that puts its looks on record. What was seen is kept under a hidden name
 * beside it, so that a number can be sent again byte for byte.
 */

/* A query that begins one, or begins it anew with a full number. */
int subscription_begin(struct db *db, const struct bundle *b,
    const struct query *q, struct err *e);
/* It ends. ERR_SENDER where there is none of the name. */
int subscription_end(struct db *db, const struct bundle *b,
    const struct query *q, struct err *e);
/* Shows a number again, to be fetched as long as a new one. */
int subscription_again(struct keeper *k, const struct bundle *b,
    const struct query *q, const char *now, struct err *e);

/* The query of a further number: body is the caller's. 1, 0 it has ended. */
int subscription_next(struct db *db, const struct bundle *b, char **ret_body,
    struct err *e);

/* A number stands: counted. since: what came before it is in it. */
int subscription_given(struct db *db, const struct bundle *b, const char *since,
    struct err *e);

/* A number that was just shown is kept beside, to be sent again. */
int subscription_keep(const char *account, const char *id, const char *file,
    struct err *e);
/* Whether it is, and what becomes of it where its grant was revoked. */
int subscription_is_kept(const char *account, const char *id);
void subscription_forget(const char *account, const char *id);
/* A number is done, given or not: what came meanwhile is the next. */
int subscription_done(struct keeper *k, const struct bundle *b, struct err *e);

/* A bundle was applied: those that watch what it changed are due. */
int subscription_touched(struct keeper *k, const struct bundle *b,
    struct err *e);

/*
 * Now and then: numbers whose period is over are due, extracts whose days are
 * over are removed.
 */
int subscription_tick(struct keeper *k, struct err *e);

/*
 * Something of what a query gave may be another one now: where it is the last
 * number of one that goes by changes, the next is due.
 */
int subscription_moved(struct keeper *k, int64_t query, struct err *e);

/* What an account may see is another now: those that go by changes are due. */
int subscription_rights(struct keeper *k, const char *account, struct err *e);

/* Whether it is a further number that is none where nothing is new in it. */
int subscription_is_idle(struct db *db, int64_t query);

#endif
