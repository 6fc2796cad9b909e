#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quality/band.h"

static struct band
rows_like(double a, double b, double c)
{
	double v[] = { a, b, c };
	struct band band;

	assert_int_equal(band_make(v, 3, &band_rows, &band), 0);
	return band;
}

static void
half_the_rows_are_outside_whatever_went_before(void **state)
{
	struct band steady = rows_like(454, 457, 451);
	struct band wild = rows_like(100, 400, 900);

	(void)state;
	assert_int_equal(band_holds(&steady, 227), -1);
	assert_int_equal(band_holds(&wild, 200), -1);
}

static void
a_tenth_more_or_less_is_inside(void **state)
{
	struct band b = rows_like(1000, 1000, 1000);

	(void)state;
	assert_int_equal(band_holds(&b, 900), 0);
	assert_int_equal(band_holds(&b, 1100), 0);
	assert_int_equal(band_holds(&b, 1300), 1);
}

static void
one_wild_period_moves_nothing(void **state)
{
	double v[] = { 1000, 1010, 100000, 990, 1005 };
	struct band b;

	(void)state;
	assert_int_equal(band_make(v, 5, &band_rows, &b), 0);
	assert_true(b.median == 1005);
	assert_int_equal(band_holds(&b, 100000), 1);
	assert_int_equal(band_holds(&b, 1000), 0);
}

static void
few_rows_may_differ_by_three(void **state)
{
	struct band b = rows_like(4, 4, 4);

	(void)state;
	assert_int_equal(band_holds(&b, 1), 0);
	assert_int_equal(band_holds(&b, 7), 0);
	assert_int_equal(band_holds(&b, 8), 1);
}

static void
one_earlier_period_says_nothing(void **state)
{
	double v[] = { 1000 };
	struct band b;

	(void)state;
	assert_int_equal(band_make(v, 1, &band_rows, &b), -1);
}

static void
a_rate_may_differ_by_a_tenth(void **state)
{
	double v[] = { 0.02, 0.02, 0.03 };
	struct band b;

	(void)state;
	assert_int_equal(band_make(v, 3, &band_rate, &b), 0);
	assert_int_equal(band_holds(&b, 0.11), 0);
	assert_int_equal(band_holds(&b, 0.2), 1);
	assert_int_equal(band_holds(&b, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    half_the_rows_are_outside_whatever_went_before),
		cmocka_unit_test(a_tenth_more_or_less_is_inside),
		cmocka_unit_test(one_wild_period_moves_nothing),
		cmocka_unit_test(few_rows_may_differ_by_three),
		cmocka_unit_test(one_earlier_period_says_nothing),
		cmocka_unit_test(a_rate_may_differ_by_a_tenth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
