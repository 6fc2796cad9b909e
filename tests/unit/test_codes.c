#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/codes.h"
#include "rules.h"

static struct codes *codes;

static int
open_codes(void **state)
{
	struct pack *p = rules_pack(NULL);
	struct err e;
	int rc = codes_read(p, &codes, &e);

	(void)state;
	pack_free(p);
	return rc;
}

static int
close_codes(void **state)
{
	(void)state;
	codes_free(codes);
	return 0;
}

/* "PAID", "PARTIAL?" for review, "PAID!" out of date, "-" none, "~label". */
static const char *
convert(const char *text, const char *day)
{
	static const char *const mark[] = { "", "?", "-", "!", "~" };
	static char out[64];
	struct code_set *s = codes_set(codes, "DEM", "payment_status", NULL);
	struct code_hit hit;
	enum code_verdict v;

	assert_non_null(s);
	v = code_find(s, text, strlen(text), day, &hit);
	if (v == CODE_UNKNOWN)
		snprintf(out, sizeof(out), "~%s",
		    hit.nearest != NULL ? hit.nearest : "");
	else
		snprintf(out, sizeof(out), "%s%s",
		    hit.code != NULL ? hit.code : "", mark[v]);
	return out;
}

static void
codes_convert_in_their_order(void **state)
{
	(void)state;
	assert_string_equal(convert("1", "2016-01-01"), "PAID");
	assert_string_equal(convert("１ ", "2016-01-01"), "PAID");
	assert_string_equal(convert("已缴", "2016-01-01"), "PAID");
	assert_string_equal(convert("①已缴", "2016-01-01"), "PAID");
	assert_string_equal(convert("1-已缴", "2016-01-01"), "PAID");
	assert_string_equal(convert("结清户", "2016-01-01"), "PAID");
	assert_string_equal(convert("缓缴三个月", "2016-01-01"), "UNPAID");
	assert_string_equal(convert("PAID", "2016-01-01"), "PAID");
	assert_string_equal(convert("已缴清", "2016-01-01"), "PAID");
}

static void
codes_follow_the_business_date(void **state)
{
	(void)state;
	assert_string_equal(convert("2", "2015-06-30"), "OVERDUE");
	assert_string_equal(convert("2", "2016-06-30"), "UNPAID");
	assert_string_equal(convert("2", "2015"), "OVERDUE");
	assert_string_equal(convert("2", "2015-12"), "OVERDUE");
	assert_string_equal(convert("2", "2016-Q1"), "UNPAID");
	assert_string_equal(convert("旧码", "2011-01-01"), "PAID");
	assert_string_equal(convert("旧码", "2016-01-01"), "PAID!");
}

static void
review_and_null_rows_say_so(void **state)
{
	(void)state;
	assert_string_equal(convert("部分", "2016-01-01"), "PARTIAL?");
	assert_string_equal(convert("未评", "2016-01-01"), "-");
}

static void
unknown_codes_name_the_nearest(void **state)
{
	(void)state;
	assert_string_equal(convert("已缴了", "2016-01-01"), "~已缴");
	assert_string_equal(convert("部分欠费", "2016-01-01"), "~部分缴费");
	assert_string_equal(convert("zzz", "2016-01-01"), "~");
	/* The second time it comes from memory. */
	assert_string_equal(convert("已缴了", "2016-01-01"), "~已缴");
}

static void
tables_of_another_office_do_not_count(void **state)
{
	struct code_set *s = codes_set(codes, "OTH", "payment_status", NULL);
	struct code_hit hit;

	(void)state;
	assert_int_equal(code_find(s, "1", 1, "2016-01-01", &hit), CODE_OK);
	assert_string_equal(hit.code, "UNPAID");
	assert_int_equal(code_find(s, "2", 1, "2016-01-01", &hit),
	    CODE_UNKNOWN);
}

static void
lists_are_known_by_both_names(void **state)
{
	struct code_set *s = codes_set(codes, "DEM", "pay", NULL);
	struct code_hit hit;

	(void)state;
	assert_true(codes_known(codes, "payment_status"));
	assert_false(codes_known(codes, "none"));
	assert_null(codes_set(codes, "DEM", "none", NULL));
	assert_int_equal(code_find(s, "结清", strlen("结清"), "", &hit),
	    CODE_OK);
	assert_string_equal(hit.code, "PAID");
	assert_string_equal(codes_label(codes, "tax_status", "ABNORMAL"),
	    "非正常");
	assert_null(codes_label(codes, "tax_status", "PAID"));
}

static void
standard_list_is_not_converted_to_another(void **state)
{
	struct code_set *own = codes_set(codes, "DEM", "op_code", NULL);
	struct code_set *to = codes_set(codes, "DEM", "op_flag", NULL);
	struct code_hit hit;

	(void)state;
	assert_int_equal(code_find(own, "1", 1, "", &hit), CODE_OK);
	assert_string_equal(hit.code, "1");
	assert_int_equal(code_find(own, "新增", strlen("新增"), "", &hit),
	    CODE_OK);
	assert_string_equal(hit.code, "1");
	assert_int_equal(code_find(to, "1", 1, "", &hit), CODE_OK);
	assert_string_equal(hit.code, "I");
}

static void
memory_of_texts_is_bounded(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "x%d", i);
		(void)convert(text, "2016-01-01");
	}
	assert_string_equal(convert("1", "2016-01-01"), "PAID");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_convert_in_their_order),
		cmocka_unit_test(codes_follow_the_business_date),
		cmocka_unit_test(review_and_null_rows_say_so),
		cmocka_unit_test(unknown_codes_name_the_nearest),
		cmocka_unit_test(tables_of_another_office_do_not_count),
		cmocka_unit_test(lists_are_known_by_both_names),
		cmocka_unit_test(standard_list_is_not_converted_to_another),
		cmocka_unit_test(memory_of_texts_is_bounded),
	};

	return cmocka_run_group_tests(tests, open_codes, close_codes);
}
