#ifndef ZAYTON_WAY_SHIFT_H
#define ZAYTON_WAY_SHIFT_H

#include "way/clean.h"

/*
 * Where the cells of a record slipped. A separator inside a text splits a cell
 * in two, a cell too many pushes the others to the right: putting two
 * neighbours together again is tried everywhere, and the place where the rules
 * then have the least to say is where it happened.
 */

enum { SHIFT_LOOKS = 1000 }; /* records of a file that are looked at so */

/*
 * The column where a record with one cell too many slipped, -1 where none is
 * better than the others. scratch is overwritten. -1 also where the script
 * fails: that is told when a row is cleaned.
 */
int shift_column(const struct clean_file *f, const struct clean_lane *l,
    const struct csv_row *record, struct row *scratch);

#endif
