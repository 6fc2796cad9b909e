#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "extract/query_part.h"
#include "extract/subscription.h"
#include "form/query.h"
#include "grant/sharing.h"
#include "keeper/standing.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/work.h"

enum {
	TICK_SECONDS = 30,
	AT_ONCE = 32,
	WATCHED = 2000 /* standing extracts that go by changes */
};

/* ---- begin, end ---- */

int
subscription_begin(struct db *db, const struct bundle *b, const struct query *q,
    struct err *e)
{
	char *body = query_text(q);
	int rc = db_run(db, e,
	    "INSERT INTO subscription_t (account, name, body, every, seq,"
	    " since, last, due, state, run) VALUES (?,?,?,?,0,'',0,'','begun',"
	    " ?) ON CONFLICT (account, name) DO UPDATE SET body ="
	    " excluded.body, every = excluded.every, state = 'begun', since ="
	    " '', run = excluded.run, more = 0",
	    "tttii", b->name.account, q->subscribe, body, (int64_t)q->every,
	    b->no);

	free(body);
	return rc == -1 ? -1
			: db_run(db, e,
			      "UPDATE query_t SET standing = (SELECT no FROM"
			      " subscription_t WHERE account = ? AND name = ?),"
			      " seq = (SELECT seq + 1 FROM subscription_t"
			      " WHERE account = ? AND name = ?) WHERE no = ?",
			      "tttti", b->name.account, q->subscribe,
			      b->name.account, q->subscribe, b->no);
}

int
subscription_end(struct db *db, const struct bundle *b, const struct query *q,
    struct err *e)
{
	if (db_int(db, 0,
		"SELECT count(*) FROM subscription_t WHERE account = ? AND"
		" name = ? AND state <> 'ended'",
		"tt", b->name.account, q->subscribe) == 0)
		return err_say(e, ERR_SENDER, "query_standing", q->subscribe,
		    NULL);
	if (db_run(db, e,
		"UPDATE subscription_t SET state = 'ended' WHERE account = ?"
		" AND name = ?",
		"tt", b->name.account, q->subscribe) == -1)
		return -1;
	return db_run(db, e,
	    "UPDATE query_t SET state = 'ended', file = '' WHERE no = ?", "i",
	    b->no);
}

/* ---- sent again ---- */

static void
kept_path(const char *account, const char *id, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/extracts/.%s.kept", HOME_ACCOUNTS, account,
	    id);
}

int
subscription_keep(const char *account, const char *id, const char *file,
    struct err *e)
{
	char from[SPOOL_TEXT + 128], to[SPOOL_TEXT + 128];

	query_path(account, file, from, sizeof(from));
	kept_path(account, id, to, sizeof(to));
	if (link(from, to) == -1 && errno != EEXIST)
		return err_errno(e, ERR_RETRY, "cannot keep '%s'", from);
	return 0;
}

int
subscription_is_kept(const char *account, const char *id)
{
	char path[SPOOL_TEXT + 128];

	kept_path(account, id, path, sizeof(path));
	return access(path, F_OK) == 0;
}

void
subscription_forget(const char *account, const char *id)
{
	char path[SPOOL_TEXT + 128];

	kept_path(account, id, path, sizeof(path));
	if (unlink(path) == -1 && errno != ENOENT)
		log_error("%s cannot remove '%s': %s", id, path,
		    strerror(errno));
}

static int
refuse_again(const struct query *q, struct err *e)
{
	char seq[24];

	snprintf(seq, sizeof(seq), "%" JSON_INTEGER_FORMAT, q->seq);
	return err_say(e, ERR_SENDER, "query_again", q->again, seq, NULL);
}

int
subscription_again(struct keeper *k, const struct bundle *b,
    const struct query *q, const char *now, struct err *e)
{
	char from[SPOOL_TEXT + 128], to[SPOOL_TEXT + 128];
	char file[SPOOL_TEXT + 16] = "", id[ID_TEXT] = "", day[16];
	char life[32];
	sqlite3_stmt *st;
	int64_t no = 0;
	int rc = db_query(k->db, &st, e,
	    "SELECT q.no, q.id, q.file FROM query_t q JOIN subscription_t s"
	    " ON s.no = q.standing WHERE s.account = ? AND s.name = ? AND"
	    " q.seq = ? AND q.state IN ('placed', 'expired')"
	    " ORDER BY q.no DESC LIMIT 1",
	    "tti", b->name.account, q->again, (int64_t)q->seq);

	if (rc == 1) {
		no = sqlite3_column_int64(st, 0);
		snprintf(id, sizeof(id), "%s", db_text(st, 1));
		snprintf(file, sizeof(file), "%s", db_text(st, 2));
	}
	db_done(st);
	if (rc != 1)
		return rc == -1 ? -1 : refuse_again(q, e);
	kept_path(b->name.account, id, from, sizeof(from));
	query_path(b->name.account, file, to, sizeof(to));
	/* Nobody sees it sooner by this: it was seen before. */
	if (link(from, to) == -1 && errno != EEXIST)
		return refuse_again(q, e);
	work_day(now, day);
	snprintf(life, sizeof(life), "+%d days", k->conf.extract_days);
	if (db_run(k->db, e,
		"UPDATE query_t SET state = 'placed', expires = date(?, ?)"
		" WHERE no = ?",
		"tti", day, life, no) == -1)
		return -1;
	return db_run(k->db, e,
	    "UPDATE query_t SET state = 'again', file = ?1, day = ?2,"
	    " bytes = (SELECT bytes FROM query_t WHERE no = ?3),"
	    " sha256 = (SELECT sha256 FROM query_t WHERE no = ?3),"
	    " expires = (SELECT expires FROM query_t WHERE no = ?3)"
	    " WHERE no = ?4",
	    "ttii", file, day, no, b->no);
}

/* ---- further numbers ---- */

int
subscription_next(struct db *db, const struct bundle *b, char **ret_body,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT body FROM subscription_t WHERE run = ? AND state ="
	    " 'active'",
	    "i", b->no);

	if (rc == 1)
		*ret_body = xstrdup(db_text(st, 0));
	db_done(st);
	return rc;
}

/* The first day after this one on which a period is over. */
static const char *
due_sql(enum query_every every)
{
	switch (every) {
	case QUERY_DAILY:
		return "date(?, '+1 day')";
	case QUERY_WEEKLY:
		return "date(?, '+7 days')";
	case QUERY_MONTHLY:
		return "date(?, 'start of month', '+1 month')";
	case QUERY_ONCE:
	case QUERY_CHANGE:
		break;
	}
	return "substr(?, 1, 0)";
}

int
subscription_is_idle(struct db *db, int64_t query)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM query_t q JOIN subscription_t s ON"
		   " s.no = q.standing WHERE q.no = ? AND q.before <> 0 AND"
		   " s.every = ?",
		   "ii", query, (int64_t)QUERY_CHANGE) > 0;
}

int
subscription_given(struct db *db, const struct bundle *b, const char *since,
    struct err *e)
{
	int64_t no = db_int(db, 0,
	    "SELECT coalesce(standing, 0) FROM query_t WHERE no = ?", "i",
	    b->no);
	enum query_every every;
	char sql[256];
	char day[16];

	if (no == 0)
		return 0;
	/* What is held by it is all that is held. */
	if (db_run(db, e,
		"DELETE FROM held_t WHERE query = (SELECT last FROM"
		" subscription_t WHERE no = ?)",
		"i", no) == -1)
		return -1;
	every = (enum query_every)db_int(db, 0,
	    "SELECT every FROM subscription_t WHERE no = ?", "i", no);
	work_day(since, day);
	snprintf(sql, sizeof(sql),
	    "UPDATE subscription_t SET seq = seq + 1, since = ?, last = ?,"
	    " due = %s, state = CASE state WHEN 'ended' THEN"
	    " 'ended' ELSE 'active' END WHERE no = ?",
	    due_sql(every));
	return db_run(db, e, sql, "titi", since, b->no, day, no);
}

/* The bundle of the next number; it has no file, and waits its turn. */
static int
order_next(struct keeper *k, int64_t no, struct err *e)
{
	struct spool_name n = { .kind = 'x' };
	struct err none = { .kind = ERR_NONE };
	enum delivery d;
	struct bundle b;
	sqlite3_stmt *st;
	char now[40];
	int rc;

	/* While one is under way what comes waits for the next. */
	if (db_run(k->db, e,
		"UPDATE subscription_t SET more = 1 WHERE no = ? AND run IS NOT"
		" NULL",
		"i", no) == -1)
		return -1;
	rc = db_query(k->db, &st, e,
	    "SELECT account, name, seq + 1 FROM subscription_t WHERE no = ?"
	    " AND run IS NULL AND state = 'active'",
	    "i", no);

	if (rc == 1) {
		snprintf(n.account, sizeof(n.account), "%s", db_text(st, 0));
		snprintf(n.name, sizeof(n.name), "%s.%06" PRId64,
		    db_text(st, 1), (int64_t)sqlite3_column_int64(st, 2));
	}
	db_done(st);
	if (rc != 1)
		return rc;
	spool_new_id(n.id);
	clock_now(now, sizeof(now));
	if (bundle_take(k->db, &n, 0, "", &none, now, &d, &b, e) == -1)
		return -1;
	return db_run(k->db, e,
	    "UPDATE subscription_t SET run = ? WHERE no = ?", "ii", b.no, no);
}

int
subscription_done(struct keeper *k, const struct bundle *b, struct err *e)
{
	int64_t no = db_int(k->db, 0,
	    "SELECT no FROM subscription_t WHERE run = ? AND more", "i", b->no);

	if (db_run(k->db, e,
		"UPDATE subscription_t SET run = NULL, more = 0 WHERE run = ?",
		"i", b->no) == -1)
		return -1;
	return no != 0 ? order_next(k, no, e) : 0;
}

static int
order_all(struct keeper *k, const int64_t *no, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (order_next(k, no[i], e) == -1)
			return -1;
	return 0;
}

/* ---- what changed ---- */

/*
 * Whether a bundle changed something of a data set that the last number was
 * decided for; a register may bring somebody who was not found then.
 */
static int
is_touched(struct keeper *k, const struct bundle *b, int64_t last,
    const char *since, const struct schema *s)
{
	char sql[800];

	snprintf(sql, sizeof(sql),
	    "SELECT EXISTS (SELECT 1 FROM query_t q JOIN query_give_t g ON"
	    " g.query = q.no WHERE q.no = ?1 AND q.of_all AND g.why = ''"
	    " AND g.dataset = '%s') OR EXISTS (SELECT 1 FROM query_give_t g"
	    " JOIN query_pass_t p ON p.query = g.query AND p.give = g.n"
	    " JOIN d_%s t ON t._enterprise = p.enterprise AND"
	    " (t._bundle = ?2 OR t._to >= ?3) WHERE g.query = ?1 AND"
	    " g.dataset = '%s' AND p.enterprise <> 0) OR ?4 AND EXISTS (SELECT"
	    " 1 FROM query_subject_t WHERE query = ?1 AND enterprise = 0)",
	    s->dataset, s->dataset, s->dataset);
	return db_int(k->db, 0, sql, "iiti", last, b->no, since,
		   (int64_t)s->master) != 0;
}

struct watching {
	int64_t no;
	int64_t last;
	char since[40];
};

static int
touched_by(struct keeper *k, const struct bundle *b, const char *dataset,
    struct err *e)
{
	const struct schema *s = schemas_find(k->standing->schemas, dataset);
	struct watching w[WATCHED];
	int64_t due[WATCHED];
	size_t n = 0, ndue = 0;
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no, last, since FROM subscription_t WHERE state IN"
	    " ('active', 'begun') AND every = ? ORDER BY no LIMIT ?",
	    "ii", (int64_t)QUERY_CHANGE, (int64_t)WATCHED);

	for (; rc == 1 && n < WATCHED; rc = db_next(k->db, st, e)) {
		w[n].no = sqlite3_column_int64(st, 0);
		w[n].last = sqlite3_column_int64(st, 1);
		snprintf(w[n++].since, sizeof(w[0].since), "%s",
		    db_text(st, 2));
	}
	db_done(st);
	for (size_t i = 0; s != NULL && rc != -1 && i < n; i++)
		if (is_touched(k, b, w[i].last, w[i].since, s))
			due[ndue++] = w[i].no;
	return rc == -1 ? -1 : order_all(k, due, ndue, e);
}

int
subscription_touched(struct keeper *k, const struct bundle *b, struct err *e)
{
	char dataset[AT_ONCE][SHARING_NAME];
	size_t n = 0;
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT DISTINCT dataset FROM bundle_file_t WHERE bundle = ? AND"
	    " inserted + updated > 0 AND dataset <> '' LIMIT ?",
	    "ii", b->no, (int64_t)AT_ONCE);

	for (; rc == 1 && n < AT_ONCE; rc = db_next(k->db, st, e))
		snprintf(dataset[n++], SHARING_NAME, "%s", db_text(st, 0));
	db_done(st);
	for (size_t i = 0; rc != -1 && i < n; i++)
		rc = touched_by(k, b, dataset[i], e);
	return rc == -1 ? -1 : 0;
}

int
subscription_moved(struct keeper *k, int64_t query, struct err *e)
{
	int64_t no = db_int(k->db, 0,
	    "SELECT no FROM subscription_t WHERE last = ? AND every = ?", "ii",
	    query, (int64_t)QUERY_CHANGE);

	return no != 0 ? order_next(k, no, e) : 0;
}

int
subscription_rights(struct keeper *k, const char *account, struct err *e)
{
	int64_t due[AT_ONCE];
	int64_t last = 0;
	size_t n;

	do {
		sqlite3_stmt *st;
		int rc = db_query(k->db, &st, e,
		    "SELECT no FROM subscription_t WHERE account = ? AND every"
		    " = ? AND state = 'active' AND no > ? ORDER BY no LIMIT ?",
		    "tiii", account, (int64_t)QUERY_CHANGE, last,
		    (int64_t)AT_ONCE);

		for (n = 0; rc == 1 && n < AT_ONCE; rc = db_next(k->db, st, e))
			due[n++] = last = sqlite3_column_int64(st, 0);
		db_done(st);
		if (rc == -1 || order_all(k, due, n, e) == -1)
			return -1;
	} while (n == AT_ONCE);
	return 0;
}

/* ---- now and then ---- */

static int
order_due(struct keeper *k, const char *day, struct err *e)
{
	int64_t due[AT_ONCE];
	size_t n = 0;
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no FROM subscription_t WHERE state = 'active' AND due <> ''"
	    " AND due <= ? AND run IS NULL ORDER BY no LIMIT ?",
	    "ti", day, (int64_t)AT_ONCE);

	for (; rc == 1 && n < AT_ONCE; rc = db_next(k->db, st, e))
		due[n++] = sqlite3_column_int64(st, 0);
	db_done(st);
	return rc == -1 ? -1 : order_all(k, due, n, e);
}

int
subscription_tick(struct keeper *k, struct err *e)
{
	static time_t last;
	time_t t = time(NULL);
	char now[40], day[16];

	if (t - last < TICK_SECONDS)
		return 0;
	last = t;
	clock_now(now, sizeof(now));
	work_day(now, day);
	return query_expire(k, day, e) == -1 ? -1 : order_due(k, day, e);
}
