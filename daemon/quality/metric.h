#ifndef ZAYTON_QUALITY_METRIC_H
#define ZAYTON_QUALITY_METRIC_H

#include <stdint.h>

/*
 * The metrics of data quality, by the dimensions of GB/T 36344-2018, and the
 * grade of a number. Every metric is a fraction; where its denominator is 0
 * nothing can be said (zayton-quality(7)). Pure: no base, no clock.
 */

enum dimension {
	DIMENSION_STANDARD,   /* 规范性 */
	DIMENSION_COMPLETE,   /* 完整性 */
	DIMENSION_ACCURATE,   /* 准确性 */
	DIMENSION_CONSISTENT, /* 一致性 */
	DIMENSION_TIMELY,     /* 时效性 */
	DIMENSION_ACCESSIBLE, /* 可访问性 */
	DIMENSIONS
};

enum metric {
	METRIC_N1,
	METRIC_N2,
	METRIC_N3,
	METRIC_N4,
	METRIC_N5,
	METRIC_C1,
	METRIC_C2,
	METRIC_C3,
	METRIC_C4,
	METRIC_A1,
	METRIC_A2,
	METRIC_A3,
	METRIC_A4,
	METRIC_A5,
	METRIC_A6,
	METRIC_S1,
	METRIC_S2,
	METRIC_S3,
	METRIC_T1,
	METRIC_T2,
	METRIC_T3,
	METRIC_T4,
	METRIC_V1,
	METRIC_V2,
	METRICS
};

/* The name of the row that holds a dataset's score. */
#define METRIC_SCORE "SCORE"

enum { SCORE_ONE = 10000 }; /* its denominator */

/* What is counted. */
enum metric_unit {
	UNIT_CELL,
	UNIT_COLUMN,
	UNIT_ROW,
	UNIT_CODE,
	UNIT_ENTITY,
	UNIT_BATCH,
	UNIT_QUERY
};

struct metric_bounds {
	double target;
	double warn;
	double block;
};

struct metric_info {
	const char *id;
	const char *clause; /* of GB/T 36344 */
	enum dimension dimension;
	enum metric_unit unit;
	int lower; /* the lower the better */
	const char *zh;
	const char *en;
	struct metric_bounds bounds; /* unless the rules say otherwise */
};

enum grade {
	GRADE_NONE, /* nothing can be said */
	GRADE_BEST, /* meets the target */
	GRADE_GOOD, /* meets the warning */
	GRADE_FAIR, /* does not block */
	GRADE_POOR
};

struct dimension_info {
	const char *zh;
	const char *en;
	double weight; /* in the score, unless the rules say otherwise */
};

/* A fraction as it was counted. */
struct measure {
	uint64_t numerator;
	uint64_t denominator;
};

const struct metric_info *metric_info(enum metric m);
/* METRICS where there is none of that id. */
enum metric metric_find(const char *id);
const struct dimension_info *metric_dimension(enum dimension d);

/* The grade of a fraction; lower: the lower the better. */
enum grade metric_grade(const struct measure *x, const struct metric_bounds *b,
    int lower);
/* The grade of a score in ten-thousandths. */
enum grade metric_grade_score(const struct measure *score);
/* "优" and so on; NULL for GRADE_NONE. */
const char *metric_grade_zh(enum grade g);

/*
 * The score of a dataset in ten-thousandths: the mean of each dimension's
 * metrics of which something can be said, weighted; denominator 0 where there
 * is none.
 */
struct measure metric_score(const struct measure x[METRICS],
    const double weight[DIMENSIONS]);

#endif
