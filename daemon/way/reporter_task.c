#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "form/csv_write.h"
#include "form/html_task.h"
#include "form/xlsx_book.h"
#include "quality/city.h"
#include "quality/task_run.h"
#include "rule/box_calendar.h"
#include "rule/box_task.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "way/reporter_part.h"

enum { PAGE_MAX = 8 << 20, TABLE_MAX = 32 << 20 };

/* "a@b" in two. */
static int
split(const char *what, char *a, size_t size, char day[16], struct err *e)
{
	const char *at = strchr(what, '@');

	if (at == NULL || (size_t)(at - what) >= size || strlen(at + 1) >= 16)
		return err_set(e, ERR_HOLD, "no report is '%s'", what);
	memcpy(a, what, (size_t)(at - what));
	a[at - what] = '\0';
	snprintf(day, 16, "%s", at + 1);
	return 0;
}

/* The rules in force, as they stand on a day. */
static int
read_rules(struct reporter *r, const char *day, struct err *e)
{
	char pack[DIGEST_TEXT] = "";
	sqlite3_stmt *st;
	int rc = db_query(r->db, &st, e,
	    "SELECT sha256 FROM pack_t ORDER BY rowid DESC LIMIT 1", "");

	if (rc == 1)
		snprintf(pack, sizeof(pack), "%s", db_text(st, 0));
	db_done(st);
	return rc == -1 ? -1 : reporter_standards(r, pack, day, e);
}

/* --- a task ------------------------------------------------------------- */

static void
put_csv_row(struct buf *b, const json_t *row)
{
	const json_t *v;
	size_t i;

	json_array_foreach(row, i, v) {
		const char *s = json_string_value(v);

		if (i > 0)
			buf_addch(b, ',');
		csv_put_cell(b, s, strlen(s));
	}
	buf_addstr(b, "\r\n");
}

static int
write_task(struct reporter *r, json_t *o, struct err *e)
{
	json_t *digests = json_object();
	const json_t *row;
	struct buf b;
	size_t i;
	int rc;

	buf_init(&b, TABLE_MAX);
	buf_addstr(&b, CSV_MARK);
	put_csv_row(&b, json_object_get(o, "columns"));
	json_array_foreach(json_object_get(o, "rows"), i, row)
		put_csv_row(&b, row);
	rc = reporter_place(r, "findings.csv", &b, digests, e);
	buf_clear(&b);
	html_task(o, &b);
	if (rc == 0)
		rc = reporter_place(r, "report.html", &b, digests, e);
	buf_done(&b);
	json_object_set_new(o, "digests", digests);
	return rc == -1 ? -1 : reporter_place_json(r, o, e);
}

/* Nothing is to lie where nothing is to be told. */
static void
take_away(struct reporter *r)
{
	char path[2 * SPOOL_TEXT + 64];

	snprintf(path, sizeof(path), "%s/%s/reports/%s", HOME_ACCOUNTS,
	    r->account, r->folder);
	(void)unlinkat(r->dir, "findings.csv", 0);
	(void)unlinkat(r->dir, "report.html", 0);
	(void)unlinkat(r->dir, "report.json", 0);
	(void)unlinkat(r->dir, "report.json.sig", 0);
	(void)rmdir(path);
}

static int
run_task(struct reporter *r, const char *name, const char *day,
    struct tasks *tasks, struct err *e)
{
	struct calendar *c = xcalloc(1, sizeof(*c));
	struct account a = { .provider = "" };
	struct task_order order = { .db = r->db,
		.schemas = r->schemas,
		.calendar = c,
		.tasks = tasks,
		.task = box_tasks_find(tasks, name),
		.provider = a.provider,
		.day = day };
	json_t *o = NULL;
	int rc = -1;

	if (order.task == NULL)
		err_set(e, ERR_HOLD, "there is no task '%s'", name);
	else if (account_find(r->db, r->account, &a, e) != -1 &&
		 box_calendar(r->pack, c, e) == 0)
		rc = task_run(&order, &o, e);
	if (rc == 0) {
		r->findings =
		    json_integer_value(json_object_get(o, "findings"));
		r->nothing = r->findings <= order.task->threshold;
		if (r->nothing)
			take_away(r);
		else
			rc = write_task(r, o, e);
	}
	json_decref(o);
	free(c);
	return rc;
}

int
reporter_task(struct reporter *r, struct err *e)
{
	struct tasks *tasks = NULL;
	char name[TASK_NAME];
	char day[16];
	int rc = -1;

	if (split(r->what, name, sizeof(name), day, e) == 0 &&
	    read_rules(r, day, e) == 0 && box_tasks(r->pack, &tasks, e) == 0)
		rc = run_task(r, name, day, tasks, e);
	box_tasks_free(tasks);
	return rc;
}

/* --- the city ----------------------------------------------------------- */

static int
write_city(struct reporter *r, json_t *o, struct err *e)
{
	char folder[2 * SPOOL_TEXT + 64];
	char hidden[2 * SPOOL_TEXT + 80];
	json_t *digests = json_object();
	json_t *sheets = html_city_tables(o);
	struct buf b;
	int rc;

	snprintf(folder, sizeof(folder), "%s/%s/reports/%s", HOME_ACCOUNTS,
	    r->account, r->folder);
	buf_init(&b, PAGE_MAX);
	html_city(o, &b);
	rc = reporter_place(r, "city.html", &b, digests, e);
	buf_clear(&b);
	if (rc == 0)
		rc = file_hidden_folder(folder, hidden, sizeof(hidden), e);
	if (rc == 0)
		rc = xlsx_book_tables(sheets, hidden, &b, e);
	if (rc == 0)
		rc = reporter_place(r, "city.xlsx", &b, digests, e);
	buf_done(&b);
	json_decref(sheets);
	json_object_set_new(o, "digests", digests);
	return rc == -1 ? -1 : reporter_place_json(r, o, e);
}

int
reporter_city(struct reporter *r, struct err *e)
{
	char month[16];
	char day[16];
	json_t *o = NULL;
	int rc;

	if (split(r->what, month, sizeof(month), day, e) == -1 ||
	    city_json(r->db, month, day, &o, e) == -1)
		return -1;
	rc = write_city(r, o, e);
	json_decref(o);
	return rc;
}
