#ifndef ZAYTON_QUALITY_OVERDUE_H
#define ZAYTON_QUALITY_OVERDUE_H

#include <jansson.h>

#include "base/db.h"
#include "rule/schema.h"
#include "way/receipt.h"

/*
 * What a provider is told of what it owes. A statement, signed as a receipt
 * and with a line of the ledger of its own, says once that nothing arrived;
 * overdue.csv is the reminder: all that is due or missing now, gone when
 * nothing is.
 */

/*
 * What is missing and was not told: one statement per provider, whatever
 * number of periods it is about, put into the list told as well.
 */
int overdue_tell(struct db *db, const struct schemas *s,
    const struct receipt_versions *v, const char *day, const char *now,
    json_t *told, struct err *e);

/* The reminders of providers whose debts changed. */
int overdue_remind(struct db *db, const struct schemas *s, struct err *e);

/*
 * All that is due or missing now, of a provider or, where it is "", of all:
 * [{provider, dataset, title, from, to, periods, due, state}].
 */
int overdue_json(struct db *db, const struct schemas *s, const char *provider,
    json_t **ret_list, struct err *e);

#endif
