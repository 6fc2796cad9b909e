#include <fcntl.h>
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

#include "sys/spool.h"

static const char *const state_dir[] = { "uploading", "received", "claimed",
	"applied", "rejected", "quarantined" };

/* Each test starts in a spool of its own. */
static int
fresh(void **state)
{
	static char dir[64];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_spool.XXXXXX");
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	for (int i = 0; i < 6; i++)
		if (mkdir(state_dir[i], 0755) == -1)
			return -1;
	return mkdir("uploading/aic", 0755);
}

static int
open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	assert_true(fd != -1);
	return fd;
}

static struct spool_name
name(const char *as_sent)
{
	struct spool_name n = { .kind = 'u', .account = "aic" };

	spool_new_id(n.id);
	snprintf(n.name, sizeof(n.name), "%s", as_sent);
	return n;
}

static void
a_name_survives_format_and_parse(void **state)
{
	struct spool_name n = name("2016-03.企业登记.tar.gz");
	struct spool_name back;
	char file[SPOOL_TEXT];

	(void)state;
	assert_int_equal(spool_name_format(&n, file), 0);
	assert_int_equal(spool_name_parse(file, &back), 0);
	assert_memory_equal(&n, &back, sizeof(n));
}

static void
names_that_could_leave_the_spool_are_refused(void **state)
{
	static const char *const bad[] = { "", ".hidden", "../x.zip", "a/b.zip",
		"a\\b.zip", "a\nb.zip", "a\x7f.zip", "\xff\xfe.zip",
		"\xc0\xae.zip", "\xed\xa0\x80.zip", NULL };
	char longest[NAME_TEXT + 1];
	struct err e;

	(void)state;
	for (size_t i = 0; bad[i] != NULL; i++) {
		assert_int_equal(spool_name_check(bad[i], &e), -1);
		assert_int_equal(e.kind, ERR_SENDER);
		assert_string_equal(e.code, "name_bad");
	}
	memset(longest, 'a', sizeof(longest));
	longest[NAME_TEXT] = '\0';
	assert_int_equal(spool_name_check(longest, &e), -1);
	longest[NAME_TEXT - 1] = '\0';
	assert_int_equal(spool_name_check(longest, &e), 0);
}

static void
what_is_no_bundle_does_not_parse(void **state)
{
	struct spool_name n;

	(void)state;
	assert_int_equal(spool_name_parse("readme.txt", &n), -1);
	assert_int_equal(
	    spool_name_parse("01J9ZZZZZZZZZZZZZZZZZZZZZZ.x.aic.a.zip", &n), -1);
	assert_int_equal(
	    spool_name_parse("01J9ZZZZZZZZZZZZZZZZZZZZZZ.u.AIC.a.zip", &n), -1);
	assert_int_equal(spool_name_parse("01J9ZZZZZZZZZZZZZZZZZZZZZZ.u.aic",
			     &n),
	    -1);
	assert_int_equal(
	    spool_name_parse("01J9ZZZZZZZZZZZZZZZZZZZZZZ.u.aic.a.zip", &n), 0);
}

static void
an_upload_is_published_whole_and_only_once(void **state)
{
	struct spool_name n = name("a.zip");
	char file[SPOOL_TEXT];
	char path[SPOOL_TEXT + 16];
	struct err e;
	struct stat st;
	int up = open_dir("uploading/aic");
	int received = open_dir("received");
	int fd;

	(void)state;
	fd = spool_create(up, &n, &e);
	assert_true(fd != -1);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(spool_name_format(&n, file), 0);
	assert_int_equal(spool_publish(fd, up, file, received, file, &e), 0);
	snprintf(path, sizeof(path), "received/%s", file);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(faccessat(up, file, F_OK, 0), -1);
	assert_int_equal(spool_publish(fd, up, file, received, file, &e), -1);
	close(fd);
	close(up);
	close(received);
}

static void
only_the_listed_moves_are_made(void **state)
{
	static const char legal[6][6] = {
		/* to: upl rec cla app rej qua */
		{ 0, 0, 0, 0, 0, 0 }, /* uploading: by spool_publish only */
		{ 0, 0, 1, 1, 1, 1 }, /* received */
		{ 0, 1, 0, 1, 1, 1 }, /* claimed */
		{ 0, 0, 0, 0, 0, 0 }, /* applied */
		{ 0, 1, 0, 0, 0, 0 }, /* rejected */
		{ 0, 1, 0, 0, 0, 0 }, /* quarantined */
	};
	int spool = open_dir(".");
	struct err e;

	(void)state;
	for (int from = 0; from < 6; from++)
		for (int to = 0; to < 6; to++) {
			char path[64];
			int fd;

			snprintf(path, sizeof(path), "%s/f", state_dir[from]);
			fd = open(path, O_CREAT | O_WRONLY, 0644);
			assert_true(fd != -1);
			close(fd);
			assert_int_equal(spool_move(spool, "f",
					     (enum spool_state)from,
					     (enum spool_state)to, &e),
			    legal[from][to] ? 0 : -1);
			if (!legal[from][to])
				assert_int_equal(e.kind, ERR_HOLD);
			(void)unlink(path);
			snprintf(path, sizeof(path), "%s/f", state_dir[to]);
			(void)unlink(path);
		}
	close(spool);
}

static void
a_move_already_made_is_success_and_a_lost_file_is_not(void **state)
{
	int spool = open_dir(".");
	int fd = open("claimed/f", O_CREAT | O_WRONLY, 0644);
	struct err e;

	(void)state;
	close(fd);
	assert_int_equal(spool_move(spool, "f", SPOOL_RECEIVED, SPOOL_CLAIMED,
			     &e),
	    0);
	assert_int_equal(spool_move(spool, "g", SPOOL_RECEIVED, SPOOL_CLAIMED,
			     &e),
	    -1);
	assert_int_equal(e.kind, ERR_HOLD);
	close(spool);
}

static void
ids_sort_by_the_time_they_were_made(void **state)
{
	char first[ID_TEXT];
	char later[ID_TEXT];

	(void)state;
	spool_new_id(first);
	usleep(2000);
	spool_new_id(later);
	assert_true(strcmp(first, later) < 0);
	assert_int_equal(strlen(first), ID_TEXT - 1);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup(t, fresh)
	const struct CMUnitTest tests[] = {
		TEST(a_name_survives_format_and_parse),
		TEST(names_that_could_leave_the_spool_are_refused),
		TEST(what_is_no_bundle_does_not_parse),
		TEST(an_upload_is_published_whole_and_only_once),
		TEST(only_the_listed_moves_are_made),
		TEST(a_move_already_made_is_success_and_a_lost_file_is_not),
		TEST(ids_sort_by_the_time_they_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
