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

/* Settings of few places; more are set by the tests. */
static struct conf
settings(int sessions, int per_source, int startups)
{
	struct conf c = { .sessions_max = sessions,
		.sessions_per_source = per_source,
		.source_prefix_ipv4 = 32,
		.source_prefix_ipv6 = 64,
		.startups_begin = startups,
		.startups_rate = 30,
		.startups_max = startups,
		.penalty_silent = 1,
		.penalty_key = 3,
		.penalty_grace = 10,
		.penalty_protocol = 30,
		.penalty_crash = 90,
		.penalty_min = 30,
		.penalty_max = 600,
		.penalty_exempt = "none" };

	return c;
}

static struct limits_visitor visitors[256];
static size_t nvisitors;
static struct limits_visitor *displaced;
static unsigned dice;

static int
begin(void **state)
{
	(void)state;
	nvisitors = 0;
	dice = 0;
	return 0;
}

static struct limits_visitor *
newest(void)
{
	return &visitors[nvisitors - 1];
}

static enum limits_verdict
comes(struct limits *l, const char *address, int spoke, int64_t now)
{
	struct limits_visitor *v = &visitors[nvisitors++];

	limits_visitor(l, address, v);
	return limits_enter(l, v, spoke, dice, now, &displaced);
}

/* The n-th of 10.A.0.0/16. */
static enum limits_verdict
comes_nth(struct limits *l, int a, int n, int spoke, int64_t now)
{
	char address[32];

	snprintf(address, sizeof(address), "10.%d.0.%d", a, n);
	return comes(l, address, spoke, now);
}

static void
a_source_gets_a_quarter_of_the_startups(void **state)
{
	const struct conf c = settings(100, 40, 20);
	struct limits *l = limits_new(&c);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
	assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_SOURCE);
	assert_int_equal(comes(l, "10.0.0.2", 1, 0), LIMITS_IN);
	limits_logged_in(l, &visitors[0], 0);
	assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
	limits_leave(l, &visitors[1], FAULT_NONE, 0);
	limits_leave(l, &visitors[0], FAULT_NONE, 0);
	assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
	limits_free(l);
}

static void
the_silent_leave_half_to_the_others(void **state)
{
	const struct conf c = settings(100, 40, 20);
	struct limits *l = limits_new(&c);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(comes_nth(l, 0, i, 0, 0), LIMITS_IN);
	assert_int_equal(comes_nth(l, 1, 1, 0, 0), LIMITS_STARTUPS);
	for (int i = 0; i < 10; i++)
		assert_int_equal(comes_nth(l, 2, i, 1, 0), LIMITS_IN);
	assert_int_equal(comes_nth(l, 1, 1, 0, 0), LIMITS_STARTUPS);
	limits_free(l);
}

static void
all_connections_have_a_limit(void **state)
{
	const struct conf c = settings(3, 2, 400);
	struct limits *l = limits_new(&c);

	(void)state;
	assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
	assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
	assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_SOURCE);
	assert_int_equal(comes(l, "10.0.0.2", 1, 0), LIMITS_IN);
	assert_int_equal(comes(l, "10.0.0.3", 1, 0), LIMITS_FULL);
	limits_leave(l, &visitors[0], FAULT_NONE, 0);
	assert_int_equal(comes(l, "10.0.0.3", 1, 0), LIMITS_IN);
	limits_free(l);
}

/* --- who goes for a newcomer --------------------------------------------- */

static void
where_all_places_are_taken_the_first_half_open_one_goes(void **state)
{
	const struct conf c = settings(100, 40, 4);
	struct limits *l = limits_new(&c);

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(comes_nth(l, 0, i, 1, 0), LIMITS_IN);
	visitors[0].tried = 1;
	assert_int_equal(comes_nth(l, 1, 1, 1, 0), LIMITS_IN);
	assert_ptr_equal(displaced, &visitors[1]);
	limits_leave(l, displaced, FAULT_DISPLACED, 0);
	assert_int_equal(comes_nth(l, 1, 2, 1, 0), LIMITS_IN);
	assert_ptr_equal(displaced, &visitors[2]);
	limits_free(l);
}

static void
the_loudest_source_loses_first(void **state)
{
	const struct conf c = settings(100, 40, 8);
	struct limits *l = limits_new(&c);

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(comes_nth(l, 0, i, 1, 0), LIMITS_IN);
	assert_int_equal(comes(l, "10.9.0.1", 1, 0), LIMITS_IN);
	assert_int_equal(comes(l, "10.9.0.1", 1, 0), LIMITS_IN);
	assert_int_equal(comes_nth(l, 1, 1, 1, 0), LIMITS_IN);
	assert_ptr_equal(displaced, &visitors[6]);
	limits_free(l);
}

/* Who offers keys is busy with a login; in three seconds it would be over. */
static void
who_offered_a_key_has_three_seconds(void **state)
{
	const struct conf c = settings(100, 40, 4);
	struct limits *l = limits_new(&c);

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(comes_nth(l, 0, i, 1, 0), LIMITS_IN);
		newest()->tried = 1;
	}
	assert_int_equal(comes_nth(l, 1, 1, 1, 2), LIMITS_STARTUPS);
	assert_null(displaced);
	assert_int_equal(comes_nth(l, 1, 1, 1, 3), LIMITS_IN);
	assert_ptr_equal(displaced, &visitors[0]);
	limits_free(l);
}

/* 10 of 20 places and 30 percent: 30 at the tenth, 65 at the fifteenth. */
static void
dropping_begins_early_and_grows_likelier(void **state)
{
	struct conf c = settings(100, 40, 20);
	struct limits *l;

	(void)state;
	c.startups_begin = 10;
	l = limits_new(&c);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(comes_nth(l, 0, i, 1, 0), LIMITS_IN);
		assert_null(displaced);
	}
	dice = 30;
	assert_int_equal(comes_nth(l, 1, 0, 1, 5), LIMITS_IN);
	assert_null(displaced);
	limits_leave(l, newest(), FAULT_NONE, 5);
	dice = 29;
	assert_int_equal(comes_nth(l, 1, 1, 1, 5), LIMITS_IN);
	assert_ptr_equal(displaced, &visitors[0]);
	dice = 100;
	for (int i = 2; i < 6; i++)
		assert_int_equal(comes_nth(l, 1, i, 1, 5), LIMITS_IN);
	dice = 65;
	assert_int_equal(comes_nth(l, 1, 7, 1, 5), LIMITS_IN);
	assert_null(displaced);
	limits_leave(l, newest(), FAULT_NONE, 5);
	dice = 64;
	assert_int_equal(comes_nth(l, 1, 8, 1, 5), LIMITS_IN);
	assert_ptr_equal(displaced, &visitors[0]);
	limits_free(l);
}

static void
nobody_goes_early_within_his_first_second(void **state)
{
	struct conf c = settings(100, 40, 20);
	struct limits *l;

	(void)state;
	c.startups_begin = 2;
	l = limits_new(&c);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(comes_nth(l, 0, i, 1, 7), LIMITS_IN);
		assert_null(displaced);
	}
	limits_free(l);
}

/* A flood shall not push out who comes from where people log in. */
static void
who_is_known_is_not_half_open(void **state)
{
	const struct conf c = settings(100, 40, 4);
	struct limits *l = limits_new(&c);

	(void)state;
	assert_false(limits_known(l, "10.5.0.1", 0));
	assert_int_equal(comes(l, "10.5.0.1", 1, 0), LIMITS_IN);
	limits_logged_in(l, newest(), 0);
	limits_leave(l, newest(), FAULT_NONE, 0);
	assert_true(limits_known(l, "10.5.0.1", 86400));
	assert_false(limits_known(l, "10.5.0.1", 8 * 86400));
	assert_int_equal(comes(l, "10.5.0.1", 1, 9), LIMITS_IN);
	for (int i = 0; i < 3; i++)
		assert_int_equal(comes_nth(l, 0, i, 1, 9), LIMITS_IN);
	assert_int_equal(comes_nth(l, 1, 1, 1, 9), LIMITS_IN);
	assert_ptr_equal(displaced, &visitors[2]);
	limits_free(l);
}

/* --- penalties ------------------------------------------------------------ */

static void
failures_keep_a_source_out_for_a_while(void **state)
{
	const struct conf c = settings(100, 100, 400);
	struct limits *l = limits_new(&c);

	(void)state;
	for (int i = 0; i <= 10; i++) {
		assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
		limits_leave(l, newest(), FAULT_KEY, 0);
	}
	assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_PENALTY);
	assert_int_equal(comes(l, "10.0.0.2", 1, 0), LIMITS_IN);
	assert_int_equal(comes(l, "10.0.0.1", 1, 3), LIMITS_IN);
	limits_free(l);
}

/* What one fault of each kind costs: until when its source is out. */
static void
each_fault_has_its_price(void **state)
{
	static const struct {
		enum limits_fault fault;
		int64_t seconds;
	} price[] = { { FAULT_NONE, 0 }, { FAULT_SILENT, 1 }, { FAULT_KEY, 3 },
		{ FAULT_GRACE, 10 }, { FAULT_DISPLACED, 10 },
		{ FAULT_PROTOCOL, 30 }, { FAULT_CRASH, 90 } };
	struct conf c = settings(100, 100, 400);

	(void)state;
	c.penalty_min = 0;
	assert_int_equal(sizeof(price) / sizeof(price[0]), LIMITS_FAULTS);
	for (size_t i = 0; i < LIMITS_FAULTS; i++) {
		struct limits *l = limits_new(&c);
		int64_t s = price[i].seconds;

		assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
		limits_leave(l, newest(), price[i].fault, 0);
		if (s > 0)
			assert_int_equal(comes(l, "10.0.0.1", 1, s - 1),
			    LIMITS_PENALTY);
		assert_int_equal(comes(l, "10.0.0.1", 1, s), LIMITS_IN);
		limits_free(l);
	}
}

static void
no_penalty_grows_above_the_worst(void **state)
{
	struct conf c = settings(100, 100, 400);
	struct limits *l;

	(void)state;
	c.penalty_min = 90;
	c.penalty_max = 100;
	l = limits_new(&c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(comes(l, "10.0.0.1", 1, 0), LIMITS_IN);
		limits_leave(l, newest(), FAULT_CRASH, 0);
	}
	assert_int_equal(comes(l, "10.0.0.1", 1, 9), LIMITS_PENALTY);
	assert_int_equal(comes(l, "10.0.0.1", 1, 10), LIMITS_IN);
	limits_free(l);
}

static void
who_is_exempt_gets_none(void **state)
{
	struct conf c = settings(100, 100, 400);
	struct limits *l;

	(void)state;
	snprintf(c.penalty_exempt, sizeof(c.penalty_exempt),
	    "10.7.0.0/16, 2001:db8::5");
	l = limits_new(&c);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(comes(l, "10.7.1.2", 1, 0), LIMITS_IN);
		limits_leave(l, newest(), FAULT_CRASH, 0);
		assert_int_equal(comes(l, "2001:db8::5", 1, 0), LIMITS_IN);
		limits_leave(l, newest(), FAULT_CRASH, 0);
	}
	assert_int_equal(comes(l, "2001:db8::6", 1, 0), LIMITS_IN);
	limits_leave(l, newest(), FAULT_CRASH, 0);
	assert_int_equal(comes(l, "2001:db8::6", 1, 0), LIMITS_PENALTY);
	assert_int_equal(comes(l, "2001:db8::5", 1, 0), LIMITS_IN);
	limits_free(l);
}

/* A botnet must not make us forget ourselves: at most 65,536 are known. */
static void
what_is_known_of_sources_has_a_limit(void **state)
{
	const struct conf c = settings(100, 100, 400);
	struct limits *l = limits_new(&c);
	struct limits_visitor v;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char address[32];

		snprintf(address, sizeof(address), "11.%d.%d.%d", i >> 16,
		    i >> 8 & 255, i & 255);
		limits_visitor(l, address, &v);
		assert_int_equal(limits_enter(l, &v, 1, 0, 0, &displaced),
		    LIMITS_IN);
		limits_leave(l, &v, FAULT_CRASH, 0);
	}
	assert_true(limits_sources(l) <= 65536);
	limits_free(l);
}

static void
a_source_is_a_net(void **state)
{
	struct conf c = settings(100, 100, 400);
	struct limits *l = limits_new(&c);
	char a[ADDRESS_TEXT], b[ADDRESS_TEXT];

	(void)state;
	limits_source(l, "2001:db8::1", a);
	limits_source(l, "2001:db8::ffff:1", b);
	assert_string_equal(a, b);
	limits_source(l, "2001:db8:0:1::1", b);
	assert_string_not_equal(a, b);
	limits_source(l, "10.1.2.3", a);
	assert_string_equal(a, "10.1.2.3");
	limits_free(l);
	c.source_prefix_ipv4 = 20;
	c.source_prefix_ipv6 = 33;
	l = limits_new(&c);
	limits_source(l, "10.1.255.3", a);
	assert_string_equal(a, "10.1.240.0");
	limits_source(l, "2001:db8:ffff::1", a);
	assert_string_equal(a, "2001:db8:8000::");
	limits_free(l);
}

/*
 * A socket of both families tells IPv4 as ::ffff:a.b.c.d. Cut as IPv6 all of
 * them were one source, "::": one department's failures shut out the others.
 */
static void
ipv4_in_ipv6_is_ipv4(void **state)
{
	struct conf c = settings(100, 100, 400);
	struct limits *l = limits_new(&c);
	char a[ADDRESS_TEXT];

	(void)state;
	limits_source(l, "::ffff:10.1.2.3", a);
	assert_string_equal(a, "10.1.2.3");
	limits_free(l);
}

static void
a_list_of_nets_is_checked(void **state)
{
	static const char *const good[] = { "none", "", "10.0.0.1",
		"10.0.0.0/8,::1", " 2001:db8::/32 , 0.0.0.0/0" };
	static const char *const bad[] = { "all", "10.0.0", "10.0.0.0/33",
		"10.0.0.0/", "10.0.0.0/x", "::/129", "10.0.0.0/8;::1",
		"10.0.0.0/-1" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(address_list_check(good[i], &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(address_list_check(bad[i], &e), -1);
	assert_string_equal(e.en, "'10.0.0.0' is no address or net");
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
	callers_add(&c, a[0], "10.0.0.1", "10.0.0.1", 0, 0);
	callers_add(&c, b[0], "10.0.0.2", "10.0.0.2", 0, 100);
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
who_is_known_comes_before_strangers(void **state)
{
	static struct callers c;
	struct pollfd p[CALLERS_MAX];
	struct caller next;
	int spoke;

	(void)state;
	callers_add(&c, dup(0), "10.0.0.1", "10.0.0.1", 0, 0);
	callers_add(&c, dup(0), "10.0.0.2", "10.0.0.2", 1, 0);
	callers_add(&c, dup(0), "10.0.0.3", "10.0.0.3", 1, 0);
	for (int i = 0; i < 3; i++)
		p[i] = (struct pollfd){ .revents = POLLIN };
	for (int i = 0; i < 3; i++) {
		assert_int_equal(callers_next(&c, p, 0, &next, &spoke), 1);
		assert_int_equal(next.source[7], "231"[i]);
		(void)close(next.fd);
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
	callers_add(&c, dup(one[0]), "alone", "alone", 0, 0);
	for (int i = 1; i < CALLERS_MAX; i++)
		callers_add(&c, dup(one[0]), "many", "many", 0, i);
	callers_add(&c, dup(one[0]), "new", "new", 0, CALLERS_MAX);
	assert_int_equal(c.n, CALLERS_MAX);
	assert_string_equal(c.caller[0].source, "alone");
	assert_int_equal(c.caller[1].since, 2);
	assert_string_equal(c.caller[CALLERS_MAX - 1].source, "new");
	callers_close(&c);
	(void)close(one[0]);
	assert_int_equal(read(one[1], &byte, 1), 0);
	(void)close(one[1]);
}

#define TEST(t) cmocka_unit_test_setup(t, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_source_gets_a_quarter_of_the_startups),
		TEST(the_silent_leave_half_to_the_others),
		TEST(all_connections_have_a_limit),
		TEST(where_all_places_are_taken_the_first_half_open_one_goes),
		TEST(the_loudest_source_loses_first),
		TEST(who_offered_a_key_has_three_seconds),
		TEST(dropping_begins_early_and_grows_likelier),
		TEST(nobody_goes_early_within_his_first_second),
		TEST(who_is_known_is_not_half_open),
		TEST(failures_keep_a_source_out_for_a_while),
		TEST(each_fault_has_its_price),
		TEST(no_penalty_grows_above_the_worst),
		TEST(who_is_exempt_gets_none),
		TEST(what_is_known_of_sources_has_a_limit),
		TEST(a_source_is_a_net),
		TEST(ipv4_in_ipv6_is_ipv4),
		TEST(a_list_of_nets_is_checked),
		TEST(who_speaks_comes_first_and_who_waits_later),
		TEST(who_is_known_comes_before_strangers),
		TEST(where_there_is_no_room_the_loudest_source_loses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
