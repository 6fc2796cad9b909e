#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/mem.h"
#include "way/merge_part.h"

/* Where they begin: what a crash left, else the table as it is. */
void
merge_tally_begin(struct merge *m, const struct schema *s,
    struct merge_tally *t)
{
	char sql[160];
	sqlite3_stmt *st;
	struct err e;
	int rc;

	memset(t, 0, sizeof(*t));
	snprintf(sql, sizeof(sql), "SELECT coalesce(max(_id), 0) FROM d_%s",
	    s->dataset);
	t->before = db_int(m->db, 0, sql, "");
	if (m->mode == MERGE_DRY)
		return;
	rc = db_query(m->db, &st, &e,
	    "SELECT rows, linked, repeats, put, before, put_linked,"
	    " entity FROM"
	    " quality_part_t WHERE bundle = ? AND dataset = ?",
	    "it", m->bundle, s->dataset);
	if (rc == 1) {
		t->rows = sqlite3_column_int64(st, 0);
		t->linked = sqlite3_column_int64(st, 1);
		t->repeats = sqlite3_column_int64(st, 2);
		t->put = sqlite3_column_int64(st, 3);
		t->before = sqlite3_column_int64(st, 4);
		t->put_linked = sqlite3_column_int64(st, 5);
		t->nentities = (size_t)sqlite3_column_bytes(st, 6);
		t->room = t->nentities;
		t->entity = xcalloc(t->nentities + 1, 1);
		if (t->nentities > 0)
			memcpy(t->entity, sqlite3_column_blob(st, 6),
			    t->nentities);
	}
	db_done(st);
}

void
merge_tally_end(struct merge_tally *t)
{
	free(t->entity);
}

void
merge_tally_entity(struct merge_tally *t, uint32_t enterprise, uint8_t marks)
{
	t->linked++;
	if (enterprise >= t->room) {
		size_t room = (size_t)enterprise + enterprise / 2 + 1024;

		t->entity = xreallocarray(t->entity, room, 1);
		memset(t->entity + t->room, 0, room - t->room);
		t->room = room;
	}
	if (enterprise >= t->nentities)
		t->nentities = (size_t)enterprise + 1;
	t->entity[enterprise] |= (uint8_t)(MERGE_SEEN | marks);
}

/* With how far the bundle came, so that a crash counts no row twice. */
int
merge_tally_save(struct merge *m, struct err *e)
{
	for (size_t i = 0; i < m->ntargets; i++) {
		const struct merge_tally *t = &m->targets[i].tally;

		if (db_run(m->db, e,
			"INSERT OR REPLACE INTO quality_part_t VALUES"
			" (?,?,?,?,?,?,?,?,?)",
			"itiiiiiib", m->bundle, m->targets[i].schema->dataset,
			t->rows, t->linked, t->repeats, t->put, t->before,
			t->put_linked,
			t->entity != NULL ? (const void *)t->entity : "",
			t->nentities) == -1)
			return -1;
	}
	return 0;
}

const struct merge_tally *
merge_tally(struct merge *m, const struct schema *s)
{
	merge_target_set(m, s);
	return &m->target->tally;
}
