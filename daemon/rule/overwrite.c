#include <string.h>

#include "rule/overwrite.h"

int
overwrite_field(const struct overwrite *o, const char *name)
{
	for (size_t i = 0; i < o->nfields; i++)
		if (strcmp(o->field[i].name, name) == 0)
			return (int)i;
	return -1;
}

const struct record_source *
overwrite_source(const struct overwrite *o, const char *dataset)
{
	for (size_t i = 0; i < o->nsources; i++)
		if (strcmp(o->source[i].dataset, dataset) == 0)
			return &o->source[i];
	return NULL;
}

static const char *const conflicts[] = { "none", "differs", "name", "section",
	"class", "persists", "function" };

const char *
record_conflict_name(enum record_conflict c)
{
	return conflicts[c];
}
