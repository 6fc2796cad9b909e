#include <string.h>

#include "form/name.h"
#include "form/text.h"
#include "form/utf8.h"
#include "form/variant.h"

enum {
	BRACKET = 3,  /* bytes of a full-width bracket */
	SHORTEST = 12 /* of a former name behind a mere word for former */
};

static const char left[] = "（";
static const char right[] = "）";

/* Longer ones first where one ends in another. */
static const char *const forms[] = { "股份有限责任公司", "有限责任公司",
	"股份有限公司", "有限公司", "特殊普通合伙", "普通合伙", "有限合伙",
	"个人独资企业", "股份合作公司", "农民专业合作社", "专业合作社",
	"合作社", "集团公司", "公司", NULL };

static const char *const regions[] = { "中国", "福建省", "福建", "泉州市",
	"泉州", "鲤城区", "鲤城", "丰泽区", "丰泽", "洛江区", "洛江", "泉港区",
	"泉港", "惠安县", "惠安", "安溪县", "安溪", "永春县", "永春", "德化县",
	"德化", "石狮市", "石狮", "晋江市", "晋江", "南安市", "南安", NULL };

static const char *const branches[] = { "分公司", "分厂", "分店", "分行",
	"支行", "营业部", "门市部", "办事处", "代表处", "经营部", NULL };

static const char *const notes[] = { "已注销", "注销", "吊销", "吊销未注销",
	"已吊销", "停业", "已迁出", "迁出", NULL };

static const char *const formers[] = { "原名称", "原名", "原", "曾用名", NULL };

static int
ends_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(s + len - n, word, n) == 0;
}

static int
starts_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(s, word, n) == 0;
}

static int
is_one_of(const char *const *words, const char *s, size_t len)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == len && memcmp(*words, s, len) == 0)
			return 1;
	return 0;
}

/* The last （...） of a name that ends in one. Returns where it starts, or 0. */
static size_t
trailing_note(const char *s, size_t len)
{
	if (!ends_with(s, len, right))
		return 0;
	for (size_t i = len - BRACKET; i > 0; i--)
		if (memcmp(s + i, left, BRACKET) == 0)
			return i;
	return 0;
}

/* Does the bracket at the place close at the very end of the name? */
static int
closes_at_end(const char *s, size_t len, size_t at)
{
	int depth = 0;

	for (size_t i = at; i + BRACKET <= len; i++) {
		if (memcmp(s + i, left, BRACKET) == 0)
			depth++;
		else if (memcmp(s + i, right, BRACKET) == 0 && --depth == 0)
			return i + BRACKET == len;
	}
	return 0;
}

/* Where the former name begins in what a bracket holds, 0 if it holds none. */
static size_t
former_at(const char *s, size_t len)
{
	for (size_t k = 0; formers[k] != NULL; k++) {
		size_t at = strlen(formers[k]);

		if (!starts_with(s, len, formers[k]))
			continue;
		if (at < len && s[at] == ':')
			at++;
		else if (strcmp(formers[k], "原") == 0 && len - at < SHORTEST)
			return 0;
		return at < len ? at : 0;
	}
	return 0;
}

/* Cuts （原：…） into former. */
static size_t
cut_former(char *s, size_t len, char *former)
{
	if (!ends_with(s, len, right))
		return len;
	for (size_t i = 0; i + 2 * BRACKET < len; i++) {
		size_t from = i + BRACKET, end = len - BRACKET, at;

		if (memcmp(s + i, left, BRACKET) != 0 ||
		    !closes_at_end(s, len, i))
			continue;
		at = former_at(s + from, end - from);
		if (at == 0)
			continue;
		memcpy(former, s + from + at, end - from - at);
		former[end - from - at] = '\0';
		s[i] = '\0';
		return i;
	}
	return len;
}

static size_t
cut_note(char *s, size_t len, char *note, size_t size)
{
	size_t at = trailing_note(s, len);
	size_t n;

	if (at == 0)
		return len;
	n = len - at - 2 * BRACKET;
	if (n >= size || !is_one_of(notes, s + at + BRACKET, n))
		return len;
	memcpy(note, s + at + BRACKET, n);
	note[n] = '\0';
	s[at] = '\0';
	return at;
}

/* Brackets, dots and dashes away, capitals, simplified characters. */
static size_t
make_k1(const char *s, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t step = utf8_get(s + i, len - i, &cp);

		if (cp == UTF8_STRAY)
			out[n++] = s[i];
		else if (text_bracket(cp) == 0 && cp != 0xB7 && cp != '-')
			n += utf8_put(out + n, cp >= 'a' && cp <= 'z'
						   ? cp - 'a' + 'A'
						   : variant_simple(cp));
		i += step;
	}
	out[n] = '\0';
	return n;
}

static size_t
make_k2(const char *s, size_t len, char *out)
{
	static const char from[] = "有限责任公司";
	static const char to[] = "有限公司";
	size_t i = 0, n = 0;

	while (i < len) {
		if (starts_with(s + i, len - i, from)) {
			memcpy(out + n, to, sizeof(to) - 1);
			n += sizeof(to) - 1;
			i += sizeof(from) - 1;
		} else
			out[n++] = s[i++];
	}
	out[n] = '\0';
	return n;
}

static size_t
cut_regions(char *s, size_t len)
{
	for (size_t k = 0; regions[k] != NULL; k++) {
		size_t n = strlen(regions[k]);

		if (!starts_with(s, len, regions[k]) ||
		    text_len(s + n, len - n) < 2)
			continue;
		memmove(s, s + n, len - n + 1);
		len -= n;
		k = (size_t)-1; /* from the first region again */
	}
	return len;
}

/* A region in the first brackets of the name goes, wherever it is in the key. */
static void
cut_bracketed_region(const char *display, char *key)
{
	const char *from = strstr(display, left);
	const char *to = from != NULL ? strstr(from, right) : NULL;
	char word[32];
	size_t n;
	char *at;

	if (to == NULL)
		return;
	from += BRACKET;
	n = (size_t)(to - from);
	if (n == 0 || n >= sizeof(word) || !is_one_of(regions, from, n))
		return;
	memcpy(word, from, n);
	word[n] = '\0';
	at = strstr(key, word);
	if (at != NULL)
		memmove(at, at + n, strlen(at + n) + 1);
}

static void
make_k3(struct name_keys *keys, size_t len)
{
	char *s = keys->k3;

	memcpy(s, keys->k2, len + 1);
	for (size_t k = 0; !keys->branch && forms[k] != NULL; k++)
		if (ends_with(s, len, forms[k])) {
			len -= strlen(forms[k]);
			s[len] = '\0';
			break;
		}
	cut_regions(s, len);
	cut_bracketed_region(keys->display, s);
}

int
name_keys(const char *s, size_t len, struct name_keys *ret)
{
	size_t n;

	ret->display[0] = ret->k1[0] = ret->k2[0] = ret->k3[0] = '\0';
	ret->former[0] = ret->note[0] = '\0';
	ret->branch = 0;
	if (len > (NAME_MAX_BYTES - 1) / 3)
		return -1;
	n = text_name_fold(s, len, ret->display, sizeof(ret->display));
	n = cut_former(ret->display, n, ret->former);
	n = cut_note(ret->display, n, ret->note, sizeof(ret->note));
	if (n == 0)
		return -1;
	for (size_t k = 0; branches[k] != NULL; k++)
		ret->branch |= ends_with(ret->display, n, branches[k]);
	n = make_k1(ret->display, n, ret->k1);
	n = make_k2(ret->k1, n, ret->k2);
	make_k3(ret, n);
	return 0;
}
