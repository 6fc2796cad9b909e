#ifndef ZAYTON_KEEPER_ERASE_H
#define ZAYTON_KEEPER_ERASE_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * Personal data erased by law. Of the rows that are named, in whatever version,
 * the personal fields (sensitivity X of their standards) are emptied, and their
 * salts destroyed: receipts, checkpoints and the proofs of all other rows hold
 * as before, theirs cannot be made again. The files of the bundles they came
 * with are removed. The ledger says how many rows of which data set, on which
 * legal basis, and nothing of whose they were.
 */

/*
 * "erase list" {whom}: the rows that hold a person's number, or the personal
 * fields of an enterprise's rows. "erase" {rows, basis, person, reason}: those
 * of such a list, so that no request holds what is to be forgotten.
 */
int erase_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

#endif
