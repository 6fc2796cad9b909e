#ifndef ZAYTON_SYS_BASE64_H
#define ZAYTON_SYS_BASE64_H

#include <stddef.h>

#include "sys/buf.h"

/* Base 64 of RFC 4648, section 4. */

/* Adds the encoding, on one line. */
void base64_put(struct buf *out, const void *p, size_t len);

/*
 * Adds what a text decodes to; white space is skipped. 0, or -1 where it is
 * no base 64 or empty, with nothing added.
 */
int base64_get(const char *text, size_t len, struct buf *out);

#endif
