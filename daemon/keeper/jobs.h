#ifndef ZAYTON_KEEPER_JOBS_H
#define ZAYTON_KEEPER_JOBS_H

#include <jansson.h>

#include "base/bundle.h"
#include "keeper/keeper.h"
#include "sys/spool.h"
#include "way/receipt.h"

/*
 * Jobs: bundles at work. Claimed, handed to a worker, their rows merged a
 * slice at a time in turn with others, finished with a receipt. What has to be
 * done to files waits for the commit; a crash in between is made good at the
 * next start, when the folders are held against the base.
 */

int jobs_recover(struct keeper *k, struct err *e);
void jobs_free(struct jobs *j);

/* Frames of the watch. */
int jobs_room(struct keeper *k, struct err *e);
int jobs_progress(struct keeper *k, struct err *e);
int jobs_worked(struct keeper *k, struct err *e);

/* Extracts are to be seen, or no longer, after the commit. */
void jobs_extracts_wait(struct keeper *k);

/* Whether there is work without anybody saying anything. */
int jobs_busy(const struct keeper *k);
/* Merging inside the round: a slice, or more where nobody waits. */
int jobs_slice(struct keeper *k, struct err *e);
/* After the commit: moves, reports, receipts. */
int jobs_after(struct keeper *k, struct err *e);
/* The same for small files of the outbox, where all is committed. */
int jobs_letters(struct keeper *k, int most, struct err *e);
/* Claims and hands out while there is room. */
int jobs_hand_out(struct keeper *k, struct err *e);

/*
 * The ledger time of the oldest rows that are not all in the base yet; now
 * where nothing is being merged.
 */
const char *jobs_since(const struct keeper *k, const char *now);

/* A move to make after the commit. */
void jobs_move_later(struct keeper *k, const struct bundle *b,
    enum spool_state from, enum spool_state to);

/* The armoured signature of a SHA-512 for a namespace; freed by the caller. */
char *jobs_sign(struct keeper *k, const char *name_space,
    const unsigned char *sha512, struct err *e);

/* The versions a receipt names: of a bundle's pack, or of the one in force. */
struct standing;
void jobs_versions(const struct keeper *k, const struct standing *s,
    struct receipt_versions *ret_v);

/* {bytes, rows} read so far of a bundle at work; NULL where it is not. */
json_t *jobs_progress_json(const struct keeper *k, int64_t bundle);

#endif
