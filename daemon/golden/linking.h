#ifndef ZAYTON_GOLDEN_LINKING_H
#define ZAYTON_GOLDEN_LINKING_H

#include "keeper/keeper.h"
#include "keeper/standing.h"
#include "rule/overwrite.h"

/*
 * What links rows and makes records, by the rules of rules/link.lua and
 * rules/overwrite.lua. Those in force are the ones the base was last made by:
 * changed rules wait until zayton rules replay has shown what they would do.
 */
struct linking;
struct link;
struct enterprises;

/* The link and overwrite rules of a pack. */
struct record_rules {
	struct link_rules *link;
	struct overwrite *overwrite;
};

/* 1 read, 0 the pack has none, -1 ERR_HOLD. Freed by record_rules_free. */
int record_rules_read(const struct pack *p, const struct schemas *s,
    struct record_rules *ret_r, struct err *e);
void record_rules_free(struct record_rules *r);

/* Whether those of a pack that may come in force can be read. */
int linking_check(const struct standing *s, struct err *e);

/* The pack by whose rules the records of a base were made; "" none yet. */
int linking_pack(struct db *db, char sha256[65], struct err *e);

/* At start, after the rules: reads the enterprises. */
int linking_start(struct keeper *k, struct err *e);
void linking_free(struct linking *l);

/* NULL where nothing is linked. */
struct link *linking_link(const struct keeper *k);
struct enterprises *linking_enterprises(const struct keeper *k);
const struct link_rules *linking_rules(const struct keeper *k);

/*
 * After the rows of a bundle: those that waited are tried again, records are
 * made anew. 1 there is more to do, 0 all done, -1.
 */
int linking_slice(struct keeper *k, int milliseconds, struct err *e);

/* What one bundle waited for. */
struct linking_share {
	int tried; /* rows */
	int made;  /* records that could have waited */
};
/*
 * As that for one bundle, which is not to wait for all: rows and records are
 * left for when no bundle is at work, but never one over which a conflict can
 * open or close.
 */
int linking_some(struct keeper *k, int milliseconds, struct linking_share *s,
    struct err *e);
/*
 * The number of a field over which a conflict can open, as enterprises_says
 * knows it; -1 it is none of them.
 */
int linking_disputed(const struct keeper *k, const char *field);
/* Before the record of one is read: it is made if it was left. */
int linking_current(struct keeper *k, uint32_t enterprise, struct err *e);
/* Whether something was left, and whether it has waited long enough. */
int linking_waits(const struct keeper *k);
int linking_is_late(const struct keeper *k);

/*
 * The link and overwrite rules of the pack in force take over: all records are
 * made anew, all open rows tried again, in one transaction with one line of
 * the ledger. ret_changed: records that differ.
 */
int linking_replay(struct keeper *k, const char *person, const char *reason,
    int64_t *ret_changed, struct err *e);

/* Whether the pack in force has other link or overwrite rules. */
int linking_is_behind(const struct keeper *k);

#endif
