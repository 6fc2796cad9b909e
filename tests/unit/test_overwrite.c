#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rule/box_overwrite.h"
#include "rule/pack.h"
#include "sys/buf.h"
#include "sys/file.h"

/* Shows that overwrite rules are read as zayton-rules(7) says, or refused. */

static struct pack *pack;
static struct schemas *schemas;
static struct overwrite *o;
static struct err e;

static int
open_standards(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY);
	int rc = pack_gather(dir, &pack, &e);

	(void)state;
	close(dir);
	return rc == -1 ? -1 : schemas_read(pack, &schemas, &e);
}

static int
close_standards(void **state)
{
	(void)state;
	schemas_free(schemas);
	pack_free(pack);
	return 0;
}

static int
forget(void **state)
{
	(void)state;
	overwrite_free(o);
	o = NULL;
	return 0;
}

/* Rules with these fields and sources. */
static int
rules(const char *fields, const char *sources, const char *late)
{
	struct buf b;
	int rc;

	buf_init(&b, 1 << 16);
	buf_printf(&b,
	    "return { sources = { %s }, late = { %s }, fields = { %s },"
	    " default = { rank = 'AIC' } }",
	    sources, late, fields);
	rc = overwrite_read(b.data, b.len, schemas, &o, &e);
	buf_done(&b);
	return rc;
}

static const struct record_field *
field(const char *name)
{
	int at = overwrite_field(o, name);

	assert_int_not_equal(at, -1);
	return &o->field[at];
}

static void
refused(const char *fields, const char *sources, const char *word)
{
	assert_int_equal(rules(fields, sources, ""), -1);
	assert_int_equal(e.kind, ERR_HOLD);
	assert_non_null(strstr(e.en, "overwrite.lua"));
	assert_non_null(strstr(e.en, word));
}

#define REGISTER "aic_enterprise_registration = 'all'"

static void
the_record_has_the_fields_of_the_register(void **state)
{
	const struct schema *s = schemas_find(schemas, RECORD_DATASET);

	(void)state;
	assert_int_equal(rules("tax_id = { rank = 'NTB' }",
			     REGISTER ", nat_tax_taxpayer = { 'tax_id' }", ""),
	    0);
	assert_int_equal(o->nfields, s->nfields + 1);
	for (size_t i = 0; i < s->nfields; i++)
		assert_string_equal(o->field[i].name, s->field[i].name);
	assert_string_equal(o->field[s->nfields].name, "tax_id");
	assert_string_equal(field("address")->rule.rank[0].provider, "AIC");
}

static void
ranks_have_levels_and_roles(void **state)
{
	const struct survive_rule *r;

	(void)state;
	assert_int_equal(rules("legal_rep = { rank = 'AIC > QTS = NTB > COURT',"
			       " snapshot = 'COURT', apart = 'ENT' }",
			     REGISTER, ""),
	    0);
	r = &field("legal_rep")->rule;
	assert_int_equal(r->nranks, 5);
	assert_int_equal(r->rank[0].level, 0);
	assert_int_equal(r->rank[1].level, 1);
	assert_int_equal(r->rank[2].level, 1);
	assert_int_equal(r->rank[3].level, 2);
	assert_int_equal(r->rank[3].role, SURVIVE_SNAPSHOT);
	assert_string_equal(r->rank[4].provider, "ENT");
	assert_int_equal(r->rank[4].role, SURVIVE_APART);
	assert_int_equal(r->fill, 0);
}

static void
fields_go_with_others(void **state)
{
	char *county;

	(void)state;
	assert_int_equal(
	    rules("address = { rank = 'AIC', with = { 'division_code' } },"
		  " division_code = { derive = function(a) return #a .. '' end"
		  " }",
		REGISTER, ""),
	    0);
	assert_int_equal(field("address")->ntuple, 2);
	assert_int_equal(field("division_code")->head, field("address")->head);
	county = overwrite_derive(field("division_code"), "abc");
	assert_string_equal(county, "3");
	free(county);
}

static void
sources_say_fields(void **state)
{
	const struct record_source *s;

	(void)state;
	assert_int_equal(
	    rules("tax_id = { rank = 'NTB' }",
		REGISTER
		", nat_tax_taxpayer = { 'tax_id' }, aic_registration_change ="
		" { item = 'change_item', legal_rep = { '人', 'after_value' } "
		"}",
		"power_bill_monthly = { address = 'use_address' }"),
	    0);
	s = overwrite_source(o, "power_bill_monthly");
	assert_true(s->late);
	assert_string_equal(s->cell[0].from, "use_address");
	assert_true(o->late == UINT64_C(1) << overwrite_field(o, "address"));
	s = overwrite_source(o, "aic_registration_change");
	assert_string_equal(s->item, "change_item");
	assert_string_equal(s->cell[0].says, "人");
	assert_null(overwrite_source(o, "gas_bill_monthly"));
}

static void
functions_see_what_stood_before_and_the_record(void **state)
{
	const struct contribution c[2] = {
		{ .provider = "AIC", .value = { "9", "CNY" }, .as_of = "2" },
		{ .provider = "AIC",
		    .value = { "4", "USD" },
		    .as_of = "1",
		    .past = 1 }
	};
	const char *record[RECORD_FIELDS] = { NULL };

	(void)state;
	assert_int_equal(
	    rules("reg_capital = { rank = 'AIC', past = true, with = {"
		  " 'reg_capital_currency' }, conflict = function(a, b, r)"
		  " return b.past and not a.past and a.reg_capital_currency =="
		  " 'CNY' and b.reg_capital_currency == 'USD' and"
		  " r.legal_rep == '王某' and r.address == nil end }",
		REGISTER, ""),
	    0);
	assert_int_equal(field("reg_capital")->past, 1);
	record[overwrite_field(o, "legal_rep")] = "王某";
	assert_int_equal(overwrite_conflict(field("reg_capital"), &c[0], &c[1],
			     record),
	    1);
	assert_int_equal(overwrite_conflict(field("reg_capital"), &c[1], &c[0],
			     record),
	    0);
}

static void
functions_decide(void **state)
{
	const struct contribution c[2] = {
		{ .provider = "AIC", .value = { "a" }, .as_of = "2016" },
		{ .provider = "QTS", .value = { "b" }, .as_of = "2015" }
	};
	const char *record[RECORD_FIELDS] = { NULL };
	const struct record_field *f;
	size_t i = 7;

	(void)state;
	assert_int_equal(
	    rules("reg_no = { rank = 'AIC', decide = function(all) for i, c in"
		  " ipairs(all) do if c.value == 'b' then return i end end end,"
		  " conflict = function(a, b) return a.as_of > b.as_of end },"
		  " legal_rep = { rank = 'AIC', decide = function() while true"
		  " do end end, conflict = function() error('oh') end }",
		REGISTER, ""),
	    0);
	f = field("reg_no");
	assert_int_equal(f->rule.decide(f->rule.ctx, c, 2, &i), 0);
	assert_int_equal(i, 1);
	assert_int_equal(overwrite_conflict(f, &c[0], &c[1], record), 1);
	assert_int_equal(overwrite_conflict(f, &c[1], &c[0], record), 0);
	f = field("legal_rep");
	assert_int_equal(f->rule.decide(f->rule.ctx, c, 2, &i), -1);
	assert_int_equal(overwrite_conflict(f, &c[0], &c[1], record), -1);
	assert_non_null(strstr(overwrite_failure(o), "oh"));
}

static void
what_is_wrong_is_named(void **state)
{
	(void)state;
	refused("nobody = {}", REGISTER, "nobody");
	refused("nobody = { rank = 'AIC' }", REGISTER, "nobody");
	refused("reg_no = { rank = 'AIC > AIC' }", REGISTER, "reg_no");
	refused("reg_no = { rank = 'AIC', policy = 'x' }", REGISTER, "reg_no");
	refused("reg_no = { rank = 'AIC', policy = 'sticky' }", REGISTER,
	    "reg_no");
	refused("reg_no = { rank = 'AIC', colour = 1 }", REGISTER, "colour");
	refused("reg_no = { rank = 'AIC', with = { 'x' } }", REGISTER, "x");
	refused("reg_no = { rank = 'AIC', conflict = 'x' }", REGISTER,
	    "reg_no");
	refused("reg_no = { rank = 'AIC', decide = 1 }", REGISTER, "decide");
	refused("", "no_such_dataset = 'all'", "no_such_dataset");
	refused("", "nat_tax_taxpayer = { 'no_such_field' }", "no_such_field");
	refused("", "nat_tax_taxpayer = { address = 'no_such' }", "no_such");
	refused("", "nat_tax_taxpayer = { legal_rep = { 'a', 'b' } }",
	    "legal_rep");
	assert_int_equal(overwrite_read("retorn {}", 9, schemas, &o, &e), -1);
	assert_non_null(strstr(e.en, "overwrite.lua:1"));
	assert_int_equal(overwrite_read("return 1", 8, schemas, &o, &e), -1);
	assert_int_equal(overwrite_read("while true do end", 17, schemas, &o,
			     &e),
	    -1);
}

/* There is no way out: no file, no other code. */
static void
rules_have_no_reach(void **state)
{
	static const char *const out[] = { "io", "os", "require", "load",
		"dofile", "debug", "print" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		snprintf(text, sizeof(text), "return %s.x, %s()", out[i],
		    out[i]);
		assert_int_equal(overwrite_read(text, strlen(text), schemas, &o,
				     &e),
		    -1);
	}
}

static void
the_shipped_ones_pass(void **state)
{
	const struct pack_file *f = pack_find(pack, "rules/overwrite.lua");

	(void)state;
	assert_int_equal(overwrite_read(f->data, f->len, schemas, &o, &e), 0);
	assert_int_equal(field("uscc")->rule.policy, SURVIVE_IMMUTABLE);
	assert_true(field("org_code")->derive_org_code);
	assert_int_equal(field("tax_status")->rule.policy, SURVIVE_WORST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    the_record_has_the_fields_of_the_register, forget),
		cmocka_unit_test_teardown(ranks_have_levels_and_roles, forget),
		cmocka_unit_test_teardown(fields_go_with_others, forget),
		cmocka_unit_test_teardown(sources_say_fields, forget),
		cmocka_unit_test_teardown(functions_decide, forget),
		cmocka_unit_test_teardown(
		    functions_see_what_stood_before_and_the_record, forget),
		cmocka_unit_test_teardown(what_is_wrong_is_named, forget),
		cmocka_unit_test_teardown(rules_have_no_reach, forget),
		cmocka_unit_test_teardown(the_shipped_ones_pass, forget),
	};

	return cmocka_run_group_tests(tests, open_standards, close_standards);
}
