#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "sys/catalog.h"

/* zayton errors list: the catalogue, for people or as JSON. */
static int
list_json(void)
{
	json_t *all = json_array();
	const struct catalog_entry *c;

	for (size_t i = 0; (c = catalog_at(i)) != NULL; i++)
		json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "code", c->code,
			"severity", severity_name(c->severity), "zh", c->zh,
			"en", c->en, "zh_fix", c->zh_fix, "en_fix", c->en_fix));
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
	return COMMAND_DONE;
}

int
errors_command(int argc, char **argv)
{
	const char *json = command_option(&argc, argv, "--json", 0);
	const struct catalog_entry *c;

	if (command_unknown(argc, argv) || argc != 2 ||
	    strcmp(argv[1], "list") != 0)
		return command_usage();
	if (json != NULL)
		return list_json();
	for (size_t i = 0; (c = catalog_at(i)) != NULL; i++)
		printf("%s (%s)\n  %s\n  %s\n  %s\n  %s\n", c->code,
		    severity_name(c->severity), c->zh, c->en, c->zh_fix,
		    c->en_fix);
	return COMMAND_DONE;
}
