#ifndef ZAYTON_FORM_PHONE_H
#define ZAYTON_FORM_PHONE_H

#include <stddef.h>

/*
 * Telephone numbers: a cell may hold several. Eight digits alone are numbers
 * of Quanzhou, 0595.
 */

enum phone_kind { PHONE_MOBILE, PHONE_FIXED, PHONE_HOTLINE, PHONE_BAD };

enum { PHONE_SIZE = 64, PHONE_MOST = 8 };

struct phone {
	enum phone_kind kind;
	char number[PHONE_SIZE]; /* canonical; as sent where it is bad */
};

/*
 * Splits a cell into its numbers, at most PHONE_MOST. Returns how many there
 * are; more than that, or a cell no list of numbers can be, is one bad number.
 */
size_t phone_list(const char *s, size_t len, struct phone list[PHONE_MOST]);

/* "MOBILE", "FIXED", "HOTLINE" or "BAD". */
const char *phone_kind_name(enum phone_kind kind);

#endif
