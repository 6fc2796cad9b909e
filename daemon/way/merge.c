#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sys/buf.h"
#include "sys/catalog.h"
#include "sys/mem.h"
#include "way/link.h"
#include "way/merge.h"

enum { SQL_MAX = 64 * 1024, LOOK_AT_CLOCK = 256 };

#define PLACE_LINE ((UINT64_C(1) << 40) - 1)

/* The statements of one dataset, and where its columns stand in them. */
struct target {
	const struct schema *schema;
	uint64_t tag[SCHEMA_FIELDS]; /* of the names of its fields */
	struct link_columns link;
	sqlite3_stmt *find;
	sqlite3_stmt *insert;
	sqlite3_stmt *end;
	sqlite3_stmt *seen;
	sqlite3_stmt *values;
};

struct merge {
	struct db *db;
	const struct schemas *schemas;
	int64_t bundle;
	int64_t run; /* this bundle, and how often it was put on its way */
	const char *provider;
	struct rowfile_reader *reader;
	char now[40];
	enum merge_mode mode;
	struct target *targets; /* of the datasets met so far, owned */
	size_t ntargets;
	const struct target *target;   /* of the row at hand */
	const struct schema *schema;   /* of the file, NULL: none */
	size_t file;                   /* being merged */
	uint64_t offset;               /* of its next record; 0: not begun */
	struct merge_counts *counts;   /* by file, owned */
	struct rowfile_record *record; /* owned */
	int last_new;                  /* the last row had no predecessor */
	struct link *link;             /* NULL: rows are not linked */
	int asked;                     /* found is of the row at hand */
	struct link_row row;
	struct link_found found;
	int differs; /* field in which it contradicts the base, -1 */
};

enum did { DID_INSERT, DID_UPDATE, DID_NOTHING };

/* What the base holds under a key. */
struct current {
	int64_t id;
	int64_t hash;
	uint32_t enterprise; /* 0: none */
	char as_of[32];
	int ours; /* set or confirmed by this very bundle: by */
	size_t file;
	uint64_t line;
	enum did did; /* and what that was; then: what this row does */
};

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

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)

static uint64_t
mix(uint64_t h, const void *p, size_t len)
{
	const unsigned char *c = p;

	for (size_t i = 0; i < len; i++)
		h = (h ^ c[i]) * UINT64_C(0x100000001b3);
	return h;
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
		    mix(FNV_BASIS, s->field[i].name, strlen(s->field[i].name));
	t->insert = prepare_insert(m->db, s);
	if (m->mode == MERGE_DRY)
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
	buf_done(&b);
}

/* Rows of a file may be of several datasets, so each is prepared once. */
static void
target_set(struct merge *m, const struct schema *s)
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
 * Says whether two versions hold the same: FNV-1a over names, kinds and
 * contents. A null adds nothing, so that a standard may grow and change order.
 */
static int64_t
content_hash(const struct merge *m, const struct rowfile_record *r)
{
	uint64_t h = FNV_BASIS;

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

/* A value as the base keeps it; text stays in the statement. */
static void
value_from(sqlite3_stmt *st, int column, enum field_type type, struct value *v)
{
	memset(v, 0, sizeof(*v));
	switch (sqlite3_column_type(st, column)) {
	case SQLITE_INTEGER:
		v->kind = type == FIELD_MONEY ? VALUE_MONEY : VALUE_INT;
		v->num = sqlite3_column_int64(st, column);
		break;
	case SQLITE_FLOAT:
		v->kind = VALUE_REAL;
		v->real = sqlite3_column_double(st, column);
		break;
	case SQLITE_TEXT:
		v->kind = VALUE_TEXT;
		v->text = db_text(st, column);
		v->len = (size_t)sqlite3_column_bytes(st, column);
		break;
	default:
		v->kind = VALUE_NULL;
		break;
	}
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
 * The first field in which they contradict each other is kept in m->differs.
 * Returns the statement that holds the texts, to be done with afterwards.
 */
static int
fill_from_current(struct merge *m, struct rowfile_record *r, int64_t id,
    struct err *e)
{
	const struct schema *s = m->target->schema;
	sqlite3_stmt *st = m->target->values;
	int open_at = 1 + (int)s->nfields;
	int rc;

	m->differs = -1;
	(void)sqlite3_bind_int64(st, 1, id);
	rc = db_step(m->db, st, 0, e);
	for (size_t i = 0; rc == 1 && i < s->nfields; i++) {
		struct value v;

		value_from(st, 1 + (int)i, s->field[i].type, &v);
		if (m->differs == -1 && v.kind != VALUE_NULL &&
		    r->value[i].kind != VALUE_NULL && differs(&v, &r->value[i]))
			m->differs = (int)i;
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
static int
older(const char *as_of, const char *than)
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

/*
 * The record of an enterprise has one row more, or less, to go by. r NULL: it
 * does not matter what the row says.
 */
static int
touch(struct merge *m, uint32_t enterprise, const struct rowfile_record *r,
    struct err *e)
{
	const struct link_columns *c = &m->target->link;
	uint64_t fields = 0;

	if (m->link == NULL || enterprise == 0 || c->source == LINK_NO_SOURCE)
		return 0;
	for (size_t i = 0; i < c->nlate; i++)
		if (r == NULL || r->value[c->late[i].field].kind != VALUE_NULL)
			fields |= c->late[i].bit;
	if (fields == 0 && c->source == LINK_LATE_SOURCE)
		return 0;
	return enterprises_touch(link_enterprises(m->link), enterprise, fields,
	    c->source_no, e);
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
		sqlite3_last_insert_rowid(m->db->handle), current, 0, m->now,
		&o, e) == -1)
		return -1;
	return touch(m, m->found.enterprise, r, e);
}

/* Counts a row that is linked. */
static void
count_linked(struct merge *m, uint32_t enterprise)
{
	m->counts[m->file].linked += enterprise != 0;
}

/*
 * reason NULL: a current version; else one that goes into history at once.
 * 1 it is in, 0 there is a current one with its key.
 */
static int
insert(struct merge *m, const struct rowfile_record *r, int64_t hash,
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
	count_linked(m, m->found.enterprise);
	return settle(m, r, reason == NULL, e) == -1 ? -1 : 1;
}

/*
 * In a dry run only what this bundle would have done is remembered; id is the
 * version in the base that nulls would be filled from.
 */
static int
remember(struct merge *m, const struct rowfile_record *r,
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

static int
put(struct merge *m, const struct rowfile_record *r, const struct current *c,
    int64_t hash, const char *reason, struct err *e)
{
	if (m->mode == MERGE_APPLY)
		return insert(m, r, hash, c->did, reason, e) == -1 ? -1 : 0;
	find_enterprise(m, r);
	count_linked(m, m->found.enterprise);
	return reason == NULL ? remember(m, r, c, hash, r->as_of, e) : 0;
}

static int
end_version(struct merge *m, const struct current *c, const char *reason,
    struct err *e)
{
	sqlite3_stmt *st = m->target->end;
	int rc;

	if (m->mode == MERGE_DRY)
		return 0;
	if (touch(m, c->enterprise, NULL, e) == -1)
		return -1;
	(void)sqlite3_bind_text(st, 1, m->now, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 2, reason, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 3, c->id);
	rc = db_step(m->db, st, 1, e);
	db_done(st);
	return rc;
}

/*
 * The current version was confirmed, maybe for a later business date: what is
 * between the two dates is then too old to overwrite it.
 */
static int
mark_seen(struct merge *m, const struct rowfile_record *r,
    const struct current *c, struct err *e)
{
	sqlite3_stmt *st = m->target->seen;
	const char *as_of = r->as_of[0] == '\0' || older(r->as_of, c->as_of)
				? c->as_of
				: r->as_of;
	int rc;

	if (m->mode == MERGE_DRY)
		return remember(m, r, c, c->hash, as_of, e);
	(void)sqlite3_bind_int64(st, 1, m->run);
	(void)sqlite3_bind_int64(st, 2, c->id);
	(void)sqlite3_bind_text(st, 3, as_of, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 4, place(m->file, r->line, c->did));
	rc = db_step(m->db, st, 1, e);
	db_done(st);
	return rc;
}

/* --- findings ----------------------------------------------------------- */

static int
add_issue(struct merge *m, size_t file, const struct rowfile_record *r,
    struct err *e)
{
	sqlite3_stmt *st = db_prepare(m->db,
	    "INSERT INTO quality_issue_t (bundle, file, row, field, header,"
	    " rule, severity, value, message_zh, message_en, effect)"
	    " VALUES (?,?,?,?,?,?,?,?,?,?,?)");
	int rc;

	if (m->mode == MERGE_DRY)
		return 0;
	(void)sqlite3_bind_int64(st, 1, m->bundle);
	(void)sqlite3_bind_int64(st, 2, (int64_t)file);
	(void)sqlite3_bind_int64(st, 3, (int64_t)r->line);
	(void)sqlite3_bind_text(st, 4, r->field, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 5, r->header, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 6, r->rule, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(st, 7, r->severity);
	(void)sqlite3_bind_text(st, 8, r->text, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 9, r->zh, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 10, r->en, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(st, 11, r->effect);
	rc = db_step(m->db, st, 1, e);
	(void)sqlite3_reset(st);
	return rc;
}

const char *const merge_rule[MERGE_FINDINGS] = { [MERGE_SAME] = "duplicate_row",
	[MERGE_OTHER] = "duplicate_conflict",
	[MERGE_STALE] = "stale_row" };

/* A finding about a row of a file of this bundle; field -1: the whole row. */
static int
note(struct merge *m, size_t file, uint64_t line, enum merge_finding f,
    int field, const char *const arg[2], struct err *e)
{
	const char *rule = merge_rule[f];
	char zh[512];
	char en[512];
	struct rowfile_record issue = { .line = line,
		.field = "",
		.header = "",
		.rule = rule,
		.text = "",
		.zh = zh,
		.en = en,
		.severity = SEVERITY_WARN,
		.effect = EFFECT_KEEP };

	m->counts[file].found[f]++;
	if (m->mode == MERGE_DRY)
		return 0;
	if (field != -1) {
		issue.field = m->target->schema->field[field].name;
		issue.header = m->target->schema->field[field].title;
	}
	catalog_zh(rule, arg, 2, zh, sizeof(zh));
	catalog_en(rule, arg, 2, en, sizeof(en));
	return add_issue(m, file, &issue, e);
}

/* The key stands twice in the bundle. */
static int
note_twice(struct merge *m, const struct rowfile_record *r,
    const struct current *c, enum merge_finding f, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(m->reader);
	char row[24];
	const char *const arg[2] = { row, v->file[c->file].path };

	snprintf(row, sizeof(row), "%" PRIu64, c->line);
	return note(m, m->file, r->line, f, f == MERGE_OTHER ? m->differs : -1,
	    arg, e);
}

/* A row that came too late: there is one of a later business date. */
static int
note_stale(struct merge *m, size_t file, uint64_t line, const char *as_of,
    const char *than, struct err *e)
{
	return note(m, file, line, MERGE_STALE, -1,
	    (const char *const[]){ as_of, than }, e);
}

/* --- one row ------------------------------------------------------------ */

static int
find_current(struct merge *m, const char *key, struct current *ret_c,
    struct err *e)
{
	sqlite3_stmt *st = m->target->find;
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
		ret_c->ours = sqlite3_column_int(st, 3);
		place_read(ret_c, sqlite3_column_int64(st, 5));
		ret_c->enterprise = (uint32_t)sqlite3_column_int64(st, 6);
		rc = !sqlite3_column_int(st, 4);
	}
	(void)sqlite3_reset(st);
	return rc;
}

/*
 * What the row says together with the current version, which it was not
 * filled from yet; its hash.
 */
static int
fill(struct merge *m, struct rowfile_record *r, const struct current *c,
    int64_t *hash, struct err *e)
{
	if (*hash == c->hash || r->op == 'C' || c->id == 0)
		return 0;
	if (fill_from_current(m, r, c->id, e) == -1)
		return -1;
	*hash = content_hash(m, r);
	return 0;
}

int
merge_note_count(struct db *db, int64_t bundle, int64_t file, const char *rule,
    enum severity severity, int64_t n, struct err *e)
{
	return db_run(db, e,
	    "INSERT OR REPLACE INTO bundle_finding_t VALUES (?,?,?,?,?)",
	    "iitii", bundle, file, rule, (int64_t)severity, n);
}

int
merge_keep_counts(struct db *db, int64_t bundle, int64_t file,
    const struct merge_counts *n, struct err *e)
{
	for (int f = 0; f < MERGE_FINDINGS; f++)
		if (n->found[f] > 0 &&
		    merge_note_count(db, bundle, file, merge_rule[f],
			SEVERITY_WARN, n->found[f], e) == -1)
			return -1;
	return db_run(db, e,
	    "UPDATE bundle_file_t SET inserted = ?, updated = ?,"
	    " unchanged = ?, superseded = ?, linked = ?"
	    " WHERE bundle = ? AND no = ?",
	    "iiiiiii", n->inserted, n->updated, n->unchanged, n->superseded,
	    n->linked, bundle, file);
}

static int
save_counts(struct merge *m, size_t file, struct err *e)
{
	const struct merge_counts *n = &m->counts[file];

	if (m->mode == MERGE_DRY)
		return 0;
	return merge_keep_counts(m->db, m->bundle, (int64_t)file, n, e);
}

static int64_t *
count_of(struct merge_counts *n, enum did did)
{
	switch (did) {
	case DID_INSERT:
		return &n->inserted;
	case DID_UPDATE:
		return &n->updated;
	case DID_NOTHING:
		break;
	}
	return &n->unchanged;
}

/*
 * This row takes the place of an earlier one of the bundle, which is the one
 * superseded. Where that only confirmed the base, this is the update.
 */
static int
replace_earlier(struct merge *m, const struct rowfile_record *r, int64_t hash,
    struct current *c, struct err *e)
{
	struct merge_counts *earlier = &m->counts[c->file];
	const char *reason = "twice in bundle";

	*count_of(earlier, c->did) -= 1;
	earlier->superseded++;
	if (c->did == DID_NOTHING) {
		c->did = DID_UPDATE;
		reason = "updated";
	}
	*count_of(&m->counts[m->file], c->did) += 1;
	if ((c->file != m->file && save_counts(m, c->file, e) == -1) ||
	    end_version(m, c, reason, e) == -1)
		return -1;
	return put(m, r, c, hash, NULL, e);
}

/*
 * The key stands twice in this bundle: one of the two is superseded. Where
 * their business dates differ that is the older one; else they contradict each
 * other, if they are not the same.
 */
static int
merge_twice(struct merge *m, struct rowfile_record *r, int64_t hash,
    struct current *c, struct merge_counts *n, struct err *e)
{
	int late = older(r->as_of, c->as_of);
	int early = older(c->as_of, r->as_of);
	int same, rc;

	if (!late && fill(m, r, c, &hash, e) == -1)
		return -1;
	same = hash == c->hash;
	if (same)
		rc = note_twice(m, r, c, MERGE_SAME, e);
	else if (late)
		rc = note_stale(m, m->file, r->line, r->as_of, c->as_of, e);
	else if (early)
		rc = note_stale(m, c->file, c->line, c->as_of, r->as_of, e);
	else
		rc = note_twice(m, r, c, MERGE_OTHER, e);
	if (rc == -1)
		return -1;
	if (!same && !late)
		return replace_earlier(m, r, hash, c, e);
	n->superseded++;
	return put(m, r, c, hash, "twice in bundle", e);
}

static int
merge_delete(struct merge *m, const struct rowfile_record *r,
    const struct current *c, int found, struct merge_counts *n, struct err *e)
{
	if (!found) {
		n->superseded++;
		return put(m, r, c, 0, "deleted by provider", e);
	}
	n->updated++;
	count_linked(m, c->enterprise);
	if (m->mode == MERGE_DRY)
		return remember(m, r, c, 0, "", e);
	return end_version(m, c,
	    rowfile_verdict(m->reader)->file[m->file].mode == ROWFILE_RETRACT
		? "retracted"
		: "deleted by provider",
	    e);
}

/* A row whose key the base knows from before. */
static int
merge_known(struct merge *m, struct rowfile_record *r, int64_t hash,
    struct current *c, struct merge_counts *n, struct err *e)
{
	if (hash != c->hash && older(r->as_of, c->as_of) && r->op != 'C') {
		n->superseded++;
		if (note_stale(m, m->file, r->line, r->as_of, c->as_of, e) ==
		    -1)
			return -1;
		/* It is there, if an older one: no full file ends it. */
		c->did = DID_NOTHING;
		if (rowfile_verdict(m->reader)->file[m->file].mode ==
			ROWFILE_FULL &&
		    mark_seen(m, r, c, e) == -1)
			return -1;
		return put(m, r, c, hash, "older", e);
	}
	if (fill(m, r, c, &hash, e) == -1)
		return -1;
	if (hash == c->hash) {
		n->unchanged++;
		count_linked(m, c->enterprise);
		c->did = DID_NOTHING;
		return mark_seen(m, r, c, e);
	}
	n->updated++;
	c->did = DID_UPDATE;
	if (end_version(m, c, r->op == 'C' ? "corrected" : "updated", e) == -1)
		return -1;
	return put(m, r, c, hash, NULL, e);
}

static int
merge_row(struct merge *m, struct rowfile_record *r, struct err *e)
{
	struct merge_counts *n = &m->counts[m->file];
	int64_t hash = content_hash(m, r);
	struct current c = { .id = 0 };
	int rc;

	m->asked = 0;
	if (rowfile_verdict(m->reader)->file[m->file].mode == ROWFILE_RETRACT)
		r->op = 'D';
	/*
	 * New rows come after new rows, known ones after known ones: where the
	 * last was new this one is put in first, and looked up if that fails.
	 */
	if (m->mode == MERGE_APPLY && m->last_new && r->op != 'D') {
		rc = insert(m, r, hash, DID_INSERT, NULL, e);
		if (rc == 1)
			n->inserted++;
		if (rc != 0)
			return rc == -1 ? -1 : 0;
	}
	rc = find_current(m, r->key, &c, e);
	if (rc == -1)
		return -1;
	m->last_new = rc == 0;
	if (r->op == 'D') {
		rc = merge_delete(m, r, &c, rc == 1, n, e);
	} else if (rc == 0) {
		n->inserted++;
		rc = put(m, r, &c, hash, NULL, e);
	} else if (c.ours) {
		rc = merge_twice(m, r, hash, &c, n, e);
	} else {
		rc = merge_known(m, r, hash, &c, n, e);
	}
	db_done(m->target->values);
	return rc;
}

/* --- slices ------------------------------------------------------------- */

/* Files before this one were saved when they ended. */
static int
save_progress(struct merge *m, struct err *e)
{
	if (m->mode == MERGE_DRY)
		return 0;
	if (m->file < rowfile_verdict(m->reader)->nfiles &&
	    save_counts(m, m->file, e) == -1)
		return -1;
	return db_run(m->db, e,
	    "UPDATE bundle_t SET at_file = ?, at_offset = ? WHERE no = ?",
	    "iii", (int64_t)m->file, (int64_t)m->offset, m->bundle);
}

static int64_t
milliseconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
find_schema(const struct merge *m, const char *dataset,
    const struct schema **ret_s, struct err *e)
{
	*ret_s = schemas_find(m->schemas, dataset);
	if (*ret_s == NULL)
		return err_set(e, ERR_HOLD, "no standard '%s'", dataset);
	return 0;
}

static int
row_target(struct merge *m, const struct rowfile_record *r, struct err *e)
{
	const struct schema *s = m->schema;

	if (r->dataset[0] != '\0' && find_schema(m, r->dataset, &s, e) == -1)
		return -1;
	if (s == NULL || r->nvalues != s->nfields)
		return err_set(e, ERR_HOLD, "a row not of its standard");
	target_set(m, s);
	return 0;
}

/* One record: 1 taken, 0 the file has no more, -1. */
static int
merge_record(struct merge *m, const struct rowfile_file *f, struct err *e)
{
	int rc;

	if (m->offset == 0)
		m->offset = f->begin;
	rc = rowfile_next(m->reader, f, &m->offset, m->record, e);
	if (rc != 1)
		return rc;
	if (m->record->kind == ROWFILE_FINDING)
		return add_issue(m, m->file, m->record, e) == -1 ? -1 : 1;
	if (row_target(m, m->record, e) == -1)
		return -1;
	return merge_row(m, m->record, e) == -1 ? -1 : 1;
}

/* --- full files --------------------------------------------------------- */

/* The rows of before that a full file lacks: current ones of its period. */
static void
absent_sql(const struct merge *m, const char *what, struct buf *b)
{
	const struct schema *s = m->schema;

	buf_printf(b, "%s WHERE _provider = ?1 AND _to IS NULL AND _seen <> ?2",
	    what);
	if (s->period != -1)
		buf_printf(b, " AND CAST(%s AS TEXT) = ?3",
		    s->field[s->period].name);
	else
		buf_addstr(b, " AND ?3 = ?3");
}

static int
touch_absent(struct merge *m, const char *sql, const char *period,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc =
	    db_query(m->db, &st, e, sql, "tit", m->provider, m->run, period);

	for (; rc == 1; rc = db_next(m->db, st, e))
		if (touch(m, (uint32_t)sqlite3_column_int64(st, 0), NULL, e) ==
		    -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

static int
end_absent(struct merge *m, const struct rowfile_file *f, int64_t *ret_n,
    struct err *e)
{
	char what[160];
	struct buf b;
	int rc;

	target_set(m, m->schema);
	buf_init(&b, SQL_MAX);
	snprintf(what, sizeof(what), "SELECT DISTINCT _enterprise FROM d_%s",
	    m->schema->dataset);
	absent_sql(m, what, &b);
	rc = touch_absent(m, b.data, f->period, e);
	buf_clear(&b);
	snprintf(what, sizeof(what),
	    "UPDATE d_%s SET _to = ?4, _reason = 'absent from full file'",
	    m->schema->dataset);
	absent_sql(m, what, &b);
	if (rc == 0)
		rc = db_run(m->db, e, b.data, "titt", m->provider, m->run,
		    f->period, m->now);
	*ret_n = sqlite3_changes64(m->db->handle);
	buf_done(&b);
	return rc;
}

/* A finding about the whole file. */
static int
note_file(struct merge *m, size_t file, const char *rule,
    const char *const arg[2], int64_t n, struct err *e)
{
	const struct catalog_entry *c = catalog_find(rule);
	char zh[512];
	char en[512];
	struct rowfile_record issue = { .field = "",
		.header = "",
		.rule = rule,
		.text = "",
		.zh = zh,
		.en = en,
		.severity = (uint8_t)c->severity,
		.effect = EFFECT_KEEP };

	catalog_zh(rule, arg, 2, zh, sizeof(zh));
	catalog_en(rule, arg, 2, en, sizeof(en));
	return add_issue(m, file, &issue, e) == -1
		   ? -1
		   : merge_note_count(m->db, m->bundle, (int64_t)file, rule,
			 c->severity, n, e);
}

/*
 * What is in a full file stands, what is not has ended. Not where something
 * of it was returned: that would end the very rows to be mended.
 */
static int
finish_full(struct merge *m, size_t file, const struct rowfile_file *f,
    struct err *e)
{
	char count[24];
	int64_t n;

	if (m->schema == NULL || f->rows == 0)
		return 0;
	if (f->rejected > 0)
		return note_file(m, file, "full_kept",
		    (const char *const[]){ "有行被退回",
			"some of its rows were returned" },
		    1, e);
	if (m->schema->period != -1 && f->period[0] == '\0')
		return note_file(m, file, "full_kept",
		    (const char *const[]){ "没有写明期间",
			"it names no period" },
		    1, e);
	if (end_absent(m, f, &n, e) == -1)
		return -1;
	snprintf(count, sizeof(count), "%" PRId64, n);
	return n == 0 ? 0
		      : note_file(m, file, "full_ended",
			    (const char *const[]){ count, "" }, n, e);
}

static int file_schema(struct merge *m, const struct rowfile_file *f,
    struct err *e);

static int
finish_files(struct merge *m, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(m->reader);

	if (m->mode == MERGE_DRY)
		return 0;
	for (size_t i = 0; i < v->nfiles; i++)
		if (v->file[i].mode == ROWFILE_FULL &&
		    (file_schema(m, &v->file[i], e) == -1 ||
			finish_full(m, i, &v->file[i], e) == -1))
			return -1;
	return 0;
}

static int
file_schema(struct merge *m, const struct rowfile_file *f, struct err *e)
{
	m->schema = NULL;
	if (f->dataset[0] == '\0')
		return 0;
	return find_schema(m, f->dataset, &m->schema, e);
}

int
merge_slice(struct merge *m, int milliseconds, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(m->reader);
	int64_t until = milliseconds_now() + milliseconds;
	unsigned int n = 0;
	int rc;

	if (db_begin(m->db, e) == -1)
		return -1;
	while (m->file < v->nfiles) {
		const struct rowfile_file *f = &v->file[m->file];

		if (file_schema(m, f, e) == -1)
			return -1;
		while ((rc = merge_record(m, f, e)) == 1)
			if (++n % LOOK_AT_CLOCK == 0 &&
			    milliseconds_now() >= until)
				return save_progress(m, e) == -1 ? -1 : 1;
		if (rc == -1 || save_counts(m, m->file, e) == -1)
			return -1;
		m->file++;
		m->offset = 0;
	}
	if (finish_files(m, e) == -1)
		return -1;
	return save_progress(m, e);
}

/* --- begin and end ------------------------------------------------------ */

static int
restore_findings(struct merge *m, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(m->db, &st, e,
	    "SELECT file, rule, n FROM bundle_finding_t WHERE bundle = ?", "i",
	    m->bundle);

	for (; rc == 1; rc = db_next(m->db, st, e))
		for (int f = 0; f < MERGE_FINDINGS; f++)
			if (strcmp(db_text(st, 1), merge_rule[f]) == 0 &&
			    (size_t)sqlite3_column_int64(st, 0) <
				rowfile_verdict(m->reader)->nfiles)
				m->counts[sqlite3_column_int64(st, 0)]
				    .found[f] = sqlite3_column_int64(st, 2);
	db_done(st);
	return rc;
}

static int
restore(struct merge *m, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(m->db, &st, e,
	    "SELECT at_file, at_offset, no * 65536 + run FROM bundle_t"
	    " WHERE no = ?",
	    "i", m->bundle);

	if (rc == 1) {
		m->file = (size_t)sqlite3_column_int64(st, 0);
		m->offset = (uint64_t)sqlite3_column_int64(st, 1);
		m->run = sqlite3_column_int64(st, 2);
	}
	db_done(st);
	if (rc == -1)
		return -1;
	rc = db_query(m->db, &st, e,
	    "SELECT no, inserted, updated, unchanged, superseded, linked"
	    " FROM bundle_file_t WHERE bundle = ?",
	    "i", m->bundle);
	for (; rc == 1; rc = db_next(m->db, st, e)) {
		size_t no = (size_t)sqlite3_column_int64(st, 0);
		int64_t *to[5];

		if (no >= rowfile_verdict(m->reader)->nfiles)
			continue;
		to[0] = &m->counts[no].inserted;
		to[1] = &m->counts[no].updated;
		to[2] = &m->counts[no].unchanged;
		to[3] = &m->counts[no].superseded;
		to[4] = &m->counts[no].linked;
		for (int i = 0; i < 5; i++)
			*to[i] = sqlite3_column_int64(st, 1 + i);
	}
	db_done(st);
	return rc == -1 ? -1 : restore_findings(m, e);
}

int
merge_open(struct db *db, const struct schemas *s, struct link *l,
    int64_t bundle, const char *provider, struct rowfile_reader *r,
    const char *now, enum merge_mode mode, struct merge **ret_m, struct err *e)
{
	struct merge *m = xcalloc(1, sizeof(*m));

	m->db = db;
	m->schemas = s;
	m->link = l;
	m->bundle = bundle;
	m->provider = provider;
	m->reader = r;
	m->mode = mode;
	m->last_new = 1;
	m->counts = xcalloc(rowfile_verdict(r)->nfiles + 1, sizeof(*m->counts));
	m->record = xcalloc(1, sizeof(*m->record));
	snprintf(m->now, sizeof(m->now), "%s", now);
	if ((mode == MERGE_DRY &&
		(db_exec(db,
		     "CREATE TEMP TABLE IF NOT EXISTS dry_t (dataset TEXT,"
		     " key TEXT, id INTEGER, hash INTEGER, as_of TEXT,"
		     " gone INTEGER, at INTEGER, PRIMARY KEY (dataset, key)) "
		     "WITHOUT ROWID",
		     e) == -1 ||
		    db_exec(db, "DELETE FROM temp.dry_t", e) == -1)) ||
	    (mode == MERGE_APPLY && restore(m, e) == -1)) {
		merge_close(m);
		return -1;
	}
	*ret_m = m;
	return 0;
}

const struct merge_counts *
merge_counts(const struct merge *m, size_t file)
{
	return &m->counts[file];
}

void
merge_close(struct merge *m)
{
	if (m == NULL)
		return;
	free(m->targets);
	free(m->counts);
	free(m->record);
	free(m);
}
