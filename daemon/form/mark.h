#ifndef ZAYTON_FORM_MARK_H
#define ZAYTON_FORM_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "sys/buf.h"

/*
 * The mark of a receiver in what it was given: in the order of enterprises,
 * and in the choice between two ways to write the same cell. No fact is
 * altered. Both follow from a secret of the receiver's and the text itself, so
 * that a part of a leaked file is enough to name whose it was.
 */

enum { MARK_KEY = 32 };

/* Stands behind each cell of what is hashed. */
#define MARK_SEPARATOR "\x1f"

/* A pseudo-random number of a text, the receiver's own. */
uint64_t mark_of(const unsigned char key[MARK_KEY], const char *what,
    const void *p, size_t len);

/* Where an enterprise stands: they are in ascending order of this. */
uint64_t mark_order(const unsigned char key[MARK_KEY], const char *enterprise);

struct mark_cell {
	const char *text; /* NULL: nothing */
	size_t len;
	int number; /* digits, a sign, a point: no quotes in JSON */
};

/* A line of CSV, with its end. */
void mark_csv_row(struct buf *b, const unsigned char key[MARK_KEY],
    const struct mark_cell *cell, size_t n);
/* A line of JSON. */
void mark_json_row(struct buf *b, const unsigned char key[MARK_KEY],
    const char *const *name, const struct mark_cell *cell, size_t n);

/*
 * A line of such a file, looked at again: the bits it could be marked with,
 * how many there are, and what was hashed for them. 0 where it is none.
 */
struct mark_line {
	struct buf said;     /* the cells, to be hashed; the caller's */
	uint64_t quoted;     /* what each of the first 64 cells is */
	uint64_t free_cells; /* those that had a choice */
};

/* Reads a line from s; returns its length with its end, 0 at the end. */
size_t mark_csv_read(const char *s, size_t len, struct mark_line *l);
size_t mark_json_read(const char *s, size_t len, struct mark_line *l);

/* How many of its choices are as the key says, and *ret_n of how many. */
unsigned mark_agrees(const unsigned char key[MARK_KEY],
    const struct mark_line *l, unsigned *ret_n);

#endif
