#ifndef ZAYTON_QUALITY_RESUPPLY_H
#define ZAYTON_QUALITY_RESUPPLY_H

#include <jansson.h>

#include "base/db.h"
#include "rule/schema.h"

/*
 * Tasks to send a period of a data set again: asked of a provider by a person
 * with a reason, told in /reports/tasks, closed when the data come.
 */

/*
 * {provider, dataset, period, reason, person, until}: until is a day or "".
 * ERR_HOLD says what is wrong with the request.
 */
int resupply_add(struct db *db, const struct schemas *s, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

/* All that are open, and the last that were closed. */
int resupply_list(struct db *db, json_t **ret_list, struct err *e);

/* A bundle of a provider was applied. */
int resupply_arrived(struct db *db, const struct schemas *s, int64_t bundle,
    const char *provider, const char *now, struct err *e);

#endif
