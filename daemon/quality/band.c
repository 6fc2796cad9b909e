#include <math.h>
#include <stdlib.h>

#include "quality/band.h"

/* A figure with half its rows is outside whatever went before. */
const struct band_width band_rows = { .spread = 3,
	.least = 0.2,
	.most = 0.45,
	.floor = 3 };
const struct band_width band_rate = { .spread = 3,
	.least = 0,
	.most = 1,
	.floor = 0.1 };

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), ascending);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

int
band_make(double *figure, size_t n, const struct band_width *w,
    struct band *ret_b)
{
	/* Of normal figures the median distance is 0.6745 of the deviation. */
	const double normal = 1.4826;
	double *distance;
	double width;

	if (n < BAND_LEAST)
		return -1;
	ret_b->median = median(figure, n);
	distance = calloc(n, sizeof(*distance));
	if (distance == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		distance[i] = fabs(figure[i] - ret_b->median);
	width = w->spread * normal * median(distance, n);
	free(distance);
	width = fmax(width, w->least * ret_b->median);
	width = fmin(width, fmax(w->most * ret_b->median, w->floor));
	width = fmax(width, w->floor);
	ret_b->low = fmax(ret_b->median - width, 0);
	ret_b->high = ret_b->median + width;
	return 0;
}

int
band_holds(const struct band *b, double figure)
{
	return figure < b->low ? -1 : figure > b->high;
}
