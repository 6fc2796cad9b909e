#ifndef ZAYTON_QUALITY_POLICY_H
#define ZAYTON_QUALITY_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "quality/metric.h"

/*
 * What is asked of the data: thresholds, weights, and what cannot be known
 * from a data standard alone. rules/quality.lua says it (rule/box_quality.h);
 * what it leaves out is as in the standard's metrics.
 */

enum {
	POLICY_NAME = 64,
	POLICY_RANGES = 16,
	POLICY_EXPECTED = 12,
	POLICY_ANY = 4 /* fields of which one has to be there */
};

/* Plausible values of a number. */
struct policy_range {
	char field[POLICY_NAME];
	double low;
	double high;
};

/*
 * A conditional field: where the condition holds one of the fields has a
 * value. Without when and from it always holds.
 */
struct policy_expected {
	size_t n;
	char any[POLICY_ANY][POLICY_NAME];
	char when[POLICY_NAME]; /* this field has a value; "" */
	char is[POLICY_NAME];   /* and that is the value; "" any */
	char from[16];          /* rows of that business date on; "" all */
};

struct policy_dataset {
	char dataset[POLICY_NAME];
	struct metric_bounds bounds[METRICS];
	uint32_t refuses; /* metrics whose breach refuses a file, as bits */
	int latency;      /* days from the source to here */
	char dated[POLICY_NAME]; /* the date that is of the period; "" */
	int late;                /* days it may lie before the period */
	int whole; /* each period has all enterprises; -1: if it has a field
		      for it */
	size_t nranges;
	struct policy_range range[POLICY_RANGES];
	size_t nexpected;
	struct policy_expected expected[POLICY_EXPECTED];
};

struct policy {
	int block_rows; /* a smaller denominator never blocks */
	double weight[DIMENSIONS];
	struct policy_dataset
	    common; /* of data sets with nothing of their own */
	size_t ndatasets;
	struct policy_dataset *dataset; /* owned */
};

/* Nothing but the standard's metrics. */
void policy_init(struct policy *p);
void policy_done(struct policy *p);

/* One more data set, as the common one; what the rules say is put in. */
struct policy_dataset *policy_add(struct policy *p, const char *dataset);
const struct policy_dataset *policy_of(const struct policy *p,
    const char *dataset);

/* Whether a number refuses the file it is of. */
int policy_blocks(const struct policy *p, const char *dataset, enum metric m,
    const struct measure *x);
/* Its grade; all of a data set's are asked for in turn. */
enum grade policy_grade(const struct policy *p, const char *dataset,
    enum metric m, const struct measure *x);

/*
 * The first of several measures that refuses the file, METRICS where none
 * does.
 */
enum metric policy_breach(const struct policy *p, const char *dataset,
    const struct measure x[METRICS]);

#endif
