#ifndef ZAYTON_GOLDEN_GOLDEN_PART_H
#define ZAYTON_GOLDEN_GOLDEN_PART_H

#include "golden/golden.h"
#include "rule/arena.h"
#include "sys/buf.h"

/* The parts of making a record: reading rows, deciding fields, keeping. */

/* One version of a row of a source. */
struct said_row {
	const struct record_source *source;
	const int8_t *cell_at; /* of the source */
	const char *key;
	const char *provider;
	const char *as_of;
	const char *updated_at;
	int64_t id;
	struct origin origin;
	char op;
	int ended; /* another version of the row stands now */
	const char *cell[RECORD_CELLS]; /* of the source, NULL: nothing */
};

/* What came of a field: its contributions, row by row. */
struct decided {
	size_t n;
	struct contribution *c;
	struct survive_verdict *v;
	size_t *row; /* of each contribution, in golden.row */
	struct survivor s;
};

struct golden {
	struct db *db;
	const struct overwrite *o;
	const struct schemas *schemas;
	const struct field *field[RECORD_FIELDS]; /* what type it has */
	/* Which cell of a source says a field, -1: none. */
	int8_t cell_at[RECORD_SOURCES][RECORD_FIELDS];
	sqlite3_stmt *rows[RECORD_SOURCES];
	sqlite3_stmt *put;
	struct buf said;     /* provenance of the record at hand */
	struct arena *arena; /* of the record at hand */
	size_t nrows, room;
	struct said_row *row;
	struct decided decided[RECORD_FIELDS];
};

/* What an open-ended date says. */
#define GOLDEN_FOR_EVER "长期"

/*
 * Reads what the members of a root say: all but the late sources, or with late
 * those that may say one of its fields. sources: those that have rows of it.
 */
int golden_read(struct golden *g, const uint32_t *member, size_t n,
    uint32_t sources, uint64_t late, const struct golden_when *when,
    struct err *e);

/* The one it is part of, on a day as it was known then; 0 there is none. */
uint32_t golden_root(struct golden *g, uint32_t no, const char *known);
/* The numbers of all that are part of a root, itself first. */
int golden_members(struct golden *g, uint32_t no, const char *known,
    json_t **ret_list, struct err *e);

/* Writes record, provenance and conflicts in place of what stands. */
int golden_keep(struct golden *g, struct enterprises *x, uint32_t no,
    const char *now, struct err *e);
int golden_drop(struct golden *g, uint32_t no, const char *now, struct err *e);

/* Whether a contribution of another one is a conflict with what stands. */
int golden_conflicts(struct golden *g, uint32_t no,
    const struct record_field *f, const struct contribution *stands,
    const struct contribution *b);

#endif
