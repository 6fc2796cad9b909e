#include <stdio.h>
#include <string.h>

#include "base/ledger_tree.h"

enum { HEX = 2 * MERKLE_HASH };

int
ledger_origin(struct db *db, char ret_origin[LEDGER_ORIGIN], struct err *e)
{
	sqlite3_stmt *st;
	int rc =
	    db_query(db, &st, e, "SELECT hash FROM ledger WHERE seq = 1", "");

	if (rc == 1)
		snprintf(ret_origin, LEDGER_ORIGIN, "zayton/%.16s",
		    db_text(st, 0));
	db_done(st);
	if (rc == 0)
		return err_set(e, ERR_HOLD, "the ledger has no line yet");
	return rc == -1 ? -1 : 0;
}

/* The leaves of lines from + 1 to to go into a tree. */
static int
grow(struct db *db, struct merkle_frontier *f, uint64_t from, uint64_t to,
    struct err *e)
{
	unsigned char leaf[MERKLE_HASH];
	sqlite3_stmt *st;
	uint64_t n = 0;
	int rc = db_query(db, &st, e,
	    "SELECT hash FROM ledger WHERE seq > ? AND seq <= ? ORDER BY seq",
	    "ii", (int64_t)from, (int64_t)to);

	for (; rc == 1; rc = db_next(db, st, e), n++) {
		merkle_leaf(db_text(st, 0), HEX, leaf);
		merkle_grow(f, leaf);
	}
	db_done(st);
	if (rc == 0 && n != to - from)
		return err_set(e, ERR_HOLD,
		    "the ledger lacks lines before line %llu",
		    (unsigned long long)to);
	return rc;
}

int
ledger_tree_grow(struct db *db, struct merkle_frontier *f, uint64_t size,
    struct err *e)
{
	return f->size >= size ? 0 : grow(db, f, f->size, size, e);
}

/* Out of the lines: below the level that is kept. */
static int
small_subtree(struct db *db, unsigned int level, uint64_t no,
    unsigned char *ret_hash, struct err *e)
{
	struct merkle_frontier f = { 0 };
	int rc = grow(db, &f, no << level, (no + 1) << level, e);

	if (rc == 0)
		merkle_frontier_root(&f, ret_hash);
	return rc;
}

static int
kept_subtree(struct db *db, unsigned int level, uint64_t no,
    unsigned char *ret_hash, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT hash FROM ledger_tree_t WHERE level = ? AND no = ?", "ii",
	    (int64_t)level, (int64_t)no);

	if (rc == 1 && sqlite3_column_bytes(st, 0) == MERKLE_HASH)
		memcpy(ret_hash, sqlite3_column_blob(st, 0), MERKLE_HASH);
	db_done(st);
	if (rc == 0)
		return err_set(e, ERR_HOLD, "no subtree %u/%llu", level,
		    (unsigned long long)no);
	return rc == -1 ? -1 : 0;
}

static int
subtree(void *arg, unsigned int level, uint64_t no,
    unsigned char ret_hash[MERKLE_HASH], struct err *e)
{
	return level < LEDGER_TREE_LEVEL
		   ? small_subtree(arg, level, no, ret_hash, e)
		   : kept_subtree(arg, level, no, ret_hash, e);
}

struct merkle
ledger_tree(struct db *db)
{
	return (struct merkle){ subtree, db };
}

/* One subtree, of two that are kept or of lines. */
static int
keep(struct db *db, unsigned int level, uint64_t no, struct err *e)
{
	unsigned char left[MERKLE_HASH], right[MERKLE_HASH];
	const void *hash = left;

	if (level == LEDGER_TREE_LEVEL) {
		if (small_subtree(db, level, no, left, e) == -1)
			return -1;
	} else if (kept_subtree(db, level - 1, 2 * no, left, e) == -1 ||
		   kept_subtree(db, level - 1, 2 * no + 1, right, e) == -1) {
		return -1;
	} else {
		merkle_parent(left, right, left);
	}
	return db_run(db, e, "INSERT INTO ledger_tree_t VALUES (?,?,?)", "iib",
	    (int64_t)level, (int64_t)no, hash, (size_t)MERKLE_HASH);
}

int
ledger_tree_keep(struct db *db, uint64_t size, struct err *e)
{
	for (unsigned int level = LEDGER_TREE_LEVEL; size >> level > 0;
	     level++) {
		uint64_t no = (uint64_t)db_int(db, 0,
		    "SELECT max(no) + 1 FROM ledger_tree_t WHERE level = ?",
		    "i", (int64_t)level);

		for (; no < size >> level; no++)
			if (keep(db, level, no, e) == -1)
				return -1;
	}
	return 0;
}
