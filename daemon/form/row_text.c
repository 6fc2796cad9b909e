#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "form/row_text.h"

void
row_layout_of(const struct schema *s, struct row_layout *ret_l)
{
	ret_l->dataset = s->dataset;
	ret_l->n = s->nfields;
	for (size_t i = 0; i < s->nfields; i++) {
		ret_l->field[i].name = s->field[i].name;
		ret_l->field[i].money = s->field[i].type == FIELD_MONEY;
		ret_l->field[i].open_ended = s->field[i].open_ended;
	}
}

void
row_layout_put(const struct row_layout *l, struct buf *b)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			buf_addch(b, ' ');
		buf_addstr(b, l->field[i].name);
		if (l->field[i].money)
			buf_addstr(b, ":money");
		if (l->field[i].open_ended)
			buf_addstr(b, ":open");
	}
}

int
row_layout_read(const char *dataset, char *words, struct row_layout *ret_l,
    struct err *e)
{
	char *rest = words;
	char *word;

	ret_l->dataset = dataset;
	ret_l->n = 0;
	while ((word = strsep(&rest, " ")) != NULL) {
		char *kind = strchr(word, ':');

		if (word[0] == '\0' || ret_l->n == SCHEMA_FIELDS)
			return err_set(e, ERR_HOLD, "a layout of another form");
		if (kind != NULL)
			*kind++ = '\0';
		ret_l->field[ret_l->n].name = word;
		ret_l->field[ret_l->n].money =
		    kind != NULL && strcmp(kind, "money") == 0;
		ret_l->field[ret_l->n++].open_ended =
		    kind != NULL && strcmp(kind, "open") == 0;
	}
	return 0;
}

uint64_t
row_text_fields(const struct row_layout *l, char op, const struct value *v,
    const uint8_t *open_ended)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < l->n && op != 'D'; i++)
		if (v[i].kind != VALUE_NULL ||
		    (l->field[i].open_ended && open_ended[i]))
			fields |= UINT64_C(1) << i;
	return fields;
}

/* A text in quotes; nearly all of them go in as they are. */
static void
put_text(const char *s, size_t len, struct buf *b)
{
	const char *end = s + len;
	const char *from = s;

	buf_addch(b, '"');
	for (; s < end; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_add(b, from, (size_t)(s - from));
		from = s + 1;
		if (c >= ' ')
			buf_printf(b, "\\%c", c);
		else
			buf_printf(b, "\\u%04x", c);
	}
	buf_add(b, from, (size_t)(s - from));
	buf_addch(b, '"');
}

static void
put_int(int64_t n, struct buf *b)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (n < 0)
		*--at = '-';
	buf_add(b, at, (size_t)(digits + sizeof(digits) - at));
}

/* Nearly all are whole: printf would take as long as all the rest. */
static void
put_real(double v, struct buf *b)
{
	if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v)
		put_int((int64_t)v, b);
	else
		buf_printf(b, "%.17g", v);
}

/* Yuan with two places. */
static void
put_money(int64_t fen, struct buf *b)
{
	uint64_t all = fen < 0 ? -(uint64_t)fen : (uint64_t)fen;

	if (fen < 0)
		buf_addch(b, '-');
	put_int((int64_t)(all / 100), b);
	buf_addch(b, '.');
	buf_addch(b, (char)('0' + all / 10 % 10));
	buf_addch(b, (char)('0' + all % 10));
}

static void
put_value(const struct value *v, struct buf *b)
{
	switch (v->kind) {
	case VALUE_NULL: /* for ever */
		buf_addstr(b, "true");
		break;
	case VALUE_TEXT:
		put_text(v->text, v->len, b);
		break;
	case VALUE_INT:
		put_int(v->num, b);
		break;
	case VALUE_MONEY:
		put_money(v->num, b);
		break;
	case VALUE_REAL:
		put_real(v->real, b);
		break;
	}
}

void
row_text_put(const struct row_layout *l, const struct row_said *r,
    struct buf *b)
{
	const char *between = "\"";

	buf_addstr(b, "{\"row\":");
	put_int((int64_t)r->line, b);
	if (r->op == 'C' || r->op == 'D')
		buf_printf(b, ",\"op\":\"%c\"", r->op);
	if (r->op == 'D') {
		buf_addstr(b, ",\"key\":");
		put_text(r->key, strlen(r->key), b);
	}
	buf_addstr(b, ",\"dataset\":\"");
	buf_addstr(b, l->dataset);
	buf_addstr(b, "\",\"values\":{");
	for (size_t i = 0; i < l->n; i++) {
		if ((r->fields >> i & 1) == 0)
			continue;
		buf_addstr(b, between);
		between = ",\"";
		buf_addstr(b, l->field[i].name);
		buf_addstr(b,
		    r->value[i].kind == VALUE_NULL ? "_open\":" : "\":");
		put_value(&r->value[i], b);
	}
	buf_addstr(b, "}}");
}
