#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/extract_part.h"
#include "form/html_credit.h"
#include "sys/catalog.h"
#include "sys/mem.h"

/* The credit report of each enterprise, of the rows its tables have. */

enum { REPORTS_MAX = 1000, PAGE_BYTES = 16 << 20 };

/* ---- one data set ---- */

static json_t *
fields_json(const struct extract_give *g)
{
	uint64_t any = g->answer.full | g->answer.masked;
	json_t *list = json_array();

	for (size_t i = 0; i < g->schema->nfields; i++) {
		const struct field *f = &g->schema->field[i];

		if ((any >> i & 1) != 0)
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:b}", "name", f->name,
				"title", f->title, "number",
				f->type == FIELD_MONEY ||
				    f->type == FIELD_INT ||
				    f->type == FIELD_DECIMAL));
	}
	json_array_append_new(list,
	    json_pack("{s:s, s:s, s:b}", "name", "_as_of", "title", "数据日期",
		"number", 0));
	return list;
}

/* Numbers of objections to a field, or to the row (-1); NULL none. */
static json_t *
objections(const struct extract_row *row, int field)
{
	json_t *list = NULL;

	for (size_t i = 0; i < row->nmarks; i++) {
		if (row->mark[i].field != field)
			continue;
		if (list == NULL)
			list = json_array();
		json_array_append_new(list, json_integer(row->mark[i].number));
	}
	return list;
}

/* A code is read by its label. */
static json_t *
cell_json(const struct extract_row *row, size_t i)
{
	const struct mark_cell *c = &row->cell[i];

	if (row->label[i] != NULL)
		return json_string(row->label[i]);
	return c->text != NULL ? json_stringn(c->text, c->len) : json_null();
}

/* By the place in a row; NULL where nothing of the row is objected to. */
static json_t *
marks_json(const struct extract_give *g, const struct extract_row *row)
{
	uint64_t any = g->answer.full | g->answer.masked;
	json_t *list, *one;

	if (row->nmarks == 0)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < g->schema->nfields; i++) {
		if ((any >> i & 1) == 0)
			continue;
		one = objections(row, (int)i);
		json_array_append_new(list, one != NULL ? one : json_null());
	}
	/* The whole row's stand beside its date. */
	one = objections(row, -1);
	json_array_append_new(list, one != NULL ? one : json_null());
	return list;
}

static json_t *
row_json(const struct extract_give *g, const struct extract_row *row)
{
	uint64_t any = g->answer.full | g->answer.masked;
	json_t *list = json_array();

	for (size_t i = 0; i < g->schema->nfields; i++)
		if ((any >> i & 1) != 0)
			json_array_append_new(list, cell_json(row, i));
	json_array_append_new(list, json_string(row->as_of));
	return list;
}

/* Amounts by period are drawn: the first that the standard has. */
static void
add_chart(const struct extract_give *g, json_t *table)
{
	const struct schema *s = g->schema;

	for (size_t i = 0; s->period != -1 && i < s->nfields; i++)
		if (s->field[i].type == FIELD_MONEY &&
		    (g->answer.full >> i & 1) != 0) {
			json_object_set_new(table, "chart",
			    json_pack("{s:s, s:s}", "period",
				s->field[s->period].name, "value",
				s->field[i].name));
			return;
		}
}

static int
add_table(struct extract *x, const struct extract_give *g,
    const struct extract_who *who, json_t *tables, struct err *e)
{
	struct extract_row *const *row;
	json_t *rows = json_array(), *marks = json_array();
	json_t *table;
	int64_t n = extract_rows_of(x->rows, g, who, &row, e);

	for (int64_t i = 0; i < n; i++) {
		json_array_append_new(rows, row_json(g, row[i]));
		json_array_append_new(marks, marks_json(g, row[i]));
	}
	table = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "dataset",
	    g->schema->dataset, "title", g->schema->title, "provider",
	    g->schema->provider, "fields", fields_json(g), "rows", rows,
	    "marks", marks);
	add_chart(g, table);
	json_array_append_new(tables, table);
	return n == -1 ? -1 : 0;
}

/* ---- one enterprise ---- */

static const struct extract_who *
find(const struct extract_give *g, uint32_t enterprise)
{
	for (size_t i = 0; i < g->nwho; i++)
		if (g->who[i].enterprise == enterprise)
			return &g->who[i];
	return NULL;
}

static json_t *
withheld(struct extract *x, int64_t n)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	struct err e;
	int rc = db_query(x->db, &st, &e,
	    "SELECT g.dataset, g.why FROM query_give_t g WHERE g.query = ?"
	    " AND g.why <> '' AND EXISTS (SELECT 1 FROM query_pass_t p WHERE"
	    " p.query = g.query AND p.give = g.n AND p.n = ?) ORDER BY g.n",
	    "ii", x->query, n);

	for (; rc == 1; rc = db_next(x->db, st, &e)) {
		const struct schema *s =
		    schemas_find(x->schemas, db_text(st, 0));
		const char *arg[] = { s != NULL ? s->title : db_text(st, 0),
			x->purpose };
		char zh[512], en[512];

		catalog_zh(db_text(st, 1), arg, 2, zh, sizeof(zh));
		catalog_en(db_text(st, 1), arg, 2, en, sizeof(en));
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s}", "title", arg[0], "zh", zh,
			"en", en));
	}
	db_done(st);
	return list;
}

/* As it stands in the first table that gives it whole. */
static const char *
name_in(const json_t *tables)
{
	size_t i, k;
	json_t *t, *f;

	json_array_foreach(tables, i, t)
		json_array_foreach(json_object_get(t, "fields"), k, f) {
			const json_t *rows = json_object_get(t, "rows");
			const json_t *last =
			    json_array_get(rows, json_array_size(rows) - 1);

			if (strcmp(json_string_value(
				       json_object_get(f, "name")),
				"entity_name") == 0 &&
			    json_is_string(json_array_get(last, k)))
				return json_string_value(
				    json_array_get(last, k));
		}
	return "";
}

static int
put_page(struct extract *x, uint32_t enterprise, json_t *tables, json_t *why,
    struct err *e)
{
	char number[16], path[64];
	json_t *report;
	struct buf page;
	int rc;

	extract_enterprise(enterprise, number);
	report = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "name",
	    name_in(tables), "enterprise", number, "account", x->account,
	    "purpose", x->purpose, "day", x->day, "id", x->id, "tables", tables,
	    "withheld", why);
	buf_init(&page, PAGE_BYTES);
	html_credit(report, &page);
	snprintf(path, sizeof(path), "report/%s.html", number);
	rc = buf_ok(&page) ? extract_member(x, path, page.data, page.len, e)
			   : err_set(e, ERR_HOLD,
				 "the report of %s is too large", number);
	buf_done(&page);
	json_decref(report);
	return rc;
}

static int
report_one(struct extract *x, const struct extract_who *who, struct err *e)
{
	json_t *tables = json_array();

	for (size_t i = 0; i < x->ngives; i++) {
		const struct extract_give *g = &x->give[i];
		const struct extract_who *one = g->answer.form >= GRANT_LATEST
						    ? find(g, who->enterprise)
						    : NULL;

		if (one != NULL && add_table(x, g, one, tables, e) == -1) {
			json_decref(tables);
			return -1;
		}
	}
	return put_page(x, who->enterprise, tables, withheld(x, who->n), e);
}

/* Whether an earlier give had it already. */
static int
is_done(const struct extract *x, size_t give, uint32_t enterprise)
{
	for (size_t i = 0; i < give; i++)
		if (x->give[i].answer.form >= GRANT_LATEST &&
		    find(&x->give[i], enterprise) != NULL)
			return 1;
	return 0;
}

int
extract_reports(struct extract *x, struct err *e)
{
	size_t done = 0;

	for (size_t i = 0; i < x->ngives; i++) {
		const struct extract_give *g = &x->give[i];

		if (g->answer.form < GRANT_LATEST)
			continue;
		for (size_t k = 0; k < g->nwho && done < REPORTS_MAX; k++) {
			if (is_done(x, i, g->who[k].enterprise))
				continue;
			if (report_one(x, &g->who[k], e) == -1)
				return -1;
			done++;
		}
	}
	return 0;
}
