#ifndef ZAYTON_BASE_ROWS_H
#define ZAYTON_BASE_ROWS_H

#include <jansson.h>

#include "base/db.h"
#include "form/value.h"

/*
 * The rest of a query that db_query began with rc, as objects by the names of
 * its columns: whole numbers stay numbers, all else is text. Ends it.
 */
int rows_take(struct db *db, sqlite3_stmt *st, int rc, json_t *list,
    struct err *e);

/* A value as the base keeps it, amounts in fen; text stays in the statement. */
void rows_value(sqlite3_stmt *st, int column, int money, struct value *ret_v);

#endif
