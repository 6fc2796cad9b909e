#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "rule/arena.h"
#include "sys/mem.h"

enum { BLOCK = 32768 };

struct block {
	struct block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) char data[];
};

/* The first block is the one in use. */
struct arena {
	struct block *block;
};

struct arena *
arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

static void
free_blocks(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	free_blocks(a->block);
	free(a);
}

void
arena_clear(struct arena *a)
{
	if (a->block == NULL)
		return;
	if (a->block->next != NULL || a->block->size > BLOCK) {
		free_blocks(a->block);
		a->block = NULL;
		return;
	}
	a->block->used = 0;
}

void *
arena_alloc(struct arena *a, size_t len)
{
	const size_t step = alignof(max_align_t) - 1;
	struct block *b = a->block;
	void *p;

	len = (len + step) & ~step;
	if (b == NULL || len > b->size - b->used) {
		size_t size = len > BLOCK ? len : BLOCK;

		b = xmalloc(sizeof(*b) + size);
		b->size = size;
		b->used = 0;
		b->next = a->block;
		a->block = b;
	}
	p = b->data + b->used;
	b->used += len;
	return p;
}

char *
arena_text(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}
