#include <stdio.h>

#include "form/text.h"
#include "way/clean.h"

static int
is_blank(const struct csv_field *f)
{
	const char *s = f->data;
	size_t len = f->len;

	text_trim(&s, &len);
	return len == 0;
}

static void
take_cells(const struct clean_file *f, const struct csv_row *record,
    struct row *r)
{
	for (size_t i = 0; i < f->schema->nfields; i++) {
		int at = match_field(f->match, (int)i);

		if (at == -1)
			continue;
		r->raw[i].column = at;
		if ((size_t)at < record->n) {
			r->raw[i].text = record->field[at].data;
			r->raw[i].len = record->field[at].len;
		}
	}
}

/* A row of which nobody can say where its cells begin is not read. */
static void
find_fault(const struct csv_row *record, struct row *r)
{
	char line[24];

	snprintf(line, sizeof(line), "%llu",
	    (unsigned long long)record->fault_line);
	row_find(r, csv_fault_code(record->fault), -1, EFFECT_REJECT, line,
	    NULL);
}

/*
 * Cells behind the last column mean that a separator stood inside a text, and
 * all behind it slipped. Too few are told, and what is missing is found.
 */
static void
find_width(const struct clean_file *f, const struct csv_row *record,
    struct row *r)
{
	size_t n = record->n;
	char have[24], want[24];

	while (n > f->width && is_blank(&record->field[n - 1]))
		n--;
	if (n == f->width)
		return;
	snprintf(have, sizeof(have), "%zu", n);
	snprintf(want, sizeof(want), "%zu", f->width);
	if (n > f->width)
		row_find(r, "long_row", -1, EFFECT_REJECT, have, want, NULL);
	else
		row_find(r, "short_row", -1, EFFECT_KEEP, have, want, NULL);
}

int
clean_record(const struct clean_file *f, const struct csv_row *record,
    struct row *r, struct err *e)
{
	row_start(r, f->schema, record->record);
	take_cells(f, record, r);
	if (record->fault != CSV_FINE) {
		find_fault(record, r);
		return 0;
	}
	find_width(f, record, r);
	if (r->rejected)
		return 0;
	return ruleset_clean(f->rules, f->match, r, f->period, f->today, e);
}
