#ifndef ZAYTON_QUALITY_EXPECTATION_H
#define ZAYTON_QUALITY_EXPECTATION_H

#include "base/db.h"
#include "quality/calendar.h"
#include "rule/schema.h"

/*
 * What was due of whom by the calendar, held against what came: on time, nil,
 * late, due (in the days of grace), missing. Asked for from the first period
 * of a provider's data set that came, or that the calendar names. What is
 * missing is told once, by overdue.h, and is late when it comes after all.
 */

struct expectation_counts {
	int64_t periods; /* looked at */
	int64_t due;
	int64_t missing;
};

/* Looks at everything, as of a day (YYYY-MM-DD). now is the ledger's time. */
int expectation_look(struct db *db, const struct schemas *s,
    const struct calendar *c, const char *day, const char *now,
    struct expectation_counts *ret_n, struct err *e);

/* A bundle of a provider was applied: what it brings is not overdue now. */
int expectation_arrived(struct db *db, int64_t bundle, const char *provider,
    const char *now, struct err *e);

#endif
