#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/extract_part.h"
#include "sys/mem.h"

/* The orders: what the keeper decided, as it stands in the base. */

static int
index_of(const char *const *name, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name[i], s) == 0)
			return (int)i;
	return 0;
}

static time_t
time_of(const char *at)
{
	struct tm tm = { 0 };

	if (strptime(at, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return 0;
	return timegm(&tm);
}

static int
read_query(struct extract *x, struct err *e)
{
	static const char *const format[] = { "csv", "xlsx", "jsonl",
		"sqlite" };
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT id, account, purpose, day, known_at, as_of, format,"
	    " encrypt, report, of_all, since, before, coalesce(seq, 0),"
	    " (SELECT name FROM subscription_t s WHERE s.no = standing) FROM"
	    " query_t WHERE no = ? AND state = 'decided'",
	    "i", x->query);

	if (rc == 1) {
#define TEXT(to, column) snprintf(to, sizeof(to), "%s", db_text(st, column))
		TEXT(x->id, 0);
		TEXT(x->account, 1);
		TEXT(x->purpose, 2);
		TEXT(x->day, 3);
		TEXT(x->known_at, 4);
		TEXT(x->as_of, 5);
		TEXT(x->since, 10);
		TEXT(x->standing, 13);
#undef TEXT
		x->format =
		    (enum query_format)index_of(format, 4, db_text(st, 6));
		x->encrypt = sqlite3_column_int(st, 7);
		x->report = sqlite3_column_int(st, 8);
		x->of_all = sqlite3_column_int(st, 9);
		x->before = sqlite3_column_int64(st, 11);
		x->seq = sqlite3_column_int64(st, 12);
		x->when = time_of(x->known_at);
	}
	db_done(st);
	if (rc == 0)
		return err_set(e, ERR_HOLD, "nothing is decided of it");
	return rc == -1 ? -1 : 0;
}

static int
read_mark(struct extract *x, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT key FROM mark_t WHERE account = ?", "t", x->account);

	if (rc == 1 && sqlite3_column_bytes(st, 0) == MARK_KEY)
		memcpy(x->mark, sqlite3_column_blob(st, 0), MARK_KEY);
	else if (rc != -1)
		rc = err_set(e, ERR_HOLD, "'%s' has no mark", x->account);
	db_done(st);
	return rc == -1 ? -1 : 0;
}

static int
read_keys(struct extract *x, struct err *e)
{
	enum { KEY_BYTES = 4096 };
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT blob FROM account_key_t WHERE account = ? AND type ="
	    " 'ssh-ed25519' ORDER BY fingerprint LIMIT ?",
	    "ti", x->account, (int64_t)EXTRACT_KEYS);

	for (; rc == 1; rc = db_next(x->db, st, e)) {
		struct buf *b = &x->key[x->nkeys++];

		buf_init(b, KEY_BYTES);
		buf_add(b, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0));
	}
	db_done(st);
	if (rc == 0 && x->encrypt && x->nkeys == 0)
		return err_set(e, ERR_HOLD, "'%s' has no key", x->account);
	return rc;
}

static int
read_give(struct extract *x, struct extract_give *g, sqlite3_stmt *st,
    struct err *e)
{
	struct grant_answer *a = &g->answer;

	memset(g, 0, sizeof(*g));
	g->n = sqlite3_column_int64(st, 0);
	g->schema = schemas_version(x->schemas, db_text(st, 1), db_text(st, 2));
	a->form = (enum grant_form)sqlite3_column_int(st, 3);
	a->full = (uint64_t)sqlite3_column_int64(st, 4);
	a->masked = (uint64_t)sqlite3_column_int64(st, 5);
	snprintf(g->from, sizeof(g->from), "%s", db_text(st, 6));
	snprintf(g->until, sizeof(g->until), "%s", db_text(st, 7));
	if (g->schema == NULL)
		return err_set(e, ERR_HOLD, "no standard '%s %s'",
		    db_text(st, 1), db_text(st, 2));
	return 0;
}

static int
read_gives(struct extract *x, struct err *e)
{
	size_t n = (size_t)db_int(x->db, 0,
	    "SELECT count(*) FROM query_give_t WHERE query = ?", "i", x->query);
	sqlite3_stmt *st;
	int rc;

	x->give = xcalloc(n + 1, sizeof(*x->give));
	rc = db_query(x->db, &st, e,
	    "SELECT n, dataset, version, form, full, masked, from_day,"
	    " until_day FROM query_give_t WHERE query = ? AND why = ''"
	    " ORDER BY n",
	    "i", x->query);
	for (; rc == 1 && x->ngives < n; rc = db_next(x->db, st, e)) {
		struct extract_give *g = &x->give[x->ngives];

		if (read_give(x, g, st, e) == -1) {
			rc = -1;
			break;
		}
		g->answer.from = g->from;
		g->answer.until = g->until;
		x->ngives++;
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* ---- for whom ---- */

struct placed {
	uint64_t order;
	struct extract_who who;
};

static int
by_order(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->who.n > y->who.n) - (x->who.n < y->who.n);
}

static int
read_whom(struct extract *x, struct extract_give *g, struct err *e)
{
	size_t n = (size_t)db_int(x->db, 0,
	    "SELECT count(*) FROM query_pass_t WHERE query = ? AND give = ?",
	    "ii", x->query, g->n);
	struct placed *all = xcalloc(n + 1, sizeof(*all));
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT n, enterprise, person FROM query_pass_t WHERE query = ? AND"
	    " give = ? ORDER BY n",
	    "ii", x->query, g->n);

	for (; rc == 1 && g->nwho < n; rc = db_next(x->db, st, e)) {
		struct placed *p = &all[g->nwho++];
		char enterprise[16];

		p->who.n = sqlite3_column_int64(st, 0);
		p->who.enterprise = (uint32_t)sqlite3_column_int64(st, 1);
		p->who.person = (uint8_t)sqlite3_column_int(st, 2);
		extract_enterprise(p->who.enterprise, enterprise);
		p->order = mark_order(x->mark, enterprise);
	}
	db_done(st);
	qsort(all, g->nwho, sizeof(*all), by_order);
	g->who = xcalloc(g->nwho + 1, sizeof(*g->who));
	for (size_t i = 0; i < g->nwho; i++)
		g->who[i] = all[i].who;
	free(all);
	return rc == -1 ? -1 : 0;
}

int
extract_orders(struct extract *x, struct err *e)
{
	if (read_query(x, e) == -1 || read_mark(x, e) == -1 ||
	    (x->encrypt && read_keys(x, e) == -1))
		return -1;
	x->ask.account = x->account;
	x->ask.purpose = x->purpose;
	x->ask.today = x->day;
	if (read_gives(x, e) == -1)
		return -1;
	for (size_t i = 0; i < x->ngives; i++) {
		extract_sight_give(x, &x->give[i]);
		if (read_whom(x, &x->give[i], e) == -1)
			return -1;
	}
	return 0;
}
