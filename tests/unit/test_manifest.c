#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "form/manifest.h"
#include "sys/err.h"

#define HEX "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static void
refuses(const char *text, const char *code, const char *part)
{
	struct manifest m;
	struct err e;

	assert_int_equal(manifest_parse(text, strlen(text), &m, &e), -1);
	assert_string_equal(e.code, code);
	assert_int_equal(e.kind, ERR_SENDER);
	if (strstr(e.en, part) == NULL || strstr(e.zh, part) == NULL)
		fail_msg("'%s' not in '%s' / '%s'", part, e.zh, e.en);
}

static void
manifest_reads_what_it_knows_and_lists_the_rest(void **state)
{
	static const char text[] =
	    "\357\273\277{\"name\":\"m\",\"period\":\"2016-01\",\"sequence\":7,"
	    "\"mode\":\"full\",\"colour\":1,\"resources\":["
	    "{\"path\":\"b.csv\",\"bytes\":12,\"rows\":3,\"hash\":\"sha256:" HEX
	    "\",\"schema\":\"standards/water_bill_monthly.v1.json\","
	    "\"dialect\":{\"delimiter\":\"|\"},\"encoding\":\"gbk\"},"
	    "{\"path\":[\"./a.csv\"],\"dataset\":\"x\",\"mode\":\"retract\","
	    "\"period\":\"2016-02\",\"smell\":[],"
	    "\"schema\":{\"name\":\"y\"}}]}";
	struct manifest m;
	struct err e;
	const struct manifest_resource *r;

	(void)state;
	assert_int_equal(manifest_parse(text, sizeof(text) - 1, &m, &e), 0);
	assert_string_equal(m.name, "m");
	assert_int_equal(m.n, 2);
	assert_non_null(r = manifest_find(&m, "b.csv"));
	assert_string_equal(r->dataset, "water_bill_monthly");
	assert_string_equal(r->period, "2016-01");
	assert_string_equal(r->encoding, "gbk");
	assert_int_equal(r->sequence, 7);
	assert_int_equal(r->mode, MANIFEST_FULL);
	assert_int_equal(r->bytes, 12);
	assert_int_equal(r->rows, 3);
	assert_int_equal(r->delimiter, '|');
	assert_string_equal(r->sha256 + 16,
	    "0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_non_null(r = manifest_find(&m, "a.csv"));
	assert_string_equal(r->dataset, "x");
	assert_string_equal(r->period, "2016-02");
	assert_int_equal(r->mode, MANIFEST_RETRACT);
	assert_int_equal(r->bytes, -1);
	assert_string_equal(r->sha256, "");
	assert_null(manifest_find(&m, "c.csv"));
	assert_int_equal(m.unknown_n, 2);
	assert_string_equal(m.unknown[0], "resources[1].smell");
	assert_string_equal(m.unknown[1], "colour");
	manifest_done(&m);
}

#define ONE(x) "{\"resources\":[{\"path\":\"a.csv\"," x "}]}"

static void
manifest_names_the_member_that_is_wrong(void **state)
{
	(void)state;
	refuses("{", "manifest_json", "1:1");
	refuses("[]", "manifest_json", "datapackage.json");
	refuses("{\"a\":1,\"a\":2}", "manifest_json", "duplicate");
	refuses("{}", "manifest_member", "resources");
	refuses("{\"resources\":[1]}", "manifest_member", "resources[0]");
	refuses("{\"resources\":[{}]}", "manifest_member", "resources[0].path");
	refuses("{\"resources\":[{\"path\":\"../a\"}]}", "manifest_member",
	    "resources[0].path");
	refuses(ONE("\"bytes\":-1"), "manifest_member", "resources[0].bytes");
	refuses(ONE("\"rows\":1.5"), "manifest_member", "resources[0].rows");
	refuses(ONE("\"mode\":\"some\""), "manifest_member", "mode");
	refuses(ONE("\"dialect\":{\"delimiter\":\"x\"}"), "manifest_member",
	    "dialect.delimiter");
	refuses(ONE("\"hash\":\"d41d8cd98f00b204e9800998ecf8427e\""),
	    "manifest_hash", "resources[0].hash");
	refuses(ONE("\"hash\":\"sha256:12\""), "manifest_hash", "hash");
	refuses(ONE("\"period\":\"a\\nb\""), "manifest_member", "period");
	refuses("{\"resources\":[{\"path\":\"a\"},{\"path\":\"./a\"}]}",
	    "manifest_twice", "a");
}

static void
manifest_refuses_what_is_nested_too_deep_or_not_utf8(void **state)
{
	char deep[200];

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	refuses(deep, "manifest_json", "depth");
	refuses("{\"name\":\"\xc4\xea\"}", "manifest_json", "UTF-8");
}

static void
manifest_reads_a_nil_report(void **state)
{
	static const char good[] =
	    "{\"dataset\":\"x\",\"period\":\"2016-01\",\"reason\":\"无\"}";
	static const char bad[] = "{\"dataset\":\"x\"}";
	struct manifest_nil n;
	struct err e;

	(void)state;
	assert_int_equal(manifest_nil_parse(good, strlen(good), &n, &e), 0);
	assert_string_equal(n.dataset, "x");
	assert_string_equal(n.period, "2016-01");
	assert_string_equal(n.reason, "无");
	manifest_nil_done(&n);
	assert_int_equal(manifest_nil_parse(bad, strlen(bad), &n, &e), -1);
	assert_string_equal(e.code, "manifest_member");
	assert_non_null(strstr(e.en, "period"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    manifest_reads_what_it_knows_and_lists_the_rest),
		cmocka_unit_test(manifest_names_the_member_that_is_wrong),
		cmocka_unit_test(
		    manifest_refuses_what_is_nested_too_deep_or_not_utf8),
		cmocka_unit_test(manifest_reads_a_nil_report),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
