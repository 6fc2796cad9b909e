#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"
#include "base/outbox.h"
#include "form/html.h"
#include "quality/calendar.h"
#include "quality/resupply.h"
#include "sys/member.h"

enum { PAGE_MAX = 1 << 20, CLOSED_SHOWN = 20 };

#define COLUMNS                                                              \
	"SELECT r.no, r.provider, r.dataset, r.period, r.reason, r.person,"  \
	" r.at, r.until, coalesce(r.closed_at, ''), coalesce(b.id, '') FROM" \
	" resupply_t r LEFT JOIN bundle_t b ON b.no = r.bundle "

static json_t *
task_json(sqlite3_stmt *st)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	    "task", (json_int_t)sqlite3_column_int64(st, 0), "provider",
	    db_text(st, 1), "dataset", db_text(st, 2), "period", db_text(st, 3),
	    "reason", db_text(st, 4), "person", db_text(st, 5), "at",
	    db_text(st, 6), "until", db_text(st, 7), "closed_at",
	    db_text(st, 8), "bundle", db_text(st, 9));
}

static int
find(struct db *db, int64_t no, json_t **ret_task, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e, COLUMNS "WHERE r.no = ?", "i", no);

	*ret_task = rc == 1 ? task_json(st) : NULL;
	db_done(st);
	return rc;
}

/* --- what the provider sees --------------------------------------------- */

static void
put_row(struct buf *b, const char *what, const char *value)
{
	if (value[0] == '\0')
		return;
	buf_addstr(b, "<tr>");
	html_cell(b, "", what);
	html_cell(b, "", value);
	buf_addstr(b, "</tr>\n");
}

static void
put_page(struct buf *b, const json_t *t, const struct schema *s)
{
	int closed = member_text(t, "closed_at")[0] != '\0';

	html_begin(b, closed ? "补报任务（已完成）" : "补报任务");
	buf_printf(b, "<h1>%s</h1>\n<p class=\"en\">%s</p>\n",
	    closed ? "补报任务：已完成" : "补报任务：请补报以下数据",
	    closed ? "Data asked for: it has come"
		   : "Data asked for: please send it, or nil.json for a period "
		     "without data. The task closes by itself.");
	buf_addstr(b, "<table>\n");
	put_row(b, "数据集 data set", member_text(t, "dataset"));
	put_row(b, "名称 title", s != NULL ? s->title : "");
	put_row(b, "期间 period", member_text(t, "period"));
	put_row(b, "原因 reason", member_text(t, "reason"));
	put_row(b, "请于此日前补报 until", member_text(t, "until"));
	put_row(b, "经办人 asked by", member_text(t, "person"));
	put_row(b, "发出时间 asked at", member_text(t, "at"));
	put_row(b, "收到时间 came at", member_text(t, "closed_at"));
	put_row(b, "数据包 bundle", member_text(t, "bundle"));
	buf_addstr(b, "</table>\n");
	html_end(b);
}

static int
place(struct db *db, const struct schemas *all, int64_t no, struct err *e)
{
	json_t *t = NULL;
	char path[64];
	char *text = NULL;
	struct buf b;
	int rc = -1;

	buf_init(&b, PAGE_MAX);
	if (find(db, no, &t, e) != 1)
		goto out;
	put_page(&b, t, schemas_find(all, member_text(t, "dataset")));
	text = json_dumps(t, JSON_INDENT(2) | JSON_SORT_KEYS);
	snprintf(path, sizeof(path), "tasks/resupply.%" PRId64 ".html", no);
	rc = outbox_put_all(db, member_text(t, "provider"), path, b.data, b.len,
	    0, e);
	snprintf(path, sizeof(path), "tasks/resupply.%" PRId64 ".json", no);
	if (rc == 0)
		rc = outbox_put_all(db, member_text(t, "provider"), path, text,
		    strlen(text), 1, e);
out:
	buf_done(&b);
	free(text);
	json_decref(t);
	return rc;
}

static int
note(struct db *db, const char *kind, int64_t no, const char *bundle,
    const char *now, struct err *e)
{
	json_t *t = NULL;
	char *text;
	int rc = find(db, no, &t, e);

	if (rc != 1)
		return -1;
	text = json_dumps(t, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(db, now, kind, "", bundle, text, NULL, e);
	free(text);
	json_decref(t);
	return rc;
}

/* --- asking ------------------------------------------------------------- */

static int
check(struct db *db, const struct schemas *s, const json_t *r, struct err *e)
{
	static const char *const must[] = { "provider", "dataset", "period",
		"reason", "person" };
	const char *until = member_text(r, "until");
	int first, last;

	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		if (member_text(r, must[i])[0] == '\0')
			return err_set(e, ERR_HOLD,
			    "a task needs its %s: use --%s", must[i], must[i]);
	if (schemas_find(s, member_text(r, "dataset")) == NULL)
		return err_set(e, ERR_HOLD, "there is no data set '%s'",
		    member_text(r, "dataset"));
	if (calendar_span(member_text(r, "period"), &first, &last) == -1)
		return err_set(e, ERR_HOLD,
		    "'%s' is no period: write 2016-03, 2016-Q1, 2016-H1, 2016, "
		    "2016-W05 or a day",
		    member_text(r, "period"));
	if (until[0] != '\0' && calendar_day(until, &first) == -1)
		return err_set(e, ERR_HOLD, "'%s' is no day: write 2016-04-30",
		    until);
	if (db_int(db, 0, "SELECT count(*) FROM account_t WHERE provider = ?",
		"t", member_text(r, "provider")) == 0)
		return err_set(e, ERR_HOLD, "no account has the provider '%s'",
		    member_text(r, "provider"));
	return 0;
}

int
resupply_add(struct db *db, const struct schemas *s, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	int64_t no;

	if (check(db, s, request, e) == -1 ||
	    db_run(db, e,
		"INSERT INTO resupply_t (provider, dataset, period, reason,"
		" person, at, until) VALUES (?,?,?,?,?,?,?)",
		"ttttttt", member_text(request, "provider"),
		member_text(request, "dataset"), member_text(request, "period"),
		member_text(request, "reason"), member_text(request, "person"),
		now, member_text(request, "until")) == -1)
		return -1;
	no = db_int(db, 0, "SELECT max(no) FROM resupply_t", "");
	if (note(db, "resupply asked", no, "", now, e) == -1 ||
	    place(db, s, no, e) == -1)
		return -1;
	return find(db, no, ret_answer, e) == 1 ? 0 : -1;
}

int
resupply_list(struct db *db, json_t **ret_list, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    COLUMNS "WHERE r.closed_at IS NULL OR r.no IN (SELECT no FROM"
		    " resupply_t WHERE closed_at IS NOT NULL ORDER BY closed_at"
		    " DESC LIMIT ?) ORDER BY r.no",
	    "i", (int64_t)CLOSED_SHOWN);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(list, task_json(st));
	db_done(st);
	*ret_list = list;
	return rc;
}

/* --- closing ------------------------------------------------------------ */

/* The next open task that the bundle fulfils: 1, 0 none, -1. */
static int
next_fulfilled(struct db *db, int64_t bundle, const char *provider,
    int64_t *ret_no, struct err *e)
{
	sqlite3_stmt *st;
	int want, until, first, last;
	int rc = db_query(db, &st, e,
	    "SELECT r.no, r.period, f.period FROM resupply_t r"
	    " JOIN bundle_file_t f ON f.bundle = ?1 AND f.dataset = r.dataset"
	    " WHERE r.provider = ?2 AND r.closed_at IS NULL AND f.code = ''"
	    " AND (f.accepted > 0 OR f.rows = 0) ORDER BY r.no",
	    "it", bundle, provider);

	for (; rc == 1; rc = db_next(db, st, e))
		if (calendar_span(db_text(st, 1), &want, &until) == 0 &&
		    calendar_span(db_text(st, 2), &first, &last) == 0 &&
		    first <= until && last >= want)
			break;
	if (rc == 1)
		*ret_no = sqlite3_column_int64(st, 0);
	db_done(st);
	return rc;
}

int
resupply_arrived(struct db *db, const struct schemas *s, int64_t bundle,
    const char *provider, const char *now, struct err *e)
{
	int64_t no;
	int rc;

	while ((rc = next_fulfilled(db, bundle, provider, &no, e)) == 1)
		if (db_run(db, e,
			"UPDATE resupply_t SET closed_at = ?, bundle = ?"
			" WHERE no = ?",
			"tii", now, bundle, no) == -1 ||
		    note(db, "resupply arrived", no, "", now, e) == -1 ||
		    place(db, s, no, e) == -1)
			return -1;
	return rc;
}
