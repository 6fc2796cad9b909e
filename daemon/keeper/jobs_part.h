#ifndef ZAYTON_KEEPER_JOBS_PART_H
#define ZAYTON_KEEPER_JOBS_PART_H

#include <time.h>

#include "base/bundle.h"
#include "golden/linking.h"
#include "keeper/jobs.h"
#include "sys/spool.h"

/*
 * Jobs inside: the list and what a start makes good (jobs.c), handing out
 * (jobs_hand_out.c), what workers say (jobs_worked.c), merging up to the
 * receipt (jobs_merge.c), what comes after the commit (jobs_after.c), queries
 * (jobs_query.c).
 */

struct job {
	struct job *next;
	struct bundle bundle;
	char provider[33];
	struct standing *standing;
	int rows;           /* descriptor of the row file, or the summary */
	int corrected;      /* of what is known of rows it corrects; -1 */
	char rejected[128]; /* path of the rejected rows, until placed */
	struct rowfile_reader *reader;
	struct merge *merge;           /* NULL: with a worker */
	char began[40];                /* ledger time of its rows */
	int merged;                    /* its rows are in the base */
	struct linking_share share;    /* what it waited for */
	struct sendback *sendback;     /* owned: what is not linked goes back */
	struct quality *quality;       /* owned: its metrics, after all that */
	struct query_decide *decision; /* owned: a query being decided */
	int decided;                   /* for the extract role */
	struct query_looks *looks;     /* owned: its looks go on record */
	int extracting;                /* with it */
	uint64_t read_bytes;
	uint64_t read_rows;
};

struct move {
	char file[SPOOL_TEXT];
	enum spool_state from;
	enum spool_state to;
};

struct jobs {
	struct job *first;
	unsigned int room;
	unsigned int njobs;
	struct move *move;
	size_t nmoves;
	size_t moves_room;
	int receipts_wait;
	int extracts_wait; /* given, and not to be seen yet, or no longer */
	uint32_t sign_tag;
	int64_t pause; /* ms: nothing is handed out before, for lack of space */
};

/* The job of a bundle by its id; NULL where there is none. */
struct job *jobs_find(const struct keeper *k, const char *id);
/* Gives its bundle to a worker. */
int jobs_send_work(struct keeper *k, struct job *job, struct err *e);
/* Its row file, which is ours alone: a crash leaves nothing to tidy up. */
int jobs_open_rows(struct job *job, struct err *e);
/* Frees one that is in no list, with all it holds. */
void jobs_drop(struct job *job);
/* Takes it out; its bundle may be claimed again if it is not finished. */
int jobs_leave(struct keeper *k, struct job *job, struct err *e);
/* For an operator to look at. */
int jobs_set_aside(struct keeper *k, struct job *job, const char *reason,
    struct err *e);

/* ---- queries ---- */

int jobs_is_query(const struct job *job);
/* The worker has read it: it is being decided from here on. */
int jobs_query_read(struct keeper *k, struct job *job, struct err *e);
/* A number of a standing extract is too: nothing is to be read. */
int jobs_query_due(struct keeper *k, struct job *job, struct err *e);
/*
 * A slice of deciding it, or of putting its looks on record: 1 there is more, 0
 * its next step is another's, -1.
 */
int jobs_query_slice(struct keeper *k, struct job *job, int milliseconds,
    struct err *e);
/* Decided, and committed: gives it to the extract role. */
int jobs_query_extract(struct keeper *k, struct job *job, struct err *e);
/* The extract stands, hidden. */
int jobs_query_extracted(struct keeper *k, struct job *job, struct err *e);

#endif
