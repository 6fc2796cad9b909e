#include <string.h>

#include "form/ident.h"
#include "rule/arena.h"
#include "rule/expect.h"
#include "rule/rules.h"

/* --- fields ------------------------------------------------------------- */

static int
has_check(enum ident_kind kind)
{
	return kind <= IDENT_PATENT_NO;
}

static int
is_typed(const struct field *f)
{
	return (f->type != FIELD_TEXT && f->type != FIELD_CODE) ||
	       (f->identifier != NULL &&
		   ident_kind_find(f->identifier) == IDENT_PHONE);
}

static int
is_ranged(const struct field *f)
{
	switch (f->type) {
	case FIELD_DATE:
	case FIELD_PERIOD:
	case FIELD_YEAR:
		return !f->future;
	case FIELD_INT:
	case FIELD_DECIMAL:
	case FIELD_MONEY:
		return 1;
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_BOOL:
		break;
	}
	return 0;
}

static void
tell_apart(struct ruleset *rs)
{
	struct expect_masks *m = &rs->masks;

	for (size_t i = 0; i < rs->schema->nfields; i++) {
		const struct field *f = &rs->schema->field[i];
		uint64_t bit = UINT64_C(1) << i;

		if (f->required == FIELD_MANDATORY)
			m->mandatory |= bit;
		if (rs->standard[i].op == STEP_CODE)
			m->coded |= bit;
		if (is_typed(f))
			m->typed |= bit;
		if (f->identifier != NULL &&
		    has_check(ident_kind_find(f->identifier)))
			m->idents |= bit;
		if (is_ranged(f))
			m->ranged |= bit;
		if (f->sensitivity == 'X')
			m->personal |= bit;
	}
	m->made = rs->derived;
	m->updated_at = rs->updated_at;
	for (size_t i = 0; i < rs->nchecks; i++) {
		const struct rule_check *k = &rs->check[i];

		m->related |= k->about == TEST_RELATED;
		m->ordered |= k->test.op == TEST_ORDER;
		if (k->about == TEST_VALUE)
			m->ranged |= UINT64_C(1) << k->test.field[0];
	}
}

/* --- checks ------------------------------------------------------------- */

static struct rule_check *
add_check(struct ruleset *rs, enum test_op op, const char *rule, int field)
{
	struct rule_check *k;

	if (rs->nchecks == RULES_MAX)
		return NULL;
	k = &rs->check[rs->nchecks++];
	memset(k, 0, sizeof(*k));
	k->rule = rule;
	k->severity = SEVERITY_WARN;
	k->effect = EFFECT_KEEP;
	k->field = field;
	k->test.op = op;
	k->about = test_about(op);
	return k;
}

static void
add_range(struct ruleset *rs, const struct policy_range *r)
{
	int field = schema_field(rs->schema, r->field);
	struct rule_check *k;

	if (field == -1 ||
	    (k = add_check(rs, TEST_RANGE, "out_of_range", field)) == NULL)
		return;
	k->test.field[k->test.nfields++] = (size_t)field;
	k->test.low = r->low;
	k->test.high = r->high;
}

/* An expectation is of use where the standard has all that it names. */
static void
add_expected(struct ruleset *rs, const struct policy_expected *x)
{
	const char *rule = x->n > 1 ? "subject_missing" : "required_if";
	int when = x->when[0] != '\0' ? schema_field(rs->schema, x->when) : -1;
	int first = schema_field(rs->schema, x->any[0]);
	struct rule_check *k;

	if (x->when[0] != '\0' && when == -1)
		return;
	for (size_t i = 0; i < x->n; i++)
		if (schema_field(rs->schema, x->any[i]) == -1)
			return;
	k = add_check(rs, TEST_EXPECTED, rule, x->n > 1 ? -1 : first);
	if (k == NULL)
		return;
	/* It is measured; a row as such is not at fault. */
	k->severity = SEVERITY_INFO;
	for (size_t i = 0; i < x->n; i++)
		k->test.field[i] = (size_t)schema_field(rs->schema, x->any[i]);
	k->test.nfields = x->n;
	k->test.when = when;
	if (x->is[0] != '\0')
		k->test.text =
		    arena_text(rs->script->arena, x->is, strlen(x->is));
	if (x->from[0] != '\0')
		k->test.from =
		    arena_text(rs->script->arena, x->from, strlen(x->from));
}

void
expect_policy(struct ruleset *rs, const struct policy_dataset *d)
{
	if (rs->expects)
		return;
	rs->expects = 1;
	for (size_t i = 0; i < d->nranges; i++)
		add_range(rs, &d->range[i]);
	for (size_t i = 0; i < d->nexpected; i++)
		add_expected(rs, &d->expected[i]);
	tell_apart(rs);
}

const struct expect_masks *
expect_masks(const struct ruleset *rs)
{
	return &rs->masks;
}
