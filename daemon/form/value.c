#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/number.h"
#include "form/text.h"
#include "form/value.h"

enum { LONGEST = 255 };

static const char *const verdict_names[VALUE_VERDICTS] = { "ok", "empty",
	"open", "filler", "format", "no_day", "short_year", "year_range",
	"grouping", "vague", "fraction", "range", "scientific", "sheet_error" };

const char *
value_verdict_name(enum value_verdict v)
{
	return v < VALUE_VERDICTS ? verdict_names[v] : "";
}

int
value_is_refusal(enum value_verdict v)
{
	return v > VALUE_FILLER;
}

enum value_verdict
value_begin(const char *s, size_t len, char *out, size_t size, size_t *ret_len)
{
	size_t n;

	out[0] = '\0';
	*ret_len = 0;
	text_trim(&s, &len);
	if (len >= size)
		return VALUE_FORMAT;
	n = text_fold(s, len, out, size);
	if (n > 0 && (out[0] == '\'' || out[0] == '`')) {
		memmove(out, out + 1, n);
		n--;
	}
	*ret_len = n;
	/* Only what begins with neither a digit nor a sign can be a word. */
	if (n > 0 && out[0] >= '0' && out[0] <= '9')
		return text_is_scientific(out, n) ? VALUE_SCIENTIFIC : VALUE_OK;
	if (text_is_null(out, n))
		return VALUE_EMPTY;
	if (text_is_sheet_error(out, n))
		return VALUE_SHEET_ERROR;
	return text_is_scientific(out, n) ? VALUE_SCIENTIFIC : VALUE_OK;
}

/* The whole of the text as a number. */
static enum value_verdict
whole_number(const char *s, size_t len, struct number *n)
{
	size_t took = number_read(s, len, n);

	if (took == 0)
		return VALUE_FORMAT;
	if (n->grouping == -1)
		return VALUE_GROUPING;
	return took == len ? VALUE_OK : VALUE_FORMAT;
}

enum value_verdict
value_int(const char *s, size_t len, int64_t *ret_n)
{
	char text[LONGEST + 1];
	struct number n;
	enum value_verdict v;

	v = value_begin(s, len, text, sizeof(text), &len);
	if (v != VALUE_OK)
		return v;
	v = whole_number(text, len, &n);
	if (v != VALUE_OK)
		return v;
	if (number_has_fraction(&n))
		return VALUE_FRACTION;
	return number_scaled(&n, 0, ret_n) == 0 ? VALUE_OK : VALUE_RANGE;
}

/* Few digits are exact in a double, and one division rounds but once. */
static double
to_double(const struct number *n)
{
	static const double tens[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
		1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	char text[NUMBER_DIGITS + 16];
	int64_t v;

	if (n->count <= 15) {
		number_scaled(n, (unsigned)(n->count - n->whole), &v);
		return (double)v / tens[n->count - n->whole];
	}
	/* An exponent and no point, which strtod would take from the locale. */
	snprintf(text, sizeof(text), "%s%.*se-%zu", n->negative ? "-" : "",
	    (int)n->count, n->digits, n->count - n->whole);
	return strtod(text, NULL);
}

enum value_verdict
value_decimal(const char *s, size_t len, double *ret_n)
{
	char text[LONGEST + 1];
	struct number n;
	enum value_verdict v;
	int percent;

	v = value_begin(s, len, text, sizeof(text), &len);
	if (v != VALUE_OK)
		return v;
	percent = text[len - 1] == '%';
	len -= (size_t)percent;
	v = whole_number(text, len, &n);
	if (v != VALUE_OK)
		return v;
	*ret_n = to_double(&n) / (percent ? 100 : 1);
	return VALUE_OK;
}

enum value_verdict
value_bool(const char *s, size_t len, int *ret_yes)
{
	static const char *const yes[] = { "1", "是", "有", "真", "Y", "YES",
		"T", "TRUE", "√", "对", NULL };
	static const char *const no[] = { "0", "否", "无", "没有", "假", "N",
		"NO", "F", "FALSE", "×", "不是", NULL };
	char text[32];

	if (len >= sizeof(text))
		return VALUE_FORMAT;
	text_code_fold(s, len, text, sizeof(text));
	for (size_t i = 0; yes[i] != NULL; i++)
		if (strcmp(text, yes[i]) == 0) {
			*ret_yes = 1;
			return VALUE_OK;
		}
	for (size_t i = 0; no[i] != NULL; i++)
		if (strcmp(text, no[i]) == 0) {
			*ret_yes = 0;
			return VALUE_OK;
		}
	return text_is_null(s, len) ? VALUE_EMPTY : VALUE_FORMAT;
}
