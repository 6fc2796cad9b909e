#ifndef ZAYTON_EXTRACT_QUERY_H
#define ZAYTON_EXTRACT_QUERY_H

#include <jansson.h>

#include "base/bundle.h"
#include "keeper/keeper.h"

/*
 * Queries in the base. A query is a bundle of kind 'q'; what it asks is kept
 * as it was read, then decided subject by subject and data set by data set,
 * and the decision is the order by which the extract role writes. What was
 * given stands in the access log and in the ledger before anybody sees it.
 */

struct query;
struct standing;

/* Of a bundle, kept by its number. */
struct query_row {
	int64_t no;
	char id[ID_TEXT];
	char account[ACCOUNT_TEXT];
	char state[16]; /* asked, decided, given, placed, expired, gone, ... */
	char file[SPOOL_TEXT + 16]; /* its name in /extracts */
	char day[16];               /* in China, of the decision */
	char expires[16];
	char upto[40];    /* all that came before is in it */
	int64_t standing; /* number of its standing extract, 0 none */
};

/* What the worker read, kept. ERR_SENDER where it is refused. */
int query_take(struct db *db, const struct bundle *b, struct rowfile_reader *r,
    struct query *ret_q, struct err *e);

/* A further number of a standing extract, kept with what came before it. */
int query_continue(struct db *db, const struct bundle *b, const struct query *q,
    struct err *e);

/*
 * Decides it in slices, in transactions of the rounds', over what was decided
 * before. Opening takes q over, in any case, and is ERR_SENDER where the query
 * cannot be answered at all; standing and bundle have to outlive it. A slice
 * takes about so long: 1 there is more, 0 it is decided, and its orders stand.
 */
struct query_decide;
int query_decide_open(struct keeper *k, const struct standing *s,
    const struct bundle *b, struct query *q, struct query_decide **ret_d,
    struct err *e);
int query_decide_slice(struct query_decide *d, int milliseconds, struct err *e);
/* Whether there is something to give. */
int query_decide_given(const struct query_decide *d);
void query_decide_close(struct query_decide *d);

/*
 * A number of a standing extract by which nothing is given any more: 1 it
 * tells so to who holds something, 0 there is nothing to tell.
 */
int query_withdraws(struct db *db, int64_t no, struct err *e);

int query_get(struct db *db, int64_t no, struct query_row *ret_q,
    struct err *e);

/* The hidden name under which the extract role writes; 64 bytes. */
void query_hidden(const char *id, char *name, size_t size);

/*
 * What was given goes on record in slices, in transactions of the rounds': the
 * extract stands, hidden and durable, and the role told of it in summary; -1
 * where nothing is given, and the looks are on record all the same. Opening
 * returns 1, or 0 where it is a number of a standing extract with nothing new
 * in it: then it never was. A slice: 1 there is more, 0 it is sealed in the
 * ledger, -1.
 */
struct query_looks;
int query_looks_open(struct keeper *k, const struct standing *s,
    const struct bundle *b, int summary, struct query_looks **ret_l,
    struct err *e);
int query_looks_slice(struct query_looks *l, int milliseconds, struct err *e);
/* Whether something is given. */
int query_looks_given(const struct query_looks *l);
void query_looks_close(struct query_looks *l);

/* Nothing of it was decided: what stands is that it was asked. */
int query_drop(struct db *db, int64_t no, struct err *e);

/* Given, but not to be seen yet. */
int query_waits(struct db *db, int64_t no);

/* Refuses it as a whole, by the first reason for which it is withheld. */
void query_refusal(struct db *db, int64_t no, struct err *ret_why);

/* "accepted", "partial", "rejected": all, a part or nothing was given. */
const char *query_outcome(struct db *db, int64_t no);

/*
 * After the commit: some that were given and are not to be seen yet, or no
 * longer; 1 there may be more. Where a file is gone it is told as lost, in the
 * log.
 */
int query_place(struct db *db, struct err *e);

/*
 * A grant or a consent was revoked: what lies in /extracts under it, or is
 * kept to be sent again, is over, each with its line in the ledger. It is
 * removed after the commit, by query_place.
 */
enum query_right { QUERY_GRANT, QUERY_CONSENT };
int query_end_under(struct keeper *k, enum query_right right, int64_t number,
    const char *now, struct err *e);

/* Now and then: extracts whose days are over are removed. */
int query_expire(struct keeper *k, const char *day, struct err *e);

/* What was asked, given and withheld, and why: for the receipt. */
json_t *query_receipt(struct db *db, int64_t no, struct err *e);
/* The same in one sentence each. */
void query_message(struct db *db, const struct bundle *b, char *zh, char *en,
    size_t size);

#endif
