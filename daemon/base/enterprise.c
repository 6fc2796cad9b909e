#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enterprise.h"
#include "link/names.h"
#include "sys/buf.h"
#include "sys/mem.h"

enum { TOUCHED = 1, MERGED = 2, UNSAVED = 4, DISPUTED = 8 };

/*
 * More rows than that do not wait under their hashes: a sender of millions of
 * strangers would fill the base. They are listed, and tried with all others by
 * a replay.
 */
enum { WAITING_MAX = 500000, WAIT_HASHES = 24 };

struct known {
	uint64_t lacks; /* fields of the record, as bits */
	uint32_t root;
	uint32_t sources;
	uint8_t flags;
};

struct enterprises {
	struct db *db;
	struct linker *linker;
	struct known *known; /* by number; 0 is nobody */
	size_t n;            /* the last one's number and one */
	size_t room;
	uint32_t *touched; /* owned: records to be made anew */
	size_t ntouched;
	size_t touched_room;
	int marked;      /* the base knows that there are some */
	int64_t waiting; /* rows that wait for what may be learned */
	sqlite3_stmt *put_hashes[WAIT_HASHES + 1];
	int judging; /* people judged whose some rows are */
};

void
enterprise_id_format(uint32_t no, char out[ENTERPRISE_ID])
{
	snprintf(out, ENTERPRISE_ID, "E%08" PRIu32, no);
}

uint32_t
enterprise_id_parse(const char *id)
{
	char *end;
	unsigned long no;

	if (id[0] != 'E' && id[0] != 'e')
		return 0;
	no = strtoul(id + 1, &end, 10);
	return *end == '\0' && no <= UINT32_MAX ? (uint32_t)no : 0;
}

/* --- reading ------------------------------------------------------------ */

static void
know(struct enterprises *x, uint32_t no, uint32_t root)
{
	if (no >= x->room) {
		size_t room = (size_t)no + no / 4 + 1024;

		x->known = xreallocarray(x->known, room, sizeof(*x->known));
		memset(x->known + x->room, 0,
		    (room - x->room) * sizeof(*x->known));
		x->room = room;
	}
	x->known[no].root = root;
	if (no >= x->n)
		x->n = (size_t)no + 1;
	if (root != no && root < x->n)
		x->known[root].flags |= MERGED;
	linker_found(x->linker, root);
}

static uint32_t
root_of(const struct enterprises *x, uint32_t no)
{
	return no < x->n && x->known[no].root != 0 ? x->known[no].root : no;
}

static void
tell_ident(struct enterprises *x, uint32_t root, enum identity_kind kind,
    const char *value)
{
	struct identities ids;

	if (kind == IDENTITY_ACCOUNT) {
		(void)linker_identify(x->linker, root, kind, value, NULL);
		return;
	}
	identities_start(&ids);
	identities_add(&ids, kind, value, strlen(value));
	linker_learn(x->linker, root, &ids);
}

static unsigned
day_number(const char *date)
{
	unsigned y = 0, m = 0, d = 0;

	if (sscanf(date, "%4u-%2u-%2u", &y, &m, &d) < 1)
		return 0;
	return y * 10000 + m * 100 + d;
}

static void
add_touched(struct enterprises *x, uint32_t no)
{
	if ((x->known[no].flags & TOUCHED) != 0)
		return;
	x->known[no].flags |= TOUCHED;
	if (x->ntouched == x->touched_room) {
		x->touched_room = x->touched_room * 2 + 1024;
		x->touched = xreallocarray(x->touched, x->touched_room,
		    sizeof(*x->touched));
	}
	x->touched[x->ntouched++] = no;
}

/* Whatever may have rows of it is asked. */
static void
touch(struct enterprises *x, uint32_t no)
{
	struct known *k = &x->known[no];

	k->sources = ENTERPRISE_ALL_SOURCES;
	k->flags |= UNSAVED;
	add_touched(x, no);
}

/* Tells the index what stands under a number, in the order of its learning. */
static int
tell_idents(struct enterprises *x, uint32_t no, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT kind, value FROM enterprise_ident_t WHERE enterprise = ?"
	    " ORDER BY kind, value",
	    "i", (int64_t)no);

	for (; rc == 1; rc = db_next(x->db, st, e))
		tell_ident(x, root_of(x, no),
		    (enum identity_kind)sqlite3_column_int(st, 0),
		    db_text(st, 1));
	db_done(st);
	return rc;
}

static int
tell_names(struct enterprises *x, uint32_t no, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT name, until FROM enterprise_name_t WHERE enterprise = ?"
	    " ORDER BY name",
	    "i", (int64_t)no);

	for (; rc == 1; rc = db_next(x->db, st, e))
		linker_name(x->linker, root_of(x, no), db_text(st, 0),
		    strlen(db_text(st, 0)), day_number(db_text(st, 1)));
	db_done(st);
	return rc;
}

static int
tell_profile(struct enterprises *x, uint32_t no, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT legal_rep, address, phone FROM enterprise_t WHERE no = ?",
	    "i", (int64_t)no);

	if (rc == 1)
		linker_profile(x->linker, root_of(x, no), db_text(st, 0),
		    db_text(st, 1), db_text(st, 2));
	db_done(st);
	return rc == -1 ? -1 : 0;
}

static int
tell(struct enterprises *x, uint32_t no, struct err *e)
{
	return tell_idents(x, no, e) == -1 || tell_names(x, no, e) == -1
		   ? -1
		   : tell_profile(x, no, e);
}

static int
read_numbers(struct enterprises *x, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT t.no, t.root, t.lacks, t.sources FROM enterprise_t t"
	    " ORDER BY t.no",
	    "");

	for (; rc == 1; rc = db_next(x->db, st, e)) {
		uint32_t no = (uint32_t)sqlite3_column_int64(st, 0);

		know(x, no, (uint32_t)sqlite3_column_int64(st, 1));
		x->known[no].lacks = (uint64_t)sqlite3_column_int64(st, 2);
		x->known[no].sources = (uint32_t)sqlite3_column_int64(st, 3);
	}
	db_done(st);
	return rc;
}

/*
 * Which records were to be made anew is kept in memory. Where the keeper died
 * on the way all of them are: that takes seconds, and nobody waits for it.
 */
static int
read_touched(struct enterprises *x, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	x->marked = db_int(x->db, 0, "SELECT count(*) FROM touched_t", "") > 0;
	for (uint32_t no = 1; x->marked && no < x->n; no++)
		touch(x, no);
	rc = db_query(x->db, &st, e,
	    "SELECT DISTINCT enterprise FROM conflict_t WHERE status = 'open'",
	    "");
	for (; rc == 1; rc = db_next(x->db, st, e))
		x->known[sqlite3_column_int64(st, 0)].flags |= DISPUTED;
	db_done(st);
	return rc;
}

int
enterprises_open(struct db *db, const struct link_rules *r,
    struct enterprises **ret_x, struct err *e)
{
	struct enterprises *x = xcalloc(1, sizeof(*x));
	int rc;

	x->db = db;
	x->n = 1;
	x->linker = linker_new(r);
	rc = read_numbers(x, e) == -1 ? -1 : read_touched(x, e);
	/* Roots first: of an identifier that two have it is theirs. */
	for (int members = 0; rc == 0 && members < 2; members++)
		for (uint32_t no = 1; rc == 0 && no < x->n; no++)
			if ((x->known[no].root != no) == members)
				rc = tell(x, no, e);
	if (rc == -1) {
		enterprises_close(x);
		return -1;
	}
	x->waiting = db_int(db, 0, "SELECT count(*) FROM unlinked_t", "");
	x->judging =
	    db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM judged_t)", "") == 1;
	*ret_x = x;
	return 0;
}

void
enterprises_close(struct enterprises *x)
{
	if (x == NULL)
		return;
	linker_free(x->linker);
	free(x->known);
	free(x->touched);
	free(x);
}

const struct linker *
enterprises_linker(const struct enterprises *x)
{
	return x->linker;
}

/* --- what waits --------------------------------------------------------- */

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

static int
try_candidates(struct enterprises *x, uint32_t no, struct err *e)
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

/* --- learning ----------------------------------------------------------- */

uint32_t
enterprises_next(const struct enterprises *x)
{
	return (uint32_t)x->n;
}

int
enterprises_found(struct enterprises *x, const struct origin *o, struct err *e)
{
	uint32_t no = enterprises_next(x);

	know(x, no, no);
	return db_run(x->db, e,
	    "INSERT INTO enterprise_t (no, root, bundle, file, row)"
	    " VALUES (?1,?1,?2,?3,?4)",
	    "iiii", (int64_t)no, o->bundle, o->file, o->row);
}

static int
put_ident(struct enterprises *x, uint32_t no, const struct identity *id,
    const struct origin *o, struct err *e)
{
	if (db_run(x->db, e,
		"INSERT OR IGNORE INTO enterprise_ident_t VALUES"
		" (?,?,?,?,?,?,?)",
		"itiiiii", (int64_t)id->kind, id->value, (int64_t)no,
		(int64_t)id->derived, o->bundle, o->file, o->row) == -1)
		return -1;
	return id->key ? try_again(x, wait_hash((int)id->kind, id->value), e)
		       : 0;
}

int
enterprises_learn(struct enterprises *x, uint32_t no,
    const struct identities *ids, const struct origin *o, struct err *e)
{
	if (ids->contradicts)
		return 0;
	for (size_t i = 0; i < ids->n; i++) {
		const struct identity *id = &ids->id[i];

		/* Another one's stays another's. */
		if (id->key && linker_lookup(x->linker, id->kind, id->value))
			continue;
		if (put_ident(x, no, id, o, e) == -1)
			return -1;
	}
	linker_learn(x->linker, no, ids);
	return 0;
}

static int
try_name(struct enterprises *x, const char *name, size_t len, struct err *e)
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

/* What the others are called since this one is. */
static int
end_names(struct enterprises *x, uint32_t no, const char *name,
    const char *since, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT name FROM enterprise_name_t WHERE enterprise = ? AND"
	    " name <> ? AND until = '' ORDER BY name",
	    "it", (int64_t)no, name);

	for (; rc == 1; rc = db_next(x->db, st, e))
		linker_name(x->linker, no, db_text(st, 0),
		    strlen(db_text(st, 0)), day_number(since));
	db_done(st);
	return rc == -1 ? -1
			: db_run(x->db, e,
			      "UPDATE enterprise_name_t SET until = ?3 WHERE"
			      " enterprise = ?1 AND name <> ?2 AND until = ''",
			      "itt", (int64_t)no, name, since);
}

/* Sets *ret_changed where it says more than what stands. */
static int
put_name(struct enterprises *x, uint32_t no, const char *name,
    const char *since, const char *until, int current, const struct origin *o,
    int *ret_changed, struct err *e)
{
	sqlite3_stmt *st;
	char old[24] = "";
	int rc = db_query(x->db, &st, e,
	    "SELECT until FROM enterprise_name_t WHERE enterprise = ? AND"
	    " name = ?",
	    "it", (int64_t)no, name);

	if (rc == 1)
		snprintf(old, sizeof(old), "%s", db_text(st, 0));
	db_done(st);
	*ret_changed = 0;
	if (rc == -1)
		return -1;
	if (rc == 1 &&
	    (strcmp(old, until) == 0 || (until[0] == '\0' && !current)))
		return 0;
	*ret_changed = 1;
	if (rc == 1)
		return db_run(x->db, e,
		    "UPDATE enterprise_name_t SET until = ? WHERE enterprise"
		    " = ? AND name = ?",
		    "tit", until, (int64_t)no, name);
	return db_run(x->db, e,
	    "INSERT INTO enterprise_name_t VALUES (?,?,?,?,?,?,?)", "itttiii",
	    (int64_t)no, name, since, until, o->bundle, o->file, o->row);
}

int
enterprises_name(struct enterprises *x, uint32_t no, const char *name,
    size_t len, const char *since, const char *until, int current,
    const struct origin *o, struct err *e)
{
	char text[512];
	int changed;

	if (len == 0 || len >= sizeof(text))
		return 0;
	memcpy(text, name, len);
	text[len] = '\0';
	if (put_name(x, no, text, since, until, current, o, &changed, e) == -1)
		return -1;
	if (!changed)
		return 0;
	linker_name(x->linker, no, text, len, day_number(until));
	if (current && end_names(x, no, text, since, e) == -1)
		return -1;
	return try_name(x, text, len, e) == -1 ? -1 : try_candidates(x, no, e);
}

static int
try_profile(struct enterprises *x, const char *legal_rep, const char *phone,
    struct err *e)
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

int
enterprises_profile(struct enterprises *x, uint32_t no, const char *legal_rep,
    const char *address, const char *phone, struct err *e)
{
	uint32_t before = linker_revision(x->linker, no);

	linker_profile(x->linker, no, legal_rep, address, phone);
	if (linker_revision(x->linker, no) == before)
		return 0;
	if (db_run(x->db, e,
		"UPDATE enterprise_t SET legal_rep = coalesce(?, legal_rep),"
		" address = coalesce(?, address), phone = coalesce(?, phone)"
		" WHERE no = ?",
		"ttti", legal_rep, address, phone, (int64_t)no) == -1 ||
	    try_profile(x, legal_rep, phone, e) == -1)
		return -1;
	return try_candidates(x, no, e);
}

/* With the first of them: a crash is to find that there were some. */
static int
mark(struct enterprises *x, struct err *e)
{
	if (x->marked)
		return 0;
	x->marked = 1;
	return db_run(x->db, e, "INSERT OR IGNORE INTO touched_t VALUES (1)",
	    "");
}

int
enterprises_touch(struct enterprises *x, uint32_t no, uint64_t fields,
    int source, struct err *e)
{
	uint32_t root = root_of(x, no);
	struct known *k = &x->known[root];

	if (source >= 0 && (k->sources >> source & 1) == 0) {
		k->sources |= UINT32_C(1) << source;
		k->flags |= UNSAVED;
	}
	if (fields != 0 && (k->lacks & fields) == 0)
		return 0;
	add_touched(x, root);
	return mark(x, e);
}

uint32_t
enterprises_sources(const struct enterprises *x, uint32_t no)
{
	return x->known[no].sources;
}

int
enterprises_touched(struct enterprises *x, uint32_t *ret_no, struct err *e)
{
	if (x->ntouched == 0) {
		int marked = x->marked;

		x->marked = 0;
		return marked ? db_run(x->db, e, "DELETE FROM touched_t", "")
			      : 0;
	}
	*ret_no = x->touched[--x->ntouched];
	x->known[*ret_no].flags &= (uint8_t)~TOUCHED;
	return 1;
}

int
enterprises_refreshed(struct enterprises *x, uint32_t no, uint64_t lacks,
    struct err *e)
{
	struct known *k = &x->known[no];
	int same = k->lacks == lacks && (k->flags & UNSAVED) == 0;

	k->flags &= (uint8_t)~UNSAVED;
	k->lacks = lacks;
	return same ? 0
		    : db_run(x->db, e,
			  "UPDATE enterprise_t SET lacks = ?, sources = ?"
			  " WHERE no = ?",
			  "iii", (int64_t)lacks, (int64_t)k->sources,
			  (int64_t)no);
}

int
enterprises_is_disputed(const struct enterprises *x, uint32_t no)
{
	return (x->known[no].flags & DISPUTED) != 0;
}

void
enterprises_disputed(struct enterprises *x, uint32_t no, int yes)
{
	x->known[no].flags &= (uint8_t)~DISPUTED;
	x->known[no].flags |= yes ? DISPUTED : 0;
}

int
enterprises_is_root(const struct enterprises *x, uint32_t no)
{
	return root_of(x, no) == no;
}

int
enterprises_is_merged(const struct enterprises *x, uint32_t no)
{
	return (x->known[no].flags & MERGED) != 0;
}

int
enterprises_rules(struct enterprises *x, const struct link_rules *r,
    struct err *e)
{
	linker_rules(x->linker, r);
	for (uint32_t no = 1; no < x->n; no++)
		if (x->known[no].root == no)
			touch(x, no);
	return mark(x, e) == -1
		   ? -1
		   : db_run(x->db, e,
			 "INSERT OR IGNORE INTO retry_t SELECT dataset, row"
			 " FROM unlinked_t",
			 "");
}

/* --- judgements --------------------------------------------------------- */

size_t
enterprises_judged(struct enterprises *x, int64_t subject, uint32_t *ret_same,
    uint32_t *out, size_t max)
{
	sqlite3_stmt *st;
	struct err e;
	size_t n = 0;
	int rc;

	*ret_same = 0;
	if (!x->judging)
		return 0;
	rc = db_query(x->db, &st, &e,
	    "SELECT enterprise, same FROM judged_t WHERE subject = ?", "i",
	    subject);
	for (; rc == 1 && n < max; rc = db_next(x->db, st, &e)) {
		uint32_t no = root_of(x, (uint32_t)sqlite3_column_int64(st, 0));

		if (sqlite3_column_int(st, 1))
			*ret_same = no;
		else
			out[n++] = no;
	}
	db_done(st);
	return n;
}

static int
try_subject(struct enterprises *x, int64_t subject, struct err *e)
{
	return db_run(x->db, e,
	    "INSERT OR IGNORE INTO retry_t SELECT dataset, row FROM unlinked_t"
	    " WHERE subject = ?",
	    "i", subject);
}

int
enterprises_judge(struct enterprises *x, int64_t subject, uint32_t no, int same,
    struct err *e)
{
	x->judging = 1;
	return db_run(x->db, e,
		   "INSERT OR REPLACE INTO judged_t VALUES (?,?,?)", "iii",
		   subject, (int64_t)no, (int64_t)same) == -1
		   ? -1
		   : try_subject(x, subject, e);
}

/* A row is open again: it is tried as one that has just come. */
static int
reopen(struct enterprises *x, const char *dataset, int64_t row, struct err *e)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
	    "UPDATE d_%s SET _enterprise = NULL, _link = NULL WHERE _id = ?",
	    dataset);
	if (db_run(x->db, e, sql, "i", row) == -1)
		return -1;
	return db_run(x->db, e, "INSERT OR IGNORE INTO retry_t VALUES (?,?)",
	    "ti", dataset, row);
}

int
enterprises_reopen(struct enterprises *x, const char *dataset, int64_t row,
    struct err *e)
{
	sqlite3_stmt *st;
	char sql[128];
	struct origin o = { 0, 0, 0 };
	int rc;

	snprintf(sql, sizeof(sql),
	    "SELECT _bundle, _file, _row FROM d_%s WHERE _id = ?", dataset);
	rc = db_query(x->db, &st, e, sql, "i", row);
	if (rc == 1)
		o = (struct origin){ sqlite3_column_int64(st, 0),
			sqlite3_column_int64(st, 1),
			sqlite3_column_int64(st, 2) };
	db_done(st);
	if (rc != 1)
		return rc;
	if (db_run(x->db, e,
		"DELETE FROM enterprise_ident_t WHERE bundle = ? AND file = ?"
		" AND row = ?",
		"iii", o.bundle, o.file, o.row) == -1 ||
	    db_run(x->db, e,
		"DELETE FROM enterprise_name_t WHERE bundle = ? AND file = ?"
		" AND row = ?",
		"iii", o.bundle, o.file, o.row) == -1)
		return -1;
	return reopen(x, dataset, row, e);
}

/* All rows of a list that sql gives by one number. */
static int
reopen_all(struct enterprises *x, const char *sql, int64_t of, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e, sql, "i", of);

	for (; rc == 1; rc = db_next(x->db, st, e))
		if (enterprises_reopen(x, db_text(st, 0),
			sqlite3_column_int64(st, 1), e) == -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

static int tell_root(struct enterprises *x, uint32_t root, struct err *e);
static int touch_again(struct enterprises *x, uint32_t no, struct err *e);

int
enterprises_unjudge(struct enterprises *x, int64_t subject, uint32_t no,
    struct err *e)
{
	uint32_t root = root_of(x, no);

	if (db_run(x->db, e,
		"DELETE FROM judged_t WHERE subject = ? AND enterprise = ?",
		"ii", subject, (int64_t)no) == -1 ||
	    reopen_all(x,
		"SELECT dataset, row FROM judged_row_t WHERE subject = ?",
		subject, e) == -1 ||
	    db_run(x->db, e, "DELETE FROM judged_row_t WHERE subject = ?", "i",
		subject) == -1 ||
	    try_subject(x, subject, e) == -1 || tell_root(x, root, e) == -1)
		return -1;
	return touch_again(x, root, e);
}

int
enterprises_linked(struct enterprises *x, uint32_t no, const char *dataset,
    int64_t row, int judged, int64_t subject, struct err *e)
{
	if (judged && db_run(x->db, e,
			  "INSERT OR IGNORE INTO judged_row_t VALUES (?,?,?)",
			  "iti", subject, dataset, row) == -1)
		return -1;
	if (no >= x->n || (x->known[no].flags & MERGED) == 0)
		return 0;
	return db_run(x->db, e,
	    "INSERT OR IGNORE INTO merge_row_t SELECT max(no), ?2, ?3 FROM"
	    " merge_t WHERE into_no = ?1 AND undone_at IS NULL",
	    "iti", (int64_t)no, dataset, row);
}

int
enterprises_apart(struct enterprises *x, uint32_t a, uint32_t b)
{
	return db_int(x->db, 0,
		   "SELECT count(*) FROM apart_t p JOIN enterprise_t s ON"
		   " s.no = p.a JOIN enterprise_t t ON t.no = p.b WHERE"
		   " (s.root = ?1 AND t.root = ?2) OR (s.root = ?2 AND"
		   " t.root = ?1)",
		   "ii", (int64_t)root_of(x, a), (int64_t)root_of(x, b)) > 0;
}

/* --- merging ------------------------------------------------------------ */

uint32_t
enterprises_root(struct db *db, uint32_t no)
{
	return (uint32_t)db_int(db, 0,
	    "SELECT root FROM enterprise_t WHERE no = ?", "i", (int64_t)no);
}

/* Gives all members of one root another one, in memory and in the base. */
static int
set_root(struct enterprises *x, uint32_t no, uint32_t root, struct err *e)
{
	x->known[no].root = root;
	if (root != no)
		x->known[root].flags |= MERGED;
	linker_found(x->linker, root);
	return db_run(x->db, e, "UPDATE enterprise_t SET root = ? WHERE no = ?",
	    "ii", (int64_t)root, (int64_t)no);
}

static int
touch_again(struct enterprises *x, uint32_t no, struct err *e)
{
	touch(x, no);
	return mark(x, e);
}

/* The index of a root is told anew, members after the root itself. */
static int
tell_root(struct enterprises *x, uint32_t root, struct err *e)
{
	linker_forget(x->linker, root);
	linker_found(x->linker, root);
	if (tell(x, root, e) == -1)
		return -1;
	for (uint32_t no = 1; no < x->n; no++)
		if (no != root && x->known[no].root == root &&
		    tell(x, no, e) == -1)
			return -1;
	return tell_profile(x, root, e);
}

int
enterprises_retell(struct enterprises *x, uint32_t no, struct err *e)
{
	uint32_t root = root_of(x, no);

	return tell_root(x, root, e) == -1 ? -1 : touch_again(x, root, e);
}

int
enterprises_merge(struct enterprises *x, uint32_t into, uint32_t from,
    const char *by, const char *reason, const char *now, const struct origin *o,
    int64_t *ret_merge, struct err *e)
{
	struct buf members;
	int rc = 0;

	if (into >= x->n || from >= x->n || into == 0 || from == 0)
		return err_set(e, ERR_HOLD, "no such enterprise");
	into = root_of(x, into);
	from = root_of(x, from);
	if (into == from)
		return err_set(e, ERR_HOLD, "they are one enterprise already");
	if (enterprises_apart(x, into, from))
		return err_set(e, ERR_HOLD,
		    "people judged the two not to be the same: undo that "
		    "first");
	buf_init(&members, 1 << 20);
	for (uint32_t no = 1; rc == 0 && no < x->n; no++) {
		if (x->known[no].root != from)
			continue;
		buf_printf(&members, "%s%" PRIu32, members.len > 0 ? "," : "",
		    no);
		rc = set_root(x, no, into, e);
	}
	linker_forget(x->linker, from);
	if (rc == 0)
		rc = db_run(x->db, e,
		    "INSERT INTO merge_t (into_no, from_no, members, by,"
		    " reason, at, bundle, file, row) VALUES "
		    "(?,?,?,?,?,?,?,?,?)",
		    "iittttiii", (int64_t)into, (int64_t)from, members.data, by,
		    reason, now, o->bundle, o->file, o->row);
	buf_done(&members);
	*ret_merge = sqlite3_last_insert_rowid(x->db->handle);
	if (rc == -1 || tell_root(x, into, e) == -1 ||
	    try_candidates(x, from, e) == -1 ||
	    try_candidates(x, into, e) == -1 || touch_again(x, from, e) == -1)
		return -1;
	return touch_again(x, into, e);
}

int
enterprises_split(struct enterprises *x, int64_t merge, const char *by,
    const char *reason, const char *now, struct err *e)
{
	sqlite3_stmt *st;
	char *members, *at, *next;
	uint32_t into, from;
	int rc = db_query(x->db, &st, e,
	    "SELECT into_no, from_no, members FROM merge_t WHERE"
	    " no = ? AND undone_at IS NULL",
	    "i", merge);

	if (rc != 1) {
		db_done(st);
		return rc == -1 ? -1
				: err_set(e, ERR_HOLD,
				      "no such merge, or undone already");
	}
	into = (uint32_t)sqlite3_column_int64(st, 0);
	from = (uint32_t)sqlite3_column_int64(st, 1);
	members = xstrdup(db_text(st, 2));
	db_done(st);
	if (x->known[into].root != into ||
	    db_int(x->db, 0,
		"SELECT max(no) FROM merge_t WHERE into_no = ? AND undone_at"
		" IS NULL",
		"i", (int64_t)into) != merge) {
		free(members);
		return err_set(e, ERR_HOLD,
		    "it was merged further: undo the later merge first");
	}
	rc = reopen_all(x,
	    "SELECT dataset, row FROM merge_row_t WHERE merge = ?", merge, e);
	for (at = members; rc == 0 && *at != '\0'; at = next) {
		uint32_t no = (uint32_t)strtoul(at, &next, 10);

		next += *next == ',';
		rc = set_root(x, no, from, e);
	}
	x->known[into].flags &= (uint8_t)~MERGED;
	for (uint32_t no = 1; no < x->n; no++)
		if (no != into && x->known[no].root == into)
			x->known[into].flags |= MERGED;
	free(members);
	if (rc == -1 ||
	    db_run(x->db, e,
		"UPDATE merge_t SET undone_at = ?, undone_by = ?, undone_why ="
		" ? WHERE no = ?",
		"ttti", now, by, reason, merge) == -1 ||
	    tell_root(x, into, e) == -1 || tell_root(x, from, e) == -1 ||
	    try_candidates(x, into, e) == -1 ||
	    try_candidates(x, from, e) == -1 || touch_again(x, from, e) == -1)
		return -1;
	return touch_again(x, into, e);
}
