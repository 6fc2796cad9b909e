#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/address.h"
#include "sys/conf.h"

enum { MEMORY = 16 << 20, INSTRUCTIONS = 1000000 };

enum setting_kind { SETTING_TEXT, SETTING_INT, SETTING_INT64, SETTING_FLAG };

/* Every setting: its name, where it goes, what it may be. */
static const struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;
	size_t size;
	int64_t min;
	int64_t max;
} settings[] = {
#define TEXT(name)                                                \
	{                                                         \
#name, SETTING_TEXT, offsetof(struct conf, name), \
		    sizeof(((struct conf *)0)->name), 0, 0        \
	}
#define NUMBER(name, min, max)                                               \
	{                                                                    \
#name, SETTING_INT, offsetof(struct conf, name), 0, min, max \
	}
#define BYTES(name, min, max)                                                  \
	{                                                                      \
#name, SETTING_INT64, offsetof(struct conf, name), 0, min, max \
	}
#define FLAG(name)                                                        \
	{                                                                 \
#name, SETTING_FLAG, offsetof(struct conf, name), 0, 0, 0 \
	}
	TEXT(listen),
	TEXT(user),
	NUMBER(sessions_max, 1, 10000),
	NUMBER(sessions_per_source, 1, 10000),
	NUMBER(source_prefix_ipv4, 1, 32),
	NUMBER(source_prefix_ipv6, 1, 128),
	NUMBER(startups_begin, 1, 10000),
	NUMBER(startups_rate, 0, 100),
	NUMBER(startups_max, 1, 10000),
	NUMBER(login_seconds, 1, 600),
	NUMBER(login_packets, 8, 100000),
	NUMBER(penalty_silent, 0, 86400),
	NUMBER(penalty_key, 0, 86400),
	NUMBER(penalty_grace, 0, 86400),
	NUMBER(penalty_protocol, 0, 86400),
	NUMBER(penalty_crash, 0, 86400),
	NUMBER(penalty_min, 0, 86400),
	NUMBER(penalty_max, 0, 86400),
	TEXT(penalty_exempt),
	NUMBER(idle_seconds, 10, 86400),
	NUMBER(uploads_open_max, 1, 64),
	BYTES(upload_bytes_max, 1 << 20, INT64_MAX),
	BYTES(disk_reserve, 0, INT64_MAX),
	NUMBER(workers_max, 0, 256),
	NUMBER(worker_seconds, 1, 86400),
	BYTES(worker_bytes, 64 << 20, INT64_MAX),
	BYTES(unpacked_bytes_max, 1 << 20, INT64_MAX),
	NUMBER(visible_hours, 1, 24 * 365),
	NUMBER(unfinished_hours, 1, 24 * 365),
	TEXT(notify),
	TEXT(notify_url),
	NUMBER(notify_seconds, 1, 600),
	NUMBER(queries_per_day, 1, 1000000),
	NUMBER(extract_days, 1, 3650),
	NUMBER(bundle_days, 30, 36500),
	NUMBER(report_days, 30, 36500),
	NUMBER(receipt_days, 30, 36500),
	NUMBER(access_days, 180, 36500),
	FLAG(ssh_strict),
	TEXT(log),
	FLAG(log_debug),
#undef FLAG
#undef TEXT
#undef NUMBER
#undef BYTES
};

enum { NSETTINGS = sizeof(settings) / sizeof(settings[0]) };

static const struct conf defaults = {
	.listen = "0.0.0.0:2022",
	.user = "zayton",
	.sessions_max = 200,
	.sessions_per_source = 40,
	.source_prefix_ipv4 = 32,
	.source_prefix_ipv6 = 64,
	.startups_begin = 30,
	.startups_rate = 30,
	.startups_max = 100,
	.login_seconds = 30,
	.login_packets = 64,
	.penalty_silent = 1,
	.penalty_key = 3,
	.penalty_grace = 20,
	.penalty_protocol = 60,
	.penalty_crash = 90,
	.penalty_min = 30,
	.penalty_max = 600,
	.penalty_exempt = "none",
	.idle_seconds = 900,
	.uploads_open_max = 64,
	.upload_bytes_max = INT64_C(16) << 30,
	.disk_reserve = INT64_C(256) << 20,
	.workers_max = 0,
	.worker_seconds = 3600,
	.worker_bytes = INT64_C(512) << 20,
	.unpacked_bytes_max = INT64_C(64) << 30,
	.visible_hours = 24,
	.unfinished_hours = 24 * 7,
	.notify = "none",
	.notify_url = "none",
	.notify_seconds = 10,
	.log = "text",
	.queries_per_day = 1000,
	.extract_days = 30,
	.bundle_days = 365,
	.report_days = 5 * 365,
	.receipt_days = 5 * 365,
	.access_days = 400,
};

/* The setting that shares the longest beginning with an unknown name. */
static const char *
nearest(const char *name)
{
	const char *best = settings[0].name;
	size_t most = 0;

	for (size_t i = 0; i < NSETTINGS; i++) {
		size_t n = 0;

		while (name[n] != '\0' && name[n] == settings[i].name[n])
			n++;
		if (n > most) {
			most = n;
			best = settings[i].name;
		}
	}
	return best;
}

static int
take_number(lua_State *L, const struct setting *s, struct conf *c,
    struct err *e)
{
	char *to = (char *)c + s->offset;
	int64_t v;
	int small;

	if (!lua_isinteger(L, -1))
		return err_set(e, ERR_HOLD, "'%s' must be a whole number",
		    s->name);
	v = lua_tointeger(L, -1);
	if (v < s->min || v > s->max)
		return err_set(e, ERR_HOLD,
		    "'%s' is %lld, but must be from %lld to %lld", s->name,
		    (long long)v, (long long)s->min, (long long)s->max);
	if (s->kind == SETTING_INT64) {
		memcpy(to, &v, sizeof(v));
		return 0;
	}
	small = (int)v;
	memcpy(to, &small, sizeof(small));
	return 0;
}

static int
take(lua_State *L, const struct setting *s, struct conf *c, struct err *e)
{
	const char *text;
	size_t len;
	int flag;

	switch (s->kind) {
	case SETTING_INT:
	case SETTING_INT64:
		return take_number(L, s, c, e);
	case SETTING_FLAG:
		flag = lua_toboolean(L, -1);
		memcpy((char *)c + s->offset, &flag, sizeof(flag));
		return 0;
	case SETTING_TEXT:
		if (lua_type(L, -1) != LUA_TSTRING)
			return err_set(e, ERR_HOLD, "'%s' must be a text",
			    s->name);
		text = lua_tolstring(L, -1, &len);
		if (len >= s->size)
			return err_set(e, ERR_HOLD, "'%s' is too long",
			    s->name);
		memcpy((char *)c + s->offset, text, len + 1);
		return 0;
	}
	return -1;
}

/* Who is told of events: a program by its whole path, or a web address. */
static int
check_notify(const struct conf *c, struct err *e)
{
	if (strcmp(c->notify, "none") != 0 && c->notify[0] != '/')
		return err_set(e, ERR_HOLD,
		    "'notify' must be the whole path of a program, or "
		    "\"none\"");
	if (strcmp(c->notify_url, "none") != 0 &&
	    strncmp(c->notify_url, "https://", 8) != 0 &&
	    strncmp(c->notify_url, "http://", 7) != 0)
		return err_set(e, ERR_HOLD,
		    "'notify_url' must begin with https:// or http://, or be "
		    "\"none\"");
	return 0;
}

static int
check_penalties(const struct conf *c, struct err *e)
{
	if (address_list_check(c->penalty_exempt, e) == -1)
		return err_in(e, "'penalty_exempt'");
	return 0;
}

static int
check_log(const struct conf *c, struct err *e)
{
	return strcmp(c->log, "text") == 0 || strcmp(c->log, "json") == 0
		   ? 0
		   : err_set(e, ERR_HOLD, "'log' must be \"text\" or \"json\"");
}

static int
take_all(lua_State *L, struct conf *c, struct err *e)
{
	lua_pushnil(L);
	while (lua_next(L, -2) != 0) {
		const char *name =
		    lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		size_t i = 0;

		while (i < NSETTINGS && strcmp(settings[i].name, name) != 0)
			i++;
		if (i == NSETTINGS)
			return err_set(e, ERR_HOLD,
			    "unknown setting '%s', did you mean '%s'?", name,
			    nearest(name));
		if (take(L, &settings[i], c, e) == -1)
			return -1;
		lua_pop(L, 1);
	}
	return 0;
}

/* Values take little; what takes much is a fault, and no start waits for it. */
static void *
allocate(void *ud, void *p, size_t old, size_t size)
{
	size_t *used = ud;
	void *q;

	if (p == NULL)
		old = 0;
	if (size == 0) {
		free(p);
		*used -= old;
		return NULL;
	}
	if (size > old && *used + (size - old) > MEMORY)
		return NULL;
	q = realloc(p, size);
	if (q != NULL)
		*used = *used - old + size;
	return q;
}

static void
too_long(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	(void)luaL_error(L, "it takes too many steps");
}

int
conf_read(const char *path, struct conf *ret_c, struct err *e)
{
	struct conf c = defaults;
	size_t used = 0;
	lua_State *L = lua_newstate(allocate, &used);
	int rc = -1;

	if (L == NULL)
		return err_set(e, ERR_RETRY, "no memory to read '%s'", path);
	/* The chunk's globals are the table below: no library is in reach. */
	if (luaL_loadfilex(L, path, "t") != LUA_OK) {
		err_set(e, ERR_HOLD, "%s", lua_tostring(L, -1));
		goto out;
	}
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_setupvalue(L, -3, 1);
	lua_insert(L, -2);
	lua_sethook(L, too_long, LUA_MASKCOUNT, INSTRUCTIONS);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
		err_set(e, ERR_HOLD, "%s", lua_tostring(L, -1));
		goto out;
	}
	if (take_all(L, &c, e) == -1 || check_notify(&c, e) == -1 ||
	    check_penalties(&c, e) == -1 || check_log(&c, e) == -1) {
		err_in(e, "%s", path);
		goto out;
	}
	*ret_c = c;
	rc = 0;
out:
	lua_close(L);
	return rc;
}
