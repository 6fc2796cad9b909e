#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "form/decode.h"
#include "rule/pack.h"
#include "rule/script.h"
#include "sys/err.h"
#include "sys/mem.h"

/*
 * The cases of tests/rules: what becomes of one cell. Three lines each, and an
 * empty one between them:
 *
 *	dataset field [header]
 *	the cell as sent
 *	the value; "-" none; "open" without end; "!" and the finding's sentence
 *
 * A line in double quotes keeps its spaces. A file is named after a provider.
 */

#define TODAY "2016-04-01"

enum { CASES = 1000, LINE = 1024 };

struct one {
	char name[160];
	char provider[16];
	char dataset[64];
	char field[64];
	char header[128];
	char cell[LINE];
	char want[LINE];
};

static struct one cases[CASES];
static size_t ncases;
static struct pack *pack;
static struct schemas *schemas;

/* ---- reading ---- */

static void
unquote(char *s)
{
	size_t n = strcspn(s, "\n");

	s[n] = '\0';
	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		memmove(s, s + 1, n - 2);
		s[n - 2] = '\0';
	}
}

static int
next_line(FILE *f, char *line, int *ret_n)
{
	do {
		if (fgets(line, LINE, f) == NULL)
			return 0;
		(*ret_n)++;
	} while (line[0] == '#' || line[0] == '\n');
	return 1;
}

static void
name_case(struct one *c, const char *base, int n)
{
	char field[sizeof(c->field)];

	memcpy(field, c->field, sizeof(field));
	snprintf(c->name, sizeof(c->name), "%s:%d %s", base, n, field);
}

static void
read_cases(const char *path)
{
	FILE *f = fopen(path, "re");
	const char *base = strrchr(path, '/') + 1;
	char line[LINE];
	int n = 0;

	if (f == NULL)
		fail_msg("no file %s", path);
	while (next_line(f, line, &n) && ncases < CASES) {
		struct one *c = &cases[ncases++];

		c->header[0] = '\0';
		sscanf(line, "%63s %63s %127[^\n]", c->dataset, c->field,
		    c->header);
		name_case(c, base, n);
		snprintf(c->provider, sizeof(c->provider), "%.*s",
		    (int)strcspn(base, "."), base);
		for (char *p = c->provider; *p != '\0'; p++)
			*p = (char)(*p & ~0x20);
		if (fgets(c->cell, LINE, f) == NULL ||
		    fgets(c->want, LINE, f) == NULL)
			fail_msg("%s ends inside a case", path);
		n += 2;
		unquote(c->cell);
		unquote(c->want);
	}
	fclose(f);
}

/* ---- running ---- */

static void
tell_value(const struct value *v, char *out, size_t size)
{
	switch (v->kind) {
	case VALUE_NULL:
		snprintf(out, size, "-");
		break;
	case VALUE_TEXT:
		snprintf(out, size, "%.*s", (int)v->len, v->text);
		break;
	case VALUE_INT:
		snprintf(out, size, "%" PRId64, v->num);
		break;
	case VALUE_MONEY:
		value_money_text(v->num, out, size);
		break;
	case VALUE_REAL:
		snprintf(out, size, "%.10g", v->real);
		break;
	}
}

/* A finding on the field that is no mere remark wins over its value. */
static void
tell(const struct row *r, int field, char *out, size_t size)
{
	if (r->open_ended[field])
		snprintf(out, size, "open");
	else
		tell_value(&r->value[field], out, size);
	for (size_t i = 0; i < r->nfindings; i++)
		if (r->finding[i].field == field &&
		    r->finding[i].severity != SEVERITY_INFO) {
			snprintf(out, size, "!%s", r->finding[i].zh);
			return;
		}
}

static void
run_case(void **state)
{
	const struct one *c = *state;
	const struct schema *s = schemas_find(schemas, c->dataset);
	const struct script_limits limits = { 64 << 20, 1000000 };
	struct script *script = NULL;
	struct match *m = NULL;
	struct cell header;
	struct row r;
	struct err e = { .en = "" };
	char got[LINE];
	int field;

	assert_non_null(s);
	field = schema_field(s, c->field);
	assert_int_not_equal(field, -1);
	header.text = c->header[0] != '\0' ? c->header : s->field[field].title;
	header.len = strlen(header.text);
	if (script_load(pack, schemas, c->provider, &limits, &script, &e) == -1)
		fail_msg("%s", e.en);
	/* Every other field may be missing. */
	if (match_columns_for(s, s->key, s->nkeys, ~UINT64_C(0), &header, 1, &m,
		&e) == -1)
		fail_msg("%s", e.en);
	assert_int_equal(match_field(m, field), 0);
	row_init(&r);
	row_start(&r, s, 2);
	r.raw[field] = (struct cell){ c->cell, strlen(c->cell), 0 };
	if (ruleset_clean(script_dataset(script, s), m, &r, "", TODAY, &e) ==
	    -1)
		fail_msg("%s", e.en);
	tell(&r, field, got, sizeof(got));
	row_done(&r);
	match_free(m);
	script_free(script);
	assert_string_equal(got, c->want);
}

int
main(void)
{
	static struct CMUnitTest tests[CASES];
	glob_t files;
	struct err e;
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (pack_gather(dir, &pack, &e) == -1 ||
	    schemas_read(pack, &schemas, &e) == -1 ||
	    decoder_prepare(&e) == -1) {
		fprintf(stderr, "%s\n", e.en);
		return 1;
	}
	if (glob("tests/rules/*.case", 0, NULL, &files) == 0)
		for (size_t i = 0; i < files.gl_pathc; i++)
			read_cases(files.gl_pathv[i]);
	globfree(&files);
	for (size_t i = 0; i < ncases; i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = run_case,
			.initial_state = &cases[i] };
	rc = _cmocka_run_group_tests("cases", tests, ncases, NULL, NULL);
	schemas_free(schemas);
	pack_free(pack);
	close(dir);
	return rc;
}
