#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/arena.h"
#include "rule/codes.h"
#include "rule/division.h"
#include "rule/pack.h"
#include "rule/rules.h"
#include "sys/hash.h"
#include "sys/mem.h"

/* Rules that are no department's. */
static const char *const common[] = { "rules/link.lua", "rules/overwrite.lua",
	"rules/quality.lua", "rules/sharing.lua" };

int
script_provider(const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);

	if (strncmp(name, "rules/", 6) != 0 || len < 11 || len - 10 >= size ||
	    strcmp(name + len - 4, ".lua") != 0)
		return 0;
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strcmp(name, common[i]) == 0)
			return 0;
	memcpy(buf, name + 6, len - 10);
	buf[len - 10] = '\0';
	return 1;
}

static int
load(struct script *s, const struct pack *p, const struct script_limits *limits,
    struct err *e)
{
	const struct pack_file *f = pack_find(p, s->name);

	if (codes_read(p, &s->codes, e) == -1 ||
	    divisions_read(p, &s->divisions, e) == -1)
		return -1;
	if (f == NULL) {
		hash_sha256_hex("", 0, s->sha256);
		return 0;
	}
	memcpy(s->sha256, f->sha256, sizeof(s->sha256));
	if (box_new(p, limits, &s->box, e) == -1)
		return -1;
	return box_load(s->box, s, s->name, f->data, f->len, e);
}

int
script_load(const struct pack *p, const struct schemas *sc,
    const char *provider, const struct script_limits *limits,
    struct script **ret_s, struct err *e)
{
	struct script *s;
	char lower[16];
	size_t n = strlen(provider);

	if (n == 0 || n >= sizeof(lower))
		return err_set(e, ERR_HOLD, "no provider '%.20s'", provider);
	s = xcalloc(1, sizeof(*s));
	s->schemas = sc;
	s->arena = arena_new();
	for (size_t i = 0; i <= n; i++) {
		lower[i] = (char)tolower((unsigned char)provider[i]);
		s->provider[i] = (char)toupper((unsigned char)provider[i]);
	}
	snprintf(s->name, sizeof(s->name), "rules/%s.lua", lower);
	if (load(s, p, limits, e) == -1) {
		script_free(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

void
script_free(struct script *s)
{
	if (s == NULL)
		return;
	box_free(s->box);
	codes_free(s->codes);
	divisions_free(s->divisions);
	arena_free(s->arena);
	free(s);
}

const char *
script_sha256(const struct script *s)
{
	return s->sha256;
}

int
script_examples(struct script *s,
    void (*report)(void *ctx, const char *dataset, int line, int failed,
	const char *sentence),
    void *ctx, struct err *e)
{
	return s->box != NULL ? box_examples(s->box, s, report, ctx, e) : 0;
}

struct ruleset *
script_dataset(struct script *s, const struct schema *schema)
{
	for (struct ruleset *rs = s->ruleset; rs != NULL; rs = rs->next)
		if (rs->schema == schema)
			return rs;
	return ruleset_new(s, schema);
}

static void
start_file(struct ruleset *rs, const char *period, const char *today)
{
	unsigned y, m, d;

	if (strcmp(rs->period, period) == 0 && strcmp(rs->today, today) == 0)
		return;
	snprintf(rs->period, sizeof(rs->period), "%s", period);
	snprintf(rs->today, sizeof(rs->today), "%s", today);
	rs->today_n = 0;
	if (sscanf(today, "%4u-%2u-%2u", &y, &m, &d) == 3)
		rs->today_n = y * 10000 + m * 100 + d;
}

int
ruleset_clean(struct ruleset *rs, const struct match *m, struct row *r,
    const char *period, const char *today, struct err *e)
{
	struct clean c = { .rs = rs, .m = m, .r = r };

	start_file(rs, period, today);
	if (clean_row(&c, e) == -1)
		return err_in(e, "line %llu", (unsigned long long)r->line);
	return 0;
}

int
ruleset_match(const struct ruleset *rs, const struct cell *cell, size_t n,
    struct match **ret_m, struct err *e)
{
	return match_columns_for(rs->schema, rs->key, rs->nkeys, rs->derived,
	    cell, n, ret_m, e);
}

const struct ruleset_policy *
ruleset_policy(const struct ruleset *rs)
{
	return &rs->policy;
}

/* ---- routes ---- */

enum { ROUTE_TEXT = 256 };

int
ruleset_route_column(const struct ruleset *rs, const struct match *m)
{
	const struct rule_route *r = &rs->route;
	char folded[ROUTE_TEXT];

	if (r->header == NULL)
		return -1;
	if (r->field != -1)
		return match_field(m, r->field);
	for (size_t i = 0; i < match_count(m); i++) {
		const char *header = match_column(m, i)->header;

		if (strlen(header) >= sizeof(folded))
			continue;
		match_fold(header, strlen(header), folded);
		if (strcmp(folded, r->header) == 0)
			return (int)i;
	}
	return -1;
}

const struct schema *
ruleset_route(const struct ruleset *rs, const char *text, size_t len)
{
	const struct rule_route *r = &rs->route;
	char folded[ROUTE_TEXT] = "";

	if (len < sizeof(folded))
		match_fold(text, len, folded);
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(folded, r->way[i].folded) == 0)
			return r->way[i].to;
	return r->otherwise;
}

const struct schema *
ruleset_route_at(const struct ruleset *rs, size_t i, const char **ret_value)
{
	const struct rule_route *r = &rs->route;

	*ret_value = "";
	if (i < r->n) {
		*ret_value = r->way[i].value;
		return r->way[i].to;
	}
	return i == r->n ? r->otherwise : NULL;
}
