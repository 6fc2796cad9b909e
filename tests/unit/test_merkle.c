#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "form/merkle.h"

enum { LEAVES = 70 };

static unsigned char leaf[LEAVES][MERKLE_HASH];
static struct err e;

static int
fill(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LEAVES; i++)
		merkle_leaf(&i, sizeof(i), leaf[i]);
	return 0;
}

/* Complete subtrees by the definition, from the leaves each time. */
static int
subtree(void *arg, unsigned int level, uint64_t no,
    unsigned char ret_hash[MERKLE_HASH], struct err *err)
{
	unsigned char left[MERKLE_HASH], right[MERKLE_HASH];

	(void)arg;
	assert_true((no + 1) << level <= LEAVES);
	if (level == 0) {
		memcpy(ret_hash, leaf[no], MERKLE_HASH);
		return 0;
	}
	assert_int_equal(subtree(NULL, level - 1, 2 * no, left, err), 0);
	assert_int_equal(subtree(NULL, level - 1, 2 * no + 1, right, err), 0);
	merkle_parent(left, right, ret_hash);
	return 0;
}

static const struct merkle tree = { subtree, NULL };

/* MTH of RFC 6962, 2.1, word for word. */
static void
root_by_definition(unsigned int from, unsigned int to, unsigned char *ret)
{
	unsigned char left[MERKLE_HASH], right[MERKLE_HASH];
	unsigned int k = 1;

	if (to - from == 1) {
		memcpy(ret, leaf[from], MERKLE_HASH);
		return;
	}
	while (2 * k < to - from)
		k *= 2;
	root_by_definition(from, from + k, left);
	root_by_definition(from + k, to, right);
	merkle_parent(left, right, ret);
}

static void
roots_are_those_of_the_definition(void **state)
{
	unsigned char want[MERKLE_HASH], got[MERKLE_HASH];
	struct merkle_frontier f = { 0 };

	(void)state;
	for (unsigned int n = 1; n <= LEAVES; n++) {
		root_by_definition(0, n, want);
		assert_int_equal(merkle_root(&tree, n, got, &e), 0);
		assert_memory_equal(got, want, MERKLE_HASH);
		merkle_grow(&f, leaf[n - 1]);
		merkle_frontier_root(&f, got);
		assert_memory_equal(got, want, MERKLE_HASH);
	}
}

static void
hashes_are_those_of_the_published_vectors(void **state)
{
	/* The eight leaves that implementations of RFC 6962 test with. */
	static const char *const text[] = { "", "00", "10", "2021", "3031",
		"40414243", "5051525354555657",
		"606162636465666768696a6b6c6d6e6f" };
	unsigned char root[MERKLE_HASH], bytes[16];
	char hex[2 * MERKLE_HASH + 1];

	(void)state;
	assert_int_equal(merkle_root(&tree, 0, root, &e), 0);
	hash_hex(root, MERKLE_HASH, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b"
				 "934ca495991b7852b855");
	for (size_t i = 0; i < 8; i++) {
		size_t n = strlen(text[i]) / 2;

		for (size_t k = 0; k < n; k++) {
			char two[3] = { text[i][2 * k], text[i][2 * k + 1] };

			bytes[k] = (unsigned char)strtoul(two, NULL, 16);
		}
		merkle_leaf(bytes, n, leaf[i]);
	}
	assert_int_equal(merkle_root(&tree, 8, root, &e), 0);
	hash_hex(root, MERKLE_HASH, hex);
	assert_string_equal(hex, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f"
				 "4960cfe370eff4604328");
	fill(NULL);
}

/* Neither another leaf, place, size or root, nor a changed proof passes. */
static void
refuse_changes(struct merkle_proof *p, unsigned int i, unsigned int n,
    unsigned char *root)
{
	assert_int_equal(merkle_includes(p, i, n, leaf[(i + 1) % LEAVES], root),
	    0);
	for (unsigned int other = 0; other < n; other++)
		if (other != i)
			assert_int_equal(merkle_includes(p, other, n, leaf[i],
					     root),
			    0);
	root[7] ^= 1;
	assert_int_equal(merkle_includes(p, i, n, leaf[i], root), 0);
	root[7] ^= 1;
	for (size_t k = 0; k < p->n; k++) {
		p->hash[k][0] ^= 0x80;
		assert_int_equal(merkle_includes(p, i, n, leaf[i], root), 0);
		p->hash[k][0] ^= 0x80;
	}
	p->n++;
	assert_int_equal(merkle_includes(p, i, n, leaf[i], root), 0);
	p->n--;
	if (p->n > 0) {
		p->n--;
		assert_int_equal(merkle_includes(p, i, n, leaf[i], root), 0);
		p->n++;
	}
}

static void
each_leaf_is_proved_in_each_size_and_nothing_else(void **state)
{
	unsigned char root[MERKLE_HASH];
	struct merkle_proof p;

	(void)state;
	for (unsigned int n = 1; n <= LEAVES; n++) {
		assert_int_equal(merkle_root(&tree, n, root, &e), 0);
		for (unsigned int i = 0; i < n; i++) {
			memset(&p, 0, sizeof(p));
			assert_int_equal(merkle_inclusion(&tree, i, n, &p, &e),
			    0);
			assert_int_equal(merkle_includes(&p, i, n, leaf[i],
					     root),
			    1);
			refuse_changes(&p, i, n, root);
		}
		assert_int_equal(merkle_includes(&p, n, n, leaf[0], root), 0);
	}
}

static void
each_size_grows_out_of_each_smaller_one(void **state)
{
	unsigned char old[MERKLE_HASH], root[MERKLE_HASH];
	struct merkle_proof p;

	(void)state;
	for (unsigned int n = 1; n <= LEAVES; n++)
		for (unsigned int m = 1; m <= n; m++) {
			merkle_root(&tree, m, old, &e);
			merkle_root(&tree, n, root, &e);
			memset(&p, 0, sizeof(p));
			assert_int_equal(merkle_consistency(&tree, m, n, &p,
					     &e),
			    0);
			assert_int_equal(merkle_is_consistent(&p, m, old, n,
					     root),
			    1);
			old[3] ^= 4;
			assert_int_equal(merkle_is_consistent(&p, m, old, n,
					     root),
			    0);
			old[3] ^= 4;
			root[3] ^= 4;
			assert_int_equal(merkle_is_consistent(&p, m, old, n,
					     root),
			    0);
			root[3] ^= 4;
			if (p.n > 0) {
				p.hash[p.n - 1][9] ^= 1;
				assert_int_equal(merkle_is_consistent(&p, m,
						     old, n, root),
				    0);
			}
		}
	assert_int_equal(merkle_is_consistent(&p, 0, old, 4, root), 0);
	assert_int_equal(merkle_is_consistent(&p, 5, old, 4, root), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_of_the_definition),
		cmocka_unit_test(hashes_are_those_of_the_published_vectors),
		cmocka_unit_test(
		    each_leaf_is_proved_in_each_size_and_nothing_else),
		cmocka_unit_test(each_size_grows_out_of_each_smaller_one),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
