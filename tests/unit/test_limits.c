#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "door/callers.h"
#include "door/limits.h"

static void
a_source_gets_a_quarter_of_the_startups(void **state)
{
	struct limits *l = limits_new(100, 40, 20);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(limits_enter(l, "10.0.0.1", 1, 0), LIMITS_IN);
	assert_int_equal(limits_enter(l, "10.0.0.1", 1, 0), LIMITS_SOURCE);
	assert_int_equal(limits_enter(l, "10.0.0.2", 1, 0), LIMITS_IN);
	limits_logged_in(l, "10.0.0.1", 0);
	assert_int_equal(limits_enter(l, "10.0.0.1", 1, 0), LIMITS_IN);
	limits_leave(l, "10.0.0.1", 0, 0, 0);
	limits_leave(l, "10.0.0.1", 1, 0, 0);
	assert_int_equal(limits_enter(l, "10.0.0.1", 1, 0), LIMITS_IN);
	limits_free(l);
}

static void
the_silent_leave_half_to_the_others(void **state)
{
	struct limits *l = limits_new(100, 40, 20);
	char source[32];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(source, sizeof(source), "10.0.0.%d", i);
		assert_int_equal(limits_enter(l, source, 0, 0), LIMITS_IN);
	}
	assert_int_equal(limits_enter(l, "10.0.1.1", 0, 0), LIMITS_STARTUPS);
	for (int i = 0; i < 10; i++) {
		snprintf(source, sizeof(source), "10.0.2.%d", i);
		assert_int_equal(limits_enter(l, source, 1, 0), LIMITS_IN);
	}
	assert_int_equal(limits_enter(l, "10.0.3.1", 1, 0), LIMITS_STARTUPS);
	limits_free(l);
}

static void
all_connections_have_a_limit(void **state)
{
	struct limits *l = limits_new(3, 2, 400);

	(void)state;
	assert_int_equal(limits_enter(l, "a", 1, 0), LIMITS_IN);
	assert_int_equal(limits_enter(l, "a", 1, 0), LIMITS_IN);
	assert_int_equal(limits_enter(l, "a", 1, 0), LIMITS_SOURCE);
	assert_int_equal(limits_enter(l, "b", 1, 0), LIMITS_IN);
	assert_int_equal(limits_enter(l, "c", 1, 0), LIMITS_FULL);
	limits_leave(l, "a", 0, 0, 0);
	assert_int_equal(limits_enter(l, "c", 1, 0), LIMITS_IN);
	limits_free(l);
}

static void
failures_keep_a_source_out_for_a_while(void **state)
{
	struct limits *l = limits_new(100, 100, 400);

	(void)state;
	for (int i = 0; i <= LIMITS_PATIENCE / LIMITS_FAILURE; i++) {
		assert_int_equal(limits_enter(l, "a", 1, 0), LIMITS_IN);
		limits_leave(l, "a", 0, 1, 0);
	}
	assert_int_equal(limits_enter(l, "a", 1, 0), LIMITS_PENALTY);
	assert_int_equal(limits_enter(l, "b", 1, 0), LIMITS_IN);
	assert_int_equal(limits_enter(l, "a", 1, LIMITS_FAILURE), LIMITS_IN);
	limits_free(l);
}

static void
an_ipv6_source_is_its_64(void **state)
{
	char a[48], b[48];

	(void)state;
	limits_source("2001:db8::1", a);
	limits_source("2001:db8::ffff:1", b);
	assert_string_equal(a, b);
	limits_source("2001:db8:0:1::1", b);
	assert_string_not_equal(a, b);
	limits_source("10.1.2.3", a);
	assert_string_equal(a, "10.1.2.3");
}

/* --- callers ------------------------------------------------------------- */

static void
who_speaks_comes_first_and_who_waits_later(void **state)
{
	static struct callers c;
	struct pollfd p[CALLERS_MAX];
	struct caller next;
	int a[2], b[2];
	int spoke;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	callers_add(&c, a[0], "10.0.0.1", "10.0.0.1", 0);
	callers_add(&c, b[0], "10.0.0.2", "10.0.0.2", 100);
	assert_int_equal(callers_patience(&c, 100, 5000),
	    CALLERS_PATIENCE_MS - 100);
	assert_int_equal(write(b[1], "S", 1), 1);
	callers_poll(&c, p);
	assert_int_equal(poll(p, 2, 0), 1);
	assert_int_equal(callers_next(&c, p, 100, &next, &spoke), 1);
	assert_int_equal(next.fd, b[0]);
	assert_int_equal(spoke, 1);
	assert_int_equal(callers_next(&c, p, 100, &next, &spoke), 0);
	assert_int_equal(callers_next(&c, p, CALLERS_PATIENCE_MS, &next,
			     &spoke),
	    1);
	assert_int_equal(next.fd, a[0]);
	assert_int_equal(spoke, 0);
	assert_int_equal(callers_patience(&c, 0, 5000), 5000);
	for (int i = 0; i < 2; i++) {
		(void)close(a[i]);
		(void)close(b[i]);
	}
}

static void
where_there_is_no_room_the_loudest_source_loses(void **state)
{
	static struct callers c;
	int one[2];
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, one), 0);
	callers_add(&c, dup(one[0]), "alone", "alone", 0);
	for (int i = 1; i < CALLERS_MAX; i++)
		callers_add(&c, dup(one[0]), "many", "many", i);
	callers_add(&c, dup(one[0]), "new", "new", CALLERS_MAX);
	assert_int_equal(c.n, CALLERS_MAX);
	assert_string_equal(c.caller[0].source, "alone");
	assert_int_equal(c.caller[1].since, 2);
	assert_string_equal(c.caller[CALLERS_MAX - 1].source, "new");
	callers_close(&c);
	(void)close(one[0]);
	assert_int_equal(read(one[1], &byte, 1), 0);
	(void)close(one[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_gets_a_quarter_of_the_startups),
		cmocka_unit_test(the_silent_leave_half_to_the_others),
		cmocka_unit_test(all_connections_have_a_limit),
		cmocka_unit_test(failures_keep_a_source_out_for_a_while),
		cmocka_unit_test(an_ipv6_source_is_its_64),
		cmocka_unit_test(who_speaks_comes_first_and_who_waits_later),
		cmocka_unit_test(
		    where_there_is_no_room_the_loudest_source_loses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
