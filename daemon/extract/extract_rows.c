#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "extract/extract_part.h"
#include "form/value.h"
#include "golden/golden_part.h"
#include "sys/buf.h"
#include "sys/mem.h"

/*
 * Rows under an answer of the grants. Everything that stands between a row and
 * the receiver is here: the data range and the clocks of the sharing rules,
 * the form, the fields, the masks. A field that is not given is not even read.
 */

enum { FIXED = 4, VALUE_MAX = 4096, MARKS_TEXT = 1 << 20 };

/* What was repaired is not given out: its provider said so. */
#define NOT_REPAIRED                                                        \
	" AND NOT EXISTS (SELECT 1 FROM objection_row_t x JOIN objection_t" \
	" o ON o.no = x.objection WHERE x.dataset = '%s' AND x.\"key\" ="   \
	" t._key AND x.provider = t._provider AND o.state = 'REPAIRED')"

/* The label of a code. */
struct label {
	char *key; /* owned: list, US, code */
	char *zh;  /* owned */
	UT_hash_handle hh;
};

/* What is objected to in a data set, by row. */
struct objected {
	const struct schema *schema;
	struct objection_mark *list; /* owned */
	size_t n;
	int repaired; /* one of them is, and its row not given */
	UT_hash_handle hh;
};

/* Enterprises that are part of another one. */
struct part {
	uint32_t root;
	uint32_t no;
};

struct extract_rows {
	struct extract *x;
	struct arena *arena;
	struct label *labels;
	struct objected *objected;
	size_t nparts;
	struct part *part; /* owned, by root */
	/* of the give at hand */
	const struct extract_give *give;
	const struct objected *marks;
	sqlite3_stmt *st;
	sqlite3_stmt *one; /* the same of one version, NULL not needed yet */
	int column[SCHEMA_FIELDS]; /* -1: not read */
	int open[SCHEMA_FIELDS];
	const struct sharing_dataset *rule;
	int clock[SHARING_CLOCKS]; /* field, -1 none */
	int known[SHARING_CLOCKS]; /* the same of the version that stands */
	size_t n, room;
	struct extract_row **row; /* owned */
};

void
extract_enterprise(uint32_t no, char out[16])
{
	snprintf(out, 16, "E%08u", no);
}

static void
read_labels(struct extract_rows *r)
{
	sqlite3_stmt *st;
	struct err e;
	int rc = db_query(r->x->db, &st, &e,
	    "SELECT list || char(31) || code, zh FROM code_label_t", "");

	for (; rc == 1; rc = db_next(r->x->db, st, &e)) {
		struct label *l = xcalloc(1, sizeof(*l));

		l->key = xstrdup(db_text(st, 0));
		l->zh = xstrdup(db_text(st, 1));
		HASH_ADD_KEYPTR(hh, r->labels, l->key, strlen(l->key), l);
	}
	db_done(st);
}

static void
read_parts(struct extract_rows *r)
{
	sqlite3_stmt *st;
	struct err e;
	size_t n = (size_t)db_int(r->x->db, 0,
	    "SELECT count(*) FROM enterprise_t WHERE root <> no", "");
	int rc;

	r->part = xreallocarray(NULL, n + 1, sizeof(*r->part));
	rc = db_query(r->x->db, &st, &e,
	    "SELECT root, no FROM enterprise_t WHERE root <> no ORDER BY root",
	    "");
	for (; rc == 1 && r->nparts < n; rc = db_next(r->x->db, st, &e))
		r->part[r->nparts++] =
		    (struct part){ (uint32_t)sqlite3_column_int64(st, 0),
			    (uint32_t)sqlite3_column_int64(st, 1) };
	db_done(st);
}

struct extract_rows *
extract_rows_new(struct extract *x)
{
	struct extract_rows *r = xcalloc(1, sizeof(*r));

	r->x = x;
	r->arena = arena_new();
	read_labels(r);
	read_parts(r);
	return r;
}

void
extract_rows_free(struct extract_rows *r)
{
	struct label *l, *next;
	struct objected *o, *then;

	if (r == NULL)
		return;
	HASH_ITER(hh, r->objected, o, then)
	{
		HASH_DEL(r->objected, o);
		free(o->list);
		free(o);
	}
	HASH_ITER(hh, r->labels, l, next)
	{
		HASH_DEL(r->labels, l);
		free(l->key);
		free(l->zh);
		free(l);
	}
	arena_free(r->arena);
	free(r->part);
	free(r->row);
	free(r);
}

/* Read once for each data set. */
static int
find_objected(struct extract_rows *r, const struct schema *s, struct err *e)
{
	struct objected *o;

	HASH_FIND_PTR(r->objected, &s, o);
	if (o == NULL) {
		o = xcalloc(1, sizeof(*o));
		o->schema = s;
		HASH_ADD_PTR(r->objected, schema, o);
		if (objection_marks(r->x->db, s, &o->list, &o->n, e) == -1)
			return -1;
		for (size_t i = 0; i < o->n; i++)
			o->repaired |= o->list[i].kind == OBJECTION_REPAIRED;
	}
	r->marks = o;
	return 0;
}

/* ---- the statement of a give ---- */

static uint64_t
clocks_of(struct extract_rows *r)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < SHARING_CLOCKS; i++)
		r->clock[i] = -1;
	for (size_t i = 0; r->rule != NULL && i < r->rule->nclocks; i++) {
		r->clock[i] =
		    schema_field(r->give->schema, r->rule->clock[i].field);
		if (r->clock[i] != -1)
			bits |= UINT64_C(1) << r->clock[i];
	}
	return bits;
}

/*
 * Of a day in the past the clocks of the version that stands count too: what
 * has ended, or was removed, since then is given no longer.
 */
static void
add_known(struct extract_rows *r, struct buf *b, int n)
{
	const struct schema *s = r->give->schema;

	for (size_t i = 0; i < SHARING_CLOCKS; i++) {
		r->known[i] = -1;
		if (r->clock[i] == -1 || r->x->as_of[0] == '\0')
			continue;
		r->known[i] = n++;
		buf_printf(b,
		    ", (SELECT c.%s FROM d_%s c WHERE c._key = t._key AND"
		    " c._provider = t._provider AND c._to IS NULL)",
		    s->field[r->clock[i]].name, s->dataset);
	}
}

/* What is read of a row, in the order that take_row knows. */
static void
add_columns(struct extract_rows *r, struct buf *b)
{
	const struct schema *s = r->give->schema;
	uint64_t wanted =
	    r->give->answer.full | r->give->answer.masked | clocks_of(r);
	int n = FIXED;

	buf_addstr(b, "SELECT _id, _key, _provider, _as_of");
	for (size_t i = 0; i < s->nfields; i++) {
		r->column[i] = r->open[i] = -1;
		if ((wanted >> i & 1) == 0)
			continue;
		r->column[i] = n++;
		buf_printf(b, ", %s", s->field[i].name);
		if (s->field[i].open_ended) {
			r->open[i] = n++;
			buf_printf(b, ", %s_open", s->field[i].name);
		}
	}
	add_known(r, b, n);
	buf_printf(b, " FROM d_%s t", s->dataset);
}

/*
 * Of the current version; of a day in the past, of all that was true then. The
 * marks are of versions that stand: where none is of a repair, none of those
 * has to be looked up.
 */
static void
add_where(const struct extract_rows *r, struct buf *b)
{
	int dated = r->x->as_of[0] != '\0';

	buf_addstr(b, " WHERE _enterprise = ?1");
	if (dated || r->marks->repaired)
		buf_printf(b, NOT_REPAIRED, r->give->schema->dataset);
	if (!dated)
		buf_addstr(b, " AND _to IS NULL");
	else
		buf_addstr(b,
		    " AND _as_of <= ?2 AND (_to IS NULL OR _reason IN"
		    " ('updated', 'older')) ORDER BY _key, _provider, _as_of,"
		    " _id");
}

static int
prepare(struct extract_rows *r, const struct extract_give *g, struct err *e)
{
	const struct schema *s = g->schema;
	struct buf b;

	if (find_objected(r, s, e) == -1)
		return -1;
	r->give = g;
	r->one = NULL;
	r->rule = sharing_find(r->x->sharing, s->dataset);
	buf_init(&b, 16384);
	add_columns(r, &b);
	add_where(r, &b);
	r->st = db_prepare(r->x->db, b.data);
	buf_done(&b);
	return r->st != NULL
		   ? 0
		   : err_set(e, ERR_HOLD, "cannot read '%s'", s->dataset);
}

/* ---- one row ---- */

/* A value as the outside sees it; NULL where there is none. */
static const char *
value_text(struct extract_rows *r, size_t i, char *buf, size_t size)
{
	const struct field *f = &r->give->schema->field[i];
	int at = r->column[i];

	if (r->open[i] != -1 && sqlite3_column_int(r->st, r->open[i]))
		return GOLDEN_FOR_EVER;
	if (sqlite3_column_type(r->st, at) == SQLITE_NULL)
		return NULL;
	if (f->type == FIELD_MONEY) {
		(void)value_money_text(sqlite3_column_int64(r->st, at), buf,
		    size);
		return buf;
	}
	return db_text(r->st, at);
}

static int
is_number(enum field_type t)
{
	return t == FIELD_MONEY || t == FIELD_INT || t == FIELD_DECIMAL ||
	       t == FIELD_YEAR || t == FIELD_BOOL;
}

static const char *
label_of(struct extract_rows *r, const struct field *f, const char *code)
{
	char key[256];
	struct label *l;
	int n = snprintf(key, sizeof(key), "%s\x1f%s", f->code_list, code);

	if (n < 0 || (size_t)n >= sizeof(key))
		return NULL;
	HASH_FIND_STR(r->labels, key, l);
	return l != NULL ? l->zh : NULL;
}

static void
take_cell(struct extract_rows *r, struct extract_row *row, size_t i, int masked)
{
	const struct field *f = &r->give->schema->field[i];
	struct mark_cell *c = &row->cell[i];
	char buf[VALUE_MONEY_SIZE];
	char hidden[VALUE_MAX];
	const char *text = value_text(r, i, buf, sizeof(buf));

	if (text == NULL)
		return;
	if (masked) {
		sharing_hide(sharing_mask(r->x->sharing, f->name), text, hidden,
		    sizeof(hidden));
		text = hidden;
	}
	c->len = strlen(text);
	c->text = arena_text(r->arena, text, c->len);
	c->number = !masked && is_number(f->type);
	if (!masked && f->code_list != NULL)
		row->label[i] = label_of(r, f, text);
}

/* Marks of the row, of what is given of it: the rest is not even named. */
static void
take_marks(struct extract_rows *r, struct extract_row *row, uint64_t given)
{
	const struct objected *o = r->marks;
	struct objection_mark *mark;
	size_t low = 0, high = o->n;
	struct buf text;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (o->list[mid].row < row->id)
			low = mid + 1;
		else
			high = mid;
	}
	for (high = low; high < o->n && o->list[high].row == row->id;)
		high++;
	if (low == high)
		return;
	mark = arena_alloc(r->arena, (high - low) * sizeof(*mark));
	buf_init(&text, MARKS_TEXT);
	for (; low < high; low++) {
		const struct objection_mark *m = &o->list[low];

		if (m->kind == OBJECTION_REPAIRED ||
		    (m->field != -1 && (given >> m->field & 1) == 0))
			continue;
		mark[row->nmarks++] = *m;
		buf_printf(&text, "%s%s:%" PRId64, text.len > 0 ? " " : "",
		    m->field == -1 ? "*" : o->schema->field[m->field].name,
		    m->number);
	}
	row->mark = mark;
	if (row->nmarks > 0)
		row->objection = arena_text(r->arena, text.data, text.len);
	buf_done(&text);
}

/* What the clocks and the range leave of the row that the statement is at. */
static enum grant_row
judge(struct extract_rows *r, const struct extract_who *who)
{
	const struct grant_subject subject = { .enterprise = who->enterprise,
		.division = "",
		.person = who->person };
	const char *value[SHARING_CLOCKS] = { NULL };
	const char *known[SHARING_CLOCKS] = { NULL };
	enum grant_row then, now;

	for (size_t i = 0; i < SHARING_CLOCKS; i++) {
		if (r->clock[i] != -1)
			value[i] = db_text(r->st, r->column[r->clock[i]]);
		if (r->known[i] != -1)
			known[i] = db_text(r->st, r->known[i]);
	}
	then = grant_row(&r->x->grants, &r->x->ask, r->give->schema, &subject,
	    &r->give->answer, db_text(r->st, 3), value, r->x->ends);
	now = grant_row(&r->x->grants, &r->x->ask, r->give->schema, &subject,
	    &r->give->answer, db_text(r->st, 3), known, r->x->ends);
	return now < then ? now : then;
}

static struct extract_row *
take_row(struct extract_rows *r, enum grant_row how, uint64_t fields)
{
	const struct grant_answer *a = &r->give->answer;
	struct extract_row *row = arena_alloc(r->arena, sizeof(*row));

	if (how == GRANT_ROW_WITHOUT_PERSONS)
		fields &= ~grant_sensitive(r->give->schema, 'X');
	fields &= a->full | a->masked;
	memset(row, 0, sizeof(*row));
	row->id = sqlite3_column_int64(r->st, 0);
	row->provider =
	    arena_text(r->arena, db_text(r->st, 2), strlen(db_text(r->st, 2)));
	row->as_of =
	    arena_text(r->arena, db_text(r->st, 3), strlen(db_text(r->st, 3)));
	take_marks(r, row, fields);
	for (size_t i = 0; i < r->give->schema->nfields; i++)
		if ((fields >> i & 1) != 0)
			take_cell(r, row, i, (a->masked >> i & 1) != 0);
	return row;
}

static void
add_row(struct extract_rows *r, struct extract_row *row)
{
	if (r->n == r->room) {
		r->room = r->room * 2 + 64;
		r->row = xreallocarray(r->row, r->room, sizeof(*r->row));
	}
	r->row[r->n++] = row;
}

/* ---- all rows ---- */

/* Of a day in the past the last version of each key is the one. */
static int
is_next_key(struct extract_rows *r, char *last, size_t size)
{
	char key[1024];
	int differs;

	snprintf(key, sizeof(key), "%s\x1e%s", db_text(r->st, 1),
	    db_text(r->st, 2));
	differs = strcmp(key, last) != 0;
	snprintf(last, size, "%s", key);
	return differs;
}

static int
read_member(struct extract_rows *r, uint32_t no, const struct extract_who *who,
    struct err *e)
{
	char last[1024] = "";
	size_t before = r->n;
	int dated = r->x->as_of[0] != '\0';
	int taken = 0; /* the version before was given */
	int rc;

	(void)sqlite3_bind_int64(r->st, 1, no);
	if (dated)
		(void)sqlite3_bind_text(r->st, 2, r->x->as_of, -1,
		    SQLITE_STATIC);
	while ((rc = db_step(r->x->db, r->st, 0, e)) == 1) {
		enum grant_row how = judge(r, who);

		/* It takes the place of the version before it. */
		if (dated && !is_next_key(r, last, sizeof(last)) && taken &&
		    r->n > before)
			r->n--;
		taken = how != GRANT_ROW_NOT;
		if (taken)
			add_row(r, take_row(r, how, UINT64_MAX));
	}
	db_done(r->st);
	return rc;
}

static int
by_date(const void *a, const void *b)
{
	const struct extract_row *x = *(struct extract_row *const *)a;
	const struct extract_row *y = *(struct extract_row *const *)b;
	int d = strcmp(x->as_of, y->as_of);

	return d != 0 ? d : (x->id > y->id) - (x->id < y->id);
}

int64_t
extract_rows_of(struct extract_rows *r, const struct extract_give *g,
    const struct extract_who *who, struct extract_row *const **ret_rows,
    struct err *e)
{
	size_t low = 0, high = r->nparts;

	if (r->give != g && prepare(r, g, e) == -1)
		return -1;
	arena_clear(r->arena);
	r->n = 0;
	if (read_member(r, who->enterprise, who, e) == -1)
		return -1;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->part[mid].root < who->enterprise)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < r->nparts && r->part[low].root == who->enterprise; low++)
		if (read_member(r, r->part[low].no, who, e) == -1)
			return -1;
	if (r->n > 1)
		qsort(r->row, r->n, sizeof(*r->row), by_date);
	*ret_rows = r->row;
	if (g->answer.form == GRANT_LATEST && r->n > 1) {
		*ret_rows = &r->row[r->n - 1];
		return 1;
	}
	return (int64_t)r->n;
}

/* ---- a version that is no longer given ---- */

/* The fields by which a receiver finds it. */
static uint64_t
key_fields(const struct schema *s)
{
	uint64_t bits = 0;

	for (size_t k = 0; k < s->nkeys; k++)
		for (size_t i = 0; i < s->key[k].n; i++)
			bits |= UINT64_C(1) << s->key[k].field[i];
	return bits;
}

static int
prepare_one(struct extract_rows *r, struct err *e)
{
	struct buf b;

	buf_init(&b, 16384);
	add_columns(r, &b);
	buf_addstr(&b, " WHERE _id = ?1");
	r->one = db_prepare(r->x->db, b.data);
	buf_done(&b);
	return r->one != NULL ? 0
			      : err_set(e, ERR_HOLD, "cannot read '%s'",
				    r->give->schema->dataset);
}

int
extract_rows_left(struct extract_rows *r, int64_t id,
    struct extract_row **ret_row, struct err *e)
{
	uint64_t told = key_fields(r->give->schema);
	sqlite3_stmt *all = r->st;
	int rc;

	if (r->one == NULL && prepare_one(r, e) == -1)
		return -1;
	r->st = r->one;
	(void)sqlite3_bind_int64(r->st, 1, id);
	rc = db_step(r->x->db, r->st, 0, e);
	if (rc == 1)
		*ret_row = take_row(r, GRANT_ROW_WITHOUT_PERSONS, told);
	db_done(r->st);
	r->st = all;
	return rc;
}
