#ifndef ZAYTON_SYS_BUF_H
#define ZAYTON_SYS_BUF_H

#include <stddef.h>
#include <stdint.h>

/*
 * A growable run of bytes with a ceiling. data is always NUL-terminated, so
 * a buffer that holds text can be printed; len does not count that NUL.
 * Passing the ceiling sets over and drops what does not fit: the caller looks
 * once at the end (buf_ok), not after every append.
 */
struct buf {
	char *data; /* owned */
	size_t len;
	size_t room;
	size_t max;
	int over;
	int secret;
};

/* Starts empty, holding at most max bytes. */
void buf_init(struct buf *b, size_t max);
/* The same for what nobody else may read: never moved, wiped at its end. */
void buf_init_secret(struct buf *b, size_t max);
void buf_done(struct buf *b);
/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);
int buf_ok(const struct buf *b);

void buf_add(struct buf *b, const void *p, size_t len);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for len more bytes and returns where they go; NULL if over. */
char *buf_reserve(struct buf *b, size_t len);
/* Drops the first n bytes. */
void buf_consume(struct buf *b, size_t n);

#endif
