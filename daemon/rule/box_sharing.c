#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/box_sharing.h"
#include "rule/box_table.h"
#include "rule/pack.h"
#include "sys/mem.h"

enum { YEARS_PERSON = 5, YEARS_MOST = 100 };

/* One of the words, NULL-ended: its place, or -1. */
static int
word(struct box_table *t, const char *name, const char *const *words,
    const char *fallback, int *ret)
{
	char said[SHARING_NAME];

	if (box_table_text(t, name, fallback != NULL, said, sizeof(said)) == -1)
		return -1;
	for (*ret = 0; words[*ret] != NULL; ++*ret)
		if (strcmp(words[*ret], said[0] != '\0' ? said : fallback) == 0)
			return 0;
	return box_table_wrong(t, name, said);
}

/* --- parts -------------------------------------------------------------- */

static int
read_keep(struct box_table *t, struct sharing *h)
{
	if (box_table_enter(t, "keep") == -1 ||
	    box_table_number(t, "person", &h->years_person) == -1 ||
	    box_table_number(t, "enterprise", &h->years_enterprise) == -1)
		return -1;
	if (h->years_person < 0 || h->years_person > YEARS_PERSON)
		return box_table_wrong(t,
		    "adverse information on persons is kept five years at "
		    "most (征信业管理条例 art. 16):",
		    "person");
	if (h->years_enterprise < 0 || h->years_enterprise > YEARS_MOST)
		return box_table_wrong(t, "0 to 100 years have to be",
		    "enterprise");
	box_table_leave(t);
	return 0;
}

static int
read_purposes(struct box_table *t, struct sharing *h)
{
	char name[SHARING_PURPOSES][SHARING_NAME];

	if (box_table_enter(t, "purposes") == -1 ||
	    box_table_names(t, "purposes", name[0], SHARING_NAME,
		SHARING_PURPOSES, &h->npurposes) == -1)
		return -1;
	for (size_t i = 0; i < h->npurposes; i++) {
		struct sharing_purpose *p = &h->purpose[i];

		memcpy(p->code, name[i], sizeof(p->code));
		if (strspn(p->code, "abcdefghijklmnopqrstuvwxyz0123456789_") !=
		    strlen(p->code))
			return box_table_wrong(t,
			    "a purpose is of a-z, 0-9 and _:", p->code);
		if (box_table_enter(t, p->code) == -1 ||
		    box_table_text(t, "zh", 0, p->zh, sizeof(p->zh)) == -1 ||
		    box_table_text(t, "en", 0, p->en, sizeof(p->en)) == -1)
			return -1;
		box_table_leave(t);
	}
	box_table_leave(t);
	return 0;
}

static int
read_masks(struct box_table *t, struct sharing *h)
{
	static const char *const kind[] = { [MASK_WHOLE] = "whole",
		[MASK_ID] = "id",
		[MASK_PHONE] = "phone",
		[MASK_NAME] = "name",
		NULL };
	char name[SHARING_MASKS][SHARING_NAME];
	int k;

	if (box_table_enter(t, "masks") == -1 ||
	    box_table_names(t, "masks", name[0], SHARING_NAME, SHARING_MASKS,
		&h->nmasks) == -1)
		return -1;
	for (size_t i = 0; i < h->nmasks; i++) {
		memcpy(h->mask[i].field, name[i], SHARING_NAME);
		if (word(t, name[i], kind, NULL, &k) == -1)
			return -1;
		h->mask[i].kind = (enum mask_kind)k;
	}
	box_table_leave(t);
	return 0;
}

/* Dates of the data set, and what they do. */
static int
read_clocks(struct box_table *t, const struct schema *s,
    struct sharing_dataset *d)
{
	static const char *const member[] = { [CLOCK_ENDED] = "ended",
		[CLOCK_UNTIL] = "shown_until",
		[CLOCK_REMOVED] = "removed" };

	for (int k = CLOCK_ENDED; k <= CLOCK_REMOVED; k++) {
		char *field = d->clock[d->nclocks].field;
		int at;

		if (box_table_text(t, member[k], 1, field, SHARING_NAME) == -1)
			return -1;
		if (field[0] == '\0')
			continue;
		at = schema_field(s, field);
		if (at == -1 || s->field[at].type != FIELD_DATE)
			return box_table_wrong(t, "no date is called", field);
		d->clock[d->nclocks++].kind = (enum sharing_clock)k;
	}
	return 0;
}

static int
read_dataset(struct box_table *t, const struct schema *s,
    struct sharing_dataset *d)
{
	static const char *const known[] = { "class", "basis", "form",
		"consent", "by_name", "ended", "shown_until", "removed", NULL };
	static const char *const class[] = { [SHARING_OPEN] = "open",
		[SHARING_CONDITIONAL] = "conditional",
		[SHARING_NEVER] = "never",
		NULL };
	static const char *const form[] = { [GRANT_NONE] = "none",
		[GRANT_COUNT] = "count",
		[GRANT_YES_NO] = "yes-no",
		[GRANT_LATEST] = "latest",
		[GRANT_ROWS] = "rows",
		NULL };
	int c, f;

	if (box_table_only(t, known) == -1 ||
	    word(t, "class", class, NULL, &c) == -1 ||
	    box_table_text(t, "basis", 0, d->basis, sizeof(d->basis)) == -1 ||
	    word(t, "form", form, "rows", &f) == -1 ||
	    read_clocks(t, s, d) == -1)
		return -1;
	if (d->basis[0] == '\0')
		return box_table_wrong(t, "the legal basis is missing of",
		    d->dataset);
	d->class = (enum sharing_class)c;
	d->form = (enum grant_form)f;
	d->consent = box_table_flag(t, "consent");
	d->by_name = box_table_flag(t, "by_name");
	return 0;
}

static int
read_datasets(struct box_table *t, const struct schemas *all, struct sharing *h)
{
	char(*name)[SHARING_NAME] = xcalloc(SHARING_DATASETS, sizeof(*name));
	int rc = box_table_enter(t, "datasets");

	if (rc == 0)
		rc = box_table_names(t, "datasets", name[0], SHARING_NAME,
		    SHARING_DATASETS, &h->ndatasets);
	for (size_t i = 0; rc == 0 && i < h->ndatasets; i++) {
		const struct schema *s = schemas_likeliest(all, name[i]);

		memcpy(h->dataset[i].dataset, name[i], SHARING_NAME);
		rc = s == NULL
			 ? box_table_wrong(t, "there is no standard", name[i])
			 : box_table_enter(t, name[i]);
		if (rc == 0)
			rc = read_dataset(t, s, &h->dataset[i]);
		if (rc == -1)
			(void)err_in(t->e, "%s", name[i]);
		else
			box_table_leave(t);
	}
	free(name);
	if (rc == 0)
		box_table_leave(t);
	return rc;
}

int
box_sharing_read(const char *text, size_t len, const struct schemas *s,
    struct sharing *ret_h, struct err *e)
{
	static const char *const known[] = { "keep", "purposes", "masks",
		"datasets", NULL };
	struct box_table t;
	int rc = 0;

	memset(ret_h, 0, sizeof(*ret_h));
	if (box_table_open(&t, SHARING_FILE, text, len, e) == -1 ||
	    box_table_only(&t, known) == -1 || read_keep(&t, ret_h) == -1 ||
	    read_purposes(&t, ret_h) == -1 || read_masks(&t, ret_h) == -1 ||
	    read_datasets(&t, s, ret_h) == -1)
		rc = -1;
	box_table_close(&t);
	return rc;
}

int
box_sharing_of(const struct pack *p, const struct schemas *s,
    struct sharing **ret_h, struct err *e)
{
	const struct pack_file *f = pack_find(p, SHARING_FILE);

	*ret_h = xcalloc(1, sizeof(**ret_h));
	if (f == NULL || box_sharing_read(f->data, f->len, s, *ret_h, e) == 0)
		return 0;
	free(*ret_h);
	*ret_h = NULL;
	return -1;
}
