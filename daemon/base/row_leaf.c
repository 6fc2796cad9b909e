#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/row_leaf.h"
#include "base/rows.h"
#include "sys/log.h"
#include "sys/mem.h"

enum { SEEDS_MAX = 64 << 20, WORDS_MAX = 64 * 1024, TEXT_MAX = 64 << 20 };

/* Where a row is, as a number: its layout, its operation, its line. */
enum { LAYOUT_SHIFT = 48, OP_SHIFT = 46, LAYOUTS = 1 << 16 };
#define LINE_MASK ((UINT64_C(1) << OP_SHIFT) - 1)

int
row_leaf_layout(struct db *db, const struct row_layout *l, int *ret_no,
    struct err *e)
{
	struct buf words;
	int64_t no;
	int rc;

	buf_init(&words, WORDS_MAX);
	row_layout_put(l, &words);
	rc = db_run(db, e,
	    "INSERT OR IGNORE INTO leaf_layout_t (dataset, fields)"
	    " VALUES (?,?)",
	    "tt", l->dataset, words.data);
	no = db_int(db, 0,
	    "SELECT no FROM leaf_layout_t WHERE dataset = ? AND fields = ?",
	    "tt", l->dataset, words.data);
	buf_done(&words);
	if (rc == 0 && no >> (64 - LAYOUT_SHIFT) != 0)
		rc = err_set(e, ERR_HOLD, "too many layouts of rows");
	*ret_no = (int)no;
	return rc;
}

/* --- as stored -------------------------------------------------------------- */

/*
 * Rows follow each other: of where, version and fields only the difference is
 * stored, seven bits to a byte.
 */
static void
put_number(struct buf *b, uint64_t n)
{
	for (; n > 127; n >>= 7)
		buf_addch(b, (char)(n | 128));
	buf_addch(b, (char)n);
}

static uint64_t
zigzag(uint64_t n, uint64_t from)
{
	uint64_t d = n - from;

	return d << 1 ^ -(d >> 63);
}

static uint64_t
where(const struct row_leaf *l)
{
	uint64_t op = l->op == 'C' ? 1 : l->op == 'D' ? 2 : 0;

	return (uint64_t)l->layout << LAYOUT_SHIFT | op << OP_SHIFT |
	       (l->line & LINE_MASK);
}

static void
put_leaf(struct buf *b, const struct row_leaf *l, const struct row_leaf *last)
{
	put_number(b, zigzag(where(l), where(last)));
	put_number(b, zigzag((uint64_t)l->version, (uint64_t)last->version));
	put_number(b, l->fields ^ last->fields);
}

struct stored {
	const unsigned char *at;
	const unsigned char *end;
	struct row_leaf leaf;
};

static uint64_t
get_number(struct stored *s)
{
	uint64_t n = 0;

	for (unsigned int shift = 0; s->at < s->end && shift < 64; shift += 7) {
		n |= (uint64_t)(*s->at & 127) << shift;
		if ((*s->at++ & 128) == 0)
			break;
	}
	return n;
}

static uint64_t
unzigzag(uint64_t z, uint64_t from)
{
	return from + (z >> 1 ^ -(z & 1));
}

static void
stored_begin(struct stored *s, sqlite3_stmt *st, int column)
{
	*s = (struct stored){ .at = sqlite3_column_blob(st, column) };
	s->end = s->at + sqlite3_column_bytes(st, column);
}

/* 1 the next leaf is in s->leaf, 0 there is none. */
static int
stored_next(struct stored *s)
{
	struct row_leaf *l = &s->leaf;
	uint64_t at;

	if (s->at == s->end)
		return 0;
	at = unzigzag(get_number(s), where(l));
	l->layout = (int)(at >> LAYOUT_SHIFT);
	l->op = " CD "[at >> OP_SHIFT & 3];
	l->line = at & LINE_MASK;
	l->version = (int64_t)unzigzag(get_number(s), (uint64_t)l->version);
	l->fields ^= get_number(s);
	return 1;
}

/* --- salts ------------------------------------------------------------------ */

static int
get_salts(const struct row_leaf_at *at, struct salts *ret_s, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(at->db, &st, e,
	    "SELECT seeds FROM leaf_salt_t WHERE bundle = ? AND file = ?", "ii",
	    at->bundle, at->file);

	memset(ret_s, 0, sizeof(*ret_s));
	if (rc == 1)
		rc = salts_read(ret_s, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0), e);
	db_done(st);
	return rc;
}

static int
keep_salts(const struct row_leaf_at *at, const struct salts *s, struct err *e)
{
	struct buf seeds;
	int rc;

	buf_init(&seeds, SEEDS_MAX);
	salts_put(s, &seeds);
	rc = buf_ok(&seeds)
		 ? db_run(at->db, e,
		       "INSERT OR REPLACE INTO leaf_salt_t VALUES (?,?,?)",
		       "iib", at->bundle, at->file, (const void *)seeds.data,
		       seeds.len)
		 : err_set(e, ERR_HOLD, "too many seeds");
	explicit_bzero(seeds.data, seeds.room);
	buf_done(&seeds);
	return rc;
}

/* --- text and hash of a row in the base -------------------------------------- */

static int
layout_get(struct db *db, int no, struct buf *words, struct row_layout *ret_l,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT dataset || ' ' || fields FROM leaf_layout_t WHERE no = ?",
	    "i", (int64_t)no);
	char *fields;

	if (rc == 1)
		buf_addstr(words, db_text(st, 0));
	db_done(st);
	if (rc != 1)
		return rc == -1 ? -1 : err_set(e, ERR_HOLD, "no layout %d", no);
	fields = strchr(words->data, ' ');
	*fields = '\0';
	return row_layout_read(words->data, fields + 1, ret_l, e);
}

static sqlite3_stmt *
select_values(struct db *db, const struct row_layout *l)
{
	sqlite3_stmt *st;
	struct buf sql;

	buf_init(&sql, WORDS_MAX);
	buf_addstr(&sql, "SELECT _key");
	for (size_t i = 0; i < l->n; i++)
		buf_printf(&sql, ", %s", l->field[i].name);
	buf_printf(&sql, " FROM d_%s WHERE _id = ?1", l->dataset);
	st = db_prepare(db, sql.data);
	buf_done(&sql);
	return st;
}

static int
text_of(struct db *db, const struct row_leaf *l, struct buf *text,
    struct err *e)
{
	struct value value[SCHEMA_FIELDS];
	struct row_said said = { .line = l->line,
		.op = l->op,
		.fields = l->fields,
		.value = value };
	struct row_layout layout;
	sqlite3_stmt *st;
	struct buf words;
	int rc;

	buf_init(&words, WORDS_MAX);
	rc = layout_get(db, l->layout, &words, &layout, e);
	if (rc == 0) {
		st = select_values(db, &layout);
		(void)sqlite3_bind_int64(st, 1, l->version);
		rc = db_step(db, st, 0, e);
		for (size_t i = 0; rc == 1 && i < layout.n; i++)
			rows_value(st, 1 + (int)i, layout.field[i].money,
			    &value[i]);
		if (rc == 1) {
			said.key = db_text(st, 0);
			row_text_put(&layout, &said, text);
		}
		db_done(st);
		if (rc == 0)
			rc = err_set(e, ERR_HOLD, "no version of a row");
	}
	buf_done(&words);
	return rc == -1 ? -1 : 0;
}

int
row_leaf_text(const struct row_leaf_at *at, uint64_t n,
    const struct row_leaf *l, struct buf *text,
    unsigned char ret_salt[SALT_BYTES], struct err *e)
{
	struct salts salts;
	int rc;

	if (get_salts(at, &salts, e) == -1)
		return -1;
	rc = salts_get(&salts, n, ret_salt);
	salts_done(&salts);
	if (rc == 1 && text_of(at->db, l, text, e) == -1)
		rc = -1;
	return rc;
}

static int
erased_hash(const struct row_leaf_at *at, uint64_t n, unsigned char *ret_hash,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(at->db, &st, e,
	    "SELECT hash FROM leaf_erased_t WHERE bundle = ? AND file = ? AND"
	    " n = ?",
	    "iii", at->bundle, at->file, (int64_t)n);

	if (rc == 1 && sqlite3_column_bytes(st, 0) == MERKLE_HASH)
		memcpy(ret_hash, sqlite3_column_blob(st, 0), MERKLE_HASH);
	db_done(st);
	return rc == 0 ? err_set(e, ERR_HOLD, "the hash of an erased row lacks")
	       : rc == 1 ? 0
			 : -1;
}

static int
hash_of(const struct row_leaf_at *at, struct salts *salts, uint64_t n,
    const struct row_leaf *l, unsigned char *ret_hash, struct err *e)
{
	unsigned char salt[SALT_BYTES];
	struct buf text;
	int rc;

	if (!salts_get(salts, n, salt))
		return erased_hash(at, n, ret_hash, e);
	buf_init(&text, TEXT_MAX);
	rc = text_of(at->db, l, &text, e);
	if (rc == 0)
		merkle_salted_leaf(salt, sizeof(salt), text.data, text.len,
		    ret_hash);
	buf_done(&text);
	return rc;
}

/* --- while a file is merged -------------------------------------------------- */

static struct row_leaf_at
place(const struct row_leaves *l)
{
	return (struct row_leaf_at){ l->db, l->bundle, l->file };
}

static uint64_t
count(const struct row_leaves *l)
{
	return l->full.size * ROW_LEAVES + l->some.size;
}

static void
grow(struct row_leaves *l, const struct row_leaf *leaf,
    const unsigned char *hash)
{
	put_leaf(&l->body, leaf, &l->last);
	l->last = *leaf;
	merkle_grow(&l->some, hash);
}

/* Those that were not ROW_LEAVES yet when the last slice ended. */
static int
load_some(struct row_leaves *l, struct stored *s, struct err *e)
{
	const struct row_leaf_at at = place(l);
	unsigned char hash[MERKLE_HASH];

	while (stored_next(s)) {
		if (hash_of(&at, &l->salts, count(l), &s->leaf, hash, e) == -1)
			return -1;
		grow(l, &s->leaf, hash);
	}
	return 0;
}

int
row_leaves_open(struct db *db, int64_t bundle, int64_t file,
    struct row_leaves *ret_l, struct err *e)
{
	struct row_leaves *l = ret_l;
	struct row_leaf_at at = { db, bundle, file };
	sqlite3_stmt *st;
	struct stored s;
	int rc;

	memset(l, 0, sizeof(*l));
	l->db = db;
	l->bundle = bundle;
	l->file = file;
	buf_init(&l->body, TEXT_MAX);
	if (get_salts(&at, &l->salts, e) == -1)
		return -1;
	rc = db_query(db, &st, e,
	    "SELECT hash, body FROM leaf_t WHERE bundle = ? AND file = ?"
	    " ORDER BY no",
	    "ii", bundle, file);
	for (; rc == 1; rc = db_next(db, st, e))
		if (sqlite3_column_bytes(st, 0) == MERKLE_HASH) {
			merkle_grow(&l->full, sqlite3_column_blob(st, 0));
		} else {
			stored_begin(&s, st, 1);
			if (load_some(l, &s, e) == -1) {
				rc = -1;
				break;
			}
		}
	db_done(st);
	if (rc == -1)
		row_leaves_done(l);
	return rc;
}

void
row_leaves_done(struct row_leaves *l)
{
	salts_done(&l->salts);
	buf_done(&l->body);
}

/* A secret of its own for each file that has rows. */
static int
new_secret(struct row_leaves *l, struct err *e)
{
	const struct row_leaf_at at = place(l);
	unsigned char secret[SALT_BYTES];
	int rc;

	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		log_fatal("no random bytes");
	salts_secret(&l->salts, secret);
	rc = keep_salts(&at, &l->salts, e);
	explicit_bzero(secret, sizeof(secret));
	return rc;
}

int
row_leaves_hash(struct row_leaves *l, const struct buf *text,
    unsigned char ret_hash[MERKLE_HASH], struct err *e)
{
	unsigned char salt[SALT_BYTES];

	if (l->salts.n == 0 && new_secret(l, e) == -1)
		return -1;
	if (!buf_ok(text) || !salts_get(&l->salts, count(l), salt))
		return err_set(e, ERR_HOLD, "a row too long for its receipt");
	merkle_salted_leaf(salt, sizeof(salt), text->data, text->len, ret_hash);
	return 0;
}

int
row_leaves_save(struct row_leaves *l, struct err *e)
{
	unsigned char hash[MERKLE_HASH];
	int is_full = l->some.size == ROW_LEAVES;
	int rc;

	if (!l->changed)
		return 0;
	if (is_full)
		merkle_frontier_root(&l->some, hash);
	rc =
	    db_run(l->db, e, "INSERT OR REPLACE INTO leaf_t VALUES (?,?,?,?,?)",
		"iiibb", l->bundle, l->file, (int64_t)l->full.size,
		(const void *)hash, is_full ? sizeof(hash) : (size_t)0,
		(const void *)l->body.data, l->body.len);
	l->changed = 0;
	if (is_full) {
		merkle_grow(&l->full, hash);
		memset(&l->some, 0, sizeof(l->some));
		memset(&l->last, 0, sizeof(l->last));
		buf_clear(&l->body);
	}
	return rc;
}

int
row_leaves_add(struct row_leaves *l, const struct row_leaf *leaf,
    const unsigned char hash[MERKLE_HASH], struct err *e)
{
	grow(l, leaf, hash);
	l->changed = 1;
	return l->some.size == ROW_LEAVES ? row_leaves_save(l, e) : 0;
}

int
row_leaves_end(struct row_leaves *l, struct err *e)
{
	unsigned char root[MERKLE_HASH];
	char hex[2 * MERKLE_HASH + 1];

	if (row_leaves_save(l, e) == -1)
		return -1;
	if (count(l) == 0)
		return 0;
	if (l->some.size == 0) {
		merkle_frontier_root(&l->full, root);
	} else {
		merkle_frontier_root(&l->some, root);
		merkle_frontier_before(&l->full, root);
	}
	hash_hex(root, sizeof(root), hex);
	return db_run(l->db, e,
	    "UPDATE bundle_file_t SET rows_root = ? WHERE bundle = ? AND"
	    " no = ?",
	    "tii", hex, l->bundle, l->file);
}

int
row_leaves_forget(struct db *db, int64_t bundle, struct err *e)
{
	static const char *const of[] = { "DELETE FROM leaf_t WHERE bundle = ?",
		"DELETE FROM leaf_salt_t WHERE bundle = ?",
		"DELETE FROM leaf_erased_t WHERE bundle = ?" };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (db_run(db, e, of[i], "i", bundle) == -1)
			return -1;
	return 0;
}

/* --- afterwards --------------------------------------------------------------- */

int
row_leaf_find(const struct row_leaf_at *at, uint64_t line, uint64_t *ret_n,
    struct row_leaf *ret_l, struct err *e)
{
	sqlite3_stmt *st;
	struct stored s;
	int rc = db_query(at->db, &st, e,
	    "SELECT no, body FROM leaf_t WHERE bundle = ? AND file = ?"
	    " ORDER BY no",
	    "ii", at->bundle, at->file);

	for (; rc == 1; rc = db_next(at->db, st, e)) {
		*ret_n = (uint64_t)sqlite3_column_int64(st, 0) * ROW_LEAVES;
		stored_begin(&s, st, 1);
		for (; stored_next(&s); ++*ret_n) {
			if (s.leaf.line != line)
				continue;
			*ret_l = s.leaf;
			db_done(st);
			return 1;
		}
	}
	db_done(st);
	return rc;
}

/* The hash over leaves of one row of leaf_t, from their rows. */
static int
small_subtree(const struct row_leaf_at *at, uint64_t first, uint64_t n,
    unsigned char *ret_hash, struct err *e)
{
	struct merkle_frontier f = { 0 };
	unsigned char hash[MERKLE_HASH];
	struct salts salts;
	sqlite3_stmt *st;
	struct stored s;
	uint64_t i = first / ROW_LEAVES * ROW_LEAVES;
	int rc;

	if (get_salts(at, &salts, e) == -1)
		return -1;
	rc = db_query(at->db, &st, e,
	    "SELECT body FROM leaf_t WHERE bundle = ? AND file = ? AND no = ?",
	    "iii", at->bundle, at->file, (int64_t)(first / ROW_LEAVES));
	if (rc == 1)
		stored_begin(&s, st, 0);
	for (; rc == 1 && f.size < n && stored_next(&s); i++) {
		if (i < first)
			continue;
		if (hash_of(at, &salts, i, &s.leaf, hash, e) == -1)
			rc = -1;
		merkle_grow(&f, hash);
	}
	db_done(st);
	salts_done(&salts);
	if (rc != -1 && f.size < n)
		rc = err_set(e, ERR_HOLD, "leaves of rows are missing");
	merkle_frontier_root(&f, ret_hash);
	return rc == -1 ? -1 : 0;
}

static int
full_hash(const struct row_leaf_at *at, uint64_t no, unsigned char *ret_hash,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(at->db, &st, e,
	    "SELECT hash FROM leaf_t WHERE bundle = ? AND file = ? AND no = ?",
	    "iii", at->bundle, at->file, (int64_t)no);
	int found = rc == 1 && sqlite3_column_bytes(st, 0) == MERKLE_HASH;

	if (found)
		memcpy(ret_hash, sqlite3_column_blob(st, 0), MERKLE_HASH);
	db_done(st);
	return rc == -1 ? -1
	       : found  ? 0
			: err_set(e, ERR_HOLD, "leaves of rows are missing");
}

static int
subtree(void *arg, unsigned int level, uint64_t no,
    unsigned char ret_hash[MERKLE_HASH], struct err *e)
{
	unsigned char right[MERKLE_HASH];

	if (level < ROW_LEAVES_LEVEL)
		return small_subtree(arg, no << level, UINT64_C(1) << level,
		    ret_hash, e);
	if (level == ROW_LEAVES_LEVEL)
		return full_hash(arg, no, ret_hash, e);
	if (subtree(arg, level - 1, 2 * no, ret_hash, e) == -1 ||
	    subtree(arg, level - 1, 2 * no + 1, right, e) == -1)
		return -1;
	merkle_parent(ret_hash, right, ret_hash);
	return 0;
}

struct merkle
row_leaf_tree(struct row_leaf_at *at)
{
	return (struct merkle){ subtree, at };
}

int
row_leaf_erase(const struct row_leaf_at *at, uint64_t n,
    const struct row_leaf *l, struct err *e)
{
	unsigned char salt[SALT_BYTES], hash[MERKLE_HASH];
	struct salts salts;
	int rc;

	if (get_salts(at, &salts, e) == -1)
		return -1;
	if (!salts_get(&salts, n, salt)) {
		salts_done(&salts);
		return 0;
	}
	rc = hash_of(at, &salts, n, l, hash, e);
	if (rc == 0)
		rc = db_run(at->db, e,
		    "INSERT INTO leaf_erased_t VALUES (?,?,?,?)", "iiib",
		    at->bundle, at->file, (int64_t)n, (const void *)hash,
		    sizeof(hash));
	salts_destroy(&salts, n);
	if (rc == 0)
		rc = keep_salts(at, &salts, e);
	salts_done(&salts);
	return rc;
}

static int
has(const int64_t *version, size_t n, int64_t wanted)
{
	size_t from = 0;

	while (n > 0) {
		size_t half = n / 2;

		if (version[from + half] == wanted)
			return 1;
		if (version[from + half] < wanted) {
			from += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return 0;
}

/* Which layouts are of a data set, a byte each. */
static int
layouts_of(struct db *db, const char *dataset, uint8_t *ret_is, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT no FROM leaf_layout_t WHERE dataset = ?", "t", dataset);

	for (; rc == 1; rc = db_next(db, st, e))
		ret_is[sqlite3_column_int64(st, 0) & (LAYOUTS - 1)] = 1;
	db_done(st);
	return rc;
}

int
row_leaf_erase_versions(struct db *db, const char *dataset,
    const int64_t *version, size_t n, row_leaf_bundle_fn *told, void *arg,
    int64_t *rows, struct err *e)
{
	uint8_t *is = xcalloc(LAYOUTS, 1);
	sqlite3_stmt *st;
	struct stored s;
	int rc = layouts_of(db, dataset, is, e);

	if (rc == 0)
		rc = db_query(db, &st, e,
		    "SELECT bundle, file, no, body FROM leaf_t", "");
	else
		st = NULL;
	for (; rc == 1; rc = rc == 1 ? db_next(db, st, e) : rc) {
		struct row_leaf_at at = { db, sqlite3_column_int64(st, 0),
			sqlite3_column_int64(st, 1) };
		uint64_t i = (uint64_t)sqlite3_column_int64(st, 2) * ROW_LEAVES;

		stored_begin(&s, st, 3);
		for (; rc == 1 && stored_next(&s); i++) {
			if (!is[s.leaf.layout] ||
			    !has(version, n, s.leaf.version))
				continue;
			++*rows;
			if (row_leaf_erase(&at, i, &s.leaf, e) == -1 ||
			    told(arg, at.bundle, e) == -1)
				rc = -1;
		}
	}
	db_done(st);
	free(is);
	return rc;
}
