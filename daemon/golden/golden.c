#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/name.h"
#include "golden/golden_part.h"
#include "link/identity.h"
#include "rule/box_overwrite.h"
#include "sys/log.h"
#include "sys/mem.h"

enum { SAID_MAX = 16 << 20 };

/*
 * The type of a field: the register's, else that of the first source. One of
 * them has it: overwrite_read refuses a field that nobody says.
 */
static const struct field *
type_of(const struct golden *g, size_t i)
{
	const struct schema *s = schemas_find(g->schemas, RECORD_DATASET);
	int at = schema_field(s, g->o->field[i].name);

	if (at != -1)
		return &s->field[at];
	for (size_t k = 0; k < g->o->nsources; k++)
		for (size_t c = 0; c < g->o->source[k].n; c++)
			if (g->o->source[k].cell[c].field == (int)i) {
				s = schemas_find(g->schemas,
				    g->o->source[k].dataset);
				return &s->field[schema_field(s,
				    g->o->source[k].cell[c].from)];
			}
	return NULL;
}

/* The last word of a source about a field is its cell's of the lowest number. */
static void
place_cells(struct golden *g)
{
	memset(g->cell_at, -1, sizeof(g->cell_at));
	for (size_t k = 0; k < g->o->nsources; k++)
		for (size_t c = g->o->source[k].n; c-- > 0;)
			g->cell_at[k][g->o->source[k].cell[c].field] =
			    (int8_t)c;
}

struct golden *
golden_new(struct db *db, const struct overwrite *o, const struct schemas *s)
{
	struct golden *g = xcalloc(1, sizeof(*g));

	g->db = db;
	g->o = o;
	g->schemas = s;
	g->arena = arena_new();
	for (size_t i = 0; i < o->nfields; i++)
		g->field[i] = type_of(g, i);
	place_cells(g);
	buf_init(&g->said, SAID_MAX);
	return g;
}

void
golden_free(struct golden *g)
{
	if (g == NULL)
		return;
	arena_free(g->arena);
	buf_done(&g->said);
	free(g->row);
	free(g);
}

/* --- contributions ------------------------------------------------------ */

static const char *
cell_of(const struct said_row *r, int field)
{
	int at = r->cell_at[field];

	return at != -1 ? r->cell[at] : NULL;
}

static int
says(const struct said_row *r, int field)
{
	return r->cell_at[field] != -1;
}

/* Older versions count where the field may not change freely. */
static int
remembers(const struct record_field *f)
{
	return f->rule.policy == SURVIVE_IMMUTABLE ||
	       f->rule.policy == SURVIVE_STICKY;
}

/* The same row says so still: its newer version stands for it. */
static int
is_repeated(const struct golden *g, size_t at, int field)
{
	const struct said_row *r = &g->row[at];
	const char *value = cell_of(r, field);

	for (size_t i = at + 1; i < g->nrows; i++) {
		const struct said_row *n = &g->row[i];
		const char *v;

		if (n->source != r->source || strcmp(n->key, r->key) != 0 ||
		    strcmp(n->provider, r->provider) != 0)
			return 0;
		v = cell_of(n, field);
		if (n->op != 'X' && v != NULL && value != NULL)
			return strcmp(v, value) == 0;
	}
	return 0;
}

static const char *
org_code_of(struct golden *g, const struct said_row *r)
{
	const char *uscc = cell_of(r, overwrite_field(g->o, "uscc"));
	const char *tax_id = cell_of(r, overwrite_field(g->o, "tax_id"));
	char org[IDENTITY_SIZE];

	return identities_org_code(uscc, tax_id, org)
		   ? arena_text(g->arena, org, strlen(org))
		   : NULL;
}

static void
fill_contribution(struct golden *g, const struct record_field *f,
    const struct said_row *r, struct contribution *c)
{
	memset(c, 0, sizeof(*c));
	c->provider = r->provider;
	c->as_of = r->as_of;
	c->updated_at = r->updated_at;
	c->received = (uint64_t)r->origin.bundle << 36 |
		      ((uint64_t)r->origin.file & 0xff) << 28 |
		      ((uint64_t)r->origin.row & 0xfffffff);
	c->op = r->op;
	c->past = f->past && r->ended && r->op != 'D';
	for (size_t i = 0; i < f->ntuple; i++)
		c->value[i] = cell_of(r, f->tuple[i]);
	if (f->derive_org_code && c->value[0] == NULL) {
		c->value[0] = org_code_of(g, r);
		c->derived = c->value[0] != NULL;
	}
	c->masked = c->value[0] != NULL && strchr(c->value[0], '*') != NULL;
}

/*
 * The row said so until it said what it says now: all of its later versions
 * have the other value.
 */
static int
stood_before(const struct golden *g, size_t at, int field)
{
	const struct said_row *r = &g->row[at];
	const char *before = cell_of(r, field);
	const char *after = NULL;

	for (size_t i = at + 1; before != NULL && i < g->nrows; i++) {
		const struct said_row *n = &g->row[i];
		const char *v = cell_of(n, field);
		int same;

		if (n->source != r->source || strcmp(n->key, r->key) != 0 ||
		    strcmp(n->provider, r->provider) != 0)
			return 0;
		if (n->op == 'X' || v == NULL)
			continue;
		same = strcmp(v, after != NULL ? after : before) == 0;
		if (same == (after == NULL))
			return 0;
		after = v;
		if (!n->ended)
			return 1;
	}
	return 0;
}

static int
speaks_of(const struct golden *g, const struct record_field *f, size_t at)
{
	const struct said_row *r = &g->row[at];

	if (r->op == 'X')
		return 0;
	if (!says(r, f->head) && !f->derive_org_code)
		return 0;
	return !r->ended || r->op == 'D' ||
	       (remembers(f) && !is_repeated(g, at, f->head)) ||
	       (f->past && stood_before(g, at, f->head));
}

static void
contributions(struct golden *g, const struct record_field *f, struct decided *d)
{
	d->n = 0;
	d->c = arena_alloc(g->arena, (g->nrows + 1) * sizeof(*d->c));
	d->v = arena_alloc(g->arena, (g->nrows + 1) * sizeof(*d->v));
	d->row = arena_alloc(g->arena, (g->nrows + 1) * sizeof(*d->row));
	for (size_t i = 0; i < g->nrows; i++) {
		if (!speaks_of(g, f, i))
			continue;
		fill_contribution(g, f, &g->row[i], &d->c[d->n]);
		if (d->c[d->n].value[0] == NULL)
			continue;
		d->row[d->n++] = i;
	}
}

/* Parts of the tuple that the row does not say, but that can be made. */
static void
complete(struct golden *g, const struct record_field *f,
    struct contribution *winner)
{
	for (size_t i = 1; i < f->ntuple; i++) {
		char *value;

		if (winner->value[i] != NULL)
			continue;
		value = overwrite_derive(&g->o->field[f->tuple[i]],
		    winner->value[0]);
		if (value != NULL)
			winner->value[i] =
			    arena_text(g->arena, value, strlen(value));
		free(value);
	}
}

static void
decide_field(struct golden *g, size_t i)
{
	const struct record_field *f = &g->o->field[i];
	struct decided *d = &g->decided[i];

	contributions(g, f, d);
	survive(&f->rule, d->c, d->n, &d->s, d->v);
	if (d->s.winner < d->n)
		complete(g, f, &d->c[d->s.winner]);
	if (d->s.failed)
		log_warn("- overwrite rule failed: %s",
		    overwrite_failure(g->o));
}

/* The fields that no register says and a late source may. */
static uint64_t
lacking(const struct golden *g)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < g->o->nfields; i++)
		if (g->o->field[i].head == (int)i &&
		    g->decided[i].s.winner == g->decided[i].n)
			bits |= UINT64_C(1) << i;
	return bits & g->o->late;
}

/* Those of which one record is made: the root first. */
static int
decide_members(struct golden *g, const uint32_t *member, size_t n,
    uint32_t sources, const struct golden_when *when, uint64_t *ret_lacks,
    struct err *e)
{
	arena_clear(g->arena);
	g->nrows = 0;
	if (golden_read(g, member, n, sources, 0, when, e) == -1)
		return -1;
	for (size_t i = 0; i < g->o->nfields; i++)
		if (g->o->field[i].head == (int)i)
			decide_field(g, i);
	*ret_lacks = lacking(g);
	if (*ret_lacks == 0)
		return 0;
	/* What the registers do not say is asked of the others. */
	if (golden_read(g, member, n, sources, *ret_lacks, when, e) == -1)
		return -1;
	for (size_t i = 0; i < g->o->nfields; i++)
		if ((*ret_lacks >> i & 1) != 0)
			decide_field(g, i);
	return 0;
}

enum { MEMBERS = 256 };

/* Merges that stood on a day, ?2, as it was known then. */
#define MERGED_THEN                                                 \
	"substr(at, 1, length(?2)) <= ?2 AND (undone_at IS NULL OR" \
	" substr(undone_at, 1, length(?2)) > ?2)"

uint32_t
golden_root(struct golden *g, uint32_t no, const char *known)
{
	if (known[0] == '\0' || enterprises_root(g->db, no) == 0)
		return enterprises_root(g->db, no);
	/* The last one that moved it says where it was. */
	return (uint32_t)db_int(g->db, no,
	    "SELECT into_no FROM merge_t WHERE instr(',' || members || ',',"
	    " ',' || ?1 || ',') > 0 AND " MERGED_THEN
	    " ORDER BY no DESC LIMIT 1",
	    "it", (int64_t)no, known);
}

/* known "": those of now. */
static int
read_members(struct golden *g, uint32_t no, const char *known,
    uint32_t member[MEMBERS], size_t *ret_n, struct err *e)
{
	sqlite3_stmt *st;
	size_t n = 0;
	int rc = known[0] == '\0'
		     ? db_query(g->db, &st, e,
			   "SELECT no FROM enterprise_t WHERE root = ? AND"
			   " root <> no ORDER BY no",
			   "i", (int64_t)no)
		     : db_query(g->db, &st, e,
			   "SELECT value FROM merge_t,"
			   " json_each('[' || members || ']') WHERE into_no ="
			   " ?1 AND " MERGED_THEN " ORDER BY value",
			   "it", (int64_t)no, known);

	member[n++] = no;
	for (; rc == 1 && n < MEMBERS; rc = db_next(g->db, st, e))
		member[n++] = (uint32_t)sqlite3_column_int64(st, 0);
	db_done(st);
	*ret_n = n;
	return rc == -1 ? -1 : 0;
}

int
golden_members(struct golden *g, uint32_t no, const char *known,
    json_t **ret_list, struct err *e)
{
	uint32_t member[MEMBERS];
	size_t n;

	if (read_members(g, no, known, member, &n, e) == -1)
		return -1;
	*ret_list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(*ret_list, json_integer(member[i]));
	return 0;
}

int
golden_decide(struct golden *g, uint32_t no, const struct golden_when *when,
    struct err *e)
{
	uint32_t member[MEMBERS];
	uint64_t lacks;
	size_t n;

	return read_members(g, no, when->known, member, &n, e) == -1
		   ? -1
		   : decide_members(g, member, n, ENTERPRISE_ALL_SOURCES, when,
			 &lacks, e);
}

/* --- conflicts ---------------------------------------------------------- */

static int
is_a_name(struct golden *g, uint32_t no, const char *name)
{
	struct name_keys a, b;
	sqlite3_stmt *st;
	struct err e;
	int rc, found = 0;

	if (name_keys(name, strlen(name), &a) == -1)
		return 1;
	rc = db_query(g->db, &st, &e,
	    "SELECT n.name FROM enterprise_name_t n JOIN enterprise_t t ON"
	    " t.no = n.enterprise WHERE t.root = ?",
	    "i", (int64_t)no);
	for (; rc == 1 && !found; rc = db_next(g->db, st, &e))
		found = name_keys(db_text(st, 0), strlen(db_text(st, 0)), &b) ==
			    0 &&
			strcmp(a.k2, b.k2) == 0;
	db_done(st);
	return found;
}

/* Days since the year 0, near enough to tell 30. */
static long
days(const char *date)
{
	int y = 0, m = 1, d = 1;

	(void)sscanf(date, "%4d-%2d-%2d", &y, &m, &d);
	return y * 365L + m * 30L + d;
}

static int
differ_before(const char *a, const char *b, size_t n)
{
	return strncmp(a, b, n) != 0;
}

int
golden_conflicts(struct golden *g, uint32_t no, const struct record_field *f,
    const struct contribution *stands, const struct contribution *b)
{
	enum { A_MONTH = 30 };
	const char *record[RECORD_FIELDS];
	const char *x = stands->value[0];
	const char *y = b->value[0];

	switch (f->conflict) {
	case CONFLICT_NONE:
		return 0;
	case CONFLICT_DIFFERS:
		return 1;
	case CONFLICT_NAME:
		return !is_a_name(g, no, y);
	case CONFLICT_SECTION:
		return differ_before(x, y, 1);
	case CONFLICT_CLASS:
		return differ_before(x, y, 2);
	case CONFLICT_PERSISTS:
		return days(b->as_of) - days(stands->as_of) > A_MONTH;
	case CONFLICT_FUNCTION:
		break;
	}
	for (size_t i = 0; i < g->o->nfields; i++)
		record[i] = golden_value(g, i);
	switch (overwrite_conflict(f, stands, b, record)) {
	case 0:
		return 0;
	case 1:
		return 1;
	default:
		log_warn("- overwrite rule failed: %s",
		    overwrite_failure(g->o));
		return 1;
	}
}

/*
 * What all of them say of the fields over which a conflict can open, if all of
 * it may stand: then that is what the record says.
 */
static void
note_accord(struct golden *g, struct enterprises *x, uint32_t no)
{
	int others = 0;

	enterprises_heard(x, no);
	for (size_t k = 0; k < g->o->ndisputed; k++) {
		const struct decided *d = &g->decided[g->o->disputed[k]];

		for (size_t i = 0; i < d->n; i++) {
			(void)enterprises_agrees(x, no, (int)k,
			    d->c[i].value[0]);
			others |= !d->v[i].admitted;
		}
	}
	if (others)
		enterprises_unheard(x, no);
}

/* --- all of them -------------------------------------------------------- */

static int
refresh(struct golden *g, struct enterprises *x, uint32_t no, const char *now,
    struct err *e)
{
	static const struct golden_when today = { "", "" };
	uint32_t member[MEMBERS] = { no };
	uint64_t lacks = 0;
	size_t n = 1;
	int rc;

	if (!enterprises_is_root(x, no))
		rc = golden_drop(g, no, now, e);
	else if (enterprises_is_merged(x, no) &&
		 read_members(g, no, "", member, &n, e) == -1)
		rc = -1;
	else if (decide_members(g, member, n, enterprises_sources(x, no),
		     &today, &lacks, e) == -1)
		rc = -1;
	else {
		note_accord(g, x, no);
		rc = golden_keep(g, x, no, now, e);
	}
	return rc == -1 ? -1 : enterprises_refreshed(x, no, lacks, e);
}

int
golden_refresh(struct golden *g, struct enterprises *x, const char *now,
    int records, int all, struct err *e)
{
	uint32_t no;
	int rc = 1;

	while (records-- > 0 && (rc = enterprises_touched(x, all, &no, e)) == 1)
		if (refresh(g, x, no, now, e) == -1)
			return -1;
	return rc;
}

int
golden_refresh_one(struct golden *g, struct enterprises *x, uint32_t no,
    const char *now, struct err *e)
{
	return enterprises_take(x, no) ? refresh(g, x, no, now, e) : 0;
}

int
golden_all(struct golden *g,
    int (*visit)(void *ctx, uint32_t no, struct err *e), void *ctx,
    struct err *e)
{
	int64_t no = 0;

	while ((no = db_int(g->db, 0,
		    "SELECT no FROM enterprise_t WHERE no > ? AND root = no"
		    " ORDER BY no LIMIT 1",
		    "i", no)) != 0)
		if (visit(ctx, (uint32_t)no, e) == -1)
			return -1;
	return 0;
}
