#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bundle.h"
#include "quality/band.h"
#include "quality/volume.h"
#include "sys/catalog.h"

enum { FILES = 64, FIGURES = 12 };

/* Rows of one period of a data set in the bundle. */
struct volume {
	char dataset[CALENDAR_NAME];
	char period[CALENDAR_DAY];
	int64_t file; /* the first of them */
	int64_t rows;
};

static int
read_volumes(struct db *db, int64_t bundle, struct volume *v, size_t *ret_n,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT dataset, period, min(no), sum(rows) FROM bundle_file_t"
	    " WHERE bundle = ? AND code = '' AND rows > 0 AND dataset <> ''"
	    " AND period <> '' GROUP BY dataset, period LIMIT ?",
	    "ii", bundle, (int64_t)FILES);

	for (*ret_n = 0; rc == 1; rc = db_next(db, st, e)) {
		struct volume *o = &v[(*ret_n)++];

		snprintf(o->dataset, sizeof(o->dataset), "%s", db_text(st, 0));
		snprintf(o->period, sizeof(o->period), "%s", db_text(st, 1));
		o->file = sqlite3_column_int64(st, 2);
		o->rows = sqlite3_column_int64(st, 3);
	}
	db_done(st);
	return rc;
}

static int
has_periods(const struct schemas *s, const struct calendar *c,
    const char *dataset, const char *provider)
{
	const struct schema *schema = schemas_find(s, dataset);
	struct calendar_term t;

	calendar_term(c, dataset, provider,
	    schema != NULL ? schema->frequency : NULL, &t);
	return t.frequency != CALENDAR_EVENT &&
	       t.frequency != CALENDAR_REALTIME;
}

/*
 * What other bundles brought, the most of each period. *ret_same is that of
 * the same period.
 */
static int
read_figures(struct db *db, const struct volume *v, int64_t bundle,
    const char *provider, double figure[FIGURES], size_t *ret_n,
    int64_t *ret_same, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT period, max(rows) FROM (SELECT f.bundle, f.period,"
	    " sum(f.rows) AS rows FROM bundle_file_t f"
	    " JOIN bundle_t b ON b.no = f.bundle"
	    " JOIN account_t a ON a.name = b.account WHERE f.dataset = ?"
	    " AND a.provider = ? AND f.bundle <> ? AND b.kind = 'u'"
	    " AND b.state = 'applied' AND f.code = '' AND f.rows > 0"
	    " AND f.period <> '' GROUP BY f.bundle, f.period)"
	    " GROUP BY period ORDER BY period DESC",
	    "tti", v->dataset, provider, bundle);

	*ret_n = 0;
	*ret_same = 0;
	for (; rc == 1; rc = db_next(db, st, e))
		if (strcmp(db_text(st, 0), v->period) == 0)
			*ret_same = sqlite3_column_int64(st, 1);
		else if (*ret_n < FIGURES)
			figure[(*ret_n)++] = sqlite3_column_double(st, 1);
	db_done(st);
	return rc;
}

static int
find(struct db *db, int64_t bundle, const struct volume *v, const char *title,
    const struct band *b, size_t n, struct err *e)
{
	static const char code[] = "volume_unusual";
	char rows[24], range[64], median[32], periods[24];
	char zh[900], en[900];
	const char *arg[] = { title, v->period, rows, range, median, periods };
	const struct catalog_entry *entry = catalog_find(code);
	struct rowfile_record issue = { .rule = code,
		.field = "",
		.header = "",
		.text = rows,
		.zh = zh,
		.en = en,
		.severity = (uint8_t)entry->severity,
		.effect = EFFECT_KEEP };

	snprintf(rows, sizeof(rows), "%" PRId64, v->rows);
	snprintf(range, sizeof(range), "%.0f–%.0f", b->low, b->high);
	snprintf(median, sizeof(median), "%.0f", b->median);
	snprintf(periods, sizeof(periods), "%zu", n);
	catalog_zh(code, arg, 6, zh, sizeof(zh));
	catalog_en(code, arg, 6, en, sizeof(en));
	return bundle_issue(db, bundle, v->file, &issue, e) == -1
		   ? -1
		   : db_run(db, e,
			 "INSERT INTO bundle_finding_t VALUES (?,?,?,?,1)"
			 " ON CONFLICT DO UPDATE SET n = n + 1",
			 "iiti", bundle, v->file, code,
			 (int64_t)entry->severity);
}

static int
check(struct db *db, const struct schemas *s, const struct volume *v,
    int64_t bundle, const char *provider, struct err *e)
{
	const struct schema *schema = schemas_find(s, v->dataset);
	double figure[FIGURES];
	struct band b;
	int64_t same;
	size_t n;

	if (read_figures(db, v, bundle, provider, figure, &n, &same, e) == -1)
		return -1;
	/* Of a period that came already, these are corrections. */
	if (same >= v->rows || band_make(figure, n, &band_rows, &b) == -1 ||
	    band_holds(&b, (double)v->rows) == 0)
		return 0;
	return find(db, bundle, v, schema != NULL ? schema->title : v->dataset,
	    &b, n, e);
}

int
volume_check(struct db *db, const struct schemas *s, const struct calendar *c,
    int64_t bundle, const char *provider, struct err *e)
{
	struct volume v[FILES];
	size_t n;

	if (read_volumes(db, bundle, v, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (has_periods(s, c, v[i].dataset, provider) &&
		    check(db, s, &v[i], bundle, provider, e) == -1)
			return -1;
	return 0;
}
