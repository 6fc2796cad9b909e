#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "form/docno.h"
#include "form/text.h"
#include "form/utf8.h"

enum { LONGEST = 240 };

/* What a number is read from: a piece of folded text without spaces. */
struct cursor {
	const char *p;
	const char *end;
};

static const char provinces[] =
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵黔云滇藏陕甘青宁新兵军";

static const char *const old_types[] = { "执恢", "执异", "执复", "执保", "执监",
	"民初", "民终", "刑初", "刑终", "行初", "商初", "经初", "执", "民",
	"刑", "行", NULL };

static int
take(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return 0;
	c->p += n;
	return 1;
}

/* A bracket of that side and any style. */
static int
take_bracket(struct cursor *c, int side)
{
	uint32_t cp;
	size_t n;

	if (c->p == c->end)
		return 0;
	n = utf8_get(c->p, (size_t)(c->end - c->p), &cp);
	if (text_bracket(cp) != side)
		return 0;
	c->p += n;
	return 1;
}

/* Up to max digits; returns how many. */
static size_t
take_digits(struct cursor *c, size_t max, unsigned long *ret_n)
{
	size_t n = 0;
	unsigned long v = 0;

	while (n < max && c->p < c->end && *c->p >= '0' && *c->p <= '9') {
		v = v * 10 + (unsigned long)(*c->p++ - '0');
		n++;
	}
	*ret_n = v;
	return n;
}

/* Up to max ideographs; returns how many. */
static size_t
take_han(struct cursor *c, size_t max)
{
	size_t n = 0;
	uint32_t cp;

	while (n < max && c->p < c->end) {
		size_t step = utf8_get(c->p, (size_t)(c->end - c->p), &cp);

		if (cp < 0x4E00 || cp > 0x9FA5)
			break;
		c->p += step;
		n++;
	}
	return n;
}

static int
take_year(struct cursor *c, unsigned long *ret_year)
{
	return take_bracket(c, 1) && take_digits(c, 4, ret_year) == 4 &&
	       take_bracket(c, 2);
}

/* A province and its digits, or the supreme court. */
static int
take_court(struct cursor *c)
{
	unsigned long n;

	if (take(c, "最高法"))
		return 1;
	for (const char *p = provinces; *p != '\0'; p += 3)
		if (c->end - c->p >= 3 && memcmp(c->p, p, 3) == 0) {
			c->p += 3;
			take_digits(c, 4, &n);
			return 1;
		}
	return 0;
}

/* 之一 and so on at the end of a case number, or nothing. */
static int
take_suffix(struct cursor *c, const char **ret_from)
{
	static const char digits[] = "一二三四五六七八九十";
	const char *from = c->p;

	*ret_from = from;
	if (c->p == c->end)
		return 1;
	if (!take(c, "之") || c->p == c->end)
		return 0;
	while (c->p < c->end) {
		const char *d = digits;

		while (*d != '\0' &&
		       (c->end - c->p < 3 || memcmp(c->p, d, 3) != 0))
			d += 3;
		if (*d == '\0')
			return 0;
		c->p += 3;
	}
	return 1;
}

static int
case_new(struct cursor c, unsigned long year, char *out, size_t size)
{
	const char *body = c.p, *suffix;
	unsigned long number;
	int body_len;

	if (!take_court(&c) || take_han(&c, 4) == 0)
		return 0;
	body_len = (int)(c.p - body);
	if (take_digits(&c, 8, &number) == 0 || !take(&c, "号") ||
	    !take_suffix(&c, &suffix))
		return 0;
	snprintf(out, size, "(%04lu)%.*s%lu号%.*s", year, body_len, body,
	    number, (int)(c.end - suffix), suffix);
	return 1;
}

/* One to six ideographs for the court, then a kind of case. */
static int
is_old_body(const char *body, size_t len)
{
	for (size_t k = 0; old_types[k] != NULL; k++) {
		size_t n = strlen(old_types[k]);

		if (len >= n + 3 && len <= n + 6 * 3 &&
		    memcmp(body + len - n, old_types[k], n) == 0)
			return 1;
	}
	return 0;
}

static int
case_old(struct cursor c, unsigned long year, char *out, size_t size)
{
	static const char sign[] = "字第";
	const char *body = c.p;
	unsigned long number;
	size_t body_len;

	take_han(&c, 10);
	body_len = (size_t)(c.p - body);
	if (body_len < sizeof(sign) - 1 ||
	    memcmp(c.p - (sizeof(sign) - 1), sign, sizeof(sign) - 1) != 0)
		return 0;
	body_len -= sizeof(sign) - 1;
	if (!is_old_body(body, body_len) || take_digits(&c, 8, &number) == 0)
		return 0;
	take(&c, "号"); /* sometimes missing */
	if (c.p != c.end)
		return 0;
	snprintf(out, size, "(%04lu)%.*s字第%lu号", year, (int)body_len, body,
	    number);
	return 1;
}

enum docno
docno_case(const char *s, size_t len, char *out, size_t size)
{
	char text[LONGEST + 1];
	struct cursor c;
	unsigned long year;

	out[0] = '\0';
	if (len > LONGEST)
		return DOCNO_BAD;
	len = text_code_fold(s, len, text, sizeof(text));
	c.p = text;
	c.end = text + len;
	if (!take_year(&c, &year))
		return DOCNO_BAD;
	if (case_new(c, year, out, size))
		return DOCNO_CASE_NEW;
	if (case_old(c, year, out, size))
		return DOCNO_CASE_OLD;
	return DOCNO_BAD;
}

enum docno
docno_decision(const char *s, size_t len, char *out, size_t size)
{
	char text[LONGEST + 1];
	struct cursor c;
	unsigned long year, number;
	size_t issuer, han;

	out[0] = '\0';
	if (len > LONGEST)
		return DOCNO_BAD;
	len = text_code_fold(s, len, text, sizeof(text));
	c.p = text;
	c.end = text + len;
	han = take_han(&c, 21);
	issuer = (size_t)(c.p - text);
	if (han > 2 && memcmp(c.p - 3, "字", 3) == 0) {
		issuer -= 3;
		han--;
	}
	if (han < 2 || han > 20)
		return DOCNO_BAD;
	take_bracket(&c, 1);
	if (take_digits(&c, 4, &year) != 4 || year < 1900 || year > 2099)
		return DOCNO_BAD;
	take(&c, "年");
	take_bracket(&c, 2);
	take(&c, "第");
	if (take_digits(&c, 6, &number) == 0 || !take(&c, "号") || c.p != c.end)
		return DOCNO_BAD;
	snprintf(out, size, "%.*s〔%lu〕%lu号", (int)issuer, text, year,
	    number);
	return DOCNO_DECISION;
}
