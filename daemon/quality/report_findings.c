#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/mask.h"
#include "form/text.h"
#include "quality/report_bundle.h"
#include "quality/tally.h"
#include "sys/buf.h"
#include "sys/catalog.h"
#include "sys/mem.h"
#include "sys/member.h"

enum { CELL_MAX = 160, SENTENCE_MAX = 1000 };

/* A file of the bundle, and which of its columns are personal. */
struct sheet {
	const char *path;
	const struct schema *schema; /* NULL: none */
	const json_t *header;
	uint8_t *personal; /* owned, by column */
};

struct gather {
	struct db *db;
	const struct schemas *all;
	const struct bundle *bundle;
	struct sheet *sheet; /* owned, by number of the file */
	size_t nsheets;
	struct tally *tally; /* owned */
};

/* ---- what is personal ---- */

static int
is_personal(const struct schema *s, const char *field)
{
	int at = s != NULL && field[0] != '\0' ? schema_field(s, field) : -1;

	return at != -1 && s->field[at].sensitivity == 'X';
}

static int
column_of(const struct sheet *s, const char *header)
{
	for (size_t i = 0; i < json_array_size(s->header); i++)
		if (strcmp(json_string_value(json_array_get(s->header, i)),
			header) == 0)
			return (int)i;
	return -1;
}

/* columns is {field: header as sent}. */
static void
mark_personal(struct sheet *s, const char *columns)
{
	json_t *of = json_loads(columns, 0, NULL);
	const char *field;
	json_t *header;

	s->personal = xcalloc(json_array_size(s->header) + 1, 1);
	json_object_foreach(of, field, header) {
		int at = column_of(s, json_string_value(header));

		if (at != -1 && is_personal(s->schema, field))
			s->personal[at] = 1;
	}
	json_decref(of);
}

static int
open_sheets(struct gather *g, const json_t *files, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	g->nsheets = json_array_size(files);
	g->sheet = xcalloc(g->nsheets + 1, sizeof(*g->sheet));
	for (size_t i = 0; i < g->nsheets; i++) {
		const json_t *f = json_array_get(files, i);

		g->sheet[i].path = member_text(f, "path");
		g->sheet[i].header = json_object_get(f, "header");
		g->sheet[i].schema =
		    schemas_likeliest(g->all, member_text(f, "dataset"));
	}
	rc = db_query(g->db, &st, e,
	    "SELECT no, columns FROM bundle_file_t WHERE bundle = ?", "i",
	    g->bundle->no);
	for (; rc == 1; rc = db_next(g->db, st, e))
		if (sqlite3_column_int64(st, 0) < (int64_t)g->nsheets)
			mark_personal(&g->sheet[sqlite3_column_int64(st, 0)],
			    db_text(st, 1));
	db_done(st);
	return rc;
}

/* A value for people: cut, and covered where it is personal. */
static json_t *
value_json(const char *s, int personal)
{
	struct buf b;
	size_t len = strlen(s);
	json_t *o;

	buf_init(&b, 4 * CELL_MAX + 1024);
	buf_addstr(&b, "");
	if (len > CELL_MAX) {
		len = text_cut(s, len, CELL_MAX);
		personal |= mask_is_rid(s, len);
	}
	if (personal || mask_is_rid(s, len))
		mask_put(&b, s, len);
	else
		buf_add(&b, s, len);
	if (s[len] != '\0')
		buf_addstr(&b, "…");
	o = json_string(b.data);
	buf_done(&b);
	return o != NULL ? o : json_string("");
}

/*
 * A sentence that quotes a personal value covers it; where it quotes it in
 * another form, only what to do is said.
 */
static json_t *
sentence_json(const char *s, const char *value, const char *fix, int personal)
{
	struct buf b;
	json_t *o;

	if (!personal || value[0] == '\0')
		return json_string(s);
	buf_init(&b, SENTENCE_MAX);
	if (!mask_within(&b, s, value))
		buf_addstr(&b, fix);
	o = json_string(b.data != NULL ? b.data : "");
	buf_done(&b);
	return o;
}

/* ---- rows as sent ---- */

static json_t *
cells_json(const struct sheet *s, const char *text)
{
	json_t *cells = json_loads(text, 0, NULL);
	json_t *list = json_array();
	size_t width = json_array_size(s->header);
	size_t i;
	json_t *c;

	json_array_foreach(cells, i, c)
		json_array_append_new(list,
		    value_json(json_is_string(c) ? json_string_value(c) : "",
			i < width && s->personal != NULL && s->personal[i]));
	json_decref(cells);
	return list;
}

/* What became of the field; null where the row went back or nobody noted it. */
static json_t *
mended_json(const char *text, const char *field, int personal)
{
	json_t *all = json_loads(text, 0, NULL);
	const char *s = json_string_value(json_object_get(all, field));
	json_t *o = s != NULL ? value_json(s, personal) : json_null();

	json_decref(all);
	return o;
}

static int
add_row(struct gather *g, int64_t file, int64_t row, const char *field,
    int personal, json_t *sample, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	json_object_set_new(sample, "mended", json_null());
	if (row <= 0)
		return 0;
	rc = db_query(g->db, &st, e,
	    "SELECT cells, mended FROM quality_sent_t WHERE bundle = ? AND"
	    " file = ? AND row = ?",
	    "iii", g->bundle->no, file, row);
	if (rc == 1) {
		json_object_set_new(sample, "cells",
		    cells_json(&g->sheet[file], db_text(st, 0)));
		json_object_set_new(sample, "mended",
		    mended_json(db_text(st, 1), field, personal));
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* ---- one pass over the findings ---- */

/* Columns of the query below. */
enum { FILE_, ROW, FIELD, HEADER, RULE, SEVERITY, EFFECT, VALUE, ZH, EN };

static int
add_sample(struct gather *g, sqlite3_stmt *st, json_t *samples, struct err *e)
{
	static const char *const effect[] = { "reject", "null", "fix", "keep" };
	int64_t file = sqlite3_column_int64(st, FILE_);
	const struct sheet *s = &g->sheet[file];
	const struct catalog_entry *c = catalog_find(db_text(st, RULE));
	int personal = is_personal(s->schema, db_text(st, FIELD));
	const char *value = db_text(st, VALUE);
	json_t *o = json_pack("{s:s, s:I, s:s, s:s, s:i, s:s, s:o, s:o, s:o}",
	    "file", s->path, "row", (json_int_t)sqlite3_column_int64(st, ROW),
	    "field", db_text(st, FIELD), "header", db_text(st, HEADER),
	    "column", column_of(s, db_text(st, HEADER)), "effect",
	    effect[sqlite3_column_int(st, EFFECT) & 3], "value",
	    value_json(value, personal), "zh",
	    sentence_json(db_text(st, ZH), value, c != NULL ? c->zh_fix : "",
		personal),
	    "en",
	    sentence_json(db_text(st, EN), value, c != NULL ? c->en_fix : "",
		personal));

	if (o == NULL)
		return err_set(e, ERR_HOLD, "a finding is not UTF-8");
	json_array_append_new(samples, o);
	return add_row(g, file, sqlite3_column_int64(st, ROW),
	    db_text(st, FIELD), personal, o, e);
}

static int
add_finding(struct gather *g, sqlite3_stmt *st, struct err *e)
{
	int64_t file = sqlite3_column_int64(st, FILE_);
	struct tally_rule *r;

	if (file < 0 || file >= (int64_t)g->nsheets)
		return 0;
	r = tally_add(g->tally,
	    &(struct tally_finding){ .dataset =
					 g->sheet[file].schema != NULL
					     ? g->sheet[file].schema->dataset
					     : "",
		.field = db_text(st, FIELD),
		.header = db_text(st, HEADER),
		.rule = db_text(st, RULE),
		.severity = sqlite3_column_int(st, SEVERITY),
		.rejects = sqlite3_column_int(st, EFFECT) == 0 });
	if (r->samples == NULL)
		r->samples = json_array();
	if (r->count > REPORT_SAMPLES)
		return 0;
	return add_sample(g, st, r->samples, e);
}

static int
read_findings(struct gather *g, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(g->db, &st, e,
	    "SELECT file, coalesce(row, 0), field, header, rule, severity,"
	    " effect, value, message_zh, message_en FROM quality_issue_t WHERE"
	    " bundle = ? ORDER BY no",
	    "i", g->bundle->no);

	for (; rc == 1; rc = db_next(g->db, st, e))
		if (add_finding(g, st, e) == -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

/* ---- what came of it ---- */

/* The sentence without what it is about: {1} becomes an ellipsis. */
static json_t *
general(const char *sentence)
{
	struct buf b;
	json_t *o;

	buf_init(&b, SENTENCE_MAX);
	buf_addstr(&b, "");
	for (const char *s = sentence; *s != '\0'; s++)
		if (s[0] == '{' && s[1] >= '1' && s[1] <= '9' && s[2] == '}') {
			buf_addstr(&b, "…");
			s += 2;
		} else {
			buf_addch(&b, *s);
		}
	o = json_string(b.data);
	buf_done(&b);
	return o;
}

/* Takes the samples. A rule of a script has no sentence but its findings'. */
static json_t *
rule_json(struct tally_rule *r)
{
	const struct catalog_entry *c = catalog_find(r->rule);
	json_t *samples = r->samples;
	const json_t *first = json_array_get(samples, 0);
	json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:s, s:s, s:o}",
	    "rule", r->rule, "severity",
	    severity_name((enum severity)r->severity), "count",
	    (json_int_t)r->count, "rejected", (json_int_t)r->rejected, "zh",
	    c != NULL ? general(c->zh) : json_string(member_text(first, "zh")),
	    "en",
	    c != NULL ? general(c->en) : json_string(member_text(first, "en")),
	    "fix_zh", c != NULL ? c->zh_fix : "", "fix_en",
	    c != NULL ? c->en_fix : "", "samples", samples);

	r->samples = NULL;
	return o;
}

static json_t *
field_json(const struct gather *g, const struct tally_field *f)
{
	const struct schema *s = schemas_likeliest(g->all, f->dataset);
	int at =
	    s != NULL && f->field[0] != '\0' ? schema_field(s, f->field) : -1;
	json_t *by = json_array();

	for (size_t i = 0; i < f->nrules; i++) {
		const struct tally_rule *r = g->tally->rule[i];

		if (f->by_rule[i] > 0)
			json_array_append_new(by,
			    json_pack("{s:s, s:s, s:I}", "rule", r->rule,
				"severity",
				severity_name((enum severity)r->severity),
				"count", (json_int_t)f->by_rule[i]));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "dataset",
	    f->dataset, "field", f->field, "title",
	    at != -1 ? s->field[at].title : "", "header", f->title, "count",
	    (json_int_t)f->count, "rules", by);
}

static void
put_results(struct gather *g, json_t *o)
{
	json_t *rules = json_array();
	json_t *fields = json_array();

	tally_sort(g->tally);
	for (size_t i = 0; i < g->tally->nfields; i++)
		json_array_append_new(fields,
		    field_json(g, &g->tally->field[i]));
	for (size_t i = 0; i < g->tally->nrules; i++)
		json_array_append_new(rules, rule_json(g->tally->rule[i]));
	json_object_set_new(o, "rules", rules);
	json_object_set_new(o, "fields", fields);
}

int
report_findings(struct db *db, const struct schemas *all,
    const struct bundle *b, json_t *o, struct err *e)
{
	struct gather g = { .db = db, .all = all, .bundle = b };
	int rc = -1;

	g.tally = tally_new();
	if (open_sheets(&g, json_object_get(o, "files"), e) == 0 &&
	    read_findings(&g, e) == 0) {
		put_results(&g, o);
		rc = 0;
	}
	for (size_t i = 0; i < g.tally->nrules; i++)
		json_decref(g.tally->rule[i]->samples);
	for (size_t i = 0; i < g.nsheets; i++)
		free(g.sheet[i].personal);
	free(g.sheet);
	tally_free(g.tally);
	return rc;
}
