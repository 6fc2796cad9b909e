#ifndef ZAYTON_QUALITY_TASK_H
#define ZAYTON_QUALITY_TASK_H

#include "quality/calendar.h"

/*
 * A check beyond a bundle, as rules/quality.lua configures it. One that is not
 * of its form is kept with the reason: it is named and skipped, others run.
 */

enum task_check {
	TASK_QUERY,   /* each row of a query is a finding */
	TASK_VOLUME,  /* numbers of rows against other periods */
	TASK_NULLS,   /* empty cells of each field against other periods */
	TASK_CODES,   /* codes that no other period had */
	TASK_COVERAGE /* enterprises seen, against the last three periods */
};

enum {
	TASK_NAME = 64,
	TASK_ACCOUNTS = 16,
	TASK_WORDS = 240,
	TASK_QUERY_BYTES = 8192,
	TASKS_MAX = 64
};

struct quality_task {
	char name[TASK_NAME]; /* [a-z0-9_-]+ */
	enum task_check check;
	char dataset[CALENDAR_NAME]; /* "" all */
	char query[TASK_QUERY_BYTES];
	int keeps; /* it has a function that says which rows are findings */
	enum calendar_frequency schedule; /* CALENDAR_REALTIME: every day */
	long threshold;                   /* findings that are none yet */
	size_t nto; /* 0: every department, of its own data */
	char to[TASK_ACCOUNTS][33];
	char zh[TASK_WORDS];
	char en[TASK_WORDS];
	char error[400]; /* why it cannot run; "" it can */
};

#endif
