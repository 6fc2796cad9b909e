#ifndef ZAYTON_FORM_XLSX_H
#define ZAYTON_FORM_XLSX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "form/container.h"
#include "form/csv.h"

struct err;

/*
 * A workbook's sheets as rows of text, handed out like those of a CSV: a cell
 * has the text that a person sees where that matters (xlsx_cell.h), formulas
 * their last value, rich text without its dress. Hidden rows are rows like any
 * other, charts and macros are not looked at. Memory does not grow with the
 * workbook: sheets are streamed, shared strings kept as xlsx_text.h says.
 */

/*
 * The parts of the workbook, one at a time and in any order. open: 1 it is
 * there, 0 it is not, -1 failed. read: 0 at the end, when its checksum was
 * found right.
 */
struct xlsx_parts {
	int (*open)(void *arg, const char *part, struct err *e);
	ssize_t (*read)(void *arg, void *buf, size_t size, struct err *e);
	void *arg;
	uint64_t packed; /* bytes of the workbook: what ratios are held to */
	int spill;       /* where strings go that do not fit; -1 nowhere */
	uint64_t spill_from;
};

enum { XLSX_SHEETS = 256 };

struct xlsx;

/*
 * Reads what all sheets share. ERR_SENDER where it is no workbook, is damaged,
 * or has a document type. p is copied; what it points to must outlive the
 * result.
 */
int xlsx_open(const struct xlsx_parts *p, const struct container_limits *l,
    struct xlsx **ret_x, struct err *e);
void xlsx_close(struct xlsx *x);

/* Sheets with cells, in the order of their tabs. */
size_t xlsx_count(const struct xlsx *x);
const char *xlsx_name(const struct xlsx *x, size_t i);
int xlsx_is_hidden(const struct xlsx *x, size_t i);

/* Whether there are macros in it. */
int xlsx_has_macros(const struct xlsx *x);

/* Starts on a sheet, from its beginning. */
int xlsx_sheet(struct xlsx *x, size_t i, struct err *e);

/* Whether no row of the sheet came yet. */
int xlsx_is_blank(const struct xlsx *x);

/*
 * 1 the next row, valid until the next call, 0 no more, -1 failed. Its record
 * and line are the number at its left. Blank rows are passed over; as a sheet has no
 * cells where nothing was typed, a row is filled up to the widest before it.
 */
int xlsx_next(struct xlsx *x, struct csv_row *row, struct err *e);

#endif
