#include <string.h>

#include "form/merkle.h"

/* RFC 6962, 2.1: what leaves and parents begin with sets them apart. */
enum { LEAF = 0, PARENT = 1 };

static void
digest(unsigned char kind, const void *a, size_t a_len, const void *b,
    size_t b_len, unsigned char *ret_hash)
{
	static struct hash *h; /* one for all: leaves come by the million */

	if (h == NULL)
		h = hash_new(HASH_SHA256);
	hash_add(h, &kind, 1);
	hash_add(h, a, a_len);
	hash_add(h, b, b_len);
	hash_end(h, ret_hash);
}

void
merkle_leaf(const void *entry, size_t len, unsigned char ret_hash[MERKLE_HASH])
{
	digest(LEAF, entry, len, "", 0, ret_hash);
}

void
merkle_salted_leaf(const void *salt, size_t salt_len, const void *entry,
    size_t len, unsigned char ret_hash[MERKLE_HASH])
{
	digest(LEAF, salt, salt_len, entry, len, ret_hash);
}

void
merkle_parent(const unsigned char left[MERKLE_HASH],
    const unsigned char right[MERKLE_HASH], unsigned char ret_hash[MERKLE_HASH])
{
	digest(PARENT, left, MERKLE_HASH, right, MERKLE_HASH, ret_hash);
}

/* The level of the largest complete subtree smaller than n leaves; n > 1. */
static unsigned int
split_level(uint64_t n)
{
	return 63U - (unsigned int)__builtin_clzll(n - 1);
}

static int
is_complete(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

/* The hash of leaves from, from + 1 ... to - 1: MTH of the RFC. */
static int
range(const struct merkle *m, uint64_t from, uint64_t to,
    unsigned char *ret_hash, struct err *e)
{
	unsigned char left[MERKLE_HASH], right[MERKLE_HASH];
	uint64_t n = to - from;
	unsigned int level;

	if (is_complete(n)) {
		level = (unsigned int)__builtin_ctzll(n);
		return m->subtree(m->arg, level, from >> level, ret_hash, e);
	}
	level = split_level(n);
	if (m->subtree(m->arg, level, from >> level, left, e) == -1 ||
	    range(m, from + (UINT64_C(1) << level), to, right, e) == -1)
		return -1;
	merkle_parent(left, right, ret_hash);
	return 0;
}

/* The root of a tree without leaves. */
static void
root_of_nothing(unsigned char *ret_root)
{
	struct hash *h = hash_new(HASH_SHA256);

	hash_end(h, ret_root);
	hash_free(h);
}

int
merkle_root(const struct merkle *m, uint64_t size,
    unsigned char ret_root[MERKLE_HASH], struct err *e)
{
	if (size > 0)
		return range(m, 0, size, ret_root, e);
	root_of_nothing(ret_root);
	return 0;
}

void
merkle_grow(struct merkle_frontier *f, const unsigned char leaf[MERKLE_HASH])
{
	unsigned char h[MERKLE_HASH];
	unsigned int level = 0;

	memcpy(h, leaf, sizeof(h));
	for (; (f->size >> level & 1) != 0; level++)
		merkle_parent(f->hash[level], h, h);
	memcpy(f->hash[level], h, sizeof(h));
	f->size++;
}

/* The subtrees of f that left has bits for stand before it, largest first. */
static void
add_before(const struct merkle_frontier *f, uint64_t left, unsigned char *root)
{
	for (; left != 0; left &= left - 1)
		merkle_parent(f->hash[__builtin_ctzll(left)], root, root);
}

void
merkle_frontier_before(const struct merkle_frontier *f,
    unsigned char root[MERKLE_HASH])
{
	add_before(f, f->size, root);
}

void
merkle_frontier_root(const struct merkle_frontier *f,
    unsigned char ret_root[MERKLE_HASH])
{
	if (f->size == 0) {
		root_of_nothing(ret_root);
		return;
	}
	memcpy(ret_root, f->hash[__builtin_ctzll(f->size)], MERKLE_HASH);
	add_before(f, f->size & (f->size - 1), ret_root);
}

/* PATH of the RFC, from the leaf up. */
static int
path(const struct merkle *m, uint64_t index, uint64_t from, uint64_t to,
    struct merkle_proof *p, struct err *e)
{
	uint64_t middle;
	int rc;

	if (to - from == 1)
		return 0;
	middle = from + (UINT64_C(1) << split_level(to - from));
	rc = index < middle ? path(m, index, from, middle, p, e)
			    : path(m, index, middle, to, p, e);
	if (rc == 0)
		rc = index < middle
			 ? range(m, middle, to, p->hash[p->n++], e)
			 : range(m, from, middle, p->hash[p->n++], e);
	return rc;
}

int
merkle_inclusion(const struct merkle *m, uint64_t index, uint64_t size,
    struct merkle_proof *ret_p, struct err *e)
{
	ret_p->n = 0;
	return path(m, index, 0, size, ret_p, e);
}

/*
 * SUBPROOF of the RFC: that the leaves before old are those of a complete
 * subtree, of which the root is known where whole is set.
 */
static int
subproof(const struct merkle *m, uint64_t old, uint64_t from, uint64_t to,
    int whole, struct merkle_proof *p, struct err *e)
{
	uint64_t middle;
	int rc;

	if (old == to)
		return whole ? 0 : range(m, from, to, p->hash[p->n++], e);
	middle = from + (UINT64_C(1) << split_level(to - from));
	if (old <= middle) {
		rc = subproof(m, old, from, middle, whole, p, e);
		return rc == -1 ? -1 : range(m, middle, to, p->hash[p->n++], e);
	}
	rc = subproof(m, old, middle, to, 0, p, e);
	return rc == -1 ? -1 : range(m, from, middle, p->hash[p->n++], e);
}

int
merkle_consistency(const struct merkle *m, uint64_t old, uint64_t size,
    struct merkle_proof *ret_p, struct err *e)
{
	ret_p->n = 0;
	return subproof(m, old, 0, size, 1, ret_p, e);
}

/* --- checks (RFC 9162, 2.1.3.2 and 2.1.4.2) ------------------------------ */

int
merkle_includes(const struct merkle_proof *p, uint64_t index, uint64_t size,
    const unsigned char leaf[MERKLE_HASH],
    const unsigned char root[MERKLE_HASH])
{
	unsigned char r[MERKLE_HASH];
	uint64_t at = index, last = size - 1;

	if (index >= size)
		return 0;
	memcpy(r, leaf, sizeof(r));
	for (size_t i = 0; i < p->n; i++) {
		if (last == 0)
			return 0;
		if ((at & 1) != 0 || at == last) {
			merkle_parent(p->hash[i], r, r);
			while ((at & 1) == 0 && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			merkle_parent(r, p->hash[i], r);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && memcmp(r, root, sizeof(r)) == 0;
}

int
merkle_is_consistent(const struct merkle_proof *p, uint64_t old,
    const unsigned char old_root[MERKLE_HASH], uint64_t size,
    const unsigned char root[MERKLE_HASH])
{
	unsigned char a[MERKLE_HASH], b[MERKLE_HASH];
	uint64_t at = old - 1, last = size - 1;
	size_t i = 0;

	if (old == 0 || old > size)
		return 0;
	if (old == size)
		return p->n == 0 && memcmp(old_root, root, sizeof(a)) == 0;
	for (; (at & 1) != 0; at >>= 1)
		last >>= 1;
	if (p->n == 0 && at != 0)
		return 0;
	/* A complete old tree is the first hash itself. */
	memcpy(a, at == 0 ? old_root : p->hash[i++], sizeof(a));
	memcpy(b, a, sizeof(b));
	for (; i < p->n; i++) {
		if (last == 0)
			return 0;
		if ((at & 1) != 0 || at == last) {
			merkle_parent(p->hash[i], a, a);
			merkle_parent(p->hash[i], b, b);
			while ((at & 1) == 0 && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			merkle_parent(b, p->hash[i], b);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && memcmp(a, old_root, sizeof(a)) == 0 &&
	       memcmp(b, root, sizeof(b)) == 0;
}
