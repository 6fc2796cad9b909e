#ifndef ZAYTON_COMMAND_STANDARDS_H
#define ZAYTON_COMMAND_STANDARDS_H

#include "command/command.h"
#include "rule/schema.h"

/* What the files of zayton standards share. Not for others. */

struct pack;

struct standards {
	struct conf conf;
	struct pack *pack;
	struct schemas *schemas;
	int arguments;
	char **argument;
	int json;
	int html;
	int breaking;
	int filled;       /* template --example */
	const char *from; /* options with a value: NULL not given */
	const char *old_until;
	const char *person;
	const char *reason;
	const char *format;
};

int standards_diff(struct standards *all);
int standards_publish(struct standards *all);
int standards_analyze(struct standards *all);
int standards_template(struct standards *all);

/* A version, or the one in force where it is NULL; says it where none is. */
const struct schema *standards_find(const struct standards *all,
    const char *dataset, const char *version);

/* Says that there is none; the exit status. */
int standards_none(const char *dataset, const char *version);

/* Prints and takes it. */
void standards_print(json_t *o);

#endif
