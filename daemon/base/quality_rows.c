#include <stdio.h>
#include <string.h>

#include "base/quality_part.h"
#include "sys/buf.h"

enum { SQL_MAX = 16 * 1024, FIXED = 4 };

static const char *const same[QUALITY_SAME] = { "entity_name", "legal_rep",
	"org_code" };

static int
has_record_field(struct db *db, const char *name)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM pragma_table_info('record_t') WHERE"
		   " name = ?",
		   "t", name) > 0;
}

/* Of the rows in force: all, those still valid, fields compared and equal. */
static void
rows_sql(struct quality *q, const struct schema *s, struct buf *b)
{
	buf_addstr(b, "SELECT count(*), sum(d._to IS NULL), sum(d._to IS NULL");
	if (schema_field(s, "valid_to") != -1)
		buf_addstr(b, " AND (d.valid_to IS NULL OR d.valid_to >="
			      " substr(?4, 1, length(d.valid_to)))");
	else
		buf_addstr(b, " AND ?4 = ?4");
	buf_addstr(b, "), sum(d._enterprise IS NOT NULL)");
	for (int i = 0; i < QUALITY_SAME; i++)
		if (schema_field(s, same[i]) != -1 &&
		    has_record_field(q->db, same[i]))
			buf_printf(b,
			    ", sum(d._to IS NULL AND d.%s IS NOT NULL AND"
			    " r.%s IS NOT NULL), sum(d._to IS NULL AND"
			    " d.%s = r.%s)",
			    same[i], same[i], same[i], same[i]);
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
	if (rc == 1) {
		add(&q->x[METRIC_V1], sqlite3_column_int64(st, 0), 0);
		add(&q->x[METRIC_V2], sqlite3_column_int64(st, 2),
		    sqlite3_column_int64(st, 1));
		q->linked += sqlite3_column_int64(st, 3);
		for (int i = FIXED; i + 1 < sqlite3_column_count(st); i += 2)
			add(&q->x[METRIC_S1], sqlite3_column_int64(st, i + 1),
			    sqlite3_column_int64(st, i));
	}
	db_done(st);
	buf_done(&b);
	return rc == -1 ? -1 : 0;
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
