#include <stdio.h>
#include <string.h>

#include "grant/grant_store.h"
#include "grant/needs.h"
#include "rule/arena.h"
#include "rule/pack.h"
#include "rule/table.h"

enum { NEEDER, DATASET, FIELD, PURPOSE, MODE, NOTE, COLUMNS };

static const char *const names[] = { "needer", "dataset", "field", "purpose",
	"mode", "note", NULL };

struct matching {
	struct db *db;
	const struct schemas *schemas;
	const struct sharing *sharing;
	const char *today;
	json_t *list;
};

static int
is_sent(struct matching *m, const struct schema *s)
{
	return db_int(m->db, 0,
		   "SELECT count(*) FROM bundle_file_t f JOIN bundle_t b ON"
		   " b.no = f.bundle WHERE f.dataset = ? AND f.accepted > 0"
		   " AND b.kind = 'u' AND b.state = 'applied'",
		   "t", s->dataset) > 0;
}

static int
is_filled(struct matching *m, const struct schema *s, int field)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
	    "SELECT count(*) FROM (SELECT 1 FROM d_%s WHERE %s IS NOT NULL"
	    " LIMIT 1)",
	    s->dataset, s->field[field].name);
	return db_int(m->db, 0, sql, "") > 0;
}

/* Whether a grant in force gives the needer the field, or any. */
static int
is_granted(struct matching *m, const struct schema *s, int field,
    const char *const *cell)
{
	const char *name = field != -1 ? s->field[field].name : "";

	return db_int(m->db, 0,
		   "SELECT count(*) FROM data_grant WHERE account = ?1 AND"
		   " dataset = ?2 AND state = 'in force' AND \"from\" <= ?3 AND"
		   " until >= ?3 AND (?4 = '' OR purpose = ?4 OR purpose = '*')"
		   " AND (?5 = '' OR ' ' || fields || ' ' LIKE '% ' || ?5 ||"
		   " ' %')",
		   "ttttt", cell[NEEDER], s->dataset, m->today, cell[PURPOSE],
		   name) > 0;
}

static const char *
state_of(struct matching *m, const struct schema *s, const char *const *cell)
{
	const struct sharing_dataset *h;
	int field = -1;

	if (s == NULL)
		return "no standard";
	if (cell[FIELD][0] != '\0') {
		field = schema_field_called(s, cell[FIELD]);
		if (field == -1)
			return "no standard";
	}
	if (!is_sent(m, s))
		return "no data";
	if (field != -1 && !is_filled(m, s, field))
		return "never filled";
	h = sharing_find(m->sharing, s->dataset);
	if (h == NULL || h->class == SHARING_NEVER)
		return "not shared";
	if (strcmp(cell[NEEDER], "*") != 0 && !is_granted(m, s, field, cell))
		return "not granted";
	return "met";
}

static int
take(void *ctx, const char *const *cell, uint64_t line, struct err *e)
{
	struct matching *m = ctx;
	const struct schema *s = schemas_called(m->schemas, cell[DATASET]);
	json_t *o;

	if (cell[NEEDER][0] == '\0' || cell[DATASET][0] == '\0')
		return err_set(e, ERR_HOLD,
		    NEEDS_FILE ":%llu: a need says who needs which data set",
		    (unsigned long long)line);
	if (cell[PURPOSE][0] != '\0' &&
	    sharing_purpose(m->sharing, cell[PURPOSE]) == NULL)
		return err_set(e, ERR_HOLD,
		    NEEDS_FILE ":%llu: there is no purpose '%s'",
		    (unsigned long long)line, cell[PURPOSE]);
	o = json_object();
	for (int i = 0; i < COLUMNS; i++)
		json_object_set_new(o, names[i], json_string(cell[i]));
	json_object_set_new(o, "line", json_integer((json_int_t)line));
	json_object_set_new(o, "title", json_string(s != NULL ? s->title : ""));
	json_object_set_new(o, "provider",
	    json_string(s != NULL ? s->provider : ""));
	json_object_set_new(o, "state", json_string(state_of(m, s, cell)));
	json_array_append_new(m->list, o);
	return 0;
}

int
needs_match(struct db *db, const struct schemas *s, const struct sharing *h,
    const char *text, size_t len, const char *today, json_t **ret_list,
    struct err *e)
{
	struct matching m = { .db = db,
		.schemas = s,
		.sharing = h,
		.today = today,
		.list = json_array() };
	struct pack_file f = { .name = NEEDS_FILE, .data = text, .len = len };
	struct arena *a = arena_new();
	int rc = table_read(&f, names, a, take, &m, e);

	arena_free(a);
	*ret_list = m.list;
	return rc;
}
