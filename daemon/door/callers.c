#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "door/callers.h"

static void
take_out(struct callers *c, size_t at)
{
	c->n--;
	memmove(&c->caller[at], &c->caller[at + 1],
	    (c->n - at) * sizeof(c->caller[0]));
}

/* FNV-1a: two sources that have the same count as one, and that is no harm. */
static uint32_t
mark_of(const char *source)
{
	uint32_t h = 2166136261;

	while (*source != '\0')
		h = (h ^ (unsigned char)*source++) * 16777619;
	return h;
}

static size_t
count_of(const struct callers *c, uint32_t mark)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->caller[i].mark == mark;
	return n;
}

/* The longest waiting of the source that has most of them. */
static size_t
one_too_many(const struct callers *c)
{
	size_t most = 0, at = 0;

	for (size_t i = 0; i < c->n; i++) {
		size_t n = count_of(c, c->caller[i].mark);

		if (n > most) {
			most = n;
			at = i;
		}
	}
	return at;
}

void
callers_add(struct callers *c, int fd, const char *address, const char *source,
    int known, int64_t now)
{
	struct caller *new;

	if (c->n == CALLERS_MAX) {
		size_t at = one_too_many(c);

		(void)close(c->caller[at].fd);
		take_out(c, at);
	}
	new = &c->caller[c->n++];
	new->fd = fd;
	new->since = now;
	new->known = known;
	snprintf(new->address, sizeof(new->address), "%s", address);
	snprintf(new->source, sizeof(new->source), "%s", source);
	new->mark = mark_of(source);
}

void
callers_poll(const struct callers *c, struct pollfd *p)
{
	for (size_t i = 0; i < c->n; i++)
		p[i] =
		    (struct pollfd){ .fd = c->caller[i].fd, .events = POLLIN };
}

int
callers_patience(const struct callers *c, int64_t now, int otherwise)
{
	int64_t left;

	if (c->n == 0)
		return otherwise;
	left = c->caller[0].since + CALLERS_PATIENCE_MS - now;
	if (left < 0)
		left = 0;
	return left < otherwise ? (int)left : otherwise;
}

int
callers_next(struct callers *c, struct pollfd *p, int64_t now,
    struct caller *ret_caller, int *ret_spoke)
{
	size_t best = c->n;
	int most = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct caller *one = &c->caller[i];
		int spoke = p[i].revents != 0;
		int weight = 1 + spoke + 2 * one->known;

		if (!spoke && now - one->since < CALLERS_PATIENCE_MS)
			continue;
		if (weight > most) {
			most = weight;
			best = i;
		}
	}
	if (best == c->n)
		return 0;
	*ret_caller = c->caller[best];
	*ret_spoke = p[best].revents != 0;
	take_out(c, best);
	memmove(&p[best], &p[best + 1], (c->n - best) * sizeof(p[0]));
	return 1;
}

void
callers_close(struct callers *c)
{
	for (size_t i = 0; i < c->n; i++)
		(void)close(c->caller[i].fd);
	c->n = 0;
}
