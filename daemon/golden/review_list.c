#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "golden/enterprise.h"
#include "golden/linking.h"
#include "golden/review.h"
#include "keeper/standing.h"
#include "way/link.h"

/* What there is to decide, with the evidence side by side, and what was. */

enum { LIST_DEFAULT = 50, LIST_MOST = 1000 };

/* What is known of an enterprise, to be compared with a row. */
static json_t *
enterprise_json(struct keeper *k, uint32_t no, struct err *e)
{
	char id[ENTERPRISE_ID];
	json_t *o = NULL;
	sqlite3_stmt *st;
	int rc;

	enterprise_id_format(no, id);
	rc = db_query(k->db, &st, e,
	    "SELECT entity_name, reg_no, org_code, legal_rep, address FROM"
	    " enterprise WHERE id = ?",
	    "t", id);
	if (rc == 1)
		o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", id,
		    "name", db_text(st, 0), "reg_no", db_text(st, 1),
		    "org_code", db_text(st, 2), "legal_rep", db_text(st, 3),
		    "address", db_text(st, 4));
	db_done(st);
	return o != NULL ? o : json_pack("{s:s}", "id", id);
}

/* What the row says of its subject. */
static json_t *
row_json(struct keeper *k, const char *dataset, int64_t row, struct err *e)
{
	const struct schema *s = schemas_find(k->standing->schemas, dataset);
	json_t *o = json_object();
	struct link_columns c;
	sqlite3_stmt *st;
	char sql[160];
	int rc;

	if (s == NULL)
		return o;
	link_columns(linking_link(k), s, &c);
	snprintf(sql, sizeof(sql), "SELECT * FROM d_%s WHERE _id = ?", dataset);
	rc = db_query(k->db, &st, e, sql, "i", row);
	for (int i = 0; rc == 1 && i < sqlite3_column_count(st); i++)
		for (int p = 0; p < LINK_PART_COUNT; p++)
			if (c.part[p] != -1 &&
			    strcmp(sqlite3_column_name(st, i),
				s->field[c.part[p]].name) == 0 &&
			    db_text(st, i)[0] != '\0')
				json_object_set_new(o,
				    link_part_name((enum link_part)p),
				    json_string(db_text(st, i)));
	db_done(st);
	return o;
}

static json_t *
candidates_json(struct keeper *k, const char *dataset, int64_t row,
    struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT t.root, c.score, c.evidence FROM candidate_t c JOIN"
	    " enterprise_t t ON t.no = c.enterprise WHERE c.dataset = ? AND"
	    " c.row = ? ORDER BY c.n",
	    "ti", dataset, row);

	for (; rc == 1; rc = db_next(k->db, st, e)) {
		json_t *o = enterprise_json(k,
		    (uint32_t)sqlite3_column_int64(st, 0), e);
		char why[512];

		(void)score_text(linking_rules(k),
		    (uint64_t)sqlite3_column_int64(st, 2), why, sizeof(why));
		json_object_set_new(o, "score",
		    json_integer(sqlite3_column_int(st, 1)));
		json_object_set_new(o, "evidence", json_string(why));
		json_array_append_new(list, o);
	}
	db_done(st);
	return list;
}

static int
list_links(struct keeper *k, int64_t limit, json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT u.dataset, u.row, b.id, f.path, u.line, u.finding FROM"
	    " unlinked_t u JOIN bundle_t b ON b.no = u.bundle JOIN"
	    " bundle_file_t f ON f.bundle = u.bundle AND f.no = u.file WHERE"
	    " EXISTS (SELECT 1 FROM candidate_t c WHERE c.dataset = u.dataset"
	    " AND c.row = u.row) ORDER BY u.bundle, u.file, u.line, u.dataset"
	    " LIMIT ?",
	    "i", limit);

	for (; rc == 1; rc = db_next(k->db, st, e)) {
		const char *dataset = db_text(st, 0);
		int64_t row = sqlite3_column_int64(st, 1);
		const char *rule = link_rule[sqlite3_column_int(st, 5)];
		char item[128];

		snprintf(item, sizeof(item), "link:%s:%" PRId64, dataset, row);
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "item",
			item, "finding", rule != NULL ? rule : "", "bundle",
			db_text(st, 2), "file", db_text(st, 3), "row",
			(json_int_t)sqlite3_column_int64(st, 4), "says",
			row_json(k, dataset, row, e), "candidates",
			candidates_json(k, dataset, row, e)));
	}
	db_done(st);
	return rc;
}

/* What a conflict is between, as said_json and conflict_json read it. */
#define CONFLICT_COLUMNS                                                    \
	"c.enterprise, c.field, c.rule, c.master_value, c.master_provider," \
	" c.master_as_of, c.master_bundle, c.master_file, c.master_row,"    \
	" c.other_value, c.other_provider, c.other_as_of, c.other_bundle,"  \
	" c.other_file, c.other_row"

enum { CONFLICT_NEXT = 15 };

static json_t *
said_json(sqlite3_stmt *st, int at)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "value",
	    db_text(st, at), "provider", db_text(st, at + 1), "as_of",
	    db_text(st, at + 2), "bundle", db_text(st, at + 3), "file",
	    db_text(st, at + 4), "row",
	    (json_int_t)sqlite3_column_int64(st, at + 5));
}

static json_t *
conflict_json(sqlite3_stmt *st, const char *kind)
{
	char item[32];

	snprintf(item, sizeof(item), "%s:%s", kind, db_text(st, CONFLICT_NEXT));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "item", item,
	    "enterprise", db_text(st, 0), "field", db_text(st, 1), "rule",
	    db_text(st, 2), "stands", said_json(st, 3), "differs",
	    said_json(st, 9));
}

static int
list_conflicts(struct keeper *k, int64_t limit, json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT " CONFLICT_COLUMNS ", c.id FROM conflict c WHERE"
	    " c.status = 'open' ORDER BY c.id LIMIT ?",
	    "i", limit);

	for (; rc == 1; rc = db_next(k->db, st, e))
		json_array_append_new(list, conflict_json(st, "conflict"));
	db_done(st);
	return rc;
}

/*
 * Merges that rows prove wrong: for what is one enterprise there are two good
 * identifiers of a kind of which an enterprise never has two.
 */
static int
list_doubts(struct keeper *k, int64_t limit, json_t *list, struct err *e)
{
	char from[ENTERPRISE_ID];
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT " CONFLICT_COLUMNS ", m.no, m.from_no, m.by, m.reason,"
	    " m.at FROM merge_t m JOIN enterprise_t t ON t.no = m.into_no JOIN"
	    " conflict_t o ON o.enterprise = t.root AND o.status = 'open' AND"
	    " o.field IN ('uscc', 'org_code') JOIN conflict c ON c.id = o.no"
	    " WHERE m.undone_at IS NULL ORDER BY m.no DESC, o.no LIMIT ?",
	    "i", limit);

	for (; rc == 1; rc = db_next(k->db, st, e)) {
		json_t *o = conflict_json(st, "merge");

		enterprise_id_format((uint32_t)sqlite3_column_int64(st,
					 CONFLICT_NEXT + 1),
		    from);
		json_object_set_new(o, "merged", json_string(from));
		json_object_set_new(o, "by",
		    json_string(db_text(st, CONFLICT_NEXT + 2)));
		json_object_set_new(o, "reason",
		    json_string(db_text(st, CONFLICT_NEXT + 3)));
		json_object_set_new(o, "at",
		    json_string(db_text(st, CONFLICT_NEXT + 4)));
		json_array_append_new(list, o);
	}
	db_done(st);
	return rc;
}

static int
list_merges(struct keeper *k, int64_t limit, json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no, into_no, from_no, by, reason, at FROM merge_t WHERE"
	    " undone_at IS NULL ORDER BY no DESC LIMIT ?",
	    "i", limit);

	for (; rc == 1; rc = db_next(k->db, st, e)) {
		char item[32];
		char from[ENTERPRISE_ID];

		snprintf(item, sizeof(item), "merge:%s", db_text(st, 0));
		enterprise_id_format((uint32_t)sqlite3_column_int64(st, 2),
		    from);
		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}", "item", item,
			"enterprise",
			enterprise_json(k,
			    (uint32_t)sqlite3_column_int64(st, 1), e),
			"merged", from, "by", db_text(st, 3), "reason",
			db_text(st, 4), "at", db_text(st, 5)));
	}
	db_done(st);
	return rc;
}

static int
list_decisions(struct keeper *k, int64_t limit, json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT no, at, person, verdict, item, reason,"
	    " coalesce(undone_at, '') FROM review_t ORDER BY no DESC LIMIT ?",
	    "i", limit);

	for (; rc == 1; rc = db_next(k->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "number",
			(json_int_t)sqlite3_column_int64(st, 0), "at",
			db_text(st, 1), "person", db_text(st, 2), "verdict",
			db_text(st, 3), "item", db_text(st, 4), "reason",
			db_text(st, 5), "undone_at", db_text(st, 6)));
	db_done(st);
	return rc;
}

int
review_list(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	static const struct {
		const char *kind;
		int (*list)(struct keeper *k, int64_t limit, json_t *list,
		    struct err *e);
	} kinds[] = { { "links", list_links }, { "conflicts", list_conflicts },
		{ "doubts", list_doubts }, { "merges", list_merges },
		{ "decisions", list_decisions } };
	enum { OPEN_KINDS = 3 }; /* those to be decided come first */
	const char *kind = json_string_value(json_object_get(request, "kind"));
	int64_t limit = json_integer_value(json_object_get(request, "limit"));

	if (limit <= 0 || limit > LIST_MOST)
		limit = LIST_DEFAULT;
	if (k->linking == NULL)
		return err_set(e, ERR_HOLD, "nothing is linked by these rules");
	*ret_answer = json_object();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		json_t *list = json_array();

		if (kind != NULL && kind[0] != '\0'
			? strcmp(kind, kinds[i].kind) != 0
			: i >= OPEN_KINDS) {
			json_decref(list);
			continue;
		}
		json_object_set_new(*ret_answer, kinds[i].kind, list);
		if (kinds[i].list(k, limit, list, e) == -1)
			return -1;
	}
	return 0;
}
