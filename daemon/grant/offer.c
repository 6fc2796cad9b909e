#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/account.h"
#include "base/rows.h"
#include "form/html_offer.h"
#include "form/xlsx_book.h"
#include "grant/grant_store.h"
#include "grant/offer.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/member.h"
#include "way/work.h"

enum { PAGE_MAX = 64 << 20 };

/* --- what it holds ------------------------------------------------------ */

/* How a field of this sensitivity comes under the grant. */
static const char *
given(const struct field *f, int full, const char *purpose)
{
	int any = strcmp(purpose, GRANT_ANY_PURPOSE) == 0;

	if (f->sensitivity == 'P')
		return "完整 as it is";
	if (any)
		return "不提供 not given";
	if (f->sensitivity == 'R')
		return "完整 as it is";
	return full ? "凭本人授权书完整，否则掩码 with the subject's consent, "
		      "else masked"
		    : "掩码 masked";
}

/* Whether a word is among those of a list with blanks between them. */
static int
is_among(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += len)
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\0'))
			return 1;
	return 0;
}

static json_t *
fields_json(const struct schema *s, const json_t *grant)
{
	const char *names = member_text(grant, "fields");
	const char *whole = member_text(grant, "full");
	json_t *list = json_array();

	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->field[i];
		char sensitivity[2] = { f->sensitivity, '\0' };

		if (is_among(names, f->name))
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name",
				f->name, "title", f->title, "type",
				field_type_name(f->type), "sensitivity",
				sensitivity, "given",
				given(f, is_among(whole, f->name),
				    member_text(grant, "purpose")),
				"description",
				f->description != NULL ? f->description : ""));
	}
	return list;
}

static int
put_freshness(struct db *db, json_t *grant, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT coalesce(max(b.received_at), ''), coalesce(max(f.period),"
	    " '') FROM bundle_file_t f JOIN bundle_t b ON b.no = f.bundle"
	    " WHERE f.dataset = ? AND b.state = 'applied' AND b.kind = 'u'"
	    " AND f.accepted > 0",
	    "t", member_text(grant, "dataset"));

	if (rc == 1) {
		json_object_set_new(grant, "received",
		    json_string(db_text(st, 0)));
		json_object_set_new(grant, "period",
		    json_string(db_text(st, 1)));
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* What the standard and the sharing rules say of the grant's data set. */
static int
complete(struct keeper *k, json_t *grant, struct err *e)
{
	const char *dataset = member_text(grant, "dataset");
	const struct schema *s = schemas_find(k->standing->schemas, dataset);
	const struct sharing_dataset *h =
	    sharing_find(k->standing->sharing, dataset);

	if (s == NULL || h == NULL || h->class == SHARING_NEVER)
		return 0;
	json_object_set_new(grant, "fields", fields_json(s, grant));
	json_object_del(grant, "full");
	json_object_set_new(grant, "title", json_string(s->title));
	json_object_set_new(grant, "provider", json_string(s->provider));
	json_object_set_new(grant, "frequency",
	    json_string(s->frequency != NULL ? s->frequency : ""));
	json_object_set_new(grant, "class",
	    json_string(sharing_class_name(h->class)));
	json_object_set_new(grant, "basis", json_string(h->basis));
	json_object_set_new(grant, "consent",
	    json_string(h->consent ? "是 yes" : ""));
	return put_freshness(k->db, grant, e) == -1 ? -1 : 1;
}

static int
grants_json(struct keeper *k, const char *account, const char *day,
    json_t *list, struct err *e)
{
	json_t *all = json_array();
	sqlite3_stmt *st;
	json_t *v;
	size_t i;
	int rc = db_query(k->db, &st, e,
	    "SELECT \"grant\", state, dataset, fields, \"full\", subjects,"
	    " purpose, form, \"from\", until, data_from, data_until, life,"
	    " times, every, used, reference FROM data_grant WHERE account = ?"
	    " AND state <> 'revoked' AND until >= ? ORDER BY dataset,"
	    " \"grant\"",
	    "tt", account, day);

	rc = rows_take(k->db, st, rc, all, e);
	json_array_foreach(all, i, v) {
		if (rc != -1 && (rc = complete(k, v, e)) == 1)
			json_array_append(list, v);
	}
	json_decref(all);
	return rc == -1 ? -1 : 0;
}

static int
offer_json(struct keeper *k, const char *account, json_t **ret_o, struct err *e)
{
	const struct sharing *h = k->standing->sharing;
	json_t *purposes = json_array();
	json_t *grants = json_array();
	char now[40], day[16];
	struct account a;
	int rc = account_find(k->db, account, &a, e);

	clock_now(now, sizeof(now));
	work_day(now, day);
	for (size_t i = 0; i < h->npurposes; i++)
		json_array_append_new(purposes,
		    json_pack("{s:s, s:s, s:s}", "code", h->purpose[i].code,
			"zh", h->purpose[i].zh, "en", h->purpose[i].en));
	if (rc == 1)
		rc = grants_json(k, account, day, grants, e);
	*ret_o = json_pack("{s:s, s:s, s:s, s:o, s:o}", "account", account,
	    "unit", rc == 0 ? a.unit : "", "day", day, "purposes", purposes,
	    "grants", grants);
	return rc == -1 ? -1 : 0;
}

/* --- its files ---------------------------------------------------------- */

static json_t *
row_of(const json_t *o, const char *const *names, json_t *row)
{
	for (; *names != NULL; names++) {
		json_t *v = json_object_get(o, *names);

		json_array_append(row, v);
	}
	return row;
}

static json_t *
tables_of(const json_t *offer)
{
	static const char *const grant[] = { "grant", "dataset", "title",
		"state", "purpose", "form", "subjects", "from", "until",
		"data_from", "data_until", "life", "times", "used", "consent",
		"class", "basis", "provider", "frequency", "received", "period",
		NULL };
	static const char *const field[] = { "name", "title", "type",
		"sensitivity", "given", "description", NULL };
	json_t *grants = json_array();
	json_t *fields = json_array();
	const json_t *g, *f;
	size_t i, n;

	json_array_foreach(json_object_get(offer, "grants"), i, g) {
		json_array_append_new(grants, row_of(g, grant, json_array()));
		json_array_foreach(json_object_get(g, "fields"), n, f) {
			json_array_append_new(fields,
			    row_of(f, field,
				json_pack("[O, O]", json_object_get(g, "grant"),
				    json_object_get(g, "title"))));
		}
	}
	return json_pack("[{s:s, s:[s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s],"
			 " s:[i,i,i,i,i,i,i,i,i], s:o},"
			 " {s:s, s:[s,s,s,s,s,s,s,s], s:[i,i,i,i,i,i,i,i], "
			 "s:o}]",
	    "name", "授权 grants", "head", "授权编号", "数据集", "名称", "状态",
	    "目的", "形式", "对象", "自", "至", "业务日期自", "业务日期至",
	    "保存天数", "可用次数", "已用次数", "须本人同意", "共享类别",
	    "依据", "提供单位", "更新频率", "最近收到", "最近一期", "width", 10,
	    28, 24, 10, 18, 8, 18, 12, 12, "rows", grants, "name",
	    "字段 fields", "head", "授权编号", "数据集", "字段", "名称", "类型",
	    "敏感级别", "给出", "说明", "width", 10, 24, 24, 20, 10, 10, 30, 50,
	    "rows", fields);
}

static int
place(const char *account, const char *name, const void *data, size_t len,
    struct err *e)
{
	char path[160];

	snprintf(path, sizeof(path), HOME_ACCOUNTS "/%s/catalog", account);
	if (file_mkdir(AT_FDCWD, path, 0750, e) == -1)
		return -1;
	snprintf(path, sizeof(path), HOME_ACCOUNTS "/%s/catalog/%s", account,
	    name);
	return file_publish(AT_FDCWD, path, data, len, 0644, e);
}

static int
place_book(const char *account, const json_t *offer, struct err *e)
{
	json_t *tables = tables_of(offer);
	struct buf b;
	int rc;

	buf_init(&b, PAGE_MAX);
	rc = xlsx_book_tables(tables, HOME_RUN, &b, e);
	if (rc == 0)
		rc = place(account, "catalog.xlsx", b.data, b.len, e);
	buf_done(&b);
	json_decref(tables);
	return rc;
}

int
offer_make(struct keeper *k, const char *account, struct err *e)
{
	json_t *offer = NULL;
	char *text = NULL;
	struct buf b;
	int rc;

	buf_init(&b, PAGE_MAX);
	rc = offer_json(k, account, &offer, e);
	if (rc == 0) {
		text = json_dumps(offer, JSON_INDENT(2) | JSON_SORT_KEYS);
		html_offer(offer, &b);
		rc = place(account, "catalog.json", text, strlen(text), e);
	}
	if (rc == 0)
		rc = place(account, "catalog.html", b.data, b.len, e);
	if (rc == 0)
		rc = place_book(account, offer, e);
	free(text);
	buf_done(&b);
	json_decref(offer);
	return rc;
}
