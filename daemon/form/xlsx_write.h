#ifndef ZAYTON_FORM_XLSX_WRITE_H
#define ZAYTON_FORM_XLSX_WRITE_H

#include <stddef.h>

struct err;

/*
 * A workbook of plain tables, a sheet each, written row by row: its memory
 * does not grow with the rows. Texts stay texts, whatever they look like.
 */

struct xlsx_write;

/* Makes path; folder is for what does not fit into memory. */
int xlsx_write_open(const char *path, const char *folder,
    struct xlsx_write **ret_w, struct err *e);

/* A sheet with a heading row in bold, kept in sight. The name is cut. */
int xlsx_write_sheet(struct xlsx_write *w, const char *name,
    const char *const *title, size_t n, struct err *e);

/* The next cell to the right; then the next row. */
void xlsx_write_text(struct xlsx_write *w, const char *s, size_t len);
void xlsx_write_number(struct xlsx_write *w, double v);
void xlsx_write_blank(struct xlsx_write *w);
void xlsx_write_row(struct xlsx_write *w);

/* In any case w is gone. */
int xlsx_write_close(struct xlsx_write *w, struct err *e);

#endif
