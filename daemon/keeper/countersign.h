#ifndef ZAYTON_KEEPER_COUNTERSIGN_H
#define ZAYTON_KEEPER_COUNTERSIGN_H

#include "base/bundle.h"
#include "keeper/keeper.h"

/*
 * Countersignatures: a department signs a checkpoint of a day that is over,
 * DAY.checkpoint out of /standards/checkpoints, and uploads the signature as
 * any other, DAY.checkpoint.sig. A good one is shown to every account as
 * DAY.checkpoint.ACCOUNT.sig beside it: who was shown another ledger sees that
 * others did not sign it.
 */

/* The checkpoint that such a signature is for; -1: there is none. */
int countersign_open(const struct bundle *b);
/* Whether a signature is one of a checkpoint. */
int countersign_is(const struct bundle *b);
/* It was found good: shown to all, out of claimed/; as often as it takes. */
int countersign_publish(struct keeper *k, const struct bundle *b,
    struct err *e);

#endif
