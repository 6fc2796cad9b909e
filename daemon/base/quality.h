#ifndef ZAYTON_BASE_QUALITY_H
#define ZAYTON_BASE_QUALITY_H

#include <stdint.h>

#include "base/db.h"
#include "form/rowfile.h"

/*
 * The quality of bundles in the base: what their numbers are, and rows as they
 * were sent. All of it is written within the bundle's own transactions.
 */

/* Keeps a record of kind ROWFILE_SENT. */
int quality_sent(struct db *db, int64_t bundle, int64_t file,
    const struct rowfile_record *r, struct err *e);

/* A bundle is put on its way again: what was said of it is forgotten. */
int quality_forget(struct db *db, int64_t bundle, struct err *e);

#endif
