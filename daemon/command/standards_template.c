#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/standards.h"
#include "form/html_standard.h"
#include "form/xlsx_template.h"
#include "rule/pack.h"
#include "rule/template.h"

/* zayton standards template: what a department fills in. */

enum { TEMPLATE_MAX = 16 << 20 };

static int
make_csv(const struct standards *all, const struct schema *s,
    const struct codes *c, struct buf *b, struct err *e)
{
	(void)e;
	template_csv(s, c, all->filled, b);
	return 0;
}

static int
make_html(const struct standards *all, const struct schema *s,
    const struct codes *c, struct buf *b, struct err *e)
{
	json_t *list = json_array();

	(void)all;
	(void)e;
	json_array_append_new(list, template_describe(s, c));
	html_standards(s->title, list, b);
	json_decref(list);
	return 0;
}

/* The published schema itself: a Frictionless Table Schema. */
static int
make_json(const struct standards *all, const struct schema *s,
    const struct codes *c, struct buf *b, struct err *e)
{
	const struct pack_file *f;
	char name[160];

	(void)c;
	snprintf(name, sizeof(name), "schemas/%s.%s.json", s->dataset,
	    s->version);
	f = pack_find(all->pack, name);
	if (f == NULL)
		return err_set(e, ERR_HOLD, "there is no '%s'", name);
	buf_add(b, f->data, f->len);
	return 0;
}

static int
make_xlsx(const struct standards *all, const struct schema *s,
    const struct codes *c, struct buf *b, struct err *e)
{
	const char *folder = getenv("TMPDIR");
	json_t *o = template_describe(s, c);
	int rc = xlsx_template(o, all->filled, folder != NULL ? folder : "/tmp",
	    b, e);

	json_decref(o);
	return rc;
}

static const struct {
	const char *name;
	int (*make)(const struct standards *all, const struct schema *s,
	    const struct codes *c, struct buf *b, struct err *e);
} formats[] = {
	{ "csv", make_csv },
	{ "xlsx", make_xlsx },
	{ "html", make_html },
	{ "json", make_json },
};

enum { NFORMATS = sizeof(formats) / sizeof(formats[0]) };

static int
print(const struct standards *all, const struct schema *s, size_t format)
{
	struct codes *c = NULL;
	struct buf b;
	struct err e;
	int status = COMMAND_DONE;

	buf_init(&b, TEMPLATE_MAX);
	if (codes_read(all->pack, &c, &e) == -1 ||
	    formats[format].make(all, s, c, &b, &e) == -1)
		status = command_fail(&e);
	else
		(void)fwrite(b.data, 1, b.len, stdout);
	buf_done(&b);
	codes_free(c);
	return status;
}

int
standards_template(struct standards *all)
{
	const char *name = all->format != NULL ? all->format
			   : all->html         ? "html"
			   : all->json         ? "json"
					       : "csv";
	const struct schema *s = standards_find(all, all->argument[0],
	    all->arguments > 1 ? all->argument[1] : NULL);

	if (s == NULL)
		return COMMAND_USAGE;
	for (size_t i = 0; i < NFORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return print(all, s, i);
	return command_usage();
}
