#ifndef ZAYTON_WAY_RECEIPT_H
#define ZAYTON_WAY_RECEIPT_H

#include <stdint.h>

#include "base/bundle.h"
#include "base/db.h"

/*
 * Receipts: what the sender can show. A receipt is JSON with sorted keys; its
 * own ledger line (seq, prev, head) commits to the SHA-256 of the receipt
 * without its "head" member, and head is that line's hash. Built and stored in
 * the round's transaction; signed and placed as files afterwards, as often as
 * it takes: the same key and bytes give the same signature.
 */

struct receipt_versions {
	const char *engine;
	const char *code_tables; /* SHA-256 */
	const char *pack;        /* SHA-256 */
};

/* "received": the upload is durable. */
int receipt_received(struct db *db, const struct bundle *b,
    const struct receipt_versions *v, const char *now, struct err *e);

/* "result": applied or rejected. */
int receipt_result(struct db *db, const struct bundle *b,
    const struct receipt_versions *v, const char *now, struct err *e);

/* Another name under which the same content came gets the same receipts. */
int receipt_also_for(struct db *db, int64_t original, const struct bundle *b,
    struct err *e);

/*
 * Places the files of the oldest receipt that waits, in
 * accounts/NAME/receipts. sign gives the armoured signature of a SHA-512 as
 * text (freed by the caller), or NULL. 1 one was placed, 0 none waits, -1.
 */
typedef char *receipt_sign_fn(void *arg, const unsigned char *sha512,
    struct err *e);
int receipt_place_next(struct db *db, receipt_sign_fn *sign, void *arg,
    struct err *e);

/*
 * At start: the newest that are not where they should be wait again. anew: the
 * kernel was started anew, and since they are placed without fsync any of the
 * newest may be gone or empty: all of them wait, far more than a disk can be
 * behind.
 */
int receipt_recover(struct db *db, int anew, struct err *e);

/*
 * Checks a receipt file against the ledger: 1 it is ours and unchanged, 0
 * not, with the reason in e, -1.
 */
int receipt_check(struct db *db, const char *body, size_t len, struct err *e);

#endif
