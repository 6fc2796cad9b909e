#ifndef ZAYTON_QUALITY_TASK_RUN_H
#define ZAYTON_QUALITY_TASK_RUN_H

#include <jansson.h>

#include "base/db.h"
#include "rule/box_task.h"
#include "rule/schema.h"

/*
 * Runs a task over a base that is open for reading. A query sees the whole
 * read model, one statement, with :day and :provider bound where it names
 * them; it is ended after so many steps. The checks look at the newest period
 * of each data set that had ended by the day, against the periods before it.
 */

struct task_order {
	struct db *db;
	const struct schemas *schemas;
	const struct calendar *calendar;
	struct tasks *tasks;
	const struct quality_task *task;
	const char *provider; /* whose data; "" all */
	const char *day;
};

/*
 * {task, day, zh, en, columns: [...], rows: [[...]], findings}: of more than
 * TASK_ROWS rows the first are told, and all are counted. ERR_HOLD says what
 * is wrong with the task.
 */
enum { TASK_ROWS = 2000 };
int task_run(const struct task_order *o, json_t **ret_result, struct err *e);

/* The checks, for task_run alone: rows are added to the result. */
int task_checks(const struct task_order *o, json_t *result, struct err *e);
/* A row of the result, of texts, ended by a NULL. */
void task_add(json_t *result, ...) __attribute__((sentinel));

#endif
