#ifndef ZAYTON_SYS_MEM_H
#define ZAYTON_SYS_MEM_H

#include <stddef.h>

/*
 * Allocation that cannot fail: roles are restartable and bundles replayable,
 * so running out of memory ends the process with status 75. Never called
 * between a promise and its keeping.
 */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
/* Room for n items of size bytes each, with the product checked. */
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
