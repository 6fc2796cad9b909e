#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/buf.h"
#include "sys/mem.h"

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_init_secret(struct buf *b, size_t max)
{
	buf_init(b, max);
	b->secret = 1;
	(void)buf_reserve(b, max);
}

void
buf_done(struct buf *b)
{
	if (b == NULL)
		return;
	if (b->secret && b->data != NULL)
		explicit_bzero(b->data, b->room);
	free(b->data);
	b->data = NULL;
	b->len = b->room = 0;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->over = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

int
buf_ok(const struct buf *b)
{
	return !b->over;
}

char *
buf_reserve(struct buf *b, size_t len)
{
	size_t need;

	if (len > b->max - b->len) {
		b->over = 1;
		return NULL;
	}
	need = b->len + len + 1;
	if (need > b->room) {
		size_t room = b->room > 0 ? b->room : 64;

		while (room < need)
			room *= 2;
		b->data = xrealloc(b->data, room);
		b->room = room;
	}
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *p, size_t len)
{
	char *to = buf_reserve(b, len);

	if (to == NULL)
		return;
	memcpy(to, p, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addch(struct buf *b, char c)
{
	/* With its NUL, into what is there already. */
	if (b->len + 1 >= b->room || b->len >= b->max) {
		buf_add(b, &c, 1);
		return;
	}
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *to;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (to = buf_reserve(b, (size_t)n)) == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}
