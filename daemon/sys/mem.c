#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/log.h"
#include "sys/mem.h"

static void *
sure(void *p)
{
	if (p == NULL)
		log_fatal("out of memory");
	return p;
}

void *
xmalloc(size_t size)
{
	return sure(malloc(size > 0 ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return sure(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *
xrealloc(void *p, size_t size)
{
	return sure(realloc(p, size > 0 ? size : 1));
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	return sure(reallocarray(p, n > 0 ? n : 1, size > 0 ? size : 1));
}

char *
xstrdup(const char *s)
{
	return sure(strdup(s));
}

char *
xstrndup(const char *s, size_t n)
{
	return sure(strndup(s, n));
}

char *
xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return sure(n < 0 ? NULL : s);
}
