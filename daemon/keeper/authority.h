#ifndef ZAYTON_KEEPER_AUTHORITY_H
#define ZAYTON_KEEPER_AUTHORITY_H

#include "keeper/keeper.h"

/*
 * What follows of grants, consents and objections without anybody asking: the
 * catalogues of institutions, the lists and summaries of providers. In quiet
 * time; what a crash left undone is done at the next.
 */

/* Catalogues of these are to be made again: an account's, all of them. */
int authority_news(struct db *db, const char *account, struct err *e);
int authority_news_all(struct db *db, struct err *e);

/*
 * A bundle was applied: its objections and answers are taken, those who are
 * granted one of its data sets have news. Before its receipt.
 */
int authority_arrived(struct keeper *k, int64_t bundle, const char *now,
    struct err *e);

/* Where no bundle is at work. 1 there is more to do, 0 not, -1. */
int authority_tick(struct keeper *k, struct err *e);

#endif
