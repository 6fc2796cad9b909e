#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "form/xlsx_book.h"
#include "sys/file.h"
#include "sys/mem.h"

/* Not now: the same content makes the same bytes. */
enum { CREATED = 1390867200 };

static int
write_book(const char *path, char *folder,
    int (*fill)(struct lxw_workbook *book, void *arg), void *arg, struct err *e)
{
	lxw_workbook_options options = { .tmpdir = folder };
	lxw_doc_properties about = { .created = CREATED };
	lxw_workbook *book = workbook_new_opt(path, &options);
	lxw_error rc = LXW_ERROR_MEMORY_MALLOC_FAILED;

	if (book != NULL) {
		int filled;

		(void)workbook_set_properties(book, &about);
		filled = fill(book, arg);
		rc = workbook_close(book);
		if (!filled)
			rc = LXW_ERROR_MEMORY_MALLOC_FAILED;
	}
	return rc == LXW_NO_ERROR
		   ? 0
		   : err_set(e, ERR_RETRY, "cannot make a workbook: %s",
			 lxw_strerror(rc));
}

int
xlsx_book_make(const char *folder,
    int (*fill)(struct lxw_workbook *book, void *arg), void *arg, struct buf *b,
    struct err *e)
{
	char *path = xasprintf("%s/book-XXXXXX", folder);
	char *tmp = xasprintf("%s", folder);
	int fd = mkstemp(path);
	int rc = -1;

	if (fd == -1) {
		err_errno(e, ERR_RETRY, "cannot write below '%s'", folder);
	} else {
		(void)close(fd);
		rc = write_book(path, tmp, fill, arg, e);
		if (rc == 0)
			rc = file_read(AT_FDCWD, path, b, e);
		(void)unlink(path);
	}
	free(tmp);
	free(path);
	return rc;
}

/* --- tables ------------------------------------------------------------- */

static void
put_row(lxw_worksheet *sheet, size_t row, const json_t *cells,
    lxw_format *format)
{
	const json_t *v;
	size_t i;

	json_array_foreach(cells, i, v) {
		if (json_is_number(v))
			(void)worksheet_write_number(sheet, (lxw_row_t)row,
			    (lxw_col_t)i, json_number_value(v), format);
		else
			(void)worksheet_write_string(sheet, (lxw_row_t)row,
			    (lxw_col_t)i, json_string_value(v), format);
	}
}

static int
add_table(lxw_workbook *book, const json_t *table, lxw_format *head,
    lxw_format *text)
{
	lxw_worksheet *sheet = workbook_add_worksheet(book,
	    json_string_value(json_object_get(table, "name")));
	const json_t *v;
	size_t i;

	if (sheet == NULL)
		return 0;
	json_array_foreach(json_object_get(table, "width"), i, v) {
		(void)worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i,
		    json_number_value(v), NULL);
	}
	put_row(sheet, 0, json_object_get(table, "head"), head);
	json_array_foreach(json_object_get(table, "rows"), i, v) {
		put_row(sheet, i + 1, v, text);
	}
	worksheet_freeze_panes(sheet, 1, 0);
	return 1;
}

static int
fill_tables(struct lxw_workbook *book, void *arg)
{
	lxw_format *head = workbook_add_format(book);
	lxw_format *text = workbook_add_format(book);
	const json_t *table;
	size_t i;
	int good = 1;

	format_set_bold(head);
	format_set_text_wrap(text);
	format_set_align(text, LXW_ALIGN_VERTICAL_TOP);
	json_array_foreach((json_t *)arg, i, table) {
		good &= add_table(book, table, head, text);
	}
	return good;
}

int
xlsx_book_tables(const json_t *sheets, const char *folder, struct buf *b,
    struct err *e)
{
	json_t *own = json_incref((json_t *)(uintptr_t)sheets);
	int rc = xlsx_book_make(folder, fill_tables, own, b, e);

	json_decref(own);
	return rc;
}
