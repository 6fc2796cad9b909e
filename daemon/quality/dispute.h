#ifndef ZAYTON_QUALITY_DISPUTE_H
#define ZAYTON_QUALITY_DISPUTE_H

#include <jansson.h>

#include "base/bundle.h"
#include "keeper/keeper.h"

/*
 * Objections of departments to findings, and what people decide: accepted, an
 * exception holds for what that rule finds in that field of the provider's
 * data set until a day; or refused. The department reads the answer in
 * /reports/objections.csv; every step has a line of the ledger.
 */

/* A bundle is at its end: the objections that it brought. Before its receipt. */
int dispute_arrived(struct keeper *k, const struct bundle *b,
    const char *provider, const char *now, struct err *e);

/*
 * "quality objections" {all}; "quality accept" {objection, person, reason,
 * until}; "quality refuse" {objection, person, reason}.
 */
int dispute_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

/* The exceptions of a provider on the day of a receipt, as way/work.h says. */
int dispute_exceptions(struct db *db, const char *provider,
    const char *received_at, char *text, size_t size, struct err *e);

#endif
