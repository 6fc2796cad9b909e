#ifndef ZAYTON_WAY_REPORT_H
#define ZAYTON_WAY_REPORT_H

#include <stddef.h>

#include "form/csv.h"
#include "rule/row.h"

struct err;

/*
 * Rejected rows back to the sender: one CSV per bundle, UTF-8 with a mark, so
 * that spreadsheets open it. Each row comes with its bundle, its file, its
 * number and why, in both languages (form/returned.h), and then as it was sent,
 * below the headers as sent. Cells that a spreadsheet would compute are made
 * harmless with a leading '.
 */
struct report;

/* Writes to fd; it and the bundle's id stay the caller's. */
struct report *report_new(int fd, const char *id);
void report_free(struct report *r);

/* The file that the next rows are of. header must outlive them. */
void report_file(struct report *r, const char *path, const struct cell *header,
    size_t n);

/* A row that was rejected, with the record it was made of. */
int report_row(struct report *r, const struct row *row,
    const struct csv_row *record, struct err *e);

/* Writes what is left. Without a rejected row the file stays empty. */
int report_finish(struct report *r, struct err *e);

#endif
