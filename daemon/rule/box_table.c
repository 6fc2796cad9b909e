#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

#include "rule/box_table.h"

enum { INSTRUCTIONS = 100000 };

static void
too_long(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	luaL_error(L, "it does not end");
}

int
box_table_open(struct box_table *t, const char *file, const char *text,
    size_t len, struct err *e)
{
	char chunk[64] = "=";

	t->file = file;
	t->e = e;
	t->L = luaL_newstate();
	if (t->L == NULL)
		return err_set(e, ERR_RETRY, "no memory for %s", file);
	strncat(chunk, file, sizeof(chunk) - 2);
	lua_sethook(t->L, too_long, LUA_MASKCOUNT, INSTRUCTIONS);
	if (luaL_loadbufferx(t->L, text, len, chunk, "t") != LUA_OK ||
	    lua_pcall(t->L, 0, 1, 0) != LUA_OK)
		return err_set(e, ERR_HOLD, "%s",
		    lua_isstring(t->L, -1) ? lua_tostring(t->L, -1) : file);
	return lua_istable(t->L, -1)
		   ? 0
		   : err_set(e, ERR_HOLD, "%s: returns no table", file);
}

void
box_table_close(struct box_table *t)
{
	if (t->L != NULL)
		lua_close(t->L);
	t->L = NULL;
}

int
box_table_wrong(struct box_table *t, const char *what, const char *name)
{
	return err_set(t->e, ERR_HOLD, "%s: %s '%s'", t->file, what, name);
}

int
box_table_enter(struct box_table *t, const char *name)
{
	return lua_getfield(t->L, -1, name) == LUA_TTABLE
		   ? 0
		   : err_set(t->e, ERR_HOLD, "%s: '%s' must be a table",
			 t->file, name);
}

void
box_table_leave(struct box_table *t)
{
	lua_pop(t->L, 1);
}

int
box_table_number(struct box_table *t, const char *name, int *ret)
{
	int ok;

	lua_getfield(t->L, -1, name);
	*ret = (int)lua_tointegerx(t->L, -1, &ok);
	lua_pop(t->L, 1);
	return ok ? 0
		  : err_set(t->e, ERR_HOLD, "%s: '%s' must be a whole number",
			t->file, name);
}

int
box_table_text(struct box_table *t, const char *name, int may_lack, char *out,
    size_t size)
{
	size_t len = 0;
	int type = lua_getfield(t->L, -1, name);
	const char *s =
	    type == LUA_TSTRING ? lua_tolstring(t->L, -1, &len) : NULL;

	out[0] = '\0';
	if (type == LUA_TNIL && may_lack)
		s = "";
	if (s == NULL || len >= size || strlen(s) != len)
		return err_set(t->e, ERR_HOLD, "%s: '%s' must be a short text",
		    t->file, name);
	memcpy(out, s, len + 1);
	lua_pop(t->L, 1);
	return 0;
}

int
box_table_flag(struct box_table *t, const char *name)
{
	int yes;

	lua_getfield(t->L, -1, name);
	yes = lua_toboolean(t->L, -1);
	lua_pop(t->L, 1);
	return yes;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

int
box_table_names(struct box_table *t, const char *what, char *list, size_t size,
    size_t max, size_t *ret_n)
{
	size_t n = 0;

	for (lua_pushnil(t->L); lua_next(t->L, -2) != 0; lua_pop(t->L, 1)) {
		if (lua_type(t->L, -2) != LUA_TSTRING ||
		    lua_rawlen(t->L, -2) >= size)
			return box_table_wrong(t, "names have to be in", what);
		if (n == max)
			return box_table_wrong(t, "too many of", what);
		strcpy(list + n++ * size, lua_tostring(t->L, -2));
	}
	qsort(list, n, size, by_text);
	*ret_n = n;
	return 0;
}

int
box_table_only(struct box_table *t, const char *const *known)
{
	for (lua_pushnil(t->L); lua_next(t->L, -2) != 0; lua_pop(t->L, 1)) {
		size_t i = 0;

		while (known[i] != NULL &&
		       (lua_type(t->L, -2) != LUA_TSTRING ||
			   strcmp(known[i], lua_tostring(t->L, -2)) != 0))
			i++;
		if (known[i] == NULL)
			return box_table_wrong(t, "nothing is called",
			    lua_type(t->L, -2) == LUA_TSTRING
				? lua_tostring(t->L, -2)
				: luaL_typename(t->L, -2));
	}
	return 0;
}
