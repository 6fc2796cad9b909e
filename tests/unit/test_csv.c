#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "form/csv.h"
#include "sys/buf.h"
#include "sys/mem.h"

/*
 * A text as the reader sees it: record/line[fault@line]:field|field per row,
 * fed in pieces of the given length.
 */
static const char *
told(const char *text, size_t len, size_t piece, const struct csv_limits *l,
    size_t expect)
{
	static char line[65536];
	struct buf b;
	struct csv c;
	struct csv_row r;
	size_t at = 0;

	csv_init(&c, l);
	csv_expect(&c, expect);
	buf_init(&b, sizeof(line) - 1);
	for (;;) {
		size_t n = len - at < piece ? len - at : piece;

		csv_feed(&c, text + at, n, at + n == len);
		at += n;
		while (csv_next(&c, &r) == 1) {
			buf_printf(&b, "%d/%d", (int)r.record, (int)r.line);
			if (r.fault != CSV_FINE)
				buf_printf(&b, "[%s@%d]",
				    csv_fault_code(r.fault), (int)r.fault_line);
			for (size_t i = 0; i < r.n; i++) {
				buf_addch(&b, i == 0 ? ':' : '|');
				buf_add(&b, r.field[i].data, r.field[i].len);
			}
			buf_addch(&b, ';');
		}
		if (at == len)
			break;
	}
	memcpy(line, b.data == NULL ? "" : b.data, b.len + 1);
	buf_done(&b);
	csv_done(&c);
	return line;
}

static void
says_limits(const char *text, size_t len, const struct csv_limits *l,
    size_t expect, const char *want)
{
	static const size_t piece[] = { 1, 2, 3, 7, 1000000 };

	for (size_t i = 0; i < sizeof(piece) / sizeof(*piece); i++)
		assert_string_equal(told(text, len, piece[i], l, expect), want);
}

static void
says(const char *text, const char *want)
{
	says_limits(text, strlen(text), &csv_limits_default, 0, want);
}

static void
csv_reads_any_line_end(void **state)
{
	(void)state;
	says("a,b\nc,d\r\ne,f\rg,h", "1/1:a|b;2/2:c|d;3/3:e|f;4/4:g|h;");
	says("a,b\r\n\r\nc,d\r\n", "1/1:a|b;3/3:c|d;");
	says("a,b\r\rc,d\r", "1/1:a|b;3/3:c|d;");
	says("", "");
	says("\n\n", "");
	says("a,b\n1,\n", "1/1:a|b;2/2:1|;");
	says("a,b\n1,", "1/1:a|b;2/2:1|;");
}

static void
csv_detects_the_separator(void **state)
{
	(void)state;
	says("a\tb\n1,5\t2\n", "1/1:a|b;2/2:1,5|2;");
	says("a;b;c\n1,5;2,5;3,5\n", "1/1:a|b|c;2/2:1,5|2,5|3,5;");
	says("x|y\n1|2\n", "1/1:x|y;2/2:1|2;");
	says("title, of it\nx|y|z\n1|2|3\n4|5|6\n",
	    "1/1:title, of it;2/2:x|y|z;3/3:1|2|3;4/4:4|5|6;");
	says("\"a;b;c\",d\n\"e;f;g\",h\n", "1/1:a;b;c|d;2/2:e;f;g|h;");
	says("sep=;\r\na;b,c\r\n", "2/2:a|b,c;");
}

static void
csv_reads_quotes_as_rfc_4180_has_them(void **state)
{
	(void)state;
	says("\"a\"\"b\",\"\",\"c,d\"\n", "1/1:a\"b||c,d;");
	says("a,\"x\r\ny\nz\",b\nc,d,e\n", "1/1:a|x\r\ny\nz|b;2/4:c|d|e;");
	says("5\" pipe,a\"b\n", "1/1:5\" pipe|a\"b;");
	says("\"a\" ,b\n", "1/1:a|b;");
	says("=\"0123\",'0123\n", "1/1:=\"0123\"|'0123;");
	says("\"\"\"\"\n", "1/1:\";");
}

static void
csv_passes_over_blank_rows_but_numbers_them(void **state)
{
	(void)state;
	says("\357\273\277a,b\n,,\n \t,　\nc,d\n\x1a", "1/1:a|b;4/4:c|d;");
}

/* frictionless#1048: a runaway quote hid the rest of the file. */
static void
csv_loses_one_row_to_a_quote_that_is_never_closed(void **state)
{
	(void)state;
	says("a,b\n1,\"x\n2,y\n3,z\n",
	    "1/1:a|b;2/2[csv_quote@2]:1|\"x;3/3:2|y;4/4:3|z;");
	says("a,b\n1,\"x\n2,\"y\"\n3,z\n",
	    "1/1:a|b;2/2[csv_quote@2]:1|\"x;3/3:2|y;4/4:3|z;");
	says("a,b,c\n\"1\n1\",\"x,\"\"\n2,y,z\n",
	    "1/1:a|b|c;2/2[csv_quote@3]:1\n1|\"x|\"\";3/4:2|y|z;");
}

static void
csv_finds_a_quote_that_another_one_closed_by_the_rows_inside(void **state)
{
	static const char text[] = "a,b,c\n1,\"x,1\n2,y,2\n3,z\",3,4\n5,u,5\n";

	(void)state;
	says_limits(text, strlen(text), &csv_limits_default, 3,
	    "1/1:a|b|c;2/2[csv_quote@2]:1|\"x|1;3/3:2|y|2;4/4:3|z\"|3|4;"
	    "5/5:5|u|5;");
}

static void
csv_gives_up_on_a_quote_after_so_many_lines(void **state)
{
	struct csv_limits l = csv_limits_default;

	(void)state;
	l.quote_lines = 2;
	says_limits("a,\"b\nc\nd\ne\"\nf\n", 14, &l, 0,
	    "1/1[csv_quote@1]:a|\"b;2/2:c;3/3:d;4/4:e\";5/5:f;");
	l = csv_limits_default;
	l.quote_bytes = 4;
	says_limits("a,\"bcdefgh\"\nc,d\n", 16, &l, 0,
	    "1/1[csv_quote@1]:a|\"bcdefgh\";2/2:c|d;");
}

static void
csv_tells_text_behind_a_closing_quote(void **state)
{
	(void)state;
	says("\"a\"b,c\nd,e\n", "1/1[csv_after_quote@1]:\"a\"b|c;2/2:d|e;");
}

static void
csv_tells_nul_bytes_long_rows_and_too_many_fields(void **state)
{
	struct csv_limits l = csv_limits_default;

	(void)state;
	assert_memory_equal(told("a,b\nx\0y,z\nc,d\n", 14, 3, &l, 0),
	    "1/1:a|b;2/2[csv_nul@2]:x\0y|z;3/3:c|d;", 38);
	assert_memory_equal(told("a,b\n\"x\0y\",z\nc,d\n", 16, 3, &l, 0),
	    "1/1:a|b;2/2[csv_nul@2]:x\0y|z;3/3:c|d;", 38);
	l.fields = 2;
	says_limits("a,b,\"c\nd\"\ne,f\n", 14, &l, 0,
	    "1/1[csv_fields@1]:a|b;2/3:e|f;");
	says_limits("a,b,\"c\nd,f\n", 11, &l, 0,
	    "1/1[csv_quote@1]:a|b;2/2:d|f;");
	l = csv_limits_default;
	l.row_bytes = 8;
	assert_string_equal(told("a,b\nabcdefghijklmnop,q\nc,d\n", 27, 100, &l,
				0),
	    "1/1:a|b;2/2[csv_long@2]:abcdefghijklmnop|q;3/3:c|d;");
	assert_non_null(
	    strstr(told("a,b\nabcdefghijklmnop,q\nc,d\n", 27, 2, &l, 0),
		";3/3:c|d;"));
}

static struct csv_row *
row_of(const char *text)
{
	struct csv c;
	struct csv_row r;
	struct csv_row *copy;

	csv_init(&c, &csv_limits_default);
	csv_feed(&c, text, strlen(text), 1);
	assert_int_equal(csv_next(&c, &r), 1);
	copy = csv_row_copy(&r);
	csv_done(&c);
	return copy;
}

static size_t
knows(void *arg, const struct csv_row *r)
{
	size_t n = 0;

	(void)arg;
	for (size_t i = 0; i < r->n; i++)
		n += r->field[i].len == 6 &&
		     (memcmp(r->field[i].data, "户名", 6) == 0 ||
			 memcmp(r->field[i].data, "户号", 6) == 0);
	return n;
}

static size_t
knows_none(void *arg, const struct csv_row *r)
{
	(void)arg;
	(void)r;
	return 0;
}

static void
csv_header_is_the_row_with_most_known_names(void **state)
{
	static const char *const text[] = { "2016年3月水费", "户名,,",
		"户号,户名,金额", "1,a,2", "2,b,3" };
	struct csv_row *row[5];
	size_t known;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		row[i] = row_of(text[i]);
	assert_int_equal(csv_header((const struct csv_row *const *)row, 5,
			     knows, NULL, &known),
	    2);
	assert_int_equal(known, 2);
	assert_int_equal(csv_header((const struct csv_row *const *)row, 5,
			     knows_none, NULL, &known),
	    2);
	assert_int_equal(known, 0);
	for (size_t i = 0; i < 5; i++)
		free(row[i]);
}

static void
csv_tells_totals_and_notes_from_rows(void **state)
{
	static const struct {
		const char *text;
		int total;
		int note;
	} cases[] = {
		{ "合计,,12", 1, 0 },
		{ ",合　计,12", 1, 0 },
		{ "小 计：3户,,", 1, 0 },
		{ "Total,3,4", 1, 0 },
		{ "合计科技有限公司,a,b", 0, 0 },
		{ "总计12户", 1, 0 },
		{ "填报单位：市自来水公司,,,", 0, 1 },
		{ "制表人:张三,,审核人:李四,", 0, 1 },
		{ "备注,说明,a", 0, 0 },
		{ "1,合计,3", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct csv_row *r = row_of(cases[i].text);

		if (csv_is_total(r) != cases[i].total ||
		    csv_is_note(r) != cases[i].note)
			fail_msg("%s", cases[i].text);
		free(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_reads_any_line_end),
		cmocka_unit_test(csv_detects_the_separator),
		cmocka_unit_test(csv_reads_quotes_as_rfc_4180_has_them),
		cmocka_unit_test(csv_passes_over_blank_rows_but_numbers_them),
		cmocka_unit_test(
		    csv_loses_one_row_to_a_quote_that_is_never_closed),
		cmocka_unit_test(
		    csv_finds_a_quote_that_another_one_closed_by_the_rows_inside),
		cmocka_unit_test(csv_gives_up_on_a_quote_after_so_many_lines),
		cmocka_unit_test(csv_tells_text_behind_a_closing_quote),
		cmocka_unit_test(
		    csv_tells_nul_bytes_long_rows_and_too_many_fields),
		cmocka_unit_test(csv_header_is_the_row_with_most_known_names),
		cmocka_unit_test(csv_tells_totals_and_notes_from_rows),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
