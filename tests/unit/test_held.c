#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "extract/held.h"

/* What is held by an extract, as bytes and back. */

static void
comes_back_as_it_was(void **state)
{
	static const struct held_row row[] = { { 1, 7, 1 }, { 1, 0, 300 },
		{ 1, UINT32_MAX, INT64_MAX }, { 2, 9, 1 },
		{ UINT32_MAX, 1, 5 } };
	struct held in = { 0 }, out = { 0 };
	struct buf b;
	struct err e;

	(void)state;
	/* In any order: it is sorted before it is packed. */
	for (size_t i = sizeof(row) / sizeof(row[0]); i-- > 0;)
		held_add(&in, row[i].enterprise, row[i].row, row[i].digest);
	held_sort(&in);
	buf_init(&b, 1 << 20);
	held_pack(&in, &b);
	assert_int_equal(held_unpack(&out, b.data, b.len, &e), 0);
	assert_int_equal(out.n, sizeof(row) / sizeof(row[0]));
	for (size_t i = 0; i < out.n; i++) {
		assert_int_equal(out.row[i].enterprise, row[i].enterprise);
		assert_int_equal(out.row[i].digest, row[i].digest);
		assert_true(out.row[i].row == row[i].row);
	}
	buf_done(&b);
	held_done(&in);
	held_done(&out);
}

static void
finds_the_rows_of_an_enterprise(void **state)
{
	struct held h = { 0 };
	size_t at;

	(void)state;
	assert_int_equal(held_of(&h, 3, &at), 0);
	held_add(&h, 2, 1, 0);
	held_add(&h, 3, 1, 0);
	held_add(&h, 3, 2, 0);
	held_add(&h, 5, 1, 0);
	assert_int_equal(held_of(&h, 3, &at), 2);
	assert_int_equal(at, 1);
	assert_int_equal(held_of(&h, 5, &at), 1);
	assert_int_equal(held_of(&h, 4, &at), 0);
	assert_int_equal(held_of(&h, 9, &at), 0);
	held_done(&h);
}

static void
refuses_what_is_no_list(void **state)
{
	static const unsigned char cut[] = { 1, 1, 0, 0, 0 };
	static const unsigned char endless[] = { 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0, 0, 0, 0 };
	static const unsigned char too_far[] = { 0xff, 0xff, 0xff, 0xff, 0x7f,
		1, 0, 0, 0, 0 };
	struct held h = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(held_unpack(&h, cut, sizeof(cut), &e), -1);
	assert_int_equal(held_unpack(&h, endless, sizeof(endless), &e), -1);
	assert_int_equal(held_unpack(&h, too_far, sizeof(too_far), &e), -1);
	assert_int_equal(held_unpack(&h, cut, 0, &e), 0);
	held_done(&h);
}

static void
tells_nothing_from_an_empty_text(void **state)
{
	uint32_t none = held_digest(HELD_DIGEST, NULL, 0);
	uint32_t empty = held_digest(HELD_DIGEST, "", 0);

	(void)state;
	assert_int_not_equal(none, empty);
	/* Nor is a text that goes over two cells one in the first. */
	assert_int_not_equal(held_digest(held_digest(HELD_DIGEST, "ab", 2), "",
				 0),
	    held_digest(held_digest(HELD_DIGEST, "a", 1), "b", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(finds_the_rows_of_an_enterprise),
		cmocka_unit_test(refuses_what_is_no_list),
		cmocka_unit_test(tells_nothing_from_an_empty_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
