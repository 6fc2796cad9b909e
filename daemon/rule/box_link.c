#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "rule/box_link.h"

enum { INSTRUCTIONS = 100000 };

static void
too_long(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	luaL_error(L, "it does not end");
}

/* The whole number of a name in the table at the top. */
static int
number(lua_State *L, const char *name, int *ret, struct err *e)
{
	int ok;

	lua_getfield(L, -1, name);
	*ret = (int)lua_tointegerx(L, -1, &ok);
	lua_pop(L, 1);
	if (!ok)
		return err_set(e, ERR_HOLD,
		    "rules/link.lua: '%s' must be a whole number", name);
	return 0;
}

static int
read_weights(lua_State *L, struct link_rules *r, struct err *e)
{
	if (lua_getfield(L, -1, "weights") != LUA_TTABLE)
		return err_set(e, ERR_HOLD,
		    "rules/link.lua: 'weights' must be a table");
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		if (lua_type(L, -2) != LUA_TSTRING ||
		    evidence_find(lua_tostring(L, -2)) == EVIDENCE_KINDS)
			return err_set(e, ERR_HOLD,
			    "rules/link.lua: no evidence is called '%s'",
			    lua_type(L, -2) == LUA_TSTRING
				? lua_tostring(L, -2)
				: luaL_typename(L, -2));
	for (int k = 0; k < EVIDENCE_KINDS; k++)
		if (number(L, evidence_name((enum evidence)k), &r->weight[k],
			e) == -1)
			return -1;
	lua_pop(L, 1);
	return 0;
}

/* The text of a name in the table at the top. */
static int
read_text(lua_State *L, const char *name, char out[LINK_NAME], struct err *e)
{
	size_t len = 0;
	const char *s;

	lua_getfield(L, -1, name);
	s = lua_tolstring(L, -1, &len);
	if (s == NULL || len >= LINK_NAME)
		return err_set(e, ERR_HOLD,
		    "rules/link.lua: '%s' must be a short text", name);
	memcpy(out, s, len + 1);
	lua_pop(L, 1);
	return 0;
}

/* The list of names of a name in the table at the top. */
static int
read_list(lua_State *L, const char *name, char (*out)[LINK_NAME], size_t max,
    size_t *ret_n, struct err *e)
{
	size_t n;

	if (lua_getfield(L, -1, name) != LUA_TTABLE ||
	    (n = (size_t)lua_rawlen(L, -1)) > max)
		return err_set(e, ERR_HOLD,
		    "rules/link.lua: '%s' must be a list of at most %zu names",
		    name, max);
	for (size_t i = 0; i < n; i++) {
		size_t len = 0;
		const char *s;

		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		s = lua_tolstring(L, -1, &len);
		if (s == NULL || len >= LINK_NAME)
			return err_set(e, ERR_HOLD,
			    "rules/link.lua: '%s' holds no name at %zu", name,
			    i + 1);
		memcpy(out[i], s, len + 1);
		lua_pop(L, 1);
	}
	*ret_n = n;
	lua_pop(L, 1);
	return 0;
}

static int
read_subject(lua_State *L, struct link_rules *r, struct err *e)
{
	size_t n;

	if (lua_getfield(L, -1, "subject") != LUA_TTABLE)
		return err_set(e, ERR_HOLD,
		    "rules/link.lua: 'subject' must be a table");
	for (int p = 0; p < LINK_PART_COUNT; p++)
		if (read_list(L, link_part_name((enum link_part)p), r->part[p],
			LINK_NAMES, &n, e) == -1)
			return -1;
	lua_pop(L, 1);
	if (lua_getfield(L, -1, "rename") != LUA_TTABLE)
		return err_set(e, ERR_HOLD,
		    "rules/link.lua: 'rename' must be a table");
	if (read_text(L, "dataset", r->rename.dataset, e) == -1 ||
	    read_text(L, "item", r->rename.item, e) == -1 ||
	    read_text(L, "says", r->rename.says, e) == -1 ||
	    read_text(L, "before", r->rename.before, e) == -1 ||
	    read_text(L, "after", r->rename.after, e) == -1)
		return -1;
	lua_pop(L, 1);
	return 0;
}

int
box_link_rules(const char *text, size_t len, struct link_rules *ret_r,
    struct err *e)
{
	lua_State *L = luaL_newstate();
	struct link_rules r;
	int rc = -1;

	memset(&r, 0, sizeof(r));
	if (L == NULL)
		return err_set(e, ERR_RETRY, "no memory for rules/link.lua");
	lua_sethook(L, too_long, LUA_MASKCOUNT, INSTRUCTIONS);
	if (luaL_loadbufferx(L, text, len, "=rules/link.lua", "t") != LUA_OK ||
	    lua_pcall(L, 0, 1, 0) != LUA_OK) {
		err_set(e, ERR_HOLD, "%s", lua_tostring(L, -1));
		goto out;
	}
	if (!lua_istable(L, -1)) {
		err_set(e, ERR_HOLD, "rules/link.lua: returns no table");
		goto out;
	}
	if (number(L, "link", &r.link, e) == -1 ||
	    number(L, "review", &r.review, e) == -1 ||
	    number(L, "margin", &r.margin, e) == -1 ||
	    read_weights(L, &r, e) == -1 ||
	    read_list(L, "found", r.founder, LINK_FOUNDERS, &r.nfounders, e) ==
		-1 ||
	    read_subject(L, &r, e) == -1 || link_rules_check(&r, e) == -1)
		goto out;
	*ret_r = r;
	rc = 0;
out:
	lua_close(L);
	return rc;
}
