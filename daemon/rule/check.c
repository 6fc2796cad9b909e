#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "form/ident.h"
#include "rule/rules.h"

static const struct test_info tests[] = {
	{ "le", TEST_LE, 2, "amount_order", TEST_RELATED },
	{ "order", TEST_ORDER, 2, "date_order", TEST_RELATED },
	{ "not_after", TEST_NOT_AFTER, 1, "date_future", TEST_VALUE },
	{ "required", TEST_REQUIRED, 1, "required_if", TEST_PRESENT },
	{ "one_of", TEST_ONE_OF, 1, "subject_missing", TEST_PRESENT },
	{ "range", TEST_RANGE, 1, "out_of_range", TEST_VALUE },
	{ "unit", TEST_UNIT, 2, "unit_suspect", TEST_RELATED },
	{ "sum", TEST_SUM, 2, "amount_sum", TEST_RELATED },
	{ "filled", TEST_FILLED, 1, "required_missing", TEST_PRESENT },
	{ "same_org", TEST_SAME_ORG, 2, "org_code_mismatch", TEST_RELATED },
};

const struct test_info *
test_at(size_t n)
{
	return n < sizeof(tests) / sizeof(tests[0]) ? &tests[n] : NULL;
}

const struct test_info *
test_find(const char *name)
{
	const struct test_info *t;

	for (size_t i = 0; (t = test_at(i)) != NULL; i++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

static double
number(const struct value *v)
{
	switch (v->kind) {
	case VALUE_INT:
		return (double)v->num;
	case VALUE_MONEY:
		return (double)v->num / 100;
	case VALUE_REAL:
		return v->real;
	case VALUE_TEXT:
	case VALUE_NULL:
		break;
	}
	return NAN;
}

static int
compare_text(const struct value *a, const struct value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;

	/* Days as precise as the less precise of the two. */
	return memcmp(a->text, b->text, n);
}

static int
goes_back(const struct test *t, struct clean *c)
{
	for (size_t i = 1; i < t->nfields; i++) {
		const struct value *a = &c->r->value[t->field[i - 1]];
		const struct value *b = &c->r->value[t->field[i]];

		if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT &&
		    compare_text(a, b) > 0) {
			c->at = i;
			return 1;
		}
	}
	return 0;
}

static int
is_more(const struct row *r, size_t a, size_t b)
{
	const struct value *x = &r->value[a];
	const struct value *y = &r->value[b];

	if (x->kind == y->kind && x->kind == VALUE_MONEY)
		return x->num > y->num;
	/* Comparisons with what is no number are false. */
	return number(x) > number(y);
}

/* A value that was refused has its finding. */
static int
is_blank(const struct clean *c, size_t field)
{
	return c->r->raw[field].column >= 0 &&
	       c->r->value[field].kind == VALUE_NULL &&
	       !c->r->open_ended[field] && (c->failed >> field & 1) == 0;
}

static int
has_none(const struct test *t, const struct row *r)
{
	for (size_t i = 0; i < t->nfields; i++)
		if (r->value[t->field[i]].kind != VALUE_NULL)
			return 0;
	return 1;
}

static int
units_differ(const struct row *r, const struct test *t)
{
	double a = fabs(number(&r->value[t->field[0]]));
	double b = fabs(number(&r->value[t->field[1]]));
	double low = t->low > 0 ? t->low : 1000;

	/* Only upwards: little of much is paid in by many. */
	return b > 0 && a / b >= low;
}

static int
sum_differs(const struct row *r, const struct test *t)
{
	double sum = 0;
	double first = number(&r->value[t->field[0]]);

	for (size_t i = 1; i < t->nfields; i++)
		sum += number(&r->value[t->field[i]]);
	return fabs(first - sum) > 0.011;
}

static int
org_of(const struct clean *c, size_t field, char out[10])
{
	const struct value *v = &c->r->value[field];
	const char *kind = c->rs->schema->field[field].identifier;

	if (v->kind != VALUE_TEXT || kind == NULL)
		return 0;
	return ident_org_of(ident_kind_find(kind), v->text, v->len, out);
}

static int
orgs_differ(const struct clean *c, const struct test *t)
{
	char a[10], b[10];

	return org_of(c, t->field[0], a) && org_of(c, t->field[1], b) &&
	       strcmp(a, b) != 0;
}

static int
is_after_today(const struct clean *c, const struct test *t)
{
	const struct value *v = &c->r->value[t->field[0]];
	size_t n = v->len < 10 ? v->len : 10;

	return v->kind == VALUE_TEXT && c->rs->today[0] != '\0' &&
	       strncmp(v->text, c->rs->today, n) > 0;
}

enum test_about
test_about(enum test_op op)
{
	const struct test_info *t;

	for (size_t i = 0; (t = test_at(i)) != NULL; i++)
		if (t->op == op)
			return t->about;
	/* Functions see the whole row. */
	return op == TEST_EXPECTED ? TEST_PRESENT : TEST_RELATED;
}

static int
has_two(const struct test *t, uint64_t filled)
{
	int n = 0;

	for (size_t i = 0; i < t->nfields; i++)
		n += (filled >> t->field[i] & 1) != 0;
	return n > 1;
}

/* Whether the other field says that the first has to be there. */
static int
is_due(const struct test *t, const struct row *r, int other)
{
	const struct value *w;

	if (other < 0)
		return 1;
	w = &r->value[other];
	if (t->text == NULL || w->kind == VALUE_NULL)
		return w->kind != VALUE_NULL;
	return w->kind == VALUE_TEXT && w->len == strlen(t->text) &&
	       memcmp(w->text, t->text, w->len) == 0;
}

/* The field that a check on a required one depends on. */
static int
other_of(const struct test *t)
{
	return t->nfields < 2 ? -1 : (int)t->field[1];
}

static int
is_missing(const struct test *t, const struct row *r)
{
	return r->value[t->field[0]].kind == VALUE_NULL &&
	       is_due(t, r, other_of(t));
}

static int
has_column(const struct test *t, const struct row *r)
{
	for (size_t i = 0; i < t->nfields; i++)
		if (r->raw[t->field[i]].column >= 0)
			return 1;
	return 0;
}

static int
is_expected(const struct test *t, struct clean *c)
{
	return has_column(t, c->r) && is_due(t, c->r, t->when) &&
	       (t->from == NULL || strcmp(clean_day(c), t->from) >= 0);
}

/* What was sent and refused has its finding. */
static int
lacks_expected(const struct test *t, struct clean *c)
{
	for (size_t i = 0; i < t->nfields; i++)
		if (c->r->value[t->field[i]].kind != VALUE_NULL ||
		    c->r->open_ended[t->field[i]] ||
		    (c->failed >> t->field[i] & 1) != 0)
			return 0;
	return is_expected(t, c);
}

int
test_applies(const struct test *t, struct clean *c)
{
	switch (t->op) {
	case TEST_REQUIRED:
		return is_due(t, c->r, other_of(t));
	case TEST_EXPECTED:
		return is_expected(t, c);
	case TEST_FILLED:
		return c->r->raw[t->field[0]].column >= 0;
	case TEST_RANGE:
	case TEST_NOT_AFTER:
		return c->r->value[t->field[0]].kind != VALUE_NULL;
	case TEST_ORDER:
		return has_two(t, c->r->marks.filled);
	case TEST_NONE:
	case TEST_LE:
	case TEST_ONE_OF:
	case TEST_UNIT:
	case TEST_SUM:
	case TEST_SAME_ORG:
	case TEST_LUA:
		break;
	}
	return 1;
}

int
test_run(const struct test *t, struct clean *c, struct err *e)
{
	const struct row *r = c->r;
	double n;

	switch (t->op) {
	case TEST_NONE:
		return 0;
	case TEST_LE:
		return is_more(r, t->field[0], t->field[1]);
	case TEST_ORDER:
		return goes_back(t, c);
	case TEST_NOT_AFTER:
		return is_after_today(c, t);
	case TEST_REQUIRED:
		return is_missing(t, r);
	case TEST_ONE_OF:
		return has_none(t, r);
	case TEST_RANGE:
		n = number(&r->value[t->field[0]]);
		return n < t->low || n > t->high;
	case TEST_UNIT:
		return units_differ(r, t);
	case TEST_SUM:
		return sum_differs(r, t);
	case TEST_FILLED:
		return is_blank(c, t->field[0]);
	case TEST_SAME_ORG:
		return orgs_differ(c, t);
	case TEST_EXPECTED:
		return lacks_expected(t, c);
	case TEST_LUA:
		return box_check(c->rs->script->box, t->function, c, e);
	}
	return 0;
}
