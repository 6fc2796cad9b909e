#include <string.h>

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

void
rows_value(sqlite3_stmt *st, int column, int money, struct value *ret_v)
{
	memset(ret_v, 0, sizeof(*ret_v));
	switch (sqlite3_column_type(st, column)) {
	case SQLITE_INTEGER:
		ret_v->kind = money ? VALUE_MONEY : VALUE_INT;
		ret_v->num = sqlite3_column_int64(st, column);
		break;
	case SQLITE_FLOAT:
		ret_v->kind = VALUE_REAL;
		ret_v->real = sqlite3_column_double(st, column);
		break;
	case SQLITE_TEXT:
		ret_v->kind = VALUE_TEXT;
		ret_v->text = db_text(st, column);
		ret_v->len = (size_t)sqlite3_column_bytes(st, column);
		break;
	default:
		ret_v->kind = VALUE_NULL;
		break;
	}
}
