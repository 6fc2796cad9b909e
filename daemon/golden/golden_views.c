#include <stdio.h>
#include <string.h>

#include "base/views.h"
#include "golden/golden_part.h"
#include "sys/buf.h"

enum { SQL_MAX = 128 * 1024 };

static int
has_column(struct db *db, const char *name)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM pragma_table_info('record_t') WHERE"
		   " name = ?",
		   "t", name) > 0;
}

static int
add_column(struct db *db, const char *name, const char *suffix,
    const char *type, struct err *e)
{
	char column[96];
	char sql[160];

	snprintf(column, sizeof(column), "%s%s", name, suffix);
	if (has_column(db, column))
		return 0;
	snprintf(sql, sizeof(sql), "ALTER TABLE record_t ADD COLUMN %s %s",
	    column, type);
	return db_exec(db, sql, e);
}

static int
add_columns(struct golden *g, struct err *e)
{
	for (size_t i = 0; i < g->o->nfields; i++) {
		const char *name = g->o->field[i].name;

		if (add_column(g->db, name, "",
			views_column_type(g->field[i]->type), e) == -1 ||
		    (g->field[i]->open_ended &&
			add_column(g->db, name, "_open", "INTEGER", e) == -1))
			return -1;
	}
	return 0;
}

static int
replace_view(struct db *db, const char *name, struct buf *sql, struct err *e)
{
	char drop[64];
	int rc = 0;

	if (!buf_ok(sql))
		return err_set(e, ERR_HOLD, "a record too large");
	snprintf(drop, sizeof(drop), "DROP VIEW IF EXISTS %s", name);
	if (db_int(db, 0,
		"SELECT count(*) FROM sqlite_master WHERE type = 'view' AND"
		" name = ? AND sql || '' = ?",
		"tt", name, sql->data) == 0)
		rc =
		    db_exec(db, drop, e) == -1 ? -1 : db_exec(db, sql->data, e);
	buf_clear(sql);
	return rc;
}

static void
add_field(const struct golden *g, size_t i, struct buf *sql)
{
	const char *name = g->o->field[i].name;

	if (g->field[i]->type == FIELD_MONEY)
		buf_printf(sql, ", r.%s / 100.0 AS %s", name, name);
	else
		buf_printf(sql, ", r.%s", name);
}

/* The fields of the register and tax_id first, then the rules' own. */
static int
make_enterprise(struct golden *g, struct buf *sql, struct err *e)
{
	buf_addstr(sql, "CREATE VIEW enterprise AS SELECT printf('E%08d', r.no)"
			" AS id");
	for (size_t i = 0; i < g->o->nfields; i++)
		add_field(g, i, sql);
	buf_addstr(sql, ", r.status");
	for (size_t i = 0; i < g->o->nfields; i++)
		if (g->field[i]->open_ended)
			buf_printf(sql, ", r.%s_open", g->o->field[i].name);
	buf_addstr(sql, " FROM record_t r");
	return replace_view(g->db, "enterprise", sql, e);
}

/* A value of provenance as the view enterprise shows it. */
static void
add_values(const struct golden *g, struct buf *sql)
{
	buf_addstr(sql, "CASE f.name");
	for (size_t i = 0; i < g->o->nfields; i++) {
		const char *name = g->o->field[i].name;

		if (g->field[i]->type == FIELD_MONEY)
			buf_printf(sql,
			    " WHEN '%s' THEN coalesce(s.value ->> 10, r.%s) / "
			    "100.0",
			    name, name);
		else if (g->field[i]->open_ended)
			buf_printf(sql,
			    " WHEN '%s' THEN coalesce(s.value ->> 10, CASE WHEN"
			    " r.%s_open THEN '" GOLDEN_FOR_EVER
			    "' ELSE r.%s END)",
			    name, name, name);
		else
			buf_printf(sql,
			    " WHEN '%s' THEN coalesce(s.value ->> 10, r.%s)",
			    name, name);
	}
	buf_addstr(sql, " END AS value");
}

static int
make_provenance(struct golden *g, struct buf *sql, struct err *e)
{
	buf_addstr(sql, "CREATE VIEW provenance AS SELECT printf('E%08d',"
			" r.no) AS enterprise, f.name AS field, ");
	add_values(g, sql);
	buf_addstr(sql,
	    ", s.value ->> 2 AS provider, b.id AS bundle, bf.path AS file,"
	    " s.value ->> 5 AS row, s.value ->> 6 AS as_of,"
	    " coalesce(k.rank, -1) AS rank, s.value ->> 7 AS winner,"
	    " s.value ->> 8 AS reason, s.value ->> 1 AS dataset,"
	    " s.value ->> 9 AS id FROM record_t r JOIN said_t t ON t.no = r.no"
	    " JOIN json_each(t.said) s JOIN record_field_t f ON"
	    " ((s.value ->> 0) >> f.no) & 1 LEFT JOIN record_rank_t k ON"
	    " k.field = f.no AND k.provider = s.value ->> 2"
	    " JOIN bundle_t b ON b.no = s.value ->> 3"
	    " JOIN bundle_file_t bf ON bf.bundle = b.no AND bf.no ="
	    " s.value ->> 4");
	return replace_view(g->db, "provenance", sql, e);
}

static int
make_conflict(struct golden *g, struct buf *sql, struct err *e)
{
	buf_addstr(sql,
	    "CREATE VIEW conflict AS SELECT c.no AS id, printf('E%08d',"
	    " c.enterprise) AS enterprise, c.field, c.master_value,"
	    " c.master_provider, c.master_as_of, mb.id AS master_bundle,"
	    " mf.path AS master_file, c.master_row, c.other_value,"
	    " c.other_provider, c.other_as_of, ob.id AS other_bundle,"
	    " of.path AS other_file, c.other_row, c.status, c.opened_at,"
	    " c.closed_at, c.times, c.rule, c.resolution, c.resolved_by"
	    " FROM conflict_t c"
	    " JOIN bundle_t mb ON mb.no = c.master_bundle"
	    " JOIN bundle_file_t mf ON mf.bundle = c.master_bundle AND mf.no ="
	    " c.master_file JOIN bundle_t ob ON ob.no = c.other_bundle"
	    " JOIN bundle_file_t of ON of.bundle = c.other_bundle AND of.no ="
	    " c.other_file");
	return replace_view(g->db, "conflict", sql, e);
}

/* The level of each provider for a field; parts have their head's. */
static int
name_ranks(struct golden *g, size_t i, struct err *e)
{
	const struct survive_rule *r = &g->o->field[g->o->field[i].head].rule;

	for (size_t k = 0; k < r->nranks; k++)
		if (db_run(g->db, e, "INSERT INTO record_rank_t VALUES (?,?,?)",
			"iti", (int64_t)i, r->rank[k].provider,
			(int64_t)r->rank[k].level) == -1)
			return -1;
	return 0;
}

/* Which bit of the fields in said_t is which field. */
static int
name_fields(struct golden *g, struct err *e)
{
	if (db_run(g->db, e, "DELETE FROM record_field_t", "") == -1 ||
	    db_run(g->db, e, "DELETE FROM record_rank_t", "") == -1)
		return -1;
	for (size_t i = 0; i < g->o->nfields; i++)
		if (db_run(g->db, e, "INSERT INTO record_field_t VALUES (?,?)",
			"it", (int64_t)i, g->o->field[i].name) == -1 ||
		    name_ranks(g, i, e) == -1)
			return -1;
	return 0;
}

int
golden_views(struct db *db, const struct overwrite *o, const struct schemas *s,
    struct err *e)
{
	struct golden *g = golden_new(db, o, s);
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	rc = db_begin(db, e) == -1 || add_columns(g, e) == -1 ||
		     name_fields(g, e) == -1 ||
		     make_enterprise(g, &sql, e) == -1 ||
		     make_provenance(g, &sql, e) == -1 ||
		     make_conflict(g, &sql, e) == -1
		 ? -1
		 : 0;
	buf_done(&sql);
	golden_free(g);
	return rc;
}
