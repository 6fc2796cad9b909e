#include <stdio.h>
#include <string.h>

#include "quality/metric.h"
#include "quality/report_bundle.h"

/* A trend looks no further back than this many bundles. */
enum { TREND_BUNDLES = 400, PERIOD_TEXT = 16 };

static json_t *
text_or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? json_string(s) : json_null();
}

static json_t *
value_of(const struct measure *x)
{
	return x->denominator == 0
		   ? json_null()
		   : json_real((double)x->numerator / (double)x->denominator);
}

static void
set_measure(json_t *o, const struct measure *x, const char *grade)
{
	json_object_set_new(o, "numerator",
	    json_integer((json_int_t)x->numerator));
	json_object_set_new(o, "denominator",
	    json_integer((json_int_t)x->denominator));
	json_object_set_new(o, "value", value_of(x));
	json_object_set_new(o, "grade", text_or_null(grade));
}

static struct measure
read_measure(sqlite3_stmt *st, int column)
{
	return (struct measure){ (uint64_t)sqlite3_column_int64(st, column),
		(uint64_t)sqlite3_column_int64(st, column + 1) };
}

/* ---- what the trend goes by ---- */

/* The period that most of a bundle's rows of a dataset are of. */
static int
find_period(struct db *db, int64_t bundle, const char *dataset, char *period,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT period FROM bundle_file_t WHERE bundle = ? AND dataset = ?"
	    " ORDER BY rows DESC, period DESC LIMIT 1",
	    "it", bundle, dataset);

	snprintf(period, PERIOD_TEXT, "%s", rc == 1 ? db_text(st, 0) : "");
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* One bundle a period, the newest; nothing refused, no dry run. */
#define EARLIER                                                             \
	" FROM quality_metric_t m JOIN bundle_t b ON b.no = m.bundle JOIN"  \
	" bundle_file_t f ON f.bundle = m.bundle AND f.dataset = m.dataset" \
	" WHERE m.dataset = ? AND m.metric = '" METRIC_SCORE                \
	"' AND m.bundle <= ? AND b.kind = 'u' AND b.state = 'applied' AND"  \
	" f.code = '' AND f.period <> '' AND NOT EXISTS (SELECT 1 FROM"     \
	" correction_t c WHERE c.bundle = f.bundle AND c.file = f.no)"

static int
is_new(const json_t *list, const char *period)
{
	size_t i;
	json_t *p;

	json_array_foreach(list, i, p)
		if (strcmp(json_string_value(json_object_get(p, "period")),
			period) == 0)
			return 0;
	return 1;
}

static int
compare_periods(json_t *const *a, json_t *const *b)
{
	return strcmp(json_string_value(json_object_get(*a, "period")),
	    json_string_value(json_object_get(*b, "period")));
}

/* In the order of periods, whatever the order they came in. */
static void
sort_periods(json_t *list)
{
	size_t n = json_array_size(list);

	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0; k--) {
			json_t *a = json_array_get(list, k - 1);
			json_t *b = json_array_get(list, k);

			if (compare_periods(&a, &b) <= 0)
				break;
			json_incref(a);
			json_array_set(list, k - 1, b);
			json_array_set_new(list, k, a);
		}
}

static int
add_trend(struct db *db, int64_t bundle, const char *dataset, json_t *o,
    struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT f.period, m.numerator, m.denominator, m.grade, b.id" EARLIER
	    " ORDER BY m.bundle DESC, f.rows DESC LIMIT ?",
	    "tii", dataset, bundle, (int64_t)TREND_BUNDLES);

	for (; rc == 1 && json_array_size(list) < REPORT_PERIODS;
	     rc = db_next(db, st, e)) {
		struct measure x = read_measure(st, 1);
		json_t *p;

		if (!is_new(list, db_text(st, 0)))
			continue;
		p = json_pack("{s:s, s:s}", "period", db_text(st, 0), "bundle",
		    db_text(st, 4));
		set_measure(p, &x, db_text(st, 3));
		json_array_append_new(list, p);
	}
	db_done(st);
	sort_periods(list);
	json_object_set_new(o, "trend", list);
	return rc == -1 ? -1 : 0;
}

/* The bundle of the period before. */
static int
find_last(const json_t *trend, const char *period, const char **ret_id,
    const char **ret_period)
{
	size_t i;
	json_t *p;
	int found = 0;

	json_array_foreach(trend, i, p) {
		const char *of =
		    json_string_value(json_object_get(p, "period"));

		if (strcmp(of, period) >= 0)
			break;
		*ret_id = json_string_value(json_object_get(p, "bundle"));
		*ret_period = of;
		found = 1;
	}
	return found;
}

/* ---- metrics ---- */

static json_t *
metric_json(const struct metric_info *info, const struct measure *x,
    const char *grade)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:f}", "metric",
	    info->id, "dimension", metric_dimension(info->dimension)->zh, "zh",
	    info->zh, "en", info->en, "lower", info->lower, "target",
	    info->bounds.target);

	set_measure(o, x, grade);
	return o;
}

/* By the order of the catalogue. */
static int
read_metrics(struct db *db, int64_t bundle, const char *dataset,
    struct measure x[METRICS], json_t *o, struct err *e)
{
	json_t *of[METRICS] = { NULL };
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT metric, numerator, denominator, grade FROM"
	    " quality_metric_t WHERE bundle = ? AND dataset = ?",
	    "it", bundle, dataset);

	for (; rc == 1; rc = db_next(db, st, e)) {
		struct measure one = read_measure(st, 1);
		enum metric m = metric_find(db_text(st, 0));

		if (strcmp(db_text(st, 0), METRIC_SCORE) == 0) {
			json_t *score = json_object();

			set_measure(score, &one, db_text(st, 3));
			json_object_set_new(o, "score", score);
		} else if (m != METRICS) {
			x[m] = one;
			of[m] =
			    metric_json(metric_info(m), &one, db_text(st, 3));
		}
	}
	db_done(st);
	for (int m = 0; m < METRICS; m++)
		if (of[m] != NULL)
			json_array_append_new(list, of[m]);
	json_object_set_new(o, "metrics", list);
	return rc;
}

static int
add_last(struct db *db, const char *dataset, const char *id, const char *period,
    json_t *o, struct err *e)
{
	json_t *metrics = json_object_get(o, "metrics");
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT m.metric, m.numerator, m.denominator FROM quality_metric_t"
	    " m JOIN bundle_t b ON b.no = m.bundle WHERE b.id = ? AND"
	    " m.dataset = ?",
	    "tt", id, dataset);

	for (; rc == 1; rc = db_next(db, st, e)) {
		struct measure x = read_measure(st, 1);
		size_t i;
		json_t *m;

		json_array_foreach(metrics, i, m)
			if (strcmp(json_string_value(
				       json_object_get(m, "metric")),
				db_text(st, 0)) == 0)
				json_object_set_new(m, "last",
				    json_pack("{s:s, s:o}", "period", period,
					"value", value_of(&x)));
	}
	db_done(st);
	return rc;
}

/* Each dimension by the mean of what can be said, as the score takes it. */
static void
add_dimensions(const struct measure x[METRICS], json_t *o)
{
	json_t *list = json_array();

	for (int d = 0; d < DIMENSIONS; d++) {
		const struct dimension_info *info =
		    metric_dimension((enum dimension)d);
		double weight[DIMENSIONS] = { 0 };
		struct measure score;
		json_t *one =
		    json_pack("{s:s, s:s}", "zh", info->zh, "en", info->en);

		weight[d] = 1;
		score = metric_score(x, weight);
		set_measure(one, &score,
		    metric_grade_zh(metric_grade_score(&score)));
		json_array_append_new(list, one);
	}
	json_object_set_new(o, "dimensions", list);
}

/* ---- datasets ---- */

static int
dataset_json(struct db *db, const struct schemas *all, const struct bundle *b,
    const char *dataset, json_t **ret_o, struct err *e)
{
	struct measure x[METRICS] = { { 0, 0 } };
	const struct schema *s = schemas_likeliest(all, dataset);
	char period[PERIOD_TEXT];
	const char *id, *before;
	json_t *o;

	if (find_period(db, b->no, dataset, period, e) == -1)
		return -1;
	o = json_pack("{s:s, s:s, s:s, s:n}", "dataset", dataset, "title",
	    s != NULL ? s->title : dataset, "period", period, "score");
	if (read_metrics(db, b->no, dataset, x, o, e) == -1 ||
	    add_trend(db, b->no, dataset, o, e) == -1 ||
	    (find_last(json_object_get(o, "trend"), period, &id, &before) &&
		add_last(db, dataset, id, before, o, e) == -1)) {
		json_decref(o);
		return -1;
	}
	add_dimensions(x, o);
	*ret_o = o;
	return 0;
}

int
report_metrics(struct db *db, const struct schemas *all, const struct bundle *b,
    json_t *o, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT DISTINCT dataset FROM quality_metric_t WHERE bundle = ?"
	    " ORDER BY dataset",
	    "i", b->no);

	json_object_set_new(o, "datasets", list);
	for (; rc == 1; rc = db_next(db, st, e)) {
		json_t *one;

		if (dataset_json(db, all, b, db_text(st, 0), &one, e) == -1) {
			rc = -1;
			break;
		}
		json_array_append_new(list, one);
	}
	db_done(st);
	return rc;
}
