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
static int
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
	const struct query_summary *summary; /* NULL: nothing was given */
};

/* A note for each subject of a give; *ret_rows counts what was given. */
static int
note_give(const struct notes *o, int64_t give, const char *dataset,
    const struct grant_answer *as, int64_t *ret_rows, struct err *e)
{
	const json_t *rows =
	    o->summary != NULL ? query_summary_rows(o->summary, give) : NULL;
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
    const struct query_summary *summary, const char *file, const char *sha256,
    const char *now, struct err *e)
{
	char purpose[SHARING_NAME] = "";
	struct notes o = { k, b, s, purpose, now, summary };
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

/* On record: what it is, who looked at whom, what the receiver holds now. */
static int
note_given(struct keeper *k, const struct standing *s, const struct bundle *b,
    const struct query_row *q, const struct query_summary *summary,
    const char *path, const char *now, struct err *e)
{
	char sha256[DIGEST_TEXT];
	int64_t bytes = 0;

	if (digest_file(path, sha256, &bytes, e) == -1 ||
	    db_run(k->db, e,
		"UPDATE query_t SET state = 'given', bytes = ?, sha256 = ?"
		" WHERE no = ?",
		"iti", bytes, sha256, b->no) == -1 ||
	    db_run(k->db, e,
		"INSERT INTO access_log (at, account, address, operation,"
		" name, bytes, sha256, outcome) VALUES (?,?,'',?,?,?,?,?)",
		"ttttitt", now, q->account, "extract", q->file, bytes, sha256,
		query_outcome(k->db, b->no)) == -1 ||
	    note_looks(k, s, b, summary, q->file, sha256, now, e) == -1 ||
	    query_summary_keep(summary, k->db, b->no, e) == -1 ||
	    recall_told(k->db, q->account, b->no,
		query_summary_number(summary, "recalled"), e) == -1 ||
	    subscription_given(k->db, b, q->upto, e) == -1)
		return -1;
	return query_end_meanwhile(k, b->no, now, e);
}

int
query_given(struct keeper *k, const struct standing *s, const struct bundle *b,
    int summary, const char *now, struct err *e)
{
	char path[SPOOL_TEXT + 128], hidden[64];
	struct query_summary sum;
	struct query_row q;
	int rc;

	if (query_get(k->db, b->no, &q, e) != 1)
		return err_set(e, ERR_HOLD, "there is no query");
	query_hidden(q.id, hidden, sizeof(hidden));
	query_path(q.account, hidden, path, sizeof(path));
	rc = query_summary_read(summary, &sum, e);
	if (rc == 0 && query_summary_number(&sum, "changes") == 0 &&
	    subscription_is_idle(k->db, b->no)) {
		query_remove(q.id, path);
		rc = query_idle(k->db, b->no, e) == -1 ? -1 : 0;
	} else if (rc == 0) {
		rc = note_given(k, s, b, &q, &sum, path, now, e) == -1 ? -1 : 1;
	}
	query_summary_done(&sum);
	return rc;
}

int
query_refused(struct keeper *k, const struct standing *s,
    const struct bundle *b, const char *now, struct err *e)
{
	return note_looks(k, s, b, NULL, "", "", now, e);
}
