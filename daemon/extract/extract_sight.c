#include <stdio.h>
#include <string.h>

#include "extract/extract_part.h"

/*
 * What the role sees of the base: its orders, and of the data sets that they
 * name the fields that are given. No grants, no consents, no looks, nobody
 * else's data.
 */

enum { NAME = 96 };

static const struct {
	const char *table;
	const char *columns;
} orders[] = {
	{ "query_t",
	    "no id account state purpose day known_at as_of format encrypt"
	    " report of_all since before seq standing" },
	{ "subscription_t", "no name" },
	{ "query_give_t",
	    "query n dataset version form full masked from_day until_day why" },
	{ "query_pass_t", "query give n enterprise person" },
	{ "query_subject_t", "query n said enterprise" },
	{ "held_t", "query give rows" },
	{ "recall_t",
	    "no account query dataset row enterprise provider as_of what at"
	    " told_in" },
	{ "mark_t", "account key" },
	{ "account_key_t", "account type blob fingerprint" },
	{ "code_label_t", "list code zh" },
	{ "enterprise_t", "no root" },
	{ "objection_t", "no field state" },
	{ "objection_row_t", "objection dataset key provider" },
};

static void
add_all(struct sight *s, const char *table, const char *columns)
{
	char name[NAME];

	while (*(columns += strspn(columns, " ")) != '\0') {
		size_t len = strcspn(columns, " ");

		snprintf(name, sizeof(name), "%.*s", (int)len, columns);
		sight_add(s, table, name);
		columns += len;
	}
}

int
extract_sight(struct extract *x, struct err *e)
{
	x->sight = sight_new();
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		add_all(x->sight, orders[i].table, orders[i].columns);
	return sight_set(x->sight, x->db, e);
}

static void
add_field(struct extract *x, const char *table, const struct field *f)
{
	char open[NAME];

	sight_add(x->sight, table, f->name);
	snprintf(open, sizeof(open), "%s_open", f->name);
	if (f->open_ended)
		sight_add(x->sight, table, open);
}

void
extract_sight_rows(struct extract *x, const char *dataset)
{
	char table[NAME];

	snprintf(table, sizeof(table), "d_%s", dataset);
	add_all(x->sight, table,
	    "_id _key _provider _as_of _enterprise _to _reason");
}

void
extract_sight_give(struct extract *x, const struct extract_give *g)
{
	const struct schema *s = g->schema;
	const struct sharing_dataset *d = sharing_find(x->sharing, s->dataset);
	uint64_t fields = g->answer.full | g->answer.masked;
	char table[NAME];

	snprintf(table, sizeof(table), "d_%s", s->dataset);
	extract_sight_rows(x, s->dataset);
	/* The clocks of the rules decide on a row, given or not. */
	for (size_t i = 0; d != NULL && i < d->nclocks; i++) {
		int at = schema_field(s, d->clock[i].field);

		if (at != -1)
			fields |= UINT64_C(1) << at;
	}
	for (size_t i = 0; i < s->nfields; i++)
		if ((fields >> i & 1) != 0)
			add_field(x, table, &s->field[i]);
}
