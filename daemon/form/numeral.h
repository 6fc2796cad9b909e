#ifndef ZAYTON_FORM_NUMERAL_H
#define ZAYTON_FORM_NUMERAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Chinese numerals, everyday and official: 一百二十, 壹佰贰拾, 二〇一四.
 */

/*
 * The number a text is, all of it. Digits without units are read one after the
 * other. Returns 0, or -1 where it is none or does not fit.
 */
int numeral_read(const char *s, size_t len, uint64_t *ret_n);

/* The digit a character is, 0 to 9, or -1. */
int numeral_digit(uint32_t cp);

#endif
