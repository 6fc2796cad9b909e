#include "base/rows.h"

int
rows_take(struct db *db, sqlite3_stmt *st, int rc, json_t *list, struct err *e)
{
	for (; rc == 1; rc = db_next(db, st, e)) {
		json_t *o = json_object();

		for (int i = 0; i < sqlite3_column_count(st); i++)
			json_object_set_new(o, sqlite3_column_name(st, i),
			    sqlite3_column_type(st, i) == SQLITE_INTEGER
				? json_integer(sqlite3_column_int64(st, i))
				: json_string(db_text(st, i)));
		json_array_append_new(list, o);
	}
	db_done(st);
	return rc;
}
