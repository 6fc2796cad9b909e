#ifndef ZAYTON_FORM_MASK_H
#define ZAYTON_FORM_MASK_H

#include <stddef.h>

#include "sys/buf.h"

/*
 * Personal data in what people pass round: enough is left to find the row,
 * too little to do harm. 350581********0014, 138****1234, 陈**.
 */

/* Appends a value covered with asterisks. */
void mask_put(struct buf *b, const char *s, size_t len);

/* A resident's identity number, by its form. */
int mask_is_rid(const char *s, size_t len);

/*
 * Appends a sentence in which every place of a value is covered; 0 where the
 * value does not stand in it, and nothing was appended.
 */
int mask_within(struct buf *b, const char *sentence, const char *value);

#endif
