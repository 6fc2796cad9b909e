#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sight.h"

static struct db *db;
static struct sight *sight;
static struct err e;

static int
setup(void **state)
{
	(void)state;
	if (db_open_memory(&db, &e) == -1 ||
	    db_exec(db,
		"CREATE TABLE d_loans (_id INTEGER PRIMARY KEY, amount INTEGER,"
		" legal_rep_id TEXT); INSERT INTO d_loans VALUES (1, 100,"
		" '350500');"
		"CREATE VIEW loans AS SELECT * FROM d_loans;",
		&e) == -1)
		return -1;
	sight = sight_new();
	sight_add(sight, "d_loans", "_id");
	sight_add(sight, "d_loans", "amount");
	return sight_set(sight, db, &e);
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	sight_free(sight);
	return 0;
}

/* What SQLite says to a statement: 0 it is prepared. */
static int
says(const char *sql)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);

	(void)sqlite3_finalize(st);
	return rc;
}

static void
what_was_added_is_read(void **state)
{
	(void)state;
	assert_int_equal(db_int(db, 0,
			     "SELECT amount FROM d_loans WHERE _id = ?", "i",
			     (int64_t)1),
	    100);
	assert_int_equal(says("SELECT count(*) FROM d_loans"), SQLITE_OK);
	assert_int_equal(says("SELECT max(amount) FROM d_loans WHERE EXISTS"
			      " (SELECT 1 FROM d_loans b WHERE b._id > 1)"),
	    SQLITE_OK);
}

static void
nothing_else_is(void **state)
{
	(void)state;
	assert_int_equal(says("SELECT legal_rep_id FROM d_loans"), SQLITE_AUTH);
	assert_int_equal(says("SELECT * FROM d_loans"), SQLITE_AUTH);
	assert_int_equal(says("SELECT 1 FROM d_loans WHERE legal_rep_id > ''"),
	    SQLITE_AUTH);
	assert_int_equal(says("SELECT amount FROM loans"), SQLITE_AUTH);
	assert_int_equal(says("SELECT * FROM grant_t"), SQLITE_AUTH);
	assert_int_equal(says("SELECT count(*) FROM look_t"), SQLITE_AUTH);
	assert_int_equal(says("SELECT name FROM sqlite_master"), SQLITE_AUTH);
	assert_int_equal(says("SELECT amount FROM d_loans UNION SELECT key FROM"
			      " mark_t"),
	    SQLITE_AUTH);
}

static void
nothing_is_written_or_set(void **state)
{
	(void)state;
	assert_int_equal(says("UPDATE d_loans SET amount = 1"), SQLITE_AUTH);
	assert_int_equal(says("INSERT INTO d_loans VALUES (2, 2, '')"),
	    SQLITE_AUTH);
	assert_int_equal(says("DELETE FROM d_loans"), SQLITE_AUTH);
	assert_int_equal(says("DROP TABLE d_loans"), SQLITE_AUTH);
	assert_int_equal(says("CREATE TEMP TABLE t (a)"), SQLITE_AUTH);
	assert_int_equal(says("ATTACH 'other.db' AS other"), SQLITE_AUTH);
	assert_int_equal(says("PRAGMA query_only = 0"), SQLITE_AUTH);
	assert_int_equal(says("COMMIT"), SQLITE_AUTH);
}

static void
more_is_seen_when_it_is_added(void **state)
{
	(void)state;
	assert_int_equal(says("SELECT account FROM mark_t"), SQLITE_AUTH);
	sight_add(sight, "mark_t", "account");
	assert_int_equal(says("SELECT account FROM mark_t"), SQLITE_OK);
	assert_int_equal(says("SELECT key FROM mark_t"), SQLITE_AUTH);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_added_is_read),
		TEST(nothing_else_is),
		TEST(nothing_is_written_or_set),
		TEST(more_is_seen_when_it_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
