#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/query_part.h"
#include "golden/enterprise.h"
#include "golden/linking.h"
#include "grant/grant_store.h"
#include "sys/clock.h"
#include "sys/mem.h"

enum { FORGOTTEN = 2000 /* rows of an earlier decision in a step */ };

/*
 * Subject by subject and data set by data set. A subject that is not found is
 * decided like one that nobody knows, and hears that it was not found only
 * where the grants would have given it: else it hears what one that exists
 * would hear, so that the difference tells nothing.
 *
 * In steps, between which the keeper commits and hears others. What they leave
 * is no order before the last one says so: a crash in between leaves a query
 * that was asked, and it is decided anew.
 */

/* ---- what for, until when ---- */

static void
purposes(const struct sharing *h, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < h->npurposes && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s %s",
		    i > 0 ? ", " : "", h->purpose[i].code, h->purpose[i].zh);
}

/* By its code or its name; of a list the one that its name holds. */
static int
find_purpose(struct query_decide *d, struct err *e)
{
	const struct sharing *h = d->grants.sharing;
	const char *said = d->q.purpose != NULL ? d->q.purpose : d->q.list;
	const struct sharing_purpose *found = NULL;
	char all[1024];

	for (size_t i = 0; i < h->npurposes; i++) {
		const struct sharing_purpose *p = &h->purpose[i];
		int is = d->q.purpose != NULL ? strcmp(said, p->code) == 0 ||
						    strcmp(said, p->zh) == 0 ||
						    strcmp(said, p->en) == 0
					      : strstr(said, p->code) != NULL ||
						    strstr(said, p->zh) != NULL;

		if (is && found != NULL)
			found = NULL, i = h->npurposes;
		else if (is)
			found = p;
	}
	if (found != NULL) {
		d->ask.purpose = found->code;
		return 0;
	}
	purposes(h, all, sizeof(all));
	return err_say(e, ERR_SENDER, "query_purpose", said, all, NULL);
}

/* Limits of the account's day; the query itself is in the base already. */
static int
check_day(struct query_decide *d, struct err *e)
{
	struct db *db = d->k->db;
	const char *account = d->bundle->name.account;
	char most[32];
	int64_t n;

	if (d->q.as_of != NULL && strcmp(d->q.as_of, d->day) > 0)
		return err_say(e, ERR_SENDER, "query_future", d->q.as_of, NULL);
	/* Numbers of standing extracts are not asked for one by one. */
	if (d->bundle->name.kind != 'q')
		return 0;
	n = db_int(db, 0,
	    "SELECT count(*) FROM query_t WHERE account = ? AND day = ?"
	    " AND seq IS NULL AND no <> ?",
	    "tti", account, d->day, d->bundle->no);
	if (n < d->k->conf.queries_per_day)
		return 0;
	snprintf(most, sizeof(most), "%d", d->k->conf.queries_per_day);
	return err_say(e, ERR_SENDER, "query_daily", most, NULL);
}

/* ---- which data ---- */

/* Answers are alike but for the consent. */
static int
same_answer(const struct query_give *g, const struct grant_answer *a,
    const char *why)
{
	const struct grant_answer *b = &g->answer;

	return strcmp(g->why, why) == 0 && a->form == b->form &&
	       a->full == b->full && a->masked == b->masked &&
	       strcmp(a->from, b->from) == 0 &&
	       strcmp(a->until, b->until) == 0 && a->ngrants == b->ngrants &&
	       memcmp(a->grant, b->grant, a->ngrants * sizeof(a->grant[0])) ==
		   0;
}

static struct query_give *
give_of(struct query_decide *d, const struct schema *s,
    const struct grant_answer *a, const char *why)
{
	struct query_give *g;

	for (size_t i = d->dataset; i < d->ngives; i++)
		if (same_answer(&d->give[i], a, why))
			return &d->give[i];
	if (d->ngives == d->room) {
		d->room = d->room * 2 + 32;
		d->give = xreallocarray(d->give, d->room, sizeof(*d->give));
	}
	g = &d->give[d->ngives];
	memset(g, 0, sizeof(*g));
	g->n = (int64_t)++d->ngives;
	g->schema = s;
	g->answer = *a;
	g->why = why;
	return g;
}

static int
keep_pass(struct query_decide *d, const struct query_give *g,
    const struct query_subject *s, const struct grant_answer *a, struct err *e)
{
	return db_run(d->k->db, e,
	    "INSERT INTO query_pass_t VALUES (?,?,?,?,?,?)", "iiiiii",
	    d->bundle->no, g->n, s->n, (int64_t)s->enterprise, a->consent,
	    (int64_t)s->person);
}

/* One subject's answer of one data set, cut down to what was asked for. */
static int
decide_one(struct query_decide *d, const struct query_asked *asked,
    struct query_subject *s, struct err *e)
{
	const struct grant_subject who = { s->enterprise, s->division,
		s->person };
	struct grant_answer a;
	struct query_give *g;
	const char *why;

	grant_decide(&d->grants, &d->ask, asked->schema, &who, &a);
	if (a.why == GRANT_GIVEN && a.form >= GRANT_LATEST) {
		a.full &= asked->fields;
		a.masked &= asked->fields;
		if ((a.full | a.masked) == 0)
			a.why = GRANT_NOT_GRANTED;
	}
	why = grant_refusal_code(a.why);
	if (a.why == GRANT_GIVEN && s->enterprise == 0) {
		a.why = GRANT_OTHER_WHOM;
		why = s->why;
	}
	if (why[0] != '\0')
		grant_refuse(&a, a.why);
	else if (d->lasts[0] == '\0' || strcmp(a.lasts, d->lasts) < 0)
		snprintf(d->lasts, sizeof(d->lasts), "%s", a.lasts);
	g = give_of(d, asked->schema, &a, why);
	g->subjects++;
	s->give = (uint32_t)g->n;
	if (why[0] != '\0' && d->q.all)
		return 0;
	return keep_pass(d, g, s, &a, e);
}

/* Of too few subjects a count would tell of single ones. */
static void
withhold_counts(struct query_decide *d)
{
	for (size_t i = d->dataset; i < d->ngives; i++) {
		struct query_give *g = &d->give[i];

		if (g->answer.form != GRANT_COUNT ||
		    g->subjects >= GRANT_COUNT_LEAST)
			continue;
		grant_refuse(&g->answer, GRANT_TOO_FEW);
		g->why = grant_refusal_code(GRANT_TOO_FEW);
	}
}

/* Where the data sets were not named, what is not granted is not told. */
static int
is_worth_telling(const struct query_decide *d)
{
	const char *none = grant_refusal_code(GRANT_NOT_GRANTED);

	if (d->q.datasets != NULL)
		return 1;
	for (size_t i = d->dataset; i < d->ngives; i++)
		if (strcmp(d->give[i].why, none) != 0 &&
		    strcmp(d->give[i].why,
			grant_refusal_code(GRANT_NOT_SHARED)) != 0)
			return 1;
	return 0;
}

static void
note_given(struct query_decide *d)
{
	for (size_t i = 0; i < d->nsubjects; i++) {
		struct query_subject *s = &d->subject[i];

		if (s->give != 0 && d->give[s->give - 1].why[0] == '\0')
			s->given = 1;
	}
}

static int
forget_gives(struct query_decide *d, struct err *e)
{
	d->ngives = d->dataset;
	return db_run(d->k->db, e,
	    "DELETE FROM query_pass_t WHERE query = ? AND give > ?", "ii",
	    d->bundle->no, (int64_t)d->ngives);
}

static int
end_dataset(struct query_decide *d, struct err *e)
{
	withhold_counts(d);
	note_given(d);
	if (!is_worth_telling(d) && forget_gives(d, e) == -1)
		return -1;
	d->dataset = d->ngives;
	d->nth++;
	d->at = 0;
	return 1;
}

/* ---- step by step ---- */

/* What was decided before, by a keeper that did not come to the end. */
static int
forget_some(struct query_decide *d, struct err *e)
{
	if (db_run(d->k->db, e,
		"DELETE FROM query_pass_t WHERE query = ?1 AND (give, n) IN"
		" (SELECT give, n FROM query_pass_t WHERE query = ?1 LIMIT ?2)",
		"ii", d->bundle->no, (int64_t)FORGOTTEN) == -1)
		return -1;
	if (sqlite3_changes(d->k->db->handle) == FORGOTTEN)
		return 1;
	return query_forget_decision(d->k->db, d->bundle->no, e);
}

static int
decide_some(struct query_decide *d, struct err *e)
{
	if (d->nth == d->nasked)
		return 0;
	for (int i = 0; i < QUERY_AT_ONCE && d->at < d->nsubjects; i++) {
		struct query_subject *s = &d->subject[d->at++];

		if (!s->again && decide_one(d, &d->asked[d->nth], s, e) == -1)
			return -1;
	}
	return d->at < d->nsubjects ? 1 : end_dataset(d, e);
}

/* By other grants than it began with it is decided again. */
static int
end(struct query_decide *d, struct err *e)
{
	struct grants now;

	if (grant_load(d->k->db, d->standing, d->ask.account, &now, e) == -1)
		return -1;
	if (grants_same(&d->grants, &now)) {
		grants_free(&now);
		return query_decided_keep(d, e);
	}
	grants_free(&d->grants);
	d->grants = now;
	d->nsubjects = d->ngives = d->dataset = d->nth = d->at = 0;
	d->lasts[0] = '\0';
	d->stage = -1;
	return 0;
}

static int (*const stages[])(struct query_decide *d,
    struct err *e) = { forget_some, query_subjects_find, query_subjects_know,
	decide_some, end };

enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

int
query_decide_slice(struct query_decide *d, int milliseconds, struct err *e)
{
	int64_t until = clock_milliseconds() + milliseconds;

	while (d->stage < STAGES && clock_milliseconds() < until) {
		int rc = stages[d->stage](d, e);

		if (rc == -1)
			return -1;
		d->stage += rc == 0;
	}
	return d->stage < STAGES;
}

int
query_decide_given(const struct query_decide *d)
{
	for (size_t i = 0; i < d->ngives; i++)
		if (d->give[i].why[0] == '\0')
			return 1;
	return 0;
}

/* ---- begin ---- */

static int
fields_of(const struct schema *s, const json_t *names, uint64_t *ret_fields,
    struct err *e)
{
	size_t i;
	json_t *one;

	*ret_fields = names == NULL ? UINT64_MAX : 0;
	json_array_foreach(names, i, one) {
		int f = schema_field(s, json_string_value(one));

		if (f == -1)
			return err_say(e, ERR_SENDER, "query_field", s->dataset,
			    json_string_value(one), NULL);
		*ret_fields |= UINT64_C(1) << f;
	}
	return 0;
}

static void
ask_for(struct query_decide *d, const struct schema *s, uint64_t fields)
{
	d->asked[d->nasked++] = (struct query_asked){ s, fields };
}

/* The data sets that are named, or all; each is one that there is. */
static int
read_datasets(struct query_decide *d, struct err *e)
{
	const struct schemas *all = d->standing->schemas;
	size_t n = json_array_size(d->q.datasets);

	d->asked = xcalloc(n + schemas_count(all), sizeof(*d->asked));
	for (size_t i = 0; i < n; i++) {
		const json_t *names;
		const char *dataset = query_dataset(&d->q, i, &names);
		const struct schema *s = schemas_find(all, dataset);
		uint64_t fields;

		if (s == NULL)
			return err_say(e, ERR_SENDER, "query_dataset", dataset,
			    NULL);
		if (fields_of(s, names, &fields, e) == -1)
			return -1;
		ask_for(d, s, fields);
	}
	for (size_t i = 0; n == 0 && i < schemas_count(all); i++) {
		const struct schema *s = schemas_at(all, i);

		if (schemas_find(all, s->dataset) == s)
			ask_for(d, s, UINT64_MAX);
	}
	return 0;
}

int
query_decide_open(struct keeper *k, const struct standing *s,
    const struct bundle *b, struct query *q, struct query_decide **ret_d,
    struct err *e)
{
	struct query_decide *d = xcalloc(1, sizeof(*d));

	d->k = k;
	d->standing = s;
	d->bundle = b;
	d->q = *q;
	memset(q, 0, sizeof(*q));
	clock_today(d->day);
	if (linking_enterprises(k) != NULL)
		d->linker = enterprises_linker(linking_enterprises(k));
	d->ask.account = b->name.account;
	d->ask.today = d->day;
	d->ask.consent = d->q.consent;
	d->grants.sharing = s->sharing;
	if (find_purpose(d, e) == -1 || check_day(d, e) == -1 ||
	    query_check_key(k->db, b->name.account, &d->q, e) == -1 ||
	    read_datasets(d, e) == -1 ||
	    grant_load(k->db, s, b->name.account, &d->grants, e) == -1) {
		query_decide_close(d);
		return -1;
	}
	*ret_d = d;
	return 0;
}

void
query_decide_close(struct query_decide *d)
{
	if (d == NULL)
		return;
	query_done(&d->q);
	grants_free(&d->grants);
	free(d->asked);
	free(d->subject);
	free(d->give);
	free(d);
}
