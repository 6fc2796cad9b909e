#include <stdlib.h>
#include <string.h>

#include "golden/golden_part.h"
#include "sys/buf.h"
#include "sys/mem.h"

enum { FIXED = 12 };

static void
add_cell(struct buf *b, const struct schema *s, const struct record_source *src,
    const struct record_cell *c)
{
	if (c->says != NULL)
		buf_printf(b, ", CASE WHEN instr(%s, '%s') THEN %s END",
		    src->item, c->says, c->from);
	else if (s->field[schema_field(s, c->from)].open_ended)
		buf_printf(b,
		    ", CASE WHEN %s_open THEN '" GOLDEN_FOR_EVER
		    "' ELSE %s END",
		    c->from, c->from);
	else
		buf_printf(b, ", %s", c->from);
}

static sqlite3_stmt *
prepare(struct golden *g, const struct record_source *src)
{
	const struct schema *s = schemas_find(g->schemas, src->dataset);
	int updated = schema_field(s, "source_updated_at");
	sqlite3_stmt *st;
	struct buf b;

	buf_init(&b, 16384);
	buf_printf(&b,
	    "SELECT _id, _key, _provider, _bundle, _file, _row, _as_of,"
	    " _from, _to, _reason, _op, %s",
	    updated != -1 ? "source_updated_at" : "''");
	for (size_t i = 0; i < src->n; i++)
		add_cell(&b, s, src, &src->cell[i]);
	buf_printf(&b, " FROM d_%s WHERE _enterprise = ?", src->dataset);
	if (src->late) {
		buf_addstr(&b, " AND _to IS NULL AND coalesce(");
		for (size_t i = 0; i < src->n; i++)
			buf_printf(&b, "%s, ", src->cell[i].from);
		buf_addstr(&b, "NULL) IS NOT NULL");
	}
	st = db_prepare(g->db, b.data);
	buf_done(&b);
	return st;
}

/* A text is taken as it lies in the page: one copy instead of two. */
static const char *
keep(struct golden *g, sqlite3_stmt *st, int at)
{
	if (sqlite3_column_type(st, at) == SQLITE_TEXT) {
		const char *p = sqlite3_column_blob(st, at);

		return arena_text(g->arena, p,
		    (size_t)sqlite3_column_bytes(st, at));
	}
	return arena_text(g->arena, db_text(st, at),
	    (size_t)sqlite3_column_bytes(st, at));
}

static struct said_row *
add_row(struct golden *g)
{
	if (g->nrows == g->room) {
		g->room = g->room * 2 + 64;
		g->row = xreallocarray(g->row, g->room, sizeof(*g->row));
	}
	memset(&g->row[g->nrows], 0, sizeof(*g->row));
	return &g->row[g->nrows++];
}

/* Ended on the day of the question; a version that is taken back: 'D'. */
static void
end_of(struct said_row *r, sqlite3_stmt *st, const struct golden_when *when)
{
	const char *to = db_text(st, 8);
	const char *reason = db_text(st, 9);

	if (to[0] == '\0' ||
	    (when->known[0] != '\0' &&
		strncmp(to, when->known, strlen(when->known)) > 0))
		return;
	r->ended = 1;
	if (strcmp(reason, "updated") != 0 && strcmp(reason, "older") != 0)
		r->op = strcmp(reason, "corrected") == 0 ||
				strcmp(reason, "twice in bundle") == 0
			    ? 'X'
			    : 'D';
}

/* Whose the row is was found out later. */
static int
was_unlinked(struct golden *g, const struct record_source *src, int64_t id,
    const struct golden_when *when)
{
	return db_int(g->db, 0,
		   "SELECT count(*) FROM linked_t WHERE dataset = ?1 AND row ="
		   " ?2 AND substr(at, 1, length(?3)) > ?3",
		   "tit", src->dataset, id, when->known) > 0;
}

/*
 * Adds a version, unless it was not known yet or not true yet on the day of
 * the question.
 */
static void
take(struct golden *g, const struct record_source *src, sqlite3_stmt *st,
    const struct golden_when *when)
{
	struct said_row *r;

	if (when->known[0] != '\0' &&
	    (strncmp(db_text(st, 7), when->known, strlen(when->known)) > 0 ||
		was_unlinked(g, src, sqlite3_column_int64(st, 0), when)))
		return;
	if (when->as_of[0] != '\0' && strcmp(db_text(st, 6), when->as_of) > 0)
		return;
	r = add_row(g);
	r->source = src;
	r->cell_at = g->cell_at[src - g->o->source];
	r->op = db_text(st, 10)[0] == 'C' ? 'C' : 'U';
	end_of(r, st, when);
	r->id = sqlite3_column_int64(st, 0);
	r->key = keep(g, st, 1);
	r->provider = keep(g, st, 2);
	r->origin.bundle = sqlite3_column_int64(st, 3);
	r->origin.file = sqlite3_column_int64(st, 4);
	r->origin.row = sqlite3_column_int64(st, 5);
	r->as_of = keep(g, st, 6);
	r->updated_at = keep(g, st, 11);
	for (size_t i = 0; i < src->n; i++)
		if (sqlite3_column_type(st, FIXED + (int)i) != SQLITE_NULL)
			r->cell[i] = keep(g, st, FIXED + (int)i);
}

/* Another version counts as ended where the question is for a day. */
static struct said_row *
standing(struct golden *g, size_t from, size_t to,
    const struct golden_when *when)
{
	struct said_row *stands = NULL;

	for (size_t i = from; i < to; i++) {
		struct said_row *r = &g->row[i];

		if (r->op == 'X')
			continue;
		if (when->as_of[0] == '\0'
			? !r->ended
			: stands == NULL ||
			      strcmp(r->as_of, stands->as_of) >= 0)
			stands = r;
	}
	return stands;
}

/*
 * The versions of one row, from first to last. The one that stands is the
 * last, or for a question of a day the one with the latest date; where that
 * was taken back, so were all. A version without date has that of the one
 * before.
 */
static void
settle_chain(struct golden *g, size_t from, size_t to,
    const struct golden_when *when)
{
	struct said_row *stands;
	int gone = 0;

	for (size_t i = from + 1; i < to; i++)
		if (g->row[i].as_of[0] == '\0')
			g->row[i].as_of = g->row[i - 1].as_of;
	stands = standing(g, from, to, when);
	for (size_t i = from; i < to; i++)
		gone |= g->row[i].op == 'D';
	for (size_t i = from; i < to; i++) {
		struct said_row *r = &g->row[i];

		if (stands != NULL && stands->op != 'D')
			r->ended = r != stands;
		else if (gone && r->op != 'X')
			r->op = 'D';
	}
}

/* Versions of one row side by side, in the order they came. */
static int
by_chain(const void *a, const void *b)
{
	const struct said_row *x = a, *y = b;
	int d = strcmp(x->provider, y->provider);

	if (d == 0)
		d = strcmp(x->key, y->key);
	return d != 0 ? d : x->id < y->id ? -1 : 1;
}

static void
settle_chains(struct golden *g, size_t from, const struct golden_when *when)
{
	size_t chain = from;

	if (g->nrows - from > 1)
		qsort(g->row + from, g->nrows - from, sizeof(*g->row),
		    by_chain);
	for (size_t i = from; i < g->nrows; i++)
		if (strcmp(g->row[chain].key, g->row[i].key) != 0 ||
		    strcmp(g->row[chain].provider, g->row[i].provider) != 0) {
			settle_chain(g, chain, i, when);
			chain = i;
		}
	settle_chain(g, chain, g->nrows, when);
}

/* Of a late source only the newest row counts. */
static void
take_newest(struct golden *g, const struct record_source *src, size_t from,
    sqlite3_stmt *st, const struct golden_when *when)
{
	if (g->nrows > from) {
		const struct said_row *r = &g->row[from];
		int d = strcmp(db_text(st, 6), r->as_of);

		if (d < 0 || (d == 0 && sqlite3_column_int64(st, 0) < r->id))
			return;
		g->nrows = from;
	}
	take(g, src, st, when);
}

static int
read_source(struct golden *g, size_t at, uint32_t member,
    const struct golden_when *when, struct err *e)
{
	const struct record_source *src = &g->o->source[at];
	size_t from = g->nrows;
	sqlite3_stmt *st;
	int rc;

	if (g->rows[at] == NULL)
		g->rows[at] = prepare(g, src);
	st = g->rows[at];
	(void)sqlite3_bind_int64(st, 1, member);
	rc = db_step(g->db, st, 0, e);
	for (; rc == 1; rc = db_next(g->db, st, e))
		if (src->late)
			take_newest(g, src, from, st, when);
		else
			take(g, src, st, when);
	db_done(st);
	return rc;
}

/* Whether a late source could say one of the fields that are asked for. */
static int
is_asked(const struct record_source *src, uint64_t fields)
{
	for (size_t i = 0; i < src->n; i++)
		if ((fields >> src->cell[i].field & 1) != 0)
			return 1;
	return 0;
}

int
golden_read(struct golden *g, const uint32_t *member, size_t n,
    uint32_t sources, uint64_t late, const struct golden_when *when,
    struct err *e)
{
	for (size_t i = 0; i < g->o->nsources; i++) {
		const struct record_source *src = &g->o->source[i];
		size_t from = g->nrows;

		if (src->late != (late != 0) ||
		    (!src->late && (sources >> i & 1) == 0) ||
		    (src->late && !is_asked(src, late)))
			continue;
		for (size_t m = 0; m < n; m++)
			if (read_source(g, i, member[m], when, e) == -1)
				return -1;
		if (g->nrows > from)
			settle_chains(g, from, when);
	}
	return 0;
}
