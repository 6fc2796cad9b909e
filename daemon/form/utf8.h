#ifndef ZAYTON_FORM_UTF8_H
#define ZAYTON_FORM_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * One UTF-8 character at a time. Text behind the decoder is valid UTF-8; these
 * stay safe on anything else by taking a stray byte as a character of one byte
 * with the value UTF8_STRAY.
 */

enum { UTF8_STRAY = 0xFFFFFFF };

/* Reads the character at s; len > 0. Returns how many bytes it has. */
static inline size_t
utf8_get(const char *s, size_t len, uint32_t *ret_cp)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] < 0x80) {
		*ret_cp = p[0];
		return 1;
	}
	if (p[0] >= 0xE0 && p[0] < 0xF0 && len >= 3 && (p[1] & 0xC0) == 0x80 &&
	    (p[2] & 0xC0) == 0x80) {
		*ret_cp =
		    (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
		return 3;
	}
	if (p[0] >= 0xC2 && p[0] < 0xE0 && len >= 2 && (p[1] & 0xC0) == 0x80) {
		*ret_cp = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
		return 2;
	}
	if (p[0] >= 0xF0 && p[0] < 0xF5 && len >= 4 && (p[1] & 0xC0) == 0x80 &&
	    (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80) {
		*ret_cp = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 |
			  (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
		return 4;
	}
	*ret_cp = UTF8_STRAY;
	return 1;
}

/* Writes cp, which needs room for 4 bytes, and returns how many it took. */
static inline size_t
utf8_put(char *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

/* A unified ideograph of the basic plane. */
static inline int
utf8_is_han(uint32_t cp)
{
	return cp >= 0x4E00 && cp <= 0x9FFF;
}

#endif
