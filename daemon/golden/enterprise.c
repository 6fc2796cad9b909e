#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/enterprise_part.h"
#include "link/names.h"
#include "sys/buf.h"
#include "sys/mem.h"

void
enterprise_id_format(uint32_t no, char out[ENTERPRISE_ID])
{
	snprintf(out, ENTERPRISE_ID, "E%08" PRIu32, no);
}

uint32_t
enterprise_id_parse(const char *id)
{
	char *end;
	unsigned long no;

	if (id[0] != 'E' && id[0] != 'e')
		return 0;
	no = strtoul(id + 1, &end, 10);
	return *end == '\0' && no <= UINT32_MAX ? (uint32_t)no : 0;
}

/* --- reading ------------------------------------------------------------ */

static void
know(struct enterprises *x, uint32_t no, uint32_t root)
{
	if (no >= x->room) {
		size_t room = (size_t)no + no / 4 + 1024;

		x->known = xreallocarray(x->known, room, sizeof(*x->known));
		memset(x->known + x->room, 0,
		    (room - x->room) * sizeof(*x->known));
		x->room = room;
	}
	x->known[no].root = root;
	if (no >= x->n)
		x->n = (size_t)no + 1;
	if (root != no && root < x->n)
		x->known[root].flags |= MERGED;
	linker_found(x->linker, root);
}

uint32_t
enterprises_root_of(const struct enterprises *x, uint32_t no)
{
	return no < x->n && x->known[no].root != 0 ? x->known[no].root : no;
}

static void
tell_ident(struct enterprises *x, uint32_t root, enum identity_kind kind,
    const char *value)
{
	struct identities ids;

	if (kind == IDENTITY_ACCOUNT) {
		(void)linker_identify(x->linker, root, kind, value, NULL);
		return;
	}
	identities_start(&ids);
	identities_add(&ids, kind, value, strlen(value));
	linker_learn(x->linker, root, &ids);
}

/* Tells the index what stands under a number, in the order of its learning. */
static int
tell_idents(struct enterprises *x, uint32_t no, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT kind, value FROM enterprise_ident_t WHERE enterprise = ?"
	    " ORDER BY kind, value",
	    "i", (int64_t)no);

	for (; rc == 1; rc = db_next(x->db, st, e))
		tell_ident(x, enterprises_root_of(x, no),
		    (enum identity_kind)sqlite3_column_int(st, 0),
		    db_text(st, 1));
	db_done(st);
	return rc;
}

static int
tell_names(struct enterprises *x, uint32_t no, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT name, until FROM enterprise_name_t WHERE enterprise = ?"
	    " ORDER BY name",
	    "i", (int64_t)no);

	for (; rc == 1; rc = db_next(x->db, st, e))
		linker_name(x->linker, enterprises_root_of(x, no),
		    db_text(st, 0), strlen(db_text(st, 0)),
		    linker_day(db_text(st, 1)));
	db_done(st);
	return rc;
}

int
enterprises_tell_profile(struct enterprises *x, uint32_t no, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT legal_rep, address, phone FROM enterprise_t WHERE no = ?",
	    "i", (int64_t)no);

	if (rc == 1)
		linker_profile(x->linker, enterprises_root_of(x, no),
		    db_text(st, 0), db_text(st, 1), db_text(st, 2));
	db_done(st);
	return rc == -1 ? -1 : 0;
}

int
enterprises_tell(struct enterprises *x, uint32_t no, struct err *e)
{
	return tell_idents(x, no, e) == -1 ? -1 : tell_names(x, no, e);
}

static int
read_numbers(struct enterprises *x, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT t.no, t.root, t.lacks, t.sources FROM enterprise_t t"
	    " ORDER BY t.no",
	    "");

	for (; rc == 1; rc = db_next(x->db, st, e)) {
		uint32_t no = (uint32_t)sqlite3_column_int64(st, 0);

		know(x, no, (uint32_t)sqlite3_column_int64(st, 1));
		x->known[no].lacks = (uint64_t)sqlite3_column_int64(st, 2);
		x->known[no].sources = (uint32_t)sqlite3_column_int64(st, 3);
	}
	db_done(st);
	return rc;
}

/*
 * Roots first: of an identifier that two have it is theirs. Their profile comes
 * last, and has the last word.
 */
static int
tell_all(struct enterprises *x, struct err *e)
{
	int rc = 0;

	for (int members = 0; members < 2; members++)
		for (uint32_t no = 1; rc == 0 && no < x->n; no++)
			if ((x->known[no].root != no) == members)
				rc = enterprises_tell(x, no, e);
	for (int members = 1; members >= 0; members--)
		for (uint32_t no = 1; rc == 0 && no < x->n; no++)
			if ((x->known[no].root != no) == members)
				rc = enterprises_tell_profile(x, no, e);
	return rc;
}

int
enterprises_open(struct db *db, const struct link_rules *r,
    struct enterprises **ret_x, struct err *e)
{
	struct enterprises *x = xcalloc(1, sizeof(*x));
	int rc;

	x->db = db;
	x->n = 1;
	x->linker = linker_new(r);
	rc = read_numbers(x, e) == -1 ? -1 : enterprises_read_touched(x, e);
	rc = rc == -1 ? -1 : tell_all(x, e);
	if (rc == -1) {
		enterprises_close(x);
		return -1;
	}
	x->waiting = db_int(db, 0, "SELECT count(*) FROM unlinked_t", "");
	x->judging =
	    db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM judged_t)", "") == 1;
	*ret_x = x;
	return 0;
}

void
enterprises_close(struct enterprises *x)
{
	if (x == NULL)
		return;
	linker_free(x->linker);
	free(x->known);
	free(x->hurries.no);
	free(x->pending.no);
	free(x->accord);
	free(x);
}

const struct linker *
enterprises_linker(const struct enterprises *x)
{
	return x->linker;
}

/* --- learning ----------------------------------------------------------- */

uint32_t
enterprises_next(const struct enterprises *x)
{
	return (uint32_t)x->n;
}

int
enterprises_found(struct enterprises *x, const struct origin *o, struct err *e)
{
	uint32_t no = enterprises_next(x);

	know(x, no, no);
	enterprises_heard(x, no);
	x->unnamed = no;
	return db_run(x->db, e,
	    "INSERT INTO enterprise_t (no, root, bundle, file, row)"
	    " VALUES (?1,?1,?2,?3,?4)",
	    "iiii", (int64_t)no, o->bundle, o->file, o->row);
}

static int
put_ident(struct enterprises *x, uint32_t no, const struct identity *id,
    const struct origin *o, struct err *e)
{
	if (db_run(x->db, e,
		"INSERT OR IGNORE INTO enterprise_ident_t VALUES"
		" (?,?,?,?,?,?,?)",
		"itiiiii", (int64_t)id->kind, id->value, (int64_t)no,
		(int64_t)id->derived, o->bundle, o->file, o->row) == -1)
		return -1;
	return id->key ? enterprises_try_ident(x, id, e) : 0;
}

int
enterprises_learn(struct enterprises *x, uint32_t no,
    const struct identities *ids, const struct origin *o, struct err *e)
{
	if (ids->contradicts)
		return 0;
	for (size_t i = 0; i < ids->n; i++) {
		const struct identity *id = &ids->id[i];

		/* Another one's stays another's. */
		if (id->key && linker_lookup(x->linker, id->kind, id->value))
			continue;
		if (put_ident(x, no, id, o, e) == -1)
			return -1;
	}
	linker_learn(x->linker, no, ids);
	return 0;
}

/* What the others are called since this one is. */
static int
end_names(struct enterprises *x, uint32_t no, const char *name,
    const char *since, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(x->db, &st, e,
	    "SELECT name FROM enterprise_name_t WHERE enterprise = ? AND"
	    " name <> ? AND until = '' ORDER BY name",
	    "it", (int64_t)no, name);

	for (; rc == 1; rc = db_next(x->db, st, e))
		linker_name(x->linker, no, db_text(st, 0),
		    strlen(db_text(st, 0)), linker_day(since));
	db_done(st);
	return rc == -1 ? -1
			: db_run(x->db, e,
			      "UPDATE enterprise_name_t SET until = ?3 WHERE"
			      " enterprise = ?1 AND name <> ?2 AND until = ''",
			      "itt", (int64_t)no, name, since);
}

/* Sets *ret_changed where it says more than what stands. */
static int
put_name(struct enterprises *x, uint32_t no, const char *name,
    const char *since, const char *until, int current, const struct origin *o,
    int *ret_changed, struct err *e)
{
	sqlite3_stmt *st = NULL;
	char old[24] = "";
	int rc = 0;

	if (x->unnamed != no)
		rc = db_query(x->db, &st, e,
		    "SELECT until FROM enterprise_name_t WHERE enterprise = ?"
		    " AND name = ?",
		    "it", (int64_t)no, name);
	if (rc == 1)
		snprintf(old, sizeof(old), "%s", db_text(st, 0));
	db_done(st);
	*ret_changed = 0;
	if (rc == -1)
		return -1;
	if (rc == 1 &&
	    (strcmp(old, until) == 0 || (until[0] == '\0' && !current)))
		return 0;
	*ret_changed = 1;
	if (rc == 1)
		return db_run(x->db, e,
		    "UPDATE enterprise_name_t SET until = ? WHERE enterprise"
		    " = ? AND name = ?",
		    "tit", until, (int64_t)no, name);
	return db_run(x->db, e,
	    "INSERT INTO enterprise_name_t VALUES (?,?,?,?,?,?,?)", "itttiii",
	    (int64_t)no, name, since, until, o->bundle, o->file, o->row);
}

int
enterprises_name(struct enterprises *x, uint32_t no, const char *name,
    size_t len, const char *since, const char *until, int current,
    const struct origin *o, struct err *e)
{
	int first = x->unnamed == no;
	char text[512];
	int changed;

	if (len == 0 || len >= sizeof(text))
		return 0;
	memcpy(text, name, len);
	text[len] = '\0';
	if (put_name(x, no, text, since, until, current, o, &changed, e) == -1)
		return -1;
	x->unnamed = 0;
	if (!changed)
		return 0;
	linker_name(x->linker, no, text, len, linker_day(until));
	if (current && !first && end_names(x, no, text, since, e) == -1)
		return -1;
	return enterprises_try_name(x, text, len, e) == -1
		   ? -1
		   : enterprises_try_candidates(x, no, e);
}

int
enterprises_profile(struct enterprises *x, uint32_t no, const char *legal_rep,
    const char *address, const char *phone, struct err *e)
{
	uint32_t before = linker_revision(x->linker, no);

	linker_profile(x->linker, no, legal_rep, address, phone);
	if (linker_revision(x->linker, no) == before)
		return 0;
	if (db_run(x->db, e,
		"UPDATE enterprise_t SET legal_rep = coalesce(?, legal_rep),"
		" address = coalesce(?, address), phone = coalesce(?, phone)"
		" WHERE no = ?",
		"ttti", legal_rep, address, phone, (int64_t)no) == -1 ||
	    enterprises_try_profile(x, legal_rep, phone, e) == -1)
		return -1;
	return enterprises_try_candidates(x, no, e);
}
