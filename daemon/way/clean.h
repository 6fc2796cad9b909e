#ifndef ZAYTON_WAY_CLEAN_H
#define ZAYTON_WAY_CLEAN_H

#include <stddef.h>

#include "form/csv.h"
#include "rule/script.h"

struct err;

/*
 * A record of a file -> a row with typed values and findings, by the rules of
 * its dataset. What is wrong with the record as such (a fault of the CSV, too
 * few or too many cells) is found here, what is wrong with its values by the
 * rules.
 */
struct clean_file {
	struct ruleset *rules;
	const struct schema *schema;
	const struct match *match;
	size_t width; /* columns of the header */
	const char *period;
	const char *today;
};

/*
 * Cleans one record into r, whose raw cells point into it. -1 only where the
 * script failed (ERR_HOLD).
 */
int clean_record(const struct clean_file *f, const struct csv_row *record,
    struct row *r, struct err *e);

#endif
