#include <stdio.h>
#include <string.h>

#include "base/views.h"
#include "form/csv.h"
#include "sys/buf.h"

enum { SQL_MAX = 256 * 1024 };

const char *
views_column_type(enum field_type t)
{
	switch (t) {
	case FIELD_INT:
	case FIELD_MONEY:
	case FIELD_BOOL:
	case FIELD_YEAR:
		return "INTEGER";
	case FIELD_DECIMAL:
		return "REAL";
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DATE:
	case FIELD_PERIOD:
		break;
	}
	return "TEXT";
}

static int
run(struct db *db, struct buf *sql, struct err *e)
{
	int rc = buf_ok(sql) ? db_exec(db, sql->data, e)
			     : err_set(e, ERR_HOLD, "a standard too large");

	buf_clear(sql);
	return rc;
}

static int
make_table(struct db *db, const struct schema *s, struct buf *sql,
    struct err *e)
{
	buf_printf(sql,
	    "CREATE TABLE IF NOT EXISTS d_%s (_id INTEGER PRIMARY KEY,"
	    " _key TEXT NOT NULL, _hash INTEGER NOT NULL, _enterprise INTEGER,"
	    " _provider TEXT NOT NULL, _bundle INTEGER NOT NULL,"
	    " _file INTEGER NOT NULL, _row INTEGER NOT NULL,"
	    " _as_of TEXT NOT NULL, _from TEXT NOT NULL, _to TEXT,"
	    " _reason TEXT, _seen INTEGER NOT NULL, _seen_at INTEGER NOT NULL,"
	    " _link INTEGER, _op TEXT",
	    s->dataset);
	/* Added one by one later, each would make SQLite read all anew. */
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->field[i];

		buf_printf(sql, ", %s %s", f->name, views_column_type(f->type));
		if (f->open_ended)
			buf_printf(sql, ", %s_open INTEGER", f->name);
	}
	buf_printf(sql,
	    ");CREATE UNIQUE INDEX IF NOT EXISTS d_%s_key ON d_%s"
	    " (_key, _provider) WHERE _to IS NULL;"
	    "CREATE INDEX IF NOT EXISTS d_%s_enterprise ON d_%s (_enterprise)"
	    " WHERE _enterprise IS NOT NULL;",
	    s->dataset, s->dataset, s->dataset, s->dataset);
	/*
	 * Where somebody holds rows of it, a version that ends and a row that
	 * comes to another enterprise are told: by whom it was done does not
	 * matter. alone: no bundle of the data set says so.
	 */
	buf_printf(sql,
	    "CREATE TRIGGER IF NOT EXISTS d_%s_moved AFTER UPDATE OF _to,"
	    " _enterprise ON d_%s WHEN (OLD._enterprise IS NOT"
	    " NEW._enterprise OR OLD._to IS NOT NEW._to) AND EXISTS (SELECT 1"
	    " FROM held_t WHERE dataset = '%s') BEGIN INSERT INTO moved_t"
	    " (enterprise, alone) SELECT root, OLD._enterprise IS NOT"
	    " NEW._enterprise OR NEW._reason IS 'absent from full file' FROM"
	    " enterprise_t WHERE no IN (OLD._enterprise, NEW._enterprise);"
	    " END;",
	    s->dataset, s->dataset, s->dataset);
	return run(db, sql, e);
}

static int
add_column(struct db *db, const struct schema *s, const char *name,
    const char *suffix, const char *type, struct buf *sql, struct err *e)
{
	char column[96];

	snprintf(column, sizeof(column), "%s%s", name, suffix);
	if (db_int(db, 0,
		"SELECT count(*) FROM pragma_table_info('d_' || ?) WHERE"
		" name = ?",
		"tt", s->dataset, column) > 0)
		return 0;
	buf_printf(sql, "ALTER TABLE d_%s ADD COLUMN %s %s;", s->dataset,
	    column, type);
	return run(db, sql, e);
}

static int
add_columns(struct db *db, const struct schema *s, struct buf *sql,
    struct err *e)
{
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->field[i];

		if (add_column(db, s, f->name, "", views_column_type(f->type),
			sql, e) == -1 ||
		    (f->open_ended && add_column(db, s, f->name, "_open",
					  "INTEGER", sql, e) == -1))
			return -1;
	}
	return 0;
}

static void
view_fields(const struct schema *s, struct buf *sql)
{
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->field[i];

		if (f->type == FIELD_MONEY)
			buf_printf(sql, " t.%s / 100.0 AS %s,", f->name,
			    f->name);
		else
			buf_printf(sql, " t.%s,", f->name);
		if (f->code_list != NULL)
			buf_printf(sql,
			    " (SELECT zh FROM code_label_t WHERE list = '%s'"
			    " AND code = t.%s) AS %s_label,",
			    f->code_list, f->name, f->name);
	}
	for (size_t i = 0; i < s->nfields; i++)
		if (s->field[i].open_ended)
			buf_printf(sql, " t.%s_open,", s->field[i].name);
}

static int
make_view(struct db *db, const struct schema *s, int history, struct buf *sql,
    struct err *e)
{
	const char *kind = history ? "hist" : "std";
	char name[80], drop[112];

	snprintf(name, sizeof(name), "%s_%s", kind, s->dataset);
	buf_printf(sql, "CREATE VIEW %s AS SELECT", name);
	view_fields(s, sql);
	buf_printf(sql,
	    " t._id, (SELECT printf('E%%08d', root) FROM enterprise_t WHERE no "
	    "="
	    " t._enterprise) AS _enterprise, t._provider, b.id AS _bundle,"
	    " f.path AS _file, t._row, t._as_of%s FROM d_%s t"
	    " JOIN bundle_t b ON b.no = t._bundle"
	    " JOIN bundle_file_t f ON f.bundle = t._bundle AND f.no = t._file"
	    "%s",
	    history ? ", t._from, t._to, t._reason" : "", s->dataset,
	    history ? "" : " WHERE t._to IS NULL");
	/* Each change makes SQLite read all tables and views anew. */
	if (buf_ok(sql) &&
	    db_int(db, 0,
		"SELECT count(*) FROM sqlite_master WHERE type = 'view' AND"
		" name = ? AND sql || '' = ?",
		"tt", name, sql->data) > 0) {
		buf_clear(sql);
		return 0;
	}
	snprintf(drop, sizeof(drop), "DROP VIEW IF EXISTS %s", name);
	return db_exec(db, drop, e) == -1 ? -1 : run(db, sql, e);
}

int
views_make(struct db *db, const struct schemas *all, struct err *e)
{
	struct buf sql;
	int rc = db_begin(db, e);

	buf_init(&sql, SQL_MAX);
	for (size_t i = 0; rc == 0 && i < schemas_count(all); i++) {
		const struct schema *s = schemas_at(all, i);

		/* A row of any version that may come finds its columns. */
		if (s->state == SCHEMA_DRAFT)
			continue;
		if (make_table(db, s, &sql, e) == -1 ||
		    add_columns(db, s, &sql, e) == -1) {
			rc = -1;
			break;
		}
		if (s->state != SCHEMA_IN_FORCE)
			continue;
		if (make_view(db, s, 0, &sql, e) == -1 ||
		    make_view(db, s, 1, &sql, e) == -1)
			rc = -1;
	}
	buf_done(&sql);
	return rc;
}

/* One row of code_list.csv: list, code, label_zh, label_en. */
static int
label_row(struct db *db, const struct csv_row *r, struct err *e)
{
	sqlite3_stmt *st = db_prepare(db,
	    "INSERT OR REPLACE INTO code_label_t VALUES (?,?,?,?)");
	int rc;

	if (r->n < 3)
		return 0;
	for (int i = 0; i < 4; i++)
		(void)sqlite3_bind_text(st, i + 1,
		    (size_t)i < r->n ? r->field[i].data : "",
		    (size_t)i < r->n ? (int)r->field[i].len : 0, SQLITE_STATIC);
	rc = db_step(db, st, 1, e);
	db_done(st);
	return rc;
}

int
views_labels(struct db *db, const struct pack *p, struct err *e)
{
	const struct pack_file *f = pack_find(p, "schemas/code_list.csv");
	struct csv_row row;
	struct csv csv;
	int rc = 0;

	if (f == NULL)
		return 0;
	csv_init(&csv, &csv_limits_default);
	csv_set_separator(&csv, ',');
	csv_feed(&csv, f->data, f->len, 1);
	while (rc == 0 && csv_next(&csv, &row) == 1)
		if (row.record > 1)
			rc = label_row(db, &row, e);
	csv_done(&csv);
	return rc;
}
