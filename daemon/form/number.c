#include "form/number.h"

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits before the point. Returns how many bytes they take. */
static size_t
read_whole(const char *s, size_t len, struct number *n)
{
	size_t i = 0, run = 0, groups = 0;

	for (; i < len && (is_digit(s[i]) || s[i] == ','); i++) {
		if (s[i] != ',') {
			n->digits[n->count++] = s[i];
			run++;
			continue;
		}
		if (run == 0 || run > 3 || (groups > 0 && run != 3))
			n->grouping = -1;
		groups++;
		run = 0;
	}
	if (groups > 0 && run != 3)
		n->grouping = -1;
	n->whole = n->count;
	return i;
}

size_t
number_read(const char *s, size_t len, struct number *ret)
{
	size_t i = 0;

	ret->negative = ret->grouping = 0;
	ret->whole = ret->count = 0;
	if (len >= NUMBER_DIGITS)
		return 0;
	if (len > 0 && (s[0] == '-' || s[0] == '+'))
		ret->negative = s[i++] == '-';
	i += read_whole(s + i, len - i, ret);
	if (ret->count == 0)
		return 0;
	if (i + 1 < len && s[i] == '.' && is_digit(s[i + 1])) {
		for (i++; i < len && is_digit(s[i]); i++)
			ret->digits[ret->count++] = s[i];
		/* As in 1.234,56 */
		if (i < len && s[i] == ',')
			ret->grouping = -1;
	}
	return i;
}

int
number_scaled(const struct number *n, unsigned places, int64_t *ret)
{
	size_t want = n->whole + places;
	int64_t v = 0;

	for (size_t i = 0; i < want; i++) {
		int digit = i < n->count ? n->digits[i] - '0' : 0;

		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return -1;
	}
	if (want < n->count && n->digits[want] >= '5' &&
	    __builtin_add_overflow(v, 1, &v))
		return -1;
	*ret = n->negative ? -v : v;
	return 0;
}

int
number_has_fraction(const struct number *n)
{
	for (size_t i = n->whole; i < n->count; i++)
		if (n->digits[i] != '0')
			return 1;
	return 0;
}
