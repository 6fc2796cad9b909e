#include <stdlib.h>
#include <string.h>

#include "form/salt.h"
#include "sys/hash.h"
#include "sys/mem.h"

/* What a seed is hashed with; leaves and parents of trees have 0 and 1. */
enum { SEED = 2, STORED = 1 + 8 + SALT_BYTES };

static void
expand(const unsigned char *seed, unsigned char ret_below[2][SALT_BYTES])
{
	static struct hash *h;
	unsigned char in[1 + SALT_BYTES] = { SEED };

	if (h == NULL)
		h = hash_new(HASH_SHA256);
	memcpy(in + 1, seed, SALT_BYTES);
	hash_add(h, in, sizeof(in));
	hash_end(h, ret_below[0]);
	explicit_bzero(in, sizeof(in));
}

static void
forget_path(struct salts *s)
{
	explicit_bzero(s->below, sizeof(s->below));
	s->top = NULL;
}

void
salts_done(struct salts *s)
{
	forget_path(s);
	if (s->seed != NULL)
		explicit_bzero(s->seed, s->n * sizeof(*s->seed));
	free(s->seed);
	memset(s, 0, sizeof(*s));
}

static void
add(struct salts *s, unsigned int level, uint64_t no, const unsigned char *seed)
{
	struct salt_seed *at;

	s->seed = xreallocarray(s->seed, s->n + 1, sizeof(*s->seed));
	at = &s->seed[s->n++];
	at->level = level;
	at->no = no;
	memcpy(at->seed, seed, SALT_BYTES);
}

void
salts_secret(struct salts *s, const unsigned char secret[SALT_BYTES])
{
	memset(s, 0, sizeof(*s));
	add(s, SALT_DEPTH, 0, secret);
}

static const struct salt_seed *
seed_above(const struct salts *s, uint64_t row)
{
	for (size_t i = 0; i < s->n; i++)
		if (row >> s->seed[i].level == s->seed[i].no)
			return &s->seed[i];
	return NULL;
}

/* Makes the path to a row's salt, of which much may be there already. */
static void
descend(struct salts *s, const struct salt_seed *top, uint64_t row)
{
	unsigned int level = top->level;

	if (s->top == top && row != s->last)
		level = 63U - (unsigned int)__builtin_clzll(row ^ s->last);
	else if (s->top != top && level > 0)
		expand(top->seed, s->below[--level]);
	else
		level = 0;
	for (; level > 0; level--)
		expand(s->below[level][row >> level & 1], s->below[level - 1]);
	s->top = top;
	s->last = row;
}

int
salts_get(struct salts *s, uint64_t row, unsigned char ret_salt[SALT_BYTES])
{
	const struct salt_seed *top = seed_above(s, row);

	if (top == NULL)
		return 0;
	descend(s, top, row);
	memcpy(ret_salt, top->level == 0 ? top->seed : s->below[0][row & 1],
	    SALT_BYTES);
	return 1;
}

void
salts_destroy(struct salts *s, uint64_t row)
{
	unsigned char path[SALT_DEPTH][2][SALT_BYTES];
	const struct salt_seed *top = seed_above(s, row);
	unsigned int level;
	size_t i;

	if (top == NULL)
		return;
	descend(s, top, row);
	memcpy(path, s->below, sizeof(path));
	level = top->level;
	i = (size_t)(top - s->seed);
	forget_path(s);
	s->seed[i] = s->seed[s->n - 1];
	explicit_bzero(&s->seed[--s->n], sizeof(*s->seed));
	while (level-- > 0)
		add(s, level, row >> level ^ 1,
		    path[level][(row >> level & 1) ^ 1]);
	explicit_bzero(path, sizeof(path));
}

void
salts_put(const struct salts *s, struct buf *b)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_addch(b, (char)s->seed[i].level);
		for (int shift = 56; shift >= 0; shift -= 8)
			buf_addch(b, (char)(s->seed[i].no >> shift & 255));
		buf_add(b, s->seed[i].seed, SALT_BYTES);
	}
}

int
salts_read(struct salts *s, const void *bytes, size_t len, struct err *e)
{
	const unsigned char *p = bytes;

	memset(s, 0, sizeof(*s));
	if (len % STORED != 0)
		return err_set(e, ERR_HOLD, "seeds of another form");
	for (; len > 0; p += STORED, len -= STORED) {
		uint64_t no = 0;

		if (p[0] > SALT_DEPTH) {
			salts_done(s);
			return err_set(e, ERR_HOLD, "a seed above the root");
		}
		for (int i = 1; i <= 8; i++)
			no = no << 8 | p[i];
		add(s, p[0], no, p + 9);
	}
	return 0;
}
