#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "form/text.h"
#include "form/utf8.h"
#include "rule/arena.h"
#include "rule/codes.h"
#include "rule/pack.h"
#include "rule/table.h"
#include "sys/mem.h"

enum { KEY_BYTES = 256, SEEN_MAX = 4096, NEAR_CHARS = 24 };

/* A code of a standard list. */
struct item {
	const char *list;
	const char *code;
	const char *label;
};

/* A row of the conversion tables. */
struct map_row {
	const char *map;
	const char *provider;
	const char *source_list;
	const char *source_code;
	const char *source_label;
	const char *list;
	const char *code;
	const char *label;
	const char *from;
	const char *to;
	int review;
	int null;
	int regex;
};

/* What one folded text stands for: rows in the order of the table. */
struct entry {
	const char *key;
	int stage;                 /* the earlier, the stronger */
	const struct map_row *row; /* NULL: the standard's own code */
	const struct item *item;
	struct entry *next; /* of the same key, by stage */
	UT_hash_handle hh;
};

struct pattern {
	struct entry entry;
	regex_t re;
	struct pattern *next;
};

/* A text as sent and what was found for it. */
struct seen {
	const char *text;
	const struct entry *found;
	const char *nearest;
	UT_hash_handle hh;
};

struct code_set {
	const char *provider;
	const char *list;
	const char *source;
	const char *std_list; /* what it converts to */
	int standard;         /* list is one of the standard's own */
	struct codes *codes;
	struct entry *entry;     /* hash by key */
	struct pattern *pattern; /* owned */
	struct seen *seen;       /* hash by text as sent */
	struct code_set *next;
};

struct codes {
	struct arena *arena;
	struct item *item; /* owned */
	size_t nitems;
	struct map_row *row; /* owned */
	size_t nrows;
	struct code_set *set; /* owned */
};

enum stage {
	STAGE_CODE,
	STAGE_LABEL,
	STAGE_STANDARD_CODE,
	STAGE_STANDARD_LABEL
};

/* ---- reading ---- */

static int
take_item(void *ctx, const char *const *cell, uint64_t line, struct err *e)
{
	struct codes *c = ctx;

	(void)line;
	(void)e;
	if ((c->nitems & (c->nitems + 1)) == 0)
		c->item =
		    xreallocarray(c->item, 2 * c->nitems + 2, sizeof(*c->item));
	c->item[c->nitems++] = (struct item){ cell[0], cell[1], cell[2] };
	return 0;
}

static int
take_map(void *ctx, const char *const *cell, uint64_t line, struct err *e)
{
	struct codes *c = ctx;
	struct map_row *r;

	(void)line;
	(void)e;
	if ((c->nrows & (c->nrows + 1)) == 0)
		c->row =
		    xreallocarray(c->row, 2 * c->nrows + 2, sizeof(*c->row));
	r = &c->row[c->nrows++];
	r->map = cell[0];
	r->provider = cell[1];
	r->source_list = cell[2];
	r->source_code = cell[3];
	r->source_label = cell[4];
	r->list = cell[5];
	r->code = cell[6];
	r->label = cell[7];
	r->review = strcmp(cell[8], "review") == 0;
	r->null = strcmp(cell[8], "null") == 0;
	r->regex = strcmp(cell[8], "regex") == 0;
	r->from = cell[9];
	r->to = cell[10];
	return 0;
}

int
codes_read(const struct pack *p, struct codes **ret_c, struct err *e)
{
	static const char *const item_names[] = { "list", "code", "label_zh",
		NULL };
	static const char *const map_names[] = { "map_id", "dept",
		"source_list", "source_code", "source_label", "std_list",
		"std_code", "std_label", "rule", "valid_from", "valid_to",
		NULL };
	const struct pack_file *list = pack_find(p, "schemas/code_list.csv");
	const struct pack_file *map = pack_find(p, "schemas/code_map.csv");
	struct codes *c = xcalloc(1, sizeof(*c));

	c->arena = arena_new();
	if ((list != NULL && table_read(list, item_names, c->arena, take_item,
				 c, e) == -1) ||
	    (map != NULL &&
		table_read(map, map_names, c->arena, take_map, c, e) == -1)) {
		codes_free(c);
		return -1;
	}
	*ret_c = c;
	return 0;
}

static void
set_free(struct code_set *s)
{
	struct pattern *p = s->pattern;

	HASH_CLEAR(hh, s->entry);
	HASH_CLEAR(hh, s->seen);
	while (p != NULL) {
		struct pattern *next = p->next;

		regfree(&p->re);
		p = next;
	}
}

void
codes_free(struct codes *c)
{
	if (c == NULL)
		return;
	for (struct code_set *s = c->set; s != NULL; s = s->next)
		set_free(s);
	arena_free(c->arena);
	free(c->item);
	free(c->row);
	free(c);
}

static int
is_standard(const struct codes *c, const char *list)
{
	for (size_t i = 0; i < c->nitems; i++)
		if (strcmp(c->item[i].list, list) == 0)
			return 1;
	return 0;
}

int
codes_known(const struct codes *c, const char *list)
{
	if (is_standard(c, list))
		return 1;
	for (size_t i = 0; i < c->nrows; i++)
		if (strcmp(c->row[i].source_list, list) == 0)
			return 1;
	return 0;
}

const char *
codes_label(const struct codes *c, const char *list, const char *code)
{
	for (size_t i = 0; i < c->nitems; i++)
		if (strcmp(c->item[i].list, list) == 0 &&
		    strcmp(c->item[i].code, code) == 0)
			return c->item[i].label;
	return NULL;
}

const char *
codes_at(const struct codes *c, const char *list, size_t n)
{
	for (size_t i = 0; i < c->nitems; i++)
		if (strcmp(c->item[i].list, list) == 0 && n-- == 0)
			return c->item[i].code;
	return NULL;
}

/* ---- one conversion ---- */

/* The form in which texts are compared. */
static size_t
fold(const char *s, size_t len, char out[KEY_BYTES])
{
	size_t n = 0;
	size_t at = 0;

	if (len >= KEY_BYTES)
		len = text_cut(s, len, KEY_BYTES - 1);
	len = text_code_fold(s, len, out, KEY_BYTES);
	while (at < len) {
		uint32_t cp;
		size_t k = utf8_get(out + at, len - at, &cp);
		int side = text_bracket(cp);

		if (side != 0) {
			out[n++] = side == 1 ? '(' : ')';
		} else {
			memmove(out + n, out + at, k);
			n += k;
		}
		at += k;
	}
	out[n] = '\0';
	return n;
}

static int
is_marker(uint32_t cp)
{
	return (cp >= 0x2460 && cp <= 0x249B) || (cp >= 0x3220 && cp <= 0x3229);
}

/* "1-", "(1)", "01." before the text. */
static size_t
numbered(const char *s)
{
	size_t n = strspn(s, "(");
	size_t digits = strspn(s + n, "0123456789");
	const char *after = s + n + digits;
	size_t mark = strncmp(after, "、", 3) == 0 ? 3 : strspn(after, ".-:|)");

	return digits == 0 || mark == 0 || after[mark] == '\0'
		   ? 0
		   : n + digits + mark;
}

/* Drops a list marker before and the ending behind. 1 if it did. */
static int
strip(char *s, size_t *len)
{
	static const char *const tail[] = { "企业", "户" };
	size_t was = *len;
	uint32_t cp;
	size_t k = *len > 0 ? utf8_get(s, *len, &cp) : 0;

	if (k == 0 || !is_marker(cp))
		k = numbered(s);
	memmove(s, s + k, *len - k + 1);
	*len -= k;
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++) {
		size_t t = strlen(tail[i]);

		if (*len > t && memcmp(s + *len - t, tail[i], t) == 0) {
			*len -= t;
			s[*len] = '\0';
			break;
		}
	}
	return *len != was;
}

static void
add(struct code_set *s, const char *text, int stage, const struct map_row *row,
    const struct item *item)
{
	struct arena *a = s->codes->arena;
	char key[KEY_BYTES];
	size_t len = fold(text, strlen(text), key);
	struct entry *e, *first, **at;

	if (len == 0)
		return;
	e = arena_alloc(a, sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->key = arena_text(a, key, len);
	e->stage = stage;
	e->row = row;
	e->item = item;
	HASH_FIND(hh, s->entry, key, len, first);
	if (first == NULL) {
		HASH_ADD_KEYPTR(hh, s->entry, e->key, len, e);
		return;
	}
	/* The head stays in the hash: a stronger one changes places with it. */
	if (stage < first->stage) {
		struct entry copy = *first;

		first->stage = e->stage;
		first->row = e->row;
		first->item = e->item;
		e->stage = copy.stage;
		e->row = copy.row;
		e->item = copy.item;
	}
	for (at = &first->next; *at != NULL && (*at)->stage <= e->stage;)
		at = &(*at)->next;
	e->next = *at;
	*at = e;
}

static void
add_pattern(struct code_set *s, const struct map_row *row)
{
	struct pattern *p = arena_alloc(s->codes->arena, sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->entry.row = row;
	if (regcomp(&p->re, row->source_code, REG_EXTENDED | REG_NOSUB) != 0)
		return;
	p->next = s->pattern;
	s->pattern = p;
}

/* Does this row of the tables speak of that field of that provider? */
static int
row_applies(const struct codes *c, const struct map_row *r,
    const struct code_set *s)
{
	int label = strcmp(r->source_list, "label") == 0;

	if (strcmp(r->provider, s->provider) != 0)
		return 0;
	if (s->source != NULL && !label &&
	    strcmp(r->source_list, s->source) != 0)
		return 0;
	if (strcmp(r->list, s->list) == 0)
		return 1;
	/* A list of the standard is not converted to another. */
	if (s->standard)
		return 0;
	if (strcmp(r->source_list, s->list) == 0)
		return 1;
	/* Words of a table whose codes come from the list. */
	for (size_t i = 0; label && i < c->nrows; i++)
		if (strcmp(c->row[i].map, r->map) == 0 &&
		    strcmp(c->row[i].provider, r->provider) == 0 &&
		    strcmp(c->row[i].source_list, s->list) == 0)
			return 1;
	return 0;
}

static void
fill(struct code_set *s)
{
	const struct codes *c = s->codes;

	s->std_list = s->list;
	s->standard = is_standard(c, s->list);
	for (size_t i = 0; i < c->nrows; i++) {
		const struct map_row *r = &c->row[i];

		if (!row_applies(c, r, s))
			continue;
		s->std_list = r->list;
		if (r->regex) {
			add_pattern(s, r);
			continue;
		}
		add(s, r->source_code, STAGE_CODE, r, NULL);
		if (strcmp(r->source_code, r->source_label) != 0)
			add(s, r->source_label, STAGE_LABEL, r, NULL);
	}
	for (size_t i = 0; i < c->nitems; i++)
		if (strcmp(c->item[i].list, s->std_list) == 0) {
			const struct item *t = &c->item[i];

			add(s, t->code, STAGE_STANDARD_CODE, NULL, t);
			add(s, t->label, STAGE_STANDARD_LABEL, NULL, t);
		}
}

static int
same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

struct code_set *
codes_set(struct codes *c, const char *provider, const char *list,
    const char *source)
{
	struct code_set *s;

	for (s = c->set; s != NULL; s = s->next)
		if (same(s->provider, provider) && same(s->list, list) &&
		    same(s->source, source))
			return s;
	if (!codes_known(c, list))
		return NULL;
	s = arena_alloc(c->arena, sizeof(*s));
	memset(s, 0, sizeof(*s));
	s->codes = c;
	s->provider = arena_text(c->arena, provider, strlen(provider));
	s->list = arena_text(c->arena, list, strlen(list));
	if (source != NULL)
		s->source = arena_text(c->arena, source, strlen(source));
	fill(s);
	s->next = c->set;
	c->set = s;
	return s;
}

/* ---- finding ---- */

static const struct entry *
look_up(const struct code_set *s, const char *key, size_t len)
{
	struct entry *e;

	HASH_FIND(hh, s->entry, key, len, e);
	return e;
}

static const struct entry *
match_patterns(const struct code_set *s, const char *key)
{
	for (const struct pattern *p = s->pattern; p != NULL; p = p->next)
		if (regexec(&p->re, key, 0, NULL, 0) == 0)
			return &p->entry;
	return NULL;
}

static size_t
chars_of(const char *s, uint32_t out[NEAR_CHARS])
{
	size_t len = strlen(s);
	size_t n = 0;

	for (size_t at = 0; at < len && n < NEAR_CHARS; n++)
		at += utf8_get(s + at, len - at, &out[n]);
	return n;
}

/* Edit distance, in characters. */
size_t
codes_distance(const char *a, const char *b)
{
	uint32_t x[NEAR_CHARS], y[NEAR_CHARS];
	size_t m = chars_of(a, x);
	size_t n = chars_of(b, y);
	size_t d[NEAR_CHARS + 1];

	for (size_t j = 0; j <= n; j++)
		d[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t diagonal = d[0];

		d[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t up = d[j];
			size_t best = diagonal + (x[i - 1] != y[j - 1]);

			if (up + 1 < best)
				best = up + 1;
			if (d[j - 1] + 1 < best)
				best = d[j - 1] + 1;
			diagonal = up;
			d[j] = best;
		}
	}
	return d[n];
}

/* The label most like it, if at least one character is the same. */
static const char *
nearest(const struct code_set *s, const char *key)
{
	uint32_t x[NEAR_CHARS];
	size_t chars = chars_of(key, x);
	size_t best = chars;
	const char *found = NULL;

	for (const struct entry *e = s->entry; e != NULL; e = e->hh.next) {
		size_t d = codes_distance(key, e->key);

		if (e->row != NULL && e->row->null)
			continue;
		if (d < best) {
			best = d;
			found = e->row != NULL ? e->row->source_label
					       : e->item->label;
		}
	}
	return found;
}

static const struct entry *
find(struct code_set *s, const char *text, size_t len, const char **ret_near)
{
	char key[KEY_BYTES];
	char bare[KEY_BYTES];
	size_t n = fold(text, len, key);
	const struct entry *found = look_up(s, key, n);

	if (found != NULL)
		return found;
	memcpy(bare, key, n + 1);
	len = n;
	if (strip(bare, &len) && (found = look_up(s, bare, len)) != NULL)
		return found;
	found = match_patterns(s, key);
	if (found == NULL)
		*ret_near = nearest(s, key);
	return found;
}

/* Day by day, but only as precisely as the day is known. */
static int
in_force(const struct map_row *r, const char *day)
{
	size_t n = strlen(day);

	if (n == 0)
		return 1;
	if (n > 10)
		n = 10;
	return (r->from[0] == '\0' || strncmp(day, r->from, n) >= 0) &&
	       (r->to[0] == '\0' || strncmp(day, r->to, n) <= 0);
}

static enum code_verdict
verdict(const struct entry *e, const char *day, struct code_hit *hit)
{
	const struct entry *old = NULL;

	for (; e != NULL; e = e->next) {
		if (e->row == NULL) {
			hit->code = e->item->code;
			hit->label = e->item->label;
			return CODE_OK;
		}
		if (in_force(e->row, day))
			break;
		if (old == NULL)
			old = e;
	}
	if (e == NULL)
		e = old;
	if (e == NULL)
		return CODE_UNKNOWN;
	if (e->row->null)
		return CODE_NULL;
	hit->code = e->row->code;
	hit->label = e->row->label;
	if (e == old)
		return CODE_EXPIRED;
	return e->row->review ? CODE_REVIEW : CODE_OK;
}

enum code_verdict
code_find(struct code_set *s, const char *text, size_t len, const char *day,
    struct code_hit *ret_hit)
{
	struct arena *a = s->codes->arena;
	struct seen one = { 0 };
	struct seen *seen;

	*ret_hit = (struct code_hit){ NULL, NULL, NULL };
	HASH_FIND(hh, s->seen, text, len, seen);
	if (seen == NULL) {
		seen = &one;
		seen->found = find(s, text, len, &seen->nearest);
		if (HASH_COUNT(s->seen) < SEEN_MAX && len < KEY_BYTES) {
			seen = arena_alloc(a, sizeof(*seen));
			*seen = one;
			seen->text = arena_text(a, text, len);
			HASH_ADD_KEYPTR(hh, s->seen, seen->text, len, seen);
		}
	}
	if (seen->found == NULL) {
		ret_hit->nearest = seen->nearest;
		return CODE_UNKNOWN;
	}
	return verdict(seen->found, day, ret_hit);
}
