#ifndef ZAYTON_FORM_XLSX_CELL_H
#define ZAYTON_FORM_XLSX_CELL_H

#include <stddef.h>
#include <stdint.h>

#include "sys/buf.h"

/*
 * A number in a sheet says only with its format what it is: 41706 is a day.
 * Here numbers become the text that a person reads there, as far as that
 * matters: days and times, per cents, codes with zeros in front. Nothing is
 * rounded for display; what a spreadsheet itself cannot keep (more than 15
 * digits) is written as it would show it, 3.5E+17, so that rules find it.
 */

enum xlsx_kind {
	XLSX_PLAIN,
	XLSX_DAY,
	XLSX_MOMENT, /* a day and a time */
	XLSX_TIME,
	XLSX_MONTH,
	XLSX_YEAR,
	XLSX_PERCENT,
	XLSX_ZEROS /* 000000 */
};

struct xlsx_format {
	uint8_t kind;
	uint8_t width; /* of XLSX_ZEROS */
};

/* A format that every workbook has, by its number. */
struct xlsx_format xlsx_format_known(unsigned id);

/* A format by its code, such as yyyy"年"m"月";@ */
struct xlsx_format xlsx_format_of(const char *code);

/*
 * Appends the text of a number as the sheet has it. from_1904: the workbook
 * counts its days from 1904.
 */
void xlsx_number(const char *s, size_t len, struct xlsx_format f, int from_1904,
    struct buf *out);

/* _x000D_ and the like, in place; returns the new length. */
size_t xlsx_unescape(char *s, size_t len);

#endif
