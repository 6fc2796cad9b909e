#ifndef ZAYTON_KEEPER_CHECKPOINT_H
#define ZAYTON_KEEPER_CHECKPOINT_H

#include "base/own_key.h"
#include "form/tlog.h"
#include "keeper/keeper.h"

/*
 * Checkpoints of the ledger: signed heads of its Merkle tree, which nobody can
 * take back, the operator included. In a quiet moment after new lines one is
 * signed; it stands in /standards/checkpoint, the last one of each day in
 * /standards/checkpoints with a proof that the one before grew into it; and
 * each receipt gets its proof beside it, NAME.tlog-proof. Only lines that are
 * committed are ever signed.
 *
 * A crash between any two steps: what is missing is made at the next start,
 * of the same lines; an older checkpoint stays true.
 */

struct checkpoints;

/* Some of the work, between rounds: 1 there is more, 0 none now, -1. */
int checkpoints_slice(struct keeper *k, struct err *e);
void checkpoints_free(struct checkpoints *c);

/* The head of what is committed, with further lines, as a signed note. */
int checkpoint_sign(struct keeper *k, const char *extension, struct buf *note,
    struct err *e);

/*
 * All that were kept, against the lines as they are: 1 they hold, 0 one does
 * not (why in e), -1. *ret_n is how many.
 */
int checkpoints_verify(struct db *db, const struct own_keys *own,
    int64_t *ret_n, struct err *e);

/*
 * A checkpoint that somebody kept, as a signed note: 1 the ledger grew out of
 * it, 0 not (why in e), -1.
 */
int checkpoint_check(struct db *db, const struct own_keys *own,
    const char *note, size_t len, struct err *e);

/*
 * The proof of a receipt by its head, a ledger line's hash in hex: 1, 0, -1.
 * Asks no base.
 */
int checkpoint_proves(const struct own_keys *own, const char *proof, size_t len,
    const char *head, struct err *e);

#endif
