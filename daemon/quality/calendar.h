#ifndef ZAYTON_QUALITY_CALENDAR_H
#define ZAYTON_QUALITY_CALENDAR_H

#include <stddef.h>

/*
 * When data are due. A data set comes once for each of its periods; the due
 * day of a period is a day behind its end, moved to the next working day. A
 * pure part: today is always said by the caller.
 *
 * Days are counted from 1970-01-01, so that they can be compared and added.
 */

enum calendar_frequency {
	CALENDAR_UNSAID,
	CALENDAR_EVENT,    /* when something happens: nothing is ever due */
	CALENDAR_REALTIME, /* all the time; looked at month by month */
	CALENDAR_WEEKLY,
	CALENDAR_MONTHLY,
	CALENDAR_QUARTERLY,
	CALENDAR_HALF_YEARLY,
	CALENDAR_YEARLY
};

enum {
	CALENDAR_DAY = 16, /* bytes of "2016-03-31" */
	CALENDAR_NAME = 64,
	CALENDAR_DAYS = 1024, /* holidays, and as many days that are worked */
	CALENDAR_TERMS = 256
};

/*
 * What was agreed for a data set: due on the day of that month behind the
 * period's end (month 1 is the next one; a day the month does not have is its
 * last), for a week that many days behind its end. Nothing is missing before
 * the days of grace have passed as well.
 */
struct calendar_term {
	char dataset[CALENDAR_NAME];
	char provider[CALENDAR_NAME]; /* "" everybody who sends it */
	enum calendar_frequency frequency;
	int month;               /* 0 unsaid */
	int day;                 /* 0 unsaid */
	int grace;               /* -1 unsaid */
	char from[CALENDAR_DAY]; /* the first period asked for; "" the first
				    that came */
};

struct calendar {
	int holiday[CALENDAR_DAYS];
	size_t nholidays;
	int workday[CALENDAR_DAYS]; /* weekends that are worked */
	size_t nworkdays;
	int grace;
	struct calendar_term term[CALENDAR_TERMS];
	size_t nterms;
};

/* A period of a frequency: 2016-W05, 2016-03, 2016-Q1, 2016-H1, 2016. */
struct calendar_period {
	char name[CALENDAR_DAY];
	int first; /* its days */
	int last;
};

/* "2016-02-29" as a number of days; -1 where there is no such day. */
int calendar_day(const char *text, int *ret_day);
void calendar_day_text(int day, char text[CALENDAR_DAY]);

/* By the words of rules: "monthly"; CALENDAR_UNSAID where unknown. */
enum calendar_frequency calendar_frequency_find(const char *word);

/*
 * The days that the text of a period of any kind means, or of a single day.
 * -1 where it is none.
 */
int calendar_span(const char *text, int *ret_first, int *ret_last);

/* The period of a frequency that a day is in; -1 where it has none. */
int calendar_period(enum calendar_frequency f, int day,
    struct calendar_period *ret_p);
/* The one behind it. */
void calendar_next(enum calendar_frequency f, struct calendar_period *p);

/* Whether it is worked on a day. */
int calendar_works(const struct calendar *c, int day);

/*
 * What holds for a data set of a provider: what the calendar says for both,
 * else for the data set, else the words of its standard ("monthly by day 5";
 * NULL none), else what is usual for the frequency.
 */
void calendar_term(const struct calendar *c, const char *dataset,
    const char *provider, const char *words, struct calendar_term *ret_t);

/* The due day of a period, and the last day of grace. */
void calendar_due(const struct calendar *c, const struct calendar_term *t,
    const struct calendar_period *p, int *ret_due, int *ret_last);

/*
 * The same for the text of a period as a file says it: the period of the term
 * that the text ends in. 1 due on that day, 0 nothing is due.
 */
int calendar_due_text(const struct calendar *c, const struct calendar_term *t,
    const char *period, char ret_day[CALENDAR_DAY]);

#endif
