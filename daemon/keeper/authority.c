#include <stdio.h>
#include <string.h>

#include "base/db.h"
#include "grant/consent.h"
#include "grant/grant_tell.h"
#include "grant/objection.h"
#include "grant/offer.h"
#include "keeper/authority.h"
#include "sys/clock.h"
#include "sys/message.h"
#include "way/work.h"

#define INSTITUTIONS \
	"SELECT name FROM account_t WHERE role IN ('institution', 'upstream')"

int
authority_news(struct db *db, const char *account, struct err *e)
{
	return db_run(db, e,
	    "INSERT OR IGNORE INTO offer_news_t " INSTITUTIONS " AND name = ?",
	    "t", account);
}

int
authority_news_all(struct db *db, struct err *e)
{
	return db_run(db, e, "INSERT OR IGNORE INTO offer_news_t " INSTITUTIONS,
	    "");
}

int
authority_arrived(struct keeper *k, int64_t bundle, const char *now,
    struct err *e)
{
	if (objection_arrived(k, bundle, now, e) == -1 ||
	    consent_arrived(k, bundle, now, e) == -1 ||
	    grant_tell_after(k, now, e) == -1)
		return -1;
	return db_run(k->db, e,
	    "INSERT OR IGNORE INTO offer_news_t SELECT g.account FROM"
	    " bundle_file_t f JOIN grant_t g ON g.dataset = f.dataset WHERE"
	    " f.bundle = ? AND f.accepted > 0 AND g.state <> 3",
	    "i", bundle);
}

/* One catalogue: 1 made, 0 none is to be, -1. */
static int
make_one(struct keeper *k, struct err *e)
{
	char account[ACCOUNT_TEXT] = "";
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT account FROM offer_news_t LIMIT 1", "");

	if (rc == 1)
		snprintf(account, sizeof(account), "%s", db_text(st, 0));
	db_done(st);
	if (rc != 1)
		return rc;
	if (offer_make(k, account, e) == -1 ||
	    db_run(k->db, e, "DELETE FROM offer_news_t WHERE account = ?", "t",
		account) == -1)
		return -1;
	return 1;
}

/* --- by the clock ------------------------------------------------------- */

/* What was last told of a thing, "" nothing; at most 15 bytes. */
static int
last_told(struct db *db, const char *what, char day[16], struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e, "SELECT day FROM told_t WHERE what = ?",
	    "t", what);

	snprintf(day, 16, "%s", rc == 1 ? db_text(st, 0) : "");
	db_done(st);
	return rc == -1 ? -1 : 0;
}

static int
told(struct db *db, const char *what, const char *day, struct err *e)
{
	return db_run(db, e, "INSERT OR REPLACE INTO told_t VALUES (?,?)", "tt",
	    what, day);
}

/* "2016-01" after "2015-12". */
static void
next_month(char month[16])
{
	int y = 0, m = 0;

	(void)sscanf(month, "%4d-%2d", &y, &m);
	snprintf(month, 16, "%04d-%02d", (y + m / 12) % 10000, m % 12 + 1);
}

/* The months that are over and were not told of. */
static int
tell_months(struct keeper *k, const char *day, struct err *e)
{
	char month[16], now[16];

	snprintf(now, sizeof(now), "%.7s", day);
	if (last_told(k->db, "use", month, e) == -1)
		return -1;
	if (month[0] == '\0')
		return told(k->db, "use", now, e);
	for (; strcmp(month, now) < 0; next_month(month))
		if (grant_tell_use(k, month, e) == -1)
			return -1;
	return told(k->db, "use", now, e);
}

/* Grants begin and end, adverse information leaves, by the day. */
static int
new_day(struct keeper *k, const char *now, const char *day, struct err *e)
{
	char last[16];

	if (last_told(k->db, "day", last, e) == -1)
		return -1;
	if (strcmp(last, day) != 0 && (authority_news_all(k->db, e) == -1 ||
					  grant_tell_all(k, now, e) == -1 ||
					  objection_tell_all(k, now, e) == -1 ||
					  tell_months(k, day, e) == -1 ||
					  told(k->db, "day", day, e) == -1))
		return -1;
	snprintf(k->told_on, sizeof(k->told_on), "%s", day);
	return 0;
}

int
authority_tick(struct keeper *k, struct err *e)
{
	char now[40], day[16];

	clock_now(now, sizeof(now));
	work_day(now, day);
	if (strcmp(k->told_on, day) != 0 && new_day(k, now, day, e) == -1)
		return -1;
	return make_one(k, e);
}
