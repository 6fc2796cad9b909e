#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rows.h"
#include "sys/buf.h"
#include "sys/mem.h"
#include "way/merge_part.h"

enum { SQL_MAX = 64 * 1024 };

#define PLACE_LINE ((UINT64_C(1) << 40) - 1)

/* A row of a bundle as one number. */
static int64_t
place(size_t file, uint64_t line, enum did did)
{
	return (int64_t)((uint64_t)file << 42 | (line & PLACE_LINE) << 2 |
			 (uint64_t)did);
}

static void
place_read(struct current *c, int64_t at)
{
	c->file = (size_t)((uint64_t)at >> 42);
	c->line = (uint64_t)at >> 2 & PLACE_LINE;
	c->did = (enum did)(at & 3);
}

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* Eight bytes a step; the length goes in too, for what is padded. */
static uint64_t
mix(uint64_t h, const void *p, size_t len)
{
	const unsigned char *c = p;
	uint64_t w = len;

	for (;;) {
		h = (h ^ w) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
		if (len == 0)
			return h;
		w = 0;
		memcpy(&w, c, len < sizeof(w) ? len : sizeof(w));
		c += len < sizeof(w) ? len : sizeof(w);
		len -= len < sizeof(w) ? len : sizeof(w);
	}
}

/* --- statements --------------------------------------------------------- */

static void
columns(const struct schema *s, struct buf *b)
{
	for (size_t i = 0; i < s->nfields; i++)
		buf_printf(b, ", %s", s->field[i].name);
	for (size_t i = 0; i < s->nfields; i++)
		if (s->field[i].open_ended)
			buf_printf(b, ", %s_open", s->field[i].name);
}

static size_t
column_count(const struct schema *s)
{
	size_t n = s->nfields;

	for (size_t i = 0; i < s->nfields; i++)
		n += s->field[i].open_ended != 0;
	return n;
}

enum { FIXED = 15 }; /* columns of insert before the fields */

static sqlite3_stmt *
prepare_insert(struct db *db, const struct schema *s)
{
	sqlite3_stmt *st;
	struct buf b;

	buf_init(&b, SQL_MAX);
	buf_printf(&b,
	    "INSERT INTO d_%s (_key, _hash, _provider, _bundle, _file, _row,"
	    " _as_of, _from, _to, _reason, _seen, _seen_at, _enterprise,"
	    " _link, _op",
	    s->dataset);
	columns(s, &b);
	buf_addstr(&b, ") VALUES (?");
	for (size_t i = 1; i < FIXED + column_count(s); i++)
		buf_addstr(&b, ",?");
	buf_addstr(&b,
	    ") ON CONFLICT (_key, _provider) WHERE _to IS NULL DO NOTHING");
	st = db_prepare(db, b.data);
	buf_done(&b);
	return st;
}

static void
target_prepare(struct merge *m, struct target *t, const struct schema *s)
{
	struct buf b;

	buf_init(&b, SQL_MAX);
	t->schema = s;
	if (m->link != NULL)
		link_columns(m->link, s, &t->link);
	for (size_t i = 0; i < s->nfields; i++)
		t->tag[i] =
		    mix(HASH_BEGIN, s->field[i].name, strlen(s->field[i].name));
	t->insert = prepare_insert(m->db, s);
	if (m->mode != MERGE_APPLY)
		buf_printf(&b,
		    "SELECT id, hash, as_of, 1, gone, at, 0 FROM temp.dry_t "
		    "WHERE"
		    " dataset = '%s' AND key = ?1 UNION ALL"
		    " SELECT _id, _hash, _as_of, ?3 <> ?3, 0, 0, _enterprise"
		    " FROM d_%s WHERE"
		    " _key = ?1 AND _provider = ?2 AND _to IS NULL LIMIT 1",
		    s->dataset, s->dataset);
	else
		buf_printf(&b,
		    "SELECT _id, _hash, _as_of, _seen = ?3, 0, _seen_at,"
		    " _enterprise FROM d_%s WHERE"
		    " _key = ?1 AND _provider = ?2 AND _to IS NULL",
		    s->dataset);
	t->find = db_prepare(m->db, b.data);
	buf_clear(&b);
	buf_printf(&b, "UPDATE d_%s SET _to = ?1, _reason = ?2 WHERE _id = ?3",
	    s->dataset);
	t->end = db_prepare(m->db, b.data);
	buf_clear(&b);
	buf_printf(&b,
	    "UPDATE d_%s SET _seen = ?1, _as_of = ?3, _seen_at = ?4 WHERE _id "
	    "= ?2",
	    s->dataset);
	t->seen = db_prepare(m->db, b.data);
	buf_clear(&b);
	buf_addstr(&b, "SELECT _id");
	columns(s, &b);
	buf_printf(&b, " FROM d_%s WHERE _id = ?1", s->dataset);
	t->values = db_prepare(m->db, b.data);
	buf_clear(&b);
	buf_printf(&b,
	    "SELECT _key FROM d_%s WHERE _enterprise = ?1 AND _provider = ?2"
	    " AND _to IS NULL AND (_key >= '%c') = ?3 LIMIT 2",
	    s->dataset, ROW_KEY_BY_NAME);
	t->subject = s->master ? db_prepare(m->db, b.data) : NULL;
	buf_done(&b);
	row_layout_of(s, &t->layout);
	t->layout_no = 0;
	t->confirmed = (struct merge_seen){ 0 };
	merge_tally_begin(m, s, &t->tally);
	t->tally.links = m->link != NULL && t->link.links;
}

/* Rows of a file may be of several datasets, so each is prepared once. */
void
merge_target_set(struct merge *m, const struct schema *s)
{
	if (m->target != NULL && m->target->schema == s)
		return;
	for (size_t i = 0; i < m->ntargets; i++)
		if (m->targets[i].schema == s) {
			m->target = &m->targets[i];
			return;
		}
	m->targets =
	    xreallocarray(m->targets, m->ntargets + 1, sizeof(*m->targets));
	target_prepare(m, &m->targets[m->ntargets], s);
	m->target = &m->targets[m->ntargets++];
}

/* --- content ------------------------------------------------------------ */

/*
 * Says whether two versions hold the same: a hash over names, kinds and
 * contents, against no attacker. A null adds nothing, so that a standard may grow and change order.
 */
int64_t
merge_content_hash(const struct merge *m, const struct rowfile_record *r)
{
	uint64_t h = HASH_BEGIN;

	for (size_t i = 0; i < r->nvalues; i++) {
		const struct value *v = &r->value[i];
		unsigned char kind =
		    (unsigned char)(v->kind | (r->open_ended[i] << 4));

		if (v->kind == VALUE_NULL && !r->open_ended[i])
			continue;
		h = mix(h, &m->target->tag[i], sizeof(m->target->tag[i]));
		h = mix(h, &kind, sizeof(kind));
		if (v->kind == VALUE_TEXT)
			h = mix(h, v->text, v->len);
		else if (v->kind == VALUE_REAL)
			h = mix(h, &v->real, sizeof(v->real));
		else if (v->kind != VALUE_NULL)
			h = mix(h, &v->num, sizeof(v->num));
	}
	return (int64_t)h;
}

static int
differs(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return 1;
	if (a->kind == VALUE_TEXT)
		return a->len != b->len ||
		       memcmp(a->text, b->text, a->len) != 0;
	return a->kind == VALUE_REAL ? a->real != b->real : a->num != b->num;
}

/*
 * Null never overwrites: what the row does not say, the current version says.
 * The fields in which they contradict each other are kept in m->differs.
 * Returns the statement that holds the texts, to be done with afterwards.
 */
int
merge_fill_from_current(struct merge *m, struct rowfile_record *r, int64_t id,
    struct err *e)
{
	const struct schema *s = m->target->schema;
	sqlite3_stmt *st = m->target->values;
	int open_at = 1 + (int)s->nfields;
	int rc;

	m->differs = 0;
	(void)sqlite3_bind_int64(st, 1, id);
	rc = db_step(m->db, st, 0, e);
	for (size_t i = 0; rc == 1 && i < s->nfields; i++) {
		struct value v;

		rows_value(st, 1 + (int)i, s->field[i].type == FIELD_MONEY, &v);
		if (v.kind != VALUE_NULL && r->value[i].kind != VALUE_NULL &&
		    differs(&v, &r->value[i]))
			m->differs |= UINT64_C(1) << i;
		if (r->value[i].kind == VALUE_NULL && !r->open_ended[i]) {
			r->value[i] = v;
			if (s->field[i].open_ended)
				r->open_ended[i] =
				    (uint8_t)sqlite3_column_int(st, open_at);
		}
		open_at += s->field[i].open_ended != 0;
	}
	return rc == -1 ? -1 : 0;
}

/* Dates of different precision compare on what both have. */
int
merge_is_older(const char *as_of, const char *than)
{
	size_t n = strlen(as_of);
	size_t m = strlen(than);

	if (n == 0 || m == 0)
		return 0;
	return strncmp(as_of, than, n < m ? n : m) < 0;
}

/* --- writing ------------------------------------------------------------ */

static void
bind_value(sqlite3_stmt *st, int at, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		(void)sqlite3_bind_null(st, at);
		break;
	case VALUE_TEXT:
		(void)sqlite3_bind_text(st, at, v->text, (int)v->len,
		    SQLITE_STATIC);
		break;
	case VALUE_INT:
	case VALUE_MONEY:
		(void)sqlite3_bind_int64(st, at, v->num);
		break;
	case VALUE_REAL:
		(void)sqlite3_bind_double(st, at, v->real);
		break;
	}
}

/* --- linking ------------------------------------------------------------ */

/* Whose row it is, once for each row. */
static void
find_enterprise(struct merge *m, const struct rowfile_record *r)
{
	if (m->asked)
		return;
	m->asked = 1;
	m->found.enterprise = 0;
	m->found.known = 1;
	if (m->link == NULL || !m->target->link.links)
		return;
	link_row_of(&m->target->link, r, m->provider, &m->row);
	link_find(m->link, &m->target->link, &m->row, &m->found);
}

/* It takes back nothing: what was said before still stands, or is repeated. */
static int
adds_only(const struct rowfile_record *r)
{
	return r != NULL && r->op != 'D' && r->op != 'C';
}

/*
 * The record of an enterprise has one row more, or less, to go by. r NULL: it
 * does not matter what the row says.
 */
int
merge_touch(struct merge *m, uint32_t enterprise,
    const struct rowfile_record *r, struct err *e)
{
	const struct link_columns *c = &m->target->link;
	struct enterprises *x;
	uint64_t fields = 0;

	if (m->mode == MERGE_DRY || m->link == NULL || enterprise == 0 ||
	    c->source == LINK_NO_SOURCE)
		return 0;
	for (size_t i = 0; i < c->nlate; i++)
		if (r == NULL || r->value[c->late[i].field].kind != VALUE_NULL)
			fields |= c->late[i].bit;
	if (fields == 0 && c->source == LINK_LATE_SOURCE)
		return 0;
	x = link_enterprises(m->link);
	return enterprises_touch(x, enterprise, fields, c->source_no,
	    enterprises_would_touch(x, enterprise, fields) && adds_only(r) &&
		link_agrees(m->link, c, r, m->provider, enterprise),
	    e);
}

/* The row stands in the base: what it teaches, or that it waits. */
static int
settle(struct merge *m, const struct rowfile_record *r, int current,
    struct err *e)
{
	struct origin o = { m->bundle, (int64_t)m->file, (int64_t)r->line };

	if (m->link == NULL)
		return 0;
	if (link_settle(m->link, &m->target->link, &m->row, &m->found,
		m->version, current, 0, m->now, &o, e) == -1)
		return -1;
	return merge_touch(m, m->found.enterprise, r, e);
}

/* Counts a row that is linked. */
void
merge_count_linked(struct merge *m, uint32_t enterprise)
{
	m->counts[m->file].linked += enterprise != 0;
	if (enterprise != 0)
		merge_tally_entity(&m->target->tally, enterprise,
		    m->record->marks);
}

/*
 * reason NULL: a current version; else one that goes into history at once.
 * 1 it is in, 0 there is a current one with its key.
 */
int
merge_insert(struct merge *m, const struct rowfile_record *r, int64_t hash,
    enum did did, const char *reason, struct err *e)
{
	const struct schema *s = m->target->schema;
	sqlite3_stmt *st = m->target->insert;
	int at = FIXED + 1;
	int rc;

	(void)sqlite3_bind_text(st, 1, r->key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 2, hash);
	(void)sqlite3_bind_text(st, 3, m->provider, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 4, m->bundle);
	(void)sqlite3_bind_int64(st, 5, (int64_t)m->file);
	(void)sqlite3_bind_int64(st, 6, (int64_t)r->line);
	(void)sqlite3_bind_text(st, 7, r->as_of, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 8, m->now, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 9, reason != NULL ? m->now : NULL, -1,
	    SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 10, reason, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 11, m->run);
	(void)sqlite3_bind_int64(st, 12, place(m->file, r->line, did));
	find_enterprise(m, r);
	if (m->found.enterprise != 0) {
		(void)sqlite3_bind_int64(st, 13, m->found.enterprise);
		(void)sqlite3_bind_int64(st, 14, m->found.how);
	} else {
		(void)sqlite3_bind_null(st, 13);
		(void)sqlite3_bind_null(st, 14);
	}
	(void)sqlite3_bind_text(st, 15, r->op == 'C' ? "C" : NULL, -1,
	    SQLITE_STATIC);
	for (size_t i = 0; i < s->nfields; i++)
		bind_value(st, at++, &r->value[i]);
	for (size_t i = 0; i < s->nfields; i++)
		if (s->field[i].open_ended)
			(void)sqlite3_bind_int(st, at++, r->open_ended[i]);
	rc = db_step(m->db, st, 1, e);
	(void)sqlite3_reset(st);
	if (rc == -1 || sqlite3_changes(m->db->handle) == 0)
		return rc == -1 ? -1 : 0;
	m->version = sqlite3_last_insert_rowid(m->db->handle);
	m->target->tally.put++;
	m->target->tally.put_linked += m->found.enterprise != 0;
	merge_count_linked(m, m->found.enterprise);
	return settle(m, r, reason == NULL, e) == -1 ? -1 : 1;
}

/*
 * In a dry run only what this bundle would have done is remembered; id is the
 * version in the base that nulls would be filled from.
 */
int
merge_remember(struct merge *m, const struct rowfile_record *r,
    const struct current *c, int64_t hash, const char *as_of, struct err *e)
{
	sqlite3_stmt *st = db_prepare(m->db,
	    "INSERT OR REPLACE INTO temp.dry_t VALUES (?,?,?,?,?,?,?)");
	int rc;

	(void)sqlite3_bind_text(st, 1, m->target->schema->dataset, -1,
	    SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 2, r->key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 3, c->id);
	(void)sqlite3_bind_int64(st, 4, hash);
	(void)sqlite3_bind_text(st, 5, as_of, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(st, 6, r->op == 'D');
	(void)sqlite3_bind_int64(st, 7, place(m->file, r->line, c->did));
	rc = db_step(m->db, st, 0, e);
	db_done(st);
	return rc;
}

int
merge_put(struct merge *m, const struct rowfile_record *r,
    const struct current *c, int64_t hash, const char *reason, struct err *e)
{
	if (m->mode == MERGE_APPLY)
		return merge_insert(m, r, hash, c->did, reason, e) == -1 ? -1
									 : 0;
	find_enterprise(m, r);
	merge_count_linked(m, m->found.enterprise);
	return reason == NULL ? merge_remember(m, r, c, hash, r->as_of, e) : 0;
}

int
merge_end_version(struct merge *m, const struct current *c, const char *reason,
    struct err *e)
{
	sqlite3_stmt *st = m->target->end;
	int rc;

	if (m->mode != MERGE_APPLY)
		return 0;
	(void)sqlite3_bind_text(st, 1, m->now, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 2, reason, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 3, c->id);
	rc = db_step(m->db, st, 1, e);
	db_done(st);
	return rc;
}

/*
 * The current version was confirmed. Only a later business date is written, for
 * what is between the two dates is then too old to overwrite it; and the mark
 * that tells what a full file, or a register, has not.
 */
int
merge_mark_seen(struct merge *m, const struct rowfile_record *r,
    const struct current *c, struct err *e)
{
	struct target *t = m->target;
	sqlite3_stmt *st = t->seen;
	const char *as_of =
	    r->as_of[0] == '\0' || merge_is_older(r->as_of, c->as_of)
		? c->as_of
		: r->as_of;
	int rc;

	if (m->mode != MERGE_APPLY)
		return merge_remember(m, r, c, c->hash, as_of, e);
	if (strcmp(as_of, c->as_of) == 0 && !m->marks && !t->schema->master &&
	    merge_seen_add(&t->confirmed, c->id,
		place(m->file, r->line, c->did)))
		return 0;
	(void)sqlite3_bind_int64(st, 1, m->run);
	(void)sqlite3_bind_int64(st, 2, c->id);
	(void)sqlite3_bind_text(st, 3, as_of, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 4, place(m->file, r->line, c->did));
	rc = db_step(m->db, st, 1, e);
	db_done(st);
	return rc == -1 || strcmp(as_of, c->as_of) == 0
		   ? rc
		   : merge_touch(m, c->enterprise, r, e);
}

int
merge_find_current(struct merge *m, const char *key, struct current *ret_c,
    struct err *e)
{
	sqlite3_stmt *st = m->target->find;
	int64_t at;
	int rc;

	(void)sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 2, m->provider, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 3, m->run);
	rc = db_step(m->db, st, 0, e);
	if (rc == 1) {
		ret_c->id = sqlite3_column_int64(st, 0);
		ret_c->hash = sqlite3_column_int64(st, 1);
		snprintf(ret_c->as_of, sizeof(ret_c->as_of), "%s",
		    db_text(st, 2));
		at = merge_seen_at(&m->target->confirmed, ret_c->id);
		ret_c->ours = at != -1 || sqlite3_column_int(st, 3);
		place_read(ret_c, at != -1 ? at : sqlite3_column_int64(st, 5));
		ret_c->enterprise = (uint32_t)sqlite3_column_int64(st, 6);
		rc = !sqlite3_column_int(st, 4);
	}
	(void)sqlite3_reset(st);
	return rc;
}

/* The key of the only row there is, with a number or by name: 1, 0 none. */
static int
find_only_key(struct merge *m, uint32_t enterprise, int by_name, struct err *e)
{
	sqlite3_stmt *st = m->target->subject;
	int rc;

	(void)sqlite3_bind_int64(st, 1, enterprise);
	(void)sqlite3_bind_text(st, 2, m->provider, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(st, 3, by_name);
	rc = db_step(m->db, st, 0, e);
	if (rc == 1) {
		snprintf(m->key, sizeof(m->key), "%s", db_text(st, 0));
		rc = db_next(m->db, st, e);
		rc = rc == 1 ? 0 : rc == 0 ? 1 : -1;
	}
	(void)sqlite3_reset(st);
	return rc;
}

int
merge_find_subject(struct merge *m, struct rowfile_record *r,
    struct current *ret_c, struct err *e)
{
	int by_name = r->key[0] == ROW_KEY_BY_NAME;
	int rc;

	if (!m->target->schema->master || r->op == 'D')
		return 0;
	find_enterprise(m, r);
	if (m->found.enterprise == 0)
		return 0;
	rc = find_only_key(m, m->found.enterprise, !by_name, e);
	if (rc == 1)
		rc = merge_find_current(m, m->key, ret_c, e);
	if (rc == 1 && by_name)
		r->key = m->key;
	/* Asked again with what the version before it says. */
	m->asked &= rc != 1;
	return rc;
}
