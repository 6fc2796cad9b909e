#ifndef ZAYTON_TESTS_RULES_H
#define ZAYTON_TESTS_RULES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rule/match.h"
#include "rule/pack.h"
#include "rule/script.h"
#include "sys/buf.h"
#include "sys/file.h"

/*
 * Small rules to test with: the standards and lists of tests/data/rules, the
 * library that is shipped, and a script of the department DEM.
 */

struct rules {
	struct pack *pack;
	struct schemas *schemas;
	struct script *script;
	const struct schema *bill;
	struct row row;
};

static inline const char *
rules_folder(void)
{
	static char path[512];
	const char *dir = getenv("ZAYTON_TESTDATA");

	snprintf(path, sizeof(path), "%s/rules",
	    dir != NULL ? dir : "tests/data");
	return path;
}

static inline void
rules_file(struct buf *out, const char *name, const char *path)
{
	struct buf b;
	struct err e;

	buf_init(&b, 1 << 20);
	if (file_read(AT_FDCWD, path, &b, &e) == -1) {
		fprintf(stderr, "%s\n", e.en);
		abort();
	}
	buf_printf(out, "%s %zu\n", name, b.len);
	buf_add(out, b.data, b.len);
	buf_addch(out, '\n');
	buf_done(&b);
}

/* A pack with this script, or without any where it is NULL. */
static inline struct pack *
rules_pack(const char *script)
{
	static const char *const names[] = { "code_list.csv", "code_map.csv",
		"demo_bill.1.0.json", "demo_note.1.0.json",
		"demo_note.1.10.json", "demo_note.1.9.json",
		"demo_register.1.0.json" };
	struct pack *p = NULL;
	struct buf b;
	struct err e;
	int fd = memfd_create("rules", MFD_CLOEXEC);

	buf_init(&b, 4 << 20);
	buf_addstr(&b, "zayton-pack 1\n");
	rules_file(&b, "lua/zayton.lua", "lua/zayton.lua");
	if (script != NULL)
		buf_printf(&b, "rules/dem.lua %zu\n%s\n", strlen(script),
		    script);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[128], path[700];

		snprintf(name, sizeof(name), "schemas/%s", names[i]);
		snprintf(path, sizeof(path), "%s/%s", rules_folder(), name);
		rules_file(&b, name, path);
	}
	if (write(fd, b.data, b.len) != (ssize_t)b.len ||
	    pack_map(fd, &p, &e) == -1)
		abort();
	close(fd);
	buf_done(&b);
	return p;
}

/* Loads them; -1 and e where the script is refused. */
static inline int
rules_load(struct rules *r, const char *script, struct err *e)
{
	memset(r, 0, sizeof(*r));
	row_init(&r->row);
	r->pack = rules_pack(script);
	if (schemas_read(r->pack, &r->schemas, e) == -1)
		return -1;
	r->bill = schemas_find(r->schemas, "demo_bill");
	return script_load(r->pack, r->schemas, "DEM", NULL, &r->script, e);
}

static inline void
rules_done(struct rules *r)
{
	row_done(&r->row);
	script_free(r->script);
	schemas_free(r->schemas);
	pack_free(r->pack);
}

enum { RULES_CELLS = 16 };

/* "a|b|c" as cells; a cell cannot hold '|'. */
static inline size_t
rules_cells(const char *line, struct cell cell[RULES_CELLS])
{
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(line, "|");

		cell[n++] = (struct cell){ line, len, -1 };
		if (line[len] == '\0' || n == RULES_CELLS)
			return n;
		line += len + 1;
	}
}

/* Cleans one row of a file with one header; 0, or -1 and e. */
static inline int
rules_clean(struct rules *r, const char *header, const char *line,
    const char *period, const char *today, struct err *e)
{
	struct ruleset *rs = script_dataset(r->script, r->bill);
	struct cell head[RULES_CELLS], cell[RULES_CELLS];
	size_t n = rules_cells(header, head);
	size_t k = rules_cells(line, cell);
	struct match *m;
	int rc;

	if (ruleset_match(rs, head, n, &m, e) == -1)
		return -1;
	row_start(&r->row, r->bill, 2);
	for (size_t i = 0; i < n && i < k; i++) {
		int field = match_column(m, i)->field;

		cell[i].column = (int)i;
		if (field != -1)
			r->row.raw[field] = cell[i];
	}
	rc = ruleset_clean(rs, m, &r->row, period, today, e);
	match_free(m);
	return rc;
}

/* A value as text in one of four buffers used in turn; "" for none. */
static inline const char *
rules_value(const struct rules *r, const char *field)
{
	static char text[4][256];
	static int turn;
	const struct value *v =
	    &r->row.value[schema_field(r->row.schema, field)];
	char *out = text[turn++ % 4];

	out[0] = '\0';
	if (v->kind == VALUE_TEXT)
		snprintf(out, 256, "%.*s", (int)v->len, v->text);
	else if (v->kind == VALUE_MONEY)
		value_money_text(v->num, out, 256);
	else if (v->kind == VALUE_INT)
		snprintf(out, 256, "%lld", (long long)v->num);
	else if (v->kind == VALUE_REAL)
		snprintf(out, 256, "%g", v->real);
	return out;
}

static inline const struct finding *
rules_finding(const struct rules *r, const char *rule)
{
	for (size_t i = 0; i < r->row.nfindings; i++)
		if (strcmp(r->row.finding[i].rule, rule) == 0)
			return &r->row.finding[i];
	return NULL;
}

/* All findings as "rule:field:effect ...". */
static inline const char *
rules_findings(const struct rules *r)
{
	static char text[1024];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < r->row.nfindings && n < 900; i++) {
		const struct finding *f = &r->row.finding[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%s:%s",
		    i > 0 ? " " : "", f->rule,
		    f->field < 0 ? "row" : r->row.schema->field[f->field].name,
		    effect_name(f->effect));
	}
	return text;
}

#endif
