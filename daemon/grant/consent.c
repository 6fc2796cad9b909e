#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/account.h"
#include "base/act.h"
#include "base/rows.h"
#include "extract/query.h"
#include "extract/subscription.h"
#include "golden/enterprise.h"
#include "grant/consent.h"
#include "grant/sharing.h"
#include "keeper/standing.h"
#include "sys/member.h"
#include "way/work.h"

/* A consent before it is written. */
struct draft {
	int64_t row; /* 0 entered by hand */
	uint32_t enterprise;
	char account[ACCOUNT_TEXT];
	char dataset[SHARING_NAME]; /* "" all */
	char purpose[SHARING_NAME];
	char from[16];
	char until[16];
	char reference[128];
	struct act_paper paper;
};

/* --- words -------------------------------------------------------------- */

/* By code, or by one of the names people write. */
static int
set_purpose(const struct keeper *k, const char *said, struct draft *d,
    struct err *e)
{
	const struct sharing *h = k->standing->sharing;

	for (size_t i = 0; i < h->npurposes; i++)
		if (strcmp(h->purpose[i].code, said) == 0 ||
		    strcmp(h->purpose[i].zh, said) == 0) {
			memcpy(d->purpose, h->purpose[i].code,
			    sizeof(d->purpose));
			return 0;
		}
	return act_refuse(e, "没有这一目的（--purpose）",
	    "there is no such purpose (--purpose)", said);
}

static int
set_dataset(const struct keeper *k, const char *said, struct draft *d,
    struct err *e)
{
	const struct schema *s = schemas_called(k->standing->schemas, said);

	if (strcmp(said, "all") == 0 || strcmp(said, "全部") == 0) {
		d->dataset[0] = '\0';
		return 0;
	}
	if (s != NULL) {
		snprintf(d->dataset, sizeof(d->dataset), "%s", s->dataset);
		return 0;
	}
	return act_refuse(e, "没有这个数据集（--dataset，全部为 all）",
	    "there is no such data set (--dataset, all for every one)", said);
}

static int
set_account(struct keeper *k, const char *said, struct draft *d, struct err *e)
{
	struct account who;
	int rc = account_find(k->db, said, &who, e);

	snprintf(d->account, sizeof(d->account), "%.32s", said);
	return rc == 0    ? act_refuse(e, "没有这个账户（--account）",
				"there is no such account (--account)", said)
	       : rc == -1 ? -1
			  : 0;
}

static int
check_days(const struct draft *d, struct err *e)
{
	if (d->until[0] == '\0')
		return act_refuse(e, "授权书没有止日",
		    "the paper has no last day", d->reference);
	return strcmp(d->from, d->until) <= 0
		   ? 0
		   : act_refuse(e, "授权期限的起日晚于止日",
			 "the last day is before the first", d->until);
}

/* --- writing ------------------------------------------------------------ */

static int
insert(struct keeper *k, const struct draft *d, const struct act *a,
    json_t **ret_answer, struct err *e)
{
	char id[ENTERPRISE_ID];
	int64_t no;

	enterprise_id_format(d->enterprise, id);
	if (db_run(k->db, e,
		"INSERT INTO consent_t (row, enterprise, account, dataset,"
		" purpose, from_day, until, reference, evidence, signer,"
		" person, reason, at, state) VALUES (nullif(?, 0), ?, ?, ?, ?,"
		" ?, ?, ?, ?, ?, ?, ?, ?, 'confirmed')",
		"iittttttttttt", d->row, (int64_t)d->enterprise, d->account,
		d->dataset, d->purpose, d->from, d->until, d->reference,
		d->paper.evidence, d->paper.signer, a->person, a->reason,
		a->now) == -1)
		return -1;
	no = sqlite3_last_insert_rowid(k->db->handle);
	*ret_answer = json_pack("{s:I, s:s, s:s}", "consent", (json_int_t)no,
	    "enterprise", id, "state", "confirmed");
	if (subscription_rights(k, d->account, e) == -1)
		return -1;
	return act_note(k->db, a, "consent confirmed", d->account,
	    json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
		"consent", (json_int_t)no, "row", (json_int_t)d->row,
		"enterprise", id, "dataset", d->dataset, "purpose", d->purpose,
		"from", d->from, "until", d->until, "reference", d->reference,
		"evidence", d->paper.evidence, "signer", d->paper.signer),
	    e);
}

static int
add(struct keeper *k, const json_t *request, const struct act *a,
    json_t **ret_answer, struct err *e)
{
	struct draft d = { .row = 0 };

	snprintf(d.reference, sizeof(d.reference), "%s",
	    member_text(request, "reference"));
	if (d.reference[0] == '\0')
		return act_refuse(e, "缺少授权书编号（--reference）",
		    "the number of the paper is missing (--reference)", "");
	if (act_enterprise(k->db, member_text(request, "enterprise"),
		&d.enterprise, e) == -1 ||
	    set_account(k, member_text(request, "account"), &d, e) == -1 ||
	    set_dataset(k, member_text(request, "datasets"), &d, e) == -1 ||
	    set_purpose(k, member_text(request, "purpose"), &d, e) == -1 ||
	    act_day(request, "until", 0, d.until, e) == -1 ||
	    act_day(request, "from", 1, d.from, e) == -1 ||
	    act_paper(k->db, request, "zayton-consent", &d.paper, e) == -1)
		return -1;
	if (d.from[0] == '\0')
		work_day(a->now, d.from);
	return check_days(&d, e) == -1 ? -1 : insert(k, &d, a, ret_answer, e);
}

/* --- rows that were sent in --------------------------------------------- */

/* Rows that stand, whose they are, and that nobody decided. */
#define OPEN_ROWS                                                           \
	" FROM d_" CONSENT_DATASET " r JOIN bundle_t b ON b.no = r._bundle" \
	" JOIN enterprise_t t ON t.no = r._enterprise WHERE r._to IS NULL"  \
	" AND NOT EXISTS (SELECT 1 FROM consent_t c WHERE c.row = r._id)"

static int
has_rows(const struct keeper *k)
{
	return schemas_find(k->standing->schemas, CONSENT_DATASET) != NULL;
}

static int
read_row(struct keeper *k, int64_t row, struct draft *d, struct err *e)
{
	char dataset[256] = "", purpose[256] = "", grantee[256] = "";
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT t.root, coalesce(r.grantee, b.account),"
	    " coalesce(r.data_scope, ''), coalesce(r.purpose, ''),"
	    " coalesce(r.valid_from, r.signed_on, date(b.received_at)),"
	    " coalesce(r.valid_to, ''), coalesce(r.reference, ''),"
	    " coalesce(r.evidence_sha256, '')" OPEN_ROWS " AND r._id = ?",
	    "i", row);

	if (rc == 1) {
		d->row = row;
		d->enterprise = (uint32_t)sqlite3_column_int64(st, 0);
		snprintf(grantee, sizeof(grantee), "%s", db_text(st, 1));
		snprintf(dataset, sizeof(dataset), "%s", db_text(st, 2));
		snprintf(purpose, sizeof(purpose), "%s", db_text(st, 3));
		snprintf(d->from, sizeof(d->from), "%s", db_text(st, 4));
		snprintf(d->until, sizeof(d->until), "%s", db_text(st, 5));
		snprintf(d->reference, sizeof(d->reference), "%s",
		    db_text(st, 6));
		snprintf(d->paper.evidence, sizeof(d->paper.evidence), "%s",
		    db_text(st, 7));
	}
	db_done(st);
	if (rc != 1)
		return rc == -1
			   ? -1
			   : act_refuse(e, "没有这一待确认的授权书",
				 "there is no such consent to confirm", "");
	return set_account(k, grantee, d, e) == -1 ||
		       set_dataset(k, dataset, d, e) == -1 ||
		       set_purpose(k, purpose, d, e) == -1
		   ? -1
		   : check_days(d, e);
}

static int
confirm(struct keeper *k, const json_t *request, const struct act *a,
    json_t **ret_answer, struct err *e)
{
	const char *word = member_text(request, "number");
	struct draft d = { .row = 0 };

	if (!has_rows(k) || word[0] != 'R')
		return act_refuse(e, "请写待确认的编号，如 R12",
		    "name the one to confirm, such as R12", word);
	return read_row(k, strtoll(word + 1, NULL, 10), &d, e) == -1
		   ? -1
		   : insert(k, &d, a, ret_answer, e);
}

/* Kept as one that never was in force, so that it is not asked for again. */
static int
reject(struct keeper *k, const json_t *request, const struct act *a,
    json_t **ret_answer, struct err *e)
{
	if (confirm(k, request, a, ret_answer, e) == -1)
		return -1;
	json_object_set_new(*ret_answer, "state", json_string("rejected"));
	if (db_run(k->db, e,
		"UPDATE consent_t SET state = 'rejected' WHERE no = ?", "i",
		json_integer_value(json_object_get(*ret_answer, "consent"))) ==
	    -1)
		return -1;
	return act_note(k->db, a, "consent rejected", "",
	    json_pack("{s:O}", "consent",
		json_object_get(*ret_answer, "consent")),
	    e);
}

/* What was given by it, and what is being fetched, ends with it. */
static int
end_one(struct keeper *k, int64_t no, const char *state, const char *account,
    const struct act *a, struct err *e)
{
	char kind[32];

	snprintf(kind, sizeof(kind), "consent %s", state);
	if (db_run(k->db, e,
		"UPDATE consent_t SET state = ?, ended_by = ?, ended_at = ?,"
		" ended_why = ? WHERE no = ?",
		"ttt"
		"ti",
		state, a->person, a->now, a->reason, no) == -1 ||
	    act_note(k->db, a, kind, account,
		json_pack("{s:I}", "consent", (json_int_t)no), e) == -1 ||
	    query_end_under(k, QUERY_CONSENT, no, a->now, e) == -1)
		return -1;
	keeper_hang_up(k, account);
	return subscription_rights(k, account, e);
}

static int
revoke(struct keeper *k, const json_t *request, const struct act *a,
    json_t **ret_answer, struct err *e)
{
	const char *word = member_text(request, "number");
	int64_t no = strtoll(word, NULL, 10);
	char account[ACCOUNT_TEXT] = "";
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT account FROM consent_t WHERE no = ? AND state ="
	    " 'confirmed'",
	    "i", no);

	if (rc == 1)
		snprintf(account, sizeof(account), "%s", db_text(st, 0));
	db_done(st);
	if (rc != 1)
		return rc == -1
			   ? -1
			   : act_refuse(e, "没有这一有效的授权书",
				 "there is no such consent in force", word);
	*ret_answer = json_pack("{s:I, s:s}", "consent", (json_int_t)no,
	    "state", "revoked");
	return end_one(k, no, "revoked", account, a, e);
}

/* A row that no longer stands: 1 the first consent of one, 0 none. */
static int
next_withdrawn(struct keeper *k, int64_t *ret_no, char account[ACCOUNT_TEXT],
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT c.no, c.account FROM consent_t c JOIN d_" CONSENT_DATASET
	    " r ON r._id = c.row WHERE c.state = 'confirmed' AND r._to IS NOT"
	    " NULL ORDER BY c.no LIMIT 1",
	    "");

	if (rc == 1) {
		*ret_no = sqlite3_column_int64(st, 0);
		snprintf(account, ACCOUNT_TEXT, "%s", db_text(st, 1));
	}
	db_done(st);
	return rc;
}

int
consent_arrived(struct keeper *k, int64_t bundle, const char *now,
    struct err *e)
{
	char account[ACCOUNT_TEXT] = "";
	struct act a = { .now = now,
		.person = "",
		.reason = "由报送者变更或撤回 changed or withdrawn by its "
			  "sender" };
	int64_t no = 0;
	int rc;

	if (!has_rows(k) ||
	    db_int(k->db, 0,
		"SELECT count(*) FROM bundle_file_t WHERE bundle = ? AND"
		" dataset = ?",
		"it", bundle, CONSENT_DATASET) == 0)
		return 0;
	while ((rc = next_withdrawn(k, &no, account, e)) == 1)
		if (end_one(k, no, "withdrawn", account, &a, e) == -1)
			return -1;
	return rc;
}

/* --- the list ----------------------------------------------------------- */

static int
list_open(struct keeper *k, const json_t *request, json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	if (!has_rows(k))
		return 0;
	rc = db_query(k->db, &st, e,
	    "SELECT 'R' || r._id AS consent, printf('E%08d', t.root) AS"
	    " enterprise, coalesce(r.grantee, b.account) AS account,"
	    " r.data_scope AS dataset, r.purpose, r.valid_from AS \"from\","
	    " r.valid_to AS until, r.reference, r.evidence_sha256 AS"
	    " evidence, 'pending' AS state, b.account AS sent_by, b.id AS"
	    " bundle, r._row AS row" OPEN_ROWS
	    " AND (?1 = '' OR coalesce(r.grantee, b.account) = ?1) ORDER BY"
	    " r._id",
	    "t", member_text(request, "account"));
	return rows_take(k->db, st, rc, list, e);
}

static int
list(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	const char *word = member_text(request, "enterprise");
	uint32_t no = 0;
	sqlite3_stmt *st;
	int rc;

	*ret_answer = json_array();
	if (word[0] != '\0' && act_enterprise(k->db, word, &no, e) == -1)
		return -1;
	if (!json_is_true(json_object_get(request, "pending"))) {
		rc = db_query(k->db, &st, e,
		    "SELECT c.no AS consent, printf('E%08d', t.root) AS"
		    " enterprise, account, CASE dataset WHEN '' THEN 'all'"
		    " ELSE dataset END AS dataset, purpose, from_day AS"
		    " \"from\", until, reference, evidence, signer, state,"
		    " person, reason, at, ended_by, ended_at, ended_why FROM"
		    " consent_t c JOIN enterprise_t t ON t.no = c.enterprise"
		    " WHERE (?1 = '' OR account = ?1) AND (?2 = 0 OR t.root ="
		    " ?2) AND (?3 OR state = 'confirmed') ORDER BY c.no",
		    "tii", member_text(request, "account"), (int64_t)no,
		    (int64_t)json_is_true(json_object_get(request, "all")));
		if (rows_take(k->db, st, rc, *ret_answer, e) == -1)
			return -1;
	}
	return no != 0 ? 0 : list_open(k, request, *ret_answer, e);
}

int
consent_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	static const struct {
		const char *what;
		int (*ask)(struct keeper *k, const json_t *request,
		    const struct act *a, json_t **ret_answer, struct err *e);
	} acts[] = { { "consent add", add }, { "consent confirm", confirm },
		{ "consent reject", reject }, { "consent revoke", revoke } };
	struct act a;

	if (strcmp(what, "consent list") == 0)
		return list(k, request, ret_answer, e);
	if (act_begin(&a, request, now, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(what, acts[i].what) == 0)
			return acts[i].ask(k, request, &a, ret_answer, e);
	return err_set(e, ERR_HOLD, "unknown request '%s'", what);
}
