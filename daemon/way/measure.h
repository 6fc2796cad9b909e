#ifndef ZAYTON_WAY_MEASURE_H
#define ZAYTON_WAY_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "quality/policy.h"
#include "rule/row.h"

/*
 * The worker's part of the metrics: what only it can see, counted as the rows
 * of a file go by. One for each data set of the file.
 */

struct ruleset;
struct measure_codes;

struct measure_lane {
	const struct expect_masks *masks;
	const struct policy_dataset *policy;
	const struct schema *schema;
	struct measure x[METRICS];
	struct measure_codes *codes; /* owned: source codes met so far */
	int received;                /* day */
	int first, last;             /* days of the declared period */
	int dated;                   /* field that has to be in it, -1 none */
	char period[16];             /* of the last row, and */
	int inside;                  /* whether it is in the declared one */
};

/* A source code that no table knows. */
struct measure_unknown {
	int field;
	uint64_t n;
	char text[64]; /* cut */
};

/* received: the day, YYYY-MM-DD. All of them outlive it. */
void measure_open(struct measure_lane *l, struct ruleset *rs,
    const struct schema *s, const struct policy_dataset *d,
    const char *received);
void measure_close(struct measure_lane *l);

/* The period that was declared for the file, "" where none was. */
void measure_period(struct measure_lane *l, const char *period);

/* Any row of the data set, cleaned. */
void measure_row(struct measure_lane *l, const struct row *r);

/* After the rows: mandatory fields that have neither column nor value. */
void measure_columns(struct measure_lane *l, uint64_t lacking);
/* Rows as declared and as they came. */
void measure_declared(struct measure_lane *l, uint64_t said, uint64_t came);

/* The unknown codes in the order they were met, NULL behind the last. */
const struct measure_unknown *measure_unknown(const struct measure_lane *l,
    size_t n);

#endif
