#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "quality/calendar.h"
#include "rule/box_part.h"
#include "rule/box_quality.h"
#include "rule/pack.h"

#define QUALITY "rules/quality.lua"

enum { INSTRUCTIONS = 1000000, DATASETS = 200, DAYS = 3660 };

struct reading {
	const struct pack_file *file;
	const struct schemas *schemas;
	struct policy *policy;
};

static void __attribute__((noreturn))
wrong(lua_State *L, const char *what, const char *name)
{
	box_raise(L, QUALITY "：{}", QUALITY ": {}",
	    lua_pushfstring(L, "%s '%s'", what, name));
}

/* Calls read for each member of the table at the top, by its name. */
static void
each(lua_State *L, const char *what,
    void (*read)(lua_State *L, const char *name, void *to), void *to)
{
	if (!lua_istable(L, -1))
		wrong(L, "a table is expected for", what);
	luaL_checkstack(L, 8, NULL);
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			wrong(L, "names are expected in", what);
		read(L, lua_tostring(L, -2), to);
	}
}

/* The number at the top. */
static double
read_number(lua_State *L, const char *name, double low, double high)
{
	int ok;
	double n = lua_tonumberx(L, -1, &ok);

	if (!ok || lua_type(L, -1) != LUA_TNUMBER || !(n >= low && n <= high))
		wrong(L, "no number, or out of its limits:", name);
	return n;
}

/* The text at the top. */
static void
read_text(lua_State *L, const char *name, char *to, size_t size)
{
	size_t len = 0;
	const char *s =
	    lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	if (s == NULL || len == 0 || len >= size || strlen(s) != len)
		wrong(L, "a short text is expected for", name);
	memcpy(to, s, len + 1);
}

/* --- thresholds and weights --------------------------------------------- */

struct one_metric {
	struct metric_bounds *bounds;
	int lower;
};

static void
read_bound(lua_State *L, const char *name, void *to)
{
	struct one_metric *m = to;

	if (strcmp(name, "target") == 0)
		m->bounds->target = read_number(L, name, 0, 1);
	else if (strcmp(name, "warn") == 0)
		m->bounds->warn = read_number(L, name, 0, 1);
	else if (strcmp(name, "block") != 0)
		wrong(L, "a metric has target, warn and block, no", name);
	else if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
		m->bounds->block = m->lower ? INFINITY : -INFINITY;
	else
		m->bounds->block = read_number(L, name, 0, 1);
}

static void
read_metric(lua_State *L, const char *name, void *to)
{
	struct policy_dataset *d = to;
	enum metric m = metric_find(name);
	struct one_metric one;
	struct metric_bounds *b;

	if (m == METRICS)
		wrong(L, "no metric is called", name);
	b = &d->bounds[m];
	one = (struct one_metric){ b, metric_info(m)->lower };
	each(L, name, read_bound, &one);
	if (one.lower ? b->target > b->warn || b->warn > b->block
		      : b->target < b->warn || b->warn < b->block)
		wrong(L, "target, warn and block are not in this order for",
		    name);
}

/* A list of metrics, in place of what it was. */
static void
read_refuses(lua_State *L, struct policy_dataset *d)
{
	size_t n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;

	d->refuses = 0;
	if (!lua_istable(L, -1) || n > METRICS)
		wrong(L, "a list of metrics is expected for", "refuse");
	for (size_t i = 0; i < n; i++) {
		char name[POLICY_NAME];
		enum metric m;

		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		read_text(L, "refuse", name, sizeof(name));
		lua_pop(L, 1);
		m = metric_find(name);
		if (m == METRICS)
			wrong(L, "no metric is called", name);
		d->refuses |= UINT32_C(1) << m;
	}
}

static void
read_weight(lua_State *L, const char *name, void *to)
{
	static const char *const names[DIMENSIONS] = { "standard", "complete",
		"accurate", "consistent", "timely", "accessible" };
	double *weight = to;

	for (int i = 0; i < DIMENSIONS; i++)
		if (strcmp(names[i], name) == 0) {
			weight[i] = read_number(L, name, 0, 1);
			return;
		}
	wrong(L, "no dimension is called", name);
}

/* --- what is expected --------------------------------------------------- */

static void
read_any(lua_State *L, struct policy_expected *x)
{
	x->n = 0;
	if (lua_type(L, -1) == LUA_TSTRING) {
		read_text(L, "field", x->any[x->n++], POLICY_NAME);
		return;
	}
	if (!lua_istable(L, -1) || lua_rawlen(L, -1) > POLICY_ANY)
		wrong(L, "a field, or a list of at most 4, is expected for",
		    "field");
	for (size_t n = lua_rawlen(L, -1); x->n < n; lua_pop(L, 1)) {
		lua_rawgeti(L, -1, (lua_Integer)x->n + 1);
		read_text(L, "field", x->any[x->n++], POLICY_NAME);
	}
}

static void
read_condition(lua_State *L, const char *name, void *to)
{
	struct policy_expected *x = to;
	int day;

	if (strcmp(name, "field") == 0)
		read_any(L, x);
	else if (strcmp(name, "when") == 0)
		read_text(L, name, x->when, sizeof(x->when));
	else if (strcmp(name, "is") == 0)
		read_text(L, name, x->is, sizeof(x->is));
	else if (strcmp(name, "from") == 0)
		read_text(L, name, x->from, sizeof(x->from));
	else
		wrong(L, "an expectation has field, when, is and from, no",
		    name);
	if (x->from[0] != '\0' && calendar_day(x->from, &day) == -1)
		wrong(L, "no day such as 2015-10-01:", x->from);
}

static void
read_expected(lua_State *L, struct policy_dataset *d)
{
	size_t n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;

	d->nexpected = 0;
	if (!lua_istable(L, -1) || n > POLICY_EXPECTED)
		wrong(L, "a list of at most 12 is expected for", "expected");
	for (size_t i = 0; i < n; i++) {
		struct policy_expected *x = &d->expected[d->nexpected++];

		memset(x, 0, sizeof(*x));
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		each(L, "expected", read_condition, x);
		lua_pop(L, 1);
		if (x->n == 0)
			wrong(L, "an expectation names no", "field");
	}
}

static void
read_range(lua_State *L, const char *name, void *to)
{
	struct policy_dataset *d = to;
	struct policy_range *r = &d->range[d->nranges];

	if (d->nranges == POLICY_RANGES || strlen(name) >= sizeof(r->field) ||
	    !lua_istable(L, -1))
		wrong(L, "at most 16 ranges { low, high }, not", name);
	d->nranges++;
	memcpy(r->field, name, strlen(name) + 1);
	lua_rawgeti(L, -1, 1);
	r->low = read_number(L, name, -INFINITY, INFINITY);
	lua_pop(L, 1);
	lua_rawgeti(L, -1, 2);
	r->high = read_number(L, name, r->low, INFINITY);
	lua_pop(L, 1);
}

/* --- data sets ---------------------------------------------------------- */

static void
read_member(lua_State *L, const char *name, void *to)
{
	struct policy_dataset *d = to;

	if (strcmp(name, "metrics") == 0) {
		each(L, name, read_metric, d);
	} else if (strcmp(name, "refuse") == 0) {
		read_refuses(L, d);
	} else if (strcmp(name, "latency") == 0) {
		d->latency = (int)read_number(L, name, 0, DAYS);
	} else if (strcmp(name, "late") == 0) {
		d->late = (int)read_number(L, name, 0, DAYS);
	} else if (strcmp(name, "whole") == 0) {
		if (!lua_isboolean(L, -1))
			wrong(L, "true or false is expected for", name);
		d->whole = lua_toboolean(L, -1);
	} else if (strcmp(name, "dated") == 0) {
		read_text(L, name, d->dated, sizeof(d->dated));
	} else if (strcmp(name, "ranges") == 0) {
		d->nranges = 0;
		each(L, name, read_range, d);
	} else if (strcmp(name, "expected") == 0) {
		read_expected(L, d);
	} else {
		wrong(L, "a data set has no", name);
	}
}

/* A name that no field has is a mistake somebody should hear of. */
static void
check_fields(lua_State *L, const struct schema *s,
    const struct policy_dataset *d)
{
	if (d->dated[0] != '\0' && schema_field(s, d->dated) == -1)
		wrong(L, s->dataset, d->dated);
	for (size_t i = 0; i < d->nranges; i++)
		if (schema_field(s, d->range[i].field) == -1)
			wrong(L, s->dataset, d->range[i].field);
}

static void
read_dataset(lua_State *L, const char *name, void *to)
{
	struct reading *r = to;
	const struct schema *s = schemas_find(r->schemas, name);
	struct policy_dataset *d;

	if (s == NULL)
		wrong(L, "there is no standard", name);
	if (r->policy->ndatasets == DATASETS)
		wrong(L, "one data set too many:", name);
	d = policy_add(r->policy, name);
	each(L, name, read_member, d);
	check_fields(L, s, d);
}

static int
read_file(lua_State *L)
{
	static const char *const common[] = { "metrics", "refuse", "latency",
		"expected", NULL };
	struct reading *r = lua_touserdata(L, 1);
	struct policy *p = r->policy;

	if (luaL_loadbufferx(L, r->file->data, r->file->len, "@" QUALITY,
		"t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1))
		box_raise(L, QUALITY " 没有返回表", QUALITY " returns no table",
		    "");
	if (lua_getfield(L, -1, "block_rows") != LUA_TNIL)
		p->block_rows = (int)read_number(L, "block_rows", 1, 1e9);
	lua_pop(L, 1);
	if (lua_getfield(L, -1, "weights") != LUA_TNIL)
		each(L, "weights", read_weight, p->weight);
	lua_pop(L, 1);
	for (int i = 0; common[i] != NULL; i++, lua_pop(L, 1))
		if (lua_getfield(L, -1, common[i]) != LUA_TNIL)
			read_member(L, common[i], &p->common);
	/* They begin as what is common, so they come last. */
	if (lua_getfield(L, -1, "datasets") != LUA_TNIL)
		each(L, "datasets", read_dataset, r);
	return 0;
}

int
box_quality(const struct pack *p, const struct schemas *s, struct policy *ret_p,
    struct err *e)
{
	struct reading r = { pack_find(p, QUALITY), s, ret_p };
	struct box *b = NULL;
	int rc;

	policy_init(ret_p);
	if (r.file == NULL)
		return 0;
	if (box_new(p, NULL, &b, e) == -1)
		return -1;
	b->left = INSTRUCTIONS;
	rc = box_protected(b, read_file, &r, e);
	box_free(b);
	return rc;
}
