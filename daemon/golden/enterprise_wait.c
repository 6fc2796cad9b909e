#include <stdio.h>
#include <string.h>

#include "golden/enterprise_part.h"
#include "link/names.h"
#include "sys/buf.h"

/*
 * More rows than that do not wait under their hashes: a sender of millions of
 * strangers would fill the base. They are listed, and tried with all others by
 * a replay.
 */
enum { WAITING_MAX = 500000 };

static int64_t
wait_hash(int salt, const char *text)
{
	size_t len = strlen(text);

	return (
	    int64_t)((uint64_t)names_hash((uint32_t)salt + 1, text, len) << 32 |
		     names_hash((uint32_t)salt + 101, text, len));
}

static int64_t
block_hash(uint32_t block)
{
	return (int64_t)block | INT64_C(1) << 40;
}

static int
try_again(struct enterprises *x, int64_t hash, struct err *e)
{
	if (!x->waiting)
		return 0;
	return db_run(x->db, e,
	    "INSERT OR IGNORE INTO retry_t SELECT dataset, row FROM waiting_t"
	    " WHERE hash = ?",
	    "i", hash);
}

int
enterprises_try_candidates(struct enterprises *x, uint32_t no, struct err *e)
{
	if (!x->waiting)
		return 0;
	return db_run(x->db, e,
	    "INSERT OR IGNORE INTO retry_t SELECT dataset, row FROM"
	    " candidate_t WHERE enterprise = ?",
	    "i", (int64_t)no);
}

/* What one row waits for. */
struct hashes {
	size_t n;
	int64_t at[WAIT_HASHES];
};

static void
add_hash(struct hashes *h, int64_t hash)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->at[i] == hash)
			return;
	if (h->n < WAIT_HASHES)
		h->at[h->n++] = hash;
}

/* A person or a phone, by the folded form of a profile. */
static int64_t
profile_hash(int kind, const char *folded)
{
	return wait_hash(IDENTITY_KINDS + kind, folded);
}

enum { PERSON, PHONE };

static void
add_names(struct hashes *h, const struct linker_subject *s)
{
	uint32_t block[NAMES_BLOCKS + NAMES_TAILS];
	struct names names;
	size_t n;

	names_make(s->name, s->name != NULL ? s->name_len : 0, &names);
	if (names.kind == NAMES_NONE)
		return;
	n = names_blocks(&names, block);
	n += names_tails(&names, block + n);
	for (size_t i = 0; i < n; i++)
		add_hash(h, block_hash(block[i]));
	if (names.kind == NAMES_PERSON)
		add_hash(h, profile_hash(PERSON, names.k2));
}

static void
add_profile(struct hashes *h, const struct linker_subject *s)
{
	char folded[256] = "";

	if (s->legal_rep != NULL)
		linker_fold_person(s->legal_rep, folded, sizeof(folded));
	if (folded[0] != '\0')
		add_hash(h, profile_hash(PERSON, folded));
	folded[0] = '\0';
	if (s->phone != NULL)
		linker_fold_phone(s->phone, folded, sizeof(folded));
	if (folded[0] != '\0')
		add_hash(h, profile_hash(PHONE, folded));
}

/* All of a row in one statement. */
static int
put_hashes(struct enterprises *x, const struct hashes *h, const char *dataset,
    int64_t row, struct err *e)
{
	sqlite3_stmt *st = x->put_hashes[h->n];
	struct buf b;
	int rc;

	if (h->n == 0)
		return 0;
	if (st == NULL) {
		buf_init(&b, 1024);
		buf_addstr(&b, "INSERT OR IGNORE INTO waiting_t VALUES");
		for (size_t i = 0; i < h->n; i++)
			buf_addstr(&b, i > 0 ? ",(?,?,?)" : " (?,?,?)");
		st = x->put_hashes[h->n] = db_prepare(x->db, b.data);
		buf_done(&b);
	}
	for (size_t i = 0; i < h->n; i++) {
		int at = (int)i * 3;

		(void)sqlite3_bind_int64(st, at + 1, h->at[i]);
		(void)sqlite3_bind_text(st, at + 2, dataset, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(st, at + 3, row);
	}
	rc = db_step(x->db, st, 1, e);
	(void)sqlite3_reset(st);
	return rc;
}

int
enterprises_try_ident(struct enterprises *x, const struct identity *id,
    struct err *e)
{
	return try_again(x, wait_hash((int)id->kind, id->value), e);
}

static int
put_candidate(struct enterprises *x, const char *dataset, int64_t row, size_t n,
    const struct linker_candidate *c, struct err *e)
{
	return db_run(x->db, e,
	    "INSERT OR REPLACE INTO candidate_t VALUES (?,?,?,?,?,?)", "tiiiii",
	    dataset, row, (int64_t)n, (int64_t)c->enterprise, (int64_t)c->score,
	    (int64_t)c->evidence);
}

int
enterprises_wait(struct enterprises *x, const struct waiting *w,
    const struct linker_subject *s, const struct linker_answer *a,
    const struct origin *o, struct err *e)
{
	const char *dataset = w->dataset;
	int64_t row = w->row;
	struct hashes h = { .n = 0 };
	char name[256];

	snprintf(name, sizeof(name), "%.*s",
	    (int)(s->name_len < sizeof(name) ? s->name_len : sizeof(name) - 1),
	    s->name != NULL ? s->name : "");
	if ((w->again && enterprises_forget_row(x, dataset, row, e) == -1) ||
	    db_run(x->db, e,
		"INSERT OR REPLACE INTO unlinked_t VALUES"
		" (?,?,?,?,?,?,?,?,?,?,?,?)",
		"tiiitiiiiitt", dataset, row, (int64_t)a->verdict,
		(int64_t)a->missing, name, o->bundle, o->file, o->row,
		w->subject, (int64_t)w->finding, w->field, w->number) == -1)
		return -1;
	if (x->waiting >= WAITING_MAX)
		return 0;
	x->waiting++;
	add_names(&h, s);
	add_profile(&h, s);
	for (size_t i = 0; i < s->ids->n; i++)
		if (s->ids->id[i].key)
			add_hash(&h, wait_hash((int)s->ids->id[i].kind,
					 s->ids->id[i].value));
	for (size_t i = 0; i < a->n; i++)
		if (put_candidate(x, dataset, row, i, &a->candidate[i], e) ==
		    -1)
			return -1;
	return put_hashes(x, &h, dataset, row, e);
}

int64_t
enterprises_waiting(const struct enterprises *x)
{
	return x->waiting;
}

int
enterprises_forget_row(struct enterprises *x, const char *dataset, int64_t row,
    struct err *e)
{
	static const char *const sql[] = {
		"DELETE FROM unlinked_t WHERE dataset = ? AND row = ?",
		"DELETE FROM candidate_t WHERE dataset = ? AND row = ?",
		"DELETE FROM waiting_t WHERE dataset = ? AND row = ?"
	};

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		if (db_run(x->db, e, sql[i], "ti", dataset, row) == -1)
			return -1;
	x->waiting -= x->waiting > 0;
	return 0;
}

int
enterprises_try_name(struct enterprises *x, const char *name, size_t len,
    struct err *e)
{
	uint32_t block[NAMES_BLOCKS];
	struct names names;
	size_t n;

	if (!x->waiting)
		return 0;
	names_make(name, len, &names);
	if (names.kind == NAMES_NONE)
		return 0;
	n = names_blocks(&names, block);
	for (size_t i = 0; i < n; i++)
		if (try_again(x, block_hash(block[i]), e) == -1)
			return -1;
	return 0;
}

int
enterprises_try_profile(struct enterprises *x, const char *legal_rep,
    const char *phone, struct err *e)
{
	char folded[256] = "";

	if (legal_rep != NULL)
		linker_fold_person(legal_rep, folded, sizeof(folded));
	if (folded[0] != '\0' &&
	    try_again(x, profile_hash(PERSON, folded), e) == -1)
		return -1;
	folded[0] = '\0';
	if (phone != NULL)
		linker_fold_phone(phone, folded, sizeof(folded));
	return folded[0] != '\0' ? try_again(x, profile_hash(PHONE, folded), e)
				 : 0;
}
