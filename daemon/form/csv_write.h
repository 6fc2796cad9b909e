#ifndef ZAYTON_FORM_CSV_WRITE_H
#define ZAYTON_FORM_CSV_WRITE_H

#include <stddef.h>

#include "sys/buf.h"

/*
 * A cell of a CSV that a spreadsheet will open: quoted where it must be; what
 * it would compute is made harmless with a leading '. The sender's NULs go.
 */
void csv_put_cell(struct buf *b, const char *s, size_t len);

/* Whether a text is one that was made harmless so: behind its ' as it was. */
int csv_is_guarded(const char *s, size_t len);

/*
 * Its parts: whether it is made harmless, whether it has to be quoted, and the
 * cell in quotes or without.
 */
int csv_is_formula(const char *s, size_t len);
int csv_needs_quotes(const char *s, size_t len);
void csv_put_cell_as(struct buf *b, const char *s, size_t len, int quotes);

/* The mark at the head of such a file, by which Excel knows UTF-8. */
#define CSV_MARK "\xef\xbb\xbf"

#endif
