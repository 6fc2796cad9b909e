#include <string.h>

#include "link/survive.h"

static const struct {
	const char *name;
	const char *zh;
	const char *en;
} reasons[SURVIVE_REASONS] = {
	[SURVIVE_WINS] = { "wins", "采用", "it stands" },
	[SURVIVE_FILLS] = { "fills", "暂时采用，待主管部门报送后替换",
	    "it stands until a provider of higher rank says more" },
	[SURVIVE_DECIDED] = { "decided", "由覆盖规则的函数选定",
	    "the function of the overwrite rule chose it" },
	[SURVIVE_KEPT] = { "kept", "逐条保留", "it is kept beside the others" },
	[SURVIVE_AGREES] = { "agrees", "与采用的值一致",
	    "it says the same as the value that stands" },
	[SURVIVE_OLDER] = { "older", "业务日期早于采用的值",
	    "its business date is before that of the value that stands" },
	[SURVIVE_LOWER] = { "lower", "报送部门的级别低于采用的值的部门",
	    "its provider has a lower rank than that of the value that "
	    "stands" },
	[SURVIVE_NO_FILL] = { "no_fill", "该部门不得补填此字段",
	    "its provider may not fill this field" },
	[SURVIVE_UNRANKED] = { "unranked", "该部门不是此字段的来源",
	    "its provider is no source of this field" },
	[SURVIVE_LATER] = { "later", "此字段确定后不再变更",
	    "the field does not change once it is known" },
	[SURVIVE_STUCK] = { "stuck", "现有状态只能由原部门更正",
	    "only a correction by its provider ends the status that stands" },
	[SURVIVE_MILDER] = { "milder", "另一部门的状态更为严重",
	    "the status another provider gives is worse" },
	[SURVIVE_OVERRULED] = { "overruled", "覆盖规则的函数选定了另一个值",
	    "the function of the overwrite rule chose another value" },
	[SURVIVE_EMPTY] = { "empty", "空值不覆盖已有的值",
	    "nothing never replaces a value" },
	[SURVIVE_WITHDRAWN] = { "withdrawn", "报送部门已删除",
	    "its provider withdrew it" },
	[SURVIVE_MASKED] = { "masked", "脱敏的值不替换完整的值",
	    "a masked value never replaces a full one" },
	[SURVIVE_DERIVED] = { "derived", "推导的值不替换报送的值",
	    "a derived value never replaces one that was supplied" },
	[SURVIVE_OF_A_DAY] = { "of_a_day", "仅反映当日情况",
	    "it describes one day only" },
	[SURVIVE_DECLARED] = { "declared", "企业自行申报，另行展示",
	    "the enterprise declared it: it is shown beside the record" },
};

const char *
survive_reason_name(enum survive_reason reason)
{
	return reasons[reason].name;
}

const char *
survive_reason_zh(enum survive_reason reason)
{
	return reasons[reason].zh;
}

const char *
survive_reason_en(enum survive_reason reason)
{
	return reasons[reason].en;
}

static const char *
text(const char *s)
{
	return s != NULL ? s : "";
}

static int
same_values(const struct contribution *a, const struct contribution *b)
{
	for (int i = 0; i < SURVIVE_TUPLE; i++)
		if (strcmp(text(a->value[i]), text(b->value[i])) != 0)
			return 0;
	return 1;
}

/* The provider's place in the rule, nranks where it has none. */
static size_t
place_of(const struct survive_rule *r, const char *provider)
{
	size_t i = 0;

	while (i < r->nranks && strcmp(r->rank[i].provider, provider) != 0)
		i++;
	return i;
}

/*
 * What of a value is known without any other one: SURVIVE_WINS where it may
 * compete.
 */
static enum survive_reason
admission(const struct survive_rule *r, const struct contribution *c,
    size_t place)
{
	if (c->op == 'D')
		return SURVIVE_WITHDRAWN;
	if (text(c->value[0])[0] == '\0')
		return SURVIVE_EMPTY;
	if (c->past)
		return SURVIVE_OLDER;
	if (place == r->nranks)
		return SURVIVE_UNRANKED;
	switch (r->rank[place].role) {
	case SURVIVE_SNAPSHOT:
		return SURVIVE_OF_A_DAY;
	case SURVIVE_APART:
		return SURVIVE_DECLARED;
	case SURVIVE_COMPETES:
		break;
	}
	if (r->rank[place].level > 0 && !r->fill)
		return SURVIVE_NO_FILL;
	return SURVIVE_WINS;
}

int
survive_admits(const struct survive_rule *r, const char *provider)
{
	size_t place = place_of(r, provider);

	return place < r->nranks && r->rank[place].role == SURVIVE_COMPETES &&
	       (r->rank[place].level == 0 || r->fill);
}

/*
 * Classes of value, best first: supplied by the owners, by the ranks below
 * them, derived, masked. The smallest number wins whatever its date.
 */
static int
class_of(const struct survive_rule *r, const struct contribution *c,
    size_t place)
{
	return r->rank[place].level +
	       SURVIVE_RANKS * (c->derived + 2 * c->masked);
}

static size_t
value_place(const struct survive_rule *r, const struct contribution *c)
{
	size_t i = 0;

	while (i < r->nvalues && strcmp(r->value[i], c->value[0]) != 0)
		i++;
	return i;
}

/* One field being decided. */
struct field_of {
	const struct survive_rule *r;
	const struct contribution *c;
	size_t n;
	const struct survive_verdict *v;
	int best;
};

/* Is it admitted, and of the best class? */
static int
competes(const struct field_of *f, size_t i)
{
	return f->v[i].admitted && f->v[i].class == f->best;
}

/*
 * Business date, stamp of the source, rank by the list, receipt: negative
 * where i is older than k. Never 0 for two contributions.
 */
static int
recency(const struct field_of *f, size_t i, size_t k)
{
	const struct contribution *a = &f->c[i], *b = &f->c[k];
	int d = strcmp(text(a->as_of), text(b->as_of));

	if (d == 0)
		d = strcmp(text(a->updated_at), text(b->updated_at));
	if (d == 0 && f->v[i].place != f->v[k].place)
		d = f->v[i].place > f->v[k].place ? -1 : 1;
	if (d == 0)
		d = a->received < b->received ? -1 : 1;
	return d;
}

/* The next in order of recency after one; n: from the oldest, n: none left. */
static size_t
next_in_time(const struct field_of *f, size_t after)
{
	size_t next = f->n;

	for (size_t i = 0; i < f->n; i++)
		if (i != after && competes(f, i) &&
		    (after == f->n || recency(f, i, after) > 0) &&
		    (next == f->n || recency(f, i, next) < 0))
			next = i;
	return next;
}

static int
corrects(const struct contribution *c, const struct contribution *stands)
{
	return c->op == 'C' && strcmp(c->provider, stands->provider) == 0;
}

/* May the newer value take the place of what stands? */
static int
may_follow(const struct survive_rule *r, const struct contribution *stands,
    const struct contribution *newer)
{
	size_t from, to;

	if (corrects(newer, stands))
		return 1;
	switch (r->policy) {
	case SURVIVE_IMMUTABLE:
		return 0;
	case SURVIVE_STICKY:
		from = value_place(r, stands);
		to = value_place(r, newer);
		return from == r->nvalues || (to < r->nvalues && to >= from);
	case SURVIVE_NEWEST:
	case SURVIVE_WORST:
	case SURVIVE_APPEND:
		break;
	}
	return 1;
}

static size_t
pick_newest(const struct field_of *f)
{
	size_t newest = f->n;

	for (size_t i = 0; i < f->n; i++)
		if (competes(f, i) &&
		    (newest == f->n || recency(f, i, newest) > 0))
			newest = i;
	return newest;
}

/* Where what stands may refuse what came later. */
static size_t
pick_in_time(const struct field_of *f)
{
	size_t stands = next_in_time(f, f->n);

	for (size_t i = stands; i < f->n; i = next_in_time(f, i))
		if (may_follow(f->r, &f->c[stands], &f->c[i]))
			stands = i;
	return stands;
}

/* The provider's own newest word. */
static int
is_last_word(const struct field_of *f, size_t i)
{
	for (size_t k = 0; k < f->n; k++)
		if (k != i && competes(f, k) &&
		    strcmp(f->c[k].provider, f->c[i].provider) == 0 &&
		    recency(f, k, i) > 0)
			return 0;
	return 1;
}

static size_t
pick_worst(const struct field_of *f)
{
	size_t worst = f->n;

	for (size_t i = 0; i < f->n; i++) {
		size_t a, b;

		if (!competes(f, i) || !is_last_word(f, i))
			continue;
		a = value_place(f->r, &f->c[i]);
		b = worst < f->n ? value_place(f->r, &f->c[worst]) : 0;
		if (worst == f->n || a < b ||
		    (a == b && recency(f, i, worst) > 0))
			worst = i;
	}
	return worst;
}

static size_t
pick(const struct field_of *f)
{
	switch (f->r->policy) {
	case SURVIVE_WORST:
		return pick_worst(f);
	case SURVIVE_IMMUTABLE:
	case SURVIVE_STICKY:
		return pick_in_time(f);
	case SURVIVE_NEWEST:
	case SURVIVE_APPEND:
		break;
	}
	return pick_newest(f);
}

/* Why an admitted value does not stand. */
static enum survive_reason
defeat(const struct field_of *f, size_t i, const struct survivor *s)
{
	const struct contribution *c = &f->c[i], *w = &f->c[s->winner];

	if (same_values(c, w))
		return SURVIVE_AGREES;
	if (f->v[s->winner].reason == SURVIVE_DECIDED)
		return SURVIVE_OVERRULED;
	if (c->masked && !w->masked)
		return SURVIVE_MASKED;
	if (c->derived && !w->derived)
		return SURVIVE_DERIVED;
	if (f->v[i].class != f->best)
		return SURVIVE_LOWER;
	if (recency(f, i, s->winner) < 0 && f->r->policy != SURVIVE_WORST)
		return SURVIVE_OLDER;
	switch (f->r->policy) {
	case SURVIVE_IMMUTABLE:
		return SURVIVE_LATER;
	case SURVIVE_STICKY:
		return SURVIVE_STUCK;
	case SURVIVE_WORST:
		return is_last_word(f, i) ? SURVIVE_MILDER : SURVIVE_OLDER;
	case SURVIVE_NEWEST:
	case SURVIVE_APPEND:
		break;
	}
	return SURVIVE_OLDER;
}

/* Does a value contradict the winner in a way people have to settle? */
static int
is_conflict(const struct field_of *f, size_t i, const struct survivor *s)
{
	const struct contribution *w = &f->c[s->winner];

	switch (f->r->policy) {
	case SURVIVE_IMMUTABLE:
		/* What its own source corrected is no second opinion. */
		return !corrects(w, &f->c[i]);
	case SURVIVE_WORST:
		return competes(f, i) && is_last_word(f, i);
	case SURVIVE_NEWEST:
	case SURVIVE_STICKY:
	case SURVIVE_APPEND:
		break;
	}
	return 0;
}

static void
judge(const struct field_of *f, struct survivor *s, struct survive_verdict *v)
{
	for (size_t i = 0; i < f->n; i++) {
		if (i == s->winner)
			continue;
		if (v[i].admitted)
			v[i].reason = defeat(f, i, s);
		else if (v[i].reason == SURVIVE_NO_FILL)
			v[i].reason = same_values(&f->c[i], &f->c[s->winner])
					  ? SURVIVE_AGREES
					  : SURVIVE_LOWER;
		else if (v[i].reason == SURVIVE_DECLARED ||
			 v[i].reason == SURVIVE_OLDER) {
			v[i].disagrees =
			    !same_values(&f->c[i], &f->c[s->winner]);
			continue;
		} else
			continue;
		v[i].disagrees =
		    v[i].reason != SURVIVE_AGREES && !f->c[i].masked;
		if (v[i].disagrees && is_conflict(f, i, s))
			s->conflict = 1;
	}
}

static int
all_say_the_same(const struct contribution *c, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (!same_values(&c[0], &c[i]))
			return 0;
	return 1;
}

/*
 * Lets the rule's function choose: 1 it did, to *ret_i. Where all say the same
 * there is nothing to decide.
 */
static int
decided(const struct survive_rule *r, const struct contribution *c, size_t n,
    size_t *ret_i, int *ret_failed)
{
	size_t i = n;

	if (r->decide == NULL || all_say_the_same(c, n))
		return 0;
	if (r->decide(r->ctx, c, n, &i) == -1) {
		*ret_failed = 1;
		return 0;
	}
	if (i >= n)
		return 0;
	*ret_i = i;
	return 1;
}

static void
admit_all(struct field_of *f, struct survive_verdict *v)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct contribution *c = &f->c[i];

		v[i].disagrees = 0;
		v[i].place = place_of(f->r, c->provider);
		v[i].reason = admission(f->r, c, v[i].place);
		v[i].admitted = v[i].reason == SURVIVE_WINS;
		if (!v[i].admitted)
			continue;
		v[i].class = class_of(f->r, c, v[i].place);
		if (f->r->policy == SURVIVE_APPEND)
			v[i].reason = SURVIVE_KEPT;
		if (f->best == -1 || v[i].class < f->best)
			f->best = v[i].class;
	}
}

void
survive(const struct survive_rule *r, const struct contribution *c, size_t n,
    struct survivor *ret_s, struct survive_verdict *ret_v)
{
	struct field_of f = { r, c, n, ret_v, -1 };
	struct survivor s = { .winner = n };

	admit_all(&f, ret_v);
	if (r->policy == SURVIVE_APPEND)
		goto out;
	if (decided(r, c, n, &s.winner, &s.failed))
		ret_v[s.winner].reason = SURVIVE_DECIDED;
	else if (f.best == -1)
		goto out;
	else {
		s.winner = pick(&f);
		s.provisional = f.best > 0;
		if (s.provisional)
			ret_v[s.winner].reason = SURVIVE_FILLS;
	}
	judge(&f, &s, ret_v);
out:
	*ret_s = s;
}
