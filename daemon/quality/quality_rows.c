#include <stdio.h>
#include <string.h>

#include "golden/enterprise.h"
#include "golden/linking.h"
#include "quality/quality_part.h"
#include "sys/buf.h"

enum { SQL_MAX = 16 * 1024, FIXED = 3 };

const char *const quality_same[QUALITY_SAME] = { "entity_name", "legal_rep",
	"org_code" };

static int
has_record_field(struct db *db, const char *name)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM pragma_table_info('record_t') WHERE"
		   " name = ?",
		   "t", name) > 0;
}

/* Of each row: in force, still valid, linked, to whom; its fields, theirs. */
static void
rows_sql(struct quality *q, const struct schema *s, struct buf *b)
{
	buf_addstr(b, "SELECT d._to IS NULL, ");
	if (schema_field(s, "valid_to") != -1)
		buf_addstr(b, "d.valid_to IS NULL OR d.valid_to >="
			      " substr(?4, 1, length(d.valid_to))");
	else
		buf_addstr(b, "?4 = ?4");
	buf_addstr(b, ", t.root");
	for (int i = 0; i < QUALITY_SAME; i++)
		if (schema_field(s, quality_same[i]) != -1 &&
		    has_record_field(q->db, quality_same[i]))
			buf_printf(b, ", d.%s, r.%s", quality_same[i],
			    quality_same[i]);
		else
			buf_addstr(b, ", NULL, NULL");
	buf_printf(b,
	    " FROM d_%s d LEFT JOIN enterprise_t t ON t.no = d._enterprise"
	    " LEFT JOIN record_t r ON r.no = t.root"
	    " WHERE d._id > ?1 AND d._id <= ?2 AND d._bundle = ?3",
	    s->dataset);
}

static void
add(struct measure *x, int64_t good, int64_t all)
{
	x->numerator += (uint64_t)good;
	x->denominator += (uint64_t)all;
}

/*
 * Whether the record says the same: 1 it does, 0 it does not, -1 it says
 * nothing. One that is not made yet says what all say.
 */
static int
record_says(struct quality *q, uint32_t root, int field, sqlite3_stmt *st,
    int at)
{
	const struct enterprises *x = linking_enterprises(q->k);

	if (x != NULL && enterprises_waits(x, root))
		return enterprises_says(x, root,
		    linking_disputed(q->k, quality_same[field]),
		    db_text(st, at));
	return sqlite3_column_type(st, at + 1) == SQLITE_NULL
		   ? -1
		   : strcmp(db_text(st, at), db_text(st, at + 1)) == 0;
}

static void
add_row(struct quality *q, sqlite3_stmt *st)
{
	int stands = sqlite3_column_int(st, 0);
	uint32_t root = (uint32_t)sqlite3_column_int64(st, 2);

	q->x[METRIC_V1].numerator++;
	q->linked += root != 0;
	if (!stands)
		return;
	add(&q->x[METRIC_V2], sqlite3_column_int(st, 1), 1);
	for (int i = 0; root != 0 && i < QUALITY_SAME; i++) {
		int at = FIXED + 2 * i;
		int same;

		if (sqlite3_column_type(st, at) == SQLITE_NULL)
			continue;
		same = record_says(q, root, i, st, at);
		if (same != -1)
			add(&q->x[METRIC_S1], same, 1);
	}
}

static int
read_some(struct quality *q, const struct schema *s, int64_t to, struct err *e)
{
	sqlite3_stmt *st;
	struct buf b;
	int rc;

	buf_init(&b, SQL_MAX);
	rows_sql(q, s, &b);
	rc = db_query(q->db, &st, e, b.data, "iiit", q->row, to, q->bundle->no,
	    q->day);
	for (; rc == 1; rc = db_next(q->db, st, e))
		add_row(q, st);
	db_done(st);
	buf_done(&b);
	return rc;
}

int
quality_rows(struct quality *q, const struct schema *s,
    const struct merge_tally *t, int rows, struct err *e)
{
	char sql[128];
	int64_t to;

	if (t->put == 0 || q->dry)
		return 0;
	if (q->row == -1) {
		snprintf(sql, sizeof(sql), "SELECT max(_id) FROM d_%s",
		    s->dataset);
		q->row = t->before;
		q->linked = 0;
		q->last = db_int(q->db, 0, sql, "");
		q->x[METRIC_V1].denominator = (uint64_t)t->put;
	}
	to = q->last - q->row > rows ? q->row + rows : q->last;
	if (read_some(q, s, to, e) == -1)
		return -1;
	q->row = to;
	return q->row < q->last;
}
