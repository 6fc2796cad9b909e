#include <string.h>

#include "form/mask.h"
#include "form/utf8.h"

/* What stays at both ends of a value of so many characters. */
static void
ends(size_t chars, int wide, size_t *ret_head, size_t *ret_tail)
{
	*ret_head = chars > 1;
	*ret_tail = 0;
	if (wide)
		return;
	if (chars >= 15) {
		*ret_head = 6;
		*ret_tail = 4;
	} else if (chars >= 11) {
		*ret_head = 3;
		*ret_tail = 4;
	} else if (chars >= 7) {
		*ret_head = 2;
		*ret_tail = 2;
	}
}

void
mask_put(struct buf *b, const char *s, size_t len)
{
	size_t chars = 0, head, tail, at = 0;
	int wide = 0;

	while (at < len) {
		uint32_t cp;

		at += utf8_get(s + at, len - at, &cp);
		wide |= cp >= 0x80;
		chars++;
	}
	ends(chars, wide, &head, &tail);
	at = 0;
	for (size_t i = 0; i < chars; i++) {
		uint32_t cp;
		size_t n = utf8_get(s + at, len - at, &cp);

		if (i < head || i >= chars - tail)
			buf_add(b, s + at, n);
		else
			buf_addch(b, '*');
		at += n;
	}
}

int
mask_is_rid(const char *s, size_t len)
{
	if (len != 15 && len != 18)
		return 0;
	for (size_t i = 0; i < len; i++)
		if ((s[i] < '0' || s[i] > '9') &&
		    !(i == 17 && (s[i] == 'X' || s[i] == 'x')))
			return 0;
	/* The month and the day it says. */
	s += len == 18 ? 10 : 8;
	return s[0] <= '1' && s[2] <= '3' &&
	       (s[0] - '0') * 10 + s[1] - '0' <= 12 &&
	       (s[2] - '0') * 10 + s[3] - '0' <= 31;
}

int
mask_within(struct buf *b, const char *sentence, const char *value)
{
	size_t n = strlen(value);
	const char *at = n > 0 ? strstr(sentence, value) : NULL;

	if (at == NULL)
		return 0;
	while (at != NULL) {
		buf_add(b, sentence, (size_t)(at - sentence));
		mask_put(b, value, n);
		sentence = at + n;
		at = strstr(sentence, value);
	}
	buf_addstr(b, sentence);
	return 1;
}
