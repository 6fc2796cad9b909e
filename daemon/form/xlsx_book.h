#ifndef ZAYTON_FORM_XLSX_BOOK_H
#define ZAYTON_FORM_XLSX_BOOK_H

#include <jansson.h>

#include "sys/buf.h"
#include "sys/err.h"

/*
 * Workbooks that are written whole, into memory by way of a temporary file in
 * a folder that may be written to. The same content makes the same bytes.
 */
struct lxw_workbook;

/* fill adds the sheets; 0 where there was no memory for one. */
int xlsx_book_make(const char *folder,
    int (*fill)(struct lxw_workbook *book, void *arg), void *arg, struct buf *b,
    struct err *e);

/*
 * A workbook of plain tables: a list of {name, head: [title ...], width:
 * [characters ...], rows: [[text or number ...] ...]}.
 */
int xlsx_book_tables(const json_t *sheets, const char *folder, struct buf *b,
    struct err *e);

#endif
