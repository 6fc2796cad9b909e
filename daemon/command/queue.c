#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "sys/member.h"

/*
 * zayton status, show, retry, release: the queue and one bundle's life. What
 * only reads is answered by the keeper too, so that it is never half seen.
 */

static void
print_bundle(const json_t *b)
{
	printf("%s  %-12s %-10s %10" JSON_INTEGER_FORMAT "  %s  %s\n",
	    member_text(b, "id"), member_text(b, "state"),
	    member_text(b, "account"), member_number(b, "bytes"),
	    member_text(b, "received_at"), member_text(b, "name"));
}

static void
print_status(const json_t *answer)
{
	const char *state;
	size_t i;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)json_object_get(answer,
				"states"),
	    state, v)
		printf("%-12s %" JSON_INTEGER_FORMAT "\n", state,
		    json_integer_value(v));
	json_array_foreach(json_object_get(answer, "bundles"), i, v)
		print_bundle(v);
}

static void
print_show(const json_t *answer)
{
	size_t i;
	json_t *v;

	print_bundle(json_object_get(answer, "bundle"));
	json_array_foreach(json_object_get(answer, "ledger"), i, v)
		printf("  %" JSON_INTEGER_FORMAT "  %s  %s  %s\n",
		    member_number(v, "seq"), member_text(v, "at"),
		    member_text(v, "kind"), member_text(v, "detail"));
	command_quality(json_object_get(answer, "quality"));
	if (member_text(answer, "reason")[0] != '\0')
		printf("  %s\n", member_text(answer, "reason"));
}

static void
print_done(const json_t *answer)
{
	printf("%s\n%s\n", member_text(answer, "zh"),
	    member_text(answer, "en"));
}

static int
ask(int argc, char **argv, const char *what, int arguments,
    void (*print)(const json_t *))
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc != 1 + arguments)
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	return command_ask(&c,
	    json_pack("{s:s, s:s}", "do", what, "id",
		arguments > 0 ? argv[1] : ""),
	    json, print);
}

int
status_command(int argc, char **argv)
{
	return ask(argc, argv, "status", 0, print_status);
}

int
show_command(int argc, char **argv)
{
	return ask(argc, argv, "show", 1, print_show);
}

int
retry_command(int argc, char **argv)
{
	return ask(argc, argv, "retry", 1, print_done);
}

int
release_command(int argc, char **argv)
{
	return ask(argc, argv, "release", 1, print_done);
}
