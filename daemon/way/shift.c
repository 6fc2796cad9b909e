#include <stdlib.h>
#include <string.h>

#include "sys/mem.h"
#include "way/shift.h"

/* What the rules have to say about a row, as a number. */
static unsigned int
faults(const struct row *r)
{
	unsigned int n = 0;

	for (size_t i = 0; i < r->nfindings; i++)
		n += r->finding[i].severity == SEVERITY_ERROR  ? 4
		     : r->finding[i].severity == SEVERITY_INFO ? 0
							       : 2;
	return n;
}

static int
is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

/* A text that was split is of one kind on both sides: "20" "16-03", not "20" "泉". */
static unsigned int
seam(const struct csv_field *two)
{
	return two[0].len > 0 && two[1].len > 0 &&
	       is_ascii(two[0].data[two[0].len - 1]) !=
		   is_ascii(two[1].data[0]);
}

/* The record with the cells at and at + 1 as one, in the row's memory. */
static unsigned int
faults_joined(const struct clean_file *f, const struct clean_lane *l,
    const struct csv_row *record, size_t at, struct row *scratch)
{
	struct csv_field *cell = xreallocarray(NULL, record->n, sizeof(*cell));
	const struct csv_field *two = &record->field[at];
	struct csv_row joined = *record;
	unsigned int found = UINT32_MAX;
	char *text;
	struct err e;

	row_start(scratch, l->schema, record->record);
	text = row_alloc(scratch, two[0].len + two[1].len + 1);
	memcpy(text, two[0].data, two[0].len);
	memcpy(text + two[0].len, two[1].data, two[1].len);
	text[two[0].len + two[1].len] = '\0';
	memcpy(cell, record->field, at * sizeof(*cell));
	cell[at] = (struct csv_field){ text, two[0].len + two[1].len };
	memcpy(cell + at + 1, two + 2, (record->n - at - 2) * sizeof(*cell));
	joined.field = cell;
	joined.n--;
	clean_cells(l, &joined, scratch);
	if (ruleset_clean(l->rules, l->match, scratch, f->period, f->today,
		&e) == 0)
		found = faults(scratch) + seam(two);
	free(cell);
	return found;
}

int
shift_column(const struct clean_file *f, const struct clean_lane *l,
    const struct csv_row *record, struct row *scratch)
{
	unsigned int least = UINT32_MAX, most = 0;
	int best = -1, blank = 0;

	for (size_t at = 0; at + 1 < record->n; at++) {
		unsigned int n = faults_joined(f, l, record, at, scratch);
		/* Of two that are as good, the cell that is empty came in. */
		int empty = clean_is_blank(&record->field[at]);

		if (n > most)
			most = n;
		if (n > least || (n == least && (blank || !empty)))
			continue;
		least = n;
		best = (int)at;
		blank = empty;
	}
	return least < most ? best : -1;
}
