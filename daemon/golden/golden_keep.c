#include <stdio.h>
#include <string.h>

#include "golden/golden_part.h"
#include "sys/buf.h"

/*
 * A record in the base: a row of record_t, and one of said_t with its whole
 * provenance, which the view unfolds: a list that has an entry for each source
 * row and outcome, whose fields are bits. A value is written there only where
 * it is not that of the record.
 */

enum { GROUPS = 256 };

struct group {
	size_t row;
	int winner;
	const char *reason;
	const char *value; /* NULL: that of the record */
	uint64_t fields;
};

static int
same_value(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
add_group(struct group *group, size_t *n, const struct group *g)
{
	for (size_t i = 0; i < *n; i++)
		if (group[i].row == g->row && group[i].winner == g->winner &&
		    group[i].reason == g->reason &&
		    same_value(group[i].value, g->value)) {
			group[i].fields |= g->fields;
			return;
		}
	if (*n < GROUPS)
		group[(*n)++] = *g;
}

/* What one contribution came to, for its field and those that go with it. */
static void
group_one(const struct record_field *f, const struct decided *d, size_t i,
    struct group *group, size_t *n)
{
	const struct contribution *c = &d->c[i];
	enum survive_reason reason = d->v[i].reason;
	struct group g = { .row = d->row[i],
		.winner = i == d->s.winner || reason == SURVIVE_KEPT };

	if (g.winner && c->derived)
		reason = SURVIVE_DERIVED;
	g.reason = survive_reason_name(reason);
	for (size_t t = 0; t < f->ntuple; t++) {
		if (c->value[t] == NULL)
			continue;
		g.fields = UINT64_C(1) << f->tuple[t];
		g.value =
		    g.winner || reason == SURVIVE_AGREES ? NULL : c->value[t];
		add_group(group, n, &g);
	}
}

/* Winners first, so that they are told first. */
static size_t
group_all(const struct golden *g, struct group *group)
{
	size_t n = 0;

	for (int winners = 1; winners >= 0; winners--)
		for (size_t i = 0; i < g->o->nfields; i++) {
			const struct record_field *f = &g->o->field[i];
			const struct decided *d = &g->decided[i];

			for (size_t k = 0; f->head == (int)i && k < d->n; k++)
				if ((k == d->s.winner) == winners)
					group_one(f, d, k, group, &n);
		}
	return n;
}

/* --- writing ------------------------------------------------------------ */

static sqlite3_stmt *
prepare_put(struct golden *g)
{
	sqlite3_stmt *st;
	struct buf b;
	int n = 2;

	buf_init(&b, 16384);
	buf_addstr(&b, "INSERT OR REPLACE INTO record_t (no, status");
	for (size_t i = 0; i < g->o->nfields; i++) {
		buf_printf(&b, ", %s", g->o->field[i].name);
		n++;
		if (g->field[i]->open_ended) {
			buf_printf(&b, ", %s_open", g->o->field[i].name);
			n++;
		}
	}
	buf_addstr(&b, ") VALUES (?");
	for (int i = 1; i < n; i++)
		buf_addstr(&b, ",?");
	buf_addstr(&b, ")");
	st = db_prepare(g->db, b.data);
	buf_done(&b);
	return st;
}

const char *
golden_value(const struct golden *g, size_t i)
{
	const struct record_field *f = &g->o->field[i];
	const struct decided *d = &g->decided[f->head];

	if (d->s.winner == d->n)
		return NULL;
	for (size_t t = 0; t < g->o->field[f->head].ntuple; t++)
		if (g->o->field[f->head].tuple[t] == (int)i)
			return d->c[d->s.winner].value[t];
	return NULL;
}

static int
put_record(struct golden *g, uint32_t no, const char *status, struct err *e)
{
	int at = 3, rc;

	if (g->put == NULL)
		g->put = prepare_put(g);
	(void)sqlite3_bind_int64(g->put, 1, no);
	(void)sqlite3_bind_text(g->put, 2, status, -1, SQLITE_STATIC);
	for (size_t i = 0; i < g->o->nfields; i++) {
		const char *v = golden_value(g, i);
		int open = v != NULL && g->field[i]->open_ended &&
			   strcmp(v, GOLDEN_FOR_EVER) == 0;

		(void)sqlite3_bind_text(g->put, at++, open ? NULL : v, -1,
		    SQLITE_STATIC);
		if (g->field[i]->open_ended)
			(void)sqlite3_bind_int(g->put, at++, open);
	}
	rc = db_step(g->db, g->put, 1, e);
	(void)sqlite3_reset(g->put);
	return rc;
}

/* --- provenance --------------------------------------------------------- */

static void
separate(struct buf *b)
{
	if (b->data[b->len - 1] != '[')
		buf_addch(b, ',');
}

static void
add_text(struct buf *b, const char *s)
{
	separate(b);
	buf_addch(b, '"');
	while (*s != '\0') {
		size_t plain = 0;

		while ((unsigned char)s[plain] >= ' ' && s[plain] != '"' &&
		       s[plain] != '\\')
			plain++;
		buf_add(b, s, plain);
		s += plain;
		if (*s != '\0')
			buf_printf(b, "\\u%04x", (unsigned char)*s++);
	}
	buf_addch(b, '"');
}

static void
add_number(struct buf *b, uint64_t n)
{
	char digits[24];
	size_t at = sizeof(digits);

	separate(b);
	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}

/* In the order in which the view names them (golden_views.c). */
static void
add_group_said(struct golden *g, const struct group *p)
{
	const struct said_row *r = &g->row[p->row];
	struct buf *b = &g->said;

	separate(b);
	buf_addch(b, '[');
	add_number(b, p->fields);
	add_text(b, r->source->dataset);
	add_text(b, r->provider);
	add_number(b, (uint64_t)r->origin.bundle);
	add_number(b, (uint64_t)r->origin.file);
	add_number(b, (uint64_t)r->origin.row);
	add_text(b, r->as_of);
	add_number(b, (uint64_t)p->winner);
	add_text(b, p->reason);
	add_number(b, (uint64_t)r->id);
	if (p->value != NULL)
		add_text(b, p->value);
	buf_addch(b, ']');
}

static int
put_said(struct golden *g, uint32_t no, const struct group *group, size_t n,
    struct err *e)
{
	buf_clear(&g->said);
	buf_addch(&g->said, '[');
	for (size_t i = 0; i < n; i++)
		add_group_said(g, &group[i]);
	buf_addch(&g->said, ']');
	if (!buf_ok(&g->said))
		return err_set(e, ERR_HOLD, "a record too large");
	return db_run(g->db, e, "INSERT OR REPLACE INTO said_t VALUES (?,?)",
	    "it", (int64_t)no, g->said.data);
}

/* --- conflicts ---------------------------------------------------------- */

/* Both will be told. */
static int
news_for(struct golden *g, const char *provider, struct err *e)
{
	return db_run(g->db, e,
	    "INSERT OR IGNORE INTO conflict_news_t VALUES (?)", "t", provider);
}

static int
put_conflict(struct golden *g, uint32_t no, const struct record_field *f,
    const struct decided *d, size_t at, const char *now, struct err *e)
{
	const struct contribution *w = &d->c[d->s.winner];
	const struct said_row *master = &g->row[d->row[d->s.winner]];
	const struct contribution *c = &d->c[at];
	const struct said_row *other = &g->row[d->row[at]];

	if (news_for(g, w->provider, e) == -1 ||
	    news_for(g, c->provider, e) == -1)
		return -1;
	return db_run(g->db, e,
	    "INSERT INTO conflict_t (enterprise, field, master_value,"
	    " master_provider, master_as_of, master_bundle, master_file,"
	    " master_row, other_value, other_provider, other_as_of,"
	    " other_bundle, other_file, other_row, status, opened_at, times,"
	    " rule, seen) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,"
	    "?14,'open',?15,1,?16,1) ON CONFLICT (enterprise, field,"
	    " other_provider) WHERE status = 'open' DO UPDATE SET times ="
	    " times + (other_bundle <> ?12 OR other_row <> ?14),"
	    " master_value = ?3, master_provider = ?4, master_as_of = ?5,"
	    " master_bundle = ?6, master_file = ?7, master_row = ?8,"
	    " other_value = ?9, other_as_of = ?11, other_bundle = ?12,"
	    " other_file = ?13, other_row = ?14, rule = ?16, seen = 1",
	    "itttt"
	    "iiittt"
	    "iiitt",
	    (int64_t)no, f->name, w->value[0], w->provider, w->as_of,
	    master->origin.bundle, master->origin.file, master->origin.row,
	    c->value[0], c->provider, c->as_of, other->origin.bundle,
	    other->origin.file, other->origin.row, now,
	    d->s.failed ? "function_failed"
			: record_conflict_name(f->conflict));
}

/* People settled it while both said what they say now. */
static int
is_settled(struct golden *g, uint32_t no, const struct record_field *f,
    const char *value, const struct contribution *c)
{
	return db_int(g->db, 0,
		   "SELECT count(*) FROM conflict_t WHERE enterprise = ? AND"
		   " field = ? AND other_provider = ? AND status = 'settled'"
		   " AND master_value = ? AND other_value = ?",
		   "itttt", (int64_t)no, f->name, c->provider, value,
		   c->value[0]) > 0;
}

static int
is_conflict(struct golden *g, uint32_t no, const struct record_field *f,
    const struct decided *d, size_t at)
{
	const struct contribution *w = &d->c[d->s.winner];
	const struct contribution *c = &d->c[at];

	if (d->s.failed)
		return at == d->s.winner;
	if (at == d->s.winner || !d->v[at].disagrees)
		return 0;
	/* What stood before, or is declared, is for functions to compare. */
	if ((c->past || d->v[at].reason == SURVIVE_DECLARED) &&
	    f->conflict != CONFLICT_FUNCTION)
		return 0;
	if (strcmp(c->provider, w->provider) == 0 && !c->past &&
	    (f->rule.policy != SURVIVE_IMMUTABLE || w->op == 'C'))
		return 0;
	return golden_conflicts(g, no, f, w, c) &&
	       !is_settled(g, no, f, w->value[0], c);
}

/* One for each field and other provider; those that are gone close. */
static int
put_conflicts(struct golden *g, uint32_t no, const char *now, int had,
    int *ret_open, struct err *e)
{
	*ret_open = 0;
	if (had && db_run(g->db, e,
		       "UPDATE conflict_t SET seen = 0 WHERE enterprise = ? AND"
		       " status = 'open'",
		       "i", (int64_t)no) == -1)
		return -1;
	for (size_t i = 0; i < g->o->nfields; i++) {
		const struct record_field *f = &g->o->field[i];
		const struct decided *d = &g->decided[i];

		if (f->head != (int)i || d->s.winner == d->n ||
		    (f->conflict == CONFLICT_NONE && !d->s.failed))
			continue;
		for (size_t k = 0; k < d->n; k++)
			if (is_conflict(g, no, f, d, k)) {
				*ret_open = 1;
				if (put_conflict(g, no, f, d, k, now, e) == -1)
					return -1;
			}
	}
	return !had ? 0
	       : db_run(g->db, e,
		     "INSERT OR IGNORE INTO conflict_news_t SELECT"
		     " master_provider FROM conflict_t WHERE enterprise = ?1"
		     " AND status = 'open' AND seen = 0 UNION SELECT"
		     " other_provider FROM conflict_t WHERE enterprise = ?1"
		     " AND status = 'open' AND seen = 0",
		     "i", (int64_t)no) == -1
		   ? -1
		   : db_run(g->db, e,
			 "UPDATE conflict_t SET status = 'closed',"
			 " closed_at = ?, resolution = 'the providers"
			 " agree now' WHERE enterprise = ? AND status ="
			 " 'open' AND seen = 0",
			 "ti", now, (int64_t)no);
}

/* --- the whole ---------------------------------------------------------- */

/* Its very name is not of the register. */
static int
is_provisional(const struct golden *g)
{
	int name = overwrite_field(g->o, "entity_name");
	const struct decided *d = &g->decided[name];

	return d->s.winner == d->n || d->s.provisional;
}

int
golden_keep(struct golden *g, struct enterprises *x, uint32_t no,
    const char *now, struct err *e)
{
	struct group group[GROUPS];
	size_t n = group_all(g, group);
	int open;

	if (put_conflicts(g, no, now, enterprises_is_disputed(x, no), &open,
		e) == -1)
		return -1;
	enterprises_disputed(x, no, open);
	if (put_record(g, no,
		open                ? "conflict"
		: is_provisional(g) ? "provisional"
				    : "confirmed",
		e) == -1)
		return -1;
	return put_said(g, no, group, n, e);
}

int
golden_drop(struct golden *g, uint32_t no, const char *now, struct err *e)
{
	if (db_run(g->db, e, "DELETE FROM record_t WHERE no = ?", "i",
		(int64_t)no) == -1 ||
	    db_run(g->db, e, "DELETE FROM said_t WHERE no = ?", "i",
		(int64_t)no) == -1)
		return -1;
	return db_run(g->db, e,
	    "UPDATE conflict_t SET status = 'closed', closed_at = ?,"
	    " resolution = 'merged into another enterprise' WHERE enterprise ="
	    " ? AND status = 'open'",
	    "ti", now, (int64_t)no);
}
