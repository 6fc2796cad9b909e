#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"
#include "base/outbox.h"
#include "form/csv_write.h"
#include "keeper/notice.h"
#include "quality/calendar.h"
#include "quality/dispute.h"
#include "sys/catalog.h"
#include "sys/member.h"
#include "way/work.h"

enum { LIST_MAX = 4 << 20, SHOWN = 500, TERM_DAYS = 365 };

#define COLUMNS                                                               \
	"SELECT o.no, o.provider, o.account, o.finding, b.id, f.path, q.row," \
	" q.field, q.rule, q.value, o.reason, o.at, o.state, o.person,"       \
	" o.answer, o.decided_at, o.until, o.dataset FROM dispute_t o"        \
	" LEFT JOIN quality_issue_t q ON q.no = o.finding"                    \
	" LEFT JOIN bundle_t b ON b.no = q.bundle"                            \
	" LEFT JOIN bundle_file_t f ON f.bundle = q.bundle AND f.no = q.file "

static json_t *
row_json(sqlite3_stmt *st)
{
	static const char *const name[] = { "objection", "provider", "account",
		"finding", "bundle", "file", "row", "field", "rule", "value",
		"reason", "at", "state", "person", "answer", "decided_at",
		"until", "dataset" };
	json_t *o = json_object();

	for (int i = 0; i < 18; i++)
		json_object_set_new(o, name[i],
		    sqlite3_column_type(st, i) == SQLITE_INTEGER
			? json_integer(sqlite3_column_int64(st, i))
			: json_string(db_text(st, i)));
	return o;
}

/* --- the department's list ---------------------------------------------- */

static void
put_line(struct buf *b, sqlite3_stmt *st)
{
	static const int column[] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15, 16 };

	for (size_t i = 0; i < sizeof(column) / sizeof(column[0]); i++) {
		const char *s = db_text(st, column[i]);

		if (column[i] == 12)
			s = strcmp(s, "open") == 0       ? "待答复 open"
			    : strcmp(s, "accepted") == 0 ? "采纳 accepted"
							 : "不采纳 refused";
		if (i > 0)
			buf_addch(b, ',');
		csv_put_cell(b, s, strlen(s));
	}
	buf_addstr(b, "\r\n");
}

static int
place_list(struct db *db, const char *provider, struct err *e)
{
	sqlite3_stmt *st;
	struct buf b;
	int rc = db_query(db, &st, e,
	    COLUMNS "WHERE o.provider = ? ORDER BY o.no DESC LIMIT ?", "ti",
	    provider, (int64_t)SHOWN);

	buf_init(&b, LIST_MAX);
	buf_addstr(&b,
	    CSV_MARK "编号 finding,数据包 bundle,文件 file,行 row,字段 field,"
		     "规则 rule,值 value,理由 reason,提出时间 at,状态 state,"
		     "经办人 person,答复 answer,答复时间 decided,"
		     "有效期至 until\r\n");
	for (; rc == 1; rc = db_next(db, st, e))
		put_line(&b, st);
	db_done(st);
	if (rc == 0)
		rc = outbox_put_all(db, provider, "objections.csv", b.data,
		    b.len, 0, e);
	buf_done(&b);
	return rc;
}

static int
note(struct db *db, const char *kind, const char *account, const char *bundle,
    const char *now, json_t *detail, struct err *e)
{
	char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = ledger_append(db, now, kind, account, bundle, text, NULL, e);

	json_decref(detail);
	free(text);
	return rc;
}

/* --- arriving ----------------------------------------------------------- */

struct dispute {
	int64_t file; /* of the bundle that brings it */
	int64_t finding;
	char reason[700];
	char dataset[64];
	int fits; /* there is such a finding of the provider, not yet mended */
	int known;
};

/* The next one of the bundle, behind the last: 1, 0 none, -1. */
static int
next_brought(struct db *db, int64_t bundle, const char *provider,
    int64_t *after, struct dispute *o, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT n.no, n.file, CAST(n.value AS INTEGER), n.message_zh,"
	    " f.dataset, q.no IS NOT NULL AND q.closed_by IS NULL,"
	    " EXISTS (SELECT 1 FROM dispute_t o WHERE o.finding = q.no)"
	    " FROM quality_issue_t n LEFT JOIN quality_issue_t q ON"
	    " q.no = CAST(n.value AS INTEGER) AND q.bundle IN (SELECT b.no FROM"
	    " bundle_t b JOIN account_t a ON a.name = b.account WHERE"
	    " a.provider = ?2 AND b.kind = 'u') LEFT JOIN bundle_file_t f ON"
	    " f.bundle = q.bundle AND f.no = q.file WHERE n.bundle = ?1 AND"
	    " n.rule = 'objection_raised' AND n.no > ?3 ORDER BY n.no LIMIT 1",
	    "iti", bundle, provider, *after);

	if (rc == 1) {
		*after = sqlite3_column_int64(st, 0);
		o->file = sqlite3_column_int64(st, 1);
		o->finding = sqlite3_column_int64(st, 2);
		snprintf(o->reason, sizeof(o->reason), "%s", db_text(st, 3));
		snprintf(o->dataset, sizeof(o->dataset), "%s", db_text(st, 4));
		o->fits = sqlite3_column_int(st, 5);
		o->known = sqlite3_column_int(st, 6);
	}
	db_done(st);
	return rc;
}

static int
find(struct db *db, int64_t bundle, const struct dispute *o, const char *code,
    struct err *e)
{
	char id[24];
	const char *arg[] = { id };
	char zh[600], en[600];
	uint8_t severity = (uint8_t)catalog_find(code)->severity;
	struct rowfile_record issue = { .rule = code,
		.field = "",
		.header = "",
		.text = id,
		.zh = zh,
		.en = en,
		.severity = severity,
		.effect = EFFECT_KEEP };

	snprintf(id, sizeof(id), "%" PRId64, o->finding);
	catalog_zh(code, arg, 1, zh, sizeof(zh));
	catalog_en(code, arg, 1, en, sizeof(en));
	return bundle_issue(db, bundle, o->file, &issue, e) == -1
		   ? -1
		   : db_run(db, e,
			 "INSERT INTO bundle_finding_t VALUES (?,?,?,?,1)"
			 " ON CONFLICT DO UPDATE SET n = n + 1",
			 "iiti", bundle, o->file, code, (int64_t)severity);
}

static int
take(struct keeper *k, const struct bundle *b, const char *provider,
    const struct dispute *o, const char *now, struct err *e)
{
	if (!o->fits || o->known)
		return find(k->db, b->no, o,
		    o->fits ? "objection_known" : "objection_unknown", e);
	if (db_run(k->db, e,
		"INSERT INTO dispute_t (provider, account, bundle, finding,"
		" dataset, field, rule, reason, at) SELECT ?1, ?2, ?3, q.no,"
		" ?4, coalesce(q.field, ''), q.rule, ?5, ?6 FROM"
		" quality_issue_t q WHERE q.no = ?7",
		"ttittti", provider, b->name.account, b->no, o->dataset,
		o->reason, now, o->finding) == -1 ||
	    db_run(k->db, e,
		"UPDATE quality_issue_t SET objection = 'open' WHERE no = ?",
		"i", o->finding) == -1)
		return -1;
	notice_add(k, "objection",
	    json_pack("{s:s, s:s, s:I, s:s}", "account", b->name.account,
		"provider", provider, "finding", (json_int_t)o->finding,
		"reason", o->reason));
	return note(k->db, "finding disputed", b->name.account, b->name.id, now,
	    json_pack("{s:I, s:s}", "finding", (json_int_t)o->finding, "reason",
		o->reason),
	    e);
}

int
dispute_arrived(struct keeper *k, const struct bundle *b, const char *provider,
    const char *now, struct err *e)
{
	struct dispute o;
	int64_t after = 0;
	int any = 0;
	int rc;

	while (
	    (rc = next_brought(k->db, b->no, provider, &after, &o, e)) == 1) {
		any = 1;
		if (take(k, b, provider, &o, now, e) == -1)
			return -1;
	}
	return rc == 0 && any ? place_list(k->db, provider, e) : rc;
}

/* --- deciding ----------------------------------------------------------- */

static int
get(struct db *db, int64_t no, json_t **ret_o, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e, COLUMNS "WHERE o.no = ?", "i", no);

	*ret_o = rc == 1 ? row_json(st) : NULL;
	db_done(st);
	return rc;
}

/* The day an exception ends: as asked, else in a year. */
static int
until_day(const json_t *request, const char *now, char until[CALENDAR_DAY],
    struct err *e)
{
	char today[16];
	int day, now_day;

	work_day(now, today);
	if (calendar_day(today, &now_day) == -1)
		return err_set(e, ERR_RETRY, "no day is '%s'", today);
	day = now_day + TERM_DAYS;
	if (member_text(request, "until")[0] != '\0' &&
	    calendar_day(member_text(request, "until"), &day) == -1)
		return err_set(e, ERR_HOLD, "'%s' is no day: write 2016-04-30",
		    member_text(request, "until"));
	if (day < now_day)
		return err_set(e, ERR_HOLD, "%s has passed",
		    member_text(request, "until"));
	calendar_day_text(day, until);
	return 0;
}

static int
decide(struct keeper *k, const char *state, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	int64_t no = json_integer_value(json_object_get(request, "objection"));
	int accepted = strcmp(state, "accepted") == 0;
	char until[CALENDAR_DAY] = "";
	json_t *o = NULL;
	int rc;

	if (member_text(request, "person")[0] == '\0' ||
	    member_text(request, "reason")[0] == '\0')
		return err_set(e, ERR_HOLD,
		    "a decision needs --person and --reason");
	rc = get(k->db, no, &o, e);
	if (rc == 0)
		return err_set(e, ERR_HOLD, "there is no objection %" PRId64,
		    no);
	if (rc == -1)
		return -1;
	rc = -1;
	if (strcmp(member_text(o, "state"), "open") != 0)
		err_set(e, ERR_HOLD, "objection %" PRId64 " was %s already", no,
		    member_text(o, "state"));
	else if (!accepted || until_day(request, now, until, e) == 0)
		rc = db_run(k->db, e,
		    "UPDATE dispute_t SET state = ?, person = ?, answer = ?,"
		    " decided_at = ?, until = ? WHERE no = ?",
		    "tttt"
		    "ti",
		    state, member_text(request, "person"),
		    member_text(request, "reason"), now, until, no);
	if (rc == 0)
		rc = db_run(k->db, e,
		    "UPDATE quality_issue_t SET objection = ? WHERE no = ?",
		    "ti", state,
		    (int64_t)json_integer_value(json_object_get(o, "finding")));
	if (rc == 0)
		rc = note(k->db,
		    accepted ? "dispute accepted" : "dispute refused",
		    member_text(o, "account"), "", now,
		    json_pack("{s:I, s:O, s:s, s:s, s:s}", "objection",
			(json_int_t)no, "finding",
			json_object_get(o, "finding"), "person",
			member_text(request, "person"), "reason",
			member_text(request, "reason"), "until", until),
		    e);
	if (rc == 0)
		rc = place_list(k->db, member_text(o, "provider"), e);
	json_decref(o);
	return rc == -1 || get(k->db, no, ret_answer, e) != 1 ? -1 : 0;
}

static int
list(struct db *db, int all, json_t **ret_answer, struct err *e)
{
	json_t *found = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    COLUMNS "WHERE o.state = 'open' OR ? ORDER BY o.no", "i",
	    (int64_t)all);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(found, row_json(st));
	db_done(st);
	*ret_answer = json_pack("{s:o}", "objections", found);
	return rc;
}

int
dispute_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	if (strcmp(what, "quality accept") == 0)
		return decide(k, "accepted", request, now, ret_answer, e);
	if (strcmp(what, "quality refuse") == 0)
		return decide(k, "refused", request, now, ret_answer, e);
	return list(k->db, json_is_true(json_object_get(request, "all")),
	    ret_answer, e);
}

/* --- exceptions --------------------------------------------------------- */

int
dispute_exceptions(struct db *db, const char *provider, const char *received_at,
    char *text, size_t size, struct err *e)
{
	char day[16];
	size_t n = 0;
	sqlite3_stmt *st;
	int rc;

	work_day(received_at, day);
	rc = db_query(db, &st, e,
	    "SELECT DISTINCT dataset || ' ' || field || ' ' || rule || char(10)"
	    " FROM dispute_t WHERE provider = ? AND state = 'accepted' AND"
	    " until >= ? AND dataset <> '' ORDER BY 1",
	    "tt", provider, day);
	text[0] = '\0';
	for (; rc == 1; rc = db_next(db, st, e)) {
		size_t len = strlen(db_text(st, 0));

		if (n + len >= size)
			break;
		memcpy(text + n, db_text(st, 0), len + 1);
		n += len;
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}
