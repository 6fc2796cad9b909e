#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "door/limits.h"
#include "sys/mem.h"

enum {
	SOURCES_MAX = 65536,
	HALF_OPEN_SECONDS = 1, /* a login is over by then */
	TRIED_SECONDS = 3,     /* and one with many keys by then */
	KNOWN_SECONDS = 7 * 86400
};

struct source {
	char name[ADDRESS_TEXT];
	int connections;
	int startups;    /* of them, not logged in */
	int64_t penalty; /* seconds, as of */
	int64_t as_of;
	int64_t known_until; /* it has logged in */
	UT_hash_handle hh;
};

struct limits {
	struct conf conf;
	int cost[LIMITS_FAULTS]; /* seconds of penalty */
	int sessions;
	int startups;
	struct limits_visitor *first, *last; /* startups, as they came */
	struct source *sources;
};

struct limits *
limits_new(const struct conf *c)
{
	struct limits *l = xcalloc(1, sizeof(*l));

	l->conf = *c;
	l->cost[FAULT_SILENT] = c->penalty_silent;
	l->cost[FAULT_KEY] = c->penalty_key;
	l->cost[FAULT_GRACE] = l->cost[FAULT_DISPLACED] = c->penalty_grace;
	l->cost[FAULT_PROTOCOL] = c->penalty_protocol;
	l->cost[FAULT_CRASH] = c->penalty_crash;
	return l;
}

void
limits_free(struct limits *l)
{
	struct source *s, *next;

	if (l == NULL)
		return;
	HASH_ITER(hh, l->sources, s, next)
	{
		HASH_DEL(l->sources, s);
		free(s);
	}
	free(l);
}

/* --- sources ------------------------------------------------------------- */

void
limits_source(const struct limits *l, const char *address, char *source)
{
	unsigned char a[ADDRESS_BYTES];

	if (address_parse(address, a) == -1)
		snprintf(source, ADDRESS_TEXT, "%.47s", address);
	else
		address_net(a, l->conf.source_prefix_ipv4,
		    l->conf.source_prefix_ipv6, source);
}

void
limits_visitor(const struct limits *l, const char *address,
    struct limits_visitor *ret_v)
{
	unsigned char a[ADDRESS_BYTES];

	memset(ret_v, 0, sizeof(*ret_v));
	limits_source(l, address, ret_v->source);
	ret_v->exempt = address_parse(address, a) == 0 &&
			address_list_has(l->conf.penalty_exempt, a);
}

static void
forgive(struct source *s, int64_t now)
{
	s->penalty -= now - s->as_of;
	if (s->penalty < 0)
		s->penalty = 0;
	s->as_of = now;
}

/*
 * Those with nothing against them and nobody here need no memory. Where all
 * have, the least of what stands against them is forgiven. Known ones stay: to
 * be known takes a key.
 */
static void
forget(struct limits *l, int64_t now)
{
	int64_t least = 0;

	while (HASH_COUNT(l->sources) >= SOURCES_MAX) {
		struct source *s = NULL;
		struct source *next = NULL;
		int64_t most = l->conf.penalty_max;

		HASH_ITER(hh, l->sources, s, next)
		{
			forgive(s, now);
			if (s->connections > 0 || s->known_until > now)
				continue;
			if (s->penalty <= least) {
				HASH_DEL(l->sources, s);
				free(s);
			} else if (s->penalty < most) {
				most = s->penalty;
			}
		}
		if (least >= l->conf.penalty_max)
			return;
		least = most;
	}
}

static struct source *
source_of(struct limits *l, const char *name, int64_t now)
{
	struct source *s = NULL;

	HASH_FIND_STR(l->sources, name, s);
	if (s == NULL) {
		forget(l, now);
		s = xcalloc(1, sizeof(*s));
		snprintf(s->name, sizeof(s->name), "%s", name);
		s->as_of = now;
		HASH_ADD_STR(l->sources, name, s);
	}
	forgive(s, now);
	return s;
}

/* --- startups ------------------------------------------------------------ */

static void
startup_begins(struct limits *l, struct source *s, struct limits_visitor *v)
{
	l->startups++;
	s->startups++;
	v->startup = 1;
	v->next = NULL;
	v->before = l->last;
	if (l->last != NULL)
		l->last->next = v;
	else
		l->first = v;
	l->last = v;
}

static void
startup_ends(struct limits *l, struct source *s, struct limits_visitor *v)
{
	l->startups--;
	s->startups--;
	v->startup = 0;
	if (v->before != NULL)
		v->before->next = v->next;
	else
		l->first = v->next;
	if (v->next != NULL)
		v->next->before = v->before;
	else
		l->last = v->before;
}

/* Of those of a kind who have waited so long: of the loudest source, the first. */
static struct limits_visitor *
one_too_many(struct limits *l, int tried, int64_t seconds, int64_t now)
{
	struct limits_visitor *best = NULL;
	int most = 0;

	for (struct limits_visitor *v = l->first; v != NULL; v = v->next) {
		const struct source *s;

		if (v->tried != tried || now - v->since < seconds)
			continue;
		s = source_of(l, v->source, now);
		if (s->startups > most) {
			most = s->startups;
			best = v;
		}
	}
	return best;
}

/* How likely a newcomer costs another his place, in percent. */
static int
likelihood(const struct limits *l)
{
	int begin = l->conf.startups_begin;
	int full = l->conf.startups_max;

	if (l->startups >= full)
		return 100;
	if (l->startups < begin)
		return 0;
	return l->conf.startups_rate + (100 - l->conf.startups_rate) *
					   (l->startups - begin) /
					   (full - begin);
}

/* Who has to go for a newcomer. -1 where he finds no place. */
static int
make_room(struct limits *l, unsigned dice, int64_t now,
    struct limits_visitor **ret_displaced)
{
	int full = l->startups >= l->conf.startups_max;
	struct limits_visitor *v = NULL;

	if ((int)dice < likelihood(l))
		v = one_too_many(l, 0, full ? 0 : HALF_OPEN_SECONDS, now);
	if (v == NULL && full)
		v = one_too_many(l, 1, TRIED_SECONDS, now);
	*ret_displaced = v;
	return v == NULL && full ? -1 : 0;
}

/* --- coming and going ---------------------------------------------------- */

enum limits_verdict
limits_enter(struct limits *l, struct limits_visitor *v, int spoke,
    unsigned dice, int64_t now, struct limits_visitor **ret_displaced)
{
	struct source *s = source_of(l, v->source, now);
	const struct conf *c = &l->conf;

	*ret_displaced = NULL;
	if (!v->exempt && s->penalty > c->penalty_min)
		return LIMITS_PENALTY;
	if (l->sessions >= c->sessions_max)
		return LIMITS_FULL;
	if (s->connections >= c->sessions_per_source ||
	    s->startups >= (c->startups_max + 3) / 4)
		return LIMITS_SOURCE;
	if (!spoke && l->startups >= c->startups_max / 2)
		return LIMITS_STARTUPS;
	if (make_room(l, dice, now, ret_displaced) == -1)
		return LIMITS_STARTUPS;
	v->since = now;
	v->tried = s->known_until > now;
	s->connections++;
	l->sessions++;
	startup_begins(l, s, v);
	return LIMITS_IN;
}

int
limits_known(const struct limits *l, const char *source, int64_t now)
{
	struct source *s = NULL;

	HASH_FIND_STR(l->sources, source, s);
	return s != NULL && s->known_until > now;
}

void
limits_logged_in(struct limits *l, struct limits_visitor *v, int64_t now)
{
	struct source *s = source_of(l, v->source, now);

	s->known_until = now + KNOWN_SECONDS;
	startup_ends(l, s, v);
}

void
limits_leave(struct limits *l, struct limits_visitor *v,
    enum limits_fault fault, int64_t now)
{
	struct source *s = source_of(l, v->source, now);

	s->connections--;
	l->sessions--;
	if (v->startup)
		startup_ends(l, s, v);
	if (v->exempt)
		return;
	s->penalty += l->cost[fault];
	if (s->penalty > l->conf.penalty_max)
		s->penalty = l->conf.penalty_max;
}

unsigned
limits_sources(const struct limits *l)
{
	return HASH_COUNT(l->sources);
}

const char *
limits_verdict_name(enum limits_verdict v)
{
	static const char *const name[] = { "in", "full", "startups", "source",
		"penalty" };

	return name[v];
}

const char *
limits_fault_name(enum limits_fault f)
{
	static const char *const name[] = { "none", "silent", "key", "grace",
		"displaced", "protocol", "crash" };

	return name[f];
}
