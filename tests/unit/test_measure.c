#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "form/decode.h"
#include "rule/expect.h"
#include "rules.h"
#include "way/measure.h"

#define TODAY "2016-03-31"
#define SCRIPT                                      \
	"local z = require 'zayton'\n"              \
	"z.dataset 'demo_bill' { check = {"         \
	" z.check.le('amount_paid', 'amount_due')," \
	" z.check.range('usage_qty', 0, 1000),"     \
	" z.check.order('paid_on', 'term_to'),"     \
	" z.check.required('paid_on', 'payment_status', 'PAID') } }"
#define HEADER                                                                                         \
	"用户名称|用户号|信用代码|账期|用水量|应缴金额|实缴金额|缴费状态|" \
	"缴费日期|期限至|备注"

static struct rules rules;
static struct policy policy;
static struct measure_lane lane;

static int
fresh(void **state)
{
	struct err e;

	(void)state;
	policy_init(&policy);
	if (decoder_prepare(&e) == -1 || rules_load(&rules, SCRIPT, &e) == -1)
		return -1;
	measure_open(&lane, script_dataset(rules.script, rules.bill),
	    rules.bill, &policy.common, TODAY);
	measure_period(&lane, "2016-03");
	return 0;
}

static int
done(void **state)
{
	(void)state;
	measure_close(&lane);
	rules_done(&rules);
	policy_done(&policy);
	return 0;
}

/* Cells behind those of a good row are empty. */
static void
take(const char *line)
{
	struct err e;

	if (rules_clean(&rules, HEADER, line, "2016-03", TODAY, &e) == -1)
		fail_msg("%s", e.en);
	measure_row(&lane, &rules.row);
}

static void
is(enum metric m, uint64_t numerator, uint64_t denominator)
{
	if (lane.x[m].numerator != numerator ||
	    lane.x[m].denominator != denominator)
		fail_msg("%s is %llu/%llu", metric_info(m)->id,
		    (unsigned long long)lane.x[m].numerator,
		    (unsigned long long)lane.x[m].denominator);
}

#define GOOD "甲公司|1|91350502MA2Y3AN1X7|2016-03|5|10|10|已缴清|2016-03-05||"

static void
a_good_row_is_good_in_everything(void **state)
{
	(void)state;
	take(GOOD);
	is(METRIC_N1, 1, 1);
	is(METRIC_N3, 1, 1);
	is(METRIC_N4, 1, 1);
	is(METRIC_C1, 5, 5);
	is(METRIC_C2, 1, 1);
	is(METRIC_A1, 1, 1);
	is(METRIC_A2, 5, 5);
	is(METRIC_A5, 0, 1);
	is(METRIC_A6, 5, 5);
	is(METRIC_S2, 1, 1);
	is(METRIC_T3, 1, 1);
}

static void
what_cannot_be_said_has_no_denominator(void **state)
{
	(void)state;
	take(GOOD);
	is(METRIC_N2, 0, 0);
	is(METRIC_N5, 0, 0);
	is(METRIC_C3, 0, 0);
	is(METRIC_T2, 0, 0);
	is(METRIC_C4, 0, 0);
}

static void
codes_are_counted_by_cell_and_by_kind(void **state)
{
	(void)state;
	take("甲公司|1||2016-03|5|10|10|已缴清|2016-03-05||");
	take("甲公司|2||2016-03|5|10|10|已缴清|2016-03-05||");
	take("甲公司|3||2016-03|5|10|10|火星|2016-03-05||");
	take("甲公司|4||2016-03|5|10|10|火星|2016-03-05||");
	take("甲公司|5||2016-03|5|10|10||2016-03-05||");
	is(METRIC_N1, 2, 4);
	is(METRIC_N4, 1, 2);
	assert_string_equal(measure_unknown(&lane, 0)->text, "火星");
	assert_int_equal(measure_unknown(&lane, 0)->n, 2);
	assert_null(measure_unknown(&lane, 1));
}

static void
a_conversion_to_nothing_is_no_code(void **state)
{
	(void)state;
	take("甲公司|1||2016-03|5|10|10|未评|2016-03-05||");
	is(METRIC_N1, 0, 0);
	is(METRIC_N4, 0, 0);
}

static void
placeholders_fill_no_mandatory_cell(void **state)
{
	(void)state;
	take("暂无|1||2016-03|5|10|10|||||");
	is(METRIC_C1, 4, 5);
	/* Filled, if not rightly: that is another metric's matter. */
	take("甲公司|1||2016-03|5|10|很多|||||");
	is(METRIC_C1, 9, 10);
	is(METRIC_A2, 7, 8);
}

static void
a_condition_counts_where_it_holds(void **state)
{
	(void)state;
	take("甲公司|1||2016-03|5|10|10|已缴清|||");
	is(METRIC_C2, 0, 1);
	take("甲公司|2||2016-03|5|10|10|欠费|||");
	is(METRIC_C2, 0, 1);
	take(GOOD);
	is(METRIC_C2, 1, 2);
}

static void
wrong_checks_count_and_masked_numbers_do_not(void **state)
{
	(void)state;
	take("甲公司|1|91350502MA2Y3AN1X8|2016-03|5|10|10||||");
	is(METRIC_A1, 0, 1);
	take("甲公司|2|913505**********X7|2016-03|5|10|10||||");
	is(METRIC_A1, 0, 1);
	take("甲公司|3||2016-03|5|10|10||||");
	is(METRIC_A1, 0, 1);
}

static void
implausible_values_are_values(void **state)
{
	(void)state;
	take("甲公司|1||2016-03|5000|-10|-10||2017-01-01||");
	/* The period, three numbers and the day; of the period alone not. */
	is(METRIC_A6, 1, 5);
	is(METRIC_A2, 5, 5);
}

static void
damaged_text_counts_once_a_row(void **state)
{
	(void)state;
	take("甲公\xee\x80\x80|1||2016-03|5|10|10||||\xee\x80\x80");
	take(GOOD);
	is(METRIC_A5, 1, 2);
}

static void
fields_that_contradict_each_other_count_once_a_row(void **state)
{
	(void)state;
	take("甲公司|1||2016-03|5|10|20||2016-03-05|2016-01-01|");
	is(METRIC_S2, 0, 1);
	assert_int_equal(rules.row.marks.events, 1);
	assert_int_equal(rules.row.marks.backwards, 1);
	take("甲公司|1||2016-03|5|10|10||2016-03-05|2016-04-01|");
	is(METRIC_S2, 1, 2);
	assert_int_equal(rules.row.marks.backwards, 0);
}

static void
another_period_is_not_the_declared_one(void **state)
{
	(void)state;
	take("甲公司|1||2016-02|5|10|10||||");
	take("甲公司|1||2016-03|5|10|10||||");
	take("甲公司|1||201613|5|10|10||||");
	is(METRIC_T3, 1, 3);
}

static void
a_quarter_has_its_months(void **state)
{
	(void)state;
	measure_period(&lane, "2016-Q1");
	take("甲公司|1||2016-02|5|10|10||||");
	take("甲公司|1||2015-12|5|10|10||||");
	is(METRIC_T3, 1, 2);
}

static void
no_declared_period_no_measure(void **state)
{
	(void)state;
	measure_period(&lane, "");
	take(GOOD);
	is(METRIC_T3, 0, 0);
}

static void
a_rejected_row_does_not_pass(void **state)
{
	(void)state;
	take("甲公司|||2016-03|5|10|10||||");
	is(METRIC_N3, 0, 1);
	take(GOOD);
	is(METRIC_N3, 1, 2);
}

static void
columns_and_declared_rows_are_of_the_file(void **state)
{
	(void)state;
	measure_columns(&lane, UINT64_C(1) << 1);
	is(METRIC_N2, 4, 5);
	measure_declared(&lane, 100, 90);
	is(METRIC_C3, 90, 100);
	measure_declared(&lane, 100, 120);
	is(METRIC_C3, 190, 220);
}

/* The stamp of the source, and personal cells, by a standard of their own. */
static void
stamps_and_personal_cells(void **state)
{
	static const struct schema schema = { .nfields = 2, .period = -1 };
	struct expect_masks masks = { .personal = 2, .updated_at = 0 };
	struct row r = { .schema = &schema };

	(void)state;
	lane.masks = &masks;
	lane.schema = &schema;
	lane.dated = -1;
	r.marks.cleaned = 1;
	r.marks.filled = 3;
	r.value[0] = (struct value){ .kind = VALUE_TEXT,
		.text = "2016-03-01 08:00:00",
		.len = 19 };
	measure_row(&lane, &r);
	r.value[0].text = "2016-02-28 08:00:00";
	measure_row(&lane, &r);
	r.value[0].kind = VALUE_NULL;
	r.rejected = 1;
	measure_row(&lane, &r);
	is(METRIC_T2, 1, 2);
	is(METRIC_N5, 2, 2);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
		TEST(a_good_row_is_good_in_everything),
		TEST(what_cannot_be_said_has_no_denominator),
		TEST(codes_are_counted_by_cell_and_by_kind),
		TEST(a_conversion_to_nothing_is_no_code),
		TEST(placeholders_fill_no_mandatory_cell),
		TEST(a_condition_counts_where_it_holds),
		TEST(wrong_checks_count_and_masked_numbers_do_not),
		TEST(implausible_values_are_values),
		TEST(damaged_text_counts_once_a_row),
		TEST(fields_that_contradict_each_other_count_once_a_row),
		TEST(another_period_is_not_the_declared_one),
		TEST(a_quarter_has_its_months),
		TEST(no_declared_period_no_measure),
		TEST(a_rejected_row_does_not_pass),
		TEST(columns_and_declared_rows_are_of_the_file),
		TEST(stamps_and_personal_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
