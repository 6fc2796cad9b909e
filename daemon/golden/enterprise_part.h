#ifndef ZAYTON_GOLDEN_ENTERPRISE_PART_H
#define ZAYTON_GOLDEN_ENTERPRISE_PART_H

#include "golden/enterprise.h"

/*
 * Enterprises inside: what enterprise.c reads and learns, what waits
 * (enterprise_wait.c), whose records are to be made anew (enterprise_touch.c),
 * what is agreed
 * (enterprise_accord.c), merges and judgements (enterprise_merge.c).
 */

enum { TOUCHED = 1, MERGED = 2, UNSAVED = 4, DISPUTED = 8, HURRIES = 16 };

/* Of touched_t: some cannot wait, some can. */
enum { MARK_HURRIES = 1, MARK_PENDING = 2 };

enum { WAIT_HASHES = 24 };

struct known {
	uint64_t lacks; /* fields of the record, as bits */
	uint32_t root;
	uint32_t sources;
	uint8_t flags;
};

struct touched {
	uint32_t *no; /* owned */
	size_t n;
	size_t room;
	int mixed; /* it is in no order */
};

struct enterprises {
	struct db *db;
	struct linker *linker;
	struct known *known; /* by number; 0 is nobody */
	size_t n;            /* the last one's number and one */
	size_t room;
	/* Records to be made anew; an entry whose flags say no more is void. */
	struct touched hurries;
	struct touched pending;
	size_t npending;
	int marks;        /* what the base knows of them */
	uint32_t *accord; /* owned, see enterprise_accord.c */
	size_t accord_room;
	size_t nfields;
	int64_t waiting; /* rows that wait for what may be learned */
	sqlite3_stmt *put_hashes[WAIT_HASHES + 1];
	int judging;      /* people judged whose some rows are */
	uint32_t unnamed; /* founded last, and no name was learned yet */
};

uint32_t enterprises_root_of(const struct enterprises *x, uint32_t no);

/* Tells the index the identifiers and names of a number, and its profile. */
int enterprises_tell(struct enterprises *x, uint32_t no, struct err *e);
int enterprises_tell_profile(struct enterprises *x, uint32_t no, struct err *e);

/* Rows that wait for what was learned, or have it among their candidates. */
int enterprises_try_ident(struct enterprises *x, const struct identity *id,
    struct err *e);
int enterprises_try_name(struct enterprises *x, const char *name, size_t len,
    struct err *e);
int enterprises_try_profile(struct enterprises *x, const char *legal_rep,
    const char *phone, struct err *e);
int enterprises_try_candidates(struct enterprises *x, uint32_t no,
    struct err *e);

int enterprises_read_touched(struct enterprises *x, struct err *e);
/* Whatever may have rows of it is asked. */
int enterprises_touch_again(struct enterprises *x, uint32_t no, struct err *e);

#endif
