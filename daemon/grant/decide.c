#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grant/grant.h"
#include "quality/calendar.h"

/* --- order -------------------------------------------------------------- */

static int
by_dataset(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;
	int d = strcmp(x->schema->dataset, y->schema->dataset);

	return d != 0 ? d : (x->no > y->no) - (x->no < y->no);
}

static int
by_enterprise(const void *a, const void *b)
{
	const struct grant_consent *x = a, *y = b;

	if (x->enterprise != y->enterprise)
		return x->enterprise < y->enterprise ? -1 : 1;
	return (x->no > y->no) - (x->no < y->no);
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
grants_order(struct grants *g)
{
	if (g->n > 0)
		qsort(g->grant, g->n, sizeof(*g->grant), by_dataset);
	if (g->nconsents > 0)
		qsort(g->consent, g->nconsents, sizeof(*g->consent),
		    by_enterprise);
	for (size_t i = 0; i < g->n; i++)
		if (g->grant[i].nlist > 0)
			qsort(g->grant[i].list, g->grant[i].nlist,
			    sizeof(uint32_t), by_number);
}

void
grants_free(struct grants *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->grant[i].list);
	free(g->grant);
	free(g->consent);
	memset(g, 0, sizeof(*g));
}

int
grants_same(const struct grants *a, const struct grants *b)
{
	if (a->n != b->n || a->nconsents != b->nconsents)
		return 0;
	for (size_t i = 0; i < a->n; i++) {
		struct grant x = a->grant[i], y = b->grant[i];

		x.list = y.list = NULL;
		if (memcmp(&x, &y, sizeof(x)) != 0 ||
		    (x.nlist > 0 && memcmp(a->grant[i].list, b->grant[i].list,
					x.nlist * sizeof(uint32_t)) != 0))
			return 0;
	}
	return a->nconsents == 0 ||
	       memcmp(a->consent, b->consent,
		   a->nconsents * sizeof(*a->consent)) == 0;
}

/* The first grant of a data set, g->n where there is none. */
static size_t
first_of(const struct grants *g, const char *dataset)
{
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(g->grant[mid].schema->dataset, dataset) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* --- one grant ---------------------------------------------------------- */

/* The subject's consent that is in force for this ask, NULL none. */
static const struct grant_consent *
consent_of(const struct grants *g, const struct grant_ask *a,
    const struct schema *s, uint32_t enterprise)
{
	size_t low = 0, high = g->nconsents;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (g->consent[mid].enterprise < enterprise)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < g->nconsents && g->consent[low].enterprise == enterprise;
	     low++) {
		const struct grant_consent *c = &g->consent[low];

		if (strcmp(c->account, a->account) == 0 &&
		    strcmp(c->purpose, a->purpose) == 0 &&
		    (c->dataset[0] == '\0' ||
			strcmp(c->dataset, s->dataset) == 0) &&
		    (a->consent == NULL ||
			strcmp(c->reference, a->consent) == 0) &&
		    strcmp(c->from, a->today) <= 0 &&
		    strcmp(a->today, c->until) <= 0)
			return c;
	}
	return NULL;
}

static int
is_of(const struct grant *g, const struct grant_subject *who,
    const struct grant_consent *consent)
{
	switch (g->whom) {
	case GRANT_OF_ALL:
		return 1;
	case GRANT_OF_DIVISION:
		return g->division[0] != '\0' && who->division != NULL &&
		       strncmp(who->division, g->division,
			   strlen(g->division)) == 0;
	case GRANT_OF_LIST:
		return g->nlist > 0 &&
		       bsearch(&who->enterprise, g->list, g->nlist,
			   sizeof(uint32_t), by_number) != NULL;
	case GRANT_OF_CONSENTED:
		return consent != NULL;
	}
	return 0;
}

/* Days from one to another; 0 where one is no day: nothing is over. */
static int
days_between(const char *from, const char *to)
{
	int a, b;

	return calendar_day(from, &a) == -1 || calendar_day(to, &b) == -1
		   ? 0
		   : b - a;
}

/* Whether a grant covers the ask: GRANT_GIVEN, or what is against it. */
static enum grant_refusal
covers(const struct grant *g, const struct grant_ask *a,
    const struct sharing_dataset *d, const struct grant_subject *who,
    const struct grant_consent *consent)
{
	if (strcmp(g->account, a->account) != 0 || (d->by_name && !g->named))
		return GRANT_NOT_GRANTED;
	if (g->state == GRANT_REVOKED)
		return GRANT_WITHDRAWN;
	if (g->state == GRANT_PENDING)
		return GRANT_UNAPPROVED;
	if (strcmp(g->purpose, GRANT_ANY_PURPOSE) != 0 &&
	    strcmp(g->purpose, a->purpose) != 0)
		return GRANT_OTHER_PURPOSE;
	if (strcmp(g->until, a->today) < 0)
		return GRANT_OVER;
	if (strcmp(a->today, g->from) < 0)
		return GRANT_EARLY;
	if (g->times > 0 && g->used >= g->times)
		return GRANT_USED_UP;
	if (g->every > 0 && g->used_on[0] != '\0' &&
	    days_between(g->used_on, a->today) < g->every)
		return GRANT_TOO_SOON;
	if (!is_of(g, who, consent))
		return GRANT_OTHER_WHOM;
	if (d->consent && consent == NULL)
		return GRANT_NO_CONSENT;
	return g->state == GRANT_SUSPENDED ? GRANT_OBJECTED : GRANT_GIVEN;
}

uint64_t
grant_sensitive(const struct schema *s, char sensitivity)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < s->nfields; i++)
		if (s->field[i].sensitivity == sensitivity)
			bits |= UINT64_C(1) << i;
	return bits;
}

/* What a grant that covers the ask gives by itself. */
static void
gives(const struct grant *g, const struct grant_consent *consent,
    uint64_t *ret_full, uint64_t *ret_masked)
{
	uint64_t open = grant_sensitive(g->schema, 'P');
	uint64_t restricted = grant_sensitive(g->schema, 'R');
	uint64_t personal = 0;

	if (strcmp(g->purpose, GRANT_ANY_PURPOSE) == 0) {
		*ret_full = g->fields & open;
		*ret_masked = 0;
		return;
	}
	if (consent != NULL)
		personal =
		    g->fields & g->full & grant_sensitive(g->schema, 'X');
	*ret_full = (g->fields & (open | restricted)) | personal;
	*ret_masked = g->fields & ~*ret_full;
}

/* --- all of them -------------------------------------------------------- */

static const char *
later(const char *a, const char *b)
{
	return strcmp(a, b) >= 0 ? a : b;
}

/* "" is no limit. */
static const char *
earlier(const char *a, const char *b)
{
	if (a[0] == '\0' || b[0] == '\0')
		return a[0] != '\0' ? a : b;
	return strcmp(a, b) <= 0 ? a : b;
}

static void
rest_on(struct grant_answer *r, const char *until)
{
	r->lasts = earlier(r->lasts, until);
}

/* The answer so far, and one more grant: what both give. */
static void
narrow(struct grant_answer *r, const struct grant *g,
    const struct grant_consent *consent)
{
	uint64_t full, masked, seen;

	gives(g, consent, &full, &masked);
	seen = (r->full | r->masked) & (full | masked);
	r->full &= full;
	r->masked = seen & ~r->full;
	if (g->form < r->form)
		r->form = g->form;
	r->from = later(r->from, g->data_from);
	r->until = earlier(r->until, g->data_until);
	if (g->life > 0 && (r->life == 0 || g->life < r->life))
		r->life = g->life;
	rest_on(r, g->until);
	r->grant[r->ngrants++] = g->no;
}

void
grant_refuse(struct grant_answer *r, enum grant_refusal why)
{
	memset(r, 0, sizeof(*r));
	r->from = r->until = r->lasts = "";
	r->why = why;
}

/* Where nothing is left of what several gave; no fields with a mere answer. */
static void
settle(struct grant_answer *r)
{
	if ((r->full | r->masked) == 0 || r->form == GRANT_NONE ||
	    (r->until[0] != '\0' && strcmp(r->from, r->until) > 0))
		grant_refuse(r, GRANT_NOTHING_LEFT);
	else if (r->form < GRANT_LATEST)
		r->full = r->masked = 0;
}

void
grant_decide(const struct grants *g, const struct grant_ask *a,
    const struct schema *s, const struct grant_subject *who,
    struct grant_answer *ret)
{
	const struct sharing_dataset *d = sharing_find(g->sharing, s->dataset);
	const struct grant_consent *consent;
	enum grant_refusal nearest = GRANT_NOT_GRANTED;

	grant_refuse(ret, GRANT_NOT_SHARED);
	if (d == NULL || d->class == SHARING_NEVER)
		return;
	ret->why = GRANT_NO_PURPOSE;
	if (sharing_purpose(g->sharing, a->purpose) == NULL)
		return;
	consent = consent_of(g, a, s, who->enterprise);
	ret->form = GRANT_ROWS;
	ret->full = UINT64_MAX;
	ret->why = GRANT_GIVEN;
	for (size_t i = first_of(g, s->dataset);
	     i < g->n && strcmp(g->grant[i].schema->dataset, s->dataset) == 0;
	     i++) {
		enum grant_refusal why =
		    g->grant[i].schema != s
			? GRANT_NOT_GRANTED
			: covers(&g->grant[i], a, d, who, consent);

		if (why != GRANT_GIVEN && why > nearest)
			nearest = why;
		if (why == GRANT_OBJECTED || ret->ngrants == GRANT_MANY) {
			grant_refuse(ret,
			    why == GRANT_OBJECTED ? why : GRANT_NOTHING_LEFT);
			return;
		}
		if (why == GRANT_GIVEN)
			narrow(ret, &g->grant[i], consent);
	}
	if (ret->ngrants == 0) {
		grant_refuse(ret, nearest);
		return;
	}
	if (consent != NULL) {
		ret->consent = consent->no;
		rest_on(ret, consent->until);
	}
	settle(ret);
}

/* --- rows --------------------------------------------------------------- */

/* The first day of a date that may lack its day or month. */
static int
first_day(const char *date, char day[GRANT_DAY])
{
	size_t len = strlen(date);

	if (len != 4 && len != 7 && len < 10)
		return 0;
	memcpy(day, "0000-01-01", GRANT_DAY);
	memcpy(day, date, len < 10 ? len : 10);
	return 1;
}

static int
in_range(const struct grant_answer *r, const char *as_of)
{
	char day[GRANT_DAY];

	if (r->from[0] == '\0' && r->until[0] == '\0')
		return 1;
	if (as_of == NULL || !first_day(as_of, day))
		return 0;
	return strcmp(r->from, day) <= 0 &&
	       (r->until[0] == '\0' || strcmp(day, r->until) <= 0);
}

/* The day on which so many years after a day are over. */
static void
years_after(const char *day, int years, char end[GRANT_ENDS])
{
	snprintf(end, GRANT_ENDS, "%04d%.6s", (atoi(day) + years) % 10000,
	    day + 4);
}

/* What runs out later, by what day it is. */
static void
bring_forward(char ends[GRANT_ENDS], const char *day, const char *after)
{
	char due[GRANT_ENDS];

	snprintf(due, sizeof(due), "%.10s%s", day, after);
	if (ends != NULL && (ends[0] == '\0' || strcmp(due, ends) < 0))
		memcpy(ends, due, sizeof(due));
}

/* A clock that has not run out says when it will. */
static int
has_ended(const char *day, int years, const char *today, char ends[GRANT_ENDS])
{
	char end[GRANT_ENDS];

	years_after(day, years, end);
	if (strcmp(end, today) <= 0)
		return 1;
	bring_forward(ends, end, "");
	return 0;
}

enum grant_row
grant_row(const struct grants *g, const struct grant_ask *a,
    const struct schema *s, const struct grant_subject *who,
    const struct grant_answer *answer, const char *as_of,
    const char *const value[SHARING_CLOCKS], char ends[GRANT_ENDS])
{
	const struct sharing_dataset *d = sharing_find(g->sharing, s->dataset);
	enum grant_row row = GRANT_ROW_WHOLE;
	char day[GRANT_DAY];

	if (d == NULL || answer->form == GRANT_NONE || !in_range(answer, as_of))
		return GRANT_ROW_NOT;
	for (size_t i = 0; i < d->nclocks; i++) {
		if (value[i] == NULL || !first_day(value[i], day))
			continue;
		switch (d->clock[i].kind) {
		case CLOCK_UNTIL:
			if (strcmp(day, a->today) < 0)
				return GRANT_ROW_NOT;
			bring_forward(ends, day, "+");
			break;
		case CLOCK_REMOVED:
			if (strcmp(day, a->today) <= 0)
				return GRANT_ROW_NOT;
			bring_forward(ends, day, "");
			break;
		case CLOCK_ENDED:
			if (has_ended(day,
				who->person ? g->sharing->years_person
					    : g->sharing->years_enterprise,
				a->today, ends))
				return GRANT_ROW_NOT;
			if (has_ended(day, g->sharing->years_person, a->today,
				ends))
				row = GRANT_ROW_WITHOUT_PERSONS;
			break;
		}
	}
	return row;
}

/* --- names -------------------------------------------------------------- */

int
grant_fields(const struct schema *s, const char *names, uint64_t *ret_bits,
    const char **ret_bad)
{
	uint64_t bits = 0;

	for (const char *p = names; *(p += strspn(p, ", ")) != '\0';) {
		size_t len = strcspn(p, ", ");
		size_t i = 0;

		while (i < s->nfields &&
		       (strlen(s->field[i].name) != len ||
			   memcmp(s->field[i].name, p, len) != 0))
			i++;
		if (len == 1 && *p == '*') {
			bits = grant_sensitive(s, 'P') |
			       grant_sensitive(s, 'R') |
			       grant_sensitive(s, 'X');
		} else if (i < s->nfields) {
			bits |= UINT64_C(1) << i;
		} else {
			*ret_bad = p;
			return -1;
		}
		p += len;
	}
	*ret_bits = bits;
	return 0;
}

const char *
grant_refusal_code(enum grant_refusal r)
{
	static const char *const code[] = { [GRANT_GIVEN] = "",
		[GRANT_NOT_SHARED] = "grant_not_shared",
		[GRANT_NO_PURPOSE] = "grant_no_purpose",
		[GRANT_NOT_GRANTED] = "grant_none",
		[GRANT_WITHDRAWN] = "grant_revoked",
		[GRANT_UNAPPROVED] = "grant_unapproved",
		[GRANT_OTHER_PURPOSE] = "grant_other_purpose",
		[GRANT_OVER] = "grant_over",
		[GRANT_EARLY] = "grant_early",
		[GRANT_USED_UP] = "grant_used_up",
		[GRANT_TOO_SOON] = "grant_too_soon",
		[GRANT_OTHER_WHOM] = "grant_other_subject",
		[GRANT_NO_CONSENT] = "grant_no_consent",
		[GRANT_OBJECTED] = "grant_suspended",
		[GRANT_NOTHING_LEFT] = "grant_nothing_left",
		[GRANT_TOO_FEW] = "grant_too_few" };

	return code[r];
}
