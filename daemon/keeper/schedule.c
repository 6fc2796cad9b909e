#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "keeper/jobs.h"
#include "keeper/notice.h"
#include "keeper/schedule.h"
#include "keeper/standing.h"
#include "quality/dispute.h"
#include "quality/expectation.h"
#include "quality/overdue.h"
#include "quality/reports.h"
#include "quality/resupply.h"
#include "rule/box_task.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/member.h"
#include "sys/proc.h"
#include "way/work.h"

/* Deliveries against the calendar are a task of its own. */
#define DELIVERIES "deliveries"
#define CITY       "city"

static void
today(char day[16])
{
	char now[40];

	clock_now(now, sizeof(now));
	work_day(now, day);
}

/* A task of a day, for an account; once more replaces what was noted. */
static int
note_run(struct keeper *k, const char *task, const char *day,
    const char *account, int64_t findings, const char *error, struct err *e)
{
	char now[40];

	clock_now(now, sizeof(now));
	return db_run(k->db, e,
	    "INSERT OR REPLACE INTO quality_run_t (task, day, account, at,"
	    " findings, error) VALUES (?,?,?,?,?,?)",
	    "ttttit", task, day, account, now, findings, error);
}

/* --- deliveries --------------------------------------------------------- */

static int
run_deliveries(struct keeper *k, const char *day, json_t **ret_result,
    struct err *e)
{
	const struct standing *s = k->standing;
	struct expectation_counts n;
	struct receipt_versions v;
	json_t *overdue = NULL;
	json_t *told = json_array();
	const json_t *o;
	char now[40];
	size_t i;

	clock_now(now, sizeof(now));
	jobs_versions(k, s, &v);
	if (expectation_look(k->db, s->schemas, s->calendar, day, now, &n, e) ==
		-1 ||
	    overdue_tell(k->db, s->schemas, &v, day, now, told, e) == -1 ||
	    overdue_remind(k->db, s->schemas, e) == -1 ||
	    note_run(k, DELIVERIES, day, "", n.missing + n.due, "", e) == -1 ||
	    overdue_json(k->db, s->schemas, "", &overdue, e) == -1) {
		json_decref(overdue);
		json_decref(told);
		return -1;
	}
	json_array_foreach(told, i, o)
		notice_add(k, "overdue",
		    json_pack("{s:O, s:O, s:O}", "provider",
			json_object_get(o, "provider"), "missing",
			json_object_get(o, "missing"), "message",
			json_object_get(o, "message")));
	json_decref(told);
	log_info("- deliveries day=%s periods=%lld due=%lld missing=%lld", day,
	    (long long)n.periods, (long long)n.due, (long long)n.missing);
	*ret_result = json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "task",
	    DELIVERIES, "day", day, "periods", (json_int_t)n.periods, "due",
	    (json_int_t)n.due, "missing", (json_int_t)n.missing, "overdue",
	    overdue);
	return 0;
}

int
schedule_arrived(struct keeper *k, int64_t bundle, const char *provider,
    const char *now, struct err *e)
{
	const struct schemas *s = k->standing->schemas;

	return expectation_arrived(k->db, bundle, provider, now, e) == -1 ||
		       overdue_remind(k->db, s, e) == -1 ||
		       resupply_arrived(k->db, s, bundle, provider, now, e) ==
			   -1
		   ? -1
		   : 0;
}

/* --- tasks --------------------------------------------------------------- */

/* Owes a report to each account that a query names. */
static int
owe_all(struct keeper *k, enum report_kind kind, const char *what,
    const char *folder, const char *accounts, int *ret_n, struct err *e)
{
	char account[256][ACCOUNT_TEXT];
	sqlite3_stmt *st;
	int n = 0;
	int rc = db_query(k->db, &st, e, accounts, "");

	for (; rc == 1 && n < 256; rc = db_next(k->db, st, e))
		snprintf(account[n++], ACCOUNT_TEXT, "%s", db_text(st, 0));
	db_done(st);
	for (int i = 0; rc != -1 && i < n; i++)
		rc = reports_owe(k, kind, what, account[i], folder, e);
	*ret_n = n;
	return rc == -1 ? -1 : 0;
}

#define DEPARTMENTS                                                \
	"SELECT name FROM account_t WHERE role = 'department' AND" \
	" provider <> '' AND enabled ORDER BY name"

/* A task that cannot run is named, and others run. */
static int
skip(struct keeper *k, const char *task, const char *day, const char *why,
    json_t *result, struct err *e)
{
	log_error("- task skipped task=%s reason=%s", task, log_quote(why));
	json_object_set_new(result, "error", json_string(why));
	return note_run(k, task, day, "", 0, why, e);
}

static int
order_task(struct keeper *k, const struct quality_task *t, const char *day,
    json_t *result, struct err *e)
{
	char what[TASK_NAME + 32];
	char folder[TASK_NAME + 32];
	char why[128];
	int n = 0;

	if (t->error[0] != '\0')
		return skip(k, t->name, day, t->error, result, e);
	snprintf(what, sizeof(what), "%s@%s", t->name, day);
	snprintf(folder, sizeof(folder), "tasks/%s.%s", t->name, day);
	for (size_t i = 0; i < t->nto; i++) {
		struct account a;
		int rc = account_find(k->db, t->to[i], &a, e);

		if (rc == -1)
			return -1;
		if (rc == 0) {
			snprintf(why, sizeof(why), "there is no account '%s'",
			    t->to[i]);
			return skip(k, t->name, day, why, result, e);
		}
	}
	for (size_t i = 0; i < t->nto; i++)
		if (reports_owe(k, REPORT_TASK, what, t->to[i], folder, e) ==
		    -1)
			return -1;
	return t->nto > 0
		   ? 0
		   : owe_all(k, REPORT_TASK, what, folder, DEPARTMENTS, &n, e);
}

int
schedule_task_done(struct keeper *k, const char *what, const char *account,
    int64_t findings, const char *error, struct err *e)
{
	const char *at = strchr(what, '@');
	char task[TASK_NAME];

	if (at == NULL || (size_t)(at - what) >= sizeof(task))
		return 0;
	memcpy(task, what, (size_t)(at - what));
	task[at - what] = '\0';
	if (findings > 0)
		notice_add(k, "task",
		    json_pack("{s:s, s:s, s:s, s:I}", "task", task, "day",
			at + 1, "account", account, "findings",
			(json_int_t)findings));
	return note_run(k, task, at + 1, account, findings, error, e);
}

/* --- by the clock ------------------------------------------------------- */

/* Whether a task has not run yet in the period that a day is in. */
static int
is_due(struct keeper *k, const char *task, enum calendar_frequency f, int day)
{
	struct calendar_period p = { .first = day };
	char first[CALENDAR_DAY];

	if (f != CALENDAR_REALTIME)
		(void)calendar_period(f, day, &p);
	calendar_day_text(p.first, first);
	return db_int(k->db, 0,
		   "SELECT count(*) FROM quality_run_t WHERE task = ? AND"
		   " day >= ?",
		   "tt", task, first) == 0;
}

/* The city report of the month before, in the first days of one. */
static int
order_city(struct keeper *k, int day, struct err *e)
{
	struct calendar_period p;
	char text[CALENDAR_DAY];
	char what[64];
	char folder[64];
	int n;

	if (calendar_period(CALENDAR_MONTHLY, day, &p) == -1 ||
	    calendar_period(CALENDAR_MONTHLY, p.first - 1, &p) == -1 ||
	    !is_due(k, CITY, CALENDAR_MONTHLY, day))
		return 0;
	calendar_day_text(day, text);
	snprintf(what, sizeof(what), "%s@%s", p.name, text);
	snprintf(folder, sizeof(folder), "city/%s", p.name);
	return owe_all(k, REPORT_CITY, what, folder, DEPARTMENTS, &n, e) == -1
		   ? -1
		   : note_run(k, CITY, text, "", 0, "", e);
}

/* All tasks of the rules, or one of them, or those that are due. */
static int
order_tasks(struct keeper *k, const char *only, int due, const char *day,
    json_t *list, struct err *e)
{
	struct tasks *tasks = NULL;
	int d = 0;
	int rc = box_tasks(k->standing->pack, &tasks, e);

	if (rc == -1)
		return -1;
	(void)calendar_day(day, &d);
	for (size_t i = 0; rc == 0 && i < box_tasks_count(tasks); i++) {
		const struct quality_task *t = box_tasks_at(tasks, i);
		json_t *result;

		if ((only[0] != '\0' && strcmp(only, t->name) != 0) ||
		    (due && !is_due(k, t->name, t->schedule, d)))
			continue;
		result = json_pack("{s:s, s:s, s:s}", "task", t->name, "zh",
		    t->zh, "en", t->en);
		json_array_append_new(list, result);
		rc = order_task(k, t, day, result, e);
	}
	box_tasks_free(tasks);
	return rc;
}

int
schedule_tick(struct keeper *k, struct err *e)
{
	json_t *list;
	json_t *result = NULL;
	char day[16];
	int d, rc;

	/* Roles that run for one command do that one thing. */
	if (proc_fd("gate") == -1)
		return 0;
	today(day);
	if (strcmp(day, k->looked_on) == 0 || calendar_day(day, &d) == -1)
		return 0;
	memcpy(k->looked_on, day, sizeof(day));
	if (!is_due(k, DELIVERIES, CALENDAR_REALTIME, d))
		return 0;
	list = json_array();
	rc = run_deliveries(k, day, &result, e);
	json_decref(result);
	if (rc == 0)
		rc = order_tasks(k, "", 1, day, list, e);
	if (rc == 0)
		rc = order_city(k, d, e);
	json_decref(list);
	return rc;
}

/* --- when it is asked for ----------------------------------------------- */

static int
run(struct keeper *k, const json_t *request, json_t **ret_answer, struct err *e)
{
	const char *task = member_text(request, "task");
	json_t *list = json_array();
	json_t *result = NULL;
	char day[16];
	int d;

	today(day);
	if (member_text(request, "day")[0] != '\0')
		snprintf(day, sizeof(day), "%s", member_text(request, "day"));
	*ret_answer = json_pack("{s:s, s:o}", "day", day, "tasks", list);
	if (calendar_day(day, &d) == -1)
		return err_set(e, ERR_HOLD, "'%s' is no day: write 2016-04-30",
		    member_text(request, "day"));
	if (task[0] == '\0' || strcmp(task, DELIVERIES) == 0) {
		if (run_deliveries(k, day, &result, e) == -1)
			return -1;
		json_array_append_new(list, result);
	}
	if (strcmp(task, DELIVERIES) != 0 &&
	    order_tasks(k, task, 0, day, list, e) == -1)
		return -1;
	if (json_array_size(list) == 0)
		return err_set(e, ERR_HOLD, "there is no task '%s'", task);
	return 0;
}

/* What the tasks of a day found so far, and whether some are at work. */
static int
done(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT task, account, findings, error FROM quality_run_t WHERE"
	    " day = ? AND account <> '' ORDER BY task, account",
	    "t", member_text(request, "day"));

	for (; rc == 1; rc = db_next(k->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:I, s:s}", "task", db_text(st, 0),
			"account", db_text(st, 1), "findings",
			(json_int_t)sqlite3_column_int64(st, 2), "error",
			db_text(st, 3)));
	db_done(st);
	*ret_answer = json_pack("{s:o, s:b}", "results", list, "wait",
	    db_int(k->db, 0,
		"SELECT count(*) FROM report_t WHERE state = 0 AND kind = ?",
		"i", (int64_t)REPORT_TASK) > 0);
	return rc;
}

static int
list(struct keeper *k, json_t **ret_answer, struct err *e)
{
	json_t *overdue = NULL;
	json_t *asked = NULL;
	json_t *tasks = json_array();
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT task, day, sum(findings), max(error) FROM quality_run_t r"
	    " WHERE day = (SELECT max(day) FROM quality_run_t l WHERE l.task ="
	    " r.task) GROUP BY task ORDER BY task",
	    "");

	for (; rc == 1; rc = db_next(k->db, st, e))
		json_array_append_new(tasks,
		    json_pack("{s:s, s:s, s:I, s:s}", "task", db_text(st, 0),
			"day", db_text(st, 1), "findings",
			(json_int_t)sqlite3_column_int64(st, 2), "error",
			db_text(st, 3)));
	db_done(st);
	if (rc == -1 ||
	    overdue_json(k->db, k->standing->schemas, "", &overdue, e) == -1 ||
	    resupply_list(k->db, &asked, e) == -1) {
		json_decref(tasks);
		json_decref(overdue);
		return -1;
	}
	*ret_answer = json_pack("{s:o, s:o, s:o}", "tasks", tasks, "overdue",
	    overdue, "resupply", asked);
	return 0;
}

static int
add_task(struct keeper *k, const json_t *request, const char *now,
    json_t **ret_answer, struct err *e)
{
	if (resupply_add(k->db, k->standing->schemas, request, now, ret_answer,
		e) == -1)
		return -1;
	notice_add(k, "task", json_deep_copy(*ret_answer));
	return 0;
}

int
schedule_ask(struct keeper *k, const char *what, const json_t *request,
    json_t **ret_answer, struct err *e)
{
	char now[40];

	clock_now(now, sizeof(now));
	if (strcmp(what, "quality run") == 0)
		return run(k, request, ret_answer, e);
	if (strcmp(what, "quality done") == 0)
		return done(k, request, ret_answer, e);
	if (strcmp(what, "quality list") == 0)
		return list(k, ret_answer, e);
	if (strcmp(what, "quality task add") == 0)
		return add_task(k, request, now, ret_answer, e);
	if (strcmp(what, "quality objections") == 0 ||
	    strcmp(what, "quality accept") == 0 ||
	    strcmp(what, "quality refuse") == 0)
		return dispute_ask(k, what, request, now, ret_answer, e);
	return err_set(e, ERR_HOLD, "'%s' is not known", what);
}
