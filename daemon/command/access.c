#include <stdio.h>
#include <string.h>

#include "base/act.h"
#include "command/command.h"
#include "grant/access.h"
#include "sys/home.h"
#include "sys/member.h"

/* zayton access: who looked at an enterprise, or how much data were used. */

static void
print_looks(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		const char *code = member_text(v, "withheld");

		printf("%s  %s（%s）  %s  %s  %s  ", member_text(v, "at"),
		    member_text(v, "account"), member_text(v, "unit"),
		    member_text(v, "dataset"), member_text(v, "purpose"),
		    member_text(v, "query"));
		if (code[0] != '\0')
			printf("未提供 withheld: %s\n", code);
		else
			printf("%s %lld 行/rows  授权/grants %s  "
			       "授权书/consent "
			       "%s\n    %s\n",
			    member_text(v, "form"),
			    (long long)json_integer_value(
				json_object_get(v, "rows")),
			    member_text(v, "grants"), member_text(v, "consent"),
			    member_text(v, "fields"));
	}
}

static void
print_use(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		printf("%s  %s  %s  %lld 次/queries  "
		       "%lld 户/subjects  %lld 行/rows  "
		       "%lld 未提供/withheld\n",
		    member_text(v, "dataset"), member_text(v, "account"),
		    member_text(v, "purpose"),
		    (long long)json_integer_value(
			json_object_get(v, "queries")),
		    (long long)json_integer_value(
			json_object_get(v, "subjects")),
		    (long long)json_integer_value(json_object_get(v, "rows")),
		    (long long)json_integer_value(
			json_object_get(v, "withheld")));
}

static int
show(const char *subject, const char *month, int json)
{
	struct db *db = NULL;
	json_t *list = NULL;
	uint32_t no = 0;
	struct err e;
	int rc = db_open_read(HOME_BASE, &db, &e);

	if (rc == 0 && subject != NULL)
		rc = act_enterprise(db, subject, &no, &e) == -1
			 ? -1
			 : access_list(db, no, &list, &e);
	else if (rc == 0)
		rc = access_use(db, month, &list, &e);
	db_close(db);
	if (rc == -1) {
		json_decref(list);
		return command_fail(&e);
	}
	if (json)
		json_dumpf(list, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (json)
		putchar('\n');
	else if (subject != NULL)
		print_looks(list);
	else
		print_use(list);
	json_decref(list);
	return COMMAND_DONE;
}

int
access_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *subject = command_option(&argc, argv, "--subject", 1);
	const char *month = command_option(&argc, argv, "--month", 1);
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc != 1 ||
	    (subject == NULL) == (month == NULL))
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	return show(subject, month, json);
}
