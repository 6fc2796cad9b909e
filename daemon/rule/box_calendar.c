#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "rule/box_calendar.h"
#include "rule/box_part.h"
#include "rule/pack.h"

#define QUALITY "rules/quality.lua"

enum { INSTRUCTIONS = 1000000, GRACE = 5 };

static void __attribute__((noreturn)) wrong(lua_State *L, const char *what)
{
	box_raise(L, QUALITY " 的 calendar：{}", QUALITY ": calendar: {}",
	    what);
}

/* The days of a list of texts, which is at the top and taken. */
static size_t
read_days(lua_State *L, const char *name, int *day)
{
	size_t n;

	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		return 0;
	}
	if (!lua_istable(L, -1) || (n = lua_rawlen(L, -1)) > CALENDAR_DAYS)
		wrong(L,
		    lua_pushfstring(L, "'%s' is no list of at most %d days",
			name, CALENDAR_DAYS));
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		if (lua_type(L, -1) != LUA_TSTRING ||
		    calendar_day(lua_tostring(L, -1), &day[i]) == -1)
			wrong(L, lua_pushfstring(L,
				     "'%s' holds no day such as \"2016-10-01\" "
				     "at %d",
				     name, (int)i + 1));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return n;
}

/* A whole number within bounds, which is at the top and taken. */
static int
read_number(lua_State *L, const char *name, int least, int most)
{
	int ok;
	lua_Integer v = lua_tointegerx(L, -1, &ok);

	if (!ok || v < least || v > most)
		wrong(L, lua_pushfstring(L,
			     "'%s' must be a whole number from %d to %d", name,
			     least, most));
	lua_pop(L, 1);
	return (int)v;
}

static void
read_name(lua_State *L, const char *name, char *to, size_t size)
{
	size_t len = 0;
	const char *s =
	    lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	if (s == NULL || len == 0 || len >= size || strlen(s) != len)
		wrong(L, lua_pushfstring(L, "'%s' must be a short text", name));
	memcpy(to, s, len + 1);
	lua_pop(L, 1);
}

static void
read_member(lua_State *L, const char *name, struct calendar_term *t)
{
	char word[32];
	int first, last;

	if (strcmp(name, "dataset") == 0) {
		read_name(L, name, t->dataset, sizeof(t->dataset));
	} else if (strcmp(name, "provider") == 0) {
		read_name(L, name, t->provider, sizeof(t->provider));
	} else if (strcmp(name, "frequency") == 0) {
		read_name(L, name, word, sizeof(word));
		t->frequency = calendar_frequency_find(word);
		if (t->frequency == CALENDAR_UNSAID)
			wrong(L, lua_pushfstring(L,
				     "no frequency is called '%s'", word));
	} else if (strcmp(name, "month") == 0) {
		t->month = read_number(L, name, 1, 12);
	} else if (strcmp(name, "due") == 0) {
		t->day = read_number(L, name, 1, 31);
	} else if (strcmp(name, "grace") == 0) {
		t->grace = read_number(L, name, 0, 366);
	} else if (strcmp(name, "from") == 0) {
		read_name(L, name, t->from, sizeof(t->from));
		if (calendar_span(t->from, &first, &last) == -1)
			wrong(L,
			    lua_pushfstring(L, "'%s' is no period", t->from));
	} else {
		wrong(L, lua_pushfstring(L, "unknown member '%s'", name));
	}
}

/* One agreement, at the top. */
static void
read_term(lua_State *L, struct calendar *c)
{
	struct calendar_term *t = &c->term[c->nterms];

	if (!lua_istable(L, -1) || c->nterms == CALENDAR_TERMS)
		wrong(L, lua_pushfstring(L, "more than %d agreements, or none",
			     CALENDAR_TERMS));
	t->grace = -1;
	for (lua_pushnil(L); lua_next(L, -2) != 0;) {
		if (lua_type(L, -2) != LUA_TSTRING)
			wrong(L, "an agreement is a table of names");
		read_member(L, lua_tostring(L, -2), t);
	}
	if (t->dataset[0] == '\0')
		wrong(L, "an agreement without its dataset");
	c->nterms++;
}

static void
read_calendar(lua_State *L, struct calendar *c)
{
	for (lua_pushnil(L); lua_next(L, -2) != 0;) {
		const char *name =
		    lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		if (lua_isinteger(L, -2)) {
			read_term(L, c);
			lua_pop(L, 1);
		} else if (strcmp(name, "holidays") == 0) {
			c->nholidays = read_days(L, name, c->holiday);
		} else if (strcmp(name, "workdays") == 0) {
			c->nworkdays = read_days(L, name, c->workday);
		} else if (strcmp(name, "grace") == 0) {
			c->grace = read_number(L, name, 0, 366);
		} else {
			wrong(L,
			    lua_pushfstring(L, "unknown member '%s'", name));
		}
	}
}

struct reading {
	const struct pack_file *file;
	struct calendar *calendar;
};

static int
read_file(lua_State *L)
{
	struct reading *r = lua_touserdata(L, 1);

	if (luaL_loadbufferx(L, r->file->data, r->file->len, "@" QUALITY,
		"t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1))
		box_raise(L, QUALITY " 没有返回表", QUALITY " returns no table",
		    "");
	if (lua_getfield(L, -1, "calendar") == LUA_TTABLE)
		read_calendar(L, r->calendar);
	else if (!lua_isnil(L, -1))
		wrong(L, "it is no table");
	return 0;
}

int
box_calendar(const struct pack *p, struct calendar *ret_c, struct err *e)
{
	struct reading r = { pack_find(p, QUALITY), ret_c };
	struct box *b = NULL;
	int rc;

	memset(ret_c, 0, sizeof(*ret_c));
	ret_c->grace = GRACE;
	if (r.file == NULL)
		return 0;
	if (box_new(p, NULL, &b, e) == -1)
		return -1;
	b->left = INSTRUCTIONS;
	rc = box_protected(b, read_file, &r, e);
	box_free(b);
	return rc;
}
