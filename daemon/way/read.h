#ifndef ZAYTON_WAY_READ_H
#define ZAYTON_WAY_READ_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "form/csv.h"
#include "rule/match.h"

struct err;
struct returned;

/*
 * A member's bytes as records: decoded, cut into rows, the header found below
 * whatever titles stand above it, and the rows that are no data (totals, lines
 * of the form, the header again) passed over. Memory does not grow with the
 * file.
 */

struct read;

struct read_source {
	/* Fills buf; 0 at the end, -1 failed. */
	ssize_t (*pull)(void *arg, void *buf, size_t size, struct err *e);
	void *arg;
};

/* What a data package says about the member; NULL, "" or 0 where nothing. */
struct read_hints {
	const char *encoding;
	char delimiter;
};

/*
 * Starts on a member and finds its header among datasets of the provider.
 * Everything given must outlive the result but for the hints. ERR_SENDER where
 * there is no header.
 */
int read_open(const struct schemas *s, const char *provider,
    const struct read_source *source, const struct read_hints *hints,
    struct read **ret_r, struct err *e);
/*
 * As read_open, on the sheet that x was started on. Between this and
 * read_close x is not used otherwise.
 */
struct xlsx;
int read_open_sheet(const struct schemas *s, const char *provider,
    struct xlsx *x, struct read **ret_r, struct err *e);

void read_close(struct read *r);

/* The header's cells; they live as long as r. */
const struct cell *read_header(const struct read *r, size_t *ret_n);

/*
 * 1 the next row of data, valid until the next call, 0 no more, -1 failed. A
 * row with a fault is handed out as it is.
 */
int read_next(struct read *r, const struct csv_row **ret_row, struct err *e);

/*
 * A file of returned rows holds the rows of one file after the other, each
 * below its own header: read_header and read_next give those of the first,
 * without the columns in front, and read_section goes on to the next: 1, with
 * its header, 0 there is none, -1 failed.
 */
int read_section(struct read *r, struct err *e);
/* Which file the rows at hand are of; NULL where they are not returned ones. */
const struct returned *read_returned(const struct read *r);
/* Whether its rows stand below a header of their own, not another file's. */
int read_has_header(const struct read *r);
/* The row that the last one corrects; 0 where its columns were changed. */
uint64_t read_corrects(const struct read *r);

/* How the text was decoded, so far; XLSX where it is of a sheet. */
const char *read_encoding(const struct read *r);

#endif
