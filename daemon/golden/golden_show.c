#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/golden_part.h"

/* A value as people see it: money in yuan. */
static json_t *
value_json(const struct field *f, const char *text)
{
	char *end;
	long long fen;

	if (text == NULL)
		return json_null();
	if (f->type == FIELD_MONEY) {
		fen = strtoll(text, &end, 10);
		if (*end == '\0')
			return json_real((double)fen / 100.0);
	}
	return json_string(text);
}

static void
add_label(struct golden *g, const struct field *f, const char *code, json_t *o)
{
	sqlite3_stmt *st;
	struct err e;

	if (f->code_list == NULL || code == NULL)
		return;
	if (db_query(g->db, &st, &e,
		"SELECT zh FROM code_label_t WHERE list = ? AND code = ?", "tt",
		f->code_list, code) == 1)
		json_object_set_new(o, "label", json_string(db_text(st, 0)));
	db_done(st);
}

/* One contribution with where it stands and what became of it. */
static json_t *
said_json(struct golden *g, const struct record_field *f,
    const struct decided *d, size_t i, size_t part, struct err *e)
{
	const struct contribution *c = &d->c[i];
	const struct said_row *r = &g->row[d->row[i]];
	enum survive_reason reason = d->v[i].reason;
	const struct field *type = g->field[f->tuple[part]];
	json_t *o = NULL;
	sqlite3_stmt *st;
	int rc = db_query(g->db, &st, e,
	    "SELECT b.id, b.name, f.path, f.standard, f.rules FROM bundle_t b"
	    " JOIN bundle_file_t f ON f.bundle = b.no AND f.no = ? WHERE"
	    " b.no = ?",
	    "ii", r->origin.file, r->origin.bundle);

	if (rc == 1)
		o = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, "
			      "s:s, s:s,"
			      " s:s, s:b, s:b}",
		    "value", value_json(type, c->value[part]), "provider",
		    c->provider, "dataset", r->source->dataset, "bundle",
		    db_text(st, 0), "bundle_name", db_text(st, 1), "file",
		    db_text(st, 2), "row", (json_int_t)r->origin.row, "as_of",
		    c->as_of, "standard", db_text(st, 3), "rules",
		    db_text(st, 4), "reason", survive_reason_name(reason),
		    "reason_zh", survive_reason_zh(reason), "derived",
		    c->derived, "masked", c->masked);
	db_done(st);
	if (o == NULL)
		return json_object();
	json_object_set_new(o, "reason_en",
	    json_string(survive_reason_en(reason)));
	add_label(g, type, c->value[part], o);
	return o;
}

static json_t *
field_json(struct golden *g, size_t i, struct err *e)
{
	const struct record_field *f = &g->o->field[i];
	const struct record_field *head = &g->o->field[f->head];
	const struct decided *d = &g->decided[f->head];
	json_t *others = json_array();
	json_t *o = json_pack("{s:s, s:s}", "field", f->name, "title",
	    g->field[i]->title);
	size_t part = 0;

	while (head->tuple[part] != (int)i)
		part++;
	for (size_t k = 0; k < d->n; k++)
		if (k != d->s.winner && d->c[k].value[part] != NULL)
			json_array_append_new(others,
			    said_json(g, head, d, k, part, e));
	if (d->s.winner < d->n && d->c[d->s.winner].value[part] != NULL) {
		json_t *w = said_json(g, head, d, d->s.winner, part, e);

		json_object_set(o, "value", json_object_get(w, "value"));
		json_object_set_new(o, "winner", w);
		json_object_set_new(o, "provisional",
		    json_boolean(d->s.provisional));
	}
	json_object_set_new(o, "others", others);
	return o;
}

int
golden_show(struct golden *g, uint32_t no, const struct golden_when *when,
    json_t **ret_record, struct err *e)
{
	char id[ENTERPRISE_ID], asked[ENTERPRISE_ID];
	uint32_t root = golden_root(g, no, when->known);
	json_t *fields, *members;

	enterprise_id_format(no, asked);
	if (root == 0)
		return err_set(e, ERR_SENDER, "no enterprise %s", asked);
	enterprise_id_format(root, id);
	if (golden_decide(g, root, when, e) == -1 ||
	    golden_members(g, root, when->known, &members, e) == -1)
		return -1;
	fields = json_array();
	for (size_t i = 0; i < g->o->nfields; i++)
		json_array_append_new(fields, field_json(g, i, e));
	*ret_record = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "id", id,
	    "asked", asked, "as_of", when->as_of, "known", when->known,
	    "fields", fields, "members", members);
	return 0;
}
