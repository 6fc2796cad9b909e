#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ledger.h"
#include "extract/query_part.h"
#include "extract/subscription.h"
#include "grant/grant.h"
#include "keeper/jobs.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/work.h"

/*
 * How long an extract lies there: from the commit of its looks until its days
 * are over, or a grant or consent that it was given under.
 */

void
query_path(const char *account, const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/extracts/%s", HOME_ACCOUNTS, account, file);
}

void
query_remove(const char *id, const char *path)
{
	if (unlink(path) == -1 && errno != ENOENT)
		log_error("%s cannot remove '%s': %s", id, path,
		    strerror(errno));
}

/* ---- under what it was given -------------------------------------------- */

/* A grant or a consent, and how what was given under it is found. */
static const struct right {
	const char *what;
	const char *uses; /* SQL: query q was given under number ?2 */
	const char *why;  /* SQL: who ended number ?2, and why */
} rights[] = {
	[QUERY_GRANT] = { "grant",
	    "EXISTS (SELECT 1 FROM query_give_t g, json_each(g.grants) j WHERE"
	    " g.query = q.no AND g.why = '' AND j.value = ?2)",
	    "SELECT json_object('extract', ?1, 'grant', no, 'person',"
	    " changed_by, 'reason', changed_why) FROM grant_t WHERE no = ?2" },
	[QUERY_CONSENT] = { "consent",
	    "EXISTS (SELECT 1 FROM query_pass_t p WHERE p.query = q.no AND"
	    " p.consent = ?2 AND p.consent <> 0)",
	    "SELECT json_object('extract', ?1, 'consent', no, 'person',"
	    " ended_by, 'reason', ended_why) FROM consent_t WHERE no = ?2" },
};

/*
 * The next one that somebody can still fetch or have sent again: 1 it, 0 none.
 * What is over already waits to be removed.
 */
static int
next_under(struct db *db, const struct right *r, int64_t number, int64_t after,
    const char *day, struct query_row *ret_q, struct err *e)
{
	char sql[640];
	int64_t no;

	snprintf(sql, sizeof(sql),
	    "SELECT q.no FROM query_t q WHERE q.no > ?1 AND (q.state IN"
	    " ('decided', 'given') AND q.expires >= ?3 OR q.state = 'placed'"
	    " OR q.state = 'expired' AND q.standing IS NOT NULL) AND %s"
	    " ORDER BY q.no LIMIT 1",
	    r->uses);
	no = db_int(db, 0, sql, "iit", after, number, day);
	return no == 0 ? 0 : query_get(db, no, ret_q, e);
}

static int
end_days(struct db *db, int64_t no, const char *state, const char *day,
    struct err *e)
{
	return db_run(db, e,
	    "UPDATE query_t SET state = ?, expires = date(?, '-1 day') WHERE"
	    " no = ?",
	    "tti", state, day, no);
}

/*
 * By the person who ended it, for the same reason. What is not given yet is
 * ended when it is: query_end_meanwhile.
 */
static int
end_one(struct keeper *k, const struct query_row *q, const struct right *r,
    int64_t number, const char *now, const char *day, struct err *e)
{
	sqlite3_stmt *st;
	char *detail = NULL;
	int rc;

	if (strcmp(q->state, "decided") == 0)
		return end_days(k->db, q->no, q->state, day, e);
	rc = db_query(k->db, &st, e, r->why, "ti", q->file, number);

	if (rc == 1)
		detail = xstrdup(db_text(st, 0));
	db_done(st);
	if (rc == 1)
		rc = ledger_append(k->db, now, "extract removed", q->account,
		    q->id, detail, NULL, e);
	free(detail);
	return rc == -1 ? -1 : end_days(k->db, q->no, "given", day, e);
}

int
query_end_under(struct keeper *k, enum query_right right, int64_t number,
    const char *now, struct err *e)
{
	const struct right *r = &rights[right];
	struct query_row q = { .no = 0 };
	char day[16];
	int rc;

	work_day(now, day);
	while ((rc = next_under(k->db, r, number, q.no, day, &q, e)) == 1) {
		if (strcmp(q.state, "expired") == 0 &&
		    !subscription_is_kept(q.account, q.id))
			continue;
		if (end_one(k, &q, r, number, now, day, e) == -1)
			return -1;
		jobs_extracts_wait(k);
	}
	return rc;
}

/* By one that was revoked while it was made its days were ended already. */
int
query_end_meanwhile(struct keeper *k, int64_t no, const char *now,
    struct err *e)
{
	struct query_row q;
	char day[16];
	int64_t n;

	work_day(now, day);
	if (query_get(k->db, no, &q, e) != 1)
		return -1;
	if (strcmp(q.expires, day) >= 0)
		return 0;
	n = db_int(k->db, 0,
	    "SELECT min(t.no) FROM query_give_t g, json_each(g.grants) j JOIN"
	    " grant_t t ON t.no = j.value WHERE g.query = ? AND g.why = '' AND"
	    " t.state = ?",
	    "ii", no, (int64_t)GRANT_REVOKED);
	if (n != 0)
		return end_one(k, &q, &rights[QUERY_GRANT], n, now, day, e);
	n = db_int(k->db, 0,
	    "SELECT min(c.no) FROM query_pass_t p JOIN consent_t c ON c.no ="
	    " p.consent WHERE p.query = ? AND c.state <> 'confirmed'",
	    "i", no);
	return n == 0 ? 0
		      : end_one(k, &q, &rights[QUERY_CONSENT], n, now, day, e);
}

/* ---- by the day ---------------------------------------------------------- */

int
query_due(struct db *db, int64_t no, const char *day, struct err *e)
{
	return db_run(db, e,
	    "UPDATE query_t SET ends = coalesce((SELECT min(due) FROM (SELECT"
	    " nullif(?2, '') AS due UNION ALL SELECT nullif(lasts, '') ||"
	    " '+')), '') WHERE no = ?1",
	    "it", no, day);
}

/* It ends before its days do: whoever is fetching it is stopped. */
static int
is_cut_short(struct db *db, int64_t no, const char *day)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM query_t WHERE no = ? AND lasts <> ''"
		   " AND lasts < ?",
		   "it", no, day) > 0;
}

/* One whose days are over; what is kept of it stays for a while longer. */
static int
expire_one(struct keeper *k, const char *state, const char *day, int days,
    struct err *e)
{
	char path[SPOOL_TEXT + 128], life[32];
	int first = strcmp(state, "placed") == 0;
	struct query_row q;
	int64_t no;

	snprintf(life, sizeof(life), "+%d days", days);
	no = db_int(k->db, 0,
	    "SELECT no FROM query_t WHERE state = ? AND date(expires, ?) < ?"
	    " LIMIT 1",
	    "ttt", state, life, day);
	if (no == 0)
		return 0;
	if (query_get(k->db, no, &q, e) != 1)
		return -1;
	query_path(q.account, q.file, path, sizeof(path));
	query_remove(q.id, path);
	if (first && is_cut_short(k->db, no, day)) {
		keeper_hang_up(k, q.account);
		first = 0;
	}
	if (!first)
		subscription_forget(q.account, q.id);
	return db_run(k->db, e, "UPDATE query_t SET state = ? WHERE no = ?",
		   "ti", first ? "expired" : "gone", no) == -1
		   ? -1
		   : 1;
}

int
query_expire(struct keeper *k, const char *day, struct err *e)
{
	enum { AT_ONCE = 32, KEPT_TIMES = 10 };
	int rc = 1;

	for (int i = 0; rc == 1 && i < AT_ONCE; i++)
		rc = expire_one(k, "placed", day, 0, e);
	for (int i = 0; rc != -1 && i < AT_ONCE; i++)
		if (expire_one(k, "expired", day,
			KEPT_TIMES * k->conf.extract_days, e) != 1)
			break;
	return rc == -1 ? -1 : 0;
}

/* ---- seen ---------------------------------------------------------------- */

/* Under none of its names. */
static int
take_away(struct db *db, const struct query_row *q, struct err *e)
{
	char name[64];
	char path[SPOOL_TEXT + 128];

	query_hidden(q->id, name, sizeof(name));
	query_path(q->account, name, path, sizeof(path));
	query_remove(q->id, path);
	query_path(q->account, q->file, path, sizeof(path));
	query_remove(q->id, path);
	subscription_forget(q->account, q->id);
	return db_run(db, e,
	    "UPDATE query_t SET state = 'expired' WHERE no = ?", "i", q->no);
}

/* It is seen now, or was already. Where neither name stands it is lost. */
static int
show(struct db *db, const struct query_row *q, struct err *e)
{
	const char *account = q->account, *id = q->id, *file = q->file;
	char hidden[64];
	char from[SPOOL_TEXT + 128];
	char to[SPOOL_TEXT + 128];
	struct stat st;

	query_hidden(id, hidden, sizeof(hidden));
	query_path(account, hidden, from, sizeof(from));
	query_path(account, file, to, sizeof(to));
	if (rename(from, to) == -1 && (errno != ENOENT || stat(to, &st) == -1))
		log_error("%s cannot place '%s': %s", id, to, strerror(errno));
	else if (q->standing != 0 &&
		 subscription_keep(account, id, file, e) == -1)
		return -1;
	query_path(account, "", to, sizeof(to));
	file_sync(to);
	return db_run(db, e, "UPDATE query_t SET state = 'placed' WHERE no = ?",
	    "i", q->no);
}

int
query_waits(struct db *db, int64_t no)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM query_t WHERE no = ? AND state ="
		   " 'given'",
		   "i", no) > 0;
}

int
query_place(struct db *db, struct err *e)
{
	enum { AT_ONCE = 16 };
	struct query_row q[AT_ONCE];
	size_t n = 0;
	char now[40], day[16];
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT no, account, id, file, coalesce(standing, 0), expires FROM"
	    " query_t WHERE state = 'given' ORDER BY no LIMIT ?",
	    "i", (int64_t)AT_ONCE);

	clock_now(now, sizeof(now));
	work_day(now, day);

	for (; rc == 1 && n < AT_ONCE; rc = db_next(db, st, e)) {
		q[n].no = sqlite3_column_int64(st, 0);
		snprintf(q[n].account, sizeof(q[n].account), "%s",
		    db_text(st, 1));
		snprintf(q[n].id, sizeof(q[n].id), "%s", db_text(st, 2));
		snprintf(q[n].file, sizeof(q[n].file), "%s", db_text(st, 3));
		q[n].standing = sqlite3_column_int64(st, 4);
		snprintf(q[n].expires, sizeof(q[n].expires), "%s",
		    db_text(st, 5));
		n++;
	}
	db_done(st);
	for (size_t i = 0; rc != -1 && i < n; i++)
		rc = strcmp(q[i].expires, day) < 0 ? take_away(db, &q[i], e)
						   : show(db, &q[i], e);
	return rc == -1 ? -1 : n == AT_ONCE;
}
