#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/copies.h"
#include "sys/log.h"
#include "sys/message.h"
#include "sys/proc.h"

static struct frame frame;
static struct pattern pattern = { .role = "copies" };

/* A copy ends with what its order says, and how many came before it. */
static int
be_pattern(int orders)
{
	static int before;
	char role[] = "copies";
	char word[24];
	char *words[] = { role, word, NULL };
	char **argv = words + 1;
	int argc = 1;
	struct err e;

	snprintf(word, sizeof(word), "orders=%d", orders);
	proc_start(&argc, &argv);
	if (copies_make("copy", &frame, &e) == 1) {
		int status = (int)frame_get_u32(&frame) + before++;

		if (status == 99)
			abort();
		return status;
	}
	return 0;
}

static int
start(void **state)
{
	int pair[2];
	struct err e;

	(void)state;
	if (frame_pair(pair, &e) == -1)
		return -1;
	fflush(NULL);
	pattern.pid = fork();
	if (pattern.pid == 0) {
		close(pair[0]);
		_exit(be_pattern(pair[1]));
	}
	close(pair[1]);
	pattern.orders = pair[0];
	return pattern.pid > 0 ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	pattern_end(&pattern);
	return 0;
}

static pid_t
order(uint32_t what, int fd)
{
	struct err e;

	frame_start(&frame, MESSAGE_ORDER);
	frame_put_u32(&frame, what);
	if (fd != -1)
		frame_put_fd(&frame, fd);
	return pattern_copy(&pattern, &frame, &e);
}

static int
status_of(pid_t pid)
{
	int status = -1;

	/* Only of a child of ours. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
a_copy_is_a_child_of_who_ordered_it(void **state)
{
	pid_t pid = order(7, -1);
	int status;

	(void)state;
	assert_true(pid > 0 && pid != pattern.pid);
	status = status_of(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_false(pattern_betrayed(status));
}

static void
each_copy_is_as_fresh_as_the_first(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(WEXITSTATUS(status_of(order(5, -1))), 5);
}

static void
the_pattern_keeps_nothing_of_an_order(void **state)
{
	int ends[2];
	char c;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	(void)status_of(order(1, ends[1]));
	close(ends[1]);
	/* The end of the pipe: nobody has it any more. */
	(void)alarm(5);
	assert_int_equal(read(ends[0], &c, 1), 0);
	(void)alarm(0);
	close(ends[0]);
}

static void
a_dead_pattern_is_found_out(void **state)
{
	(void)state;
	kill(pattern.pid, SIGKILL);
	assert_int_equal(order(1, -1), -1);
	assert_int_equal(pattern.pid, 0);
}

static void
a_fault_of_its_own_betrays_and_a_kill_does_not(void **state)
{
	pid_t pid = order(99, -1);

	(void)state;
	assert_true(pattern_betrayed(status_of(pid)));
	assert_false(pattern_betrayed(SIGKILL));
	assert_false(pattern_betrayed(SIGXCPU));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, start, end)
	const struct CMUnitTest tests[] = {
		TEST(a_copy_is_a_child_of_who_ordered_it),
		TEST(each_copy_is_as_fresh_as_the_first),
		TEST(the_pattern_keeps_nothing_of_an_order),
		TEST(a_dead_pattern_is_found_out),
		TEST(a_fault_of_its_own_betrays_and_a_kill_does_not),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_init("test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
