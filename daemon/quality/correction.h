#ifndef ZAYTON_QUALITY_CORRECTION_H
#define ZAYTON_QUALITY_CORRECTION_H

#include "base/bundle.h"
#include "base/db.h"
#include "form/rowfile.h"
#include "sys/buf.h"

/*
 * Corrections: returned rows that come back mended. A row that is accepted
 * closes the findings of the row it corrects, and of those which that one was
 * to correct. Only who sent a row may correct it: a provider's files are asked
 * for by their bundle's id and path.
 */

/* Whether the worker met returned rows and does not know whose. */
int correction_asks(const struct rowfile_summary *v);
/* What the worker is told of the files it asks for, as a JSON array. */
int correction_facts(struct db *db, const char *provider,
    const struct rowfile_summary *v, struct buf *b, struct err *e);

/* Which row a row of a file of this bundle corrects. */
int correction_note(struct db *db, const char *provider, int64_t bundle,
    int64_t file, const struct rowfile_file *f, const struct rowfile_record *r,
    struct err *e);

/* All rows are in: findings are closed. Before the receipt, which tells it. */
int correction_close(struct db *db, const struct bundle *b, const char *now,
    struct err *e);

/* Nothing of it stands any more, before it is put on its way again. */
int correction_forget(struct db *db, int64_t bundle, struct err *e);

#endif
