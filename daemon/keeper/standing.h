#ifndef ZAYTON_KEEPER_STANDING_H
#define ZAYTON_KEEPER_STANDING_H

#include "quality/calendar.h"
#include "quality/policy.h"
#include "rule/pack.h"
#include "rule/schema.h"
#include "sys/err.h"

/*
 * What stands in force: a pack with its schemas. A bundle keeps the one it
 * was claimed with until its end, whatever comes in force meanwhile.
 */
struct keeper;
struct db;

struct standing {
	struct pack *pack;
	struct schemas *schemas;
	struct calendar *calendar; /* owned: when data are due */
	struct policy policy;      /* what is asked of them */
	char code_tables[65];      /* SHA-256 of code_map.csv, "" without one */
	struct sharing *sharing;   /* how data sets may be shared at all */
	int refs;
};

/*
 * At the keeper's start: what the instance holds now, if all of it passes,
 * else what was in force last. -1 where there is neither.
 */
int standing_start(struct keeper *k, struct err *e);

/*
 * On SIGHUP: the same; on failure what is in force stays, and so it does where
 * there are administrators, who have to publish first. The caller commits.
 */
int standing_reload(struct keeper *k, struct err *e);

/*
 * By an act: what the folders hold, where it is the pack of this hash (NULL:
 * whatever it is). The caller commits.
 */
int standing_adopt(struct keeper *k, const char *sha256, struct err *e);
/* The refusal where it is another one. */
int standing_other(struct err *e);

/*
 * The one of a hash with the versions in force on a day, from memory or from
 * the base. The caller drops it.
 */
int standing_get(struct keeper *k, const char *sha256, const char *day,
    struct standing **ret_s, struct err *e);
/* A pack that was ever in force, by its hash; the caller's. */
int standing_pack(struct db *db, const char *sha256, struct pack **ret_p,
    struct err *e);
/* Each round: on a new day other versions may be in force. */
int standing_tick(struct keeper *k, struct err *e);
/* What the instance's folders hold now, in force or not. */
int standing_gather(struct standing **ret_s, struct err *e);
void standing_drop(struct standing *s);

#endif
