#include <stdio.h>

#include "command/command.h"
#include "sys/member.h"

/* zayton tidy: what the days of zayton.conf are over for goes. */

static void
print_files(const json_t *answer)
{
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(answer, "files"), i, f)
		printf("%s  %s  %s\n", member_text(f, "what"),
		    member_text(f, "bundle"), member_text(f, "path"));
}

static void
print_counts(const json_t *answer)
{
	static const char *const what[][3] = { { "bundle", "数据包",
						   "bundles" },
		{ "report", "报告", "reports" },
		{ "receipt", "回执副本", "copies of receipts" } };

	printf("已清理 / removed:");
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		printf("%s %" JSON_INTEGER_FORMAT " %s / %s", i > 0 ? "," : "",
		    json_integer_value(json_object_get(answer, what[i][0])),
		    what[i][1], what[i][2]);
	putchar('\n');
}

int
tidy_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	int dry = command_option(&argc, argv, "--dry-run", 0) != NULL;
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc != 1)
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	return command_ask(&c,
	    json_pack("{s:s}", "do", dry ? "tidy list" : "tidy"), json,
	    dry ? print_files : print_counts);
}
