#include <stdlib.h>

#include "golden/enterprise_part.h"
#include "sys/mem.h"

/* One that hurries still stands among the pending: its flags tell. */
static int
is_void(const struct enterprises *x, uint32_t no, int hurries)
{
	int flags = x->known[no].flags;

	return (flags & TOUCHED) == 0 ||
	       ((flags & HURRIES) != 0) != (hurries != 0);
}

static void
add(struct enterprises *x, struct touched *t, uint32_t no)
{
	if (t->n == t->room && t == &x->pending && t->n > 2 * x->npending) {
		t->n = 0;
		for (size_t i = 0; i < t->room; i++)
			if (!is_void(x, t->no[i], 0))
				t->no[t->n++] = t->no[i];
	}
	if (t->n == t->room) {
		t->room = t->room * 2 + 1024;
		t->no = xreallocarray(t->no, t->room, sizeof(*t->no));
	}
	t->no[t->n++] = no;
	t->mixed = 1;
}

static void
add_touched(struct enterprises *x, uint32_t no, int can_wait)
{
	struct known *k = &x->known[no];

	if (can_wait && (k->flags & TOUCHED) == 0) {
		k->flags |= TOUCHED;
		x->npending++;
		add(x, &x->pending, no);
	} else if (!can_wait && (k->flags & HURRIES) == 0) {
		x->npending -= (k->flags & TOUCHED) != 0;
		k->flags |= TOUCHED | HURRIES;
		add(x, &x->hurries, no);
	}
}

/* Whatever may have rows of it is asked. */
static void
touch(struct enterprises *x, uint32_t no, int can_wait)
{
	struct known *k = &x->known[no];

	k->sources = ENTERPRISE_ALL_SOURCES;
	k->flags |= UNSAVED;
	add_touched(x, no, can_wait);
}

/*
 * Which records were to be made anew is kept in memory. Where the keeper ended
 * before they were all of them are; if some could not wait, all cannot: the
 * bundle they are of has no receipt yet. It takes seconds.
 */
int
enterprises_read_touched(struct enterprises *x, struct err *e)
{
	sqlite3_stmt *st;
	int rc =
	    db_query(x->db, &st, e, "SELECT enterprise FROM touched_t", "");

	for (; rc == 1; rc = db_next(x->db, st, e))
		x->marks |= sqlite3_column_int(st, 0);
	db_done(st);
	for (uint32_t no = 1; x->marks != 0 && no < x->n; no++)
		touch(x, no, (x->marks & MARK_HURRIES) == 0);
	if (rc == 0)
		rc = db_query(x->db, &st, e,
		    "SELECT DISTINCT enterprise FROM conflict_t WHERE status ="
		    " 'open'",
		    "");
	for (; rc == 1; rc = db_next(x->db, st, e))
		x->known[sqlite3_column_int64(st, 0)].flags |= DISPUTED;
	db_done(st);
	return rc;
}

/* With the first of them: a crash is to find that there were some. */
static int
mark(struct enterprises *x, int can_wait, struct err *e)
{
	int which = can_wait ? MARK_PENDING : MARK_HURRIES;

	if ((x->marks & which) != 0)
		return 0;
	x->marks |= which;
	return db_run(x->db, e, "INSERT OR IGNORE INTO touched_t VALUES (?)",
	    "i", (int64_t)which);
}

static int
unmark(struct enterprises *x, int which, struct err *e)
{
	if ((x->marks & which) == 0)
		return 0;
	x->marks &= ~which;
	return db_run(x->db, e, "DELETE FROM touched_t WHERE enterprise = ?",
	    "i", (int64_t)which);
}

/*
 * What the record lacks is known when it is made: of one that is to be made,
 * whatever a late source says counts.
 */
int
enterprises_would_touch(const struct enterprises *x, uint32_t no,
    uint64_t fields)
{
	const struct known *k = &x->known[enterprises_root_of(x, no)];

	return fields == 0 || (k->lacks & fields) != 0 ||
	       (k->flags & TOUCHED) != 0;
}

int
enterprises_touch(struct enterprises *x, uint32_t no, uint64_t fields,
    int source, int can_wait, struct err *e)
{
	uint32_t root = enterprises_root_of(x, no);
	struct known *k = &x->known[root];

	if (source >= 0 && (k->sources >> source & 1) == 0) {
		k->sources |= UINT32_C(1) << source;
		k->flags |= UNSAVED;
	}
	if (!enterprises_would_touch(x, no, fields))
		return 0;
	add_touched(x, root, can_wait);
	return mark(x, can_wait, e);
}

uint32_t
enterprises_sources(const struct enterprises *x, uint32_t no)
{
	return x->known[no].sources;
}

/* The last of a list that is none of the void ones: 1 one, 0 none. */
static int
take(struct enterprises *x, struct touched *t, int hurries, uint32_t *ret_no)
{
	while (t->n > 0) {
		*ret_no = t->no[--t->n];
		if (is_void(x, *ret_no, hurries))
			continue;
		x->known[*ret_no].flags &= (uint8_t) ~(TOUCHED | HURRIES);
		x->npending -= !hurries;
		return 1;
	}
	return 0;
}

static int
downwards(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y) - (x > y);
}

/*
 * Conflicts are numbered in the order of the enterprises, whatever was known of
 * them when they were touched.
 */
static void
put_in_order(struct touched *t)
{
	if (t->mixed && t->n > 1)
		qsort(t->no, t->n, sizeof(*t->no), downwards);
	t->mixed = 0;
}

int
enterprises_touched(struct enterprises *x, int all, uint32_t *ret_no,
    struct err *e)
{
	put_in_order(&x->hurries);
	if (take(x, &x->hurries, 1, ret_no))
		return 1;
	if (unmark(x, MARK_HURRIES, e) == -1)
		return -1;
	if (!all)
		return 0;
	return take(x, &x->pending, 0, ret_no) ? 1 : unmark(x, MARK_PENDING, e);
}

int
enterprises_waits(const struct enterprises *x, uint32_t no)
{
	return no < x->n && !is_void(x, no, 0);
}

int
enterprises_take(struct enterprises *x, uint32_t no)
{
	if (!enterprises_waits(x, no))
		return 0;
	x->known[no].flags &= (uint8_t)~TOUCHED;
	x->npending--;
	return 1;
}

int
enterprises_hurries(const struct enterprises *x)
{
	return (x->marks & MARK_HURRIES) != 0;
}

size_t
enterprises_pending(const struct enterprises *x)
{
	return x->npending;
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
			touch(x, no, 0);
	return mark(x, 0, e) == -1
		   ? -1
		   : db_run(x->db, e,
			 "INSERT OR IGNORE INTO retry_t SELECT dataset, row"
			 " FROM unlinked_t",
			 "");
}

int
enterprises_touch_again(struct enterprises *x, uint32_t no, struct err *e)
{
	enterprises_unheard(x, no);
	touch(x, no, 0);
	return mark(x, 0, e);
}
