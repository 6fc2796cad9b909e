#ifndef ZAYTON_KEEPER_ACTS_H
#define ZAYTON_KEEPER_ACTS_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * The one door of all requests. Without administrators they are done as they
 * come. From the first administrator on, what changes anything has to be
 * signed: {do: "act", statement, signature}, where the statement
 * (form/statement.h) holds the request itself, so that what was signed is what
 * is done. The table of rights says who may, and what waits until another one
 * has signed that it shall be.
 *
 * An act and what it brings are one transaction: its line of the ledger stands
 * behind theirs, and says which is the first of them. Whoever holds the base can write into it, this keeper
 * included; but nobody else has the administrators' keys, so acts_verify finds
 * lines that no act brought.
 */

/* What does a request that may be done. */
typedef int acts_run(struct keeper *k, const char *what, const json_t *request,
    json_t **ret_answer, struct err *e);

/*
 * Where a signature lacks, the refusal comes with an answer {sign: {ledger,
 * seq, hash, at}}, of which a statement can be made.
 */
int acts_ask(struct keeper *k, const json_t *request, acts_run *run,
    json_t **ret_answer, struct err *e);

/*
 * All that was ever signed, against keys, offices, and the ledger: 1 it holds,
 * 0 not (why in e), -1. *ret_n is how many acts; nothing to check without
 * administrators.
 */
int acts_verify(struct db *db, int64_t *ret_n, struct err *e);

/* Whether there are administrators, so that signatures are asked for. */
int acts_wanted(struct db *db);

#endif
