#include "base/enterprise_part.h"
#include "sys/mem.h"

static void
add_touched(struct enterprises *x, uint32_t no)
{
	if ((x->known[no].flags & TOUCHED) != 0)
		return;
	x->known[no].flags |= TOUCHED;
	if (x->ntouched == x->touched_room) {
		x->touched_room = x->touched_room * 2 + 1024;
		x->touched = xreallocarray(x->touched, x->touched_room,
		    sizeof(*x->touched));
	}
	x->touched[x->ntouched++] = no;
}

/* Whatever may have rows of it is asked. */
static void
touch(struct enterprises *x, uint32_t no)
{
	struct known *k = &x->known[no];

	k->sources = ENTERPRISE_ALL_SOURCES;
	k->flags |= UNSAVED;
	add_touched(x, no);
}

/*
 * Which records were to be made anew is kept in memory. Where the keeper died
 * on the way all of them are: that takes seconds, and nobody waits for it.
 */
int
enterprises_read_touched(struct enterprises *x, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	x->marked = db_int(x->db, 0, "SELECT count(*) FROM touched_t", "") > 0;
	for (uint32_t no = 1; x->marked && no < x->n; no++)
		touch(x, no);
	rc = db_query(x->db, &st, e,
	    "SELECT DISTINCT enterprise FROM conflict_t WHERE status = 'open'",
	    "");
	for (; rc == 1; rc = db_next(x->db, st, e))
		x->known[sqlite3_column_int64(st, 0)].flags |= DISPUTED;
	db_done(st);
	return rc;
}

/* With the first of them: a crash is to find that there were some. */
static int
mark(struct enterprises *x, struct err *e)
{
	if (x->marked)
		return 0;
	x->marked = 1;
	return db_run(x->db, e, "INSERT OR IGNORE INTO touched_t VALUES (1)",
	    "");
}

int
enterprises_touch(struct enterprises *x, uint32_t no, uint64_t fields,
    int source, struct err *e)
{
	uint32_t root = enterprises_root_of(x, no);
	struct known *k = &x->known[root];

	if (source >= 0 && (k->sources >> source & 1) == 0) {
		k->sources |= UINT32_C(1) << source;
		k->flags |= UNSAVED;
	}
	if (fields != 0 && (k->lacks & fields) == 0)
		return 0;
	add_touched(x, root);
	return mark(x, e);
}

uint32_t
enterprises_sources(const struct enterprises *x, uint32_t no)
{
	return x->known[no].sources;
}

int
enterprises_touched(struct enterprises *x, uint32_t *ret_no, struct err *e)
{
	if (x->ntouched == 0) {
		int marked = x->marked;

		x->marked = 0;
		return marked ? db_run(x->db, e, "DELETE FROM touched_t", "")
			      : 0;
	}
	*ret_no = x->touched[--x->ntouched];
	x->known[*ret_no].flags &= (uint8_t)~TOUCHED;
	return 1;
}

int
enterprises_refreshed(struct enterprises *x, uint32_t no, uint64_t lacks,
    struct err *e)
{
	struct known *k = &x->known[no];
	int same = k->lacks == lacks && (k->flags & UNSAVED) == 0;

	k->flags &= (uint8_t)~UNSAVED;
	k->lacks = lacks;
	return same ? 0
		    : db_run(x->db, e,
			  "UPDATE enterprise_t SET lacks = ?, sources = ?"
			  " WHERE no = ?",
			  "iii", (int64_t)lacks, (int64_t)k->sources,
			  (int64_t)no);
}

int
enterprises_is_disputed(const struct enterprises *x, uint32_t no)
{
	return (x->known[no].flags & DISPUTED) != 0;
}

void
enterprises_disputed(struct enterprises *x, uint32_t no, int yes)
{
	x->known[no].flags &= (uint8_t)~DISPUTED;
	x->known[no].flags |= yes ? DISPUTED : 0;
}

int
enterprises_is_root(const struct enterprises *x, uint32_t no)
{
	return enterprises_root_of(x, no) == no;
}

int
enterprises_is_merged(const struct enterprises *x, uint32_t no)
{
	return (x->known[no].flags & MERGED) != 0;
}

int
enterprises_rules(struct enterprises *x, const struct link_rules *r,
    struct err *e)
{
	linker_rules(x->linker, r);
	for (uint32_t no = 1; no < x->n; no++)
		if (x->known[no].root == no)
			touch(x, no);
	return mark(x, e) == -1
		   ? -1
		   : db_run(x->db, e,
			 "INSERT OR IGNORE INTO retry_t SELECT dataset, row"
			 " FROM unlinked_t",
			 "");
}

int
enterprises_touch_again(struct enterprises *x, uint32_t no, struct err *e)
{
	touch(x, no);
	return mark(x, e);
}
