#ifndef ZAYTON_QUALITY_BAND_H
#define ZAYTON_QUALITY_BAND_H

#include <stddef.h>

/*
 * Where a figure may be expected to lie by those of earlier periods: the
 * median and, to both sides, a multiple of the median of their distances from
 * it. One wild period moves neither. A pure part.
 */

enum { BAND_LEAST = 2 /* earlier figures, to say anything */ };

struct band_width {
	double spread; /* times the usual distance */
	double least;  /* of the median: what always may differ ... */
	double most;   /* ... and what never may, however it went before */
	double floor;  /* what always may differ, in the figure's own unit */
};

struct band {
	double median;
	double low;
	double high;
};

/* The usual widths for numbers of rows, and for rates from 0 to 1. */
extern const struct band_width band_rows;
extern const struct band_width band_rate;

/* 0, or -1 where there are too few figures. They are put in order. */
int band_make(double *figure, size_t n, const struct band_width *w,
    struct band *ret_b);

/* -1 below, 0 inside, 1 above. */
int band_holds(const struct band *b, double figure);

#endif
