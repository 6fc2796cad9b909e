#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/tally.h"
#include "sys/mem.h"

struct tally *
tally_new(void)
{
	return xcalloc(1, sizeof(struct tally));
}

void
tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->nrules; i++)
		free(t->rule[i]);
	for (size_t i = 0; i < t->nfields; i++)
		free(t->field[i].by_rule);
	free(t->rule);
	free(t->field);
	free(t);
}

/* ---- counting ---- */

static int
is_rule(const struct tally_rule *r, const struct tally_finding *f)
{
	return r->severity == f->severity && strcmp(r->rule, f->rule) == 0;
}

/* Most findings are like the one before. */
static size_t
rule_of(struct tally *t, const struct tally_finding *f)
{
	size_t i = t->last_rule;

	if (i < t->nrules && is_rule(t->rule[i], f))
		return i;
	for (i = 0; i < t->nrules; i++)
		if (is_rule(t->rule[i], f))
			return i;
	t->rule = xreallocarray(t->rule, t->nrules + 1, sizeof(*t->rule));
	t->rule[i] = xcalloc(1, sizeof(*t->rule[i]));
	snprintf(t->rule[i]->rule, sizeof(t->rule[i]->rule), "%s", f->rule);
	t->rule[i]->severity = f->severity;
	return t->nrules++;
}

static int
is_field(const struct tally_field *x, const struct tally_finding *f)
{
	return strcmp(x->field, f->field) == 0 &&
	       strcmp(x->dataset, f->dataset) == 0;
}

static size_t
field_of(struct tally *t, const struct tally_finding *f)
{
	struct tally_field *x;
	size_t i = t->last_field;

	if (i < t->nfields && is_field(&t->field[i], f))
		return i;
	for (i = 0; i < t->nfields; i++)
		if (is_field(&t->field[i], f))
			return i;
	t->field = xreallocarray(t->field, t->nfields + 1, sizeof(*t->field));
	x = &t->field[i];
	memset(x, 0, sizeof(*x));
	snprintf(x->dataset, sizeof(x->dataset), "%s", f->dataset);
	snprintf(x->field, sizeof(x->field), "%s", f->field);
	snprintf(x->title, sizeof(x->title), "%s", f->header);
	return t->nfields++;
}

static void
widen(struct tally_field *x, size_t nrules)
{
	if (x->nrules >= nrules)
		return;
	x->by_rule = xreallocarray(x->by_rule, nrules, sizeof(*x->by_rule));
	memset(x->by_rule + x->nrules, 0,
	    (nrules - x->nrules) * sizeof(*x->by_rule));
	x->nrules = nrules;
}

struct tally_rule *
tally_add(struct tally *t, const struct tally_finding *f)
{
	size_t r = rule_of(t, f);
	size_t k = field_of(t, f);

	t->last_rule = r;
	t->last_field = k;
	t->rule[r]->count++;
	t->rule[r]->rejected += f->rejects != 0;
	widen(&t->field[k], t->nrules);
	t->field[k].by_rule[r]++;
	t->field[k].count++;
	return t->rule[r];
}

/* ---- order ---- */

static int
more(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int
compare_rules(const void *pa, const void *pb)
{
	const struct tally_rule *a = *(struct tally_rule *const *)pa;
	const struct tally_rule *b = *(struct tally_rule *const *)pb;

	if ((a->rejected > 0) != (b->rejected > 0))
		return a->rejected > 0 ? -1 : 1;
	if (a->severity != b->severity)
		return a->severity - b->severity;
	if (a->count != b->count)
		return more(a->count, b->count);
	return strcmp(a->rule, b->rule);
}

static int
compare_fields(const void *pa, const void *pb)
{
	const struct tally_field *a = pa;
	const struct tally_field *b = pb;

	if (a->count != b->count)
		return more(a->count, b->count);
	if (strcmp(a->dataset, b->dataset) != 0)
		return strcmp(a->dataset, b->dataset);
	return strcmp(a->field, b->field);
}

/* The counts of a field in the new order of the rules. */
static void
follow(struct tally *t, struct tally_rule *const *old, struct tally_field *x)
{
	uint64_t *by = xcalloc(t->nrules + 1, sizeof(*by));

	for (size_t i = 0; i < x->nrules; i++)
		for (size_t k = 0; k < t->nrules; k++)
			if (t->rule[k] == old[i])
				by[k] = x->by_rule[i];
	free(x->by_rule);
	x->by_rule = by;
	x->nrules = t->nrules;
}

void
tally_sort(struct tally *t)
{
	struct tally_rule **old =
	    xreallocarray(NULL, t->nrules + 1, sizeof(struct tally_rule *));

	if (t->nrules > 0) {
		memcpy(old, t->rule, t->nrules * sizeof(struct tally_rule *));
		qsort(t->rule, t->nrules, sizeof(struct tally_rule *),
		    compare_rules);
	}
	for (size_t i = 0; i < t->nfields; i++)
		follow(t, old, &t->field[i]);
	if (t->nfields > 0)
		qsort(t->field, t->nfields, sizeof(*t->field), compare_fields);
	t->last_rule = t->last_field = 0;
	free(old);
}
