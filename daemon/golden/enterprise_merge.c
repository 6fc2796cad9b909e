#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/enterprise_part.h"
#include "sys/buf.h"
#include "sys/mem.h"

/* --- judgements --------------------------------------------------------- */

size_t
enterprises_judged(struct enterprises *x, int64_t subject, uint32_t *ret_same,
    uint32_t *out, size_t max)
{
	sqlite3_stmt *st;
	struct err e;
	size_t n = 0;
	int rc;

	*ret_same = 0;
	if (!x->judging)
		return 0;
	rc = db_query(x->db, &st, &e,
	    "SELECT enterprise, same FROM judged_t WHERE subject = ?", "i",
	    subject);
	for (; rc == 1 && n < max; rc = db_next(x->db, st, &e)) {
		uint32_t no = enterprises_root_of(x,
		    (uint32_t)sqlite3_column_int64(st, 0));

		if (sqlite3_column_int(st, 1))
			*ret_same = no;
		else
			out[n++] = no;
	}
	db_done(st);
	return n;
}

static int
try_subject(struct enterprises *x, int64_t subject, struct err *e)
{
	return db_run(x->db, e,
	    "INSERT OR IGNORE INTO retry_t SELECT dataset, row FROM unlinked_t"
	    " WHERE subject = ?",
	    "i", subject);
}

int
enterprises_judge(struct enterprises *x, int64_t subject, uint32_t no, int same,
    struct err *e)
{
	x->judging = 1;
	return db_run(x->db, e,
		   "INSERT OR REPLACE INTO judged_t VALUES (?,?,?)", "iii",
		   subject, (int64_t)no, (int64_t)same) == -1
		   ? -1
		   : try_subject(x, subject, e);
}

/* A row is open again: it is tried as one that has just come. */
static int
reopen(struct enterprises *x, const char *dataset, int64_t row, struct err *e)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
	    "UPDATE d_%s SET _enterprise = NULL, _link = NULL WHERE _id = ?",
	    dataset);
	if (db_run(x->db, e, sql, "i", row) == -1)
		return -1;
	return db_run(x->db, e, "INSERT OR IGNORE INTO retry_t VALUES (?,?)",
	    "ti", dataset, row);
}

int
enterprises_reopen(struct enterprises *x, const char *dataset, int64_t row,
    struct err *e)
{
	sqlite3_stmt *st;
	char sql[128];
	struct origin o = { 0, 0, 0 };
	int rc;

	snprintf(sql, sizeof(sql),
	    "SELECT _bundle, _file, _row FROM d_%s WHERE _id = ?", dataset);
	rc = db_query(x->db, &st, e, sql, "i", row);
	if (rc == 1)
		o = (struct origin){ sqlite3_column_int64(st, 0),
			sqlite3_column_int64(st, 1),
			sqlite3_column_int64(st, 2) };
	db_done(st);
	if (rc != 1)
		return rc;
	if (db_run(x->db, e,
		"DELETE FROM enterprise_ident_t WHERE bundle = ? AND file = ?"
		" AND row = ?",
		"iii", o.bundle, o.file, o.row) == -1 ||
	    db_run(x->db, e,
		"DELETE FROM enterprise_name_t WHERE bundle = ? AND file = ?"
		" AND row = ?",
		"iii", o.bundle, o.file, o.row) == -1)
		return -1;
	return reopen(x, dataset, row, e);
}

/* All rows of a list that sql gives by one number. */
static int
reopen_all(struct enterprises *x, const char *sql, int64_t of, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e, sql, "i", of);

	for (; rc == 1; rc = db_next(x->db, st, e))
		if (enterprises_reopen(x, db_text(st, 0),
			sqlite3_column_int64(st, 1), e) == -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

static int tell_root(struct enterprises *x, uint32_t root, struct err *e);

int
enterprises_unjudge(struct enterprises *x, int64_t subject, uint32_t no,
    struct err *e)
{
	uint32_t root = enterprises_root_of(x, no);

	if (db_run(x->db, e,
		"DELETE FROM judged_t WHERE subject = ? AND enterprise = ?",
		"ii", subject, (int64_t)no) == -1 ||
	    reopen_all(x,
		"SELECT dataset, row FROM judged_row_t WHERE subject = ?",
		subject, e) == -1 ||
	    db_run(x->db, e, "DELETE FROM judged_row_t WHERE subject = ?", "i",
		subject) == -1 ||
	    try_subject(x, subject, e) == -1 || tell_root(x, root, e) == -1)
		return -1;
	return enterprises_touch_again(x, root, e);
}

int
enterprises_linked(struct enterprises *x, uint32_t no, const char *dataset,
    int64_t row, int judged, int64_t subject, struct err *e)
{
	if (judged && db_run(x->db, e,
			  "INSERT OR IGNORE INTO judged_row_t VALUES (?,?,?)",
			  "iti", subject, dataset, row) == -1)
		return -1;
	if (no >= x->n || (x->known[no].flags & MERGED) == 0)
		return 0;
	return db_run(x->db, e,
	    "INSERT OR IGNORE INTO merge_row_t SELECT max(no), ?2, ?3 FROM"
	    " merge_t WHERE into_no = ?1 AND undone_at IS NULL",
	    "iti", (int64_t)no, dataset, row);
}

int
enterprises_apart(struct enterprises *x, uint32_t a, uint32_t b)
{
	return db_int(x->db, 0,
		   "SELECT count(*) FROM apart_t p JOIN enterprise_t s ON"
		   " s.no = p.a JOIN enterprise_t t ON t.no = p.b WHERE"
		   " (s.root = ?1 AND t.root = ?2) OR (s.root = ?2 AND"
		   " t.root = ?1)",
		   "ii", (int64_t)enterprises_root_of(x, a),
		   (int64_t)enterprises_root_of(x, b)) > 0;
}

/* --- merging ------------------------------------------------------------ */

uint32_t
enterprises_root(struct db *db, uint32_t no)
{
	return (uint32_t)db_int(db, 0,
	    "SELECT root FROM enterprise_t WHERE no = ?", "i", (int64_t)no);
}

/* Gives all members of one root another one, in memory and in the base. */
static int
set_root(struct enterprises *x, uint32_t no, uint32_t root, struct err *e)
{
	x->known[no].root = root;
	if (root != no)
		x->known[root].flags |= MERGED;
	linker_found(x->linker, root);
	return db_run(x->db, e, "UPDATE enterprise_t SET root = ? WHERE no = ?",
	    "ii", (int64_t)root, (int64_t)no);
}

/* What the members of a root have but itself, by tell. */
static int
tell_members(struct enterprises *x, uint32_t root,
    int (*tell)(struct enterprises *x, uint32_t no, struct err *e),
    struct err *e)
{
	for (uint32_t no = 1; no < x->n; no++)
		if (no != root && x->known[no].root == root &&
		    tell(x, no, e) == -1)
			return -1;
	return 0;
}

/* The index of a root is told anew, in the order of a start. */
static int
tell_root(struct enterprises *x, uint32_t root, struct err *e)
{
	linker_forget(x->linker, root);
	linker_found(x->linker, root);
	if (enterprises_tell(x, root, e) == -1 ||
	    tell_members(x, root, enterprises_tell, e) == -1 ||
	    tell_members(x, root, enterprises_tell_profile, e) == -1)
		return -1;
	return enterprises_tell_profile(x, root, e);
}

int
enterprises_retell(struct enterprises *x, uint32_t no, struct err *e)
{
	uint32_t root = enterprises_root_of(x, no);

	return tell_root(x, root, e) == -1
		   ? -1
		   : enterprises_touch_again(x, root, e);
}

int
enterprises_merge(struct enterprises *x, uint32_t into, uint32_t from,
    const char *by, const char *reason, const char *now, const struct origin *o,
    int64_t *ret_merge, struct err *e)
{
	struct buf members;
	int rc = 0;

	if (into >= x->n || from >= x->n || into == 0 || from == 0)
		return err_set(e, ERR_HOLD, "no such enterprise");
	into = enterprises_root_of(x, into);
	from = enterprises_root_of(x, from);
	if (into == from)
		return err_set(e, ERR_HOLD, "they are one enterprise already");
	if (enterprises_apart(x, into, from))
		return err_set(e, ERR_HOLD,
		    "people judged the two not to be the same: undo that "
		    "first");
	buf_init(&members, 1 << 20);
	for (uint32_t no = 1; rc == 0 && no < x->n; no++) {
		if (x->known[no].root != from)
			continue;
		buf_printf(&members, "%s%" PRIu32, members.len > 0 ? "," : "",
		    no);
		rc = set_root(x, no, into, e);
	}
	linker_forget(x->linker, from);
	if (rc == 0)
		rc = db_run(x->db, e,
		    "INSERT INTO merge_t (into_no, from_no, members, by,"
		    " reason, at, bundle, file, row) VALUES "
		    "(?,?,?,?,?,?,?,?,?)",
		    "iittttiii", (int64_t)into, (int64_t)from, members.data, by,
		    reason, now, o->bundle, o->file, o->row);
	buf_done(&members);
	*ret_merge = sqlite3_last_insert_rowid(x->db->handle);
	if (rc == -1 || tell_root(x, into, e) == -1 ||
	    enterprises_try_candidates(x, from, e) == -1 ||
	    enterprises_try_candidates(x, into, e) == -1 ||
	    enterprises_touch_again(x, from, e) == -1)
		return -1;
	return enterprises_touch_again(x, into, e);
}

int
enterprises_split(struct enterprises *x, int64_t merge, const char *by,
    const char *reason, const char *now, struct err *e)
{
	sqlite3_stmt *st;
	char *members, *at, *next;
	uint32_t into, from;
	int rc = db_query(x->db, &st, e,
	    "SELECT into_no, from_no, members FROM merge_t WHERE"
	    " no = ? AND undone_at IS NULL",
	    "i", merge);

	if (rc != 1) {
		db_done(st);
		return rc == -1 ? -1
				: err_set(e, ERR_HOLD,
				      "no such merge, or undone already");
	}
	into = (uint32_t)sqlite3_column_int64(st, 0);
	from = (uint32_t)sqlite3_column_int64(st, 1);
	members = xstrdup(db_text(st, 2));
	db_done(st);
	if (x->known[into].root != into ||
	    db_int(x->db, 0,
		"SELECT max(no) FROM merge_t WHERE into_no = ? AND undone_at"
		" IS NULL",
		"i", (int64_t)into) != merge) {
		free(members);
		return err_set(e, ERR_HOLD,
		    "it was merged further: undo the later merge first");
	}
	rc = reopen_all(x,
	    "SELECT dataset, row FROM merge_row_t WHERE merge = ?", merge, e);
	for (at = members; rc == 0 && *at != '\0'; at = next) {
		uint32_t no = (uint32_t)strtoul(at, &next, 10);

		next += *next == ',';
		rc = set_root(x, no, from, e);
	}
	x->known[into].flags &= (uint8_t)~MERGED;
	for (uint32_t no = 1; no < x->n; no++)
		if (no != into && x->known[no].root == into)
			x->known[into].flags |= MERGED;
	free(members);
	if (rc == -1 ||
	    db_run(x->db, e,
		"UPDATE merge_t SET undone_at = ?, undone_by = ?, undone_why ="
		" ? WHERE no = ?",
		"ttti", now, by, reason, merge) == -1 ||
	    tell_root(x, into, e) == -1 || tell_root(x, from, e) == -1 ||
	    enterprises_try_candidates(x, into, e) == -1 ||
	    enterprises_try_candidates(x, from, e) == -1 ||
	    enterprises_touch_again(x, from, e) == -1)
		return -1;
	return enterprises_touch_again(x, into, e);
}
