#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "rule/box.h"
#include "rules.h"

#define HEAD "local z = require 'zayton'\n"

static const struct script_limits limits = { 4 << 20, 200000 };

/* Runs a text in a fresh box; "" or what it raised, in English. */
static const char *
run(const char *text)
{
	static char out[512];
	struct pack *p = rules_pack(NULL);
	struct box *b = NULL;
	struct err e;

	assert_int_equal(box_new(p, &limits, &b, &e), 0);
	out[0] = '\0';
	if (box_run(b, "rules/t.lua", text, strlen(text), &e) == -1) {
		assert_int_equal(e.kind, ERR_HOLD);
		assert_true(strlen(e.zh) > 0);
		snprintf(out, sizeof(out), "%s", e.en);
	}
	box_free(b);
	pack_free(p);
	return out;
}

static void
raises(const char *text, const char *want)
{
	const char *got = run(text);

	if (strstr(got, want) == NULL)
		fail_msg("[%s] said '%s', not '%s'", text, got, want);
}

static void
holds(const char *text)
{
	const char *got = run(text);

	if (got[0] != '\0')
		fail_msg("[%s] said '%s'", text, got);
}

/* ---- what is not there ---- */

static void
blocked_functions_raise_by_their_names(void **state)
{
	static const char *const names[] = { "os.execute", "os.getenv",
		"os.time", "os.exit", "os.remove", "io.open", "io.popen",
		"io.read", "debug.getinfo", "debug.sethook",
		"debug.getregistry", "debug.getupvalue", "package.loadlib",
		"package.path", "coroutine.create", "coroutine.wrap" };
	char text[128], want[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "local f = %s", names[i]);
		snprintf(want, sizeof(want),
		    "rules/t.lua:1: blocked: %s is not available to rules",
		    names[i]);
		raises(text, want);
	}
}

static void
blocked_base_functions_raise_when_called(void **state)
{
	static const char *const names[] = { "collectgarbage", "dofile",
		"getmetatable", "load", "loadfile", "loadstring", "next",
		"print", "rawget", "rawset", "setmetatable", "setfenv",
		"string.dump", "string.pack", "table.move", "math.random",
		"math.randomseed", "xpcall", "warn" };
	char text[128], want[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "%s('x')", names[i]);
		snprintf(want, sizeof(want),
		    "blocked: %s is not available to rules", names[i]);
		raises(text, want);
	}
}

/* ---- hostile scripts ---- */

/* What a script may try to get out, and what it hears. */
static const struct {
	const char *text;
	const char *want;
} escapes[] = {
	{ "os.execute('id')", "blocked: os.execute" },
	{ "local o = os; o.x = 1", "blocked: os.x" },
	{ "pcall(function() os.execute('id') end) io.open('/etc/passwd')",
	    "blocked: io.open" },
	{ "_G.x = 1", "attempt to index" },
	{ "_G()", "blocked: _G" },
	{ "for k in pairs(_ENV) do end local os = nil; _ENV.os = 1 "
	  "_ENV.new = 1",
	    "rules have no globals" },
	{ "require 'os'", "no module 'os'" },
	{ "require '../rules/dem'", "no module '../rules/dem'" },
	{ "require 'zayton\\0x'", "no module 'zayton'" },
	{ "require('/etc/passwd')", "no module" },
	{ "(''):dump()", "blocked: string.dump" },
	{ "string.dump(function() end)", "blocked: string.dump" },
	{ "load('\\27Lua')", "blocked: load" },
	{ "while true do end", "took more steps" },
	{ "repeat until false", "took more steps" },
	{ "goto a ::a:: goto a", "took more steps" },
	{ "while true do pcall(function() while true do end end) end",
	    "took more steps" },
	{ "local function f() pcall(f) while true do end end f()",
	    "took more steps" },
	{ "pcall(pcall, pcall, function() while true do end end) "
	  "error('swallowed')",
	    "took more steps" },
	{ "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end",
	    "memory" },
	{ "local s = 'x' while true do s = s .. s end", "memory" },
	{ "while true do pcall(function() local s = 'x' while true do s = s "
	  ".. s end end) end",
	    "memory" },
	{ "local function f() return f() + 1 end f()", "" },
	{ "('x'):rep(1e9)", "too long a text" },
	{ "('x'):rep(1e5, ('y'):rep(100))", "too long a text" },
	{ "string.rep('', 1e9)", "too long a text" },
	{ "('x'):rep(1 << 62)", "too long a text" },
	{ "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(60000) end "
	  "table.concat(t)",
	    "memory" },
	{ "string.find(('a'):rep(700), ('.-'):rep(4) .. 'b')",
	    "repeats too much" },
	{ "('a'):rep(60000):match('(.*)(.*)(.*)b')", "repeats too much" },
	{ "('a'):rep(60000):gsub('.-.-.-b', '')", "repeats too much" },
	{ "('a'):find(('a?'):rep(1000))", "pattern is too long" },
	{ "(('a'):rep(60000) .. ('a'):rep(60000)):find('b')",
	    "text or the pattern is too long" },
	{ "string.format('%p', {})", "blocked: %p" },
	{ "string.format('%10p', {})", "blocked: %p" },
	{ "string.format('%99999d', 1)", "invalid" },
	{ "table.unpack({}, 1, 1e8)", "too many results" },
	{ "table.concat({}, '', 1, 1e9)", "invalid value" },
	{ "select(-1e9)", "out of range" },
	{ "local a = {} for i = 1, 200 do a[i] = i end table.sort(a)",
	    "at most 100 items" },
	{ "table.sort({ 3, 2, 1, 4, 5 }, function() return true end)", "" },
	{ "local t = {} t[{}] = 1 for k in pairs(t) do end",
	    "keys that are numbers or texts" },
	{ "error(setmetatable({}, {}))", "blocked: setmetatable" },
	{ "local x <close> = {}", "non-closable" },
	{ "error({ code = 2 })", "without a text" },
	{ "error()", "without a text" },
	{ "local z = require 'zayton' z.dataset 'demo_bill' {}",
	    "cannot be declared here" },
	{ "local z = require 'zayton' z.raw({}, 'x')", "no row here" },
	{ "local z = require 'zayton' return z.system", "has no 'system'" },
	{ "local t = {} t = #t .. t", "attempt to concatenate" },
	{ "\x1bLua", "attempt to load a binary chunk" },
	{ "return "
	  "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
	  "(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
	  "("
	  "(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
	  "("
	  "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1",
	    "" },
};

static void
hostile_scripts_do_not_get_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		const char *got = run(escapes[i].text);

		if (got[0] == '\0' && escapes[i].want[0] != '\0')
			fail_msg("[%s] got out", escapes[i].text);
		if (strstr(got, escapes[i].want) == NULL)
			fail_msg("[%s] said '%s', not '%s'", escapes[i].text,
			    got, escapes[i].want);
	}
}

static void
hostile_scripts_are_stopped_soon(void **state)
{
	struct timespec a, b;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &a);
	raises("while true do pcall(error) end", "took more steps");
	raises("local s = ('a'):rep(2000) for i = 1, 1e9 do s:find('a-b') end",
	    "took more steps");
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 60);
}

/* ---- what is there ---- */

static void
useful_functions_are_left(void **state)
{
	(void)state;
	holds("assert(('a,b'):match('^(.-),') == 'a')");
	holds("local n = 0 for w in ('a b c'):gmatch('%a') do n = n + 1 end "
	      "assert(n == 3)");
	holds("assert(('abc'):gsub('b', { b = 'x' }) == 'axc')");
	holds("assert(('x'):rep(3, '-') == 'x-x-x')");
	holds("assert(string.format('%05.2f|%s|%q', 3.14159, 'a', 'b') == "
	      "'03.14|a|\"b\"')");
	holds("assert(tostring(1.5) == '1.5' and tostring(nil) == 'nil')");
	holds("assert(tonumber('0x10') == 16 and math.floor(2.5) == 2)");
	holds("local t = { 3, 1, 2 } table.sort(t) assert(t[1] == 1)");
	holds("assert(table.concat({ 'a', 'b' }, '-') == 'a-b')");
	holds("assert(select('#', 1, 2, 3) == 3)");
	holds("assert(utf8.len('泉州') == 2)");
	holds("assert(#'泉州' == 6 and ('泉州'):sub(1, 3) == '泉')");
	holds("local ok, e = pcall(error, 'x') assert(not ok and e == 'x')");
	holds("local ok, a, b = pcall(function() return 1, 2 end) assert(ok "
	      "and a == 1 and b == 2)");
	holds("assert(require('zayton') == require('zayton'))");
	holds("assert(type(require('zayton').fold) == 'table')");
}

static void
pairs_goes_in_order(void **state)
{
	(void)state;
	holds("local t, s = { b = 1, a = 2, [10] = 3, [2] = 4, [1] = 5, c = 6, "
	      "[1.5] = 7 }, ''\n"
	      "for k, v in pairs(t) do s = s .. k .. v .. ' ' end\n"
	      "assert(s == '15 1.57 24 103 a2 b1 c6 ', s)");
	holds("for k in pairs({}) do error('x') end");
	/* A value taken away on the way is not there. */
	holds("local t = { a = 1, b = 2 } local n = 0\n"
	      "for k, v in pairs(t) do t.b = nil; n = n + (v or 10) end\n"
	      "assert(n == 11)");
}

static void
addresses_are_not_seen(void **state)
{
	(void)state;
	holds("assert(tostring({}) == 'table')");
	holds("assert(tostring(print) == 'function')");
	holds("assert(string.format('%s', {}) == 'table')");
	holds("assert(not pcall(function() return {} .. '' end))");
}

/* ---- rows ---- */

static void
row_limits_start_anew_with_each_row(void **state)
{
	struct rules r;
	struct err e;

	(void)state;
	assert_int_equal(
	    rules_load(&r,
		HEAD "z.dataset 'demo_bill' { clean = { remark = { function(v) "
		     "local n = v == 'x' and 1e9 or 100000 for i = 1, n do end "
		     "return v end } } }",
		&e),
	    0);
	for (int i = 0; i < 40; i++)
		assert_int_equal(rules_clean(&r, "户号|账期|应缴金额|备注",
				     "1|2016-03|5|a", "", "2016-03-31", &e),
		    0);
	assert_int_equal(rules_clean(&r, "户号|账期|应缴金额|备注",
			     "1|2016-03|5|x", "", "2016-03-31", &e),
	    -1);
	assert_int_equal(e.kind, ERR_HOLD);
	assert_non_null(strstr(e.en, "took more steps"));
	assert_non_null(strstr(e.en, "rules/dem.lua:2:"));
	/* The box is still of use. */
	assert_int_equal(rules_clean(&r, "户号|账期|应缴金额|备注",
			     "1|2016-03|5|a", "", "2016-03-31", &e),
	    0);
	rules_done(&r);
}

static void
row_fails(const char *function, const char *want)
{
	char script[1024];
	struct rules r;
	struct err e;

	snprintf(script, sizeof(script),
	    HEAD "z.dataset 'demo_bill' { clean = { remark = { %s } } }",
	    function);
	assert_int_equal(rules_load(&r, script, &e), 0);
	assert_int_equal(rules_clean(&r, "户号|账期|应缴金额|备注",
			     "1|2016-03|5|a", "", "2016-03-31", &e),
	    -1);
	if (strstr(e.en, want) == NULL)
		fail_msg("'%s' does not say '%s'", e.en, want);
	assert_int_equal(e.kind, ERR_HOLD);
	rules_done(&r);
}

static void
functions_cannot_do_what_they_should_not(void **state)
{
	(void)state;
	row_fails("function(v, r) r.remark = 'x' end", "a row cannot be");
	row_fails("function(v, r) return r.nofield end", "no field 'nofield'");
	row_fails("function(v, r, f) return f.clock end",
	    "nothing is known about the file by the name 'clock'");
	row_fails("function(v) return {} end", "cannot return a table");
	row_fails("function(v) return '\\255' end", "not UTF-8");
	row_fails("function(v) return 'a\\0b' end", "not UTF-8");
	row_fails("function(v) return z.nothing end", "has no 'nothing'");
	row_fails("function(v) local s = 'x' while true do s = s .. s end end",
	    "memory");
	row_fails("function(v, r) for k in pairs(r) do end end",
	    "table expected");
	row_fails("function(v) z.dataset 'demo_note' {} end",
	    "cannot be declared here");
	row_fails("function(v) counter = 1 end", "write 'local counter'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocked_functions_raise_by_their_names),
		cmocka_unit_test(blocked_base_functions_raise_when_called),
		cmocka_unit_test(hostile_scripts_do_not_get_out),
		cmocka_unit_test(hostile_scripts_are_stopped_soon),
		cmocka_unit_test(useful_functions_are_left),
		cmocka_unit_test(pairs_goes_in_order),
		cmocka_unit_test(addresses_are_not_seen),
		cmocka_unit_test(row_limits_start_anew_with_each_row),
		cmocka_unit_test(functions_cannot_do_what_they_should_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
