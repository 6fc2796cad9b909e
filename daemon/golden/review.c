#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bundle.h"
#include "base/ledger.h"
#include "golden/enterprise.h"
#include "golden/golden.h"
#include "golden/linking.h"
#include "golden/review.h"
#include "golden/sendback.h"
#include "keeper/standing.h"
#include "sys/clock.h"
#include "sys/member.h"
#include "way/link.h"

/* --- deciding ----------------------------------------------------------- */

/* A decision being made. */
struct decision {
	struct keeper *k;
	const char *item;
	const char *person;
	const char *reason;
	int accept;
	uint32_t enterprise; /* that the request names, 0 none */
	char now[40];
	/* what is kept of it */
	int64_t subject;
	uint32_t other;
	int64_t merge;
	char since[40]; /* of one that is undone */
	struct err *e;
};

static int
refuse(struct decision *d, const char *zh, const char *en)
{
	d->e->kind = ERR_SENDER;
	snprintf(d->e->zh, sizeof(d->e->zh), "%s", zh);
	snprintf(d->e->en, sizeof(d->e->en), "%s", en);
	return -1;
}

static int
no_item(struct decision *d)
{
	return refuse(d, "没有这一待核项（见 zayton review list）",
	    "there is no such item: see 'zayton review list'");
}

static int
decide_link(struct decision *d, const char *what)
{
	struct enterprises *x = linking_enterprises(d->k);
	char dataset[64];
	uint32_t not_these[64], same;
	sqlite3_stmt *st;
	int64_t row = 0;
	size_t n;
	int rc;

	if (sscanf(what, "%63[^:]:%" SCNd64, dataset, &row) != 2)
		return no_item(d);
	rc = db_query(d->k->db, &st, d->e,
	    "SELECT subject, (SELECT enterprise FROM candidate_t c WHERE"
	    " c.dataset = u.dataset AND c.row = u.row ORDER BY n LIMIT 1) FROM"
	    " unlinked_t u WHERE dataset = ? AND row = ?",
	    "ti", dataset, row);
	if (rc == 1) {
		d->subject = sqlite3_column_int64(st, 0);
		if (d->enterprise == 0)
			d->enterprise = (uint32_t)sqlite3_column_int64(st, 1);
	}
	db_done(st);
	if (rc != 1)
		return rc == -1 ? -1 : no_item(d);
	if (enterprises_root(d->k->db, d->enterprise) == 0)
		return refuse(d, "请用 --enterprise 指明企业编号",
		    "name the enterprise with --enterprise");
	n = enterprises_judged(x, d->subject, &same, not_these, 64);
	for (size_t i = 0; d->accept && i < n; i++)
		if (not_these[i] == enterprises_root(d->k->db, d->enterprise))
			return refuse(d,
			    "此前已判定不是该企业；请先撤销那一判定（zayton "
			    "review undo）",
			    "people judged that it is not of this enterprise: "
			    "undo that first ('zayton review undo')");
	return enterprises_judge(x, d->subject, d->enterprise, d->accept, d->e);
}

static int
keep_apart(struct decision *d, uint32_t a, uint32_t b)
{
	return db_run(d->k->db, d->e,
	    "INSERT OR IGNORE INTO apart_t VALUES"
	    " (?,?)",
	    "ii", (int64_t)a, (int64_t)b);
}

static int
decide_pair(struct decision *d, const char *what)
{
	struct origin o = { db_int(d->k->db, 0,
				"SELECT coalesce(max(no), 0) FROM bundle_t",
				""),
		0, 0 };
	char a[ENTERPRISE_ID + 4], b[ENTERPRISE_ID + 4];
	uint32_t first, second;

	if (sscanf(what, "%15[^:]:%15[^:]", a, b) != 2)
		return no_item(d);
	first = enterprises_root(d->k->db, enterprise_id_parse(a));
	second = enterprises_root(d->k->db, enterprise_id_parse(b));
	if (first == 0 || second == 0)
		return no_item(d);
	d->enterprise = first < second ? first : second;
	d->other = first < second ? second : first;
	if (!d->accept)
		return first == second
			   ? refuse(d, "两者已合并，请改为撤销合并",
				 "they are merged: reject the merge instead")
			   : keep_apart(d, d->enterprise, d->other);
	if (enterprises_apart(linking_enterprises(d->k), first, second))
		return refuse(d, "此前已判定不是同一企业；请先撤销那一判定",
		    "people judged the two not to be the same: undo that "
		    "first");
	return enterprises_merge(linking_enterprises(d->k), d->enterprise,
	    d->other, d->person, d->reason, d->now, &o, &d->merge, d->e);
}

static int
decide_merge(struct decision *d, const char *what)
{
	sqlite3_stmt *st;
	int rc;

	d->merge = strtoll(what, NULL, 10);
	if (d->accept)
		return refuse(d, "合并已经生效", "it is merged already");
	rc = db_query(d->k->db, &st, d->e,
	    "SELECT into_no, from_no FROM merge_t WHERE no = ? AND undone_at IS"
	    " NULL",
	    "i", d->merge);
	if (rc == 1) {
		d->enterprise = (uint32_t)sqlite3_column_int64(st, 0);
		d->other = (uint32_t)sqlite3_column_int64(st, 1);
	}
	db_done(st);
	if (rc != 1)
		return rc == -1 ? -1 : no_item(d);
	if (enterprises_split(linking_enterprises(d->k), d->merge, d->person,
		d->reason, d->now, d->e) == -1)
		return -1;
	return keep_apart(d, d->enterprise, d->other);
}

/* Settled: it stays closed as long as both say what they say now. */
static int
decide_conflict(struct decision *d, const char *what)
{
	int64_t no = strtoll(what, NULL, 10);

	if (!d->accept)
		return refuse(d,
		    "平台不修改数据：请由报送单位更正，冲突随即自动关闭",
		    "the platform edits nothing: its provider corrects the "
		    "row, and the conflict closes by itself");
	if (db_int(d->k->db, 0,
		"SELECT count(*) FROM conflict_t WHERE no = ? AND status ="
		" 'open'",
		"i", no) == 0)
		return no_item(d);
	d->enterprise = (uint32_t)db_int(d->k->db, 0,
	    "SELECT enterprise FROM conflict_t WHERE no = ?", "i", no);
	if (db_run(d->k->db, d->e,
		"INSERT OR IGNORE INTO conflict_news_t SELECT master_provider"
		" FROM conflict_t WHERE no = ?1 UNION SELECT other_provider"
		" FROM conflict_t WHERE no = ?1",
		"i", no) == -1 ||
	    db_run(d->k->db, d->e,
		"UPDATE conflict_t SET status = 'settled', closed_at = ?,"
		" resolution = ?, resolved_by = ? WHERE no = ?",
		"ttti", d->now, d->reason, d->person, no) == -1)
		return -1;
	return enterprises_touch(linking_enterprises(d->k), d->enterprise, 0,
	    -1, 0, d->e);
}

/* Rows that wait for it, records, lists: before anybody is told. */
static int
follow_up(struct keeper *k, struct err *e)
{
	int rc;

	while ((rc = linking_slice(k, 1000, e)) == 1)
		;
	return rc == -1 ? -1 : sendback_conflicts(k->db, e);
}

static int
record(struct decision *d, const char *verdict, int64_t *ret_no)
{
	json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "item", d->item,
	    "verdict", verdict, "person", d->person, "reason", d->reason);
	char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = db_run(d->k->db, d->e,
	    "INSERT INTO review_t (at, person, verdict, item, subject,"
	    " enterprise, other, merge, reason) VALUES (?,?,?,?,?,?,?,?,?)",
	    "ttttiiiit", d->now, d->person, verdict, d->item, d->subject,
	    (int64_t)d->enterprise, (int64_t)d->other, d->merge, d->reason);

	*ret_no = sqlite3_last_insert_rowid(d->k->db->handle);
	if (rc == 0)
		rc = ledger_append(d->k->db, d->now, "review", "", "", text,
		    NULL, d->e);
	free(text);
	json_decref(detail);
	return rc;
}

static int
decide(struct decision *d)
{
	static const struct {
		const char *kind;
		int (*decide)(struct decision *d, const char *what);
	} kinds[] = { { "link:", decide_link }, { "pair:", decide_pair },
		{ "merge:", decide_merge }, { "conflict:", decide_conflict } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].kind);

		if (strncmp(d->item, kinds[i].kind, n) == 0)
			return kinds[i].decide(d, d->item + n);
	}
	return no_item(d);
}

/* A decision stands or falls as a whole. */
static int
begin(struct decision *d, struct keeper *k, const json_t *request,
    struct err *e)
{
	memset(d, 0, sizeof(*d));
	d->k = k;
	d->e = e;
	d->item = member_text(request, "item");
	d->person = member_text(request, "person");
	d->reason = member_text(request, "reason");
	d->enterprise = enterprise_id_parse(member_text(request, "enterprise"));
	d->accept = strcmp(member_text(request, "verdict"), "accept") == 0;
	clock_now(d->now, sizeof(d->now));
	if (k->linking == NULL)
		return err_set(e, ERR_HOLD, "nothing is linked by these rules");
	if (d->person[0] == '\0' || d->reason[0] == '\0')
		return refuse(d, "请写明决定人（--person）和理由（--reason）",
		    "say who decides (--person) and why (--reason)");
	return db_begin(k->db, e);
}

int
review_decide(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	struct decision d;
	int64_t no;

	if (begin(&d, k, request, e) == -1 || decide(&d) == -1 ||
	    record(&d, d.accept ? "accept" : "reject", &no) == -1 ||
	    follow_up(k, e) == -1)
		return -1;
	*ret_answer =
	    json_pack("{s:I, s:s}", "number", (json_int_t)no, "item", d.item);
	return 0;
}

/* --- undoing ------------------------------------------------------------ */

static int
undo_pair(struct decision *d)
{
	if (d->accept)
		return enterprises_split(linking_enterprises(d->k), d->merge,
		    d->person, d->reason, d->now, d->e);
	return db_run(d->k->db, d->e,
	    "DELETE FROM apart_t WHERE a = ? AND b = ?", "ii",
	    (int64_t)d->enterprise, (int64_t)d->other);
}

/* What was split is merged again, and no longer apart. */
static int
undo_merge(struct decision *d)
{
	struct origin o = { db_int(d->k->db, 0,
				"SELECT coalesce(max(no), 0) FROM bundle_t",
				""),
		0, 0 };

	if (db_run(d->k->db, d->e, "DELETE FROM apart_t WHERE a = ? AND b = ?",
		"ii", (int64_t)d->enterprise, (int64_t)d->other) == -1)
		return -1;
	return enterprises_merge(linking_enterprises(d->k), d->enterprise,
	    d->other, d->person, d->reason, d->now, &o, &d->merge, d->e);
}

static int
undo_conflict(struct decision *d)
{
	int64_t no = strtoll(d->item + strlen("conflict:"), NULL, 10);

	/* The record says again whether it is one. */
	return db_run(d->k->db, d->e,
		   "UPDATE conflict_t SET status = 'closed' WHERE no = ?", "i",
		   no) == -1
		   ? -1
		   : enterprises_touch(linking_enterprises(d->k), d->enterprise,
			 0, -1, 0, d->e);
}

/* Rows of one dataset that came to the enterprise since the decision. */
static int
reopen_since(struct decision *d, const char *dataset)
{
	sqlite3_stmt *st;
	char sql[160];
	int rc;

	snprintf(sql, sizeof(sql),
	    "SELECT _id FROM d_%s WHERE _enterprise = ? AND _from >= ?",
	    dataset);
	rc = db_query(d->k->db, &st, d->e, sql, "it", (int64_t)d->enterprise,
	    d->since);
	for (; rc == 1; rc = db_next(d->k->db, st, d->e))
		if (enterprises_reopen(linking_enterprises(d->k), dataset,
			sqlite3_column_int64(st, 0), d->e) == -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

/* What the link taught may have linked others: all since then are tried. */
static int
undo_link(struct decision *d)
{
	const struct schemas *all = d->k->standing->schemas;

	if (enterprises_unjudge(linking_enterprises(d->k), d->subject,
		d->enterprise, d->e) == -1)
		return -1;
	for (size_t i = 0; d->accept && i < schemas_count(all); i++)
		if (schemas_at(all, i)->state == SCHEMA_IN_FORCE &&
		    reopen_since(d, schemas_at(all, i)->dataset) == -1)
			return -1;
	return enterprises_retell(linking_enterprises(d->k), d->enterprise,
	    d->e);
}

static int
undo(struct decision *d)
{
	if (strncmp(d->item, "link:", 5) == 0)
		return undo_link(d);
	if (strncmp(d->item, "pair:", 5) == 0)
		return undo_pair(d);
	if (strncmp(d->item, "merge:", 6) == 0)
		return undo_merge(d);
	return undo_conflict(d);
}

int
review_undo(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	int64_t number = json_integer_value(json_object_get(request, "number"));
	char item[160] = "";
	struct decision d;
	sqlite3_stmt *st;
	int64_t no;
	int rc;

	if (begin(&d, k, request, e) == -1)
		return -1;
	rc = db_query(k->db, &st, e,
	    "SELECT item, verdict = 'accept', subject, enterprise, other,"
	    " merge, at FROM review_t WHERE no = ? AND undone_at IS NULL",
	    "i", number);
	if (rc == 1) {
		snprintf(item, sizeof(item), "%s", db_text(st, 0));
		d.item = item;
		d.accept = sqlite3_column_int(st, 1);
		d.subject = sqlite3_column_int64(st, 2);
		d.enterprise = (uint32_t)sqlite3_column_int64(st, 3);
		d.other = (uint32_t)sqlite3_column_int64(st, 4);
		d.merge = sqlite3_column_int64(st, 5);
		snprintf(d.since, sizeof(d.since), "%s", db_text(st, 6));
	}
	db_done(st);
	if (rc != 1)
		return rc == -1 ? -1
				: refuse(&d, "没有这一决定，或已经撤销",
				      "no such decision, or undone already");
	if (undo(&d) == -1 ||
	    db_run(k->db, e,
		"UPDATE review_t SET undone_at = ?, undone_by = ?, undone_why"
		" = ? WHERE no = ?",
		"ttti", d.now, d.person, d.reason, number) == -1 ||
	    record(&d, "undo", &no) == -1 || follow_up(k, e) == -1)
		return -1;
	*ret_answer =
	    json_pack("{s:I, s:s}", "number", (json_int_t)no, "item", item);
	return 0;
}
