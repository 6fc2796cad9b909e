#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "rule/arena.h"
#include "rule/codes.h"
#include "rule/pack.h"
#include "rule/table.h"
#include "sys/mem.h"

/*
 * Whether code tables may come in force. Codes and rows of the conversion
 * tables are held by a key of their cells, joined by US.
 */

struct known {
	const char *key;
	uint64_t line;
	const char *next; /* of a conversion: the key of what it gives */
	UT_hash_handle hh;
};

struct check {
	struct arena *arena;
	const char *file;
	struct known *code;    /* list, code */
	struct known *list;    /* list */
	struct known *map;     /* table, department, list, code, from */
	struct known *convert; /* department, list, code -> the same */
};

static int
bad(const struct check *c, uint64_t line, struct err *e, const char *what,
    const char *value)
{
	return err_set(e, ERR_HOLD, "%s:%llu: %s: '%s'", c->file,
	    (unsigned long long)line, what, value);
}

static const char *
join(struct arena *a, const char *const *part, size_t n)
{
	size_t len = n;
	char *out;
	char *to;

	for (size_t i = 0; i < n; i++)
		len += strlen(part[i]);
	out = to = arena_alloc(a, len + 1);
	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(part[i]);

		memcpy(to, part[i], k);
		to += k;
		*to++ = '\x1f';
	}
	*to = '\0';
	return out;
}

static struct known *
find(struct known *in, const char *key)
{
	struct known *k;

	HASH_FIND_STR(in, key, k);
	return k;
}

/* Remembers a key; the one that is there already, else NULL. */
static struct known *
add(struct check *c, struct known **in, const char *key, uint64_t line,
    const char *next)
{
	struct known *k = find(*in, key);

	if (k != NULL)
		return k;
	k = arena_alloc(c->arena, sizeof(*k));
	memset(k, 0, sizeof(*k));
	k->key = key;
	k->line = line;
	k->next = next;
	HASH_ADD_KEYPTR(hh, *in, k->key, strlen(k->key), k);
	return NULL;
}

static int
twice(const struct check *c, uint64_t line, const struct known *first,
    const char *code, struct err *e)
{
	return err_set(e, ERR_HOLD,
	    "%s:%llu: each code once is expected, but '%s' stands on line "
	    "%llu already",
	    c->file, (unsigned long long)line, code,
	    (unsigned long long)first->line);
}

enum { LIST, CODE, LABEL };

static int
check_item(void *ctx, const char *const *cell, uint64_t line, struct err *e)
{
	struct check *c = ctx;
	struct known *first;

	if (cell[LIST][0] == '\0' || cell[CODE][0] == '\0' ||
	    cell[LABEL][0] == '\0')
		return bad(c, line, e,
		    "list, code and label_zh are expected in each row",
		    cell[LIST]);
	(void)add(c, &c->list, cell[LIST], line, NULL);
	first = add(c, &c->code, join(c->arena, cell, 2), line, NULL);
	return first != NULL ? twice(c, line, first, cell[CODE], e) : 0;
}

enum {
	MAP_ID,
	MAP_DEPT,
	MAP_SOURCE_LIST,
	MAP_SOURCE_CODE,
	MAP_FROM,
	MAP_LIST,
	MAP_CODE,
	MAP_RULE,
	MAP_TO
};

/* A code that is given must be one of its list. */
static int
check_target(const struct check *c, const char *const *cell, uint64_t line,
    struct err *e)
{
	if (strcmp(cell[MAP_RULE], "null") == 0 || cell[MAP_CODE][0] == '\0' ||
	    find(c->list, cell[MAP_LIST]) == NULL)
		return 0;
	if (find(c->code, join(c->arena, cell + MAP_LIST, 2)) == NULL)
		return bad(c, line, e,
		    "std_code: a code of its list in code_list.csv is expected",
		    cell[MAP_CODE]);
	return 0;
}

static int
check_rule(const struct check *c, const char *const *cell, uint64_t line,
    struct err *e)
{
	static const char *const known[] = { "exact", "alias", "review", "null",
		"regex" };
	const size_t n = sizeof(known) / sizeof(known[0]);
	size_t i = 0;
	regex_t re;

	while (i < n && strcmp(cell[MAP_RULE], known[i]) != 0)
		i++;
	if (i == n)
		return bad(c, line, e,
		    "rule: exact, alias, review, null or regex is expected",
		    cell[MAP_RULE]);
	if (strcmp(cell[MAP_RULE], "regex") != 0)
		return 0;
	if (regcomp(&re, cell[MAP_SOURCE_CODE], REG_EXTENDED | REG_NOSUB) != 0)
		return bad(c, line, e,
		    "source_code: an extended regular expression is expected",
		    cell[MAP_SOURCE_CODE]);
	regfree(&re);
	return 0;
}

static int
check_map(void *ctx, const char *const *cell, uint64_t line, struct err *e)
{
	struct check *c = ctx;
	const char *from[3] = { cell[MAP_DEPT], cell[MAP_SOURCE_LIST],
		cell[MAP_SOURCE_CODE] };
	const char *to[3] = { cell[MAP_DEPT], cell[MAP_LIST], cell[MAP_CODE] };
	struct known *first;

	if (cell[MAP_DEPT][0] == '\0' || cell[MAP_SOURCE_CODE][0] == '\0')
		return bad(c, line, e,
		    "dept and source_code are expected in each row",
		    cell[MAP_ID]);
	if (check_rule(c, cell, line, e) == -1 ||
	    check_target(c, cell, line, e) == -1)
		return -1;
	first = add(c, &c->map, join(c->arena, cell, 5), line, NULL);
	if (first != NULL)
		return twice(c, line, first, cell[MAP_SOURCE_CODE], e);
	(void)add(c, &c->convert, join(c->arena, from, 3), line,
	    join(c->arena, to, 3));
	return 0;
}

/* Whether the way from a code leads back to it over others. */
static int
comes_back(const struct check *c, const struct known *from, size_t longest)
{
	const struct known *at = from;

	for (size_t i = 0; i < longest; i++) {
		if (strcmp(at->key, at->next) == 0)
			return 0;
		at = find(c->convert, at->next);
		if (at == NULL || at == from)
			return at != NULL;
	}
	return 0;
}

/* A code that comes back to itself over others has no standard code. */
static int
check_cycles(const struct check *c, struct err *e)
{
	size_t longest = HASH_COUNT(c->convert);

	for (const struct known *k = c->convert; k != NULL; k = k->hh.next)
		if (comes_back(c, k, longest))
			return err_set(e, ERR_HOLD,
			    "%s:%llu: conversions that end are expected, but "
			    "this one comes back to its own code (a cycle)",
			    c->file, (unsigned long long)k->line);
	return 0;
}

int
codes_check(const struct pack *p, struct err *e)
{
	static const char *const item_names[] = { "list", "code", "label_zh",
		NULL };
	static const char *const map_names[] = { "map_id", "dept",
		"source_list", "source_code", "valid_from", "std_list",
		"std_code", "rule", "valid_to", NULL };
	const struct pack_file *list = pack_find(p, "schemas/code_list.csv");
	const struct pack_file *map = pack_find(p, "schemas/code_map.csv");
	struct check c = { .arena = arena_new() };
	int rc = 0;

	if (list != NULL) {
		c.file = list->name;
		rc = table_read(list, item_names, c.arena, check_item, &c, e);
	}
	if (rc == 0 && map != NULL) {
		c.file = map->name;
		rc = table_read(map, map_names, c.arena, check_map, &c, e);
	}
	if (rc == 0)
		rc = check_cycles(&c, e);
	HASH_CLEAR(hh, c.code);
	HASH_CLEAR(hh, c.list);
	HASH_CLEAR(hh, c.map);
	HASH_CLEAR(hh, c.convert);
	arena_free(c.arena);
	return rc;
}
