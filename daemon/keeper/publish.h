#ifndef ZAYTON_KEEPER_PUBLISH_H
#define ZAYTON_KEEPER_PUBLISH_H

#include <jansson.h>

#include "keeper/keeper.h"
#include "rule/pack.h"
#include "rule/schema.h"

/*
 * Publications of data standards. The truth is schemas/published.json, part of
 * the pack; the base and the ledger say the same of every pack in force, so
 * nothing is lost where a crash comes between the two.
 */

/* Whether a dataset has no publication at all. */
int publish_lacks(const struct schemas *all);
/* Publishes the newest version of those: 1 it wrote, 0 nothing to do, -1. */
int publish_first(const struct schemas *all, const struct pack *p,
    struct err *e);

/* Publications of a pack that comes in force, into base and ledger. */
int publish_record(struct keeper *k, const struct pack *p, const char *now,
    struct err *e);

/*
 * zayton standards publish: {dataset, version, from, old_until, person,
 * reason, breaking, pack}; pack is the hash of what the folders hold, as the
 * caller saw it. Refused where the version does not stand in schemas/, is
 * incompatible and not said to be, or anything of the pack does not pass.
 */
int publish_ask(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e);

/*
 * zayton rules publish: {pack, person, reason}. What the folders hold comes in
 * force, where all of it passes. Nothing to do where it is already.
 */
int publish_rules(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e);

#endif
