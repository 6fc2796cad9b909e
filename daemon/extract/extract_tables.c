#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/extract_part.h"
#include "sys/mem.h"

/*
 * The tables of an extract: one for each data set of which rows are given, one
 * for answers by yes and no, one for counts, and one of the subjects with what
 * became of each.
 */

enum { COLUMNS = 2 * SCHEMA_FIELDS + 8 };

#define OBJECTION_TITLE "异议中（字段:异议号，*为整行） under objection"

/* A table's columns: of which field each is, and whether its label. */
struct layout {
	size_t n;
	struct extract_column column[COLUMNS];
	/* -1: enterprise, -2: provider, -3: as of, -4: change, -5: objection */
	int field[COLUMNS];
	int label[COLUMNS];
};

static void
add_column(struct layout *l, int field, int label, const char *name,
    const char *suffix, const char *title, enum field_type type)
{
	struct extract_column *c = &l->column[l->n];

	snprintf(c->name, sizeof(c->name), "%s%s", name, suffix);
	c->title = title;
	c->type = type;
	l->field[l->n] = field;
	l->label[l->n] = label;
	l->n++;
}

static int
is_of_rows(const struct extract_give *g, const char *dataset)
{
	return g->answer.form >= GRANT_LATEST &&
	       strcmp(g->schema->dataset, dataset) == 0;
}

/* All fields that any answer of the data set gives; labels where one is whole. */
static void
lay_out(const struct extract *x, const struct schema *s, struct layout *l)
{
	uint64_t any = 0, full = 0;

	l->n = 0;
	for (size_t i = 0; i < x->ngives; i++)
		if (is_of_rows(&x->give[i], s->dataset)) {
			any |=
			    x->give[i].answer.full | x->give[i].answer.masked;
			full |= x->give[i].answer.full;
		}
	add_column(l, -1, 0, "_enterprise", "", "企业编号", FIELD_TEXT);
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->field[i];

		if ((any >> i & 1) == 0)
			continue;
		/* Masked a number is a text; then the column is one. */
		add_column(l, (int)i, 0, f->name, "", f->title,
		    (full >> i & 1) != 0 ? f->type : FIELD_TEXT);
		if (f->code_list != NULL && (full >> i & 1) != 0)
			add_column(l, (int)i, 1, f->name, "_label", f->title,
			    FIELD_TEXT);
	}
	add_column(l, -2, 0, "_provider", "", "提供单位", FIELD_TEXT);
	add_column(l, -3, 0, "_as_of", "", "数据日期", FIELD_DATE);
	add_column(l, -5, 0, "_objection", "", OBJECTION_TITLE, FIELD_TEXT);
	if (x->before != 0)
		add_column(l, -4, 0, "_change", "", "变动", FIELD_TEXT);
}

static struct mark_cell
text_cell(const char *s)
{
	return (struct mark_cell){ s, s != NULL ? strlen(s) : 0, 0 };
}

static int
put_row(struct extract *x, const struct layout *l, const char *enterprise,
    const struct extract_row *row, struct err *e)
{
	struct mark_cell cell[COLUMNS];

	for (size_t i = 0; i < l->n; i++)
		cell[i] = l->field[i] == -1   ? text_cell(enterprise)
			  : l->field[i] == -2 ? text_cell(row->provider)
			  : l->field[i] == -3 ? text_cell(row->as_of)
			  : l->field[i] == -4 ? text_cell(row->change)
			  : l->field[i] == -5 ? text_cell(row->objection)
			  : l->label[i] ? text_cell(row->label[l->field[i]])
					: row->cell[l->field[i]];
	return extract_put_row(x->put, cell, e);
}

static int
put_give(struct extract *x, const struct layout *l, struct extract_give *g,
    struct err *e)
{
	for (size_t i = 0; i < g->nwho; i++) {
		struct extract_row *const *row;
		char enterprise[16];
		int64_t n = extract_rows_of(x->rows, g, &g->who[i], &row, e);

		if (n == -1)
			return -1;
		n = extract_change_rows(x, g, &g->who[i], row, n, &row, e);
		if (n == -1)
			return -1;
		extract_enterprise(g->who[i].enterprise, enterprise);
		g->who[i].rows = n;
		for (int64_t k = 0; k < n; k++)
			if (put_row(x, l, enterprise, row[k], e) == -1)
				return -1;
	}
	return 0;
}

/* The data sets in the order in which they were decided, each once. */
static int
is_first(const struct extract *x, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_of_rows(&x->give[k], x->give[i].schema->dataset))
			return 0;
	return is_of_rows(&x->give[i], x->give[i].schema->dataset);
}

static int
put_dataset(struct extract *x, const struct schema *s, struct err *e)
{
	struct layout *l = xcalloc(1, sizeof(*l));
	int rc;

	lay_out(x, s, l);
	rc =
	    extract_put_table(x->put, s->dataset, s->title, l->column, l->n, e);
	for (size_t i = 0; rc == 0 && i < x->ngives; i++)
		if (is_of_rows(&x->give[i], s->dataset))
			rc = put_give(x, l, &x->give[i], e);
	free(l);
	return rc == 0 ? extract_put_end(x->put, e) : -1;
}

/* ---- mere answers ---- */

static int64_t
count_rows(struct extract *x, const struct extract_give *g, size_t i,
    struct err *e)
{
	struct extract_row *const *row;

	return extract_rows_of(x->rows, g, &g->who[i], &row, e);
}

/* Of all rows an answer rests on: as many as find room; NULL none. */
static const char *
objections(struct extract_row *const *row, int64_t n, char *text, size_t size)
{
	size_t len = 0;

	for (int64_t i = 0; i < n; i++) {
		const char *s = row[i]->objection;

		if (s != NULL && len + strlen(s) + 2 <= size)
			len += (size_t)snprintf(text + len, size - len, "%s%s",
			    len > 0 ? " " : "", s);
	}
	return len > 0 ? text : NULL;
}

static int
put_yes_no(struct extract *x, struct extract_give *g, struct err *e)
{
	for (size_t i = 0; i < g->nwho; i++) {
		struct extract_row *const *row;
		int64_t n = extract_rows_of(x->rows, g, &g->who[i], &row, e);
		struct mark_cell cell[5];
		char enterprise[16];
		char marks[512];

		if (n == -1)
			return -1;
		extract_change_answer(x, g, g->who[i].enterprise, row, n);
		g->who[i].rows = n > 0;
		extract_enterprise(g->who[i].enterprise, enterprise);
		cell[0] = text_cell(enterprise);
		cell[1] = text_cell(g->schema->dataset);
		cell[2] = text_cell(g->schema->title);
		cell[3] = (struct mark_cell){ n > 0 ? "1" : "0", 1, 1 };
		cell[4] = text_cell(objections(row, n, marks, sizeof(marks)));
		if (extract_put_row(x->put, cell, e) == -1)
			return -1;
	}
	return 0;
}

/* How many of them have a row: of no single one is it told. */
static int
put_count(struct extract *x, struct extract_give *g, struct err *e)
{
	struct mark_cell cell[4];
	char of[24], have[24];
	int64_t found = 0;

	for (size_t i = 0; i < g->nwho; i++) {
		int64_t n = count_rows(x, g, i, e);

		if (n == -1)
			return -1;
		found += n > 0;
	}
	extract_change_count(x, g, found);
	snprintf(of, sizeof(of), "%zu", g->nwho);
	snprintf(have, sizeof(have), "%" PRId64, found);
	cell[0] = text_cell(g->schema->dataset);
	cell[1] = text_cell(g->schema->title);
	cell[2] = (struct mark_cell){ of, strlen(of), 1 };
	cell[3] = (struct mark_cell){ have, strlen(have), 1 };
	return extract_put_row(x->put, cell, e);
}

static int
put_answers(struct extract *x, enum grant_form form, const char *name,
    const char *title, const struct extract_column *column, size_t columns,
    int (*put)(struct extract *x, struct extract_give *g, struct err *e),
    struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < x->ngives; i++)
		n += x->give[i].answer.form == form;
	if (n == 0)
		return 0;
	if (extract_put_table(x->put, name, title, column, columns, e) == -1)
		return -1;
	for (size_t i = 0; i < x->ngives; i++)
		if (x->give[i].answer.form == form &&
		    put(x, &x->give[i], e) == -1)
			return -1;
	return extract_put_end(x->put, e);
}

/* ---- the subjects ---- */

static int
put_subjects(struct extract *x, struct err *e)
{
	static const struct extract_column column[] = {
		{ "n", "序号", FIELD_INT },
		{ "said", "查询内容", FIELD_TEXT },
		{ "enterprise", "企业编号", FIELD_TEXT },
		{ "dataset", "数据集", FIELD_TEXT },
		{ "why", "未提供的原因", FIELD_TEXT },
	};
	sqlite3_stmt *st;
	int rc;

	if (x->of_all)
		return 0;
	if (extract_put_table(x->put, "subjects", "查询结果", column, 5, e) ==
	    -1)
		return -1;
	rc = db_query(x->db, &st, e,
	    "SELECT s.n, s.said, s.enterprise, g.dataset, g.why FROM"
	    " query_subject_t s LEFT JOIN query_give_t g ON g.query = s.query"
	    " AND EXISTS (SELECT 1 FROM query_pass_t p WHERE p.query = g.query"
	    " AND p.give = g.n AND p.n = s.n) WHERE s.query = ?"
	    " ORDER BY s.n, g.n",
	    "i", x->query);
	for (; rc == 1; rc = db_next(x->db, st, e)) {
		struct mark_cell cell[5];
		char enterprise[16];

		for (int i = 0; i < 5; i++)
			cell[i] = text_cell(db_text(st, i));
		cell[0].number = 1;
		extract_enterprise((uint32_t)sqlite3_column_int64(st, 2),
		    enterprise);
		/* Its number is given with its data, and not without. */
		cell[2] = db_text(st, 4)[0] == '\0' && db_text(st, 3)[0] != '\0'
			      ? text_cell(enterprise)
			      : text_cell(NULL);
		if (extract_put_row(x->put, cell, e) == -1) {
			rc = -1;
			break;
		}
	}
	db_done(st);
	return rc == -1 ? -1 : extract_put_end(x->put, e);
}

int
extract_tables(struct extract *x, struct err *e)
{
	static const struct extract_column yes_no[] = {
		{ "_enterprise", "企业编号", FIELD_TEXT },
		{ "dataset", "数据集", FIELD_TEXT },
		{ "title", "名称", FIELD_TEXT },
		{ "has", "有无记录", FIELD_BOOL },
		{ "_objection", OBJECTION_TITLE, FIELD_TEXT },
	};
	static const struct extract_column count[] = {
		{ "dataset", "数据集", FIELD_TEXT },
		{ "title", "名称", FIELD_TEXT },
		{ "subjects", "查询企业数", FIELD_INT },
		{ "with_rows", "有记录的企业数", FIELD_INT },
	};

	for (size_t i = 0; i < x->ngives; i++)
		if (is_first(x, i) &&
		    put_dataset(x, x->give[i].schema, e) == -1)
			return -1;
	if (put_answers(x, GRANT_YES_NO, "yes_no", "有无记录", yes_no, 5,
		put_yes_no, e) == -1 ||
	    put_answers(x, GRANT_COUNT, "count", "统计", count, 4, put_count,
		e) == -1)
		return -1;
	return put_subjects(x, e) == -1 ? -1 : extract_change_tables(x, e);
}
