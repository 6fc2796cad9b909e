#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/jail.h"
#include "sys/log.h"

/*
 * What a role may do is tried in a child, in a small instance of its own. The
 * child's status: 0 it could, 1 it was refused, 128 + n it was killed.
 */

static int
fresh(void **state)
{
	static const char *const dir[] = { "spool", "spool/uploading",
		"spool/uploading/aic", "spool/uploading/ntb", "spool/received",
		"accounts", "accounts/aic", "accounts/ntb", "standards",
		"keys" };
	static char root[64];

	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_jail.XXXXXX");
	if (mkdtemp(root) == NULL || chdir(root) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(dir) / sizeof(dir[0]); i++)
		if (mkdir(dir[i], 0755) == -1)
			return -1;
	return 0;
}

static int
in_jail(enum jail_role role, const char *account, int (*attempt)(const char *),
    const char *arg)
{
	struct jail_limits limits = { .account = account };
	int status;
	pid_t pid = fork();

	assert_true(pid != -1);
	if (pid == 0) {
		struct err e;

		log_init("test", LOG_ERROR);
		if (jail_enter(role, &limits, &e) == -1)
			_exit(99);
		_exit(attempt(arg) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int
make_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT, 0644) == -1;
}

static int
read_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY) == -1;
}

static int
read_file(const char *path)
{
	return open(path, O_RDONLY) == -1;
}

static int
write_file(const char *path)
{
	return open(path, O_WRONLY) == -1;
}

static int
cut_file(const char *path)
{
	return truncate(path, 0) == -1;
}

static int
remove_file(const char *path)
{
	return unlink(path) == -1;
}

static int
replace_base(const char *path)
{
	return rename(path, "exchange.db") == -1;
}

static int
open_socket(const char *unused)
{
	(void)unused;
	return socket(AF_INET, SOCK_STREAM, 0) == -1 &&
	       socket(AF_UNIX, SOCK_STREAM, 0) == -1;
}

static int
connect_out(const char *unused)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	(void)unused;
	/* Nobody listens there: "connection refused" means it was let out. */
	return s == -1 ||
	       (connect(s, (struct sockaddr *)&at, sizeof(at)) == -1 &&
		   errno != ECONNREFUSED);
}

static int
run_program(const char *path)
{
	char *argv[] = { NULL, NULL };
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", path);
	argv[0] = copy;
	execv(path, argv);
	return 1;
}

static void
a_worker_opens_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_jail(JAIL_WORKER, NULL, make_file, "spool/x"), 1);
	assert_int_equal(in_jail(JAIL_WORKER, NULL, read_folder, "/"), 1);
}

static void
a_worker_that_speaks_or_starts_programs_is_killed(void **state)
{
	(void)state;
	assert_int_equal(in_jail(JAIL_WORKER, NULL, connect_out, NULL),
	    128 + SIGSYS);
	assert_int_equal(in_jail(JAIL_WORKER, NULL, run_program, "/bin/true"),
	    128 + SIGSYS);
}

static void
a_session_has_no_files(void **state)
{
	(void)state;
	assert_int_equal(in_jail(JAIL_SESSION, NULL, read_folder, "."), 1);
	assert_int_equal(in_jail(JAIL_SESSION, NULL, run_program, "/bin/true"),
	    128 + SIGSYS);
}

static void
a_filer_has_its_own_account_only(void **state)
{
	(void)state;
	assert_int_equal(in_jail(JAIL_FILER, "aic", make_file,
			     "spool/uploading/aic/x"),
	    0);
	assert_int_equal(in_jail(JAIL_FILER, "aic", make_file,
			     "accounts/aic/x"),
	    0);
	assert_int_equal(in_jail(JAIL_FILER, "aic", read_folder, "standards"),
	    0);
	assert_int_equal(in_jail(JAIL_FILER, "aic", make_file, "standards/x"),
	    1);
	assert_int_equal(in_jail(JAIL_FILER, "aic", make_file,
			     "accounts/ntb/x"),
	    1);
	assert_int_equal(in_jail(JAIL_FILER, "aic", read_folder,
			     "accounts/ntb"),
	    1);
	assert_int_equal(in_jail(JAIL_FILER, "aic", read_folder, "keys"), 1);
	assert_int_equal(in_jail(JAIL_FILER, "aic", connect_out, NULL), 1);
	assert_int_equal(in_jail(JAIL_FILER, "aic", run_program, "/bin/true"),
	    1);
}

static void
an_extract_has_one_folder_and_no_keys(void **state)
{
	(void)state;
	(void)mkdir("accounts/aic/extracts", 0755);
	(void)mkdir("accounts/ntb/extracts", 0755);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", make_file,
			     "accounts/aic/extracts/x"),
	    0);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", make_file,
			     "accounts/aic/receipts"),
	    1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", make_file,
			     "accounts/ntb/extracts/x"),
	    1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", read_folder,
			     "accounts/ntb/extracts"),
	    1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", read_folder, "keys"), 1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", read_folder, "spool"), 1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", make_file, "exchange.db"),
	    1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", connect_out, NULL), 1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", run_program, "/bin/true"),
	    1);
}

static void
an_extract_reads_the_base_and_writes_nothing_of_it(void **state)
{
	static const char *const base[] = { "exchange.db", "exchange.db-wal",
		"exchange.db-shm", "accounts/aic/extracts/x" };

	(void)state;
	(void)mkdir("accounts/aic/extracts", 0755);
	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		assert_int_equal(make_file(base[i]), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(in_jail(JAIL_EXTRACT, "aic", read_file,
				     base[i]),
		    0);
		assert_int_equal(in_jail(JAIL_EXTRACT, "aic", write_file,
				     base[i]),
		    1);
		assert_int_equal(in_jail(JAIL_EXTRACT, "aic", cut_file,
				     base[i]),
		    1);
		assert_int_equal(in_jail(JAIL_EXTRACT, "aic", remove_file,
				     base[i]),
		    1);
	}
	/* The locks of readers are bytes of this file. */
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", write_file, base[2]), 0);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", remove_file, base[2]), 1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", replace_base, base[3]),
	    1);
}

static void
an_extract_sees_no_other_account_and_calls_nobody(void **state)
{
	static const char *const other[] = { "accounts/ntb/extracts/x",
		"accounts/ntb/receipts", "accounts/aic/receipts", "keys/key",
		"zayton.conf", "spool/received/x" };

	(void)state;
	(void)mkdir("accounts/ntb/extracts", 0755);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		assert_int_equal(make_file(other[i]), 0);
		assert_int_equal(in_jail(JAIL_EXTRACT, "aic", read_file,
				     other[i]),
		    1);
		assert_int_equal(in_jail(JAIL_EXTRACT, "aic", write_file,
				     other[i]),
		    1);
	}
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", read_folder, "accounts"),
	    1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", read_folder, "/"), 1);
	assert_int_equal(in_jail(JAIL_EXTRACT, "aic", open_socket, NULL), 1);
}

static void
a_keeper_stays_in_its_instance(void **state)
{
	(void)state;
	assert_int_equal(in_jail(JAIL_KEEPER, NULL, make_file, "exchange.db"),
	    0);
	assert_int_equal(in_jail(JAIL_KEEPER, NULL, read_folder, "/etc"), 1);
	assert_int_equal(in_jail(JAIL_KEEPER, NULL, connect_out, NULL), 1);
}

static void
a_gate_starts_programs_and_calls_nobody(void **state)
{
	(void)state;
	assert_int_equal(in_jail(JAIL_GATE, NULL, run_program, "/bin/true"), 0);
	assert_int_equal(in_jail(JAIL_GATE, NULL, connect_out, NULL), 1);
	assert_int_equal(in_jail(JAIL_GATE, NULL, make_file, "/tmp/x.gate"), 1);
}

#define TEST(t) cmocka_unit_test_setup(t, fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_opens_nothing),
		TEST(a_worker_that_speaks_or_starts_programs_is_killed),
		TEST(a_session_has_no_files),
		TEST(a_filer_has_its_own_account_only),
		TEST(an_extract_has_one_folder_and_no_keys),
		TEST(an_extract_reads_the_base_and_writes_nothing_of_it),
		TEST(an_extract_sees_no_other_account_and_calls_nobody),
		TEST(a_keeper_stays_in_its_instance),
		TEST(a_gate_starts_programs_and_calls_nobody),
	};

#ifdef __SANITIZE_ADDRESS__
	(void)tests;
	puts("1..1\nok 1 - jails # SKIP a sanitizer needs what they forbid");
	return 0;
#else
	return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
