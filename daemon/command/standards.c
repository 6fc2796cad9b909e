#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "rule/pack.h"
#include "rule/schema.h"
#include "sys/home.h"

/* zayton standards list, show: the data standards of the instance. */

static const char *
presence(const struct field *f)
{
	switch (f->required) {
	case FIELD_MANDATORY:
		return f->in_seed ? "M*" : "M";
	case FIELD_CONDITIONAL:
		return "C";
	case FIELD_OPTIONAL:
		break;
	}
	return "O";
}

static json_t *
field_json(const struct field *f)
{
	json_t *synonyms = json_array();
	json_t *o;

	for (size_t i = 0; f->synonyms != NULL && f->synonyms[i] != NULL; i++)
		json_array_append_new(synonyms, json_string(f->synonyms[i]));
	o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "name", f->name,
	    "title", f->title, "type", field_type_name(f->type), "presence",
	    presence(f), "in_seed", f->in_seed, "synonyms", synonyms);
	if (f->max_chars > 0)
		json_object_set_new(o, "max_chars", json_integer(f->max_chars));
	if (f->code_list != NULL)
		json_object_set_new(o, "code_list", json_string(f->code_list));
	if (f->identifier != NULL)
		json_object_set_new(o, "identifier",
		    json_string(f->identifier));
	return o;
}

static json_t *
schema_json(const struct schema *s, int with_fields)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:i}", "dataset",
	    s->dataset, "version", s->version, "title", s->title, "provider",
	    s->provider, "fields", (int)s->nfields);
	json_t *fields;

	if (!with_fields)
		return o;
	fields = json_array();
	for (size_t i = 0; i < s->nfields; i++)
		json_array_append_new(fields, field_json(&s->field[i]));
	json_object_set_new(o, "fields", fields);
	return o;
}

static void
print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
}

static void
list(const struct schemas *all, int json)
{
	json_t *o = json_array();

	for (size_t i = 0; i < schemas_count(all); i++) {
		const struct schema *s = schemas_at(all, i);

		if (json)
			json_array_append_new(o, schema_json(s, 0));
		else
			printf("%-28s %-5s %-6s %2zu  %s\n", s->dataset,
			    s->version, s->provider, s->nfields, s->title);
	}
	if (json)
		print_json(o);
	else
		json_decref(o);
}

static int
show(const struct schemas *all, const char *dataset, int json)
{
	const struct schema *s = schemas_find(all, dataset);

	if (s == NULL) {
		fprintf(stderr,
		    "zayton: 没有数据标准 '%s'\nzayton: there is no data "
		    "standard '%s'; see 'zayton standards list'\n",
		    dataset, dataset);
		return COMMAND_USAGE;
	}
	if (json) {
		print_json(schema_json(s, 1));
		return COMMAND_DONE;
	}
	printf("%s %s  %s  (%s)\n", s->dataset, s->version, s->title,
	    s->provider);
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->field[i];

		printf("  %-22s %-8s %-2s %c  %s", f->name,
		    field_type_name(f->type), presence(f), f->sensitivity,
		    f->title);
		for (size_t k = 0;
		     f->synonyms != NULL && f->synonyms[k] != NULL; k++)
			printf("、%s", f->synonyms[k]);
		printf("\n");
	}
	return COMMAND_DONE;
}

int
standards_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	struct schemas *all = NULL;
	struct pack *p = NULL;
	struct conf c;
	struct err e;
	int status;

	if (command_unknown(argc, argv) || argc < 2 ||
	    !((argc == 2 && strcmp(argv[1], "list") == 0) ||
		(argc == 3 && strcmp(argv[1], "show") == 0)))
		return command_usage();
	if (command_home(&c, &e) == -1 || command_pack(".", &p, &e) == -1 ||
	    schemas_read(p, &all, &e) == -1) {
		status = command_fail(&e);
	} else if (argc == 2) {
		list(all, json);
		status = COMMAND_DONE;
	} else {
		status = show(all, argv[2], json);
	}
	schemas_free(all);
	pack_free(p);
	return status;
}
