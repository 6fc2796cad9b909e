#ifndef ZAYTON_GRANT_GRANT_STORE_H
#define ZAYTON_GRANT_GRANT_STORE_H

#include "base/db.h"
#include "grant/grant.h"
#include "keeper/standing.h"

/*
 * Grants and consents in the base. What they mean is decided in grant/; here
 * they are kept, and told to who has to decide.
 */

/*
 * All grants of an account and the consents given to it, against the
 * standards and the sharing rules in force, which have to outlive them. A
 * grant of a field that its standard no longer has gives the others; one of a
 * data set without a standard in force gives nothing. Freed by grants_free.
 */
int grant_load(struct db *db, const struct standing *s, const char *account,
    struct grants *ret_g, struct err *e);

/* What a decision has to know of an enterprise; the division is kept in buf. */
int grant_subject(struct db *db, uint32_t enterprise, char buf[GRANT_DIVISION],
    struct grant_subject *ret_w, struct err *e);

/*
 * A query used a grant on a day (YYYY-MM-DD). Several times of one query
 * count once.
 */
int grant_used(struct db *db, int64_t grant, const char *query, const char *day,
    struct err *e);

#endif
