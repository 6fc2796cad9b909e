#ifndef ZAYTON_BASE_OUTBOX_H
#define ZAYTON_BASE_OUTBOX_H

#include <stddef.h>

#include "base/db.h"

/*
 * Small files that are to lie in an account's /reports. They are written down
 * in the round's transaction and placed after it, at a new start as well, so
 * that nothing is told that was not kept. Signed ones stay in the base.
 */

/*
 * A file below the account's reports; one that waits under the same path is
 * replaced, and what lies there too. It is signed where sign is set, with the
 * signature beside it. data NULL: what lies there is taken away.
 */
int outbox_put(struct db *db, const char *account, const char *path,
    const void *data, size_t len, int sign, struct err *e);

/* The same for all accounts of a provider; "" those of no provider. */
int outbox_put_all(struct db *db, const char *provider, const char *path,
    const void *data, size_t len, int sign, struct err *e);

/*
 * Places the oldest file that waits. sign gives the armoured signature of a
 * SHA-512 as text, the caller's, or NULL. 1 one was placed, 0 none waits, -1.
 */
typedef char *outbox_sign_fn(void *arg, const unsigned char *sha512,
    struct err *e);
int outbox_place_next(struct db *db, outbox_sign_fn *sign, void *arg,
    struct err *e);

/* At start: what could not be placed waits again. */
int outbox_recover(struct db *db, struct err *e);

#endif
