#ifndef ZAYTON_WAY_CLEAN_H
#define ZAYTON_WAY_CLEAN_H

#include <stddef.h>
#include <stdint.h>

#include "form/csv.h"
#include "rule/script.h"
#include "sys/buf.h"
#include "sys/err.h"
#include "way/measure.h"

/*
 * A record of a file -> a row with typed values and findings, by the rules of
 * its dataset. What is wrong with the record as such (a fault of the CSV, too
 * few or too many cells) is found here, what is wrong with its values by the
 * rules. In a file that mixes datasets each record is cleaned by the one that
 * the script's route names for it.
 */

/* A dataset of the file, and the columns it takes. */
struct clean_lane {
	struct ruleset *rules;
	const struct schema *schema;
	struct match *match; /* owned; NULL: the header does not do for it */
	struct err why;      /* then */
	uint64_t rows;       /* that are of it, taken or not */
	uint64_t lacking;    /* mandatory fields without column or value */
	struct measure_lane measure;
};

struct clean_file {
	size_t nlanes;
	struct clean_lane *lane; /* owned; the first is the file's own */
	struct clean_lane *last; /* of the last record */
	int route;               /* the column that decides, -1: none */
	struct buf expected;     /* its values, for people */
	size_t width;            /* columns of the header */
	struct row scratch;      /* for looks at where cells slipped */
	unsigned int looks;      /* so far */
	const struct policy *policy;
	const char *period;
	const char *today;
};

/*
 * Makes ready for the file of a dataset with this header. ERR_SENDER where a
 * column it needs is missing. today is the day of receipt; it and the policy
 * outlive the file. clean_close in any case, on zeros too.
 */
int clean_open(struct clean_file *f, struct script *s,
    const struct policy *policy, const struct schema *schema,
    const struct cell *header, size_t n, const char *today, struct err *e);
/* The period of the file as far as it was declared, "" not; it outlives it. */
void clean_period(struct clean_file *f, const char *period);
void clean_close(struct clean_file *f);

/* The cells of a record as the raw cells of a row that was begun. */
void clean_cells(const struct clean_lane *l, const struct csv_row *record,
    struct row *r);
/* Nothing but spaces. */
int clean_is_blank(const struct csv_field *f);

/* Whether a column of the header is of use to any dataset of the file. */
int clean_uses(const struct clean_file *f, size_t column);

/*
 * Cleans one record into r, whose raw cells point into it. -1 only where the
 * script failed (ERR_HOLD).
 */
int clean_record(struct clean_file *f, const struct csv_row *record,
    struct row *r, struct err *e);

#endif
