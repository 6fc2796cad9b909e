#ifndef ZAYTON_FORM_XLSX_WRITE_H
#define ZAYTON_FORM_XLSX_WRITE_H

#include <stddef.h>

struct err;

/*
 * A small writer of workbooks, for templates: cells are text, sheets come one
 * after the other and are streamed. The same calls make the same bytes: no
 * clock, no name of a machine.
 *
 *	struct xlsx_writer *w = xlsx_writer_open(fd);
 *	xlsx_writer_sheet(w, &(struct xlsx_writer_sheet){ .name = "用水缴费",
 *	    .column = columns, .ncolumns = 9, .freeze = 1 }, &e);
 *	xlsx_writer_row(w, XLSX_WRITE_HEAD, cells, 9);
 *	xlsx_writer_list(w, 4, 1, "代码", 0, 12);
 *	... xlsx_writer_sheet(w, &notes, &e); rows ...
 *	xlsx_writer_sheet(w, &(struct xlsx_writer_sheet){ .name = "代码",
 *	    .hidden = 1 }, &e); rows ...
 *	rc = xlsx_writer_close(w, &e);
 *
 * Failures wait for the next call that has an err.
 */
struct xlsx_writer;

enum xlsx_write_style {
	XLSX_WRITE_PLAIN,
	XLSX_WRITE_HEAD, /* bold, on grey, in the middle */
	XLSX_WRITE_WRAP  /* lines broken to the width: for explanations */
};

/* A column; width is in characters, 0 as the program likes. */
struct xlsx_writer_column {
	unsigned width;
	int text; /* what is typed there is text ('@'): 007 stays 007 */
};

struct xlsx_writer_sheet {
	const char *name; /* at most 31 characters, none of []:*?/\ */
	const struct xlsx_writer_column *column;
	size_t ncolumns;
	unsigned freeze; /* rows that stay at the top */
	int hidden;
};

/* Writes to fd, which stays the caller's. */
struct xlsx_writer *xlsx_writer_open(int fd);

/* Ends the sheet before and begins one. All of s is used up at once. */
int xlsx_writer_sheet(struct xlsx_writer *w, const struct xlsx_writer_sheet *s,
    struct err *e);

/* The next row of the sheet. NULL or "" is an empty cell. */
void xlsx_writer_row(struct xlsx_writer *w, enum xlsx_write_style style,
    const char *const *cell, size_t n);

/*
 * The cells of a column (counted from 0) from row (from 0) down take only the
 * values that stand in the first rows of column from of the sheet, which may
 * come later and be hidden. A program offers them as a list, and warns at any
 * other.
 */
void xlsx_writer_list(struct xlsx_writer *w, size_t column, size_t row,
    const char *sheet, size_t from, size_t rows);

/* Ends the workbook and frees w, whatever happens. */
int xlsx_writer_close(struct xlsx_writer *w, struct err *e);

/* Frees it half done. */
void xlsx_writer_free(struct xlsx_writer *w);

#endif
