#include <stdio.h>
#include <string.h>

#include "base/db.h"
#include "base/outbox.h"
#include "form/csv_write.h"
#include "grant/access.h"
#include "grant/grant_tell.h"
#include "keeper/standing.h"
#include "sys/buf.h"
#include "way/work.h"

enum { LIST_MAX = 16 << 20, CELLS = 20 };

static void
put_line(struct buf *b, const char *const *cell, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addch(b, ',');
		csv_put_cell(b, cell[i], strlen(cell[i]));
	}
	buf_addstr(b, "\r\n");
}

static const struct schema *
dataset_of(const struct keeper *k, const char *name)
{
	return schemas_likeliest(k->standing->schemas, name);
}

/* Whether it is the provider's; what has no standard is nobody's. */
static int
is_of(const struct keeper *k, const char *dataset, const char *provider)
{
	const struct schema *s = dataset_of(k, dataset);

	return s != NULL && strcmp(s->provider, provider) == 0;
}

/* --- grants ------------------------------------------------------------- */

static int
list_grants(struct keeper *k, const char *provider, const char *day,
    struct buf *b, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT g.dataset, g.\"grant\", g.state, g.account, a.unit,"
	    " g.fields, g.\"full\", g.subjects, g.purpose, g.form, g.\"from\","
	    " g.until, g.used, g.reference, g.at FROM data_grant g JOIN"
	    " account_t a ON a.name = g.account WHERE g.state <> 'revoked'"
	    " AND g.until >= ? ORDER BY g.\"grant\"",
	    "t", day);

	buf_addstr(b,
	    CSV_MARK "数据集 dataset,名称,授权编号 grant,状态 state,机构账户 "
		     "account,机构 institution,字段 fields,不掩码字段 in "
		     "full,对象 subjects,目的 purpose,形式 form,起日 from,止日 "
		     "until,已用次数 used,文号 reference,授权时间 granted "
		     "at,有异议 objection\r\n");
	for (; rc == 1; rc = db_next(k->db, st, e)) {
		const char *cell[CELLS];
		size_t n = 0;

		if (!is_of(k, db_text(st, 0), provider))
			continue;
		cell[n++] = db_text(st, 0);
		cell[n++] = dataset_of(k, cell[0])->title;
		for (int i = 1; i < 15; i++)
			cell[n++] = db_text(st, i);
		cell[n++] = "报送“异议申请”，类别 GRANT，填授权编号 send "
			    "enterprise_objection, kind GRANT, with the number";
		put_line(b, cell, n);
	}
	db_done(st);
	return rc;
}

static int
tell_one(struct keeper *k, const char *provider, const char *day, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, LIST_MAX);
	rc = list_grants(k, provider, day, &b, e);
	if (rc == 0)
		rc = outbox_put_all(k->db, provider, "grants.csv", b.data,
		    b.len, 1, e);
	buf_done(&b);
	return rc;
}

/* Once for each provider of data sets that a query names. */
static int
tell_those(struct keeper *k, const char *sql, const char *now, struct err *e)
{
	char told[64][16], day[16];
	size_t n = 0;
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e, sql, "t", now);

	for (; rc == 1; rc = db_next(k->db, st, e)) {
		const struct schema *s = dataset_of(k, db_text(st, 0));
		size_t i = 0;

		if (s == NULL || strlen(s->provider) >= sizeof(told[0]))
			continue;
		while (i < n && strcmp(told[i], s->provider) != 0)
			i++;
		if (i == n && n < 64)
			snprintf(told[n++], sizeof(told[0]), "%s", s->provider);
	}
	db_done(st);
	work_day(now, day);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = tell_one(k, told[i], day, e);
	return rc;
}

int
grant_tell_after(struct keeper *k, const char *now, struct err *e)
{
	return tell_those(k,
	    "SELECT DISTINCT dataset FROM grant_t WHERE at = ?1 OR"
	    " approved_at = ?1 OR changed_at = ?1",
	    now, e);
}

int
grant_tell_all(struct keeper *k, const char *now, struct err *e)
{
	return tell_those(k,
	    "SELECT DISTINCT dataset FROM grant_t WHERE ?1 <> ''", now, e);
}

/* --- use ---------------------------------------------------------------- */

static void
put_use(struct buf *b, const char *title, const json_t *v)
{
	static const char *const text[] = { "account", "unit", "purpose" };
	static const char *const number[] = { "queries", "subjects", "rows",
		"withheld" };
	char digits[4][24];
	const char *cell[CELLS];
	size_t n = 0;

	cell[n++] = json_string_value(json_object_get(v, "dataset"));
	cell[n++] = title;
	for (size_t i = 0; i < 3; i++)
		cell[n++] = json_string_value(json_object_get(v, text[i]));
	for (size_t i = 0; i < 4; i++) {
		snprintf(digits[i], sizeof(digits[i]), "%lld",
		    (long long)json_integer_value(
			json_object_get(v, number[i])));
		cell[n++] = digits[i];
	}
	put_line(b, cell, n);
}

static int
tell_use(struct keeper *k, const char *provider, const char *month,
    const json_t *list, struct err *e)
{
	char path[48];
	const json_t *v;
	struct buf b;
	size_t i;
	int rc;

	buf_init(&b, LIST_MAX);
	buf_addstr(&b,
	    CSV_MARK "数据集 dataset,名称,机构账户 account,机构 "
		     "institution,目的 purpose,查询次数 queries,企业数 "
		     "subjects,行数 rows,未提供 withheld\r\n");
	json_array_foreach(list, i, v) {
		const char *dataset =
		    json_string_value(json_object_get(v, "dataset"));

		if (is_of(k, dataset, provider))
			put_use(&b, dataset_of(k, dataset)->title, v);
	}
	snprintf(path, sizeof(path), "access-%.7s.csv", month);
	rc = outbox_put_all(k->db, provider, path, b.data, b.len, 1, e);
	buf_done(&b);
	return rc;
}

int
grant_tell_use(struct keeper *k, const char *month, struct err *e)
{
	const struct schemas *all = k->standing->schemas;
	json_t *list = NULL;
	const json_t *v;
	size_t i;
	int rc = access_use(k->db, month, &list, e);

	for (size_t n = 0; rc == 0 && n < schemas_count(all); n++) {
		const struct schema *s = schemas_at(all, n);
		size_t first = 0;
		int used = 0;

		/* Each provider once, by its first standard. */
		while (strcmp(schemas_at(all, first)->provider, s->provider))
			first++;
		json_array_foreach(list, i, v)
			used |= is_of(k,
			    json_string_value(json_object_get(v, "dataset")),
			    s->provider);
		if (first == n && used)
			rc = tell_use(k, s->provider, month, list, e);
	}
	json_decref(list);
	return rc;
}
