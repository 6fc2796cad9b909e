#ifndef ZAYTON_WAY_MERGE_H
#define ZAYTON_WAY_MERGE_H

#include <stdint.h>

#include "base/db.h"
#include "form/rowfile.h"
#include "rule/schema.h"
#include "sys/catalog.h"

/*
 * Merge: the rows of a bundle into the base, by natural key and business
 * date, in slices. Each slice is part of the round's transaction together with
 * how far it came, so a crash goes on exactly there.
 *
 * What becomes of an accepted row (the counts add up to the accepted):
 *   inserted    nothing current with its key
 *   unchanged   it says what the base says
 *   updated     newer, or as new, and different: the old version ends
 *   superseded  older than the base (kept in history only), or a row whose key
 *               stands twice in the bundle: the later or newer one wins
 * A missing value never overwrites one, except by a correction (C).
 */

enum merge_mode {
	MERGE_APPLY,
	MERGE_DRY, /* the same verdict and findings, and no row */
	MERGE_TRY  /* the same verdict; nothing is written at all */
};

enum merge_finding {
	MERGE_SAME,  /* twice in the bundle, alike */
	MERGE_OTHER, /* twice in the bundle, and different */
	MERGE_STALE, /* older than what the base or the bundle has */
	MERGE_FINDINGS
};
extern const char *const merge_rule[MERGE_FINDINGS];

struct merge_counts {
	int64_t inserted;
	int64_t updated;
	int64_t unchanged;
	int64_t superseded;
	int64_t linked; /* of all the accepted */
	int64_t found[MERGE_FINDINGS];
};

/* Keeps what was found of a file's rows, for its receipt. */
int merge_note_count(struct db *db, int64_t bundle, int64_t file,
    const char *rule, enum severity severity, int64_t n, struct err *e);

int merge_keep_counts(struct db *db, int64_t bundle, int64_t file,
    const struct merge_counts *n, struct err *e);

/* What was said of an enterprise by the rows of a data set. */
enum {
	MERGE_SEEN = 1,
	MERGE_EVENTS = ROWFILE_EVENTS,
	MERGE_BACKWARDS = ROWFILE_BACKWARDS
};

/* What was counted of a data set's rows on their way, for its metrics. */
struct merge_tally {
	int64_t rows;
	int64_t linked;
	int64_t repeats;    /* their key stood in the bundle before */
	int64_t put;        /* versions written, */
	int64_t put_linked; /* and linked at once */
	int64_t before;     /* the last id of its table before */
	int links;          /* its rows are about somebody */
	size_t nentities;   /* behind the highest enterprise that was seen */
	size_t room;
	uint8_t *entity; /* owned: MERGE_SEEN and so on, by enterprise */
};

struct link;
struct merge;

/*
 * Begins, or goes on after a crash, with a bundle by its number. r, s and l
 * outlive the merge; l NULL: without linking. now is the ledger time of its
 * rows.
 */
int merge_open(struct db *db, const struct schemas *s, struct link *l,
    int64_t bundle, const char *provider, struct rowfile_reader *r,
    const char *now, enum merge_mode mode, struct merge **ret_m, struct err *e);

/* Works for about the given time: 1 there is more, 0 all done, -1. */
int merge_slice(struct merge *m, int milliseconds, struct err *e);

/* What became of a file's rows so far. */
const struct merge_counts *merge_counts(const struct merge *m, size_t file);

/*
 * What was counted of a data set, be it nothing; lives until the merge takes
 * another row. A dry run counts too, but writes nothing.
 */
const struct merge_tally *merge_tally(struct merge *m, const struct schema *s);

void merge_close(struct merge *m);

#endif
