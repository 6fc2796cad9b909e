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

#include "form/decode.h"
#include "golden/enterprise.h"
#include "rule/box_link.h"
#include "sys/buf.h"
#include "sys/file.h"

/*
 * Shows that what linking is told of enterprises stands in the base as well: a
 * new start answers the same, rows that wait are found again, merges and
 * judgements can be undone.
 */

static struct db *db;
static struct enterprises *x;
static struct link_rules rules;
static struct err e;
static const struct origin here = { 1, 0, 2 };

static int
read_rules(void **state)
{
	struct buf b;
	int rc;

	(void)state;
	buf_init(&b, 1 << 16);
	rc = decoder_prepare(&e) == -1 ||
		     file_read(AT_FDCWD, "rules/link.lua", &b, &e) == -1
		 ? -1
		 : box_link_rules(b.data, b.len, &rules, &e);
	buf_done(&b);
	return rc;
}

static char dir[64];

static int
fresh(void **state)
{
	char path[96];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_enterprise.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/base.db", dir);
	if (db_open(path, &db, &e) == -1 ||
	    db_exec(db,
		"CREATE TABLE d_bill (_id INTEGER PRIMARY KEY, _enterprise"
		" INTEGER, _link INTEGER, _bundle INTEGER, _file INTEGER,"
		" _row INTEGER)",
		&e) == -1)
		return -1;
	return enterprises_open(db, &rules, &x, &e);
}

static int
done(void **state)
{
	char command[96];

	(void)state;
	enterprises_close(x);
	db_close(db);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? 0 : -1;
}

/* As a new start finds it. */
static void
again(void)
{
	assert_int_equal(db_commit(db, &e), 0);
	enterprises_close(x);
	assert_int_equal(enterprises_open(db, &rules, &x, &e), 0);
}

static void
identities(struct identities *ids, enum identity_kind kind, const char *value)
{
	identities_start(ids);
	identities_add(ids, kind, value, strlen(value));
}

static uint32_t
found(const char *name, enum identity_kind kind, const char *value)
{
	uint32_t no = enterprises_next(x);
	struct identities ids;

	identities(&ids, kind, value);
	assert_int_equal(enterprises_found(x, &here, &e), 0);
	assert_int_equal(enterprises_learn(x, no, &ids, &here, &e), 0);
	assert_int_equal(enterprises_name(x, no, name, strlen(name),
			     "2014-01-01", "", 1, &here, &e),
	    0);
	return no;
}

static void
ask(const char *name, enum identity_kind kind, const char *value,
    struct linker_answer *ret)
{
	static struct identities ids;
	struct linker_subject s = { .dataset = "bill", .ids = &ids };

	identities(&ids, kind, value);
	s.name = name;
	s.name_len = name != NULL ? strlen(name) : 0;
	linker_link(enterprises_linker(x), &s, ret);
}

static uint32_t
whose(const char *name, enum identity_kind kind, const char *value)
{
	struct linker_answer a;

	ask(name, kind, value, &a);
	return a.enterprise;
}

#define NAME "晋江市清源织造有限公司"
#define SEA  "石狮市远洋制衣有限公司"
#define ORG  "527041239"
#define ORG2 "33781355X"

static void
ids_are_of_one_form(void **state)
{
	char id[ENTERPRISE_ID];

	(void)state;
	enterprise_id_format(12, id);
	assert_string_equal(id, "E00000012");
	assert_int_equal(enterprise_id_parse(id), 12);
	assert_int_equal(enterprise_id_parse("e12"), 12);
	assert_int_equal(enterprise_id_parse("12"), 0);
	assert_int_equal(enterprise_id_parse("E12x"), 0);
}

static void
a_new_start_answers_the_same(void **state)
{
	uint32_t a = found(NAME, IDENTITY_ORG_CODE, ORG);

	(void)state;
	assert_int_equal(enterprises_profile(x, a, "陈明", "青阳街道1号",
			     "0595-22220000", &e),
	    0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(whose(NULL, IDENTITY_ORG_CODE, ORG), a);
		assert_int_equal(whose(NAME, IDENTITY_ORG_CODE, ""), a);
		assert_int_equal(whose(SEA, IDENTITY_ORG_CODE, ""), 0);
		assert_int_equal(enterprises_next(x), a + 1);
		again();
	}
}

static void
a_name_ends_when_there_is_a_newer_one(void **state)
{
	uint32_t a = found(NAME, IDENTITY_ORG_CODE, ORG);

	(void)state;
	assert_int_equal(enterprises_name(x, a, SEA, strlen(SEA), "2016-01-01",
			     "", 1, &here, &e),
	    0);
	assert_int_equal(db_int(db, 0,
			     "SELECT count(*) FROM enterprise_name_t WHERE"
			     " name = ? AND until = '2016-01-01'",
			     "t", NAME),
	    1);
	/* What was said before of the old one does not bring it back. */
	assert_int_equal(enterprises_name(x, a, NAME, strlen(NAME), "", "", 0,
			     &here, &e),
	    0);
	assert_int_equal(db_int(db, 0,
			     "SELECT count(*) FROM enterprise_name_t WHERE"
			     " until = ''",
			     ""),
	    1);
}

static void
wait_for(const char *name, enum identity_kind kind, const char *value,
    int64_t row)
{
	struct identities ids;
	struct linker_answer a;
	struct linker_subject s = { .dataset = "bill",
		.ids = &ids,
		.name = name,
		.name_len = strlen(name) };
	struct waiting w = { .dataset = "bill", .row = row, .subject = row };

	identities(&ids, kind, value);
	linker_link(enterprises_linker(x), &s, &a);
	assert_int_equal(a.enterprise, 0);
	assert_int_equal(enterprises_wait(x, &w, &s, &a, &here, &e), 0);
}

static int64_t
to_try(void)
{
	return db_int(db, -1, "SELECT count(*) FROM retry_t", "");
}

static void
what_waits_is_tried_when_it_is_learned(void **state)
{
	(void)state;
	wait_for(NAME, IDENTITY_ORG_CODE, "", 1);
	wait_for("某某", IDENTITY_ORG_CODE, ORG2, 2);
	assert_int_equal(to_try(), 0);
	again();
	found(NAME, IDENTITY_ORG_CODE, ORG);
	assert_int_equal(to_try(), 1);
	found(SEA, IDENTITY_ORG_CODE, ORG2);
	assert_int_equal(to_try(), 2);
	assert_int_equal(enterprises_forget_row(x, "bill", 1, &e), 0);
	assert_int_equal(db_int(db, -1,
			     "SELECT count(*) FROM waiting_t WHERE"
			     " row = 1",
			     ""),
	    0);
}

static void
a_merge_can_be_undone(void **state)
{
	uint32_t a = found(NAME, IDENTITY_ORG_CODE, ORG);
	uint32_t b = found(SEA, IDENTITY_ORG_CODE, ORG2);
	int64_t merge;

	(void)state;
	assert_int_equal(enterprises_merge(x, a, b, "张三", "同一企业", "now",
			     &here, &merge, &e),
	    0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(whose(NULL, IDENTITY_ORG_CODE, ORG2), a);
		assert_int_equal(whose(SEA, IDENTITY_ORG_CODE, ""), a);
		assert_int_equal(enterprises_root(db, b), a);
		again();
	}
	assert_int_equal(enterprises_merge(x, a, b, "", "", "now", &here,
			     &merge, &e),
	    -1);
	/* A row that came since is open again after it. */
	assert_int_equal(db_exec(db,
			     "INSERT INTO d_bill VALUES (7, 1, 5, 3,"
			     " 0, 9)",
			     &e),
	    0);
	assert_int_equal(enterprises_linked(x, a, "bill", 7, 0, 0, &e), 0);
	assert_int_equal(enterprises_split(x, merge, "李四", "两家", "now", &e),
	    0);
	assert_int_equal(to_try(), 1);
	assert_int_equal(db_int(db, -1,
			     "SELECT _enterprise IS NULL FROM d_bill", ""),
	    1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(whose(NULL, IDENTITY_ORG_CODE, ORG2), b);
		assert_int_equal(whose(SEA, IDENTITY_ORG_CODE, ""), b);
		assert_int_equal(whose(NAME, IDENTITY_ORG_CODE, ""), a);
		again();
	}
	assert_int_equal(enterprises_split(x, merge, "", "", "now", &e), -1);
}

static void
a_judgement_holds_until_it_is_taken_back(void **state)
{
	uint32_t a = found(NAME, IDENTITY_ORG_CODE, ORG);
	uint32_t not_these[4], same;

	(void)state;
	assert_int_equal(enterprises_judge(x, 77, a, 0, &e), 0);
	again();
	assert_int_equal(enterprises_judged(x, 77, &same, not_these, 4), 1);
	assert_int_equal(not_these[0], a);
	assert_int_equal(same, 0);
	assert_int_equal(enterprises_judged(x, 78, &same, not_these, 4), 0);
	assert_int_equal(enterprises_unjudge(x, 77, a, &e), 0);
	assert_int_equal(enterprises_judged(x, 77, &same, not_these, 4), 0);
}

/* Records to be made anew: a crash on the way makes it all of them. */
static void
nothing_touched_is_forgotten(void **state)
{
	uint32_t a = found(NAME, IDENTITY_ORG_CODE, ORG);
	uint32_t b = found(SEA, IDENTITY_ORG_CODE, ORG2);
	uint32_t no;

	(void)state;
	assert_int_equal(enterprises_touch(x, a, 0, 3, 0, &e), 0);
	assert_int_equal(enterprises_touch(x, a, 0, 3, 0, &e), 0);
	assert_int_equal(enterprises_sources(x, a), 1 << 3);
	/* A late source counts only where the record lacks something. */
	assert_int_equal(enterprises_touch(x, b, 4, 5, 0, &e), 0);
	again();
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 1);
	assert_int_equal(enterprises_refreshed(x, no, 4, &e), 0);
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 1);
	assert_int_equal(enterprises_refreshed(x, no, 4, &e), 0);
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 0);
	again();
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 0);
	assert_int_equal(enterprises_touch(x, b, 4, 5, 0, &e), 0);
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 1);
	assert_int_equal(no, b);
}

/* What all say can wait; what they do not, or nobody knows of, cannot. */
static void
records_wait_while_all_agree(void **state)
{
	uint32_t a = found(NAME, IDENTITY_ORG_CODE, ORG);
	uint32_t b = found(SEA, IDENTITY_ORG_CODE, ORG2);
	uint32_t no;

	(void)state;
	assert_false(enterprises_is_agreed(x, a));
	enterprises_agree_on(x, 2);
	assert_false(enterprises_is_agreed(x, a));
	enterprises_heard(x, a);
	assert_true(enterprises_is_agreed(x, a));
	assert_true(enterprises_agrees(x, a, 0, "one"));
	assert_true(enterprises_agrees(x, a, 1, "two"));
	assert_true(enterprises_agrees(x, a, 0, "one"));
	assert_false(enterprises_agrees(x, a, 0, "another"));
	assert_false(enterprises_agrees(x, a, 1, "two"));
	assert_false(enterprises_is_agreed(x, a));
	assert_false(enterprises_agrees(x, b, 0, "one"));

	assert_int_equal(enterprises_touch(x, a, 0, 3, 1, &e), 0);
	assert_int_equal(enterprises_touch(x, b, 0, 3, 1, &e), 0);
	assert_int_equal(enterprises_pending(x), 2);
	assert_int_equal(enterprises_touched(x, 0, &no, &e), 0);
	/* The second time it cannot wait. */
	assert_int_equal(enterprises_touch(x, a, 0, 3, 0, &e), 0);
	assert_int_equal(enterprises_touch(x, a, 0, 3, 1, &e), 0);
	assert_int_equal(enterprises_pending(x), 1);
	assert_int_equal(enterprises_touched(x, 0, &no, &e), 1);
	assert_int_equal(no, a);
	assert_int_equal(enterprises_touched(x, 0, &no, &e), 0);
	assert_int_equal(enterprises_pending(x), 1);
	/* Of one that is to be made nobody knows what it lacks. */
	assert_true(enterprises_would_touch(x, b, 4));
	assert_false(enterprises_would_touch(x, a, 4));
	/* Who reads it before has it made. */
	assert_false(enterprises_take(x, a));
	assert_true(enterprises_take(x, b));
	assert_false(enterprises_take(x, b));
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 0);
}

/* A crash finds those that can wait, and those that cannot. */
static void
a_crash_tells_what_could_wait(void **state)
{
	uint32_t a = found(NAME, IDENTITY_ORG_CODE, ORG);
	uint32_t no;

	(void)state;
	assert_int_equal(enterprises_touch(x, a, 0, 3, 1, &e), 0);
	again();
	assert_false(enterprises_hurries(x));
	assert_int_equal(enterprises_pending(x), 1);
	assert_int_equal(enterprises_touch(x, a, 0, 3, 0, &e), 0);
	again();
	assert_true(enterprises_hurries(x));
	assert_int_equal(enterprises_pending(x), 0);
	assert_int_equal(enterprises_touched(x, 0, &no, &e), 1);
	assert_int_equal(enterprises_refreshed(x, no, 0, &e), 0);
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 0);
	again();
	assert_int_equal(enterprises_pending(x), 0);
	assert_int_equal(enterprises_touched(x, 1, &no, &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_of_one_form),
		cmocka_unit_test_setup_teardown(a_new_start_answers_the_same,
		    fresh, done),
		cmocka_unit_test_setup_teardown(
		    a_name_ends_when_there_is_a_newer_one, fresh, done),
		cmocka_unit_test_setup_teardown(
		    what_waits_is_tried_when_it_is_learned, fresh, done),
		cmocka_unit_test_setup_teardown(a_merge_can_be_undone, fresh,
		    done),
		cmocka_unit_test_setup_teardown(
		    a_judgement_holds_until_it_is_taken_back, fresh, done),
		cmocka_unit_test_setup_teardown(nothing_touched_is_forgotten,
		    fresh, done),
		cmocka_unit_test_setup_teardown(records_wait_while_all_agree,
		    fresh, done),
		cmocka_unit_test_setup_teardown(a_crash_tells_what_could_wait,
		    fresh, done),
	};

	return cmocka_run_group_tests(tests, read_rules, NULL);
}
