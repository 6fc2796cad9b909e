#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "rule/arena.h"
#include "rule/box_part.h"
#include "rule/pack.h"
#include "sys/mem.h"

enum {
	MEMORY = 16 << 20,
	INSTRUCTIONS = 1000000,
	LOAD_INSTRUCTIONS = 5000000,
	HOOK_EVERY = 1000,
	SEPARATOR = 0x1f
};

struct box *
box_of(lua_State *L)
{
	void *ud;

	(void)lua_getallocf(L, &ud);
	return ud;
}

static void *
allocate(void *ud, void *p, size_t old, size_t size)
{
	struct box *b = ud;
	void *q;

	if (p == NULL)
		old = 0;
	if (size == 0) {
		free(p);
		b->used -= old;
		return NULL;
	}
	if (size > old && size - old > b->max - b->used)
		return NULL;
	q = realloc(p, size);
	if (q != NULL)
		b->used = b->used - old + size;
	return q;
}

/* ---- errors ---- */

/* The innermost function that stands in a script. */
static int
find_script(lua_State *L, lua_Debug *ar)
{
	for (int level = 0; lua_getstack(L, level, ar); level++) {
		lua_getinfo(L, "Sl", ar);
		if (ar->currentline > 0 &&
		    strncmp(ar->short_src, "lua/", 4) != 0)
			return 0;
	}
	return -1;
}

int
box_line(lua_State *L)
{
	lua_Debug ar;

	return find_script(L, &ar) == 0 ? ar.currentline : 0;
}

int
box_raise(lua_State *L, const char *zh, const char *en, const char *what)
{
	lua_Debug ar;
	const char *where = "";

	if (find_script(L, &ar) == 0)
		where =
		    lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
	/* {} stands for what */
	en = luaL_gsub(L, en, "{}", what);
	zh = luaL_gsub(L, zh, "{}", what);
	lua_pushfstring(L, "%s%s%c%s%s", where, en, SEPARATOR, where, zh);
	lua_error(L);
	abort();
}

static void
raise_over(lua_State *L)
{
	if (box_of(L)->over == BOX_MEMORY)
		box_raise(L, "规则占用内存超过上限",
		    "the rules need more memory than they may have", "");
	box_raise(L, "规则运行步数超过上限，疑似死循环",
	    "the rules took more steps than they may: an endless loop?", "");
}

void
box_check_over(lua_State *L)
{
	if (box_of(L)->over != BOX_FINE)
		raise_over(L);
}

void
box_charge(lua_State *L, int instructions)
{
	struct box *b = box_of(L);

	b->left -= instructions;
	if (b->left >= 0 && b->over == BOX_FINE)
		return;
	if (b->over == BOX_FINE)
		b->over = BOX_INSTRUCTIONS;
	raise_over(L);
}

static void
count(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	box_charge(L, HOOK_EVERY);
}

/* What was raised, as an error for the operator. */
static int
hold(struct box *b, int status, struct err *e)
{
	lua_State *L = b->L;
	const char *s = NULL;
	const char *name, *zh;

	if (lua_type(L, -1) == LUA_TSTRING)
		s = lua_tostring(L, -1);
	name = b->script != NULL ? b->script->name : "";
	if (status == LUA_ERRMEM)
		return err_say(e, ERR_HOLD, "script_bad", name,
		    "not enough memory", NULL);
	if (s == NULL)
		return err_say(e, ERR_HOLD, "script_bad", name,
		    "it raised an error without a text", NULL);
	zh = strchr(s, SEPARATOR);
	err_set(e, ERR_HOLD, "%.*s",
	    zh != NULL ? (int)(zh - s) : (int)strlen(s), s);
	snprintf(e->code, sizeof(e->code), "script_bad");
	snprintf(e->zh, sizeof(e->zh), "规则脚本 %.480s",
	    zh != NULL ? zh + 1 : s);
	return -1;
}

int
box_protected(struct box *b, lua_CFunction fn, void *p, struct err *e)
{
	lua_State *L = b->L;
	int status;
	int rc = 0;

	lua_pushcfunction(L, fn);
	lua_pushlightuserdata(L, p);
	status = lua_pcall(L, 1, 0, 0);
	if (status == LUA_ERRMEM)
		b->over = BOX_MEMORY;
	if (status != LUA_OK)
		rc = hold(b, status, e);
	lua_settop(L, 0);
	return rc;
}

const char *
box_keep(lua_State *L, int index)
{
	size_t len;
	const char *s = lua_tolstring(L, index, &len);

	return arena_text(box_of(L)->script->arena, s, len);
}

/* ---- state ---- */

static int
open_state(lua_State *L)
{
	struct box *b = lua_touserdata(L, 1);

	box_open_libs(L);
	lua_newtable(L);
	b->loaded = luaL_ref(L, LUA_REGISTRYINDEX);
	box_make_row(L);
	return 0;
}

int
box_new(const struct pack *p, const struct script_limits *limits,
    struct box **ret_b, struct err *e)
{
	struct box *b = xcalloc(1, sizeof(*b));

	b->max = limits != NULL && limits->memory > 0 ? limits->memory : MEMORY;
	b->budget = limits != NULL && limits->instructions > 0
			? limits->instructions
			: INSTRUCTIONS;
	b->pack = p;
	b->last = &b->example;
	b->L = lua_newstate(allocate, b);
	if (b->L == NULL) {
		free(b);
		return err_set(e, ERR_HOLD, "not enough memory for rules");
	}
	if (box_protected(b, open_state, b, e) == -1) {
		box_free(b);
		return -1;
	}
	lua_sethook(b->L, count, LUA_MASKCOUNT, HOOK_EVERY);
	*ret_b = b;
	return 0;
}

void
box_free(struct box *b)
{
	if (b == NULL)
		return;
	lua_sethook(b->L, NULL, 0, 0);
	lua_close(b->L);
	while (b->example != NULL) {
		struct box_example *next = b->example->next;

		free(b->example);
		b->example = next;
	}
	free(b);
}

void
box_row_start(struct box *b)
{
	b->left = b->budget;
	b->over = BOX_FINE;
}

/* ---- reading a script ---- */

struct text {
	const char *name;
	const char *text;
	size_t len;
};

static int
run_text(lua_State *L)
{
	const struct text *t = lua_touserdata(L, 1);

	lua_pushfstring(L, "@%s", t->name);
	if (luaL_loadbufferx(L, t->text, t->len, lua_tostring(L, -1), "t") !=
	    LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

int
box_run(struct box *b, const char *name, const char *text, size_t len,
    struct err *e)
{
	struct text t = { name, text, len };

	b->left = LOAD_INSTRUCTIONS;
	b->over = BOX_FINE;
	return box_protected(b, run_text, &t, e);
}

int
box_load(struct box *b, struct script *s, const char *name, const char *text,
    size_t len, struct err *e)
{
	int rc;

	b->script = s;
	rc = box_run(b, name, text, len, e);
	b->pack = NULL;
	return rc;
}
