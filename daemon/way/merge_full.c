#include <inttypes.h>
#include <stdio.h>

#include "sys/buf.h"
#include "sys/catalog.h"
#include "way/merge_part.h"

enum { SQL_MAX = 64 * 1024 };

/* The rows of before that a full file lacks: current ones of its period. */
static void
absent_sql(const struct merge *m, const char *what, struct buf *b)
{
	const struct schema *s = m->schema;

	buf_printf(b, "%s WHERE _provider = ?1 AND _to IS NULL AND _seen <> ?2",
	    what);
	if (s->period != -1)
		buf_printf(b, " AND CAST(%s AS TEXT) = ?3",
		    s->field[s->period].name);
	else
		buf_addstr(b, " AND ?3 = ?3");
}

static int
touch_absent(struct merge *m, const char *sql, const char *period,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc =
	    db_query(m->db, &st, e, sql, "tit", m->provider, m->run, period);

	for (; rc == 1; rc = db_next(m->db, st, e))
		if (merge_touch(m, (uint32_t)sqlite3_column_int64(st, 0), NULL,
			e) == -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

static int
end_absent(struct merge *m, const struct rowfile_file *f, int64_t *ret_n,
    struct err *e)
{
	char what[160];
	struct buf b;
	int rc;

	merge_target_set(m, m->schema);
	buf_init(&b, SQL_MAX);
	snprintf(what, sizeof(what), "SELECT DISTINCT _enterprise FROM d_%s",
	    m->schema->dataset);
	absent_sql(m, what, &b);
	rc = touch_absent(m, b.data, f->period, e);
	buf_clear(&b);
	snprintf(what, sizeof(what),
	    "UPDATE d_%s SET _to = ?4, _reason = 'absent from full file'",
	    m->schema->dataset);
	absent_sql(m, what, &b);
	if (rc == 0)
		rc = db_run(m->db, e, b.data, "titt", m->provider, m->run,
		    f->period, m->now);
	*ret_n = sqlite3_changes64(m->db->handle);
	buf_done(&b);
	return rc;
}

/* A finding about the whole file. */
static int
note_file(struct merge *m, size_t file, const char *rule,
    const char *const arg[2], int64_t n, struct err *e)
{
	const struct catalog_entry *c = catalog_find(rule);
	char zh[512];
	char en[512];
	struct rowfile_record issue = { .field = "",
		.header = "",
		.rule = rule,
		.text = "",
		.zh = zh,
		.en = en,
		.severity = (uint8_t)c->severity,
		.effect = EFFECT_KEEP };

	catalog_zh(rule, arg, 2, zh, sizeof(zh));
	catalog_en(rule, arg, 2, en, sizeof(en));
	return merge_add_issue(m, file, &issue, e) == -1
		   ? -1
		   : merge_note_count(m->db, m->bundle, (int64_t)file, rule,
			 c->severity, n, e);
}

/*
 * What is in a full file stands, what is not has ended. Not where something
 * of it was returned: that would end the very rows to be mended.
 */
static int
finish_full(struct merge *m, size_t file, const struct rowfile_file *f,
    struct err *e)
{
	char count[24];
	int64_t n;

	if (m->schema == NULL || f->rows == 0 || f->error.code[0] != '\0')
		return 0;
	if (f->rejected > 0)
		return note_file(m, file, "full_kept",
		    (const char *const[]){ "有行被退回",
			"some of its rows were returned" },
		    1, e);
	if (m->schema->period != -1 && f->period[0] == '\0')
		return note_file(m, file, "full_kept",
		    (const char *const[]){ "没有写明期间",
			"it names no period" },
		    1, e);
	if (end_absent(m, f, &n, e) == -1)
		return -1;
	snprintf(count, sizeof(count), "%" PRId64, n);
	return n == 0 ? 0
		      : note_file(m, file, "full_ended",
			    (const char *const[]){ count, "" }, n, e);
}

int
merge_finish_files(struct merge *m, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(m->reader);

	if (m->mode != MERGE_APPLY)
		return 0;
	for (size_t i = 0; i < v->nfiles; i++)
		if (v->file[i].mode == ROWFILE_FULL &&
		    (merge_file_schema(m, &v->file[i], e) == -1 ||
			finish_full(m, i, &v->file[i], e) == -1))
			return -1;
	return 0;
}
