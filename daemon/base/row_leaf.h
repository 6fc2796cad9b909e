#ifndef ZAYTON_BASE_ROW_LEAF_H
#define ZAYTON_BASE_ROW_LEAF_H

#include "base/db.h"
#include "form/merkle.h"
#include "form/row_text.h"
#include "form/salt.h"

/*
 * What a receipt commits to, row by row: the accepted rows of a file are the
 * leaves of a Merkle tree (RFC 6962) whose root stands in the receipt; each is
 * the hash of a salt and the row's text (form/row_text.h). Kept are where in
 * the base the row's values stand, the seeds of the salts (form/salt.h) and,
 * for every ROW_LEAVES of them, the hash over all: so the row can be proved
 * without showing others. One that was erased has its hash kept instead, so
 * that all others still can.
 */

struct row_leaf {
	uint64_t line;
	char op;         /* 'C', 'D', or another that is not told */
	int layout;      /* of its fields: number in leaf_layout_t */
	int64_t version; /* _id of the version that has its values */
	uint64_t fields; /* that the row said something of, as bits */
};

/* The number of a layout, given where it is new. */
int row_leaf_layout(struct db *db, const struct row_layout *l, int *ret_no,
    struct err *e);

/* --- while a file is merged ------------------------------------------------ */

enum { ROW_LEAVES_LEVEL = 6, ROW_LEAVES = 1 << ROW_LEAVES_LEVEL };

struct row_leaves {
	struct db *db;
	int64_t bundle;
	int64_t file;
	struct salts salts;
	struct merkle_frontier full; /* of ROW_LEAVES each */
	struct merkle_frontier some; /* those behind them */
	struct buf body;             /* the same, as stored */
	struct row_leaf last;
	int changed;
};

/* Goes on where the last committed slice ended, be it at the beginning. */
int row_leaves_open(struct db *db, int64_t bundle, int64_t file,
    struct row_leaves *ret_l, struct err *e);
void row_leaves_done(struct row_leaves *l);
/* The next leaf: its hash, of the text; and the rest, once it is known. */
int row_leaves_hash(struct row_leaves *l, const struct buf *text,
    unsigned char ret_hash[MERKLE_HASH], struct err *e);
int row_leaves_add(struct row_leaves *l, const struct row_leaf *leaf,
    const unsigned char hash[MERKLE_HASH], struct err *e);
int row_leaves_save(struct row_leaves *l, struct err *e);
/* All rows are in: the root into bundle_file_t. */
int row_leaves_end(struct row_leaves *l, struct err *e);

/* Before the rows of a bundle are merged anew. */
int row_leaves_forget(struct db *db, int64_t bundle, struct err *e);

/* --- afterwards ----------------------------------------------------------- */

struct row_leaf_at {
	struct db *db;
	int64_t bundle;
	int64_t file;
};

/* The first leaf of a line, and its index: 1, 0 there is none, -1. */
int row_leaf_find(const struct row_leaf_at *at, uint64_t line, uint64_t *ret_n,
    struct row_leaf *ret_l, struct err *e);

/*
 * The row's text as the base has it, and its salt: 1, 0 it was erased, -1.
 * Whether it is what was receipted shows in the tree.
 */
int row_leaf_text(const struct row_leaf_at *at, uint64_t n,
    const struct row_leaf *l, struct buf *text,
    unsigned char ret_salt[SALT_BYTES], struct err *e);

/* The tree of a file's leaves; at outlives it. */
struct merkle row_leaf_tree(struct row_leaf_at *at);

/* Destroys a row's salt and keeps its hash, while its values still stand. */
int row_leaf_erase(const struct row_leaf_at *at, uint64_t n,
    const struct row_leaf *l, struct err *e);
/*
 * The same of all rows whose values stand in these versions of a data set, in
 * ascending order: of one that was sent again unchanged there are several. Each
 * bundle they came with is told.
 */
typedef int row_leaf_bundle_fn(void *arg, int64_t bundle, struct err *e);
int row_leaf_erase_versions(struct db *db, const char *dataset,
    const int64_t *version, size_t n, row_leaf_bundle_fn *told, void *arg,
    int64_t *rows, struct err *e);

#endif
