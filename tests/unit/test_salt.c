#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "form/salt.h"
#include "sys/hash.h"

static const unsigned char secret[SALT_BYTES] = "it is a secret.";
static struct err e;

/* By the definition: from the root down, left or right. */
static void
by_definition(uint64_t row, unsigned char *ret_salt)
{
	unsigned char seed[SALT_BYTES];

	memcpy(seed, secret, sizeof(seed));
	for (int level = SALT_DEPTH - 1; level >= 0; level--) {
		unsigned char below[2 * SALT_BYTES];
		struct hash *h = hash_new(HASH_SHA256);

		hash_add(h, "\2", 1);
		hash_add(h, seed, sizeof(seed));
		hash_end(h, below);
		hash_free(h);
		memcpy(seed, below + (row >> level & 1) * SALT_BYTES,
		    sizeof(seed));
	}
	memcpy(ret_salt, seed, sizeof(seed));
}

static void
holds(struct salts *s, uint64_t row)
{
	unsigned char salt[SALT_BYTES], want[SALT_BYTES];

	by_definition(row, want);
	assert_int_equal(salts_get(s, row, salt), 1);
	assert_memory_equal(salt, want, sizeof(salt));
}

static void
salts_are_those_of_the_tree_in_any_order(void **state)
{
	static const uint64_t row[] = { 0, 1, 2, 3, 4, 3, 100, 7, 7,
		UINT64_C(4294967295), 0, 65536, 65535 };
	struct salts s;

	(void)state;
	salts_secret(&s, secret);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		holds(&s, row[i]);
	for (uint64_t i = 0; i < 600; i++)
		holds(&s, i);
	salts_done(&s);
}

static void
a_destroyed_salt_is_gone_and_no_other(void **state)
{
	static const uint64_t gone[] = { 5, 0, 64, 63, 4, 5 };
	unsigned char salt[SALT_BYTES];
	struct salts s, again;
	struct buf b;

	(void)state;
	salts_secret(&s, secret);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		salts_destroy(&s, gone[i]);
	buf_init(&b, 1 << 20);
	salts_put(&s, &b);
	assert_int_equal(salts_read(&again, b.data, b.len, &e), 0);
	for (uint64_t i = 0; i < 200; i++) {
		int is_gone = 0;

		for (size_t k = 0; k < sizeof(gone) / sizeof(gone[0]); k++)
			is_gone |= i == gone[k];
		if (!is_gone)
			holds(&again, i);
		else
			assert_int_equal(salts_get(&again, i, salt), 0);
	}
	/* Nor is a seed kept from which it could be made again. */
	for (size_t i = 0; i < again.n; i++)
		for (size_t k = 0; k < sizeof(gone) / sizeof(gone[0]); k++)
			assert_false(
			    gone[k] >> again.seed[i].level == again.seed[i].no);
	salts_done(&again);
	assert_int_equal(salts_read(&again, b.data, b.len - 1, &e), -1);
	salts_done(&s);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(salts_are_those_of_the_tree_in_any_order),
		cmocka_unit_test(a_destroyed_salt_is_gone_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
