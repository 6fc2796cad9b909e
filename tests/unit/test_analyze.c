#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/views.h"
#include "keeper/analyze.h"
#include "rules.h"

/* A base with two rows of demo_bill and findings about a third. */

static struct rules r;
static struct codes *codes;
static struct db *db;

static const char base[] =
    "INSERT INTO bundle_t (no, id, account, kind, name, bytes, sha256, state,"
    " received_at) VALUES (1, 'A', 'dem', 'u', 'a.csv', 1, '', 'applied',"
    " '');"
    "INSERT INTO bundle_file_t (bundle, no, path, dataset, standard, rules,"
    " encoding, sha256, rows, accepted, rejected, issues, code, zh, en) VALUES"
    " (1, 0, 'a.csv', 'demo_bill', '', '', '', '', 3, 2, 1, '', '', '', '');";

static void
add_row(const char *key, const char *name, const char *status)
{
	char sql[1024];
	struct err e;

	snprintf(sql, sizeof(sql),
	    "INSERT INTO d_demo_bill (_key, _hash, _provider, _bundle, _file,"
	    " _row, _as_of, _from, _seen, _seen_at, entity_name,"
	    " payment_status) VALUES ('%s', 0, 'DEM', 1, 0, 1, '', '', 0, 0,"
	    " %s, %s)",
	    key, name, status);
	if (db_exec(db, sql, &e) == -1)
		fail_msg("%s", e.en);
}

static void
add_finding(const char *field, const char *rule, const char *value)
{
	struct err e;

	if (db_run(db, &e,
		"INSERT INTO quality_issue_t (bundle, file, row, field, rule,"
		" severity, value, message_zh, message_en, effect) VALUES"
		" (1, 0, 1, ?, ?, 1, ?, '', '', 0)",
		"ttt", field, rule, value) == -1)
		fail_msg("%s", e.en);
}

static int
make_base(void **state)
{
	struct err e;

	(void)state;
	if (rules_load(&r, NULL, &e) == -1 ||
	    codes_read(r.pack, &codes, &e) == -1 ||
	    db_open_memory(&db, &e) == -1 ||
	    views_make(db, r.schemas, &e) == -1 || db_exec(db, base, &e) == -1)
		return -1;
	add_row("1", "'甲公司'", "'PAID'");
	add_row("2", "'乙有限公司'", "NULL");
	add_finding("payment_status", "code_unknown", "以缴");
	add_finding("payment_status", "code_unknown", "以缴");
	add_finding("uscc", "uscc_check", "91350100M000100Y4A");
	add_finding("entity_name", "text_too_long",
	    "一二三四五六七八九十一二三"
	    "四五六七八九十一");
	add_finding("", "column_unknown", "企业名");
	return 0;
}

static int
drop_base(void **state)
{
	(void)state;
	db_close(db);
	codes_free(codes);
	rules_done(&r);
	return 0;
}

static json_t *
analysis(void)
{
	json_t *o = NULL;
	struct err e;

	if (analyze_dataset(db, codes, r.bill, &o, &e) == -1)
		fail_msg("%s", e.en);
	return o;
}

static const json_t *
field_of(const json_t *o, const char *name)
{
	return json_array_get(json_object_get(o, "fields"),
	    (size_t)schema_field(r.bill, name));
}

static void
fields_are_measured(void **state)
{
	json_t *o = analysis();
	const json_t *name = field_of(o, "entity_name");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(o, "rows")), 3);
	assert_int_equal(json_integer_value(json_object_get(name, "filled")),
	    2);
	assert_int_equal(json_integer_value(json_object_get(name, "longest")),
	    5);
	assert_int_equal(json_integer_value(json_object_get(name, "distinct")),
	    2);
	assert_true(
	    json_real_value(json_object_get(field_of(o, "payment_status"),
		"fill_rate")) == 0.5);
	json_decref(o);
}

static void
values_that_do_not_fit_are_counted(void **state)
{
	json_t *o = analysis();
	const json_t *status = field_of(o, "payment_status");
	const json_t *outside =
	    json_array_get(json_object_get(status, "outside"), 0);
	const json_t *failing =
	    json_array_get(json_object_get(field_of(o, "uscc"), "failing"), 0);
	size_t i;
	json_t *code;

	(void)state;
	assert_string_equal(json_string_value(
				json_object_get(outside, "value")),
	    "以缴");
	assert_int_equal(json_integer_value(json_object_get(outside, "count")),
	    2);
	assert_string_equal(json_string_value(
				json_object_get(outside, "nearest")),
	    "已缴");
	assert_string_equal(json_string_value(json_object_get(failing, "rule")),
	    "uscc_check");
	assert_true(json_array_size(json_object_get(status, "unused")) > 0);
	json_array_foreach(json_object_get(status, "unused"), i, code)
		assert_string_not_equal(json_string_value(code), "PAID");
	json_decref(o);
}

static void
proposals_follow(void **state)
{
	json_t *o = analysis();
	char kinds[512] = "";
	size_t n = 0;
	size_t i;
	json_t *p;

	(void)state;
	json_array_foreach(json_object_get(o, "proposals"), i, p) {
		const char *kind =
		    json_string_value(json_object_get(p, "kind"));

		if (strcmp(kind, "make_optional") == 0)
			continue;
		n += (size_t)snprintf(kinds + n, sizeof(kinds) - n, "%s %s %s;",
		    kind, json_string_value(json_object_get(p, "field")),
		    json_string_value(json_object_get(p, "value")));
	}
	assert_string_equal(kinds,
	    "widen entity_name 30;add_code payment_status 以缴;"
	    "add_synonym entity_name 企业名;");
	json_decref(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_measured),
		cmocka_unit_test(values_that_do_not_fit_are_counted),
		cmocka_unit_test(proposals_follow),
	};

	return cmocka_run_group_tests(tests, make_base, drop_base);
}
