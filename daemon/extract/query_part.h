#ifndef ZAYTON_EXTRACT_QUERY_PART_H
#define ZAYTON_EXTRACT_QUERY_PART_H

#include "extract/query.h"

/* What the files of the query share. Not for others. */

/* Its row, as asked. */
int query_keep(struct db *db, const struct bundle *b, const struct query *q,
    struct err *e);

/* ERR_SENDER where it asks for encryption and the account has no such key. */
int query_check_key(struct db *db, const char *account, const struct query *q,
    struct err *e);

/* What was decided before, by a keeper that did not come to the end. */
int query_forget_decision(struct db *db, int64_t no, struct err *e);

#endif
