#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xlsxwriter.h>

#include "form/utf8.h"
#include "form/xlsx_book.h"
#include "form/xlsx_template.h"
#include "sys/member.h"

enum { ROWS = 100000, SHEET_NAME = 31, COLUMN_WIDTH = 18 };

struct template
{
	lxw_workbook *book;
	lxw_worksheet *data;
	lxw_worksheet *notes;
	lxw_worksheet *codes;
	lxw_format *head; /* bold */
	lxw_format *must; /* bold, for what has to be filled in */
	lxw_format *text; /* a number stays as it was typed */
	lxw_format *wrap;
};

static void
put(lxw_worksheet *sheet, size_t row, size_t column, const char *s,
    lxw_format *format)
{
	(void)worksheet_write_string(sheet, (lxw_row_t)row, (lxw_col_t)column,
	    s, format);
}

/* Amounts and counts are numbers; all else is text, so that nothing is lost. */
static int
is_number(const json_t *f)
{
	const char *type = member_text(f, "type");

	return strcmp(type, "money") == 0 || strcmp(type, "int") == 0 ||
	       strcmp(type, "decimal") == 0;
}

/* ---- codes ---- */

/* The labels in a column of the hidden sheet, as a list for the data. */
static void
add_list(struct template *t, const json_t *codes, size_t column)
{
	char from[LXW_MAX_CELL_NAME_LENGTH], to[LXW_MAX_CELL_NAME_LENGTH];
	char formula[128];
	lxw_data_validation list = { .validate =
					 LXW_VALIDATION_TYPE_LIST_FORMULA,
		.error_type = LXW_VALIDATION_ERROR_TYPE_WARNING,
		.dropdown = LXW_VALIDATION_ON,
		.ignore_blank = LXW_VALIDATION_ON,
		.show_error = LXW_VALIDATION_ON };
	size_t n = json_array_size(codes);

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		put(t->codes, i, column,
		    member_text(json_array_get(codes, i), "label"), NULL);
	lxw_rowcol_to_cell_abs(from, 0, (lxw_col_t)column, 1, 1);
	lxw_rowcol_to_cell_abs(to, (lxw_row_t)(n - 1), (lxw_col_t)column, 1, 1);
	snprintf(formula, sizeof(formula), "='%s'!%s:%s", XLSX_TEMPLATE_CODES,
	    from, to);
	list.value_formula = formula;
	(void)worksheet_data_validation_range(t->data, 1, (lxw_col_t)column,
	    ROWS, (lxw_col_t)column, &list);
}

/* ---- fields ---- */

static void
add_column(struct template *t, const json_t *f, size_t column, int filled)
{
	int must = strcmp(member_text(f, "presence"), "必填") == 0;
	const char *example = member_text(f, "example");
	lxw_format *format = is_number(f) ? NULL : t->text;

	(void)worksheet_set_column(t->data, (lxw_col_t)column,
	    (lxw_col_t)column, COLUMN_WIDTH, format);
	put(t->data, 0, column, member_text(f, "header"),
	    must ? t->must : t->head);
	add_list(t, json_object_get(f, "codes"), column);
	if (!filled || example[0] == '\0')
		return;
	if (is_number(f))
		(void)worksheet_write_number(t->data, 1, (lxw_col_t)column,
		    strtod(example, NULL), NULL);
	else
		put(t->data, 1, column, example, t->text);
}

/* "PAID 已缴；PARTIAL 部分缴纳", as far as a reader would go on. */
static void
put_codes(lxw_worksheet *sheet, size_t row, size_t column, const json_t *codes,
    lxw_format *format)
{
	enum { SHOWN = 40 };
	size_t n = json_array_size(codes);
	struct buf b;

	buf_init(&b, 16384);
	buf_addstr(&b, "");
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		const json_t *c = json_array_get(codes, i);

		buf_printf(&b, "%s%s %s", i > 0 ? "；" : "",
		    member_text(c, "code"), member_text(c, "label"));
	}
	if (n > SHOWN)
		buf_printf(&b, "；……共 %zu 个", n);
	if (n > 0)
		put(sheet, row, column, b.data, format);
	buf_done(&b);
}

static void
add_note(struct template *t, const json_t *f, size_t row)
{
	static const char *const member[] = { "header", "presence", "format",
		"example", "description" };

	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++)
		put(t->notes, row, i, member_text(f, member[i]), t->wrap);
	put_codes(t->notes, row, 5, json_object_get(f, "codes"), t->wrap);
}

static void
add_fields(struct template *t, const json_t *fields, int filled)
{
	static const char *const title[] = { "字段", "填写", "格式", "范例",
		"说明", "代码" };
	static const double width[] = { 22, 10, 30, 26, 36, 60 };
	size_t i;
	json_t *f;

	for (i = 0; i < 6; i++) {
		put(t->notes, 0, i, title[i], t->head);
		(void)worksheet_set_column(t->notes, (lxw_col_t)i, (lxw_col_t)i,
		    width[i], NULL);
	}
	json_array_foreach(fields, i, f) {
		add_column(t, f, i, filled);
		add_note(t, f, i + 1);
	}
	worksheet_freeze_panes(t->data, 1, 0);
	worksheet_freeze_panes(t->notes, 1, 1);
	worksheet_hide(t->codes);
}

/* ---- the workbook ---- */

/* A sheet is called by the title, cut at what a name may have. */
static void
sheet_name(const char *title, char *out, size_t size)
{
	size_t len = strlen(title);
	size_t at = 0;
	size_t n = 0;

	for (size_t chars = 0; at < len && chars < SHEET_NAME; chars++) {
		uint32_t cp;
		size_t k = utf8_get(title + at, len - at, &cp);

		if (n + k + 1 > size)
			break;
		if (strchr("[]:*?/\\'", (int)(unsigned char)title[at]) ==
		    NULL) {
			memcpy(out + n, title + at, k);
			n += k;
		}
		at += k;
	}
	out[n] = '\0';
}

static void
open_sheets(struct template *t, const json_t *standard)
{
	char name[4 * SHEET_NAME + 1];

	sheet_name(member_text(standard, "title"), name, sizeof(name));
	t->data = workbook_add_worksheet(t->book, name);
	t->notes = workbook_add_worksheet(t->book, XLSX_TEMPLATE_NOTES);
	t->codes = workbook_add_worksheet(t->book, XLSX_TEMPLATE_CODES);
	t->head = workbook_add_format(t->book);
	format_set_bold(t->head);
	t->must = workbook_add_format(t->book);
	format_set_bold(t->must);
	format_set_bg_color(t->must, 0xFFF2CC);
	t->text = workbook_add_format(t->book);
	format_set_num_format(t->text, "@");
	t->wrap = workbook_add_format(t->book);
	format_set_text_wrap(t->wrap);
	format_set_align(t->wrap, LXW_ALIGN_VERTICAL_TOP);
}

/* What is to be made. */
struct order {
	const json_t *standard;
	int filled;
};

static int
fill(struct lxw_workbook *book, void *arg)
{
	const struct order *o = arg;
	struct template t = { .book = book };

	open_sheets(&t, o->standard);
	if (t.data == NULL || t.notes == NULL || t.codes == NULL)
		return 0;
	add_fields(&t, json_object_get(o->standard, "fields"), o->filled);
	return 1;
}

int
xlsx_template(const json_t *standard, int filled, const char *folder,
    struct buf *b, struct err *e)
{
	struct order o = { standard, filled };

	return xlsx_book_make(folder, fill, &o, b, e);
}
