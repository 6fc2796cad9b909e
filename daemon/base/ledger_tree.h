#ifndef ZAYTON_BASE_LEDGER_TREE_H
#define ZAYTON_BASE_LEDGER_TREE_H

#include "base/db.h"
#include "form/merkle.h"

/*
 * The ledger as a Merkle tree: the entry of a leaf is the hash of a line, 64
 * hex digits, so that a receipt's own head and seq are all it takes to prove
 * it, and lines can be forgotten by law while what was proved stays provable.
 * The leaf of line seq has the index seq - 1.
 */

enum {
	LEDGER_ORIGIN = 32,
	/* Complete subtrees from this level on are kept, smaller are made. */
	LEDGER_TREE_LEVEL = 8
};

/*
 * What the log calls itself: "zayton/" and the beginning of the first line's
 * hash. ERR_HOLD where there is no line yet.
 */
int ledger_origin(struct db *db, char ret_origin[LEDGER_ORIGIN], struct err *e);

/* Keeps the subtrees that are complete among the first size lines. */
int ledger_tree_keep(struct db *db, uint64_t size, struct err *e);

/* The tree; db outlives it. Sizes up to what was kept. */
struct merkle ledger_tree(struct db *db);

/* Adds lines to a tree up to size of them, whatever was kept. */
int ledger_tree_grow(struct db *db, struct merkle_frontier *f, uint64_t size,
    struct err *e);

#endif
