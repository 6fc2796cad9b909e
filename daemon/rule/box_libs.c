#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "rule/box_part.h"
#include "rule/pack.h"

enum { SUBJECT_MAX = 65536, PATTERN_MAX = 256, SORT_MAX = 100 };

/*
 * A pattern runs outside of the count of instructions: what it may take at
 * worst is put on the bill beforehand, a hundred steps for one instruction.
 */
#define PATTERN_STEPS 1e9
#define STEPS_OF_ONE  100

/* ---- what is not there ---- */

static int
blocked(lua_State *L)
{
	return box_raise(L, "已禁用：规则不能使用 {}",
	    "blocked: {} is not available to rules",
	    lua_tostring(L, lua_upvalueindex(1)));
}

static int
blocked_member(lua_State *L)
{
	const char *name = lua_tostring(L, 2);

	lua_pushfstring(L, "%s.%s", lua_tostring(L, lua_upvalueindex(1)),
	    name != NULL ? name : "?");
	return box_raise(L, "已禁用：规则不能使用 {}",
	    "blocked: {} is not available to rules", lua_tostring(L, -1));
}

/* Puts a function that raises by name into the table on the stack. */
static void
block(lua_State *L, const char *field, const char *name)
{
	lua_pushstring(L, name);
	lua_pushcclosure(L, blocked, 1);
	lua_setfield(L, -2, field);
}

/* A library of which nothing is left. */
static void
block_library(lua_State *L, const char *name)
{
	lua_newtable(L);
	lua_newtable(L);
	lua_pushstring(L, name);
	lua_pushcclosure(L, blocked_member, 1);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "__index");
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
	lua_setfield(L, -2, name);
}

static int
no_global(lua_State *L)
{
	return box_raise(L, "没有名为 {} 的全局变量", "there is no global '{}'",
	    luaL_tolstring(L, 2, NULL));
}

static int
new_global(lua_State *L)
{
	return box_raise(L, "请写成 local {}，规则没有全局变量",
	    "write 'local {}': rules have no globals",
	    luaL_tolstring(L, 2, NULL));
}

/* ---- calls that must not hide a limit ---- */

static int
safe_pcall(lua_State *L)
{
	int status;

	luaL_checkany(L, 1);
	status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
	if (status == LUA_ERRMEM)
		box_of(L)->over = BOX_MEMORY;
	box_check_over(L);
	lua_pushboolean(L, status == LUA_OK);
	lua_insert(L, 1);
	return lua_gettop(L);
}

/* ---- order and chance ---- */

static int
safe_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	switch (lua_type(L, 1)) {
	case LUA_TNIL:
	case LUA_TBOOLEAN:
	case LUA_TNUMBER:
	case LUA_TSTRING:
		luaL_tolstring(L, 1, NULL);
		break;
	default:
		/* Not where in memory it stands: that is chance. */
		lua_pushstring(L, luaL_typename(L, 1));
	}
	return 1;
}

struct key {
	int type;
	lua_Number number;
	const char *text;
	size_t len;
	lua_Integer at; /* in the list of keys */
};

static int
key_compare(const void *a, const void *b)
{
	const struct key *x = a;
	const struct key *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int c;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->type == LUA_TNUMBER)
		return (x->number > y->number) - (x->number < y->number);
	c = n > 0 ? memcmp(x->text, y->text, n) : 0;
	return c != 0 ? c : (x->len > y->len) - (x->len < y->len);
}

static void
take_key(lua_State *L, int index, struct key *k)
{
	memset(k, 0, sizeof(*k));
	k->type = lua_type(L, index);
	switch (k->type) {
	case LUA_TNUMBER:
		k->number = lua_tonumber(L, index);
		break;
	case LUA_TSTRING:
		k->text = lua_tolstring(L, index, &k->len);
		break;
	case LUA_TBOOLEAN:
		k->number = lua_toboolean(L, index);
		k->type = LUA_TNUMBER + 100;
		break;
	default:
		box_raise(L, "pairs 只能用于以数字和文字为键的表",
		    "pairs needs keys that are numbers or texts", "");
	}
}

static int
pairs_next(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(3)) + 1;

	lua_pushinteger(L, i);
	lua_replace(L, lua_upvalueindex(3));
	if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
		return 1;
	lua_pushvalue(L, -1);
	lua_rawget(L, lua_upvalueindex(1));
	return 2;
}

/* Numbers in order, then texts by their bytes: always the same way. */
static int
sorted_pairs(lua_State *L)
{
	struct key *key;
	lua_Integer n = 0;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		lua_rawseti(L, 2, ++n);
	}
	key = lua_newuserdatauv(L, (size_t)n * sizeof(*key) + 1, 0);
	for (lua_Integer i = 0; i < n; i++) {
		lua_rawgeti(L, 2, i + 1);
		take_key(L, -1, &key[i]);
		key[i].at = i + 1;
		lua_pop(L, 1);
	}
	qsort(key, (size_t)n, sizeof(*key), key_compare);
	lua_pushvalue(L, 1);
	lua_newtable(L);
	for (lua_Integer i = 0; i < n; i++) {
		lua_rawgeti(L, 2, key[i].at);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, pairs_next, 3);
	return 1;
}

/* ---- what could take too long or too much ---- */

/* Calls the library's own function with the arguments as they are. */
static int
call_original(lua_State *L)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int
pattern_call(lua_State *L)
{
	size_t subject, len;
	const char *p;
	double steps;
	int repeats = 0;

	luaL_checklstring(L, 1, &subject);
	p = luaL_checklstring(L, 2, &len);
	if (subject > SUBJECT_MAX || len > PATTERN_MAX)
		return box_raise(L, "文字或模式过长",
		    "the text or the pattern is too long", "");
	for (size_t i = 0; i < len; i++)
		if (p[i] == '%')
			i++;
		else if (p[i] == '*' || p[i] == '+' || p[i] == '-')
			repeats++;
	if (len == 0 || p[0] != '^')
		repeats++;
	/* So many ways there are to cut the text among them. */
	steps = pow((double)subject, repeats) / tgamma(repeats + 1.0);
	if (steps > PATTERN_STEPS)
		return box_raise(L, "模式中的重复过多，可能永远算不完",
		    "the pattern repeats too much for so long a text", "");
	box_charge(L, (int)(steps / STEPS_OF_ONE));
	return call_original(L);
}

static int
bounded_rep(lua_State *L)
{
	size_t len, sep = 0;
	lua_Integer n = luaL_checkinteger(L, 2);

	luaL_checklstring(L, 1, &len);
	if (!lua_isnoneornil(L, 3))
		luaL_checklstring(L, 3, &sep);
	/* Nothing, a thousand million times over, takes its time too. */
	len = len + sep > 0 ? len + sep : 1;
	if (n > 0 && (lua_Unsigned)n > SUBJECT_MAX / len)
		return box_raise(L, "string.rep 的结果过长",
		    "string.rep would make too long a text", "");
	return call_original(L);
}

static int
plain_format(lua_State *L)
{
	const char *f = luaL_checkstring(L, 1);

	for (; *f != '\0'; f++)
		if (*f == '%') {
			f++;
			f += strspn(f, "-+ #0123456789.");
			if (*f == 'p')
				return box_raise(L, "已禁用：%p",
				    "blocked: %p is not available to rules",
				    "");
			if (*f == '\0')
				break;
		}
	for (int i = 2; i <= lua_gettop(L); i++)
		if (lua_type(L, i) > LUA_TSTRING) {
			lua_pushstring(L, luaL_typename(L, i));
			lua_replace(L, i);
		}
	return call_original(L);
}

/* Beyond a hundred the library picks pivots by the clock. */
static int
small_sort(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (lua_rawlen(L, 1) > SORT_MAX)
		return box_raise(L, "table.sort 最多排 100 项",
		    "table.sort takes at most 100 items", "");
	return call_original(L);
}

/* Puts fn in front of the function of that name in the table on the stack. */
static void
wrap(lua_State *L, const char *name, lua_CFunction fn)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, fn, 1);
	lua_setfield(L, -2, name);
}

/* ---- require ---- */

static void
load_module(lua_State *L, const char *name)
{
	struct box *b = box_of(L);
	const struct pack_file *f = NULL;
	const char *path = lua_pushfstring(L, "lua/%s.lua", name);

	if (b->pack != NULL)
		f = pack_find(b->pack, path);
	if (f == NULL)
		box_raise(L, "没有规则库 {}",
		    "there is no module '{}' of the library", name);
	lua_pushfstring(L, "@%s", path);
	if (luaL_loadbufferx(L, f->data, f->len, lua_tostring(L, -1), "t") !=
	    LUA_OK)
		lua_error(L);
	box_push_core(L);
	lua_call(L, 1, 1);
	if (!lua_istable(L, -1))
		box_raise(L, "规则库 {} 没有返回表",
		    "module '{}' returns no table", name);
}

static int
no_member(lua_State *L)
{
	return box_raise(L, "zayton 库没有 {}", "zayton has no '{}'",
	    luaL_tolstring(L, 2, NULL));
}

/* Unknown names raise; what examples are written with needs no prefix. */
static void
seal(lua_State *L)
{
	static const char *const words[] = { "example", "gives", "refuses",
		"warns" };

	lua_pushglobaltable(L);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		lua_pushstring(L, words[i]);
		lua_getfield(L, -3, words[i]);
		lua_rawset(L, -3);
	}
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushcfunction(L, no_member);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}

static int
require(lua_State *L)
{
	size_t len;
	const char *name = luaL_checklstring(L, 1, &len);

	if (strlen(name) != len)
		return box_raise(L, "没有规则库 {}",
		    "there is no module '{}' of the library", name);
	lua_settop(L, 1);
	lua_rawgeti(L, LUA_REGISTRYINDEX, box_of(L)->loaded);
	if (lua_getfield(L, 2, name) == LUA_TTABLE)
		return 1;
	if (lua_isboolean(L, -1))
		return box_raise(L, "规则库 {} 引用了自己",
		    "module '{}' requires itself", name);
	lua_pop(L, 1);
	lua_pushboolean(L, 0);
	lua_setfield(L, 2, name);
	load_module(L, name);
	if (strcmp(name, "zayton") == 0)
		seal(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, 2, name);
	return 1;
}

/* ---- what is left ---- */

static void
open_string(lua_State *L)
{
	static const char *const gone[] = { "dump", "pack", "unpack",
		"packsize" };
	static const char *const patterns[] = { "find", "match", "gmatch",
		"gsub" };

	luaL_requiref(L, "string", luaopen_string, 0);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		const char *name = lua_pushfstring(L, "string.%s", gone[i]);

		lua_insert(L, -2);
		block(L, gone[i], name);
		lua_remove(L, -2);
	}
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		wrap(L, patterns[i], pattern_call);
	wrap(L, "rep", bounded_rep);
	wrap(L, "format", plain_format);
	lua_setfield(L, -2, "string");
}

static void
open_others(lua_State *L)
{
	luaL_requiref(L, "table", luaopen_table, 0);
	block(L, "move", "table.move");
	wrap(L, "sort", small_sort);
	lua_setfield(L, -2, "table");
	luaL_requiref(L, "math", luaopen_math, 0);
	block(L, "random", "math.random");
	block(L, "randomseed", "math.randomseed");
	lua_setfield(L, -2, "math");
	luaL_requiref(L, "utf8", luaopen_utf8, 0);
	lua_setfield(L, -2, "utf8");
}

/* From the table of all base functions at index base. */
static void
open_base(lua_State *L, int base)
{
	static const char *const kept[] = { "assert", "error", "ipairs",
		"rawequal", "rawlen", "select", "tonumber", "type" };
	static const char *const gone[] = { "collectgarbage", "dofile",
		"getfenv", "getmetatable", "load", "loadfile", "loadstring",
		"module", "newproxy", "next", "print", "rawget", "rawset",
		"setfenv", "setmetatable", "warn", "xpcall", "_G", "_ENV" };
	static const char *const libraries[] = { "coroutine", "debug", "io",
		"os", "package" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		lua_getfield(L, base, kept[i]);
		lua_setfield(L, -2, kept[i]);
	}
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		block(L, gone[i], gone[i]);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		block_library(L, libraries[i]);
	lua_pushcfunction(L, safe_pcall);
	lua_setfield(L, -2, "pcall");
	lua_pushcfunction(L, safe_tostring);
	lua_setfield(L, -2, "tostring");
	lua_pushcfunction(L, sorted_pairs);
	lua_setfield(L, -2, "pairs");
	lua_pushcfunction(L, require);
	lua_setfield(L, -2, "require");
}

void
box_open_libs(lua_State *L)
{
	int base;

	luaL_requiref(L, "_G", luaopen_base, 0);
	base = lua_gettop(L);
	lua_newtable(L);
	open_base(L, base);
	open_string(L);
	open_others(L);
	lua_newtable(L);
	lua_pushcfunction(L, no_global);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, new_global);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	lua_pushnil(L);
	lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_settop(L, base - 1);
}
