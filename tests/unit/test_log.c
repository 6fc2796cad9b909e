#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "sys/log.h"
#include "sys/log_json.h"

#define ID "01M8HBE4GQJBGGW6Z16S6TWVP0"

/* The object of a line; fails where it is none. */
static json_t *
line(const char *format, const char *message, size_t room)
{
	const struct log_words w = { "2014-06-01T08:00:00.000Z", "info",
		"keeper", format, message };
	char *buf = malloc(room);
	size_t len = log_json(&w, buf, room);
	json_t *o;

	assert_true(len <= room);
	assert_int_equal(buf[len - 1], '\n');
	assert_null(memchr(buf, '\n', len - 1));
	o = json_loadb(buf, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	free(buf);
	return o;
}

static void
has(json_t *o, const char *name, const char *value)
{
	const char *got = json_string_value(json_object_get(o, name));

	if (value == NULL)
		assert_null(got);
	else
		assert_string_equal(got != NULL ? got : "(none)", value);
}

static void
a_line_becomes_its_event_and_keys(void **state)
{
	json_t *o = line("%s received account=%s name=%s",
	    ID " received account=mub name=\"a \\x22b\\x22.csv\"", 4096);

	(void)state;
	has(o, "time", "2014-06-01T08:00:00.000Z");
	has(o, "process", "keeper");
	has(o, "id", ID);
	has(o, "event", "received");
	has(o, "account", "mub");
	has(o, "name", "a \"b\".csv");
	has(o, "text", NULL);
	json_decref(o);
}

static void
the_event_is_that_of_the_format_whatever_is_put_in(void **state)
{
	json_t *o = line("- cannot open %s: %s",
	    "- cannot open the door: no key=here", 4096);

	(void)state;
	has(o, "event", "cannot_open");
	has(o, "id", NULL);
	has(o, "key", "here");
	has(o, "text", "cannot open the door: no key=here");
	json_decref(o);
	o = line("%s %s account=%s outcome=%s",
	    ID " applied account=mub outcome=accepted", 4096);
	has(o, "event", "applied");
	has(o, "text", NULL);
	json_decref(o);
	o = line("- died role=%s status=%d", "- died role=watch status=75",
	    4096);
	has(o, "role", "watch");
	json_decref(o);
}

static void
foreign_bytes_make_no_other_object(void **state)
{
	static const char *const foreign[] = {
		"- login user=\"\xff\xfe\xed\xa0\x80\" from=1.2.3.4",
		"- x a=\"}\\x0a{\\x00\" b=\\ c=\"",
		"- x a=1 a=2 time=3 =4 b==5",
		"- \xe0\x80\x80 \xf4\xbf\xbf\xbf \xf0\x80\x80\x80", "", "-",
		"- ", "- \x01\x1f\x7f", "- \xe4\xb8"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		json_decref(line("- x %s", foreign[i], 4096));
}

static void
a_long_line_is_cut_and_stays_an_object(void **state)
{
	char long_one[2048];

	(void)state;
	memset(long_one, '\x01', sizeof(long_one));
	memcpy(long_one, "- x a=b c=", 10);
	long_one[sizeof(long_one) - 1] = '\0';
	for (size_t room = 256; room < 2048; room += 7) {
		json_t *o = line("- x a=%s c=%s", long_one, room);

		has(o, "a", "b");
		json_decref(o);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_becomes_its_event_and_keys),
		cmocka_unit_test(
		    the_event_is_that_of_the_format_whatever_is_put_in),
		cmocka_unit_test(foreign_bytes_make_no_other_object),
		cmocka_unit_test(a_long_line_is_cut_and_stays_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
