#ifndef ZAYTON_GOLDEN_GOLDEN_H
#define ZAYTON_GOLDEN_GOLDEN_H

#include <jansson.h>

#include "golden/enterprise.h"
#include "rule/overwrite.h"

/*
 * The golden record of an enterprise: of all that rows say of it, what stands
 * by the overwrite rules, with the provenance of every field and the conflicts
 * between providers. It is a function of the rows and the rules alone: made
 * again from the same rows it is the same.
 */

struct golden;

/* o and s outlive it. */
struct golden *golden_new(struct db *db, const struct overwrite *o,
    const struct schemas *s);
void golden_free(struct golden *g);

/* The tables and views of records: enterprise, provenance, conflict. */
int golden_views(struct db *db, const struct overwrite *o,
    const struct schemas *s, struct err *e);

/*
 * Makes the records that were touched anew, all or only those that cannot wait:
 * 1 there are more than that, 0 none is left, -1.
 */
int golden_refresh(struct golden *g, struct enterprises *x, const char *now,
    int records, int all, struct err *e);

/* That of one, where it still waits to be made. */
int golden_refresh_one(struct golden *g, struct enterprises *x, uint32_t no,
    const char *now, struct err *e);

/* What was true in the world on as_of, as known on a day; "" for now. */
struct golden_when {
	const char *as_of;
	const char *known;
};

/*
 * The record as an object: fields with all that was said, and "members", the
 * numbers of the enterprises it is made of. Writes nothing.
 */
int golden_show(struct golden *g, uint32_t no, const struct golden_when *when,
    json_t **ret_record, struct err *e);

/*
 * Decides a record without keeping it; golden_value is then the value of a
 * field as the base keeps it, NULL: none. It lives until the next decision.
 */
int golden_decide(struct golden *g, uint32_t no, const struct golden_when *when,
    struct err *e);
const char *golden_value(const struct golden *g, size_t field);

/* Every enterprise's number, in order, for a replay. */
int golden_all(struct golden *g,
    int (*visit)(void *ctx, uint32_t no, struct err *e), void *ctx,
    struct err *e);

#endif
