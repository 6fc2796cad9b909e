#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "quality/band.h"
#include "quality/task_run.h"
#include "sys/buf.h"

enum {
	PERIODS = 13,
	SERIES_MAX = 2000,
	FIELDS = SCHEMA_FIELDS,
	SQL_MAX = 16384
};

#define COVERED 0.9 /* of the enterprises of the last three periods */

/* A data set of a provider, with its newest periods, the last one first. */
struct series {
	char provider[CALENDAR_NAME];
	const struct schema *schema;
	size_t n;
	char period[PERIODS][CALENDAR_DAY];
	double total[PERIODS];         /* rows, or enterprises */
	double empty[PERIODS][FIELDS]; /* empty cells */
};

typedef int check_fn(const struct task_order *o, struct series *s,
    json_t *result, struct err *e);

/* --- figures of a series ------------------------------------------------ */

static int
had_ended(const struct task_order *o, const char *period)
{
	int first, last, day;

	return calendar_span(period, &first, &last) == 0 &&
	       calendar_day(o->day, &day) == 0 && last <= day;
}

/*
 * Rows that stand, with the period of their own where the data set has such a
 * field, else that of the file they came in.
 */
static void
put_source(struct buf *b, const struct schema *s)
{
	if (s->period >= 0)
		buf_printf(b,
		    "(SELECT t.*, t.%s AS period_ FROM d_%s t) t WHERE"
		    " t._to IS NULL AND t._provider = ?1 AND period_ <> ''",
		    s->field[s->period].name, s->dataset);
	else
		buf_printf(b,
		    "(SELECT t.*, f.period AS period_ FROM d_%s t"
		    " JOIN bundle_file_t f ON f.bundle = t._bundle AND f.no ="
		    " t._file) t WHERE t._to IS NULL AND t._provider = ?1 AND"
		    " period_ <> ''",
		    s->dataset);
}

/* period, total, and as many numbers of empty cells as columns say. */
static int
read_periods(const struct task_order *o, struct series *s, const char *sql,
    size_t columns, struct err *e)
{
	sqlite3_stmt *st;
	int rc =
	    db_query(o->db, &st, e, sql, "tt", s->provider, s->schema->dataset);

	for (s->n = 0; rc == 1 && s->n < PERIODS; rc = db_next(o->db, st, e)) {
		if (!had_ended(o, db_text(st, 0)))
			continue;
		snprintf(s->period[s->n], CALENDAR_DAY, "%s", db_text(st, 0));
		s->total[s->n] = sqlite3_column_double(st, 1);
		for (size_t i = 0; i < columns; i++)
			s->empty[s->n][i] =
			    sqlite3_column_double(st, 2 + (int)i);
		s->n++;
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

static int
read_built(const struct task_order *o, struct series *s, struct buf *sql,
    size_t columns, struct err *e)
{
	if (!buf_ok(sql))
		return err_set(e, ERR_HOLD, "data set %s is too wide",
		    s->schema->dataset);
	return read_periods(o, s, sql->data, columns, e);
}

/* --- findings ----------------------------------------------------------- */

static void
add_band(json_t *result, const struct series *s, const char *field,
    const char *title, double figure, const struct band *b, double scale,
    const char *unit)
{
	char value[32], range[64], median[32], periods[24];
	int digits = scale > 1 ? 1 : 0;

	snprintf(value, sizeof(value), "%.*f%s", digits, figure * scale, unit);
	snprintf(range, sizeof(range), "%.*f–%.*f%s", digits, b->low * scale,
	    digits, b->high * scale, unit);
	snprintf(median, sizeof(median), "%.*f%s", digits, b->median * scale,
	    unit);
	snprintf(periods, sizeof(periods), "%zu", s->n - 1);
	task_add(result, s->provider, s->schema->dataset, s->schema->title,
	    s->period[0], field, title, value, range, median, periods, NULL);
}

/* The most that one bundle brought of each period. */
static int
check_volume(const struct task_order *o, struct series *s, json_t *result,
    struct err *e)
{
	static const char sql[] =
	    "SELECT period, max(rows) FROM (SELECT f.bundle, f.period,"
	    " sum(f.rows) AS rows FROM bundle_file_t f"
	    " JOIN bundle_t b ON b.no = f.bundle"
	    " JOIN account_t a ON a.name = b.account WHERE f.dataset = ?2"
	    " AND a.provider = ?1 AND b.kind = 'u' AND b.state = 'applied'"
	    " AND f.code = '' AND f.rows > 0 AND f.period <> ''"
	    " GROUP BY f.bundle, f.period)"
	    " GROUP BY period ORDER BY period DESC";
	double figure[PERIODS];
	struct band b;

	if (read_periods(o, s, sql, 0, e) == -1)
		return -1;
	for (size_t i = 1; i < s->n; i++)
		figure[i - 1] = s->total[i];
	if (s->n > BAND_LEAST &&
	    band_make(figure, s->n - 1, &band_rows, &b) == 0 &&
	    band_holds(&b, s->total[0]) != 0)
		add_band(result, s, "", "", s->total[0], &b, 1, "");
	return 0;
}

static int
check_nulls(const struct task_order *o, struct series *s, json_t *result,
    struct err *e)
{
	size_t fields = s->schema->nfields;
	double figure[PERIODS];
	struct band b;
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_addstr(&sql, "SELECT period_, count(*)");
	for (size_t f = 0; f < fields; f++)
		buf_printf(&sql, ", sum(t.%s IS NULL)",
		    s->schema->field[f].name);
	buf_addstr(&sql, " FROM ");
	put_source(&sql, s->schema);
	buf_addstr(&sql, " AND ?2 = ?2 GROUP BY period_ ORDER BY period_ DESC");
	rc = read_built(o, s, &sql, fields, e);
	buf_done(&sql);
	for (size_t f = 0; rc == 0 && s->n > BAND_LEAST && f < fields; f++) {
		for (size_t i = 1; i < s->n; i++)
			figure[i - 1] = s->empty[i][f] / s->total[i];
		if (band_make(figure, s->n - 1, &band_rate, &b) == 0 &&
		    band_holds(&b, s->empty[0][f] / s->total[0]) != 0)
			add_band(result, s, s->schema->field[f].name,
			    s->schema->field[f].title,
			    s->empty[0][f] / s->total[0], &b, 100, " %");
	}
	return rc;
}

static int
check_coverage(const struct task_order *o, struct series *s, json_t *result,
    struct err *e)
{
	double last[3];
	struct band b;
	struct buf sql;
	size_t n;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_addstr(&sql, "SELECT period_, count(DISTINCT t._enterprise) FROM ");
	put_source(&sql, s->schema);
	buf_addstr(&sql, " AND ?2 = ?2 GROUP BY period_ ORDER BY period_ DESC");
	rc = read_built(o, s, &sql, 0, e);
	buf_done(&sql);
	n = s->n > 4 ? 4 : s->n;
	s->n = n;
	if (rc == -1 || n <= BAND_LEAST)
		return rc;
	for (size_t i = 1; i < n; i++)
		last[i - 1] = s->total[i];
	if (band_make(last, n - 1, &band_rows, &b) == -1 ||
	    s->total[0] >= COVERED * b.median)
		return 0;
	b.low = COVERED * b.median;
	b.high = b.median > b.high ? b.median : b.high;
	add_band(result, s, "", "", s->total[0], &b, 1, "");
	return 0;
}

/* Codes of one field in the newest period alone. */
static int
new_codes(const struct task_order *o, const struct series *s,
    const struct field *f, json_t *result, struct err *e)
{
	sqlite3_stmt *st;
	char periods[24];
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_printf(&sql, "SELECT t.%s, count(*) FROM ", f->name);
	put_source(&sql, s->schema);
	buf_printf(&sql, " AND period_ = ?2 AND t.%s NOT IN (SELECT t.%s FROM ",
	    f->name, f->name);
	put_source(&sql, s->schema);
	buf_printf(&sql,
	    " AND period_ <> ?2 AND t.%s IS NOT NULL) GROUP BY t.%s ORDER BY 1",
	    f->name, f->name);
	if (!buf_ok(&sql)) {
		buf_done(&sql);
		return 0;
	}
	snprintf(periods, sizeof(periods), "%zu", s->n - 1);
	rc = db_query(o->db, &st, e, sql.data, "tt", s->provider, s->period[0]);
	for (; rc == 1; rc = db_next(o->db, st, e))
		task_add(result, s->provider, s->schema->dataset,
		    s->schema->title, s->period[0], f->name, f->title,
		    db_text(st, 0), "—", db_text(st, 1), periods, NULL);
	db_done(st);
	buf_done(&sql);
	return rc;
}

static int
check_codes(const struct task_order *o, struct series *s, json_t *result,
    struct err *e)
{
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_addstr(&sql, "SELECT period_, count(*) FROM ");
	put_source(&sql, s->schema);
	buf_addstr(&sql, " AND ?2 = ?2 GROUP BY period_ ORDER BY period_ DESC");
	rc = read_built(o, s, &sql, 0, e);
	buf_done(&sql);
	for (size_t f = 0;
	     rc == 0 && s->n > BAND_LEAST && f < s->schema->nfields; f++)
		if (s->schema->field[f].type == FIELD_CODE)
			rc = new_codes(o, s, &s->schema->field[f], result, e);
	return rc;
}

/* --- all series --------------------------------------------------------- */

static const struct {
	check_fn *check;
	const char *value; /* what its columns are called */
	const char *median;
} checks[] = {
	[TASK_VOLUME] = { check_volume, "行数 rows", "中位数 median" },
	[TASK_NULLS] = { check_nulls, "空值 empty", "中位数 median" },
	[TASK_CODES] = { check_codes, "新代码 new code", "行数 rows" },
	[TASK_COVERAGE] = { check_coverage, "企业数 enterprises",
	    "中位数 median" },
};

static int
has_periods(const struct task_order *o, const struct series *s)
{
	struct calendar_term t;

	calendar_term(o->calendar, s->schema->dataset, s->provider,
	    s->schema->frequency, &t);
	return t.frequency != CALENDAR_EVENT &&
	       t.frequency != CALENDAR_REALTIME;
}

/* The series behind one, in order: 1, 0 there is none, -1. */
static int
next_series(const struct task_order *o, char provider[CALENDAR_NAME],
    char dataset[CALENDAR_NAME], struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(o->db, &st, e,
	    "SELECT DISTINCT a.provider, f.dataset FROM bundle_file_t f"
	    " JOIN bundle_t b ON b.no = f.bundle"
	    " JOIN account_t a ON a.name = b.account"
	    " WHERE b.kind = 'u' AND b.state = 'applied' AND f.dataset <> ''"
	    " AND (?1 = '' OR a.provider = ?1) AND (?2 = '' OR f.dataset = ?2)"
	    " AND (a.provider, f.dataset) > (?3, ?4)"
	    " ORDER BY a.provider, f.dataset LIMIT 1",
	    "tttt", o->provider, o->task->dataset, provider, dataset);

	if (rc == 1) {
		char next[CALENDAR_NAME];

		snprintf(next, sizeof(next), "%s", db_text(st, 1));
		snprintf(provider, CALENDAR_NAME, "%s", db_text(st, 0));
		memcpy(dataset, next, sizeof(next));
	}
	db_done(st);
	return rc;
}

int
task_checks(const struct task_order *o, json_t *result, struct err *e)
{
	static const char *const columns[] = { "单位 provider",
		"数据集 dataset", "名称 title", "期间 period", "字段 field",
		"字段名称 title of the field", NULL };
	json_t *list = json_object_get(result, "columns");
	char dataset[CALENDAR_NAME] = "";
	struct series s = { .provider = "" };
	int rc;

	for (int i = 0; columns[i] != NULL; i++)
		json_array_append_new(list, json_string(columns[i]));
	json_array_append_new(list, json_string(checks[o->task->check].value));
	json_array_append_new(list, json_string("应在 expected"));
	json_array_append_new(list, json_string(checks[o->task->check].median));
	json_array_append_new(list, json_string("参照期数 periods"));
	if (o->task->dataset[0] != '\0' &&
	    schemas_find(o->schemas, o->task->dataset) == NULL)
		return err_set(e, ERR_HOLD, "task %s: there is no data set %s",
		    o->task->name, o->task->dataset);
	for (int i = 0; i < SERIES_MAX; i++) {
		rc = next_series(o, s.provider, dataset, e);
		if (rc != 1)
			return rc;
		s.schema = schemas_find(o->schemas, dataset);
		s.n = 0;
		if (s.schema != NULL && has_periods(o, &s) &&
		    checks[o->task->check].check(o, &s, result, e) == -1)
			return -1;
	}
	return 0;
}
