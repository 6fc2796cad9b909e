#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/jail.h"
#include "sys/log.h"

/*
 * One table of what each role can do from inside its jail, tried in a child in
 * an instance of its own: + it can, - it is refused, X it is killed for it.
 */

static pid_t other; /* a process of the same user, as other roles are */

/* --- deeds: 0 done, 1 refused ---------------------------------------------- */

static int
make(const char *path)
{
	return open(path, O_WRONLY | O_CREAT, 0644) == -1;
}

static int
look(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY);

	return fd == -1 || read(fd, &byte, 1) != 1;
}

static int
change(const char *path)
{
	return open(path, O_RDWR) == -1;
}

static int
list(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY) == -1;
}

static int
take_out(const char *path)
{
	return unlink(path) == -1;
}

static int
cut(const char *path)
{
	return truncate(path, 0) == -1;
}

static int
replace(const char *path)
{
	return rename("accounts/aic/extracts/x", path) == -1;
}

static int
look_at_other(const char *unused)
{
	char path[64];

	(void)unused;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)other);
	return open(path, O_RDONLY) == -1;
}

/* Nobody listens there: "connection refused" means it was let out. */
static int
call_out(const char *unused)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	(void)unused;
	return s == -1 ||
	       (connect(s, (struct sockaddr *)&at, sizeof(at)) == -1 &&
		   errno != ECONNREFUSED);
}

/* The keeper obeys who reaches its socket. */
static int
call_keeper(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return s == -1 || connect(s, (struct sockaddr *)&at, sizeof(at)) == -1;
}

static int
wait_for_calls(const char *unused)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	(void)unused;
	return s == -1 || bind(s, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	       listen(s, 1) == -1;
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

static int
have_child(const char *unused)
{
	pid_t pid = fork();

	(void)unused;
	if (pid == 0)
		_exit(0);
	return pid == -1;
}

static int
signal_other(const char *unused)
{
	(void)unused;
	return kill(other, SIGCONT) == -1;
}

static int
signal_thread(const char *unused)
{
	(void)unused;
	return syscall(SYS_tgkill, other, other, SIGCONT) == -1;
}

static int
signal_queue(const char *unused)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	(void)unused;
	return syscall(SYS_rt_sigqueueinfo, other, SIGCONT, &info) == -1;
}

static int
trace(const char *unused)
{
	(void)unused;
	return ptrace(PTRACE_SEIZE, other, NULL, NULL) == -1;
}

static int
read_memory(const char *unused)
{
	static int here;
	struct iovec to = { &here, sizeof(here) }, from = to;

	(void)unused;
	return process_vm_readv(other, &to, 1, &from, 1, 0) == -1;
}

static int
limit_other(const char *unused)
{
	struct rlimit l = { 16, 16 };

	(void)unused;
	return prlimit(other, RLIMIT_NOFILE, &l, NULL) == -1;
}

static int
run_memory(const char *unused)
{
	(void)unused;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int
be_elsewhere(const char *unused)
{
	(void)unused;
	return unshare(CLONE_NEWUSER) == -1;
}

static int
use_ring(const char *unused)
{
	char params[256] = { 0 };

	(void)unused;
	return syscall(SYS_io_uring_setup, 1, params) == -1;
}

/* --- the table --------------------------------------------------------------- */

/* In the order of enum jail_role: the columns. */
static const char *const roles[] = { "gate", "session", "filer", "watch",
	"worker", "extract", "keeper", "signer", "reporter", "messenger" };

enum { ROLES = sizeof(roles) / sizeof(roles[0]) };

static const struct {
	const char *what;
	int (*deed)(const char *);
	const char *arg;
	const char *may; /* a mark for each role */
} table[] = {
	{ "make an upload of its account", make, "spool/uploading/aic/x",
	    "+-++--+---" },
	{ "make an upload of another", make, "spool/uploading/ntb/x",
	    "+--+--+---" },
	{ "make a receipt of its account", make, "accounts/aic/receipts/x",
	    "+-++--+-+-" },
	{ "make an extract of its account", make, "accounts/aic/extracts/y",
	    "+-++-++-+-" },
	{ "read a receipt of another", look, "accounts/ntb/receipts/r",
	    "+--+--+-+-" },
	{ "list the folder of another", list, "accounts/ntb", "+--+--+-+-" },
	{ "take away what was received", take_out, "spool/received/b",
	    "+X-+X-+X--" },
	{ "read what another sent", look, "spool/received/b", "+--+--+---" },
	{ "list what was received", list, "spool/received", "+--+--+---" },
	{ "read what is published", look, "standards/s", "+-+---+---" },
	{ "change what is published", change, "standards/s", "------+---" },
	{ "read the base", look, "exchange.db", "---+-++-+-" },
	{ "write the base", change, "exchange.db", "------+---" },
	{ "cut the base", cut, "exchange.db", "-X--X-+X--" },
	{ "replace the base", replace, "exchange.db", "-X--X-+X--" },
	{ "take away the base", take_out, "exchange.db", "-X--X-+X--" },
	{ "read the receipt key", look, "keys/receipt_ed25519", "------+---" },
	{ "change the receipt key", change, "keys/receipt_ed25519",
	    "------+---" },
	{ "read the host key", look, "keys/host_ed25519", "------+---" },
	{ "read the public key", look, "keys/receipt_ed25519.pub",
	    "------+---" },
	{ "put a key", make, "keys/x", "------+---" },
	{ "read a rule", look, "rules/aic.lua", "------+---" },
	{ "change a rule", change, "rules/aic.lua", "------+---" },
	{ "put a rule", make, "rules/x.lua", "------+---" },
	{ "read the settings", look, "zayton.conf", "+--+--+---" },
	{ "change the settings", change, "zayton.conf", "------+---" },
	{ "put a program", make, "hooks/x", "------+--+" },
	{ "read files of the system", look, "/etc/passwd", "+--+-----+" },
	{ "list the root", list, "/", "----------" },
	{ "list homes", list, "/root", "----------" },
	{ "write outside", make, "/tmp/test_jail.x", "----------" },
	{ "open another's memory", look_at_other, NULL, "----------" },
	{ "call the network", call_out, NULL, "-X--X--X-+" },
	{ "call the keeper", call_keeper, "run/keeper.sock", "-X--X--X-+" },
	{ "wait for calls", wait_for_calls, NULL, "-X--X--X-+" },
	{ "run a program", run_program, "/bin/true", "+X-+X--X-+" },
	{ "have a child", have_child, NULL, "+X-+X--X-+" },
	{ "signal another", signal_other, NULL, "+X-+X--X-+" },
	{ "signal a thread of another", signal_thread, NULL, "+X-+X--X-+" },
	{ "queue a signal", signal_queue, NULL, "+X-+X--X-+" },
	{ "trace another", trace, NULL, "-X--X--X--" },
	{ "read another's memory", read_memory, NULL, "-X--X--X--" },
	{ "limit another", limit_other, NULL, "-X--X--X--" },
	{ "run what it wrote", run_memory, NULL, "+X-+X--X-+" },
	{ "be in a world of its own", be_elsewhere, NULL, "-X--X--X--" },
	{ "use a ring of calls", use_ring, NULL, "-X--X--X--" },
};

enum { DEEDS = sizeof(table) / sizeof(table[0]) };

/* --- trying ------------------------------------------------------------------ */

static void
put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd == -1 || write(fd, "x", 1) != 1)
		fail_msg("%s", path);
	(void)close(fd);
}

/* A socket of the keeper's name that takes calls. */
static void
listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s, 64), 0);
}

static void
instance(void)
{
	static const char *const dir[] = { "spool", "spool/uploading",
		"spool/uploading/aic", "spool/uploading/ntb", "spool/received",
		"accounts", "accounts/aic", "accounts/aic/receipts",
		"accounts/aic/extracts", "accounts/ntb",
		"accounts/ntb/receipts", "standards", "keys", "rules", "lua",
		"schemas", "run", "hooks" };
	static const char *const file[] = { "accounts/ntb/receipts/r",
		"spool/received/b", "exchange.db", "exchange.db-wal",
		"exchange.db-shm", "accounts/aic/extracts/x",
		"keys/receipt_ed25519", "keys/receipt_ed25519.pub",
		"keys/host_ed25519", "rules/aic.lua", "standards/s",
		"zayton.conf" };

	for (size_t i = 0; i < sizeof(dir) / sizeof(dir[0]); i++)
		(void)mkdir(dir[i], 0755);
	for (size_t i = 0; i < sizeof(file) / sizeof(file[0]); i++)
		put(file[i]);
}

static int
fresh(void **state)
{
	static char root[64];

	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_jail.XXXXXX");
	if (mkdtemp(root) == NULL || chdir(root) == -1)
		return -1;
	instance();
	listen_at("run/keeper.sock");
	other = fork();
	if (other == 0)
		for (;;)
			pause();
	return other == -1 ? -1 : 0;
}

static int
end_other(void **state)
{
	char root[64], command[128];

	(void)state;
	(void)kill(other, SIGKILL);
	(void)waitpid(other, NULL, 0);
	if (getcwd(root, sizeof(root)) == NULL || chdir("/") == -1)
		return -1;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static char
tried(enum jail_role role, int (*deed)(const char *), const char *arg)
{
	const struct jail_limits limits = { .account = "aic" };
	int status;
	pid_t pid;

	instance();
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		struct err e;

		log_init("test", LOG_ERROR);
		if (jail_enter(role, &limits, &e) == -1)
			_exit(99);
		_exit(deed(arg) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0   ? '+'
		       : WEXITSTATUS(status) == 1 ? '-'
						  : '?';
	return WTERMSIG(status) == SIGSYS ? 'X' : '?';
}

static void
each_role_can_do_what_the_table_says_and_nothing_else(void **state)
{
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < DEEDS; i++) {
		char got[ROLES + 1] = "";

		for (size_t k = 0; k < ROLES; k++)
			got[k] = tried((enum jail_role)k, table[i].deed,
			    table[i].arg);
		if (strcmp(got, table[i].may) == 0)
			continue;
		bad++;
		print_error("%s: %s, not %s\n", table[i].what, got,
		    table[i].may);
		for (size_t k = 0; k < ROLES; k++)
			if (got[k] != table[i].may[k])
				print_error("  %s: %c\n", roles[k], got[k]);
	}
	assert_int_equal(bad, 0);
}

/* Without a jail each deed can be done: the table shows the jails, not luck. */
static void
outside_a_jail_each_deed_can_be_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < DEEDS; i++) {
		int status;
		pid_t pid;

		instance();
		pid = fork();
		if (pid == 0)
			_exit(table[i].deed(table[i].arg));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		/* What the machine itself does not let happen shows nothing. */
		if (status != 0)
			print_message("# not to be had here: %s\n",
			    table[i].what);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    each_role_can_do_what_the_table_says_and_nothing_else,
		    fresh, end_other),
		cmocka_unit_test_setup_teardown(
		    outside_a_jail_each_deed_can_be_done, fresh, end_other),
	};

#ifdef __SANITIZE_ADDRESS__
	(void)tests;
	puts("1..1\nok 1 - jails # SKIP a sanitizer needs what they forbid");
	return 0;
#else
	return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
