#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/account.h"
#include "base/ledger.h"
#include "sys/file.h"
#include "sys/sign.h"

#define NOW "2014-06-01T08:00:00.000Z"

static struct db *db;
static struct err e;
static struct buf key_line[2]; /* two public keys as text */
static struct buf key_blob[2]; /* and in wire form */

static int
fresh(void **state)
{
	static char dir[64];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_account.XXXXXX");
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	for (int i = 0; i < 2; i++) {
		char path[32];
		char type[64];
		char comment[64];

		snprintf(path, sizeof(path), "key%d", i);
		buf_init(&key_line[i], 8192);
		buf_init(&key_blob[i], 8192);
		if (sign_keygen(SIGN_ED25519, path, "desk", &e) == -1)
			return -1;
		snprintf(path, sizeof(path), "key%d.pub", i);
		if (file_read(AT_FDCWD, path, &key_line[i], &e) == -1 ||
		    sign_public_line(key_line[i].data, key_line[i].len, type,
			sizeof(type), &key_blob[i], comment, sizeof(comment),
			&e) != 1)
			return -1;
	}
	return db_open("exchange.db", &db, &e);
}

static int
done(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		buf_done(&key_line[i]);
		buf_done(&key_blob[i]);
	}
	db_close(db);
	return 0;
}

/* Asks, and gives the answer as compact text; NULL where it was refused. */
static const char *
ask(const char *what, json_t *request)
{
	static char text[4096];
	json_t *answer = NULL;
	char *dumped;
	int rc = account_ask(db, what, request, NOW, &answer, &e);

	json_decref(request);
	if (rc == -1)
		return NULL;
	dumped = json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS);
	snprintf(text, sizeof(text), "%s", dumped);
	free(dumped);
	json_decref(answer);
	return text;
}

static const char *
add(const char *name, const char *role, const char *keys)
{
	return ask("account add",
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", name, "role",
		role, "provider", "MUB", "unit", "市政公用事业管理局", "person",
		"张三", "keys", keys));
}

static const char *
of_account(const char *what, const char *name, const char *keys)
{
	return ask(what, json_pack("{s:s, s:s}", "name", name, "keys", keys));
}

static int
login(const char *user, int key)
{
	enum account_role role = ACCOUNT_UPSTREAM;
	int rc = account_login(db, user, key_blob[key].data, key_blob[key].len,
	    &role, &e);

	if (rc == 1)
		assert_int_equal(role, ACCOUNT_DEPARTMENT);
	return rc;
}

static void
only_its_own_key_opens_an_account(void **state)
{
	(void)state;
	assert_string_equal(add("mub", "department", key_line[0].data),
	    "{\"added\":\"mub\"}");
	assert_string_equal(add("aic", "department", key_line[1].data),
	    "{\"added\":\"aic\"}");
	assert_int_equal(login("mub", 0), 1);
	assert_int_equal(login("mub", 1), 0);
	assert_int_equal(login("aic", 0), 0);
	assert_int_equal(login("nobody", 0), 0);
	assert_int_equal(account_login(db, "mub", key_blob[0].data,
			     key_blob[0].len - 1, &(enum account_role){ 0 },
			     &e),
	    0);
}

static void
a_key_file_may_hold_several_keys(void **state)
{
	char both[1024];

	(void)state;
	snprintf(both, sizeof(both), "# 两把钥匙\r\n%s\r\n\n%s",
	    key_line[0].data, key_line[1].data);
	assert_non_null(add("mub", "department", both));
	assert_int_equal(login("mub", 0), 1);
	assert_int_equal(login("mub", 1), 1);
}

static void
a_disabled_account_stays_out_until_enabled(void **state)
{
	enum account_role role;

	(void)state;
	add("mub", "department", key_line[0].data);
	assert_string_equal(of_account("account disable", "mub", ""),
	    "{\"disabled\":\"mub\"}");
	assert_int_equal(login("mub", 0), 0);
	assert_int_equal(account_enabled(db, "mub", &role, &e), 0);
	assert_non_null(of_account("account enable", "mub", ""));
	assert_int_equal(login("mub", 0), 1);
}

static void
a_key_is_removed_by_fingerprint_or_file(void **state)
{
	char both[1024];
	char print[64];

	(void)state;
	snprintf(both, sizeof(both), "%s%s", key_line[0].data,
	    key_line[1].data);
	add("mub", "department", both);
	sign_fingerprint(key_blob[0].data, key_blob[0].len, print);
	assert_non_null(of_account("account key remove", "mub", print));
	assert_int_equal(login("mub", 0), 0);
	assert_int_equal(login("mub", 1), 1);
	assert_non_null(
	    of_account("account key remove", "mub", key_line[1].data));
	assert_int_equal(login("mub", 1), 0);
	assert_null(of_account("account key remove", "mub", print));
	assert_non_null(of_account("account key add", "mub", key_line[0].data));
	assert_int_equal(login("mub", 0), 1);
}

static void
requests_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	assert_null(add("Mub", "department", key_line[0].data));
	assert_null(add("../mub", "department", key_line[0].data));
	assert_null(add("", "department", key_line[0].data));
	assert_null(add("abcdefghijklmnopqrstuvwxyz0123456", "department",
	    key_line[0].data));
	assert_null(add("mub", "admin", key_line[0].data));
	assert_null(add("mub", "department", ""));
	assert_non_null(strstr(e.en, "no public key"));
	assert_null(of_account("account disable", "nobody", ""));
	assert_null(of_account("account enable", "nobody", ""));
	assert_null(of_account("account key add", "nobody", key_line[0].data));
	assert_null(of_account("account explode", "mub", ""));
}

static void
an_account_is_added_once(void **state)
{
	(void)state;
	assert_non_null(add("mub", "department", key_line[0].data));
	assert_null(add("mub", "department", key_line[1].data));
	assert_int_equal(login("mub", 1), 0);
}

static void
the_list_tells_keys_by_fingerprint(void **state)
{
	char print[64];
	const char *list;

	(void)state;
	add("mub", "department", key_line[0].data);
	sign_fingerprint(key_blob[0].data, key_blob[0].len, print);
	list = ask("account list", json_object());
	assert_non_null(strstr(list, print));
	assert_non_null(strstr(list, "\"enabled\":true"));
	assert_non_null(strstr(list, "\"person\":\"张三\""));
	assert_non_null(strstr(list, "\"unit\":\"市政公用事业管理局\""));
}

static void
every_change_is_a_line_of_the_ledger(void **state)
{
	static const char expected[] = "account added,key added,"
				       "account disabled,account enabled,"
				       "key added,key removed";
	sqlite3_stmt *st;
	int64_t lines;

	(void)state;
	add("mub", "department", key_line[0].data);
	of_account("account disable", "mub", "");
	of_account("account enable", "mub", "");
	of_account("account key add", "mub", key_line[1].data);
	of_account("account key remove", "mub", key_line[1].data);
	assert_int_equal(db_query(db, &st, &e,
			     "SELECT group_concat(kind) FROM (SELECT kind FROM"
			     " ledger WHERE account = 'mub' ORDER BY seq)",
			     ""),
	    1);
	assert_string_equal(db_text(st, 0), expected);
	db_done(st);
	assert_int_equal(ledger_verify(db, &lines, &e), 1);
	assert_int_equal(lines, 6);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
		T(only_its_own_key_opens_an_account),
		T(a_key_file_may_hold_several_keys),
		T(a_disabled_account_stays_out_until_enabled),
		T(a_key_is_removed_by_fingerprint_or_file),
		T(requests_that_make_no_sense_are_refused),
		T(an_account_is_added_once),
		T(the_list_tells_keys_by_fingerprint),
		T(every_change_is_a_line_of_the_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
