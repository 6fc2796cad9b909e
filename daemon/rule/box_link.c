#include <lua.h>
#include <string.h>

#include "rule/box_link.h"
#include "rule/box_table.h"

static int
read_weights(struct box_table *t, struct link_rules *r)
{
	lua_State *L = t->L;

	if (box_table_enter(t, "weights") == -1)
		return -1;
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		if (lua_type(L, -2) != LUA_TSTRING ||
		    evidence_find(lua_tostring(L, -2)) == EVIDENCE_KINDS)
			return box_table_wrong(t, "no evidence is called",
			    lua_type(L, -2) == LUA_TSTRING
				? lua_tostring(L, -2)
				: lua_typename(L, lua_type(L, -2)));
	for (int k = 0; k < EVIDENCE_KINDS; k++)
		if (box_table_number(t, evidence_name((enum evidence)k),
			&r->weight[k]) == -1)
			return -1;
	box_table_leave(t);
	return 0;
}

/* The list of names of a name in the table at the top. */
static int
read_list(struct box_table *t, const char *name, char (*out)[LINK_NAME],
    size_t max, size_t *ret_n)
{
	lua_State *L = t->L;
	size_t n;

	if (box_table_enter(t, name) == -1)
		return -1;
	n = (size_t)lua_rawlen(L, -1);
	if (n > max)
		return box_table_wrong(t, "too many names in", name);
	for (size_t i = 0; i < n; i++) {
		size_t len = 0;
		const char *s;

		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		s = lua_tolstring(L, -1, &len);
		if (s == NULL || len >= LINK_NAME)
			return box_table_wrong(t, "short names have to be in",
			    name);
		memcpy(out[i], s, len + 1);
		lua_pop(L, 1);
	}
	*ret_n = n;
	box_table_leave(t);
	return 0;
}

static int
read_subject(struct box_table *t, struct link_rules *r)
{
	size_t n;

	if (box_table_enter(t, "subject") == -1)
		return -1;
	for (int p = 0; p < LINK_PART_COUNT; p++)
		if (read_list(t, link_part_name((enum link_part)p), r->part[p],
			LINK_NAMES, &n) == -1)
			return -1;
	box_table_leave(t);
	if (box_table_enter(t, "rename") == -1 ||
	    box_table_text(t, "dataset", 0, r->rename.dataset, LINK_NAME) ==
		-1 ||
	    box_table_text(t, "item", 0, r->rename.item, LINK_NAME) == -1 ||
	    box_table_text(t, "says", 0, r->rename.says, LINK_NAME) == -1 ||
	    box_table_text(t, "before", 0, r->rename.before, LINK_NAME) == -1 ||
	    box_table_text(t, "after", 0, r->rename.after, LINK_NAME) == -1)
		return -1;
	box_table_leave(t);
	return 0;
}

int
box_link_rules(const char *text, size_t len, struct link_rules *ret_r,
    struct err *e)
{
	struct box_table t;
	struct link_rules r;
	int rc = -1;

	memset(&r, 0, sizeof(r));
	if (box_table_open(&t, "rules/link.lua", text, len, e) == -1 ||
	    box_table_number(&t, "link", &r.link) == -1 ||
	    box_table_number(&t, "review", &r.review) == -1 ||
	    box_table_number(&t, "margin", &r.margin) == -1 ||
	    read_weights(&t, &r) == -1 ||
	    read_list(&t, "found", r.founder, LINK_FOUNDERS, &r.nfounders) ==
		-1 ||
	    read_subject(&t, &r) == -1 || link_rules_check(&r, e) == -1)
		goto out;
	*ret_r = r;
	rc = 0;
out:
	box_table_close(&t);
	return rc;
}
