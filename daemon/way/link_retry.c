#include <stdio.h>

#include "sys/buf.h"
#include "way/link_part.h"

/*
 * Rows that were left open are tried again: those that wait for what was
 * learned, and those that came before there was any enterprise.
 */

enum { UNTRIED = 64 };

static void
add_column(struct buf *b, const struct link_columns *c, int field)
{
	if (field == -1)
		buf_addstr(b, ", NULL");
	else
		buf_printf(b, ", %s", c->schema->field[field].name);
}

static sqlite3_stmt *
prepare_row(struct link *l, const struct link_columns *c)
{
	sqlite3_stmt *st;
	struct buf b;

	buf_init(&b, 16384);
	buf_addstr(&b, "SELECT _provider, _as_of, _bundle, _file, _row,"
		       " _to IS NULL, _enterprise IS NULL");
	for (int p = 0; p < LINK_PART_COUNT; p++)
		add_column(&b, c, c->part[p]);
	add_column(&b, c, c->item);
	add_column(&b, c, c->before);
	add_column(&b, c, c->after);
	add_column(&b, c, c->former_names);
	buf_printf(&b, " FROM d_%s WHERE _id = ?", c->schema->dataset);
	st = db_prepare(l->db, b.data);
	buf_done(&b);
	return st;
}

static const char *
text_or_null(sqlite3_stmt *st, int at)
{
	return sqlite3_column_type(st, at) == SQLITE_NULL ? NULL
							  : db_text(st, at);
}

static void
row_from(sqlite3_stmt *st, struct link_row *row, struct origin *o)
{
	int at = 7;

	row->provider = db_text(st, 0);
	row->as_of = db_text(st, 1);
	o->bundle = sqlite3_column_int64(st, 2);
	o->file = sqlite3_column_int64(st, 3);
	o->row = sqlite3_column_int64(st, 4);
	for (int p = 0; p < LINK_PART_COUNT; p++)
		row->part[p] = text_or_null(st, at++);
	row->item = text_or_null(st, at++);
	row->before = text_or_null(st, at++);
	row->after = text_or_null(st, at++);
	row->former_names = text_or_null(st, at);
}

/* For questions of what was known on a day. */
static int
note_late(struct link *l, const struct link_columns *c, int64_t id,
    const char *now, struct err *e)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
	    "INSERT OR REPLACE INTO linked_t SELECT ?1, _id, ?2 FROM d_%s"
	    " WHERE _id = ?3 AND substr(_from, 1, 10) < substr(?2, 1, 10)",
	    c->schema->dataset);
	return db_run(l->db, e, sql, "tti", c->schema->dataset, now, id);
}

static int
mark_linked(struct link *l, const struct link_columns *c,
    const struct link_found *f, int64_t id, const char *now,
    const struct origin *o, struct err *e)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
	    "UPDATE d_%s SET _enterprise = ?, _link = ? WHERE _id = ?",
	    c->schema->dataset);
	if (db_run(l->db, e, sql, "iii", (int64_t)f->enterprise, f->how, id) ==
		-1 ||
	    note_late(l, c, id, now, e) == -1 ||
	    enterprises_forget_row(l->enterprises, c->schema->dataset, id, e) ==
		-1)
		return -1;
	return db_run(l->db, e,
	    "UPDATE bundle_file_t SET linked = linked + 1 WHERE bundle = ? AND"
	    " no = ?",
	    "ii", o->bundle, o->file);
}

static int
try_row(struct link *l, const struct link_columns *c, int64_t id,
    const char *now, struct err *e)
{
	sqlite3_stmt *st = prepare_row(l, c);
	struct link_found f;
	struct link_row row;
	struct origin o;
	int rc;

	(void)sqlite3_bind_int64(st, 1, id);
	rc = db_step(l->db, st, 0, e);
	if (rc == 1 && sqlite3_column_int(st, 6)) {
		int current = sqlite3_column_int(st, 5);

		row_from(st, &row, &o);
		link_find(l, c, &row, &f);
		if (f.enterprise != 0 &&
		    (mark_linked(l, c, &f, id, now, &o, e) == -1 ||
			enterprises_touch(l->enterprises, f.enterprise, 0,
			    c->source_no, 0, e) == -1))
			rc = -1;
		if (rc == 1 && link_settle(l, c, &row, &f, id, current, 1, now,
				   &o, e) == -1)
			rc = -1;
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* The first of those to be tried: 1 one, 0 none. */
static int
next_retry(struct link *l, char dataset[64], int64_t *ret_id, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(l->db, &st, e,
	    "SELECT dataset, row FROM retry_t ORDER BY dataset, row LIMIT 1",
	    "");

	if (rc == 1) {
		snprintf(dataset, 64, "%s", db_text(st, 0));
		*ret_id = sqlite3_column_int64(st, 1);
	}
	db_done(st);
	return rc;
}

int
link_retry(struct link *l, const struct schemas *s, const char *now, int rows,
    struct err *e)
{
	char dataset[64];
	int64_t id;
	int rc = 1;

	while (rows-- > 0 && (rc = next_retry(l, dataset, &id, e)) == 1) {
		const struct schema *schema = schemas_find(s, dataset);
		struct link_columns c;

		if (db_run(l->db, e,
			"DELETE FROM retry_t WHERE dataset = ? AND row = ?",
			"ti", dataset, id) == -1)
			return -1;
		if (schema == NULL)
			continue;
		link_columns(l, schema, &c);
		if (try_row(l, &c, id, now, e) == -1)
			return -1;
	}
	return rc;
}

/* The next rows of a dataset: *ret_at is the last of them, 0 none is left. */
static int
next_untried(struct link *l, const char *dataset, int64_t *at, int rows,
    int64_t *id, int *ret_n, struct err *e)
{
	sqlite3_stmt *st;
	char sql[160];
	int rc;

	snprintf(sql, sizeof(sql),
	    "SELECT _id FROM d_%s WHERE _id > ? AND _enterprise IS NULL"
	    " ORDER BY _id LIMIT ?",
	    dataset);
	rc = db_query(l->db, &st, e, sql, "ii", *at, (int64_t)rows);
	for (*ret_n = 0; rc == 1; rc = db_next(l->db, st, e))
		*at = id[(*ret_n)++] = sqlite3_column_int64(st, 0);
	db_done(st);
	return rc;
}

static int
try_untried(struct link *l, const struct schema *schema, int64_t at, int rows,
    const char *now, struct err *e)
{
	struct link_columns c;
	int64_t id[UNTRIED];
	int n;

	if (rows > UNTRIED)
		rows = UNTRIED;
	link_columns(l, schema, &c);
	if (next_untried(l, schema->dataset, &at, rows, id, &n, e) == -1)
		return -1;
	for (int i = 0; i < n; i++)
		if (try_row(l, &c, id[i], now, e) == -1)
			return -1;
	if (n == rows)
		return db_run(l->db, e,
		    "UPDATE untried_t SET at = ? WHERE dataset = ?", "it", at,
		    schema->dataset);
	return db_run(l->db, e, "DELETE FROM untried_t WHERE dataset = ?", "t",
	    schema->dataset);
}

int
link_untried(struct link *l, const struct schemas *s, const char *now, int rows,
    struct err *e)
{
	const struct schema *schema = NULL;
	sqlite3_stmt *st;
	char dataset[64] = "";
	int64_t at = 0;
	int rc;

	if (enterprises_next(l->enterprises) == 1)
		return 0;
	rc = db_query(l->db, &st, e,
	    "SELECT dataset, at FROM untried_t ORDER BY dataset LIMIT 1", "");
	if (rc == 1) {
		snprintf(dataset, sizeof(dataset), "%s", db_text(st, 0));
		at = sqlite3_column_int64(st, 1);
	}
	db_done(st);
	if (rc != 1)
		return rc;
	l->untried = NULL;
	schema = schemas_find(s, dataset);
	if (schema == NULL)
		rc = db_run(l->db, e, "DELETE FROM untried_t WHERE dataset = ?",
		    "t", dataset);
	else
		rc = try_untried(l, schema, at, rows, now, e);
	return rc == -1 ? -1 : 1;
}
