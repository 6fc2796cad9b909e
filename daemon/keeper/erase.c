#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/act.h"
#include "base/row_leaf.h"
#include "golden/enterprise.h"
#include "golden/linking.h"
#include "keeper/erase.h"
#include "keeper/retention.h"
#include "keeper/standing.h"
#include "sys/buf.h"
#include "sys/member.h"

enum {
	ROWS_MAX = 1000,
	SQL_MAX = 64 * 1024,
	SOURCE_NONE = -1,
	REFRESH_MS = 1000
};

/* The rows of one data set, and what is asked of them. */
struct erase {
	struct keeper *k;
	const char *now;
	const char *dataset;
	struct buf fields; /* its personal fields, each with a space behind */
	int64_t row[ROWS_MAX];
	size_t n;
	int64_t proofs; /* that cannot be made any more */
};

/* --- personal fields ------------------------------------------------------ */

static int
has_column(struct db *db, const char *dataset, const char *field)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM pragma_table_info('d_' || ?) WHERE"
		   " name = ?",
		   "tt", dataset, field) > 0;
}

/* Of all versions of its standard; none where it has no table yet. */
static void
personal_fields(struct keeper *k, const char *dataset, struct buf *b)
{
	const struct schemas *all = k->standing->schemas;

	buf_clear(b);
	for (size_t i = 0; i < schemas_count(all); i++) {
		const struct schema *s = schemas_at(all, i);

		if (strcmp(s->dataset, dataset) != 0)
			continue;
		for (size_t f = 0; f < s->nfields; f++) {
			char word[128];

			snprintf(word, sizeof(word), "%s ", s->field[f].name);
			if (s->field[f].sensitivity == 'X' &&
			    strstr(b->data != NULL ? b->data : "", word) ==
				NULL &&
			    has_column(k->db, dataset, s->field[f].name))
				buf_addstr(b, word);
		}
	}
}

/* For each field its name between two texts. */
static void
put_fields(const struct buf *fields, const char *before, const char *behind,
    struct buf *sql)
{
	const char *at = fields->data;

	while (*at != '\0') {
		size_t len = strcspn(at, " ");

		buf_addstr(sql, before);
		buf_add(sql, at, len);
		buf_addstr(sql, behind);
		at += len + 1;
	}
}

/* --- whose rows ------------------------------------------------------------ */

static int
list_dataset(struct keeper *k, const char *dataset, const struct buf *fields,
    const char *whom, uint32_t enterprise, json_t *rows, struct err *e)
{
	sqlite3_stmt *st;
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_printf(&sql,
	    "SELECT '%s:' || d._id, b.id, f.path, d._row FROM d_%s d JOIN"
	    " bundle_t b ON b.no = d._bundle JOIN bundle_file_t f ON f.bundle"
	    " = d._bundle AND f.no = d._file WHERE (0",
	    dataset, dataset);
	put_fields(fields, " OR d.", enterprise == 0 ? " = ?1" : " IS NOT NULL",
	    &sql);
	buf_addstr(&sql, enterprise == 0
			     ? ") AND ?2 = 0"
			     : ") AND ?1 <> '' AND d._enterprise IN (SELECT no"
			       " FROM enterprise_t WHERE root = ?2)");
	rc = db_query(k->db, &st, e, sql.data, "ti", whom, (int64_t)enterprise);
	for (; rc == 1; rc = db_next(k->db, st, e))
		json_array_append_new(rows,
		    json_pack("{s:s, s:s, s:s, s:I}", "item", db_text(st, 0),
			"bundle", db_text(st, 1), "file", db_text(st, 2), "row",
			(json_int_t)sqlite3_column_int64(st, 3)));
	db_done(st);
	buf_done(&sql);
	return rc;
}

/* Once for each data set that has personal fields. */
static int
list(struct keeper *k, const char *whom, json_t *rows, struct err *e)
{
	const struct schemas *all = k->standing->schemas;
	uint32_t enterprise =
	    enterprises_root(k->db, enterprise_id_parse(whom));
	struct buf fields;
	int rc = 0;

	buf_init(&fields, SQL_MAX);
	for (size_t i = 0; rc == 0 && i < schemas_count(all); i++) {
		const char *dataset = schemas_at(all, i)->dataset;

		if (schemas_find(all, dataset) != schemas_at(all, i))
			continue;
		personal_fields(k, dataset, &fields);
		if (fields.len > 0)
			rc = list_dataset(k, dataset, &fields, whom, enterprise,
			    rows, e);
	}
	buf_done(&fields);
	return rc;
}

/* --- erasing ---------------------------------------------------------------- */

static int
drop_file(void *arg, int64_t bundle, struct err *e)
{
	const struct erase *x = arg;

	return retention_drop_bundle(x->k, bundle, "erased", x->now, e);
}

/* Its record is made anew; what providers said of it before is forgotten. */
static int
touch(struct erase *x, int64_t enterprise, struct err *e)
{
	struct enterprises *all = linking_enterprises(x->k);
	struct buf sql;
	int rc;

	if (enterprise == 0 || all == NULL)
		return 0;
	buf_init(&sql, SQL_MAX);
	buf_addstr(&sql, "UPDATE conflict_t SET master_value = '', other_value"
			 " = '' WHERE enterprise = ?1 AND field IN (''");
	put_fields(&x->fields, ", '", "'", &sql);
	buf_addstr(&sql, ")");
	rc = db_run(x->k->db, e, sql.data, "i",
	    (int64_t)enterprises_root(x->k->db, (uint32_t)enterprise));
	buf_done(&sql);
	return rc == -1 ? -1
			: enterprises_touch(all, (uint32_t)enterprise, 0,
			      SOURCE_NONE, 0, e);
}

/* What was found of it, and how it was sent. */
static int
forget_findings(struct erase *x, int64_t bundle, int64_t file, int64_t line,
    struct err *e)
{
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_addstr(&sql, "UPDATE quality_issue_t SET value = '' WHERE bundle ="
			 " ?1 AND file = ?2 AND row = ?3 AND field IN (''");
	put_fields(&x->fields, ", '", "'", &sql);
	buf_addstr(&sql, ")");
	rc = db_run(x->k->db, e, sql.data, "iii", bundle, file, line);
	buf_done(&sql);
	return rc == -1 ? -1
			: db_run(x->k->db, e,
			      "DELETE FROM quality_sent_t WHERE bundle = ? AND"
			      " file = ? AND row = ?",
			      "iii", bundle, file, line);
}

/* The values; a key that has one of them in it gives way to another. */
static int
empty(struct erase *x, int64_t row, struct err *e)
{
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_printf(&sql, "UPDATE d_%s SET _hash = 0, _key = CASE WHEN 0",
	    x->dataset);
	put_fields(&x->fields, " OR instr(_key, nullif(", ", ''))", &sql);
	buf_addstr(&sql, " THEN 'erased ' || _id ELSE _key END");
	put_fields(&x->fields, ", ", " = NULL", &sql);
	buf_addstr(&sql, " WHERE _id = ?");
	rc = db_run(x->k->db, e, sql.data, "i", row);
	buf_done(&sql);
	return rc;
}

static int
erase_row(struct erase *x, int64_t row, struct err *e)
{
	int64_t at[4] = { 0 };
	char sql[256];
	sqlite3_stmt *st;
	int rc;

	snprintf(sql, sizeof(sql),
	    "SELECT _bundle, _file, _row, coalesce(_enterprise, 0) FROM d_%s"
	    " WHERE _id = ?",
	    x->dataset);
	rc = db_query(x->k->db, &st, e, sql, "i", row);
	for (int i = 0; rc == 1 && i < 4; i++)
		at[i] = sqlite3_column_int64(st, i);
	db_done(st);
	if (rc != 1)
		return rc == -1 ? -1
				: act_refuse(e, "没有这一行",
				      "there is no such row", x->dataset);
	return forget_findings(x, at[0], at[1], at[2], e) == -1 ||
		       drop_file(x, at[0], e) == -1 || empty(x, row, e) == -1
		   ? -1
		   : touch(x, at[3], e);
}

static int
upwards(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Salts first: the hashes are made of the values. */
static int
erase_dataset(struct erase *x, struct err *e)
{
	personal_fields(x->k, x->dataset, &x->fields);
	if (x->fields.len == 0)
		return act_refuse(e, "该数据集没有个人信息字段",
		    "the data set has no personal fields", x->dataset);
	qsort(x->row, x->n, sizeof(x->row[0]), upwards);
	if (row_leaf_erase_versions(x->k->db, x->dataset, x->row, x->n,
		drop_file, x, &x->proofs, e) == -1)
		return -1;
	for (size_t i = 0; i < x->n; i++)
		if (erase_row(x, x->row[i], e) == -1)
			return -1;
	return 0;
}

/* Those of the request that are of the data set of the first left. */
static int
take_dataset(struct erase *x, json_t *rows, char *dataset, size_t size)
{
	const char *first = json_string_value(json_array_get(rows, 0));
	size_t len = first != NULL ? strcspn(first, ":") : 0;

	if (len == 0 || len >= size || first[len] != ':')
		return -1;
	memcpy(dataset, first, len);
	dataset[len] = '\0';
	x->dataset = dataset;
	x->n = 0;
	for (size_t i = 0; i < json_array_size(rows);) {
		const char *s = json_string_value(json_array_get(rows, i));

		if (s == NULL || strncmp(s, dataset, len) != 0 ||
		    s[len] != ':') {
			i++;
			continue;
		}
		x->row[x->n++] = strtoll(s + len + 1, NULL, 10);
		json_array_remove(rows, i);
	}
	return 0;
}

static int
erase_all(struct erase *x, json_t *rows, json_t *counts, struct err *e)
{
	char dataset[64];

	while (json_array_size(rows) > 0) {
		if (take_dataset(x, rows, dataset, sizeof(dataset)) == -1 ||
		    schemas_find(x->k->standing->schemas, dataset) == NULL)
			return err_set(e, ERR_HOLD, "no rows of a list");
		if (erase_dataset(x, e) == -1)
			return -1;
		json_object_set_new(counts, dataset,
		    json_integer((json_int_t)x->n));
	}
	return 0;
}

static int
erase(struct keeper *k, const json_t *request, const char *now,
    json_t **ret_answer, struct err *e)
{
	static struct erase x;
	json_t *rows = json_deep_copy(json_object_get(request, "rows"));
	const char *basis = member_text(request, "basis");
	json_t *counts = json_object();
	struct act a;
	int rc = -1;

	x = (struct erase){ .k = k, .now = now };
	buf_init(&x.fields, SQL_MAX);
	if (act_begin(&a, request, now, e) == -1)
		goto out;
	if (basis[strspn(basis, " ")] == '\0') {
		act_refuse(e, "请写明法律依据（--basis）",
		    "say on which legal basis (--basis)", "");
		goto out;
	}
	if (json_array_size(rows) == 0 || json_array_size(rows) > ROWS_MAX) {
		act_refuse(e, "一次可删除 1 至 1000 行",
		    "1 to 1,000 rows can be erased at once", "");
		goto out;
	}
	if (db_forget(k->db, e) == -1 || erase_all(&x, rows, counts, e) == -1 ||
	    act_note(k->db, &a, "erased", "",
		json_pack("{s:s, s:O, s:I}", "basis", basis, "rows", counts,
		    "proofs", (json_int_t)x.proofs),
		e) == -1)
		goto out;
	*ret_answer = json_pack("{s:O, s:I}", "rows", counts, "proofs",
	    (json_int_t)x.proofs);
	/* Their records are made anew before anybody can read them. */
	while ((rc = linking_slice(k, REFRESH_MS, e)) == 1)
		;
out:
	buf_done(&x.fields);
	json_decref(rows);
	json_decref(counts);
	return rc;
}

int
erase_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	if (strcmp(what, "erase") == 0)
		return erase(k, request, now, ret_answer, e);
	*ret_answer = json_array();
	return list(k, member_text(request, "whom"), *ret_answer, e);
}
