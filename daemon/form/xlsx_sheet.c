#include <string.h>

#include "form/xlsx_part.h"
#include "sys/err.h"

/* The rows of one sheet, one at a time. */

enum { COLUMNS = 16384, ROWS = 1048576 };

/* What a c element says of itself. */
struct said {
	size_t column;
	size_t style;
	char type;        /* of t: s, i(nlineStr), t (str), b, e, d, n */
	const char *text; /* valid until the next token */
	size_t len;
};

int
xlsx_sheet(struct xlsx *x, size_t i, struct err *e)
{
	int rc = xlsx_part(x, x->sheet[i].part, e);

	x->record = 0;
	x->widest = 0;
	if (rc == 0)
		return err_say(e, ERR_SENDER, "xlsx_damaged", x->sheet[i].part,
		    NULL);
	return rc == 1 ? 0 : -1;
}

int
xlsx_is_blank(const struct xlsx *x)
{
	return x->widest == 0;
}

/* ---- cells ---- */

static size_t
number_of(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && i < 9; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		n = n * 10 + (size_t)(s[i] - '0');
	}
	return n;
}

/* "AB12" is in column 27, counted from 0; COLUMNS where it is nowhere. */
static size_t
column_of(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && i < 4 && s[i] >= 'A' && s[i] <= 'Z'; i++)
		n = n * 26 + (size_t)(s[i] - 'A') + 1;
	return n > 0 && n <= COLUMNS ? n - 1 : COLUMNS;
}

static char
type_of(const struct xml_attr *a)
{
	if (a->len == 3)
		return 't';
	return a->len > 0 ? a->value[0] : 'n';
}

static struct said
hear(const struct xlsx *x, size_t next)
{
	struct said c = { next, 0, 'n', "", 0 };

	for (size_t i = 0; i < x->xml.nattrs; i++) {
		const struct xml_attr *a = &x->xml.attr[i];

		if (a->name_len != 1)
			continue;
		if (a->name[0] == 'r')
			c.column = column_of(a->value, a->len);
		else if (a->name[0] == 's')
			c.style = number_of(a->value, a->len);
		else if (a->name[0] == 't')
			c.type = type_of(a);
	}
	return c;
}

/*
 * The text between <c> and </c>: of v, or of the t in an inline string. What
 * a formula says (f) and how a text is read aloud (rPh) is passed over.
 */
static int
read_content(struct xlsx *x, struct said *c, struct err *e)
{
	struct xml *m = &x->xml;
	char of = c->type == 'i' ? 't' : 'v';
	int inside = 0, aloud = 0;
	int token;

	if (of == 'v' && xml_leaf(m, "<v>", "</v></c>")) {
		c->text = m->text;
		c->len = m->text_len;
		return 0;
	}
	buf_clear(&x->cell);
	while ((token = xml_next(m, e)) > 0) {
		if (token == XML_TEXT) {
			if (inside && !aloud)
				xml_text(m, &x->cell);
		} else if (m->name_len == 1 && m->name[0] == of) {
			inside = token == XML_OPEN;
		} else if (token == XML_CLOSE && xml_is(m, "c")) {
			c->text = x->cell.data;
			c->len = x->cell.len;
			return 0;
		} else if (xml_is(m, "rPh")) {
			aloud = token == XML_OPEN;
		}
	}
	/* The part does not end inside: depth was counted. */
	return -1;
}

/* What stands for a control character, _x000D_, becomes it. */
static void
add_string(struct xlsx *x, const struct said *c)
{
	size_t from = x->text.len;

	buf_add(&x->text, c->text, c->len);
	x->text.len =
	    from + xlsx_unescape(x->text.data + from, x->text.len - from);
}

static void
add_bool(struct xlsx *x, const struct said *c)
{
	buf_addstr(&x->text,
	    c->len == 1 && c->text[0] == '1' ? "TRUE" : "FALSE");
}

/* 2016-03-12T00:00:00 is a day, another hour a moment. */
static void
add_iso(struct xlsx *x, const struct said *c)
{
	if (c->len < 19 || c->text[10] != 'T') {
		buf_add(&x->text, c->text, c->len);
		return;
	}
	buf_add(&x->text, c->text, 10);
	if (memcmp(c->text + 11, "00:00:00", 8) == 0)
		return;
	buf_addch(&x->text, ' ');
	buf_add(&x->text, c->text + 11, 8);
}

static int
add_shared(struct xlsx *x, const struct said *c, struct err *e)
{
	const char *s;
	size_t len;
	int rc =
	    xlsx_texts_get(x->texts, number_of(c->text, c->len), &s, &len, e);

	if (rc == 0)
		return err_say(e, ERR_SENDER, "xlsx_damaged", x->xml.part,
		    NULL);
	if (rc == 1)
		buf_add(&x->text, s, len);
	return rc == 1 ? 0 : -1;
}

/* Appends what the cell says to the text of the row. */
static int
add_content(struct xlsx *x, const struct said *c, struct err *e)
{
	struct xlsx_format f = { XLSX_PLAIN, 0 };

	if (c->style < x->nformats)
		f = x->format[c->style];
	switch (c->type) {
	case 's':
		return add_shared(x, c, e);
	case 'i':
	case 't':
		add_string(x, c);
		return 0;
	case 'b':
		add_bool(x, c);
		return 0;
	case 'd':
		add_iso(x, c);
		return 0;
	case 'e':
		buf_add(&x->text, c->text, c->len);
		return 0;
	default:
		xlsx_number(c->text, c->len, f, x->from_1904, &x->text);
		return 0;
	}
}

static void
fault(struct xlsx *x, enum csv_fault what)
{
	if (x->fault == CSV_FINE)
		x->fault = what;
}

static int
read_cell(struct xlsx *x, size_t *next, struct err *e)
{
	struct said c = hear(x, *next);
	size_t from = x->text.len;

	if (read_content(x, &c, e) == -1)
		return -1;
	/* Cells stand in order, or the sheet is none. */
	if (c.column < *next || c.column >= COLUMNS)
		return err_say(e, ERR_SENDER, "xlsx_damaged", x->xml.part,
		    NULL);
	*next = c.column + 1;
	if (c.len == 0 || x->fault != CSV_FINE)
		return 0;
	if (c.column >= XLSX_FIELDS) {
		fault(x, CSV_FIELDS);
		return 0;
	}
	if (add_content(x, &c, e) == -1)
		return -1;
	if (x->text.len > XLSX_ROW || !buf_ok(&x->text)) {
		fault(x, CSV_LONG);
		return 0;
	}
	while (x->n < c.column)
		x->field[x->n++] = (struct csv_field){ "", 0 };
	x->field[x->n++] =
	    (struct csv_field){ x->text.data + from, x->text.len - from };
	return 0;
}

/* ---- rows ---- */

static int
is_blank(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (strchr(" \t\r\n", b->data[i]) == NULL)
			return 0;
	return 1;
}

/* Rows may leave out their numbers, but not go back. */
static int
number_row(struct xlsx *x, struct err *e)
{
	const struct xml_attr *a = xml_attr(&x->xml, "r");
	uint64_t n = x->record + 1;

	if (a != NULL)
		n = number_of(a->value, a->len);
	if (n <= x->record || n > ROWS)
		return err_say(e, ERR_SENDER, "xlsx_damaged", x->xml.part,
		    NULL);
	x->record = n;
	return 0;
}

/* From <row> to </row>. */
static int
read_row(struct xlsx *x, struct err *e)
{
	size_t next = 0;
	int token;

	if (number_row(x, e) == -1)
		return -1;
	buf_clear(&x->text);
	x->n = 0;
	x->fault = CSV_FINE;
	while ((token = xml_next(&x->xml, e)) > 0) {
		if (token == XML_OPEN && xml_is(&x->xml, "c")) {
			if (read_cell(x, &next, e) == -1)
				return -1;
		} else if (token == XML_CLOSE && xml_is(&x->xml, "row")) {
			break;
		}
	}
	if (token == -1)
		return -1;
	x->given += x->text.len;
	return container_total_check(x->given, x->parts.packed, &x->limits, e);
}

static void
hand_out(struct xlsx *x, struct csv_row *row)
{
	if (x->widest < x->n)
		x->widest = x->n;
	while (x->n < x->widest)
		x->field[x->n++] = (struct csv_field){ "", 0 };
	row->field = x->field;
	row->n = x->n;
	row->line = row->record = row->fault_line = x->record;
	row->fault = x->fault;
}

int
xlsx_next(struct xlsx *x, struct csv_row *row, struct err *e)
{
	int token;

	if (!x->reading)
		return 0;
	while ((token = xml_next(&x->xml, e)) > 0) {
		if (token == XML_CLOSE && xml_is(&x->xml, "sheetData"))
			return xlsx_part_end(x, e);
		if (token != XML_OPEN || !xml_is(&x->xml, "row"))
			continue;
		if (read_row(x, e) == -1)
			return -1;
		if (is_blank(&x->text) && x->fault == CSV_FINE)
			continue;
		hand_out(x, row);
		return 1;
	}
	return token;
}
