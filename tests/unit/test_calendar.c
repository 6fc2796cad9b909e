#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quality/calendar.h"

static int
day(const char *text)
{
	int n;

	assert_int_equal(calendar_day(text, &n), 0);
	return n;
}

static struct calendar *
spring_of_2016(void)
{
	static struct calendar c;

	memset(&c, 0, sizeof(c));
	c.grace = 5;
	for (int d = day("2016-02-08"); d <= day("2016-02-12"); d++)
		c.holiday[c.nholidays++] = d;
	c.workday[c.nworkdays++] = day("2016-02-14");
	return &c;
}

static void
days_are_counted_through_leap_years(void **state)
{
	static const struct {
		const char *text;
		int day;
	} known[] = { { "1970-01-01", 0 }, { "1969-12-31", -1 },
		{ "2000-02-29", 11016 }, { "2016-02-29", 16860 },
		{ "2016-03-01", 16861 }, { "2100-03-01", 47541 } };
	char text[CALENDAR_DAY];
	int n;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_int_equal(day(known[i].text), known[i].day);
		calendar_day_text(known[i].day, text);
		assert_string_equal(text, known[i].text);
	}
	for (int d = day("1999-12-01"); d < day("2030-01-01"); d++) {
		calendar_day_text(d, text);
		assert_int_equal(day(text), d);
	}
	assert_int_equal(calendar_day("2015-02-29", &n), -1);
	assert_int_equal(calendar_day("2100-02-29", &n), -1);
	assert_int_equal(calendar_day("2016-1-01", &n), -1);
	assert_int_equal(calendar_day("2016-+1-01", &n), -1);
	assert_int_equal(calendar_day("2016-01-01 ", &n), -1);
}

static void
a_period_is_named_and_has_its_days(void **state)
{
	static const struct {
		enum calendar_frequency f;
		const char *day, *name, *first, *last;
	} known[] = {
		{ CALENDAR_MONTHLY, "2016-02-10", "2016-02", "2016-02-01",
		    "2016-02-29" },
		{ CALENDAR_QUARTERLY, "2016-12-31", "2016-Q4", "2016-10-01",
		    "2016-12-31" },
		{ CALENDAR_QUARTERLY, "2016-01-01", "2016-Q1", "2016-01-01",
		    "2016-03-31" },
		{ CALENDAR_HALF_YEARLY, "2016-07-01", "2016-H2", "2016-07-01",
		    "2016-12-31" },
		{ CALENDAR_YEARLY, "2016-07-01", "2016", "2016-01-01",
		    "2016-12-31" },
		/* A week belongs to the year of its Thursday. */
		{ CALENDAR_WEEKLY, "2016-01-03", "2015-W53", "2015-12-28",
		    "2016-01-03" },
		{ CALENDAR_WEEKLY, "2016-01-04", "2016-W01", "2016-01-04",
		    "2016-01-10" },
		{ CALENDAR_WEEKLY, "2014-12-29", "2015-W01", "2014-12-29",
		    "2015-01-04" },
	};
	struct calendar_period p;
	int first, last;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_int_equal(calendar_period(known[i].f, day(known[i].day),
				     &p),
		    0);
		assert_string_equal(p.name, known[i].name);
		assert_int_equal(p.first, day(known[i].first));
		assert_int_equal(p.last, day(known[i].last));
		assert_int_equal(calendar_span(p.name, &first, &last), 0);
		assert_int_equal(first, p.first);
		assert_int_equal(last, p.last);
		calendar_next(known[i].f, &p);
		assert_int_equal(p.first, last + 1);
	}
	assert_int_equal(calendar_period(CALENDAR_EVENT, 0, &p), -1);
}

static void
what_is_no_period_is_refused(void **state)
{
	static const char *const bad[] = { "", "20", "2016-", "2016-13",
		"2016-0", "2016-Q5", "2016-H3", "2016-W54", "2016-W", "20160",
		"2016-Q1x", "0016", "abcd", "2016-02-30", "2016--1" };
	int first, last;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(calendar_span(bad[i], &first, &last), -1);
	assert_int_equal(calendar_span("2014Q1", &first, &last), 0);
	assert_int_equal(last, day("2014-03-31"));
}

static void
a_due_day_moves_to_the_next_working_day(void **state)
{
	struct calendar *c = spring_of_2016();
	struct calendar_term t;
	char text[CALENDAR_DAY];

	(void)state;
	calendar_term(c, "water", "MUB", "monthly", &t);
	assert_int_equal(calendar_due_text(c, &t, "2016-02", text), 1);
	assert_string_equal(text, "2016-03-10"); /* a Thursday */
	assert_int_equal(calendar_due_text(c, &t, "2016-03", text), 1);
	assert_string_equal(text, "2016-04-11"); /* the 10th is a Sunday */
	/* In the holidays of spring, and the Sunday after them is worked. */
	assert_int_equal(calendar_due_text(c, &t, "2016-01", text), 1);
	assert_string_equal(text, "2016-02-14");
	assert_int_equal(calendar_due_text(c, &t, "2015-12", text), 1);
	assert_string_equal(text, "2016-01-11");
}

static void
words_of_a_standard_say_when(void **state)
{
	static const struct {
		const char *words;
		enum calendar_frequency f;
		const char *period, *due;
	} known[] = {
		{ "daily T+1", CALENDAR_REALTIME, "2016-04", "2016-05-05" },
		{ "monthly by day 5", CALENDAR_MONTHLY, "2016-06",
		    "2016-07-05" },
		{ "monthly increment + one full load", CALENDAR_MONTHLY,
		    "2016-04", "2016-05-10" },
		{ "quarterly", CALENDAR_QUARTERLY, "2016-Q2", "2016-07-15" },
		{ "half-yearly", CALENDAR_HALF_YEARLY, "2016-H1",
		    "2016-07-20" },
		{ "weekly", CALENDAR_WEEKLY, "2016-W22", "2016-06-08" },
		{ "yearly", CALENDAR_YEARLY, "2014", "2015-04-30" },
		{ "yearly, by 04-30", CALENDAR_YEARLY, "2014", "2015-04-30" },
		{ "yearly, 03-01..06-30 window", CALENDAR_YEARLY, "2014",
		    "2015-06-30" },
		{ "yearly + on event", CALENDAR_YEARLY, "2014", "2015-04-30" },
		{ "on event", CALENDAR_EVENT, "2016-01", NULL },
		{ "within 7 working days of decision", CALENDAR_EVENT, "2016",
		    NULL },
		{ "on submission, voluntary", CALENDAR_EVENT, "2016-01", NULL },
		{ NULL, CALENDAR_EVENT, "2016-01", NULL },
	};
	struct calendar *c = spring_of_2016();
	struct calendar_term t;
	char text[CALENDAR_DAY];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		calendar_term(c, "d", "P", known[i].words, &t);
		assert_int_equal(t.frequency, known[i].f);
		assert_int_equal(calendar_due_text(c, &t, known[i].period,
				     text),
		    known[i].due != NULL);
		if (known[i].due != NULL)
			assert_string_equal(text, known[i].due);
	}
}

static void
an_agreement_with_a_provider_counts_most(void **state)
{
	struct calendar *c = spring_of_2016();
	struct calendar_term t;
	char text[CALENDAR_DAY];

	(void)state;
	c->term[0] = (struct calendar_term){ .dataset = "water",
		.provider = "FAR",
		.day = 31,
		.grace = 20,
		.from = "2016-05" };
	c->term[1] =
	    (struct calendar_term){ .dataset = "water", .day = 8, .grace = -1 };
	c->term[2] = (struct calendar_term){ .dataset = "gas",
		.frequency = CALENDAR_QUARTERLY,
		.grace = 0 };
	c->nterms = 3;
	calendar_term(c, "water", "MUB", "monthly by day 5", &t);
	assert_int_equal(t.day, 8);
	assert_int_equal(t.grace, 5);
	calendar_term(c, "water", "FAR", "monthly by day 5", &t);
	assert_int_equal(t.grace, 20);
	assert_string_equal(t.from, "2016-05");
	/* A month without a 31st has its last day. */
	assert_int_equal(calendar_due_text(c, &t, "2016-05", text), 1);
	assert_string_equal(text, "2016-06-30");
	/* Another frequency leaves the day of the words behind. */
	calendar_term(c, "gas", "MUB", "monthly by day 5", &t);
	assert_int_equal(t.frequency, CALENDAR_QUARTERLY);
	assert_int_equal(t.day, 15);
	assert_int_equal(t.grace, 0);
}

static void
a_text_of_another_kind_counts_for_the_period_it_ends_in(void **state)
{
	struct calendar *c = spring_of_2016();
	struct calendar_term t;
	char text[CALENDAR_DAY];

	(void)state;
	calendar_term(c, "d", "P", "quarterly", &t);
	assert_int_equal(calendar_due_text(c, &t, "2016-05", text), 1);
	assert_string_equal(text, "2016-07-15");
	calendar_term(c, "d", "P", "monthly", &t);
	assert_int_equal(calendar_due_text(c, &t, "2016", text), 1);
	assert_string_equal(text, "2017-01-10");
	assert_int_equal(calendar_due_text(c, &t, "", text), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_are_counted_through_leap_years),
		cmocka_unit_test(a_period_is_named_and_has_its_days),
		cmocka_unit_test(what_is_no_period_is_refused),
		cmocka_unit_test(a_due_day_moves_to_the_next_working_day),
		cmocka_unit_test(words_of_a_standard_say_when),
		cmocka_unit_test(an_agreement_with_a_provider_counts_most),
		cmocka_unit_test(
		    a_text_of_another_kind_counts_for_the_period_it_ends_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
