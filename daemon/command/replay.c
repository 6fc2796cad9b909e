#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "golden/records.h"
#include "rule/pack.h"

/*
 * zayton rules replay: what the records would be by the link and overwrite
 * rules as they stand in the folder. The difference is shown first; --apply
 * makes it so, in one step of the keeper.
 */

enum { SHOWN = 20, PROGRESS = 512 };

struct replay {
	struct records before;
	struct records after;
	size_t field[RECORD_FIELDS]; /* changes by field of after */
	int64_t records;
	int64_t differ;
	int64_t limit;
	int64_t total;
	json_t *shown;
};

static const char *
or_nothing(const char *s)
{
	return s != NULL ? s : "";
}

static void
show(struct replay *r, uint32_t no, size_t field, const char *from,
    const char *to)
{
	char id[ENTERPRISE_ID];

	if ((int64_t)json_array_size(r->shown) >= r->limit)
		return;
	enterprise_id_format(no, id);
	json_array_append_new(r->shown,
	    json_pack("{s:s, s:s, s:s, s:s}", "enterprise", id, "field",
		r->after.rules.overwrite->field[field].name, "before", from,
		"after", to));
}

static int
compare(void *ctx, uint32_t no, struct err *e)
{
	static const struct golden_when now = { "", "" };
	struct replay *r = ctx;
	const struct overwrite *a = r->after.rules.overwrite;
	int differs = 0;

	if (golden_decide(r->before.golden, no, &now, e) == -1 ||
	    golden_decide(r->after.golden, no, &now, e) == -1)
		return -1;
	for (size_t i = 0; i < a->nfields; i++) {
		int was = overwrite_field(r->before.rules.overwrite,
		    a->field[i].name);
		const char *from =
		    was != -1 ? golden_value(r->before.golden, (size_t)was)
			      : NULL;
		const char *to = golden_value(r->after.golden, i);

		if (strcmp(or_nothing(from), or_nothing(to)) == 0)
			continue;
		r->field[i]++;
		differs = 1;
		show(r, no, i, or_nothing(from), or_nothing(to));
	}
	r->differ += differs;
	if (++r->records % PROGRESS == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%" PRId64 " / %" PRId64 " ", r->records,
		    r->total);
	return 0;
}

static json_t *
result(const struct replay *r)
{
	const struct overwrite *a = r->after.rules.overwrite;
	json_t *fields = json_object();

	for (size_t i = 0; i < a->nfields; i++)
		if (r->field[i] > 0)
			json_object_set_new(fields, a->field[i].name,
			    json_integer((json_int_t)r->field[i]));
	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:O}", "pack",
	    pack_sha256(r->after.pack), "records", (json_int_t)r->records,
	    "differ", (json_int_t)r->differ, "unlinked",
	    (json_int_t)db_int(r->after.db, 0,
		"SELECT count(*) FROM unlinked_t", ""),
	    "fields", fields, "shown", r->shown);
}

static void
print_result(const json_t *o)
{
	const char *name;
	json_t *v;
	size_t i;

	printf("企业 records %" JSON_INTEGER_FORMAT
	       "，有变化 that differ %" JSON_INTEGER_FORMAT
	       "；未关联的行将重试 rows to be tried again %" JSON_INTEGER_FORMAT
	       "\n",
	    json_integer_value(json_object_get(o, "records")),
	    json_integer_value(json_object_get(o, "differ")),
	    json_integer_value(json_object_get(o, "unlinked")));
	json_object_foreach((json_t *)(uintptr_t)json_object_get(o, "fields"),
	    name, v)
		printf("  %s %" JSON_INTEGER_FORMAT "\n", name,
		    json_integer_value(v));
	json_array_foreach(json_object_get(o, "shown"), i, v)
		printf("  %s %s: “%s” -> “%s”\n",
		    json_string_value(json_object_get(v, "enterprise")),
		    json_string_value(json_object_get(v, "field")),
		    json_string_value(json_object_get(v, "before")),
		    json_string_value(json_object_get(v, "after")));
}

static void
print_applied(const json_t *o)
{
	printf("已重算，变化的企业 records changed: %" JSON_INTEGER_FORMAT "\n",
	    json_integer_value(json_object_get(o, "records")));
}

static int
difference(struct replay *r, json_t **ret_o, struct err *e)
{
	struct pack *p = NULL;
	int rc;

	r->shown = json_array();
	if (command_pack(".", &p, e) == -1 ||
	    records_open(NULL, &r->before, e) == -1) {
		pack_free(p);
		return -1;
	}
	if (records_open(p, &r->after, e) == -1) {
		records_close(&r->before);
		return -1;
	}
	r->total =
	    db_int(r->after.db, 0, "SELECT count(*) FROM enterprise_t", "");
	rc = golden_all(r->after.golden, compare, r, e);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r                          \r");
	*ret_o = rc == 0 ? result(r) : NULL;
	json_decref(r->shown);
	records_close(&r->before);
	records_close(&r->after);
	return rc;
}

int
rules_replay(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	int apply = command_option(&argc, argv, "--apply", 0) != NULL;
	const char *limit = command_option(&argc, argv, "--limit", 1);
	const char *person = command_person(&argc, argv);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	static struct replay r;
	struct conf c;
	struct err e;
	json_t *o;
	int status;

	if (command_unknown(argc, argv) || argc != 1 ||
	    (apply && (person == NULL || reason == NULL)))
		return command_usage();
	r.limit = limit != NULL ? strtoll(limit, NULL, 10) : SHOWN;
	if (command_home(&c, &e) == -1 || difference(&r, &o, &e) == -1)
		return command_fail(&e);
	if (json && !apply)
		json_dumpf(o, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	else if (!json)
		print_result(o);
	status = COMMAND_DONE;
	if (apply)
		status = command_ask(&c,
		    json_pack("{s:s, s:O, s:s, s:s}", "do", "rules replay",
			"pack", json_object_get(o, "pack"), "person", person,
			"reason", reason),
		    json, print_applied);
	json_decref(o);
	return status;
}
