#include <stdio.h>
#include <string.h>

#include "form/phone.h"
#include "form/text.h"

enum { LONGEST = 255 };

const char *
phone_kind_name(enum phone_kind kind)
{
	static const char *const names[] = { "MOBILE", "FIXED", "HOTLINE",
		"BAD" };

	return names[kind];
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]))
		n++;
	return n;
}

static int
is_mobile(const char *s)
{
	return s[0] == '1' && s[1] >= '3' && s[1] <= '9' && digits(s) == 11 &&
	       s[11] == '\0';
}

/* Behind +86: a mobile number, or an area code and at least seven digits. */
static int
is_national(const char *s)
{
	size_t n;

	if (is_mobile(s))
		return 1;
	if (s[0] == '0')
		s++;
	n = digits(s);
	if (n >= 9)
		return 1;
	return (n == 2 || n == 3) && s[n] == '-' && digits(s + n + 1) >= 7;
}

/* +86, 0086 or 86 in front goes. */
static const char *
skip_country(const char *s)
{
	const char *p = s;

	if (*p == '+')
		p++;
	for (int i = 0; i < 2 && *p == '0'; i++)
		p++;
	if (p[0] != '8' || p[1] != '6')
		return s;
	p += 2;
	if (*p == '-')
		p++;
	return is_national(p) ? p : s;
}

/*
 * A local number of want digits beginning with 2 to 9, then perhaps an
 * extension: behind a dash or the word for it, or behind nothing.
 */
static int
local(const char *s, size_t want, const char *area, char *out)
{
	const char *rest = s + want;
	size_t n;

	if (s[0] < '2' || digits(s) < want)
		return 0;
	if (*rest == '\0') {
		snprintf(out, PHONE_SIZE, "%s-%.*s", area, (int)want, s);
		return 1;
	}
	if (*rest == '-')
		rest++;
	else if (strncmp(rest, "转", 3) == 0)
		rest += 3;
	n = digits(rest);
	if (rest[n] != '\0' || n > 5)
		return 0;
	snprintf(out, PHONE_SIZE, "%s-%.*s%s%s", area, (int)want, s,
	    n > 0 ? "-" : "", rest);
	return 1;
}

static int
is_fixed(const char *s, char *out)
{
	char area[5];
	const char *p = s;

	/* Of Quanzhou, with or without its code. */
	if (*p == '0')
		p++;
	if (strncmp(p, "595", 3) == 0) {
		p += 3;
		if (*p == '-')
			p++;
		if (local(p, 8, "0595", out))
			return 1;
	}
	if (digits(s) == 8 && local(s, 8, "0595", out))
		return 1;
	/* Of elsewhere: area codes of three or four digits. */
	for (size_t n = 4; s[0] == '0' && n >= 3; n--) {
		if (digits(s) < n)
			continue;
		memcpy(area, s, n);
		area[n] = '\0';
		p = s + n;
		if (*p == '-')
			p++;
		if (local(p, 8, area, out) || local(p, 7, area, out))
			return 1;
	}
	return 0;
}

/* 400 or 800 and seven digits in any groups of three and four. */
static int
is_hotline(const char *s, char *out)
{
	char all[11];
	size_t n = 0;

	if ((s[0] != '4' && s[0] != '8') || s[1] != '0' || s[2] != '0')
		return 0;
	for (size_t i = 0; s[i] != '\0'; i++) {
		if (s[i] == '-' && (i == 3 || n == 6 || n == 7))
			continue;
		if (!is_digit(s[i]) || n == 10)
			return 0;
		all[n++] = s[i];
	}
	if (n != 10)
		return 0;
	snprintf(out, PHONE_SIZE, "%.10s", all);
	return 1;
}

/* Drops brackets and spaces, and one of two dashes. */
static void
squeeze(const char *s, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < PHONE_SIZE - 1; i++) {
		if (s[i] == '(' || s[i] == ')' || s[i] == ' ')
			continue;
		if (s[i] == '-' && n > 0 && out[n - 1] == '-')
			continue;
		out[n++] = s[i];
	}
	out[n] = '\0';
}

static void
bad(const char *s, size_t len, struct phone *ret)
{
	ret->kind = PHONE_BAD;
	len = text_cut(s, len, PHONE_SIZE - 1);
	memcpy(ret->number, s, len);
	ret->number[len] = '\0';
}

/* One number. Returns 0 where there is nothing but brackets and spaces. */
static int
one(const char *s, size_t len, struct phone *ret)
{
	char tmp[PHONE_SIZE];
	const char *p;

	squeeze(s, len, tmp);
	p = skip_country(tmp);
	if (*p == '\0')
		return 0;
	if (len >= PHONE_SIZE)
		bad(s, len, ret);
	else if (is_mobile(p)) {
		ret->kind = PHONE_MOBILE;
		memcpy(ret->number, p, 12);
	} else if (is_fixed(p, ret->number))
		ret->kind = PHONE_FIXED;
	else if (is_hotline(p, ret->number))
		ret->kind = PHONE_HOTLINE;
	else
		bad(s, len, ret);
	return 1;
}

/* How many bytes of a separator of numbers there are at s + at. */
static size_t
separator(const char *s, size_t at)
{
	size_t n = 0;

	if (s[at] == ';' || s[at] == ',' || s[at] == '/')
		return 1;
	if (strncmp(s + at, "、", 3) == 0)
		return 3;
	/* A space behind seven digits and before another one. */
	if (s[at] != ' ' || !is_digit(s[at + 1]))
		return 0;
	while (n < at && n < 7 && is_digit(s[at - 1 - n]))
		n++;
	return n == 7 ? 1 : 0;
}

size_t
phone_list(const char *s, size_t len, struct phone list[PHONE_MOST])
{
	char text[LONGEST + 1];
	size_t n = 0, from = 0;

	if (len > LONGEST) {
		bad(s, len, &list[0]);
		return 1;
	}
	len = text_fold(s, len, text, sizeof(text));
	for (size_t i = 0; i <= len; i++) {
		size_t step = i < len ? separator(text, i) : 1;

		if (step == 0)
			continue;
		if (n == PHONE_MOST) {
			bad(s, len, &list[0]);
			return 1;
		}
		n += (size_t)one(text + from, i - from, &list[n]);
		from = i + step;
		i = from - 1;
	}
	return n;
}
