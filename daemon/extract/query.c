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

enum { SUMMARY_BYTES = 8 << 20 };

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

int
query_drop(struct db *db, int64_t no, struct err *e)
{
	if (query_forget_decision(db, no, e) == -1)
		return -1;
	return db_run(db, e,
	    "UPDATE query_t SET state = 'refused' WHERE no = ?", "i", no);
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

/* ---- revoked ---- */

/*
 * The next one under a grant that somebody can still fetch: 1 it, 0 none. What
 * is over already waits to be removed.
 */
static int
next_under(struct db *db, int64_t grant, int64_t after, const char *day,
    struct query_row *ret_q, struct err *e)
{
	int64_t no = db_int(db, 0,
	    "SELECT q.no FROM query_t q WHERE q.no > ?1 AND (q.state = 'given'"
	    " AND q.expires >= ?3 OR q.state = 'placed' OR q.state = 'expired'"
	    " AND q.standing IS NOT NULL) AND EXISTS (SELECT 1 FROM"
	    " query_give_t g, json_each(g.grants) j WHERE g.query = q.no AND"
	    " g.why = '' AND j.value = ?2) ORDER BY q.no LIMIT 1",
	    "iit", after, grant, day);

	return no == 0 ? 0 : query_get(db, no, ret_q, e);
}

/* By the person who revoked the grant, for the same reason. */
static int
end_one(struct keeper *k, const struct query_row *q, int64_t grant,
    const char *now, const char *day, struct err *e)
{
	sqlite3_stmt *st;
	char *detail = NULL;
	int rc = db_query(k->db, &st, e,
	    "SELECT json_object('extract', ?1, 'grant', no, 'person',"
	    " changed_by, 'reason', changed_why) FROM grant_t WHERE no = ?2",
	    "ti", q->file, grant);

	if (rc == 1)
		detail = xstrdup(db_text(st, 0));
	db_done(st);
	if (rc == 1)
		rc = ledger_append(k->db, now, "extract removed", q->account,
		    q->id, detail, NULL, e);
	free(detail);
	return rc == -1 ? -1
			: db_run(k->db, e,
			      "UPDATE query_t SET state = 'given', expires ="
			      " date(?, '-1 day') WHERE no = ?",
			      "ti", day, q->no);
}

int
query_revoke(struct keeper *k, int64_t grant, const char *now, struct err *e)
{
	struct query_row q = { .no = 0 };
	char day[16];
	int rc;

	work_day(now, day);
	while ((rc = next_under(k->db, grant, q.no, day, &q, e)) == 1) {
		if (strcmp(q.state, "expired") == 0 &&
		    !subscription_is_kept(q.account, q.id))
			continue;
		if (end_one(k, &q, grant, now, day, e) == -1)
			return -1;
		jobs_extracts_wait(k);
	}
	return rc;
}

/* A grant may have ended since it was decided. */
static int
revoked_meanwhile(struct keeper *k, int64_t no, const char *now, struct err *e)
{
	int64_t grant = db_int(k->db, 0,
	    "SELECT min(t.no) FROM query_give_t g, json_each(g.grants) j JOIN"
	    " grant_t t ON t.no = j.value WHERE g.query = ? AND g.why = '' AND"
	    " t.state = ?",
	    "ii", no, (int64_t)GRANT_REVOKED);

	return grant == 0 ? 0 : query_revoke(k, grant, now, e);
}

/* ---- given ---- */

void
query_hidden(const char *id, char *name, size_t size)
{
	snprintf(name, size, ".%s.new", id);
}

static void
path_of(const char *account, const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/extracts/%s", HOME_ACCOUNTS, account, file);
}

static int
digest_file(const char *path, char *hex, int64_t *ret_bytes, struct err *e)
{
	enum { PIECE = 1 << 18 };
	unsigned char digest[HASH_SHA256_BYTES];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct hash *h;
	char *piece;
	ssize_t n;

	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot open '%s'", path);
	h = hash_new(HASH_SHA256);
	piece = xmalloc(PIECE);
	*ret_bytes = 0;
	while ((n = read(fd, piece, PIECE)) > 0) {
		hash_add(h, piece, (size_t)n);
		*ret_bytes += n;
	}
	hash_end(h, digest);
	hash_hex(digest, sizeof(digest), hex);
	hash_free(h);
	free(piece);
	(void)close(fd);
	return n == 0 ? 0 : err_errno(e, ERR_RETRY, "cannot read '%s'", path);
}

/*
 * A list for each give, of the rows of each of its subjects, as the extract
 * role left it; NULL where it left none.
 */
static json_t *
read_summary(int fd, struct err *e)
{
	char *text = xmalloc(SUMMARY_BYTES);
	ssize_t n = pread(fd, text, SUMMARY_BYTES, 0);
	json_t *rows = n > 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;

	free(text);
	if (json_is_array(rows))
		return rows;
	json_decref(rows);
	(void)err_set(e, ERR_HOLD, "the extract left no summary");
	return NULL;
}

/* The answer that a give was, as far as a note tells it. */
static void
answer_of(sqlite3_stmt *st, struct grant_answer *ret)
{
	json_t *grants = json_loads(db_text(st, 4), 0, NULL);

	memset(ret, 0, sizeof(*ret));
	ret->form = (enum grant_form)sqlite3_column_int(st, 1);
	ret->full = (uint64_t)sqlite3_column_int64(st, 2);
	ret->masked = (uint64_t)sqlite3_column_int64(st, 3);
	ret->why = (enum grant_refusal)sqlite3_column_int(st, 5);
	ret->from = ret->until = "";
	ret->ngrants = json_array_size(grants);
	if (ret->ngrants > GRANT_MANY)
		ret->ngrants = GRANT_MANY;
	for (size_t i = 0; i < ret->ngrants; i++)
		ret->grant[i] = json_integer_value(json_array_get(grants, i));
	json_decref(grants);
}

struct notes {
	struct keeper *k;
	const struct bundle *b;
	const struct standing *s;
	const char *purpose;
	const char *now;
	const json_t *rows; /* NULL: nothing was given */
};

/* A note for each subject of a give; *ret_rows counts what was given. */
static int
note_give(const struct notes *o, int64_t give, const char *dataset,
    const struct grant_answer *as, int64_t *ret_rows, struct err *e)
{
	const json_t *rows = json_array_get(o->rows, (size_t)give - 1);
	struct grant_answer answer = *as;
	struct access_note n = { .at = o->now,
		.account = o->b->name.account,
		.query = o->b->name.id,
		.schema = schemas_find(o->s->schemas, dataset),
		.purpose = o->purpose,
		.answer = &answer };
	sqlite3_stmt *st;
	size_t i = 0;
	int rc = db_query(o->k->db, &st, e,
	    "SELECT p.enterprise, p.consent, coalesce(s.said, '') FROM"
	    " query_pass_t p LEFT JOIN query_subject_t s ON s.query = p.query"
	    " AND s.n = p.n WHERE p.query = ? AND p.give = ? ORDER BY p.n",
	    "ii", o->b->no, give);

	*ret_rows = 0;
	for (; rc == 1; rc = db_next(o->k->db, st, e)) {
		n.enterprise = (uint32_t)sqlite3_column_int64(st, 0);
		n.asked = db_text(st, 2);
		n.rows = json_integer_value(json_array_get(rows, i++));
		answer.consent = sqlite3_column_int64(st, 1);
		*ret_rows += n.rows;
		if (n.schema != NULL && access_note(o->k->db, &n, e) == -1) {
			rc = -1;
			break;
		}
	}
	db_done(st);
	return rc;
}

struct noted {
	int64_t n;
	char dataset[SHARING_NAME];
	struct grant_answer answer;
};

static int
note_gives(const struct notes *o, struct err *e)
{
	enum { AT_ONCE = 64 };
	struct noted g[AT_ONCE];
	int64_t last = 0;
	size_t n;

	do {
		sqlite3_stmt *st;
		int rc = db_query(o->k->db, &st, e,
		    "SELECT n, form, full, masked, grants, refusal, dataset"
		    " FROM query_give_t WHERE query = ? AND n > ? ORDER BY n"
		    " LIMIT ?",
		    "iii", o->b->no, last, (int64_t)AT_ONCE);

		for (n = 0; rc == 1; rc = db_next(o->k->db, st, e)) {
			g[n].n = sqlite3_column_int64(st, 0);
			snprintf(g[n].dataset, sizeof(g[n].dataset), "%s",
			    db_text(st, 6));
			answer_of(st, &g[n++].answer);
		}
		db_done(st);
		for (size_t i = 0; rc != -1 && i < n; i++) {
			int64_t rows;

			last = g[i].n;
			rc = note_give(o, g[i].n, g[i].dataset, &g[i].answer,
			    &rows, e);
			if (rc != -1)
				rc = db_run(o->k->db, e,
				    "UPDATE query_give_t SET rows = ? WHERE"
				    " query = ? AND n = ?",
				    "iii", rows, o->b->no, g[i].n);
		}
		if (rc == -1)
			return -1;
	} while (n == AT_ONCE);
	return 0;
}

/* All looks of a query, sealed together with what was given. */
static int
note_looks(struct keeper *k, const struct standing *s, const struct bundle *b,
    const json_t *rows, const char *file, const char *sha256, const char *now,
    struct err *e)
{
	char purpose[SHARING_NAME] = "";
	struct notes o = { k, b, s, purpose, now, rows };
	sqlite3_stmt *st;

	if (db_query(k->db, &st, e, "SELECT purpose FROM query_t WHERE no = ?",
		"i", b->no) == 1)
		snprintf(purpose, sizeof(purpose), "%s", db_text(st, 0));
	db_done(st);
	if (note_gives(&o, e) == -1)
		return -1;
	return access_seal(k->db, now, b->name.account, b->name.id, purpose,
	    file, sha256, e);
}

int
query_given(struct keeper *k, const struct standing *s, const struct bundle *b,
    int summary, const char *now, struct err *e)
{
	char path[SPOOL_TEXT + 128];
	char sha256[DIGEST_TEXT];
	char hidden[64];
	struct query_row q;
	int64_t bytes = 0;
	json_t *rows = NULL;
	int rc = -1;

	if (query_get(k->db, b->no, &q, e) != 1)
		return err_set(e, ERR_HOLD, "there is no query");
	query_hidden(q.id, hidden, sizeof(hidden));
	path_of(q.account, hidden, path, sizeof(path));
	if (digest_file(path, sha256, &bytes, e) == -1 ||
	    (rows = read_summary(summary, e)) == NULL ||
	    db_run(k->db, e,
		"UPDATE query_t SET state = 'given', bytes = ?, sha256 = ?"
		" WHERE no = ?",
		"iti", bytes, sha256, b->no) == -1 ||
	    db_run(k->db, e,
		"INSERT INTO access_log (at, account, address, operation,"
		" name, bytes, sha256, outcome) VALUES (?,?,'',?,?,?,?,?)",
		"ttttitt", now, q.account, "extract", q.file, bytes, sha256,
		query_outcome(k->db, b->no)) == -1)
		goto out;
	rc = note_looks(k, s, b, rows, q.file, sha256, now, e);
	if (rc == 0)
		rc = subscription_given(k->db, b, q.upto, e);
	if (rc == 0)
		rc = revoked_meanwhile(k, b->no, now, e);
out:
	json_decref(rows);
	return rc;
}

int
query_refused(struct keeper *k, const struct standing *s,
    const struct bundle *b, const char *now, struct err *e)
{
	return note_looks(k, s, b, NULL, "", "", now, e);
}

/* ---- seen ---- */

static void
remove_file(const char *id, const char *path)
{
	if (unlink(path) == -1 && errno != ENOENT)
		log_error("%s cannot remove '%s': %s", id, path,
		    strerror(errno));
}

/* Under none of its names. */
static int
take_away(struct db *db, const struct query_row *q, struct err *e)
{
	char name[64];
	char path[SPOOL_TEXT + 128];

	query_hidden(q->id, name, sizeof(name));
	path_of(q->account, name, path, sizeof(path));
	remove_file(q->id, path);
	path_of(q->account, q->file, path, sizeof(path));
	remove_file(q->id, path);
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
	path_of(account, hidden, from, sizeof(from));
	path_of(account, file, to, sizeof(to));
	if (rename(from, to) == -1 && (errno != ENOENT || stat(to, &st) == -1))
		log_error("%s cannot place '%s': %s", id, to, strerror(errno));
	else if (q->standing != 0 &&
		 subscription_keep(account, id, file, e) == -1)
		return -1;
	return db_run(db, e, "UPDATE query_t SET state = 'placed' WHERE no = ?",
	    "i", q->no);
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
