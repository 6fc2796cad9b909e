#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "form/csv_write.h"
#include "form/html_report.h"
#include "form/mask.h"
#include "form/returned.h"
#include "form/svg.h"
#include "form/xlsx_returned.h"
#include "quality/tally.h"
#include "sys/file.h"

static struct buf out;

static const char *
masked(const char *s)
{
	buf_clear(&out);
	mask_put(&out, s, strlen(s));
	return out.data;
}

static void
personal_values_keep_their_ends(void **state)
{
	(void)state;
	assert_string_equal(masked("350581189001010014"), "350581********0014");
	assert_string_equal(masked("13805951234"), "138****1234");
	assert_string_equal(masked("陈小明"), "陈**");
	assert_string_equal(masked("x"), "*");
	assert_true(mask_is_rid("350581189001010014", 18));
	assert_false(mask_is_rid("350502100181468", 15));
}

static void
sentence_covers_every_place_of_a_value(void **state)
{
	(void)state;
	buf_clear(&out);
	assert_true(mask_within(&out, "“陈小明”与“陈小明”", "陈小明"));
	assert_string_equal(out.data, "“陈**”与“陈**”");
	assert_false(mask_within(&out, "nothing", "陈小明"));
}

static void
counts_of_rules_follow_their_order(void **state)
{
	struct tally *t = tally_new();
	struct tally_finding f = { "d", "a", "A", "warns", 1, 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)tally_add(t, &f);
	f = (struct tally_finding){ "d", "b", "B", "rejects", 0, 1 };
	(void)tally_add(t, &f);
	f.field = "a";
	(void)tally_add(t, &f);
	tally_sort(t);
	assert_int_equal(t->nrules, 2);
	assert_string_equal(t->rule[0]->rule, "rejects");
	assert_int_equal(t->rule[0]->count, 2);
	assert_string_equal(t->field[0].field, "a");
	assert_int_equal(t->field[0].count, 4);
	assert_int_equal(t->field[0].by_rule[0], 1);
	assert_int_equal(t->field[0].by_rule[1], 3);
	tally_free(t);
}

static void
charts_escape_what_is_foreign(void **state)
{
	const struct svg_point p = { "<b>&\"", 0.5, "good" };

	(void)state;
	buf_clear(&out);
	svg_trend(&out, "<zh>", "<en>", &p, 1);
	assert_null(strstr(out.data, "<b>"));
	assert_null(strstr(out.data, "<zh>"));
	assert_non_null(strstr(out.data, "&lt;b&gt;&amp;&quot;"));
}

static void
numbers_are_not_rounded_to_what_they_are_not(void **state)
{
	(void)state;
	buf_clear(&out);
	html_percent(&out, 0.99999);
	html_count(&out, 1234567);
	html_count(&out, -123);
	html_percent(&out, -1);
	assert_string_equal(out.data, "99.9 %1,234,567-123—");
}

/* ---- returned rows ---- */

static struct csv_row
row_of(struct csv_field *f, const char *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		f[i] = (struct csv_field){ text[i], strlen(text[i]) };
	return (struct csv_row){ .field = f, .n = n };
}

static void
returned_rows_are_known_by_their_columns(void **state)
{
	const char *head[8],
	    *one[] = { "01A", "a.csv", "12", "", "", "", "", "x" };
	struct csv_field f[8];
	struct csv_row row;
	struct returned r;

	(void)state;
	memcpy(head, returned_header, sizeof(returned_header));
	head[7] = "户名";
	row = row_of(f, head, 8);
	assert_true(returned_is_header(&row));
	row.n = 7;
	assert_false(returned_is_header(&row));
	row = row_of(f, one, 8);
	assert_int_equal(returned_read(&row, &r), 0);
	assert_string_equal(r.path, "a.csv");
	assert_int_equal(r.row, 12);
	one[2] = "12.0";
	row = row_of(f, one, 8);
	assert_int_equal(returned_read(&row, &r), 0);
	one[2] = "12a";
	row = row_of(f, one, 8);
	assert_int_equal(returned_read(&row, &r), -1);
}

static void
write_book(const char *path)
{
	const char *head[8], *one[] = { "01A", "a.csv", "12", "户名", "rule",
		"原因", "why", "'=1+1" };
	const struct xlsx_fault fault = { 0, "不好", "bad" };
	struct xlsx_returned *x;
	struct csv_field f[8];
	struct csv_row row;
	struct err e;

	memcpy(head, returned_header, sizeof(returned_header));
	head[7] = "户名";
	assert_int_equal(xlsx_returned_open(path, "/tmp", &x, &e), 0);
	for (int i = 0; i < 2; i++) {
		row = row_of(f, head, 8);
		assert_int_equal(xlsx_returned_sheet(x, "dir/表[1]:说明.csv",
				     &row, &e),
		    0);
		row = row_of(f, one, 8);
		assert_int_equal(xlsx_returned_row(x, &row, &fault, 1, &e), 0);
	}
	assert_int_equal(xlsx_returned_finish(x, &e), 0);
	xlsx_returned_close(x);
}

static void
same_rows_make_the_same_workbook(void **state)
{
	char a[] = "/tmp/zayton-a.XXXXXX", b[] = "/tmp/zayton-b.XXXXXX";
	struct buf one, two;
	struct err e;

	(void)state;
	(void)close(mkstemp(a));
	(void)close(mkstemp(b));
	write_book(a);
	write_book(b);
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, a, &one, &e), 0);
	assert_int_equal(file_read(AT_FDCWD, b, &two, &e), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	buf_done(&one);
	buf_done(&two);
	(void)unlink(a);
	(void)unlink(b);
}

static void
only_what_was_guarded_is_unguarded(void **state)
{
	(void)state;
	assert_true(csv_is_guarded("'=1+1", 5));
	assert_true(csv_is_guarded("'@x", 3));
	assert_false(csv_is_guarded("'350502100181468", 16));
	assert_false(csv_is_guarded("=1", 2));
	assert_false(csv_is_guarded("'", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(personal_values_keep_their_ends),
		cmocka_unit_test(sentence_covers_every_place_of_a_value),
		cmocka_unit_test(counts_of_rules_follow_their_order),
		cmocka_unit_test(charts_escape_what_is_foreign),
		cmocka_unit_test(numbers_are_not_rounded_to_what_they_are_not),
		cmocka_unit_test(returned_rows_are_known_by_their_columns),
		cmocka_unit_test(same_rows_make_the_same_workbook),
		cmocka_unit_test(only_what_was_guarded_is_unguarded),
	};

	buf_init(&out, 1 << 20);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
