#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/held.h"
#include "extract/query_part.h"
#include "extract/recall.h"
#include "extract/subscription.h"
#include "grant/grant.h"
#include "keeper/jobs.h"
#include "keeper/standing.h"
#include "sys/clock.h"
#include "sys/mem.h"
#include "way/work.h"

enum {
	BATCH = 4096,      /* enterprises compared together */
	DUE = 64,          /* extracts whose clocks run out together */
	LOOK_AT_CLOCK = 64 /* rows */
};

/* A comparison: of some enterprises, or of all that is held by an extract. */
struct recall {
	int64_t upto;   /* of moved_t; 0: by the clock */
	size_t nwho;    /* 0: all */
	uint32_t *who;  /* owned, ascending */
	uint32_t *woke; /* owned: those that no bundle told of */
	size_t nwoke;
	size_t nqueries;
	int64_t *query; /* owned: that may hold something of them */
	size_t at;      /* the one that is compared */
	int64_t give;   /* and of it */
	size_t row;
	char ends[GRANT_ENDS]; /* when it is due next, as far as it came */
	char now[40];
	char day[16];
};

/* What is held by one give. */
struct given {
	int64_t query;
	int64_t give;
	char account[ACCOUNT_TEXT];
	const struct schema *schema;
	struct grant_answer answer;
	char from[GRANT_DAY];
	char until[GRANT_DAY];
	struct held held; /* owned */
};

/* ---- what is to be compared ---------------------------------------------- */

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static size_t
unique(uint32_t *list, size_t n)
{
	size_t kept = 0;

	qsort(list, n, sizeof(*list), compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || list[kept - 1] != list[i])
			list[kept++] = list[i];
	return kept;
}

static int
contains(const uint32_t *list, size_t n, uint32_t no)
{
	return n > 0 &&
	       bsearch(&no, list, n, sizeof(*list), compare_numbers) != NULL;
}

static int
compare_queries(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
read_moved(struct keeper *k, struct recall *r, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no, enterprise, alone FROM moved_t ORDER BY no LIMIT ?",
	    "i", (int64_t)BATCH);

	r->who = xcalloc(BATCH, sizeof(*r->who));
	r->woke = xcalloc(BATCH, sizeof(*r->woke));
	for (; rc == 1 && r->nwho < BATCH; rc = db_next(k->db, st, e)) {
		uint32_t no = (uint32_t)sqlite3_column_int64(st, 1);

		r->upto = sqlite3_column_int64(st, 0);
		r->who[r->nwho++] = no;
		if (sqlite3_column_int(st, 2))
			r->woke[r->nwoke++] = no;
	}
	db_done(st);
	r->nwho = unique(r->who, r->nwho);
	r->nwoke = unique(r->woke, r->nwoke);
	return rc == -1 ? -1 : r->nwho > 0;
}

static void
add_query(struct recall *r, size_t *room, int64_t no)
{
	if (r->nqueries == *room) {
		*room = *room * 2 + 64;
		r->query = xreallocarray(r->query, *room, sizeof(*r->query));
	}
	r->query[r->nqueries++] = no;
}

/* Those by which something of them was asked for, each once. */
static int
find_queries(struct keeper *k, struct recall *r, struct err *e)
{
	size_t room = 0, kept = 0;
	int rc = 0;

	for (size_t i = 0; rc != -1 && i < r->nwho; i++) {
		sqlite3_stmt *st;

		rc = db_query(k->db, &st, e,
		    "SELECT DISTINCT p.query FROM query_pass_t p WHERE"
		    " p.enterprise = ? AND p.enterprise <> 0 AND EXISTS (SELECT"
		    " 1 FROM held_t h WHERE h.query = p.query)",
		    "i", (int64_t)r->who[i]);
		for (; rc == 1; rc = db_next(k->db, st, e))
			add_query(r, &room, sqlite3_column_int64(st, 0));
		db_done(st);
	}
	if (r->nqueries > 0)
		qsort(r->query, r->nqueries, sizeof(*r->query),
		    compare_queries);
	for (size_t i = 0; i < r->nqueries; i++)
		if (kept == 0 || r->query[kept - 1] != r->query[i])
			r->query[kept++] = r->query[i];
	r->nqueries = kept;
	return rc;
}

/* Those of which a clock has run out. */
static int
find_due(struct keeper *k, struct recall *r, struct err *e)
{
	size_t room = 0;
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no FROM query_t WHERE ends <> '' AND ends <= ? ORDER BY no"
	    " LIMIT ?",
	    "ti", r->day, (int64_t)DUE);

	for (; rc == 1; rc = db_next(k->db, st, e))
		add_query(r, &room, sqlite3_column_int64(st, 0));
	db_done(st);
	return rc == -1 ? -1 : r->nqueries > 0;
}

void
recall_free(struct recall *r)
{
	if (r == NULL)
		return;
	free(r->who);
	free(r->woke);
	free(r->query);
	free(r);
}

/* 1 there is something, in k->recall; 0 nothing. */
static int
begin(struct keeper *k, struct err *e)
{
	struct recall *r = xcalloc(1, sizeof(*r));
	int rc;

	clock_now(r->now, sizeof(r->now));
	work_day(r->now, r->day);
	rc = read_moved(k, r, e);
	if (rc == 1)
		rc = find_queries(k, r, e) == -1 ? -1 : 1;
	else if (rc == 0)
		rc = find_due(k, r, e);
	if (rc != 1)
		recall_free(r);
	else
		k->recall = r;
	return rc;
}

/* ---- a row that is held --------------------------------------------------- */

enum { FIXED = 9 };

static sqlite3_stmt *
prepare(struct keeper *k, const struct given *g,
    const struct sharing_dataset *rule)
{
	const char *dataset = g->schema->dataset;
	sqlite3_stmt *st;
	struct buf b;

	buf_init(&b, 1 << 14);
	buf_printf(&b,
	    "SELECT t._provider, t._as_of, coalesce(n.root, 0), t._to IS NOT"
	    " NULL, t._reason IS 'corrected', t._hash, o._as_of, o._hash,"
	    " EXISTS (SELECT 1 FROM objection_row_t x JOIN objection_t y ON"
	    " y.no = x.objection WHERE x.dataset = '%s' AND x.\"key\" = t._key"
	    " AND x.provider = t._provider AND y.state = 'REPAIRED')",
	    dataset);
	for (size_t i = 0; rule != NULL && i < rule->nclocks; i++) {
		int field = schema_field(g->schema, rule->clock[i].field);

		buf_printf(&b, ", %s%s", field != -1 ? "t." : "NULL",
		    field != -1 ? g->schema->field[field].name : "");
	}
	buf_printf(&b,
	    " FROM d_%s t LEFT JOIN enterprise_t n ON n.no = t._enterprise"
	    " LEFT JOIN d_%s o ON o._key = t._key AND o._provider ="
	    " t._provider AND o._to IS NULL WHERE t._id = ?",
	    dataset, dataset);
	st = buf_ok(&b) ? db_prepare(k->db, b.data) : NULL;
	buf_done(&b);
	return st;
}

/*
 * What became of a version: NULL it stands, or a later one took its place in
 * the course of things. One of the same date or an earlier one says that it
 * was wrong.
 */
static const char *
what_became(sqlite3_stmt *st, uint32_t enterprise)
{
	int replaced = sqlite3_column_type(st, 6) != SQLITE_NULL;

	if (sqlite3_column_int64(st, 2) != (int64_t)enterprise ||
	    sqlite3_column_int(st, 8))
		return "withdrawn";
	if (!sqlite3_column_int(st, 3))
		return NULL;
	if (sqlite3_column_int(st, 4))
		return "corrected";
	if (!replaced)
		return "withdrawn";
	if (sqlite3_column_int64(st, 5) == sqlite3_column_int64(st, 7) ||
	    strcmp(db_text(st, 6), db_text(st, 1)) > 0)
		return NULL;
	return "corrected";
}

/* By the clocks of its data set; when one that runs will run out. */
static const char *
what_clocks_say(struct keeper *k, struct recall *r, const struct given *g,
    const struct sharing_dataset *rule, sqlite3_stmt *st, int person)
{
	const struct grants grants = { .sharing = k->standing->sharing };
	const struct grant_ask ask = { .account = g->account, .today = r->day };
	const struct grant_subject who = { .division = "", .person = person };
	const char *value[SHARING_CLOCKS] = { NULL };

	for (size_t i = 0; i < rule->nclocks; i++)
		value[i] = db_text(st, FIXED + (int)i);
	return grant_row(&grants, &ask, g->schema, &who, &g->answer,
		   db_text(st, 1), value, r->ends) == GRANT_ROW_NOT
		   ? "expired"
		   : NULL;
}

/* Of a mere answer it is not told of which row. */
static int
note(struct keeper *k, const struct recall *r, const struct given *g,
    const struct held_row *h, const char *what, const char *provider,
    const char *as_of, struct err *e)
{
	int by_rows = g->answer.form >= GRANT_LATEST;

	return db_run(k->db, e,
	    "INSERT OR IGNORE INTO recall_t (account, query, give, dataset,"
	    " row, enterprise, provider, as_of, what, at) VALUES"
	    " (?,?,?,?,?,?,?,?,?,?)",
	    "tiitiitttt", g->account, g->query, g->give, g->schema->dataset,
	    by_rows ? h->row : 0, (int64_t)h->enterprise,
	    by_rows ? provider : "", by_rows ? as_of : "", what, r->now);
}

static int
is_person(struct keeper *k, const struct given *g, uint32_t enterprise)
{
	return (int)db_int(k->db, 0,
	    "SELECT max(person) FROM query_pass_t WHERE enterprise = ? AND"
	    " enterprise <> 0 AND +query = ? AND +give = ?",
	    "iii", (int64_t)enterprise, g->query, g->give);
}

static int
compare_row(struct keeper *k, struct recall *r, const struct given *g,
    const struct held_row *h, sqlite3_stmt *st,
    const struct sharing_dataset *rule, struct err *e)
{
	const char *what = "withdrawn";
	int rc;

	(void)sqlite3_bind_int64(st, 1, h->row);
	rc = db_step(k->db, st, 0, e);
	if (rc == 1)
		what = what_became(st, h->enterprise);
	if (rc == 1 && what == NULL && rule != NULL && rule->nclocks > 0)
		what = what_clocks_say(k, r, g, rule, st,
		    is_person(k, g, h->enterprise));
	if (rc == 1 && what != NULL)
		rc = note(k, r, g, h, what, db_text(st, 0), db_text(st, 1), e);
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* ---- one give after the other --------------------------------------------- */

/* The give at hand, or the next one: 1, 0 the extract has no more. */
static int
read_given(struct keeper *k, struct recall *r, struct given *g, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT h.give, h.rows, h.dataset, g.form, q.account, g.from_day,"
	    " g.until_day FROM held_t h JOIN query_give_t g ON g.query ="
	    " h.query AND g.n = h.give JOIN query_t q ON q.no = h.query WHERE"
	    " h.query = ? AND h.give >= ? ORDER BY h.give LIMIT 1",
	    "ii", r->query[r->at], r->give);

	memset(g, 0, sizeof(*g));
	if (rc == 1) {
		g->query = r->query[r->at];
		g->give = sqlite3_column_int64(st, 0);
		g->schema = schemas_find(k->standing->schemas, db_text(st, 2));
		g->answer.form = (enum grant_form)sqlite3_column_int(st, 3);
		snprintf(g->account, sizeof(g->account), "%s", db_text(st, 4));
		snprintf(g->from, sizeof(g->from), "%s", db_text(st, 5));
		snprintf(g->until, sizeof(g->until), "%s", db_text(st, 6));
		g->answer.from = g->from;
		g->answer.until = g->until;
		if (g->give != r->give) {
			r->give = g->give;
			r->row = 0;
		}
		if (held_unpack(&g->held, sqlite3_column_blob(st, 1),
			(size_t)sqlite3_column_bytes(st, 1), e) == -1)
			rc = -1;
	}
	db_done(st);
	return rc;
}

/* 1 the time is over, 0 all of it is compared, -1. */
static int
compare_given(struct keeper *k, struct recall *r, const struct given *g,
    int64_t until, struct err *e)
{
	const struct sharing_dataset *rule;
	sqlite3_stmt *st;
	unsigned int looked = 0;

	if (g->schema == NULL || g->answer.form < GRANT_YES_NO)
		return 0;
	rule = sharing_find(k->standing->sharing, g->schema->dataset);
	/* By the day only clocks are looked at. */
	if (r->upto == 0 && (rule == NULL || rule->nclocks == 0))
		return 0;
	st = prepare(k, g, rule);
	if (st == NULL)
		return err_set(e, ERR_HOLD, "cannot compare what is held");
	for (; r->row < g->held.n; r->row++) {
		const struct held_row *h = &g->held.row[r->row];

		if (r->upto != 0 && !contains(r->who, r->nwho, h->enterprise))
			continue;
		if (++looked % LOOK_AT_CLOCK == 0 &&
		    clock_milliseconds() >= until)
			return 1;
		if (compare_row(k, r, g, h, st, rule, e) == -1)
			return -1;
	}
	return 0;
}

/* Who watches it is due, if no bundle said so already. */
static int
wake(struct keeper *k, struct recall *r, struct err *e)
{
	int64_t no = r->query[r->at];
	int is = r->upto == 0;

	for (size_t i = 0; !is && i < r->nwoke; i++)
		is = db_int(k->db, 0,
			 "SELECT EXISTS (SELECT 1 FROM query_pass_t WHERE"
			 " enterprise = ? AND enterprise <> 0 AND +query = ?)",
			 "ii", (int64_t)r->woke[i], no) != 0;
	return is ? subscription_moved(k, no, e) : 0;
}

/* The extract at hand is compared. */
static int
next_query(struct keeper *k, struct recall *r, struct err *e)
{
	if (wake(k, r, e) == -1)
		return -1;
	/* Compared whole it says when it is due again. */
	if (r->upto == 0 &&
	    db_run(k->db, e, "UPDATE query_t SET ends = ? WHERE no = ?", "ti",
		r->ends, r->query[r->at]) == -1)
		return -1;
	r->at++;
	r->give = 0;
	r->row = 0;
	r->ends[0] = '\0';
	return 0;
}

static int
end(struct keeper *k, struct err *e)
{
	int64_t upto = k->recall->upto;

	recall_free(k->recall);
	k->recall = NULL;
	jobs_extracts_wait(k);
	return db_run(k->db, e, "DELETE FROM moved_t WHERE no <= ?", "i", upto);
}

int
recall_slice(struct keeper *k, int milliseconds, struct err *e)
{
	int64_t until = clock_milliseconds() + milliseconds;
	struct recall *r;
	int rc;

	if (k->recall == NULL && (rc = begin(k, e)) != 1)
		return rc;
	r = k->recall;
	while (r->at < r->nqueries) {
		struct given g;

		rc = read_given(k, r, &g, e);
		if (rc == 1) {
			rc = compare_given(k, r, &g, until, e);
			if (rc == 0)
				r->give++, r->row = 0;
		} else if (rc == 0) {
			rc = next_query(k, r, e);
		}
		held_done(&g.held);
		if (rc != 0)
			return rc;
		if (clock_milliseconds() >= until)
			return 1;
	}
	return end(k, e) == -1 ? -1 : 1;
}

int
recall_waits(const struct keeper *k)
{
	return k->recall != NULL;
}

int
recall_marked(struct db *db, uint32_t enterprise, struct err *e)
{
	return db_run(db, e,
	    "INSERT INTO moved_t (enterprise, alone) SELECT root, 1 FROM"
	    " enterprise_t WHERE no = ?",
	    "i", (int64_t)enterprise);
}
