#include <stdio.h>
#include <stdlib.h>

#include "form/xlsx_part.h"
#include "sys/err.h"
#include "sys/mem.h"

/* What the sheets of a workbook share: which there are, formats, strings. */

enum { PART = 512, RELATIONS = 2 * XLSX_SHEETS, NAME = 96 };

/* A file of relations names the other parts and what they are for. */
struct relation {
	char *id;
	char *type; /* the last word of its address */
	char *part;
};

struct relations {
	const char *folder; /* what its paths begin from, with the '/' */
	struct relation item[RELATIONS];
	size_t n;
};

/* Where the handlers of the parts are. */
struct reading {
	struct xlsx *x;
	struct relations *relations;
	int inside; /* cellXfs, or phonetic signs */
	int text;   /* inside a t */
};

typedef int part_fn(struct reading *r, int token, struct err *e);

int
xlsx_part(struct xlsx *x, const char *part, struct err *e)
{
	int rc = x->parts.open(x->parts.arg, part, e);

	if (x->reading)
		xml_done(&x->xml);
	x->reading = rc == 1;
	if (rc == 1)
		xml_init(&x->xml, part, x->parts.read, x->parts.arg);
	return rc;
}

int
xlsx_part_end(struct xlsx *x, struct err *e)
{
	int token;

	while ((token = xml_next(&x->xml, e)) > 0)
		continue;
	xml_done(&x->xml);
	x->reading = 0;
	return token;
}

/* Hands every token of a part to fn. 1 done, 0 there is no such part. */
static int
each(struct reading *r, const char *part, part_fn *fn, struct err *e)
{
	int rc = xlsx_part(r->x, part, e);
	int token;

	if (rc != 1)
		return rc;
	while ((token = xml_next(&r->x->xml, e)) > 0)
		if (fn(r, token, e) == -1)
			return -1;
	return token == -1 ? -1 : 1;
}

/* The text of an attribute; "" where there is none. Cut to fit. */
static void
attr_text(const struct xml *m, const char *name, char *to, size_t size)
{
	const struct xml_attr *a = xml_attr(m, name);
	struct buf b;
	size_t len;

	buf_init(&b, XML_TAG * 2);
	buf_addstr(&b, "");
	if (a != NULL)
		xml_plain(a->value, a->len, &b);
	len = b.len < size ? b.len : size - 1;
	while (len < b.len && len > 0 && (b.data[len] & 0xC0) == 0x80)
		len--;
	memcpy(to, b.data, len);
	to[len] = '\0';
	buf_done(&b);
}

static int
attr_is(const struct xml *m, const char *name, const char *value)
{
	const struct xml_attr *a = xml_attr(m, name);

	return a != NULL && a->len == strlen(value) &&
	       memcmp(a->value, value, a->len) == 0;
}

static int
broken(const char *part, struct err *e)
{
	return err_say(e, ERR_SENDER, "xlsx_damaged", part, NULL);
}

/* ---- relations ---- */

/* "../x" does not occur where it matters, and leads nowhere. */
static char *
full_path(const char *folder, const char *target)
{
	if (target[0] == '/')
		return xstrdup(target + 1);
	return xasprintf("%s%s", folder, target);
}

static int
take_relation(struct reading *r, int token, struct err *e)
{
	const struct xml *m = &r->x->xml;
	struct relations *all = r->relations;
	struct relation *one;
	char id[PART], type[PART], target[PART];
	const char *word;

	if (token != XML_OPEN || !xml_is(m, "Relationship") ||
	    attr_is(m, "TargetMode", "External"))
		return 0;
	if (all->n == RELATIONS)
		return broken(m->part, e);
	attr_text(m, "Id", id, sizeof(id));
	attr_text(m, "Type", type, sizeof(type));
	attr_text(m, "Target", target, sizeof(target));
	word = strrchr(type, '/');
	one = &all->item[all->n++];
	one->id = xstrdup(id);
	one->type = xstrdup(word != NULL ? word + 1 : type);
	one->part = full_path(all->folder, target);
	return 0;
}

static const struct relation *
relation_of_type(const struct relations *all, const char *type)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->item[i].type, type) == 0)
			return &all->item[i];
	return NULL;
}

static const struct relation *
relation_of_id(const struct relations *all, const char *id)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->item[i].id, id) == 0)
			return &all->item[i];
	return NULL;
}

static void
relations_done(struct relations *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->item[i].id);
		free(all->item[i].type);
		free(all->item[i].part);
	}
	all->n = 0;
}

/* ---- the workbook ---- */

static int
is_true(const struct xml *m, const char *name)
{
	return attr_is(m, name, "1") || attr_is(m, name, "true");
}

/* A name stands in paths of findings: no slash, nothing that moves a line. */
static void
tame(char *name)
{
	for (char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F || *p == '/' ||
		    *p == '\\')
			*p = '_';
}

static int
take_sheet(struct reading *r, struct err *e)
{
	struct xlsx *x = r->x;
	const struct relation *to;
	struct xlsx_sheet *s;
	char id[PART], name[NAME];

	attr_text(&x->xml, "id", id, sizeof(id));
	attr_text(&x->xml, "name", name, sizeof(name));
	to = relation_of_id(r->relations, id);
	if (to == NULL)
		return broken(x->xml.part, e);
	if (strcmp(to->type, "worksheet") != 0)
		return 0;
	tame(name);
	for (size_t i = 0; i < x->nsheets; i++)
		if (strcmp(x->sheet[i].name, name) == 0)
			return broken(x->xml.part, e);
	if (x->nsheets == XLSX_SHEETS || name[0] == '\0')
		return broken(x->xml.part, e);
	s = &x->sheet[x->nsheets++];
	s->name = xstrdup(name);
	s->part = xstrdup(to->part);
	s->hidden = attr_is(&x->xml, "state", "hidden") ||
		    attr_is(&x->xml, "state", "veryHidden");
	return 0;
}

static int
take_workbook(struct reading *r, int token, struct err *e)
{
	const struct xml *m = &r->x->xml;

	if (token != XML_OPEN)
		return 0;
	if (xml_is(m, "workbookPr"))
		r->x->from_1904 = is_true(m, "date1904");
	return xml_is(m, "sheet") ? take_sheet(r, e) : 0;
}

/* ---- formats ---- */

static void
add_custom(struct xlsx *x)
{
	char id[PART], code[PART];

	attr_text(&x->xml, "numFmtId", id, sizeof(id));
	attr_text(&x->xml, "formatCode", code, sizeof(code));
	if (x->ncustom == XLSX_CUSTOM)
		return;
	if ((x->ncustom & (x->ncustom - 1)) == 0)
		x->custom = xreallocarray(x->custom, 2 * x->ncustom + 1,
		    sizeof(*x->custom));
	x->custom[x->ncustom++] =
	    (struct xlsx_custom){ (unsigned)strtoul(id, NULL, 10),
		    xlsx_format_of(code) };
}

static void
add_format(struct xlsx *x)
{
	char text[PART];
	struct xlsx_format f;
	unsigned id;

	attr_text(&x->xml, "numFmtId", text, sizeof(text));
	id = (unsigned)strtoul(text, NULL, 10);
	f = xlsx_format_known(id);
	for (size_t i = 0; i < x->ncustom; i++)
		if (x->custom[i].id == id)
			f = x->custom[i].format;
	if (x->nformats == XLSX_FORMATS)
		return;
	if ((x->nformats & (x->nformats - 1)) == 0)
		x->format = xreallocarray(x->format, 2 * x->nformats + 1,
		    sizeof(*x->format));
	x->format[x->nformats++] = f;
}

static int
take_styles(struct reading *r, int token, struct err *e)
{
	const struct xml *m = &r->x->xml;

	(void)e;
	if (xml_is(m, "cellXfs"))
		r->inside = token == XML_OPEN;
	else if (token == XML_OPEN && xml_is(m, "numFmt") && !r->inside)
		add_custom(r->x);
	else if (token == XML_OPEN && xml_is(m, "xf") && r->inside)
		add_format(r->x);
	return 0;
}

/* ---- strings ---- */

static int
take_string(struct reading *r, int token, struct err *e)
{
	struct xlsx *x = r->x;
	const struct xml *m = &x->xml;
	size_t len;

	if (token == XML_TEXT) {
		if (r->text && !r->inside)
			xml_text(m, &x->cell);
		return 0;
	}
	if (xml_is(m, "rPh")) /* how it is read aloud */
		r->inside = token == XML_OPEN;
	else if (xml_is(m, "t"))
		r->text = token == XML_OPEN;
	else if (xml_is(m, "si") && token == XML_OPEN)
		buf_clear(&x->cell);
	else if (xml_is(m, "si")) {
		len = xlsx_unescape(x->cell.data, x->cell.len);
		return xlsx_texts_add(x->texts, x->cell.data, len, e);
	}
	return 0;
}

/* ---- all of it ---- */

/* "xl/workbook.xml" -> "xl/" */
static void
folder_of(const char *part, char *folder)
{
	const char *slash = strrchr(part, '/');

	snprintf(folder, PART, "%.*s",
	    slash != NULL ? (int)(slash - part) + 1 : 0, part);
}

/* The relations of the workbook, whose own path the first relations tell. */
static int
read_relations(struct reading *r, char *part, char *folder, struct err *e)
{
	const struct relation *book;
	char path[2 * PART];
	int rc;

	r->relations->folder = "";
	rc = each(r, "_rels/.rels", take_relation, e);
	if (rc == -1)
		return -1;
	book = relation_of_type(r->relations, "officeDocument");
	snprintf(part, PART, "%s",
	    book != NULL ? book->part : "xl/workbook.xml");
	relations_done(r->relations);
	folder_of(part, folder);
	r->relations->folder = folder;
	snprintf(path, sizeof(path), "%s_rels/%s.rels", folder,
	    part + strlen(folder));
	rc = each(r, path, take_relation, e);
	return rc == 0 ? broken(path, e) : rc;
}

/* A part that only some workbooks have. */
static int
read_shared(struct reading *r, const char *type, part_fn *fn, struct err *e)
{
	const struct relation *to = relation_of_type(r->relations, type);

	r->inside = r->text = 0;
	if (to == NULL)
		return 0;
	return each(r, to->part, fn, e) == -1 ? -1 : 0;
}

static int
read_book(struct reading *r, struct err *e)
{
	char part[PART], folder[PART];
	int rc;

	if (read_relations(r, part, folder, e) == -1)
		return -1;
	rc = each(r, part, take_workbook, e);
	if (rc == 0)
		return broken(part, e);
	if (rc == -1 || read_shared(r, "styles", take_styles, e) == -1 ||
	    read_shared(r, "sharedStrings", take_string, e) == -1)
		return -1;
	r->x->macros = relation_of_type(r->relations, "vbaProject") != NULL;
	return 0;
}

int
xlsx_open(const struct xlsx_parts *p, const struct container_limits *l,
    struct xlsx **ret_x, struct err *e)
{
	struct xlsx *x = xcalloc(1, sizeof(*x));
	struct relations *relations = xcalloc(1, sizeof(*relations));
	struct reading r = { .x = x, .relations = relations };
	int rc;

	x->parts = *p;
	x->limits = *l;
	x->texts = xlsx_texts_new(p->spill, p->spill_from);
	buf_init(&x->cell, 2 * XLSX_TEXT_LONGEST);
	buf_addstr(&x->cell, "");
	buf_init(&x->text, XLSX_ROW + 2 * XLSX_TEXT_LONGEST);
	(void)buf_reserve(&x->text, x->text.max);
	rc = read_book(&r, e);
	relations_done(relations);
	free(relations);
	if (rc == -1) {
		xlsx_close(x);
		return -1;
	}
	*ret_x = x;
	return 0;
}

void
xlsx_close(struct xlsx *x)
{
	if (x == NULL)
		return;
	if (x->reading)
		xml_done(&x->xml);
	for (size_t i = 0; i < x->nsheets; i++) {
		free(x->sheet[i].name);
		free(x->sheet[i].part);
	}
	free(x->format);
	free(x->custom);
	xlsx_texts_free(x->texts);
	buf_done(&x->cell);
	buf_done(&x->text);
	free(x);
}

size_t
xlsx_count(const struct xlsx *x)
{
	return x->nsheets;
}

const char *
xlsx_name(const struct xlsx *x, size_t i)
{
	return x->sheet[i].name;
}

int
xlsx_is_hidden(const struct xlsx *x, size_t i)
{
	return x->sheet[i].hidden;
}

int
xlsx_has_macros(const struct xlsx *x)
{
	return x->macros;
}
