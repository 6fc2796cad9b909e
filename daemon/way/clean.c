#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/text.h"
#include "sys/mem.h"
#include "way/clean.h"
#include "way/shift.h"

enum { EXPECTED = 1000 };

/* ---- lanes ---- */

static struct clean_lane *
lane_of(struct clean_file *f, const struct schema *s)
{
	for (size_t i = 0; i < f->nlanes; i++)
		if (f->lane[i].schema == s)
			return &f->lane[i];
	return NULL;
}

static void
open_lane(struct clean_file *f, struct script *s, const struct schema *schema,
    const struct cell *header, size_t n)
{
	struct clean_lane *l;

	f->lane = xreallocarray(f->lane, f->nlanes + 1, sizeof(*f->lane));
	l = &f->lane[f->nlanes++];
	memset(l, 0, sizeof(*l));
	l->schema = schema;
	l->rules = script_dataset(s, schema);
	measure_open(&l->measure, l->rules, schema,
	    policy_of(f->policy, schema->dataset), f->today);
	if (ruleset_match(l->rules, header, n, &l->match, &l->why) == -1)
		return;
	for (size_t i = 0; i < schema->nfields; i++)
		if (schema->field[i].required == FIELD_MANDATORY &&
		    match_field(l->match, (int)i) == -1 &&
		    (int)i != schema->period)
			l->lacking |= UINT64_C(1) << i;
}

/* The values a route knows; those beyond what a sentence holds fall away. */
static void
expect(struct clean_file *f, const char *value)
{
	if (value[0] != '\0')
		buf_printf(&f->expected, "%s%s",
		    f->expected.len > 0 ? "、" : "", value);
}

int
clean_open(struct clean_file *f, struct script *s, const struct policy *policy,
    const struct schema *schema, const struct cell *header, size_t n,
    const char *today, struct err *e)
{
	struct ruleset *own = script_dataset(s, schema);
	const struct schema *to;
	const char *value;

	memset(f, 0, sizeof(*f));
	buf_init(&f->expected, EXPECTED);
	row_init(&f->scratch);
	f->width = n;
	f->policy = policy;
	f->today = today;
	f->period = "";
	open_lane(f, s, schema, header, n);
	if (f->lane[0].match == NULL) {
		*e = f->lane[0].why;
		return -1;
	}
	f->route = ruleset_route_column(own, f->lane[0].match);
	for (size_t i = 0;
	     f->route != -1 && (to = ruleset_route_at(own, i, &value)) != NULL;
	     i++) {
		if (lane_of(f, to) == NULL)
			open_lane(f, s, to, header, n);
		expect(f, value);
	}
	return 0;
}

void
clean_close(struct clean_file *f)
{
	for (size_t i = 0; i < f->nlanes; i++) {
		match_free(f->lane[i].match);
		measure_close(&f->lane[i].measure);
	}
	free(f->lane);
	buf_done(&f->expected);
	row_done(&f->scratch);
}

void
clean_period(struct clean_file *f, const char *period)
{
	f->period = period;
	for (size_t i = 0; i < f->nlanes; i++)
		measure_period(&f->lane[i].measure, period);
}

int
clean_uses(const struct clean_file *f, size_t column)
{
	if ((int)column == f->route)
		return 1;
	for (size_t i = 0; i < f->nlanes; i++) {
		const struct match *m = f->lane[i].match;

		if (m != NULL && match_column(m, column)->field != -1)
			return 1;
	}
	return 0;
}

/* ---- records ---- */

int
clean_is_blank(const struct csv_field *f)
{
	const char *s = f->data;
	size_t len = f->len;

	text_trim(&s, &len);
	return len == 0;
}

void
clean_cells(const struct clean_lane *l, const struct csv_row *record,
    struct row *r)
{
	for (size_t i = 0; i < l->schema->nfields; i++) {
		int at = match_field(l->match, (int)i);

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

static void
find_long(struct clean_file *f, const struct clean_lane *l,
    const struct csv_row *record, struct row *r, const char *have,
    const char *want)
{
	int column = -1;

	if (record->n == f->width + 1 && f->looks++ < SHIFT_LOOKS)
		column = shift_column(f, l, record, &f->scratch);
	row_find(r, "long_row",
	    column != -1 ? match_column(l->match, (size_t)column)->field : -1,
	    EFFECT_REJECT, have, want, NULL);
	if (column != -1)
		r->finding[r->nfindings - 1].header =
		    match_column(l->match, (size_t)column)->header;
}

/* Named by the last column that has a cell. */
static void
find_short(const struct clean_lane *l, struct row *r, size_t n,
    const char *have, const char *want)
{
	const struct column *c = n > 0 ? match_column(l->match, n - 1) : NULL;

	r->narrow = 1;
	row_find(r, "short_row", c != NULL ? c->field : -1, EFFECT_KEEP, have,
	    want, NULL);
	if (c != NULL)
		r->finding[r->nfindings - 1].header = c->header;
}

/*
 * Cells behind the last column mean that a separator stood inside a text, and
 * all behind it slipped. Too few are told, and what is missing is found.
 */
static void
find_width(struct clean_file *f, const struct clean_lane *l,
    const struct csv_row *record, struct row *r)
{
	struct csv_row trimmed = *record;
	size_t n = record->n;
	char have[24], want[24];

	while (n > f->width && clean_is_blank(&record->field[n - 1]))
		n--;
	if (n == f->width)
		return;
	trimmed.n = n;
	snprintf(have, sizeof(have), "%zu", n);
	snprintf(want, sizeof(want), "%zu", f->width);
	if (n > f->width)
		find_long(f, l, &trimmed, r, have, want);
	else
		find_short(l, r, n, have, want);
}

static struct csv_field
route_value(const struct clean_file *f, const struct csv_row *record)
{
	static const struct csv_field none = { .data = "" };

	return (size_t)f->route < record->n ? record->field[f->route] : none;
}

/* A sentence and the values it speaks of, of which there may be many. */
static const char *
with_values(const struct clean_file *f, const char *sentence, struct row *r)
{
	size_t n = strlen(sentence) + strlen(": ") + f->expected.len + 1;
	char *out = row_alloc(r, n);

	snprintf(out, n, "%s: %s", sentence,
	    f->expected.data != NULL ? f->expected.data : "");
	return out;
}

/* Nobody said where rows with this value belong. */
static void
find_unrouted(const struct clean_file *f, const struct csv_row *record,
    struct row *r)
{
	const struct column *c =
	    match_column(f->lane[0].match, (size_t)f->route);
	struct csv_field v = route_value(f, record);
	const char *value = row_text(r, v.data, v.len);
	struct finding *found;

	row_find(r, "route_unknown", c->field, EFFECT_REJECT, c->header, value,
	    NULL);
	found = &r->finding[r->nfindings - 1];
	found->header = c->header;
	found->value = value;
	found->zh = with_values(f, found->zh, r);
	found->en = with_values(f, found->en, r);
}

/* The header lacks what the rows of this dataset are known by. */
static void
find_no_columns(const struct clean_lane *l, struct row *r)
{
	const struct finding f = { l->why.code, SEVERITY_ERROR, EFFECT_REJECT,
		-1, NULL, NULL, l->why.zh, l->why.en };

	row_add(r, &f);
}

/* The lane of a record; NULL where nobody knows it. */
static struct clean_lane *
find_lane(struct clean_file *f, const struct csv_row *record)
{
	const struct schema *to;
	struct csv_field v;

	if (f->route == -1 || record->fault != CSV_FINE)
		return &f->lane[0];
	v = route_value(f, record);
	to = ruleset_route(f->lane[0].rules, v.data, v.len);
	return to != NULL ? lane_of(f, to) : NULL;
}

static int
clean_in_lane(struct clean_file *f, const struct csv_row *record, struct row *r,
    struct err *e)
{
	struct clean_lane *to = find_lane(f, record);
	struct clean_lane *l =
	    to != NULL && to->match != NULL ? to : &f->lane[0];

	f->last = l;
	l->rows += to == l;
	row_start(r, l->schema, record->record);
	clean_cells(l, record, r);
	if (record->fault != CSV_FINE)
		find_fault(record, r);
	else
		find_width(f, l, record, r);
	if (!r->rejected && to == NULL)
		find_unrouted(f, record, r);
	else if (!r->rejected && to != l)
		find_no_columns(to, r);
	if (r->rejected)
		return 0;
	return ruleset_clean(l->rules, l->match, r, f->period, f->today, e);
}

int
clean_record(struct clean_file *f, const struct csv_row *record, struct row *r,
    struct err *e)
{
	if (clean_in_lane(f, record, r, e) == -1)
		return -1;
	measure_row(&f->last->measure, r);
	return 0;
}
