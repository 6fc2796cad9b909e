#ifndef ZAYTON_QUALITY_QUALITY_H
#define ZAYTON_QUALITY_QUALITY_H

#include <jansson.h>
#include <stdint.h>

#include "base/bundle.h"
#include "base/db.h"
#include "form/rowfile.h"
#include "keeper/keeper.h"
#include "keeper/standing.h"
#include "way/merge.h"

/*
 * The quality of bundles in the base: what their numbers are, and rows as they
 * were sent. All of it is written within the bundle's own transactions. The
 * keeper's own metrics come of what merging counted and of one reading of the
 * rows that the bundle wrote, in slices; nothing of it grows with the base.
 */

/* Keeps a record of kind ROWFILE_SENT. */
int quality_sent(struct db *db, int64_t bundle, int64_t file,
    const struct rowfile_record *r, struct err *e);

/* A bundle is put on its way again: what was said of it is forgotten. */
int quality_forget(struct db *db, int64_t bundle, struct err *e);

/* The metrics of one bundle in the making. */
struct quality;

/* Fields of an enterprise that everybody has to know alike. */
enum { QUALITY_SAME = 3 };
extern const char *const quality_same[QUALITY_SAME];

/* After its rows are merged and linked. All of them outlive it. */
struct quality *quality_open(struct keeper *k, const struct bundle *b,
    const char *provider, const struct standing *s,
    const struct rowfile_summary *v, struct merge *m);
void quality_close(struct quality *q);

/*
 * Reads about so many rows back: 1 there are more, 0 all metrics are kept, -1.
 */
int quality_slice(struct quality *q, int rows, struct err *e);

/*
 * What a command shows of a bundle: an array of dataset, score (0 to 1),
 * grade, and the metrics that are poor. The caller's.
 */
json_t *quality_json(struct db *db, int64_t bundle, struct err *e);

#endif
