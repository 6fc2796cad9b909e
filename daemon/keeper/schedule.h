#ifndef ZAYTON_KEEPER_SCHEDULE_H
#define ZAYTON_KEEPER_SCHEDULE_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * What is looked at beyond a bundle: deliveries against the calendar, and the
 * tasks of rules/quality.lua. In quiet time once a day, or when it is asked
 * for, as of any day.
 */

/* Where no bundle is at work: what is due today and has not been done. */
int schedule_tick(struct keeper *k, struct err *e);

/*
 * "quality run" {task, day}, "quality done" {day}, "quality list", "quality task add" {provider,
 * dataset, period, reason, person, until}.
 */
int schedule_ask(struct keeper *k, const char *what, const json_t *request,
    json_t **ret_answer, struct err *e);

/* The reporter is at the end with a task, "task@day", for an account. */
int schedule_task_done(struct keeper *k, const char *what, const char *account,
    int64_t findings, const char *error, struct err *e);

/* A bundle was applied: what it settles. Before its receipt. */
int schedule_arrived(struct keeper *k, int64_t bundle, const char *provider,
    const char *now, struct err *e);

#endif
