#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "door/limits.h"
#include "sys/mem.h"

enum { SOURCES_MAX = 65536 };

struct source {
	char name[48];
	int connections;
	int startups;    /* of them, not logged in */
	int64_t penalty; /* seconds, as of */
	int64_t as_of;
	UT_hash_handle hh;
};

struct limits {
	int sessions_max;
	int per_source;
	int startups_max;
	int sessions;
	int startups;
	struct source *sources;
};

struct limits *
limits_new(int sessions_max, int per_source, int startups_max)
{
	struct limits *l = xcalloc(1, sizeof(*l));

	l->sessions_max = sessions_max;
	l->per_source = per_source;
	l->startups_max = startups_max;
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

static void
forgive(struct source *s, int64_t now)
{
	s->penalty -= now - s->as_of;
	if (s->penalty < 0)
		s->penalty = 0;
	s->as_of = now;
}

/* Those with nothing against them and nobody here need no memory. */
static void
forget(struct limits *l, int64_t now)
{
	struct source *s = NULL;
	struct source *next = NULL;

	HASH_ITER(hh, l->sources, s, next)
	{
		forgive(s, now);
		if (s->connections > 0 || s->penalty > 0)
			continue;
		HASH_DEL(l->sources, s);
		free(s);
	}
}

static struct source *
source_of(struct limits *l, const char *name, int64_t now)
{
	struct source *s = NULL;

	HASH_FIND_STR(l->sources, name, s);
	if (s == NULL) {
		if (HASH_COUNT(l->sources) >= SOURCES_MAX)
			forget(l, now);
		s = xcalloc(1, sizeof(*s));
		snprintf(s->name, sizeof(s->name), "%s", name);
		s->as_of = now;
		HASH_ADD_STR(l->sources, name, s);
	}
	forgive(s, now);
	return s;
}

enum limits_verdict
limits_enter(struct limits *l, const char *name, int spoke, int64_t now)
{
	struct source *s = source_of(l, name, now);

	if (s->penalty > LIMITS_PATIENCE)
		return LIMITS_PENALTY;
	if (l->sessions >= l->sessions_max)
		return LIMITS_FULL;
	if (s->connections >= l->per_source ||
	    s->startups >= (l->startups_max + 3) / 4)
		return LIMITS_SOURCE;
	if (l->startups >= (spoke ? l->startups_max : l->startups_max / 2))
		return LIMITS_STARTUPS;
	s->connections++;
	s->startups++;
	l->sessions++;
	l->startups++;
	return LIMITS_IN;
}

static void
end_startup(struct limits *l, struct source *s)
{
	l->startups--;
	s->startups--;
}

void
limits_logged_in(struct limits *l, const char *name, int64_t now)
{
	end_startup(l, source_of(l, name, now));
}

void
limits_leave(struct limits *l, const char *name, int logged_in, int failed,
    int64_t now)
{
	struct source *s = source_of(l, name, now);

	s->connections--;
	l->sessions--;
	if (!logged_in)
		end_startup(l, s);
	if (failed && s->penalty < LIMITS_WORST)
		s->penalty += LIMITS_FAILURE;
}

void
limits_source(const char *address, char *source)
{
	unsigned char v6[16];

	if (inet_pton(AF_INET6, address, v6) != 1) {
		snprintf(source, 48, "%.47s", address);
		return;
	}
	memset(v6 + 8, 0, 8);
	(void)inet_ntop(AF_INET6, v6, source, 48);
}

const char *
limits_verdict_name(enum limits_verdict v)
{
	static const char *const name[] = { "in", "full", "startups", "source",
		"penalty" };

	return name[v];
}
