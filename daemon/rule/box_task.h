#ifndef ZAYTON_RULE_BOX_TASK_H
#define ZAYTON_RULE_BOX_TASK_H

#include "quality/task.h"
#include "sys/err.h"

struct pack;

/*
 * The tasks of rules/quality.lua with their functions, in a box. A task that
 * is not of its form is there all the same, with its error. -1 only where the
 * file itself cannot be read.
 */
struct tasks;

int box_tasks(const struct pack *p, struct tasks **ret_t, struct err *e);
void box_tasks_free(struct tasks *t);
size_t box_tasks_count(const struct tasks *t);
const struct quality_task *box_tasks_at(const struct tasks *t, size_t i);
/* NULL where there is none of that name. */
const struct quality_task *box_tasks_find(const struct tasks *t,
    const char *name);

/*
 * Asks the function of a task that has one whether a row is a finding: 1, 0,
 * -1 it failed. A value NULL is nil.
 */
int box_tasks_keep(struct tasks *t, const struct quality_task *task,
    const char *const *name, const char *const *value, size_t n, struct err *e);

#endif
