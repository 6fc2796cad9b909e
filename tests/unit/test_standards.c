#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/codes.h"
#include "rule/diff.h"
#include "rule/division.h"
#include "rule/template.h"
#include "rules.h"

/* ---- packs of texts ---- */

struct part {
	const char *name;
	const char *text;
};

/* Parts stand in the order of their names. */
static struct pack *
pack_of(const struct part *part, size_t n)
{
	struct pack *p = NULL;
	struct buf b;
	struct err e;
	int fd = memfd_create("pack", MFD_CLOEXEC);

	buf_init(&b, 1 << 20);
	buf_addstr(&b, "zayton-pack 1\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s %zu\n%s\n", part[i].name,
		    strlen(part[i].text), part[i].text);
	assert_int_equal(write(fd, b.data, b.len), b.len);
	if (pack_map(fd, &p, &e) == -1)
		fail_msg("%s", e.en);
	close(fd);
	buf_done(&b);
	return p;
}

#define FIELD_A                                                               \
	"{\"name\":\"a\",\"title\":\"甲\",\"type\":\"string\",\"presence\":" \
	"\"M\"}"
#define FIELD_B                                                     \
	"{\"name\":\"b\",\"title\":\"乙\",\"synonyms\":[\"丙\"]," \
	"\"type\":\"string\",\"constraints\":{\"maxLength\":10}}"
#define SCHEMA(version, fields)                                        \
	"{\"name\":\"x\",\"version\":\"" version "\",\"title\":\"X\"," \
	"\"provider\":\"P\",\"keys\":[[\"a\"]],\"fields\":[" fields "]}"

/* The two versions 1.0 and 1.1 of x, with publications or NULL. */
static struct schemas *
two_versions(const char *fields, const char *published, const char *day)
{
	static char newer[4096];
	struct part part[3] = { { PUBLISHED_FILE, published },
		{ "schemas/x.1.0.json", SCHEMA("1.0", FIELD_A "," FIELD_B) },
		{ "schemas/x.1.1.json", newer } };
	struct schemas *s = NULL;
	struct pack *p;
	struct err e;

	snprintf(newer, sizeof(newer),
	    "{\"name\":\"x\",\"version\":\"1.1\",\"title\":\"X\","
	    "\"provider\":\"P\",\"keys\":[[\"a\"]],\"fields\":[%s]}",
	    fields);
	p = published != NULL ? pack_of(part, 3) : pack_of(part + 1, 2);
	if (schemas_read_on(p, day, &s, &e) == -1)
		fail_msg("%s", e.en);
	pack_free(p);
	return s;
}

/* ---- differences ---- */

/* "compatible: field change[!] ..." from 1.0 to a version of these fields. */
static const char *
difference(const char *fields)
{
	static char text[1024];
	struct schemas *s = two_versions(fields, NULL, "2014-01-01");
	json_t *diff = schema_diff(schemas_version(s, "x", "1.0"),
	    schemas_version(s, "x", "1.1"));
	size_t n = 0;
	size_t i;
	json_t *c;

	n += (size_t)snprintf(text, sizeof(text), "%s%s:",
	    json_is_true(json_object_get(diff, "compatible")) ? "fine"
							      : "breaking",
	    json_is_true(json_object_get(diff, "side_by_side")) ? ""
								: " apart");
	json_array_foreach(json_object_get(diff, "changes"), i, c) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %s %s%s",
		    json_string_value(json_object_get(c, "field")),
		    json_string_value(json_object_get(c, "change")),
		    json_is_true(json_object_get(c, "compatible")) ? "" : "!");
	}
	json_decref(diff);
	schemas_free(s);
	return text;
}

static void
same_standards_do_not_differ(void **state)
{
	(void)state;
	assert_string_equal(difference(FIELD_A "," FIELD_B), "fine:");
	assert_string_equal(difference(FIELD_B "," FIELD_A), "fine:");
}

static void
what_keeps_good_files_good_is_compatible(void **state)
{
	(void)state;
	assert_string_equal(difference(
				FIELD_A "," FIELD_B
					",{\"name\":\"c\",\"type\":\"date\"}"),
	    "fine: c added");
	assert_string_equal(
	    difference(FIELD_A
		",{\"name\":\"b\",\"title\":\"丁\",\"synonyms\":[\"乙\","
		"\"丙\"],\"type\":\"string\",\"constraints\":{\"maxLength\":"
		"20}}"),
	    "fine: b title b synonym added b widened");
	assert_string_equal(difference("{\"name\":\"a\",\"title\":\"甲\","
				       "\"type\":\"string\","
				       "\"presence\":\"O\"}," FIELD_B),
	    "fine: a presence");
}

static void
what_refuses_good_files_is_not(void **state)
{
	(void)state;
	assert_string_equal(difference(FIELD_A), "breaking: b removed!");
	assert_string_equal(difference(
				FIELD_A "," FIELD_B
					",{\"name\":\"c\",\"type\":\"date\","
					"\"presence\":\"M\"}"),
	    "breaking: c added!");
	assert_string_equal(difference(
				FIELD_A ",{\"name\":\"b\",\"title\":\"丁\","
					"\"type\":\"string\","
					"\"constraints\":{\"maxLength\":5}}"),
	    "breaking: b title! b synonym removed! b narrowed!");
	assert_string_equal(
	    difference(FIELD_A
		",{\"name\":\"b\",\"title\":\"乙\",\"synonyms\":[\"丙\"],"
		"\"type\":\"string\",\"presence\":\"M\",\"identifier\":"
		"\"uscc\",\"constraints\":{\"maxLength\":10}}"),
	    "breaking: b identifier! b presence!");
}

static void
other_types_do_not_stand_side_by_side(void **state)
{
	(void)state;
	assert_string_equal(
	    difference(FIELD_A
		",{\"name\":\"b\",\"title\":\"乙\",\"synonyms\":[\"丙\"],"
		"\"type\":\"date\",\"constraints\":{\"maxLength\":10}}"),
	    "breaking apart: b type!");
}

/* ---- publications ---- */

#define LINE(version, from, until)                                        \
	"{\"dataset\":\"x\",\"version\":\"" version "\",\"from\":\"" from \
	"\",\"until\":\"" until "\",\"person\":\"p\",\"reason\":\"r\","   \
	"\"at\":\"t\"}"
#define CHANGE \
	"[" LINE("1.0", "", "2014-04-30") "," LINE("1.1", "2014-03-01", "") "]"

static const char *
states(const char *published, const char *day)
{
	static char text[64];
	struct schemas *s = two_versions(FIELD_A "," FIELD_B, published, day);

	snprintf(text, sizeof(text), "%s, %s",
	    schema_state_name(schemas_version(s, "x", "1.0")->state),
	    schema_state_name(schemas_version(s, "x", "1.1")->state));
	schemas_free(s);
	return text;
}

static void
versions_follow_each_other_by_day(void **state)
{
	(void)state;
	assert_string_equal(states(NULL, "2014-01-01"), "ended, in force");
	assert_string_equal(states("[" LINE("1.0", "", "") "]", "2014-01-01"),
	    "in force, draft");
	assert_string_equal(states(CHANGE, "2014-02-28"), "in force, coming");
	assert_string_equal(states(CHANGE, "2014-03-01"), "accepted, in force");
	assert_string_equal(states(CHANGE, "2014-04-30"), "accepted, in force");
	assert_string_equal(states(CHANGE, "2014-05-01"), "ended, in force");
	assert_string_equal(states("[" LINE("1.1", "", "") "," LINE("1.0",
				       "2014-03-01", "") "]",
				"2014-03-01"),
	    "in force, ended");
}

static void
an_older_version_stands_in_the_order_of_the_newer(void **state)
{
	struct schemas *s = two_versions("{\"name\":\"c\",\"title\":\"新\","
					 "\"type\":\"date\",\"presence\":"
					 "\"M\"},{\"name\":\"b\",\"title\":"
					 "\"丁\",\"type\":\"string\"}," FIELD_A,
	    CHANGE, "2014-03-01");
	const struct schema *newer = schemas_find(s, "x");
	const struct schema *older = schemas_older(s, newer, 0);

	(void)state;
	assert_string_equal(newer->version, "1.1");
	assert_non_null(older);
	assert_null(schemas_older(s, newer, 1));
	assert_string_equal(older->version, "1.0");
	assert_int_equal(older->nfields, newer->nfields);
	assert_int_equal(schema_field(older, "a"), 2);
	assert_string_equal(older->field[1].title, "乙");
	assert_int_equal(older->field[0].required, FIELD_OPTIONAL);
	schemas_free(s);
}

static void
header_and_package_decide_the_version(void **state)
{
	struct schemas *s = two_versions(FIELD_A
	    ",{\"name\":\"b\",\"title\":\"丁\",\"type\":\"string\"}",
	    CHANGE, "2014-03-01");
	struct cell cell[RULES_CELLS];
	const struct schema *found = NULL;
	size_t n = rules_cells("甲|乙", cell);
	struct err e;

	(void)state;
	assert_int_equal(match_dataset(s, "P", NULL, "x.csv", cell, n, &found,
			     &e),
	    0);
	assert_string_equal(found->version, "1.0");
	assert_int_equal(match_dataset(s, "P", "x.1.1", "x.csv", cell, n,
			     &found, &e),
	    0);
	assert_string_equal(found->version, "1.1");
	assert_int_equal(match_dataset(s, "P", "x.0.9", "x.csv", cell, n,
			     &found, &e),
	    -1);
	assert_string_equal(e.code, "standard_ended");
	n = rules_cells("甲|丁", cell);
	assert_int_equal(match_dataset(s, "P", NULL, "x.csv", cell, n, &found,
			     &e),
	    0);
	assert_string_equal(found->version, "1.1");
	schemas_free(s);
}

static void
publications_name_what_stands_there(void **state)
{
	struct part part[2] = { { PUBLISHED_FILE, "[" LINE("9.9", "", "") "]" },
		{ "schemas/x.1.0.json", SCHEMA("1.0", FIELD_A) } };
	struct schemas *s;
	struct pack *p;
	struct err e;

	(void)state;
	p = pack_of(part, 2);
	assert_int_equal(schemas_read(p, &s, &e), -1);
	assert_non_null(strstr(e.en, "no schemas/x.9.9.json"));
	pack_free(p);
	part[0].text = "[" LINE("1.0", "soon", "") "]";
	p = pack_of(part, 2);
	assert_int_equal(schemas_read(p, &s, &e), -1);
	assert_non_null(strstr(e.en, "YYYY-MM-DD"));
	pack_free(p);
}

/* ---- code tables ---- */

#define LISTS "list,code,label_zh\nl,1,一\nl,2,二\n"
#define MAPS                                                         \
	"map_id,dept,source_list,source_code,source_label,std_list," \
	"std_code,std_label,rule,valid_from,valid_to\n"

static void
codes_say(const char *lists, const char *maps, const char *why)
{
	struct part part[2] = { { "schemas/code_list.csv", lists },
		{ "schemas/code_map.csv", maps } };
	struct pack *p = pack_of(part, 2);
	struct err e;
	int rc = codes_check(p, &e);

	if (why == NULL && rc == -1)
		fail_msg("%s", e.en);
	if (why != NULL && (rc == 0 || strstr(e.en, why) == NULL))
		fail_msg("'%s' is not '%s'", rc == 0 ? "" : e.en, why);
	pack_free(p);
}

static void
code_tables_are_held_by_their_lines(void **state)
{
	(void)state;
	codes_say(LISTS, MAPS "m,P,s,x,,l,1,,exact,,\n", NULL);
	codes_say("list,code\nl,1\n", MAPS, "code_list.csv:1: the column 'lab");
	codes_say(LISTS "l,1,又\n", MAPS, "code_list.csv:4: each code once");
	codes_say(LISTS "l,,空\n", MAPS, "code_list.csv:4: list, code and lab");
	codes_say(LISTS, MAPS "m,P,s,x,,l,3,,exact,,\n",
	    "code_map.csv:2: std_code");
	codes_say(LISTS, MAPS "m,P,s,x,,l,1,,guess,,\n",
	    "code_map.csv:2: rule");
	codes_say(LISTS, MAPS "m,P,s,(,,l,1,,regex,,\n", "regular expression");
	codes_say(LISTS, MAPS "m,P,s,x,,l,1,,exact,,\nm,P,s,x,,l,2,,exact,,\n",
	    "code_map.csv:3: each code once");
	codes_say(LISTS,
	    MAPS "m,P,s,x,,l,1,,exact,,2013\nm,P,s,x,,l,2,,exact,2014,\n",
	    NULL);
}

static void
conversions_end(void **state)
{
	(void)state;
	codes_say(LISTS, MAPS "m,P,l,1,,l,1,,exact,,\n", NULL);
	codes_say(LISTS, MAPS "m,P,s,x,,t,y,,exact,,\nm,P,t,y,,s,x,,exact,,\n",
	    "cycle");
	codes_say(LISTS, MAPS "m,P,l,1,,l,2,,exact,,\nm,P,l,2,,l,1,,exact,,\n",
	    "cycle");
	codes_say(LISTS, MAPS "m,P,s,x,,t,y,,exact,,\nm,Q,t,y,,s,x,,exact,,\n",
	    NULL);
}

/* ---- divisions ---- */

static const char *
division(const char *table, const char *code, const char *day)
{
	static char text[64];
	struct part part = { "schemas/divisions.csv", table };
	struct pack *p = pack_of(&part, 1);
	struct divisions *d = NULL;
	const char *from = "";
	struct err e;

	if (divisions_read(p, &d, &e) == -1)
		snprintf(text, sizeof(text), "%s", strstr(e.en, "csv"));
	else if (divisions_in_force(d, "MUB", "w", code, strlen(code), day,
		     &from))
		snprintf(text, sizeof(text), "yes");
	else
		snprintf(text, sizeof(text), "no %s", from);
	divisions_free(d);
	pack_free(p);
	return text;
}

#define COUNTIES "provider,dataset,division,from\n"

static void
divisions_begin_one_after_the_other(void **state)
{
	const char *t = COUNTIES "mub,w,350581,2014-03-01\nMUB,*,350502,\n"
				 "NTB,w,350503,\n";

	(void)state;
	assert_string_equal(division(t, "350581", "2014-03-01"), "yes");
	assert_string_equal(division(t, "350581", "2014-02-28"),
	    "no 2014-03-01");
	assert_string_equal(division(t, "350502", "2014-01-01"), "yes");
	assert_string_equal(division(t, "350503", "2014-03-01"), "no ");
	assert_string_equal(division(COUNTIES "NTB,w,350503,\n", "350581",
				"2014-01-01"),
	    "yes");
	assert_string_equal(division(COUNTIES "MUB,w,3505,\n", "350581",
				"2014-01-01"),
	    "yes");
	assert_string_equal(division(COUNTIES "MUB,w,石狮,\n", "350581",
				"2014-01-01"),
	    "csv:2: a division of 2 to 12 digits is expected, not '石狮'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_standards_do_not_differ),
		cmocka_unit_test(what_keeps_good_files_good_is_compatible),
		cmocka_unit_test(what_refuses_good_files_is_not),
		cmocka_unit_test(other_types_do_not_stand_side_by_side),
		cmocka_unit_test(versions_follow_each_other_by_day),
		cmocka_unit_test(
		    an_older_version_stands_in_the_order_of_the_newer),
		cmocka_unit_test(header_and_package_decide_the_version),
		cmocka_unit_test(publications_name_what_stands_there),
		cmocka_unit_test(code_tables_are_held_by_their_lines),
		cmocka_unit_test(conversions_end),
		cmocka_unit_test(divisions_begin_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
