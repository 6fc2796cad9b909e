#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "quality/policy.h"

static const char *
grade(uint64_t n, uint64_t d, const struct metric_bounds *b, int lower)
{
	const struct measure x = { n, d };
	const char *g = metric_grade_zh(metric_grade(&x, b, lower));

	return g != NULL ? g : "";
}

static void
a_number_on_a_threshold_meets_it(void **state)
{
	const struct metric_bounds b = { 0.98, 0.95, 0.80 };

	(void)state;
	assert_string_equal(grade(98, 100, &b, 0), "优");
	assert_string_equal(grade(979, 1000, &b, 0), "良");
	assert_string_equal(grade(95, 100, &b, 0), "良");
	assert_string_equal(grade(80, 100, &b, 0), "中");
	assert_string_equal(grade(799, 1000, &b, 0), "差");
}

static void
where_lower_is_better_the_order_turns(void **state)
{
	const struct metric_bounds b = { 0.0, 0.005, 0.05 };

	(void)state;
	assert_string_equal(grade(0, 100, &b, 1), "优");
	assert_string_equal(grade(1, 200, &b, 1), "良");
	assert_string_equal(grade(5, 100, &b, 1), "中");
	assert_string_equal(grade(6, 100, &b, 1), "差");
}

static void
nothing_counted_has_no_grade(void **state)
{
	const struct metric_bounds b = { 0.98, 0.95, 0.80 };

	(void)state;
	assert_string_equal(grade(0, 0, &b, 0), "");
}

static void
each_metric_is_found_by_its_name(void **state)
{
	(void)state;
	for (int m = 0; m < METRICS; m++)
		assert_int_equal(metric_find(metric_info((enum metric)m)->id),
		    m);
	assert_int_equal(metric_find("N9"), METRICS);
	assert_int_equal(metric_find(METRIC_SCORE), METRICS);
}

static void
the_score_weighs_what_can_be_said(void **state)
{
	struct measure x[METRICS] = { { 0, 0 } };
	struct measure score;
	struct policy p;

	(void)state;
	policy_init(&p);
	score = metric_score(x, p.weight);
	assert_int_equal(score.denominator, 0);
	/* Means of N and A, weighted 0.15 and 0.25; A3 counts turned. */
	x[METRIC_N1] = (struct measure){ 1, 2 };
	x[METRIC_N3] = (struct measure){ 1, 1 };
	x[METRIC_A3] = (struct measure){ 1, 10 };
	score = metric_score(x, p.weight);
	assert_int_equal(score.denominator, SCORE_ONE);
	assert_int_equal(score.numerator,
	    llround(10000 * (0.15 * 0.75 + 0.25 * 0.9) / 0.4));
	policy_done(&p);
}

static void
a_small_number_refuses_no_file(void **state)
{
	const struct measure few = { 10, 99 }, many = { 69, 100 },
			     fair = { 70, 100 };
	struct policy p;

	(void)state;
	policy_init(&p);
	assert_int_equal(policy_blocks(&p, "any", METRIC_N3, &few), 0);
	assert_int_equal(policy_blocks(&p, "any", METRIC_N3, &many), 1);
	assert_int_equal(policy_blocks(&p, "any", METRIC_N3, &fair), 0);
	policy_done(&p);
}

static void
only_metrics_that_are_named_refuse_a_file(void **state)
{
	const struct measure none = { 0, 100000 };
	struct measure x[METRICS] = { { 0, 0 } };
	struct policy p;

	(void)state;
	policy_init(&p);
	x[METRIC_T2] = x[METRIC_N1] = x[METRIC_C1] = none;
	assert_int_equal(policy_breach(&p, "any", x), METRICS);
	policy_add(&p, "strict")->refuses |= UINT32_C(1) << METRIC_C1;
	assert_int_equal(policy_breach(&p, "strict", x), METRIC_C1);
	assert_int_equal(policy_breach(&p, "any", x), METRICS);
	x[METRIC_N3] = none;
	assert_int_equal(policy_breach(&p, "any", x), METRIC_N3);
	policy_done(&p);
}

static void
a_data_set_has_thresholds_of_its_own(void **state)
{
	const struct measure x = { 80, 100 };
	struct policy p;

	(void)state;
	policy_init(&p);
	policy_add(&p, "strict")->bounds[METRIC_N3].block = 0.94;
	assert_int_equal(policy_blocks(&p, "strict", METRIC_N3, &x), 1);
	assert_int_equal(policy_blocks(&p, "other", METRIC_N3, &x), 0);
	policy_of(&p, "strict");
	policy_add(&p, "never")->bounds[METRIC_N3].block = -INFINITY;
	assert_int_equal(policy_blocks(&p, "never", METRIC_N3,
			     &(struct measure){ 0, 100 }),
	    0);
	policy_done(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_on_a_threshold_meets_it),
		cmocka_unit_test(where_lower_is_better_the_order_turns),
		cmocka_unit_test(nothing_counted_has_no_grade),
		cmocka_unit_test(each_metric_is_found_by_its_name),
		cmocka_unit_test(the_score_weighs_what_can_be_said),
		cmocka_unit_test(a_small_number_refuses_no_file),
		cmocka_unit_test(only_metrics_that_are_named_refuse_a_file),
		cmocka_unit_test(a_data_set_has_thresholds_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
