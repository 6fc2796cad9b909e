#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ledger.h"
#include "sys/hash.h"

#define AT "2014-06-01T08:00:00.000Z"

static struct db *db;
static struct err e;

static int
fresh(void **state)
{
	static char dir[64];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_ledger.XXXXXX");
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	return db_open("exchange.db", &db, &e);
}

static int
done(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static void
append(const char *kind, struct ledger_line *ret_l)
{
	assert_int_equal(ledger_append(db, AT, kind, "mub", "B1",
			     "{\"name\":\"水费.zip\"}", ret_l, &e),
	    0);
}

static int
run(const char *sql)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

static int64_t
verify(int *ret_good)
{
	int64_t lines;

	*ret_good = ledger_verify(db, &lines, &e);
	return lines;
}

static void
the_hash_is_as_the_manual_says(void **state)
{
	static const char zeros[] = "0000000000000000000000000000000000000000"
				    "000000000000000000000000";
	char text[512];
	char hex[HASH_HEX];
	struct ledger_line a, b;

	(void)state;
	append("received", &a);
	snprintf(text, sizeof(text),
	    "%s\n1\n" AT "\nreceived\nmub\nB1\n{\"name\":\"水费.zip\"}\n",
	    zeros);
	hash_sha256_hex(text, strlen(text), hex);
	assert_int_equal(a.seq, 1);
	assert_string_equal(a.prev, zeros);
	assert_string_equal(a.hash, hex);
	append("applied", &b);
	assert_int_equal(b.seq, 2);
	assert_string_equal(b.prev, a.hash);
}

static void
what_comes_next_is_known_before(void **state)
{
	struct ledger_line next, l;

	(void)state;
	append("received", NULL);
	assert_int_equal(ledger_next(db, &next, &e), 0);
	append("applied", &l);
	assert_int_equal(next.seq, l.seq);
	assert_string_equal(next.prev, l.prev);
}

static void
a_whole_chain_verifies(void **state)
{
	int good;

	(void)state;
	assert_int_equal(verify(&good), 0);
	assert_int_equal(good, 1);
	for (int i = 0; i < 100; i++)
		append("received", NULL);
	assert_int_equal(verify(&good), 100);
	assert_int_equal(good, 1);
}

static void
no_line_can_be_altered_or_removed(void **state)
{
	(void)state;
	append("received", NULL);
	assert_int_equal(db_commit(db, &e), 0);
	assert_int_equal(run("UPDATE ledger SET account = 'aic'"),
	    SQLITE_CONSTRAINT);
	assert_int_equal(run("DELETE FROM ledger"), SQLITE_CONSTRAINT);
	/* A conflict is resolved without the triggers unless they recurse. */
	assert_int_not_equal(run("INSERT OR REPLACE INTO ledger VALUES"
				 " (1,'','','','','','','')"),
	    SQLITE_OK);
}

/* Somebody with the file in hand drops the triggers; the chain still tells. */
static void
every_forgery_breaks_the_chain(void **state)
{
	static const char *const forgery[] = {
		"UPDATE ledger SET account = 'aic' WHERE seq = 5",
		"UPDATE ledger SET at = '' WHERE seq = 5",
		"UPDATE ledger SET kind = 'rejected' WHERE seq = 5",
		"UPDATE ledger SET bundle = 'B2' WHERE seq = 5",
		"UPDATE ledger SET detail = '{}' WHERE seq = 5",
		"UPDATE ledger SET prev = hash WHERE seq = 5",
		"UPDATE ledger SET hash = prev WHERE seq = 5",
		"DELETE FROM ledger WHERE seq = 5",
		"DELETE FROM ledger WHERE seq = 1",
		NULL,
	};
	int good;

	(void)state;
	for (int i = 0; i < 10; i++)
		append("received", NULL);
	assert_int_equal(db_commit(db, &e), 0);
	assert_int_equal(run("DROP TRIGGER ledger_stays;"
			     "DROP TRIGGER ledger_keeps"),
	    SQLITE_OK);
	for (size_t i = 0; forgery[i] != NULL; i++) {
		assert_int_equal(run("SAVEPOINT s"), SQLITE_OK);
		assert_int_equal(run(forgery[i]), SQLITE_OK);
		(void)verify(&good);
		assert_int_equal(good, 0);
		assert_int_equal(run("ROLLBACK TO s; RELEASE s"), SQLITE_OK);
	}
	assert_int_equal(verify(&good), 10);
	assert_int_equal(good, 1);
}

static void
a_line_that_was_not_committed_is_not_there(void **state)
{
	struct ledger_line l;

	(void)state;
	append("received", NULL);
	assert_int_equal(db_commit(db, &e), 0);
	append("applied", NULL);
	db_close(db);
	assert_int_equal(db_open("exchange.db", &db, &e), 0);
	assert_int_equal(ledger_next(db, &l, &e), 0);
	assert_int_equal(l.seq, 2);
}

static void
the_base_is_kept_as_it_was_found_safest(void **state)
{
	sqlite3_stmt *st;

	(void)state;
	assert_int_equal(db_query(db, &st, &e, "PRAGMA journal_mode", ""), 1);
	assert_string_equal(db_text(st, 0), "wal");
	db_done(st);
	assert_int_equal(db_int(db, -1, "PRAGMA synchronous", ""), 2);
	assert_int_equal(db_int(db, -1, "PRAGMA mmap_size", ""), 0);
}

/* A reader beside the keeper neither writes nor waits. */
static void
a_reader_sees_what_was_committed(void **state)
{
	struct db *other;

	(void)state;
	append("received", NULL);
	assert_int_equal(db_commit(db, &e), 0);
	append("applied", NULL);
	assert_int_equal(db_open_read("exchange.db", &other, &e), 0);
	assert_int_equal(db_int(other, -1, "SELECT count(*) FROM ledger", ""),
	    1);
	assert_int_equal(db_commit(db, &e), 0);
	assert_int_not_equal(sqlite3_exec(other->handle,
				 "INSERT INTO code_label_t VALUES"
				 " ('a', 'b', 'c', 'd')",
				 NULL, NULL, NULL),
	    SQLITE_OK);
	db_close(other);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
		T(the_hash_is_as_the_manual_says),
		T(what_comes_next_is_known_before),
		T(a_whole_chain_verifies),
		T(no_line_can_be_altered_or_removed),
		T(every_forgery_breaks_the_chain),
		T(a_line_that_was_not_committed_is_not_there),
		T(the_base_is_kept_as_it_was_found_safest),
		T(a_reader_sees_what_was_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
