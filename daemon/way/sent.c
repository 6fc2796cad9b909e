#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/mask.h"
#include "form/text.h"
#include "way/sent.h"

enum { CELL_MAX = 4000 };

static json_t *
cell(const char *s, size_t len)
{
	json_t *v = json_stringn(s, text_cut(s, len, CELL_MAX));

	return v != NULL ? v : json_string("");
}

void
sent_header(struct rowfile_file *f, const struct cell *header, size_t n)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
		    cell(header[i].text, header[i].len));
	text = json_dumps(list, JSON_COMPACT);
	if (text != NULL && strlen(text) < sizeof(f->header))
		strcpy(f->header, text);
	free(text);
	json_decref(list);
}

/* A personal value. */
static json_t *
hidden(const char *s, size_t len)
{
	struct buf masked;
	json_t *v;

	buf_init(&masked, 2 * CELL_MAX);
	mask_put(&masked, s, text_cut(s, len, CELL_MAX));
	v = cell(masked.data != NULL ? masked.data : "", masked.len);
	buf_done(&masked);
	return v;
}

static int
is_personal(const struct row *r, size_t column)
{
	for (size_t i = 0; i < r->schema->nfields; i++)
		if (r->raw[i].column == (int)column)
			return r->schema->field[i].sensitivity == 'X';
	return 0;
}

static json_t *
value_json(const struct value *v)
{
	char text[VALUE_MONEY_SIZE + 16];

	switch (v->kind) {
	case VALUE_NULL:
		return json_string("");
	case VALUE_TEXT:
		return cell(v->text, v->len);
	case VALUE_INT:
		snprintf(text, sizeof(text), "%lld", (long long)v->num);
		break;
	case VALUE_REAL:
		snprintf(text, sizeof(text), "%.15g", v->real);
		break;
	case VALUE_MONEY:
		value_money_text(v->num, text, sizeof(text));
		break;
	}
	return json_string(text);
}

/* What became of the fields with findings, as text. */
static char *
mended(const struct row *r)
{
	json_t *o;
	char *text;

	if (r->rejected)
		return NULL;
	o = json_object();
	for (size_t i = 0; i < r->nfindings; i++) {
		int field = r->finding[i].field;

		const struct value *v = &r->value[field >= 0 ? field : 0];

		if (field < 0)
			continue;
		json_object_set_new(o, r->schema->field[field].name,
		    r->schema->field[field].sensitivity == 'X' &&
			    v->kind == VALUE_TEXT
			? hidden(v->text, v->len)
			: value_json(v));
	}
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(o);
	return text;
}

int
sent_row(struct rowfile_writer *w, const struct row *r,
    const struct csv_row *record, struct err *e)
{
	json_t *list = json_array();
	char *cells, *became;
	int rc;

	for (size_t i = 0; i < record->n; i++)
		json_array_append_new(list,
		    is_personal(r, i)
			? hidden(record->field[i].data, record->field[i].len)
			: cell(record->field[i].data, record->field[i].len));
	cells = json_dumps(list, JSON_COMPACT);
	became = mended(r);
	rc = rowfile_sent(w, r->line, cells != NULL ? cells : "[]",
	    became != NULL ? became : "", e);
	json_decref(list);
	free(cells);
	free(became);
	return rc;
}
