#include <stdlib.h>
#include <string.h>

#include <xlsxwriter.h>

#include "form/text.h"
#include "form/utf8.h"
#include "form/xlsx_write.h"
#include "sys/err.h"
#include "sys/mem.h"

enum { NAME_CHARS = 31, CELL_BYTES = 32767, WIDTH = 16 };

struct xlsx_write {
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *head;
	lxw_row_t row;
	lxw_col_t column;
	char *folder; /* owned */
	char *text;   /* owned: CELL_BYTES and a NUL */
};

int
xlsx_write_open(const char *path, const char *folder, struct xlsx_write **ret_w,
    struct err *e)
{
	struct xlsx_write *w = xcalloc(1, sizeof(*w));
	lxw_workbook_options options = { .constant_memory = 1 };
	/* The same rows on another day are the same bytes. */
	lxw_doc_properties about = { .created = 1390867200 };

	w->folder = xstrdup(folder);
	w->text = xmalloc(CELL_BYTES + 1);
	options.tmpdir = w->folder;
	w->book = workbook_new_opt(path, &options);
	if (w->book == NULL) {
		(void)xlsx_write_close(w, e);
		return err_set(e, ERR_RETRY, "cannot make a workbook");
	}
	(void)workbook_set_properties(w->book, &about);
	w->head = workbook_add_format(w->book);
	format_set_bold(w->head);
	*ret_w = w;
	return 0;
}

/* Cut at what a name may have, without what it may not. */
static void
sheet_name(const char *name, char *out, size_t size)
{
	size_t len = strlen(name);
	size_t n = 0;
	size_t at = 0;

	for (size_t chars = 0; at < len && chars < NAME_CHARS; chars++) {
		uint32_t cp;
		size_t k = utf8_get(name + at, len - at, &cp);

		if (n + k + 1 > size)
			break;
		if (cp >= 128 || strchr("[]:*?/\\'", (int)cp) == NULL) {
			memcpy(out + n, name + at, k);
			n += k;
		}
		at += k;
	}
	out[n] = '\0';
}

int
xlsx_write_sheet(struct xlsx_write *w, const char *name,
    const char *const *title, size_t n, struct err *e)
{
	char cut[4 * NAME_CHARS + 1];

	sheet_name(name, cut, sizeof(cut));
	w->sheet = workbook_add_worksheet(w->book, cut);
	if (w->sheet == NULL)
		w->sheet = workbook_add_worksheet(w->book, NULL);
	if (w->sheet == NULL)
		return err_set(e, ERR_RETRY, "cannot add a sheet");
	(void)worksheet_set_column(w->sheet, 0, (lxw_col_t)(n - 1), WIDTH,
	    NULL);
	worksheet_freeze_panes(w->sheet, 1, 0);
	w->row = 0;
	w->column = 0;
	for (size_t i = 0; i < n; i++)
		(void)worksheet_write_string(w->sheet, 0, (lxw_col_t)i,
		    title[i], w->head);
	w->row = 1;
	return 0;
}

void
xlsx_write_text(struct xlsx_write *w, const char *s, size_t len)
{
	len = text_cut(s, len, CELL_BYTES);
	memcpy(w->text, s, len);
	w->text[len] = '\0';
	(void)worksheet_write_string(w->sheet, w->row, w->column++, w->text,
	    NULL);
}

void
xlsx_write_number(struct xlsx_write *w, double v)
{
	(void)worksheet_write_number(w->sheet, w->row, w->column++, v, NULL);
}

void
xlsx_write_blank(struct xlsx_write *w)
{
	w->column++;
}

void
xlsx_write_row(struct xlsx_write *w)
{
	w->row++;
	w->column = 0;
}

int
xlsx_write_close(struct xlsx_write *w, struct err *e)
{
	lxw_error rc = LXW_NO_ERROR;

	if (w == NULL)
		return 0;
	if (w->book != NULL)
		rc = workbook_close(w->book);
	free(w->folder);
	free(w->text);
	free(w);
	return rc == LXW_NO_ERROR
		   ? 0
		   : err_set(e, ERR_RETRY, "cannot write a workbook: %s",
			 lxw_strerror(rc));
}
