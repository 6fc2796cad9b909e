#include <stdio.h>
#include <string.h>

#include "base/dispute.h"
#include "base/expectation.h"
#include "base/jobs.h"
#include "base/notice.h"
#include "base/overdue.h"
#include "base/resupply.h"
#include "base/schedule.h"
#include "base/standing.h"
#include "sys/log.h"
#include "way/work.h"

/* Deliveries against the calendar are a task of its own. */
#define DELIVERIES "deliveries"

static void
today(char day[16])
{
	char now[40];

	keeper_now(now, sizeof(now));
	work_day(now, day);
}

static int
note_run(struct keeper *k, const char *task, const char *day, const char *now,
    int64_t findings, const char *error, struct err *e)
{
	return db_run(k->db, e,
	    "INSERT INTO quality_run_t (task, day, at, findings, error) VALUES"
	    " (?,?,?,?,?)",
	    "tttit", task, day, now, findings, error);
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

	keeper_now(now, sizeof(now));
	jobs_versions(k, s, &v);
	if (expectation_look(k->db, s->schemas, s->calendar, day, now, &n, e) ==
		-1 ||
	    overdue_tell(k->db, s->schemas, &v, day, now, told, e) == -1 ||
	    overdue_remind(k->db, s->schemas, e) == -1 ||
	    note_run(k, DELIVERIES, day, now, n.missing + n.due, "", e) == -1 ||
	    overdue_json(k->db, s->schemas, "", &overdue, e) == -1) {
		json_decref(overdue);
		json_decref(told);
		return -1;
	}
	json_array_foreach(told, i, o) notice_add(k, "overdue",
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

/* --- by the clock ------------------------------------------------------- */

int
schedule_tick(struct keeper *k, struct err *e)
{
	json_t *result = NULL;
	char day[16];
	int rc;

	today(day);
	if (strcmp(day, k->looked_on) == 0)
		return 0;
	if (db_int(k->db, 0,
		"SELECT count(*) FROM quality_run_t WHERE task = ? AND day = ?",
		"tt", DELIVERIES, day) > 0) {
		memcpy(k->looked_on, day, sizeof(day));
		return 0;
	}
	rc = run_deliveries(k, day, &result, e);
	json_decref(result);
	if (rc == 0)
		memcpy(k->looked_on, day, sizeof(day));
	return rc;
}

/* --- when it is asked for ----------------------------------------------- */

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static int
run(struct keeper *k, const json_t *request, json_t **ret_answer, struct err *e)
{
	const char *task = member(request, "task");
	json_t *list = json_array();
	json_t *result = NULL;
	char day[16];
	int d;

	today(day);
	if (member(request, "day")[0] != '\0')
		snprintf(day, sizeof(day), "%s", member(request, "day"));
	*ret_answer = json_pack("{s:s, s:o}", "day", day, "tasks", list);
	if (calendar_day(day, &d) == -1)
		return err_set(e, ERR_HOLD, "'%s' is no day: write 2016-04-30",
		    member(request, "day"));
	if (task[0] != '\0' && strcmp(task, DELIVERIES) != 0)
		return err_set(e, ERR_HOLD, "there is no task '%s'", task);
	if (run_deliveries(k, day, &result, e) == -1)
		return -1;
	json_array_append_new(list, result);
	return 0;
}

static int
list(struct keeper *k, json_t **ret_answer, struct err *e)
{
	json_t *overdue = NULL;
	json_t *asked = NULL;
	json_t *tasks = json_array();
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT day, at, findings FROM quality_run_t WHERE task = ? ORDER"
	    " BY no DESC LIMIT 1",
	    "t", DELIVERIES);

	json_array_append_new(tasks,
	    json_pack("{s:s, s:s, s:s, s:s, s:I}", "task", DELIVERIES,
		"schedule", "daily", "day", rc == 1 ? db_text(st, 0) : "", "at",
		rc == 1 ? db_text(st, 1) : "", "findings",
		(json_int_t)(rc == 1 ? sqlite3_column_int64(st, 2) : 0)));
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

	keeper_now(now, sizeof(now));
	if (strcmp(what, "quality run") == 0)
		return run(k, request, ret_answer, e);
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
