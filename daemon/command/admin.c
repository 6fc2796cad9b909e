#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "sys/member.h"

/*
 * zayton admin: who the administrators are. zayton act: what they signed, and
 * what waits until another one has signed.
 */

enum { KEY_FILE_MAX = 64 * 1024 };

static void
print_admins(const json_t *answer)
{
	size_t i;
	json_t *v;

	json_array_foreach(answer, i, v)
		printf("%-16s %-8s  %s  %s%s%s\n", member_text(v, "name"),
		    member_text(v, "role"), member_text(v, "fingerprint"),
		    member_text(v, "since"),
		    member_text(v, "until")[0] != '\0' ? " – " : "",
		    member_text(v, "until"));
}

static void
print_changed(const json_t *answer)
{
	if (member_text(answer, "removed")[0] != '\0')
		printf("已移除 / removed: %s\n",
		    member_text(answer, "removed"));
	else
		printf("已登记 / enrolled: %s %s %s\n",
		    member_text(answer, "added"), member_text(answer, "role"),
		    member_text(answer, "fingerprint"));
}

/* The public key's text into the request. */
static int
put_key(json_t *request, const char *path, struct err *e)
{
	json_t *text = command_keys(path, KEY_FILE_MAX, e);

	return text == NULL ? -1 : json_object_set_new(request, "keys", text);
}

int
admin_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *role = command_option(&argc, argv, "--role", 1);
	const char *key = command_option(&argc, argv, "--key", 1);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	const char *verb = argc > 1 ? argv[1] : "";
	struct conf c;
	struct err e;
	json_t *request;

	if (command_unknown(argc, argv))
		return command_usage();
	if (strcmp(verb, "list") == 0 && argc == 2)
		request = json_pack("{s:s}", "do", "admin list");
	else if (strcmp(verb, "add") == 0 && argc == 3 && role != NULL &&
		 key != NULL)
		request = json_pack("{s:s, s:s, s:s}", "do", "admin add",
		    "name", argv[2], "role", role);
	else if (strcmp(verb, "remove") == 0 && argc == 3)
		request = json_pack("{s:s, s:s}", "do", "admin remove", "name",
		    argv[2]);
	else
		return command_usage();
	if (reason != NULL)
		json_object_set_new(request, "reason", json_string(reason));
	if ((verb[0] == 'a' && put_key(request, key, &e) == -1) ||
	    command_home(&c, &e) == -1) {
		json_decref(request);
		return command_fail(&e);
	}
	return command_ask(&c, request, json,
	    verb[0] == 'l' ? print_admins : print_changed);
}

/* --- zayton act --------------------------------------------------------- */

static void
print_act(const json_t *v)
{
	char *text = json_dumps(json_object_get(v, "request"),
	    JSON_COMPACT | JSON_SORT_KEYS);

	printf("%lld  %-8s  %s  %s  %s\n    %s\n",
	    (long long)json_integer_value(json_object_get(v, "act")),
	    member_text(v, "state"), member_text(v, "at"),
	    member_text(v, "admin"), member_text(v, "do"),
	    text != NULL ? text : "");
	free(text);
}

static void
print_acts(const json_t *answer)
{
	size_t i;
	json_t *v;

	json_array_foreach(answer, i, v)
		print_act(v);
}

static void
print_decided(const json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS);

	printf("已执行 / done: %s\n", text != NULL ? text : "");
	free(text);
}

/* What a second one signs for is what is shown here: its digest goes along. */
static int
find_digest(struct ask *a, long long number, json_t *request, struct err *e)
{
	json_t *all = NULL;
	int status, found = 0;
	size_t i;
	json_t *v;

	if (ask_keeper(a, json_pack("{s:s}", "do", "act list"), &all, &status,
		e) == -1)
		return -1;
	json_array_foreach(all, i, v) {
		if (json_integer_value(json_object_get(v, "act")) != number)
			continue;
		print_act(v);
		json_object_set(request, "sha256",
		    json_object_get(v, "sha256"));
		found = 1;
	}
	json_decref(all);
	return found ? 0
		     : err_set(e, ERR_SENDER,
			   "no act %lld waits: see 'zayton act list'", number);
}

static int
decide(const struct conf *c, json_t *request, long long number, int json)
{
	struct ask *a = NULL;
	struct err e;
	int rc;

	if (ask_open(c, &a, &e) == -1) {
		json_decref(request);
		return command_fail(&e);
	}
	rc = find_digest(a, number, request, &e);
	ask_close(a);
	if (rc == 0)
		return command_ask(c, request, json, print_decided);
	json_decref(request);
	return command_fail(&e);
}

int
act_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	int all = command_option(&argc, argv, "--all", 0) != NULL;
	const char *reason = command_option(&argc, argv, "--reason", 1);
	const char *verb = argc > 1 ? argv[1] : "";
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) ||
	    (strcmp(verb, "list") == 0 ? argc != 2
				       : argc != 3 || reason == NULL) ||
	    (strcmp(verb, "list") != 0 && strcmp(verb, "approve") != 0 &&
		strcmp(verb, "reject") != 0))
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	if (verb[0] == 'l')
		return command_ask(&c,
		    json_pack("{s:s, s:b}", "do", "act list", "all", all), json,
		    print_acts);
	return decide(&c,
	    json_pack("{s:s, s:I, s:s}", "do",
		verb[0] == 'a' ? "act approve" : "act reject", "number",
		(json_int_t)strtoll(argv[2], NULL, 10), "reason", reason),
	    strtoll(argv[2], NULL, 10), json);
}
