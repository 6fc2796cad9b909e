#include <stdio.h>
#include <string.h>

#include "form/name.h"
#include "form/text.h"
#include "form/utf8.h"
#include "link/names.h"

enum {
	PERSON_MAX = 3,  /* characters of a person's name */
	PREFIX = 4,      /* characters a truncated core needs */
	EDIT_MIN = 4,    /* characters a core needs to allow for an error */
	FORM_BYTES = 24, /* of the longest legal form */
	WILD_MAX = 2,    /* lost characters that leave a name to go by */
	WHOLE = 100      /* characters of a whole name */
};

static const char *const forms[] = { "股份有限责任公司", "有限责任公司",
	"股份有限公司", "有限公司", "特殊普通合伙", "普通合伙", "有限合伙",
	"个人独资企业", "股份合作公司", "农民专业合作社", "专业合作社",
	"合作社", "供销社", "集团公司", "总公司", "公司", NULL };

/* What a clerk adds: a full stop, and others. */
static const char *const ends[] = { "。", ".", ",", "、", "等", NULL };

/* Buildings that have a meter of their own, and are not a branch. */
static const char *const places[] = { "食堂", "宿舍", "宿舍楼", "仓库", "车间",
	"厂房", "办公楼", "门卫", NULL };

/* What a company's own name goes on with behind a legal form. */
static const char *const goes_on[] = { "公司", "有限", "股份", "（", "集团",
	NULL };

/* Counties, each a bit; those above say no more than that it lies inside. */
static const char *const regions[] = { "鲤城", "丰泽", "洛江", "泉港", "惠安",
	"安溪", "永春", "德化", "石狮", "晋江", "南安", NULL };

enum { REGION_CITY = 1 << 16 }; /* 泉州 */

uint32_t
names_hash(uint32_t salt, const void *p, size_t len)
{
	const unsigned char *s = p;
	uint32_t h = 2166136261u ^ (salt * 2654435769u);

	for (size_t i = 0; i < len; i++)
		h = (h ^ s[i]) * 16777619u;
	h ^= h >> 15;
	h *= 2246822519u;
	return h ^ h >> 13;
}

/* Copies a text, cut on a whole character where it is too long. */
static void
keep(char to[NAMES_BYTES], const char *s)
{
	size_t len = strlen(s);

	if (len >= NAMES_BYTES)
		len = text_cut(s, len, NAMES_BYTES - 1);
	memcpy(to, s, len);
	to[len] = '\0';
}

static int
ends_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(s + len - n, word, n) == 0;
}

static int
ends_with_form(const char *s, size_t len)
{
	for (size_t k = 0; forms[k] != NULL; k++)
		if (ends_with(s, len, forms[k]))
			return 1;
	return 0;
}

/* Cuts a building of the company from behind its form: -食堂. */
static size_t
cut_place(const char *s, size_t len)
{
	for (size_t k = 0; places[k] != NULL; k++) {
		size_t n = len - strlen(places[k]);

		if (!ends_with(s, len, places[k]))
			continue;
		if (n > 0 && s[n - 1] == '-')
			n--;
		return ends_with_form(s, n) ? n : len;
	}
	return len;
}

/* The last bracket, where a name ends with one that is not of its form. */
static size_t
cut_bracket(char *s, size_t len)
{
	char *open = s;
	char *next;

	if (!ends_with(s, len, "）") || ends_with(s, len, "合伙）"))
		return len;
	while ((next = strstr(open + 1, "（")) != NULL)
		open = next;
	return open > s ? (size_t)(open - s) : len;
}

/* Cuts what a clerk put behind the name, until nothing more is to be cut. */
static size_t
tidy(char *s, size_t len)
{
	size_t before;

	do {
		before = len;
		for (size_t k = 0; ends[k] != NULL; k++)
			if (ends_with(s, len, ends[k]) && len > strlen(ends[k]))
				len -= strlen(ends[k]);
		len = cut_place(s, len);
		s[len] = '\0';
		len = cut_bracket(s, len);
		s[len] = '\0';
	} while (len != before);
	return len;
}

/* A legal form inside the name with something of its own behind it. */
static int
has_tail(const char *s)
{
	static const char *const inner[] = { "公司", "合作社", "供销社", NULL };

	for (size_t k = 0; inner[k] != NULL; k++) {
		const char *tail = strstr(s, inner[k]);
		int own = 1;

		if (tail == NULL || tail == s)
			continue;
		tail += strlen(inner[k]);
		for (size_t g = 0; goes_on[g] != NULL; g++)
			own = own && strncmp(tail, goes_on[g],
					 strlen(goes_on[g])) != 0;
		if (*tail != '\0' && own)
			return 1;
	}
	return 0;
}

/* A legal form cut off in the middle: 有限公, 有限, 有. */
static size_t
cut_half_form(char *s, size_t len)
{
	for (size_t k = 0; forms[k] != NULL; k++)
		for (size_t n = strlen(forms[k]) - 3; n >= 3; n -= 3) {
			char half[FORM_BYTES + 1];

			snprintf(half, sizeof(half), "%.*s", (int)n, forms[k]);
			/* One character alone is no form but 有. */
			if ((n == 3 && strcmp(half, "有") != 0) ||
			    !ends_with(s, len, half) || len < n + 6)
				continue;
			s[len - n] = '\0';
			return len - n;
		}
	return len;
}

static uint32_t
regions_of(const char *k2, const char *core)
{
	const char *at = strstr(k2, core);
	size_t head = at != NULL ? (size_t)(at - k2) : 0;
	uint32_t bits = 0;

	for (size_t k = 0; regions[k] != NULL; k++) {
		const char *found = strstr(k2, regions[k]);

		if (found != NULL && (size_t)(found - k2) < head)
			bits |= 1u << k;
	}
	at = strstr(k2, "泉州");
	if (at != NULL && (size_t)(at - k2) < head)
		bits |= REGION_CITY;
	return bits;
}

static int
is_wild(uint32_t cp)
{
	return cp == '?' || cp == 0x25A1 || cp == 0x25A0 || cp == 0xFFFD ||
	       cp == '*';
}

/* The characters of a text, lost ones as ?. Returns how many, cut at max. */
static size_t
spread(const char *s, uint32_t *at, size_t max)
{
	size_t len = strlen(s);
	size_t n = 0;

	for (size_t i = 0; i < len && n < max; n++) {
		i += utf8_get(s + i, len - i, &at[n]);
		if (is_wild(at[n]))
			at[n] = '?';
	}
	return n;
}

static void
spread_core(struct names *n)
{
	n->ncore = spread(n->core, n->at, NAMES_CORE);
	n->wild = 0;
	for (size_t i = 0; i < n->ncore; i++)
		n->wild += n->at[i] == '?';
}

/* Half of it Chinese, at least: else it is in a wrong encoding, or not here. */
static int
is_readable(const struct names *n)
{
	size_t han = 0;

	for (size_t i = 0; i < n->ncore; i++)
		han += utf8_is_han(n->at[i]) != 0;
	return n->ncore > 1 && han * 2 >= n->ncore &&
	       (size_t)n->wild * 2 < n->ncore;
}

static void
set_kind(struct names *n, int tail)
{
	int bare = strcmp(n->k2, n->core) == 0;

	if (!is_readable(n))
		n->kind = NAMES_NONE;
	else if (tail)
		n->kind = NAMES_BRANCH;
	else if (bare && !n->complete && n->ncore <= PERSON_MAX)
		n->kind = NAMES_PERSON;
	else
		n->kind = NAMES_FIRM;
}

static void
take_apart(const char *s, size_t len, struct names *ret)
{
	struct name_keys keys;
	char display[NAME_MAX_BYTES];
	size_t n;
	int tail;

	memset(ret, 0, sizeof(*ret));
	if (len == 0 || text_is_null(s, len) ||
	    text_is_dirty(s, len) == TEXT_MOJIBAKE ||
	    name_keys(s, len, &keys) == -1)
		return;
	keep(ret->former, keys.former);
	memcpy(display, keys.display, strlen(keys.display) + 1);
	n = tidy(display, strlen(display));
	/* Most names are tidy as they are sent. */
	if ((n != len || memcmp(display, s, n) != 0) &&
	    name_keys(display, n, &keys) == -1)
		return;
	if (strlen(keys.k1) >= NAMES_BYTES)
		return;
	tail = keys.branch || has_tail(keys.k2);
	keep(ret->k2, keys.k2);
	ret->k1 = names_hash(0, keys.k1, strlen(keys.k1));
	keep(ret->core, keys.k3);
	ret->complete = ends_with_form(keys.k2, strlen(keys.k2));
	if (!tail && !ret->complete)
		cut_half_form(ret->core, strlen(ret->core));
	ret->regions = regions_of(ret->k2, ret->core);
	spread_core(ret);
	set_kind(ret, tail);
}

/* Who is looked for by a name learns it next: the last one is kept. */
void
names_make(const char *s, size_t len, struct names *ret)
{
	static struct {
		char text[NAMES_BYTES];
		size_t len;
		struct names names;
	} last;

	if (len > 0 && len == last.len && memcmp(s, last.text, len) == 0) {
		*ret = last.names;
		return;
	}
	take_apart(s, len, ret);
	last.len = 0;
	if (len > 0 && len <= sizeof(last.text)) {
		memcpy(last.text, s, len);
		last.len = len;
		last.names = *ret;
	}
}

void
names_restore(enum names_kind kind, const char *k2, const char *core,
    uint32_t k1, uint32_t region_bits, struct names *ret)
{
	ret->kind = kind;
	keep(ret->k2, k2);
	keep(ret->core, core);
	ret->k1 = k1;
	ret->regions = region_bits;
	ret->former[0] = '\0';
	ret->complete = 1;
	spread_core(ret);
}

int
names_regions_agree(const struct names *a, const struct names *b)
{
	uint32_t x = a->regions & (REGION_CITY - 1);
	uint32_t y = b->regions & (REGION_CITY - 1);

	return x == 0 || y == 0 || (x & ~y) == 0 || (y & ~x) == 0;
}

int
names_region_same(const struct names *a, const struct names *b)
{
	uint32_t x = a->regions & (REGION_CITY - 1);
	uint32_t y = b->regions & (REGION_CITY - 1);

	return x != 0 || y != 0 ? x == y
				: (a->regions & b->regions & REGION_CITY) != 0;
}

/*
 * Whether texts of one length are alike but for one character, or for some
 * that were lost; else NAMES_DIFFER.
 */
static enum names_relation
nearly(const uint32_t *a, const uint32_t *b, size_t n)
{
	size_t wilds = 0, other = 0;

	for (size_t i = 0; i < n; i++) {
		if (a[i] == b[i])
			continue;
		if (a[i] == '?' || b[i] == '?')
			wilds++;
		else
			other++;
	}
	if (other == 0 && wilds <= WILD_MAX)
		return NAMES_WILD;
	return other == 1 && wilds == 0 ? NAMES_EDIT : NAMES_DIFFER;
}

/* The same of whole names, where the error hides the region. */
static enum names_relation
nearly_whole(const struct names *row, const struct names *known)
{
	uint32_t a[WHOLE], b[WHOLE];
	size_t n = spread(row->k2, a, WHOLE);

	if (n != spread(known->k2, b, WHOLE))
		return NAMES_DIFFER;
	return nearly(a, b, n);
}

static int
is_prefix(const struct names *row, const struct names *known)
{
	return row->ncore >= PREFIX && row->ncore < known->ncore &&
	       !row->complete &&
	       memcmp(row->at, known->at, row->ncore * sizeof(row->at[0])) == 0;
}

int
names_company(const struct names *n)
{
	static const char end[] = "公司";
	size_t len = strlen(n->k2);

	return len >= sizeof(end) - 1 &&
	       strcmp(n->k2 + len - (sizeof(end) - 1), end) == 0;
}

enum names_relation
names_relate(const struct names *row, const struct names *known)
{
	enum names_relation r;

	if (row->kind <= NAMES_PERSON || known->kind <= NAMES_PERSON)
		return NAMES_UNKNOWN;
	if (row->kind != known->kind)
		return NAMES_DIFFER;
	if (strcmp(row->k2, known->k2) == 0)
		return row->k1 == known->k1 ? NAMES_EXACT : NAMES_FORM;
	if (strcmp(row->core, known->core) == 0)
		return NAMES_CORE_SAME;
	if (is_prefix(row, known))
		return NAMES_PART;
	r = NAMES_DIFFER;
	if (row->ncore == known->ncore && row->ncore >= EDIT_MIN)
		r = nearly(row->at, known->at, row->ncore);
	else if (row->ncore > known->ncore && row->regions != known->regions)
		r = nearly_whole(row, known);
	if (r != NAMES_DIFFER)
		return r;
	return names_overlap(row->core, known->core) >= 0.5 ? NAMES_SIMILAR
							    : NAMES_DIFFER;
}

double
names_overlap(const char *a, const char *b)
{
	uint32_t x[96], y[96], c;
	size_t nx = 0, ny = 0, la = strlen(a), lb = strlen(b), both = 0;

	for (size_t i = 0; i < la && nx < 96;)
		i += utf8_get(a + i, la - i, &c), x[nx++] = c;
	for (size_t i = 0; i < lb && ny < 96;)
		i += utf8_get(b + i, lb - i, &c), y[ny++] = c;
	if (nx < 2 || ny < 2)
		return 0;
	if (nx > ny)
		return names_overlap(b, a);
	for (size_t i = 0; i + 1 < nx; i++)
		for (size_t k = 0; k + 1 < ny; k++)
			if (x[i] == y[k] && x[i + 1] == y[k + 1]) {
				both++;
				break;
			}
	return (double)both / (double)(nx - 1);
}

/* A block of the characters of the core but those from cut to end. */
static uint32_t
without(const struct names *n, uint32_t salt, size_t cut, size_t end)
{
	uint32_t rest[NAMES_CORE] = { 0 };
	size_t k = 0;

	for (size_t i = 0; i < n->ncore; i++)
		if (i < cut || i >= end)
			rest[k++] = n->at[i];
	return names_hash(salt + (uint32_t)n->ncore, rest, k * sizeof(rest[0]));
}

size_t
names_blocks(const struct names *n, uint32_t block[NAMES_BLOCKS])
{
	size_t count = 0;
	size_t a = n->ncore / 3, b = n->ncore * 2 / 3;

	if (n->kind <= NAMES_PERSON)
		return 0;
	block[count++] = names_hash(1, n->k2, strlen(n->k2));
	block[count++] = names_hash(2, n->core, strlen(n->core));
	if (n->ncore >= PREFIX)
		block[count++] =
		    names_hash(3, n->at, PREFIX * sizeof(n->at[0]));
	/* One error spares two of three parts. */
	if (n->ncore >= EDIT_MIN) {
		block[count++] = without(n, 100, 0, a);
		block[count++] = without(n, 200, a, b);
		block[count++] = without(n, 300, b, n->ncore);
	}
	return count;
}

size_t
names_tails(const struct names *n, uint32_t block[NAMES_TAILS])
{
	const char *s = n->core;
	size_t count = 0;

	if (n->kind <= NAMES_PERSON)
		return 0;
	while (count < NAMES_TAILS && n->ncore >= count + 1 + PREFIX) {
		uint32_t cp;

		s += utf8_get(s, strlen(s), &cp);
		block[count++] = names_hash(2, s, strlen(s));
	}
	return count;
}
