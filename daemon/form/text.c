#include <string.h>

#include "form/text.h"
#include "form/utf8.h"
#include "form/variant.h"

enum { DROP = 0 };

/* What becomes of single characters, in order. */
static const struct {
	uint16_t from;
	uint16_t to;
} folds[] = {
	{ 0x00A0, ' ' },
	{ 0x00AD, DROP },
	{ 0x061C, DROP },
	{ 0x115F, DROP },
	{ 0x1160, DROP },
	{ 0x1680, ' ' },
	{ 0x180E, DROP },
	{ 0x2000, ' ' },
	{ 0x2001, ' ' },
	{ 0x2002, ' ' },
	{ 0x2003, ' ' },
	{ 0x2004, ' ' },
	{ 0x2005, ' ' },
	{ 0x2006, ' ' },
	{ 0x2007, ' ' },
	{ 0x2008, ' ' },
	{ 0x2009, ' ' },
	{ 0x200A, ' ' },
	{ 0x200B, DROP },
	{ 0x200C, DROP },
	{ 0x200D, DROP },
	{ 0x200E, DROP },
	{ 0x200F, DROP },
	{ 0x2010, '-' },
	{ 0x2011, '-' },
	{ 0x2012, '-' },
	{ 0x2013, '-' },
	{ 0x2014, '-' },
	{ 0x2015, '-' },
	{ 0x2022, 0x00B7 },
	{ 0x2027, 0x00B7 },
	{ 0x202A, DROP },
	{ 0x202B, DROP },
	{ 0x202C, DROP },
	{ 0x202D, DROP },
	{ 0x202E, DROP },
	{ 0x202F, ' ' },
	{ 0x205F, ' ' },
	{ 0x2060, DROP },
	{ 0x2061, DROP },
	{ 0x2062, DROP },
	{ 0x2063, DROP },
	{ 0x2064, DROP },
	{ 0x2066, DROP },
	{ 0x2067, DROP },
	{ 0x2068, DROP },
	{ 0x2069, DROP },
	{ 0x2212, '-' },
	{ 0x2219, 0x00B7 },
	{ 0x22C5, 0x00B7 },
	{ 0x2500, '-' },
	{ 0x3000, ' ' },
	{ 0x30FB, 0x00B7 },
	{ 0x30FC, '-' },
	{ 0x3164, DROP },
	{ 0xFE58, '-' },
	{ 0xFE63, '-' },
	{ 0xFEFF, DROP },
	{ 0xFF65, 0x00B7 },
	{ 0xFF70, '-' },
	{ 0xFFA0, DROP },
	{ 0xFFE5, 0x00A5 },
};

static const char *const nulls[] = { "-", "--", "/", "\\", "\\N", "NULL",
	"NONE", "N/A", "#N/A", "无", "暂无", "不详", "空" };

static const char *const sheet_errors[] = { "#VALUE!", "#REF!", "#NAME?",
	"#DIV/0!", "#NUM!", "#NULL!" };

uint32_t
text_fold_char(uint32_t cp)
{
	size_t low = 0;
	size_t high = sizeof(folds) / sizeof(folds[0]);

	if (utf8_is_han(cp))
		return cp;
	if (cp < 0x80)
		return cp >= '\t' && cp <= '\r' ? ' ' : cp;
	if (cp >= 0xFF01 && cp <= 0xFF5E)
		return cp - 0xFEE0;
	if ((cp >= 0x2F00 && cp <= 0x2FD5) || (cp >= 0xF900 && cp <= 0xFAFF))
		return variant_unified(cp);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (folds[mid].from == cp)
			return folds[mid].to;
		if (folds[mid].from < cp)
			low = mid + 1;
		else
			high = mid;
	}
	return cp;
}

int
text_bracket(uint32_t cp)
{
	switch (cp) {
	case '(':
	case '[':
	case 0x3008: /* 〈 */
	case 0x300A: /* 《 */
	case 0x3010: /* 【 */
	case 0x3014: /* 〔 */
	case 0x3016: /* 〖 */
	case 0x3018: /* 〘 */
	case 0xFE5D: /* ﹝ */
	case 0xFF08: /* （ */
	case 0xFF3B: /* ［ */
		return 1;
	case ')':
	case ']':
	case 0x3009:
	case 0x300B:
	case 0x3011:
	case 0x3015:
	case 0x3017:
	case 0x3019:
	case 0xFE5E:
	case 0xFF09:
	case 0xFF3D:
		return 2;
	}
	return 0;
}

size_t
text_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xC0) == 0x80)
		max--;
	return max;
}

void
text_trim(const char **s, size_t *len)
{
	const char *p = *s;
	size_t n = *len;

	while (n > 0 && (*p == ' ' || (*p >= '\t' && *p <= '\r'))) {
		p++;
		n--;
	}
	while (n > 0 &&
	       (p[n - 1] == ' ' || (p[n - 1] >= '\t' && p[n - 1] <= '\r')))
		n--;
	*s = p;
	*len = n;
}

/* Opens the spreadsheet form ="350502100181468". */
static void
open_formula(const char **s, size_t *len)
{
	text_trim(s, len);
	if (*len >= 3 && (*s)[0] == '=' && (*s)[1] == '"' &&
	    (*s)[*len - 1] == '"') {
		*s += 2;
		*len -= 3;
	}
}

static int
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int
is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

/*
 * Folds character by character into out, which has room for len + 1 bytes.
 * Spaces become one each. *ret_spaces says whether there are any, *ret_han
 * whether there is Chinese.
 */
static size_t
fold_chars(const char *in, size_t len, char *out, int *ret_spaces, int *ret_han)
{
	size_t i = 0, n = 0;
	int spaces = 0, han = 0;

	while (i < len) {
		unsigned char c = (unsigned char)in[i];
		size_t step;
		uint32_t cp;

		if (c > ' ' && c < 0x80) {
			out[n++] = in[i++];
			continue;
		}
		step = utf8_get(in + i, len - i, &cp);
		if (utf8_is_han(cp)) {
			out[n] = in[i];
			out[n + 1] = in[i + 1];
			out[n + 2] = in[i + 2];
			han = 1;
			n += 3;
			i += 3;
			continue;
		}
		if (cp == UTF8_STRAY) {
			out[n++] = in[i++];
			continue;
		}
		i += step;
		cp = text_fold_char(cp);
		if (cp == ' ')
			spaces = 1;
		/* A NUL is dirt to be kept, not a character to be dropped. */
		if (cp != DROP || c == 0)
			n += utf8_put(out + n, cp);
	}
	out[n] = '\0';
	*ret_spaces = spaces;
	*ret_han = han;
	return n;
}

/* Trims, and leaves one space of a run, or none where text is Chinese. */
static size_t
tidy_spaces(char *s, size_t len, int han)
{
	size_t n = 0;
	int gap = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == ' ') {
			gap = 1;
			continue;
		}
		if (gap && n > 0 &&
		    (!han || (is_word(s[n - 1]) && is_word(s[i]) &&
				 (is_letter(s[n - 1]) || is_letter(s[i])))))
			s[n++] = ' ';
		gap = 0;
		s[n++] = s[i];
	}
	s[n] = '\0';
	return n;
}

static size_t
drop_spaces(char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (s[i] != ' ')
			s[n++] = s[i];
	s[n] = '\0';
	return n;
}

size_t
text_fold(const char *in, size_t len, char *out, size_t size)
{
	int spaces, han;
	size_t n;

	open_formula(&in, &len);
	len = text_cut(in, len, size - 1);
	n = fold_chars(in, len, out, &spaces, &han);
	return spaces ? tidy_spaces(out, n, han) : n;
}

size_t
text_code_fold(const char *in, size_t len, char *out, size_t size)
{
	int spaces, han;
	size_t n, skip = 0;

	open_formula(&in, &len);
	len = text_cut(in, len, size - 1);
	n = fold_chars(in, len, out, &spaces, &han);
	if (spaces)
		n = drop_spaces(out, n);
	while (skip < n && (out[skip] == '\'' || out[skip] == '`'))
		skip++;
	n -= skip;
	for (size_t i = 0; i < n; i++) {
		char c = out[i + skip];

		out[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	out[n] = '\0';
	return n;
}

/* A name in Chinese: brackets to full width, no spaces. in is folded. */
static size_t
name_chars(const char *in, size_t len, char *out, size_t size)
{
	size_t i = 0, n = 0;

	while (i < len) {
		uint32_t cp;
		size_t step = utf8_get(in + i, len - i, &cp);
		int side = text_bracket(cp);
		size_t need = side != 0 ? 3 : step;

		if (n + need >= size)
			break;
		if (side != 0)
			memcpy(out + n, side == 1 ? "（" : "）", 3);
		else
			memcpy(out + n, in + i, step);
		if (cp != ' ')
			n += need;
		i += step;
	}
	out[n] = '\0';
	return n;
}

size_t
text_name_fold(const char *in, size_t len, char *out, size_t size)
{
	char tmp[4096];
	int spaces, han;
	size_t n;

	open_formula(&in, &len);
	len = text_cut(in, len, sizeof(tmp) - 1);
	n = fold_chars(in, len, tmp, &spaces, &han);
	if (han)
		return name_chars(tmp, n, out, size);
	n = tidy_spaces(tmp, n, 0);
	n = text_cut(tmp, n, size - 1);
	memcpy(out, tmp, n);
	out[n] = '\0';
	return n;
}

static int
is_word_of(const char *const *words, size_t count, const char *s, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0)
			return 1;
	return 0;
}

int
text_is_null(const char *s, size_t len)
{
	char word[64];

	/* Most values are longer than any of the words. */
	if (len > sizeof(word) - 1)
		return 0;
	if (len > 12 && s[0] > ' ' && s[0] != '\'' && s[len - 1] > ' ')
		return 0;
	/* None of them begins with a digit. */
	if (len > 0 && s[0] >= '0' && s[0] <= '9')
		return 0;
	len = text_code_fold(s, len, word, sizeof(word));
	return len == 0 ||
	       is_word_of(nulls, sizeof(nulls) / sizeof(nulls[0]), word, len);
}

int
text_is_sheet_error(const char *s, size_t len)
{
	text_trim(&s, &len);
	if (len < 2 || s[0] != '#')
		return 0;
	for (size_t i = 0; s[i] == '#'; i++)
		if (i + 1 == len)
			return len >= 3;
	return is_word_of(sheet_errors,
	    sizeof(sheet_errors) / sizeof(sheet_errors[0]), s, len);
}

int
text_is_masked(const char *s, size_t len)
{
	for (size_t i = 0; i + 3 <= len; i++)
		if (memcmp(s + i, "＊", 3) == 0)
			return 1;
	return len > 0 && memchr(s, '*', len) != NULL;
}

int
text_is_scientific(const char *s, size_t len)
{
	size_t i = 0, digits = 0;

	text_trim(&s, &len);
	if (i < len && s[i] == '-')
		i++;
	for (; i < len && ((s[i] >= '0' && s[i] <= '9') || s[i] == '.'); i++)
		digits += s[i] != '.';
	if (digits == 0 || len - i < 3 || (s[i] != 'E' && s[i] != 'e') ||
	    (s[i + 1] != '+' && s[i + 1] != '-'))
		return 0;
	for (i += 2; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return 1;
}

size_t
text_len(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xC0) != 0x80;
	return n;
}

int
text_is_lossy(const char *s, size_t len)
{
	uint32_t before = 0, cp;

	for (size_t i = 0; i < len;) {
		int lost;

		i += utf8_get(s + i, len - i, &cp);
		lost = cp == '?' || cp == 0x25A1;
		if (utf8_is_han(before) && lost)
			return 1;
		if (utf8_is_han(cp) && (before == '?' || before == 0x25A1))
			return 1;
		before = cp;
	}
	return 0;
}
