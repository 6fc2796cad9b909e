#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/text.h"
#include "form/utf8.h"
#include "form/value.h"
#include "rule/arena.h"
#include "rule/match.h"
#include "sys/buf.h"
#include "sys/mem.h"

struct match {
	struct arena *arena;
	struct column *column; /* owned */
	size_t n;
	int of_field[SCHEMA_FIELDS];
};

/* How well a header names a field. */
enum { RANK_NONE = 1000, RANK_BARE = 500 };

size_t
match_fold(const char *s, size_t len, char *out)
{
	size_t n = 0;
	size_t at = 0;

	len = text_code_fold(s, len, out, len + 1);
	while (at < len) {
		uint32_t cp;
		size_t k = utf8_get(out + at, len - at, &cp);
		int side = text_bracket(cp);

		if (side != 0) {
			out[n++] = side == 1 ? '(' : ')';
		} else if (cp != '*' && cp != '"') {
			memmove(out + n, out + at, k);
			n += k;
		}
		at += k;
	}
	while (n > 0 && out[n - 1] == ':')
		n--;
	out[n] = '\0';
	return n;
}

/* Cuts "(...)" or ":..." off the end of a folded header; 0 if there is none. */
static size_t
bare_length(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t n = len;

	if (colon != NULL && colon > s)
		return (size_t)(colon - s);
	if (n == 0 || s[n - 1] != ')')
		return 0;
	while (n > 0 && s[n - 1] != '(')
		n--;
	return n > 1 ? n - 1 : 0;
}

/* The less, the better: the title, the name, then synonyms in their order. */
static int
rank_of(const struct field *f, const char *key, size_t len)
{
	for (int i = 0; f->folded[i] != NULL; i++)
		if (strncmp(f->folded[i], key, len) == 0 &&
		    f->folded[i][len] == '\0')
			return i;
	return RANK_NONE;
}

static int
find_exact(const struct schema *s, const char *key, size_t len, int *ret_rank)
{
	int field = -1;

	for (size_t i = 0; i < s->nfields; i++) {
		int rank = rank_of(&s->field[i], key, len);

		if (rank < *ret_rank) {
			*ret_rank = rank;
			field = (int)i;
		}
	}
	return field;
}

/* The field a header names, -1 if none. */
static int
find_field(const struct schema *s, const struct cell *header, int *ret_rank)
{
	char key[MATCH_BYTES];
	size_t len, bare;
	int field;

	*ret_rank = RANK_NONE;
	if (header->len == 0 || header->len >= sizeof(key))
		return -1;
	len = match_fold(header->text, header->len, key);
	if (len == 0)
		return -1;
	field = find_exact(s, key, len, ret_rank);
	bare = bare_length(key, len);
	if (field == -1 && bare > 0) {
		field = find_exact(s, key, bare, ret_rank);
		*ret_rank += RANK_BARE;
	}
	return field;
}

static int
of_provider(const struct schemas *s, const struct schema *one,
    const char *provider)
{
	return (provider == NULL || strcmp(one->provider, provider) == 0) &&
	       schemas_find(s, one->dataset) == one;
}

/* Its own, or one that everybody may send: that has to be named. */
static int
may_send(const struct schemas *s, const struct schema *one,
    const char *provider)
{
	return of_provider(s, one, provider) ||
	       of_provider(s, one, SCHEMA_ANYBODY);
}

/* Whether the version in force, or an older one still accepted, knows it. */
static int
knows_header(const struct schemas *s, const struct schema *one,
    const struct cell *header)
{
	const struct schema *older = one;
	int rank;

	for (size_t i = 0; older != NULL; i++) {
		if (find_field(older, header, &rank) != -1)
			return 1;
		older = schemas_older(s, one, i);
	}
	return 0;
}

size_t
match_headers(const struct schemas *s, const char *provider,
    const struct cell *cell, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < schemas_count(s); k++) {
			const struct schema *one = schemas_at(s, k);

			if (may_send(s, one, provider) &&
			    knows_header(s, one, &cell[i])) {
				known++;
				break;
			}
		}
	return known;
}

const struct field *
match_anywhere(const struct schemas *s, const struct cell *header)
{
	const struct field *best = NULL;
	int least = RANK_NONE;

	for (size_t k = 0; k < schemas_count(s); k++) {
		const struct schema *one = schemas_at(s, k);
		int rank, field;

		if (!of_provider(s, one, NULL))
			continue;
		field = find_field(one, header, &rank);
		if (field == -1 || rank >= least)
			continue;
		least = rank;
		best = &one->field[field];
	}
	return best;
}

/* ---- which dataset ---- */

/* How long a name of the dataset stands in a text; 0 if none does. */
static size_t
name_within(const struct schema *s, const char *where)
{
	size_t best = 0;

	if (strcasestr(where, s->dataset) != NULL)
		best = strlen(s->dataset);
	if (strstr(where, s->title) != NULL && strlen(s->title) > best)
		best = strlen(s->title);
	for (size_t i = 0; s->titles[i] != NULL; i++)
		if (strstr(where, s->titles[i]) != NULL &&
		    strlen(s->titles[i]) > best)
			best = strlen(s->titles[i]);
	return best;
}

static int
is_called(const struct schema *s, const char *name)
{
	if (strcasecmp(s->dataset, name) == 0 || strcmp(s->title, name) == 0)
		return 1;
	for (size_t i = 0; s->titles[i] != NULL; i++)
		if (strcmp(s->titles[i], name) == 0)
			return 1;
	return 0;
}

/* What the headers say for a dataset; compared in this order. */
struct score {
	int matched;
	int key;    /* a whole key is there */
	int seed;   /* minus the missing fields the order names */
	int wanted; /* minus the missing mandatory fields */
	int rank;   /* minus how remote the synonyms are */
};

static int
has_key(const struct schema_key *key, size_t nkeys, uint64_t there)
{
	for (size_t i = 0; i < nkeys; i++) {
		size_t k = 0;

		while (k < key[i].n && (there >> key[i].field[k] & 1) != 0)
			k++;
		if (k == key[i].n)
			return 1;
	}
	return 0;
}

static struct score
score_of(const struct schema *s, const struct cell *cell, size_t n)
{
	struct score r = { 0 };
	uint64_t there = 0;

	for (size_t i = 0; i < n; i++) {
		int rank;
		int f = find_field(s, &cell[i], &rank);

		if (f == -1 || (there >> f & 1) != 0)
			continue;
		there |= UINT64_C(1) << f;
		r.matched++;
		r.rank -= rank % RANK_BARE;
	}
	if (s->period != -1)
		there |= UINT64_C(1) << s->period;
	r.key = has_key(s->key, s->nkeys, there);
	for (size_t i = 0; i < s->nfields; i++)
		if (s->field[i].required == FIELD_MANDATORY &&
		    (there >> i & 1) == 0) {
			r.wanted--;
			r.seed -= s->field[i].in_seed;
		}
	return r;
}

static int
score_compare(const struct score *a, const struct score *b)
{
	if (a->matched != b->matched)
		return a->matched - b->matched;
	if (a->key != b->key)
		return a->key - b->key;
	if (a->seed != b->seed)
		return a->seed - b->seed;
	if (a->wanted != b->wanted)
		return a->wanted - b->wanted;
	return a->rank - b->rank;
}

/*
 * The version whose layout the headers are: the one in force, or an older one
 * that fits better. ret_r is how well.
 */
static const struct schema *
best_version(const struct schemas *s, const struct schema *one,
    const struct cell *cell, size_t n, struct score *ret_r)
{
	const struct schema *best = one;
	const struct schema *older;

	*ret_r = score_of(one, cell, n);
	for (size_t i = 0; (older = schemas_older(s, one, i)) != NULL; i++) {
		struct score r = score_of(older, cell, n);

		if (score_compare(&r, ret_r) > 0) {
			*ret_r = r;
			best = older;
		}
	}
	return best;
}

/* What stands behind the dataset's id in "id.1.0", "id 1.0"; "" for none. */
static const char *
version_behind(const struct schema *s, const char *declared)
{
	size_t n = strlen(s->dataset);

	if (declared == NULL || strncasecmp(declared, s->dataset, n) != 0 ||
	    declared[n] == '\0' || strchr(".@ ", declared[n]) == NULL)
		return "";
	return declared + n + 1;
}

/* The version the package names, else the one the headers are of. */
static int
choose_version(const struct schemas *s, const struct schema *one,
    const char *declared, const struct cell *cell, size_t n,
    const struct schema **ret_s, struct err *e)
{
	const char *version = version_behind(one, declared);
	const struct schema *older = one;
	struct score r;

	if (version[0] == '\0') {
		*ret_s = best_version(s, one, cell, n, &r);
		return 0;
	}
	for (size_t i = 0; older != NULL; i++) {
		if (strcmp(older->version, version) == 0) {
			*ret_s = older;
			return 0;
		}
		older = schemas_older(s, one, i);
	}
	return err_say(e, ERR_SENDER, "standard_ended", declared, one->dataset,
	    one->version, NULL);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int
by_headers(const struct schemas *s, const char *provider, const char *path,
    const struct cell *cell, size_t n, const struct schema **ret_s,
    struct err *e)
{
	const struct schema *best = NULL, *tie = NULL;
	struct score top = { 0 };
	char near[256];

	for (size_t i = 0; i < schemas_count(s); i++) {
		const struct schema *one = schemas_at(s, i);
		struct score r;

		if (!of_provider(s, one, provider))
			continue;
		one = best_version(s, one, cell, n, &r);
		if (best == NULL || score_compare(&r, &top) > 0) {
			best = one;
			top = r;
			tie = NULL;
		} else if (score_compare(&r, &top) == 0) {
			tie = one;
		}
	}
	if (best == NULL)
		return err_say(e, ERR_SENDER, "provider_no_dataset", provider,
		    NULL);
	snprintf(near, sizeof(near), "%s（%s）", best->title, best->dataset);
	if (top.matched < 2 || (!top.key && (size_t)top.matched * 2 < n))
		return err_say(e, ERR_SENDER, "dataset_unknown",
		    base_name(path), near, NULL);
	if (tie != NULL) {
		char other[256];

		snprintf(other, sizeof(other), "%s（%s）", tie->title,
		    tie->dataset);
		return err_say(e, ERR_SENDER, "dataset_ambiguous",
		    base_name(path), near, other, NULL);
	}
	*ret_s = best;
	return 0;
}

int
match_dataset(const struct schemas *s, const char *provider,
    const char *declared, const char *path, const struct cell *cell, size_t n,
    const struct schema **ret_s, struct err *e)
{
	const struct schema *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < schemas_count(s); i++) {
		const struct schema *one = schemas_at(s, i);
		size_t k;

		if (!may_send(s, one, provider))
			continue;
		if (declared != NULL &&
		    (is_called(one, declared) ||
			version_behind(one, declared)[0] != '\0'))
			return choose_version(s, one, declared, cell, n, ret_s,
			    e);
		k = name_within(one, base_name(path));
		if (k > longest) {
			longest = k;
			best = one;
		}
	}
	if (declared != NULL && declared[0] != '\0')
		return err_say(e, ERR_SENDER, "dataset_declared", declared,
		    provider, NULL);
	if (best != NULL)
		return choose_version(s, best, NULL, cell, n, ret_s, e);
	return by_headers(s, provider, path, cell, n, ret_s, e);
}

/* ---- columns ---- */

/* Fen of one unit as the header says, 0 where it says nothing. */
static int64_t
unit_of(const char *text, size_t len)
{
	int64_t unit = value_unit_of(text, len);
	char key[MATCH_BYTES];
	size_t bare;

	if (unit != 1)
		return unit * 100;
	if (len >= sizeof(key))
		return 0;
	len = match_fold(text, len, key);
	bare = bare_length(key, len);
	return bare > 0 && strstr(key + bare, "元") != NULL ? 100 : 0;
}

static int
header_twice(const struct match *m, size_t i, const char *title, struct err *e)
{
	for (size_t k = 0; k < i; k++)
		if (m->column[k].field == m->column[i].field &&
		    strcmp(m->column[k].header, m->column[i].header) == 0)
			return err_say(e, ERR_SENDER, "column_twice",
			    m->column[i].header, title, NULL);
	return 0;
}

static int
claim(struct match *m, const struct schema *s, const struct cell *cell,
    size_t n, struct err *e)
{
	int held[SCHEMA_FIELDS];

	for (size_t i = 0; i < n; i++) {
		struct column *c = &m->column[i];
		int rank, old;

		c->header = arena_text(m->arena, cell[i].text, cell[i].len);
		c->unit = unit_of(cell[i].text, cell[i].len);
		c->field = find_field(s, &cell[i], &rank);
		if (c->field == -1)
			continue;
		old = m->of_field[c->field];
		if (old != -1 &&
		    header_twice(m, i, s->field[c->field].title, e) == -1)
			return -1;
		if (old != -1 && held[c->field] <= rank) {
			c->field = -1;
			continue;
		}
		if (old != -1)
			m->column[old].field = -1;
		m->of_field[c->field] = (int)i;
		held[c->field] = rank;
	}
	return 0;
}

/* "用户号（户号、用户编号）" */
static void
name_field(const struct field *f, struct buf *b)
{
	buf_addstr(b, f->title);
	for (size_t i = 0; i < 4 && f->synonyms[i] != NULL; i++) {
		buf_addstr(b, i == 0 ? "（" : "、");
		buf_addstr(b, f->synonyms[i]);
	}
	if (f->synonyms[0] != NULL)
		buf_addstr(b, "）");
}

static int
need_key(const struct match *m, const struct schema *s,
    const struct schema_key *key, size_t nkeys, uint64_t made, struct err *e)
{
	uint64_t there = made;
	struct buf b;

	for (size_t i = 0; i < s->nfields; i++)
		if (m->of_field[i] != -1 || (int)i == s->period)
			there |= UINT64_C(1) << i;
	if (has_key(key, nkeys, there))
		return 0;
	buf_init(&b, 400);
	for (size_t i = 0; i < key[0].n; i++) {
		size_t f = key[0].field[i];

		if ((there >> f & 1) != 0)
			continue;
		if (b.len > 0)
			buf_addstr(&b, "；");
		name_field(&s->field[f], &b);
	}
	err_say(e, ERR_SENDER, "column_key_missing", s->title,
	    b.data != NULL ? b.data : "", NULL);
	buf_done(&b);
	return -1;
}

int
match_columns_for(const struct schema *s, const struct schema_key *key,
    size_t nkeys, uint64_t made, const struct cell *cell, size_t n,
    struct match **ret_m, struct err *e)
{
	struct match *m = xcalloc(1, sizeof(*m));

	m->arena = arena_new();
	m->column = xcalloc(n + 1, sizeof(*m->column));
	m->n = n;
	for (size_t i = 0; i < SCHEMA_FIELDS; i++)
		m->of_field[i] = -1;
	if (claim(m, s, cell, n, e) == -1 ||
	    need_key(m, s, key, nkeys, made, e) == -1) {
		match_free(m);
		return -1;
	}
	*ret_m = m;
	return 0;
}

int
match_columns(const struct schema *s, const struct cell *cell, size_t n,
    struct match **ret_m, struct err *e)
{
	return match_columns_for(s, s->key, s->nkeys, 0, cell, n, ret_m, e);
}

void
match_free(struct match *m)
{
	if (m == NULL)
		return;
	arena_free(m->arena);
	free(m->column);
	free(m);
}

size_t
match_count(const struct match *m)
{
	return m->n;
}

const struct column *
match_column(const struct match *m, size_t i)
{
	return &m->column[i];
}

int
match_field(const struct match *m, int field)
{
	return m->of_field[field];
}

/* ---- period ---- */

static int
digits(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

static size_t
skip(const char *s, const char *word)
{
	size_t n = strlen(word);

	return strncmp(s, word, n) == 0 ? n : 0;
}

/* "Q1", "第一季度", "1季度" behind the year. */
static int
quarter_of(const char *s)
{
	static const char *const han[] = { "一", "二", "三", "四" };

	s += skip(s, "年");
	if (*s == '-' || *s == '_')
		s++;
	s += skip(s, "第");
	if ((*s == 'Q' || *s == 'q') && s[1] >= '1' && s[1] <= '4')
		return s[1] - '0';
	if (*s >= '1' && *s <= '4' && skip(s + 1, "季") > 0)
		return *s - '0';
	for (int i = 0; i < 4; i++)
		if (skip(s, han[i]) > 0 && skip(s + strlen(han[i]), "季") > 0)
			return i + 1;
	return 0;
}

/* The month behind the year, 0 if there is none. */
static int
month_of(const char *s)
{
	int dense = digits(s, 2);
	int month;

	/* 201403 and 20140331, but not 2014033 */
	if (dense >= 1 && dense <= 12 && s[0] != '\0') {
		size_t more = strspn(s, "0123456789");

		return more == 2 || more == 4 ? dense : 0;
	}
	if (skip(s, "年") > 0)
		s += skip(s, "年");
	else if (*s == '-' || *s == '_' || *s == '.')
		s++;
	else
		return 0;
	month = digits(s, strspn(s, "0123456789") >= 2 ? 2 : 1);
	return month >= 1 && month <= 12 ? month : 0;
}

static int
period_at(const char *s, char *buf)
{
	int year = digits(s, 4);
	int part;

	if (year < 1990 || year > 2099)
		return -1;
	part = quarter_of(s + 4);
	if (part > 0) {
		snprintf(buf, 16, "%04d-Q%d", year, part);
		return 0;
	}
	part = month_of(s + 4);
	if (part > 0) {
		snprintf(buf, 16, "%04d-%02d", year, part);
		return 0;
	}
	/* A longer number is not a year. */
	if (s[4] >= '0' && s[4] <= '9')
		return -1;
	snprintf(buf, 16, "%04d", year);
	return 0;
}

static int
period_in(const char *s, const char *end, char *buf)
{
	int before = 0;

	for (; s + 4 <= end; s++) {
		int digit = *s >= '0' && *s <= '9';

		if (digit && !before && period_at(s, buf) == 0)
			return 0;
		before = digit;
	}
	return -1;
}

int
match_period(const char *path, char *buf)
{
	const char *end = path + strlen(path);

	/* The file's own name first, then its folders from the inside. */
	while (end > path) {
		const char *from = end;

		while (from > path && from[-1] != '/')
			from--;
		if (period_in(from, end, buf) == 0)
			return 0;
		end = from > path ? from - 1 : path;
	}
	return -1;
}
