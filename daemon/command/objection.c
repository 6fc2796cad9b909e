#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "sys/member.h"

/* zayton objection: what is objected to, and its answers. */

static void
print_list(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		printf("%lld  %s  %s  %s -> %s  %s %s %s  期限/due %s\n",
		    (long long)json_integer_value(
			json_object_get(v, "objection")),
		    member_text(v, "kind"), member_text(v, "state"),
		    member_text(v, "account"), member_text(v, "provider"),
		    member_text(v, "enterprise"), member_text(v, "dataset"),
		    member_text(v, "field"), member_text(v, "due"));
		printf("    %s\n", member_text(v, "reason"));
		if (member_text(v, "answer")[0] != '\0')
			printf("    答复/answer %s: %s\n",
			    member_text(v, "answered_by"),
			    member_text(v, "answer"));
	}
}

static void
print_done(const json_t *answer)
{
	printf("%lld %s\n",
	    (long long)json_integer_value(json_object_get(answer, "objection")),
	    member_text(answer, "state"));
}

int
objection_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	int all = command_option(&argc, argv, "--all", 0) != NULL;
	const char *verdict = command_option(&argc, argv, "--verdict", 1);
	const char *person = command_person(&argc, argv);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	const char *verb = argc > 1 ? argv[1] : "";
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv))
		return command_usage();
	if (strcmp(verb, "list") == 0
		? argc != 2
		: strcmp(verb, "answer") != 0 || argc != 3 || verdict == NULL ||
		      person == NULL || reason == NULL)
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	if (strcmp(verb, "list") == 0)
		return command_ask(&c,
		    json_pack("{s:s, s:b}", "do", "objection list", "all", all),
		    json, print_list);
	return command_ask(&c,
	    json_pack("{s:s, s:I, s:s, s:s, s:s}", "do", "objection answer",
		"number", (json_int_t)strtoll(argv[2], NULL, 10), "verdict",
		verdict, "person", person, "reason", reason),
	    json, print_done);
}
