#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "door/tree.h"
#include "door/verbs.h"

static void
paths_are_cleaned_as_clients_send_them(void **state)
{
	static const struct {
		const char *sent;
		const char *clean;
	} cases[] = {
		{ "", "/" },
		{ ".", "/" },
		{ "/", "/" },
		{ "//", "/" },
		{ "..", "/" },
		{ "/../../etc", "/etc" },
		{ "upload", "/upload" },
		{ "./upload/.", "/upload" },
		{ "/upload//x.zip", "/upload/x.zip" },
		{ "/upload/../check/", "/check" },
		{ "/upload/a/../../receipts/b", "/receipts/b" },
		{ "/upload/...", "/upload/..." },
		{ "/报送/甲", "/报送/甲" },
	};
	struct place p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, cases[i].sent,
				     &p),
		    0);
		assert_string_equal(p.path, cases[i].clean);
	}
}

static void
a_path_that_grows_too_long_is_refused(void **state)
{
	char path[3 * SFTP_PATH];
	struct place p;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[SFTP_PATH - 2] = '\0';
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, path, &p), 0);
	path[SFTP_PATH - 2] = 'a';
	path[SFTP_PATH - 1] = '\0';
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, path, &p), -1);
}

static void
what_stands_below_a_folder_is_its_rest(void **state)
{
	struct place p;

	(void)state;
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, "/reports/a/b.csv", &p),
	    0);
	assert_string_equal(p.folder->name, "reports");
	assert_string_equal(p.rest, "a/b.csv");
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, "/reports", &p), 0);
	assert_string_equal(p.rest, "");
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, "/reportsx", &p), 0);
	assert_null(p.folder);
	assert_false(p.exists);
}

/*
 * Every role and folder: w may be written, r may be read, - is not there. The
 * letters stand in the order of the names.
 */
static void
each_role_has_its_folders_and_no_others(void **state)
{
	static const char *const name[] = { "upload", "check", "queries",
		"receipts", "reports", "extracts", "catalog", "standards",
		"keys", "spool" };
	static const char *const rights[] = {
		[ACCOUNT_DEPARTMENT] = "ww-rr--r--",
		[ACCOUNT_ENTERPRISE] = "ww-rr--r--",
		[ACCOUNT_INSTITUTION] = "--wr-rrr--",
		[ACCOUNT_UPSTREAM] = "--wr-rrr--",
	};
	char path[64];
	struct place p;

	(void)state;
	for (int role = 0; role <= ACCOUNT_UPSTREAM; role++)
		for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
			enum account_role as = (enum account_role)role;
			char want = rights[role][i];

			snprintf(path, sizeof(path), "/%s/x", name[i]);
			assert_int_equal(tree_place(as, path, &p), 0);
			assert_int_equal(verbs_permitted(VERB_LOOK, as, &p),
			    want != '-');
			assert_int_equal(verbs_permitted(VERB_READ, as, &p),
			    want == 'r');
			assert_int_equal(verbs_permitted(VERB_CHANGE, as, &p),
			    want == 'w');
			assert_int_equal(verbs_permitted(VERB_NEVER, as, &p),
			    0);
		}
}

static void
another_role_s_place_is_not_permitted(void **state)
{
	struct place p;

	(void)state;
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, "/upload/x", &p), 0);
	assert_int_equal(verbs_permitted(VERB_CHANGE, ACCOUNT_INSTITUTION, &p),
	    0);
}

static void
the_root_can_be_looked_at_only(void **state)
{
	struct place p;

	(void)state;
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, "/", &p), 0);
	assert_true(verbs_permitted(VERB_LOOK, ACCOUNT_DEPARTMENT, &p));
	assert_false(verbs_permitted(VERB_READ, ACCOUNT_DEPARTMENT, &p));
	assert_false(verbs_permitted(VERB_CHANGE, ACCOUNT_DEPARTMENT, &p));
}

static void
an_open_that_may_change_anything_is_a_change(void **state)
{
	(void)state;
	assert_int_equal(verbs_open_class(SFTP_OPEN_READ), VERB_READ);
	assert_int_equal(verbs_open_class(0), VERB_READ);
	for (uint32_t bit = SFTP_OPEN_WRITE; bit <= SFTP_OPEN_TRUNC; bit *= 2)
		assert_int_equal(verbs_open_class(SFTP_OPEN_READ | bit),
		    VERB_CHANGE);
}

static void
every_verb_of_version_three_is_in_the_table(void **state)
{
	(void)state;
	for (uint8_t type = SFTP_OPEN; type <= SFTP_SYMLINK; type++)
		assert_non_null(verbs_find(type, ""));
	assert_non_null(verbs_find(SFTP_EXTENDED, "limits@openssh.com"));
	assert_null(verbs_find(SFTP_EXTENDED, "hardlink@openssh.com"));
	assert_null(verbs_find(SFTP_EXTENDED, ""));
	assert_null(verbs_find(21, ""));
}

/* --- on disk --- */

static struct tree tree;

static int
fresh(void **state)
{
	static char dir[64];
	static const char *const make[] = { "accounts", "standards", "spool",
		"spool/uploading", "spool/received" };
	struct err e;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_tree.XXXXXX");
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++)
		if (mkdir(make[i], 0755) == -1)
			return -1;
	return tree_open(&tree, "aic", ACCOUNT_DEPARTMENT, &e);
}

static int
gone(void **state)
{
	char *dir = getcwd(NULL, 0);
	char command[128];
	int rc = -1;

	(void)state;
	tree_close(&tree);
	if (dir != NULL && strncmp(dir, "/tmp/test_tree.", 15) == 0) {
		snprintf(command, sizeof(command), "rm -rf '%s'", dir);
		rc = chdir("/") == 0 ? system(command) : -1;
	}
	free(dir);
	return rc;
}

static void
put_file(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("hello", f);
	fclose(f);
}

static int
reads(const char *path, int want_dir)
{
	struct place p;
	struct stat st;
	int fd;

	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, path, &p), 0);
	fd = tree_read(&tree, &p, want_dir, &st);
	if (fd != -1)
		(void)close(fd);
	return fd != -1;
}

static void
files_below_reports_are_read(void **state)
{
	(void)state;
	assert_int_equal(mkdir("accounts/aic/reports/b.1", 0755), 0);
	put_file("accounts/aic/reports/b.1/r.csv");
	assert_true(reads("/reports/b.1/r.csv", 0));
	assert_true(reads("/reports/b.1", 1));
	assert_true(reads("/reports", 1));
	assert_false(reads("/reports/b.1", 0));
	assert_false(reads("/reports/b.1/r.csv", 1));
	assert_false(reads("/reports/none", 0));
}

static void
no_link_leads_out(void **state)
{
	struct place p;
	struct stat st;

	(void)state;
	put_file("secret");
	assert_int_equal(symlink("../../../secret",
			     "accounts/aic/reports/link"),
	    0);
	assert_int_equal(symlink("../../..", "accounts/aic/reports/up"), 0);
	assert_false(reads("/reports/link", 0));
	assert_false(reads("/reports/up/secret", 0));
	assert_false(reads("/reports/up", 1));
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, "/reports/link", &p),
	    0);
	assert_int_equal(tree_stat(&tree, &p, &st), -1);
}

static void
hidden_and_special_files_are_not_there(void **state)
{
	struct place p;
	struct stat st;

	(void)state;
	put_file("accounts/aic/reports/.half.new");
	assert_int_equal(mkfifo("accounts/aic/reports/fifo", 0644), 0);
	assert_false(reads("/reports/.half.new", 0));
	assert_false(reads("/reports/fifo", 0));
	assert_int_equal(tree_place(ACCOUNT_DEPARTMENT, "/reports/fifo", &p),
	    0);
	assert_int_equal(tree_stat(&tree, &p, &st), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_cleaned_as_clients_send_them),
		cmocka_unit_test(a_path_that_grows_too_long_is_refused),
		cmocka_unit_test(what_stands_below_a_folder_is_its_rest),
		cmocka_unit_test(each_role_has_its_folders_and_no_others),
		cmocka_unit_test(another_role_s_place_is_not_permitted),
		cmocka_unit_test(the_root_can_be_looked_at_only),
		cmocka_unit_test(an_open_that_may_change_anything_is_a_change),
		cmocka_unit_test(every_verb_of_version_three_is_in_the_table),
		cmocka_unit_test_setup_teardown(files_below_reports_are_read,
		    fresh, gone),
		cmocka_unit_test_setup_teardown(no_link_leads_out, fresh, gone),
		cmocka_unit_test_setup_teardown(
		    hidden_and_special_files_are_not_there, fresh, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
