#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/arena.h"
#include "rule/box_overwrite.h"
#include "sys/mem.h"

enum { INSTRUCTIONS = 1000000 };

struct overwrite_box {
	lua_State *L;
	struct arena *arena;
	char failure[256];
};

/* One file being read; the table at hand is at the top of the stack. */
struct reading {
	struct overwrite *o;
	lua_State *L;
	const struct schemas *schemas;
	struct err *e;
};

static void
too_long(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	luaL_error(L, "it does not end");
}

static int
wrong(struct reading *r, const char *what, const char *name)
{
	return err_set(r->e, ERR_HOLD, "rules/overwrite.lua: %s '%s'", what,
	    name);
}

static const char *
keep(struct reading *r, const char *s, size_t len)
{
	return arena_text(r->o->box->arena, s, len);
}

static int
add_field(struct reading *r, const char *name)
{
	struct record_field *f;

	if (overwrite_field(r->o, name) != -1)
		return 0;
	if (r->o->nfields == RECORD_FIELDS || strlen(name) >= sizeof(f->name))
		return wrong(r, "one field too many:", name);
	f = &r->o->field[r->o->nfields];
	f->head = (int)r->o->nfields++;
	f->ntuple = 1;
	f->tuple[0] = f->head;
	f->conflict_ref = f->decide_ref = f->derive_ref = LUA_NOREF;
	f->book = r->o;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->rule.field = f->name;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * The keys of the table at the top in the order of their names, so that
 * nothing depends on Lua's. Freed by the caller; -1 where one is no name.
 */
static int
sorted_keys(struct reading *r, const char ***ret_keys, size_t *ret_n)
{
	const char **keys = NULL;
	size_t n = 0;

	for (lua_pushnil(r->L); lua_next(r->L, -2) != 0; lua_pop(r->L, 1)) {
		if (lua_type(r->L, -2) != LUA_TSTRING) {
			free(keys);
			return wrong(r, "a name is expected, not",
			    luaL_typename(r->L, -2));
		}
		keys = xreallocarray(keys, n + 1, sizeof(*keys));
		keys[n++] = lua_tostring(r->L, -2);
	}
	if (n > 0)
		qsort(keys, n, sizeof(*keys), by_name);
	*ret_keys = keys;
	*ret_n = n;
	return 0;
}

/* --- the rule of a field ------------------------------------------------ */

static int
add_rank(struct reading *r, struct survive_rule *rule, const char *s,
    size_t len, int level, enum survive_role role)
{
	struct survive_rank *k;

	for (size_t i = 0; i < rule->nranks; i++)
		if (strlen(rule->rank[i].provider) == len &&
		    memcmp(rule->rank[i].provider, s, len) == 0) {
			if (role == SURVIVE_COMPETES)
				return wrong(r, "a provider twice for",
				    rule->field);
			rule->rank[i].role = role;
			return 0;
		}
	if (rule->nranks == SURVIVE_RANKS || len == 0)
		return wrong(r, "no ranks can be read for", rule->field);
	k = &rule->rank[rule->nranks++];
	k->provider = keep(r, s, len);
	k->level = level;
	k->role = role;
	return 0;
}

/*
 * "AIC > QTS = NTB, LTB": providers, a lower level behind each ">". The text
 * is at the top of the stack.
 */
static int
read_ranks(struct reading *r, struct survive_rule *rule, enum survive_role role)
{
	const char *s = lua_tostring(r->L, -1);
	int level = 0;

	if (s == NULL)
		return wrong(r, "providers are expected for", rule->field);
	while (*s != '\0') {
		size_t len = strcspn(s, " >=,");

		if (len > 0 && add_rank(r, rule, s, len, level, role) == -1)
			return -1;
		s += len;
		level += *s == '>';
		s += *s != '\0';
	}
	return 0;
}

static int
read_policy(struct reading *r, struct survive_rule *rule)
{
	static const char *const names[] = { "newest", "immutable", "sticky",
		"worst" };
	const char *s = lua_tostring(r->L, -1);

	for (int i = 0; s != NULL && i < 4; i++)
		if (strcmp(s, names[i]) == 0) {
			rule->policy = (enum survive_policy)i;
			return 0;
		}
	return wrong(r, "unknown policy for", rule->field);
}

static int
read_conflict(struct reading *r, struct record_field *f)
{
	const char *s = lua_tostring(r->L, -1);

	if (lua_isfunction(r->L, -1)) {
		lua_pushvalue(r->L, -1);
		f->conflict_ref = luaL_ref(r->L, LUA_REGISTRYINDEX);
		f->conflict = CONFLICT_FUNCTION;
		return 0;
	}
	for (int i = 0; s != NULL && i < CONFLICT_FUNCTION; i++)
		if (strcmp(s, record_conflict_name((enum record_conflict)i)) ==
		    0) {
			f->conflict = (enum record_conflict)i;
			return 0;
		}
	return wrong(r, "unknown kind of conflict for", f->name);
}

static int
read_values(struct reading *r, struct survive_rule *rule)
{
	size_t n = lua_istable(r->L, -1) ? (size_t)lua_rawlen(r->L, -1) : 0;

	if (n == 0 || n > SURVIVE_VALUES)
		return wrong(r, "a list of at most 8 values is expected for",
		    rule->field);
	for (size_t i = 0; i < n; i++) {
		size_t len = 0;
		const char *s;

		lua_rawgeti(r->L, -1, (lua_Integer)i + 1);
		s = lua_tolstring(r->L, -1, &len);
		if (s == NULL)
			return wrong(r, "a value that is no text for",
			    rule->field);
		rule->value[rule->nvalues++] = keep(r, s, len);
		lua_pop(r->L, 1);
	}
	return 0;
}

static int
read_tuple(struct reading *r, struct record_field *f)
{
	size_t n = lua_istable(r->L, -1) ? (size_t)lua_rawlen(r->L, -1) : 0;

	if (n == 0 || n >= SURVIVE_TUPLE)
		return wrong(r, "at most 3 other fields can go with", f->name);
	for (size_t i = 0; i < n; i++) {
		const char *s;
		int at;

		lua_rawgeti(r->L, -1, (lua_Integer)i + 1);
		s = lua_tostring(r->L, -1);
		at = s != NULL ? overwrite_field(r->o, s) : -1;
		if (at == -1 || r->o->field[at].head != at || at == f->head)
			return wrong(r, "no field can go with",
			    s != NULL ? s : f->name);
		r->o->field[at].head = f->head;
		f->tuple[f->ntuple++] = at;
		lua_pop(r->L, 1);
	}
	return 0;
}

/* --- functions ---------------------------------------------------------- */

/* A contribution to a field, with what goes with it by name. */
static void
push_contribution(lua_State *L, const struct record_field *f,
    const struct contribution *c)
{
	lua_createtable(L, 0, 8);
	for (size_t i = 1; i < f->ntuple; i++) {
		lua_pushstring(L, c->value[i]);
		lua_setfield(L, -2, f->book->field[f->tuple[i]].name);
	}
	lua_pushstring(L, c->provider);
	lua_setfield(L, -2, "provider");
	lua_pushstring(L, c->value[0] != NULL ? c->value[0] : "");
	lua_setfield(L, -2, "value");
	lua_pushstring(L, c->as_of);
	lua_setfield(L, -2, "as_of");
	lua_pushboolean(L, c->op == 'C');
	lua_setfield(L, -2, "correction");
	lua_pushboolean(L, c->past);
	lua_setfield(L, -2, "past");
}

/* Runs the function that is on the stack with n arguments behind it. */
static int
call(const struct record_field *f, int n)
{
	struct overwrite_box *box = f->book->box;

	lua_sethook(box->L, too_long, LUA_MASKCOUNT, INSTRUCTIONS);
	if (lua_pcall(box->L, n, 1, 0) == LUA_OK)
		return 0;
	snprintf(box->failure, sizeof(box->failure), "%s: %s", f->name,
	    lua_isstring(box->L, -1) ? lua_tostring(box->L, -1) : "?");
	lua_settop(box->L, 0);
	return -1;
}

static int
decide(void *ctx, const struct contribution *c, size_t n, size_t *ret_i)
{
	const struct record_field *f = ctx;
	lua_State *L = f->book->box->L;
	lua_Integer i;
	int ok;

	lua_rawgeti(L, LUA_REGISTRYINDEX, f->decide_ref);
	lua_createtable(L, (int)n, 0);
	for (size_t k = 0; k < n; k++) {
		push_contribution(L, f, &c[k]);
		lua_rawseti(L, -2, (lua_Integer)k + 1);
	}
	if (call(f, 1) == -1)
		return -1;
	i = lua_tointegerx(L, -1, &ok);
	lua_settop(L, 0);
	if (ok && i >= 1 && (size_t)i <= n)
		*ret_i = (size_t)i - 1;
	return 0;
}

int
overwrite_conflict(const struct record_field *f,
    const struct contribution *stands, const struct contribution *b,
    const char *const *record)
{
	lua_State *L = f->book->box->L;
	int yes;

	lua_rawgeti(L, LUA_REGISTRYINDEX, f->conflict_ref);
	push_contribution(L, f, stands);
	push_contribution(L, f, b);
	lua_createtable(L, 0, (int)f->book->nfields);
	for (size_t i = 0; i < f->book->nfields; i++) {
		lua_pushstring(L, record[i]);
		lua_setfield(L, -2, f->book->field[i].name);
	}
	if (call(f, 3) == -1)
		return -1;
	yes = lua_toboolean(L, -1);
	lua_settop(L, 0);
	return yes;
}

char *
overwrite_derive(const struct record_field *f, const char *head)
{
	lua_State *L = f->book->box->L;
	char *value = NULL;

	if (f->derive_ref == LUA_NOREF)
		return NULL;
	lua_rawgeti(L, LUA_REGISTRYINDEX, f->derive_ref);
	lua_pushstring(L, head);
	if (call(f, 1) == 0 && lua_isstring(L, -1))
		value = xstrdup(lua_tostring(L, -1));
	lua_settop(L, 0);
	return value;
}

const char *
overwrite_failure(const struct overwrite *o)
{
	return o->box->failure;
}

/* --- the parts of the file ---------------------------------------------- */

/* One member of a field's rule, its value at the top. */
static int
read_member(struct reading *r, struct record_field *f, const char *name)
{
	struct survive_rule *rule = &f->rule;
	const char *s = lua_tostring(r->L, -1);

	if (strcmp(name, "rank") == 0 || strcmp(name, "snapshot") == 0 ||
	    strcmp(name, "apart") == 0)
		return 0; /* in their order, by read_rule */
	if (strcmp(name, "policy") == 0)
		return read_policy(r, rule);
	if (strcmp(name, "values") == 0)
		return read_values(r, rule);
	if (strcmp(name, "with") == 0)
		return read_tuple(r, f);
	if (strcmp(name, "conflict") == 0)
		return read_conflict(r, f);
	if (strcmp(name, "past") == 0) {
		f->past = lua_toboolean(r->L, -1);
		return 0;
	}
	if (strcmp(name, "fill") == 0) {
		rule->fill = lua_toboolean(r->L, -1);
		return 0;
	}
	if (strcmp(name, "derive") == 0 && s != NULL &&
	    strcmp(s, "org_code") == 0 && strcmp(f->name, s) == 0) {
		f->derive_org_code = 1;
		return 0;
	}
	if (strcmp(name, "derive") == 0 && lua_isfunction(r->L, -1)) {
		lua_pushvalue(r->L, -1);
		f->derive_ref = luaL_ref(r->L, LUA_REGISTRYINDEX);
		return 0;
	}
	if (strcmp(name, "decide") == 0 && lua_isfunction(r->L, -1)) {
		lua_pushvalue(r->L, -1);
		f->decide_ref = luaL_ref(r->L, LUA_REGISTRYINDEX);
		rule->decide = decide;
		rule->ctx = f;
		return 0;
	}
	return wrong(r, "unknown or wrong member of a rule:", name);
}

static int
read_roles(struct reading *r, struct survive_rule *rule)
{
	static const char *const names[] = { "rank", "snapshot", "apart" };

	for (int i = 0; i < 3; i++) {
		int rc = 0;

		if (lua_getfield(r->L, -1, names[i]) != LUA_TNIL)
			rc = read_ranks(r, rule, (enum survive_role)i);
		lua_pop(r->L, 1);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* The rule at the top for a field. */
static int
read_rule(struct reading *r, struct record_field *f)
{
	const char **keys;
	size_t n;
	int rc;

	if (!lua_istable(r->L, -1))
		return wrong(r, "a table is expected for", f->name);
	f->ruled = 1;
	if (read_roles(r, &f->rule) == -1 || sorted_keys(r, &keys, &n) == -1)
		return -1;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		lua_getfield(r->L, -1, keys[i]);
		rc = read_member(r, f, keys[i]);
		lua_pop(r->L, 1);
	}
	free(keys);
	if (rc == 0 &&
	    (f->rule.policy == SURVIVE_STICKY ||
		f->rule.policy == SURVIVE_WORST) &&
	    f->rule.nvalues == 0)
		rc = wrong(r, "its policy needs values:", f->name);
	return rc;
}

static int
read_fields(struct reading *r)
{
	const struct schema *s = schemas_find(r->schemas, RECORD_DATASET);
	const char **keys;
	size_t n;
	int rc = 0;

	if (s == NULL)
		return wrong(r, "there is no standard", RECORD_DATASET);
	for (size_t i = 0; i < s->nfields; i++)
		if (add_field(r, s->field[i].name) == -1)
			return -1;
	if (lua_getfield(r->L, -1, "fields") != LUA_TTABLE)
		return wrong(r, "a table is expected for", "fields");
	if (sorted_keys(r, &keys, &n) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_field(r, keys[i]);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		lua_getfield(r->L, -1, keys[i]);
		rc = read_rule(r, &r->o->field[overwrite_field(r->o, keys[i])]);
		lua_pop(r->L, 1);
	}
	free(keys);
	lua_pop(r->L, 1);
	return rc;
}

/* Fields without a rule, and not in the tuple of one, go by the default. */
static int
read_default(struct reading *r)
{
	int rc = 0;

	if (lua_getfield(r->L, -1, "default") != LUA_TTABLE)
		return wrong(r, "a table is expected for", "default");
	for (size_t i = 0; rc == 0 && i < r->o->nfields; i++) {
		struct record_field *f = &r->o->field[i];

		if (f->head != (int)i)
			continue;
		if (!f->ruled)
			rc = read_rule(r, f);
		else if (f->rule.nranks == 0)
			rc = wrong(r, "no rank for", f->name);
		else if (f->derive_ref != LUA_NOREF)
			rc = wrong(r, "goes with no other field:", f->name);
	}
	lua_pop(r->L, 1);
	return rc;
}

static int
add_cell(struct reading *r, struct record_source *src, const char *field,
    const char *from, const char *says)
{
	const struct schema *s = schemas_find(r->schemas, src->dataset);
	int at = overwrite_field(r->o, field);

	if (at == -1)
		return wrong(r, "the record has no field", field);
	if (schema_field(s, from) == -1)
		return err_set(r->e, ERR_HOLD,
		    "rules/overwrite.lua: %s has no field '%s'", src->dataset,
		    from);
	if (src->n == RECORD_CELLS)
		return wrong(r, "too many fields of", src->dataset);
	src->cell[src->n].field = at;
	src->cell[src->n].says =
	    says != NULL ? keep(r, says, strlen(says)) : NULL;
	src->cell[src->n++].from = keep(r, from, strlen(from));
	if (src->late)
		r->o->late |= UINT64_C(1) << at;
	return 0;
}

/*
 * A field by its name in the record: the name it has in the dataset; or, where
 * an item says what a row is about, the word of it and the name.
 */
static int
read_named_cell(struct reading *r, struct record_source *src, const char *name)
{
	const char *says = NULL;

	if (lua_istable(r->L, -1)) {
		lua_rawgeti(r->L, -1, 1);
		says = lua_tostring(r->L, -1);
		lua_pop(r->L, 1);
		lua_rawgeti(r->L, -1, 2);
		if (says == NULL || src->item == NULL ||
		    strchr(says, '\'') != NULL)
			return wrong(r, "item and word are expected for", name);
	} else {
		lua_pushvalue(r->L, -1);
	}
	if (!lua_isstring(r->L, -1))
		return wrong(r, "the field of the dataset is expected for",
		    name);
	if (add_cell(r, src, name, lua_tostring(r->L, -1), says) == -1)
		return -1;
	lua_pop(r->L, 1);
	return 0;
}

static int
read_item(struct reading *r, struct record_source *src)
{
	if (lua_getfield(r->L, -1, "item") == LUA_TSTRING) {
		const char *name = lua_tostring(r->L, -1);

		if (schema_field(schemas_find(r->schemas, src->dataset),
			name) == -1)
			return wrong(r, "there is no item", name);
		src->item = keep(r, name, strlen(name));
	}
	lua_pop(r->L, 1);
	return 0;
}

/* The fields of a source: a table at the top. */
static int
read_cells(struct reading *r, struct record_source *src)
{
	if (read_item(r, src) == -1)
		return -1;
	for (size_t i = 0; i < r->o->nfields; i++) {
		const char *name = r->o->field[i].name;
		int rc = 0;

		if (lua_getfield(r->L, -1, name) != LUA_TNIL)
			rc = read_named_cell(r, src, name);
		lua_pop(r->L, 1);
		if (rc == -1)
			return -1;
	}
	for (lua_Integer i = 1; lua_rawgeti(r->L, -1, i) != LUA_TNIL; i++) {
		const char *name = lua_tostring(r->L, -1);

		if (name == NULL)
			return wrong(r, "a field is expected in", src->dataset);
		if (add_cell(r, src, name, name, NULL) == -1)
			return -1;
		lua_pop(r->L, 1);
	}
	lua_pop(r->L, 1);
	return 0;
}

static int
read_all_cells(struct reading *r, struct record_source *src)
{
	const struct schema *s = schemas_find(r->schemas, src->dataset);

	for (size_t i = 0; i < s->nfields; i++)
		if (overwrite_field(r->o, s->field[i].name) != -1 &&
		    add_cell(r, src, s->field[i].name, s->field[i].name,
			NULL) == -1)
			return -1;
	return 0;
}

/* A dataset's entry is at the top. */
static int
read_source(struct reading *r, const char *dataset, int late)
{
	struct record_source *src = &r->o->source[r->o->nsources];

	if (schemas_find(r->schemas, dataset) == NULL)
		return wrong(r, "there is no standard", dataset);
	if (r->o->nsources == RECORD_SOURCES)
		return wrong(r, "one source too many:", dataset);
	if (overwrite_source(r->o, dataset) != NULL)
		return wrong(r, "a source twice:", dataset);
	src->dataset = keep(r, dataset, strlen(dataset));
	src->late = late;
	r->o->nsources++;
	if (lua_istable(r->L, -1))
		return read_cells(r, src);
	return read_all_cells(r, src);
}

static int
read_sources(struct reading *r, const char *member, int late)
{
	const char **keys;
	size_t n;
	int rc = 0;

	if (lua_getfield(r->L, -1, member) != LUA_TTABLE)
		return wrong(r, "a table is expected for", member);
	if (sorted_keys(r, &keys, &n) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		lua_getfield(r->L, -1, keys[i]);
		rc = read_source(r, keys[i], late);
		lua_pop(r->L, 1);
	}
	free(keys);
	lua_pop(r->L, 1);
	return rc;
}

/* What a decision may need, and nothing that reaches out of it. */
static void
open_libs(lua_State *L)
{
	luaL_requiref(L, "_G", luaopen_base, 1);
	luaL_requiref(L, "string", luaopen_string, 1);
	luaL_requiref(L, "table", luaopen_table, 1);
	luaL_requiref(L, "math", luaopen_math, 1);
	luaL_requiref(L, "utf8", luaopen_utf8, 1);
	lua_settop(L, 0);
	for (const char *const *name =
		 (const char *const[]){ "dofile", "loadfile", "load", "print",
		     "collectgarbage", "require", NULL };
	     *name != NULL; name++) {
		lua_pushnil(L);
		lua_setglobal(L, *name);
	}
}

/* A field that is not of the register has to be said by somebody. */
static int
check_said(struct reading *r)
{
	const struct schema *s = schemas_find(r->schemas, RECORD_DATASET);

	for (size_t i = 0; i < r->o->nfields; i++) {
		const char *name = r->o->field[i].name;
		int said = schema_field(s, name) != -1;

		for (size_t k = 0; k < r->o->nsources; k++)
			for (size_t c = 0; c < r->o->source[k].n; c++)
				said |= r->o->source[k].cell[c].field == (int)i;
		if (!said)
			return wrong(r, "no source says the field", name);
	}
	return 0;
}

static int
read_file(struct reading *r, const char *text, size_t len)
{
	lua_State *L = r->L;

	lua_sethook(L, too_long, LUA_MASKCOUNT, INSTRUCTIONS);
	if (luaL_loadbufferx(L, text, len, "=rules/overwrite.lua", "t") !=
		LUA_OK ||
	    lua_pcall(L, 0, 1, 0) != LUA_OK)
		return err_set(r->e, ERR_HOLD, "%s",
		    lua_isstring(L, -1) ? lua_tostring(L, -1) : "?");
	if (!lua_istable(L, -1))
		return wrong(r, "it returns no", "table");
	if (read_fields(r) == -1 || read_default(r) == -1 ||
	    read_sources(r, "sources", 0) == -1 ||
	    read_sources(r, "late", 1) == -1 || check_said(r) == -1)
		return -1;
	lua_settop(L, 0);
	return 0;
}

static void
list_disputed(struct overwrite *o)
{
	for (size_t i = 0; i < o->nfields; i++) {
		const struct record_field *f = &o->field[i];

		if (f->head != (int)i ||
		    (f->conflict == CONFLICT_NONE && f->rule.decide == NULL))
			continue;
		if (f->ntuple > 1) {
			o->ndisputed = 0;
			return;
		}
		o->disputed[o->ndisputed++] = (int)i;
	}
}

int
overwrite_read(const char *text, size_t len, const struct schemas *s,
    struct overwrite **ret_o, struct err *e)
{
	struct overwrite *o = xcalloc(1, sizeof(*o));
	struct reading r = { .o = o, .schemas = s, .e = e };

	o->box = xcalloc(1, sizeof(*o->box));
	o->box->arena = arena_new();
	o->box->L = r.L = luaL_newstate();
	if (r.L == NULL) {
		overwrite_free(o);
		return err_set(e, ERR_RETRY, "no memory for the rules");
	}
	open_libs(r.L);
	if (read_file(&r, text, len) == -1) {
		overwrite_free(o);
		return -1;
	}
	list_disputed(o);
	*ret_o = o;
	return 0;
}

void
overwrite_free(struct overwrite *o)
{
	if (o == NULL)
		return;
	if (o->box->L != NULL)
		lua_close(o->box->L);
	arena_free(o->box->arena);
	free(o->box);
	free(o);
}
