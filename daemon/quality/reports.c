#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/db.h"
#include "base/ledger.h"
#include "keeper/jobs.h"
#include "keeper/schedule.h"
#include "quality/reports.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"

enum { ATTEMPTS_MAX = 3, PAUSE_MS = 5000 };

enum state { OWED, STANDS, GIVEN_UP };

/* The one at work. */
struct order {
	int64_t no;
	enum report_kind kind;
	int attempts;
	char what[SPOOL_TEXT];
	char account[ACCOUNT_TEXT];
	char folder[SPOOL_TEXT];
};

enum step { IDLE, CHOSEN, SENT };

struct reports {
	int fd;
	int waiting;   /* some are owed, as far as we know */
	int64_t pause; /* ms: none is chosen before */
	enum step step;
	uint32_t tag;
	struct order order;
};

struct reports *
reports_new(int reporter)
{
	struct reports *r = xcalloc(1, sizeof(*r));

	r->fd = reporter;
	r->waiting = 1;
	return r;
}

void
reports_free(struct reports *r)
{
	free(r);
}

static void
signature_path(const char *account, const char *folder, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/reports/%s/report.json.sig", HOME_ACCOUNTS,
	    account, folder);
}

int
reports_owe(struct keeper *k, enum report_kind kind, const char *what,
    const char *account, const char *folder, struct err *e)
{
	k->reports->waiting = 1;
	return db_run(k->db, e,
	    "INSERT INTO report_t (kind, what, account, folder) VALUES"
	    " (?,?,?,?) ON CONFLICT (kind, what, account) DO UPDATE SET"
	    " folder = excluded.folder, state = 0, attempts = 0",
	    "ittt", (int64_t)kind, what, account, folder);
}

int
reports_recover(struct keeper *k, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no, account, folder FROM report_t WHERE state = 1 AND"
	    " sha256 IS NOT NULL ORDER BY no DESC LIMIT 20000",
	    "");

	for (; rc == 1; rc = db_next(k->db, st, e)) {
		char path[2 * SPOOL_TEXT + 64];
		struct stat s;

		signature_path(db_text(st, 1), db_text(st, 2), path,
		    sizeof(path));
		if ((stat(path, &s) == -1 || s.st_size == 0) &&
		    db_run(k->db, e,
			"UPDATE report_t SET state = 0, attempts = 0 WHERE"
			" no = ?",
			"i", sqlite3_column_int64(st, 0)) == -1)
			rc = -1;
		if (rc == -1)
			break;
	}
	db_done(st);
	return rc;
}

int
reports_wait(struct keeper *k, enum report_kind kind, const char *what)
{
	return db_int(k->db, 0,
		   "SELECT count(*) FROM report_t WHERE kind = ? AND what = ?"
		   " AND state = 0",
		   "it", (int64_t)kind, what) > 0;
}

static int
may_choose(const struct reports *r)
{
	return r->waiting && r->step == IDLE &&
	       clock_milliseconds() >= r->pause;
}

int
reports_busy(const struct keeper *k)
{
	const struct reports *r = k->reports;

	return r->step == CHOSEN || may_choose(r);
}

/* ---- the next one ---- */

static int
next_owed(struct keeper *k, struct order *o, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no, kind, what, account, folder, attempts FROM report_t"
	    " WHERE state = 0 ORDER BY no LIMIT 1",
	    "");

	if (rc == 1) {
		o->no = sqlite3_column_int64(st, 0);
		o->kind = (enum report_kind)sqlite3_column_int(st, 1);
		snprintf(o->what, sizeof(o->what), "%s", db_text(st, 2));
		snprintf(o->account, sizeof(o->account), "%s", db_text(st, 3));
		snprintf(o->folder, sizeof(o->folder), "%s", db_text(st, 4));
		o->attempts = sqlite3_column_int(st, 5);
	}
	db_done(st);
	return rc;
}

static int
set_state(struct keeper *k, int64_t no, enum state state, const char *sha256,
    struct err *e)
{
	/* Owed anew while it was at work: that one is not this one. */
	return db_run(k->db, e,
	    "UPDATE report_t SET state = ?, sha256 = ? WHERE no = ? AND"
	    " attempts > 0",
	    "iti", (int64_t)state, sha256, no);
}

static int
give_up(struct keeper *k, const struct order *o, const char *why, struct err *e)
{
	log_error("%s report given up account=%s attempts=%d reason=%s",
	    o->what, o->account, o->attempts, log_quote(why));
	return set_state(k, o->no, GIVEN_UP, NULL, e);
}

int
reports_choose(struct keeper *k, struct err *e)
{
	struct reports *r = k->reports;
	int rc;

	if (!may_choose(r))
		return 0;
	while ((rc = next_owed(k, &r->order, e)) == 1 &&
	       r->order.attempts >= ATTEMPTS_MAX)
		if (give_up(k, &r->order, "the reporter died of it", e) == -1)
			return -1;
	r->waiting = rc == 1;
	if (rc != 1)
		return rc;
	r->step = CHOSEN;
	return db_run(k->db, e,
	    "UPDATE report_t SET attempts = attempts + 1 WHERE no = ?", "i",
	    r->order.no);
}

int
reports_send(struct keeper *k, struct err *e)
{
	struct reports *r = k->reports;
	struct frame *f = &k->out;

	/* The reporter sees what is committed, and so does the next start. */
	if (r->step != CHOSEN || db_writing(k->db))
		return 0;
	frame_start(f, MESSAGE_REPORT);
	frame_put_u32(f, ++r->tag);
	frame_put_u8(f, (uint8_t)r->order.kind);
	frame_put_str(f, r->order.what);
	frame_put_str(f, r->order.account);
	frame_put_str(f, r->order.folder);
	r->step = SENT;
	/* Where the reporter is gone all roles end; the order stays owed. */
	if (frame_send(r->fd, f, e) == -1)
		k->stopping = 1;
	return 0;
}

int
reports_pardon(struct keeper *k, struct err *e)
{
	return db_run(k->db, e,
	    "UPDATE report_t SET attempts = attempts - 1 WHERE no = (SELECT"
	    " min(no) FROM report_t WHERE state = 0 AND attempts > 0)",
	    "");
}

/* ---- what became of it ---- */

static int
sign_and_place(struct keeper *k, const struct order *o,
    const unsigned char *sha512, struct err *e)
{
	char path[2 * SPOOL_TEXT + 64];
	char *sig = jobs_sign(k, "zayton-report", sha512, e);
	int rc;

	if (sig == NULL)
		return -1;
	signature_path(o->account, o->folder, path, sizeof(path));
	rc = file_place(AT_FDCWD, path, sig, strlen(sig), 0644, e);
	free(sig);
	return rc;
}

static int
stands(struct keeper *k, const struct order *o, const unsigned char *sha512,
    const unsigned char *sha256, struct err *e)
{
	char hex[DIGEST_TEXT];
	char detail[SPOOL_TEXT];
	char now[40];

	hash_hex(sha256, DIGEST_BYTES, hex);
	clock_now(now, sizeof(now));
	snprintf(detail, sizeof(detail), "{\"report\":\"%s\"}", hex);
	if (sign_and_place(k, o, sha512, e) == -1 ||
	    ledger_append(k->db, now, "report", o->account,
		o->kind == REPORT_BUNDLE ? o->what : "", detail, NULL,
		e) == -1 ||
	    set_state(k, o->no, STANDS, hex, e) == -1)
		return -1;
	log_info("%s report account=%s", o->what, o->account);
	return 0;
}

/* Not its fault: it counts as no attempt. */
static int
again_later(struct keeper *k, const struct order *o, const char *why,
    struct err *e)
{
	log_warn("%s report waits reason=%s", o->what, log_quote(why));
	k->reports->pause = clock_milliseconds() + PAUSE_MS;
	return db_run(k->db, e,
	    "UPDATE report_t SET attempts = attempts - 1 WHERE no = ?", "i",
	    o->no);
}

int
reports_done(struct keeper *k, struct err *e)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	unsigned char sha256[DIGEST_BYTES];
	struct reports *r = k->reports;
	const struct order *o = &r->order;
	struct frame *f = &k->in;
	char why[512];
	uint32_t tag = frame_get_u32(f);
	enum report_end end = (enum report_end)frame_get_u8(f);
	int64_t findings;

	findings = (int64_t)frame_get_u64(f);
	frame_get_exact(f, sha512, sizeof(sha512));
	frame_get_exact(f, sha256, sizeof(sha256));
	frame_get_str(f, why, sizeof(why));
	if (frame_end(f, e) == -1)
		return -1;
	if (tag != r->tag || r->step != SENT)
		return err_set(e, ERR_HOLD, "a report that nobody ordered");
	r->step = IDLE;
	if (o->kind == REPORT_TASK && end != REPORT_AGAIN &&
	    schedule_task_done(k, o->what, o->account, findings,
		end == REPORT_CANNOT ? why : "", e) == -1)
		return -1;
	switch (end) {
	case REPORT_NOTHING:
		return set_state(k, o->no, STANDS, NULL, e);
	case REPORT_STANDS:
		return stands(k, o, sha512, sha256, e);
	case REPORT_AGAIN:
		return again_later(k, o, why, e);
	case REPORT_CANNOT:
		break;
	}
	return give_up(k, o, why, e);
}
