#ifndef ZAYTON_GRANT_ACCESS_H
#define ZAYTON_GRANT_ACCESS_H

#include <jansson.h>

#include "base/db.h"
#include "grant/grant.h"

/*
 * Who looked at whom: a note for each subject and data set that a query asked
 * for, given or not, and for the query one line of the ledger with the hash of
 * its notes and of what was given, written in the transaction of the release.
 * Notes before it are nobody's: after a crash they are made anew.
 */

struct access_note {
	const char *at; /* RFC 3339 */
	const char *account;
	const char *query;   /* its id */
	const char *asked;   /* how the query named its subject */
	uint32_t enterprise; /* 0: none, or several, were found */
	const struct schema *schema;
	const char *purpose;
	const struct grant_answer *answer; /* decided so */
	int64_t rows;                      /* given of it */
	/* Ours: what all notes of an answer share; 0 at the first of them. */
	int64_t look;
	int64_t n; /* of the last note under it */
	char grants[GRANT_MANY * 21];
};

int access_note(struct db *db, struct access_note *n, struct err *e);

/* The hash of a query's notes, taken some at a time when all are there. */
struct hash;
struct access_hash {
	struct hash *hash;
	int64_t n;
	int64_t look; /* the one at hand, 0 before the first */
	int64_t last; /* number of the last note of it that is in it */
};

void access_hash_start(struct access_hash *h);
/* At most so many: 1 there may be more, 0 all are in it, -1. */
int access_hash_some(struct db *db, const char *query, int most,
    struct access_hash *h, struct err *e);
void access_hash_done(struct access_hash *h);

/*
 * After the last note of a query: its line "access" of the ledger. file and
 * sha256 are of what was given, "" where nothing was.
 */
int access_seal(struct db *db, const char *at, const char *account,
    const char *query, const char *purpose, const char *file,
    const char *sha256, struct access_hash *h, struct err *e);

/*
 * Whether the notes, the log and the hashes of what was given still are those
 * of the ledger: 1 yes, 0 those of ret_query (a query, or a file) are not, -1.
 */
int access_verify(struct db *db, char ret_query[64], struct err *e);

/*
 * How data sets were used in a month (2016-03), a list by data set, account
 * and purpose: {dataset, account, unit, purpose, queries, subjects, rows,
 * withheld}.
 */
int access_use(struct db *db, const char *month, json_t **ret_list,
    struct err *e);

/* A list of what was looked at of an enterprise, newest first. */
int access_list(struct db *db, uint32_t enterprise, json_t **ret_list,
    struct err *e);

#endif
