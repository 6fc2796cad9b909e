#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xlsxwriter.h>

#include "form/csv_write.h"
#include "form/returned.h"
#include "form/text.h"
#include "form/utf8.h"
#include "form/xlsx_returned.h"
#include "sys/buf.h"
#include "sys/mem.h"

enum { SHEET_NAME = 31, CELL_MAX = 32000, NOTE_MAX = 2000 };

struct xlsx_returned {
	lxw_workbook *book;
	lxw_worksheet *sheet;
	char *folder; /* owned: the library keeps no copy */
	lxw_row_t row;
	size_t notes; /* of this sheet */
	int failed;
	lxw_format *head;
	lxw_format *front;
	lxw_format *cell;
	lxw_format *bad;
	char (*name)[4 * SHEET_NAME + 8]; /* owned: of the sheets so far */
	size_t nnames;
};

static int
fault(struct xlsx_returned *x, const char *what, struct err *e)
{
	x->failed = 1;
	return err_set(e, ERR_RETRY, "cannot make a workbook: %s", what);
}

static void
make_formats(struct xlsx_returned *x)
{
	x->head = workbook_add_format(x->book);
	format_set_bold(x->head);
	format_set_bg_color(x->head, 0xE7ECF0);
	x->front = workbook_add_format(x->book);
	format_set_num_format(x->front, "@");
	format_set_font_color(x->front, 0x576472);
	format_set_bg_color(x->front, 0xF4F6F8);
	x->cell = workbook_add_format(x->book);
	format_set_num_format(x->cell, "@");
	x->bad = workbook_add_format(x->book);
	format_set_num_format(x->bad, "@");
	format_set_bg_color(x->bad, 0xFFC7CE);
	format_set_font_color(x->bad, 0x9C0006);
}

int
xlsx_returned_open(const char *path, const char *folder,
    struct xlsx_returned **ret_x, struct err *e)
{
	struct xlsx_returned *x = xcalloc(1, sizeof(*x));
	lxw_doc_properties about = {
		/* Not now: the same rows make the same bytes. */
		.created = 1390867200,
	};
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };

	x->folder = xstrdup(folder);
	options.tmpdir = x->folder;
	x->book = workbook_new_opt(path, &options);
	if (x->book == NULL) {
		(void)fault(x, "no memory", e);
		xlsx_returned_close(x);
		return -1;
	}
	(void)workbook_set_properties(x->book, &about);
	make_formats(x);
	*ret_x = x;
	return 0;
}

/* ---- names of sheets ---- */

static int
is_taken(const struct xlsx_returned *x, const char *name)
{
	for (size_t i = 0; i < x->nnames; i++)
		if (strcasecmp(x->name[i], name) == 0)
			return 1;
	return 0;
}

/* What a name may not have falls away; len characters at most. */
static void
clean_name(const char *s, size_t most, char *out)
{
	size_t len = strlen(s), at = 0, n = 0;

	for (size_t chars = 0; at < len && chars < most;) {
		uint32_t cp;
		size_t k = utf8_get(s + at, len - at, &cp);

		if (cp >= 0x20 &&
		    (cp > 0x7e || strchr("[]:*?/\\'", (int)cp) == NULL)) {
			memcpy(out + n, s + at, k);
			n += k;
			/* Beyond the first plane Excel counts two. */
			chars += cp > 0xffff ? 2 : 1;
		}
		at += k;
	}
	out[n] = '\0';
}

/*
 * The file's own name without its ending, or the sheet's of a workbook, made
 * different from those before. One that ends in 说明 would be taken for notes.
 */
static void
choose_name(struct xlsx_returned *x, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *sheet = strrchr(file, '#');
	char base[RETURNED_PATH_SIZE], *dot;
	char *name;
	size_t n;

	snprintf(base, sizeof(base), "%s",
	    sheet != NULL && sheet[1] != '\0' ? sheet + 1
	    : slash != NULL                   ? slash + 1
					      : file);
	dot = strchr(base, '.');
	if (dot != NULL && dot > base)
		*dot = '\0';
	x->name = xreallocarray(x->name, x->nnames + 1, sizeof(*x->name));
	name = x->name[x->nnames];
	clean_name(base, SHEET_NAME - 6, name);
	n = strlen(name);
	if (n == 0 || strcasecmp(name, "history") == 0)
		n = (size_t)sprintf(name, "file");
	if (n >= 6 && strcmp(name + n - 6, "说明") == 0)
		n += (size_t)sprintf(name + n, "_");
	for (int i = 2; is_taken(x, name); i++)
		sprintf(name + n, " %d", i);
	x->nnames++;
}

/* ---- rows ---- */

static int
put(struct xlsx_returned *x, size_t column, const struct csv_field *f,
    lxw_format *format, struct err *e)
{
	size_t len = text_cut(f->data, f->len, CELL_MAX);
	char *s;
	lxw_error rc;

	if (len == 0)
		rc = worksheet_write_blank(x->sheet, x->row, (lxw_col_t)column,
		    format);
	else {
		s = xstrndup(f->data, len);
		rc = worksheet_write_string(x->sheet, x->row, (lxw_col_t)column,
		    s, format);
		free(s);
	}
	return rc == LXW_NO_ERROR ? 0 : fault(x, lxw_strerror(rc), e);
}

static void
set_widths(struct xlsx_returned *x, size_t columns)
{
	static const double width[RETURNED_COLUMNS] = { 12, 16, 7, 14, 16, 44,
		24 };

	for (size_t i = 0; i < columns; i++)
		(void)worksheet_set_column(x->sheet, (lxw_col_t)i, (lxw_col_t)i,
		    i < RETURNED_COLUMNS ? width[i] : 16,
		    i < RETURNED_COLUMNS ? NULL : x->cell);
}

int
xlsx_returned_sheet(struct xlsx_returned *x, const char *file,
    const struct csv_row *header, struct err *e)
{
	choose_name(x, file);
	x->sheet = workbook_add_worksheet(x->book, x->name[x->nnames - 1]);
	if (x->sheet == NULL)
		return fault(x, "a sheet was refused", e);
	x->row = 0;
	x->notes = 0;
	set_widths(x, header->n);
	worksheet_freeze_panes(x->sheet, 1, 0);
	for (size_t i = 0; i < header->n; i++)
		if (put(x, i, &header->field[i], x->head, e) == -1)
			return -1;
	x->row++;
	return 0;
}

/* What is said against one cell, as much as fits. */
static int
note(struct xlsx_returned *x, size_t column, const struct xlsx_fault *f,
    size_t n, struct err *e)
{
	lxw_comment_options look = { .x_scale = 2.2, .y_scale = 1.6 };
	struct buf b;
	lxw_error rc;

	buf_init(&b, NOTE_MAX);
	for (size_t i = 0; i < n; i++)
		if (f[i].column + RETURNED_COLUMNS == column &&
		    b.len + strlen(f[i].zh) + strlen(f[i].en) + 2 < NOTE_MAX)
			buf_printf(&b, "%s%s\n%s", b.len > 0 ? "\n" : "",
			    f[i].zh, f[i].en);
	rc = worksheet_write_comment_opt(x->sheet, x->row, (lxw_col_t)column,
	    b.data != NULL ? b.data : "", &look);
	buf_done(&b);
	if (rc != LXW_NO_ERROR)
		return fault(x, "a note was refused", e);
	x->notes++;
	return 0;
}

static int
is_bad(const struct xlsx_fault *f, size_t n, size_t column)
{
	for (size_t i = 0; i < n; i++)
		if (f[i].column + RETURNED_COLUMNS == column)
			return 1;
	return 0;
}

int
xlsx_returned_row(struct xlsx_returned *x, const struct csv_row *row,
    const struct xlsx_fault *f, size_t n, struct err *e)
{
	for (size_t i = 0; i < row->n; i++) {
		struct csv_field cell = row->field[i];
		int bad = is_bad(f, n, i);

		/* A text is harmless here: as it was sent. */
		if (csv_is_guarded(cell.data, cell.len)) {
			cell.data++;
			cell.len--;
		}
		if (put(x, i, &cell,
			i < RETURNED_COLUMNS ? x->front
			: bad                ? x->bad
					     : x->cell,
			e) == -1)
			return -1;
		if (bad && x->notes < XLSX_RETURNED_NOTES &&
		    note(x, i, f, n, e) == -1)
			return -1;
	}
	x->row++;
	return 0;
}

int
xlsx_returned_finish(struct xlsx_returned *x, struct err *e)
{
	lxw_workbook *book = x->book;
	lxw_error rc;

	if (x->failed)
		return fault(x, "it failed before", e);
	x->book = NULL;
	rc = workbook_close(book);
	return rc == LXW_NO_ERROR ? 0 : fault(x, lxw_strerror(rc), e);
}

void
xlsx_returned_close(struct xlsx_returned *x)
{
	if (x == NULL)
		return;
	if (x->book != NULL)
		lxw_workbook_free(x->book);
	free(x->folder);
	free(x->name);
	free(x);
}
