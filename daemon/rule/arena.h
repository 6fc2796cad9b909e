#ifndef ZAYTON_RULE_ARENA_H
#define ZAYTON_RULE_ARENA_H

#include <stddef.h>

/*
 * Memory given out in small pieces and taken back all at once.
 */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Takes everything back and keeps a block for the next round. */
void arena_clear(struct arena *a);

/* Aligned for any type, not cleared. */
void *arena_alloc(struct arena *a, size_t len);
/* A NUL-terminated copy. */
char *arena_text(struct arena *a, const char *s, size_t len);

#endif
