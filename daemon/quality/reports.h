#ifndef ZAYTON_QUALITY_REPORTS_H
#define ZAYTON_QUALITY_REPORTS_H

#include "keeper/keeper.h"
#include "way/reporter.h"

/*
 * Reports that are owed: the keeper says which and when, the reporter writes
 * them out of the base as it stands. They come after the receipt and never in
 * its way: one is written at a time, while the keeper goes on. What a crash
 * cut off is still owed, and made again; what the reporter died of three times
 * is given up. The same base makes the same report.
 */
struct reports *reports_new(int reporter);
void reports_free(struct reports *r);

/*
 * A report becomes due with this transaction, or once more. what is the
 * bundle's id, for other kinds what they say; folder stands below the
 * account's reports.
 */
int reports_owe(struct keeper *k, enum report_kind kind, const char *what,
    const char *account, const char *folder, struct err *e);
/* Whether one that was owed does not stand yet: 1, 0. */
int reports_wait(struct keeper *k, enum report_kind kind, const char *what);

/*
 * At a start of the kernel: the newest that stand without a whole signature,
 * which alone is placed without fsync, are owed again.
 */
int reports_recover(struct keeper *k, struct err *e);

/* Before the commit: the next one, which counts as an attempt. */
int reports_choose(struct keeper *k, struct err *e);
/* After it: off to the reporter. */
int reports_send(struct keeper *k, struct err *e);
/* A frame of the reporter: signed, placed, in the ledger. */
int reports_done(struct keeper *k, struct err *e);
/*
 * At a start, unless it was the reporter that failed: what it was at, when all
 * roles ended, counts as no attempt.
 */
int reports_pardon(struct keeper *k, struct err *e);
/* Whether there is something to choose, or to commit and send. */
int reports_busy(const struct keeper *k);

#endif
