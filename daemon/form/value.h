#ifndef ZAYTON_FORM_VALUE_H
#define ZAYTON_FORM_VALUE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Values with a type, and the parsers that make them out of the text of a
 * cell, folded or not. Results are touched only where the verdict is VALUE_OK,
 * but for text in a caller's buffer, which is "" for every other verdict.
 * (Dates are in date.h.)
 */

enum value_kind {
	VALUE_NULL,
	VALUE_TEXT,
	VALUE_INT,
	VALUE_REAL,
	VALUE_MONEY /* num in fen */
};

struct value {
	enum value_kind kind;
	const char *text; /* VALUE_TEXT; not owned, not NUL-terminated */
	size_t len;
	int64_t num;
	double real;
};

/* The first four are no faults, the others are findings. */
enum value_verdict {
	VALUE_OK,
	VALUE_EMPTY,  /* nothing, or a word for nothing */
	VALUE_OPEN,   /* a term without end */
	VALUE_FILLER, /* 0 or 1900-01-01 for no date: nothing, with a warning */
	VALUE_FORMAT, /* no such thing */
	VALUE_NO_DAY, /* a month or day that does not exist */
	VALUE_SHORT_YEAR,  /* a year of two digits, or of the Republic */
	VALUE_YEAR_RANGE,  /* before 1800 */
	VALUE_GROUPING,    /* commas not between groups of three */
	VALUE_VAGUE,       /* about, at least, more than */
	VALUE_FRACTION,    /* not a whole number */
	VALUE_RANGE,       /* too large to be kept */
	VALUE_SCIENTIFIC,  /* rounded for display by a spreadsheet */
	VALUE_SHEET_ERROR, /* #VALUE! and its like */
	VALUE_VERDICTS
};

/* A stable lower-case word for a verdict: "ok", "no_day", "grouping" ... */
const char *value_verdict_name(enum value_verdict v);

/* Whether the verdict is a finding. */
int value_is_refusal(enum value_verdict v);

/* A whole number: 1,234 and 2015.0 and full-width digits are ones. */
enum value_verdict value_int(const char *s, size_t len, int64_t *ret_n);

/* A decimal number; a per cent sign divides by a hundred. */
enum value_verdict value_decimal(const char *s, size_t len, double *ret_n);

/* Yes or no. */
enum value_verdict value_bool(const char *s, size_t len, int *ret_yes);

/*
 * An amount in fen, exactly; what is finer than a fen is rounded half away
 * from zero. unit is what the header says, 1 for yuan and 10000 for wan yuan;
 * a power of ten. A unit in the cell wins. currency is the code the cell
 * names, else CNY.
 */
enum value_verdict value_money(const char *s, size_t len, int64_t unit,
    int64_t *ret_fen, char currency[4]);

enum { VALUE_MONEY_SIZE = 24 };

/* Fen as yuan with two places, "-1234.00". Returns the length. */
size_t value_money_text(int64_t fen, char *out, size_t size);

/*
 * The unit a header gives in brackets or at its end, such as 注册资本(万元):
 * 1, 100, 1000, 10000 and so on, 1 where it gives none.
 */
int64_t value_unit_of(const char *header, size_t len);

/*
 * What all parsers begin with: the text folded into out of size bytes, VALUE_OK
 * to go on, VALUE_EMPTY, or the finding it is as a whole.
 */
enum value_verdict value_begin(const char *s, size_t len, char *out,
    size_t size, size_t *ret_len);

#endif
