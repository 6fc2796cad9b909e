#ifndef ZAYTON_FORM_MERKLE_H
#define ZAYTON_FORM_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "sys/err.h"
#include "sys/hash.h"

/*
 * The Merkle tree of RFC 6962, section 2.1, over SHA-256: roots and proofs of
 * a list of leaves, and their checks. A pure part: whoever keeps the tree
 * answers for its complete subtrees.
 */

enum {
	MERKLE_HASH = HASH_SHA256_BYTES,
	MERKLE_PROOF = 64 + 1 /* hashes of the longest proof */
};

/* A proof, the hashes in their order. */
struct merkle_proof {
	size_t n;
	unsigned char hash[MERKLE_PROOF][MERKLE_HASH];
};

/*
 * The hash over the 2^level leaves from no * 2^level on, all of which are
 * there: 0, or -1.
 */
typedef int merkle_subtree_fn(void *arg, unsigned int level, uint64_t no,
    unsigned char ret_hash[MERKLE_HASH], struct err *e);

struct merkle {
	merkle_subtree_fn *subtree;
	void *arg;
};

void merkle_leaf(const void *entry, size_t len,
    unsigned char ret_hash[MERKLE_HASH]);
/* The same of an entry that cannot be guessed: salt and entry, one text. */
void merkle_salted_leaf(const void *salt, size_t salt_len, const void *entry,
    size_t len, unsigned char ret_hash[MERKLE_HASH]);
/* May write over one of its arguments. */
void merkle_parent(const unsigned char left[MERKLE_HASH],
    const unsigned char right[MERKLE_HASH],
    unsigned char ret_hash[MERKLE_HASH]);

/* The root of the first size leaves; of none the hash of nothing. */
int merkle_root(const struct merkle *m, uint64_t size,
    unsigned char ret_root[MERKLE_HASH], struct err *e);

/*
 * A tree that only grows, of which only the roots are asked: the hashes of
 * its complete subtrees from the left, one for each bit of size. Zeros to
 * begin with.
 */
struct merkle_frontier {
	uint64_t size;
	unsigned char hash[64][MERKLE_HASH]; /* by level */
};

void merkle_grow(struct merkle_frontier *f,
    const unsigned char leaf[MERKLE_HASH]);
void merkle_frontier_root(const struct merkle_frontier *f,
    unsigned char ret_root[MERKLE_HASH]);
/* The root over its leaves and a smaller subtree behind them, in place. */
void merkle_frontier_before(const struct merkle_frontier *f,
    unsigned char root[MERKLE_HASH]);

/* That the leaf of an index (from 0) is among the first size; index < size. */
int merkle_inclusion(const struct merkle *m, uint64_t index, uint64_t size,
    struct merkle_proof *ret_p, struct err *e);
/* That the first old leaves are still the first of size; 0 < old <= size. */
int merkle_consistency(const struct merkle *m, uint64_t old, uint64_t size,
    struct merkle_proof *ret_p, struct err *e);

/* 1 the proof holds, 0 it does not. */
int merkle_includes(const struct merkle_proof *p, uint64_t index, uint64_t size,
    const unsigned char leaf[MERKLE_HASH],
    const unsigned char root[MERKLE_HASH]);
int merkle_is_consistent(const struct merkle_proof *p, uint64_t old,
    const unsigned char old_root[MERKLE_HASH], uint64_t size,
    const unsigned char root[MERKLE_HASH]);

#endif
