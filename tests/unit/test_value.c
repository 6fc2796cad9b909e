#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "form/date.h"
#include "form/docno.h"
#include "form/name.h"
#include "form/phone.h"
#include "form/value.h"
#include "vectors.h"

static void
date_says(const char *s, char *out)
{
	static const char *const precision[] = { "", "|M", "|Y" };
	enum date_precision p = DATE_DAY;
	enum value_verdict v;

	v = value_date(s, strlen(s), DATE_SERIAL_1900, out, &p);
	if (v == VALUE_OK)
		strcat(out, precision[p]);
	else
		strcpy(out, v == VALUE_OPEN                         ? "|OPEN"
			    : v == VALUE_EMPTY || v == VALUE_FILLER ? "NULL"
								    : "ERROR");
}

/* Yuan are compared as numbers: the vectors keep places as they came. */
static void
money_says(const char *s, int64_t unit, const char *want, char *out)
{
	char currency[4], text[VALUE_MONEY_SIZE];
	int64_t fen = 0;
	enum value_verdict v;

	v = value_money(s, strlen(s), unit, &fen, currency);
	if (v == VALUE_EMPTY)
		strcpy(out, "NULL");
	else if (v != VALUE_OK)
		strcpy(out, "ERROR");
	else {
		const char *dot = strchr(want, '.');

		value_money_text(fen, text, sizeof(text));
		if (dot == NULL && strcmp(strchr(text, '.'), ".00") == 0)
			*strchr(text, '.') = '\0';
		else if (dot != NULL && dot[2] == ' ')
			text[strlen(text) - 1] = '\0';
		sprintf(out, "%s %s", text, currency);
	}
}

static void
docno_says(enum docno kind, const char *text, char *out)
{
	static const char *const words[] = { "", "|OLD", "|NEW2016", "" };

	sprintf(out, "%s%s", kind == DOCNO_BAD ? "ERROR" : text, words[kind]);
}

static void
phone_says(const char *s, char *out)
{
	struct phone list[PHONE_MOST];
	size_t n = phone_list(s, strlen(s), list);

	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		sprintf(out + strlen(out), "%s%s %s", i > 0 ? ";" : "",
		    phone_kind_name(list[i].kind), list[i].number);
}

static void
name_says(const char *kind, const char *s, char *out)
{
	static struct name_keys k;

	assert_int_equal(name_keys(s, strlen(s), &k), 0);
	strcpy(out, strcmp(kind, "name_k1") == 0   ? k.k1
		    : strcmp(kind, "name_k2") == 0 ? k.k2
		    : strcmp(kind, "name_k3") == 0 ? k.k3
						   : k.former);
}

static void
every_published_vector_is_normalised(void **state)
{
	FILE *f = vectors_open("normalize_vectors.csv");
	struct vector v;
	char got[1024], text[256];
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	while (vectors_next(f, &v)) {
		const char *kind = v.cell[0], *s = v.cell[1];
		int wan = strstr(v.cell[3], "default_unit") != NULL;

		n++;
		if (strcmp(kind, "date") == 0)
			date_says(s, got);
		else if (strcmp(kind, "amount") == 0)
			money_says(s, wan ? 10000 : 1, v.cell[2], got);
		else if (strcmp(kind, "case_no") == 0)
			docno_says(docno_case(s, strlen(s), text, 256), text,
			    got);
		else if (strcmp(kind, "doc_no") == 0)
			docno_says(docno_decision(s, strlen(s), text, 256),
			    text, got);
		else if (strcmp(kind, "phone") == 0)
			phone_says(s, got);
		else
			name_says(kind, s, got);
		if (strcmp(got, v.cell[2]) != 0)
			fail_msg("%s %s: %s, not %s", kind, s, got, v.cell[2]);
	}
	fclose(f);
	assert_int_equal(n, 64);
}

static void
a_refused_date_says_why(void **state)
{
	static const struct {
		const char *text;
		enum value_verdict verdict;
	} cases[] = {
		{ "2014-02-30", VALUE_NO_DAY },
		{ "2015/11/32", VALUE_NO_DAY },
		{ "2013-13-07", VALUE_NO_DAY },
		{ "20140230", VALUE_NO_DAY },
		{ "2014年13月1日", VALUE_NO_DAY },
		{ "2014年2月30", VALUE_NO_DAY },
		{ "14-01-08", VALUE_SHORT_YEAR },
		{ "0/0/0", VALUE_FORMAT },
		{ "民国103年1月8日", VALUE_SHORT_YEAR },
		{ "0214-01-08", VALUE_YEAR_RANGE },
		{ "", VALUE_EMPTY },
		{ " - ", VALUE_EMPTY },
		{ "0", VALUE_FILLER },
		{ "1900-01-00", VALUE_FILLER },
		{ "2099-12-31", VALUE_OPEN },
		{ "长期有效", VALUE_OPEN },
		{ "#VALUE!", VALUE_SHEET_ERROR },
		{ "########", VALUE_SHEET_ERROR },
		{ "明天", VALUE_FORMAT },
		{ "2014-01-08 25:00", VALUE_FORMAT },
		{ "9999", VALUE_FORMAT },
		{ "2000-02-29", VALUE_OK },
		{ "1900-02-29", VALUE_NO_DAY },
		{ "2014.1.8 ", VALUE_OK },
		{ "2014年1月8日 10:30", VALUE_OK },
		{ "２０１４－１－８", VALUE_OK },
		{ "2014 年 1 月 8 日", VALUE_OK },
	};
	char out[DATE_SIZE];
	enum date_precision p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum value_verdict v = value_date(cases[i].text,
		    strlen(cases[i].text), DATE_SERIAL_1900, out, &p);

		if (v != cases[i].verdict)
			fail_msg("%s: %s", cases[i].text,
			    value_verdict_name(v));
		assert_int_equal(out[0] != '\0', v == VALUE_OK);
	}
}

/* 1 January 1927 or so to the end of the century, day by day. */
static void
every_serial_is_the_day_after_the_one_before(void **state)
{
	unsigned year = 0, month = 0, day = 0;

	(void)state;
	for (unsigned serial = 10000; serial < 73050; serial++) {
		char text[16], out[DATE_SIZE];
		enum date_precision p;
		unsigned y, m, d;
		int len = snprintf(text, sizeof(text), "%u", serial);

		assert_int_equal(value_date(text, (size_t)len, DATE_SERIAL_1900,
				     out, &p),
		    VALUE_OK);
		y = (unsigned)strtoul(out, NULL, 10);
		m = (unsigned)strtoul(out + 5, NULL, 10);
		d = (unsigned)strtoul(out + 8, NULL, 10);
		assert_true(date_exists(y, m, d));
		if (year != 0 && date_exists(year, month, day + 1))
			assert_true(y == year && m == month && d == day + 1);
		else if (year != 0)
			assert_true(d == 1 &&
				    (m == month + 1 || (m == 1 && month == 12 &&
							   y == year + 1)));
		year = y;
		month = m;
		day = d;
	}
	assert_int_equal(year, 2099);
}

static void
the_two_workbook_systems_differ_by_1462_days(void **state)
{
	char a[DATE_SIZE], b[DATE_SIZE];
	enum date_precision p;

	(void)state;
	assert_int_equal(value_date("41647", 5, DATE_SERIAL_1900, a, &p), 0);
	assert_int_equal(value_date("40185", 5, DATE_SERIAL_1904, b, &p), 0);
	assert_string_equal(a, "2014-01-08");
	assert_string_equal(b, a);
	assert_int_equal(value_date("41647", 5, DATE_SERIAL_NO, a, &p),
	    VALUE_FORMAT);
	assert_int_equal(value_datetime("41647.5", 7, DATE_SERIAL_1900, a, &p),
	    VALUE_OK);
	assert_string_equal(a, "2014-01-08 12:00:00");
}

static void
a_month_has_many_spellings(void **state)
{
	static const char *const spellings[] = { "2014-03", "201403",
		"2014年3月", "2014/3", "2014.03", "2014-03-31", "20140301",
		"2014年03月份", "二〇一四年三月", "２０１４年３月" };
	static const char *const quarters[] = { "2014Q1", "2014-Q1",
		"2014年第1季度", "2014年一季度", "2014年第一季度" };
	char out[DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		assert_int_equal(value_period(spellings[i],
				     strlen(spellings[i]), DATE_SERIAL_NO, out),
		    VALUE_OK);
		assert_string_equal(out, "2014-03");
	}
	for (size_t i = 0; i < sizeof(quarters) / sizeof(*quarters); i++) {
		assert_int_equal(value_quarter(quarters[i], strlen(quarters[i]),
				     out),
		    VALUE_OK);
		assert_string_equal(out, "2014-Q1");
	}
	assert_int_equal(value_period("2014", 4, DATE_SERIAL_NO, out),
	    VALUE_FORMAT);
	assert_int_equal(value_period("2014-13", 7, DATE_SERIAL_NO, out),
	    VALUE_NO_DAY);
	assert_int_equal(value_quarter("2014Q5", 6, out), VALUE_FORMAT);
}

static void
amounts_are_exact_to_the_fen(void **state)
{
	static const struct {
		const char *text;
		int64_t unit;
		int64_t fen;
	} cases[] = {
		{ "3.6(万元人民币)", 10000, 3600000 },
		{ "0万元", 1, 0 },
		{ "155.88万", 10000, 155880000 },
		{ "177.53", 10000, 177530000 },
		{ "0.29", 1, 29 },
		{ "1.005", 1, 101 },
		{ "-0.005", 1, -1 },
		{ "177.53000000000001", 1, 17753 },
		{ "伍分", 1, 5 },
		{ "叁角伍分", 1, 35 },
		{ "伍佰零伍分", 1, 50005 },
		{ "壹佰", 10000, 100000000 },
		{ "壹佰元", 10000, 10000 },
		{ "90071992547409.93", 1, 9007199254740993 },
		{ "92233720368547758.07", 1, INT64_MAX },
		{ "-￥5", 1, -500 },
		{ "1，２３４", 1, 123400 },
		{ "5百万元", 1, 500000000 },
		{ "(3万元)", 1, -3000000 },
	};
	char currency[4];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t fen = -9;
		enum value_verdict v = value_money(cases[i].text,
		    strlen(cases[i].text), cases[i].unit, &fen, currency);

		if (v != VALUE_OK || fen != cases[i].fen)
			fail_msg("%s: %s, %lld", cases[i].text,
			    value_verdict_name(v), (long long)fen);
	}
}

static void
a_refused_amount_says_why(void **state)
{
	static const struct {
		const char *text;
		enum value_verdict verdict;
	} cases[] = {
		{ "12,34", VALUE_GROUPING },
		{ "1.234,56", VALUE_GROUPING },
		{ "一百万元左右", VALUE_VAGUE },
		{ "约伍拾", VALUE_VAGUE },
		{ "100万以上", VALUE_VAGUE },
		{ "详见附件", VALUE_FORMAT },
		{ "#VALUE!", VALUE_SHEET_ERROR },
		{ "1.08E+07", VALUE_SCIENTIFIC },
		{ "92233720368547758.08", VALUE_RANGE },
		{ "元", VALUE_FORMAT },
		{ "999999999999亿", VALUE_RANGE },
		{ "", VALUE_EMPTY },
		{ "待定", VALUE_FORMAT },
		{ "壹贰佰元", VALUE_FORMAT },
	};
	char currency[4];
	int64_t fen = -9;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum value_verdict v = value_money(cases[i].text,
		    strlen(cases[i].text), 1, &fen, currency);

		if (v != cases[i].verdict)
			fail_msg("%s: %s", cases[i].text,
			    value_verdict_name(v));
		assert_int_equal(fen, -9);
	}
}

static void
what_is_written_as_yuan_reads_back(void **state)
{
	static const int64_t fens[] = { 0, 1, -1, 99, 100, -100, 123456789,
		INT64_MAX, -INT64_MAX };
	char text[VALUE_MONEY_SIZE], currency[4];

	(void)state;
	for (size_t i = 0; i < sizeof(fens) / sizeof(fens[0]); i++) {
		size_t len = value_money_text(fens[i], text, sizeof(text));
		int64_t fen = 7;

		assert_int_equal(value_money(text, len, 1, &fen, currency), 0);
		assert_true(fen == fens[i]);
	}
}

static void
numbers_are_whole_or_are_not(void **state)
{
	int64_t n = 0;
	double x = 0;
	int year = 0, yes = 9;

	(void)state;
	assert_int_equal(value_int("1,234", 5, &n), VALUE_OK);
	assert_int_equal(n, 1234);
	assert_int_equal(value_int("2015.0", 6, &n), VALUE_OK);
	assert_int_equal(n, 2015);
	assert_int_equal(value_int("１９", 6, &n), VALUE_OK);
	assert_int_equal(n, 19);
	assert_int_equal(value_int("1.5", 3, &n), VALUE_FRACTION);
	assert_int_equal(value_int("9223372036854775808", 19, &n), VALUE_RANGE);
	assert_int_equal(value_int("12人", 5, &n), VALUE_FORMAT);
	assert_int_equal(value_decimal("-12.50", 6, &x), VALUE_OK);
	assert_true(x == -12.5);
	assert_int_equal(value_decimal("12.5%", 5, &x), VALUE_OK);
	assert_true(x == 0.125);
	assert_int_equal(value_decimal("0.1000000000000000055", 21, &x), 0);
	assert_true(x == 0.1);
	assert_int_equal(value_decimal("%", 1, &x), VALUE_FORMAT);
	assert_int_equal(value_year("2015.0", 6, &year), VALUE_OK);
	assert_int_equal(value_year("2015年度", 10, &year), VALUE_OK);
	assert_int_equal(year, 2015);
	assert_int_equal(value_year("15", 2, &year), VALUE_FORMAT);
	assert_int_equal(value_bool("无", 3, &yes), VALUE_OK);
	assert_int_equal(yes, 0);
	assert_int_equal(value_bool("ｙｅｓ", 9, &yes), VALUE_OK);
	assert_int_equal(yes, 1);
	assert_int_equal(value_bool("-", 1, &yes), VALUE_EMPTY);
}

static void
a_header_names_its_unit(void **state)
{
	(void)state;
	assert_int_equal(value_unit_of("注册资本(万元)", 20), 10000);
	assert_int_equal(value_unit_of("罚款金额（万元）", 24), 10000);
	assert_int_equal(value_unit_of("金额(元)", 11), 1);
	assert_int_equal(value_unit_of("金额", 6), 1);
	assert_int_equal(value_unit_of("余额（亿元）", 18), 100000000);
	assert_int_equal(value_unit_of("余额(万元人民币)", 23), 10000);
}

static void
a_branch_and_a_renamed_firm_keep_what_tells_them_apart(void **state)
{
	static struct name_keys k;
	const char *s = "泉州東方貿易有限責任公司（已注销）";

	(void)state;
	assert_int_equal(name_keys(s, strlen(s), &k), 0);
	assert_string_equal(k.note, "已注销");
	assert_string_equal(k.display, "泉州東方貿易有限責任公司");
	assert_string_equal(k.k2, "泉州东方贸易有限公司");
	assert_string_equal(k.k3, "东方贸易");
	s = "某某（福建）茶业有限公司石狮分公司";
	assert_int_equal(name_keys(s, strlen(s), &k), 0);
	assert_true(k.branch);
	s = "甲乙(原味)有限公司(原丙)";
	assert_int_equal(name_keys(s, strlen(s), &k), 0);
	assert_string_equal(k.former, "");
	assert_int_equal(name_keys("", 0, &k), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_vector_is_normalised),
		cmocka_unit_test(a_refused_date_says_why),
		cmocka_unit_test(every_serial_is_the_day_after_the_one_before),
		cmocka_unit_test(the_two_workbook_systems_differ_by_1462_days),
		cmocka_unit_test(a_month_has_many_spellings),
		cmocka_unit_test(amounts_are_exact_to_the_fen),
		cmocka_unit_test(a_refused_amount_says_why),
		cmocka_unit_test(what_is_written_as_yuan_reads_back),
		cmocka_unit_test(numbers_are_whole_or_are_not),
		cmocka_unit_test(a_header_names_its_unit),
		cmocka_unit_test(
		    a_branch_and_a_renamed_firm_keep_what_tells_them_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
