#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ledger.h"
#include "extract/query_part.h"
#include "extract/recall.h"
#include "extract/subscription.h"
#include "form/query.h"
#include "grant/access.h"
#include "keeper/jobs.h"
#include "keeper/standing.h"
#include "sys/clock.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/work.h"

/* ---- what was read ---- */

/* "list.xlsx" as "list": what an extract is called by. */
static int
stem_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && dot != name ? (int)(dot - name)
					  : (int)strlen(name);
}

static void
file_name(const struct bundle *b, const struct query *q, char *buf, size_t size)
{
	int n = b->name.kind == 'q' ? stem_length(b->name.name)
				    : (int)strlen(b->name.name);

	snprintf(buf, size, "%.*s.%s.zip%s", n, b->name.name, b->name.id,
	    q->encrypt ? ".age" : "");
}

int
query_keep(struct db *db, const struct bundle *b, const struct query *q,
    struct err *e)
{
	char *text = query_text(q);
	char file[SPOOL_TEXT + 16];
	int rc;

	file_name(b, q, file, sizeof(file));
	rc = db_run(db, e,
	    "INSERT INTO query_t (no, id, account, body, state, purpose,"
	    " consent, day, known_at, as_of, format, encrypt, report, of_all,"
	    " file) VALUES (?,?,?,?,'asked','',?,'','',?,?,?,?,?,?)"
	    " ON CONFLICT (no) DO UPDATE SET state = 'asked'",
	    "itttttt"
	    "iiit",
	    b->no, b->name.id, b->name.account, text,
	    q->consent != NULL ? q->consent : "",
	    q->as_of != NULL ? q->as_of : "", query_format_name(q->format),
	    (int64_t)q->encrypt, (int64_t)q->report, (int64_t)q->all, file);
	free(text);
	return rc;
}

int
query_continue(struct db *db, const struct bundle *b, const struct query *q,
    struct err *e)
{
	if (query_keep(db, b, q, e) == -1)
		return -1;
	return db_run(db, e,
	    "UPDATE query_t SET (standing, seq, since, before) = (SELECT no,"
	    " seq + 1, since, last FROM subscription_t WHERE run = ?1)"
	    " WHERE no = ?1",
	    "i", b->no);
}

int
query_take(struct db *db, const struct bundle *b, struct rowfile_reader *r,
    struct query *ret_q, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(r);
	const struct rowfile_file *f =
	    v->nfiles > 0 ? &v->file[v->nfiles - 1] : NULL;
	struct rowfile_record rec = { .kind = ROWFILE_END };
	uint64_t at;
	int rc = 0;

	if (v->error.code[0] != '\0') {
		*e = v->error;
		return -1;
	}
	at = f != NULL ? f->begin : 0;
	do
		rc = f != NULL ? rowfile_next(r, f, &at, &rec, e) : 0;
	while (rc == 1 && rec.kind != ROWFILE_ROW);
	if (rc != 1 || rec.nvalues != 1 || rec.value[0].kind != VALUE_TEXT)
		return err_set(e, ERR_HOLD, "the worker left no query");
	if (query_parse(rec.value[0].text, rec.value[0].len, ret_q, e) == -1)
		return -1;
	return query_keep(db, b, ret_q, e);
}

int
query_forget_decision(struct db *db, int64_t no, struct err *e)
{
	/* Its uses of grants were not uses: it comes to its end but once. */
	if (db_run(db, e,
		"DELETE FROM grant_use_t WHERE query = (SELECT id FROM query_t"
		" WHERE no = ?)",
		"i", no) == -1 ||
	    db_run(db, e, "DELETE FROM query_subject_t WHERE query = ?", "i",
		no) == -1 ||
	    db_run(db, e, "DELETE FROM query_give_t WHERE query = ?", "i",
		no) == -1)
		return -1;
	return db_run(db, e, "DELETE FROM query_pass_t WHERE query = ?", "i",
	    no);
}

/* A number with nothing in it was none: its number is the next one's. */
int
query_idle(struct db *db, int64_t no, struct err *e)
{
	if (query_forget_decision(db, no, e) == -1)
		return -1;
	return db_run(db, e,
	    "UPDATE query_t SET state = 'idle', seq = NULL, standing = NULL"
	    " WHERE no = ?",
	    "i", no);
}

int
query_drop(struct db *db, int64_t no, struct err *e)
{
	if (query_forget_decision(db, no, e) == -1)
		return -1;
	return db_run(db, e,
	    "UPDATE query_t SET state = 'refused', given = 0 WHERE no = ?", "i",
	    no);
}

int
query_check_key(struct db *db, const char *account, const struct query *q,
    struct err *e)
{
	if (!q->encrypt ||
	    db_int(db, 0,
		"SELECT count(*) FROM account_key_t WHERE account = ? AND"
		" type = 'ssh-ed25519'",
		"t", account) > 0)
		return 0;
	return err_say(e, ERR_SENDER, "query_key", NULL);
}

int
query_withdraws(struct db *db, int64_t no, struct err *e)
{
	if (db_int(db, 0,
		"SELECT EXISTS (SELECT 1 FROM query_t q JOIN held_t h ON"
		" h.query = q.before WHERE q.no = ? AND length(h.rows) > 0)",
		"i", no) == 0)
		return 0;
	return db_run(db, e,
		   "UPDATE query_t SET state = 'decided' WHERE no = ?", "i",
		   no) == -1
		   ? -1
		   : 1;
}

int
query_get(struct db *db, int64_t no, struct query_row *ret_q, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT id, account, state, file, day, upto, coalesce(standing, 0),"
	    " expires FROM query_t WHERE no = ?",
	    "i", no);

	memset(ret_q, 0, sizeof(*ret_q));
	if (rc == 1) {
		ret_q->no = no;
#define TEXT(to, column) snprintf(to, sizeof(to), "%s", db_text(st, column))
		TEXT(ret_q->id, 0);
		TEXT(ret_q->account, 1);
		TEXT(ret_q->state, 2);
		TEXT(ret_q->file, 3);
		TEXT(ret_q->day, 4);
		TEXT(ret_q->upto, 5);
		TEXT(ret_q->expires, 7);
#undef TEXT
		ret_q->standing = sqlite3_column_int64(st, 6);
	}
	db_done(st);
	return rc;
}

/* ---- given ---- */

void
query_hidden(const char *id, char *name, size_t size)
{
	snprintf(name, size, ".%s.new", id);
}
