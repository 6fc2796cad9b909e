#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "form/html_standard.h"
#include "form/xlsx_template.h"
#include "keeper/shelf.h"
#include "keeper/standing.h"
#include "rule/codes.h"
#include "rule/template.h"
#include "sys/copy.h"
#include "sys/file.h"
#include "sys/home.h"

/* Of which pack, on which day, by which program the files were made. */
#define MARK HOME_STANDARDS "/.made"

enum { PAGE_MAX = 16 << 20, TEMPLATE_MAX = 1 << 20, MARK_MAX = 160 };

/* Whether files of it are taken, now or soon. */
static int
is_open(const struct schema *s)
{
	return s->state == SCHEMA_IN_FORCE || s->state == SCHEMA_ACCEPTED ||
	       s->state == SCHEMA_COMING;
}

static int
place(const char *name, const void *data, size_t len, struct err *e)
{
	char path[256];

	snprintf(path, sizeof(path), HOME_STANDARDS "/%s", name);
	return file_place(AT_FDCWD, path, data, len, 0644, e);
}

/* A page of all standards of a department, called by its code. */
static int
place_page(const struct standing *s, const struct codes *c,
    const char *provider, struct err *e)
{
	json_t *list = json_array();
	char name[64];
	size_t n = 0;
	struct buf b;
	int rc;

	for (size_t i = 0; i < schemas_count(s->schemas); i++) {
		const struct schema *one = schemas_at(s->schemas, i);

		if (is_open(one) && strcmp(one->provider, provider) == 0)
			json_array_append_new(list, template_describe(one, c));
	}
	if (strcmp(provider, SCHEMA_ANYBODY) == 0)
		provider = "common";
	while (provider[n] != '\0' && n < 32) {
		name[n] = (char)tolower((unsigned char)provider[n]);
		n++;
	}
	snprintf(name + n, sizeof(name) - n, ".html");
	buf_init(&b, PAGE_MAX);
	html_standards(provider, list, &b);
	rc = place(name, b.data, b.len, e);
	buf_done(&b);
	json_decref(list);
	return rc;
}

/* What is no longer to be filled in, or not yet published, goes. */
static void
clear_away(const struct schema *s)
{
	static const char *const ending[] = { "csv", "xlsx", "json" };
	char path[256];

	for (size_t i = 0; i < 3; i++) {
		if (i == 2 && s->state == SCHEMA_ENDED)
			continue;
		snprintf(path, sizeof(path), HOME_STANDARDS "/%s.%s.%s",
		    s->dataset, s->version, ending[i]);
		(void)unlink(path);
	}
}

static int
make_workbook(const struct schema *one, const struct codes *c, struct buf *b,
    struct err *e)
{
	json_t *o = template_describe(one, c);
	int rc = xlsx_template(o, 0, HOME_RUN, b, e);

	json_decref(o);
	return rc;
}

static int
place_version(const struct standing *s, const struct codes *c,
    const struct schema *one, struct err *e)
{
	const struct pack_file *f;
	char name[160];
	struct buf b;
	int rc = 0;

	snprintf(name, sizeof(name), "schemas/%s.%s.json", one->dataset,
	    one->version);
	f = pack_find(s->pack, name);
	if (f != NULL)
		rc = place(name + strlen("schemas/"), f->data, f->len, e);
	if (rc == -1 || !is_open(one))
		return rc;
	snprintf(name, sizeof(name), "%s.%s.csv", one->dataset, one->version);
	buf_init(&b, TEMPLATE_MAX);
	template_csv(one, c, 0, &b);
	rc = place(name, b.data, b.len, e);
	buf_clear(&b);
	snprintf(name, sizeof(name), "%s.%s.xlsx", one->dataset, one->version);
	if (rc == 0)
		rc = make_workbook(one, c, &b, e);
	if (rc == 0)
		rc = place(name, b.data, b.len, e);
	buf_done(&b);
	return rc;
}

static int
place_versions(const struct standing *s, const struct codes *c, struct err *e)
{
	for (size_t i = 0; i < schemas_count(s->schemas); i++) {
		const struct schema *one = schemas_at(s->schemas, i);

		if (!is_open(one))
			clear_away(one);
		if (one->state != SCHEMA_DRAFT &&
		    place_version(s, c, one, e) == -1)
			return -1;
	}
	return 0;
}

/* Each provider once: by its first standard. */
static int
place_pages(const struct standing *s, const struct codes *c, struct err *e)
{
	for (size_t i = 0; i < schemas_count(s->schemas); i++) {
		const char *provider = schemas_at(s->schemas, i)->provider;
		size_t k = 0;

		while (
		    strcmp(schemas_at(s->schemas, k)->provider, provider) != 0)
			k++;
		if (k == i && place_page(s, c, provider, e) == -1)
			return -1;
	}
	return 0;
}

static int
fill(const struct standing *s, struct err *e)
{
	static const char *const tables[] = { "schemas/code_list.csv",
		"schemas/code_map.csv", "schemas/divisions.csv" };
	struct codes *c = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 3; i++) {
		const struct pack_file *f = pack_find(s->pack, tables[i]);

		if (f != NULL)
			rc = place(f->name + strlen("schemas/"), f->data,
			    f->len, e);
	}
	if (rc == 0)
		rc = codes_read(s->pack, &c, e);
	if (rc == 0 &&
	    (place_versions(s, c, e) == -1 || place_pages(s, c, e) == -1))
		rc = -1;
	codes_free(c);
	return rc;
}

static void
mark_of(const struct standing *s, char mark[MARK_MAX])
{
	snprintf(mark, MARK_MAX, ZAYTON_VERSION " %s %s\n",
	    pack_sha256(s->pack), schemas_day(s->schemas));
}

int
shelf_is_made(const struct standing *s)
{
	char mark[MARK_MAX];
	struct buf b;
	struct err none;
	int same;

	mark_of(s, mark);
	buf_init(&b, MARK_MAX);
	same = file_read(AT_FDCWD, MARK, &b, &none) == 0 &&
	       b.len == strlen(mark) && memcmp(b.data, mark, b.len) == 0;
	buf_done(&b);
	return same;
}

int
shelf_fill(const struct standing *s, struct err *e)
{
	char mark[MARK_MAX];

	if (shelf_is_made(s))
		return 0;
	if (fill(s, e) == -1)
		return -1;
	/* What the mark says has to stand, whenever the power goes. */
	if (copy_sync(HOME_STANDARDS, e) == -1)
		return -1;
	mark_of(s, mark);
	return file_publish(AT_FDCWD, MARK, mark, strlen(mark), 0644, e);
}
