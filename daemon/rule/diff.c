#include <stdio.h>
#include <string.h>

#include "rule/diff.h"
#include "sys/buf.h"

enum { TEXT_MAX = 4096 };

struct diff {
	json_t *changes;
	const char *field; /* being compared, "" the dataset */
	int compatible;
	int side_by_side;
};

enum grade { COMPATIBLE, BREAKING, APART };

static void
note(struct diff *d, const char *change, const char *was, const char *is,
    enum grade grade)
{
	json_array_append_new(d->changes,
	    json_pack("{s:s, s:s, s:s, s:s, s:b}", "field", d->field, "change",
		change, "was", was, "is", is, "compatible",
		grade == COMPATIBLE));
	if (grade != COMPATIBLE)
		d->compatible = 0;
	if (grade == APART)
		d->side_by_side = 0;
}

static const char *
or_none(const char *s)
{
	return s != NULL ? s : "";
}

static int
differ(const char *a, const char *b)
{
	return strcmp(or_none(a), or_none(b)) != 0;
}

static int
among(const char *const *list, const char *s)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return 1;
	return 0;
}

/* Names that went, names that came; of what the old one was called by. */
static void
compare_names(struct diff *d, const char *change, const char *const *was,
    const char *const *is, const char *title)
{
	char added[40], removed[40];

	snprintf(added, sizeof(added), "%s added", change);
	snprintf(removed, sizeof(removed), "%s removed", change);
	for (size_t i = 0; was[i] != NULL; i++)
		if (!among(is, was[i]) && strcmp(was[i], title) != 0)
			note(d, removed, was[i], "", BREAKING);
	for (size_t i = 0; is[i] != NULL; i++)
		if (!among(was, is[i]))
			note(d, added, "", is[i], COMPATIBLE);
}

static void
compare_title(struct diff *d, const char *was, const char *is,
    const char *const *others)
{
	if (strcmp(was, is) != 0)
		note(d, "title", was, is,
		    among(others, was) ? COMPATIBLE : BREAKING);
}

static void
compare_length(struct diff *d, int was, int is)
{
	char a[16] = "", b[16] = "";

	if (was == is)
		return;
	if (was > 0)
		snprintf(a, sizeof(a), "%d", was);
	if (is > 0)
		snprintf(b, sizeof(b), "%d", is);
	note(d, is == 0 || (was > 0 && is > was) ? "widened" : "narrowed", a, b,
	    is == 0 || (was > 0 && is > was) ? COMPATIBLE : BREAKING);
}

static const char *
presence_name(enum field_required r)
{
	static const char *const name[] = { "M", "C", "O" };

	return name[r];
}

static const char *
unit_name(const struct field *f)
{
	return f->type != FIELD_MONEY ? "" : f->unit == 100 ? "yuan" : "wan";
}

/* The more is told to fewer, the later in the alphabet. */
static void
compare_sensitivity(struct diff *d, char was, char is)
{
	const char a[2] = { was, '\0' };
	const char b[2] = { is, '\0' };

	if (was != is)
		note(d, "sensitivity", a, b, is < was ? BREAKING : COMPATIBLE);
}

static void
compare_field(struct diff *d, const struct field *was, const struct field *is)
{
	d->field = was->name;
	compare_title(d, was->title, is->title, is->synonyms);
	compare_names(d, "synonym", was->synonyms, is->synonyms, is->title);
	if (was->type != is->type)
		note(d, "type", field_type_name(was->type),
		    field_type_name(is->type), APART);
	if (differ(was->code_list, is->code_list))
		note(d, "code list", or_none(was->code_list),
		    or_none(is->code_list), APART);
	if (differ(was->identifier, is->identifier))
		note(d, "identifier", or_none(was->identifier),
		    or_none(is->identifier),
		    is->identifier == NULL ? COMPATIBLE : BREAKING);
	if (strcmp(unit_name(was), unit_name(is)) != 0)
		note(d, "unit", unit_name(was), unit_name(is), BREAKING);
	compare_length(d, was->max_chars, is->max_chars);
	if (was->required != is->required)
		note(d, "presence", presence_name(was->required),
		    presence_name(is->required),
		    is->required < was->required ? BREAKING : COMPATIBLE);
	if (was->open_ended != is->open_ended)
		note(d, "open_ended", was->open_ended ? "true" : "false",
		    is->open_ended ? "true" : "false",
		    is->open_ended ? COMPATIBLE : BREAKING);
	compare_sensitivity(d, was->sensitivity, is->sensitivity);
}

/* "account_no+bill_period/uscc+bill_period" */
static void
name_keys(const struct schema *s, struct buf *b)
{
	for (size_t i = 0; i < s->nkeys; i++)
		for (size_t k = 0; k < s->key[i].n; k++) {
			buf_addstr(b, k > 0 ? "+" : i > 0 ? "/" : "");
			buf_addstr(b, s->field[s->key[i].field[k]].name);
		}
}

static void
name_as_of(const struct schema *s, struct buf *b)
{
	for (size_t i = 0; i < s->nas_of; i++) {
		buf_addstr(b, i > 0 ? "+" : "");
		buf_addstr(b, s->field[s->as_of[i]].name);
	}
}

static void
name_period(const struct schema *s, struct buf *b)
{
	buf_addstr(b, s->period >= 0 ? s->field[s->period].name : "");
}

static void
compare_told(struct diff *d, const char *change, const struct schema *was,
    const struct schema *is, void (*tell)(const struct schema *, struct buf *),
    enum grade grade)
{
	struct buf a, b;

	buf_init(&a, TEXT_MAX);
	buf_init(&b, TEXT_MAX);
	buf_addstr(&a, "");
	buf_addstr(&b, "");
	tell(was, &a);
	tell(is, &b);
	if (differ(a.data, b.data))
		note(d, change, or_none(a.data), or_none(b.data), grade);
	buf_done(&a);
	buf_done(&b);
}

static void
compare_dataset(struct diff *d, const struct schema *was,
    const struct schema *is)
{
	d->field = "";
	compare_title(d, was->title, is->title, is->titles);
	compare_names(d, "title", was->titles, is->titles, is->title);
	if (differ(was->provider, is->provider))
		note(d, "provider", was->provider, is->provider, APART);
	if (differ(was->frequency, is->frequency))
		note(d, "frequency", or_none(was->frequency),
		    or_none(is->frequency), COMPATIBLE);
	compare_told(d, "keys", was, is, name_keys, APART);
	compare_told(d, "as_of", was, is, name_as_of, BREAKING);
	compare_told(d, "period", was, is, name_period, APART);
	if (was->append_only != is->append_only)
		note(d, "append_only", was->append_only ? "true" : "false",
		    is->append_only ? "true" : "false", APART);
	if (was->master != is->master)
		note(d, "master", was->master ? "true" : "false",
		    is->master ? "true" : "false",
		    is->master ? COMPATIBLE : BREAKING);
	if (was->adverse != is->adverse)
		note(d, "adverse", was->adverse ? "true" : "false",
		    is->adverse ? "true" : "false", BREAKING);
}

json_t *
schema_diff(const struct schema *from, const struct schema *to)
{
	struct diff d = { json_array(), "", 1, 1 };

	compare_dataset(&d, from, to);
	for (size_t i = 0; i < from->nfields; i++) {
		const struct field *f = &from->field[i];
		int k = schema_field(to, f->name);

		d.field = f->name;
		if (k == -1)
			note(&d, "removed", f->title, "", BREAKING);
		else
			compare_field(&d, f, &to->field[k]);
	}
	for (size_t i = 0; i < to->nfields; i++) {
		const struct field *f = &to->field[i];

		d.field = f->name;
		if (schema_field(from, f->name) == -1)
			note(&d, "added", "", f->title,
			    f->required == FIELD_MANDATORY ? BREAKING
							   : COMPATIBLE);
	}
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "dataset",
	    to->dataset, "from", from->version, "to", to->version, "compatible",
	    d.compatible, "side_by_side", d.side_by_side, "changes", d.changes);
}
