#ifndef ZAYTON_RULE_SCHEMA_PART_H
#define ZAYTON_RULE_SCHEMA_PART_H

#include <jansson.h>

#include "rule/schema.h"

/* What schema.c and versions.c share. Not for others. */

struct arena;

/* Texts of a schema point into its JSON, which lives as long as it does. */
struct schemas {
	char day[12];
	struct schema *schema; /* owned, by dataset and then version */
	json_t **json;         /* owned, as schema */
	size_t n;
	json_t *published;    /* owned: the publications; NULL none */
	struct schema *older; /* owned: accepted, in the order of the newer */
	size_t nolder;
	struct arena *arena;
};

/* Reads the publications and says what each version is on the day. */
int versions_settle(struct schemas *s, const struct pack *p, struct err *e);

#endif
