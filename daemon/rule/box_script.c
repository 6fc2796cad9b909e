#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "rule/arena.h"
#include "rule/box_part.h"
#include "rule/codes.h"
#include "sys/mem.h"

/*
 * What a script declares. Everything here runs under box_protected: a mistake
 * raises and names the line, the dataset and the place in it.
 */

static int __attribute__((noreturn))
mistake(lua_State *L, const char *zh, const char *en, const char *what)
{
	box_raise(L, zh, en, what);
}

static struct ruleset *
current(lua_State *L)
{
	return box_of(L)->rs;
}

static int
field_of(lua_State *L, const char *name)
{
	const struct schema *s = current(L)->schema;
	int field = schema_field(s, name);

	if (field == -1)
		mistake(L, "数据标准中没有字段 {}",
		    "the standard has no field '{}'",
		    lua_pushfstring(L, "%s.%s", s->dataset, name));
	return field;
}

/* A text at a place in the table at index t, or NULL. */
static const char *
text_at(lua_State *L, int t, const char *name)
{
	const char *s = NULL;

	if (lua_getfield(L, t, name) == LUA_TSTRING)
		s = box_keep(L, -1);
	else if (!lua_isnil(L, -1))
		mistake(L, "{} 应为文字", "'{}' must be a text", name);
	lua_pop(L, 1);
	return s;
}

static const char *
item_text(lua_State *L, int t, int i)
{
	const char *s;

	if (lua_rawgeti(L, t, i) != LUA_TSTRING)
		mistake(L, "第 {} 个参数应为文字", "argument {} must be a text",
		    lua_pushfstring(L, "%d", i));
	s = box_keep(L, -1);
	lua_pop(L, 1);
	return s;
}

static int
function_at_top(lua_State *L)
{
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* ---- steps ---- */

/* Arguments of a step may stand in one table: z.null_if { "a", "b" }. */
static int
arguments_of(lua_State *L, int t)
{
	if (lua_rawgeti(L, t, 1) == LUA_TTABLE)
		return lua_gettop(L);
	lua_pop(L, 1);
	lua_pushvalue(L, t);
	return lua_gettop(L);
}

static size_t
read_field_names(lua_State *L, int t, size_t *field, size_t max)
{
	size_t n = (size_t)lua_rawlen(L, t);

	if (n == 0 || n > max)
		mistake(L, "字段个数不对", "a wrong number of fields", "");
	for (size_t i = 0; i < n; i++)
		field[i] = (size_t)field_of(L, item_text(L, t, (int)i + 1));
	return n;
}

static const char *const *
read_texts(lua_State *L, int t)
{
	size_t n = (size_t)lua_rawlen(L, t);
	const char **out =
	    arena_alloc(box_of(L)->script->arena, (n + 1) * sizeof(*out));

	for (size_t i = 0; i < n; i++)
		out[i] = item_text(L, t, (int)i + 1);
	out[n] = NULL;
	return out;
}

static void
read_list(lua_State *L, int t, struct step *s)
{
	struct script *script = box_of(L)->script;
	const char *source = NULL;

	s->text = item_text(L, t, 1);
	if (lua_rawlen(L, t) > 1)
		source = item_text(L, t, 2);
	s->set = codes_set(script->codes, script->provider, s->text, source);
	if (s->set == NULL)
		mistake(L, "没有代码表 {}", "there is no code list '{}'",
		    s->text);
}

static void
read_arguments(lua_State *L, int t, enum step_args args, struct step *s)
{
	int a = arguments_of(L, t);

	switch (args) {
	case ARGS_NONE:
		break;
	case ARGS_NUMBER:
		if (lua_rawgeti(L, a, 1) != LUA_TNUMBER)
			mistake(L, "应给出一个数", "a number is wanted", "");
		s->number = (int)lua_tointeger(L, -1);
		break;
	case ARGS_TEXT:
		s->text = item_text(L, a, 1);
		break;
	case ARGS_TEXTS:
		s->texts = read_texts(L, a);
		break;
	case ARGS_TWO:
		s->texts = read_texts(L, a);
		if (s->texts[0] == NULL || s->texts[1] == NULL)
			mistake(L, "应给出两个文字", "two texts are wanted",
			    "");
		s->text = s->texts[0];
		s->texts++;
		break;
	case ARGS_LIST:
		read_list(L, a, s);
		break;
	case ARGS_FIELDS:
		s->nfields = read_field_names(L, a, s->field, STEP_FIELDS);
		if (s->op == STEP_MINUS && s->nfields != 2)
			mistake(L, "应给出两个字段", "two fields are wanted",
			    "");
		break;
	}
}

/* The step at the top of the stack, which is popped. */
static struct step
read_step(lua_State *L)
{
	struct step s = { 0 };
	const struct step_info *info;
	const char *name;
	int t = lua_gettop(L);

	if (lua_isfunction(L, t)) {
		s.op = STEP_LUA;
		s.function = function_at_top(L);
		return s;
	}
	if (!lua_istable(L, t) || lua_getfield(L, t, "step") != LUA_TSTRING)
		mistake(L, "应为步骤（如 z.fold）或函数，而不是 {}",
		    "a step such as z.fold or a function is wanted, not {}",
		    luaL_typename(L, t));
	name = lua_tostring(L, -1);
	info = step_find(name);
	if (info == NULL)
		mistake(L, "没有步骤 {}", "there is no step '{}'", name);
	s.op = info->op;
	s.number = info->number;
	read_arguments(L, t, info->args, &s);
	lua_settop(L, t - 1);
	return s;
}

/* The chain at the top of the stack, which is popped. */
static void
read_chain(lua_State *L, struct chain *chain)
{
	int t = lua_gettop(L);
	size_t n = 1;
	int list = lua_istable(L, t) && lua_getfield(L, t, "step") == LUA_TNIL;

	lua_settop(L, t);
	if (list)
		n = (size_t)lua_rawlen(L, t);
	if (n > 32)
		mistake(L, "步骤过多", "more than 32 steps", "");
	chain->step = arena_alloc(box_of(L)->script->arena,
	    (n + 1) * sizeof(*chain->step));
	for (size_t i = 0; i < n; i++) {
		if (list)
			lua_rawgeti(L, t, (lua_Integer)i + 1);
		else
			lua_pushvalue(L, t);
		chain->step[i] = read_step(L);
		chain->lua |= chain->step[i].op == STEP_LUA;
	}
	chain->n = n;
	lua_settop(L, t - 1);
}

/* ---- sections of a dataset ---- */

/* The table of a section at the top, or nothing there: 0. */
static int
section(lua_State *L, int spec, const char *name)
{
	if (lua_getfield(L, spec, name) == LUA_TNIL) {
		lua_pop(L, 1);
		return 0;
	}
	if (!lua_istable(L, -1))
		mistake(L, "{} 应为表", "'{}' must be a table", name);
	return lua_gettop(L);
}

static const char *
key_text(lua_State *L, const char *where)
{
	if (lua_type(L, -2) != LUA_TSTRING)
		mistake(L, "{} 的键应为字段名",
		    "the keys of '{}' must be names of fields", where);
	return lua_tostring(L, -2);
}

static void
read_clean(lua_State *L, int spec)
{
	int t = section(L, spec, "clean");

	if (t == 0)
		return;
	for (lua_pushnil(L); lua_next(L, t) != 0;) {
		int field = field_of(L, key_text(L, "clean"));

		read_chain(L, &current(L)->chain[field]);
	}
	lua_settop(L, t - 1);
}

/* In the order of the standard: a table of names has none of its own. */
static void
read_derive(lua_State *L, int spec)
{
	struct ruleset *rs = current(L);
	int t = section(L, spec, "derive");

	if (t == 0)
		return;
	for (lua_pushnil(L); lua_next(L, t) != 0; lua_pop(L, 1))
		(void)field_of(L, key_text(L, "derive"));
	for (size_t i = 0; i < rs->schema->nfields; i++) {
		struct rule_derive *d = &rs->derive[rs->nderives];

		if (lua_getfield(L, t, rs->schema->field[i].name) == LUA_TNIL) {
			lua_pop(L, 1);
			continue;
		}
		d->field = (int)i;
		d->step = read_step(L);
		rs->nderives++;
	}
	lua_settop(L, t - 1);
}

/* z.today stands where a field could: "@today". */
static size_t
read_test_fields(lua_State *L, int t, struct test *test)
{
	size_t n = (size_t)lua_rawlen(L, t);
	size_t k = 0;

	if (n > TEST_FIELDS)
		mistake(L, "字段过多", "too many fields", "");
	for (size_t i = 0; i < n; i++) {
		const char *name = item_text(L, t, (int)i + 1);

		if (name[0] != '@')
			test->field[k++] = (size_t)field_of(L, name);
	}
	return k;
}

static double
number_at(lua_State *L, int t, const char *name, double otherwise)
{
	double n = otherwise;

	if (lua_getfield(L, t, name) == LUA_TNUMBER)
		n = lua_tonumber(L, -1);
	lua_pop(L, 1);
	return n;
}

/* { test = "le", fields = {...}, low, high, is } at index t. */
static const struct test_info *
read_test(lua_State *L, int t, struct test *test)
{
	const char *name = text_at(L, t, "test");
	const struct test_info *info = name != NULL ? test_find(name) : NULL;
	int fields;

	if (info == NULL)
		mistake(L, "没有检查 {}", "there is no check '{}'",
		    name != NULL ? name : "?");
	fields = section(L, t, "fields");
	if (fields != 0)
		test->nfields = read_test_fields(L, fields, test);
	if (test->nfields < info->fields)
		mistake(L, "检查 {} 的字段不够", "check '{}' wants more fields",
		    name);
	lua_settop(L, t);
	test->op = info->op;
	test->low = number_at(L, t, "low", test->op == TEST_UNIT ? 0 : -1e300);
	test->high = number_at(L, t, "high", 1e300);
	test->text = text_at(L, t, "is");
	return info;
}

static enum severity
read_severity(lua_State *L, int t, enum severity otherwise)
{
	const char *s = text_at(L, t, "severity");

	if (s == NULL)
		return otherwise;
	for (int i = SEVERITY_ERROR; i <= SEVERITY_INFO; i++)
		if (strcmp(severity_name((enum severity)i), s) == 0)
			return (enum severity)i;
	mistake(L, "severity 只能是 error、warn 或 info，不能是 {}",
	    "severity is error, warn or info, not '{}'", s);
}

static int
is_word(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n < 40 && s[n] == '\0';
}

/* Its name and its sentences: the script's own or the catalogue's. */
static void
read_rule(lua_State *L, int t, struct rule_check *k)
{
	const char *name = text_at(L, t, "rule");

	if (name != NULL)
		k->rule = name;
	if (k->rule == NULL || !is_word(k->rule))
		mistake(L, "rule 应为小写字母、数字和下划线",
		    "rule must be a name of a-z, 0-9 and _", "");
	k->zh = text_at(L, t, "zh");
	k->en = text_at(L, t, "en");
	if ((k->zh == NULL) != (k->en == NULL))
		mistake(L, "规则 {} 须同时给出 zh 和 en",
		    "rule '{}' needs both zh and en", k->rule);
	if (k->zh == NULL && catalog_find(k->rule) == NULL)
		mistake(L, "规则 {} 没有 zh 和 en",
		    "rule '{}' has no zh and en", k->rule);
	k->severity = read_severity(L, t, SEVERITY_WARN);
	k->effect = EFFECT_KEEP;
	if (lua_getfield(L, t, "effect") == LUA_TSTRING &&
	    strcmp(lua_tostring(L, -1), "null") == 0)
		k->effect = EFFECT_NULL;
	lua_pop(L, 1);
}

/* What a check looks at; NULL for a function. */
static const struct test_info *
read_when(lua_State *L, int t, struct rule_check *k)
{
	const struct test_info *info = NULL;

	lua_getfield(L, t, "when");
	if (lua_isfunction(L, -1)) {
		k->test.op = TEST_LUA;
		k->test.function = function_at_top(L);
	} else if (lua_istable(L, -1)) {
		info = read_test(L, lua_gettop(L), &k->test);
	} else if (lua_getfield(L, t, "test") == LUA_TSTRING) {
		info = read_test(L, t, &k->test);
	} else if (text_at(L, t, "rule") == NULL) {
		mistake(L, "检查缺少 rule 和 when",
		    "a check needs rule and when", "");
	}
	lua_settop(L, t);
	return info;
}

static void
read_check(lua_State *L, int t, struct rule_check *k)
{
	const struct test_info *info = read_when(L, t, k);
	const char *field;

	k->field = -1;
	if (info != NULL) {
		k->rule = info->rule;
		if (k->test.op != TEST_ONE_OF)
			k->field = (int)k->test.field[0];
	}
	read_rule(L, t, k);
	field = text_at(L, t, "field");
	if (field != NULL)
		k->field = field_of(L, field);
	k->own_field = field != NULL;
	if (k->field == -1 && k->zh == NULL && k->test.op == TEST_LUA)
		mistake(L, "规则 {} 须给出 field",
		    "rule '{}' must name its field", k->rule);
}

static void
read_checks(lua_State *L, int spec)
{
	struct ruleset *rs = current(L);
	int t = section(L, spec, "check");
	size_t n = t != 0 ? (size_t)lua_rawlen(L, t) : 0;

	if (n > RULES_MAX)
		mistake(L, "检查过多", "more than 64 checks", "");
	for (size_t i = 0; i < n; i++) {
		if (lua_rawgeti(L, t, (lua_Integer)i + 1) != LUA_TTABLE)
			mistake(L, "check 的每一项应为表",
			    "each check must be a table", "");
		read_check(L, lua_gettop(L), &rs->check[rs->nchecks]);
		rs->check[rs->nchecks].about =
		    test_about(rs->check[rs->nchecks].test.op);
		rs->nchecks++;
		lua_settop(L, t);
	}
	if (t != 0)
		lua_settop(L, t - 1);
}

/* ---- overwrite ---- */

static void
read_key(lua_State *L, int t, struct schema_key *k)
{
	k->n = read_field_names(L, t, k->field, SCHEMA_KEY_FIELDS);
}

static void
read_keys(lua_State *L, int overwrite)
{
	struct ruleset *rs = current(L);
	int t = section(L, overwrite, "key");
	size_t n;

	if (t == 0)
		return;
	if (lua_rawgeti(L, t, 1) == LUA_TSTRING) {
		lua_settop(L, t);
		read_key(L, t, &rs->key[0]);
		rs->nkeys = 1;
		return;
	}
	n = (size_t)lua_rawlen(L, t);
	if (n == 0 || n > RULES_KEYS)
		mistake(L, "key 应为字段名的表", "key must be a list of fields",
		    "");
	for (size_t i = 0; i < n; i++) {
		lua_settop(L, t);
		if (lua_rawgeti(L, t, (lua_Integer)i + 1) != LUA_TTABLE)
			mistake(L, "key 应为字段名的表",
			    "key must be a list of fields", "");
		read_key(L, lua_gettop(L), &rs->key[i]);
	}
	rs->nkeys = n;
}

/* One of two words, the first if it is not said. 1 for the second. */
static int
choice(lua_State *L, int t, const char *name, const char *first,
    const char *second)
{
	const char *s = text_at(L, t, name);

	if (s == NULL || strcmp(s, first) == 0)
		return 0;
	if (strcmp(s, second) != 0)
		mistake(L, "overwrite 的值 {} 无效",
		    "overwrite does not know '{}'", s);
	return 1;
}

static void
read_overwrite(lua_State *L, int spec)
{
	struct ruleset *rs = current(L);
	int t = section(L, spec, "overwrite");

	if (t == 0)
		return;
	read_keys(L, t);
	lua_settop(L, t);
	rs->policy.keep_first = choice(L, t, "newer", "replace", "ignore");
	rs->policy.null_wipes = choice(L, t, "null", "keep", "replace");
	lua_settop(L, t - 1);
}

/* ---- route ---- */

static const char *
folded(lua_State *L, const char *s)
{
	size_t n = strlen(s);
	char *out = arena_alloc(box_of(L)->script->arena, n + 1);

	match_fold(s, n, out);
	return out;
}

static const struct schema *
dataset_at_top(lua_State *L)
{
	const struct script *s = box_of(L)->script;
	const char *name = lua_tostring(L, -1);
	const struct schema *found =
	    name != NULL ? schemas_likeliest(s->schemas, name) : NULL;

	if (found == NULL)
		mistake(L, "没有数据集 {}", "there is no dataset '{}'",
		    name != NULL ? name : "?");
	return found;
}

static int
by_value(const void *a, const void *b)
{
	const struct rule_way *x = a;
	const struct rule_way *y = b;

	return strcmp(x->value, y->value);
}

/* The dataset at the top of the stack, for the value below it. */
static void
read_way(lua_State *L, struct rule_route *r)
{
	const char *key = key_text(L, "route");
	const struct schema *to;

	if (strcmp(key, "column") == 0)
		return;
	to = dataset_at_top(L);
	if (strcmp(to->provider, box_of(L)->script->provider) != 0)
		mistake(L, "route 指向其他单位的数据集 {}",
		    "the route leads to dataset '{}' of another department",
		    to->dataset);
	if (strcmp(key, "otherwise") == 0)
		r->otherwise = to;
	else
		r->way[r->n++] =
		    (struct rule_way){ box_keep(L, -2), folded(L, key), to };
}

static void
read_route(lua_State *L, int spec)
{
	struct rule_route *r = &current(L)->route;
	int t = section(L, spec, "route");
	const char *column;
	size_t n = 0;

	if (t == 0)
		return;
	column = text_at(L, t, "column");
	if (column == NULL)
		mistake(L, "route 缺少 column", "a route needs a column", "");
	r->header = folded(L, column);
	r->field = schema_field(current(L)->schema, column);
	for (lua_pushnil(L); lua_next(L, t) != 0; lua_pop(L, 1))
		n++;
	r->way = arena_alloc(box_of(L)->script->arena, n * sizeof(*r->way));
	for (lua_pushnil(L); lua_next(L, t) != 0; lua_pop(L, 1))
		read_way(L, r);
	qsort(r->way, r->n, sizeof(*r->way), by_value);
	lua_settop(L, t - 1);
}

/* ---- examples ---- */

static void
check_example(lua_State *L, int t)
{
	int raw = section(L, t, "raw");

	if (raw == 0)
		mistake(L, "例子没有数据", "an example without a row", "");
	for (lua_pushnil(L); lua_next(L, raw) != 0; lua_pop(L, 1))
		(void)field_of(L, key_text(L, "example"));
	lua_settop(L, t);
}

/* The example at the top of the stack, which is popped. */
static void
take_example(lua_State *L)
{
	struct box *b = box_of(L);
	struct box_example *x;
	int t = lua_gettop(L);

	if (!lua_istable(L, t) || lua_getfield(L, t, "example") == LUA_TNIL)
		mistake(L, "应为 example { … }", "example { ... } is wanted",
		    "");
	lua_settop(L, t);
	check_example(L, t);
	x = xcalloc(1, sizeof(*x));
	x->rs = b->rs;
	*b->last = x;
	b->last = &x->next;
	lua_getfield(L, t, "line");
	x->line = (int)lua_tointeger(L, -1);
	lua_settop(L, t);
	x->spec = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void
read_examples(lua_State *L, int spec)
{
	int t;

	for (lua_Integer i = 1; lua_rawgeti(L, spec, i) != LUA_TNIL; i++)
		take_example(L);
	lua_pop(L, 1);
	t = section(L, spec, "example");
	if (t == 0)
		return;
	if (lua_getfield(L, t, "example") != LUA_TNIL) {
		lua_settop(L, t);
		take_example(L);
		return;
	}
	lua_settop(L, t);
	for (lua_Integer i = 1; lua_rawgeti(L, t, i) != LUA_TNIL; i++)
		take_example(L);
	lua_settop(L, t - 1);
}

/* ---- dataset ---- */

static void
check_sections(lua_State *L, int spec)
{
	static const char *const known[] = { "clean", "check", "derive",
		"overwrite", "route", "example" };

	for (lua_pushnil(L); lua_next(L, spec) != 0; lua_pop(L, 1)) {
		size_t i = 0;
		size_t n = sizeof(known) / sizeof(known[0]);

		if (lua_type(L, -2) != LUA_TSTRING)
			continue;
		while (i < n && strcmp(known[i], lua_tostring(L, -2)) != 0)
			i++;
		if (i == n)
			mistake(L,
			    "不认识 {}（应为 clean、check、derive、overwrite、"
			    "route 或 example）",
			    "'{}' is not known (clean, check, derive, "
			    "overwrite, route and example are)",
			    lua_tostring(L, -2));
	}
}

static const struct schema *
find_dataset(lua_State *L, const char *id)
{
	const struct script *s = box_of(L)->script;
	const struct schema *found = schemas_likeliest(s->schemas, id);

	if (found == NULL || strcmp(found->provider, s->provider) != 0)
		mistake(L, "没有数据集 {}", "there is no dataset '{}'",
		    lua_pushfstring(L, "%s of %s", id, s->provider));
	for (const struct ruleset *rs = s->ruleset; rs != NULL; rs = rs->next)
		if (rs->schema == found)
			mistake(L, "数据集 {} 写了两次",
			    "dataset '{}' stands there twice", id);
	return found;
}

static void
read_sections(lua_State *L, struct box *b, const struct schema *s)
{
	b->rs = ruleset_new(b->script, s);
	read_clean(L, 2);
	read_derive(L, 2);
	read_checks(L, 2);
	read_overwrite(L, 2);
	read_route(L, 2);
}

/*
 * core.dataset(id, spec). A file in an older layout that is still accepted is
 * cleaned by the same rules.
 */
static int
dataset(lua_State *L)
{
	struct box *b = box_of(L);
	const char *id = luaL_checkstring(L, 1);
	const struct schema *s, *older;

	luaL_checktype(L, 2, LUA_TTABLE);
	if (b->script == NULL || b->pack == NULL)
		return mistake(L, "此处不能声明数据集",
		    "a dataset cannot be declared here", "");
	s = find_dataset(L, id);
	check_sections(L, 2);
	for (size_t i = 0;
	     (older = schemas_older(b->script->schemas, s, i)) != NULL; i++) {
		read_sections(L, b, older);
		ruleset_ready(b->rs);
	}
	read_sections(L, b, s);
	read_examples(L, 2);
	ruleset_ready(b->rs);
	b->rs = NULL;
	return 0;
}

/* core.line() */
static int
line(lua_State *L)
{
	lua_pushinteger(L, box_line(L));
	return 1;
}

/* core.steps(): { name = takes arguments? } */
static int
list_steps(lua_State *L)
{
	const struct step_info *s;

	lua_newtable(L);
	for (size_t i = 0; (s = step_at(i)) != NULL; i++) {
		lua_pushboolean(L, s->args != ARGS_NONE);
		lua_setfield(L, -2, s->name);
	}
	return 1;
}

/* core.tests(): { name, ... } */
static int
list_tests(lua_State *L)
{
	const struct test_info *t;

	lua_newtable(L);
	for (size_t i = 0; (t = test_at(i)) != NULL; i++) {
		lua_pushstring(L, t->name);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

void
box_push_core(lua_State *L)
{
	static const luaL_Reg core[] = {
		{ "dataset", dataset },
		{ "line", line },
		{ "steps", list_steps },
		{ "tests", list_tests },
		{ "raw", box_raw },
		{ NULL, NULL },
	};

	luaL_newlib(L, core);
}
