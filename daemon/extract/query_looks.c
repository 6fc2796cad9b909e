#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extract/query_part.h"
#include "extract/recall.h"
#include "extract/subscription.h"
#include "grant/access.h"
#include "sys/clock.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/mem.h"

/*
 * What was given goes on record before anybody sees it: its digest, who looked
 * at whom. In steps, between which the keeper commits and hears others; the
 * last one seals the notes in the ledger and makes the extract one that was
 * given. A crash before it leaves notes that are made anew.
 */

enum { PIECE = 1 << 18, NOTED = 64, HASHED = 512, FORGOTTEN = 2000 };

struct query_looks {
	struct keeper *k;
	const struct standing *s;
	const struct bundle *b;
	struct query_row q;
	char purpose[SHARING_NAME];
	char now[CLOCK_TEXT];
	int given; /* there is an extract */
	struct query_summary summary;
	int stage;
	int fd; /* of the extract, -1 none */
	char *piece;
	struct hash *hash;
	int64_t bytes;
	char sha256[DIGEST_TEXT];
	/* the give at hand: n 0 before the first */
	int64_t give;
	int64_t last; /* its last subject that was noted, -1 it is done */
	char dataset[SHARING_NAME];
	struct grant_answer answer;
	struct access_note note;
	size_t nrows;     /* of as many subjects it gave something, */
	const char *rows; /* so many rows of each; of summary */
	size_t at;        /* how many of its subjects were noted */
	int64_t total;
	struct access_hash notes;
};

/* ---- the extract ---- */

static int
digest_some(struct query_looks *l, struct err *e)
{
	unsigned char digest[HASH_SHA256_BYTES];
	ssize_t n;

	if (l->fd == -1)
		return 0;
	n = read(l->fd, l->piece, PIECE);
	if (n == -1)
		return err_errno(e, ERR_HOLD, "cannot read the extract");
	if (n > 0) {
		hash_add(l->hash, l->piece, (size_t)n);
		l->bytes += n;
		return 1;
	}
	hash_end(l->hash, digest);
	hash_hex(digest, sizeof(digest), l->sha256);
	return 0;
}

/* ---- notes ---- */

/* Those of a keeper that did not come to the end. */
static int
forget_some(struct query_looks *l, struct err *e)
{
	if (db_run(l->k->db, e,
		"DELETE FROM look_whom_t WHERE (look, n) IN (SELECT w.look, w.n"
		" FROM look_t l JOIN look_whom_t w ON w.look = l.no WHERE"
		" l.query = ? LIMIT ?)",
		"ti", l->q.id, (int64_t)FORGOTTEN) == -1)
		return -1;
	if (sqlite3_changes(l->k->db->handle) == FORGOTTEN)
		return 1;
	return db_run(l->k->db, e, "DELETE FROM look_t WHERE query = ?", "t",
	    l->q.id);
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

/* 1 there is another give, 0 that was the last, -1. */
static int
next_give(struct query_looks *l, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(l->k->db, &st, e,
	    "SELECT n, form, full, masked, grants, refusal, dataset FROM"
	    " query_give_t WHERE query = ? AND n > ? ORDER BY n LIMIT 1",
	    "ii", l->b->no, l->give);

	if (rc == 1) {
		l->give = sqlite3_column_int64(st, 0);
		snprintf(l->dataset, sizeof(l->dataset), "%s", db_text(st, 6));
		answer_of(st, &l->answer);
	}
	db_done(st);
	if (rc != 1)
		return rc;
	l->note = (struct access_note){ .at = l->now,
		.account = l->q.account,
		.query = l->q.id,
		.schema = schemas_find(l->s->schemas, l->dataset),
		.purpose = l->purpose,
		.answer = &l->answer };
	l->nrows =
	    l->given ? query_summary_rows(&l->summary, l->give, &l->rows) : 0;
	l->at = 0;
	l->last = l->total = 0;
	return 1;
}

static int64_t
rows_of(const struct query_looks *l, size_t nth)
{
	uint32_t rows = 0;

	if (nth < l->nrows)
		memcpy(&rows, l->rows + nth * sizeof(rows), sizeof(rows));
	return rows;
}

/* Some of its subjects, in their order: 1 there may be more, 0 none, -1. */
static int
note_subjects(struct query_looks *l, struct err *e)
{
	sqlite3_stmt *st;
	int n = 0;
	int rc = db_query(l->k->db, &st, e,
	    "SELECT p.n, p.enterprise, p.consent, coalesce(s.said, '') FROM"
	    " query_pass_t p LEFT JOIN query_subject_t s ON s.query = p.query"
	    " AND s.n = p.n WHERE p.query = ? AND p.give = ? AND p.n > ?"
	    " ORDER BY p.n LIMIT ?",
	    "iiii", l->b->no, l->give, l->last, (int64_t)NOTED);

	for (; rc == 1; rc = db_next(l->k->db, st, e), n++) {
		l->last = sqlite3_column_int64(st, 0);
		l->note.enterprise = (uint32_t)sqlite3_column_int64(st, 1);
		l->answer.consent = sqlite3_column_int64(st, 2);
		l->note.asked = db_text(st, 3);
		l->note.rows = rows_of(l, l->at++);
		l->total += l->note.rows;
		if (l->note.schema != NULL &&
		    access_note(l->k->db, &l->note, e) == -1) {
			rc = -1;
			break;
		}
	}
	db_done(st);
	return rc == -1 ? -1 : n == NOTED;
}

static int
note_some(struct query_looks *l, struct err *e)
{
	int rc;

	if (l->last == -1 && (rc = next_give(l, e)) != 1)
		return rc;
	rc = note_subjects(l, e);
	if (rc != 0)
		return rc;
	l->last = -1;
	return db_run(l->k->db, e,
		   "UPDATE query_give_t SET rows = ? WHERE query = ? AND n = ?",
		   "iii", l->total, l->b->no, l->give) == -1
		   ? -1
		   : 1;
}

static int
hash_some(struct query_looks *l, struct err *e)
{
	return access_hash_some(l->k->db, l->q.id, HASHED, &l->notes, e);
}

/* ---- the end ---- */

/* What it is, and what its receiver holds now. */
static int
keep_given(struct query_looks *l, const char *now, struct err *e)
{
	struct db *db = l->k->db;

	if (db_run(db, e,
		"UPDATE query_t SET state = 'given', bytes = ?, sha256 = ?"
		" WHERE no = ?",
		"iti", l->bytes, l->sha256, l->b->no) == -1 ||
	    db_run(db, e,
		"INSERT INTO access_log (at, account, address, operation,"
		" name, bytes, sha256, outcome) VALUES (?,?,'',?,?,?,?,?)",
		"ttttitt", now, l->q.account, "extract", l->q.file, l->bytes,
		l->sha256, query_outcome(db, l->b->no)) == -1 ||
	    query_summary_keep(&l->summary, db, l->b->no, e) == -1 ||
	    recall_told(db, l->q.account, l->b->no,
		query_summary_number(&l->summary, "recalled"), e) == -1)
		return -1;
	return subscription_given(db, l->b, l->q.upto, e);
}

static int
seal(struct query_looks *l, struct err *e)
{
	char now[CLOCK_TEXT];

	clock_now(now, sizeof(now));
	if (l->given && keep_given(l, now, e) == -1)
		return -1;
	if (access_seal(l->k->db, now, l->q.account, l->q.id, l->purpose,
		l->given ? l->q.file : "", l->sha256, &l->notes, e) == -1)
		return -1;
	return l->given ? query_end_meanwhile(l->k, l->b->no, now, e) : 0;
}

static int (*const stages[])(struct query_looks *l,
    struct err *e) = { forget_some, digest_some, note_some, hash_some, seal };

enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

int
query_looks_slice(struct query_looks *l, int milliseconds, struct err *e)
{
	int64_t until = clock_milliseconds() + milliseconds;

	while (l->stage < STAGES && clock_milliseconds() < until) {
		int rc = stages[l->stage](l, e);

		if (rc == -1)
			return -1;
		l->stage += rc == 0;
	}
	return l->stage < STAGES;
}

/* ---- begin ---- */

static int
read_purpose(struct query_looks *l, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(l->k->db, &st, e,
	    "SELECT purpose FROM query_t WHERE no = ?", "i", l->b->no);

	if (rc == 1)
		snprintf(l->purpose, sizeof(l->purpose), "%s", db_text(st, 0));
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* The extract as it lies there: 1 open, 0 nothing is new in it, -1. */
static int
open_extract(struct query_looks *l, int summary, struct err *e)
{
	char path[SPOOL_TEXT + 128], hidden[64];

	query_hidden(l->q.id, hidden, sizeof(hidden));
	query_path(l->q.account, hidden, path, sizeof(path));
	if (query_summary_read(summary, &l->summary, e) == -1)
		return -1;
	if (query_summary_number(&l->summary, "changes") == 0 &&
	    subscription_is_idle(l->k->db, l->b->no)) {
		query_remove(l->q.id, path);
		return query_idle(l->k->db, l->b->no, e);
	}
	l->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (l->fd == -1)
		return err_errno(e, ERR_RETRY, "cannot open '%s'", path);
	l->piece = xmalloc(PIECE);
	l->hash = hash_new(HASH_SHA256);
	l->given = 1;
	return 1;
}

int
query_looks_open(struct keeper *k, const struct standing *s,
    const struct bundle *b, int summary, struct query_looks **ret_l,
    struct err *e)
{
	struct query_looks *l = xcalloc(1, sizeof(*l));
	int rc = query_get(k->db, b->no, &l->q, e);

	l->k = k;
	l->s = s;
	l->b = b;
	l->fd = l->last = -1;
	clock_now(l->now, sizeof(l->now));
	access_hash_start(&l->notes);
	if (rc == 0)
		rc = err_set(e, ERR_HOLD, "there is no query");
	if (rc == 1)
		rc = read_purpose(l, e);
	if (rc == 0)
		rc = summary == -1 ? 1 : open_extract(l, summary, e);
	if (rc == 1)
		*ret_l = l;
	else
		query_looks_close(l);
	return rc;
}

int
query_looks_given(const struct query_looks *l)
{
	return l->given;
}

void
query_looks_close(struct query_looks *l)
{
	if (l == NULL)
		return;
	if (l->fd != -1)
		(void)close(l->fd);
	free(l->piece);
	hash_free(l->hash);
	access_hash_done(&l->notes);
	query_summary_done(&l->summary);
	free(l);
}
