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
#include "grant/grant_ask.h"
#include "grant/grant_store.h"
#include "grant/grant_tell.h"
#include "grant/objection.h"
#include "sys/buf.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/member.h"
#include "way/work.h"

enum { NAMES_MAX = 8192, LIST_MAX = 100000, WAITS_DAYS = 14 };

/* --- adding ------------------------------------------------------------- */

/* A grant being made; the same for each of its data sets. */
struct draft {
	struct keeper *k;
	struct act act;
	const json_t *request;
	const char *account;
	const char *purpose;
	enum grant_whom whom;
	char division[GRANT_DIVISION];
	int form; /* -1: that of the data set */
	char from[16];
	char until[16];
	char data_from[16];
	char data_until[16];
	struct act_paper paper;
	uint32_t *list; /* owned */
	size_t nlist;
	char list_sha256[DIGEST_TEXT];
	struct err *e;
};

static int64_t
number_of(const json_t *request, const char *name)
{
	return json_integer_value(json_object_get(request, name));
}

/* The list, as a word of the request or beside it; NULL and refused. */
static const char *
list_text(struct draft *d, const char *s)
{
	const struct buf *beside = d->k->beside;

	if (strcmp(s, "list") != 0) {
		hash_sha256_hex(s, strlen(s), d->list_sha256);
		return s;
	}
	if (beside != NULL && memchr(beside->data, '\0', beside->len) == NULL)
		hash_sha256_hex(beside->data, beside->len, d->list_sha256);
	/* What was signed names it by its hash. */
	if (strcmp(member_text(d->request, "subjects_sha256"),
		d->list_sha256) == 0)
		return beside->data;
	(void)act_refuse(d->e, "企业名单与其摘要不符，或不是文本",
	    "the list of enterprises is not the one of its hash, or no text",
	    "");
	return NULL;
}

/* Enterprises, one a word. */
static int
read_list(struct draft *d, const char *s)
{
	static const char blank[] = " ,;\t\r\n";
	char word[64];

	if (strncmp(s, "\357\273\277", 3) == 0)
		s += 3;
	d->list = xcalloc(GRANT_LIST_MAX, sizeof(*d->list));
	for (s += strspn(s, blank); *s != '\0'; s += strspn(s, blank)) {
		size_t len = strcspn(s, blank);

		snprintf(word, sizeof(word), "%.*s",
		    (int)(len < sizeof(word) ? len : sizeof(word) - 1), s);
		if (d->nlist == GRANT_LIST_MAX)
			return act_refuse(d->e, "企业名单超过 100000 家",
			    "the list has more than 100000 enterprises", word);
		if (act_enterprise(d->k->db, word, &d->list[d->nlist++],
			d->e) == -1)
			return -1;
		s += len;
	}
	return d->nlist > 0 ? 0
			    : act_refuse(d->e, "缺少授权对象（--subjects）",
				  "say of whom (--subjects)", "");
}

/* "all", "consented", "division:350581", or a list. */
static int
read_subjects(struct draft *d)
{
	const char *s = member_text(d->request, "subjects");

	if (strcmp(s, "all") == 0 || strcmp(s, "consented") == 0) {
		d->whom = s[0] == 'a' ? GRANT_OF_ALL : GRANT_OF_CONSENTED;
		return 0;
	}
	if (strncmp(s, "division:", 9) == 0) {
		size_t len = strlen(s + 9);

		d->whom = GRANT_OF_DIVISION;
		if ((len != 2 && len != 4 && len != 6) ||
		    strspn(s + 9, "0123456789") != len)
			return act_refuse(d->e, "行政区划代码应为 2、4 或 6 位",
			    "a division has 2, 4 or 6 digits", s + 9);
		snprintf(d->division, sizeof(d->division), "%s", s + 9);
		return 0;
	}
	d->whom = GRANT_OF_LIST;
	s = list_text(d, s);
	return s != NULL ? read_list(d, s) : -1;
}

/* What each grant has to say: named where it is missing. */
static int
read_draft(struct draft *d)
{
	struct account who;
	int rc;

	d->account = member_text(d->request, "account");
	d->purpose = member_text(d->request, "purpose");
	rc = account_find(d->k->db, d->account, &who, d->e);
	if (rc != 1)
		return rc == -1 ? -1
				: act_refuse(d->e, "没有这个账户（--account）",
				      "there is no such account (--account)",
				      d->account);
	if (who.role != ACCOUNT_INSTITUTION && who.role != ACCOUNT_UPSTREAM)
		return act_refuse(d->e, "只能授权给机构账户",
		    "grants are for institutions", d->account);
	if (strcmp(d->purpose, GRANT_ANY_PURPOSE) != 0 &&
	    sharing_purpose(d->k->standing->sharing, d->purpose) == NULL)
		return act_refuse(d->e, "没有这一目的代码（--purpose）",
		    "there is no such purpose (--purpose)", d->purpose);
	d->form = -1;
	if (member_text(d->request, "form")[0] != '\0' &&
	    (d->form = grant_form_find(member_text(d->request, "form"))) == -1)
		return act_refuse(d->e,
		    "形式应为 rows、latest、yes-no 或 count（--form）",
		    "the form is rows, latest, yes-no or count (--form)",
		    member_text(d->request, "form"));
	if (act_day(d->request, "until", 0, d->until, d->e) == -1 ||
	    act_day(d->request, "from", 1, d->from, d->e) == -1 ||
	    act_day(d->request, "data_from", 1, d->data_from, d->e) == -1 ||
	    act_day(d->request, "data_until", 1, d->data_until, d->e) == -1)
		return -1;
	if (d->from[0] == '\0')
		work_day(d->act.now, d->from);
	if (strcmp(d->from, d->until) > 0)
		return act_refuse(d->e, "授权期限的起日晚于止日",
		    "the last day is before the first", d->until);
	return read_subjects(d) == -1 ? -1
				      : act_paper(d->k->db, d->request,
					    "zayton-grant", &d->paper, d->e);
}

static void
field_list(const struct schema *s, uint64_t bits, struct buf *b)
{
	buf_clear(b);
	for (size_t i = 0; i < s->nfields; i++)
		if ((bits >> i & 1) != 0)
			buf_printf(b, "%s%s", b->len > 0 ? " " : "",
			    s->field[i].name);
	buf_add(b, "", 0);
}

/* The fields of the request, written out: a later standard adds none. */
static int
read_fields(struct draft *d, const struct schema *s, uint64_t *ret_fields,
    uint64_t *ret_full)
{
	const char *names = member_text(d->request, "fields");
	const char *bad = "";

	if (grant_fields(s, names, ret_fields, &bad) == -1 ||
	    grant_fields(s, member_text(d->request, "full"), ret_full, &bad) ==
		-1)
		return act_refuse(d->e, "数据标准没有此字段",
		    "the standard has no such field", bad);
	if (*ret_fields == 0)
		return act_refuse(d->e, "缺少授权字段（--fields，全部为 '*'）",
		    "say which fields (--fields, '*' for all)", "");
	*ret_full &= grant_sensitive(s, 'X');
	*ret_fields |= *ret_full;
	return 0;
}

static int
keep_list(struct draft *d, int64_t no)
{
	for (size_t i = 0; i < d->nlist; i++)
		if (db_run(d->k->db, d->e,
			"INSERT OR IGNORE INTO grant_list_t VALUES (?,?)", "ii",
			no, (int64_t)d->list[i]) == -1)
			return -1;
	return 0;
}

/* Its line of the ledger: the whole grant, so that it can be proved. */
static int
note_added(struct draft *d, int64_t no, const char *dataset, const char *fields,
    const char *full, int form, int pending)
{
	json_t *o = json_copy((json_t *)(uintptr_t)d->request);

	json_object_del(o, "do");
	json_object_del(o, "signature");
	json_object_del(o, "sha512");
	json_object_set_new(o, "grant", json_integer(no));
	json_object_set_new(o, "dataset", json_string(dataset));
	json_object_set_new(o, "fields", json_string(fields));
	json_object_set_new(o, "full", json_string(full));
	json_object_set_new(o, "form",
	    json_string(grant_form_name((enum grant_form)form)));
	json_object_set_new(o, "from", json_string(d->from));
	json_object_set_new(o, "signer", json_string(d->paper.signer));
	json_object_set_new(o, "pending", json_boolean(pending));
	if (d->whom == GRANT_OF_LIST) {
		json_object_set_new(o, "subjects", json_string("list"));
		json_object_set_new(o, "subjects_sha256",
		    json_string(d->list_sha256));
	}
	return act_note(d->k->db, &d->act, "grant added", d->account, o, d->e);
}

static int
insert(struct draft *d, const struct schema *s, int named, int form,
    uint64_t fields, uint64_t full, int pending, int64_t *ret_no)
{
	struct buf names, whole;
	int rc;

	buf_init(&names, NAMES_MAX);
	buf_init(&whole, NAMES_MAX);
	field_list(s, fields, &names);
	field_list(s, full, &whole);
	rc = db_run(d->k->db, d->e,
	    "INSERT INTO grant_t (account, dataset, named, fields, \"full\","
	    " whom, division, purpose, form, from_day, until, data_from,"
	    " data_until, life, times, every, reference, evidence, signer,"
	    " person, reason, at, state) VALUES"
	    " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	    "ttittittittttiiitttttti", d->account, s->dataset, (int64_t)named,
	    names.data, whole.data, (int64_t)d->whom, d->division, d->purpose,
	    (int64_t)form, d->from, d->until, d->data_from, d->data_until,
	    number_of(d->request, "life"), number_of(d->request, "times"),
	    number_of(d->request, "every"),
	    member_text(d->request, "reference"), d->paper.evidence,
	    d->paper.signer, d->act.person, d->act.reason, d->act.now,
	    (int64_t)(pending ? GRANT_PENDING : GRANT_IN_FORCE));
	*ret_no = sqlite3_last_insert_rowid(d->k->db->handle);
	if (rc == 0)
		rc = keep_list(d, *ret_no);
	if (rc == 0)
		rc = note_added(d, *ret_no, s->dataset, names.data, whole.data,
		    form, pending);
	buf_done(&names);
	buf_done(&whole);
	return rc;
}

/* Others of the same account, data set and purpose: they count together. */
static int
others_of(struct draft *d, const char *dataset, int64_t no, json_t *others)
{
	sqlite3_stmt *st;
	int rc = db_query(d->k->db, &st, d->e,
	    "SELECT no FROM grant_t WHERE account = ? AND dataset = ? AND"
	    " (purpose = ?3 OR purpose = '*' OR ?3 = '*') AND no <> ? AND"
	    " state <> 3 AND until >= ? ORDER BY no",
	    "tttit", d->account, dataset, d->purpose, no, d->from);

	for (; rc == 1; rc = db_next(d->k->db, st, d->e))
		json_array_append_new(others,
		    json_integer(sqlite3_column_int64(st, 0)));
	db_done(st);
	if (rc != -1 && json_array_size(others) >= GRANT_MANY)
		return act_refuse(d->e,
		    "同一数据集和目的的授权过多，请先撤销旧的",
		    "there are too many grants of this data set and purpose: "
		    "revoke old ones first",
		    dataset);
	return rc;
}

static int
add_one(struct draft *d, const struct schema *s, int named, json_t *list)
{
	const struct sharing_dataset *h =
	    sharing_find(d->k->standing->sharing, s->dataset);
	json_t *others = json_array();
	uint64_t fields, full;
	int pending, form;
	int64_t no;

	if (read_fields(d, s, &fields, &full) == -1)
		goto fail;
	form = d->form != -1 ? d->form : (int)h->form;
	pending = full != 0 || h->by_name;
	if (insert(d, s, named, form, fields, full, pending, &no) == -1 ||
	    others_of(d, s->dataset, no, others) == -1)
		goto fail;
	json_array_append_new(list,
	    json_pack("{s:I, s:s, s:s, s:o}", "grant", (json_int_t)no,
		"dataset", s->dataset, "state",
		pending ? "pending" : "in force", "together with", others));
	return 0;
fail:
	json_decref(others);
	return -1;
}

/* In force and shared; NULL and refused. */
static const struct schema *
find_dataset(struct draft *d, const char *name)
{
	const struct schema *s = schemas_called(d->k->standing->schemas, name);
	const struct sharing_dataset *h;

	if (s == NULL) {
		act_refuse(d->e, "没有这个数据集（--dataset）",
		    "there is no such data set (--dataset)", name);
		return NULL;
	}
	h = sharing_find(d->k->standing->sharing, s->dataset);
	if (h == NULL || h->class == SHARING_NEVER) {
		act_refuse(d->e, "该数据集不予共享（rules/sharing.lua）",
		    "this data set is not shared (rules/sharing.lua)", name);
		return NULL;
	}
	return s;
}

/* All that may be shared without being named. */
static int
add_all(struct draft *d, json_t *list)
{
	const struct schemas *all = d->k->standing->schemas;

	for (size_t i = 0; i < schemas_count(all); i++) {
		const struct schema *s = schemas_at(all, i);
		const struct sharing_dataset *h =
		    sharing_find(d->k->standing->sharing, s->dataset);

		if (s->state == SCHEMA_IN_FORCE && h != NULL &&
		    h->class != SHARING_NEVER && !h->by_name &&
		    add_one(d, s, 0, list) == -1)
			return -1;
	}
	return 0;
}

static int
add_named(struct draft *d, const char *names, json_t *list)
{
	char name[128];

	for (const char *p = names; *(p += strspn(p, ", ")) != '\0';) {
		size_t len = strcspn(p, ", ");
		const struct schema *s;

		snprintf(name, sizeof(name), "%.*s",
		    (int)(len < sizeof(name) ? len : sizeof(name) - 1), p);
		s = find_dataset(d, name);
		if (s == NULL || add_one(d, s, 1, list) == -1)
			return -1;
		p += len;
	}
	return json_array_size(list) > 0
		   ? 0
		   : act_refuse(d->e, "缺少数据集（--dataset）",
			 "say which data sets (--dataset)", "");
}

static int
add(struct keeper *k, const json_t *request, const struct act *a,
    json_t **ret_answer, struct err *e)
{
	struct draft d = { .k = k, .act = *a, .request = request, .e = e };
	const char *names = member_text(request, "datasets");
	json_t *list = json_array();
	int rc = read_draft(&d);

	if (rc == 0)
		rc = strcmp(names, "all") == 0 ? add_all(&d, list)
					       : add_named(&d, names, list);
	free(d.list);
	*ret_answer = json_pack("{s:o}", "grants", list);
	return rc;
}

/* --- what becomes of it ------------------------------------------------- */

/* Moves along a grant's life: from these states to that. */
static const struct step {
	const char *what;
	const char *kind; /* of the ledger's line */
	unsigned from;    /* bits of states */
	enum grant_state to;
} steps[] = {
	{ "grant approve", "grant approved", 1 << GRANT_PENDING,
	    GRANT_IN_FORCE },
	{ "grant revoke", "grant revoked",
	    1 << GRANT_PENDING | 1 << GRANT_IN_FORCE | 1 << GRANT_SUSPENDED,
	    GRANT_REVOKED },
	{ "grant suspend", "grant suspended", 1 << GRANT_IN_FORCE,
	    GRANT_SUSPENDED },
	{ "grant resume", "grant resumed", 1 << GRANT_SUSPENDED,
	    GRANT_IN_FORCE },
};

/* Its state, account and who added it; refused where it cannot be moved. */
static int
check_step(struct keeper *k, const struct step *s, int64_t no,
    const struct act *a, char account[ACCOUNT_TEXT], struct err *e)
{
	char by[512] = "", text[24];
	int state = -1, fresh = 0;
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT state, account, person, julianday(?) - julianday(at) < ?"
	    " FROM grant_t WHERE no = ?",
	    "tii", a->now, (int64_t)WAITS_DAYS, no);

	if (rc == 1) {
		state = sqlite3_column_int(st, 0);
		snprintf(account, ACCOUNT_TEXT, "%s", db_text(st, 1));
		snprintf(by, sizeof(by), "%s", db_text(st, 2));
		fresh = sqlite3_column_int(st, 3);
	}
	db_done(st);
	if (rc == -1)
		return -1;
	snprintf(text, sizeof(text), "%" PRId64, no);
	if (state == -1 || (s->from & 1U << state) == 0)
		return act_refuse(e,
		    "没有这一授权，或其状态不允许（见 zayton grant list）",
		    "there is no such grant, or its state does not allow it "
		    "(see 'zayton grant list')",
		    text);
	if (s->from == 1 << GRANT_PENDING && strcmp(by, a->person) == 0)
		return act_refuse(e, "须由另一人批准",
		    "another person has to approve it", by);
	if (s->from == 1 << GRANT_PENDING && !fresh)
		return act_refuse(e, "等待批准已超过 14 天，请重新授权",
		    "it waited for more than 14 days: add the grant again",
		    text);
	return 0;
}

static int
move_on(struct keeper *k, const struct step *s, const json_t *request,
    const struct act *a, json_t **ret_answer, struct err *e)
{
	int64_t no = strtoll(member_text(request, "number"), NULL, 10);
	char account[ACCOUNT_TEXT];
	int rc;

	if (check_step(k, s, no, a, account, e) == -1)
		return -1;
	rc = db_run(k->db, e, "UPDATE grant_t SET state = ? WHERE no = ?", "ii",
	    (int64_t)s->to, no);
	if (rc == 0 && s->from == 1 << GRANT_PENDING)
		rc = db_run(k->db, e,
		    "UPDATE grant_t SET approved_by = ?, approved_at = ?"
		    " WHERE no = ?",
		    "tti", a->person, a->now, no);
	else if (rc == 0)
		rc = db_run(k->db, e,
		    "UPDATE grant_t SET changed_by = ?, changed_at = ?,"
		    " changed_why = ? WHERE no = ?",
		    "ttti", a->person, a->now, a->reason, no);
	if (rc == 0)
		rc = act_note(k->db, a, s->kind, account,
		    json_pack("{s:I}", "grant", (json_int_t)no), e);
	if (rc == 0 && s->to != GRANT_SUSPENDED)
		rc = objection_grant(k, no,
		    s->to == GRANT_REVOKED ? "CORRECTED" : "CONFIRMED", a, e);
	if (rc == 0 && s->to == GRANT_REVOKED)
		rc = query_end_under(k, QUERY_GRANT, no, a->now, e);
	if (rc == 0)
		rc = subscription_rights(k, account, e);
	/* What is being fetched under it ends with it. */
	if (rc == 0 && s->to != GRANT_IN_FORCE)
		keeper_hang_up(k, account);
	*ret_answer = json_pack("{s:I, s:s}", "grant", (json_int_t)no, "state",
	    s->kind + strlen("grant "));
	return rc;
}

static int
list(struct keeper *k, const json_t *request, const char *now,
    json_t **ret_answer, struct err *e)
{
	sqlite3_stmt *st;
	char today[16];
	int rc;

	work_day(now, today);

	*ret_answer = json_array();
	rc = db_query(k->db, &st, e,
	    "SELECT * FROM data_grant WHERE (?1 = '' OR account = ?1) AND"
	    " (?2 = '' OR dataset = ?2) AND (?3 OR (state <> 'revoked' AND"
	    " until >= ?4)) ORDER BY \"grant\"",
	    "ttit", member_text(request, "account"),
	    member_text(request, "datasets"),
	    (int64_t)json_is_true(json_object_get(request, "all")), today);
	return rows_take(k->db, st, rc, *ret_answer, e);
}

/* The catalogues of those that this act was about. */
static int
tell_grantees(struct keeper *k, const char *now, struct err *e)
{
	return db_run(k->db, e,
	    "INSERT OR IGNORE INTO offer_news_t SELECT account FROM grant_t"
	    " WHERE at = ?1 OR approved_at = ?1 OR changed_at = ?1",
	    "t", now);
}

static int
act(struct keeper *k, const char *what, const json_t *request,
    const struct act *a, json_t **ret_answer, struct err *e)
{
	if (strcmp(what, "grant add") == 0)
		return add(k, request, a, ret_answer, e);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(what, steps[i].what) == 0)
			return move_on(k, &steps[i], request, a, ret_answer, e);
	return err_set(e, ERR_HOLD, "unknown request '%s'", what);
}

int
grant_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	struct act a;

	if (strcmp(what, "grant list") == 0)
		return list(k, request, now, ret_answer, e);
	/* Who is granted it and whose it is are told in the same act. */
	return act_begin(&a, request, now, e) == -1 ||
		       act(k, what, request, &a, ret_answer, e) == -1 ||
		       grant_tell_after(k, now, e) == -1 ||
		       tell_grantees(k, now, e) == -1
		   ? -1
		   : 0;
}
