#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ledger.h"
#include "grant/access.h"
#include "grant/grant_store.h"

static const struct schema loans = { .dataset = "loans",
	.nfields = 2,
	.field = { { .name = "entity_name", .sensitivity = 'P' },
	    { .name = "legal_rep_id", .sensitivity = 'X' } } };

static struct db *db;
static struct err e;

static int
setup(void **state)
{
	(void)state;
	return db_open_memory(&db, &e) == -1 ||
		       db_exec(db,
			   "INSERT INTO account_t VALUES ('fz', 'institution',"
			   " 'BANK', '某银行', '', '', 1, '');"
			   "INSERT INTO enterprise_t (no, root, bundle, file,"
			   " row) VALUES (12, 12, 0, 0, 0), (13, 12, 0, 0, 0);",
			   &e) == -1
		   ? -1
		   : 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static void
note(const char *query, uint32_t enterprise, enum grant_refusal why)
{
	struct grant_answer a = { .why = why,
		.form = why == GRANT_GIVEN ? GRANT_ROWS : GRANT_NONE,
		.full = why == GRANT_GIVEN ? 1 : 0,
		.masked = why == GRANT_GIVEN ? 2 : 0,
		.ngrants = why == GRANT_GIVEN ? 2 : 0,
		.grant = { 3, 7 } };
	struct access_note n = { .at = "2016-03-31T16:30:00.000Z",
		.account = "fz",
		.query = query,
		.asked = "某公司",
		.enterprise = enterprise,
		.schema = &loans,
		.purpose = "loan_approval",
		.answer = &a,
		.rows = why == GRANT_GIVEN ? 4 : 0 };

	assert_int_equal(access_note(db, &n, &e), 0);
}

static void
seal(const char *query)
{
	struct access_hash h;
	int rc;

	access_hash_start(&h);
	while ((rc = access_hash_some(db, query, 1, &h, &e)) == 1)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(access_seal(db, "2016-03-31T16:30:00.000Z", "fz",
			     query, "loan_approval", "q.zip", "00", &h, &e),
	    0);
	access_hash_done(&h);
	assert_int_equal(db_run(db, &e,
			     "INSERT INTO access_log (at, account, address,"
			     " operation, name, bytes, sha256, outcome) VALUES"
			     " ('', 'fz', '', 'extract', 'q.zip', 1, '00', '')",
			     ""),
	    0);
}

static void
each_look_is_sealed_by_the_ledger(void **state)
{
	char query[64];
	int64_t lines;

	(void)state;
	note("Q1", 12, GRANT_GIVEN);
	note("Q1", 0, GRANT_OTHER_WHOM);
	seal("Q1");
	note("Q2", 13, GRANT_NO_CONSENT);
	seal("Q2");
	assert_int_equal(access_verify(db, query, &e), 1);
	assert_int_equal(ledger_verify(db, &lines, &e), 1);
	assert_int_equal(lines, 2);
}

static void
an_altered_look_is_found(void **state)
{
	char query[64];

	(void)state;
	note("Q1", 12, GRANT_GIVEN);
	seal("Q1");
	note("Q2", 12, GRANT_GIVEN);
	seal("Q2");
	assert_int_equal(db_exec(db,
			     "UPDATE look_whom_t SET enterprise = 13 WHERE "
			     "look ="
			     " (SELECT no FROM look_t WHERE query = 'Q2')",
			     &e),
	    0);
	assert_int_equal(access_verify(db, query, &e), 0);
	assert_string_equal(query, "Q2");
}

static void
a_look_taken_away_is_found(void **state)
{
	char query[64];

	(void)state;
	note("Q1", 12, GRANT_GIVEN);
	note("Q1", 13, GRANT_GIVEN);
	seal("Q1");
	assert_int_equal(db_exec(db,
			     "DELETE FROM look_whom_t WHERE enterprise = 13",
			     &e),
	    0);
	assert_int_equal(access_verify(db, query, &e), 0);
}

/* What verify says of a log that was altered so. */
static int
verdict_after(const char *sql)
{
	char query[64] = "";
	int good;

	note("Q1", 12, GRANT_GIVEN);
	seal("Q1");
	assert_int_equal(access_verify(db, query, &e), 1);
	assert_int_equal(db_exec(db, sql, &e), 0);
	good = access_verify(db, query, &e);
	if (good == 0)
		assert_string_not_equal(query, "");
	return good;
}

static void
an_altered_hash_in_the_log_is_found(void **state)
{
	(void)state;
	assert_int_equal(verdict_after("UPDATE access_log SET sha256 = '11'"),
	    0);
}

static void
a_line_of_the_log_given_to_another_is_found(void **state)
{
	(void)state;
	assert_int_equal(verdict_after("UPDATE access_log SET account = 'x'"),
	    0);
}

static void
a_line_taken_out_of_the_log_is_found(void **state)
{
	(void)state;
	assert_int_equal(verdict_after("DELETE FROM access_log"), 0);
}

static void
a_line_slipped_into_the_log_is_found(void **state)
{
	(void)state;
	assert_int_equal(verdict_after("INSERT INTO access_log (at, account,"
				       " address, operation, name, bytes,"
				       " sha256, outcome) VALUES ('', 'fz', '',"
				       " 'extract', 'r.zip', 1, '22', '')"),
	    0);
}

static void
what_else_is_logged_is_no_fault(void **state)
{
	(void)state;
	assert_int_equal(verdict_after("INSERT INTO access_log (at, account,"
				       " address, operation, name, bytes,"
				       " sha256, outcome) VALUES ('', 'fz', '',"
				       " 'get', 'q.zip', 1, '', 'done')"),
	    1);
}

static void
a_look_that_no_line_seals_is_found(void **state)
{
	char query[64];

	(void)state;
	note("Q1", 12, GRANT_GIVEN);
	assert_int_equal(access_verify(db, query, &e), 0);
	assert_string_equal(query, "Q1");
}

static void
an_enterprise_is_told_what_was_looked_at_of_all_it_is(void **state)
{
	json_t *list = NULL;
	json_t *o;

	(void)state;
	note("Q1", 13, GRANT_GIVEN); /* merged into 12 */
	note("Q2", 12, GRANT_NO_CONSENT);
	note("Q3", 0, GRANT_OTHER_WHOM);
	assert_int_equal(access_list(db, 13, &list, &e), 0);
	assert_int_equal(json_array_size(list), 2);
	o = json_array_get(list, 1);
	assert_string_equal(json_string_value(json_object_get(o, "fields")),
	    "entity_name legal_rep_id*");
	assert_string_equal(json_string_value(json_object_get(o, "grants")),
	    "3 7");
	assert_string_equal(json_string_value(json_object_get(o, "unit")),
	    "某银行");
	o = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(o, "withheld")),
	    "grant_no_consent");
	json_decref(list);
}

static void
use_is_counted_by_the_months_of_china(void **state)
{
	json_t *list = NULL;
	json_t *o;

	(void)state;
	note("Q1", 12, GRANT_GIVEN); /* 00:30 on 1 April there */
	note("Q1", 13, GRANT_GIVEN);
	note("Q2", 12, GRANT_NO_CONSENT);
	assert_int_equal(access_use(db, "2016-03", &list, &e), 0);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	assert_int_equal(access_use(db, "2016-04", &list, &e), 0);
	o = json_array_get(list, 0);
	assert_int_equal(json_integer_value(json_object_get(o, "queries")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "subjects")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "rows")), 8);
	assert_int_equal(json_integer_value(json_object_get(o, "withheld")), 1);
	json_decref(list);
}

static void
a_use_of_one_query_counts_once(void **state)
{
	(void)state;
	assert_int_equal(grant_used(db, 3, "Q1", "2016-04-01", &e), 0);
	assert_int_equal(grant_used(db, 3, "Q1", "2016-04-01", &e), 0);
	assert_int_equal(grant_used(db, 3, "Q2", "2016-04-02", &e), 0);
	assert_int_equal(db_int(db, 0, "SELECT count(*) FROM grant_use_t", ""),
	    2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(each_look_is_sealed_by_the_ledger),
		T(an_altered_look_is_found),
		T(a_look_taken_away_is_found),
		T(a_look_that_no_line_seals_is_found),
		T(an_altered_hash_in_the_log_is_found),
		T(a_line_of_the_log_given_to_another_is_found),
		T(a_line_taken_out_of_the_log_is_found),
		T(a_line_slipped_into_the_log_is_found),
		T(what_else_is_logged_is_no_fault),
		T(an_enterprise_is_told_what_was_looked_at_of_all_it_is),
		T(use_is_counted_by_the_months_of_china),
		T(a_use_of_one_query_counts_once),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
