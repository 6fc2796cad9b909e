#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/box_part.h"
#include "rule/box_task.h"
#include "rule/pack.h"
#include "sys/mem.h"

#define QUALITY "rules/quality.lua"

enum { INSTRUCTIONS = 1000000 };

struct tasks {
	struct box *box;
	size_t n;
	struct quality_task task[TASKS_MAX];
	int function[TASKS_MAX]; /* references, of tasks that keep */
};

static const struct {
	const char *name;
	enum task_check check;
	const char *zh;
	const char *en;
} checks[] = {
	{ "volume", TASK_VOLUME, "行数与其他各期相差较大",
	    "numbers of rows far from other periods" },
	{ "nulls", TASK_NULLS, "空值比例与其他各期相差较大",
	    "empty cells far from other periods" },
	{ "codes", TASK_CODES, "出现此前各期没有的代码",
	    "codes that no other period had" },
	{ "coverage", TASK_COVERAGE, "出现的企业明显少于前三期",
	    "far fewer enterprises than in the last three periods" },
};

enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

/* --- members ------------------------------------------------------------ */

/* The text at the top. */
static void
read_text(lua_State *L, const char *name, char *to, size_t size)
{
	size_t len = 0;
	const char *s =
	    lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	if (s == NULL || len == 0 || strlen(s) != len)
		luaL_error(L, "'%s' must be a text", name);
	if (len >= size)
		luaL_error(L, "'%s' is longer than %d bytes", name,
		    (int)size - 1);
	memcpy(to, s, len + 1);
}

static void
read_check(lua_State *L, struct quality_task *t)
{
	char word[32];

	read_text(L, "check", word, sizeof(word));
	for (int i = 0; i < CHECKS; i++)
		if (strcmp(checks[i].name, word) == 0) {
			t->check = checks[i].check;
			snprintf(t->zh, sizeof(t->zh), "%s", checks[i].zh);
			snprintf(t->en, sizeof(t->en), "%s", checks[i].en);
			return;
		}
	luaL_error(L, "no check is called '%s'", word);
}

static void
read_schedule(lua_State *L, struct quality_task *t)
{
	char word[32];

	read_text(L, "schedule", word, sizeof(word));
	t->schedule = strcmp(word, "daily") == 0
			  ? CALENDAR_REALTIME
			  : calendar_frequency_find(word);
	if (t->schedule == CALENDAR_UNSAID || t->schedule == CALENDAR_EVENT)
		luaL_error(L,
		    "'schedule' is daily, weekly, monthly, quarterly, "
		    "half-yearly or yearly, not '%s'",
		    word);
}

static void
read_to(lua_State *L, struct quality_task *t)
{
	size_t n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;

	if (n == 0 || n > TASK_ACCOUNTS)
		luaL_error(L, "'to' is a list of 1 to %d accounts",
		    TASK_ACCOUNTS);
	for (t->nto = 0; t->nto < n; lua_pop(L, 1)) {
		lua_rawgeti(L, -1, (lua_Integer)t->nto + 1);
		read_text(L, "to", t->to[t->nto++], sizeof(t->to[0]));
	}
}

static void
read_member(lua_State *L, const char *name, struct quality_task *t, int *fn)
{
	if (strcmp(name, "name") == 0) {
		read_text(L, name, t->name, sizeof(t->name));
	} else if (strcmp(name, "dataset") == 0) {
		read_text(L, name, t->dataset, sizeof(t->dataset));
	} else if (strcmp(name, "query") == 0) {
		read_text(L, name, t->query, sizeof(t->query));
	} else if (strcmp(name, "check") == 0) {
		read_check(L, t);
	} else if (strcmp(name, "schedule") == 0) {
		read_schedule(L, t);
	} else if (strcmp(name, "to") == 0) {
		read_to(L, t);
	} else if (strcmp(name, "threshold") == 0) {
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0)
			luaL_error(L, "'threshold' must be a whole number");
		t->threshold = (long)lua_tointeger(L, -1);
	} else if (strcmp(name, "keep") == 0) {
		if (!lua_isfunction(L, -1))
			luaL_error(L, "'keep' must be a function");
		lua_pushvalue(L, -1);
		*fn = luaL_ref(L, LUA_REGISTRYINDEX);
		t->keeps = 1;
	} else if (strcmp(name, "zh") == 0) {
		read_text(L, name, t->zh, sizeof(t->zh));
	} else if (strcmp(name, "en") == 0) {
		read_text(L, name, t->en, sizeof(t->en));
	} else {
		luaL_error(L, "unknown member '%s'", name);
	}
}

/* What every task must have. */
static void
check_whole(lua_State *L, const struct quality_task *t)
{
	const char *good = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	if (t->name[0] == '\0')
		luaL_error(L, "it has no name");
	if (strspn(t->name, good) != strlen(t->name))
		luaL_error(L, "its name '%s' has other than a-z 0-9 _ -",
		    t->name);
	if (t->check == TASK_QUERY && t->query[0] == '\0')
		luaL_error(L, "it has neither query nor check");
	if (t->check != TASK_QUERY && (t->query[0] != '\0' || t->keeps))
		luaL_error(L, "it has both a check and a query");
	if (t->check == TASK_QUERY && t->nto == 0)
		luaL_error(L, "a query says to which accounts: 'to'");
	if (t->zh[0] == '\0' || t->en[0] == '\0')
		luaL_error(L, "it lacks its words, 'zh' and 'en'");
}

/* --- the list ----------------------------------------------------------- */

struct one {
	struct quality_task *task;
	int *function;
};

/* Of the table at 2; its check first, whose words may be said otherwise. */
static int
read_task(lua_State *L)
{
	struct one *o = lua_touserdata(L, 1);

	if (!lua_istable(L, 2))
		luaL_error(L, "it is no table");
	if (lua_getfield(L, 2, "check") != LUA_TNIL)
		read_check(L, o->task);
	lua_pop(L, 1);
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "it is no table of names");
		if (strcmp(lua_tostring(L, -2), "check") != 0)
			read_member(L, lua_tostring(L, -2), o->task,
			    o->function);
	}
	check_whole(L, o->task);
	return 0;
}

/* The task at the top: what is wrong with it is its own fault. */
static void
take_task(lua_State *L, struct tasks *all, lua_Integer i)
{
	struct quality_task *t = &all->task[all->n];
	struct one o = { t, &all->function[all->n] };

	t->schedule = CALENDAR_REALTIME;
	if (lua_getfield(L, -1, "name") == LUA_TSTRING)
		snprintf(t->name, sizeof(t->name), "%s", lua_tostring(L, -1));
	else
		snprintf(t->name, sizeof(t->name), "task-%d", (int)i);
	lua_pop(L, 1);
	lua_pushcfunction(L, read_task);
	lua_pushlightuserdata(L, &o);
	lua_pushvalue(L, -3);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
		snprintf(t->error, sizeof(t->error), "%s",
		    lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
		lua_pop(L, 1);
		box_check_over(L);
	}
	all->n++;
}

struct reading {
	const struct pack_file *file;
	struct tasks *tasks;
};

static int
read_file(lua_State *L)
{
	struct reading *r = lua_touserdata(L, 1);
	size_t n;

	if (luaL_loadbufferx(L, r->file->data, r->file->len, "@" QUALITY,
		"t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1) || lua_getfield(L, -1, "tasks") == LUA_TNIL)
		return 0;
	if (!lua_istable(L, -1) || (n = lua_rawlen(L, -1)) > TASKS_MAX)
		box_raise(L, QUALITY " 的 tasks 不是列表，或超过 {} 个任务",
		    QUALITY ": tasks is no list of at most {}",
		    lua_pushfstring(L, "%d", TASKS_MAX));
	for (lua_Integer i = 1; i <= (lua_Integer)n; i++) {
		lua_rawgeti(L, -1, i);
		if (lua_istable(L, -1)) {
			take_task(L, r->tasks, i);
		} else {
			struct quality_task *t = &r->tasks->task[r->tasks->n++];

			snprintf(t->name, sizeof(t->name), "task-%d", (int)i);
			snprintf(t->error, sizeof(t->error), "it is no table");
		}
		lua_pop(L, 1);
	}
	return 0;
}

int
box_tasks(const struct pack *p, struct tasks **ret_t, struct err *e)
{
	struct tasks *t = xcalloc(1, sizeof(*t));
	struct reading r = { pack_find(p, QUALITY), t };

	if (r.file != NULL) {
		if (box_new(p, NULL, &t->box, e) == -1) {
			free(t);
			return -1;
		}
		t->box->left = INSTRUCTIONS;
		if (box_protected(t->box, read_file, &r, e) == -1) {
			box_tasks_free(t);
			return -1;
		}
	}
	*ret_t = t;
	return 0;
}

void
box_tasks_free(struct tasks *t)
{
	if (t == NULL)
		return;
	box_free(t->box);
	free(t);
}

size_t
box_tasks_count(const struct tasks *t)
{
	return t->n;
}

const struct quality_task *
box_tasks_at(const struct tasks *t, size_t i)
{
	return &t->task[i];
}

const struct quality_task *
box_tasks_find(const struct tasks *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->task[i].name, name) == 0)
			return &t->task[i];
	return NULL;
}

/* --- its function ------------------------------------------------------- */

struct question {
	int function;
	const char *const *name;
	const char *const *value;
	size_t n;
	int keep;
};

static int
ask(lua_State *L)
{
	struct question *q = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, q->function);
	lua_createtable(L, 0, (int)q->n);
	for (size_t i = 0; i < q->n; i++)
		if (q->value[i] != NULL) {
			lua_pushstring(L, q->value[i]);
			lua_setfield(L, -2, q->name[i]);
		}
	lua_call(L, 1, 1);
	q->keep = lua_toboolean(L, -1);
	return 0;
}

int
box_tasks_keep(struct tasks *t, const struct quality_task *task,
    const char *const *name, const char *const *value, size_t n, struct err *e)
{
	struct question q = { t->function[task - t->task], name, value, n, 0 };

	box_row_start(t->box);
	return box_protected(t->box, ask, &q, e) == -1 ? -1 : q.keep;
}
