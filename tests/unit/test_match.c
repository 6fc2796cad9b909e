#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

static struct rules rules;

static int
open_rules(void **state)
{
	struct err e;

	(void)state;
	return rules_load(&rules, NULL, &e);
}

static int
close_rules(void **state)
{
	(void)state;
	rules_done(&rules);
	return 0;
}

/* The fields of a header line, "-" for none; "!code" where it is refused. */
static const char *
columns(const char *header)
{
	static char out[512];
	struct cell cell[RULES_CELLS];
	size_t n = rules_cells(header, cell);
	struct match *m;
	struct err e;
	size_t used = 0;

	if (match_columns(rules.bill, cell, n, &m, &e) == -1) {
		snprintf(out, sizeof(out), "!%s", e.code);
		return out;
	}
	assert_int_equal(match_count(m), n);
	for (size_t i = 0; i < n; i++) {
		int f = match_column(m, i)->field;

		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s",
		    i > 0 ? " " : "", f < 0 ? "-" : rules.bill->field[f].name);
	}
	match_free(m);
	return out;
}

static int64_t
unit(const char *header)
{
	struct cell cell = { header, strlen(header), -1 };
	struct match *m;
	struct err e;
	int64_t u;

	assert_int_equal(match_columns_for(rules.bill, rules.bill->key, 2,
			     ~UINT64_C(0), &cell, 1, &m, &e),
	    0);
	u = match_column(m, 0)->unit;
	match_free(m);
	return u;
}

/* The dataset of a file, or "!code". */
static const char *
dataset(const char *declared, const char *path, const char *header)
{
	static char out[64];
	struct cell cell[RULES_CELLS];
	size_t n = rules_cells(header, cell);
	const struct schema *s;
	struct err e;

	if (match_dataset(rules.schemas, "DEM", declared, path, cell, n, &s,
		&e) == 0)
		return s->dataset;
	snprintf(out, sizeof(out), "!%s", e.code);
	return out;
}

static void
headers_match_by_title_name_and_synonym(void **state)
{
	(void)state;
	assert_string_equal(columns("用户号|账期|entity_name|应收金额"),
	    "account_no bill_period entity_name amount_due");
	assert_string_equal(columns(" 用 户 号 |ＹＨＨ2|*账期|户名："),
	    "account_no - bill_period entity_name");
	assert_string_equal(columns("yhh|抄表年月|颜色"),
	    "account_no bill_period -");
}

static void
units_in_headers_are_split_off(void **state)
{
	(void)state;
	assert_string_equal(columns("户号|应缴金额(元)|用水量（吨）|金额:元"),
	    "account_no amount_due usage_qty -");
	assert_int_equal(unit("应缴金额(元)"), 100);
	assert_int_equal(unit("应缴金额（万元）"), 1000000);
	assert_int_equal(unit("应缴金额"), 0);
	assert_int_equal(unit("用水量(吨)"), 0);
}

static void
better_name_of_a_field_wins(void **state)
{
	(void)state;
	assert_string_equal(columns("户号|金额|应缴金额"),
	    "account_no - amount_due");
	assert_string_equal(columns("户号|金额|应收金额"),
	    "account_no - amount_due");
	assert_string_equal(columns("户号|应缴金额|金额"),
	    "account_no amount_due -");
}

static void
same_header_twice_is_refused(void **state)
{
	(void)state;
	assert_string_equal(columns("户号|账期|户号"), "!column_twice");
	/* Columns that nobody wants may stand there as often as they like. */
	assert_string_equal(columns("户号|颜色|颜色"), "account_no - -");
}

static void
key_column_missing_is_refused_by_name(void **state)
{
	struct cell cell[RULES_CELLS];
	size_t n = rules_cells("户名|账期|应缴金额", cell);
	struct match *m;
	struct err e;

	(void)state;
	assert_int_equal(match_columns(rules.bill, cell, n, &m, &e), -1);
	assert_int_equal(e.kind, ERR_SENDER);
	assert_string_equal(e.code, "column_key_missing");
	assert_non_null(strstr(e.zh, "用户号（户号、YHH）"));
	/* The file's name may say the period. */
	assert_string_equal(columns("户号"), "account_no");
	/* Another key will do. */
	assert_string_equal(columns("信用代码"), "uscc");
}

static void
header_rows_are_told_from_data(void **state)
{
	struct cell cell[RULES_CELLS];
	size_t n = rules_cells("户号|户名|发布日期|泉州|", cell);

	(void)state;
	assert_int_equal(match_headers(rules.schemas, "DEM", cell, n), 3);
	assert_int_equal(match_headers(rules.schemas, "OTH", cell, n), 0);
}

static void
dataset_is_what_the_package_says(void **state)
{
	(void)state;
	assert_string_equal(dataset("demo_note", "demo_bill.csv", "户号|账期"),
	    "demo_note");
	assert_string_equal(dataset("演示公告", "x.csv", "户号|账期"),
	    "demo_note");
	assert_string_equal(dataset("water", "demo_bill.csv", "户号|账期"),
	    "!dataset_declared");
}

static void
dataset_is_what_the_name_says(void **state)
{
	(void)state;
	assert_string_equal(dataset(NULL, "a/DEMO_NOTE-2014.csv", "户号|账期"),
	    "demo_note");
	assert_string_equal(dataset(NULL, "2014年演示缴费.xlsx", "x"),
	    "demo_bill");
	/* The longest name counts. */
	assert_string_equal(dataset(NULL, "demo_bill演示公告.csv", "x"),
	    "demo_note");
}

static void
dataset_is_what_the_headers_say(void **state)
{
	(void)state;
	assert_string_equal(dataset(NULL, "a.csv", "户名|户号|账期|金额"),
	    "demo_bill");
	assert_string_equal(dataset(NULL, "a.csv", "户名|发布日期|内容"),
	    "demo_note");
	assert_string_equal(dataset(NULL, "a.csv", "甲|乙|丙"),
	    "!dataset_unknown");
	assert_string_equal(dataset(NULL, "a.csv", "户名|甲|乙"),
	    "!dataset_unknown");
}

static void
period_is(const char *path, const char *want)
{
	char buf[16] = "";

	assert_int_equal(match_period(path, buf), want[0] == '\0' ? -1 : 0);
	assert_string_equal(buf, want);
}

static void
period_is_found_in_names(void **state)
{
	(void)state;
	period_is("water-2014-03.csv", "2014-03");
	period_is("201403.csv", "2014-03");
	period_is("20140331.csv", "2014-03");
	period_is("2014年3月用水.csv", "2014-03");
	period_is("用水2014年12月.xlsx", "2014-12");
	period_is("2014Q1.csv", "2014-Q1");
	period_is("2014年第一季度.csv", "2014-Q1");
	period_is("2014年4季度.csv", "2014-Q4");
	period_is("2013年度.csv", "2013");
	period_is("2016-01/ysjf.csv", "2016-01");
	period_is("2016-01/2015年.csv", "2015");
	period_is("a2014_3b.csv", "2014-03");
	period_is("ysjf.csv", "");
	period_is("91350502MA2Y3AN1X7.csv", "");
	period_is("201413.csv", "");
	period_is("35050220140.csv", "");
	period_is("", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_match_by_title_name_and_synonym),
		cmocka_unit_test(units_in_headers_are_split_off),
		cmocka_unit_test(better_name_of_a_field_wins),
		cmocka_unit_test(same_header_twice_is_refused),
		cmocka_unit_test(key_column_missing_is_refused_by_name),
		cmocka_unit_test(header_rows_are_told_from_data),
		cmocka_unit_test(dataset_is_what_the_package_says),
		cmocka_unit_test(dataset_is_what_the_name_says),
		cmocka_unit_test(dataset_is_what_the_headers_say),
		cmocka_unit_test(period_is_found_in_names),
	};

	return cmocka_run_group_tests(tests, open_rules, close_rules);
}
