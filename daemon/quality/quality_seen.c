#include <stdlib.h>
#include <string.h>

#include "quality/quality_part.h"
#include "sys/mem.h"

enum { PERIODS = 3, PERIODS_KEPT = 8 };

/* A set of enterprises by number. */
struct set {
	uint8_t *bits; /* owned */
	size_t size;   /* bytes */
};

static void
set_room(struct set *s, size_t size)
{
	if (size <= s->size)
		return;
	s->bits = xreallocarray(s->bits, size, 1);
	memset(s->bits + s->size, 0, size - s->size);
	s->size = size;
}

static int
set_has(const struct set *s, size_t no)
{
	return no / 8 < s->size && (s->bits[no / 8] >> (no % 8) & 1) != 0;
}

static void
set_put(struct set *s, size_t no)
{
	set_room(s, no / 8 + 1);
	s->bits[no / 8] |= (uint8_t)(1U << (no % 8));
}

static void
set_join(struct set *s, const uint8_t *bits, size_t size)
{
	set_room(s, size);
	for (size_t i = 0; i < size; i++)
		s->bits[i] |= bits[i];
}

static uint64_t
set_count(const struct set *s, const struct set *both)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->size; i++)
		n += (uint64_t)__builtin_popcount(
		    both == NULL     ? s->bits[i]
		    : i < both->size ? s->bits[i] & both->bits[i]
				     : 0U);
	return n;
}

/* Who was merged into another since is that one. */
static int
follow_merges(struct db *db, struct set *s, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT no, root FROM enterprise_t WHERE root <> no", "");

	for (; rc == 1; rc = db_next(db, st, e)) {
		size_t no = (size_t)sqlite3_column_int64(st, 0);

		if (!set_has(s, no))
			continue;
		s->bits[no / 8] &= (uint8_t) ~(1U << (no % 8));
		set_put(s, (size_t)sqlite3_column_int64(st, 1));
	}
	db_done(st);
	return rc;
}

/* Of a number of periods from one back; how many there were in *ret_n. */
static int
join_periods(struct quality *q, const char *dataset, const char *sql,
    const char *period, struct set *s, int *ret_n, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(q->db, &st, e, sql, "ttti", q->provider, dataset,
	    period, (int64_t)PERIODS);

	*ret_n = 0;
	for (; rc == 1; rc = db_next(q->db, st, e)) {
		set_join(s, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0));
		++*ret_n;
	}
	db_done(st);
	return rc;
}

static int
keep_seen(struct quality *q, const char *dataset, const char *period,
    const struct set *s, struct err *e)
{
	if (q->dry)
		return 0;
	return db_run(q->db, e,
		   "INSERT OR REPLACE INTO quality_seen_t VALUES (?,?,?,?)",
		   "tttb", q->provider, dataset, period,
		   s->bits != NULL ? (const void *)s->bits : "",
		   s->size) == -1 ||
		       db_run(q->db, e,
			   "DELETE FROM quality_seen_t WHERE provider = ?1"
			   " AND dataset = ?2 AND period NOT IN (SELECT period"
			   "  FROM quality_seen_t WHERE provider = ?1 AND"
			   "  dataset = ?2 ORDER BY period DESC LIMIT ?3)",
			   "tti", q->provider, dataset,
			   (int64_t)PERIODS_KEPT) == -1
		   ? -1
		   : 0;
}

/* Enterprises of this period among those of the last three before it. */
static int
cover(struct quality *q, const struct schema *s, const struct merge_tally *t,
    const char *period, struct err *e)
{
	struct set seen = { 0 }, expected = { 0 };
	struct measure *x = &q->x[METRIC_C4];
	int n, rc = -1;

	for (size_t i = 0; i < t->nentities; i++)
		if ((t->entity[i] & MERGE_SEEN) != 0)
			set_put(&seen, i);
	if (join_periods(q, s->dataset,
		"SELECT seen FROM quality_seen_t WHERE provider = ? AND"
		" dataset = ? AND period = ? AND ? > 0",
		period, &seen, &n, e) == -1 ||
	    keep_seen(q, s->dataset, period, &seen, e) == -1 ||
	    join_periods(q, s->dataset,
		"SELECT seen FROM quality_seen_t WHERE provider = ? AND"
		" dataset = ? AND period < ? ORDER BY period DESC LIMIT ?",
		period, &expected, &n, e) == -1 ||
	    follow_merges(q->db, &seen, e) == -1 ||
	    follow_merges(q->db, &expected, e) == -1)
		goto out;
	x->numerator = set_count(&expected, &seen);
	x->denominator = set_count(&expected, NULL);
	rc = 0;
out:
	free(seen.bits);
	free(expected.bits);
	return rc;
}

int
quality_seen(struct quality *q, const struct schema *s,
    const struct merge_tally *t, const char *period, struct err *e)
{
	const struct policy_dataset *d =
	    policy_of(&q->standing->policy, s->dataset);
	int whole = d->whole != -1 ? d->whole : s->period != -1;
	struct measure *x = &q->x[METRIC_T4];

	for (size_t i = 0; i < t->nentities; i++)
		if ((t->entity[i] & MERGE_EVENTS) != 0) {
			x->denominator++;
			x->numerator += (t->entity[i] & MERGE_BACKWARDS) == 0;
		}
	return whole && period[0] != '\0' ? cover(q, s, t, period, e) : 0;
}
