#include <stdio.h>
#include <string.h>

#include "form/number.h"
#include "form/numeral.h"
#include "form/text.h"
#include "form/utf8.h"
#include "form/value.h"

enum { LONGEST = 255 };

/* Longer words first where one ends in another. */
static const struct {
	const char *word;
	const char *code;
} currencies[] = {
	{ "人民币", "CNY" },
	{ "RMB", "CNY" },
	{ "CNY", "CNY" },
	{ "USD", "USD" },
	{ "US$", "USD" },
	{ "HKD", "HKD" },
	{ "HK$", "HKD" },
	{ "EUR", "EUR" },
	{ "新台币", "TWD" },
	{ "美元", "USD" },
	{ "港元", "HKD" },
	{ "港币", "HKD" },
	{ "欧元", "EUR" },
	{ "日元", "JPY" },
	{ "台币", "TWD" },
	{ "¥", "CNY" },
	{ "$", "USD" },
};

/* Units and their powers of ten; longer words first. */
static const struct {
	const char *word;
	unsigned places;
} units[] = {
	{ "千万", 7 },
	{ "百万", 6 },
	{ "十万", 5 },
	{ "万", 4 },
	{ "萬", 4 },
	{ "亿", 8 },
	{ "億", 8 },
	{ "千", 3 },
	{ "仟", 3 },
	{ "百", 2 },
};

static const char *const yuan[] = { "元", "圆", "圓", NULL };

/* What makes an amount no amount. */
static const char *const vague[] = { "约", "左右", "以上", "以下", "多", "余",
	"不少于", "不低于", "至少", NULL };

/* An amount while it is read: text is what of it is still to be read. */
struct amount {
	char text[LONGEST + 1];
	size_t len;
	int negative;
	unsigned unit; /* of the header, as a power of ten */
	const char *currency;
};

/* Cuts len bytes at from out of the text. */
static void
cut(struct amount *a, size_t from, size_t len)
{
	memmove(a->text + from, a->text + from + len, a->len - from - len + 1);
	a->len -= len;
}

static int
starts(const struct amount *a, size_t at, const char *word)
{
	size_t n = strlen(word);

	return a->len - at >= n && memcmp(a->text + at, word, n) == 0;
}

static int
ends(const struct amount *a, const char *word)
{
	size_t n = strlen(word);

	return a->len >= n && memcmp(a->text + a->len - n, word, n) == 0;
}

/* Digits and signs, and no word: most amounts. */
static int
is_plain(const struct amount *a)
{
	for (size_t i = 0; i < a->len; i++) {
		char c = a->text[i];

		if ((c < '0' || c > '9') && c != '.' && c != ',' && c != '-')
			return 0;
	}
	return 1;
}

static void
cut_currency(struct amount *a)
{
	if (is_plain(a))
		return;
	for (size_t k = 0; k < sizeof(currencies) / sizeof(*currencies); k++) {
		const char *word = currencies[k].word;
		char *at = strstr(a->text, word);

		if (at == NULL)
			continue;
		a->currency = currencies[k].code;
		for (; at != NULL; at = strstr(a->text, word))
			cut(a, (size_t)(at - a->text), strlen(word));
		return;
	}
}

/* (1,234.00) is negative; the brackets of 3.6(万元) only go. */
static void
open_brackets(struct amount *a)
{
	size_t at;

	if (a->len < 2 || a->text[a->len - 1] != ')')
		return;
	if (a->text[0] == '(') {
		a->negative = 1;
		at = 0;
	} else {
		char *open = strchr(a->text, '(');

		if (open == NULL)
			return;
		at = (size_t)(open - a->text);
	}
	cut(a, a->len - 1, 1);
	cut(a, at, 1);
}

static void
cut_endings(struct amount *a)
{
	while (ends(a, "整") || ends(a, "正"))
		cut(a, a->len - 3, 3);
	if (a->len > 0 && a->text[0] == '-') {
		a->negative = !a->negative;
		cut(a, 0, 1);
	}
}

/* The word for yuan at a place; returns its bytes. */
static size_t
yuan_at(const struct amount *a, size_t at)
{
	for (size_t k = 0; yuan[k] != NULL; k++)
		if (starts(a, at, yuan[k]))
			return strlen(yuan[k]);
	return 0;
}

/* 1,234.56 with a unit behind it or not. */
static enum value_verdict
read_digits(const struct amount *a, int64_t *ret_fen)
{
	struct number n;
	size_t at = number_read(a->text, a->len, &n);
	unsigned places = a->unit;
	size_t word;

	if (at == 0 || a->text[0] == '+')
		return VALUE_FORMAT;
	if (n.grouping == -1)
		return VALUE_GROUPING;
	for (size_t k = 0; at < a->len && k < sizeof(units) / sizeof(*units);
	     k++)
		if (starts(a, at, units[k].word)) {
			places = units[k].places;
			at += strlen(units[k].word);
			at += yuan_at(a, at);
			return at == a->len && number_scaled(&n, places + 2,
						   ret_fen) == 0
				   ? VALUE_OK
			       : at == a->len ? VALUE_RANGE
					      : VALUE_FORMAT;
		}
	word = yuan_at(a, at);
	if (word > 0)
		places = 0;
	if (at + word != a->len)
		return VALUE_FORMAT;
	return number_scaled(&n, places + 2, ret_fen) == 0 ? VALUE_OK
							   : VALUE_RANGE;
}

/*
 * A digit in front of jiao or fen. Takes it, its unit and a zero before it;
 * returns 0 where the text at that place is something else.
 */
static size_t
coin_at(const struct amount *a, size_t at, const char *unit, unsigned *ret_n)
{
	size_t from = at;
	uint32_t cp;
	int digit;

	*ret_n = 0;
	if (starts(a, at, "零"))
		at += 3;
	if (at == a->len)
		return 0;
	at += utf8_get(a->text + at, a->len - at, &cp);
	digit = numeral_digit(cp);
	if (digit < 0 || !starts(a, at, unit))
		return 0;
	*ret_n = (unsigned)digit;
	return at + strlen(unit) - from;
}

/* Where the part in yuan ends: before its word, or before 伍角 or 伍分. */
static size_t
yuan_part(const struct amount *a)
{
	size_t at = 0, last = 0, before = 0;
	uint32_t cp;

	while (at < a->len && yuan_at(a, at) == 0) {
		if (starts(a, at, "角") || starts(a, at, "分")) {
			/* The digit before it is not ours, nor is a zero. */
			if (last - before == 3 && last >= 3 &&
			    memcmp(a->text + before, "零", 3) == 0)
				return before;
			return last;
		}
		before = last;
		last = at;
		at += utf8_get(a->text + at, a->len - at, &cp);
	}
	return at;
}

/* Is there one of the large units in the numeral? */
static int
has_large_unit(const struct amount *a)
{
	return strstr(a->text, "万") != NULL || strstr(a->text, "萬") != NULL ||
	       strstr(a->text, "亿") != NULL || strstr(a->text, "億") != NULL;
}

/* 贰仟叁佰肆拾伍元陆角柒分 */
static enum value_verdict
read_numeral(const struct amount *a, int64_t *ret_fen)
{
	size_t at = yuan_part(a), word;
	unsigned jiao, fen, places;
	uint64_t whole = 0;
	int64_t v, scale = 100;
	int coins;

	if (a->len == 0 || (at > 0 && numeral_read(a->text, at, &whole) == -1))
		return VALUE_FORMAT;
	word = yuan_at(a, at);
	if (word > 0 && at == 0)
		return VALUE_FORMAT;
	at += word;
	coins = at < a->len;
	at += coin_at(a, at, "角", &jiao);
	at += coin_at(a, at, "分", &fen);
	if (starts(a, at, "零"))
		at += 3;
	if (at != a->len)
		return VALUE_FORMAT;
	places = word > 0 || coins || has_large_unit(a) ? 0 : a->unit;
	while (places-- > 0)
		scale *= 10;
	if (whole > INT64_MAX ||
	    __builtin_mul_overflow((int64_t)whole, scale, &v) ||
	    __builtin_add_overflow(v, jiao * 10 + fen, &v))
		return VALUE_RANGE;
	*ret_fen = a->negative ? -v : v;
	return VALUE_OK;
}

static enum value_verdict
refuse(const struct amount *a, enum value_verdict v)
{
	if (v != VALUE_FORMAT)
		return v;
	for (size_t k = 0; vague[k] != NULL; k++)
		if (strstr(a->text, vague[k]) != NULL)
			return VALUE_VAGUE;
	return v;
}

enum value_verdict
value_money(const char *s, size_t len, int64_t unit, int64_t *ret_fen,
    char currency[4])
{
	struct amount a;
	enum value_verdict v;
	int64_t fen = 0;

	currency[0] = '\0';
	v = value_begin(s, len, a.text, sizeof(a.text), &a.len);
	if (v != VALUE_OK)
		return v;
	if (!is_plain(&a))
		a.len = text_code_fold(a.text, a.len, a.text, sizeof(a.text));
	a.negative = 0;
	a.currency = "CNY";
	for (a.unit = 0; unit >= 10; unit /= 10)
		a.unit++;
	open_brackets(&a);
	cut_currency(&a);
	cut_endings(&a);
	v = read_digits(&a, &fen);
	if (v == VALUE_OK)
		fen = a.negative ? -fen : fen;
	else if (v == VALUE_FORMAT)
		v = read_numeral(&a, &fen);
	if (v != VALUE_OK)
		return refuse(&a, v);
	*ret_fen = fen;
	memcpy(currency, a.currency, 4);
	return VALUE_OK;
}

size_t
value_money_text(int64_t fen, char *out, size_t size)
{
	uint64_t n = fen < 0 ? -(uint64_t)fen : (uint64_t)fen;
	int len = snprintf(out, size, "%s%llu.%02u", fen < 0 ? "-" : "",
	    (unsigned long long)(n / 100), (unsigned)(n % 100));

	return len > 0 ? (size_t)len : 0;
}

int64_t
value_unit_of(const char *header, size_t len)
{
	struct amount a;
	int64_t unit = 1;

	if (len >= sizeof(a.text))
		return 1;
	a.len = text_code_fold(header, len, a.text, sizeof(a.text));
	if (a.len > 0 && a.text[a.len - 1] == ')')
		cut(&a, a.len - 1, 1);
	cut_currency(&a);
	for (size_t k = 0; yuan[k] != NULL; k++)
		if (ends(&a, yuan[k])) {
			cut(&a, a.len - strlen(yuan[k]), strlen(yuan[k]));
			break;
		}
	for (size_t k = 0; k < sizeof(units) / sizeof(*units); k++)
		if (ends(&a, units[k].word)) {
			for (unsigned p = units[k].places; p > 0; p--)
				unit *= 10;
			break;
		}
	return unit;
}
