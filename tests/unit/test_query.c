/* Queries are read strictly: what is wrong is named, and what may stand there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "form/mark.h"
#include "form/query.h"
#include "sys/err.h"

static const char *
code_of(const char *text)
{
	static struct err e;
	struct query q = { NULL };

	e.code[0] = '\0';
	if (query_parse(text, strlen(text), &q, &e) == 0)
		query_done(&q);
	return e.code;
}

#define GOOD \
	"\"purpose\":\"loan_approval\",\"subjects\":[\"91350521527041239C\"]"

static void
a_plain_query_is_taken(void **state)
{
	static const char text[] =
	    "\xef\xbb\xbf{\"query\":1," GOOD ",\"consent\":\"A-1\","
	    "\"as_of\":\"2016-02-29\",\"format\":\"xlsx\",\"encrypt\":true,"
	    "\"report\":\"credit\",\"datasets\":[\"water_bill_monthly\","
	    "{\"dataset\":\"court_enforcement_case\",\"fields\":[\"case_no\"]}]"
	    "}";
	const json_t *fields;
	struct query q;
	struct err e;

	(void)state;
	assert_int_equal(query_parse(text, sizeof(text) - 1, &q, &e), 0);
	assert_string_equal(q.purpose, "loan_approval");
	assert_string_equal(q.consent, "A-1");
	assert_string_equal(q.as_of, "2016-02-29");
	assert_int_equal(q.format, QUERY_XLSX);
	assert_true(q.encrypt);
	assert_true(q.report);
	assert_int_equal(query_subjects(&q), 1);
	assert_string_equal(query_dataset(&q, 1, &fields),
	    "court_enforcement_case");
	assert_int_equal(json_array_size(fields), 1);
	query_done(&q);
}

static void
what_is_wrong_is_named(void **state)
{
	(void)state;
	assert_string_equal(code_of("{"), "query_json");
	assert_string_equal(code_of("{\"a\":1,\"a\":1}"), "query_json");
	assert_string_equal(code_of("[]"), "query_value");
	assert_string_equal(code_of("{" GOOD ",\"x\":1}"), "query_member");
	assert_string_equal(code_of("{\"subjects\":\"all\"}"), "query_missing");
	assert_string_equal(code_of("{\"purpose\":\"p\"}"), "query_missing");
	assert_string_equal(code_of("{\"purpose\":\"p\",\"subjects\":[]}"),
	    "query_value");
	assert_string_equal(code_of("{\"purpose\":\"p\",\"subjects\":[{}]}"),
	    "query_value");
	assert_string_equal(code_of("{\"purpose\":\"p\",\"subjects\":[{\"id\":"
				    "\"1\"}]}"),
	    "query_member");
	assert_string_equal(code_of("{" GOOD ",\"as_of\":\"2015-02-29\"}"),
	    "query_value");
	assert_string_equal(code_of("{" GOOD ",\"format\":\"pdf\"}"),
	    "query_value");
	assert_string_equal(code_of("{" GOOD ",\"encrypt\":\"yes\"}"),
	    "query_value");
	assert_string_equal(code_of("{" GOOD ",\"datasets\":[\"a\",\"a\"]}"),
	    "query_twice");
	assert_string_equal(code_of(
				"{" GOOD ",\"subscribe\":{\"name\":\"../x\"}}"),
	    "query_value");
	assert_string_equal(code_of("{\"again\":{\"name\":\"w\",\"seq\":0}}"),
	    "query_value");
}

static void
too_many_subjects_are_counted(void **state)
{
	json_t *list = json_array();
	struct query q;
	struct err e;

	(void)state;
	for (int i = 0; i <= QUERY_SUBJECTS; i++)
		json_array_append_new(list, json_string("x"));
	assert_int_equal(query_of(json_pack("{s:s, s:o}", "purpose", "p",
				      "subjects", list),
			     &q, &e),
	    -1);
	assert_string_equal(e.code, "query_limit");
	assert_non_null(strstr(e.en, "10001"));
}

static void
everything_said_of_a_subject_is_a_word(void **state)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "reg_no", "1", "name", "n",
	    "enterprise", "E00000001");
	struct query_word word[8];
	char text[64];

	(void)state;
	assert_int_equal(query_words(o, word, 8), 3);
	assert_int_equal(word[0].said, QUERY_SAID_NAME);
	assert_int_equal(word[1].said, QUERY_SAID_RECORD);
	assert_int_equal(word[2].kind, IDENTITY_REG_NO);
	query_subject_text(o, text, sizeof(text));
	assert_string_equal(text, "n E00000001 1");
	json_decref(o);
}

/* ---- marks ---- */

static void
mark_holds(int json)
{
	static const char *const name[] = { "a", "b", "c", "d" };
	static const struct mark_cell cell[] = { { "E00000001", 9, 0 },
		{ "=1+1", 4, 0 }, { NULL, 0, 0 }, { "say \"x\", y", 10, 0 } };
	unsigned char mine[MARK_KEY], other[MARK_KEY];
	struct mark_line l = { .quoted = 0 };
	unsigned good = 0, of = 0, strange = 0, n;
	struct buf b;

	buf_init(&b, 1 << 16);
	buf_init(&l.said, 1 << 16);
	for (int i = 0; i < 64; i++) {
		size_t used;

		memset(mine, i, sizeof(mine));
		memset(other, 255 - i, sizeof(other));
		buf_clear(&b);
		if (json)
			mark_json_row(&b, mine, name, cell, 4);
		else
			mark_csv_row(&b, mine, cell, 4);
		used = json ? mark_json_read(b.data, b.len, &l)
			    : mark_csv_read(b.data, b.len, &l);
		assert_int_equal(used, b.len);
		good += mark_agrees(mine, &l, &n);
		of += n;
		strange += mark_agrees(other, &l, &n);
	}
	assert_true(of >= 128);
	assert_int_equal(good, of);
	assert_true(strange < of * 3 / 4);
	buf_done(&b);
	buf_done(&l.said);
}

static void
a_line_of_csv_names_its_receiver(void **state)
{
	(void)state;
	mark_holds(0);
}

static void
a_line_of_json_names_its_receiver(void **state)
{
	(void)state;
	mark_holds(1);
}

static void
a_marked_cell_says_the_same(void **state)
{
	static const struct mark_cell cell[] = { { "a,b", 3, 0 },
		{ "-5", 2, 1 }, { "+cmd", 4, 0 } };
	unsigned char key[MARK_KEY] = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	for (key[0] = 0; key[0] < 32; key[0]++) {
		buf_clear(&b);
		mark_csv_row(&b, key, cell, 3);
		assert_non_null(strstr(b.data, "\"a,b\","));
		assert_non_null(strstr(b.data, "'+cmd"));
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_query_is_taken),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(too_many_subjects_are_counted),
		cmocka_unit_test(everything_said_of_a_subject_is_a_word),
		cmocka_unit_test(a_line_of_csv_names_its_receiver),
		cmocka_unit_test(a_line_of_json_names_its_receiver),
		cmocka_unit_test(a_marked_cell_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
