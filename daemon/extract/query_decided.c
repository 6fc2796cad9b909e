#include <stdio.h>
#include <stdlib.h>

#include "extract/query_part.h"
#include "grant/grant_store.h"
#include "keeper/jobs.h"
#include "sys/clock.h"

/* What was decided, as it stands in the base: the orders of the extract role. */

/* Their names as a JSON list; the caller's. */
static char *
names_of(const struct schema *s, uint64_t fields)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < s->nfields; i++)
		if ((fields >> i & 1) != 0)
			json_array_append_new(list,
			    json_string(s->field[i].name));
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

static char *
numbers_of(const struct grant_answer *a)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < a->ngrants; i++)
		json_array_append_new(list, json_integer(a->grant[i]));
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

static int
keep_give(struct query_decide *d, const struct query_give *g, struct err *e)
{
	const struct grant_answer *a = &g->answer;
	char *grants = numbers_of(a);
	char *full = names_of(g->schema, a->full);
	char *masked = names_of(g->schema, a->masked);
	int rc = db_run(d->k->db, e,
	    "INSERT INTO query_give_t (query, n, dataset, version, form, full,"
	    " masked, full_fields, masked_fields, from_day, until_day, grants,"
	    " why, refusal, subjects) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	    "iittiiitttt"
	    "ttii",
	    d->bundle->no, g->n, g->schema->dataset, g->schema->version,
	    (int64_t)a->form, (int64_t)a->full, (int64_t)a->masked, full,
	    masked, a->from, a->until, grants, g->why, (int64_t)a->why,
	    g->subjects);

	for (size_t i = 0; rc == 0 && i < a->ngrants; i++)
		rc = grant_used(d->k->db, a->grant[i], d->bundle->name.id,
		    d->day, e);
	free(grants);
	free(full);
	free(masked);
	return rc;
}

/* Days until an extract is removed: the shortest of its grants, or ours. */
static int
life_of(const struct query_decide *d)
{
	int life = d->k->conf.extract_days;

	for (size_t i = 0; i < d->ngives; i++)
		if (d->give[i].answer.life > 0 && d->give[i].answer.life < life)
			life = d->give[i].answer.life;
	return life;
}

static int64_t
given_subjects(const struct query_decide *d)
{
	int64_t n = 0;

	for (size_t i = 0; i < d->nsubjects; i++)
		n += d->subject[i].given;
	return n;
}

int
query_decided_keep(struct query_decide *d, struct err *e)
{
	char now[CLOCK_TEXT], life[32];

	clock_now(now, sizeof(now));
	for (size_t i = 0; i < d->ngives; i++)
		if (keep_give(d, &d->give[i], e) == -1)
			return -1;
	if (db_run(d->k->db, e,
		"INSERT OR IGNORE INTO mark_t VALUES (?, randomblob(32))", "t",
		d->bundle->name.account) == -1)
		return -1;
	snprintf(life, sizeof(life), "+%d days", life_of(d));
	return db_run(d->k->db, e,
	    "UPDATE query_t SET state = ?, purpose = ?, day = ?, known_at = ?,"
	    " upto = ?, given = ?, lasts = ?7, expires = min(date(?, ?),"
	    " coalesce(nullif(?7, ''), '9')) WHERE no = ?",
	    "ttttti"
	    "ttti",
	    query_decide_given(d) ? "decided" : "refused", d->ask.purpose,
	    d->day, now, jobs_since(d->k, now), given_subjects(d), d->lasts,
	    d->day, life, d->bundle->no);
}
