#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "way/link_part.h"

/* What rows of a dataset say of their subject, and what one row says. */

/* The field of a dataset that says one of the record, -1. */
static int
said_by(const struct overwrite *o, const struct schema *s,
    const struct record_source *source, const char *name)
{
	int field = overwrite_field(o, name);

	for (size_t i = 0; i < source->n; i++)
		if (source->cell[i].field == field)
			return schema_field(s, source->cell[i].from);
	return -1;
}

static void
disputed_columns(const struct overwrite *o, const struct schema *s,
    const struct record_source *source, struct link_columns *ret_c)
{
	ret_c->ndisputed = 0;
	ret_c->about = ret_c->org_code = -1;
	if (source == NULL)
		return;
	if (source->item != NULL)
		ret_c->about = schema_field(s, source->item);
	ret_c->uscc = said_by(o, s, source, "uscc");
	ret_c->tax_id = said_by(o, s, source, "tax_id");
	for (size_t k = 0; k < o->ndisputed; k++) {
		if (o->field[o->disputed[k]].derive_org_code)
			ret_c->org_code = (int)k;
		for (size_t i = 0; i < source->n; i++) {
			const struct record_cell *cell = &source->cell[i];

			if (cell->field != o->disputed[k])
				continue;
			ret_c->disputed[ret_c->ndisputed].no = (int)k;
			ret_c->disputed[ret_c->ndisputed].field =
			    schema_field(s, cell->from);
			ret_c->disputed[ret_c->ndisputed++].says = cell->says;
		}
	}
}

void
link_columns(const struct link *l, const struct schema *s,
    struct link_columns *ret_c)
{
	const struct link_rules *r = l->rules;
	const struct record_source *source =
	    overwrite_source(l->overwrite, s->dataset);

	ret_c->schema = s;
	ret_c->source = source == NULL ? LINK_NO_SOURCE
			: source->late ? LINK_LATE_SOURCE
				       : LINK_SOURCE;
	ret_c->source_no =
	    source != NULL ? (int)(source - l->overwrite->source) : -1;
	ret_c->nlate = 0;
	for (size_t i = 0; source != NULL && source->late && i < source->n;
	     i++) {
		ret_c->late[i].field = schema_field(s, source->cell[i].from);
		ret_c->late[i].bit = UINT64_C(1) << source->cell[i].field;
		ret_c->nlate++;
	}
	disputed_columns(l->overwrite, s, source, ret_c);
	ret_c->links = 0;
	for (int p = 0; p < LINK_PART_COUNT; p++) {
		ret_c->part[p] = -1;
		for (int i = 0; i < LINK_NAMES && ret_c->part[p] == -1; i++)
			if (r->part[p][i][0] != '\0')
				ret_c->part[p] = schema_field(s, r->part[p][i]);
		ret_c->links |=
		    ret_c->part[p] != -1 && p <= (int)LINK_PART_name;
	}
	ret_c->founds = link_rules_may_found(r, s->dataset);
	ret_c->former_names =
	    ret_c->founds ? schema_field(s, "former_names") : -1;
	ret_c->item = ret_c->before = ret_c->after = -1;
	if (strcmp(r->rename.dataset, s->dataset) == 0) {
		ret_c->item = schema_field(s, r->rename.item);
		ret_c->before = schema_field(s, r->rename.before);
		ret_c->after = schema_field(s, r->rename.after);
	}
}

static const char *
text_at(const struct rowfile_record *r, int field)
{
	return field != -1 && r->value[field].kind == VALUE_TEXT
		   ? r->value[field].text
		   : NULL;
}

void
link_row_of(const struct link_columns *c, const struct rowfile_record *r,
    const char *provider, struct link_row *ret_row)
{
	ret_row->provider = provider;
	ret_row->as_of = r->as_of;
	for (int p = 0; p < LINK_PART_COUNT; p++)
		ret_row->part[p] = text_at(r, c->part[p]);
	ret_row->item = text_at(r, c->item);
	ret_row->before = text_at(r, c->before);
	ret_row->after = text_at(r, c->after);
	ret_row->former_names = text_at(r, c->former_names);
}

/* Whether all say it, and it may stand. */
static int
text_agrees(struct link *l, const char *provider, uint32_t enterprise,
    int field, const char *value)
{
	const struct overwrite *o = l->overwrite;

	return enterprises_agrees(l->enterprises, enterprise, field, value) &
	       survive_admits(&o->field[o->disputed[field]].rule, provider);
}

/* The code that a row's other numbers hold, where it has none itself. */
static int
derived_agrees(struct link *l, const struct link_columns *c,
    const struct rowfile_record *r, const char *provider, uint32_t enterprise)
{
	char org[IDENTITY_SIZE];

	return !identities_org_code(text_at(r, c->uscc), text_at(r, c->tax_id),
		   org) ||
	       text_agrees(l, provider, enterprise, c->org_code, org);
}

/* Texts and whole numbers are compared; any other value may differ. */
static int
value_agrees(struct link *l, const struct value *v, const char *provider,
    uint32_t enterprise, int field)
{
	char number[24];

	if (v->kind == VALUE_TEXT)
		return text_agrees(l, provider, enterprise, field, v->text);
	if (v->kind != VALUE_MONEY && v->kind != VALUE_INT)
		return 0;
	snprintf(number, sizeof(number), "%" PRId64, (int64_t)v->num);
	return text_agrees(l, provider, enterprise, field, number);
}

int
link_agrees(struct link *l, const struct link_columns *c,
    const struct rowfile_record *r, const char *provider, uint32_t enterprise)
{
	int agrees = enterprises_is_agreed(l->enterprises, enterprise);
	int has_code = 0;

	for (size_t i = 0; i < c->ndisputed; i++) {
		const struct value *v = &r->value[c->disputed[i].field];
		const char *item = text_at(r, c->about);

		if (v->kind == VALUE_NULL ||
		    (c->disputed[i].says != NULL &&
			(item == NULL ||
			    strstr(item, c->disputed[i].says) == NULL)))
			continue;
		has_code |= c->disputed[i].no == c->org_code;
		agrees &=
		    value_agrees(l, v, provider, enterprise, c->disputed[i].no);
	}
	if (c->org_code != -1 && !has_code)
		agrees &= derived_agrees(l, c, r, provider, enterprise);
	return agrees;
}
