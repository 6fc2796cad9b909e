#ifndef ZAYTON_FORM_CSV_H
#define ZAYTON_FORM_CSV_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * A CSV reader over UTF-8 text that comes in pieces. Separator detected, lines
 * end in LF, CR LF or CR, fields quoted as in RFC 4180. No fault ever stops
 * it: a row that cannot be read is handed out with its fault and the reader
 * goes on with the next line. An opening quote that nobody closes is taken
 * for a character once the field has grown too long, so it costs one row.
 * Memory is bounded by the limits and the size of a piece.
 */

struct csv_limits {
	size_t row_bytes;
	size_t fields;
	size_t quote_bytes; /* of one quoted field */
	size_t quote_lines;
};

/* 1 MiB, 2048 fields, 64 KiB, 100 lines. */
extern const struct csv_limits csv_limits_default;

enum csv_fault {
	CSV_FINE,
	CSV_QUOTE,       /* opened, never closed */
	CSV_AFTER_QUOTE, /* text behind a closing quote */
	CSV_NUL,
	CSV_FIELDS, /* more than limits.fields; the rest is dropped */
	CSV_LONG    /* longer than limits.row_bytes; cut */
};

struct csv_field {
	const char *data; /* not NUL-terminated */
	size_t len;
};

/* Points into the reader, valid until the next call. */
struct csv_row {
	const struct csv_field *field;
	size_t n;
	uint64_t line;   /* physical, from 1, where the record starts */
	uint64_t record; /* as a spreadsheet numbers rows, from 1 */
	enum csv_fault fault;
	uint64_t fault_line; /* where the fault stands */
};

struct csv {
	struct csv_limits limits;
	char separator; /* 0 until it is known */
	int ended;
	int begun;
	int drop;     /* inside a row that was too long */
	int after_cr; /* a line feed next belongs to the line before */
	size_t expect;
	char *buf; /* owned */
	size_t room;
	size_t at; /* first byte not yet handed out */
	size_t len;
	size_t tried; /* up to here there is no whole record */
	uint64_t line;
	uint64_t record;
	struct csv_field *field; /* owned */
	uint8_t stop[256];
};

void csv_init(struct csv *c, const struct csv_limits *l);
void csv_done(struct csv *c);

/* Comma, tab, semicolon or '|', where somebody said so. Before the first row. */
void csv_set_separator(struct csv *c, char separator);

/*
 * How many fields a row has, once the header is known. A quote that swallows
 * whole rows of that many fields is then found even where another closes it.
 */
void csv_expect(struct csv *c, size_t fields);

/* The next piece of text; copied. at_end: nothing comes after it. */
void csv_feed(struct csv *c, const char *text, size_t len, int at_end);

/*
 * 1 a row, 0 more text is wanted (or all is read, after at_end). Rows whose
 * fields are all blank are passed over, but numbered.
 */
int csv_next(struct csv *c, struct csv_row *row);

/* The catalogue's code of a fault. */
const char *csv_fault_code(enum csv_fault fault);

/* A copy that lasts; the memory is one piece, to be freed by free(ret). */
struct csv_row *csv_row_copy(const struct csv_row *row);

/*
 * Which of the first rows is the header. known says how many cells of a row
 * are names of columns; the first row with the most of them is it, and what
 * stands above are titles. Where no cell is known, the first row that is as
 * wide as most and has a text in every cell. Returns its index, -1 if none.
 */
typedef size_t csv_known_fn(void *arg, const struct csv_row *row);
int csv_header(const struct csv_row *const *rows, size_t n, csv_known_fn *known,
    void *arg, size_t *ret_known);

/* 合计, 总计, 小计 ...: a row that adds up others. */
int csv_is_total(const struct csv_row *row);

/* 填报单位:, 制表人: ...: a line of the form below the table. */
int csv_is_note(const struct csv_row *row);

#endif
