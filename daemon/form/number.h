#ifndef ZAYTON_FORM_NUMBER_H
#define ZAYTON_FORM_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * A decimal number as it is written, digit by digit: nothing is lost before
 * the parser that knows what the number means decides.
 */

enum { NUMBER_DIGITS = 256 };

struct number {
	int negative;
	int grouping;               /* -1 where commas stand in wrong places */
	char digits[NUMBER_DIGITS]; /* all of them, no point, no commas */
	size_t whole;               /* how many stand before the point */
	size_t count;
};

/*
 * Reads a sign, digits with or without groups of three, and a fraction.
 * Returns how many bytes that took, 0 where the text begins otherwise.
 */
size_t number_read(const char *s, size_t len, struct number *ret);

/*
 * The number times ten to the power of places, rounded half away from zero.
 * Returns 0, or -1 where it does not fit.
 */
int number_scaled(const struct number *n, unsigned places, int64_t *ret);

/* Whether there is anything but zeros behind the point. */
int number_has_fraction(const struct number *n);

#endif
