#include <stdio.h>
#include <string.h>

#include "command/command.h"

/* zayton account: who may log in, as what, by which keys. */

enum { KEY_FILE_MAX = 256 * 1024 };

static void
print_accounts(const json_t *list)
{
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a) {
		size_t k;
		json_t *key;

		printf("%-20s %-12s %-8s %s  %s %s\n",
		    json_string_value(json_object_get(a, "name")),
		    json_string_value(json_object_get(a, "role")),
		    json_string_value(json_object_get(a, "provider")),
		    json_is_true(json_object_get(a, "enabled")) ? "enabled"
								: "disabled",
		    json_string_value(json_object_get(a, "unit")),
		    json_string_value(json_object_get(a, "person")));
		json_array_foreach(json_object_get(a, "keys"), k, key)
			printf("    %s %s %s\n",
			    json_string_value(json_object_get(key, "type")),
			    json_string_value(
				json_object_get(key, "fingerprint")),
			    json_string_value(json_object_get(key, "comment")));
	}
}

/* Adds a member where there is a value. */
static void
put_text(json_t *o, const char *name, const char *value)
{
	if (value != NULL)
		json_object_set_new(o, name, json_string(value));
}

/* The options of add into the request; NULL and usage where one lacks. */
static json_t *
add_request(int *argc, char **argv, const char **ret_key)
{
	static const char *const option[] = { "role", "provider", "unit",
		"person", "phone" };
	json_t *o = json_object();
	char name[16];

	for (size_t i = 0; i < sizeof(option) / sizeof(option[0]); i++) {
		snprintf(name, sizeof(name), "--%s", option[i]);
		put_text(o, option[i], command_option(argc, argv, name, 1));
	}
	*ret_key = command_option(argc, argv, "--key", 1);
	return o;
}

int
account_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *key = NULL;
	json_t *request = add_request(&argc, argv, &key);
	const char *verb = argc > 1 ? argv[1] : "";
	struct conf c;
	struct err e;
	json_t *text;

	if (command_unknown(argc, argv))
		goto usage;
	if (strcmp(verb, "list") == 0 && argc == 2) {
		put_text(request, "do", "account list");
	} else if (strcmp(verb, "add") == 0 && argc == 3 && key != NULL &&
		   json_object_get(request, "role") != NULL) {
		put_text(request, "do", "account add");
		put_text(request, "name", argv[2]);
	} else if (argc == 3 && (strcmp(verb, "disable") == 0 ||
				    strcmp(verb, "enable") == 0)) {
		put_text(request, "do",
		    verb[0] == 'd' ? "account disable" : "account enable");
		put_text(request, "name", argv[2]);
	} else if (strcmp(verb, "key") == 0 &&
		   (argc == 5 || (argc == 4 && key)) &&
		   (strcmp(argv[2], "add") == 0 ||
		       strcmp(argv[2], "remove") == 0)) {
		put_text(request, "do",
		    argv[2][0] == 'a' ? "account key add"
				      : "account key remove");
		put_text(request, "name", argv[3]);
		if (argc == 5)
			key = argv[4];
	} else {
		goto usage;
	}
	/* The key file's path is the user's: read it before going home. */
	if (key != NULL) {
		if (strncmp(key, "SHA256:", 7) == 0) {
			text = json_string(key);
		} else if ((text = command_keys(key, KEY_FILE_MAX, &e)) ==
			   NULL) {
			json_decref(request);
			return command_fail(&e);
		}
		json_object_set_new(request, "keys", text);
	}
	if (command_home(&c, &e) == -1) {
		json_decref(request);
		return command_fail(&e);
	}
	return command_ask(&c, request, json, print_accounts);
usage:
	json_decref(request);
	return command_usage();
}
