#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "form/utf8.h"
#include "rule/box_part.h"
#include "sys/buf.h"

/* ---- what functions see ---- */

static struct clean *
at_hand(lua_State *L)
{
	struct clean *c = box_of(L)->clean;

	if (c == NULL)
		box_raise(L, "此处没有数据行", "there is no row here", "");
	return c;
}

/* Lua keeps a short text once: the same name mostly has the same address. */
static int
field_at(lua_State *L, const struct clean *c, int index)
{
	const char *name = luaL_checkstring(L, index);
	const struct schema *s = c->rs->schema;
	unsigned char *guess =
	    &box_of(L)->field[(uintptr_t)name / 16 % BOX_GUESSES];
	int field = *guess;

	if ((size_t)field < s->nfields &&
	    strcmp(s->field[field].name, name) == 0)
		return field;
	field = schema_field(s, name);
	if (field == -1)
		box_raise(L, "数据标准中没有字段 {}",
		    "the standard has no field '{}'", name);
	*guess = (unsigned char)field;
	return field;
}

static void
push_value(lua_State *L, const struct field *f, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		lua_pushnil(L);
		return;
	case VALUE_TEXT:
		lua_pushlstring(L, v->text, v->len);
		return;
	case VALUE_INT:
		if (f->type == FIELD_BOOL)
			lua_pushboolean(L, v->num != 0);
		else
			lua_pushinteger(L, v->num);
		return;
	case VALUE_REAL:
		lua_pushnumber(L, v->real);
		return;
	case VALUE_MONEY:
		/* In yuan; the nearest double of a number of fen. */
		lua_pushnumber(L, (double)v->num / 100);
		return;
	}
}

/* row.field: the value cleaned so far, nil where there is none. */
static int
row_index(lua_State *L)
{
	struct clean *c = at_hand(L);
	int field = field_at(L, c, 2);

	push_value(L, &c->rs->schema->field[field], &c->r->value[field]);
	return 1;
}

static int
row_newindex(lua_State *L)
{
	return box_raise(L, "数据行不能直接修改，请由函数返回值",
	    "a row cannot be changed: return the value instead", "");
}

/* z.raw(row, "field"): the cell as sent. */
int
box_raw(lua_State *L)
{
	struct clean *c = at_hand(L);
	const struct cell *cell = &c->r->raw[field_at(L, c, 2)];

	if (cell->column < 0)
		lua_pushnil(L);
	else
		lua_pushlstring(L, cell->text, cell->len);
	return 1;
}

/* The third argument: what is known about the file. */
static int
context_index(lua_State *L)
{
	struct clean *c = at_hand(L);
	const char *name = luaL_checkstring(L, 2);

	if (strcmp(name, "today") == 0)
		lua_pushstring(L, c->rs->today);
	else if (strcmp(name, "period") == 0)
		lua_pushstring(L, c->rs->period);
	else if (strcmp(name, "provider") == 0)
		lua_pushstring(L, c->rs->schema->provider);
	else if (strcmp(name, "dataset") == 0)
		lua_pushstring(L, c->rs->schema->dataset);
	else
		box_raise(L, "文件信息中没有 {}",
		    "nothing is known about the file by the name '{}'", name);
	return 1;
}

static int
new_thing(lua_State *L, lua_CFunction index)
{
	lua_newuserdatauv(L, 0, 0);
	lua_newtable(L);
	lua_pushcfunction(L, index);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, row_newindex);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

void
box_make_row(lua_State *L)
{
	struct box *b = box_of(L);

	b->row = new_thing(L, row_index);
	b->context = new_thing(L, context_index);
}

/* ---- what functions return ---- */

static int
is_text(const char *s, size_t len)
{
	for (size_t at = 0; at < len;) {
		uint32_t cp;

		at += utf8_get(s + at, len - at, &cp);
		if (cp == UTF8_STRAY || cp == 0)
			return 0;
	}
	return 1;
}

static void
take_text(lua_State *L, const struct clean *c, int index, struct value *v)
{
	size_t len;
	const char *s = lua_tolstring(L, index, &len);

	if (!is_text(s, len))
		box_raise(L, "函数返回的文字不是 UTF-8",
		    "a function returned a text that is not UTF-8", "");
	v->kind = len > 0 ? VALUE_TEXT : VALUE_NULL;
	v->text = row_text(c->r, s, len);
	v->len = len;
}

static void
take_value(lua_State *L, const struct clean *c, int index, struct value *v)
{
	v->kind = VALUE_NULL;
	switch (lua_type(L, index)) {
	case LUA_TNIL:
		break;
	case LUA_TBOOLEAN:
		/* "v ~= x and v" is false where there is to be no value. */
		if (c->f->type == FIELD_BOOL || lua_toboolean(L, index)) {
			v->kind = VALUE_INT;
			v->num = lua_toboolean(L, index);
		}
		break;
	case LUA_TSTRING:
		take_text(L, c, index, v);
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, index)) {
			v->kind = VALUE_INT;
			v->num = lua_tointeger(L, index);
		} else if (isfinite(lua_tonumber(L, index))) {
			v->kind = VALUE_REAL;
			v->real = lua_tonumber(L, index);
		}
		break;
	default:
		box_raise(L, "函数不能返回 {}", "a function cannot return a {}",
		    luaL_typename(L, index));
	}
}

/* ---- calls ---- */

struct call {
	int function;
	struct clean *c;
	struct value *v;
	const char *rule;
	int due;
};

static int
call_cell(lua_State *L)
{
	struct call *k = lua_touserdata(L, 1);
	struct box *b = box_of(L);

	lua_rawgeti(L, LUA_REGISTRYINDEX, k->function);
	push_value(L, k->c->f, k->v);
	lua_rawgeti(L, LUA_REGISTRYINDEX, b->row);
	lua_rawgeti(L, LUA_REGISTRYINDEX, b->context);
	lua_call(L, 3, 2);
	if (lua_type(L, -1) == LUA_TSTRING) {
		size_t len;
		const char *s = lua_tolstring(L, -1, &len);

		k->rule = row_text(k->c->r, s, len);
	}
	take_value(L, k->c, -2, k->v);
	return 0;
}

static int
call_derive(lua_State *L)
{
	struct call *k = lua_touserdata(L, 1);
	struct box *b = box_of(L);

	lua_rawgeti(L, LUA_REGISTRYINDEX, k->function);
	lua_rawgeti(L, LUA_REGISTRYINDEX, b->row);
	lua_rawgeti(L, LUA_REGISTRYINDEX, b->context);
	lua_call(L, 2, 1);
	take_value(L, k->c, -1, k->v);
	return 0;
}

static int
call_check(lua_State *L)
{
	struct call *k = lua_touserdata(L, 1);
	struct box *b = box_of(L);

	lua_rawgeti(L, LUA_REGISTRYINDEX, k->function);
	lua_rawgeti(L, LUA_REGISTRYINDEX, b->row);
	lua_rawgeti(L, LUA_REGISTRYINDEX, b->context);
	lua_call(L, 2, 1);
	k->due = lua_toboolean(L, -1);
	return 0;
}

static int
call(struct box *b, lua_CFunction fn, struct call *k, struct err *e)
{
	int rc;

	b->clean = k->c;
	rc = box_protected(b, fn, k, e);
	b->clean = NULL;
	return rc;
}

int
box_cell(struct box *b, int function, struct clean *c, struct value *v,
    const char **ret_rule, struct err *e)
{
	struct call k = { .function = function, .c = c, .v = v };

	if (call(b, call_cell, &k, e) == -1)
		return -1;
	if (k.rule != NULL && !ruleset_has_rule(c->rs, k.rule))
		return err_set(e, ERR_HOLD,
		    "%s: a function refused a value by the rule '%.40s', which "
		    "neither the catalogue nor check has",
		    b->script->name, k.rule);
	*ret_rule = k.rule;
	return 0;
}

int
box_derive(struct box *b, int function, struct clean *c, struct value *v,
    struct err *e)
{
	struct call k = { .function = function, .c = c, .v = v };

	return call(b, call_derive, &k, e);
}

int
box_check(struct box *b, int function, struct clean *c, struct err *e)
{
	struct call k = { .function = function, .c = c };

	if (call(b, call_check, &k, e) == -1)
		return -1;
	return k.due;
}

/* ---- examples ---- */

/* A day on which examples are run that name none. */
#define EXAMPLE_TODAY "2030-01-01"

struct trial {
	const struct box_example *x;
	struct row row;
	struct match *m;
	struct cell header[SCHEMA_FIELDS];
	struct cell cell[SCHEMA_FIELDS];
	size_t n;
	char period[16];
	char today[12];
	struct buf what; /* what is wrong */
};

static void
option(lua_State *L, int t, const char *name, char *out, size_t size)
{
	if (lua_getfield(L, t, name) == LUA_TSTRING)
		snprintf(out, size, "%s", lua_tostring(L, -1));
	lua_pop(L, 1);
}

/* The row of the example, as a file with the names of fields for headers. */
static int
read_trial(lua_State *L)
{
	struct trial *t = lua_touserdata(L, 1);
	const struct schema *s = t->x->rs->schema;
	int spec, raw;

	lua_rawgeti(L, LUA_REGISTRYINDEX, t->x->spec);
	spec = lua_gettop(L);
	option(L, spec, "period", t->period, sizeof(t->period));
	option(L, spec, "today", t->today, sizeof(t->today));
	lua_getfield(L, spec, "raw");
	raw = lua_gettop(L);
	for (size_t i = 0; i < s->nfields; i++) {
		struct cell *c = &t->cell[t->n];
		const char *name = s->field[i].name;

		if (lua_getfield(L, raw, name) != LUA_TNIL) {
			c->text = luaL_tolstring(L, -1, &c->len);
			c->text = row_text(&t->row, c->text, c->len);
			c->column = (int)t->n;
			t->header[t->n++] =
			    (struct cell){ name, strlen(name), -1 };
		}
		lua_settop(L, raw);
	}
	return 0;
}

static void
show_value(const struct value *v, struct buf *b)
{
	char n[VALUE_MONEY_SIZE];

	switch (v->kind) {
	case VALUE_NULL:
		buf_addstr(b, "nothing");
		return;
	case VALUE_TEXT:
		buf_printf(b, "'%.*s'", (int)v->len, v->text);
		return;
	case VALUE_INT:
		buf_printf(b, "%lld", (long long)v->num);
		return;
	case VALUE_REAL:
		buf_printf(b, "%.15g", v->real);
		return;
	case VALUE_MONEY:
		value_money_text(v->num, n, sizeof(n));
		buf_addstr(b, n);
		return;
	}
}

static double
number_of(const struct value *v)
{
	if (v->kind == VALUE_INT)
		return (double)v->num;
	if (v->kind == VALUE_MONEY)
		return (double)v->num / 100;
	return v->kind == VALUE_REAL ? v->real : NAN;
}

/* Whether a value is what stands at the top of the stack. */
static int
is_expected(lua_State *L, const struct value *v)
{
	char n[VALUE_MONEY_SIZE];
	size_t len;
	const char *s;

	switch (lua_type(L, -1)) {
	case LUA_TTABLE:
		return v->kind == VALUE_NULL; /* z.none */
	case LUA_TBOOLEAN:
		return v->kind == VALUE_INT && v->num == lua_toboolean(L, -1);
	case LUA_TNUMBER:
		return fabs(number_of(v) - lua_tonumber(L, -1)) < 1e-6;
	case LUA_TSTRING:
		break;
	default:
		return 0;
	}
	s = lua_tolstring(L, -1, &len);
	if (v->kind == VALUE_MONEY) {
		value_money_text(v->num, n, sizeof(n));
		return strcmp(n, s) == 0;
	}
	return v->kind == VALUE_TEXT && v->len == len &&
	       memcmp(v->text, s, len) == 0;
}

static int
has_finding(const struct row *r, const char *rule)
{
	for (size_t i = 0; i < r->nfindings; i++)
		if (strcmp(r->finding[i].rule, rule) == 0)
			return 1;
	return 0;
}

static void
show_findings(struct trial *t)
{
	for (size_t i = 0; i < t->row.nfindings; i++)
		buf_printf(&t->what, "%s%s", i > 0 ? ", " : ": ",
		    t->row.finding[i].rule);
}

/* gives { field = value }, at the top of the stack. */
static void
expect_values(lua_State *L, struct trial *t)
{
	const struct schema *s = t->x->rs->schema;
	int gives = lua_gettop(L);

	if (t->row.rejected) {
		buf_addstr(&t->what, "the row was refused");
		show_findings(t);
		return;
	}
	for (lua_pushnil(L); lua_next(L, gives) != 0; lua_pop(L, 1)) {
		const char *name = luaL_tolstring(L, -2, NULL);
		int field = schema_field(s, name);
		const struct value *v =
		    field != -1 ? &t->row.value[field] : NULL;

		lua_pop(L, 1);
		if (v == NULL) {
			buf_printf(&t->what, "there is no field '%s'",
			    lua_tostring(L, -2));
		} else if (!is_expected(L, v)) {
			buf_printf(&t->what, "%s%s is ",
			    t->what.len > 0 ? "; " : "", s->field[field].name);
			show_value(v, &t->what);
			buf_printf(&t->what, ", not '%s'",
			    lua_istable(L, -1) ? "nothing"
					       : luaL_tolstring(L, -1, NULL));
			lua_settop(L, gives + 2);
		}
	}
}

static void
expect_rule(struct trial *t, const char *rule, int refused)
{
	if (has_finding(&t->row, rule) && (!refused || t->row.rejected))
		return;
	buf_printf(&t->what, "no finding '%s'%s", rule,
	    refused ? " that refuses the row" : "");
	show_findings(t);
}

/* One of the expectations, at the top of the stack. */
static int
expect(lua_State *L, struct trial *t)
{
	int one = lua_gettop(L);

	if (!lua_istable(L, one))
		return 0;
	if (lua_getfield(L, one, "gives") == LUA_TTABLE)
		expect_values(L, t);
	else if (lua_getfield(L, one, "refuses") == LUA_TSTRING)
		expect_rule(t, lua_tostring(L, -1), 1);
	else if (lua_getfield(L, one, "warns") == LUA_TSTRING)
		expect_rule(t, lua_tostring(L, -1), 0);
	else
		return 0;
	lua_settop(L, one);
	return 1;
}

static int
compare_trial(lua_State *L)
{
	struct trial *t = lua_touserdata(L, 1);
	int list, n = 0;

	lua_rawgeti(L, LUA_REGISTRYINDEX, t->x->spec);
	lua_getfield(L, -1, "expect");
	list = lua_gettop(L);
	for (lua_Integer i = 1;
	     lua_istable(L, list) && lua_rawgeti(L, list, i) != LUA_TNIL; i++) {
		n += expect(L, t);
		lua_settop(L, list);
	}
	if (n == 0)
		buf_addstr(&t->what, "the example expects nothing");
	return 0;
}

static int
run_trial(struct box *b, struct trial *t, struct err *e)
{
	struct ruleset *rs = t->x->rs;
	const struct schema *s = rs->schema;

	row_start(&t->row, s, 1);
	b->left = b->budget;
	if (box_protected(b, read_trial, t, e) == -1 ||
	    match_columns_for(s, s->key, s->nkeys, ~UINT64_C(0), t->header,
		t->n, &t->m, e) == -1)
		return -1;
	for (size_t i = 0; i < t->n; i++)
		t->row.raw[match_column(t->m, i)->field] = t->cell[i];
	if (ruleset_clean(rs, t->m, &t->row, t->period, t->today, e) == -1)
		return -1;
	b->left = b->budget;
	return box_protected(b, compare_trial, t, e);
}

int
box_examples(struct box *b, struct script *s,
    void (*report)(void *ctx, const char *dataset, int line, int failed,
	const char *sentence),
    void *ctx, struct err *e)
{
	int failures = 0;

	(void)s;
	for (const struct box_example *x = b->example; x != NULL; x = x->next) {
		struct trial t = { .x = x, .today = EXAMPLE_TODAY };
		struct err why;
		const char *said;
		int failed;

		buf_init(&t.what, 4096);
		row_init(&t.row);
		if (run_trial(b, &t, &why) == -1)
			buf_addstr(&t.what, why.en);
		failed = t.what.len > 0;
		said = failed ? t.what.data : "";
		report(ctx, x->rs->schema->dataset, x->line, failed, said);
		failures += failed;
		match_free(t.m);
		row_done(&t.row);
		buf_done(&t.what);
	}
	(void)e;
	return failures;
}
