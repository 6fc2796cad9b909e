#ifndef ZAYTON_WAY_MERGE_PART_H
#define ZAYTON_WAY_MERGE_PART_H

#include "base/row_leaf.h"
#include "way/link.h"
#include "way/merge.h"

/*
 * Merge inside: what becomes of a row (merge.c), the table of its dataset
 * (merge_table.c), what was only confirmed (merge_seen.c), what a full file
 * ends (merge_full.c), what is counted (merge_tally.c), what the receipt
 * commits to (merge_leaf.c).
 */

/*
 * Rows of the base that this bundle confirmed, so that a second row of it with
 * the same key is known. Nothing of it is written: after a crash it is learned
 * again from the rows that were merged before.
 */
struct merge_seen {
	struct merge_seen_slot *slot; /* owned */
	size_t room;
	size_t n;
};

/* at: the place of a row in the bundle, not negative. 0: it has no room. */
int merge_seen_add(struct merge_seen *s, int64_t id, int64_t at);
/* -1: it was not confirmed. */
int64_t merge_seen_at(const struct merge_seen *s, int64_t id);
void merge_seen_end(struct merge_seen *s);

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
	sqlite3_stmt *subject; /* of a register */
	struct merge_tally tally;
	struct row_layout layout;
	int layout_no; /* 0: not asked yet */
	struct merge_seen confirmed;
};

enum { MERGE_KEY = 4096 };

struct merge {
	struct db *db;
	const struct schemas *schemas;
	int64_t bundle;
	int64_t run; /* this bundle, and how often it was put on its way */
	const char *provider;
	struct rowfile_reader *reader;
	char now[40];
	enum merge_mode mode;
	int marks; /* one of its files is full: what it has is marked */
	struct target *targets; /* of the datasets met so far, owned */
	size_t ntargets;
	struct target *target;         /* of the row at hand */
	const struct schema *schema;   /* of the file, NULL: none */
	size_t file;                   /* being merged */
	uint64_t offset;               /* of its next record; 0: not begun */
	size_t done_file;              /* up to here it was merged before a */
	uint64_t done_offset;          /* crash: looked at, and no more */
	struct merge_counts *counts;   /* by file, owned */
	struct rowfile_record *record; /* owned */
	int last_new;                  /* the last row had no predecessor */
	struct link *link;             /* NULL: rows are not linked */
	int asked;                     /* found is of the row at hand */
	struct link_row row;
	struct link_found found;
	uint64_t differs; /* fields in which it contradicts the base, as bits */
	char key[MERGE_KEY];      /* of the row that it is a version of */
	struct row_leaves leaves; /* of the file being merged, */
	int leaves_open;          /* once it has a row */
	struct row_leaf leaf;     /* of the row at hand, */
	unsigned char leaf_hash[MERKLE_HASH];
	struct buf text; /* the same, as text */
	int64_t version; /* that it was put in as, 0: none */
};

void merge_tally_begin(struct merge *m, const struct schema *s,
    struct merge_tally *t);
void merge_tally_end(struct merge_tally *t);
void merge_tally_entity(struct merge_tally *t, uint32_t enterprise,
    uint8_t marks);
int merge_tally_save(struct merge *m, struct err *e);

/*
 * The leaf of a row: its hash, before the row is filled from what stands, and
 * once that is known the version that holds its values. Only rows that are
 * applied have one.
 */
int merge_leaf_hash(struct merge *m, const struct rowfile_record *r,
    struct err *e);
int merge_leaf_keep(struct merge *m, int64_t version, struct err *e);
/* With the progress of a slice; when all rows of a file are in. */
int merge_leaf_save(struct merge *m, struct err *e);
int merge_leaf_end(struct merge *m, struct err *e);

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

/* What the base holds under a key: 1 a current version, 0 none, -1. */
int merge_find_current(struct merge *m, const char *key, struct current *ret_c,
    struct err *e);

/*
 * The same of a row of a register whose key is new: the sender's only row of
 * its enterprise, where one of the two has no number. The row is given that
 * one's key, if it is the one without.
 */
int merge_find_subject(struct merge *m, struct rowfile_record *r,
    struct current *ret_c, struct err *e);

/* The table that rows of a standard go to, prepared once. */
void merge_target_set(struct merge *m, const struct schema *s);

/* Whether two versions say the same. */
int64_t merge_content_hash(const struct merge *m,
    const struct rowfile_record *r);
/*
 * Null never overwrites: what the row does not say, the current version says.
 * To be followed by db_done of the target's values.
 */
int merge_fill_from_current(struct merge *m, struct rowfile_record *r,
    int64_t id, struct err *e);
/* Dates of different precision compare on what both have. */
int merge_is_older(const char *as_of, const char *than);

/*
 * reason NULL: a current version; else one that goes into history at once.
 * 1 it is in, 0 there is a current one with its key.
 */
int merge_insert(struct merge *m, const struct rowfile_record *r, int64_t hash,
    enum did did, const char *reason, struct err *e);
/* The same; in a dry run it is only remembered. */
int merge_put(struct merge *m, const struct rowfile_record *r,
    const struct current *c, int64_t hash, const char *reason, struct err *e);
int merge_remember(struct merge *m, const struct rowfile_record *r,
    const struct current *c, int64_t hash, const char *as_of, struct err *e);
/* The caller says whose record that touches. */
int merge_end_version(struct merge *m, const struct current *c,
    const char *reason, struct err *e);
/* The current version was confirmed, maybe for a later date. */
int merge_mark_seen(struct merge *m, const struct rowfile_record *r,
    const struct current *c, struct err *e);

/* The record of an enterprise has one row more, or less, to go by. */
int merge_touch(struct merge *m, uint32_t enterprise,
    const struct rowfile_record *r, struct err *e);
void merge_count_linked(struct merge *m, uint32_t enterprise);

int merge_add_issue(struct merge *m, size_t file,
    const struct rowfile_record *r, struct err *e);
int merge_file_schema(struct merge *m, const struct rowfile_file *f,
    struct err *e);
/* After all rows: what full files end. */
int merge_finish_files(struct merge *m, struct err *e);

#endif
