#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/text.h"
#include "quality/calendar.h"
#include "rule/expect.h"
#include "sys/mem.h"
#include "way/measure.h"

enum {
	CODES_MAX = 1024, /* different ones; further ones are not counted */
	CODES_ROOM = 2048,
	UNKNOWN_MAX = 50
};

struct code_met {
	uint64_t hash;    /* of field and text; 0: free */
	uint32_t unknown; /* its place in unknown, from 1; 0: it is known */
};

struct measure_codes {
	size_t n;
	size_t nunknown; /* kept in full or not */
	struct code_met met[CODES_ROOM];
	struct measure_unknown unknown[UNKNOWN_MAX];
};

/* --- begin and end ------------------------------------------------------ */

void
measure_open(struct measure_lane *l, struct ruleset *rs, const struct schema *s,
    const struct policy_dataset *d, const char *received)
{
	memset(l, 0, sizeof(*l));
	expect_policy(rs, d);
	l->masks = expect_masks(rs);
	l->policy = d;
	l->schema = s;
	l->dated = -1;
	if (calendar_day(received, &l->received) == -1)
		l->received = -1;
	if (l->masks->coded != 0)
		l->codes = xcalloc(1, sizeof(*l->codes));
}

void
measure_close(struct measure_lane *l)
{
	free(l->codes);
	l->codes = NULL;
}

void
measure_period(struct measure_lane *l, const char *period)
{
	l->period[0] = '\0';
	l->dated = -1;
	if (calendar_span(period, &l->first, &l->last) == -1)
		return;
	l->dated = l->schema->period;
	if (l->policy->dated[0] != '\0')
		l->dated = schema_field(l->schema, l->policy->dated);
}

/* --- codes -------------------------------------------------------------- */

static uint64_t
hash(int field, const char *s, size_t len)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(field + 1);
	uint64_t w;

	while (len > 0) {
		size_t n = len < sizeof(w) ? len : sizeof(w);

		w = 0;
		memcpy(&w, s, n);
		h = (h ^ w ^ len) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
		s += n;
		len -= n;
	}
	return h | 1;
}

static uint32_t
note_unknown(struct measure_codes *c, int field, const struct cell *raw)
{
	struct measure_unknown *u;
	size_t len;

	if (++c->nunknown > UNKNOWN_MAX)
		return UNKNOWN_MAX + 1;
	u = &c->unknown[c->nunknown - 1];
	u->field = field;
	len = text_cut(raw->text, raw->len, sizeof(u->text) - 1);
	memcpy(u->text, raw->text, len);
	return (uint32_t)c->nunknown;
}

/* A cell with a code: whether it is the first of its kind, and known. */
static void
meet(struct measure_lane *l, int field, const struct cell *raw, int known)
{
	struct measure_codes *c = l->codes;
	uint64_t h = hash(field, raw->text, raw->len);
	size_t at = h >> 32 & (CODES_ROOM - 1);

	while (c->met[at].hash != 0 && c->met[at].hash != h)
		at = (at + 1) & (CODES_ROOM - 1);
	if (c->met[at].hash == 0) {
		if (c->n == CODES_MAX)
			return;
		c->n++;
		c->met[at].hash = h;
		c->met[at].unknown = known ? 0 : note_unknown(c, field, raw);
		l->x[METRIC_N4].denominator++;
		l->x[METRIC_N4].numerator += known != 0;
	}
	at = c->met[at].unknown;
	if (at >= 1 && at <= UNKNOWN_MAX)
		c->unknown[at - 1].n++;
}

const struct measure_unknown *
measure_unknown(const struct measure_lane *l, size_t n)
{
	return l->codes != NULL && n < l->codes->nunknown && n < UNKNOWN_MAX
		   ? &l->codes->unknown[n]
		   : NULL;
}

/* --- rows --------------------------------------------------------------- */

static void
add(struct measure *x, uint64_t good, uint64_t all)
{
	x->numerator += (uint64_t)__builtin_popcountll(good & all);
	x->denominator += (uint64_t)__builtin_popcountll(all);
}

static void
count_cells(struct measure_lane *l, const struct row *r)
{
	const struct expect_masks *k = l->masks;
	const struct row_marks *m = &r->marks;
	uint64_t said = m->filled | (m->failed & ~m->masked);
	uint64_t coded = k->coded & m->sent & said;
	uint64_t checked = k->idents & said & (m->sent | ~k->made);

	add(&l->x[METRIC_N1], m->filled, coded);
	for (uint64_t left = coded; left != 0; left &= left - 1) {
		int i = __builtin_ctzll(left);

		meet(l, i, &r->raw[i], (m->filled >> i & 1) != 0);
	}
	/* Whole columns that are missing are N2. */
	add(&l->x[METRIC_C1], m->filled | (m->failed & m->sent),
	    k->mandatory & (m->columns | m->filled));
	add(&l->x[METRIC_A1], m->filled, checked);
	add(&l->x[METRIC_A2], m->filled | m->outside,
	    k->typed & m->sent & said);
	add(&l->x[METRIC_A6], ~m->outside,
	    k->ranged & (m->filled | m->outside));
	if (k->personal != 0 && !r->rejected)
		add(&l->x[METRIC_N5], m->filled, k->personal & m->filled);
	l->x[METRIC_C2].numerator += m->expected - m->lacking;
	l->x[METRIC_C2].denominator += m->expected;
}

static void
add_row(struct measure *x, int good)
{
	x->numerator += good != 0;
	x->denominator++;
}

/* How soon the source's change got here. */
static void
count_latency(struct measure_lane *l, const struct row *r)
{
	const struct value *v;
	char text[CALENDAR_DAY];
	int day;

	if (l->masks->updated_at < 0 || l->received < 0)
		return;
	v = &r->value[l->masks->updated_at];
	if (v->kind != VALUE_TEXT || v->len < 10)
		return;
	memcpy(text, v->text, 10);
	text[10] = '\0';
	if (calendar_day(text, &day) == 0)
		add_row(&l->x[METRIC_T2],
		    l->received - day <= l->policy->latency);
}

/* The text of a date or period as days; a year may be a number. */
static int
is_inside(const struct measure_lane *l, const char *text)
{
	int first, last;

	if (calendar_span(text, &first, &last) == -1)
		return 0;
	if (l->dated == l->schema->period)
		return first >= l->first && last <= l->last;
	return last >= l->first - l->policy->late && first <= l->last;
}

/* Rows of the same period follow each other. */
static void
count_period(struct measure_lane *l, const struct row *r)
{
	const struct value *v;
	char text[sizeof(l->period)] = "";

	if (l->dated < 0 || r->raw[l->dated].column < 0)
		return;
	v = &r->value[l->dated];
	if (v->kind == VALUE_TEXT && v->len < sizeof(text))
		memcpy(text, v->text, v->len);
	else if (v->kind == VALUE_INT && v->num > 0 && v->num < 10000)
		snprintf(text, sizeof(text), "%04d", (int)v->num);
	if (l->period[0] == '\0' || strcmp(text, l->period) != 0) {
		l->inside = is_inside(l, text);
		memcpy(l->period, text, sizeof(text));
	}
	add_row(&l->x[METRIC_T3], l->inside);
}

void
measure_row(struct measure_lane *l, const struct row *r)
{
	const struct row_marks *m = &r->marks;

	add_row(&l->x[METRIC_N3], !r->rejected);
	if (!m->cleaned)
		return;
	count_cells(l, r);
	add_row(&l->x[METRIC_A5], m->dirty);
	if (l->masks->related)
		add_row(&l->x[METRIC_S2], !m->contradicts);
	count_latency(l, r);
	count_period(l, r);
}

/* --- the file ----------------------------------------------------------- */

void
measure_columns(struct measure_lane *l, uint64_t lacking)
{
	add(&l->x[METRIC_N2], ~lacking, l->masks->mandatory);
}

void
measure_declared(struct measure_lane *l, uint64_t said, uint64_t came)
{
	struct measure *x = &l->x[METRIC_C3];

	x->numerator += said < came ? said : came;
	x->denominator += said < came ? came : said;
}
