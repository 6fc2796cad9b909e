#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/quality_part.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/work.h"

/* --- rows as sent ------------------------------------------------------- */

int
quality_sent(struct db *db, int64_t bundle, int64_t file,
    const struct rowfile_record *r, struct err *e)
{
	return db_run(db, e,
	    "INSERT OR REPLACE INTO quality_sent_t VALUES (?,?,?,?,?)", "iiitt",
	    bundle, file, (int64_t)r->line, r->cells, r->mended);
}

int
quality_forget(struct db *db, int64_t bundle, struct err *e)
{
	static const char *const sql[] = {
		"DELETE FROM quality_sent_t WHERE bundle = ?",
		"DELETE FROM quality_metric_t WHERE bundle = ?",
		"DELETE FROM quality_part_t WHERE bundle = ?"
	};

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		if (db_run(db, e, sql[i], "i", bundle) == -1)
			return -1;
	return 0;
}

/* --- begin and end ------------------------------------------------------ */

struct quality *
quality_open(struct keeper *k, const struct bundle *b, const char *provider,
    const struct standing *s, const struct rowfile_summary *v, struct merge *m)
{
	struct quality *q = xcalloc(1, sizeof(*q));

	q->k = k;
	q->db = k->db;
	q->bundle = b;
	q->provider = provider;
	q->standing = s;
	q->verdict = v;
	q->merge = m;
	q->dry = b->name.kind == 'c';
	q->row = -1;
	return q;
}

void
quality_close(struct quality *q)
{
	free(q);
}

/* --- keeping ------------------------------------------------------------ */

static int
keep(struct quality *q, const char *dataset, const char *metric,
    const struct measure *x, enum grade g, struct err *e)
{
	return db_run(q->db, e,
	    "INSERT OR REPLACE INTO quality_metric_t VALUES (?,?,?,?,?,?)",
	    "ittiit", q->bundle->no, dataset, metric, (int64_t)x->numerator,
	    (int64_t)x->denominator, metric_grade_zh(g));
}

static int
keep_all(struct quality *q, const char *dataset, struct err *e)
{
	const struct policy *p = &q->standing->policy;
	struct measure score = metric_score(q->x, p->weight);

	for (int m = 0; m < METRICS; m++)
		if (keep(q, dataset, metric_info((enum metric)m)->id, &q->x[m],
			policy_grade(p, dataset, (enum metric)m, &q->x[m]),
			e) == -1)
			return -1;
	return keep(q, dataset, METRIC_SCORE, &score,
	    metric_grade_score(&score), e);
}

/*
 * Ours cannot refuse what is in the base, and say nothing of one row: their
 * grade tells the provider, the log the operator.
 */
static void
warn_poor(const struct quality *q, const char *dataset)
{
	const struct policy *p = &q->standing->policy;

	for (int m = 0; m < METRICS; m++)
		if (q->x[m].denominator >= (uint64_t)p->block_rows &&
		    policy_grade(p, dataset, (enum metric)m, &q->x[m]) ==
			GRADE_POOR)
			log_info("%s poor dataset=%s metric=%s %" PRIu64
				 "/%" PRIu64,
			    q->bundle->name.id, dataset,
			    metric_info((enum metric)m)->id, q->x[m].numerator,
			    q->x[m].denominator);
}

/* --- one data set ------------------------------------------------------- */

/* The period of all its files; "" where they say none, or several. */
static void
period_of(struct quality *q, const char *dataset, char period[16])
{
	sqlite3_stmt *st;
	struct err e;
	int rc = db_query(q->db, &st, &e,
	    "SELECT max(period) FROM bundle_file_t WHERE bundle = ? AND"
	    " dataset = ? AND code = '' HAVING max(period) = min(period)",
	    "it", q->bundle->no, dataset);

	snprintf(period, 16, "%s", rc == 1 ? db_text(st, 0) : "");
	db_done(st);
}

/* The end of the period, else the day of receipt. */
static void
day_of(struct quality *q, const char *period)
{
	int first, last;

	if (calendar_span(period, &first, &last) == 0)
		calendar_day_text(last, q->day);
	else
		work_day(q->bundle->received_at, q->day);
}

/* Of the first delivery of a period: whether it was due later than it came. */
static void
on_time(struct quality *q, const struct schema *s, const char *period)
{
	const struct calendar *c = q->standing->calendar;
	struct calendar_term term;
	char due[CALENDAR_DAY], day[16];

	calendar_term(c, s->dataset, q->provider, s->frequency, &term);
	if (period[0] == '\0' ||
	    calendar_due_text(c, &term, period, due) != 1 ||
	    db_int(q->db, 0,
		"SELECT count(*) FROM expectation_t WHERE provider = ? AND"
		" dataset = ? AND period = ? AND bundle IS NOT NULL AND"
		" bundle <> ?",
		"ttti", q->provider, s->dataset, period, q->bundle->no) > 0)
		return;
	work_day(q->bundle->received_at, day);
	q->x[METRIC_T1].denominator = 1;
	q->x[METRIC_T1].numerator = strcmp(day, due) <= 0;
}

/* What merging counted. */
static void
take_tally(struct quality *q, const struct merge_tally *t)
{
	uint64_t rows = (uint64_t)t->rows;
	uint64_t repeats = (uint64_t)t->repeats;
	/* Some that were not linked at once have been since. */
	int64_t linked = q->dry || t->put == 0
			     ? t->linked
			     : t->linked - t->put_linked + q->linked;

	q->x[METRIC_A3] = (struct measure){ repeats, rows };
	q->x[METRIC_A4] = (struct measure){ rows - repeats, rows };
	/* Before the register came there is nobody to be linked to. */
	if (t->links &&
	    db_int(q->db, 0, "SELECT 1 FROM enterprise_t LIMIT 1", "") == 1)
		q->x[METRIC_S3] = (struct measure){ (uint64_t)linked, rows };
}

/* Personal values in findings: all of them have to be masked. */
static void
personal_findings(struct quality *q, const struct schema *s)
{
	struct measure *x = &q->x[METRIC_N5];

	for (size_t i = 0; i < s->nfields; i++) {
		if (s->field[i].sensitivity != 'X')
			continue;
		x->denominator += (uint64_t)db_int(q->db, 0,
		    "SELECT count(*) FROM quality_issue_t WHERE bundle = ? AND"
		    " field = ? AND value <> ''",
		    "it", q->bundle->no, s->field[i].name);
		x->numerator += (uint64_t)db_int(q->db, 0,
		    "SELECT count(*) FROM quality_issue_t WHERE bundle = ? AND"
		    " field = ? AND value LIKE '%*%'",
		    "it", q->bundle->no, s->field[i].name);
	}
}

/* 1 there is more to read, 0 the data set is done, -1. */
static int
measure(struct quality *q, const struct schema *s, int rows, struct err *e)
{
	const struct rowfile_quality *said = &q->verdict->quality[q->at];
	const struct merge_tally *t = merge_tally(q->merge, s);
	char period[16];
	int rc;

	period_of(q, s->dataset, period);
	if (q->row == -1) {
		memcpy(q->x, said->measure, sizeof(q->x));
		day_of(q, period);
	}
	rc = quality_rows(q, s, t, rows, e);
	if (rc != 0)
		return rc;
	on_time(q, s, period);
	personal_findings(q, s);
	if (t->rows > 0) {
		take_tally(q, t);
		if (quality_seen(q, s, t, period, e) == -1)
			return -1;
	}
	warn_poor(q, s->dataset);
	return keep_all(q, s->dataset, e);
}

int
quality_slice(struct quality *q, int rows, struct err *e)
{
	while (q->at < q->verdict->nqualities) {
		const struct schema *s = schemas_find(q->standing->schemas,
		    q->verdict->quality[q->at].dataset);
		int rc = s != NULL ? measure(q, s, rows, e) : 0;

		if (rc != 0)
			return rc;
		q->at++;
		q->row = -1;
	}
	return db_run(q->db, e, "DELETE FROM quality_part_t WHERE bundle = ?",
	    "i", q->bundle->no);
}

/* --- told --------------------------------------------------------------- */

static json_t *
poor_of(struct db *db, int64_t bundle, const char *dataset, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT metric, numerator, denominator FROM quality_metric_t"
	    " WHERE bundle = ? AND dataset = ? AND grade = ? AND metric <> ?",
	    "ittt", bundle, dataset, metric_grade_zh(GRADE_POOR), METRIC_SCORE);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:I}", "metric", db_text(st, 0),
			"numerator", (json_int_t)sqlite3_column_int64(st, 1),
			"denominator",
			(json_int_t)sqlite3_column_int64(st, 2)));
	db_done(st);
	return list;
}

json_t *
quality_json(struct db *db, int64_t bundle, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT dataset, numerator, grade FROM quality_metric_t WHERE"
	    " bundle = ? AND metric = ? AND denominator > 0 ORDER BY dataset",
	    "it", bundle, METRIC_SCORE);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:f, s:s, s:o}", "dataset", db_text(st, 0),
			"score",
			(double)sqlite3_column_int64(st, 1) / SCORE_ONE,
			"grade", db_text(st, 2), "poor",
			poor_of(db, bundle, db_text(st, 0), e)));
	db_done(st);
	return list;
}
