#ifndef ZAYTON_BASE_BUNDLE_H
#define ZAYTON_BASE_BUNDLE_H

#include <stdint.h>

#include "base/db.h"
#include "form/rowfile.h"
#include "sys/spool.h"

/*
 * Bundles in the base. Every function works inside the round's transaction and
 * writes the ledger line that belongs to the move.
 */

struct bundle {
	int64_t no;
	struct spool_name name;
	int64_t bytes;
	char sha256[DIGEST_TEXT];
	char state[16]; /* as the directory is called */
	char received_at[40];
	char finished_at[40];
	char outcome[16];
	char pack[DIGEST_TEXT];
	int attempts;       /* workers that died of it */
	int64_t original;   /* number of the first of the same content, 0 */
	struct err refusal; /* code "" where the bundle was not refused */
};

/* What a delivery turned out to be. */
enum delivery {
	DELIVERY_NEW,
	DELIVERY_REFUSED, /* its container: rejected at once */
	DELIVERY_AGAIN,   /* content that was delivered before */
	DELIVERY_KNOWN    /* this very file, told twice */
};

/*
 * A durable file in received/ becomes a bundle. why->code is "" or what is
 * wrong with its container.
 */
int bundle_take(struct db *db, const struct spool_name *n, int64_t bytes,
    const char *sha256, const struct err *why, const char *now,
    enum delivery *ret_d, struct bundle *ret_b, struct err *e);

/* The newest bundle a signature can be for: its name without ".sig". */
int bundle_signed(struct db *db, const struct bundle *signature,
    struct bundle *ret_b, struct err *e);

/* By id or number: 1 found, 0 none, -1. */
int bundle_find(struct db *db, const char *id, struct bundle *ret_b,
    struct err *e);
int bundle_get(struct db *db, int64_t no, struct bundle *ret_b, struct err *e);

/*
 * The next to work on: those that were at work when the keeper died first,
 * then fairly: of the accounts with the fewest at work the smaller and older
 * bundle. 1 one, 0 none. It is claimed on return, with the pack named.
 */
int bundle_claim(struct db *db, const char *pack, const char *now,
    struct bundle *ret_b, struct err *e);

/*
 * A worker died of it. The end of all roles by somebody else's death counts
 * for nothing.
 */
int bundle_failed(struct db *db, struct bundle *b, struct err *e);

/* What the worker found, before the first row is merged; once per bundle. */
int bundle_verdict(struct db *db, const struct bundle *b,
    const struct rowfile_summary *v, struct err *e);

/* A finding of one of its files, as a record of kind ROWFILE_FINDING. */
int bundle_issue(struct db *db, int64_t bundle, int64_t file,
    const struct rowfile_record *r, struct err *e);

/*
 * The end: applied or rejected. outcome is "accepted", "partial", "rejected".
 */
int bundle_finish(struct db *db, struct bundle *b, const char *outcome,
    const struct err *refusal, const char *now, struct err *e);

/* Set aside, with the reason for the operator. */
int bundle_quarantine(struct db *db, struct bundle *b, const char *reason,
    const char *now, struct err *e);

/* Back to received, as an operator asks. ERR_HOLD where it may not. */
int bundle_again(struct db *db, struct bundle *b, const char *verb,
    const char *now, struct err *e);

#endif
