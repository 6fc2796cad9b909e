#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "sys/member.h"

/*
 * zayton erase: the rows are asked for first, and named in the request: what
 * is to be forgotten stands in no act and no line of the ledger.
 */

static void
print_rows(const json_t *rows)
{
	const json_t *r;
	size_t i;

	json_array_foreach(rows, i, r)
		printf("%s  %s  %s:%" JSON_INTEGER_FORMAT "\n",
		    member_text(r, "item"), member_text(r, "bundle"),
		    member_text(r, "file"),
		    json_integer_value(json_object_get(r, "row")));
}

static void
print_done(const json_t *answer)
{
	const char *dataset;
	json_t *n;

	json_object_foreach(json_object_get(answer, "rows"), dataset, n)
		printf("已删除 / erased: %s %" JSON_INTEGER_FORMAT
		       " 行 / rows\n",
		    dataset, json_integer_value(n));
	printf("不能再出具证明 / proofs that can no longer be made: "
	       "%" JSON_INTEGER_FORMAT "\n",
	    json_integer_value(json_object_get(answer, "proofs")));
}

static int
find_rows(const struct conf *c, const char *whom, json_t **ret_rows)
{
	struct ask *a = NULL;
	struct err e;
	int status = COMMAND_USAGE;

	if (ask_open(c, &a, &e) == -1 ||
	    ask_keeper(a,
		json_pack("{s:s, s:s}", "do", "erase list", "whom", whom),
		ret_rows, &status, &e) == -1)
		status = command_fail(&e);
	ask_close(a);
	return status;
}

int
erase_command(int argc, char **argv)
{
	int dry = command_option(&argc, argv, "--dry-run", 0) != NULL;
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *person = command_person(&argc, argv);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	const char *basis = command_option(&argc, argv, "--basis", 1);
	json_t *rows = NULL, *items = json_array(), *r;
	struct conf c;
	struct err e;
	int status;
	size_t i;

	if (command_unknown(argc, argv) || argc != 2 ||
	    (!dry && (person == NULL || reason == NULL || basis == NULL))) {
		json_decref(items);
		return command_usage();
	}
	status = command_home(&c, &e) == -1 ? command_fail(&e)
					    : find_rows(&c, argv[1], &rows);
	json_array_foreach(rows, i, r)
		json_array_append(items, json_object_get(r, "item"));
	if (status != COMMAND_DONE || dry) {
		print_rows(rows);
	} else if (json_array_size(items) == 0) {
		fprintf(stderr, "zayton: 没有找到这样的行\n"
				"zayton: there are no such rows\n");
		status = COMMAND_FAULTS;
	} else {
		status = command_ask(&c,
		    json_pack("{s:s, s:O, s:s, s:s, s:s}", "do", "erase",
			"rows", items, "person", person, "reason", reason,
			"basis", basis),
		    json, print_done);
	}
	json_decref(items);
	json_decref(rows);
	return status;
}
