#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/city.h"
#include "quality/metric.h"

#define IN_MONTH " substr(datetime(b.received_at, '+8 hours'), 1, 7) = ?2"
#define OF_PROVIDER                                 \
	" b.account IN (SELECT name FROM account_t" \
	" WHERE provider = ?1) AND b.kind = 'u'"    \
	" AND b.original IS NULL"

/*
 * Of provider ?1 in month ?2, as of day ?3: the columns are members of the
 * department.
 */
static const char *const figures[] = {
	"SELECT count(*) AS bundles FROM bundle_t b WHERE" OF_PROVIDER
	" AND" IN_MONTH " AND ?3 = ?3",

	"SELECT coalesce(sum(f.rows), 0) AS rows, coalesce(sum(f.accepted), 0)"
	" AS accepted, coalesce(sum(f.linked), 0) AS linked FROM bundle_file_t"
	" f JOIN bundle_t b ON b.no = f.bundle WHERE" OF_PROVIDER
	" AND" IN_MONTH " AND ?3 = ?3",

	"SELECT count(*) AS due, coalesce(sum(state IN ('on time', 'nil')), 0)"
	" AS on_time, coalesce(sum(state = 'late'), 0) AS late,"
	" coalesce(sum(state = 'missing'), 0) AS missing FROM expectation_t"
	" WHERE provider = ?1 AND substr(due, 1, 7) = ?2 AND ?3 = ?3",

	"SELECT count(*) AS findings, count(q.closed_by) AS mended,"
	" coalesce(sum(q.closed_by IS NOT"
	" NULL OR q.objection IN ('accepted', 'refused')), 0) AS handled"
	" FROM quality_issue_t q JOIN bundle_t b ON b.no = q.bundle"
	" WHERE q.severity = 0 AND" OF_PROVIDER " AND" IN_MONTH " AND ?3 = ?3",

	/* Whenever they came. */
	"SELECT count(*) AS outstanding, CAST(coalesce(max(julianday(?3) -"
	" julianday(date(b.received_at, '+8 hours'))), 0) AS INTEGER) AS"
	" oldest_days FROM quality_issue_t q JOIN bundle_t b ON b.no = q.bundle"
	" WHERE q.severity = 0 AND q.closed_by IS NULL AND coalesce("
	"q.objection, '') <> 'accepted' AND" OF_PROVIDER
	" AND substr(datetime(b.received_at, '+8 hours'), 1, 7) <= ?2",
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

/* part of whole, as they are called in practice. */
static const struct {
	const char *name;
	const char *part;
	const char *whole;
} rates[] = {
	{ "accepted", "accepted", "rows" },  /* 入库率 */
	{ "linked", "linked", "accepted" },  /* 关联率 */
	{ "on_time", "on_time", "due" },     /* 时效率 */
	{ "missing", "missing", "due" },     /* 漏报率 */
	{ "mended", "mended", "findings" },  /* 修改率 */
	{ "handled", "handled", "findings" } /* 处理率 */
};

enum { RATES = sizeof(rates) / sizeof(rates[0]) };

static int
add_figures(struct db *db, const char *sql, const char *provider,
    const char *month, const char *day, json_t *o, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e, sql, "ttt", provider, month, day);

	for (int i = 0; rc == 1 && i < sqlite3_column_count(st); i++)
		json_object_set_new(o, sqlite3_column_name(st, i),
		    json_integer(sqlite3_column_int64(st, i)));
	db_done(st);
	return rc == -1 ? -1 : 0;
}

static void
add_rates(json_t *o)
{
	json_t *list = json_object();

	for (int i = 0; i < RATES; i++) {
		json_int_t part =
		    json_integer_value(json_object_get(o, rates[i].part));
		json_int_t whole =
		    json_integer_value(json_object_get(o, rates[i].whole));

		json_object_set_new(list, rates[i].name,
		    whole > 0 ? json_real((double)part / (double)whole)
			      : json_null());
	}
	json_object_set_new(o, "rates", list);
}

/* --- metrics ------------------------------------------------------------ */

/* The mean of the metrics of each dimension of which something can be said. */
static int
add_dimensions(struct db *db, const char *provider, const char *month,
    json_t *o, struct err *e)
{
	static const char *const names[DIMENSIONS] = { "standard", "complete",
		"accurate", "consistent", "timely", "accessible" };
	double sum[DIMENSIONS] = { 0 };
	int n[DIMENSIONS] = { 0 };
	json_t *list = json_object();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT m.metric, sum(m.numerator), sum(m.denominator) FROM"
	    " quality_metric_t m JOIN bundle_t b ON b.no = m.bundle WHERE"
	    " m.denominator > 0 AND" OF_PROVIDER " AND" IN_MONTH
	    " GROUP BY m.metric",
	    "tt", provider, month);

	for (; rc == 1; rc = db_next(db, st, e)) {
		enum metric m = metric_find(db_text(st, 0));
		double x =
		    sqlite3_column_double(st, 1) / sqlite3_column_double(st, 2);

		if (m == METRICS)
			continue;
		sum[metric_info(m)->dimension] +=
		    metric_info(m)->lower ? 1 - x : x;
		n[metric_info(m)->dimension]++;
	}
	db_done(st);
	for (int i = 0; i < DIMENSIONS; i++)
		json_object_set_new(list, names[i],
		    n[i] > 0 ? json_real(sum[i] / n[i]) : json_null());
	json_object_set_new(o, "dimensions", list);
	return rc;
}

/* The scores of the last months, the mean of bundles and data sets. */
static int
add_scores(struct db *db, const char *provider, const char *month, json_t *o,
    struct err *e)
{
	json_t *trend = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT substr(datetime(b.received_at, '+8 hours'), 1, 7) AS month,"
	    " avg(CAST(m.numerator AS REAL) / m.denominator) FROM"
	    " quality_metric_t m JOIN bundle_t b ON b.no = m.bundle"
	    " WHERE m.metric = 'SCORE' AND m.denominator > 0 AND" OF_PROVIDER
	    " AND substr(datetime(b.received_at, '+8 hours'), 1, 7) <= ?2"
	    " GROUP BY 1 ORDER BY 1 DESC LIMIT ?3",
	    "tti", provider, month, (int64_t)CITY_MONTHS);

	json_object_set_new(o, "score", json_null());
	for (; rc == 1; rc = db_next(db, st, e)) {
		double score = sqlite3_column_double(st, 1);

		if (strcmp(db_text(st, 0), month) == 0)
			json_object_set_new(o, "score", json_real(score));
		json_array_insert_new(trend, 0,
		    json_pack("{s:s, s:f}", "month", db_text(st, 0), "score",
			score));
	}
	db_done(st);
	json_object_set_new(o, "trend", trend);
	return rc;
}

/* --- all departments ---------------------------------------------------- */

static int
add_department(struct db *db, const char *month, const char *day, json_t *o,
    struct err *e)
{
	char provider[64];

	snprintf(provider, sizeof(provider), "%s",
	    json_string_value(json_object_get(o, "provider")));
	for (int i = 0; i < FIGURES; i++)
		if (add_figures(db, figures[i], provider, month, day, o, e) ==
		    -1)
			return -1;
	add_rates(o);
	return add_dimensions(db, provider, month, o, e) == -1
		   ? -1
		   : add_scores(db, provider, month, o, e);
}

/* The best first; those of whom nothing can be said last. */
static int
by_score(const void *a, const void *b)
{
	const json_t *const *x = a;
	const json_t *const *y = b;
	const json_t *m = json_object_get(*x, "score");
	const json_t *n = json_object_get(*y, "score");
	double p = json_is_real(m) ? json_real_value(m) : -1;
	double q = json_is_real(n) ? json_real_value(n) : -1;

	if (p != q)
		return p > q ? -1 : 1;
	return strcmp(json_string_value(json_object_get(*x, "provider")),
	    json_string_value(json_object_get(*y, "provider")));
}

/* The list in order, each with its rank; as good means the same rank. */
static json_t *
ranked(const json_t *list)
{
	size_t n = json_array_size(list);
	json_t **all = calloc(n + 1, sizeof(*all));
	json_t *sorted = json_array();
	json_int_t rank = 0;
	double last = 2;

	for (size_t i = 0; all != NULL && i < n; i++)
		all[i] = json_array_get(list, i);
	if (all != NULL && n > 0)
		qsort(all, n, sizeof(json_t *), by_score);
	for (size_t i = 0; all != NULL && i < n; i++) {
		const json_t *score = json_object_get(all[i], "score");

		if (json_is_real(score) && json_real_value(score) < last) {
			rank = (json_int_t)i + 1;
			last = json_real_value(score);
		}
		json_object_set_new(all[i], "rank",
		    json_is_real(score) ? json_integer(rank) : json_null());
		json_array_append(sorted, all[i]);
	}
	free(all);
	return sorted;
}

int
city_json(struct db *db, const char *month, const char *day, json_t **ret_city,
    struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	json_t *o;
	size_t i;
	int rc = db_query(db, &st, e,
	    "SELECT provider, min(unit) FROM account_t WHERE role ="
	    " 'department' AND provider <> '' GROUP BY provider ORDER BY"
	    " provider",
	    "");

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "provider", db_text(st, 0), "unit",
			db_text(st, 1)));
	db_done(st);
	for (i = 0; rc == 0 && i < json_array_size(list); i++) {
		o = json_array_get(list, i);
		rc = add_department(db, month, day, o, e);
	}
	if (rc == 0)
		*ret_city = json_pack("{s:s, s:s, s:o}", "month", month, "day",
		    day, "departments", ranked(list));
	json_decref(list);
	return rc;
}
