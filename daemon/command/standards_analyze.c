#include <stdio.h>
#include <string.h>

#include "command/standards.h"
#include "form/html_standard.h"
#include "keeper/analyze.h"
#include "rule/pack.h"
#include "sys/home.h"
#include "sys/member.h"

/* zayton standards analyze: what the data says about the standards. */

enum { SHOWN = 5, PAGE_MAX = 64 << 20 };

static void
print_values(const char *what, const json_t *list)
{
	size_t n = json_array_size(list);

	if (n == 0)
		return;
	printf("      %s %zu:", what, n);
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		const json_t *o = json_array_get(list, i);

		if (json_is_string(o))
			printf(" %s", json_string_value(o));
		else
			printf(" %s (%lld)", member_text(o, "value"),
			    member_number(o, "count"));
	}
	printf("%s\n", n > SHOWN ? " ..." : "");
}

static void
print_one(const json_t *o)
{
	size_t i;
	json_t *f;

	printf("%s %s  %s\n  文件/files %lld  行/rows %lld  受理/accepted "
	       "%lld\n",
	    member_text(o, "dataset"), member_text(o, "version"),
	    member_text(o, "title"), member_number(o, "files"),
	    member_number(o, "rows"), member_number(o, "accepted"));
	json_array_foreach(json_object_get(o, "fields"), i, f) {
		printf("    %-22s %s %6.1f%%  distinct %-7lld longest %-5lld "
		       "%s\n",
		    member_text(f, "name"), member_text(f, "presence"),
		    100 * json_real_value(json_object_get(f, "fill_rate")),
		    member_number(f, "distinct"), member_number(f, "longest"),
		    member_text(f, "title"));
		print_values("代码表外/outside", json_object_get(f, "outside"));
		print_values("校验不过/failing", json_object_get(f, "failing"));
		print_values("从未使用/unused", json_object_get(f, "unused"));
	}
	json_array_foreach(json_object_get(o, "unknown_headers"), i, f)
		printf("  未识别的表头/unknown header %s (%lld)\n",
		    member_text(f, "header"), member_number(f, "files"));
	json_array_foreach(json_object_get(o, "proposals"), i, f)
		printf("  建议 %s (%lld)\n       %s\n", member_text(f, "zh"),
		    member_number(f, "count"), member_text(f, "en"));
}

static int
print_page(const json_t *list)
{
	struct buf b;

	buf_init(&b, PAGE_MAX);
	html_analysis(list, &b);
	(void)fwrite(b.data, 1, b.len, stdout);
	buf_done(&b);
	return COMMAND_DONE;
}

/* One dataset, or all in force where none is named. */
static int
collect(struct standards *all, struct db *db, struct codes *codes, json_t *list,
    struct err *e)
{
	for (size_t i = 0; i < schemas_count(all->schemas); i++) {
		const struct schema *s = schemas_at(all->schemas, i);
		json_t *o;

		if (s->state != SCHEMA_IN_FORCE ||
		    (all->arguments > 0 &&
			strcmp(s->dataset, all->argument[0]) != 0))
			continue;
		if (analyze_dataset(db, codes, s, &o, e) == -1)
			return -1;
		json_array_append_new(list, o);
	}
	return 0;
}

static int
print(const struct standards *all, const json_t *list)
{
	size_t i;
	json_t *o;

	if (all->html)
		return print_page(list);
	if (all->json && all->arguments > 0) {
		standards_print(json_incref(json_array_get(list, 0)));
	} else if (all->json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		json_array_foreach(list, i, o)
			print_one(o);
	}
	return COMMAND_DONE;
}

int
standards_analyze(struct standards *all)
{
	struct codes *codes = NULL;
	json_t *list = json_array();
	struct db *db = NULL;
	struct err e;
	int status;

	if (all->arguments > 0 &&
	    schemas_find(all->schemas, all->argument[0]) == NULL)
		status = standards_none(all->argument[0], NULL);
	else if (db_open_read(HOME_BASE, &db, &e) == -1 ||
		 codes_read(all->pack, &codes, &e) == -1 ||
		 collect(all, db, codes, list, &e) == -1)
		status = command_fail(&e);
	else
		status = print(all, list);
	json_decref(list);
	codes_free(codes);
	db_close(db);
	return status;
}
