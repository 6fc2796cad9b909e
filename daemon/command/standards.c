#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/standards.h"
#include "rule/pack.h"
#include "sys/home.h"

/* zayton standards: the data standards of the instance. */

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
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}",
	    "dataset", s->dataset, "version", s->version, "title", s->title,
	    "provider", s->provider, "state", schema_state_name(s->state),
	    "from", s->from, "until", s->until, "fields", (int)s->nfields);
	json_t *fields;

	if (!with_fields)
		return o;
	fields = json_array();
	for (size_t i = 0; i < s->nfields; i++)
		json_array_append_new(fields, field_json(&s->field[i]));
	json_object_set_new(o, "fields", fields);
	return o;
}

void
standards_print(json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
}

static int
list(struct standards *all)
{
	json_t *o = json_array();

	for (size_t i = 0; i < schemas_count(all->schemas); i++) {
		const struct schema *s = schemas_at(all->schemas, i);

		if (all->json)
			json_array_append_new(o, schema_json(s, 0));
		else
			printf("%-28s %-5s %-6s %2zu  %-9s %s\n", s->dataset,
			    s->version, s->provider, s->nfields,
			    schema_state_name(s->state), s->title);
	}
	if (all->json)
		standards_print(o);
	else
		json_decref(o);
	return COMMAND_DONE;
}

int
standards_none(const char *dataset, const char *version)
{
	const char *space = version != NULL ? " " : "";

	if (version == NULL)
		version = "";
	fprintf(stderr,
	    "zayton: 没有数据标准 '%s%s%s'\nzayton: there is no data standard "
	    "'%s%s%s'; see 'zayton standards list'\n",
	    dataset, space, version, dataset, space, version);
	return COMMAND_USAGE;
}

const struct schema *
standards_find(const struct standards *all, const char *dataset,
    const char *version)
{
	const struct schema *s =
	    version != NULL ? schemas_version(all->schemas, dataset, version)
			    : schemas_likeliest(all->schemas, dataset);

	if (s == NULL)
		(void)standards_none(dataset, version);
	return s;
}

static int
show(struct standards *all)
{
	const struct schema *s = standards_find(all, all->argument[0],
	    all->arguments > 1 ? all->argument[1] : NULL);

	if (s == NULL)
		return COMMAND_USAGE;
	if (all->json) {
		standards_print(schema_json(s, 1));
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

static const struct {
	const char *name;
	int (*main)(struct standards *all);
	int least; /* arguments */
	int most;
} verbs[] = {
	{ "list", list, 0, 0 },
	{ "show", show, 1, 2 },
	{ "diff", standards_diff, 3, 3 },
	{ "publish", standards_publish, 2, 2 },
	{ "analyze", standards_analyze, 0, 1 },
	{ "template", standards_template, 1, 2 },
};

static int
run(struct standards *all, int (*verb)(struct standards *all))
{
	struct err e;
	int status;

	if (command_home(&all->conf, &e) == -1 ||
	    command_pack(".", &all->pack, &e) == -1 ||
	    schemas_read(all->pack, &all->schemas, &e) == -1)
		status = command_fail(&e);
	else
		status = verb(all);
	schemas_free(all->schemas);
	pack_free(all->pack);
	return status;
}

int
standards_command(int argc, char **argv)
{
	struct standards all = { 0 };

	all.json = command_option(&argc, argv, "--json", 0) != NULL;
	all.html = command_option(&argc, argv, "--html", 0) != NULL;
	all.breaking = command_option(&argc, argv, "--breaking", 0) != NULL;
	all.filled = command_option(&argc, argv, "--example", 0) != NULL;
	all.from = command_option(&argc, argv, "--from", 1);
	all.old_until = command_option(&argc, argv, "--old-until", 1);
	all.person = command_person(&argc, argv);
	all.reason = command_option(&argc, argv, "--reason", 1);
	all.format = command_option(&argc, argv, "--format", 1);
	if (command_unknown(argc, argv) || argc < 2)
		return command_usage();
	all.arguments = argc - 2;
	all.argument = argv + 2;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 &&
		    all.arguments >= verbs[i].least &&
		    all.arguments <= verbs[i].most)
			return run(&all, verbs[i].main);
	return command_usage();
}
