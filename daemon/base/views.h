#ifndef ZAYTON_BASE_VIEWS_H
#define ZAYTON_BASE_VIEWS_H

#include "base/db.h"
#include "rule/pack.h"
#include "rule/schema.h"

/*
 * A dataset in the base: one table d_<dataset> with all versions of its rows
 * (the current ones have no _to), and the public views std_<dataset> and
 * hist_<dataset> over it. Money is kept in fen and shown in yuan; a date that
 * may say "for ever" has a column <field>_open behind the fields.
 */

/* Makes what is missing and the views anew, for the newest of each standard. */
int views_make(struct db *db, const struct schemas *s, struct err *e);

/* The type of a column of a field. */
const char *views_column_type(enum field_type t);

/* The labels of the code lists of a pack, for <field>_label. */
int views_labels(struct db *db, const struct pack *p, struct err *e);

#endif
