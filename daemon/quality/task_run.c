#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "quality/task_run.h"

enum {
	EVERY = 10000,     /* steps of SQLite between two looks ... */
	LOOKS_MAX = 20000, /* ... and how many there are: some seconds */
	COLUMNS = 64
};

void
task_add(json_t *result, ...)
{
	json_t *rows = json_object_get(result, "rows");
	json_t *row = json_array();
	const char *s;
	va_list ap;

	va_start(ap, result);
	while ((s = va_arg(ap, const char *)) != NULL)
		json_array_append_new(row, json_string(s));
	va_end(ap);
	json_object_set_new(result, "findings",
	    json_integer(
		json_integer_value(json_object_get(result, "findings")) + 1));
	if (json_array_size(rows) < TASK_ROWS)
		json_array_append(rows, row);
	json_decref(row);
}

/* --- queries ------------------------------------------------------------ */

static int
enough(void *arg)
{
	int *looks = arg;

	return ++*looks > LOOKS_MAX;
}

static int
wrong(const struct task_order *o, int looks, struct err *e)
{
	if (looks > LOOKS_MAX)
		return err_set(e, ERR_HOLD,
		    "task %s: its query takes too long and was ended",
		    o->task->name);
	return err_set(e, ERR_HOLD, "task %s: %s", o->task->name,
	    sqlite3_errmsg(o->db->handle));
}

static int
prepare(const struct task_order *o, sqlite3_stmt **ret_st, struct err *e)
{
	const char *rest = "";
	int at;

	if (sqlite3_prepare_v2(o->db->handle, o->task->query, -1, ret_st,
		&rest) != SQLITE_OK)
		return wrong(o, 0, e);
	if (*ret_st == NULL || rest[strspn(rest, " \t\r\n;")] != '\0')
		return err_set(e, ERR_HOLD,
		    "task %s: its query must be one statement", o->task->name);
	if (!sqlite3_stmt_readonly(*ret_st) ||
	    sqlite3_column_count(*ret_st) == 0 ||
	    sqlite3_column_count(*ret_st) > COLUMNS)
		return err_set(e, ERR_HOLD,
		    "task %s: its query must read, and give 1 to %d columns",
		    o->task->name, COLUMNS);
	at = sqlite3_bind_parameter_index(*ret_st, ":day");
	if (at > 0)
		(void)sqlite3_bind_text(*ret_st, at, o->day, -1, SQLITE_STATIC);
	at = sqlite3_bind_parameter_index(*ret_st, ":provider");
	if (at > 0)
		(void)sqlite3_bind_text(*ret_st, at, o->provider, -1,
		    SQLITE_STATIC);
	return 0;
}

/* One row: a finding, where the task's function says so. */
static int
take_row(const struct task_order *o, sqlite3_stmt *st, json_t *result,
    struct err *e)
{
	json_t *rows = json_object_get(result, "rows");
	const char *name[COLUMNS];
	const char *value[COLUMNS];
	int n = sqlite3_column_count(st);
	json_t *row;
	int keep = 1;

	for (int i = 0; i < n; i++) {
		name[i] = sqlite3_column_name(st, i);
		value[i] = sqlite3_column_type(st, i) == SQLITE_NULL
			       ? NULL
			       : db_text(st, i);
	}
	if (o->task->keeps)
		keep = box_tasks_keep(o->tasks, o->task, name, value, (size_t)n,
		    e);
	if (keep != 1)
		return keep;
	json_object_set_new(result, "findings",
	    json_integer(
		json_integer_value(json_object_get(result, "findings")) + 1));
	if (json_array_size(rows) >= TASK_ROWS)
		return 0;
	row = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(row,
		    json_string(value[i] != NULL ? value[i] : ""));
	json_array_append_new(rows, row);
	return 0;
}

static int
run_query(const struct task_order *o, json_t *result, struct err *e)
{
	json_t *columns = json_object_get(result, "columns");
	sqlite3_stmt *st = NULL;
	int looks = 0;
	int rc = prepare(o, &st, e);
	int step = SQLITE_DONE;

	sqlite3_progress_handler(o->db->handle, EVERY, enough, &looks);
	for (int i = 0; rc == 0 && i < sqlite3_column_count(st); i++)
		json_array_append_new(columns,
		    json_string(sqlite3_column_name(st, i)));
	while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW)
		rc = take_row(o, st, result, e);
	if (rc == 0 && step != SQLITE_DONE)
		rc = wrong(o, looks, e);
	sqlite3_progress_handler(o->db->handle, 0, NULL, NULL);
	(void)sqlite3_finalize(st);
	return rc;
}

int
task_run(const struct task_order *o, json_t **ret_result, struct err *e)
{
	json_t *result = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:i}",
	    "task", o->task->name, "day", o->day, "provider", o->provider, "zh",
	    o->task->zh, "en", o->task->en, "columns", "rows", "findings", 0);
	int rc = -1;

	if (o->task->error[0] != '\0')
		err_set(e, ERR_HOLD, "task %s: %s", o->task->name,
		    o->task->error);
	else if (o->task->check == TASK_QUERY)
		rc = run_query(o, result, e);
	else
		rc = task_checks(o, result, e);
	if (rc == -1) {
		json_decref(result);
		return -1;
	}
	*ret_result = result;
	return 0;
}
