#ifndef ZAYTON_BASE_SIGHT_H
#define ZAYTON_BASE_SIGHT_H

#include "base/db.h"

/*
 * What a reader of the base still sees of it: some tables, and of these some
 * columns. SQLite itself refuses every statement that reads others or does
 * anything but read. For a role that is told by the base what it may read, so
 * that no mistake of its own reads more.
 */

struct sight;

struct sight *sight_new(void);
/* Frees s; the base it was set on is closed by then. */
void sight_free(struct sight *s);

/* One more column of a table. */
void sight_add(struct sight *s, const char *table, const char *column);

/*
 * From now on only that. More can be added, nothing taken away. Statements
 * prepared before keep what they read.
 */
int sight_set(struct sight *s, struct db *db, struct err *e);

#endif
