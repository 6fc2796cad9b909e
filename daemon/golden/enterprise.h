#ifndef ZAYTON_GOLDEN_ENTERPRISE_H
#define ZAYTON_GOLDEN_ENTERPRISE_H

#include <stdint.h>

#include "base/db.h"
#include "link/linker.h"

/*
 * The enterprises of the base, and the index that links rows to them. What
 * the index is told is written in the same transaction, so that a start finds
 * it just as it was. Numbers are given once; what is merged into another one
 * keeps its number, its identifiers and its names, and has the other's as its
 * root: undoing a merge restores what was.
 */

struct enterprises;

enum { ENTERPRISE_ID = 16 };

/* "E00000012". */
void enterprise_id_format(uint32_t no, char out[ENTERPRISE_ID]);
/* 0 where it is none. */
uint32_t enterprise_id_parse(const char *id);

/* Where something was said: a row of a file of a bundle. */
struct origin {
	int64_t bundle;
	int64_t file;
	int64_t row;
};

/* Reads all into an index. r outlives it. */
int enterprises_open(struct db *db, const struct link_rules *r,
    struct enterprises **ret_x, struct err *e);
void enterprises_close(struct enterprises *x);
/* Other rules: all records are to be made anew, all open rows to be tried. */
int enterprises_rules(struct enterprises *x, const struct link_rules *r,
    struct err *e);
const struct linker *enterprises_linker(const struct enterprises *x);

/* The number the next one will have. */
uint32_t enterprises_next(const struct enterprises *x);
int enterprises_found(struct enterprises *x, const struct origin *o,
    struct err *e);

/* Identifiers of a row whose answer teaches. */
int enterprises_learn(struct enterprises *x, uint32_t no,
    const struct identities *ids, const struct origin *o, struct err *e);

/*
 * A name, in force until a date ("" still). A name that ended stays so, unless
 * current is set: then all other names end on since.
 */
int enterprises_name(struct enterprises *x, uint32_t no, const char *name,
    size_t len, const char *since, const char *until, int current,
    const struct origin *o, struct err *e);

/* NULL leaves what is there. */
int enterprises_profile(struct enterprises *x, uint32_t no,
    const char *legal_rep, const char *address, const char *phone,
    struct err *e);

/*
 * Its record has to be made anew. fields: those that a late source says, as
 * bits; then only if the record lacks one of them. 0: in any case. source is
 * the number of its dataset among the sources. can_wait: no conflict opens or
 * closes by it, so that a receipt need not wait for the record.
 */
int enterprises_touch(struct enterprises *x, uint32_t no, uint64_t fields,
    int source, int can_wait, struct err *e);
/* Whether it would be, for a row that says those fields. */
int enterprises_would_touch(const struct enterprises *x, uint32_t no,
    uint64_t fields);
/* The sources that may have rows of it, as bits. */
uint32_t enterprises_sources(const struct enterprises *x, uint32_t no);
/*
 * One that is to be made anew, of all or of those that cannot wait: 1 one, 0
 * none is left.
 */
int enterprises_touched(struct enterprises *x, int all, uint32_t *ret_no,
    struct err *e);
/* Whether that of one is still to be made, and can wait. */
int enterprises_waits(const struct enterprises *x, uint32_t no);
/* The same; it is taken now. */
int enterprises_take(struct enterprises *x, uint32_t no);
/* Whether there are some that cannot wait. */
int enterprises_hurries(const struct enterprises *x);
/* How many there are that can. */
size_t enterprises_pending(const struct enterprises *x);
/* It was: lacks has the bits of fields that no register says. */
int enterprises_refreshed(struct enterprises *x, uint32_t no, uint64_t lacks,
    struct err *e);

#define ENTERPRISE_ALL_SOURCES UINT32_MAX

/* --- what is agreed ----------------------------------------------------- */

/*
 * While all that is said of an enterprise is the same wherever a conflict can
 * open, none can, whoever wins. It is kept in memory, by fields that the caller
 * numbers from 0 to n, and known of those that are new or had their record made
 * since the start. Begins anew.
 */
void enterprises_agree_on(struct enterprises *x, size_t n);
/* Nobody knows what is said of it, until its record is made. */
void enterprises_unheard(struct enterprises *x, uint32_t no);
/* Nothing of it is said so far. */
void enterprises_heard(struct enterprises *x, uint32_t no);
int enterprises_is_agreed(const struct enterprises *x, uint32_t no);
/* A value is said: 1 it is what all said, 0 it is not, or nobody knows. */
int enterprises_agrees(struct enterprises *x, uint32_t no, int field,
    const char *value);
/*
 * What the record will say, of one that is agreed on: 1 that value, 0 another
 * one, -1 nothing.
 */
int enterprises_says(const struct enterprises *x, uint32_t no, int field,
    const char *value);

/* Whether it has open conflicts. */
int enterprises_is_disputed(const struct enterprises *x, uint32_t no);
void enterprises_disputed(struct enterprises *x, uint32_t no, int yes);

int enterprises_is_root(const struct enterprises *x, uint32_t no);
/* Whether others are part of it. */
int enterprises_is_merged(const struct enterprises *x, uint32_t no);

/* --- rows that wait for their enterprise -------------------------------- */

/*
 * A row that could not be linked waits under the hashes of its identifiers and
 * names. It is tried again when one of them is learned, or something else of
 * one of its candidates.
 */
struct waiting {
	const char *dataset;
	int64_t row;
	int again;       /* it waited before */
	int64_t subject; /* hash of what it says of its subject */
	int finding;
	const char *field;  /* that does not fit, NULL: none */
	const char *number; /* and what it says */
};

int enterprises_wait(struct enterprises *x, const struct waiting *w,
    const struct linker_subject *s, const struct linker_answer *a,
    const struct origin *o, struct err *e);
/* How many wait. */
int64_t enterprises_waiting(const struct enterprises *x);
int enterprises_forget_row(struct enterprises *x, const char *dataset,
    int64_t row, struct err *e);

/* --- merging ------------------------------------------------------------ */

/*
 * One enterprise out of two: from becomes part of into. by is who says so,
 * "" the rules. ERR_HOLD where people judged them not to be the same, or they
 * are one already.
 */
int enterprises_merge(struct enterprises *x, uint32_t into, uint32_t from,
    const char *by, const char *reason, const char *now, const struct origin *o,
    int64_t *ret_merge, struct err *e);

/*
 * Undoes a merge: what was linked since then waits to be linked again.
 * ERR_HOLD where it is undone already, or another one came on top.
 */
int enterprises_split(struct enterprises *x, int64_t merge, const char *by,
    const char *reason, const char *now, struct err *e);

/* Whether people judged the two not to be the same. */
int enterprises_apart(struct enterprises *x, uint32_t a, uint32_t b);

/* The one it is part of, itself where it is of none; 0 unknown. */
uint32_t enterprises_root(struct db *db, uint32_t no);

/*
 * What people judged of rows of a content: enterprises that they are not of,
 * how many; *ret_same is the one they are of, 0 none.
 */
size_t enterprises_judged(struct enterprises *x, int64_t subject,
    uint32_t *ret_same, uint32_t *out, size_t max);
int enterprises_judge(struct enterprises *x, int64_t subject, uint32_t no,
    int same, struct err *e);
/* Takes it back: rows linked by it are open again. */
int enterprises_unjudge(struct enterprises *x, int64_t subject, uint32_t no,
    struct err *e);

/*
 * A row is open again, what it taught is forgotten: it is tried as one that
 * has just come. The index of its root is to be told anew by the caller.
 */
int enterprises_reopen(struct enterprises *x, const char *dataset, int64_t row,
    struct err *e);
int enterprises_retell(struct enterprises *x, uint32_t no, struct err *e);

/*
 * A row was linked: noted where that has to be found again, because people
 * said so (subject, else 0) or the enterprise is merged of several.
 */
int enterprises_linked(struct enterprises *x, uint32_t no, const char *dataset,
    int64_t row, int judged, int64_t subject, struct err *e);

#endif
