#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/account.h"
#include "base/act.h"
#include "base/db.h"
#include "base/ledger.h"
#include "extract/recall.h"
#include "form/csv_write.h"
#include "grant/objection_part.h"
#include "keeper/standing.h"
#include "quality/calendar.h"
#include "way/work.h"

enum { TEXT = 1024, LIST_MAX = 1 << 20, SQL_MAX = 16384 };

/* A row being taken: an objection, or an answer to one. */
struct taking {
	struct keeper *k;
	const char *now;
	char day[16];
	char bundle[64];
	struct account account;
	struct buf refused; /* lines for who sent it */
	struct err *e;
};

struct objection {
	int64_t row;
	uint32_t enterprise; /* 0: not linked */
	char number[128];    /* the objector's own */
	char kind[16];
	const struct schema *schema;
	char dataset[256]; /* as said */
	char field[256];
	char record[512];
	char claimed[TEXT];
	int64_t grant;
	char reason[4 * TEXT];
	char evidence[512];
};

#define COPY(to, column) snprintf(to, sizeof(to), "%s", db_text(st, column))

/* A line of what was not taken, and why. 0, as nothing was. */
static int
refuse(struct taking *t, const char *what, const char *zh, const char *en)
{
	char why[TEXT];

	snprintf(why, sizeof(why), "%s %s", zh, en);
	csv_put_cell(&t->refused, what, strlen(what));
	buf_addch(&t->refused, ',');
	csv_put_cell(&t->refused, why, strlen(why));
	buf_addstr(&t->refused, "\r\n");
	return 0;
}

/* --- objections --------------------------------------------------------- */

/* The field's name for what was said of it; 0 where there is none. */
static int
set_field(struct objection *o)
{
	int at = schema_field_called(o->schema, o->field);

	if (at != -1)
		snprintf(o->field, sizeof(o->field), "%s",
		    o->schema->field[at].name);
	return at != -1 || o->field[0] == '\0';
}

/*
 * The rows of its enterprise that hold the record's number or value, all of
 * them where it names none, are marked by their keys: a new version of such a
 * row is the same row. How many.
 */
static int
mark_rows(struct taking *t, const struct objection *o, int64_t no)
{
	const struct schema *s = o->schema;
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_printf(&sql,
	    "INSERT OR IGNORE INTO objection_row_t SELECT ?, ?, _key,"
	    " _provider FROM d_%s d JOIN enterprise_t t ON t.no ="
	    " d._enterprise WHERE d._to IS NULL AND t.root = ? AND (?4 = ''",
	    s->dataset);
	for (size_t i = 0; i < s->nfields; i++)
		buf_printf(&sql, " OR d.%s = ?4", s->field[i].name);
	buf_addstr(&sql, ")");
	rc = buf_ok(&sql) ? db_run(t->k->db, t->e, sql.data, "itit", no,
				s->dataset, (int64_t)o->enterprise, o->record)
			  : err_set(t->e, ERR_HOLD, "a standard too large");
	buf_done(&sql);
	return rc == -1 ? -1 : sqlite3_changes(t->k->db->handle);
}

static int
insert(struct taking *t, const struct objection *o, int64_t *ret_no)
{
	char due[CALENDAR_DAY];
	json_t *detail;
	char *text;
	int day, rc;

	(void)calendar_day(t->day, &day);
	calendar_day_text(day + OBJECTION_DAYS, due);
	if (db_run(t->k->db, t->e,
		"INSERT INTO objection_t (row, account, number, kind, provider,"
		" enterprise, dataset, field, record, claimed, \"grant\","
		" reason, evidence, filed_at, due, bundle, state) VALUES (?, ?,"
		" ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?, ?, ?, ?,"
		" 'RECEIVED')",
		"ittttittttittttt", o->row, t->account.name, o->number, o->kind,
		o->schema->provider, (int64_t)o->enterprise, o->schema->dataset,
		o->field, o->record, o->claimed, o->grant, o->reason,
		o->evidence, t->now, due, t->bundle) == -1)
		return -1;
	*ret_no = sqlite3_last_insert_rowid(t->k->db->handle);
	detail = json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:s}", "objection",
	    (json_int_t)*ret_no, "kind", o->kind, "dataset", o->schema->dataset,
	    "field", o->field, "grant", (json_int_t)o->grant, "evidence",
	    o->evidence, "due", due);
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(t->k->db, t->now, "objection filed", t->account.name,
	    t->bundle, text, NULL, t->e);
	free(text);
	json_decref(detail);
	return rc;
}

/* The provider's own data set, and a grant of it that is in force. */
static int
take_grant(struct taking *t, struct objection *o)
{
	char account[ACCOUNT_TEXT] = "";
	int64_t no;
	sqlite3_stmt *st;
	int rc;

	if (strcmp(t->account.provider, o->schema->provider) != 0)
		return refuse(t, o->number, "不是贵单位提供的数据集。",
		    "The data set is not yours.");
	rc = db_query(t->k->db, &st, t->e,
	    "SELECT account FROM grant_t WHERE no = ? AND dataset = ? AND"
	    " state = 1",
	    "it", o->grant, o->schema->dataset);
	if (rc == 1)
		snprintf(account, sizeof(account), "%s", db_text(st, 0));
	db_done(st);
	if (rc != 1)
		return rc == -1 ? -1
				: refuse(t, o->number,
				      "没有这一有效的授权（见 grants.csv）。",
				      "There is no such grant in force (see "
				      "grants.csv).");
	if (insert(t, o, &no) == -1 ||
	    db_run(t->k->db, t->e,
		"UPDATE grant_t SET state = 2, changed_by = ?, changed_at = ?,"
		" changed_why = ? WHERE no = ?",
		"ttti", t->account.name, t->now, o->reason, o->grant) == -1 ||
	    db_run(t->k->db, t->e,
		"INSERT OR IGNORE INTO offer_news_t VALUES"
		" (?)",
		"t", account) == -1)
		return -1;
	keeper_hang_up(t->k, account);
	return objection_tell(t->k, no, t->now, t->e);
}

static int
take_value(struct taking *t, struct objection *o)
{
	int64_t no;
	int n;

	if (o->enterprise == 0)
		return refuse(t, o->number, "没有找到这家企业。",
		    "The enterprise was not found.");
	if (!set_field(o))
		return refuse(t, o->number, "数据集没有此字段。",
		    "The data set has no such field.");
	if (insert(t, o, &no) == -1 || (n = mark_rows(t, o, no)) == -1)
		return -1;
	if (n > 0)
		return recall_marked(t->k->db, o->enterprise, t->e) == -1
			   ? -1
			   : objection_tell(t->k, no, t->now, t->e);
	/* Nothing to mark: it is answered at once. */
	return objection_close(t->k, no, "CONFIRMED",
		   "平台没有这家企业的此项记录。 The platform has no such "
		   "record of the enterprise.",
		   "", t->now, t->e) == -1
		   ? -1
		   : 0;
}

static int
take_objection(struct taking *t, struct objection *o)
{
	o->schema = schemas_called(t->k->standing->schemas, o->dataset);
	if (o->schema == NULL)
		return refuse(t, o->number, "没有这个数据集。",
		    "There is no such data set.");
	return strcmp(o->kind, "GRANT") == 0 ? take_grant(t, o)
					     : take_value(t, o);
}

/* The next objection of the bundle that was not taken: 1, 0, -1. */
static int
next_objection(struct taking *t, int64_t bundle, int64_t after,
    struct objection *o)
{
	sqlite3_stmt *st;
	int rc = db_query(t->k->db, &st, t->e,
	    "SELECT r._id, coalesce(e.root, 0), r.objection_no,"
	    " coalesce(r.kind, 'OBJECTION'), r.dataset_name, r.field_name,"
	    " r.record, r.claimed_value, coalesce(r.grant_no, 0), r.reason,"
	    " r.evidence FROM d_" OBJECTION_DATASET " r LEFT JOIN enterprise_t"
	    " e ON e.no = r._enterprise WHERE r._bundle = ? AND r._id > ? AND"
	    " r._to IS NULL AND NOT EXISTS (SELECT 1 FROM objection_t o WHERE"
	    " o.account = ?3 AND o.number = r.objection_no) ORDER BY r._id"
	    " LIMIT 1",
	    "iit", bundle, after, t->account.name);

	if (rc == 1) {
		memset(o, 0, sizeof(*o));
		o->row = sqlite3_column_int64(st, 0);
		o->enterprise = (uint32_t)sqlite3_column_int64(st, 1);
		COPY(o->number, 2);
		COPY(o->kind, 3);
		COPY(o->dataset, 4);
		COPY(o->field, 5);
		COPY(o->record, 6);
		COPY(o->claimed, 7);
		o->grant = sqlite3_column_int64(st, 8);
		COPY(o->reason, 9);
		COPY(o->evidence, 10);
	}
	db_done(st);
	return rc;
}

/* --- answers ------------------------------------------------------------ */

struct reply {
	int64_t row;
	int64_t number;
	char verdict[16];
	char answer[4 * TEXT];
};

static int
take_reply(struct taking *t, const struct reply *r)
{
	char what[32];
	int known = 0, rc;

	snprintf(what, sizeof(what), "%" PRId64, r->number);
	for (const char *const *v = objection_verdicts; *v != NULL; v++)
		known |= strcmp(*v, r->verdict) == 0;
	if (!known)
		return refuse(t, what, "处理结果不是一种答复。",
		    "The verdict answers nothing.");
	if (r->answer[strspn(r->answer, " ")] == '\0')
		return refuse(t, what, "答复没有理由。",
		    "The answer gives no reason.");
	if (db_int(t->k->db, 0,
		"SELECT count(*) FROM objection_t WHERE no = ? AND provider ="
		" ? AND kind <> 'GRANT' AND state = 'RECEIVED'",
		"it", r->number, t->account.provider) == 0)
		return refuse(t, what, "没有待贵单位答复的这一异议。",
		    "There is no such objection for you to answer.");
	rc = objection_close(t->k, r->number, r->verdict, r->answer,
	    t->account.name, t->now, t->e);
	return rc == -1 ? -1 : 0;
}

static int
next_reply(struct taking *t, int64_t bundle, int64_t after, struct reply *r)
{
	sqlite3_stmt *st;
	int rc = db_query(t->k->db, &st, t->e,
	    "SELECT _id, number, verdict, answer FROM"
	    " d_" OBJECTION_ANSWER_DATASET " WHERE _bundle = ? AND _id > ? AND"
	    " _to IS NULL ORDER BY _id LIMIT 1",
	    "ii", bundle, after);

	if (rc == 1) {
		r->row = sqlite3_column_int64(st, 0);
		r->number = sqlite3_column_int64(st, 1);
		COPY(r->verdict, 2);
		COPY(r->answer, 3);
	}
	db_done(st);
	return rc;
}

/* --- a bundle ----------------------------------------------------------- */

static int
has(const struct keeper *k, int64_t bundle, const char *dataset)
{
	return schemas_find(k->standing->schemas, dataset) != NULL &&
	       db_int(k->db, 0,
		   "SELECT count(*) FROM bundle_file_t WHERE bundle = ? AND"
		   " dataset = ? AND accepted > 0",
		   "it", bundle, dataset) > 0;
}

/* Who sent it; 1, 0 gone meanwhile, -1. */
static int
begin(struct taking *t, int64_t bundle)
{
	char name[ACCOUNT_TEXT] = "";
	sqlite3_stmt *st;
	int rc = db_query(t->k->db, &st, t->e,
	    "SELECT account, id FROM bundle_t WHERE no = ?", "i", bundle);

	if (rc == 1) {
		COPY(name, 0);
		COPY(t->bundle, 1);
	}
	db_done(st);
	work_day(t->now, t->day);
	return rc == 1 ? account_find(t->k->db, name, &t->account, t->e) : rc;
}

static int
take_all(struct taking *t, int64_t bundle)
{
	struct objection o = { .row = 0 };
	struct reply r = { .row = 0 };
	int rc = 0;

	if (has(t->k, bundle, OBJECTION_DATASET))
		while ((rc = next_objection(t, bundle, o.row, &o)) == 1)
			if (take_objection(t, &o) == -1)
				return -1;
	if (rc == 0 && has(t->k, bundle, OBJECTION_ANSWER_DATASET))
		while ((rc = next_reply(t, bundle, r.row, &r)) == 1)
			if (take_reply(t, &r) == -1)
				return -1;
	return rc;
}

int
objection_arrived(struct keeper *k, int64_t bundle, const char *now,
    struct err *e)
{
	struct taking t = { .k = k, .now = now, .e = e };
	char name[96];
	size_t before;
	int rc;

	if (!has(k, bundle, OBJECTION_DATASET) &&
	    !has(k, bundle, OBJECTION_ANSWER_DATASET))
		return 0;
	rc = begin(&t, bundle);
	if (rc != 1)
		return rc;
	buf_init(&t.refused, LIST_MAX);
	buf_addstr(&t.refused, CSV_MARK "编号 number,未受理原因 why\r\n");
	before = t.refused.len;
	rc = take_all(&t, bundle);
	snprintf(name, sizeof(name), "value-objections-refused.%.40s.csv",
	    t.bundle);
	if (rc == 0 && t.refused.len > before)
		rc = objection_send(k, t.account.name, name, &t.refused, e);
	buf_done(&t.refused);
	return rc;
}
