#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/date.h"
#include "quality/calendar.h"

/* --- days --------------------------------------------------------------- */

enum { THURSDAY = 3 /* 1970-01-01, where Monday is 0 */ };

struct civil {
	int year, month, day;
};

/* Years begin in March, so that the leap day is the last of its year. */
static int
to_days(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1;
	int m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	       1 - 719468;
}

static struct civil
to_civil(int days)
{
	int z = days + 719468;
	int era = z / 146097;
	int of_era = z % 146097;
	int y =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * y + y / 4 - y / 100);
	int m = (5 * of_year + 2) / 153;
	struct civil c = { .year = y + era * 400 + (m >= 10),
		.month = m < 10 ? m + 3 : m - 9,
		.day = of_year - (153 * m + 2) / 5 + 1 };

	return c;
}

static int
weekday(int day)
{
	return ((day + THURSDAY) % 7 + 7) % 7;
}

static int
last_of_month(int year, int month)
{
	return (month == 12 ? to_days(year + 1, 1, 1)
			    : to_days(year, month + 1, 1)) -
	       1;
}

/* The number of exactly so many digits at s, -1 where there are others. */
static int
digits(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

int
calendar_day(const char *text, int *ret_day)
{
	int y, m, d;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return -1;
	y = digits(text, 4);
	m = digits(text + 5, 2);
	d = digits(text + 8, 2);
	if (y < 1000 || m < 1 || d < 1 ||
	    !date_exists((unsigned)y, (unsigned)m, (unsigned)d))
		return -1;
	*ret_day = to_days(y, m, d);
	return 0;
}

void
calendar_day_text(int day, char text[CALENDAR_DAY])
{
	struct civil c = to_civil(day);

	snprintf(text, CALENDAR_DAY, "%04u-%02u-%02u", (unsigned)c.year % 10000,
	    (unsigned)c.month % 100, (unsigned)c.day % 100);
}

/* --- frequencies and periods -------------------------------------------- */

/* What is usual where nobody said it: due on which day of which month. */
static const struct frequency {
	const char *name;
	int months; /* of a period, 0 none */
	char letter;
	int month;
	int day;
} frequencies[] = { [CALENDAR_UNSAID] = { "", 0, '\0', 0, 0 },
	[CALENDAR_EVENT] = { "on event", 0, '\0', 0, 0 },
	[CALENDAR_REALTIME] = { "real time", 1, '\0', 1, 5 },
	[CALENDAR_WEEKLY] = { "weekly", 0, 'W', 0, 3 },
	[CALENDAR_MONTHLY] = { "monthly", 1, '\0', 1, 10 },
	[CALENDAR_QUARTERLY] = { "quarterly", 3, 'Q', 1, 15 },
	[CALENDAR_HALF_YEARLY] = { "half-yearly", 6, 'H', 1, 20 },
	[CALENDAR_YEARLY] = { "yearly", 12, '\0', 4, 30 } };

enum { FREQUENCIES = sizeof(frequencies) / sizeof(frequencies[0]) };

enum calendar_frequency
calendar_frequency_find(const char *word)
{
	for (int f = CALENDAR_EVENT; f < FREQUENCIES; f++)
		if (strcmp(frequencies[f].name, word) == 0)
			return (enum calendar_frequency)f;
	return CALENDAR_UNSAID;
}

/* ISO 8601: a week belongs to the year of its Thursday. */
static void
week_at(int day, struct calendar_period *p)
{
	struct civil thursday;

	p->first = day - weekday(day);
	p->last = p->first + 6;
	thursday = to_civil(p->first + 3);
	snprintf(p->name, sizeof(p->name), "%04u-W%02u",
	    (unsigned)thursday.year % 10000,
	    (unsigned)(p->first + 3 - to_days(thursday.year, 1, 1)) / 7 + 1);
}

int
calendar_period(enum calendar_frequency f, int day,
    struct calendar_period *ret_p)
{
	int months = frequencies[f].months;
	struct civil c = to_civil(day);
	int n;

	if (f == CALENDAR_WEEKLY) {
		week_at(day, ret_p);
		return 0;
	}
	if (months == 0)
		return -1;
	n = (c.month - 1) / months;
	ret_p->first = to_days(c.year, n * months + 1, 1);
	ret_p->last = last_of_month(c.year, (n + 1) * months);
	if (months == 12)
		snprintf(ret_p->name, sizeof(ret_p->name), "%04u",
		    (unsigned)c.year % 10000);
	else if (months == 1)
		snprintf(ret_p->name, sizeof(ret_p->name), "%04u-%02u",
		    (unsigned)c.year % 10000, (unsigned)c.month % 100);
	else
		snprintf(ret_p->name, sizeof(ret_p->name), "%04u-%c%u",
		    (unsigned)c.year % 10000, frequencies[f].letter,
		    (unsigned)(n + 1) % 10);
	return 0;
}

void
calendar_next(enum calendar_frequency f, struct calendar_period *p)
{
	(void)calendar_period(f, p->last + 1, p);
}

/* 2016-Q1, 2016-H2, 2016-W05, 2016-03; what follows the year is at s. */
static int
span_in_year(int year, const char *s, int *ret_first, int *ret_last)
{
	char *end;
	char letter = *s;
	int most = letter == 'Q' ? 4 : letter == 'H' ? 2 : 12;
	long n;

	if (letter == 'Q' || letter == 'H' || letter == 'W')
		s++;
	if (*s < '0' || *s > '9')
		return -1;
	n = strtol(s, &end, 10);
	if (*end != '\0' || n < 1)
		return -1;
	if (letter == 'W') {
		/* The week with January 4th is the first. */
		int day = to_days(year, 1, 4);

		*ret_first = day - weekday(day) + ((int)n - 1) * 7;
		*ret_last = *ret_first + 6;
		return n <= 53 ? 0 : -1;
	}
	if (n > most)
		return -1;
	*ret_first = to_days(year, ((int)n - 1) * (12 / most) + 1, 1);
	*ret_last = last_of_month(year, (int)n * (12 / most));
	return 0;
}

int
calendar_span(const char *text, int *ret_first, int *ret_last)
{
	int year = strlen(text) >= 4 ? digits(text, 4) : -1;

	if (calendar_day(text, ret_first) == 0) {
		*ret_last = *ret_first;
		return 0;
	}
	if (year < 1000)
		return -1;
	if (text[4] == '\0') {
		*ret_first = to_days(year, 1, 1);
		*ret_last = to_days(year, 12, 31);
		return 0;
	}
	if (text[4] == '-')
		return span_in_year(year, text + 5, ret_first, ret_last);
	return text[4] >= '0' && text[4] <= '9'
		   ? -1
		   : span_in_year(year, text + 4, ret_first, ret_last);
}

/* --- due days ----------------------------------------------------------- */

static int
holds(const int *day, size_t n, int wanted)
{
	for (size_t i = 0; i < n; i++)
		if (day[i] == wanted)
			return 1;
	return 0;
}

int
calendar_works(const struct calendar *c, int day)
{
	if (holds(c->workday, c->nworkdays, day))
		return 1;
	return weekday(day) < 5 && !holds(c->holiday, c->nholidays, day);
}

/*
 * The words of a standard: how often, and maybe "by day 5", "by 04-30" or a
 * window "03-01..06-30" whose end counts. What comes with an event besides is
 * not waited for.
 */
static void
read_words(const char *words, struct calendar_term *t)
{
	static const struct {
		const char *word;
		enum calendar_frequency frequency;
	} first[] = { { "daily", CALENDAR_REALTIME },
		{ "real time", CALENDAR_REALTIME },
		{ "weekly", CALENDAR_WEEKLY }, { "monthly", CALENDAR_MONTHLY },
		{ "quarterly", CALENDAR_QUARTERLY },
		{ "half-yearly", CALENDAR_HALF_YEARLY },
		{ "yearly", CALENDAR_YEARLY } };
	const char *by = strstr(words, "by ");
	const char *window = strstr(words, "..");
	int month, day;

	t->frequency = CALENDAR_EVENT;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (strncmp(words, first[i].word, strlen(first[i].word)) == 0)
			t->frequency = first[i].frequency;
	if (by != NULL && sscanf(by, "by day %d", &day) == 1) {
		t->day = day;
	} else if ((window != NULL &&
		       sscanf(window, "..%2d-%2d", &month, &day) == 2) ||
		   (by != NULL &&
		       sscanf(by, "by %2d-%2d", &month, &day) == 2)) {
		t->month = month;
		t->day = day;
	}
}

static void
lay_over(struct calendar_term *t, const struct calendar_term *said)
{
	if (said->frequency != CALENDAR_UNSAID &&
	    said->frequency != t->frequency) {
		t->frequency = said->frequency;
		t->month = t->day = 0;
	}
	if (said->day > 0)
		t->day = said->day;
	if (said->month > 0)
		t->month = said->month;
	if (said->grace >= 0)
		t->grace = said->grace;
	if (said->from[0] != '\0')
		memcpy(t->from, said->from, sizeof(t->from));
}

void
calendar_term(const struct calendar *c, const char *dataset,
    const char *provider, const char *words, struct calendar_term *ret_t)
{
	struct calendar_term t = { .frequency = CALENDAR_EVENT,
		.grace = c->grace };

	snprintf(t.dataset, sizeof(t.dataset), "%s", dataset);
	snprintf(t.provider, sizeof(t.provider), "%s", provider);
	if (words != NULL)
		read_words(words, &t);
	for (int named = 0; named < 2; named++)
		for (size_t i = 0; i < c->nterms; i++)
			if (strcmp(c->term[i].dataset, dataset) == 0 &&
			    strcmp(c->term[i].provider,
				named ? provider : "") == 0)
				lay_over(&t, &c->term[i]);
	if (t.month == 0)
		t.month = frequencies[t.frequency].month;
	if (t.day == 0)
		t.day = frequencies[t.frequency].day;
	*ret_t = t;
}

void
calendar_due(const struct calendar *c, const struct calendar_term *t,
    const struct calendar_period *p, int *ret_due, int *ret_last)
{
	struct civil end = to_civil(p->last);
	int month = end.month + t->month - 1; /* from 0 */
	int year = end.year + month / 12;
	int day, last;

	month = month % 12 + 1;
	if (t->frequency == CALENDAR_WEEKLY) {
		day = p->last + t->day;
	} else {
		day = to_days(year, month, 1) + t->day - 1;
		last = last_of_month(year, month);
		if (day > last)
			day = last;
	}
	for (last = day + 60; day < last && !calendar_works(c, day);)
		day++;
	*ret_due = day;
	*ret_last = day + t->grace;
}

int
calendar_due_text(const struct calendar *c, const struct calendar_term *t,
    const char *period, char ret_day[CALENDAR_DAY])
{
	struct calendar_period p;
	int first, last, due;

	if (calendar_span(period, &first, &last) == -1 ||
	    calendar_period(t->frequency, last, &p) == -1)
		return 0;
	calendar_due(c, t, &p, &due, &last);
	calendar_day_text(due, ret_day);
	return 1;
}
