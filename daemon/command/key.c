#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "sys/member.h"

/* zayton key: the instance's own keys, and their change. */

static void
print_keys(const json_t *answer)
{
	size_t i;
	json_t *v;

	json_array_foreach(answer, i, v)
		printf("%s  %s%s%s\n", member_text(v, "fingerprint"),
		    member_text(v, "since"),
		    member_text(v, "until")[0] != '\0' ? " – " : "",
		    member_text(v, "until"));
}

static void
print_changed(const json_t *answer)
{
	if (strcmp(member_text(answer, "which"), "receipt") == 0)
		printf("回执自此由新密钥签名 / receipts are signed by a new "
		       "key "
		       "now: %s\n",
		    member_text(answer, "fingerprint"));
	else if (strcmp(member_text(answer, "state"), "prepared") == 0)
		printf(
		    "新主机密钥已公布于 /standards/known_hosts，尚未启用\n"
		    "the next host keys stand in /standards/known_hosts, not "
		    "in use yet\n");
	else
		printf(
		    "新主机密钥自下次启动起启用 / the new host keys are used "
		    "from the next start on\n");
}

int
key_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *overlap = command_option(&argc, argv, "--overlap", 1);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	const char *verb = argc > 1 ? argv[1] : "";
	const char *which = argc > 2 ? argv[2] : "";
	char what[32];
	struct conf c;
	struct err e;
	json_t *request;

	if (command_unknown(argc, argv) ||
	    (strcmp(verb, "list") == 0 ? argc != 2
				       : argc != 3 || reason == NULL) ||
	    (strcmp(verb, "list") != 0 && strcmp(verb, "rotate") != 0 &&
		strcmp(verb, "prepare") != 0))
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	snprintf(what, sizeof(what), "key %s", verb);
	request = json_pack("{s:s, s:s, s:s}", "do", what, "which", which,
	    "reason", reason != NULL ? reason : "");
	if (overlap != NULL)
		json_object_set_new(request, "overlap",
		    json_integer(strtoll(overlap, NULL, 10)));
	return command_ask(&c, request, json,
	    verb[0] == 'l' ? print_keys : print_changed);
}
