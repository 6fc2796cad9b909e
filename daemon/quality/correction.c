#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/correction.h"
#include "rule/row.h"
#include "sys/catalog.h"
#include "way/merge.h"

int
correction_asks(const struct rowfile_summary *v)
{
	for (size_t i = 0; i < v->nfiles; i++)
		if (v->file[i].of_bundle[0] != '\0')
			return 1;
	return 0;
}

/* ---- what the worker is told ---- */

static json_t *
facts_json(sqlite3_stmt *st)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "bundle",
	    db_text(st, 0), "path", db_text(st, 1), "dataset", db_text(st, 2),
	    "period", db_text(st, 3), "header", db_text(st, 4), "refused",
	    db_text(st, 5)[0] != '\0');
}

static int
find_facts(struct db *db, const char *provider, const struct rowfile_file *f,
    json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT b.id, f.path, f.dataset, f.period, f.header, f.code FROM"
	    " bundle_t b JOIN account_t a ON a.name = b.account JOIN"
	    " bundle_file_t f ON f.bundle = b.no WHERE b.id = ? AND"
	    " a.provider = ? AND f.path = ? LIMIT 1",
	    "ttt", f->of_bundle, provider, f->of_path);

	if (rc == 1)
		json_array_append_new(list, facts_json(st));
	db_done(st);
	return rc == -1 ? -1 : 0;
}

int
correction_facts(struct db *db, const char *provider,
    const struct rowfile_summary *v, struct buf *b, struct err *e)
{
	json_t *list = json_array();
	char *text;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < v->nfiles; i++)
		if (v->file[i].of_bundle[0] != '\0')
			rc = find_facts(db, provider, &v->file[i], list, e);
	text = json_dumps(list, JSON_COMPACT);
	buf_addstr(b, text != NULL ? text : "[]");
	free(text);
	json_decref(list);
	if (rc == 0 && !buf_ok(b))
		return err_set(e, ERR_HOLD, "it corrects too many files");
	return rc;
}

/* ---- rows ---- */

int
correction_note(struct db *db, const char *provider, int64_t bundle,
    int64_t file, const struct rowfile_file *f, const struct rowfile_record *r,
    struct err *e)
{
	return db_run(db, e,
	    "INSERT OR REPLACE INTO correction_t (bundle, file, row, of_bundle,"
	    " of_file, of_row, accepted) SELECT ?1, ?2, ?3, f.bundle, f.no, ?4,"
	    " ?5 FROM bundle_t b JOIN account_t a ON a.name = b.account JOIN"
	    " bundle_file_t f ON f.bundle = b.no WHERE b.id = ?6 AND"
	    " a.provider = ?7 AND f.path = ?8 LIMIT 1",
	    "iiiiittt", bundle, file, (int64_t)r->line, (int64_t)r->origin,
	    (int64_t)r->accepted, f->of_bundle, provider, f->of_path);
}

int
correction_forget(struct db *db, int64_t bundle, struct err *e)
{
	return db_run(db, e, "DELETE FROM correction_t WHERE bundle = ?", "i",
	    bundle);
}

/* ---- the end ---- */

/* Which rows are corrected for the first time: those with an open finding. */
static int
mark_first(struct db *db, int64_t bundle, struct err *e)
{
	return db_run(db, e,
	    "UPDATE correction_t SET closes = 1 WHERE bundle = ?1 AND accepted"
	    " = 1 AND (of_bundle, of_file, of_row) IN (SELECT bundle, file, row"
	    " FROM quality_issue_t WHERE bundle IN (SELECT of_bundle FROM"
	    " correction_t WHERE bundle = ?1) AND effect = 0 AND closed_by IS"
	    " NULL)",
	    "i", bundle);
}

/* Those, and the rows that they were already to correct. */
static int
close_findings(struct db *db, int64_t bundle, const char *now, struct err *e)
{
	return db_run(db, e,
	    "WITH RECURSIVE c (b, f, r) AS (SELECT of_bundle, of_file, of_row"
	    " FROM correction_t WHERE bundle = ?1 AND closes = 1 UNION SELECT"
	    " t.of_bundle, t.of_file, t.of_row FROM correction_t t JOIN c ON"
	    " t.bundle = c.b AND t.file = c.f AND t.row = c.r)"
	    " UPDATE quality_issue_t SET closed_by = ?1, closed_at = ?2 WHERE"
	    " closed_by IS NULL AND bundle IN (SELECT b FROM c) AND (bundle,"
	    " file, row) IN (SELECT b, f, r FROM c)",
	    "it", bundle, now);
}

/* Rows that were corrected before are said once for each file. */
static int
note_again(struct db *db, int64_t bundle, int64_t file, int64_t n,
    struct err *e)
{
	char count[24], zh[512], en[512];
	const char *arg[1] = { count };
	struct rowfile_record r = { .field = "",
		.header = "",
		.rule = "correction_again",
		.text = count,
		.zh = zh,
		.en = en,
		.severity = SEVERITY_INFO,
		.effect = EFFECT_KEEP };

	snprintf(count, sizeof(count), "%" PRId64, n);
	catalog_zh(r.rule, arg, 1, zh, sizeof(zh));
	catalog_en(r.rule, arg, 1, en, sizeof(en));
	return bundle_issue(db, bundle, file, &r, e) == -1
		   ? -1
		   : merge_note_count(db, bundle, file, r.rule, SEVERITY_INFO,
			 1, e);
}

static int
note_all_again(struct db *db, int64_t bundle, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT file, count(*) FROM correction_t WHERE bundle = ? AND"
	    " accepted = 1 AND closes = 0 GROUP BY file ORDER BY file",
	    "i", bundle);

	for (; rc == 1; rc = db_next(db, st, e))
		if (note_again(db, bundle, sqlite3_column_int64(st, 0),
			sqlite3_column_int64(st, 1), e) == -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

int
correction_close(struct db *db, const struct bundle *b, const char *now,
    struct err *e)
{
	if (db_int(db, 0,
		"SELECT count(*) FROM (SELECT 1 FROM correction_t WHERE"
		" bundle = ? LIMIT 1)",
		"i", b->no) == 0)
		return 0;
	return mark_first(db, b->no, e) == -1 ||
		       close_findings(db, b->no, now, e) == -1
		   ? -1
		   : note_all_again(db, b->no, e);
}
