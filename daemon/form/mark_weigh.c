#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/mark_weigh.h"
#include "sys/mem.h"

enum { SEEN = 1 << 17, ENTERPRISE = 9, SHARE = 95 };

void
mark_weigh_done(struct mark_weigh *w)
{
	free(w->receiver);
	free(w->seen);
	memset(w, 0, sizeof(*w));
}

void
mark_weigh_add(struct mark_weigh *w, const char *account,
    const unsigned char key[MARK_KEY])
{
	struct mark_receiver *r;

	w->receiver =
	    xreallocarray(w->receiver, w->n + 1, sizeof(*w->receiver));
	r = &w->receiver[w->n++];
	memset(r, 0, sizeof(*r));
	snprintf(r->account, sizeof(r->account), "%s", account);
	memcpy(r->key, key, MARK_KEY);
}

void
mark_weigh_file(struct mark_weigh *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct mark_receiver *r = &w->receiver[i];

		r->good = r->all = r->ordered = r->pairs = 0;
		r->now_ordered = r->now_pairs = r->last = 0;
	}
	if (w->seen == NULL)
		w->seen = xcalloc(SEEN, sizeof(*w->seen));
	memset(w->seen, 0, SEEN * sizeof(*w->seen));
	w->nseen = 0;
	w->before[0] = '\0';
}

/*
 * Tables of one extract have the same order of the same enterprises: only the
 * one that tells most is counted.
 */
void
mark_weigh_table(struct mark_weigh *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct mark_receiver *r = &w->receiver[i];

		if (r->now_pairs > r->pairs) {
			r->pairs = r->now_pairs;
			r->ordered = r->now_ordered;
		}
		r->now_ordered = r->now_pairs = r->last = 0;
	}
	w->before[0] = '\0';
}

int
mark_weigh_is_enterprise(const char *s, size_t len)
{
	if (len < ENTERPRISE || len >= 16 || s[0] != 'E')
		return 0;
	for (size_t i = 1; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return 1;
}

void
mark_weigh_row(struct mark_weigh *w, const char *enterprise)
{
	int is_first = w->before[0] == '\0';

	if (strcmp(enterprise, w->before) == 0)
		return;
	for (size_t i = 0; i < w->n; i++) {
		struct mark_receiver *r = &w->receiver[i];
		uint64_t order = mark_order(r->key, enterprise);

		if (!is_first) {
			r->now_ordered += r->last < order;
			r->now_pairs++;
		}
		r->last = order;
	}
	snprintf(w->before, sizeof(w->before), "%s", enterprise);
}

/* Whether what a line says was not said before. */
static int
is_new(struct mark_weigh *w, const struct buf *said)
{
	static const unsigned char nobody[MARK_KEY];
	uint64_t h = mark_of(nobody, "said", said->data, said->len) | 1;
	size_t at = h % SEEN;

	for (; w->seen[at] != 0; at = (at + 1) % SEEN)
		if (w->seen[at] == h)
			return 0;
	/* Never full: what does not fit any more tells nothing more. */
	if (w->nseen >= SEEN / 2)
		return 0;
	w->seen[at] = h;
	w->nseen++;
	return 1;
}

/* JSON quotes its texts: what the mark knows is what stands between. */
static int
enterprise_in(const struct mark_line *l, char *out, size_t size)
{
	const char *cell = l->said.data;
	const char *end = cell + l->said.len;

	for (size_t len; cell < end; cell += len + 1) {
		const char *s = cell;
		size_t n;

		len = strcspn(cell, MARK_SEPARATOR);
		n = len;
		if (n > 1 && s[0] == '"' && s[n - 1] == '"') {
			s++;
			n -= 2;
		}
		if (mark_weigh_is_enterprise(s, n)) {
			snprintf(out, size, "%.*s", (int)n, s);
			return 1;
		}
	}
	return 0;
}

void
mark_weigh_line(struct mark_weigh *w, const struct mark_line *l)
{
	char enterprise[16];

	if (is_new(w, &l->said))
		for (size_t i = 0; i < w->n; i++) {
			unsigned int n;

			w->receiver[i].good +=
			    mark_agrees(w->receiver[i].key, l, &n);
			w->receiver[i].all += n;
		}
	if (enterprise_in(l, enterprise, sizeof(enterprise)))
		mark_weigh_row(w, enterprise);
}

void
mark_weigh_text(struct mark_weigh *w, const char *s, size_t len)
{
	struct mark_line l = { .quoted = 0 };
	size_t used, lines = 0;
	int json = len > 0 && s[0] == '{';

	mark_weigh_table(w);
	buf_init(&l.said, 1 << 20);
	while (len > 0 && lines < MARK_LINES &&
	       (used = json ? mark_json_read(s, len, &l)
			    : mark_csv_read(s, len, &l)) > 0) {
		/* The head of a CSV is not marked. */
		if (json || lines > 0)
			mark_weigh_line(w, &l);
		s += used;
		len -= used;
		lines++;
	}
	buf_done(&l.said);
}

/*
 * What was sorted anew has lost its order, what was saved anew its quotes: the
 * one that is left is enough.
 */
static int
is_whole(uint64_t good, uint64_t all, uint64_t enough)
{
	return all >= enough && good * 100 >= all * SHARE;
}

const struct mark_receiver *
mark_weigh_found(struct mark_weigh *w)
{
	const struct mark_receiver *best = NULL;

	mark_weigh_table(w);
	for (size_t i = 0; i < w->n; i++) {
		const struct mark_receiver *r = &w->receiver[i];

		if (!is_whole(r->good, r->all, MARK_CHOICES) &&
		    !is_whole(r->ordered, r->pairs, MARK_PAIRS))
			continue;
		/* Two that fit are none. */
		if (best != NULL)
			return NULL;
		best = r;
	}
	return best;
}
