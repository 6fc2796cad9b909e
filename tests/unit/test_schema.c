#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

#define FIELDS "\"fields\": [{\"name\": \"a\", \"type\": \"string\"}]"
#define HEAD                                                 \
	"\"name\": \"x\", \"version\": \"1.0\", \"title\": " \
	"\"X\", \"provider\": \"P\""

/* Reads a pack of one standard x 1.0; NULL and why where it is refused. */
static struct schemas *
read_one(const char *json, struct err *e)
{
	struct schemas *s = NULL;
	struct pack *p;
	struct buf b;
	int fd = memfd_create("one", MFD_CLOEXEC);

	buf_init(&b, 1 << 20);
	buf_printf(&b, "zayton-pack 1\nschemas/x.1.0.json %zu\n%s\n",
	    strlen(json), json);
	assert_int_equal(write(fd, b.data, b.len), b.len);
	assert_int_equal(pack_map(fd, &p, e), 0);
	if (schemas_read(p, &s, e) == -1)
		s = NULL;
	close(fd);
	pack_free(p);
	buf_done(&b);
	return s;
}

static void
refuses(const char *json, const char *why)
{
	struct err e;
	struct schemas *s = read_one(json, &e);

	assert_null(s);
	assert_int_equal(e.kind, ERR_HOLD);
	if (strstr(e.en, why) == NULL)
		fail_msg("'%s' does not say '%s'", e.en, why);
}

static void
schema_is_read_whole(void **state)
{
	struct rules r;
	struct err e;
	const struct schema *s;

	(void)state;
	assert_int_equal(rules_load(&r, NULL, &e), 0);
	s = r.bill;
	assert_string_equal(s->title, "演示账单");
	assert_string_equal(s->titles[0], "演示缴费");
	assert_null(s->titles[1]);
	assert_int_equal(s->nfields, 14);
	assert_int_equal(s->nkeys, 2);
	assert_int_equal(s->key[1].field[0], schema_field(s, "uscc"));
	assert_int_equal(s->period, schema_field(s, "bill_period"));
	assert_int_equal(s->field[0].max_chars, 20);
	assert_int_equal(s->field[0].required, FIELD_MANDATORY);
	assert_string_equal(s->field[0].synonyms[1], "企业名称");
	assert_string_equal(s->field[2].identifier, "uscc");
	assert_int_equal(s->field[6].type, FIELD_MONEY);
	assert_int_equal(s->field[6].in_seed, 1);
	assert_int_equal(s->field[6].unit, 100);
	assert_int_equal(s->field[8].unit, 1000000);
	assert_int_equal(s->field[9].type, FIELD_CODE);
	assert_int_equal(s->field[10].future, 0);
	assert_int_equal(s->field[11].future, 1);
	assert_int_equal(schema_field(s, "nothing"), -1);
	rules_done(&r);
}

static void
newest_version_is_found_by_number(void **state)
{
	struct rules r;
	struct err e;

	(void)state;
	assert_int_equal(rules_load(&r, NULL, &e), 0);
	assert_int_equal(schemas_count(r.schemas), 5);
	assert_string_equal(schemas_find(r.schemas, "demo_note")->version,
	    "1.10");
	assert_null(schemas_find(r.schemas, "none"));
	rules_done(&r);
}

static void
smallest_schema_is_read(void **state)
{
	struct err e;
	struct schemas *s =
	    read_one("{" HEAD ", \"keys\": [[\"a\"]], " FIELDS "}", &e);

	(void)state;
	assert_non_null(s);
	assert_int_equal(schemas_at(s, 0)->period, -1);
	assert_string_equal(schemas_at(s, 0)->field[0].title, "a");
	assert_null(schemas_at(s, 1));
	schemas_free(s);
	schemas_free(NULL);
}

static void
mistakes_are_refused_with_the_file(void **state)
{
	(void)state;
	refuses("{", "schemas/x.1.0.json:1");
	refuses("[]", "name, version");
	refuses("{\"name\": \"y\", \"version\": \"1.0\", \"title\": \"X\", "
		"\"provider\": \"P\", \"keys\": [[\"a\"]], " FIELDS "}",
	    "not named after its content");
	refuses("{" HEAD ", \"keys\": [[\"a\"]], \"fields\": []}",
	    "1 to 64 fields");
	refuses("{" HEAD ", \"keys\": [[\"b\"]], " FIELDS "}", "no field 'b'");
	refuses("{" HEAD ", \"keys\": [[]], " FIELDS "}", "without fields");
	refuses("{" HEAD ", \"keys\": [], " FIELDS "}", "1 to 4 keys");
	refuses("{" HEAD ", \"keys\": [[\"a\"]], \"as_of\": [\"b\"], " FIELDS
		"}",
	    "no field 'b'");
	refuses("{" HEAD ", \"keys\": [[\"a\"]], \"period\": \"b\", " FIELDS
		"}",
	    "period");
	refuses("{" HEAD ", \"keys\": [[\"a\"]], \"fields\": [{\"name\": "
		"\"a\", \"type\": \"blob\"}]}",
	    "field 'a'");
	refuses("{" HEAD ", \"keys\": [[\"a\"]], \"fields\": [{\"name\": "
		"\"A b\", \"type\": \"string\"}]}",
	    "usable name");
	refuses("{" HEAD ", \"keys\": [[\"a\"]], \"fields\": [{\"name\": "
		"\"a\", \"type\": \"string\"}, {\"name\": \"a\", \"type\": "
		"\"string\"}]}",
	    "'a' twice");
	refuses("{\"name\": \"x\", \"name\": \"x\"}", "duplicate");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_is_read_whole),
		cmocka_unit_test(newest_version_is_found_by_number),
		cmocka_unit_test(smallest_schema_is_read),
		cmocka_unit_test(mistakes_are_refused_with_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
