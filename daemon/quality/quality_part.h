#ifndef ZAYTON_QUALITY_QUALITY_PART_H
#define ZAYTON_QUALITY_QUALITY_PART_H

#include "quality/quality.h"

/*
 * Between the files quality*.c only: quality.c goes through the data sets of a
 * bundle and keeps the numbers, quality_rows.c reads its rows back,
 * quality_seen.c knows which enterprises a period has.
 */

struct quality {
	struct keeper *k;
	struct db *db;
	const struct bundle *bundle;
	const char *provider;
	const struct standing *standing;
	const struct rowfile_summary *verdict;
	struct merge *merge;
	int dry;
	size_t at;      /* data set at hand */
	int64_t row;    /* rows of it up to this id were read; -1: not begun */
	int64_t last;   /* id */
	int64_t linked; /* rows that are linked by now */
	char day[16];   /* that the data speak of */
	struct measure x[METRICS];
};

/*
 * S1, V1, V2: some of the rows that the bundle wrote of a data set, read back.
 * 1 there are more, 0 no more, -1.
 */
int quality_rows(struct quality *q, const struct schema *s,
    const struct merge_tally *t, int rows, struct err *e);

/* C4 and T4; keeps what was seen. period "": there is none. */
int quality_seen(struct quality *q, const struct schema *s,
    const struct merge_tally *t, const char *period, struct err *e);

#endif
