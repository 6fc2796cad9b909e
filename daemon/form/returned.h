#ifndef ZAYTON_FORM_RETURNED_H
#define ZAYTON_FORM_RETURNED_H

#include <stddef.h>
#include <stdint.h>

#include "form/csv.h"

/*
 * Returned rows: the columns that stand in front of a row as it was sent, and
 * say which row it is and why it went back. Whoever mends the row and sends
 * the file back leaves them alone: by them it is known what is corrected.
 */

enum returned_column {
	RETURNED_BUNDLE,
	RETURNED_FILE,
	RETURNED_ROW,
	RETURNED_FIELD,
	RETURNED_RULE,
	RETURNED_ZH,
	RETURNED_EN,
	RETURNED_COLUMNS
};

extern const char *const returned_header[RETURNED_COLUMNS];

enum { RETURNED_BUNDLE_SIZE = 27, RETURNED_PATH_SIZE = 512 };

/* Which row of which file of which bundle. */
struct returned {
	char bundle[RETURNED_BUNDLE_SIZE];
	char path[RETURNED_PATH_SIZE];
	uint64_t row;
};

/* Whether a row is the header of returned rows. */
int returned_is_header(const struct csv_row *row);

/* Reads the columns of a row: 0, or -1 where somebody changed them. */
int returned_read(const struct csv_row *row, struct returned *ret_r);

/* Whether two are of one file. */
int returned_same_file(const struct returned *a, const struct returned *b);

#endif
