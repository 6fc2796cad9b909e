#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"
#include "quality/expectation.h"
#include "sys/mem.h"
#include "way/work.h"

enum { PERIODS_MAX = 6000 /* of one series: a century of weeks */ };

/* What came of one provider's data set, in the order of its periods. */
struct delivery {
	int first; /* days that it speaks of */
	int last;
	int day; /* of receipt */
	int nil;
	int64_t bundle;
};

struct series {
	char provider[CALENDAR_NAME];
	char dataset[CALENDAR_NAME];
	struct delivery *delivery; /* owned */
	size_t n;
	size_t room;
};

struct look {
	struct db *db;
	const struct schemas *schemas;
	const struct calendar *calendar;
	int today;
	const char *now;
	struct expectation_counts n;
	struct series series;
	/* agreements with a first period whose data set has come */
	unsigned char came[CALENDAR_TERMS];
};

/* --- one period --------------------------------------------------------- */

struct due {
	struct calendar_period period;
	char due[CALENDAR_DAY];
	const char *state; /* NULL: it is not due yet */
	int64_t bundle;
};

static int
news(struct db *db, const char *provider, struct err *e)
{
	return db_run(db, e, "INSERT OR IGNORE INTO overdue_news_t VALUES (?)",
	    "t", provider);
}

static int
is_open(const char *state)
{
	return strcmp(state, "due") == 0 || strcmp(state, "missing") == 0;
}

static int
store(struct look *l, const struct due *d, struct err *e)
{
	struct series *s = &l->series;
	char was[16] = "";
	sqlite3_stmt *st;
	int rc = db_query(l->db, &st, e,
	    "SELECT state FROM expectation_t WHERE provider = ? AND"
	    " dataset = ? AND period = ?",
	    "ttt", s->provider, s->dataset, d->period.name);

	if (rc == 1)
		snprintf(was, sizeof(was), "%s", db_text(st, 0));
	db_done(st);
	if (rc == -1 || strcmp(was, d->state) == 0 ||
	    (strcmp(was, "missing") == 0 && strcmp(d->state, "due") == 0))
		return rc == -1 ? -1 : 0;
	if ((is_open(was) || is_open(d->state)) &&
	    news(l->db, s->provider, e) == -1)
		return -1;
	return db_run(l->db, e,
	    "INSERT INTO expectation_t (provider, dataset, period, first, last,"
	    " due, state, bundle, at) VALUES (?,?,?,?,?,?,?,nullif(?, 0),?)"
	    " ON CONFLICT DO UPDATE SET due = excluded.due,"
	    " state = excluded.state, bundle = excluded.bundle,"
	    " at = excluded.at",
	    "tttiittit", s->provider, s->dataset, d->period.name,
	    (int64_t)d->period.first, (int64_t)d->period.last, d->due, d->state,
	    d->bundle, l->now);
}

/* The earliest that speaks of any of its days. */
static const struct delivery *
find_delivery(const struct series *s, const struct calendar_period *p)
{
	const struct delivery *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct delivery *d = &s->delivery[i];

		if (d->first <= p->last && d->last >= p->first &&
		    (best == NULL || d->day < best->day))
			best = d;
	}
	return best;
}

/* 1 there may be more behind it, 0 the rest lies ahead, -1. */
static int
settle_period(struct look *l, const struct calendar_term *t, struct due *d,
    struct err *e)
{
	const struct delivery *came = find_delivery(&l->series, &d->period);
	int due, last;

	if (d->period.first > l->today)
		return 0;
	calendar_due(l->calendar, t, &d->period, &due, &last);
	calendar_day_text(due, d->due);
	d->bundle = came != NULL ? came->bundle : 0;
	d->state = came != NULL      ? came->day > due ? "late"
				       : came->nil     ? "nil"
						       : "on time"
		   : l->today > last ? "missing"
		   : l->today > due  ? "due"
				     : NULL;
	l->n.periods++;
	l->n.missing += d->state != NULL && strcmp(d->state, "missing") == 0;
	l->n.due += d->state != NULL && strcmp(d->state, "due") == 0;
	return d->state != NULL && store(l, d, e) == -1 ? -1 : 1;
}

/* --- one series --------------------------------------------------------- */

/* The first period that is asked for; -1 where none is. */
static int
first_period(const struct series *s, const struct calendar_term *t,
    struct calendar_period *ret_p)
{
	int first = INT32_MAX;
	int last;

	for (size_t i = 0; i < s->n; i++)
		if (s->delivery[i].first < first)
			first = s->delivery[i].first;
	if (t->from[0] != '\0')
		(void)calendar_span(t->from, &first, &last);
	return first == INT32_MAX ? -1
				  : calendar_period(t->frequency, first, ret_p);
}

static int
settle(struct look *l, struct err *e)
{
	struct series *s = &l->series;
	const struct schema *schema = schemas_find(l->schemas, s->dataset);
	struct calendar_term t;
	struct due d = { .state = NULL };
	int rc = 1;

	for (size_t i = 0; i < l->calendar->nterms; i++)
		if (strcmp(l->calendar->term[i].dataset, s->dataset) == 0)
			l->came[i] = 1;
	calendar_term(l->calendar, s->dataset, s->provider,
	    schema != NULL ? schema->frequency : NULL, &t);
	if (first_period(s, &t, &d.period) == -1)
		return 0;
	for (int i = 0; rc == 1 && i < PERIODS_MAX; i++) {
		rc = settle_period(l, &t, &d, e);
		calendar_next(t.frequency, &d.period);
	}
	return rc == -1 ? -1 : 0;
}

/*
 * A file that does not say its period is of the last one that had ended when
 * it came.
 */
static void
add_delivery(struct look *l, const char *period, const char *received_at,
    int nil, int64_t bundle)
{
	struct series *s = &l->series;
	struct delivery d = { .nil = nil, .bundle = bundle };
	char day[16];

	work_day(received_at, day);
	if (calendar_day(day, &d.day) == -1)
		return;
	if (calendar_span(period, &d.first, &d.last) == -1) {
		const struct schema *schema =
		    schemas_find(l->schemas, s->dataset);
		struct calendar_period p;
		struct calendar_term t;

		calendar_term(l->calendar, s->dataset, s->provider,
		    schema != NULL ? schema->frequency : NULL, &t);
		if (calendar_period(t.frequency, d.day, &p) == -1 ||
		    calendar_period(t.frequency, p.first - 1, &p) == -1)
			return;
		d.first = p.first;
		d.last = p.last;
	}
	if (s->n == s->room) {
		s->room = s->room > 0 ? 2 * s->room : 32;
		s->delivery =
		    xreallocarray(s->delivery, s->room, sizeof(*s->delivery));
	}
	s->delivery[s->n++] = d;
}

/* --- all ---------------------------------------------------------------- */

/* Files that were taken, of providers that still have an account. */
#define DELIVERIES                                                          \
	"SELECT a.provider, f.dataset, f.period, min(b.received_at),"       \
	" max(f.rows) = 0, b.no FROM bundle_file_t f"                       \
	" JOIN bundle_t b ON b.no = f.bundle"                               \
	" JOIN account_t a ON a.name = b.account"                           \
	" WHERE b.kind = 'u' AND b.state = 'applied' AND f.code = ''"       \
	" AND f.dataset <> '' AND (f.accepted > 0 OR f.rows = 0)"           \
	" AND a.provider IN (SELECT provider FROM account_t WHERE enabled)" \
	" GROUP BY a.provider, f.dataset, f.period"                         \
	" ORDER BY a.provider, f.dataset"

static int
is_series(const struct series *s, const char *provider, const char *dataset)
{
	return strcmp(s->provider, provider) == 0 &&
	       strcmp(s->dataset, dataset) == 0;
}

static void
begin_series(struct series *s, const char *provider, const char *dataset)
{
	snprintf(s->provider, sizeof(s->provider), "%s", provider);
	snprintf(s->dataset, sizeof(s->dataset), "%s", dataset);
	s->n = 0;
}

static int
look_at_deliveries(struct look *l, struct err *e)
{
	struct series *s = &l->series;
	sqlite3_stmt *st;
	int rc = db_query(l->db, &st, e, DELIVERIES, "");

	for (; rc == 1; rc = db_next(l->db, st, e)) {
		if (!is_series(s, db_text(st, 0), db_text(st, 1))) {
			if (s->n > 0 && settle(l, e) == -1) {
				rc = -1;
				break;
			}
			begin_series(s, db_text(st, 0), db_text(st, 1));
		}
		add_delivery(l, db_text(st, 2), db_text(st, 3),
		    sqlite3_column_int(st, 4), sqlite3_column_int64(st, 5));
	}
	db_done(st);
	return rc == 0 && s->n > 0 ? settle(l, e) : rc;
}

/* What was agreed from a period on, and nothing of it ever came. */
static int
look_at_agreements(struct look *l, struct err *e)
{
	for (size_t i = 0; i < l->calendar->nterms; i++) {
		const struct calendar_term *t = &l->calendar->term[i];
		const struct schema *schema =
		    schemas_find(l->schemas, t->dataset);
		const char *provider = t->provider;

		if (t->from[0] == '\0' || l->came[i] || schema == NULL)
			continue;
		if (provider[0] == '\0')
			provider = schema->provider;
		if (db_int(l->db, 0,
			"SELECT count(*) FROM account_t WHERE provider = ? AND"
			" enabled",
			"t", provider) == 0)
			continue;
		begin_series(&l->series, provider, t->dataset);
		if (settle(l, e) == -1)
			return -1;
	}
	return 0;
}

int
expectation_look(struct db *db, const struct schemas *s,
    const struct calendar *c, const char *day, const char *now,
    struct expectation_counts *ret_n, struct err *e)
{
	struct look *l = xcalloc(1, sizeof(*l));
	int rc = -1;

	l->db = db;
	l->schemas = s;
	l->calendar = c;
	l->now = now;
	if (calendar_day(day, &l->today) == -1)
		err_set(e, ERR_HOLD, "'%s' is no day", day);
	else if (look_at_deliveries(l, e) == 0 && look_at_agreements(l, e) == 0)
		rc = 0;
	*ret_n = l->n;
	free(l->series.delivery);
	free(l);
	return rc;
}

/* --- arriving ----------------------------------------------------------- */

static int
note_late(struct db *db, int64_t bundle, const char *provider,
    const char *dataset, const char *period, const char *now, struct err *e)
{
	char detail[400];
	char account[64] = "";
	char id[32] = "";
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT account, id FROM bundle_t WHERE no = ?", "i", bundle);

	if (rc == 1) {
		snprintf(account, sizeof(account), "%s", db_text(st, 0));
		snprintf(id, sizeof(id), "%s", db_text(st, 1));
	}
	db_done(st);
	snprintf(detail, sizeof(detail),
	    "{\"dataset\":\"%s\",\"period\":\"%s\",\"provider\":\"%s\"}",
	    dataset, period, provider);
	if (rc == -1 ||
	    ledger_append(db, now, "arrived late", account, id, detail, NULL,
		e) == -1 ||
	    news(db, provider, e) == -1)
		return -1;
	return db_run(db, e,
	    "UPDATE expectation_t SET state = 'late', bundle = ?, at = ?"
	    " WHERE provider = ? AND dataset = ? AND period = ?",
	    "itttt", bundle, now, provider, dataset, period);
}

/* Takes the next open period that the bundle brings: 1 one, 0 none, -1. */
static int
take_open(struct db *db, int64_t bundle, const char *provider, const char *now,
    struct err *e)
{
	char dataset[CALENDAR_NAME] = "";
	char period[CALENDAR_DAY] = "";
	sqlite3_stmt *st;
	int first, last;
	int rc = db_query(db, &st, e,
	    "SELECT x.dataset, x.period, x.first, x.last, f.period"
	    " FROM expectation_t x JOIN bundle_file_t f ON f.bundle = ?1"
	    " AND f.dataset = x.dataset WHERE x.provider = ?2 AND x.state IN"
	    " ('due', 'missing') AND f.code = '' AND (f.accepted > 0 OR f.rows "
	    "="
	    " 0)",
	    "it", bundle, provider);

	for (; rc == 1; rc = db_next(db, st, e)) {
		if (calendar_span(db_text(st, 4), &first, &last) == -1 ||
		    first > sqlite3_column_int(st, 3) ||
		    last < sqlite3_column_int(st, 2))
			continue;
		snprintf(dataset, sizeof(dataset), "%s", db_text(st, 0));
		snprintf(period, sizeof(period), "%s", db_text(st, 1));
		break;
	}
	db_done(st);
	if (rc != 1)
		return rc;
	return note_late(db, bundle, provider, dataset, period, now, e) == -1
		   ? -1
		   : 1;
}

int
expectation_arrived(struct db *db, int64_t bundle, const char *provider,
    const char *now, struct err *e)
{
	int rc;

	do
		rc = take_open(db, bundle, provider, now, e);
	while (rc == 1);
	return rc;
}
